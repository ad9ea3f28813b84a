#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod deviations;
mod properties;
mod register;

use chrono::NaiveDate;

use super::super::samples::{file, finding};
use super::super::{Baseline, ChangedLines, FunctionSpan};
use super::*;
use crate::config::{FailOn, Glob, Globs};
use crate::finding::{Precision, RepoPath, RuleStatus, Severity};

fn settings(scope: Scope) -> Settings {
    Settings {
        scope,
        ..Settings::new(NaiveDate::from_ymd_opt(2026, 11, 23).unwrap())
    }
}

/// `path:line verdict` of every finding, `!` where it blocks.
fn verdicts(files: Vec<FileFindings>, settings: &Settings) -> Vec<String> {
    run(files, settings).triaged.iter().map(show).collect()
}

fn show(one: &Triaged) -> String {
    format!(
        "{}:{} {}{}",
        one.finding.location.path,
        one.finding.location.start.line,
        one.verdict.as_str(),
        if one.blocks { "!" } else { "" }
    )
}

/// A copy in function `f`.
fn copy(path: &str, line: u32) -> Finding {
    finding("C-LEN-014", path, line, Some("f"), "memcpy ( d , s )")
}

fn function(name: &str, first_line: u32, last_line: u32) -> FunctionSpan {
    FunctionSpan {
        name: name.to_owned(),
        first_line,
        last_line,
    }
}

#[test]
fn what_only_moved_down_is_old_and_a_further_one_is_new() {
    let mut one = file("a.c", vec![copy("a.c", 12), copy("a.c", 30)]);
    one.base = Some(vec![copy("a.c", 2)]);
    one.changed = ChangedLines::from_hunks([(1, 10, 0), (30, 1, 0)]);
    assert_eq!(
        verdicts(vec![one], &settings(Scope::New)),
        ["a.c:12 outside-change", "a.c:30 report!"]
    );
}

#[test]
fn among_equal_findings_those_on_changed_lines_are_the_new_ones() {
    let mut one = file("a.c", vec![copy("a.c", 3), copy("a.c", 9)]);
    one.base = Some(vec![copy("a.c", 8)]);
    one.changed = ChangedLines::from_hunks([(3, 1, 0)]);
    assert_eq!(
        verdicts(vec![one], &settings(Scope::New)),
        ["a.c:3 report!", "a.c:9 outside-change"]
    );
}

#[test]
fn a_removed_check_makes_a_finding_on_an_untouched_line_new() {
    let mut one = file("a.c", vec![copy("a.c", 9)]);
    one.base = Some(vec![]);
    one.changed = ChangedLines::from_hunks([(7, 0, 2)]);
    let outcome = run(vec![one], &settings(Scope::New));
    assert_eq!(outcome.triaged[0].verdict, Verdict::Report);
    assert_eq!(outcome.triaged[0].state, Some(BaselineState::New));
    assert!(!outcome.triaged[0].on_changed_line && outcome.triaged[0].blocks);
}

#[test]
fn a_renamed_file_keeps_its_old_findings_old() {
    let mut one = file("new.c", vec![copy("new.c", 9)]);
    one.base_path = Some(RepoPath::from("old.c"));
    one.base = Some(vec![copy("old.c", 9)]);
    assert_eq!(
        verdicts(vec![one], &settings(Scope::New)),
        ["new.c:9 outside-change"]
    );
}

#[test]
fn everything_in_a_new_file_is_new() {
    let mut one = file("a.c", vec![copy("a.c", 9)]);
    one.is_new_file = true;
    one.changed = ChangedLines::whole_file();
    assert_eq!(
        verdicts(vec![one], &settings(Scope::New)),
        ["a.c:9 report!"]
    );
}

#[test]
fn a_base_that_was_not_analysed_proves_nothing_old() {
    let one = file("a.c", vec![copy("a.c", 9)]);
    assert_eq!(
        verdicts(vec![one], &settings(Scope::New)),
        ["a.c:9 report!"]
    );
}

