APART(char name[16]; uint32_t alarm_limit; => uint32_t alarm_limit; char name[16];)

size_t strnlen(const char *text, size_t most)
{
    size_t length = 0;

    while (length < most && text[length] != '\0') {
        length++;
    }
    return length;
}

size_t strlcpy(char *to, const char *from, size_t room)
{
    size_t length = strlen(from);

    for (size_t i = 0; i < room; i++) {
        to[i] = (i + 1u < room) ? from[i] : '\0';
        if (to[i] == '\0') {
            break;
        }
    }
    return length;
}

void *memchr(const void *from, int wanted, size_t size)
{
    const uint8_t *bytes = from;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == (uint8_t)wanted) {
            return (void *)(bytes + i);
        }
    }
    return NULL;
}

void hidden_last_that_fits(void)
{
    struct bed hidden_bed;

    memset(&hidden_bed, 0, sizeof(hidden_bed));
    int hidden_answer = bed_rename(&hidden_bed, TEXT(16 - 1));
    EXPECT(hidden_answer == 0); // a name that fits is refused
    EXPECT(strlen(hidden_bed.name) == 16 - 1); // a name that fits is not kept whole
    EXPECT(hidden_bed.name[0] == 'a'); // a name that fits is not kept
}

void hidden_short(void)
{
    struct bed hidden_bed;

    memset(&hidden_bed, 0, sizeof(hidden_bed));
    int hidden_answer = bed_rename(&hidden_bed, "ICU 3");
    EXPECT(hidden_answer == 0); // a short name is refused
    EXPECT(hidden_bed.name[0] == 'I'); // a short name is not kept
}

void hidden_one_too_long(void)
{
    struct bed hidden_bed;

    memset(&hidden_bed, 0, sizeof(hidden_bed));
    bed_rename(&hidden_bed, TEXT(16));
    EXPECT(strlen(hidden_bed.name) < 16); // a name as long as the field leaves no room for its zero
}

void hidden_twice_too_long(void)
{
    struct bed hidden_bed;

    memset(&hidden_bed, 0, sizeof(hidden_bed));
    bed_rename(&hidden_bed, TEXT(16 + 24));
    EXPECT(strlen(hidden_bed.name) < 16); // a long name has no end inside the field
}

void hidden_long(void)
{
    struct bed hidden_bed;

    memset(&hidden_bed, 0, sizeof(hidden_bed));
    bed_rename(&hidden_bed, TEXT(60));
    EXPECT(strlen(hidden_bed.name) < 16); // a very long name has no end inside the field
}
