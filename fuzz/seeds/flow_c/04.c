extern void show(const char *text);

void show_status(void)
{
    char line[8] = "ready";
    int at = -1;

    line[at] = '>';
    show(line);
}

static uint8_t queue[16];

void shift_down(void)
{
    for (int i = 0; i < 16; i++) {

        queue[i - 1] = queue[i];
    }
}

struct event { uint8_t code; uint32_t at; };
struct journal { uint16_t codes[20]; uint8_t count; };

void note_event(struct journal *journal, const struct event *event)
{
    journal->codes[journal->count++] = event->code;
}

static uint8_t queue[8];
static unsigned queued;

void queue_put(uint8_t item)
{

    queue[queued] = item;
    queued = queued + 1u;
}

#include <assert.h>
struct adv { uint8_t data[31]; uint8_t len; };

void adv_set(struct adv *a, const uint8_t *data, size_t len)
{
    assert(len <= sizeof(a->data));
    memcpy(a->data, data, len);
    a->len = (uint8_t)len;
}

extern void configASSERT(int condition);
struct frame { uint16_t len; uint8_t body[48]; };
static uint8_t last[48];

void frame_keep(const struct frame *f)
{
    configASSERT(f != NULL && f->len < sizeof(last));

    memcpy(last, f->body, f->len);
}

static uint8_t table[16];

unsigned find_end(unsigned from)
{
    unsigned i = from;

    while (table[i] != 0u && i < 16u) {
        i++;
    }
    return i;
}

static const uint16_t steps[10] = { 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000 };

int step_of(unsigned level, uint16_t wanted)
{

    if (steps[level] == wanted && level < 10u) {
        return 1;
    }
    return 0;
}

struct sdu { uint8_t data[64]; uint8_t used; };

void on_sdu(struct sdu *sdu, const uint8_t *frame, size_t len)
{
    if (len < 2u) {
        return;
    }
    uint8_t count = frame[1];
    if (count > sizeof(sdu->data)) {
        return;
    }
    memcpy(sdu->data, frame + 2, count);
    sdu->used = count;
}

uint16_t get_be16(const uint8_t *from);
static uint8_t shadow[256];

int parse_block(const uint8_t *block, size_t block_len)
{
    if (block_len < 4u) {
        return -1;
    }
    uint16_t wanted = get_be16(block + 2);
    uint16_t take = wanted;
    if (take > sizeof(shadow)) {
        return -1;
    }

    memmove(shadow, block + 4, take);
    return 0;
}

struct label { char text[12]; };
extern void print_label(const struct label *label);

void label_of(const char serial[20])
{
    struct label out;

    memcpy(out.text, serial, 20);
    print_label(&out);
}

static uint8_t frame[32];

void frame_fill(uint8_t pattern)
{
    size_t size = sizeof(frame) + 4;


    memset(frame, pattern, size);
}
