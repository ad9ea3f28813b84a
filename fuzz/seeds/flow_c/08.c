extern int frame_busy(void);
extern void frame_send(const uint8_t *frame);

int send(void)
{
    uint8_t *frame = malloc(64);

    if (frame == NULL) {
        return -1;
    }
    if (frame_busy() != 0) {
        return -1;
    }
    frame_send(frame);
    free(frame);
    return 0;
}

int keep_last(int count)
{
    int *values = NULL;

    for (int i = 0; i < count; i++) {

        values = calloc(4, sizeof(int));
    }
    free(values);
    return 0;
}

const char *unit_name(int unit)
{
    char name[8] = "ml";

    if (unit == 1) {
        name[0] = 'u';
    }
    return name;
}

struct limits { uint16_t low; uint16_t high; };

struct limits *default_limits(void)
{
    struct limits limits = { 10, 90 };
    struct limits *at = &limits;


    return at;
}

static const uint8_t *pending;

void queue_value(uint8_t value)
{
    uint8_t frame[4] = { value, 0, 0, 0 };

    pending = frame;
}

static struct request { const uint16_t *value; } request;

void request_fill(uint16_t value)
{

    uint16_t copy = value;

    request.value = &copy;
}

int factor(int unit)
{
    int factor;

    if (unit == 0) {
        factor = 1;
    } else if (unit == 1) {
        factor = 1000;
    }
    return factor;
}

extern int adc_ready(void);
extern uint16_t adc_value(void);

uint16_t level(void)
{
    uint16_t value;

    if (adc_ready() != 0) {
        value = adc_value();
    }

    return value;
}

extern void *pvPortMalloc(size_t size);
extern void vPortFree(void *block);

void scratch(void)
{
    uint8_t *block = pvPortMalloc(32);

    if (block != NULL) {
        block[0] = 0;
        free(block);
    }
}

int log_size(void)
{
    FILE *log = fopen("/log", "r");

    if (log == NULL) {
        return -1;
    }

    free(log);
    return 0;
}

struct task { uint32_t period; };
extern struct task *task_find(unsigned id);

uint32_t period_of(unsigned id)
{
    struct task *task = task_find(id);

    if (task == NULL) {
        return task->period;
    }
    return 0;
}

struct node { struct node *next; int value; };

int pop(struct node **list)
{
    struct node *node = *list;

    *list = node->next;
    node = NULL;

    return node->value;
}
