//! Entries for tests.

use super::entry::{About, Override};
use super::record::*;
use super::verify::rules_digest;

/// A record about a commit.
pub(crate) fn record(head: &str) -> ReviewRecord {
    let rules = vec![
        "C-LEN-014 1.0.1 error high".to_owned(),
        "C-STR-001 1.0.0 error high".to_owned(),
    ];
    ReviewRecord {
        schema: SCHEMA_VERSION,
        id: String::new(),
        sequence: 0,
        previous: None,
        project: ProjectPart {
            name: Some("Pump".to_owned()),
            safety_class: Some("C".to_owned()),
            ..ProjectPart::default()
        },
        configuration: ConfigurationPart {
            origin: "repository".to_owned(),
            path: Some("scrubin.toml".to_owned()),
            sha256: Some("ab".repeat(32)),
            weaker: Vec::new(),
        },
        change: ChangePart {
            repository: Some("https://git.example/pump".to_owned()),
            source: "range".to_owned(),
            scope: "new".to_owned(),
            base: Some("b".repeat(40)),
            head: Some(head.to_owned()),
            ..ChangePart::default()
        },
        people: PeoplePart {
            author: Some("A <a@example.org>".to_owned()),
            authors: vec!["A <a@example.org>".to_owned()],
            ..PeoplePart::default()
        },
        started: "2026-11-30T08:00:00Z".to_owned(),
        ended: "2026-11-30T08:00:01Z".to_owned(),
        tool: ToolPart {
            name: "scrubin".to_owned(),
            version: "1.2.3".to_owned(),
            binary_sha256: None,
            grammars: vec!["tree-sitter-c 0.24.2".to_owned()],
        },
        ruleset: RulesetPart {
            id: "built-in".to_owned(),
            version: "1.2.3".to_owned(),
            builtin: "feed".to_owned(),
            own: Vec::new(),
            digest: "feed".to_owned(),
            rules_sha256: rules_digest(&rules),
            rules: rules.into(),
        },
        coverage: CoveragePart {
            files: 2,
            files_analysed: 1,
            functions: 7,
            functions_analysed: 6,
            gaps: vec![GapPart {
                path: "src/a.c".to_owned(),
                line: Some(3),
                last_line: Some(9),
                function: Some("load".to_owned()),
                kind: "syntax".to_owned(),
                why: "lines 3 to 9 cannot be parsed".to_owned(),
            }],
            skipped: vec![SkippedPart {
                reason: "C++ is not analysed".to_owned(),
                count: 2,
                examples: vec!["a.cpp".to_owned()],
            }],
            ..CoveragePart::default()
        },
        findings: vec![FindingPart {
            fingerprint: "v1:0011".to_owned(),
            rule: "C-LEN-014".to_owned(),
            rule_version: "1.0.1".to_owned(),
            cwe: vec!["CWE-806".to_owned()],
            path: "src/<b>.c".to_owned(),
            line: 43,
            column: 5,
            trace: vec![StepPart {
                path: "src/<b>.c".to_owned(),
                line: 40,
                column: 9,
                what: "`len` comes from the frame".to_owned(),
            }],
            function: Some("boot".to_owned()),
            state: Some("new".to_owned()),
            severity: "error".to_owned(),
            precision: "high".to_owned(),
            verdict: "deviated".to_owned(),
            blocks: false,
            disposition: Some(Disposition {
                kind: "deviation".to_owned(),
                id: Some("DEV-7".to_owned()),
                approver: Some("M. Huber".to_owned()),
                reason: "length checked in parse_hdr".to_owned(),
                ticket: Some("RISK-41".to_owned()),
                ..Disposition::default()
            }),
        }],
        fixed: vec![FixedPart {
            fingerprint: "v1:0022".to_owned(),
            rule: "C-STR-001".to_owned(),
            path: "src/a.c".to_owned(),
            record: "0123456789ab-1".to_owned(),
        }],
        gate: GatePart {
            result: GateResult::Pass,
            blocking: 0,
            fail_on: "error".to_owned(),
            precision: "high".to_owned(),
            severity: "info".to_owned(),
        },
        checklist: vec![ChecklistPart {
            key: "requirement".to_owned(),
            text: "the change does what its requirement says, and nothing else".to_owned(),
            because: "always".to_owned(),
        }],
        notices: Vec::new(),
    }
}

/// What a sign-off speaks of.
pub(super) fn about() -> About {
    About {
        record: "0123456789ab-1".to_owned(),
        sha256: "ab".repeat(32),
        repository: Some("https://git.example/pump".to_owned()),
        head: Some("a".repeat(40)),
    }
}

/// An override of what that names.
pub(super) fn opened(about: About) -> Override {
    Override {
        schema: SCHEMA_VERSION,
        id: String::new(),
        sequence: 0,
        previous: None,
        about,
        result: GateResult::Fail,
        reason: "the field is waiting for the repair of the pump".to_owned(),
        approver: "M. Huber".to_owned(),
        ticket: None,
        decided: "2026-11-30T09:00:00Z".to_owned(),
    }
}
