//! What in a repository points to an answer. Tables only; `scout` reads files by them.

/// Where a sign is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum In {
    /// The last component of a path, in lower case, as a whole.
    FileName,
    /// The end of a path's last component, in lower case.
    Ending,
    /// The path in an `#include`, in lower case: the whole, or a part that begins a component.
    Include,
    /// A line `NAME=y` of a Kconfig fragment; the sign is the name, or its beginning before `*`.
    Kconfig,
    /// The name of a dependency in a Cargo.toml; or its beginning before `*`.
    Crate,
    /// A word of C or Rust code, in lower case, with or without further letters around it.
    Word,
}

/// A sign and the answer it points to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// Where to look.
    pub(super) place: In,
    /// What to look for.
    pub(super) text: &'static str,
    /// The question.
    pub(super) question: &'static str,
    /// The answer: empty = yes, else a word of it.
    pub(super) answer: &'static str,
}

macro_rules! signs {
    ($($question:literal $answer:literal $place:ident: $($text:literal)*;)*) => {
        &[$($(Sign { place: In::$place, text: $text, question: $question, answer: $answer },)*)*]
    };
}

/// The table.
pub(super) const SIGNS: &[Sign] = signs! {
    "links.ble" "" Include: "host/ble_hs.h" "host/ble_" "zephyr/bluetooth/" "bluetooth/" "esp_bt" "esp_gap_ble" "esp_gatts" "nrf_ble" "ble_gap.h" "nrf_sdh_ble.h" "bluenrg" "bt_hci" "btstack" "openthread/" "zephyr/net/ieee802154" "net/ieee802154" "nimble/" "lora" "sx127x.h" "sx126x.h" "radio.h" "dev/radio.h";
    "links.ble" "" Kconfig: "CONFIG_BT" "CONFIG_BT_ENABLED" "CONFIG_BT_NIMBLE_ENABLED" "CONFIG_NET_L2_IEEE802154" "CONFIG_NET_L2_OPENTHREAD" "CONFIG_LORA" "CONFIG_IEEE802154*";
    "links.ble" "" Crate: "nrf-softdevice" "trouble-host" "bt-hci" "bleps" "esp32-nimble" "nrf-sdc" "embassy-nrf-ble" "lora-phy" "esp-radio" "esp-wifi" "ieee802154";
    "links.wifi" "" Include: "esp_wifi" "cyw43" "zephyr/net/wifi" "wifi_mgmt" "wifi.h" "wlan" "wpa_supplicant" "winc" "whd_";
    "links.wifi" "" Kconfig: "CONFIG_WIFI*" "CONFIG_ESP_WIFI_ENABLED" "CONFIG_ESP32_WIFI_ENABLED" "CONFIG_ESP_WIFI_*";
    "links.wifi" "" Crate: "cyw43*" "esp-wifi" "esp-radio" "esp-idf-svc";
    "links.lan" "" Include: "lwip/" "freertos_ip.h" "freertos_sockets.h" "nx_api.h" "zephyr/net/ethernet" "zephyr/net/socket" "net/gnrc" "net/netdev/eth" "esp_eth" "enc28j60" "w5500" "wizchip" "ethernetif.h" "net/ipv6" "uip" "sys/socket.h" "netinet/in.h";
    "links.lan" "" Kconfig: "CONFIG_NET_L2_ETHERNET" "CONFIG_NETWORKING" "CONFIG_ETH_*" "CONFIG_NET_SOCKETS" "CONFIG_LWIP*";
    "links.lan" "" Crate: "smoltcp" "embassy-net*" "edge-net" "w5500*" "enc28j60";
    "links.usb" "" Include: "tusb.h" "usbd_" "usbh_" "usb_device" "usb_host" "zephyr/usb/" "usb/usb_device" "usb/usbus" "tinyusb" "app_usbd";
    "links.usb" "" Kconfig: "CONFIG_USB_DEVICE_STACK*" "CONFIG_USB_DEVICE_DRIVER" "CONFIG_UDC*" "CONFIG_USBD*" "CONFIG_TINYUSB*" "CONFIG_USB_OTG_SUPPORTED";
    "links.usb" "" Crate: "usb-device" "embassy-usb*" "usbd-*" "esp-hal-usb";
    "links.media" "" Include: "ff.h" "diskio.h" "fatfs" "sdmmc" "sdcard" "sd_card" "zephyr/storage/disk_access" "mtd_sdcard" "esp_vfs_fat";
    "links.media" "" Kconfig: "CONFIG_FAT_FILESYSTEM_ELM" "CONFIG_DISK_DRIVER_SDMMC" "CONFIG_SDMMC*" "CONFIG_DISK_ACCESS*" "CONFIG_FATFS*";
    "links.media" "" Crate: "embedded-sdmmc" "fatfs";
    "links.uart" "" Include: "driver/uart.h" "zephyr/drivers/uart.h" "periph/uart.h" "uart.h" "usart.h" "nrfx_uart" "hal_uart" "shell.h" "zephyr/shell/" "dev/serial-line.h";
    "links.uart" "" Kconfig: "CONFIG_SHELL" "CONFIG_UART_CONSOLE" "CONFIG_UART_INTERRUPT_DRIVEN" "CONFIG_ESP_CONSOLE_UART*";
    "links.uart" "" Crate: "embedded-cli" "menu";
    "links.remote" "" Include: "mgmt/mcumgr" "mcumgr" "lwm2m" "wolfssh" "dropbear" "libssh" "telnet";
    "links.remote" "" Kconfig: "CONFIG_MCUMGR*" "CONFIG_LWM2M*" "CONFIG_SHELL_BACKEND_TELNET" "CONFIG_SHELL_BACKEND_MQTT";
    "links.remote" "" Crate: "russh" "mcumgr-*" "lwm2m*";
    "links.cloud" "" Include: "mqtt" "core_mqtt" "aws_iot" "azure" "paho" "golioth" "memfault";
    "links.cloud" "" Kconfig: "CONFIG_MQTT*" "CONFIG_AWS_*" "CONFIG_AZURE_*" "CONFIG_GOLIOTH*" "CONFIG_MEMFAULT*" "CONFIG_NRF_CLOUD*";
    "links.cloud" "" Crate: "rumqttc" "rust-mqtt" "minimq" "mqttrust" "mqttrs" "reqwless";
    "links.jtag" "" FileName: "openocd.cfg" "embed.toml" "probe.toml" ".gdbinit";
    "links.jtag" "" Ending: ".jlink" ".jlinkscript";
    "field-update" "" Include: "esp_ota_ops.h" "esp_https_ota" "zephyr/dfu/" "dfu/" "bootutil/" "mcuboot" "flash_map_backend" "nrf_dfu" "riotboot/" "suit" "ota";
    "field-update" "" Kconfig: "CONFIG_BOOTLOADER_MCUBOOT" "CONFIG_MCUBOOT*" "CONFIG_IMG_MANAGER" "CONFIG_APP_ROLLBACK_ENABLE" "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE" "CONFIG_OTA*";
    "field-update" "" Crate: "embassy-boot*" "esp-bootloader-esp-idf" "esp-ota" "esp-hal-ota" "usbd-dfu*";
    "software.bootloader" "mcuboot" Include: "bootutil/" "mcuboot";
    "software.bootloader" "mcuboot" Kconfig: "CONFIG_BOOTLOADER_MCUBOOT" "CONFIG_MCUBOOT*";
    "software.bootloader" "riotboot" Include: "riotboot/";
    "software.bootloader" "esp-idf" Include: "esp_ota_ops.h";
    "software.bootloader" "esp-idf" Crate: "esp-bootloader-esp-idf";
    "software.bootloader" "embassy-boot" Crate: "embassy-boot*";
    "software.os" "freertos" FileName: "freertosconfig.h" "freertosipconfig.h";
    "software.os" "freertos" Include: "freertos.h" "freertos/freertos.h";
    "software.os" "zephyr" FileName: "prj.conf" "west.yml" "zephyr_module.yml";
    "software.os" "zephyr" Include: "zephyr/" "zephyr.h";
    "software.os" "esp-idf" FileName: "sdkconfig" "sdkconfig.defaults" "idf_component.yml";
    "software.os" "riot" Include: "net/gnrc" "periph_conf.h";
    "software.os" "contiki-ng" Include: "contiki.h" "contiki-net.h";
    "software.os" "threadx" Include: "tx_api.h";
    "software.os" "mynewt" Include: "os/mynewt.h" "syscfg/syscfg.h";
    "software.os" "mbed" FileName: "mbed_app.json" "mbed-os.lib";
    "software.os" "embassy" Crate: "embassy-executor";
    "software.os" "rtic" Crate: "rtic" "cortex-m-rtic";
    "software.os" "bare-metal" FileName: "memory.x";
    "software.os" "bare-metal" Ending: ".ioc";
    "software.crypto" "mbedtls" Include: "mbedtls/" "psa/crypto";
    "software.crypto" "wolfssl" Include: "wolfssl/" "wolfcrypt/";
    "software.crypto" "tinycrypt" Include: "tinycrypt/";
    "software.crypto" "openssl" Include: "openssl/";
    "software.crypto" "bearssl" Include: "bearssl";
    "software.crypto" "micro-ecc" Include: "uecc.h";
    "software.crypto" "libsodium" Include: "sodium";
    "software.crypto" "tinydtls" Include: "tinydtls";
    "software.crypto" "mbedtls" Kconfig: "CONFIG_MBEDTLS*";
    "software.crypto" "rustls" Crate: "rustls";
    "software.crypto" "embedded-tls" Crate: "embedded-tls";
    "software.crypto" "RustCrypto" Crate: "aes" "aes-gcm" "chacha20poly1305" "sha2" "hmac" "p256" "ed25519-dalek";
    "software.crypto" "mbedtls" Crate: "mbedtls" "esp-mbedtls*";
    "assets.keys" "" Include: "mbedtls/" "psa/crypto" "wolfssl/" "wolfcrypt/" "tinycrypt/" "bearssl" "uecc.h" "sodium" "tinydtls";
    "assets.keys" "" Crate: "rustls" "embedded-tls" "aes-gcm" "chacha20poly1305" "p256" "ed25519-dalek" "hmac";
    "assets.therapy" "" Word: "bolus" "infusion" "insulin" "defibrill" "ventilator" "pacemaker" "dosage" "therapy" "syringe" "alarm_priority" "nurse_call";
    "assets.phi" "" Word: "patient" "glucose" "spo2" "electrocardiog" "ecg_" "heart_rate" "heartrate" "blood_pressure" "mrn_";
    "assets.calibration" "" Word: "calibration" "dose_table" "calib_table";
    "assets.audit-log" "" Word: "audit_log" "auditlog" "event_log" "logbook";
};

