//! Rules: the built-in ones, and those of the project.

use super::repository::{Repository, scrubin, scrubin_in};
use super::{GOOD, json};

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
fn a_taint_rule_of_the_user_reports_the_way_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "rules:\n  - id: acme.length\n    mode: taint\n    languages: [c]\n    severity: ERROR\n    \
                message: $N is a received length\n    pattern-sources:\n      - pattern: get_len(...)\n    \
                pattern-sinks:\n      - patterns:\n          - pattern: fill($TO, $N)\n          - focus-metavariable: $N\n";
    std::fs::write(folder.path().join("r.yaml"), rule).unwrap();
    let code =
        "void f(char *to)\n{\n    int len = get_len();\n    fill(to, 3);\n    fill(to, len);\n}\n";
    std::fs::write(folder.path().join("a.c"), code).unwrap();
    let run = |format: &str| {
        let arguments = [
            "check",
            "--all",
            "--no-builtin-rules",
            "--rules",
            "r.yaml",
            "--format",
            format,
            "a.c",
        ];
        let run = scrubin_in(folder.path(), &arguments);
        assert_eq!(run.code, 1, "{}", run.stderr);
        run.stdout
    };
    let report = json(&run("json"));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0]["message"], "len is a received length");
    assert_eq!(findings[0]["trace"].as_array().unwrap().len(), 3);
    let sarif = json(&run("sarif"));
    let flows = &sarif["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0];
    assert_eq!(flows["locations"].as_array().unwrap().len(), 3);
    for format in ["terminal", "markdown"] {
        let text = run(format);
        assert!(text.contains("comes from this source"), "{text}");
    }
}

#[test]
fn a_fix_that_names_what_no_pattern_binds_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "rules:\n  - id: mine\n    languages: [c]\n    severity: ERROR\n    message: m\n    pattern: f($X)\n    fix: g($X, $LEN)\n";
    std::fs::write(folder.path().join("r.yaml"), rule).unwrap();
    std::fs::write(folder.path().join("a.c"), GOOD).unwrap();
    let arguments = ["check", "--all", "--rules", "r.yaml", "a.c"];
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(run.code, 2);
    for part in ["r.yaml:7", "`fix`", "`$LEN`"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

const NO_RAND: &str = "rules:\n  - id: no-rand\n    languages: [c]\n    severity: ERROR\n    message: no rand\n    pattern: rand()\n";

#[test]
fn the_staged_rules_of_the_project_judge_the_staged_change() {
    let repository = Repository::new();
    repository.write("scrubin.toml", "rule-folders = [\"./rules/\"]\n");
    repository.write("rules/no-rand.yaml", NO_RAND);
    repository.write("rules/no-rand.test.yaml", "not: a rule\n");
    repository.write("a.c", GOOD);
    repository.commit("base");
    repository.write("a.c", "int f(void)\n{\n    return rand();\n}\n");
    repository.git(&["add", "a.c"]);
    // The work tree says something else, and is not asked.
    repository.write("rules/no-rand.yaml", &NO_RAND.replace("rand()", "other()"));
    let run = repository.scrubin(&["check"]);
    assert!(
        run.stdout.contains("no-rand"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    repository.git(&["add", "rules"]);
    let run = repository.scrubin(&["check"]);
    assert!(!run.stdout.contains("no-rand"), "{}", run.stdout);
    repository.write("rules/no-rand.yaml", "rules: 3\n");
    repository.commit("a broken rule");
    let run = repository.scrubin(&["check", "--range", "HEAD~1..HEAD"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("rules/no-rand.yaml"), "{}", run.stderr);
    // Outside a repository there is nothing but the disk.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rules")).unwrap();
    std::fs::write(folder.path().join("rules/r.yaml"), NO_RAND).unwrap();
    std::fs::write(
        folder.path().join("scrubin.toml"),
        "rule-folders = [\"rules\"]\n",
    )
    .unwrap();
    std::fs::write(
        folder.path().join("a.c"),
        "int f(void) { return rand(); }\n",
    )
    .unwrap();
    let run = scrubin_in(folder.path(), &["check", "--all"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("no-rand"), "{}", run.stdout);
}

#[test]
fn selftest_counts_its_cases_and_names_an_added_rule_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let example = |code: &str| {
        format!(
            "{NO_RAND}    metadata:\n      examples:\n        - bad: |\n            int x = {code}; // ruleid: no-rand\n"
        )
    };
    let rule = folder.path().join("r.yaml");
    std::fs::write(&rule, example("rand()")).unwrap();
    let arguments = ["selftest", "--rules", "r.yaml", "--format", "json"];
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run.stdout);
    assert_eq!(report["scrubin"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["totals"]["rule"]["failed"], 0);
    assert!(report["ruleset-digest"].as_str().unwrap().len() >= 12);
    assert!(report["cases"].as_u64().unwrap() > 200);
    std::fs::write(&rule, example("4")).unwrap();
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stderr.contains("no-rand"), "{}", run.stderr);
    assert_eq!(json(&run.stdout)["failures"][0]["rule"], "no-rand");
    std::fs::write(&rule, "rules: [").unwrap();
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("r.yaml"), "{}", run.stderr);
}
