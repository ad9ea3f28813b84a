static int hidden_writes;
static uint32_t hidden_at;

uint32_t get_le32(const uint8_t *hidden_from)
{
    return hidden_from[0] | ((uint32_t)hidden_from[1] << 8) | ((uint32_t)hidden_from[2] << 16)
           | ((uint32_t)hidden_from[3] << 24);
}

int flash_write(uint32_t hidden_where, const uint8_t *hidden_data, uint32_t hidden_size)
{
    (void)hidden_data;
    (void)hidden_size;
    hidden_writes++;
    hidden_at = hidden_where;
    return 0;
}

void hidden_wraps(void)
{
    uint8_t hidden_message[12] = { 0x20, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff };

    hidden_writes = 0;
    int hidden_answer = on_write(hidden_message, 12);
    EXPECT(hidden_answer != 0); // a length with which the sum wraps is taken
    EXPECT(hidden_writes == 0); // a length with which the sum wraps is written
}

void hidden_start_wraps(void)
{
    uint8_t hidden_message[12] = { 0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0 };

    hidden_writes = 0;
    int hidden_answer = on_write(hidden_message, 12);
    EXPECT(hidden_answer != 0); // a place with which the sum wraps is taken
    EXPECT(hidden_writes == 0); // a place with which the sum wraps is written
}

void hidden_last(void)
{
    uint8_t hidden_message[12] = { 0xfc, 0xff, 0, 0, 4, 0, 0, 0 };

    hidden_writes = 0;
    int hidden_answer = on_write(hidden_message, 12);
    EXPECT(hidden_answer == 0); // a write that ends with the area is refused
    EXPECT(hidden_writes == 1); // a write that ends with the area is not written
    EXPECT(hidden_at == 0xfffcu); // it is written to another place
}

void hidden_one_too_far(void)
{
    uint8_t hidden_message[12] = { 0xfd, 0xff, 0, 0, 4, 0, 0, 0 };

    hidden_writes = 0;
    int hidden_answer = on_write(hidden_message, 12);
    EXPECT(hidden_answer != 0); // a write that ends one byte behind the area is taken
    EXPECT(hidden_writes == 0); // a write that ends one byte behind the area is written
}

void hidden_far(void)
{
    uint8_t hidden_message[12] = { 0, 0, 2, 0, 4, 0, 0, 0 };

    hidden_writes = 0;
    int hidden_answer = on_write(hidden_message, 12);
    EXPECT(hidden_answer != 0); // a write behind the area is taken
    EXPECT(hidden_writes == 0); // a write behind the area is written
}
