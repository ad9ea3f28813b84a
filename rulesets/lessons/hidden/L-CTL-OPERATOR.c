enum mode pump_mode;
static int hidden_menus;
static int hidden_beeps;

void service_menu_open(void)
{
    hidden_menus++;
}

void key_beep(void)
{
    hidden_beeps++;
}

void hidden_in_therapy(void)
{
    pump_mode = MODE_THERAPY;
    hidden_menus = 0;
    hidden_beeps = 0;
    on_key();
    EXPECT(hidden_menus == 0); // the service menu opens during therapy
    EXPECT(hidden_beeps == 1); // the key does not beep once
    EXPECT(pump_mode == MODE_THERAPY); // a key changes the mode
}

void hidden_in_service(void)
{
    pump_mode = MODE_SERVICE;
    hidden_menus = 0;
    hidden_beeps = 0;
    on_key();
    EXPECT(hidden_menus == 1); // the service menu does not open in service
    EXPECT(pump_mode == MODE_SERVICE); // a key changes the mode
}
