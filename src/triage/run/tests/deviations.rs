use std::sync::Arc;

use super::super::super::{Comment, DeviationFile, DeviationState, find_comments_in_plain_text};
use super::*;
use crate::config::RuleNames;
use crate::finding::{Location, Position, RuleId, SourceLine, Span};

/// A comment beside the code of its line.
pub(super) fn comment(path: &str, line: u32, text: &str) -> Comment {
    let column = |at| Position { line, column: at };
    Comment {
        location: Location {
            path: RepoPath::from(path),
            span: Span::new(line * 100 + 20, line * 100 + 90),
            start: column(20),
            end: column(90),
        },
        text: text.to_owned(),
        covers: vec![line],
        beside_code: true,
        lines: vec![SourceLine {
            number: line,
            text: text.to_owned(),
        }],
    }
}

pub(super) fn names() -> RuleNames {
    let mut names = RuleNames::default();
    let rules = [
        ("C-LEN-014", "source-sized-copy"),
        ("C-STR-001", "banned-string-call"),
        ("X-DEV-003", "deviation-unused"),
    ];
    for (id, slug) in rules {
        names.insert(&RuleId::parse(id).unwrap(), Severity::Error, [slug]);
    }
    names
}

fn with_names(scope: Scope) -> Settings {
    Settings {
        names: names(),
        ..settings(scope)
    }
}

/// `line rule verdict: message` of every finding, messages of findings about deviations alone.
fn told(files: Vec<FileFindings>, settings: &Settings) -> Vec<String> {
    run(files, settings)
        .triaged
        .iter()
        .map(|one| {
            let line = one.finding.location.start.line;
            let rule = one.finding.rule.as_str();
            let verdict = one.verdict.as_str();
            if rule.starts_with("X-DEV-") {
                format!("{line} {rule} {verdict}: {}", one.finding.message)
            } else {
                format!("{line} {rule} {verdict}")
            }
        })
        .collect()
}

fn both_rules() -> Arc<BTreeSet<RuleId>> {
    let rules = ["C-LEN-014", "C-STR-001"];
    Arc::new(rules.iter().map(|id| RuleId::parse(id).unwrap()).collect())
}

/// A copy on line 5 with this comment beside it, in a file where both rules ran.
fn beside(text: &str) -> FileFindings {
    let mut one = file("a.c", vec![copy("a.c", 5)]);
    one.ran = both_rules();
    one.comments = vec![comment("a.c", 5, text)];
    one
}

fn all_told(text: &str) -> Vec<String> {
    told(vec![beside(text)], &with_names(Scope::All))
}

#[test]
fn a_deviation_with_a_reason_excuses_by_code_and_by_slug() {
    for rule in ["C-LEN-014", "source-sized-copy"] {
        let text = format!("// scrubin: allow({rule}, reason = \"bounded\", ticket = \"RISK-41\")");
        let outcome = run(vec![beside(&text)], &with_names(Scope::All));
        assert_eq!(outcome.triaged.len(), 1, "{rule}");
        assert_eq!(
            outcome.triaged[0].verdict,
            Verdict::Deviated {
                reason: "bounded".to_owned(),
                ticket: Some("RISK-41".to_owned()),
            }
        );
        assert!(!outcome.triaged[0].blocks);
        assert_eq!(outcome.deviations.len(), 1);
        assert_eq!(outcome.deviations[0].state, DeviationState::Used);
        assert_eq!(outcome.deviations[0].excused, 1);
    }
}

#[test]
fn a_deviation_excuses_on_its_last_day_and_not_the_day_after() {
    let until = |day: &str| format!("// scrubin: allow(C-LEN-014, reason = \"x\", until = {day})");
    assert_eq!(all_told(&until("2026-11-23")), ["5 C-LEN-014 deviated"]);
    assert_eq!(
        all_told(&until("2026-11-22")),
        [
            "5 C-LEN-014 report",
            "5 X-DEV-004 report: this deviation from `C-LEN-014` was good until 2026-11-22 and \
             excuses nothing now"
        ]
    );
}

#[test]
fn a_deviation_without_a_reason_excuses_nothing() {
    for text in [
        "// scrubin: allow(C-LEN-014)",
        "// scrubin: allow(C-LEN-014, reason = \"  \")",
    ] {
        assert_eq!(
            all_told(text),
            [
                "5 C-LEN-014 report",
                "5 X-DEV-001 report: this deviation from `C-LEN-014` gives no reason and excuses \
                 nothing"
            ]
        );
    }
}

#[test]
fn an_unknown_rule_is_named_and_the_known_one_still_excuses() {
    assert_eq!(
        all_told("// scrubin: allow(C-LEN-014, C-LEN-041, reason = \"x\")"),
        [
            "5 C-LEN-014 deviated",
            "5 X-DEV-002 report: there is no rule `C-LEN-041`, so this deviation excuses nothing \
             for it; did you mean `C-LEN-014`?"
        ]
    );
}

