//! What goes wrong on the way, one fault a test.

use fakehub::{Fault, FaultKind, Permission, TokenSpec};

use crate::scene::{FILE, REPO, Scene, file, safe_copy, unsafe_copy, unsafe_file};

const REVIEWS: &str = "/repos/*/*/pulls/*/reviews";
const COMMENTS: &str = "/repos/*/*/pulls/*/comments";
const SUMMARIES: &str = "/repos/*/*/issues/*/comments";
const REPLIES: &str = "/repos/*/*/pulls/*/comments/*/replies";

/// Three findings, one fault; afterwards all is as without it.
fn survives(fault: Fault) {
    let scene = Scene::new(&unsafe_file(&["dose", "rate", "alarm"]));
    scene.hub.fault(fault);
    let run = scene.run("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!((scene.living().len(), scene.rows()), (3, 0), "{run:#?}");
    assert_eq!(scene.summaries().len(), 1);
    let again = scene.run("synchronize", &[]);
    assert_eq!(again.number("comments-kept"), 3, "{again:#?}");
}

#[test]
fn a_502_after_storing_posts_nothing_twice() {
    survives(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::BadGatewayAfterStoring,
    ));
    survives(Fault::new(
        "POST",
        SUMMARIES,
        FaultKind::BadGatewayAfterStoring,
    ));
}

#[test]
fn a_502_before_storing_loses_nothing() {
    survives(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::BadGatewayBeforeStoring,
    ));
    survives(Fault::new(
        "POST",
        SUMMARIES,
        FaultKind::BadGatewayBeforeStoring,
    ));
}

#[test]
fn an_unknown_outcome_is_looked_into_before_anything_is_sent_again() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.fault(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::BadGatewayBeforeStoring,
    ));
    scene.run("opened", &[]);
    let order: Vec<String> = scene
        .hub
        .log()
        .iter()
        .filter(|one| one.path.ends_with("/reviews") || one.path.ends_with("/pulls/1/comments"))
        .map(|one| format!("{} {}", one.method, one.status))
        .collect();
    // Listed, refused, listed again, sent once more, read back: octocrab repeats nothing by itself.
    assert_eq!(
        order,
        ["GET 200", "POST 502", "GET 200", "POST 200", "GET 200"]
    );
}

#[test]
fn a_time_out_is_looked_into() {
    survives(Fault::new("POST", REVIEWS, FaultKind::Hang));
    survives(Fault::new("POST", REVIEWS, FaultKind::HangAfterStoring));
}

#[test]
fn a_truncated_answer_is_looked_into() {
    survives(Fault::new("POST", REVIEWS, FaultKind::TruncatedJson));
    survives(Fault::new("POST", REVIEWS, FaultKind::DroppedBody));
    survives(Fault::new("GET", COMMENTS, FaultKind::TruncatedJson));
}

#[test]
fn a_slow_answer_is_waited_for() {
    let pause = std::time::Duration::from_millis(100);
    survives(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::SlowBody { pieces: 5, pause },
    ));
}

#[test]
fn rate_limits_are_waited_out() {
    for status in [403, 429] {
        let limit = || FaultKind::SecondaryLimit {
            status,
            retry_after: Some(1),
        };
        survives(Fault::new("POST", REVIEWS, limit()));
        survives(Fault::new("GET", COMMENTS, limit()));
        survives(Fault::new("POST", SUMMARIES, limit()));
    }
    survives(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::PrimaryLimit { reset_in: 1 },
    ));
}

#[test]
fn a_limit_without_an_end_is_not_waited_for() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.fault(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::SecondaryLimit {
            status: 429,
            retry_after: Some(3_600),
        },
    ));
    let run = scene.run_loosely("opened", &[]);
    scene.assert_accounted(&run);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("rate limit"), "{}", run.stderr);
    assert_eq!((scene.living().len(), scene.rows()), (0, 0));
    assert_eq!(run.on_rung("annotation"), 1, "{run:#?}");
    // GitHub shuts out who goes on asking while a limit lasts.
    let log = scene.hub.log();
    let refused = log.iter().position(|one| one.status == 429).unwrap();
    let after = &log[refused + 1..];
    assert!(after.is_empty(), "{after:#?}");
    scene.hub.assert_clean();
}