/// `from.c` loses function `f` with its finding, `to.c` has it now.
fn moved(from_still_has: &[&str], name_in_to: &str) -> Vec<FileFindings> {
    let mut from = file("from.c", vec![]);
    from.base = Some(vec![copy("from.c", 5)]);
    from.changed = ChangedLines::none().with_removed_lines();
    from.functions = from_still_has
        .iter()
        .map(|name| function(name, 1, 9))
        .collect();
    let mut to = file("to.c", vec![copy("to.c", 5)]);
    to.head[0].function = Some(name_in_to.to_owned());
    to.base = Some(vec![]);
    to.changed = ChangedLines::from_hunks([(1, 10, 0)]);
    vec![from, to]
}

#[test]
fn a_function_that_moved_to_another_file_brings_nothing_new() {
    let new = settings(Scope::New);
    assert_eq!(
        verdicts(moved(&["g"], "f"), &new),
        ["to.c:5 outside-change"]
    );
    let mut other_way_round = moved(&["g"], "f");
    other_way_round.reverse();
    assert_eq!(verdicts(other_way_round, &new), ["to.c:5 outside-change"]);
}

#[test]
fn a_defect_repaired_here_and_copied_there_is_new_there() {
    let new = settings(Scope::New);
    // The function stayed: it was repaired, not moved.
    assert_eq!(verdicts(moved(&["f"], "f"), &new), ["to.c:5 report!"]);
    // Another function with the same code is no move either.
    assert_eq!(verdicts(moved(&["g"], "h"), &new), ["to.c:5 report!"]);
}

#[test]
fn one_that_vanished_answers_for_one_that_appears() {
    let mut files = moved(&[], "f");
    files[1].head.push(copy("to.c", 7));
    assert_eq!(
        verdicts(files, &settings(Scope::New)),
        ["to.c:5 outside-change", "to.c:7 report!"]
    );
}

#[test]
fn a_function_with_a_new_name_brings_nothing_new() {
    let mut one = file("a.c", vec![copy("a.c", 5)]);
    one.head[0].function = Some("parse".to_owned());
    one.base = Some(vec![copy("a.c", 5)]);
    one.changed = ChangedLines::from_hunks([(1, 9, 9)]);
    one.functions = vec![function("parse", 1, 9)];
    let new = settings(Scope::New);
    assert_eq!(verdicts(vec![one.clone()], &new), ["a.c:5 outside-change"]);
    // The old function is still there, so the other one is new code.
    one.functions.push(function("f", 20, 30));
    assert_eq!(verdicts(vec![one], &new), ["a.c:5 report!"]);
}

#[test]
fn only_added_code_can_have_moved_here() {
    let mut files = moved(&["g"], "f");
    files[1].changed = ChangedLines::from_hunks([(1, 2, 0)]);
    assert_eq!(verdicts(files, &settings(Scope::New)), ["to.c:5 report!"]);
}

#[test]
fn each_scope_shows_its_part() {
    let mut one = file(
        "a.c",
        vec![
            copy("a.c", 3),
            copy("a.c", 12),
            copy("a.c", 18),
            copy("a.c", 25),
        ],
    );
    one.base = Some(vec![copy("a.c", 3), copy("a.c", 11), copy("a.c", 24)]);
    one.changed = ChangedLines::from_hunks([(12, 1, 0)]);
    one.functions = vec![function("f", 10, 20)];
    let shown = |scope| {
        let lines: Vec<u32> = run(vec![one.clone()], &settings(scope))
            .triaged
            .iter()
            .filter(|one| one.verdict == Verdict::Report)
            .map(|one| one.finding.location.start.line)
            .collect();
        lines
    };
    assert_eq!(shown(Scope::New), [12]);
    assert_eq!(shown(Scope::Added), [12]);
    assert_eq!(shown(Scope::Function), [12, 18]);
    assert_eq!(shown(Scope::File), [3, 12, 18, 25]);
    assert_eq!(shown(Scope::All), [3, 12, 18, 25]);
}

#[test]
fn a_finding_over_several_lines_is_added_if_one_of_them_is() {
    let mut long = copy("a.c", 10);
    long.location.end.line = 13;
    let mut one = file("a.c", vec![long]);
    one.changed = ChangedLines::from_hunks([(13, 1, 1)]);
    let added = settings(Scope::Added);
    assert_eq!(verdicts(vec![one.clone()], &added), ["a.c:10 report!"]);
    // Column 1 of a line means that the line itself is not covered.
    one.head[0].location.end.column = 1;
    assert_eq!(verdicts(vec![one], &added), ["a.c:10 outside-change"]);
}

