//! What no tool checks: the questions a reviewer answers by hand, as the device profile asks for them.

use super::facts::Fact;
use super::model::{Profile, SafetyClass};

/// One question of the checklist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Its name in records, which never changes its meaning.
    pub key: &'static str,
    /// When it is asked.
    pub when: Fact,
    /// What a person confirms, as a clause without its stop.
    pub text: &'static str,
}

const fn check(key: &'static str, when: Fact, text: &'static str) -> Check {
    Check { key, when, text }
}

/// All questions in the order in which they are asked. Those of class C are what IEC 62304, 5.5.4 asks,
/// in our words.
pub const CHECKS: [Check; 28] = [
    check(
        "requirement",
        Fact::Always,
        "the change does what its requirement says, and nothing else",
    ),
    check(
        "design",
        Fact::Always,
        "it follows the documented design, and interfaces that changed are documented",
    ),
    check(
        "hazards",
        Fact::Always,
        "it brings no hazardous situation that the risk file does not have (IEC 62304, 7.4.1)",
    ),
    check(
        "risk-controls",
        Fact::Always,
        "risk controls that it touches still do their work (IEC 62304, 7.3.1)",
    ),
    check(
        "hardware",
        Fact::Always,
        "registers, timing and electrical limits are those of the data sheets",
    ),
    check(
        "tried",
        Fact::Always,
        "it was tried on the device or its simulator, and the result is kept",
    ),
    check(
        "not-analysed",
        Fact::Always,
        "what this review lists as not analysed was read by a person",
    ),
    check(
        "threat-model",
        Fact::LevelModerate,
        "the threat model names every way in that the change opens or widens",
    ),
    check(
        "radio-peers",
        Fact::Radio,
        "pairing, bonding and roles are as designed, and were tried with a peer that is not paired",
    ),
    check(
        "network-peers",
        Fact::Network,
        "open ports, peers and certificates are those of the design",
    ),
    check(
        "usb-hostile",
        Fact::Usb,
        "it was tried with devices and media that break their protocol",
    ),
    check(
        "bus-hostile",
        Fact::Bus,
        "what comes from the other trust zone was tried with wrong lengths, in wrong order, and not at all",
    ),
    check(
        "service-rights",
        Fact::Service,
        "service functions need the rights that the design gives them, and are off where it says so",
    ),
    check(
        "physical",
        Fact::Physical,
        "debug ports are closed in the production build, and one skipped instruction opens nothing",
    ),
    check(
        "cloud-away",
        Fact::Cloud,
        "the device is safe while the cloud service is away, slow or wrong",
    ),
    check(
        "update",
        Fact::FieldUpdate,
        "the update from every released version, a broken-off one and a refused downgrade were tried",
    ),
    check(
        "patient-data",
        Fact::Phi,
        "data of patients goes nowhere but where the design sends it, and is gone when it says so",
    ),
    check(
        "therapy-limits",
        Fact::Therapy,
        "limits of therapy and alarms were tried at their boundaries and beyond",
    ),
    check(
        "keys",
        Fact::Keys,
        "keys are made, kept, changed and destroyed as the design says",
    ),
    check(
        "soup-anomalies",
        Fact::Soup,
        "known anomalies of the software of others were evaluated for this change (IEC 62304, 7.1.3)",
    ),
    check(
        "event-order",
        Fact::ClassC,
        "the order of events is the intended one, also when they come early, late or twice",
    ),
    check(
        "control-flow",
        Fact::ClassC,
        "data and control flow: every path ends where the design says",
    ),
    check(
        "resources",
        Fact::ClassC,
        "resources (stack, time, queues, handles) are enough in the worst case",
    ),
    check(
        "faults",
        Fact::ClassC,
        "faults are defined, isolated and recovered from",
    ),
    check(
        "initialised",
        Fact::ClassC,
        "every variable has a value before it is used, after a warm start too",
    ),
    check(
        "self-test",
        Fact::ClassC,
        "the device notices faults of its own (self-test)",
    ),
    check(
        "memory",
        Fact::ClassC,
        "memory is managed, and cannot overflow",
    ),
    check("boundaries", Fact::ClassC, "boundary values were tried"),
];

/// The questions for a change of software of that class; without a profile those that are always asked.
pub fn checklist(profile: Option<&Profile>, class: Option<SafetyClass>) -> Vec<&'static Check> {
    CHECKS
        .iter()
        .filter(|check| match (check.when, profile) {
            (Fact::Always, _) => true,
            (Fact::ClassC, _) => class == Some(SafetyClass::C),
            (_, None) => false,
            (Fact::Soup, Some(profile)) => profile
                .software
                .soup
                .as_ref()
                .is_some_and(|globs| !globs.patterns().is_empty()),
            (fact, Some(profile)) => fact.holds(profile, class.unwrap_or(SafetyClass::A)),
        })
        .collect()
}

/// What is asked of software of class C alone.
pub fn class_c_texts() -> Vec<&'static str> {
    CHECKS
        .iter()
        .filter(|check| check.when == Fact::ClassC)
        .map(|check| check.text)
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Config;

    fn keys(profile: &str, class: Option<SafetyClass>) -> Vec<&'static str> {
        let config = Config::parse(profile, "scrubin.toml").unwrap();
        checklist(config.profile.as_ref(), class)
            .iter()
            .map(|check| check.key)
            .collect()
    }

    #[test]
    fn the_profile_decides_what_is_asked() {
        let always = keys("", None);
        assert_eq!(always.len(), 7);
        let quiet = "[profile]\nassets = []\nphysical-attacker = false\nfield-update = false\n\
                     level = \"baseline\"\nlevel-reason = \"no way in\"\n\
                     [profile.links]\nble = false\nwifi = false\nlan = false\nusb = false\nmedia = false\n\
                     uart = false\nremote = false\ncloud = false\njtag = false\n";
        assert_eq!(keys(quiet, Some(SafetyClass::A)), always);
        let radio = quiet.replace("ble = false", "ble = true");
        let asked = keys(&radio, Some(SafetyClass::C));
        assert!(asked.contains(&"radio-peers") && asked.contains(&"event-order"));
        assert!(!asked.contains(&"network-peers"));
        // What nobody answered counts as yes.
        assert!(keys("[profile]\n", Some(SafetyClass::B)).contains(&"cloud-away"));
        let soup = format!("{quiet}[profile.software]\nsoup = [\"vendor/\"]\n");
        assert!(keys(&soup, None).contains(&"soup-anomalies"));
    }

    #[test]
    fn every_question_has_its_own_name_and_no_stop() {
        let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.key).collect();
        assert_eq!(names.len(), CHECKS.len());
        assert!(CHECKS.iter().all(|check| !check.text.ends_with('.')));
        assert_eq!(class_c_texts().len(), 8);
    }
}
