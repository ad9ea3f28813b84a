//! `check --fix`: what is written, what is not, and what is said of it.

use super::json;
use super::repository::{Repository, scrubin_in};

/// Two safe edits (C-STR-002) and two suggested ones (C-MEM-015, C-CTL-003).
const MIXED: &str = "#include <stdio.h>\n#include <string.h>\n\nvoid show(const char *name)\n{\n    printf(name);\n}\n\nvoid page(char *p, int n)\n{\n    char buf[8];\n    memset(buf, sizeof buf, 0);\n    if (n = 3) {\n        printf(p);\n    }\n}\n";
const SAFE: &str = "#include <stdio.h>\n#include <string.h>\n\nvoid show(const char *name)\n{\n    printf(\"%s\", name);\n}\n\nvoid page(char *p, int n)\n{\n    char buf[8];\n    memset(buf, sizeof buf, 0);\n    if (n = 3) {\n        printf(\"%s\", p);\n    }\n}\n";
const ALL: &str = "#include <stdio.h>\n#include <string.h>\n\nvoid show(const char *name)\n{\n    printf(\"%s\", name);\n}\n\nvoid page(char *p, int n)\n{\n    char buf[8];\n    memset(buf, 0, sizeof buf);\n    if (n == 3) {\n        printf(\"%s\", p);\n    }\n}\n";

fn staged(text: &str) -> Repository {
    let repository = Repository::new();
    repository.write("clean.c", super::GOOD);
    repository.commit("base");
    repository.write("src/a.c", text);
    repository.git(&["add", "src/a.c"]);
    repository
}

fn read(repository: &Repository, path: &str) -> String {
    std::fs::read_to_string(repository.path().join(path)).expect("the file")
}

fn statuses(report: &serde_json::Value) -> Vec<&str> {
    let fixes = report["fixes"].as_array().expect("fixes");
    fixes
        .iter()
        .filter_map(|fix| fix["status"].as_str())
        .collect()
}

