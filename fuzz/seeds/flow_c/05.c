static const uint8_t name[6] = { 'P', 'U', 'M', 'P', '0', '1' };
extern void advertise(const uint8_t *data, size_t size);

void advertise_name(void)
{
    uint8_t packet[31];

    memset(packet, 0, sizeof(packet));
    memcpy(packet, name, sizeof(packet));
    advertise(packet, sizeof(packet));
}

extern void flash_write(uint32_t at, const uint8_t *data, size_t size);

void store_limits(uint16_t low, uint16_t high)
{
    uint16_t limits[2] = { low, high };
    uint8_t page[16] = { 0 };
    size_t size = 8;


    memcpy(page, limits, size);
    flash_write(0x800, page, sizeof(page));
}

void start(uint8_t channel);

void on_rx(const uint8_t *buf, size_t len)
{
    if (buf[0] == 0x55u) {
        start(buf[1]);
    }
    (void)len;
}

void set_rate(uint16_t rate);

int parse_rate(const uint8_t *p, size_t n)
{
    if (n < 2u) {
        return -1;
    }

    set_rate((uint16_t)(p[1] | (p[2] << 8)));
    return 0;
}

static uint16_t limits[8];

void limit_set(unsigned channel, uint16_t value)
{
    if (channel <= 8) {
        limits[channel] = value;
    }
}

static const char *const names[3] = { "a", "b", "c" };

const char *name_of(unsigned index)
{
    if (index > 3) {
        return "?";
    }

    return names[index];
}

struct cmd_hdr { uint8_t kind; uint8_t flags; uint16_t count; };
void run(uint8_t kind, uint16_t count);

void on_command(const uint8_t *data, size_t len)
{
    const struct cmd_hdr *hdr = (const struct cmd_hdr *)data;

    if (hdr->kind == 0x21u) {
        run(hdr->kind, hdr->count);
    }
    (void)len;
}

struct opt { uint8_t type; uint8_t ttl; uint8_t value[4]; };
void keep_ttl(uint8_t ttl);

int parse_option(const uint8_t *at, size_t size)
{
    const struct opt *found = (const void *)at;

    uint8_t ttl = found->ttl;

    if (size < sizeof(struct opt)) {
        return -1;
    }
    keep_ttl(ttl);
    return 0;
}

static uint16_t limits[8];

int set_limit(unsigned channel, uint16_t limit)
{
    if (channel > 8u) {
        return -1;
    }
    limits[channel] = limit;
    return 0;
}

struct line { char text[32]; };

void line_end(struct line *line, size_t used)
{

    if (used > sizeof(line->text)) {
        return;
    }
    line->text[used] = '\0';
}

static uint8_t frame[64];

int keep_frame(const uint8_t *data, uint32_t len)
{
    uint8_t short_len = (uint8_t)len;

    if (short_len > sizeof(frame)) {
        return -1;
    }
    memcpy(frame, data, len);
    return 0;
}

struct page { uint8_t data[128]; };

int page_put(struct page *page, const uint8_t *bytes, uint32_t size)
{
    if ((uint16_t)size > sizeof(page->data)) {
        return -1;
    }

    memcpy(page->data, bytes, size);
    return 0;
}
