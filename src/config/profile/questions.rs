//! The interview: what is asked, and how an answer becomes part of a profile.

use std::collections::BTreeMap;

use super::model::{Asset, Impact, Profile, SafetyClass};
use crate::config::glob::{Glob, Globs};

mod words;

use words::{data_words, globs, parse_classes, parse_data, parse_harm, parse_level};

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Nobody knows; counts as yes, and as the worst where more than two answers exist.
    Unknown,
    /// Words; lists have commas.
    Text(String),
}

impl Reply {
    /// As it is shown.
    pub fn words(&self) -> String {
        match self {
            Self::Yes => "yes".to_owned(),
            Self::No => "no".to_owned(),
            Self::Unknown => "don't know".to_owned(),
            Self::Text(text) if text.is_empty() => "none".to_owned(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// What an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Yes or no.
    YesNo,
    /// Words.
    Text,
    /// Words with commas between them.
    List,
    /// Path patterns with commas between them.
    Paths,
    /// `PATTERN = CLASS`, with commas between them.
    Classes,
    /// Harm by confidentiality, integrity and availability, `high/high/low`.
    Harm,
    /// Kinds of data, `KIND: created sent: permanent: ble`, with semicolons between them.
    Data,
}

/// A question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Its name, which is that of the key.
    pub name: &'static str,
    /// What is asked.
    pub text: &'static str,
    /// What helps to answer.
    pub help: &'static str,
    /// What an answer may be.
    pub form: Form,
}

const fn ask(name: &'static str, form: Form, text: &'static str, help: &'static str) -> Question {
    Question {
        name,
        text,
        help,
        form,
    }
}

/// Every question in the order it is asked: the five questions of the secure-development article
/// (assets, technologies, data, software, confidentiality/integrity/availability).
pub const QUESTIONS: [Question; 38] = [
    ask(
        "device",
        Form::Text,
        "What is the device called?",
        "A name for the record; it changes no rule.",
    ),
    ask(
        "assets.phi",
        Form::YesNo,
        "Does it hold or send data of patients?",
        "Names, measurements, settings: whatever is about one patient.",
    ),
    ask(
        "assets.therapy",
        Form::YesNo,
        "Does it give a therapy or raise an alarm?",
        "Also when it only sets another device's dose. Raises the rules about watchdog, interrupts and time.",
    ),
    ask(
        "assets.keys",
        Form::YesNo,
        "Does it hold keys or credentials?",
        "Pairing keys, TLS keys, passwords, PINs. Raises the rules about crypto.",
    ),
    ask(
        "assets.firmware",
        Form::YesNo,
        "Is the firmware itself worth protecting?",
        "As property: algorithms that others must not copy. For the record.",
    ),
    ask(
        "assets.calibration",
        Form::YesNo,
        "Are there calibration or dose tables?",
        "For the record.",
    ),
    ask(
        "assets.audit-log",
        Form::YesNo,
        "Are there logs that serve as evidence?",
        "For the record.",
    ),
    ask(
        "links.ble",
        Form::YesNo,
        "Bluetooth LE or another short-range radio?",
        "BLE, 802.15.4, Thread, LoRa, NFC; also behind a module on a UART.",
    ),
    ask("links.wifi", Form::YesNo, "Wi-Fi?", "Also behind a module."),
    ask(
        "links.lan",
        Form::YesNo,
        "Ethernet?",
        "Or any other IP network by wire.",
    ),
    ask(
        "links.usb",
        Form::YesNo,
        "USB, as device or host?",
        "Also a port that is for service alone.",
    ),
    ask(
        "links.media",
        Form::YesNo,
        "Removable media?",
        "SD cards, USB sticks: files that somebody else wrote.",
    ),
    ask(
        "links.uart",
        Form::YesNo,
        "A serial service port, or UART, SPI or I2C to another trust zone?",
        "Another trust zone: a module or a board whose firmware is not yours, or that can be unplugged.",
    ),
    ask(
        "links.remote",
        Form::YesNo,
        "Remote access?",
        "Somebody can reach the device over a network to read or change it.",
    ),
    ask(
        "links.cloud",
        Form::YesNo,
        "A cloud service?",
        "The device, or a gateway for it, talks to a server.",
    ),
    ask(
        "links.jtag",
        Form::YesNo,
        "JTAG or SWD on the product?",
        "Also as test pads on the board.",
    ),
    ask(
        "physical-attacker",
        Form::YesNo,
        "May an attacker touch the device?",
        "A device that leaves the hospital, is sold used or can be stolen: yes.",
    ),
    ask(
        "field-update",
        Form::YesNo,
        "Is firmware updated in the field?",
        "By whatever way, service technicians included. Raises the rules about updates and boot.",
    ),
    ask(
        "data",
        Form::Data,
        "Which kinds of data are created, changed, sent, stored?",
        "For the record; KIND: OPS: STORE: LINK with `;` between kinds, e.g. `glucose: created stored sent: permanent: ble; alarms: created: temporary:`. Empty: none.",
    ),
    ask(
        "software.os",
        Form::Text,
        "Bare metal, which RTOS, or Linux?",
        "`bare-metal`, `freertos`, `zephyr`, `linux` ... For the record.",
    ),
    ask(
        "software.languages",
        Form::List,
        "Which languages?",
        "`c`, `rust`, or both.",
    ),
    ask(
        "software.no-std",
        Form::YesNo,
        "Rust without its standard library?",
        "Answer no where there is no Rust.",
    ),
    ask(
        "software.overflow-checks",
        Form::YesNo,
        "Does the release build of Rust check integer overflow?",
        "`overflow-checks = true` in [profile.release] of Cargo.toml; without it arithmetic wraps silently.",
    ),
    ask(
        "software.bootloader",
        Form::Text,
        "Which bootloader?",
        "Its name, or `none`. For the record.",
    ),
    ask(
        "software.soup",
        Form::Paths,
        "Which folders hold software of others (SOUP)?",
        "New findings there go to the SOUP risk list and do not block. Path patterns as in .gitignore, with commas.",
    ),
    ask(
        "software.test",
        Form::Paths,
        "Which folders hold tests?",
        "No rule speaks there but those about secrets.",
    ),
    ask(
        "software.host-tools",
        Form::Paths,
        "Which folders hold programs for a PC?",
        "As tests: no rule but those about secrets.",
    ),
    ask(
        "software.factory",
        Form::Paths,
        "Which folders hold code of the production line alone?",
        "As tests. Only what can never be in a delivered device.",
    ),
    ask(
        "software.isr-patterns",
        Form::List,
        "How are interrupt handlers named, beyond *_IRQHandler, *_isr and the like?",
        "The rules about interrupts take functions of these names for handlers. Empty: as usual.",
    ),
    ask(
        "software.crypto",
        Form::List,
        "Which crypto and TLS libraries?",
        "`mbedtls`, `wolfssl` ... For the record.",
    ),
    ask(
        "software.classes",
        Form::Classes,
        "Safety class (IEC 62304) per folder?",
        "`** = B`, or `pump/ = C, ui/ = A`. What no pattern fits counts as class C, and so does everything if you do not know.",
    ),
    ask(
        "cia.phi",
        Form::Harm,
        "Harm if data of patients is read / changed / lost?",
        "low, moderate or high each, as in FIPS 199: limited, serious or severe harm.",
    ),
    ask(
        "cia.therapy",
        Form::Harm,
        "Harm if therapy or alarm is read / changed / lost?",
        "low, moderate or high each. `changed` high makes the level high.",
    ),
    ask(
        "cia.keys",
        Form::Harm,
        "Harm if keys are read / changed / lost?",
        "low, moderate or high each. `changed` high makes the level high.",
    ),
    ask(
        "cia.firmware",
        Form::Harm,
        "Harm if the firmware is read / changed / lost?",
        "low, moderate or high each. For the record.",
    ),
    ask(
        "cia.calibration",
        Form::Harm,
        "Harm if calibration is read / changed / lost?",
        "low, moderate or high each. For the record.",
    ),
    ask(
        "cia.audit-log",
        Form::Harm,
        "Harm if logs are read / changed / lost?",
        "low, moderate or high each. For the record.",
    ),
    ask(
        "level",
        Form::Text,
        "Another level than the computed one?",
        "`baseline`, `moderate` or `high`; empty: as computed. A lower one needs a reason.",
    ),
];

impl Question {
    /// The question of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        QUESTIONS.iter().find(|question| question.name == name)
    }

    /// The asset a question about harm is for.
    fn asset(&self) -> Option<Asset> {
        let word = self.name.split_once('.')?.1;
        Asset::ALL.into_iter().find(|asset| asset.as_str() == word)
    }

    /// Whether the answers so far make the question needless.
    pub fn is_needless(&self, profile: &Profile) -> bool {
        match self.form {
            Form::Harm => self.asset().is_some_and(|asset| !profile.protects(asset)),
            _ if self.name == "software.no-std" || self.name == "software.overflow-checks" => {
                let languages = profile.software.languages.as_ref();
                languages.is_some_and(|all| !all.iter().any(|one| one == "rust"))
            }
            _ => false,
        }
    }

    /// What a profile answers; `None` = nothing.
    pub fn reply(&self, profile: &Profile) -> Option<Reply> {
        let is_unknown = profile
            .unknown
            .as_ref()
            .is_some_and(|names| names.iter().any(|name| name == self.name));
        if is_unknown {
            return Some(Reply::Unknown);
        }
        let yes_no =
            |answer: Option<bool>| answer.map(|yes| if yes { Reply::Yes } else { Reply::No });
        let text = |text: &Option<String>| text.clone().map(Reply::Text);
        let list =
            |list: &Option<Vec<String>>| list.as_ref().map(|all| Reply::Text(all.join(", ")));
        let globs = |globs: &Option<Globs>| {
            globs.as_ref().map(|globs| {
                let all: Vec<&str> = globs.patterns().iter().map(Glob::as_str).collect();
                Reply::Text(all.join(", "))
            })
        };
        let software = &profile.software;
        match self.name {
            "device" => text(&profile.device),
            "physical-attacker" => yes_no(profile.physical_attacker),
            "field-update" => yes_no(profile.field_update),
            "data" => profile
                .data
                .as_ref()
                .map(|all| Reply::Text(data_words(all))),
            "software.os" => text(&software.os),
            "software.languages" => list(&software.languages),
            "software.no-std" => yes_no(software.no_std),
            "software.overflow-checks" => yes_no(software.overflow_checks),
            "software.bootloader" => text(&software.bootloader),
            "software.soup" => globs(&software.soup),
            "software.test" => globs(&software.test),
            "software.host-tools" => globs(&software.host_tools),
            "software.factory" => globs(&software.factory),
            "software.isr-patterns" => list(&software.isr_patterns),
            "software.crypto" => list(&software.crypto),
            "software.classes" => software.classes.as_ref().map(|classes| {
                let all: Vec<String> = classes
                    .iter()
                    .map(|(pattern, class)| format!("{pattern} = {}", class.as_str()))
                    .collect();
                Reply::Text(all.join(", "))
            }),
            "level" => match (profile.level, profile.answered.contains_key("level")) {
                (Some(level), _) => Some(Reply::Text(level.as_str().to_owned())),
                (None, true) => Some(Reply::Text(String::new())),
                (None, false) => None,
            },
            name => match name.split_once('.') {
                Some(("links", link)) => yes_no(profile.links.get(link)),
                Some(("assets", _)) => {
                    let assets = profile.assets.as_ref()?;
                    yes_no(self.asset().map(|asset| assets.contains(&asset)))
                }
                Some(("cia", _)) => {
                    let cia = profile.cia.get(&self.asset()?)?;
                    let word = |impact: Option<Impact>| impact.map(Impact::as_str);
                    let words = [
                        word(cia.confidentiality)?,
                        word(cia.integrity)?,
                        word(cia.availability)?,
                    ];
                    Some(Reply::Text(words.join("/")))
                }
                _ => None,
            },
        }
    }

    /// Puts an answer into a profile.
    ///
    /// # Errors
    /// Why it is no answer to this question, in words.
    pub fn put(&self, profile: &mut Profile, reply: &Reply) -> Result<(), String> {
        let is_unknown = *reply == Reply::Unknown;
        let text = match reply {
            Reply::Text(text) => text.trim(),
            _ => "",
        };
        let yes_no = match reply {
            Reply::Yes | Reply::Unknown => Some(true),
            Reply::No => Some(false),
            Reply::Text(_) => None,
        };
        if self.form == Form::YesNo && yes_no.is_none() {
            return Err(format!("`{text}` is neither yes nor no"));
        }
        let words = || (!text.is_empty()).then(|| text.to_owned());
        let list = || {
            let all = text
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty());
            Some(all.map(str::to_owned).collect::<Vec<String>>())
        };
        let software = &mut profile.software;
        match self.name {
            "device" => profile.device = words(),
            "physical-attacker" => profile.physical_attacker = yes_no,
            "field-update" => profile.field_update = yes_no,
            "data" => {
                profile.data = if is_unknown {
                    None
                } else {
                    Some(parse_data(text)?)
                }
            }
            "software.os" => software.os = words(),
            "software.languages" => software.languages = list().filter(|all| !all.is_empty()),
            "software.no-std" => software.no_std = yes_no,
            // Not knowing whether overflow is checked is the worst where it is not.
            "software.overflow-checks" if is_unknown => software.overflow_checks = Some(false),
            "software.overflow-checks" => software.overflow_checks = yes_no,
            "software.bootloader" => software.bootloader = words(),
            "software.soup" => software.soup = Some(globs(text)?),
            "software.test" => software.test = Some(globs(text)?),
            "software.host-tools" => software.host_tools = Some(globs(text)?),
            "software.factory" => software.factory = Some(globs(text)?),
            "software.isr-patterns" => software.isr_patterns = list(),
            "software.crypto" => software.crypto = list(),
            "software.classes" if is_unknown || text.is_empty() => {
                software.classes = Some(BTreeMap::from([("**".to_owned(), SafetyClass::C)]));
            }
            "software.classes" => software.classes = Some(parse_classes(text)?),
            "level" => profile.level = parse_level(text)?,
            name => match name.split_once('.') {
                Some(("links", link)) => profile.links.set(link, yes_no),
                Some(("assets", _)) => {
                    let assets = profile.assets.get_or_insert_default();
                    if let Some(asset) = self.asset() {
                        assets.retain(|known| *known != asset);
                        if yes_no == Some(true) {
                            assets.push(asset);
                        }
                        assets.sort();
                    }
                }
                Some(("cia", _)) => {
                    if let Some(asset) = self.asset() {
                        let harm = if is_unknown { "high/high/high" } else { text };
                        let cia = parse_harm(harm, profile.cia.get(&asset))?;
                        profile.cia.insert(asset, cia);
                    }
                }
                _ => {}
            },
        }
        let unknown = profile.unknown.get_or_insert_default();
        unknown.retain(|name| name != self.name);
        if is_unknown {
            unknown.push(self.name.to_owned());
            unknown.sort_by_key(|name| QUESTIONS.iter().position(|one| one.name == name));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
