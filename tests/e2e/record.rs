//! Signed records: left by a gate run, verified, and missed where there are none.

use super::repository::{Repository, Run};
use super::{BAD, GOOD, json};

/// A repository with a key and three commits: a safe base, an unsafe change, its repair.
fn recorded() -> Repository {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.commit("base");
    repository.git(&["tag", "v1"]);
    repository.write("src/b.c", BAD);
    repository.commit("unsafe");
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    repository
}

fn with_key(repository: &Repository, arguments: &[&str]) -> Run {
    repository.scrubin_with(arguments, &[("SCRUBIN_RECORD_KEY", ".git/gate")])
}

#[test]
fn a_gate_run_leaves_a_record_that_holds_until_a_byte_changes() {
    let repository = recorded();
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    repository.git(&["rm", "-q", "src/b.c"]);
    repository.commit("repaired");
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);

    let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, ".git/log.jsonl: 2 records, 0 problems\n")
    );
    let run = with_key(
        &repository,
        &[
            "record",
            "show",
            ".git/log.jsonl",
            "--all",
            "--format",
            "json",
        ],
    );
    let records = json(&run.stdout)["records"].clone();
    assert_eq!(records[0]["gate"]["result"], "fail");
    assert_eq!(records[0]["findings"][0]["rule"], "C-STR-001");
    assert_eq!(records[1]["gate"]["result"], "pass");
    assert!(records[1]["ruleset"]["rules"].as_array().unwrap().len() > 100);
    assert!(
        records[1]["people"]["author"]
            .as_str()
            .unwrap()
            .contains('<')
    );
    assert_eq!(
        records[1]["tool"]["binary_sha256"].as_str().unwrap().len(),
        64
    );
    let page = with_key(
        &repository,
        &[
            "record",
            "show",
            ".git/log.jsonl",
            "--id",
            "1",
            "--format",
            "html",
        ],
    );
    assert!(page.stdout.contains("src/b.c:"), "{}", page.stdout);

    let path = repository.path().join(".git/log.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    for at in (0..text.len() - 1).step_by(text.len() / 60) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if bytes[at] == b'\n' || text.as_bytes()[at] == b'\n' {
            continue;
        }
        std::fs::write(&path, &bytes).unwrap();
        let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
        assert_ne!(run.code, 0, "byte {at}: {}", run.stdout);
    }
    let first = text.lines().next().unwrap();
    std::fs::write(&path, format!("{first}\n")).unwrap();
    let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
    assert!(
        run.code == 1 && run.stdout.contains("checkpoint"),
        "{}",
        run.stdout
    );
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains(".git/log.jsonl"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_merge_without_a_record_is_named() {
    let repository = recorded();
    repository.git(&["rm", "-q", "src/b.c"]);
    repository.commit("repaired");
    with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    repository.write("src/c.c", GOOD);
    repository.commit("nobody looked");
    let run = with_key(
        &repository,
        &["record", "verify", ".git/log.jsonl", "--range", "v1..HEAD"],
    );
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("nobody looked") && run.stdout.contains("unsafe"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("repaired"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_recorded_is_an_error_with_its_help() {
    let repository = recorded();
    let run = repository.scrubin(&["check", "--base", "v1", "--record", ".git/log.jsonl"]);
    assert!(
        run.code == 2 && run.stderr.contains("--record-key"),
        "{}",
        run.stderr
    );
    let run = with_key(
        &repository,
        &["check", "--staged", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains("about a commit"),
        "{}",
        run.stderr
    );
    assert!(!repository.path().join(".git/log.jsonl").exists());
    let run = repository.scrubin(&["record", "key", ".git/gate"]);
    assert!(
        run.code == 2 && run.stderr.contains("gate"),
        "{}",
        run.stderr
    );
    let run = repository.scrubin(&[
        "record",
        "verify",
        "none.jsonl",
        "--signers",
        ".git/gate.pub",
    ]);
    assert!(
        run.code == 2 && run.stderr.contains("none.jsonl"),
        "{}",
        run.stderr
    );
    let run = repository.scrubin(&["record", "verify", "none.jsonl"]);
    assert!(
        run.code == 2 && run.stderr.contains("--signers"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_no_review_of_the_whole_change_leaves_no_record() {
    let repository = recorded();
    for part in [
        &["src/a.c"][..],
        &["--only", "C-LEN-014"],
        &["--no-builtin-rules"],
        &["--fail-on", "never"],
        &["--fix"],
        &["--fix-suggested"],
        &["--diff"],
    ] {
        let mut arguments = vec!["check", "--base", "v1", "--record", ".git/log.jsonl"];
        arguments.extend(part);
        let run = with_key(&repository, &arguments);
        assert_eq!(run.code, 2, "{part:?}: {}", run.stdout);
        assert!(run.stderr.contains("--record"), "{part:?}: {}", run.stderr);
    }
    let run = with_key(
        &repository,
        &["baseline", "write", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains("no record"),
        "{}",
        run.stderr
    );
    assert!(!repository.path().join(".git/log.jsonl").exists());
}