#[test]
fn safe_edits_are_applied_and_suggested_ones_only_when_asked_for() {
    let repository = staged(MIXED);
    // A dry run prints what `git apply` takes, and writes nothing.
    let run = repository.scrubin(&["check", "--diff"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("--- a/src/a.c\n+++ b/src/a.c\n@@"),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("2 edits would be applied in 1 file"),
        "{}",
        run.stderr
    );
    assert_eq!(read(&repository, "src/a.c"), MIXED);
    let patch = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(patch.path(), &run.stdout).expect("a patch");
    let place = patch.path().to_str().expect("a plain name");
    repository.git(&["apply", "--check", place]);

    let run = repository.scrubin(&["check", "--fix", "--format", "json"]);
    assert_eq!(run.code, 1, "two findings remain: {}", run.stdout);
    assert_eq!(read(&repository, "src/a.c"), SAFE);
    let report = json(&run.stdout);
    assert_eq!(
        statuses(&report),
        ["applied", "offered", "offered", "applied"]
    );
    assert_eq!(report["counts"]["fixed"], 2);
    assert_eq!(report["counts"]["report"], 2);
    assert_eq!(report["fix_summary"]["counts"]["offered"], 2);
    assert!(
        run.stderr.contains("git add -p -- src/a.c"),
        "{}",
        run.stderr
    );
    // Nothing was staged, and saying it twice changes nothing.
    let index = repository.try_git(&["show", ":src/a.c"]).stdout;
    assert_eq!(index, MIXED);
    let run = repository.scrubin(&["check", "--fix", "--format", "json"]);
    assert_eq!(
        statuses(&json(&run.stdout)),
        ["settled", "offered", "offered", "settled"]
    );
    assert_eq!(read(&repository, "src/a.c"), SAFE);

    let run = repository.scrubin(&["check", "--fix-suggested"]);
    assert_eq!(run.code, 0, "nothing remains: {}", run.stdout);
    assert_eq!(read(&repository, "src/a.c"), ALL);
    repository.git(&["add", "src/a.c"]);
    assert_eq!(repository.scrubin(&["check"]).code, 0);
}

#[test]
fn the_work_tree_keeps_what_is_its_own() {
    let repository = staged(MIXED);
    // Lines above were added since, the file has the line ends of another system and no last one.
    let own = format!("/* mine */\n{MIXED}int last;").replace('\n', "\r\n");
    repository.write("src/a.c", &own);
    let run = repository.scrubin(&["check", "--fix"]);
    let expected = format!("/* mine */\n{SAFE}int last;").replace('\n', "\r\n");
    assert_eq!(read(&repository, "src/a.c"), expected, "{}", run.stdout);
    // Where the text itself is another one, it is not for us to say what belongs there.
    repository.write(
        "src/a.c",
        &MIXED.replace("printf(name)", "printf(name + 1)"),
    );
    let run = repository.scrubin(&["check", "--fix", "--format", "json"]);
    let report = json(&run.stdout);
    assert_eq!(
        statuses(&report),
        ["refused", "offered", "offered", "applied"]
    );
    let reason = report["fixes"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("other text there"), "{reason}");
}

#[test]
fn an_edit_that_would_not_hold_is_refused() {
    let repository = Repository::new();
    repository.write(
        "rules/own.yaml",
        "rules:\n- id: parse\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: bad($X)\n  fix: good($X\n  metadata: {fix-safety: safe}\n\
         - id: stays\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: old(...)\n  fix: old(1)\n  metadata: {fix-safety: safe}\n\
         - id: worse\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: tame($X)\n  fix: wild($X)\n  metadata: {fix-safety: safe}\n\
         - id: wild\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: wild(...)\n\
         - id: fine\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: twice($X)\n  fix: once($X)\n  metadata: {fix-safety: safe}\n",
    );
    let code = "void f(int a)\n{\n    bad(a);\n    old(a);\n    tame(a);\n    twice(twice(a));\n    twice(a /* why */);\n}\n";
    repository.write("a.c", code);
    repository.commit("all");
    let own = [
        "--rules",
        "rules/own.yaml",
        "--no-builtin-rules",
        "--format",
        "json",
    ];
    let run = repository.scrubin(&[&["check", "--all", "--fix"], &own[..]].concat());
    let expected = code.replace("twice(twice(a))", "once(once(a))");
    assert_eq!(read(&repository, "a.c"), expected, "{}", run.stdout);
    let report = json(&run.stdout);
    let reasons: Vec<(&str, &str, u64)> = report["fixes"]
        .as_array()
        .expect("fixes")
        .iter()
        .map(|fix| {
            let reason = fix["reason"].as_str().unwrap_or_default();
            let rule = fix["rule"].as_str().unwrap_or_default();
            (rule, reason, fix["round"].as_u64().unwrap_or_default())
        })
        .collect();
    let told = |rule: &str| {
        reasons
            .iter()
            .filter(|one| one.0 == rule)
            .collect::<Vec<_>>()
    };
    assert!(told("parse")[0].1.contains("parse"), "{reasons:?}");
    assert!(told("stays")[0].1.contains("still be there"), "{reasons:?}");
    assert!(
        told("worse")[0].1.contains("new finding of wild"),
        "{reasons:?}"
    );
    // The inner of two edits that overlap waits for its turn; a comment is not thrown away.
    let fine = told("fine");
    assert_eq!(fine.len(), 3);
    assert_eq!((fine[0].2, fine[1].2), (1, 2), "{reasons:?}");
    assert!(fine[2].1.contains("a comment"), "{reasons:?}");
    assert_eq!(run.code, 1);
}

#[cfg(unix)]
#[test]
fn links_and_other_commits_are_left_alone() {
    let repository = staged(MIXED);
    repository.commit("defects");
    let commit = repository
        .try_git(&["rev-parse", "HEAD"])
        .stdout
        .trim()
        .to_owned();
    repository.write("clean.c", "int x;\n");
    repository.commit("later");
    let range = format!("{commit}~1..{commit}");
    let run = repository.scrubin(&["check", "--range", &range, "--fix"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("git switch --detach"), "{}", run.stderr);
    let range = format!("{commit}~1..HEAD");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let away = elsewhere.path().join("a.c");
    std::fs::rename(repository.path().join("src/a.c"), &away).expect("moved");
    std::os::unix::fs::symlink(&away, repository.path().join("src/a.c")).expect("a link");
    let run = repository.scrubin(&["check", "--range", &range, "--fix", "--format", "json"]);
    let report = json(&run.stdout);
    assert!(
        statuses(&report).iter().all(|one| *one == "refused"),
        "{}",
        run.stdout
    );
    assert_eq!(std::fs::read_to_string(&away).expect("the file"), MIXED);
}

#[test]
fn what_goes_with_an_edit_is_repaired_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = "#include <string.h>\n\nint first(void)\n{\n    char b[8];\n\n    memset(b, sizeof b, 0);\n    return b[0];\n}\n";
    std::fs::write(folder.path().join("a.c"), code).expect("a file");
    let run = scrubin_in(
        folder.path(),
        &[
            "check",
            "--all",
            ".",
            "--precision",
            "medium",
            "--format",
            "json",
        ],
    );
    let before = json(&run.stdout)["counts"]["report"].as_u64();
    assert!(before > Some(1), "the swap and the read: {}", run.stdout);
    let arguments = [
        "check",
        "--all",
        ".",
        "--precision",
        "medium",
        "--fix-suggested",
        "--format",
        "json",
    ];
    let run = scrubin_in(folder.path(), &arguments);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["counts"]["fixed"].as_u64(), before);
    assert_eq!(report["fixes"].as_array().map(Vec::len), Some(1));
}

