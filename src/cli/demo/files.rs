//! The files of the sample repository that `scrubin demo` reviews: infusion-pump firmware of ours,
//! a safe base and a change that undoes its safeguards one by one. Only text; what writes it into a
//! folder stands beside it.

/// One file of the sample repository.
#[derive(Debug, Clone, Copy)]
pub(super) struct DemoFile {
    /// Path relative to the sample's root, with `/`.
    pub(super) path: &'static str,
    /// Text before the change; `None` where the change adds the file.
    pub(super) base: Option<&'static str>,
    /// Text after the change; `None` where the change removes the file.
    pub(super) head: Option<&'static str>,
}

/// A file that the change touches, with its stored name where that differs from its path.
macro_rules! changed {
    ($path:literal) => {
        changed!($path, $path)
    };
    ($path:literal, $stored:literal) => {
        DemoFile {
            path: $path,
            base: Some(include_str!(concat!("base/", $stored))),
            head: Some(include_str!(concat!("head/", $stored))),
        }
    };
}

/// A file that the change leaves alone.
macro_rules! unchanged {
    ($path:literal) => {
        DemoFile {
            path: $path,
            base: Some(include_str!(concat!("base/", $path))),
            head: Some(include_str!(concat!("base/", $path))),
        }
    };
}

/// All files, sorted by path.
pub(super) const FILES: &[DemoFile] = &[
    // Stored under another name: cargo leaves a folder with a Cargo.toml out of the package.
    changed!("Cargo.toml", "Cargo.toml.txt"),
    changed!("firmware/ble_frame.c"),
    unchanged!("firmware/ble_frame.h"),
    changed!("firmware/gatt.c"),
    changed!("firmware/motor_isr.c"),
    changed!("firmware/tls_client.c"),
    changed!("firmware/uart_bolus.c"),
    changed!("src/bond.rs"),
    changed!("src/lib.rs"),
];
