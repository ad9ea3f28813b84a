//! What a branch took in, held against the records of its reviews.

use super::repository::{Repository, Run};
use super::{GOOD, json};

/// A trunk, and a branch of two commits that begins at `v1`.
fn branched() -> Repository {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.commit("base");
    repository.git(&["tag", "v1"]);
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    repository.git(&["checkout", "-q", "-b", "topic"]);
    for name in ["b", "c"] {
        repository.write(&format!("src/{name}.c"), &GOOD.replace("clamp", name));
        repository.commit(name);
    }
    repository
}

fn record(repository: &Repository, arguments: &[&str]) {
    let mut all = vec!["check", "--record", ".git/log"];
    all.extend(arguments);
    let run = repository.scrubin_with(&all, &[("SCRUBIN_RECORD_KEY", ".git/gate")]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

fn verify(repository: &Repository, range: &str) -> Run {
    let signers = ["--signers", ".git/gate.pub"];
    let mut all = vec!["record", "verify", ".git/log", "--range", range];
    all.extend(signers);
    repository.scrubin(&all)
}

#[test]
fn a_merge_is_reviewed_when_all_of_its_branch_was() {
    let repository = branched();
    record(&repository, &["--range", "topic~1..topic"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.write("src/main.c", &GOOD.replace("clamp", "trunk"));
    repository.commit("trunk");
    record(&repository, &["--base", "v1"]);
    repository.git(&["merge", "-q", "--no-ff", "-m", "merge topic", "topic"]);
    let run = verify(&repository, "v1..main");
    assert_eq!(run.code, 1);
    assert!(
        run.stdout
            .contains("reviewed in part, 1 of 3 commits without a record: ")
            && run.stdout.contains("2 commits taken in, 1 without"),
        "{}",
        run.stdout
    );
    repository.git(&["checkout", "-q", "topic~1"]);
    record(&repository, &["--base", "v1"]);
    let run = verify(&repository, "v1..main");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);

    // The same merge with a line that nobody put into either side.
    repository.git(&["checkout", "-q", "main"]);
    repository.write("src/a.c", &GOOD.replace("v < 0", "v < 1"));
    repository.git(&["commit", "-q", "-a", "--amend", "--no-edit"]);
    let run = verify(&repository, "v1..main");
    assert!(
        run.code == 1
            && run
                .stdout
                .contains("merge with changes of its own, not reviewed: "),
        "{}",
        run.stdout
    );
    record(&repository, &["--range", "main~1..main"]);
    assert_eq!(verify(&repository, "v1..main").code, 0);
}

#[test]
fn commits_that_were_put_onto_a_branch_one_by_one_have_the_record_of_their_range() {
    let repository = branched();
    record(&repository, &["--base", "v1"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["merge", "-q", "--ff-only", "topic"]);
    let run = verify(&repository, "v1..main");
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    // Rebased: other commits, the same last tree.
    repository.git(&["reset", "-q", "--hard", "v1"]);
    let rebase = [
        "-c",
        "user.name=Eve",
        "cherry-pick",
        "--no-edit",
        "-x",
        "topic~1",
        "topic",
    ];
    repository.git(&rebase);
    let mut all = vec!["record", "verify", ".git/log", "--range", "v1..main"];
    all.extend(["--signers", ".git/gate.pub", "--format", "json"]);
    let run = repository.scrubin(&all);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let taken = json(&run.stdout)["taken-in"].clone();
    assert_eq!(taken.as_array().unwrap().len(), 2);
    assert_eq!(taken[0]["records"], taken[1]["records"]);
    assert_eq!(taken[0]["status"], "reviewed");
}

#[test]
fn a_range_without_commits_is_an_error_that_says_which_way_round() {
    let repository = branched();
    record(&repository, &["--base", "v1"]);
    let run = verify(&repository, "topic..v1");
    assert!(
        run.code == 2 && run.stderr.contains("write v1..topic"),
        "{}",
        run.stderr
    );
    let run = verify(&repository, "v1..v1");
    assert!(
        run.code == 2 && run.stderr.contains("took in nothing"),
        "{}",
        run.stderr
    );
    assert_eq!(verify(&repository, "v1..none").code, 2);
    assert_eq!(verify(&repository, "v1..").code, 0);
}