#[test]
fn a_comment_that_github_took_and_does_not_show_falls_a_rung() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let number = scene.number;
    // Gone when the list is read back after the review was made.
    let hide = FaultKind::Hook(Box::new(move |hub| {
        let made = hub.diff_comments(REPO, number);
        hub.delete_comment(REPO, made[0].id);
    }));
    scene.hub.fault(Fault::new("GET", COMMENTS, hide).after(1));
    let run = scene.run("opened", &[]);
    assert_eq!(
        (run.on_rung("inline"), run.on_rung("file")),
        (1, 1),
        "{run:#?}"
    );
    let whole = scene.living().into_iter().filter(|(_, one)| one.whole_file);
    assert_eq!(whole.count(), 1);
}

#[test]
fn one_bad_line_does_not_cost_the_others() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate", "alarm", "mode", "unit"]));
    scene.hub.fault(
        Fault::new(
            "POST",
            REVIEWS,
            FaultKind::UnprocessableLine {
                path: FILE.to_owned(),
                line: 12,
            },
        )
        .times(20),
    );
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(
        (run.on_rung("inline"), run.on_rung("file")),
        (4, 1),
        "{run:#?}"
    );
    let living = scene.living();
    assert_eq!(living.len(), 5);
    let on_file: Vec<_> = living.iter().filter(|(_, one)| one.whole_file).collect();
    assert_eq!(on_file.len(), 1);
    assert!(
        on_file[0].1.body.contains("Line 12 of this file"),
        "{}",
        on_file[0].1.body
    );
    scene.assert_nothing_twice();
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
}

#[test]
fn a_finding_that_no_comment_can_carry_is_annotated_and_in_the_table() {
    let scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let bad = |route: &str| {
        Fault::new(
            "POST",
            route,
            FaultKind::Status(422, "Validation Failed".to_owned()),
        )
        .times(9)
    };
    scene.hub.fault(bad(REVIEWS));
    scene.hub.fault(bad(COMMENTS));
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(run.on_rung("annotation"), 2, "{run:#?}");
    assert_eq!((scene.living().len(), scene.rows()), (0, 2));
    assert_eq!(run.stdout.matches("::error file=").count(), 2);
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
}

#[test]
fn a_token_without_the_permission_leaves_the_job_summary_and_the_log() {
    let mut scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    let spec = TokenSpec::actions()
        .without(Permission::PullRequests)
        .without(Permission::Issues)
        .with(Permission::PullRequests, fakehub::Access::Read);
    scene.token = scene.hub.add_token(spec);
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.on_rung("annotation"), 2);
    assert_eq!(run.stdout.matches("::error file=").count(), 2);
    assert!(run.stderr.contains("permission"), "{}", run.stderr);
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
    // Refused once is refused for good: it is not tried again and again.
    let writes = scene.writes();
    assert!(writes.len() <= 1, "{writes:?}");
}

#[test]
fn an_expired_token_in_mid_run_loses_nothing() {
    for requests in 0..12 {
        let mut scene = Scene::new(&unsafe_file(&["dose", "rate"]));
        scene.token = scene
            .hub
            .add_token(TokenSpec::actions().expiring_after(requests));
        let run = scene.run_loosely("opened", &[]);
        assert_eq!(run.code, 1, "{requests}: {run:#?}");
        scene.assert_accounted(&run);
        scene.assert_nothing_twice();
        scene.hub.assert_clean();
        // The next run, with a new token, finishes what is left.
        scene.token = scene.hub.add_token(TokenSpec::actions());
        scene.run("synchronize", &[]);
        assert_eq!(scene.living().len(), 2, "{requests}");
    }
}

