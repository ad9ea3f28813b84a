/* Frames between the infusion pump and the bedside controller, over Bluetooth LE. */
#ifndef PUMP_BLE_FRAME_H
#define PUMP_BLE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define BLE_FRAME_HEADER_LEN 2U   /* opcode, payload length */
#define BLE_FRAME_MIC_LEN    8U   /* message integrity code at the end */
#define BLE_FRAME_PAYLOAD    32U
#define BLE_CHALLENGE_LEN    16U
#define PATIENT_LABEL_LEN    16U

enum ble_frame_status {
    BLE_FRAME_OK = 0,
    BLE_FRAME_SHORT,
    BLE_FRAME_LENGTH,
    BLE_FRAME_NO_KEY,
    BLE_FRAME_FORGED,
};

struct ble_frame {
    uint8_t opcode;
    uint8_t length;
    uint8_t payload[BLE_FRAME_PAYLOAD];
};

struct patient {
    char label[PATIENT_LABEL_LEN];
    uint32_t max_bolus_milliunits;
};

/* Fills `out` from `len` bytes received. `out` is only written when the code at the end is right. */
enum ble_frame_status ble_frame_parse(const uint8_t *data, size_t len, struct ble_frame *out);

/* A fresh challenge for the controller to answer. 0, or -1 without entropy. */
int ble_session_challenge(uint8_t challenge[BLE_CHALLENGE_LEN]);

/* Names the patient on the pump's display. 0, or -1 when the text does not fit. */
int ble_set_patient_label(struct patient *patient, const char *text);

#endif
