#![allow(clippy::indexing_slicing, reason = "tests")]
use super::*;

fn guesses(files: &[(&str, &str)]) -> Guesses {
    let mut scout = Scout::default();
    for (path, text) in files {
        let path = RepoPath::from(*path);
        if scout.path(&path) {
            scout.text(&path, text.as_bytes());
        }
    }
    scout.finish(true)
}

fn words(guesses: &Guesses, question: &str) -> String {
    guesses
        .get(question)
        .map_or("-".to_owned(), |guess| guess.reply.words())
}

#[test]
fn includes_settings_and_crates_point_to_links() {
    let found = guesses(&[
        (
            "src/net.c",
            "// lwip/tcp.h\n#include \"lwip/tcp.h\"\n#  include <mbedtls/ssl.h>\nvoid TIM2_IRQHandler(void)\n{ }\n",
        ),
        (
            "app/prj.conf",
            "# CONFIG_WIFI=y\nCONFIG_BT=y\nCONFIG_USB_DEVICE_STACK=n\n",
        ),
        (
            "fw/Cargo.toml",
            "[dependencies]\nembassy-usb = \"0.5\"\n[dev-dependencies]\ncyw43 = \"1\"\n[profile.release]\noverflow-checks = true\n",
        ),
        ("fw/src/main.rs", "#![no_std]\nfn bolus_start() {}\n"),
        ("tests/t.c", "#include \"ff.h\"\n"),
    ]);
    assert_eq!(words(&found, "links.lan"), "yes");
    assert_eq!(
        found["links.lan"].evidence[0].words(),
        "src/net.c:2 (lwip/tcp.h)"
    );
    assert_eq!(words(&found, "links.ble"), "yes");
    assert_eq!(
        found["links.ble"].evidence[0].words(),
        "app/prj.conf:2 (CONFIG_BT=y)"
    );
    assert_eq!(words(&found, "links.usb"), "yes");
    assert_eq!(words(&found, "links.wifi"), "no");
    assert_eq!(words(&found, "links.media"), "no");
    // Code alone cannot show these.
    assert_eq!(words(&found, "links.jtag"), "-");
    assert_eq!(words(&found, "assets.phi"), "-");
    assert_eq!(words(&found, "assets.therapy"), "yes");
    assert_eq!(found["assets.therapy"].evidence[0].what, "bolus_start");
    assert_eq!(words(&found, "software.crypto"), "mbedtls");
    assert_eq!(words(&found, "software.os"), "zephyr");
    assert_eq!(words(&found, "software.no-std"), "yes");
    assert_eq!(words(&found, "software.overflow-checks"), "yes");
    assert_eq!(words(&found, "software.languages"), "c, rust");
    assert_eq!(words(&found, "software.test"), "/tests/");
    assert_eq!(words(&found, "software.isr-patterns"), "none");
}

#[test]
fn nothing_is_excluded_by_files_that_were_not_read() {
    assert!(Scout::default().finish(false).is_empty());
}

#[test]
fn folders_of_others_have_a_licence_or_a_telling_name() {
    let found = guesses(&[
        ("fw/third_party/lwip/LICENSE", ""),
        ("fw/third_party/lwip/src/tcp.c", ""),
        ("fw/lib/mbedtls/LICENSE", ""),
        ("fw/lib/mbedtls/a.c", ""),
        ("fw/lib/nimble/ours.c", ""),
        ("LICENSE", ""),
    ]);
    assert_eq!(
        words(&found, "software.soup"),
        "/fw/lib/mbedtls/, /fw/third_party/"
    );
}

#[test]
fn an_include_is_compared_by_its_components() {
    let found = guesses(&[(
        "a.c",
        "#include \"buff.h\"\n#include \"my_lwip/x.h\"\n#include \"ff.hpp\"\n",
    )]);
    assert_eq!(words(&found, "links.media"), "no");
    assert_eq!(words(&found, "links.lan"), "no");
}
