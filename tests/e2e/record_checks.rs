//! What a record must not pass over: a weaker review, a log that was emptied, a write that was cut short.

use super::repository::{Repository, Run};
use super::{BAD, GOOD, json};

const KEY: [(&str, &str); 1] = [("SCRUBIN_RECORD_KEY", ".git/gate")];

/// A repository with a key, a safe base and an unsafe change.
fn recorded(config: &str) -> Repository {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.write("scrubin.toml", config);
    repository.commit("base");
    repository.git(&["tag", "v1"]);
    repository.write("src/b.c", BAD);
    repository.commit("unsafe");
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    repository
}

fn record(repository: &Repository, arguments: &[&str]) -> Run {
    let mut all = vec!["check", "--base", "v1", "--record", ".git/log"];
    all.extend(arguments);
    repository.scrubin_with(&all, &KEY)
}

fn verify(repository: &Repository, arguments: &[&str]) -> Run {
    let mut all = vec!["record", "verify", ".git/log"];
    all.extend(arguments);
    repository.scrubin_with(&all, &KEY)
}

#[test]
fn a_review_that_arguments_made_weaker_says_so() {
    let repository = recorded("[check]\nprecision = \"medium\"\nscope = \"file\"\n");
    assert_eq!(record(&repository, &[]).code, 1);
    assert_eq!(
        verify(&repository, &[]).stdout,
        ".git/log: 1 records, 0 problems\n"
    );
    repository.write(
        ".git/lax.toml",
        "[rules.C-STR-001]\nseverity = \"warning\"\nreason = \"no time\"\n[check]\nprecision = \"medium\"\nscope = \"file\"\n",
    );
    assert_eq!(record(&repository, &["--precision", "high"]).code, 1);
    assert_eq!(record(&repository, &["--scope", "added"]).code, 1);
    let lax = record(&repository, &["--config", ".git/lax.toml"]);
    assert_eq!(lax.code, 0, "{}{}", lax.stdout, lax.stderr);
    // What shows more is not weaker.
    record(&repository, &["--precision", "low", "--scope", "all"]);
    let run = verify(&repository, &[]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!((run.code, lines.len()), (0, 4), "{}", run.stdout);
    for (line, part) in [
        (0, "`check.precision`: medium to high"),
        (1, "`check.scope`: file to added"),
        (
            2,
            "the configuration is `.git/lax.toml`, where the repository's own is `scrubin.toml`",
        ),
        (2, "1 rule is off or of a lower severity"),
    ] {
        let told = lines[line];
        assert!(
            told.contains("is weaker than the repository's configuration") && told.contains(part),
            "{told}"
        );
    }
    let run = verify(&repository, &["--format", "json"]);
    let weaker = json(&run.stdout)["logs"][0]["weaker"].clone();
    assert_eq!(weaker.as_array().unwrap().len(), 3);
    assert_eq!(weaker[2]["line"], 4);
    let mut show = vec![
        "record", "show", ".git/log", "--id", "4", "--format", "json",
    ];
    show.extend(["--signers", ".git/gate.pub"]);
    let shown = json(&repository.scrubin(&show).stdout)["records"][0].clone();
    assert_eq!(shown["configuration"]["origin"], "argument");
    assert_eq!(shown["configuration"]["path"], ".git/lax.toml");
    assert_eq!(shown["configuration"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(shown["findings"][0]["column"], 5);
}

#[test]
fn rules_of_the_project_may_have_codes_like_those_of_the_program() {
    let repository = recorded("rule-folders = [\"own\"]\n");
    repository.write(
        "own/r.yaml",
        "rules:\n  - id: C-PUMP-001\n    languages: [c]\n    severity: ERROR\n    message: \"no `goto`\"\n    pattern: goto $X;\n",
    );
    repository.commit("own");
    record(&repository, &[]);
    let run = verify(&repository, &[]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let mut show = vec!["record", "show", ".git/log", "--format", "json"];
    show.extend(["--signers", ".git/gate.pub"]);
    let shown = json(&repository.scrubin(&show).stdout)["records"][0].clone();
    assert_eq!(shown["ruleset"]["own"], serde_json::json!(["C-PUMP-001"]));
    assert_eq!(shown["ruleset"]["id"], "built-in and own");
}

#[test]
fn an_emptied_log_does_not_hold() {
    let repository = recorded("");
    record(&repository, &[]);
    repository.write(".git/log", "");
    let run = verify(&repository, &[]);
    assert!(
        run.code == 1 && run.stdout.contains(".git/log:1: the log is empty"),
        "{}",
        run.stdout
    );
    assert_eq!(verify(&repository, &["--range", "v1..HEAD"]).code, 1);
}

#[test]
fn a_write_that_was_cut_short_is_undone_and_said() {
    let repository = recorded("");
    record(&repository, &[]);
    let log = repository.path().join(".git/log");
    let lock = repository.path().join(".git/log.lock");
    let whole = std::fs::read_to_string(&log).unwrap();
    let kept = whole.find('\n').unwrap() + 1;
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), "");
    // As a crash in the middle of the next record leaves it.
    let undo = serde_json::json!({"kept": kept, "replaced": &whole[kept..]});
    let cut = format!("{}{}", &whole[..kept], &whole[..700]);
    std::fs::write(&lock, undo.to_string()).unwrap();
    std::fs::write(&log, &cut).unwrap();
    let run = verify(&repository, &[]);
    assert!(
        run.code == 1 && run.stderr.contains("cut short"),
        "{}",
        run.stderr
    );
    let run = record(&repository, &[]);
    assert!(
        run.code == 1 && run.stderr.contains("it was put back to its 1 records"),
        "{}",
        run.stderr
    );
    let now = std::fs::read_to_string(&log).unwrap();
    assert!(now.starts_with(&whole[..kept]));
    let run = verify(&repository, &[]);
    assert_eq!(run.stdout, ".git/log: 2 records, 0 problems\n");
    assert_eq!(run.stderr, "");
    // All of it was written, and only the note of it was left.
    std::fs::write(&lock, undo.to_string()).unwrap();
    let run = record(&repository, &[]);
    assert_eq!(
        (run.code, run.stderr.contains("cut short")),
        (1, false),
        "{}",
        run.stderr
    );
    // The very first record.
    std::fs::write(&lock, "{\"kept\":0,\"replaced\":\"\"}").unwrap();
    std::fs::write(&log, &whole[..700]).unwrap();
    assert_eq!(record(&repository, &[]).code, 1);
    assert_eq!(
        verify(&repository, &[]).stdout,
        ".git/log: 1 records, 0 problems\n"
    );
    // Without a note it was no write of ours.
    std::fs::write(&log, &cut).unwrap();
    let run = record(&repository, &[]);
    assert!(
        run.code == 2 && run.stderr.contains("not whole"),
        "{}",
        run.stderr
    );
    // Nor with one that does not fit what is left.
    std::fs::write(&log, &whole[..700]).unwrap();
    std::fs::write(&lock, undo.to_string()).unwrap();
    let run = record(&repository, &[]);
    assert!(
        run.code == 2 && run.stderr.contains("is gone"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_key_that_is_for_something_else_signs_no_record() {
    let repository = recorded("");
    record(&repository, &[]);
    let public = std::fs::read_to_string(repository.path().join(".git/gate.pub")).unwrap();
    let verify_with = |line: &str| {
        repository.write(".git/signers", line);
        verify(&repository, &["--signers", ".git/signers"])
    };
    assert_eq!(
        verify_with(&format!("gate namespaces=\"scrubin\" {public}")).code,
        0
    );
    let run = verify_with(&format!("gate namespaces=\"git\" {public}"));
    assert!(
        run.code == 1 && run.stdout.contains("not for records"),
        "{}",
        run.stdout
    );
    let run = verify_with(&format!("gate valid-before=\"20200101Z\" {public}"));
    assert!(
        run.code == 1 && run.stdout.contains("held until 2020-01-01"),
        "{}",
        run.stdout
    );
    let run = verify_with(&format!("# all\ngate cert-authority {public}"));
    assert!(
        run.code == 2 && run.stderr.contains(".git/signers") && run.stderr.contains("line 2"),
        "{}",
        run.stderr
    );
}
