//! `[profile]` as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::level::Level;
use crate::config::glob::{Glob, GlobError, Globs};
use crate::finding::RepoPath;

/// What a device can lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asset {
    /// Data of patients.
    Phi,
    /// A therapy or an alarm.
    Therapy,
    /// Keys and credentials.
    Keys,
    /// The firmware as property.
    Firmware,
    /// Calibration and dose tables.
    Calibration,
    /// Logs that serve as evidence.
    AuditLog,
}

impl Asset {
    /// Every asset, in the order of the interview.
    pub const ALL: [Self; 6] = [
        Self::Phi,
        Self::Therapy,
        Self::Keys,
        Self::Firmware,
        Self::Calibration,
        Self::AuditLog,
    ];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phi => "phi",
            Self::Therapy => "therapy",
            Self::Keys => "keys",
            Self::Firmware => "firmware",
            Self::Calibration => "calibration",
            Self::AuditLog => "audit-log",
        }
    }
}

/// Ways into the device. `None`: nobody answered, which counts as yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Links {
    /// Bluetooth Low Energy, or another short-range radio.
    pub ble: Option<bool>,
    /// Wi-Fi.
    pub wifi: Option<bool>,
    /// Ethernet.
    pub lan: Option<bool>,
    /// USB, as device or host.
    pub usb: Option<bool>,
    /// Removable media.
    pub media: Option<bool>,
    /// A serial service port, or UART, SPI, I2C to another trust zone.
    pub uart: Option<bool>,
    /// Remote access.
    pub remote: Option<bool>,
    /// A cloud service.
    pub cloud: Option<bool>,
    /// JTAG or SWD on the product.
    pub jtag: Option<bool>,
}

impl Links {
    /// Names of all links, in the order of the interview.
    pub const NAMES: [&'static str; 9] = [
        "ble", "wifi", "lan", "usb", "media", "uart", "remote", "cloud", "jtag",
    ];

    /// The answer about the link of that name.
    pub fn get(&self, name: &str) -> Option<bool> {
        self.slot(name).and_then(|slot| *slot)
    }

    /// Sets the answer about the link of that name; an unknown name is left alone.
    pub fn set(&mut self, name: &str, answer: Option<bool>) {
        let slot = match name {
            "ble" => &mut self.ble,
            "wifi" => &mut self.wifi,
            "lan" => &mut self.lan,
            "usb" => &mut self.usb,
            "media" => &mut self.media,
            "uart" => &mut self.uart,
            "remote" => &mut self.remote,
            "cloud" => &mut self.cloud,
            "jtag" => &mut self.jtag,
            _ => return,
        };
        *slot = answer;
    }

    fn slot(&self, name: &str) -> Option<&Option<bool>> {
        Some(match name {
            "ble" => &self.ble,
            "wifi" => &self.wifi,
            "lan" => &self.lan,
            "usb" => &self.usb,
            "media" => &self.media,
            "uart" => &self.uart,
            "remote" => &self.remote,
            "cloud" => &self.cloud,
            "jtag" => &self.jtag,
            _ => return None,
        })
    }

    fn over(self, below: Self) -> Self {
        let mut merged = below;
        for name in Self::NAMES {
            if let Some(answer) = self.get(name) {
                merged.set(name, Some(answer));
            }
        }
        merged
    }
}

/// How long data stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// Nowhere.
    None,
    /// In memory, until the device is switched off.
    Temporary,
    /// Across switching off.
    Permanent,
    /// Nobody knows.
    #[default]
    Unknown,
}

impl Store {
    /// Every value.
    pub const ALL: [Self; 4] = [Self::None, Self::Temporary, Self::Permanent, Self::Unknown];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Temporary => "temporary",
            Self::Permanent => "permanent",
            Self::Unknown => "unknown",
        }
    }
}

/// One kind of data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataItem {
    /// What it is, in the maker's words.
    pub kind: String,
    /// `created`, `changed`, `sent`, `stored`.
    pub ops: Vec<String>,
    /// How long it stays.
    pub store: Store,
    /// The link it goes over, by name; empty: none.
    pub link: String,
}

/// Software safety class of IEC 62304.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum SafetyClass {
    /// No injury is possible.
    A,
    /// No serious injury is possible.
    B,
    /// Death or serious injury is possible.
    C,
}

impl SafetyClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// `A`, `B` or `C`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

/// `[profile.software]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Software {
    /// `bare-metal`, the name of an RTOS, or `linux`.
    pub os: Option<String>,
    /// `c`, `rust`.
    pub languages: Option<Vec<String>>,
    /// Whether Rust runs without its standard library.
    pub no_std: Option<bool>,
    /// Whether the release build checks integer overflow (`overflow-checks` in Cargo.toml).
    pub overflow_checks: Option<bool>,
    /// The bootloader, or `none`.
    pub bootloader: Option<String>,
    /// Software of others that is kept in the repository.
    pub soup: Option<Globs>,
    /// Test code.
    pub test: Option<Globs>,
    /// Programs that run on a PC.
    pub host_tools: Option<Globs>,
    /// Code that only the production line runs.
    pub factory: Option<Globs>,
    /// Names of interrupt handlers beyond the usual ones, with `*`.
    pub isr_patterns: Option<Vec<String>>,
    /// Crypto and TLS libraries.
    pub crypto: Option<Vec<String>>,
    /// Safety class by path pattern. Files that none of them fits count as class C.
    pub classes: Option<BTreeMap<String, SafetyClass>>,
}

/// Harm if it is lost, in the words of FIPS 199.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// Limited.
    Low,
    /// Serious.
    Moderate,
    /// Severe.
    High,
}

