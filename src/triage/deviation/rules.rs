//! The rules about deviations themselves. They are code, not rule files: they look at comments and
//! at what other rules found.

use crate::config::{NamedRules, RuleNames};
use crate::finding::{FixSafety, Precision, RuleId, RuleStatus, Severity};
use crate::rules::{Example, ExampleKind, RuleInfo, RuleLanguage};

/// A deviation that does not say why.
pub(super) const WITHOUT_REASON: &str = "X-DEV-001";
/// A deviation from a rule nobody knows.
pub(super) const UNKNOWN_RULE: &str = "X-DEV-002";
/// A deviation with nothing to excuse.
pub(super) const UNUSED: &str = "X-DEV-003";
/// A deviation past its date.
pub(super) const EXPIRED: &str = "X-DEV-004";
/// A comment that is meant as a deviation and cannot be read.
pub(super) const MALFORMED: &str = "X-DEV-005";
/// A deviation that excuses an error where the profile asks for a second person.
pub(super) const NOT_PERMITTED: &str = "X-DEV-006";

struct Text {
    code: &'static str,
    version: &'static str,
    slug: &'static str,
    severity: Severity,
    message: &'static str,
    why: &'static str,
    how_to_fix: &'static str,
    false_positive: &'static str,
    bad: [&'static str; 2],
    good: [&'static str; 2],
}

const COPY_EXCUSED: &str = "void load(uint8_t *d, const uint32_t s[4]) {\n    \
    memcpy(d, s, sizeof(s)); /* scrubin: allow(C-LEN-014, reason = \"d holds one pointer\") */\n}\n";
const COPY_EXCUSED_ABOVE: &str = "void load(uint8_t *d, const uint32_t s[4]) {\n    \
    /* scrubin: allow(source-sized-copy, reason = \"d holds one pointer\", until = 2099-12-31) */\n    \
    memcpy(d, s, sizeof(s));\n}\n";

const TEXTS: [Text; 6] = [
    Text {
        code: WITHOUT_REASON,
        version: "1.0.0",
        slug: "deviation-without-reason",
        severity: Severity::Error,
        message: "this deviation gives no reason and excuses nothing",
        why: "A permission to break a rule is read again when the device is audited, when it fails \
              in the field, and when somebody copies the code. Without a reason nobody can tell \
              then whether it was ever safe.",
        how_to_fix: "Write why the code is safe here, in a sentence a colleague can check: \
                     `reason = \"length checked in parse_hdr\"`. If there is no such sentence, \
                     repair the code.",
        false_positive: "Never wrong: a reason is there or it is not. One that stands in a comment beside it belongs into `reason`.",
        bad: [
            "// ruleid: X-DEV-001\n// scrubin: allow(C-LEN-014)\nint depth;\n",
            "// ruleid: X-DEV-001\nint depth; // scrubin: allow(C-LEN-014, reason = \" \")\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
    Text {
        code: UNKNOWN_RULE,
        version: "1.0.0",
        slug: "deviation-unknown-rule",
        severity: Severity::Warning,
        message: "this deviation names a rule that does not exist",
        why: "A misspelt rule excuses nothing: the author believes the finding is accounted for, \
              and it is not. A rule about deviations cannot be excused either.",
        how_to_fix: "Write the code or the slug as `scrubin rules list` shows it.",
        false_positive: "Wrong where the rule belongs to a rule folder that this run does not load. `scrubin rules list` with the same arguments shows it.",
        bad: [
            "// ruleid: X-DEV-002\n// scrubin: allow(C-LEN-999, reason = \"checked\")\nint depth;\n",
            "// ruleid: X-DEV-002\nint depth; // scrubin: allow(X-DEV-001, reason = \"none\")\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
    Text {
        code: UNUSED,
        version: "1.1.0",
        slug: "deviation-unused",
        severity: Severity::Error,
        message: "this deviation has nothing to excuse",
        why: "The code it excused was repaired or moved away. Left behind, it will silently excuse \
              the next defect that somebody writes on this line.",
        how_to_fix: "Remove it, or move it to the line it is meant for.",
        false_positive: "Wrong where the rule that would report here ran only in part. If a repair made the finding go, it is right.",
        bad: [
            "// ruleid: X-DEV-003\n// scrubin: allow(C-LEN-014, reason = \"bounded\")\nint depth;\n",
            "// ruleid: X-DEV-003\nint depth; // scrubin: allow(source-sized-copy, reason = \"bounded\")\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
    Text {
        code: EXPIRED,
        version: "1.0.0",
        slug: "deviation-expired",
        severity: Severity::Error,
        message: "this deviation was good until an earlier day and excuses nothing now",
        why: "The date was the condition under which the risk was accepted: a release, a driver to \
              come, a review to hold. That day has passed.",
        how_to_fix: "Repair the code, or have the risk accepted again and write the new date.",
        false_positive: "Wrong where the clock of the machine is. The date in the comment is the last day on which the deviation holds.",
        bad: [
            "// ruleid: X-DEV-004\n// scrubin: allow(C-LEN-014, reason = \"rev A\", until = 2020-01-31)\nint depth;\n",
            "// ruleid: X-DEV-004\nint depth; // scrubin: allow(C-LEN-014, reason = \"rev A\", until = \"2019-12-31\")\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
    Text {
        code: MALFORMED,
        version: "1.0.0",
        slug: "deviation-malformed",
        severity: Severity::Warning,
        message: "this comment is meant as a deviation and cannot be read",
        why: "A comment that cannot be read excuses nothing, while its author believes it does.",
        how_to_fix: "Write `scrubin: allow(RULE, reason = \"...\", until = 2027-06-30, ticket = \
                     \"...\")`; reason is needed, until and ticket are optional.",
        false_positive: "Wrong where the comment only speaks about deviations, as documentation does. Write `allow (` with a blank there.",
        bad: [
            "// ruleid: X-DEV-005\n// scrubin: ignore C-LEN-014\nint depth;\n",
            "// ruleid: X-DEV-005\nint depth; // scrubin: allow(*, reason = \"all\")\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
    Text {
        code: NOT_PERMITTED,
        version: "1.1.0",
        slug: "deviation-not-permitted",
        severity: Severity::Warning,
        message: "this deviation does not excuse what it stands for",
        why: "On a device where a mistake does severe harm nobody decides alone that an error may \
              stay: a comment is written by whoever writes the code, and looks like any other line \
              of the change. Rules that a project made mandatory are kept always, and a permit \
              holds for its own rules and files alone.",
        how_to_fix: "Repair the code. If it is safe, enter the deviation in deviations.toml, with \
                     `approved-by` naming a second person who agreed, under a permit that is for \
                     this rule and file. From a mandatory rule there is no deviation.",
        false_positive: "Never wrong: profile, categories and permits say what may be excused. Wrong settings are changed where they stand, with their reason.",
        bad: [
            "// with a profile of level high\nmemcpy(d, s, sizeof(s)); // ruleid: X-DEV-006 \
             scrubin: allow(C-LEN-014, reason = \"d holds one pointer\")\n",
            "// with a profile of level high\n// scrubin: allow(source-sized-copy, reason = \"checked\")\n\
             memcpy(d, s, sizeof(s)); // ruleid: X-DEV-006\n",
        ],
        good: [COPY_EXCUSED, COPY_EXCUSED_ABOVE],
    },
];

/// The rules about deviations, ordered by code.
pub fn rules() -> Vec<RuleInfo> {
    TEXTS.iter().filter_map(info).collect()
}

/// The rules about deviations that the configuration leaves on, with the severities it gives them.
pub fn active_rules(named: &NamedRules) -> Vec<RuleInfo> {
    let mut active = rules();
    active.retain(|rule| named.enabled(&rule.id));
    for rule in &mut active {
        rule.severity = named.severity(&rule.id).unwrap_or(rule.severity);
    }
    active
}

/// The rule a name in a deviation means. Rules about deviations cannot be deviated from: a permit
/// that permits itself needs no reason any more.
pub(super) fn resolve(names: &RuleNames, name: &str) -> Option<RuleId> {
    names
        .find(name)
        .map(|(id, _)| id)
        .filter(|id| !id.as_str().starts_with("X-DEV-"))
}

fn info(text: &Text) -> Option<RuleInfo> {
    let example = |kind, code: &&str| Example {
        kind,
        code: (*code).to_owned(),
        path: None,
        base: None,
        fixed: None,
    };
    let bad = text.bad.iter().map(|code| example(ExampleKind::Bad, code));
    let good = text
        .good
        .iter()
        .map(|code| example(ExampleKind::Good, code));
    Some(RuleInfo {
        id: RuleId::parse(text.code).ok()?,
        slug: text.slug.to_owned(),
        aliases: Vec::new(),
        languages: vec![RuleLanguage::C, RuleLanguage::Rust, RuleLanguage::Generic],
        severity: text.severity,
        precision: Precision::High,
        status: RuleStatus::Stable,
        version: text.version.to_owned(),
        message: text.message.to_owned(),
        cwe: vec!["CWE-1116".to_owned()],
        cert_c: Vec::new(),
        misra_c_2012: Vec::new(),
        lesson: "L-GOV-DEVIATION".to_owned(),
        why: text.why.to_owned(),
        how_to_fix: text.how_to_fix.to_owned(),
        false_positive: text.false_positive.to_owned(),
        incidents: Vec::new(),
        examples: bad.chain(good).collect(),
        references: vec!["docs/deviations.md".to_owned()],
        fix_safety: None::<FixSafety>,
        argues_from_absence: false,
        once_per_function: false,
        analysis: None,
        supersedes: Vec::new(),
        builtin: true,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_rules_are_complete_and_in_order() {
        let rules = rules();
        let codes: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(
            codes,
            [
                WITHOUT_REASON,
                UNKNOWN_RULE,
                UNUSED,
                EXPIRED,
                MALFORMED,
                NOT_PERMITTED
            ]
        );
        for rule in &rules {
            assert!(rule.id.is_code() && rule.status == RuleStatus::Stable);
            assert!(rule.slug.starts_with("deviation-"));
            let bad = |example: &&Example| example.kind == ExampleKind::Bad;
            assert_eq!(rule.examples.iter().filter(bad).count(), 2);
            assert_eq!(rule.examples.len(), 4);
        }
        let errors = rules.iter().filter(|rule| rule.severity == Severity::Error);
        assert_eq!(errors.count(), 3);
    }

    #[test]
    fn the_configuration_turns_them_off_and_changes_their_severity() {
        let text = "[rules.X-DEV-003]\nenabled = false\n[rules.X-DEV-006]\nseverity = \"error\"\n";
        let mut names = RuleNames::default();
        for rule in rules() {
            names.insert(&rule.id, rule.severity, []);
        }
        let config = Config::parse(text, "scrubin.toml").unwrap();
        let active = active_rules(&config.named_rules(&names).unwrap());
        assert_eq!(active.len(), 5);
        assert!(active.iter().all(|rule| rule.id.as_str() != UNUSED));
        assert_eq!(
            active.last().map(|rule| rule.severity),
            Some(Severity::Error)
        );
    }
}
