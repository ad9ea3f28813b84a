//! What a review reports, and with which exit code.

use super::repository::{Repository, Run, scrubin_in};
use super::{BAD, GOOD, json};

#[test]
fn a_staged_defect_is_reported_with_path_line_and_rule() {
    let repository = Repository::new();
    repository.write("src/clean.c", GOOD);
    repository.commit("base");
    repository.write("src/ble.c", BAD);
    repository.git(&["add", "src/ble.c"]);
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("src/ble.c:6"), "{}", run.stdout);
    assert!(run.stdout.contains("C-STR-001"), "{}", run.stdout);
    assert!(
        !run.stdout.contains('\u{1b}'),
        "no colour without a terminal"
    );
}

#[test]
fn the_staged_text_counts_not_the_work_tree() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    repository.write("a.c", BAD);
    repository.git(&["add", "a.c"]);
    repository.write("a.c", GOOD);
    assert_eq!(repository.scrubin(&["check"]).code, 1);
    repository.git(&["add", "a.c"]);
    repository.write("a.c", BAD);
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("0 files reviewed"), "{}", run.stdout);
}

#[test]
fn old_findings_are_counted_not_shown_and_new_ones_block() {
    let repository = Repository::new();
    repository.write("a.c", BAD);
    repository.commit("base");
    repository.write("a.c", &format!("/* moved */\n{BAD}"));
    repository.git(&["add", "a.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["counts"]["report"], 0);
    // What a staged change cannot reach is not read; whoever asks for whole files gets it counted.
    assert_eq!(report["counts"]["outside-change"], 0);
    assert_eq!(report["functions"]["unreached"], 1);
    let run = repository.scrubin(&["check", "--scope", "file", "--format", "json"]);
    let report = json(&run.stdout);
    assert_eq!(report["counts"]["report"], 1, "{}", run.stdout);
    assert!(report["functions"]["unreached"].is_null());
    repository.write(
        "a.c",
        &format!("{BAD}{}", BAD.replace("on_frame", "on_second")),
    );
    repository.git(&["add", "a.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 1);
    assert_eq!(json(&run.stdout)["counts"]["report"], 1);
}

#[test]
fn a_copy_of_what_stays_unread_is_new() {
    let repository = Repository::new();
    let other = "int other(int n)\n{\n    int twice = 2 * n;\n    return twice;\n}\n";
    repository.write("a.c", &format!("{BAD}{other}"));
    repository.write("b.c", GOOD);
    repository.commit("base");
    // Lines go in a.c, and the unsafe function is copied from there under its name.
    let shorter = "int other(int n)\n{\n    return 2 * n;\n}\n";
    repository.write("a.c", &format!("{BAD}{shorter}"));
    repository.write("b.c", BAD);
    repository.git(&["add", "a.c", "b.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    let report = json(&run.stdout);
    assert_eq!(report["functions"]["unreached"], 1, "{}", run.stdout);
    assert_eq!(report["findings"][0]["path"], "b.c");
    assert_eq!(run.code, 1);
}

#[test]
fn ranges_and_bases_review_commits() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    repository.write("b.c", BAD);
    repository.commit("unsafe");
    for arguments in [
        ["check", "--range", "HEAD~1..HEAD"],
        ["check", "--base", "HEAD~1"],
    ] {
        let run = repository.scrubin(&arguments);
        assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("b.c:6"));
    }
    assert_eq!(
        repository.scrubin(&["check", "--range", "HEAD..HEAD"]).code,
        0
    );
}

#[test]
fn outside_a_repository_only_all_works() {
    let folder = tempfile::tempdir().unwrap();
    let run = scrubin_in(folder.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("repository"), "{}", run.stderr);
    let run = scrubin_in(folder.path(), &["check", "--all"]);
    assert_eq!(run.code, 2, "an empty set of files");
    std::fs::write(folder.path().join("a.c"), BAD).unwrap();
    let run = scrubin_in(folder.path(), &["check", "--all", "--format", "sarif"]);
    assert_eq!(run.code, 1);
    let sarif = json(&run.stdout);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "C-STR-001");
    assert!(result["partialFingerprints"].is_object());
    // Nothing to compare with: not new, not unchanged.
    assert!(result.get("baselineState").is_none(), "{result}");
    let run = scrubin_in(folder.path(), &["check", "--all", "--format", "json"]);
    assert!(json(&run.stdout)["findings"][0]["state"].is_null());
}

#[test]
fn a_reasoned_deviation_excuses_and_one_without_reason_does_not() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let allowed = BAD.replace(
        "    strcpy",
        "    // scrubin: allow(C-STR-001, reason = \"name is a constant of the caller\")\n    strcpy",
    );
    repository.write("b.c", &allowed);
    repository.git(&["add", "b.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(json(&run.stdout)["counts"]["deviated"], 1);
    repository.write(
        "b.c",
        &allowed.replace(", reason = \"name is a constant of the caller\"", ""),
    );
    repository.git(&["add", "b.c"]);
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("X-DEV-001"), "{}", run.stdout);
}

#[test]
fn a_baseline_makes_old_findings_known() {
    let repository = Repository::new();
    repository.write("a.c", BAD);
    repository.commit("base");
    assert_eq!(repository.scrubin(&["check", "--all"]).code, 1);
    assert_eq!(repository.scrubin(&["baseline", "write"]).code, 0);
    let run = repository.scrubin(&["check", "--all", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["counts"]["known"], 1);
    assert_eq!(report["findings"][0]["state"], "unchanged");
}

#[test]
fn same_input_same_bytes_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..40 {
        let text = BAD.replace("on_frame", &format!("on_frame_{number}"));
        std::fs::write(folder.path().join(format!("f{number}.c")), text).unwrap();
    }
    let one = scrubin_in(
        folder.path(),
        &["check", "--all", "--format", "json", "--jobs", "1"],
    );
    let many = scrubin_in(
        folder.path(),
        &["check", "--all", "--format", "json", "--jobs", "4"],
    );
    assert_eq!(one.code, 1);
    assert_eq!(one.stdout, many.stdout);
}

#[test]
fn the_demo_finds_something_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = scrubin_in(folder.path(), &["demo"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("error[C-"), "{}", run.stdout);
    assert!(run.stdout.contains("error[R-"), "{}", run.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// A function that the parser reads only if it knows that `WHEN_IDLE` vanishes.
const VANISHING: &str =
    "#include \"idle.h\"\nint poll(int n)\n{\n    int k = n WHEN_IDLE;\n    return k;\n}\n";

fn analysed(run: &Run) -> (u64, u64) {
    let report = json(&run.stdout);
    let functions = &report["stats"]["functions"];
    (
        functions["analysed"].as_u64().unwrap(),
        functions["total"].as_u64().unwrap(),
    )
}

#[test]
fn macros_of_staged_headers_help_and_those_of_the_work_tree_do_not() {
    let repository = Repository::new();
    repository.write("lib/include/idle.h", "#define WHEN_IDLE\n");
    repository.commit("base");
    repository.write("app/poll.c", VANISHING);
    repository.git(&["add", "app/poll.c"]);
    let run = repository.scrubin(&["check", "--format", "json", "--stats"]);
    assert_eq!(analysed(&run), (1, 1), "{}", run.stdout);
    // What is not staged tells nothing.
    repository.write("lib/include/idle.h", "#define OTHER\n");
    let run = repository.scrubin(&["check", "--format", "json", "--stats"]);
    assert_eq!(analysed(&run), (1, 1), "{}", run.stdout);
    repository.git(&["add", "lib/include/idle.h"]);
    let run = repository.scrubin(&["check", "--format", "json", "--stats"]);
    assert_eq!(analysed(&run), (0, 1), "{}", run.stdout);
    repository.commit("head");
    let run = repository.scrubin(&[
        "check",
        "--range",
        "HEAD~1..HEAD",
        "--format",
        "json",
        "--stats",
    ]);
    assert_eq!(analysed(&run), (0, 1), "{}", run.stdout);
}

#[test]
fn rules_about_something_missing_are_withheld_in_a_function_with_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let whole =
        "#include <stdlib.h>\nvoid f(void)\n{\n    char *p = malloc(8);\n    p[0] = 1;\n}\n";
    std::fs::write(folder.path().join("a.c"), whole).unwrap();
    let arguments = ["check", "--all", "--format", "json", "--only", "C-MEM-008"];
    let only = |run: &Run| json(&run.stdout)["findings"].as_array().unwrap().len();
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(only(&run), 1, "{}", run.stdout);
    let gap = whole.replace("    p[0]", "    int x = = 3;\n    p[0]");
    std::fs::write(folder.path().join("a.c"), gap).unwrap();
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(only(&run), 0, "{}", run.stdout);
    assert!(run.stdout.contains("withheld 1 finding"), "{}", run.stdout);
    assert!(run.stdout.contains("a.c:"), "{}", run.stdout);
    // A rule of the user speaks, unless it says that it argues from absence.
    let rule = "rules:\n  - id: mine\n    languages: [c]\n    severity: ERROR\n    message: m\n    pattern: malloc($N)\n";
    let marked = format!("{rule}    metadata: {{argues-from-absence: true}}\n");
    for (text, expected) in [(rule, 1), (marked.as_str(), 0)] {
        std::fs::write(folder.path().join("r.yaml"), text).unwrap();
        let run = scrubin_in(
            folder.path(),
            &[
                "check", "--all", "--format", "json", "--rules", "r.yaml", "--only", "mine",
            ],
        );
        assert_eq!(only(&run), expected, "{}", run.stdout);
    }
}

#[test]
fn a_comparison_that_the_change_takes_away_is_reported_for_the_change_alone() {
    let repository = Repository::new();
    let guard = "    if (size > sizeof out) {\n        return;\n    }\n";
    let code = |guard: &str, note: &str| {
        format!(
            "static unsigned char out[64];\n\nvoid put(const void *from, unsigned long size)\n{{\n{guard}    \
             memcpy(out, from, size);{note}\n}}\n"
        )
    };
    repository.write("put.c", &code(guard, ""));
    repository.commit("a guard");
    repository.write("put.c", &code("", ""));
    repository.git(&["add", "--all"]);
    let arguments = [
        "check",
        "--precision",
        "medium",
        "--only",
        "guard-removed",
        "--format",
        "json",
    ];
    let run = repository.scrubin(&arguments);
    let report = json(&run.stdout);
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{}", run.stdout);
    assert_eq!(findings[0]["rule"], "C-LEN-040");
    assert_eq!(findings[0]["line"], 5);
    assert_eq!(run.code, 1);
    // There is no change in a whole tree, so nothing is found, and an excuse is not stale either.
    let excuse = " // scrubin: allow(guard-removed, reason = \"callers test it\")";
    repository.write("put.c", &code("", excuse));
    repository.commit("without");
    let whole: Vec<&str> = arguments.into_iter().chain(["--all"]).collect();
    let run = repository.scrubin(&whole);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(json(&run.stdout)["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_moved_defect_is_not_new_though_the_base_runs_few_rules() {
    let repository = Repository::new();
    repository.write("a.c", &format!("{BAD}{GOOD}"));
    repository.write("b.c", GOOD);
    repository.commit("base");
    repository.write("a.c", GOOD);
    repository.write("b.c", &format!("{BAD}{GOOD}"));
    repository.git(&["add", "a.c", "b.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert_eq!(json(&run.stdout)["counts"]["outside-change"], 1);
}
