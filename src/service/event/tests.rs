use serde_json::{Value, json};

use super::*;

fn of(event: &str, body: Value) -> (Delivery, Vec<Effect>) {
    let headers = Headers {
        event,
        delivery: "d-1",
    };
    effects(headers, body.to_string().as_bytes(), 7).unwrap()
}

fn base(action: &str) -> Value {
    json!({
        "action": action,
        "installation": {"id": 5},
        "repository": {"id": 9, "full_name": "acme/pump", "default_branch": "main", "private": true},
        "sender": {"login": "ada"},
    })
}

fn with(mut body: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn keys(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Job(job) => Some(job.key()),
            Effect::Request(request) => Some(format!(
                "{} {} by {}",
                request.id, request.action, request.person
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn a_push_to_a_pull_request_is_one_job() {
    let body = with(base("synchronize"), json!({"pull_request": {"number": 3}}));
    let (delivery, effects) = of("pull_request", body);
    assert_eq!(keys(&effects), ["5/9/pull/3"]);
    assert_eq!((delivery.installation, delivery.pull), (Some(5), Some(3)));
    assert_eq!(delivery.id, "d-1");
}

#[test]
fn unknown_events_and_actions_are_no_work() {
    for (event, body) in [
        ("star", base("created")),
        (
            "pull_request",
            with(base("levitated"), json!({"pull_request": {"number": 3}})),
        ),
        ("ping", json!({"zen": "Keep it logically awesome."})),
        (
            "pull_request",
            json!({"action": "opened", "pull_request": {"number": 3}}),
        ),
    ] {
        assert_eq!(of(event, body).1, [], "{event}");
    }
    let headers = Headers {
        event: "pull_request",
        delivery: "d",
    };
    assert!(effects(headers, b"{", 7).is_err());
}

#[test]
fn a_merge_group_is_reviewed_on_its_own_commit() {
    let group = json!({"merge_group": {"head_sha": "ab", "base_sha": "cd"}});
    let (_, effects) = of("merge_group", with(base("checks_requested"), group.clone()));
    assert_eq!(keys(&effects), ["5/9/group/ab"]);
    let (_, effects) = of("merge_group", with(base("destroyed"), group.clone()));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Repository { .. }, Effect::Dissolved { repository: 9, head, is_merged: false, .. }]
            if head == "ab"
    ));
    for (reason, merged) in [
        ("merged", true),
        ("dequeued", false),
        ("invalidated", false),
    ] {
        let body = with(base("destroyed"), group.clone());
        let (_, effects) = of("merge_group", with(body, json!({"reason": reason})));
        assert!(
            matches!(
                effects.as_slice(),
                [Effect::Repository { .. }, Effect::Dissolved { is_merged, .. }] if *is_merged == merged
            ),
            "{reason}"
        );
    }
    assert_eq!(of("merge_group", with(base("levitated"), group)).1, []);
}

#[test]
fn buttons_and_reruns_of_our_check_count_and_those_of_others_do_not() {
    let run = |app: u64, name: &str| {
        json!({"check_run": {"id": 40, "name": name, "head_sha": "ab", "external_id": "pull:3", "app": {"id": app}},
               "requested_action": {"identifier": "not-useful"}})
    };
    let (_, effects) = of(
        "check_run",
        with(base("rerequested"), run(7, "scrubin/gate")),
    );
    assert_eq!(keys(&effects), ["5/9/pull/3"]);
    let (_, effects) = of(
        "check_run",
        with(base("requested_action"), run(7, "scrubin/gate")),
    );
    assert_eq!(
        keys(&effects),
        ["5/9/pull/3", "action:d-1 not-useful by ada"]
    );
    for (app, name) in [(8, "scrubin/gate"), (7, "lint")] {
        assert_eq!(
            of("check_run", with(base("rerequested"), run(app, name))).1,
            []
        );
    }
}

#[test]
fn a_comment_counts_if_a_person_speaks_to_us() {
    let comment = |body: &str, kind: &str| {
        json!({"pull_request": {"number": 3},
               "comment": {"id": 77, "body": body, "in_reply_to_id": 70, "user": {"login": "bo", "type": kind}}})
    };
    let of_comment = |body: &str, kind: &str, action: &str| {
        keys(
            &of(
                "pull_request_review_comment",
                with(base(action), comment(body, kind)),
            )
            .1,
        )
    };
    assert_eq!(
        of_comment("scrubin explain", "User", "created"),
        [
            "5/9/pull/3".to_owned(),
            format!("review-comment:77 {} by bo", short_hash(b"scrubin explain"))
        ]
    );
    assert_eq!(of_comment("nice", "User", "created"), [""; 0]);
    assert_eq!(of_comment("scrubin explain", "Bot", "created"), [""; 0]);
    assert_eq!(of_comment("scrubin explain", "User", "edited"), [""; 0]);
    let on_issue = json!({"issue": {"number": 3}, "comment": {"id": 1, "body": "scrubin recheck", "user": {"login": "bo", "type": "User"}}});
    assert_eq!(of("issue_comment", with(base("created"), on_issue)).1, []);
}

#[test]
fn installations_come_and_go() {
    let part = json!({"installation": {"id": 5, "account": {"login": "acme"}},
        "repositories": [{"id": 9, "full_name": "acme/pump", "private": true}]});
    let (_, effects) = of("installation", with(base("created"), part.clone()));
    assert_eq!(keys(&effects), ["5/sweep"]);
    assert!(matches!(
        &effects[0],
        Effect::Installation { id: 5, account, state: InstallationState::Active } if account.login == "acme"
    ));
    let (_, effects) = of("installation", with(base("deleted"), part));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Repository { facts, .. }, Effect::Installation { state: InstallationState::Deleted, .. }]
            if facts.state == RepositoryState::Removed
    ));
}

#[test]
fn a_review_counts_if_a_person_approves_or_ceases_to() {
    let review = |action: &str, state: &str, kind: &str| {
        let more = json!({"pull_request": {"number": 3}, "review": {"state": state, "user": {"login": "bo", "type": kind}}});
        keys(&of("pull_request_review", with(base(action), more)).1).len()
    };
    assert_eq!(review("submitted", "approved", "User"), 1);
    assert_eq!(review("dismissed", "dismissed", "User"), 1);
    assert_eq!(review("submitted", "commented", "User"), 0);
    assert_eq!(
        review("submitted", "approved", "Bot"),
        0,
        "our own review asks for the next one"
    );
}

#[test]
fn the_page_names_every_event_that_is_answered() {
    let page = include_str!("../../../docs/service.md");
    let answered: Vec<&str> = include_str!("../event.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => scene."))
        .map(|(name, _)| name)
        .collect();
    assert!(answered.len() >= 10, "is the list read right? {answered:?}");
    for name in answered {
        assert!(
            page.contains(&format!("| `{name}` |")),
            "docs/service.md lacks {name}"
        );
    }
}
