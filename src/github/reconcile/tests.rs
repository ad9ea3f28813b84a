use super::*;
use crate::github::submission::Context;
use crate::report::{Report, sample};
use crate::triage::{Triaged, Verdict};

const HEAD: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// A finding on a line of `src/a.c`; the same `key` means the same code.
fn triaged(line: u32, key: u64, ordinal: u32) -> Triaged {
    let mut one = sample::triaged(
        sample::finding("src/a.c", line, "f();", 1, 3),
        Verdict::Report,
    );
    one.fingerprint.key = format!("{key:064x}");
    one.fingerprint.moved_key = format!("{:064x}", key + 1_000);
    one.fingerprint.ordinal = ordinal;
    one
}

fn submission(findings: Vec<Triaged>) -> Submission {
    let mut report: Report = sample::full();
    report.findings = findings;
    report.gaps.clear();
    let context = Context {
        repository: "acme/pump".to_owned(),
        head: HEAD.to_owned(),
        ..Context::default()
    };
    Submission::new(&report, &context)
}

/// Lines 1 to 100 of `src/a.c` and `src/b.c` are shown.
fn anchors() -> Anchors {
    let mut anchors = Anchors::default();
    let patch = format!("@@ -0,0 +1,100 @@\n{}", "+x\n".repeat(100));
    for path in ["src/a.c", "src/b.c"] {
        anchors.add_patch(path, Some(&patch)).unwrap();
    }
    anchors
}

/// What GitHub would list after the actions were carried out.
fn carry_out(submission: &Submission, comments: &mut Vec<ReviewComment>, actions: &Actions) {
    let mut next = comments.iter().map(|one| one.id).max().unwrap_or(0) + 1;
    for new in actions.inline.iter().chain(&actions.on_file) {
        comments.push(ReviewComment {
            id: next,
            node_id: format!("C_{next}"),
            body: new.body.clone(),
            path: submission.findings[new.finding].path.clone(),
            start_line: new.anchor.and_then(|anchor| anchor.start_line),
            line: new.anchor.map(|anchor| anchor.line),
            is_on_file: new.anchor.is_none(),
            in_reply_to: None,
            is_ours: true,
        });
        next += 1;
    }
    for edit in &actions.edit {
        for comment in comments.iter_mut().filter(|one| one.id == edit.id) {
            comment.body.clone_from(&edit.body);
        }
    }
    for retirement in &actions.retire {
        let root = comments.iter().find(|one| one.id == retirement.id).unwrap();
        let reply = ReviewComment {
            id: next,
            node_id: format!("C_{next}"),
            body: retirement.reply.clone(),
            in_reply_to: Some(retirement.id),
            ..root.clone()
        };
        comments.push(reply);
        next += 1;
    }
}

fn run(submission: &Submission, comments: &mut Vec<ReviewComment>) -> Actions {
    let options = PlanOptions::default();
    let actions = reconcile(submission, &anchors(), comments, &[], options);
    carry_out(submission, comments, &actions);
    let again = reconcile(submission, &anchors(), comments, &[], options);
    assert!(again.is_quiet(), "a second run is silent: {again:?}");
    assert_one_place(submission, comments, &again);
    actions
}

/// Every finding has one living comment, or none and a lower rung; no comment speaks for nothing.
fn assert_one_place(submission: &Submission, comments: &[ReviewComment], actions: &Actions) {
    let living = threads(comments);
    for (index, item) in submission.findings.iter().enumerate() {
        let own = living
            .iter()
            .filter(|thread| thread.fingerprint.value() == item.fingerprint)
            .count();
        let expected = usize::from(actions.rungs[index].is_comment());
        assert_eq!(
            own, expected,
            "{}: {:?}",
            item.fingerprint, actions.rungs[index]
        );
    }
    let spoken: BTreeSet<String> = submission
        .findings
        .iter()
        .map(|item| item.fingerprint.clone())
        .collect();
    for thread in &living {
        let value = thread.fingerprint.value();
        assert!(
            spoken.contains(&value) || submission.unread.contains(&thread.root.path),
            "{value} speaks for nothing"
        );
    }
}

fn reply_by_a_person(comments: &mut Vec<ReviewComment>, to: u64) {
    let root = comments.iter().find(|one| one.id == to).unwrap().clone();
    comments.push(ReviewComment {
        id: 900 + to,
        body: "> <!-- scrubin:retired v1 head=ab -->\nno".to_owned(),
        in_reply_to: Some(to),
        is_ours: false,
        ..root
    });
}

#[test]
fn the_first_run_comments_once_per_finding() {
    let mut comments = Vec::new();
    let actions = run(
        &submission(vec![triaged(5, 1, 0), triaged(9, 2, 0)]),
        &mut comments,
    );
    assert_eq!(actions.inline.len(), 2);
    // The same rule twice: the second comment is short.
    assert_eq!(
        actions
            .inline
            .iter()
            .map(|new| new.form)
            .collect::<Vec<_>>(),
        [Form::Long, Form::Short]
    );
    assert_eq!(actions.posted.len(), 2);
}

