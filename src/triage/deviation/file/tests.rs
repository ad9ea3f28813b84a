#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::triage::Fingerprint;

use chrono::NaiveDate;

fn parse(text: &str) -> Result<DeviationFile, String> {
    DeviationFile::parse(text, &RepoPath::from("deviations.toml"))
        .map_err(|error| error.to_string())
}

#[test]
fn entries_are_read_with_their_places() {
    let key = "ab".repeat(32);
    let file = parse(&format!(
        "# permits\n[[deviation]]\nrule = \"C-LEN-001\"\npath = \"hal/**\"\nreason = \"MMIO\"\n\
         until = 2027-06-30\nticket = \"RISK-41\"\napproved-by = \"QA\"\n\n\
         [[deviation]]\nfingerprint = \"{key}:1\"\nuntil = \"2028-01-01\"\n\
         [[deviation]]\nrules = [\"a\", \"b\"]\npath = [\"x/\", \"y.c\"]\n"
    ))
    .unwrap();
    let first = &file.entries[0];
    assert_eq!(first.deviation.rules, ["C-LEN-001"]);
    assert_eq!(first.deviation.reason.as_deref(), Some("MMIO"));
    assert_eq!(first.deviation.until, NaiveDate::from_ymd_opt(2027, 6, 30));
    assert_eq!(first.deviation.ticket.as_deref(), Some("RISK-41"));
    assert_eq!(first.deviation.approved_by.as_deref(), Some("QA"));
    assert_eq!(first.location.start.line, 2);
    assert_eq!(first.lines[0].text, "[[deviation]]");
    let print = |key: &str, ordinal| Fingerprint {
        key: key.to_owned(),
        ordinal,
        moved_key: String::new(),
    };
    assert!(first.speaks_for(&RepoPath::from("hal/a.c"), &print("x", 0)));
    assert!(!first.speaks_for(&RepoPath::from("src/a.c"), &print("x", 0)));
    let second = &file.entries[1];
    assert!(second.speaks_for(&RepoPath::from("any"), &print(&key, 1)));
    assert!(!second.speaks_for(&RepoPath::from("any"), &print(&key, 0)));
    assert_eq!(second.deviation.until, NaiveDate::from_ymd_opt(2028, 1, 1));
    assert_eq!(file.entries[2].deviation.rules, ["a", "b"]);
    assert!(file.entries[2].speaks_for(&RepoPath::from("d/y.c"), &print("x", 0)));
    assert_eq!(parse("").unwrap().entries, []);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        (
            "[[deviation]]\nrul = \"x\"",
            ":2:1: unknown key `rul` in [[deviation]]; did you mean `rule`?",
        ),
        (
            "[[deviations]]\nrule = \"x\"",
            ":1:3: unknown key `deviations` in the top level; did you mean `deviation`?",
        ),
        (
            "[deviation]\nrule = \"x\"",
            ":1:2: write each deviation under `[[deviation]]`",
        ),
        (
            "[[deviation]]\nreason = \"x\"",
            ":1:1: a deviation names a `rule`, a `path` or a `fingerprint`",
        ),
        (
            "[[deviation]]\nrule = 1",
            ":2:8: `rule` is a text in quotes",
        ),
        ("[[deviation]]\nrule = []", ":2:8: `rule` is empty"),
        (
            "[[deviation]]\nrule = \"x\"\nuntil = 2027-06-30T10:00:00",
            ":3:9: `2027-06-30T10:00:00` is no date",
        ),
        (
            "[[deviation]]\nrule = \"x\"\nuntil = \"soon\"",
            ":3:9: `soon` is no date",
        ),
        (
            "[[deviation]]\nfingerprint = \"abc\"",
            ":2:15: `abc` is no fingerprint",
        ),
        (
            "[[deviation]]\npath = \"[\"",
            ":2:8: `[` is no path pattern",
        ),
        ("[[deviation]\n", ":1:"),
    ];
    for (text, message) in cases {
        let said = parse(text).unwrap_err();
        assert!(
            said.starts_with(&format!("deviations.toml{message}")),
            "{text}: {said}"
        );
    }
}

#[test]
fn the_file_in_the_documentation_is_read() {
    let page = include_str!("../../../../docs/deviations.md");
    let example = page
        .split("```toml\n[[deviation]]")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let file = parse(&format!("[[deviation]]{example}")).unwrap();
    assert_eq!(file.entries.len(), 2);
    let record = page.split("```toml\n[[permit]]").nth(1);
    let record = record.and_then(|rest| rest.split("```").next()).unwrap();
    let file = parse(&format!("[[permit]]{record}")).unwrap();
    assert_eq!(
        (
            file.permits.len(),
            file.entries.len(),
            file.categories.len()
        ),
        (1, 2, 1)
    );
}

