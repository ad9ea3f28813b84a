//! Reports of other tools in a review. The reports under `tests/import` are real ones of the code beside
//! them (cppcheck 2.22, clang-tidy 23, clippy 1.95); only the folder they were made in has another name.

use serde_json::Value;

use super::json;
use super::repository::Repository;

const CODE: &str = include_str!("../import/pump/src/pump.c");
const CRATE: &str = include_str!("../import/pump/crate/src/lib.rs");
const CPPCHECK: &str = include_str!("../import/pump/cppcheck.sarif");
const TIDY: &str = include_str!("../import/pump/tidy.yaml");
const CLIPPY: &str = include_str!("../import/pump/clippy.json");

/// The code with the reports on it, nothing of the latter under version control.
fn pump() -> Repository {
    let repository = Repository::new();
    repository.write(".gitignore", "*.sarif\n*.yaml\n*.json\n");
    repository.write("src/pump.c", CODE);
    repository.write("crate/src/lib.rs", CRATE);
    repository.commit("base");
    repository.write("cppcheck.sarif", CPPCHECK);
    repository.write("tidy.yaml", TIDY);
    repository.write("clippy.json", CLIPPY);
    repository
}

fn check(repository: &Repository, arguments: &[&str]) -> Value {
    let run = repository.scrubin(&[arguments, &["--format", "json"]].concat());
    assert!(run.code < 2, "{}{}", run.stdout, run.stderr);
    json(&run.stdout)
}

/// `RULE:LINE` of the findings of other tools.
fn imported(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter(|one| one["tool"].is_object())
        .map(|one| format!("{}:{}", one["rule"].as_str().unwrap(), one["line"]))
        .collect()
}

/// Every number of a summary adds up to the results.
fn adds_up(summary: &Value) {
    let names = [
        "findings",
        "found_by_us",
        "found_by_others",
        "repeated",
        "passed",
        "disabled",
        "no_place",
    ];
    let plain: u64 = names
        .iter()
        .filter_map(|name| summary[*name].as_u64())
        .sum();
    let places: u64 = ["not_reviewed", "not_here", "no_line"]
        .iter()
        .filter_map(|name| summary[*name]["count"].as_u64())
        .sum();
    assert_eq!(
        Some(plain + places),
        summary["results"].as_u64(),
        "{summary}"
    );
}

