struct sensor { uint8_t id; int16_t value; };
void complain(const char *text);

int16_t sensor_value(struct sensor *sensor)
{
    if (sensor == NULL) {
        complain("no sensor");
    }
    return sensor->value;
}

struct node { struct node *next; uint8_t kind; };

uint8_t kind_of(const struct node *node, int is_forced)
{
    uint8_t kind = 0;

    if (node == NULL || is_forced) {

        kind = node->kind;
    }
    return kind;
}

struct pump { uint8_t state; uint32_t dose; };

int pump_stop(struct pump *pump)
{
    uint32_t dose = pump->dose;

    if (pump == NULL) {
        return -1;
    }
    pump->state = 0;
    return (dose == 0u) ? 0 : 1;
}

struct port { void (*send)(uint8_t byte); };
struct link { struct port *port; uint8_t last; };

void link_send(struct link *link, uint8_t byte)
{

    struct port *port = link->port;

    if (!link || !port) {
        return;
    }
    port->send(byte);
}

struct channel { uint32_t rate; uint32_t limit; };

static uint8_t raw[4];

void channel_clear(void)
{
    struct channel *c = (struct channel *)raw;

    c->rate = 0;

    c->limit = 0;
}

extern void timer_start(uint32_t *ticks);

void wait_a_while(void)
{
    uint8_t buffer[2] = { 0, 0 };
    uint32_t *ticks = (uint32_t *)buffer;

    *ticks = 1000;
    timer_start(ticks);
}

static uint8_t samples[64];

void samples_drop_first(void)
{
    memcpy(samples, samples + 1, 63);
    samples[63] = 0;
}

extern void show(const char *text);

void show_indented(void)
{
    char line[16] = "occlusion";
    char *from = line;


    memcpy(line + 2, from, 10);
    line[0] = ' ';
    line[1] = ' ';
    show(line);
}

static uint8_t rx[32];
static uint8_t tx[32];

size_t used(void)
{
    uint8_t *end = tx + 4;

    return (size_t)(end - rx);
}

extern void report(ptrdiff_t distance);

void distance(void)
{
    int first = 1;
    int second = 2;
    int *a = &first;
    int *b = &second;


    report(a - b);
}

struct channel { uint32_t rate; };
static struct channel channels[2];

uint32_t rate_of(int which)
{
    struct channel *channel = NULL;

    if (which == 0) {
        channel = &channels[0];
    } else if (which == 1) {
        channel = &channels[1];
    }
    return channel->rate;
}

static int *find(int *values, int count, int wanted)
{
    for (int i = 0; i < count; i++) {
        if (values[i] == wanted) {
            return &values[i];
        }
    }
    return NULL;
}

void clear(int *values, int count)
{
    int *at = find(values, count, 7);


    *at = 0;
}