const RECORD: &str = "[[deviation]]\nid = \"DEV-1\"\nrule = \"C-LEN-014\"\n\
    reason = \"the window has 64 bytes by hardware\"\nrisk = \"an overflow stops the pump\"\n\
    author = \"Ada\"\napproved-by = \"Bob\"\napproved = 2026-01-01\n";

const PERMIT: &str = "[[permit]]\nid = \"PERMIT-1\"\nrule = [\"C-LEN-014\"]\npath = \"hal/**\"\n\
    use-case = \"copies into the DMA window\"\nconditions = [\"the window is at least as large\"]\n\
    reason = \"the window has 64 bytes by hardware\"\nrisk = \"none while it is that large\"\n\
    author = \"Ada\"\napproved-by = \"Bob\"\napproved = 2026-01-01\n";

#[test]
fn a_record_and_its_permit_are_read() {
    let text = format!(
        "{PERMIT}[[deviation]]\nid = \"DEV-2\"\npermit = \"PERMIT-1\"\nkind = \"accepted-risk\"\n\
         risk-file = \"R-12\"\nexternal = \"MISRA C:2012 21.18\"\nuntil = 2027-01-01\n"
    );
    let file = parse(&text).unwrap();
    assert_eq!(file.permits[0].conditions.len(), 1);
    let entry = &file.entries[0].deviation;
    assert_eq!(entry.rules, ["C-LEN-014"]);
    assert_eq!(entry.register.kind, crate::triage::Kind::AcceptedRisk);
    assert_eq!(
        entry.register.use_case.as_deref(),
        Some("copies into the DMA window")
    );
    assert_eq!(entry.approved_by.as_deref(), Some("Bob"));
    assert_eq!(entry.register.approved, NaiveDate::from_ymd_opt(2026, 1, 1));
}

#[test]
fn an_incomplete_record_is_an_error_with_its_line() {
    let without = |key: &str| -> String {
        let is_key = |line: &&str| !line.starts_with(&format!("{key} ="));
        RECORD
            .lines()
            .filter(is_key)
            .map(|line| format!("{line}\n"))
            .collect()
    };
    for key in ["reason", "risk", "author", "approved-by", "approved"] {
        let said = parse(&without(key)).unwrap_err();
        let expected = format!("deviations.toml:1:1: the deviation record `DEV-1` has no `{key}`");
        assert!(said.starts_with(&expected), "{key}: {said}");
    }
    let cases = [
        (
            RECORD.replace("the window has 64 bytes by hardware", "MMIO"),
            ":4:10: `MMIO` is no reason",
        ),
        (
            format!("{RECORD}kind = \"wish\"\n"),
            ":9:8: `wish` is no kind: write `deviation`",
        ),
        (
            format!("{RECORD}kind = \"deferred\"\n"),
            ":1:1: the deviation record `DEV-1` has no `until`",
        ),
        (
            format!("{RECORD}kind = \"accepted-risk\"\n"),
            ":1:1: the deviation record `DEV-1` has no `risk-file`",
        ),
        (
            format!("{RECORD}until = 2025-01-01\n"),
            ":1:1: `approved` lies after `until`",
        ),
        (
            format!("{RECORD}created = 2026-02-01\n"),
            ":1:1: `created` lies after `approved`",
        ),
        (
            format!("{RECORD}permit = \"PERMIT-9\"\n"),
            ":9:10: there is no permit `PERMIT-9`",
        ),
        (
            format!("{RECORD}superseded-by = \"DEV-9\"\n"),
            ":1:1: it is superseded by `DEV-9`",
        ),
        (
            format!("{RECORD}{RECORD}"),
            ":9:1: the id `DEV-1` is that of line 1 already",
        ),
        (
            format!("{RECORD}risk-fil = \"x\"\n"),
            ":9:1: unknown key `risk-fil` in [[deviation]]; did you mean `risk-file`?",
        ),
        (
            PERMIT.replace("Bob", "Ada"),
            ":1:1: `Ada` cannot approve a permit of their own",
        ),
        (
            PERMIT.replace("use-case = \"copies into the DMA window\"\n", ""),
            ":1:1: a permit needs `use-case`",
        ),
        (
            PERMIT.replace("the window has 64 bytes by hardware", "MMIO"),
            ":7:10: `MMIO` is no reason",
        ),
        (
            format!("{PERMIT}ticket = \"x\"\n"),
            ":12:1: unknown key `ticket` in [[permit]]",
        ),
        (
            "[[category]]\nrule = \"x\"\ncategory = \"advisory\"\nreason = \"r\"".to_owned(),
            ":3:12: `advisory` is no category that a rule is raised to",
        ),
        (
            "[[category]]\nrule = \"x\"\ncategory = \"mandatory\"".to_owned(),
            ":1:1: a category needs `reason`",
        ),
    ];
    for (text, message) in cases {
        let said = parse(&text).unwrap_err();
        assert!(
            said.starts_with(&format!("deviations.toml{message}")),
            "{text}: {said}"
        );
    }
}
