static int hidden_sends;
static unsigned hidden_sent;

int radio_send(const uint8_t *hidden_data, uint8_t hidden_size)
{
    (void)hidden_data;
    hidden_sends++;
    hidden_sent = hidden_size;
    return 0;
}

void hidden_short(void)
{
    hidden_sends = 0;
    hidden_sent = 0;
    int hidden_answer = send_note(TEXT(40));
    EXPECT(hidden_answer == 0); // a short note is refused
    EXPECT(hidden_sends == 1); // a short note is not sent
    EXPECT(hidden_sent == 40); // another length is sent than that of a short note
}

void hidden_longest(void)
{
    hidden_sends = 0;
    hidden_sent = 0;
    int hidden_answer = send_note(TEXT(255));
    EXPECT(hidden_answer == 0); // the longest note is refused
    EXPECT(hidden_sends == 1); // the longest note is not sent
    EXPECT(hidden_sent == 255); // another length is sent than that of the longest note
}

void hidden_one_too_long(void)
{
    hidden_sends = 0;
    hidden_sent = 0;
    int hidden_answer = send_note(TEXT(256));
    EXPECT(hidden_answer != 0); // a note of 256 letters is taken
    EXPECT(hidden_sends == 0); // a note of 256 letters is sent, cut
    EXPECT(hidden_sent == 0); // another length is sent than that of a note of 256 letters
}

void hidden_long(void)
{
    hidden_sends = 0;
    hidden_sent = 0;
    int hidden_answer = send_note(TEXT(300));
    EXPECT(hidden_answer != 0); // a note of 300 letters is taken
    EXPECT(hidden_sends == 0); // a note of 300 letters is sent, cut
    EXPECT(hidden_sent == 0); // another length is sent than that of a note of 300 letters
}