#[test]
fn thresholds_and_the_gate() {
    let with = |severity, precision, status| {
        let mut one = copy("a.c", 1);
        (one.severity, one.precision, one.status) = (severity, precision, status);
        file("a.c", vec![one])
    };
    let all = settings(Scope::All);
    let stable = RuleStatus::Stable;
    let cases = [
        (Severity::Error, Precision::High, stable, "report!"),
        (
            Severity::Error,
            Precision::Medium,
            stable,
            "below-threshold",
        ),
        (Severity::Warning, Precision::High, stable, "report"),
        (Severity::Info, Precision::High, stable, "report"),
        (
            Severity::Error,
            Precision::High,
            RuleStatus::Experimental,
            "report",
        ),
        (
            Severity::Error,
            Precision::High,
            RuleStatus::Deprecated,
            "report!",
        ),
    ];
    for (severity, precision, status, expected) in cases {
        assert_eq!(
            verdicts(vec![with(severity, precision, status)], &all),
            [format!("a.c:1 {expected}")]
        );
    }
    let mut strict = settings(Scope::All);
    strict.fail_on = FailOn::Warning;
    strict.severity = Severity::Warning;
    strict.precision = Precision::Low;
    let warning = with(Severity::Warning, Precision::Low, stable);
    assert_eq!(verdicts(vec![warning], &strict), ["a.c:1 report!"]);
    let info = with(Severity::Info, Precision::Low, stable);
    assert_eq!(verdicts(vec![info], &strict), ["a.c:1 below-threshold"]);
    strict.fail_on = FailOn::Never;
    let error = with(Severity::Error, Precision::High, stable);
    assert_eq!(verdicts(vec![error.clone()], &strict), ["a.c:1 report"]);
    strict.fail_on = FailOn::Error;
    strict.test_paths = Globs::new(vec![Glob::parse("*.c").unwrap()]).unwrap();
    assert_eq!(verdicts(vec![error], &strict), ["a.c:1 report"]);
}

#[test]
fn findings_come_sorted_whatever_the_order_of_the_input() {
    let files = vec![
        file("b.c", vec![copy("b.c", 9), copy("b.c", 2)]),
        file("a.c", vec![copy("a.c", 5)]),
    ];
    assert_eq!(
        verdicts(files, &settings(Scope::All)),
        ["a.c:5 report!", "b.c:2 report!", "b.c:9 report!"]
    );
}

#[test]
fn a_base_is_needed_only_where_something_would_be_reported() {
    let mut below = copy("below.c", 1);
    below.precision = Precision::Low;
    let mut new_file = file("new.c", vec![copy("new.c", 1)]);
    new_file.is_new_file = true;
    let mut analysed = file("done.c", vec![copy("done.c", 1)]);
    analysed.base = Some(vec![]);
    let files = vec![
        file("clean.c", vec![]),
        file("below.c", vec![below]),
        new_file,
        analysed,
        file("open.c", vec![copy("open.c", 1)]),
    ];
    assert_eq!(needs_base(&files, &settings(Scope::New)), [4]);
    assert_eq!(needs_base(&files, &settings(Scope::File)), [0_usize; 0]);
    let mut known = settings(Scope::New);
    known.baseline = Some(Baseline::of(
        &run(files.clone(), &settings(Scope::All)).triaged,
    ));
    assert_eq!(needs_base(&files, &known), [0_usize; 0]);
}

#[test]
fn files_that_lost_lines_are_asked_for_when_an_added_finding_is_reported() {
    let mut files = moved(&["g"], "f");
    files[0].base = None;
    let new = settings(Scope::New);
    assert_eq!(needs_base_for_moves(&files, &new), [0]);
    assert_eq!(
        needs_base_for_moves(&files, &settings(Scope::Added)),
        [0_usize; 0]
    );
    files[0].changed = ChangedLines::none();
    assert_eq!(needs_base_for_moves(&files, &new), [0_usize; 0]);
    let mut quiet = moved(&["g"], "f");
    quiet[0].base = None;
    quiet[1].head.clear();
    assert_eq!(needs_base_for_moves(&quiet, &new), [0_usize; 0]);
}