#[test]
fn plain_folders_are_repaired_as_well() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("a.c"), MIXED).expect("a file");
    let run = scrubin_in(folder.path(), &["check", "--all", ".", "--fix-suggested"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("a.c")).expect("it"),
        ALL
    );
    let run = scrubin_in(folder.path(), &["baseline", "write", "--fix"]);
    assert_eq!(run.code, 2);
}

/// Several edits of one line are there already: nothing is left to do, and nothing is blamed.
#[test]
fn edits_of_one_line_that_are_there_already_are_settled() {
    let line = "    printf(m); printf(m);";
    let repository = staged(&format!(
        "#include <stdio.h>\n\nvoid show(const char *m)\n{{\n{line}\n}}\n"
    ));
    let fix = || {
        json(
            &repository
                .scrubin(&["check", "--fix", "--format", "json"])
                .stdout,
        )
    };
    assert_eq!(statuses(&fix()), ["applied", "applied"]);
    assert_eq!(statuses(&fix()), ["settled", "settled"]);
}

/// The parser takes `name(value)` without a semicolon for the statement of a macro.
#[test]
fn an_edit_that_loses_the_end_of_its_statement_is_refused() {
    let repository = Repository::new();
    repository.write(
        "rules/own.yaml",
        "rules:\n- id: open\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: foo($X);\n  fix: bar($X)\n  metadata: {fix-safety: safe}\n\
         - id: swallows\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: old($X)\n  fix: 'new($X) // was old'\n  metadata: {fix-safety: safe}\n",
    );
    let code = "void f(int a)\n{\n    foo(a);\n    old(a);\n}\n";
    repository.write("a.c", code);
    repository.commit("all");
    let own = [
        "--rules",
        "rules/own.yaml",
        "--no-builtin-rules",
        "--format",
        "json",
    ];
    let run = repository.scrubin(&[&["check", "--all", "--fix"], &own[..]].concat());
    assert_eq!(read(&repository, "a.c"), code, "{}", run.stdout);
    assert_eq!(statuses(&json(&run.stdout)), ["refused", "refused"]);
}
