//! What a branch took in, by whom, and which merges are plain.

use super::*;

/// `main` with two merges of branches that began at the first commit: the first is plain, the second has a
/// line that nobody put into either side.
fn merged() -> Sample {
    let sample = Sample::new();
    for (name, text) in [("one", "int one;\n"), ("two", "int two;\n")] {
        sample.git(&["checkout", "-q", "-b", name, "main"]);
        sample.write(format!("{name}.c"), text);
        sample.commit(name);
        sample.git(&["checkout", "-q", "main"]);
        sample.write(format!("main-{name}.c"), "int main;\n");
        sample.commit("trunk");
        sample.git(&["merge", "-q", "--no-ff", "--no-commit", name]);
        if name == "two" {
            sample.write("a.c", "int evil;\n");
        }
        sample.commit(&format!("merge {name}"));
    }
    sample
}

fn merges(repository: &Repository) -> Vec<Merge> {
    let all = repository.commits(None, "main", &[]).unwrap();
    all.into_iter()
        .filter(|one| one.parents.len() > 1)
        .map(|one| Merge {
            commit: one.subject,
            parents: one.parents,
            tree: one.tree,
        })
        .collect()
}

#[test]
fn a_merge_with_changes_of_its_own_is_told_from_a_plain_one() {
    if !git_has(2, 38) {
        return;
    }
    let sample = merged();
    let repository = sample.open();
    let merges = merges(&repository);
    assert_eq!(merges.len(), 2);
    let objects = sample.git(&["count-objects", "-v"]);
    let plain = repository.plain_merges(&merges).unwrap();
    assert_eq!(plain, Some(vec!["merge one".to_owned()]));
    assert_eq!(
        objects,
        sample.git(&["count-objects", "-v"]),
        "nothing is written"
    );
    assert_eq!(repository.plain_merges(&[]).unwrap(), Some(Vec::new()));
    // One that dropped what it says it merged, and one of three sides.
    sample.git(&["checkout", "-q", "-b", "dropped", "main~1"]);
    sample.git(&["merge", "-q", "-s", "ours", "-m", "dropped", "two"]);
    for name in ["third", "octopus"] {
        sample.git(&["checkout", "-q", "-b", name, "one~1"]);
        sample.write(format!("{name}.c"), "int own;\n");
        sample.commit(name);
    }
    sample.git(&["merge", "-q", "-m", "octopus", "one", "third"]);
    let of = |name: &str| {
        let one = repository
            .commits(Some("two"), name, &[])
            .unwrap()
            .remove(0);
        let merge = Merge {
            commit: one.commit,
            parents: one.parents,
            tree: one.tree,
        };
        (
            merge.parents.len(),
            repository.plain_merges(&[merge]).unwrap().unwrap().len(),
        )
    };
    assert_eq!(of("dropped"), (2, 0));
    assert_eq!(of("octopus"), (3, 1));
}

#[test]
fn a_conflict_that_a_person_resolved_is_a_change_of_the_merge() {
    if !git_has(2, 38) {
        return;
    }
    let sample = Sample::new();
    sample.git(&["checkout", "-q", "-b", "topic"]);
    sample.write("a.c", "int topic;\n");
    sample.commit("topic");
    sample.git(&["checkout", "-q", "main"]);
    sample.write("a.c", "int trunk;\n");
    sample.commit("trunk");
    sample.git(&["merge", "-q", "-X", "ours", "-m", "merge", "topic"]);
    let repository = sample.open();
    assert_eq!(
        repository.plain_merges(&merges(&repository)).unwrap(),
        Some(Vec::new())
    );
}

#[test]
fn the_commits_of_a_range_reach_back_to_where_records_begin() {
    let sample = merged();
    let repository = sample.open();
    let names = |bases: &[&str]| -> Vec<String> {
        let listed = repository.commits(Some("main~1"), "main", bases).unwrap();
        listed.into_iter().map(|one| one.subject).collect()
    };
    assert_eq!(names(&[]), ["merge two", "two"]);
    let first = sample.git(&["rev-parse", "one~1"]);
    let further = names(&[&first, &"0".repeat(40)]);
    assert_eq!(further.len(), 7, "{further:?}");
    assert_eq!(further.last().unwrap(), "first");
    let line = repository.taken_in(Some("main~3"), "main").unwrap();
    let line: Vec<&str> = line.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(line, ["merge one", "trunk", "merge two"]);
}

#[test]
fn everybody_who_had_a_hand_in_a_change_is_named() {
    let sample = Sample::new();
    sample.write("a.c", "int x;\n");
    sample.git(&["add", "-A"]);
    sample.git(&[
        "commit",
        "-q",
        "--author=B <b@example.org>",
        "-m",
        "x\n\nCo-authored-by: C <c@example.org>\nco-authored-by: D <d@example.org>",
    ]);
    sample.write("a.c", "int y;\n");
    sample.commit("y");
    let repository = sample.open();
    let all = [
        "A <a@example.org>",
        "B <b@example.org>",
        "C <c@example.org>",
        "D <d@example.org>",
    ];
    assert_eq!(repository.makers(Some("HEAD~2"), "HEAD").unwrap(), all);
    assert_eq!(
        repository.makers(None, "HEAD").unwrap(),
        ["A <a@example.org>"]
    );
    assert!(repository.makers(Some("none"), "HEAD").is_err());
}

#[test]
fn the_tag_before_the_branch_and_the_address_are_known_absent_or_an_error() {
    let sample = Sample::new();
    let repository = sample.open();
    let first = sample.git(&["rev-parse", "HEAD"]);
    assert_eq!(repository.tag_before(&first).unwrap(), None, "no parent");
    sample.write("a.c", "int y;\n");
    let second = sample.commit("y");
    assert_eq!(repository.tag_before(&second).unwrap(), None, "no tag");
    sample.git(&["tag", "v1", &first]);
    sample.git(&["tag", "v2", &second]);
    assert_eq!(
        repository.tag_before(&second).unwrap().as_deref(),
        Some("v1")
    );
    assert!(repository.tag_before(&"1".repeat(40)).is_err());
    assert_eq!(repository.branch().unwrap().as_deref(), Some("main"));
    assert_eq!(repository.address().unwrap(), None);
    sample.git(&["remote", "add", "origin", "https://u:p@git.example/x.git"]);
    assert_eq!(
        repository.address().unwrap().as_deref(),
        Some("https://git.example/x.git")
    );
    sample.git(&["checkout", "-q", "--detach"]);
    assert_eq!(repository.branch().unwrap(), None);
    fs::write(sample.root.join(".git/config"), "[broken\n").unwrap();
    assert!(repository.address().is_err());
    assert!(repository.branch().is_err());
}
