void mark(uint8_t value)
{
    uint8_t *slot;

    *slot = value;
}

struct limits { uint16_t low; uint16_t high; };

uint16_t low_limit(void)
{
    struct limits *limits;


    return limits->low;
}

extern int adc_read(uint16_t *value);

uint16_t level(bool use_adc)
{
    uint16_t value;

    if (use_adc) {
        return 0;
    }
    return value;
}

uint32_t checksum(const uint8_t data[2])
{
    uint32_t sum;


    sum += data[0];
    sum += data[1];
    return sum;
}

struct job { int result; };

int finish(void)
{
    struct job *job = calloc(1, sizeof(*job));

    if (job == NULL) {
        return -1;
    }
    free(job);
    return job->result;
}

struct node { struct node *next; int id; };

static void drop(struct node *node)
{
    free(node);
}

int id_of_new(int id)
{
    struct node *node = calloc(1, sizeof(*node));

    if (node == NULL) {
        return -1;
    }
    node->id = id;
    drop(node);

    return node->id;
}

int adc_read(uint8_t channel, uint16_t *value);

int voltage_ok(void)
{
    uint16_t a;
    uint16_t b;

    if (adc_read(0, &a) != 0) {
        return -1;
    }
    adc_read(1, &b);
    return (a > b) ? 1 : 0;
}

int reg_get(uint8_t reg, uint8_t *value);
void use(uint8_t value);

int chip_init(void)
{
    uint8_t id;
    uint8_t mode;

    if (reg_get(0, &id) < 0 || id != 0x42u) {
        return -1;
    }

    (void)reg_get(1, &mode);
    use(mode);
    return 0;
}

int bus_write(uint8_t reg, uint8_t value);

int start(void)
{
    if (bus_write(0, 1) != 0) {
        return -1;
    }
    if (bus_write(1, 2) != 0) {
        return -1;
    }
    if (bus_write(2, 4) != 0) {
        return -1;
    }
    if (bus_write(3, 8) != 0) {
        return -1;
    }
    bus_write(4, 16);
    return 0;
}

int store(uint16_t key, uint32_t value);

int save_all(const uint32_t *values)
{
    int rc = store(1, values[0]);
    if (rc < 0) {
        return rc;
    }
    rc = store(2, values[1]);
    if (rc < 0) {
        return rc;
    }
    if (store(3, values[2]) < 0 || store(4, values[3]) < 0) {
        return -1;
    }

    store(5, values[4]);
    return 0;
}

int sensor_start(uint8_t which);
int sensor_read(uint8_t which, int16_t *value);

int measure(uint8_t which, int16_t *value)
{
    int rc;

    rc = sensor_start(which);
    rc = sensor_read(which, value);
    if (rc != 0) {
        return -1;
    }
    return 0;
}

int flash_unlock(void);
int flash_put(uint32_t at, uint32_t word);
void flash_lock(void);

void save(uint32_t word)
{

    int err = flash_unlock();

    if (flash_put(0x100, word) == 0) {
        flash_lock();
    }
}
