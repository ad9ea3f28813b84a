static int32_t hidden_verdict;
static int hidden_booted;

int32_t psa_verify_hash(uint32_t hidden_key, uint32_t hidden_alg, const uint8_t *hidden_hash, size_t hidden_hash_len,
                        const uint8_t *hidden_sig, size_t hidden_sig_len)
{
    (void)hidden_key;
    (void)hidden_alg;
    (void)hidden_hash;
    (void)hidden_hash_len;
    (void)hidden_sig;
    (void)hidden_sig_len;
    return hidden_verdict;
}

void boot_slot(uint32_t hidden_slot)
{
    (void)hidden_slot;
    hidden_booted = 1;
}

void hidden_good_image(void)
{
    uint8_t hidden_hash[32] = { 0 };
    uint8_t hidden_sig[64] = { 0 };

    hidden_verdict = 0;
    hidden_booted = 0;
    int hidden_answer = update_start(1, 2, hidden_hash, hidden_sig);
    EXPECT(hidden_answer == 0); // a good image is refused
    EXPECT(hidden_booted == 1); // a good image is not started
}

void hidden_bad_image(void)
{
    uint8_t hidden_hash[32] = { 0 };
    uint8_t hidden_sig[64] = { 0 };

    hidden_verdict = -149;
    hidden_booted = 0;
    int hidden_answer = update_start(1, 2, hidden_hash, hidden_sig);
    EXPECT(hidden_answer != 0); // an image with a wrong signature passes for a good one
    EXPECT(hidden_booted == 0); // an image with a wrong signature is started
}

void hidden_other_failure(void)
{
    uint8_t hidden_hash[32] = { 0 };
    uint8_t hidden_sig[64] = { 0 };

    hidden_verdict = 1;
    hidden_booted = 0;
    int hidden_answer = update_start(1, 2, hidden_hash, hidden_sig);
    EXPECT(hidden_answer != 0); // an image that could not be verified passes for a good one
    EXPECT(hidden_booted == 0); // an image that could not be verified is started
}
