void skip_blanks(void)
{
    char *text = malloc(16);

    if (text == NULL) {
        return;
    }
    strcpy(text, "  ok");
    text += 2;
    free(text);
}

void fill(uint8_t value)
{
    uint8_t *at = malloc(4);

    if (at == NULL) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        *at++ = value;
    }

    free(at);
}

static uint8_t frame[64];

void frame_drop(void)
{
    uint8_t *at = frame;

    free(at);
}

void send_once(void)
{
    char text[16] = "hello";


    free(text);
}

extern int record_fill(uint8_t *record);

int record_make(void)
{
    uint8_t *record = malloc(32);

    if (record == NULL) {
        return -1;
    }
    if (record_fill(record) != 0) {
        free(record);
    }
    free(record);
    return 0;
}

static void drop(uint8_t *block)
{

    free(block);
}

void twice(void)
{
    uint8_t *block = malloc(8);

    free(block);
    drop(block);
}

struct job { int kind; };

struct job *job_new(int kind)
{
    struct job *job = malloc(sizeof(*job));

    job->kind = kind;
    return job;
}

char *copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);


    memcpy(copy, text, size);
    return copy;
}

struct session { uint32_t id; uint8_t state; };
static struct session sessions[4];

static struct session *session_find(uint32_t id)
{
    for (unsigned i = 0; i < 4u; i++) {
        if (sessions[i].id == id) {
            return &sessions[i];
        }
    }
    return NULL;
}

void session_close(uint32_t id)
{
    struct session *session = session_find(id);

    session->state = 0;
}

struct item { struct item *next; uint8_t key; uint8_t value; };
static struct item *first;

static struct item *lookup(uint8_t key)
{
    struct item *at = first;

    while (at != NULL && at->key != key) {
        at = at->next;
    }
    if (at == NULL) {
        return NULL;
    }
    return at;
}

uint8_t value_of(uint8_t key)
{

    return lookup(key)->value;
}

extern void flash_write(uint32_t at, const uint8_t *data, size_t size);

void store_first(void)
{
    uint8_t *block = malloc(16);
    uint8_t first = block[0];

    flash_write(0x100, &first, 1);
    free(block);
}

struct dose { uint32_t units; uint32_t limit; };
extern void show(uint32_t units);

void show_fresh(void)
{
    struct dose *dose = malloc(sizeof(*dose));

    dose->limit = 100;

    show(dose->units);
    free(dose);
}
