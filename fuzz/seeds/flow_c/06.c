static const uint16_t gain[4] = { 1, 2, 4, 8 };

unsigned gain_sum(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i <= 4; i++) {
        sum += gain[i];
    }
    return sum;
}

static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

uint8_t last_of_year(void)
{
    unsigned month = 12;


    return days[month];
}

unsigned rises(const uint8_t *data, size_t size)
{
    unsigned count = 0;

    for (size_t i = 0; i < size; i++) {
        if (data[i + 1u] > data[i]) {
            count++;
        }
    }
    return count;
}

void pair(uint8_t key, uint8_t value);

void read_pairs(const uint8_t *p, size_t len)
{
    const uint8_t *end = p + len;

    while (p < end) {
        if (p[0] == 0xffu) {
            p++;
            continue;
        }

        pair(p[0], p[1]);
        p += 1 + (p[0] & 1u);
    }
}

static uint8_t message[256];
static size_t filled;

void add_piece(const uint8_t *piece, const char *text)
{
    size_t count = strlen(text);

    memcpy(&message[filled], piece, count);
    filled += count;
}

struct rx { uint8_t line[80]; size_t at; };

void line_add(struct rx *rx, const char *word)
{
    size_t n = strlen(word);


    memcpy(rx->line + rx->at, word, n);
    rx->at = rx->at + n;
}

static uint16_t limits[8];

void on_set_limit(const uint8_t *msg, size_t len)
{
    if (len < 3u) {
        return;
    }
    limits[msg[0]] = (uint16_t)(msg[1] | (msg[2] << 8));
}

struct channel { uint8_t rate; uint8_t mode; };
static struct channel channels[4];

uint8_t handle_query(const uint8_t *query, size_t size)
{
    if (size < 2u) {
        return 0;
    }
    uint8_t which = query[1];

    return channels[which].rate;
}

void eat(const uint8_t *value, uint8_t size);

void walk(const uint8_t *b, size_t n)
{
    size_t i = 0;

    while (i + 2u <= n) {
        uint8_t l = b[i + 1u];
        eat(&b[i + 2u], l);
        i += l + 2u;
    }
}

void option(uint8_t kind);

void parse_options(const uint8_t *opts, size_t left)
{
    while (left > 1u) {
        uint8_t size = opts[1];
        if (size < 2u) {
            return;
        }
        option(opts[0]);
        opts += size;

        left -= size;
    }
}

void option(const uint8_t *at, uint8_t size);

void parse_all(const uint8_t *data, size_t size)
{
    size_t at = 0;

    while (at + 2u <= size) {
        uint8_t step = data[at + 1u];
        if (step > size - at) {
            return;
        }
        option(&data[at], step);
        at += step;
    }
}

void kind(uint8_t which);

void parse_desc(const uint8_t *desc, size_t len)
{
    const uint8_t *end = desc + len;

    while (desc + 2 < end) {
        if (desc[0] > end - desc) {
            return;
        }
        kind(desc[1]);

        desc += desc[0];
    }
}
