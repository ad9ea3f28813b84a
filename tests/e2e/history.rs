//! The local history that reviews leave.

use super::repository::Repository;
use super::{BAD, GOOD, json};

/// A repository in which a hook stopped a commit.
fn stopped() -> Repository {
    let repository = Repository::new();
    repository.write("src/ble/a.c", GOOD);
    repository.commit("base");
    assert_eq!(repository.scrubin(&["hook", "install"]).code, 0);
    repository.write("src/ble/a.c", BAD);
    let commit = repository.try_git(&["commit", "-a", "-m", "unsafe"]);
    assert_ne!(commit.code, 0);
    // What `commit -a` staged is gone with the commit.
    repository.git(&["add", "--all"]);
    repository
}

fn shown(repository: &Repository, arguments: &[&str]) -> serde_json::Value {
    let arguments = [&["training", "show", "--format", "json"], arguments].concat();
    let run = repository.scrubin(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    json(&run.stdout)
}

fn text(repository: &Repository) -> String {
    let place = repository
        .path()
        .join(".git/scrubin/training/history.jsonl");
    std::fs::read_to_string(place).unwrap_or_default()
}

#[test]
fn a_hook_writes_what_it_found_and_what_vanished_and_no_code() {
    let repository = stopped();
    let history = shown(&repository, &[]);
    assert_eq!(history["findings"], 1);
    assert_eq!(history["open"], 1);
    let run = &history["runs"][0];
    assert_eq!(run["stage"], "hook");
    assert_eq!(run["lines"]["src/ble"], 6);
    let found = &run["found"][0];
    assert_eq!(
        (&found["rule"], &found["comp"]),
        (&"C-STR-001".into(), &"src/ble".into())
    );
    assert!(found["lesson"].as_str().unwrap().starts_with("L-"));
    // The blob is there, though nothing was committed.
    let blob = repository.try_git(&["cat-file", "-p", found["blob"].as_str().unwrap()]);
    assert_eq!(blob.stdout, BAD);
    for secret in ["strcpy", "on_frame", "a.c", "Ada", "ada@", "tag["] {
        assert!(
            !text(&repository).contains(secret),
            "{secret}: {}",
            text(&repository)
        );
    }
    // Again with the finding still there: nothing new. Then repaired.
    assert_ne!(repository.try_git(&["commit", "-a", "-m", "still"]).code, 0);
    assert_eq!(shown(&repository, &[])["findings"], 1);
    repository.write("src/ble/a.c", "int clamp(int v)\n{\n    return v;\n}\n");
    let safe = repository.try_git(&["commit", "-a", "-m", "safe"]);
    assert_eq!(safe.code, 0);
    assert!(
        safe.stderr.contains("well done: a finding"),
        "{}",
        safe.stderr
    );
    // Said once.
    repository.write("src/ble/b.c", GOOD);
    repository.git(&["add", "--all"]);
    let next = repository.try_git(&["commit", "-m", "more"]);
    assert!(!next.stderr.contains("well done"), "{}", next.stderr);
    let history = shown(&repository, &[]);
    assert_eq!(
        (&history["findings"], &history["open"]),
        (&1.into(), &0.into())
    );
    assert_eq!(history["runs"][2]["gone"].as_array().unwrap().len(), 1);
}

#[test]
fn a_finding_in_a_deleted_file_is_gone() {
    let repository = stopped();
    repository.git(&["commit", "-n", "-a", "-m", "unsafe all the same"]);
    repository.git(&["rm", "-q", "src/ble/a.c"]);
    repository.write("b.c", GOOD);
    repository.git(&["add", "b.c"]);
    assert_eq!(repository.try_git(&["commit", "-m", "away"]).code, 0);
    assert_eq!(shown(&repository, &[])["open"], 0);
}

#[test]
fn work_trees_share_a_history_and_it_can_be_switched_off() {
    let repository = stopped();
    repository.write("scrubin.toml", "[training]\nhistory = \"off\"\n");
    repository.git(&["add", "scrubin.toml"]);
    let before = text(&repository);
    assert_eq!(repository.scrubin(&["check"]).code, 1);
    assert_eq!(text(&repository), before);
    repository.git(&["rm", "-q", "-f", "scrubin.toml"]);
    let other = repository.path().join("other");
    let other = other.to_str().unwrap();
    repository.git(&["worktree", "add", "-q", other]);
    let run =
        super::repository::scrubin_in(other.as_ref(), &["training", "show", "--format", "json"]);
    assert_eq!(json(&run.stdout)["findings"], 1, "{}", run.stderr);
}

#[test]
fn histories_merge_and_nothing_counts_twice() {
    let one = stopped();
    let file = one.path().join("one.jsonl");
    let file = file.to_str().unwrap();
    let run = one.scrubin(&["training", "export", file]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let other = stopped();
    for new in ["1 of them new", "0 of them new"] {
        let run = other.scrubin(&["training", "merge", file]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(run.stdout.contains(new), "{}", run.stdout);
    }
    let history = shown(&other, &[]);
    assert_eq!(history["runs"].as_array().unwrap().len(), 2);
    // The same finding, seen by both.
    assert_eq!(history["findings"], 1);
    // What is no history is refused; a broken line is counted.
    let junk = other.path().join("junk");
    std::fs::write(&junk, "hello\n").unwrap();
    let run = other.scrubin(&["training", "merge", junk.to_str().unwrap()]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is no history"), "{}", run.stderr);
    let cut = std::fs::read_to_string(file).unwrap() + "{\"run\":{\"id\":\n";
    std::fs::write(&junk, cut).unwrap();
    let run = other.scrubin(&["training", "merge", junk.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("1 lines of"), "{}", run.stderr);
}

#[test]
fn a_person_sees_and_deletes_what_is_theirs() {
    let repository = stopped();
    assert_eq!(shown(&repository, &["--mine"])["findings"], 1);
    let as_bob = [("GIT_AUTHOR_EMAIL", "bob@example.invalid")];
    let arguments = ["training", "show", "--mine", "--format", "json"];
    let run = repository.scrubin_with(&arguments, &as_bob);
    assert_eq!(json(&run.stdout)["findings"], 0);
    let run = repository.scrubin(&["training", "delete", "--mine"]);
    assert_eq!(run.code, 2, "asked nobody: {}", run.stdout);
    let run = repository.scrubin(&["training", "delete", "--mine", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(shown(&repository, &["--mine"])["findings"], 0);
    assert_eq!(shown(&repository, &[])["findings"], 1);
    let run = repository.scrubin(&["training", "delete", "--all", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(shown(&repository, &[])["findings"], 0);
}

#[test]
fn a_history_that_cannot_be_written_is_a_remark() {
    let repository = stopped();
    let folder = repository.path().join(".git/scrubin/training");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.contains("not in the local history"),
        "{}",
        run.stdout
    );
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let repository = stopped();
    let before = text(&repository).lines().count();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(repository.scrubin(&["check"]).code, 1));
        }
    });
    assert_eq!(text(&repository).lines().count(), before + 8);
    assert_eq!(shown(&repository, &[])["findings"], 1);
}

/// The third change with one weakness says less, and leads to the lesson.
#[test]
fn who_has_met_a_weakness_twice_reads_a_reminder() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    for number in 1..=3 {
        repository.write(
            &format!("src/bad{number}.c"),
            &BAD.replace("on_frame", &format!("on_{number}")),
        );
        repository.git(&["add", "--all"]);
        let told = repository.scrubin(&["check"]);
        assert_eq!(told.code, 1, "{}", told.stdout);
        let is_long = told.stdout.contains("= why:");
        assert_eq!(is_long, number < 3, "{}", told.stdout);
        assert_eq!(
            told.stdout.contains("scrubin learn L-STR-BOUND"),
            number == 3,
            "{}",
            told.stdout
        );
        repository.git(&["commit", "-q", "-n", "-m", "all the same"]);
    }
    // Somebody else reads the whole.
    repository.write("src/bad9.c", &BAD.replace("on_frame", "on_9"));
    repository.git(&["add", "--all"]);
    let told = repository.scrubin_with(&["check"], &[("GIT_AUTHOR_EMAIL", "bob@example.invalid")]);
    assert!(told.stdout.contains("= why:"), "{}", told.stdout);
}

/// What a person deleted does not come back, and a new key takes their part along.
#[test]
fn deleted_parts_stay_away_and_a_new_key_keeps_the_rest() {
    let one = stopped();
    let file = one.path().join("before.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(one.scrubin(&["training", "export", file]).code, 0);
    assert_eq!(
        one.scrubin(&["training", "delete", "--mine", "--yes"]).code,
        0
    );
    assert_eq!(one.scrubin(&["training", "merge", file]).code, 0);
    assert_eq!(shown(&one, &["--mine"])["findings"], 0);
    let other = stopped();
    assert_eq!(shown(&other, &["--mine"])["findings"], 1);
    let key = other.path().join("team.key");
    std::fs::write(&key, "5a".repeat(32)).unwrap();
    let key = key.to_str().unwrap();
    let run = other.scrubin(&["training", "key", "--take", key]);
    assert!(
        run.stdout.contains("1 runs"),
        "{}{}",
        run.stdout,
        run.stderr
    );
    assert_eq!(shown(&other, &["--mine"])["findings"], 1);
    let with = [("SCRUBIN_TRAINING_KEY", key)];
    let run = other.scrubin_with(&["training", "key"], &with);
    assert_eq!(run.stdout.trim_end(), key);
    let run = other.scrubin_with(&["training", "key", "--take", key], &with);
    assert_eq!(run.code, 2, "{}", run.stdout);
}

/// To look at the list of lessons nobody has to be known, and nothing is written.
#[test]
fn a_list_of_lessons_leaves_nothing() {
    let repository = Repository::new();
    let run = repository.scrubin(&["learn", "--list"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!repository.path().join(".git/scrubin/training").exists());
}