#[test]
fn a_push_elsewhere_changes_nothing() {
    let one = submission(vec![triaged(5, 1, 0)]);
    let mut comments = Vec::new();
    run(&one, &mut comments);
    let actions = run(&one, &mut comments);
    assert_eq!(actions.keep.len(), 1);
    assert!(actions.is_quiet());
}

#[test]
fn moved_lines_are_followed_by_github_or_by_us() {
    let mut comments = Vec::new();
    run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
    // GitHub moved the comment with the code.
    comments[0].line = Some(8);
    let actions = run(&submission(vec![triaged(8, 1, 0)]), &mut comments);
    assert!(actions.is_quiet(), "{actions:?}");
    // A force push made it outdated: a new one, and the old one closed.
    comments[0].line = None;
    reply_by_a_person(&mut comments, 1);
    let actions = run(&submission(vec![triaged(20, 1, 0)]), &mut comments);
    assert_eq!((actions.inline.len(), actions.retire.len()), (1, 1));
    assert_eq!(actions.retire[0].classifier, "OUTDATED");
    assert_eq!(actions.inline[0].form, Form::Long, "it keeps its form");
    assert!(actions.retire[0].reply.contains("Still there in ccccccc"));
}

/// A suggestion replaces the lines the comment stands at: all of them have to be right.
#[test]
fn a_range_that_grew_gets_a_new_comment() {
    let mut one = triaged(6, 1, 0);
    one.finding.location.end.line = 8;
    let mut one = submission(vec![one]);
    one.findings[0].suggestion = Some(crate::github::submission::Suggestion {
        first_line: 6,
        last_line: 8,
        text: "g();".to_owned(),
    });
    let mut comments = Vec::new();
    run(&one, &mut comments);
    assert!(comments[0].body.contains("suggestion"));
    // An earlier head showed the last two lines alone, and no suggestion with them.
    comments[0].start_line = Some(7);
    let start = comments[0].body.find("```suggestion").unwrap();
    comments[0].body.replace_range(start..start + 3, "~~~");
    let actions = run(&one, &mut comments);
    assert!(actions.edit.is_empty(), "{actions:?}");
    assert_eq!((actions.inline.len(), actions.retire.len()), (1, 1));
    assert_eq!(comments[1].start_line, Some(6));
}

#[test]
fn a_fixed_finding_is_answered_and_folded() {
    let mut comments = Vec::new();
    run(
        &submission(vec![triaged(5, 1, 0), triaged(9, 2, 0)]),
        &mut comments,
    );
    reply_by_a_person(&mut comments, 1);
    let actions = run(&submission(vec![triaged(9, 2, 0)]), &mut comments);
    assert_eq!(actions.retire.len(), 1);
    assert_eq!(actions.retire[0].id, 1);
    assert_eq!(actions.retire[0].classifier, "RESOLVED");
    assert!(actions.retire[0].reply.contains("Fixed in ccccccc."));
    // It comes back: a new comment, the old thread stays as it is.
    let actions = run(
        &submission(vec![triaged(5, 1, 0), triaged(9, 2, 0)]),
        &mut comments,
    );
    assert_eq!(actions.inline.len(), 1);
    assert_eq!(actions.inline[0].form, Form::Short);
}

#[test]
fn why_a_finding_went_away_is_said() {
    for (verdict, words) in [
        (Verdict::Known, "the base has it as well"),
        (Verdict::BelowThreshold, "below the threshold"),
        (
            Verdict::Deviated {
                reason: "r".to_owned(),
                ticket: None,
            },
            "a deviation with a reason",
        ),
    ] {
        let mut comments = Vec::new();
        run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
        let mut gone = triaged(5, 1, 0);
        gone.verdict = verdict;
        let actions = run(&submission(vec![gone]), &mut comments);
        assert!(actions.retire[0].reply.contains(words), "{actions:?}");
    }
}

#[test]
fn a_file_that_could_not_be_read_proves_nothing() {
    let mut comments = Vec::new();
    run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
    let mut blind = submission(Vec::new());
    blind.unread.push("src/a.c".to_owned());
    assert!(run(&blind, &mut comments).is_quiet());
}

/// "Fixed" is said of what was looked at alone.
#[test]
fn a_part_that_was_not_analysed_proves_nothing() {
    let mut comments = Vec::new();
    run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
    let options = PlanOptions::default();
    let mut check = |line: Option<u32>, lines: (u32, u32), is_broken, words: Option<&str>| {
        let mut blind = submission(Vec::new());
        let unseen = crate::github::unseen::Unseen {
            lines: vec![lines],
            is_broken,
        };
        blind.unseen.insert("src/a.c".to_owned(), unseen);
        comments[0].line = line;
        let actions = reconcile(&blind, &anchors(), &comments, &[], options);
        let said = actions.retire.first().map(|one| one.reply.as_str());
        assert_eq!(said.is_some(), words.is_some(), "{actions:?}");
        assert!(
            said.unwrap_or_default().contains(words.unwrap_or_default()),
            "{said:?}"
        );
    };
    // Its own lines, or all of the file: nobody knows, and it stays.
    check(Some(5), (3, 9), true, None);
    check(Some(5), (5, 5), false, None);
    check(None, (1, u32::MAX), true, None);
    // Beside it, or who knows where.
    check(
        Some(5),
        (6, 9),
        true,
        Some("Not found any more in ccccccc."),
    );
    check(None, (6, 9), true, Some("Not found any more in ccccccc."));
    // An arm of `#if` elsewhere has no part in it.
    check(Some(5), (6, 9), false, Some("Fixed in ccccccc."));
}

