struct slot { char name[16]; uint8_t kind; };

void on_rx(struct slot *slot, const uint8_t *frame, size_t len)
{
    if (len < 3u) {
        return;
    }
    uint8_t count = frame[2];
    if (count > len - 3u) {
        return;
    }
    memcpy(slot->name, frame + 3, count);
}

struct patient { uint8_t id[12]; uint8_t id_len; };
static struct patient current;

void handle_patient(const uint8_t *msg, size_t size)
{

    memcpy(current.id, msg, size);
    current.id_len = (uint8_t)size;
}

struct setup { uint8_t bRequest; uint16_t wValue; uint16_t wLength; };
void ep0_receive(void *to, uint16_t size);
static uint8_t command[16];

void on_setup(const struct setup *request)
{
    ep0_receive(command, request->wLength);
}

struct usb_request { uint8_t bRequest; uint16_t wIndex; uint16_t wLength; };
struct line { uint32_t rate; uint8_t bits; };
int usb_transfer(uint8_t ep, struct line *data, uint16_t count);
static struct line coding;

int set_line(uint8_t ep, const struct usb_request *req)
{

    return usb_transfer(ep, &coding, req->wLength);
}

static uint16_t rates[8];

void rates_clear(void)
{
    for (int i = 0; i <= 8; i++) {
        rates[i] = 0;
    }
}

extern uint8_t sensor_read(void);
extern void history_store(const uint8_t *values, unsigned count);

void sample(void)
{
    uint8_t last[4];
    unsigned slot = 4;

    last[0] = last[1] = last[2] = last[3] = sensor_read();

    last[slot] = sensor_read();
    history_store(last, 4);
}

int fill(uint8_t *data, size_t size);

int block_init(uint8_t **block, size_t size)
{
    *block = malloc(size);
    if (*block == NULL) {
        return -1;
    }
    if (fill(*block, size) != 0) {
        free(*block);
        return -1;
    }
    return 0;
}

struct conn { int socket; };
int conn_open(struct conn *conn);
void *calloc(size_t count, size_t size);

int connect_new(struct conn **out)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    *out = conn;
    if (conn == NULL) {
        return -1;
    }
    if (conn_open(conn) < 0) {

        free(conn);
        return -1;
    }
    return 0;
}

int setting_read(char *value, int size)
{
    FILE *file = fopen("/settings", "r");

    if (file == NULL) {
        return -1;
    }
    if (fgets(value, size, file) == NULL) {
        return -1;
    }
    return fclose(file);
}

extern int parse(FILE *from);
extern bool is_wanted(const char *path);

int load(const char *path)
{

    FILE *from = fopen(path, "rb");

    if (from == NULL || !is_wanted(path)) {
        return -1;
    }
    if (parse(from) != 0) {
        (void)fclose(from);
        return -1;
    }
    return fclose(from);
}

extern int flash_read(uint32_t at, uint8_t *to, size_t size);
extern uint32_t crc32(const uint8_t *data, size_t size);

uint32_t image_crc(uint32_t at)
{
    uint8_t page[8192];

    if (flash_read(at, page, sizeof(page)) != 0) {
        return 0;
    }
    return crc32(page, sizeof(page));
}

struct trend { int16_t samples[600]; uint32_t started; };
extern void trend_load(struct trend *into, int channel);
extern void trend_draw(const struct trend *both);

void show_trends(void)
{

    struct trend channels[4];

    for (int i = 0; i < 4; i++) {
        trend_load(&channels[i], i);
    }
    trend_draw(channels);
}
