//! The fault script.

use std::time::{Duration, Instant};

use fakehub::{Fault, FaultKind};
use serde_json::json;

use crate::client::{Answer, REPO, Scene};

fn list(scene: &Scene) -> String {
    format!("/repos/{REPO}/issues/{}/comments", scene.number)
}

fn say(scene: &Scene) -> Answer {
    scene.client.post(&list(scene), json!({"body": "x"}))
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new("POST", "/repos/*/*/issues/*/comments", kind)
}

fn stored(scene: &Scene) -> usize {
    scene.hub.comments(REPO, scene.number).len()
}

#[test]
fn bad_gateway_before_and_after_storing() {
    let scene = Scene::new();
    scene.hub.fault(fault(FaultKind::BadGatewayBeforeStoring));
    scene.hub.fault(fault(FaultKind::BadGatewayAfterStoring));
    say(&scene).expect(502);
    assert_eq!(stored(&scene), 0);
    say(&scene).expect(502);
    assert_eq!(stored(&scene), 1);
    say(&scene).expect(201);
    assert_eq!(scene.hub.faults_left(), 0);
    let log = scene.hub.log();
    let played: Vec<_> = log.iter().map(|one| (one.status, one.fault)).collect();
    assert_eq!(
        played,
        [
            (502, Some("bad-gateway-before-storing")),
            (502, Some("bad-gateway-after-storing")),
            (201, None)
        ]
    );
    scene.hub.assert_clean();
}

#[test]
fn faults_wait_and_repeat() {
    let scene = Scene::new();
    scene
        .hub
        .fault(fault(FaultKind::BadGatewayBeforeStoring).after(1).times(2));
    let statuses: Vec<u16> = (0..4).map(|_| say(&scene).status).collect();
    assert_eq!(statuses, [201, 502, 502, 201]);
    // Another method and another path are left alone.
    scene.hub.fault(fault(FaultKind::BadGatewayBeforeStoring));
    scene.client.get(&list(&scene)).expect(200);
    scene.hub.fault(
        Fault::new("*", "/graphql", FaultKind::BadGatewayBeforeStoring).containing("viewer"),
    );
    scene.client.graphql("{ rateLimit { cost } }", json!({}));
    assert_eq!(
        scene
            .client
            .post("/graphql", json!({"query": "{ viewer { login } }"}))
            .status,
        502
    );
}

#[test]
fn a_hung_request_never_ends() {
    let mut scene = Scene::new();
    scene.hub.fault(fault(FaultKind::Hang));
    scene.hub.fault(fault(FaultKind::HangAfterStoring));
    let quick = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(300)))
        .build();
    for left in [0, 1] {
        let answer = quick
            .new_agent()
            .post(format!("{}{}", scene.client.base, list(&scene)))
            .header("authorization", format!("Bearer {}", scene.token()))
            .send(r#"{"body": "x"}"#);
        assert!(matches!(answer, Err(ureq::Error::Timeout(_))), "{answer:?}");
        assert_eq!(stored(&scene), left);
    }
    scene.client.accept = "application/json";
    say(&scene).expect(201);
}

#[test]
fn json_ends_half_way() {
    let scene = Scene::new();
    scene.hub.fault(fault(FaultKind::TruncatedJson));
    let answer = say(&scene).expect(201);
    assert!(
        answer.body.is_null() && answer.text.starts_with('{'),
        "{}",
        answer.text
    );
    assert_eq!(stored(&scene), 1);
}

#[test]
fn the_connection_closes_half_way() {
    let scene = Scene::new();
    scene.hub.fault(fault(FaultKind::DroppedBody));
    assert!(
        scene
            .client
            .try_call("POST", &list(&scene), Some(&json!({"body": "x"})))
            .is_err()
    );
    assert_eq!(stored(&scene), 1);
}

#[test]
fn a_body_comes_slowly() {
    let scene = Scene::new();
    let pause = Duration::from_millis(60);
    scene
        .hub
        .fault(fault(FaultKind::SlowBody { pieces: 5, pause }));
    let start = Instant::now();
    say(&scene).expect(201);
    assert!(start.elapsed() >= 4 * pause, "{:?}", start.elapsed());
}

#[test]
fn secondary_limits_with_and_without_retry_after() {
    let scene = Scene::new();
    for status in [403, 429] {
        for retry_after in [Some(30), None] {
            scene.hub.fault(fault(FaultKind::SecondaryLimit {
                status,
                retry_after,
            }));
            let answer = say(&scene).expect(status);
            assert!(
                answer
                    .message()
                    .starts_with("You have exceeded a secondary rate limit.")
            );
            assert_eq!(
                answer.header("retry-after"),
                retry_after.map_or(String::new(), |s| s.to_string())
            );
        }
    }
    assert_eq!(stored(&scene), 0);
}

