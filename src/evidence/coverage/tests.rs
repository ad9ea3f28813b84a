#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::super::samples::{opened, record};
use super::*;

/// A review of `base..head`, or of a whole tree without a base.
fn review(base: &str, head: &str, result: GateResult) -> VerifiedRecord {
    let mut one = record(head);
    one.gate.result = result;
    one.change.base = (!base.is_empty()).then(|| base.to_owned());
    one.change.tree = Some(format!("t-{head}"));
    if base.is_empty() {
        one.change.source = "tree".to_owned();
    }
    signed(&format!("{base}..{head}"), one)
}

fn signed<T>(digest: &str, record: T) -> Signed<T> {
    Signed {
        line: 1,
        digest: digest.to_owned(),
        key: String::new(),
        signer: String::new(),
        record,
    }
}

fn passed(ranges: &[(&str, &str)]) -> Verified {
    Verified {
        records: ranges
            .iter()
            .map(|(base, head)| review(base, head, GateResult::Pass))
            .collect(),
        ..Verified::default()
    }
}

/// The history of text, whose line is the first parents of its first commit; merges are plain where they are
/// named.
fn taken(text: &str, plain: &[&str]) -> History {
    let commits = history(text);
    let mut line = Vec::new();
    let mut at = commits.first();
    while let Some(commit) = at {
        line.push(commit.clone());
        let parent = commit.parents.first();
        at = parent.and_then(|name| commits.iter().find(|one| one.name == *name));
    }
    line.reverse();
    History {
        line,
        commits,
        from: None,
        plain: Some(plain.iter().map(|name| (*name).to_owned()).collect()),
    }
}

fn told(log: &Verified, history: &History, name: &str) -> String {
    let coverage = Coverage::new([log], history);
    let commit = history.commits.iter().find(|one| one.name == name).unwrap();
    let covered = coverage.of(commit);
    match covered.lack {
        Some(lack) => lack.words(),
        None => covered.state.as_str().to_owned(),
    }
}

/// A merge m of a branch of three commits; the branch began at b, and the trunk went on to p.
const MERGED: &str = "m: p s3\ns3: s2\ns2: s1\ns1: b\np: b\nb:";

#[test]
fn a_record_of_a_part_of_a_branch_is_none_of_its_merge() {
    let history = taken(MERGED, &["m"]);
    let of = |ranges: &[(&str, &str)]| told(&passed(ranges), &history, "m");
    assert_eq!(of(&[("b", "s3")]), "reviewed");
    assert_eq!(
        of(&[("s2", "s3")]),
        "reviewed in part, 2 of 4 commits without a record"
    );
    assert_eq!(
        of(&[("b", "s2")]),
        "reviewed in part, 1 of 4 commits without a record"
    );
    assert_eq!(
        of(&[("b", "s1"), ("s2", "s3")]),
        "reviewed in part, 1 of 4 commits without a record"
    );
    // Several that hold all of it together, also where they overlap.
    assert_eq!(of(&[("b", "s1"), ("s1", "s3")]), "reviewed");
    assert_eq!(of(&[("b", "s2"), ("s1", "s3")]), "reviewed");
    assert_eq!(of(&[]), "without a record");
    // The trunk's own side of the merge was taken in before.
    assert_eq!(of(&[("b", "p")]), "without a record");
    // Everything between two commits of the trunk is in a difference between them.
    assert_eq!(of(&[("b", "m")]), "reviewed");
    assert_eq!(of(&[("p", "m")]), "reviewed");
    // Against the side it merged, the merge shows the trunk alone.
    assert_eq!(
        of(&[("s3", "m")]),
        "reviewed in part, 3 of 4 commits without a record"
    );
    // The whole tree as it is, and a commit compared with itself.
    assert_eq!(of(&[("", "m")]), "reviewed");
    assert_eq!(of(&[("m", "m")]), "without a record");
}

#[test]
fn a_merge_with_changes_of_its_own_needs_a_record_of_itself() {
    let history = taken(MERGED, &[]);
    let of = |ranges: &[(&str, &str)]| told(&passed(ranges), &history, "m");
    assert_eq!(
        of(&[("b", "s3")]),
        "merge with changes of its own, not reviewed"
    );
    assert_eq!(of(&[("b", "s3"), ("p", "m")]), "reviewed");
    assert_eq!(of(&[("b", "s3"), ("s3", "m")]), "reviewed");
    let unknown = History {
        plain: None,
        ..history.clone()
    };
    let log = passed(&[("b", "s3")]);
    assert!(told(&log, &unknown, "m").contains("2.38"));
    let coverage = Coverage::new([&log], &unknown);
    let asked: Vec<&str> = coverage
        .unsettled()
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(asked, ["m"]);
    // Nothing has to be asked of a merge whose side had all of the trunk and whose tree is that side's.
    let ahead = taken("m: p s=t-s\ns: p\np:", &[]);
    let log = passed(&[("p", "s")]);
    assert!(Coverage::new([&log], &ahead).unsettled().is_empty());
    assert_eq!(told(&log, &ahead, "m"), "reviewed");
    let evil = taken("m: p s\ns: p\np:", &[]);
    assert_eq!(
        told(&log, &evil, "m"),
        "merge with changes of its own, not reviewed"
    );
    // One inside of what was merged.
    let inside = taken("m: p s2\ns2: s1 q\nq: b\ns1: b\np: b\nb:", &["m"]);
    let log = passed(&[("b", "s1"), ("b", "q")]);
    assert_eq!(
        told(&log, &inside, "m"),
        "merge with changes of its own, not reviewed"
    );
    assert_eq!(told(&passed(&[("b", "s2")]), &inside, "m"), "reviewed");
}

