static int hidden_silenced;
static int hidden_stored;
static int hidden_off;

void alarm_silence(void)
{
    hidden_silenced++;
}

void limit_store(uint8_t hidden_limit)
{
    hidden_stored += hidden_limit == 3;
}

void power_off(void)
{
    hidden_off++;
}

void hidden_silence(void)
{
    hidden_silenced = 0;
    hidden_stored = 0;
    hidden_off = 0;
    on_command(CMD_SILENCE, 3);
    EXPECT(hidden_silenced == 1); // silence: the alarm is not silenced
    EXPECT(hidden_stored == 0); // silence: the limit is stored
    EXPECT(hidden_off == 0); // silence: the power is switched off
}

void hidden_limit(void)
{
    hidden_silenced = 0;
    hidden_stored = 0;
    hidden_off = 0;
    on_command(CMD_LIMIT, 3);
    EXPECT(hidden_silenced == 0); // limit: the alarm is silenced
    EXPECT(hidden_stored == 1); // limit: the limit is not stored
    EXPECT(hidden_off == 0); // limit: the power is switched off
}

void hidden_switch_off(void)
{
    hidden_silenced = 0;
    hidden_stored = 0;
    hidden_off = 0;
    on_command(CMD_OFF, 3);
    EXPECT(hidden_silenced == 0); // off: the alarm is silenced
    EXPECT(hidden_stored == 0); // off: the limit is stored
    EXPECT(hidden_off == 1); // off: the power is not switched off
}

void hidden_an_unknown_command(void)
{
    hidden_silenced = 0;
    hidden_stored = 0;
    hidden_off = 0;
    on_command(77, 3);
    EXPECT(hidden_silenced == 0); // an unknown command: the alarm is silenced
    EXPECT(hidden_stored == 0); // an unknown command: the limit is stored
    EXPECT(hidden_off == 0); // an unknown command: the power is switched off
}
