void hidden_one(void)
{
    uint8_t hidden_data[120] = { 1, 2, 3 };
    struct adv hidden_adv;

    memset(&hidden_adv, 0, sizeof(hidden_adv));
    hidden_adv.len = 3;
    int hidden_answer = adv_set(&hidden_adv, hidden_data, 1);
    EXPECT(hidden_answer == 0); // one byte is refused
    EXPECT(hidden_adv.len == 1); // the length of one byte is not kept
    EXPECT(hidden_adv.data[0] == 1); // one byte is not copied
}

void hidden_full(void)
{
    uint8_t hidden_data[120] = { 1, 2, 3 };
    struct adv hidden_adv;

    memset(&hidden_adv, 0, sizeof(hidden_adv));
    hidden_adv.len = 3;
    int hidden_answer = adv_set(&hidden_adv, hidden_data, 31);
    EXPECT(hidden_answer == 0); // a full advertisement is refused
    EXPECT(hidden_adv.len == 31); // the length of a full advertisement is not kept
    EXPECT(hidden_adv.data[0] == 1); // a full advertisement is not copied
}

void hidden_one_too_long(void)
{
    uint8_t hidden_data[120] = { 1, 2, 3 };
    struct adv hidden_adv;

    memset(&hidden_adv, 0, sizeof(hidden_adv));
    hidden_adv.len = 3;
    int hidden_answer = adv_set(&hidden_adv, hidden_data, 31 + 1);
    EXPECT(hidden_answer != 0); // a byte too many is taken
    EXPECT(hidden_adv.len == 3); // the length of what is refused is kept
    EXPECT(hidden_adv.data[0] == 0); // a byte too many is copied
}

void hidden_long(void)
{
    uint8_t hidden_data[120] = { 1, 2, 3 };
    struct adv hidden_adv;

    memset(&hidden_adv, 0, sizeof(hidden_adv));
    hidden_adv.len = 3;
    int hidden_answer = adv_set(&hidden_adv, hidden_data, 31 + 40);
    EXPECT(hidden_answer != 0); // a long advertisement is taken
    EXPECT(hidden_adv.len == 3); // the length of what is refused is kept
    EXPECT(hidden_adv.data[0] == 0); // a long advertisement is copied
}
