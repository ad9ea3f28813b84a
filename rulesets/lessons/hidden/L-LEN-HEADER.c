static int hidden_sets;
static unsigned hidden_limit;

int limit_set(uint8_t hidden_channel, uint16_t hidden_value)
{
    (void)hidden_channel;
    hidden_sets++;
    hidden_limit = hidden_value;
    return 0;
}

void hidden_whole(void)
{
    uint8_t hidden_data[4] = { 0x21, 1, 0x34, 0x12 };

    hidden_sets = 0;
    on_command(hidden_data, 4);
    EXPECT(hidden_sets == 1); // a whole command sets nothing
    EXPECT(hidden_limit == 0x1234); // a whole command sets another limit than it says
}

void hidden_other(void)
{
    uint8_t hidden_data[4] = { 0x22, 1, 0x34, 0x12 };

    hidden_sets = 0;
    on_command(hidden_data, 4);
    EXPECT(hidden_sets == 0); // a command of another kind sets a limit
}

void hidden_one_too_short(void)
{
    uint8_t hidden_data[3] = { 0x21, 1, 0x34 };

    hidden_sets = 0;
    on_command(hidden_data, 3);
    EXPECT(hidden_sets == 0); // a command that lacks a byte sets a limit
}

void hidden_two_bytes(void)
{
    uint8_t hidden_data[2] = { 0x21, 1 };

    hidden_sets = 0;
    on_command(hidden_data, 2);
    EXPECT(hidden_sets == 0); // a command of two bytes sets a limit
}

void hidden_empty(void)
{
    uint8_t hidden_data[1] = { 0x21 };

    hidden_sets = 0;
    on_command(hidden_data, 0);
    EXPECT(hidden_sets == 0); // an empty command sets a limit
}
