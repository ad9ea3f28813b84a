void command_mic(const uint8_t *hidden_command, size_t hidden_len, uint8_t *hidden_out)
{
    (void)hidden_command;
    (void)hidden_len;
    hidden_out[0] = 1;
    hidden_out[1] = 2;
    hidden_out[2] = 3;
    hidden_out[3] = 4;
}

int mbedtls_ct_memcmp(const void *hidden_a, const void *hidden_b, size_t hidden_size)
{
    const uint8_t *hidden_x = hidden_a;
    const uint8_t *hidden_y = hidden_b;
    int hidden_different = 0;

    for (size_t hidden_i = 0; hidden_i < hidden_size; hidden_i++) {
        if (hidden_x[hidden_i] != hidden_y[hidden_i]) {
            hidden_different = 1;
        }
    }
    return hidden_different;
}

int CRYPTO_memcmp(const void *hidden_a, const void *hidden_b, size_t hidden_size)
{
    const uint8_t *hidden_x = hidden_a;
    const uint8_t *hidden_y = hidden_b;
    int hidden_different = 0;

    for (size_t hidden_i = 0; hidden_i < hidden_size; hidden_i++) {
        if (hidden_x[hidden_i] != hidden_y[hidden_i]) {
            hidden_different = 1;
        }
    }
    return hidden_different;
}

int sodium_memcmp(const void *hidden_a, const void *hidden_b, size_t hidden_size)
{
    const uint8_t *hidden_x = hidden_a;
    const uint8_t *hidden_y = hidden_b;
    int hidden_different = 0;

    for (size_t hidden_i = 0; hidden_i < hidden_size; hidden_i++) {
        if (hidden_x[hidden_i] != hidden_y[hidden_i]) {
            hidden_different = 1;
        }
    }
    return hidden_different;
}

int timingsafe_bcmp(const void *hidden_a, const void *hidden_b, size_t hidden_size)
{
    const uint8_t *hidden_x = hidden_a;
    const uint8_t *hidden_y = hidden_b;
    int hidden_different = 0;

    for (size_t hidden_i = 0; hidden_i < hidden_size; hidden_i++) {
        if (hidden_x[hidden_i] != hidden_y[hidden_i]) {
            hidden_different = 1;
        }
    }
    return hidden_different;
}

int timingsafe_memcmp(const void *hidden_a, const void *hidden_b, size_t hidden_size)
{
    const uint8_t *hidden_x = hidden_a;
    const uint8_t *hidden_y = hidden_b;
    int hidden_different = 0;

    for (size_t hidden_i = 0; hidden_i < hidden_size; hidden_i++) {
        if (hidden_x[hidden_i] != hidden_y[hidden_i]) {
            hidden_different = 1;
        }
    }
    return hidden_different;
}

void hidden_right(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 1, 2, 3, 4 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer == 0); // the right tag is refused
}

void hidden_last(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 1, 2, 3, 5 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer != 0); // a tag whose last byte is wrong is accepted
}

void hidden_first(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 0, 2, 3, 4 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer != 0); // a tag whose first byte is wrong is accepted
}

void hidden_swapped(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 2, 1, 3, 4 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer != 0); // a tag with two bytes swapped is accepted
}

void hidden_cancelled(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 0, 3, 3, 4 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer != 0); // a tag with two wrong bytes that cancel each other out is accepted
}

void hidden_zero(void)
{
    uint8_t hidden_command[2] = { 1, 2 };
    uint8_t hidden_mic[4] = { 0, 0, 0, 0 };
    int hidden_answer = command_accept(hidden_command, 2, hidden_mic);

    EXPECT(hidden_answer != 0); // a tag of zeros is accepted
}