impl Impact {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Low, Self::Moderate, Self::High];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }
}

/// `[profile.cia.ASSET]`; what is not stated counts as high.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cia {
    /// Harm if others read it.
    pub confidentiality: Option<Impact>,
    /// Harm if it is changed.
    pub integrity: Option<Impact>,
    /// Harm if it cannot be had.
    pub availability: Option<Impact>,
    /// The harm in words.
    pub harm: Option<String>,
}

/// Who answered a question, and when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stamp {
    /// Name and address.
    pub by: String,
    /// The day (UTC), as `2027-06-30`.
    pub on: String,
    /// `interview`, `accepted guess`, `answers file`, `as it was in scrubin.toml`, `assumed`.
    pub how: String,
}

/// `[profile]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Name of the device, for the record.
    pub device: Option<String>,
    /// What is to be protected. `None`: nobody answered, so all of them.
    pub assets: Option<Vec<Asset>>,
    /// Ways in.
    pub links: Links,
    /// Kinds of data, for the record.
    pub data: Option<Vec<DataItem>>,
    /// The software.
    pub software: Software,
    /// Harm by asset.
    pub cia: BTreeMap<Asset, Cia>,
    /// Whether an attacker may touch the device. `None` counts as yes.
    pub physical_attacker: Option<bool>,
    /// Whether firmware is updated in the field. `None` counts as yes.
    pub field_update: Option<bool>,
    /// A level other than the computed one.
    pub level: Option<Level>,
    /// Why the level is lower than the computed one.
    pub level_reason: Option<String>,
    /// Names of the questions that were answered with "don't know".
    pub unknown: Option<Vec<String>>,
    /// Who answered what.
    pub answered: BTreeMap<String, Stamp>,
}

impl Profile {
    /// Whether the asset is to be protected.
    pub fn protects(&self, asset: Asset) -> bool {
        self.assets
            .as_ref()
            .is_none_or(|assets| assets.contains(&asset))
    }

    /// The harm a loss of the asset's integrity does.
    pub fn integrity(&self, asset: Asset) -> Impact {
        self.cia
            .get(&asset)
            .and_then(|cia| cia.integrity)
            .unwrap_or(Impact::High)
    }

    /// Whether the link of that name exists.
    pub fn has_link(&self, name: &str) -> bool {
        self.links.get(name).unwrap_or(true)
    }

    /// The classes that folders have, strictest last; class C where none is stated.
    pub fn classes(&self) -> Vec<SafetyClass> {
        let mut classes: Vec<SafetyClass> = match &self.software.classes {
            Some(by_path) if !by_path.is_empty() => by_path.values().copied().collect(),
            _ => vec![SafetyClass::C],
        };
        classes.sort();
        classes.dedup();
        classes
    }

    /// This profile, completed by one of a folder above: what is not stated here comes from there.
    /// Lists and tables of paths count as a whole.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut cia = below.cia.clone();
        cia.extend(self.cia.clone());
        let mut answered = below.answered.clone();
        answered.extend(self.answered.clone());
        let (own, other) = (&self.software, &below.software);
        Self {
            device: self.device.clone().or_else(|| below.device.clone()),
            assets: self.assets.clone().or_else(|| below.assets.clone()),
            links: self.links.over(below.links),
            data: self.data.clone().or_else(|| below.data.clone()),
            software: Software {
                os: own.os.clone().or_else(|| other.os.clone()),
                languages: own.languages.clone().or_else(|| other.languages.clone()),
                no_std: own.no_std.or(other.no_std),
                overflow_checks: own.overflow_checks.or(other.overflow_checks),
                bootloader: own.bootloader.clone().or_else(|| other.bootloader.clone()),
                soup: own.soup.clone().or_else(|| other.soup.clone()),
                test: own.test.clone().or_else(|| other.test.clone()),
                host_tools: own.host_tools.clone().or_else(|| other.host_tools.clone()),
                factory: own.factory.clone().or_else(|| other.factory.clone()),
                isr_patterns: own
                    .isr_patterns
                    .clone()
                    .or_else(|| other.isr_patterns.clone()),
                crypto: own.crypto.clone().or_else(|| other.crypto.clone()),
                classes: own.classes.clone().or_else(|| other.classes.clone()),
            },
            cia,
            physical_attacker: self.physical_attacker.or(below.physical_attacker),
            field_update: self.field_update.or(below.field_update),
            // A level was chosen for the facts of its own file, with a reason that speaks of them.
            level: self.level.or(below.level),
            level_reason: self
                .level_reason
                .clone()
                .or_else(|| below.level_reason.clone()),
            unknown: self.unknown.clone().or_else(|| below.unknown.clone()),
            answered,
        }
    }

    /// The same profile with its path patterns counted from a folder instead of the root.
    ///
    /// # Errors
    /// The name of the folder makes no pattern.
    pub fn under(&self, folder: &RepoPath) -> Result<Self, GlobError> {
        let mut moved = self.clone();
        let lists = [
            &mut moved.software.soup,
            &mut moved.software.test,
            &mut moved.software.host_tools,
            &mut moved.software.factory,
        ];
        for globs in lists.into_iter().flatten() {
            *globs = globs.under(folder)?;
        }
        if let Some(classes) = &mut moved.software.classes {
            let mut below = BTreeMap::new();
            for (pattern, class) in &*classes {
                let pattern = Glob::parse(pattern)?.under(folder)?;
                below.insert(pattern.as_str().to_owned(), *class);
            }
            *classes = below;
        }
        Ok(moved)
    }
}