#[test]
fn results_join_the_findings_and_what_we_found_too_is_said_once() {
    let repository = pump();
    let report = check(
        &repository,
        &[
            "import",
            "--all",
            "--import-root",
            "/home/ci/pump",
            "cppcheck.sarif",
            "tidy.yaml",
            "clippy.json",
        ],
    );
    let imports = report["imports"].as_array().expect("imports");
    imports.iter().for_each(adds_up);
    let tools: Vec<(&str, &str)> = imports
        .iter()
        .map(|one| {
            (
                one["tool"].as_str().unwrap(),
                one["version"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        tools,
        [
            ("cppcheck", "2.22.0"),
            ("clang-tidy", ""),
            ("clippy", "1.95.0"),
            ("rustc", "1.95.0")
        ]
    );
    let found = imported(&report);
    for expected in [
        "cppcheck/uninitvar:36",
        "cppcheck/resourceLeak:64",
        "clippy/bad_bit_mask:11",
    ] {
        assert!(
            found.iter().any(|one| one == expected),
            "{expected}: {found:?}"
        );
    }
    // The element past the end: ours speaks, and names both tools.
    assert!(
        !found
            .iter()
            .any(|one| one.contains("arrayIndexOutOfBounds")),
        "{found:?}"
    );
    let findings = report["findings"].as_array().expect("findings");
    let ours = findings
        .iter()
        .find(|one| one["rule"] == "C-LEN-030")
        .expect("C-LEN-030");
    let told = ours["related"].to_string();
    assert!(
        told.contains("also reported by cppcheck 2.22.0 as arrayIndexOutOfBounds"),
        "{told}"
    );
    assert!(told.contains("also reported by clang-tidy"), "{told}");
    assert!(imports[0]["found_by_us"].as_u64() >= Some(2));
    assert!(imports[1]["found_by_others"].as_u64() >= Some(1));
}

#[test]
fn only_what_stands_on_changed_lines_or_is_not_in_the_base_is_new() {
    let repository = pump();
    let more = CODE.replace(
        "int rate_of(",
        "int unset(void)\n{\n    int x;\n    return x;\n}\n\nint rate_of(",
    );
    repository.write("src/pump.c", &more);
    repository.git(&["add", "src/pump.c"]);
    let at = |line: u64, rule: &str| {
        serde_json::json!({"ruleId": rule, "level": "error", "message": {"text": "m"}, "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": "src/pump.c"},
             "region": {"startLine": line, "startColumn": 5}}}]})
    };
    let log = |results: Vec<Value>| {
        let driver = serde_json::json!({"name": "Tool", "version": "1"});
        serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})
            .to_string()
    };
    // On a changed line, on an unchanged one, past the end, elsewhere, nowhere.
    let mut elsewhere = at(1, "far");
    elsewhere["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        "crate/src/lib.rs".into();
    let mut gone = at(1, "gone");
    gone["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        "file:///usr/include/stdio.h".into();
    let nowhere = serde_json::json!({"ruleId": "whole", "message": {"text": "m"}});
    let head = vec![
        at(24, "unset"),
        at(51, "copy"),
        at(900, "past"),
        elsewhere,
        gone,
        nowhere,
    ];
    repository.write("head.sarif", &log(head));
    let report = check(&repository, &["check", "--import", "head.sarif"]);
    assert_eq!(imported(&report), ["tool/unset:24"]);
    let summary = &report["imports"][0];
    adds_up(summary);
    assert_eq!(summary["findings"], 2);
    assert_eq!(summary["no_line"]["examples"][0], "src/pump.c:900");
    assert_eq!(summary["not_reviewed"]["examples"][0], "crate/src/lib.rs");
    assert_eq!(summary["not_here"]["examples"][0], "/usr/include/stdio.h");
    assert_eq!(summary["no_place"], 1);
    // The tool ran before the change as well, and said nothing of that line then.
    repository.write("base.sarif", &log(vec![]));
    let both = [
        "check",
        "--import",
        "head.sarif",
        "--import-base",
        "base.sarif",
    ];
    assert_eq!(
        imported(&check(&repository, &both)),
        ["tool/unset:24", "tool/copy:51"]
    );
    repository.write("base.sarif", &log(vec![at(45, "copy")]));
    assert_eq!(imported(&check(&repository, &both)), ["tool/unset:24"]);
}

#[test]
fn deviations_and_settings_reach_the_rules_of_other_tools() {
    let repository = pump();
    let code = CODE.replace(
        "        if (rates[i] < best) {",
        "        if (rates[i] < best) { // scrubin: allow(cppcheck/uninitvar, reason = \"count is never 0\")",
    );
    repository.write("src/pump.c", &code);
    repository.write(
        "scrubin.toml",
        "[import.cppcheck]\nseverity = \"info\"\nreason = \"a second look\"\nprecision = \"high\"\ndisable = [\"redundant*\"]\n\n[rules.\"cppcheck/resourceLeak\"]\nenabled = false\nreason = \"closed by the caller\"\n",
    );
    repository.commit("settings");
    let report = check(&repository, &["import", "--all", "cppcheck.sarif"]);
    let verdict = |rule: &str| {
        let findings = report["findings"].as_array().expect("findings");
        let one = findings.iter().find(|one| one["rule"] == rule);
        one.map(|one| (one["verdict"].clone(), one["severity"].clone()))
    };
    let (excused, _) = verdict("cppcheck/uninitvar").expect("it is listed");
    assert_eq!(excused, "deviated");
    assert_eq!(verdict("cppcheck/resourceLeak"), None);
    assert_eq!(verdict("cppcheck/redundantAssignment"), None);
    assert_eq!(report["imports"][0]["disabled"], 2);
    let (_, severity) = verdict("cppcheck/invalidPrintfArgType_s").expect("it is listed");
    assert_eq!(severity, "info");
    // Without the report nothing is said of the deviation: nobody looked.
    let report = check(&repository, &["check", "--all"]);
    assert!(!report.to_string().contains("X-DEV"), "{report}");
}

#[test]
fn a_report_that_cannot_be_read_is_named_with_its_place() {
    let repository = pump();
    for (name, text, told) in [
        ("cut.sarif", &CPPCHECK[..400], "line "),
        ("none.sarif", "", "it is empty"),
        (
            "other.json",
            "{\"vulnerabilities\": {}, \"lockfile\": {}}",
            "cargo audit --format sarif",
        ),
        (
            "wrong.sarif",
            "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": 4}]}",
            "/runs/0/tool/driver",
        ),
    ] {
        repository.write(name, text);
        let run = repository.scrubin(&["import", "--all", name]);
        assert_eq!(run.code, 2, "{name}: {}", run.stdout);
        assert!(
            run.stderr.contains(name) && run.stderr.contains(told),
            "{name}: {}",
            run.stderr
        );
    }
    let run = repository.scrubin(&["import", "missing.sarif"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("missing.sarif"), "{}", run.stderr);
    assert_eq!(
        repository
            .scrubin(&["check", "--import-base", "cppcheck.sarif"])
            .code,
        2
    );
}

