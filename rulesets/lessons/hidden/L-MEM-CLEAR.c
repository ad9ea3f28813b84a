void hidden_reset(void)
{
    struct bolus hidden_bolus = { 3, 4, 5 };

    bolus_reset(&hidden_bolus);
    EXPECT(hidden_bolus.units == 0); // the units stay
    EXPECT(hidden_bolus.rate == 0); // the rate stays
    EXPECT(hidden_bolus.patient == 0); // the patient stays
}

void hidden_none(void)
{
    int hidden_done = 0;

    bolus_reset(NULL);
    hidden_done = 1;
    EXPECT(hidden_done == 1); // NULL stops the device
}
