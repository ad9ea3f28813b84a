struct sample { uint32_t at; int16_t value; };
void *k_malloc(size_t size);

struct sample *samples_new(size_t count)
{
    return k_malloc(count * sizeof(struct sample));
}

void *pool_alloc(size_t bytes);

void *grid_new(uint32_t rows, uint32_t columns)
{

    uint32_t bytes = rows * columns;

    return pool_alloc(bytes);
}

uint8_t *window(void)
{
    int margin = -16;
    uint8_t *at = malloc(margin);

    return at;
}

uint32_t *table(void)
{
    int used = 20;
    int left = 16 - used;


    return malloc(left);
}

uint8_t text_length(const uint16_t *text)
{
    uint8_t count = 0;

    while (text[count] != 0u) {
        count++;
    }
    return count;
}

unsigned name_size(const char *name)
{
    uint8_t n;


    for (n = 0; name[n] != '\0'; n++) {
    }
    return n + 1u;
}

extern uint32_t ticks_since(uint32_t start);

uint32_t rate_of(uint32_t volume, uint32_t start)
{
    uint32_t minutes = ticks_since(start) / 60;

    if (minutes == 0) {
        return volume / minutes;
    }
    return volume;
}

static const uint16_t weights[3] = { 4, 2, 1 };

unsigned mean(unsigned sum)
{
    unsigned count = 0;

    for (unsigned i = 0; i < 3; i++) {
        if (weights[i] > 8) {
            count++;
        }
    }

    return sum / count;
}

uint8_t default_rate(void)
{
    int rate = 300;
    uint8_t stored = rate;

    return stored;
}

static int16_t offset;

void set_offset(void)
{
    long millivolts = 40000;


    offset = millivolts;
}

void send(const char *text, uint8_t size);

void say(const char *text)
{
    uint8_t size = strlen(text);

    send(text, size);
}

struct endpoint { uint16_t max_size; };
void schedule(uint16_t packets, uint8_t rest);

void transfer(const struct endpoint *ep, uint16_t total)
{

    uint8_t rest = total % ep->max_size;

    schedule((uint16_t)(total / ep->max_size), rest);
}
