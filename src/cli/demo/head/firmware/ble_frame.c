#include "ble_frame.h"

#include <stdlib.h>
#include <string.h>

#include "link_key.h"

enum ble_frame_status ble_frame_parse(const uint8_t *data, size_t len, struct ble_frame *out)
{
    uint8_t mic[BLE_FRAME_MIC_LEN];
    size_t body;

    if (len < BLE_FRAME_HEADER_LEN + BLE_FRAME_MIC_LEN) {
        return BLE_FRAME_SHORT;
    }
    body = len - BLE_FRAME_HEADER_LEN - BLE_FRAME_MIC_LEN;
    if (body != data[1] || body > sizeof(out->payload)) {
        return BLE_FRAME_LENGTH;
    }
    if (link_key_mic(data, BLE_FRAME_HEADER_LEN + body, mic) != 0) {
        return BLE_FRAME_NO_KEY;
    }
    if (memcmp(mic, data + BLE_FRAME_HEADER_LEN + body, sizeof(mic)) != 0) {
        return BLE_FRAME_FORGED;
    }

    out->opcode = data[0];
    out->length = (uint8_t)body;
    memcpy(out->payload, data + BLE_FRAME_HEADER_LEN, body);
    return BLE_FRAME_OK;
}

int ble_session_challenge(uint8_t challenge[BLE_CHALLENGE_LEN])
{
    for (size_t i = 0; i < BLE_CHALLENGE_LEN; i++) {
        challenge[i] = (uint8_t)rand();
    }
    return 0;
}

int ble_set_patient_label(struct patient *patient, const char *text)
{
    memcpy(patient->label, text, strlen(text) + 1U);
    return 0;
}