#[test]
fn a_renamed_file_keeps_its_findings() {
    let mut comments = Vec::new();
    run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
    let mut renamed = triaged(5, 77, 0);
    renamed.finding.location.path = "src/b.c".into();
    renamed.fingerprint.moved_key = format!("{:064x}", 1_001);
    comments[0].line = None;
    let actions = run(&submission(vec![renamed]), &mut comments);
    assert_eq!((actions.inline.len(), actions.retire.len()), (1, 1));
    assert!(actions.retire[0].reply.contains("Still there"));
}

#[test]
fn of_equal_findings_the_right_one_is_closed() {
    let mut comments = Vec::new();
    run(
        &submission(vec![triaged(5, 1, 0), triaged(9, 1, 1)]),
        &mut comments,
    );
    // The first is fixed; the second is number 0 now.
    let actions = run(&submission(vec![triaged(9, 1, 0)]), &mut comments);
    assert_eq!(actions.retire.len(), 1);
    assert_eq!(actions.retire[0].id, 1);
    assert_eq!(actions.edit.len(), 1, "its marker gets the new number");
}

#[test]
fn duplicates_of_an_interrupted_run_are_closed() {
    let mut comments = Vec::new();
    let one = submission(vec![triaged(5, 1, 0)]);
    run(&one, &mut comments);
    let copy = ReviewComment {
        id: 2,
        ..comments[0].clone()
    };
    comments.push(copy);
    let actions = run(&one, &mut comments);
    assert_eq!(actions.retire.len(), 1);
    assert!(actions.retire[0].reply.contains("Another comment"));
}

#[test]
fn texts_of_other_people_are_not_ours() {
    let one = submission(vec![triaged(5, 1, 0)]);
    let mut comments = Vec::new();
    run(&one, &mut comments);
    for comment in &mut comments {
        comment.is_ours = false;
    }
    let actions = reconcile(
        &submission(Vec::new()),
        &anchors(),
        &comments,
        &[],
        PlanOptions::default(),
    );
    assert!(actions.is_quiet(), "{actions:?}");
}

#[test]
fn a_deleted_comment_stays_away() {
    let one = submission(vec![triaged(5, 1, 0)]);
    let options = PlanOptions::default();
    let first = reconcile(&one, &anchors(), &[], &[], options);
    let second = reconcile(&one, &anchors(), &[], &first.posted, options);
    assert!(second.is_quiet(), "{second:?}");
    assert!(!second.rungs[0].is_comment());
    assert_eq!(second.posted, first.posted, "it is remembered");
}

#[test]
fn without_the_right_to_write_nothing_is_asked_for() {
    let options = PlanOptions {
        can_write: false,
        ..PlanOptions::default()
    };
    let mut comments = Vec::new();
    run(&submission(vec![triaged(5, 1, 0)]), &mut comments);
    let other = submission(vec![triaged(5, 2, 0)]);
    let actions = reconcile(&other, &anchors(), &comments, &[], options);
    assert!(actions.is_quiet(), "{actions:?}");
}

/// 250 pull requests of random steps: at every point each finding has exactly one living place.
#[test]
fn every_finding_has_one_place_whatever_happens() {
    // A small linear congruential generator: the sequence is the same on every machine.
    let mut state = 42_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    for _ in 0..250 {
        let mut comments = Vec::new();
        for _ in 0..8 {
            let mut findings = Vec::new();
            let mut ordinals = [0_u32; 6];
            for line in 1..=(1 + random(30)) {
                if random(3) == 0 {
                    let key = random(6);
                    let ordinal = &mut ordinals[usize::try_from(key).unwrap()];
                    findings.push(triaged(u32::try_from(line * 4).unwrap(), key, *ordinal));
                    *ordinal += 1;
                }
            }
            let one = submission(findings);
            let roots: Vec<u64> = comments
                .iter()
                .filter(|one: &&ReviewComment| one.in_reply_to.is_none())
                .map(|one| one.id)
                .collect();
            for id in roots {
                match random(6) {
                    0 => reply_once(&mut comments, id),
                    // A force push, or GitHub following the code.
                    1 => comments
                        .iter_mut()
                        .filter(|c| c.id == id)
                        .for_each(|c| c.line = None),
                    2 => comments
                        .iter_mut()
                        .filter(|c| c.id == id && !c.is_on_file)
                        .for_each(|c| c.line = c.line.map(|line| line + 4)),
                    _ => {}
                }
            }
            run(&one, &mut comments);
        }
    }
}

fn reply_once(comments: &mut Vec<ReviewComment>, to: u64) {
    if !comments.iter().any(|one| one.id == 900 + to) && to < 900 {
        reply_by_a_person(comments, to);
    }
}
