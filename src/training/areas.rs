//! The areas of the catalogue: what the middle part of a code (`C-LEN-014`) stands for.

use crate::rules::RuleInfo;

/// The areas in the order readers meet them, with what each is about.
pub(super) const AREAS: &[(&str, &str)] = &[
    ("LEN", "lengths, bounds, sizes of copies"),
    ("INT", "wrap-around, signs, shifts, tick counters"),
    ("MEM", "lifetime, allocation, stack, clearing"),
    ("STR", "unbounded string calls, formats, parsing of text"),
    ("RET", "results of security calls, fail-open paths"),
    ("ISR", "interrupts, shared state, critical sections, locks"),
    ("WDG", "watchdog and availability"),
    ("CRY", "comparison of tags, random numbers, modes, nonces"),
    ("SEC", "keys and passwords in code and logs"),
    (
        "NET",
        "TLS verification, Bluetooth permissions, cleartext services",
    ),
    ("UPD", "firmware update, signing options"),
    ("DBG", "debug shells, read-out protection"),
    ("PRE", "macros"),
    ("CTL", "control flow"),
    ("UNS", "unsafe code"),
    ("FFI", "foreign interfaces"),
    ("PAN", "panics"),
    ("DEP", "dependencies and build flags"),
    ("DEV", "deviations themselves"),
];

/// What the first letter of a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `C-`
    C,
    /// `R-`
    Rust,
    /// `X-`
    Any,
}

impl Family {
    pub(super) const ALL: [Self; 3] = [Self::C, Self::Rust, Self::Any];
}

/// Family and area of a rule with a code; a project's own rule may have none.
pub(super) fn parts(rule: &RuleInfo) -> Option<(Family, &str)> {
    let mut parts = rule.id.as_str().split('-');
    let family = match parts.next()? {
        "C" => Family::C,
        "R" => Family::Rust,
        "X" => Family::Any,
        _ => return None,
    };
    Some((family, parts.next()?))
}

/// What the area is about; empty for one that is not in the list.
pub(super) fn about(area: &str) -> &'static str {
    AREAS
        .iter()
        .find(|(known, _)| *known == area)
        .map_or("", |(_, about)| about)
}
