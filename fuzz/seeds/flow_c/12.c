void show(const char *name, size_t size);

void on_name(const uint8_t *name, size_t len)
{
    size_t used = strlen((const char *)name);

    show((const char *)name, used < len ? used : len);
}

long strtol(const char *text, char **end, int base);
void set_dose(long dose);

void on_text(const uint8_t *payload, size_t payload_len)
{
    if (payload_len == 0u) {
        return;
    }

    set_dose(strtol((const char *)payload, NULL, 10));
}

size_t unit_length(void)
{
    char unit[4] = { 'm', 'm', 'o', 'l' };

    return strlen(unit);
}

extern void show(const char *text);

void show_name(void)
{
    char name[5];
    char out[16];

    memcpy(name, "pump1", 5);

    strcpy(out, name);
    show(out);
}
