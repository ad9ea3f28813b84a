//! What follows from the facts of a profile: one row per fact. `docs/profile.md` shows the table; a
//! test compares the two.
//!
//! Rules are named by code and slug (`C-CRY-009 wipe-optimised-away`), by area (`*-RET-*`,
//! `C-LEN-*`) or by a range of codes (`C-LEN-001..020`). Areas and ranges mean rules of medium and
//! high precision: a rule that lists a construct wherever it stands is for teams that forbid it. A
//! name without a rule stays: the row applies as soon as there is one.

use super::facts::Fact;
use crate::finding::Severity::{self, Error, Info, Warning};

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// These rules have this severity at least.
    Raise(&'static [&'static str], Severity),
    /// Those of these rules that are warnings become errors.
    WarningsToErrors(&'static [&'static str]),
    /// These rules have this severity, be it lower than their own.
    Set(&'static [&'static str], Severity),
    /// These rules are shown whatever their precision.
    Show(&'static [&'static str]),
    /// Errors of medium precision are shown and block.
    MediumErrorsBlock,
    /// No comment excuses an error; an entry of `deviations.toml` does with a second person.
    SecondPerson,
    /// The review prints what to check by hand.
    Checklist,
    /// The messages of these rules say that arithmetic wraps silently in the release build.
    WrapsSilently(&'static [&'static str]),
    /// Findings of other rules are no findings of the change: they are counted for the SOUP risk
    /// list.
    SoupListBut(&'static [&'static str]),
    /// Other rules say nothing.
    Only(&'static [&'static str]),
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// All of them have to hold.
    pub when: &'static [Fact],
    /// What follows.
    pub acts: &'static [Act],
    /// What else the row asks for, and how that is met.
    pub besides: &'static str,
}

const CLASS_RULES: &[&str] = &[
    "C-MEM-011 heap-after-init",
    "C-MEM-014 recursion",
    "C-MEM-012 vla-or-alloca",
    "C-MEM-013 large-stack-frame",
    "C-CTL-002 no-default-on-input",
];

/// Rules about what comes in: lengths and bounds, and the arithmetic they rest on.
const INPUT_RULES: &[&str] = &[
    "C-LEN-001..020",
    "R-LEN-001..010",
    "C-INT-001..009",
    "C-INT-011 input-to-enum",
];

