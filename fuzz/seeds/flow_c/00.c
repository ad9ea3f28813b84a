extern void alarm(void);

void check(int rate)
{
    if (rate < 10 && rate > 90) {
        alarm();
    }
}

bool is_service_mode(unsigned key)
{

    return key == 4 && key == 7;
}

extern void alarm_on(void);

static int self_test(void)
{
    return 0;
}

void start(void)
{
    if (self_test != 0) {
        alarm_on();
    }
}

static int door_open(void)
{
    return 0;
}

bool may_run(void)
{

    return door_open == 0;
}

struct name { char text[20]; };

int keep_name(struct name *name, const char *from, unsigned used, unsigned len)
{
    if (used >= len) {
        return -1;
    }
    if (used >= len + 20u) {
        used = len - 20u;
    }
    memcpy(name->text, from, used < 20u ? used : 20u);
    return 0;
}

static uint8_t pool[64];

int is_inside(const uint8_t *at)
{

    if (at < pool && at >= pool + 64) {
        return 0;
    }
    return 1;
}

extern bool sensor_ok(void);

int self_test(void)
{
    if (!sensor_ok()) {
        return -1;
    }
}

unsigned scale(unsigned mode)
{
    switch (mode) {
    case 0:
        return 1;
    case 1:
        return 10;
    }

}

static int set_rate(int channel, int rate)
{
    return channel + rate;
}

int apply(void)
{
    int (*handler)(int) = (int (*)(int))set_rate;

    return handler(1);
}

static void on_tick(uint32_t *count)
{
    *count += 1;
}

void tick(uint32_t count)
{
    void (*handler)(uint32_t) = (void (*)(uint32_t))on_tick;


    handler(count);
}

uint32_t get_le32(const uint8_t *from);
int flash_write(uint32_t at, const uint8_t *data, uint32_t size);

int on_write(const uint8_t *msg, size_t len)
{
    if (len < 8u) {
        return -1;
    }
    uint32_t at = get_le32(msg);
    uint32_t size = get_le32(msg + 4);
    if (at + size > 0x10000u) {
        return -1;
    }
    return flash_write(at, msg + 8, size);
}

struct rec_hdr { uint32_t kind; uint32_t bytes; };
int keep(const uint8_t *data, uint32_t bytes);

int parse_record(const uint8_t *in, uint32_t in_len)
{
    const struct rec_hdr *hdr = (const struct rec_hdr *)in;

    if (in_len < sizeof(*hdr)) {
        return -1;
    }

    if (hdr->bytes + sizeof(*hdr) > in_len) {
        return -1;
    }
    return keep(in + sizeof(*hdr), hdr->bytes);
}
