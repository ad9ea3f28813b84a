void show_length(uint8_t len)
{
    (void)len;
}

void hidden_full(void)
{
    uint8_t hidden_data[600] = { 9 };

    memset(record, 0, sizeof(record));
    int hidden_answer = keep_record(hidden_data, 64);
    EXPECT(hidden_answer == 0); // a full record is refused
    EXPECT(record[0] == 9); // a full record is not kept
}

void hidden_short(void)
{
    uint8_t hidden_data[600] = { 9 };

    memset(record, 0, sizeof(record));
    int hidden_answer = keep_record(hidden_data, 3);
    EXPECT(hidden_answer == 0); // a short record is refused
    EXPECT(record[0] == 9); // a short record is not kept
}

void hidden_one_too_long(void)
{
    uint8_t hidden_data[600] = { 9 };

    memset(record, 0, sizeof(record));
    int hidden_answer = keep_record(hidden_data, 64 + 1);
    EXPECT(hidden_answer != 0); // a record of one byte too many is taken
    EXPECT(record[0] == 0); // a record of one byte too many is kept
}

void hidden_cut(void)
{
    uint8_t hidden_data[600] = { 9 };

    memset(record, 0, sizeof(record));
    int hidden_answer = keep_record(hidden_data, 256 + 3);
    EXPECT(hidden_answer != 0); // a record of 259 bytes, which is 3 in eight bits is taken
    EXPECT(record[0] == 0); // a record of 259 bytes, which is 3 in eight bits is kept
}
