//! The facts that the mapping asks for.

use super::level::Level;
use super::model::{Asset, Profile, SafetyClass};

/// Something that is true of a device, or of a folder of its software.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// True of all.
    Always,
    /// The level is moderate or high.
    LevelModerate,
    /// The level is high.
    LevelHigh,
    /// Bluetooth Low Energy or another short-range radio.
    Radio,
    /// Wi-Fi or Ethernet.
    Network,
    /// USB or removable media.
    Usb,
    /// UART, SPI or I2C to another trust zone.
    Bus,
    /// Remote access or a service port.
    Service,
    /// JTAG or SWD on the product, or an attacker who can touch the device.
    Physical,
    /// A cloud service.
    Cloud,
    /// Firmware is updated in the field.
    FieldUpdate,
    /// Data of patients.
    Phi,
    /// A therapy or an alarm.
    Therapy,
    /// Keys or credentials.
    Keys,
    /// The folder's software is of class C.
    ClassC,
    /// Of class B.
    ClassB,
    /// Of class A.
    ClassA,
    /// Rust without the standard library, or without overflow checks in the release build.
    RustRelease,
    /// The folder holds software of others.
    Soup,
    /// The folder holds tests, host tools, or code of the production line.
    OffDevice,
}

impl Fact {
    /// In words, as reports and lists say it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::LevelModerate => "level moderate or high",
            Self::LevelHigh => "level high",
            Self::Radio => "BLE or another radio",
            Self::Network => "Wi-Fi or LAN",
            Self::Usb => "USB or removable media",
            Self::Bus => "UART, SPI or I2C to another trust zone",
            Self::Service => "remote access or a service port",
            Self::Physical => "JTAG, or an attacker who can touch the device",
            Self::Cloud => "a cloud service",
            Self::FieldUpdate => "updates in the field",
            Self::Phi => "asset: data of patients",
            Self::Therapy => "asset: therapy or alarm",
            Self::Keys => "asset: keys",
            Self::ClassC => "safety class C",
            Self::ClassB => "safety class B",
            Self::ClassA => "safety class A",
            Self::RustRelease => "Rust no_std or without overflow checks",
            Self::Soup => "software of others (SOUP)",
            Self::OffDevice => "tests, host tools, production line",
        }
    }

    /// Whether it is true of a profile and a folder of that class. What a folder holds is not asked
    /// here: the kind of a folder takes rules away instead of changing them.
    pub fn holds(self, profile: &Profile, class: SafetyClass) -> bool {
        let link = |names: &[&str]| names.iter().any(|name| profile.has_link(name));
        match self {
            Self::Always => true,
            Self::LevelModerate => profile.leveled().level >= Level::Moderate,
            Self::LevelHigh => profile.leveled().level == Level::High,
            Self::Radio => link(&["ble"]),
            Self::Network => link(&["wifi", "lan"]),
            Self::Usb => link(&["usb", "media"]),
            Self::Bus => link(&["uart"]),
            Self::Service => link(&["remote", "uart"]),
            Self::Physical => link(&["jtag"]) || profile.physical_attacker.unwrap_or(true),
            Self::Cloud => link(&["cloud"]),
            Self::FieldUpdate => profile.field_update.unwrap_or(true),
            Self::Phi => profile.protects(Asset::Phi),
            Self::Therapy => profile.protects(Asset::Therapy),
            Self::Keys => profile.protects(Asset::Keys),
            Self::ClassC => class == SafetyClass::C,
            Self::ClassB => class == SafetyClass::B,
            Self::ClassA => class == SafetyClass::A,
            Self::RustRelease => is_rust_of_interest(profile),
            Self::Soup | Self::OffDevice => false,
        }
    }
}

/// Whether there is Rust without the standard library or without overflow checks.
fn is_rust_of_interest(profile: &Profile) -> bool {
    let software = &profile.software;
    let is_rust = software
        .languages
        .as_ref()
        .is_none_or(|languages| languages.iter().any(|language| language == "rust"));
    is_rust && (software.no_std.unwrap_or(true) || wraps_silently(profile))
}

/// Whether arithmetic of the release build wraps without a word.
pub(crate) fn wraps_silently(profile: &Profile) -> bool {
    profile.software.overflow_checks == Some(false)
}
