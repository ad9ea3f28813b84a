//! The real binary on real repositories: few tests, each one of the promises a user relies on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "e2e/repository.rs"]
mod repository;

use repository::{Repository, scrubin, scrubin_in};

const BAD: &str = "#include <string.h>\n\nvoid on_frame(const char *name)\n{\n    char tag[8];\n    strcpy(tag, name);\n    use(tag);\n}\n";
const GOOD: &str = "int clamp(int v)\n{\n    return v < 0 ? 0 : v;\n}\n";

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("the report is JSON")
}

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
    assert_eq!(report["counts"]["outside-change"], 1);
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
fn an_installed_hook_stops_the_commit_and_a_repair_lets_it_pass() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let run = repository.scrubin(&["hook", "install"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(repository.scrubin(&["hook", "status"]).code, 0);
    repository.write("a.c", BAD);
    let commit = repository.try_git(&["commit", "-a", "-m", "unsafe"]);
    assert_ne!(commit.code, 0);
    assert!(commit.stderr.contains("C-STR-001"), "{}", commit.stderr);
    repository.write("a.c", "int clamp(int v)\n{\n    return v;\n}\n");
    let commit = repository.try_git(&["commit", "-a", "-m", "safe"]);
    assert_eq!(commit.code, 0, "{}", commit.stderr);
    let run = repository.scrubin(&["hook", "uninstall"]);
    assert_eq!(run.code, 0);
    assert_eq!(repository.scrubin(&["hook", "status"]).code, 1);
}

#[test]
fn a_foreign_hook_is_never_overwritten() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let hook = repository.path().join(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho mine\n").unwrap();
    let run = repository.scrubin(&["hook", "install"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("scrubin hook pre-commit"),
        "{}",
        run.stderr
    );
    assert_eq!(
        std::fs::read_to_string(&hook).unwrap(),
        "#!/bin/sh\necho mine\n"
    );
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
fn what_is_wrong_is_named_and_gives_code_two() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let cases: [(&[&str], &str); 6] = [
        (&["check", "--all", "nowhere.c"], "nowhere.c"),
        (&["check", "--only", "C-NOT-999"], "C-NOT-999"),
        (&["check", "--range", "nosuch..HEAD"], "nosuch"),
        (&["check", "--config", "missing.toml"], "missing.toml"),
        (&["check", "--rules", "missing.yaml"], "missing.yaml"),
        (&["explain", "C-NOT-999"], "C-NOT-999"),
    ];
    for (arguments, named) in cases {
        let run = repository.scrubin(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(
            run.stderr.starts_with("error:"),
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(run.stderr.contains(named), "{arguments:?}: {}", run.stderr);
    }
    repository.write("broken.toml", "[check]\nprecison = \"high\"\n");
    let run = repository.scrubin(&["check", "--config", "broken.toml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("broken.toml:2"), "{}", run.stderr);
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
}

#[test]
fn a_changed_file_that_cannot_be_analysed_makes_the_review_fail() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    std::fs::write(repository.path().join("nul.c"), b"int a;\0int b;\n").unwrap();
    repository.write("b.c", BAD);
    repository.git(&["add", "nul.c", "b.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["gaps"][0]["path"], "nul.c");
    assert_eq!(
        report["counts"]["report"], 1,
        "findings are printed as well"
    );
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
    assert_eq!(json(&run.stdout)["counts"]["known"], 1);
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

#[test]
fn every_example_of_every_built_in_rule_holds() {
    let run = scrubin(&["rules", "test"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

#[test]
fn the_list_of_rules_has_all_that_the_contract_names() {
    let run = scrubin(&["rules", "list", "--format", "json"]);
    let list = json(&run.stdout);
    let rules = list["rules"].as_array().unwrap();
    assert!(rules.len() >= 70, "{}", rules.len());
    for rule in rules {
        for key in [
            "id",
            "slug",
            "languages",
            "severity",
            "precision",
            "status",
            "cwe",
            "why",
            "how-to-fix",
            "lesson",
            "examples",
        ] {
            assert!(!rule[key].is_null(), "{} lacks {key}", rule["id"]);
        }
    }
}

#[test]
fn a_rule_file_with_an_unknown_key_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "rules:\n  - id: mine\n    languages: [c]\n    severity: ERROR\n    message: m\n    patern: f($X)\n";
    std::fs::write(folder.path().join("r.yaml"), rule).unwrap();
    std::fs::write(folder.path().join("a.c"), GOOD).unwrap();
    let run = scrubin_in(
        folder.path(),
        &["check", "--all", "--rules", "r.yaml", "a.c"],
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("r.yaml:6"), "{}", run.stderr);
    assert!(run.stderr.contains("patern"), "{}", run.stderr);
    let taint = rule.replace(
        "    patern: f($X)\n",
        "    mode: taint\n    pattern: f($X)\n",
    );
    std::fs::write(folder.path().join("r.yaml"), taint).unwrap();
    let run = scrubin_in(
        folder.path(),
        &["check", "--all", "--rules", "r.yaml", "a.c"],
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("taint"), "{}", run.stderr);
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
fn adversarial_files_end_in_a_counted_gap_or_a_clean_report() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!(
        "int f(void) {{ return {}1{}; }}\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    std::fs::write(folder.path().join("deep.c"), deep).unwrap();
    std::fs::write(folder.path().join("long.c"), "a".repeat(5 << 20)).unwrap();
    std::fs::write(folder.path().join("latin.c"), b"/* \xe9 */ int a;\n").unwrap();
    std::fs::write(folder.path().join("nul.c"), b"int a;\0\n").unwrap();
    let run = scrubin_in(folder.path(), &["check", "--all", "--format", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run.stdout);
    let gaps: Vec<&str> = report["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["path"].as_str().unwrap())
        .collect();
    assert!(
        gaps.contains(&"long.c") && gaps.contains(&"nul.c") && gaps.contains(&"deep.c"),
        "{gaps:?}"
    );
    assert!(!gaps.contains(&"latin.c"));
}
