extern volatile uint32_t mailbox_len;
extern uint8_t mailbox_data[64];
static uint8_t copy[64];

void on_mailbox(void)
{
    if (mailbox_len <= sizeof(copy)) {
        memcpy(copy, mailbox_data, mailbox_len);
    }
}

static volatile unsigned task_count;
struct info { uint32_t id; };
void *k_malloc(size_t size);
unsigned fill(struct info *list, unsigned room);

unsigned list_tasks(struct info **out)
{
    unsigned room = task_count;


    *out = k_malloc(task_count * sizeof(struct info));
    return (*out != NULL) ? fill(*out, room) : 0u;
}

static pthread_mutex_t dose_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t dose;

void dose_add(uint32_t units)
{
    pthread_mutex_lock(&dose_lock);
    dose += units;
    pthread_mutex_lock(&dose_lock);
}

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned entries;

static void log_take(void)
{

    pthread_mutex_lock(&log_lock);
    entries++;
    pthread_mutex_unlock(&log_lock);
}

void log_two(void)
{
    pthread_mutex_lock(&log_lock);
    log_take();
    pthread_mutex_unlock(&log_lock);
}

static pthread_mutex_t dose_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t dose;

int dose_set(uint32_t units)
{
    pthread_mutex_lock(&dose_lock);
    dose = units;
    pthread_mutex_unlock(&dose_lock);
    pthread_mutex_unlock(&dose_lock);
    return 0;
}

static pthread_mutex_t bus_lock = PTHREAD_MUTEX_INITIALIZER;
extern int bus_write(uint8_t value);

int send(uint8_t value)
{
    int result;

    pthread_mutex_lock(&bus_lock);
    result = bus_write(value);
    if (result != 0) {
        pthread_mutex_unlock(&bus_lock);
    }

    pthread_mutex_unlock(&bus_lock);
    return result;
}

static pthread_mutex_t bus_lock = PTHREAD_MUTEX_INITIALIZER;
extern int bus_write(uint8_t value);

int send(uint8_t value)
{
    pthread_mutex_lock(&bus_lock);
    if (bus_write(value) != 0) {
        return -1;
    }
    pthread_mutex_unlock(&bus_lock);
    return 0;
}

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int table[8];

int find(int wanted)
{

    pthread_mutex_lock(&table_lock);
    for (int i = 0; i < 8; i++) {
        if (table[i] == wanted) {
            return i;
        }
    }
    pthread_mutex_unlock(&table_lock);
    return -1;
}

static pthread_mutex_t dose_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t dose;
static uint32_t entries;

void deliver(void)
{
    pthread_mutex_lock(&dose_lock);
    pthread_mutex_lock(&log_lock);
    dose++;
    entries++;
    pthread_mutex_unlock(&log_lock);
    pthread_mutex_unlock(&dose_lock);
}

void report(void)
{
    pthread_mutex_lock(&log_lock);
    pthread_mutex_lock(&dose_lock);
    entries += dose;
    pthread_mutex_unlock(&dose_lock);
    pthread_mutex_unlock(&log_lock);
}

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static int left;
static int right;

void to_right(void)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    left--;
    right++;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

void to_left(void)
{
    pthread_mutex_lock(&b);
    right--;

    pthread_mutex_lock(&a);
    left++;
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

static pthread_mutex_t dose_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t dose;

void dose_add(uint32_t units)
{
    dose += units;
    pthread_mutex_unlock(&dose_lock);
}

static pthread_mutex_t bus_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
extern int bus_write(uint8_t value);

int send(uint8_t value)
{
    int result;

    pthread_mutex_lock(&bus_lock);
    result = bus_write(value);

    pthread_mutex_unlock(&log_lock);
    return result;
}
