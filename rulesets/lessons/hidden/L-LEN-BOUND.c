void hidden_fits(void)
{
    uint8_t hidden_frame[120] = { 1 };
    struct drug hidden_drug;

    memset(&hidden_drug, 0, sizeof(hidden_drug));
    hidden_drug.limit = 7;
    hidden_frame[1] = 5;
    hidden_frame[2] = 9;
    int hidden_answer = on_name(&hidden_drug, hidden_frame, 7);
    EXPECT(hidden_answer == 0); // a name that fits is refused
    EXPECT(hidden_drug.limit == 7); // the limit behind the name changes
    EXPECT(hidden_drug.name[0] == 9); // a name that fits is not copied
}

void hidden_one_too_long(void)
{
    uint8_t hidden_frame[120] = { 1 };
    struct drug hidden_drug;

    memset(&hidden_drug, 0, sizeof(hidden_drug));
    hidden_drug.limit = 7;
    hidden_frame[1] = 16 + 1;
    hidden_frame[2] = 9;
    int hidden_answer = on_name(&hidden_drug, hidden_frame, 16 + 3);
    EXPECT(hidden_answer != 0); // a name of one byte too many is taken
    EXPECT(hidden_drug.limit == 7); // the limit behind the name changes
    EXPECT(hidden_drug.name[0] == 0); // a name of one byte too many is copied
}

void hidden_long(void)
{
    uint8_t hidden_frame[120] = { 1 };
    struct drug hidden_drug;

    memset(&hidden_drug, 0, sizeof(hidden_drug));
    hidden_drug.limit = 7;
    hidden_frame[1] = 16 + 48;
    hidden_frame[2] = 9;
    int hidden_answer = on_name(&hidden_drug, hidden_frame, 16 + 50);
    EXPECT(hidden_answer != 0); // a long name is taken
    EXPECT(hidden_drug.limit == 7); // the limit behind the name changes
    EXPECT(hidden_drug.name[0] == 0); // a long name is copied
}

void hidden_more_than_received(void)
{
    uint8_t hidden_frame[120] = { 1 };
    struct drug hidden_drug;

    memset(&hidden_drug, 0, sizeof(hidden_drug));
    hidden_drug.limit = 7;
    hidden_frame[1] = 8;
    hidden_frame[2] = 9;
    int hidden_answer = on_name(&hidden_drug, hidden_frame, 9);
    EXPECT(hidden_answer != 0); // a name that is longer than the frame is taken
    EXPECT(hidden_drug.limit == 7); // the limit behind the name changes
    EXPECT(hidden_drug.name[0] == 0); // a name that is longer than the frame is copied
}
