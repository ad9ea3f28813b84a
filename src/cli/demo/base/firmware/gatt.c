/* What the bedside controller may read and write on the pump. */
#include <host/ble_hs.h>

#include "gatt.h"

static const ble_uuid128_t pump_service_uuid =
    BLE_UUID128_INIT(0x10, 0x8f, 0x2a, 0x4d, 0x9c, 0x31, 0x47, 0xb0,
                     0x8e, 0x55, 0x1d, 0x62, 0x01, 0x00, 0x3f, 0x7a);
static const ble_uuid128_t status_uuid =
    BLE_UUID128_INIT(0x10, 0x8f, 0x2a, 0x4d, 0x9c, 0x31, 0x47, 0xb0,
                     0x8e, 0x55, 0x1d, 0x62, 0x02, 0x00, 0x3f, 0x7a);
static const ble_uuid128_t bolus_uuid =
    BLE_UUID128_INIT(0x10, 0x8f, 0x2a, 0x4d, 0x9c, 0x31, 0x47, 0xb0,
                     0x8e, 0x55, 0x1d, 0x62, 0x03, 0x00, 0x3f, 0x7a);

const struct ble_gatt_svc_def pump_services[] = {
    {
        .type = BLE_GATT_SVC_TYPE_PRIMARY,
        .uuid = &pump_service_uuid.u,
        .characteristics = (struct ble_gatt_chr_def[]) {
            {
                .uuid = &status_uuid.u,
                .access_cb = gatt_read_status,
                .flags = BLE_GATT_CHR_F_READ | BLE_GATT_CHR_F_READ_ENC | BLE_GATT_CHR_F_READ_AUTHEN,
            },
            {
                .uuid = &bolus_uuid.u,
                .access_cb = gatt_write_bolus,
                .flags = BLE_GATT_CHR_F_WRITE | BLE_GATT_CHR_F_WRITE_ENC | BLE_GATT_CHR_F_WRITE_AUTHEN,
            },
            { 0 },
        },
    },
    { 0 },
};
