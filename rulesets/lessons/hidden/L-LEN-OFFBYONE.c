void hidden_first(void)
{
    int hidden_answer = limit_set(0, 5);
    EXPECT(hidden_answer == 0); // the first channel is refused
    EXPECT(limit_get(0) == 5); // the limit of the first channel is not stored
}

void hidden_last(void)
{
    int hidden_answer = limit_set(CHANNELS - 1, 5);
    EXPECT(hidden_answer == 0); // the last channel is refused
    EXPECT(limit_get(CHANNELS - 1) == 5); // the limit of the last channel is not stored
}

void hidden_one_past(void)
{
    int hidden_answer = limit_set(CHANNELS, 5);
    EXPECT(hidden_answer != 0); // the channel behind the last is taken
}

void hidden_far(void)
{
    int hidden_answer = limit_set(4000000000u, 5);
    EXPECT(hidden_answer != 0); // a channel far behind the last is taken
}