#[test]
fn a_range_speaks_for_each_of_its_commits() {
    let history = taken("d: c\nc: b\nb: a\na:", &[]);
    let log = passed(&[("a", "d")]);
    for name in ["b", "c", "d"] {
        assert_eq!(told(&log, &history, name), "reviewed", "{name}");
    }
    assert_eq!(told(&log, &history, "a"), "without a record");
    assert_eq!(
        told(&passed(&[("c", "d")]), &history, "c"),
        "without a record"
    );
    // A rebase or a squash leaves other commits with the last tree.
    let rebased = taken("c2: c1=t-s2\nc1: a\na:", &[]);
    let log = passed(&[("a", "s2")]);
    assert_eq!(told(&log, &rebased, "c1"), "reviewed");
    assert_eq!(told(&log, &rebased, "c2"), "reviewed");
    // A part of it, against a commit that is not in the history, says nothing of the squash.
    let part = passed(&[("s1", "s2")]);
    assert_eq!(
        told(&part, &rebased, "c2"),
        "without a record against a commit that it descends from"
    );
    // Against nothing: everything.
    let mut all = passed(&[("", "d")]);
    all.records[0].record.change.source = "range".to_owned();
    assert_eq!(told(&all, &history, "a"), "reviewed");
}

#[test]
fn a_closed_gate_lets_in_what_a_person_opened_it_for() {
    let history = taken("o: p a s\ns: p\na: p\np:", &["o"]);
    let mut log = passed(&[("p", "a")]);
    assert_eq!(
        told(&log, &history, "o"),
        "reviewed in part, 1 of 3 commits without a record"
    );
    log.records.push(review("p", "s", GateResult::Fail));
    assert_eq!(
        told(&log, &history, "o"),
        "reviewed in part, 1 of 3 commits without a record"
    );
    let about = log.records[1].about();
    log.overrides.push(signed("o", opened(about)));
    assert_eq!(told(&log, &history, "o"), "let-in");
    let coverage = Coverage::new([&log], &history);
    let covered = coverage.of(&history.commits[0]);
    assert_eq!((covered.reviews.len(), covered.opened.len()), (2, 1));
    // A later review that passes is better.
    log.records.push(review("p", "s", GateResult::Pass));
    assert_eq!(told(&log, &history, "o"), "reviewed");
    // What is closed alone is said, with its review.
    let closed = Verified {
        records: vec![review("p", "s", GateResult::Incomplete)],
        ..Verified::default()
    };
    let line = taken("s: p\np:", &[]);
    assert_eq!(
        told(&closed, &line, "s"),
        "without a record of an open gate"
    );
    assert_eq!(
        Coverage::new([&closed], &line)
            .of(&line.commits[0])
            .reviews
            .len(),
        1
    );
}

#[test]
fn one_review_of_all_is_named_and_not_ten_of_parts() {
    let history = taken(MERGED, &["m"]);
    let log = passed(&[("b", "s1"), ("b", "s2"), ("b", "s3"), ("b", "m")]);
    let coverage = Coverage::new([&log], &history);
    let covered = coverage.of(&history.commits[0]);
    let named: Vec<&str> = covered
        .reviews
        .iter()
        .map(|one| one.digest.as_str())
        .collect();
    assert_eq!(named, ["b..m"]);
}

#[test]
fn what_the_branch_had_before_is_not_asked_for() {
    let mut history = taken("m: f s\ns: b\nf: b\nb: a\na:", &["m"]);
    history.from = Some("f".to_owned());
    let log = passed(&[("b", "s")]);
    assert_eq!(told(&log, &history, "m"), "reviewed");
    // A record whose base lies further back than the list: it has to be listed.
    history.commits.truncate(2);
    assert_eq!(bases_of([&log], &history.commits), ["b"]);
    assert_eq!(
        bases_of([&passed(&[("b", "z")])], &history.commits),
        [""; 0]
    );
}