#[test]
fn rules_about_deviations_cannot_be_excused() {
    let told = all_told("// scrubin: allow(C-LEN-014, deviation-unused, reason = \"x\")");
    assert_eq!(
        told[1],
        "5 X-DEV-002 report: `deviation-unused` is a rule about deviations and cannot be excused \
         by one"
    );
}

#[test]
fn a_deviation_with_nothing_to_excuse_is_reported_where_its_rule_ran() {
    let text = "// scrubin: allow(C-LEN-014, C-STR-001, reason = \"x\")";
    assert_eq!(
        all_told(text),
        [
            "5 C-LEN-014 deviated",
            "5 X-DEV-003 report: this deviation from `C-STR-001` has nothing to excuse"
        ]
    );
    let mut not_run = beside(text);
    not_run.ran = Arc::new([RuleId::parse("C-LEN-014").unwrap()].into());
    assert_eq!(
        told(vec![not_run], &with_names(Scope::All)),
        ["5 C-LEN-014 deviated"]
    );
    let mut other_line = beside(text);
    other_line.comments[0].covers = vec![6];
    let outcome = run(vec![other_line], &with_names(Scope::All));
    assert_eq!(outcome.deviations[0].state, DeviationState::Unused);
    assert_eq!(outcome.triaged.len(), 2);
}

#[test]
fn a_malformed_deviation_is_reported_at_its_place() {
    let text = "/* scrubin: allow(C-LEN-014,\n  reason = soon) */";
    let outcome = run(vec![beside(text)], &with_names(Scope::All));
    let malformed = &outcome.triaged[1].finding;
    assert_eq!(malformed.rule.as_str(), "X-DEV-005");
    assert_eq!(
        malformed.message,
        "this deviation cannot be read: the value of `reason` has to stand in double quotes"
    );
    let start = malformed.location.start;
    assert_eq!((start.line, start.column), (6, 12));
    assert!(outcome.triaged[0].blocks && !outcome.triaged[1].blocks);
}

#[test]
fn a_comment_behind_a_long_statement_covers_it() {
    let mut one = beside("// scrubin: allow(C-LEN-014, reason = \"x\")");
    one.head[0].location.start.line = 3;
    assert_eq!(
        told(vec![one.clone()], &with_names(Scope::All)),
        ["3 C-LEN-014 deviated"]
    );
    // A comment on a line of its own speaks for what begins below it.
    one.comments[0].beside_code = false;
    assert_eq!(told(vec![one], &with_names(Scope::All)).len(), 2);
}

#[test]
fn a_rule_about_deviations_can_be_turned_off() {
    let mut without = with_names(Scope::All);
    without.deviation_rules.clear();
    assert_eq!(
        told(vec![beside("// scrubin: allow(C-LEN-014)")], &without),
        ["5 C-LEN-014 report"]
    );
}

#[test]
fn old_deviations_are_not_the_business_of_a_change_elsewhere() {
    let expired = "// scrubin: allow(C-LEN-014, reason = \"x\", until = 2020-01-01)";
    let unused = "// scrubin: allow(C-STR-001, reason = \"x\")";
    let here = ChangedLines::from_hunks([(5, 1, 0)]);
    let elsewhere = ChangedLines::from_hunks([(50, 1, 0)]);
    let cases = [
        (expired, &elsewhere, true, "outside-change"),
        // It fails to excuse something new, so it has to be said.
        (expired, &elsewhere, false, "report"),
        (expired, &here, true, "report"),
        (unused, &elsewhere, true, "outside-change"),
        (unused, &here, true, "report"),
    ];
    for (text, changed, is_old, expected) in cases {
        let mut one = beside(text);
        one.base = Some(if is_old { one.head.clone() } else { vec![] });
        one.changed = changed.clone();
        let triaged = run(vec![one], &with_names(Scope::New)).triaged;
        assert_eq!(triaged[1].verdict.as_str(), expected, "{text} {is_old}");
    }
}

#[test]
fn a_repaired_line_makes_the_comment_above_it_unused() {
    let mut one = file("a.c", vec![]);
    one.ran = both_rules();
    let mut above = comment("a.c", 4, "// scrubin: allow(C-LEN-014, reason = \"x\")");
    above.covers = vec![5];
    above.beside_code = false;
    one.comments = vec![above];
    one.changed = ChangedLines::from_hunks([(5, 1, 1)]);
    assert_eq!(
        told(vec![one], &with_names(Scope::New)),
        ["4 X-DEV-003 report: this deviation from `C-LEN-014` has nothing to excuse"]
    );
}

fn with_entries(text: &str, scope: Scope) -> Settings {
    let path = RepoPath::from("deviations.toml");
    Settings {
        deviations: Some(DeviationFile::parse(text, &path).unwrap()),
        ..with_names(scope)
    }
}