/// Folders that hold software of others, by name in lower case.
pub(super) const VENDOR_FOLDERS: [&str; 12] = [
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "vendor",
    "vendored",
    "external",
    "extern",
    "middlewares",
    "submodules",
    "managed_components",
    "subprojects",
];

/// Stacks that are carried along, by the name of their folder in lower case.
pub(super) const STACKS: [&str; 24] = [
    "lwip",
    "mbedtls",
    "freertos",
    "freertos-kernel",
    "freertos-plus-tcp",
    "nimble",
    "fatfs",
    "tinyusb",
    "wolfssl",
    "cmsis",
    "littlefs",
    "tinycrypt",
    "micro-ecc",
    "tinydtls",
    "libcoap",
    "cjson",
    "nanopb",
    "openthread",
    "stm32_usb_device_library",
    "btstack",
    "zephyr",
    "threadx",
    "unity",
    "cmock",
];

/// Folders that hold tests.
pub(super) const TEST_FOLDERS: [&str; 10] = [
    "test",
    "tests",
    "unittest",
    "unittests",
    "unit_test",
    "unit_tests",
    "unit-tests",
    "testsuite",
    "hil-test",
    "fuzz",
];

/// Folders that hold programs for a PC.
pub(super) const HOST_FOLDERS: [&str; 7] = [
    "tools",
    "scripts",
    "host",
    "sim",
    "simulator",
    "xtask",
    "dist",
];

/// Folders that hold code of the production line.
pub(super) const FACTORY_FOLDERS: [&str; 5] = [
    "factory",
    "production",
    "manufacturing",
    "eol",
    "end_of_line",
];

/// Links that a device cannot have without code for it, so that no sign in any file means no.
pub(super) const VISIBLE: [&str; 6] = [
    "links.ble",
    "links.wifi",
    "links.lan",
    "links.usb",
    "links.media",
    "links.cloud",
];