#[test]
fn the_baseline_knows_what_it_accepted_and_no_more() {
    let all = settings(Scope::All);
    let before = file("a.c", vec![copy("a.c", 3), copy("a.c", 9)]);
    let baseline = Baseline::of(&run(vec![before], &all).triaged);
    assert_eq!(baseline.len(), 2);
    let text = baseline.to_json().unwrap();
    let baseline = Baseline::parse(&text).unwrap();
    assert_eq!(baseline.to_json().unwrap(), text);
    let mut with = settings(Scope::All);
    with.baseline = Some(baseline);
    // A third equal one: the one on the changed line is the one nobody accepted.
    let mut grown = file("a.c", vec![copy("a.c", 3), copy("a.c", 5), copy("a.c", 11)]);
    grown.changed = ChangedLines::from_hunks([(3, 1, 0)]);
    let outcome = run(vec![grown], &with);
    let shown: Vec<String> = outcome.triaged.iter().map(show).collect();
    assert_eq!(shown, ["a.c:3 report!", "a.c:5 known", "a.c:11 known"]);
    let states: Vec<_> = outcome.triaged.iter().map(|one| one.state).collect();
    assert_eq!(
        states,
        [
            Some(BaselineState::New),
            Some(BaselineState::Unchanged),
            Some(BaselineState::Unchanged)
        ]
    );
    assert_eq!(outcome.absent, []);
}

#[test]
fn repaired_findings_are_absent_where_their_rule_ran() {
    let all = settings(Scope::All);
    let before = file("a.c", vec![copy("a.c", 3), copy("a.c", 9)]);
    let mut with = settings(Scope::New);
    with.baseline = Some(Baseline::of(&run(vec![before.clone()], &all).triaged));
    let absent = |file: FileFindings, settings: &Settings| run(vec![file], settings).absent.len();
    let mut repaired = file("a.c", vec![]);
    repaired.ran = before.ran.clone();
    assert_eq!(absent(repaired.clone(), &with), 2);
    let not_run = file("a.c", vec![]);
    assert_eq!(absent(not_run, &with), 0);
    let elsewhere = file("b.c", vec![]);
    assert_eq!(absent(elsewhere.clone(), &with), 0);
    with.whole_tree = true;
    assert_eq!(absent(elsewhere, &with), 2);
}

#[test]
fn the_baseline_follows_renames() {
    let all = settings(Scope::All);
    let before = file("old.c", vec![copy("old.c", 3)]);
    let mut with = settings(Scope::All);
    with.baseline = Some(Baseline::of(&run(vec![before.clone()], &all).triaged));
    let mut renamed = file("new.c", vec![copy("new.c", 3)]);
    renamed.base_path = Some(RepoPath::from("old.c"));
    assert_eq!(verdicts(vec![renamed.clone()], &with), ["new.c:3 known"]);
    // Later nothing tells of the rename, but the whole tree shows that the old file is gone.
    renamed.base_path = None;
    assert_eq!(verdicts(vec![renamed.clone()], &with), ["new.c:3 report!"]);
    with.whole_tree = true;
    assert_eq!(verdicts(vec![renamed.clone()], &with), ["new.c:3 known"]);
    assert_eq!(
        verdicts(vec![renamed, before], &with),
        ["new.c:3 report!", "old.c:3 known"]
    );
}

#[test]
fn a_baseline_of_another_version_or_shape_is_refused() {
    let refused = |text: &str| Baseline::parse(text).unwrap_err().to_string();
    assert!(refused("[]").contains("line 1"));
    assert!(refused("{\"version\": 2, \"fingerprints\": \"v1\", \"odd\": 1}").contains("format 2"));
    assert!(refused("{\"version\": 1, \"fingerprints\": \"v9\", \"findings\": []}").contains("v9"));
    let entry = r#"{"fingerprint":"abc:0","moved":"m","rule":"R","path":"a.c","line":1}"#;
    let text = format!("{{\"version\":1,\"fingerprints\":\"v1\",\"findings\":[{entry}]}}");
    assert!(refused(&text).contains("`abc:0`"));
    assert!(
        Baseline::parse("{\"version\":1,\"fingerprints\":\"v1\",\"findings\":[]}")
            .unwrap()
            .is_empty()
    );
}