#[test]
fn an_entry_excuses_by_rule_path_and_fingerprint() {
    let reported = |entry: &str| {
        let text = format!("[[deviation]]\nreason = \"x\"\n{entry}");
        let head = vec![copy("hal/a.c", 5), copy("hal/a.c", 9)];
        let triaged = run(
            vec![file("hal/a.c", head)],
            &with_entries(&text, Scope::All),
        )
        .triaged;
        let report = |one: &&Triaged| one.verdict == Verdict::Report;
        triaged.iter().filter(report).count()
    };
    assert_eq!(reported("rule = \"source-sized-copy\""), 0);
    assert_eq!(reported("rule = \"C-STR-001\""), 2);
    assert_eq!(reported("path = \"hal/\""), 0);
    assert_eq!(reported("rule = \"C-LEN-014\"\npath = \"src/\""), 2);
    let print = key(&copy("hal/a.c", 5), Some(&RepoPath::from("hal/a.c")));
    assert_eq!(reported(&format!("fingerprint = \"{print}\"")), 0);
    assert_eq!(reported(&format!("fingerprint = \"{print}:1\"")), 1);
    assert_eq!(
        reported(&format!(
            "fingerprint = \"{print}:1\"\nrule = \"C-STR-001\""
        )),
        2
    );
}

#[test]
fn the_comment_gives_the_reason_where_an_entry_speaks_too() {
    let entry = "[[deviation]]\nrule = \"C-LEN-014\"\nreason = \"entry\"";
    let one = beside("// scrubin: allow(C-LEN-014, reason = \"comment\")");
    let outcome = run(vec![one], &with_entries(entry, Scope::All));
    let Verdict::Deviated { reason, .. } = &outcome.triaged[0].verdict else {
        unreachable!("deviated");
    };
    assert_eq!(reason, "comment");
    let states: Vec<_> = outcome.deviations.iter().map(|one| one.state).collect();
    assert_eq!(states, [DeviationState::Used, DeviationState::Used]);
}

#[test]
fn entries_are_called_unused_only_where_that_is_known() {
    let told_with = |entry: &str, whole_tree: bool| {
        let text = format!("[[deviation]]\nrule = \"C-STR-001\"\nreason = \"x\"\n{entry}");
        let mut settings = with_entries(&text, Scope::All);
        settings.whole_tree = whole_tree;
        let mut one = file("src/a.c", vec![]);
        one.ran = both_rules();
        told(vec![one], &settings).len()
    };
    assert_eq!(told_with("", false), 0);
    assert_eq!(told_with("", true), 1);
    assert_eq!(told_with("path = \"src/a.c\"", false), 1);
    assert_eq!(told_with("path = [\"src/a.c\", \"src/b.c\"]", false), 0);
    assert_eq!(told_with("path = \"src/*.c\"", false), 0);
}

#[test]
fn an_expired_entry_is_reported_where_it_fails_to_excuse() {
    let entry = "[[deviation]]\nrule = \"C-LEN-014\"\nreason = \"x\"\nuntil = 2020-01-01";
    let outcome = |is_old: bool| {
        let mut one = file("a.c", vec![copy("a.c", 5)]);
        one.base = Some(if is_old { one.head.clone() } else { vec![] });
        verdicts(vec![one], &with_entries(entry, Scope::New))
    };
    assert_eq!(
        outcome(false),
        ["a.c:5 report!", "deviations.toml:1 report!"]
    );
    assert_eq!(
        outcome(true),
        ["a.c:5 outside-change", "deviations.toml:1 outside-change"]
    );
}

#[test]
fn a_changed_entry_is_in_scope_by_its_lines() {
    let entry = "[[deviation]]\nrule = \"nothing\"\nreason = \"x\"\n";
    let mut toml = file("deviations.toml", vec![]);
    toml.base = Some(vec![]);
    toml.changed = ChangedLines::from_hunks([(1, 3, 0)]);
    let new = with_entries(entry, Scope::New);
    assert_eq!(
        verdicts(vec![toml.clone()], &new),
        ["deviations.toml:1 report"]
    );
    toml.changed = ChangedLines::none();
    assert_eq!(
        verdicts(vec![toml], &new),
        ["deviations.toml:1 outside-change"]
    );
}

#[test]
fn deviations_stand_in_configuration_files_too() {
    let text = b"[dependencies]\n# scrubin: allow(C-LEN-014, reason = \"x\")\na = \"*\"\n";
    let path = RepoPath::from("Cargo.toml");
    let mut one = file("Cargo.toml", vec![copy("Cargo.toml", 3)]);
    one.comments = find_comments_in_plain_text(&path, text);
    assert_eq!(
        told(vec![one], &with_names(Scope::All)),
        ["3 C-LEN-014 deviated"]
    );
}

#[test]
fn findings_about_deviations_are_never_in_the_baseline() {
    let outcome = run(
        vec![beside("// scrubin: allow(C-LEN-014)")],
        &with_names(Scope::All),
    );
    assert_eq!(outcome.triaged.len(), 2);
    assert_eq!(Baseline::of(&outcome.triaged).len(), 1);
}