/// The table.
pub const ROWS: &[Row] = &[
    Row {
        when: &[Fact::Always],
        acts: &[],
        besides: "the rules as they are; only what a change brings in blocks",
    },
    Row {
        when: &[Fact::LevelModerate],
        acts: &[
            Act::MediumErrorsBlock,
            Act::Raise(
                &[
                    "C-CRY-009 wipe-optimised-away",
                    "C-ISR-001 isr-shared-not-volatile",
                    "C-WDG-003 unbounded-poll",
                ],
                Error,
            ),
        ],
        besides: "",
    },
    Row {
        when: &[Fact::LevelHigh],
        acts: &[
            Act::WarningsToErrors(&["*-RET-*", "*-ISR-*", "*-CRY-*", "*-SEC-*"]),
            Act::Show(&["C-RET-005 peers-check-you-dont"]),
            Act::SecondPerson,
        ],
        besides: "",
    },
    Row {
        when: &[Fact::Radio],
        acts: &[
            Act::Raise(INPUT_RULES, Error),
            Act::Raise(
                &["C-NET-005 ble-open-write", "C-NET-004 ble-weak-pairing"],
                Error,
            ),
        ],
        besides: "advertising, GATT, L2CAP, SM and mesh callbacks are sources always; findings are raised wherever their data comes from",
    },
    Row {
        when: &[Fact::Network],
        acts: &[
            Act::Raise(INPUT_RULES, Error),
            Act::Raise(
                &[
                    "C-STR-005 string-call-on-wire-buffer",
                    "C-NET-003 cleartext-service",
                    "C-NET-001 tls-verification-off",
                    "R-NET-001 tls-verification-off",
                    "C-NET-002 tls-name-not-checked",
                ],
                Error,
            ),
        ],
        besides: "sockets and packet buffers are sources always; findings are raised wherever their data comes from",
    },
    Row {
        when: &[Fact::Usb],
        acts: &[Act::Raise(
            &[
                "C-LEN-019 usb-setup-unclamped",
                "C-UPD-004 image-header-unbounded",
            ],
            Error,
        )],
        besides: "set-up packets are sources always; descriptor, mass-storage and file callbacks by the names of receive functions",
    },
    Row {
        when: &[Fact::Bus],
        acts: &[Act::Raise(
            &[
                "C-LEN-017 frame-byte-append",
                "C-LEN-016 reassembly-no-cap",
                "C-LEN-020 receive-count-unchecked",
            ],
            Error,
        )],
        besides: "without this fact the rules keep their severity; no rule tells a sensor's bus from another",
    },
    Row {
        when: &[Fact::Service],
        acts: &[
            Act::Raise(
                &[
                    "C-DBG-001 memory-peek-poke",
                    "C-DBG-004 magic-unlock",
                    "C-DBG-002 debug-shell-in-release",
                    "C-SEC-002 hard-coded-password",
                ],
                Error,
            ),
            Act::Raise(&["C-NET-006 command-without-auth"], Warning),
        ],
        besides: "",
    },
    Row {
        when: &[Fact::Physical],
        acts: &[Act::Raise(
            &[
                "X-DBG-003 readout-protection-off",
                "C-SEC-007 secret-stored-plain",
            ],
            Error,
        )],
        besides: "hints on fault injection at single-branch decisions: there is no such rule",
    },
    Row {
        when: &[Fact::Cloud],
        acts: &[Act::Raise(
            &[
                "C-SEC-006 hard-coded-endpoint",
                "C-NET-001 tls-verification-off",
                "R-NET-001 tls-verification-off",
                "C-SEC-005 secret-or-phi-logged",
            ],
            Error,
        )],
        besides: "private keys are sought in every file always",
    },
    Row {
        when: &[Fact::FieldUpdate],
        acts: &[Act::Raise(
            &["*-UPD-*", "C-UPD-003 no-rollback-check"],
            Error,
        )],
        besides: "signing options are watched in every configuration file always",
    },
    Row {
        when: &[Fact::Phi],
        acts: &[Act::Raise(
            &[
                "C-SEC-005 secret-or-phi-logged",
                "C-MEM-006 uninitialised-to-wire",
                "C-SEC-007 secret-stored-plain",
            ],
            Error,
        )],
        besides: "the names of patients' data (patient, mrn, birth date ...) are known always",
    },
    Row {
        when: &[Fact::Therapy],
        acts: &[Act::Raise(
            &[
                "C-WDG-*",
                "C-INT-012 float-to-int-unranged",
                "C-INT-010 tick-compare-wrap",
                "C-WDG-004 fault-handler-spins",
                "R-PAN-006 panic-handler-spins",
                "R-PAN-001 unwrap-in-device-path",
                "C-ISR-001 isr-shared-not-volatile",
                "C-ISR-002 isr-shared-unprotected",
                "C-ISR-027 unsynchronised-access",
                "R-ISR-001 isr-shared-no-section",
            ],
            Error,
        )],
        besides: "",
    },
    Row {
        when: &[Fact::Keys],
        acts: &[Act::Raise(
            &[
                "*-CRY-*",
                "C-CRY-008 secret-not-wiped",
                "R-CRY-005 secret-not-zeroized",
                "C-CRY-001 tag-compare-not-constant-time",
            ],
            Error,
        )],
        besides: "",
    },
    Row {
        when: &[Fact::ClassC],
        acts: &[Act::Raise(CLASS_RULES, Error), Act::Checklist],
        besides: "",
    },
    Row {
        when: &[Fact::ClassB],
        acts: &[Act::Set(CLASS_RULES, Warning)],
        besides: "",
    },
    Row {
        when: &[Fact::ClassA],
        acts: &[Act::Set(CLASS_RULES, Info)],
        besides: "",
    },
    Row {
        when: &[Fact::RustRelease, Fact::LevelHigh],
        acts: &[Act::Raise(&["R-DEP-002 release-profile-unsafe"], Error)],
        besides: "",
    },
    Row {
        when: &[Fact::RustRelease],
        acts: &[Act::WrapsSilently(&[
            "R-LEN-006 unchecked-length-arithmetic",
        ])],
        besides: "where the profile says that overflow checks are off",
    },
    Row {
        when: &[Fact::Soup],
        acts: &[Act::SoupListBut(&[
            "X-DEP-003 vendored-code-changed",
            "*-SEC-*",
            "X-*-*",
            "R-DEP-*",
        ])],
        besides: "",
    },
    Row {
        when: &[Fact::OffDevice],
        acts: &[Act::Only(&["*-SEC-*"])],
        besides: "C-DBG-002 is among the rules that say nothing there",
    },
];