/// SARIF of cppcheck with one result, and more in the run and in the result.
fn one_result(rule: &str, line: u32, of_run: &str, of_result: &str) -> String {
    format!(
        r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"cppcheck","version":"2.22.0","rules":[{{"id":"{rule}"}}]}}}},{of_run}
        "results":[{{"ruleId":"{rule}","level":"error","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{
        "artifactLocation":{{"uri":"src/pump.c"}},"region":{{"startLine":{line}}}}}}}]{of_result}}}]}}]}}"#
    )
}

#[test]
fn a_tool_that_did_not_finish_leaves_the_review_incomplete() {
    let repository = pump();
    let failed = "\"invocations\":[{\"executionSuccessful\":false,\"toolExecutionNotifications\":[{\"message\":{\"text\":\"out of memory\"}}]}],";
    let cut_messages = CLIPPY
        .rsplit_once("{\"reason\":\"build-finished\"")
        .expect("its end")
        .0;
    let cut_export = TIDY.trim_end().trim_end_matches("...");
    for (name, text, told) in [
        (
            "failed.sarif",
            one_result("uninitvar", 36, failed, ""),
            "out of memory",
        ),
        (
            "none.sarif",
            "{\"version\":\"2.1.0\",\"runs\":[]}".to_owned(),
            "no run of any tool",
        ),
        (
            "null.sarif",
            "{\"version\":\"2.1.0\",\"runs\":null}".to_owned(),
            "no run of any tool",
        ),
        (
            "cut.json",
            cut_messages.to_owned(),
            "`build-finished`, is missing",
        ),
        ("cut.yaml", cut_export.to_owned(), "ends early"),
    ] {
        repository.write(name, &text);
        let run = repository.scrubin(&["import", "--all", "--fail-on", "never", name]);
        assert_eq!(run.code, 2, "{name}: {}{}", run.stdout, run.stderr);
        assert!(
            format!("{}{}", run.stdout, run.stderr).contains(told),
            "{name}: {}{}",
            run.stdout,
            run.stderr
        );
    }
    // A lint that is denied fails the build, and is a finding.
    let run = repository.scrubin(&["import", "--all", "--fail-on", "never", "clippy.json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_severity_is_lowered_with_a_reason_alone_which_is_shown() {
    let repository = pump();
    repository.write("cppcheck.sarif", &one_result("uninitvar", 36, "", ""));
    let severity = |settings: &str, place: &str| {
        repository.write(place, settings);
        repository.commit("settings");
        let report = check(&repository, &["import", "--all", "cppcheck.sarif"]);
        let findings = report["findings"].as_array().expect("findings");
        let one = findings
            .iter()
            .find(|one| one["rule"] == "cppcheck/uninitvar")
            .expect("it is listed");
        (one["severity"].as_str().unwrap().to_owned(), report)
    };
    let (kept, report) = severity("[import.cppcheck]\nseverity = \"info\"\n", "scrubin.toml");
    assert_eq!(kept, "error");
    assert_eq!(report["imports"][0]["unreasoned"], 1);
    let reasoned =
        "[rules.\"cppcheck/uninitvar\"]\nseverity = \"warning\"\nreason = \"set by the loader\"\n";
    let (lowered, report) = severity(reasoned, "scrubin.toml");
    assert_eq!(lowered, "warning");
    assert!(
        report["profile"].to_string().contains("set by the loader"),
        "{report}"
    );
    // The nearest file counts, as for ours.
    let (nearest, _) = severity(&reasoned.replace("warning", "info"), "src/scrubin.toml");
    assert_eq!(nearest, "info");
}

#[test]
fn at_level_high_a_suppression_for_another_tool_excuses_no_error() {
    let repository = pump();
    let suppressed = ",\"suppressions\":[{\"kind\":\"inSource\"}]";
    repository.write(
        "cppcheck.sarif",
        &one_result("uninitvar", 36, "", suppressed),
    );
    let verdict = |repository: &Repository| {
        let report = check(repository, &["import", "--all", "cppcheck.sarif"]);
        let findings = report["findings"].as_array().expect("findings");
        let one = findings
            .iter()
            .find(|one| one["rule"] == "cppcheck/uninitvar")
            .expect("it is listed");
        (one["verdict"].as_str().unwrap().to_owned(), report)
    };
    assert_eq!(verdict(&repository).0, "deviated");
    repository.write("scrubin.toml", "[profile]\n");
    repository.commit("a profile of level high, for nobody answered");
    let (stays, report) = verdict(&repository);
    assert_eq!(stays, "report");
    assert_eq!(report["imports"][0]["unexcused"], 1);
}
