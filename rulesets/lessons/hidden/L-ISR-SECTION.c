static int hidden_depth;

void taskENTER_CRITICAL(void)
{
    hidden_depth++;
}

void taskEXIT_CRITICAL(void)
{
    hidden_depth--;
}

void hidden_room(void)
{
    queued = 0;
    hidden_depth = 0;
    int hidden_answer = event_put(9);
    EXPECT(hidden_answer == 0); // an event is refused although there is room
    EXPECT(hidden_depth == 0); // interrupts stay off after an event was taken
    EXPECT(events[0] == 9); // an event is not kept
    EXPECT(queued == 1); // an event is not counted
}

void hidden_full(void)
{
    queued = 8;
    hidden_depth = 0;
    int hidden_answer = event_put(9);
    EXPECT(hidden_answer != 0); // an event is taken although there is no room
    EXPECT(hidden_depth == 0); // interrupts stay off after an event was refused
    EXPECT(queued == 8); // the count changes although the event was refused
}
