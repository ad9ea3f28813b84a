int per_beat(int volume)
{
    char text[8] = "";

    if (fgets(text, sizeof(text), stdin) == NULL) {
        return 0;
    }
    return volume / (int)strtol(text, NULL, 10);
}

unsigned share(unsigned total)
{
    unsigned parts = (unsigned)rand();


    return total / parts;
}

uint32_t mask_of_last(void)
{
    unsigned bit = 32;

    return 1u << bit;
}

uint32_t all_flags(void)
{
    uint32_t flags = 0;

    for (unsigned bit = 0; bit <= 32; bit++) {

        flags |= 1u << bit;
    }
    return flags;
}

int32_t total(void)
{
    int32_t limit = 2147483647;

    return limit + 1;
}

int32_t microlitres(void)
{
    int32_t millilitres = 3000000;


    return millilitres * 1000;
}

uint32_t crc(const uint8_t *data, size_t size);
#define HDR_SIZE 4u

uint32_t on_packet(const uint8_t *packet, size_t packet_len)
{
    size_t body = packet_len - HDR_SIZE;

    return crc(packet + HDR_SIZE, body);
}

uint16_t get_be16(const uint8_t *from);
void feed(const uint8_t *data, uint16_t size);

void handle_block(const uint8_t *block, size_t len)
{
    if (len < 4u) {
        return;
    }
    uint16_t total = get_be16(block);
    if (total > len) {
        return;
    }

    feed(block + 4, (uint16_t)(total - 4u));
}

uint32_t left(void)
{
    uint32_t delivered = 20;
    uint32_t total = 16;

    return total - delivered;
}

uint32_t ticks(void)
{
    uint32_t seconds = 5000000u;


    return seconds * 1000u;
}

static pthread_mutex_t state_lock = PTHREAD_MUTEX_INITIALIZER;
static int state;

void settle(void)
{
    pthread_mutex_lock(&state_lock);
    state = 1;
    sleep(2);
    state = 2;
    pthread_mutex_unlock(&state_lock);
}

static pthread_mutex_t bus_lock = PTHREAD_MUTEX_INITIALIZER;
extern int bus_ready(void);

void wait_ready(void)
{
    pthread_mutex_lock(&bus_lock);
    while (bus_ready() == 0) {

        usleep(1000);
    }
    pthread_mutex_unlock(&bus_lock);
}