#[test]
fn a_comment_deleted_meanwhile_is_in_the_table() {
    let scene = Scene::new(&file(&[unsafe_copy("dose")]));
    scene.run("opened", &[]);
    let (_, comment) = scene.living().remove(0);
    // The text has to change, so that the comment is edited: by hand, as people may.
    scene.hub.edit_comment(
        REPO,
        comment.id,
        &format!("{} ", comment.body.replace("Fix", "fix")),
    );
    let id = comment.id;
    scene.hub.fault(Fault::new(
        "PATCH",
        "/repos/*/*/pulls/comments/*",
        FaultKind::Hook(Box::new(move |hub| hub.delete_comment(REPO, id))),
    ));
    let run = scene.run("synchronize", &[]);
    assert_eq!((scene.living().len(), scene.rows()), (0, 1), "{run:#?}");
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-created"), 0, "{run:#?}");
}

#[test]
fn a_summary_deleted_meanwhile_is_made_again() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    let summary = scene.hub.comments(REPO, scene.number)[0].id;
    scene.push(&unsafe_file(&["dose", "rate"]));
    scene.hub.fault(Fault::new(
        "PATCH",
        "/repos/*/*/issues/comments/*",
        FaultKind::Hook(Box::new(move |hub| hub.delete_comment(REPO, summary))),
    ));
    scene.run("synchronize", &[]);
    assert_eq!(scene.summaries().len(), 1);
}

#[test]
fn a_head_that_moves_while_posting_is_left_to_its_own_run() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.fault(Fault::new(
        "GET",
        COMMENTS,
        FaultKind::Hook(Box::new(|hub| {
            hub.commit_files(REPO, "fix", &[(FILE, &unsafe_file(&["rate", "dose"]))]);
        })),
    ));
    let run = scene.run_loosely("opened", &[]);
    assert!(run.stderr.contains("newer head"), "{}", run.stderr);
    assert!(scene.living().is_empty());
    scene.assert_accounted(&run);
    scene.run("synchronize", &[]);
    assert_eq!(scene.living().len(), 2);
}

#[test]
fn a_head_that_moves_at_the_last_moment_makes_no_duplicates() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.hub.fault(Fault::new(
        "POST",
        REVIEWS,
        FaultKind::Hook(Box::new(|hub| {
            let text = file(&[safe_copy("rate"), unsafe_copy("dose")]);
            hub.commit_files(REPO, "fix", &[(FILE, &text)]);
        })),
    ));
    let run = scene.run_loosely("opened", &[]);
    scene.assert_nothing_twice();
    scene.assert_accounted(&run);
    scene.hub.assert_clean();
    scene.run("synchronize", &[]);
    assert_eq!(scene.living().len(), 1);
}

#[test]
fn a_reply_with_an_unknown_outcome_is_not_sent_twice() {
    for kind in [
        FaultKind::BadGatewayAfterStoring,
        FaultKind::BadGatewayBeforeStoring,
    ] {
        let scene = Scene::new(&unsafe_file(&["dose"]));
        scene.run("opened", &[]);
        scene.hub.fault(Fault::new("POST", REPLIES, kind));
        scene.push(&file(&[safe_copy("dose")]));
        scene.run("synchronize", &[]);
        let replies = scene
            .hub
            .diff_comments(REPO, scene.number)
            .iter()
            .filter(|one| one.in_reply_to.is_some())
            .count();
        assert_eq!(replies, 1);
    }
}

#[test]
fn minimising_is_not_needed_for_closing() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene.run("opened", &[]);
    scene
        .hub
        .fault(Fault::new("POST", "/graphql", FaultKind::PermissionMissing).containing("Minimize"));
    scene.push(&file(&[safe_copy("dose")]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(
        (run.code, run.number("comments-retired")),
        (0, 1),
        "{run:#?}"
    );
}

#[test]
fn github_that_is_down_does_not_change_the_gate() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    scene
        .hub
        .fault(Fault::new("*", "/repos/**", FaultKind::BadGatewayBeforeStoring).times(1_000));
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.on_rung("annotation"), 1);
    scene.assert_accounted(&run);
}