#[test]
fn the_primary_limit_holds_until_its_reset() {
    let scene = Scene::new();
    scene.hub.set_clock(1_800_000_000);
    scene
        .hub
        .fault(fault(FaultKind::PrimaryLimit { reset_in: 120 }));
    for _ in 0..2 {
        let answer = say(&scene).expect(403);
        assert!(answer.message().starts_with("API rate limit exceeded"));
        assert_eq!(answer.header("x-ratelimit-remaining"), "0");
        assert_eq!(answer.header("x-ratelimit-reset"), "1800000120");
    }
    scene.hub.set_clock(1_800_000_121);
    say(&scene).expect(201);
}

#[test]
fn every_answer_tells_what_is_left() {
    let scene = Scene::new();
    let first = scene.client.get(&list(&scene));
    let second = scene.client.get("/nothing/here").expect(404);
    let left = |answer: &Answer| {
        answer
            .header("x-ratelimit-remaining")
            .parse::<u64>()
            .unwrap()
    };
    assert_eq!(left(&first), left(&second) + 1);
    scene.hub.set_rate_limit(scene.token(), 1, 60);
    say(&scene).expect(201);
    say(&scene).expect(403);
    let limits = scene.client.get("/rate_limit").expect(200);
    assert_eq!(limits.body["resources"]["core"]["remaining"], 0);
    scene.hub.assert_clean();
}

#[test]
fn one_line_is_refused() {
    let scene = Scene::new();
    let kind = || FaultKind::UnprocessableLine {
        path: "pump.c".to_owned(),
        line: 20,
    };
    scene
        .hub
        .fault(Fault::new("POST", "/repos/**", kind()).times(2));
    let review = |line: u64| {
        let comments = json!([{"path": "pump.c", "line": line, "body": "x"}]);
        scene.client.post(
            &scene.pull("/reviews"),
            json!({"event": "COMMENT", "body": "b", "comments": comments}),
        )
    };
    review(19).expect(200);
    let refused = review(20).expect(422);
    assert!(refused.text.contains("line must be part of the diff"));
    let head = scene.hub.tip(REPO, "fix");
    let comment = json!({"path": "pump.c", "line": 20, "body": "x", "commit_id": head});
    let refused = scene
        .client
        .post(&scene.pull("/comments"), comment)
        .expect(422);
    assert_eq!(refused.message(), "Validation Failed");
    review(20).expect(200);
    scene.hub.assert_clean();
}

#[test]
fn a_token_ends_in_mid_run() {
    let scene = Scene::new();
    scene.hub.fault(fault(FaultKind::TokenExpired));
    assert_eq!(say(&scene).expect(401).message(), "Bad credentials");
    scene.client.get(&list(&scene)).expect(401);
}

#[test]
fn a_permission_is_missing() {
    let scene = Scene::new();
    scene.hub.fault(fault(FaultKind::PermissionMissing));
    assert_eq!(
        say(&scene).expect(403).message(),
        "Resource not accessible by integration"
    );
    scene.hub.fault(fault(FaultKind::Status(
        503,
        "Service unavailable".to_owned(),
    )));
    say(&scene).expect(503);
}

#[test]
fn a_person_deletes_a_comment_meanwhile() {
    let scene = Scene::new();
    let id = say(&scene).expect(201).id();
    let path = format!("/repos/{REPO}/issues/comments/{id}");
    let hook = FaultKind::Hook(Box::new(move |hub| hub.delete_comment(REPO, id)));
    scene
        .hub
        .fault(Fault::new("PATCH", "/repos/*/*/issues/comments/*", hook));
    scene
        .client
        .call("PATCH", &path, Some(&json!({"body": "y"})))
        .expect(404);
    assert_eq!(stored(&scene), 0);
}

#[test]
fn the_head_moves_while_a_review_is_posted() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let push = crate::client::changed(|lines| lines[19] = "changed again".to_owned());
    let hook = FaultKind::Hook(Box::new(move |hub| {
        hub.commit(REPO, "fix", "meanwhile", &push);
    }));
    scene
        .hub
        .fault(Fault::new("POST", "/repos/*/*/pulls/*/reviews", hook));
    let comments = json!([{"path": "pump.c", "line": 20, "body": "x"}]);
    let body = json!({"commit_id": head, "event": "COMMENT", "body": "b", "comments": comments});
    scene.client.post(&scene.pull("/reviews"), body).expect(200);
    let comment = &scene.hub.diff_comments(REPO, scene.number)[0];
    assert!(comment.outdated);
    assert_eq!(comment.original_line, Some(20));
    scene.hub.assert_clean();
}
