static unsigned hidden_len;
static int hidden_logs;

void log_dropped(unsigned hidden_value)
{
    hidden_len = hidden_value;
    hidden_logs++;
}

void hidden_drop(void)
{
    struct message *hidden_message = malloc(sizeof(struct message));

    if (hidden_message == NULL) {
        return;
    }
    hidden_message->kind = 1;
    hidden_message->len = 77;
    hidden_logs = 0;
    hidden_len = 0;
    message_drop(hidden_message);
    EXPECT(hidden_logs == 1); // a dropped message is not logged once
    EXPECT(hidden_len == 77); // another length is logged than that of the message
}
