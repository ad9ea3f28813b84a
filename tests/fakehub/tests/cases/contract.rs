//! GitHub's own description holds for both sides.

use std::collections::BTreeSet;

use serde_json::json;

use crate::client::{REPO, Scene};

#[test]
fn the_fake_serves_exactly_what_is_described() {
    let described: BTreeSet<String> = fakehub::described_operations().into_iter().collect();
    let served: BTreeSet<String> = fakehub::served_operations().into_iter().collect();
    assert_eq!(described, served);
    let listed = include_str!("../../openapi/operations.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (events, operations): (BTreeSet<&str>, BTreeSet<&str>) =
        listed.partition(|line| line.starts_with("EVENT "));
    assert_eq!(operations, served.iter().map(String::as_str).collect());
    let described = fakehub::described_events();
    let described: BTreeSet<String> = described.iter().map(|one| format!("EVENT {one}")).collect();
    assert_eq!(events, described.iter().map(String::as_str).collect());
}

#[test]
fn the_description_holds_no_prose() {
    for text in [
        include_str!("../../openapi/github.json"),
        include_str!("../../openapi/webhooks.json"),
    ] {
        assert!(text.len() < 1_000_000, "{} bytes", text.len());
        for word in ["\"summary\":\"", "\"x-github\"", "\"example\":"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}

fn violations(method: &str, path: &str, body: serde_json::Value) -> Vec<String> {
    let scene = Scene::new();
    let path = path
        .replace("PULL", &scene.pull(""))
        .replace("REPO", &format!("/repos/{REPO}"));
    let answer = scene.client.call(method, &path, Some(&body)).expect(422);
    assert!(
        answer.message().starts_with("Invalid request.\n\n"),
        "{}",
        answer.text
    );
    scene.hub.take_violations()
}

fn only(found: Vec<String>, part: &str) {
    assert!(
        matches!(&found[..], [one] if one.contains(part)),
        "{part}: {found:?}"
    );
}

#[test]
fn a_wrong_value_of_an_enum_is_found() {
    only(
        violations(
            "POST",
            "PULL/reviews",
            json!({"event": "LGTM", "body": "x"}),
        ),
        "LGTM",
    );
}

#[test]
fn an_unknown_property_is_found_at_any_depth() {
    only(
        violations(
            "POST",
            "PULL/reviews",
            json!({"event": "COMMENT", "text": "x"}),
        ),
        "text",
    );
    let comments = json!([{"path": "pump.c", "line": 20, "body": "x", "subject_type": "line"}]);
    let body = json!({"event": "COMMENT", "body": "x", "comments": comments});
    only(violations("POST", "PULL/reviews", body), "subject_type");
}

#[test]
fn a_wrong_type_and_a_missing_property_are_found() {
    let comments = json!([{"path": "pump.c", "line": "20", "body": "x"}]);
    only(
        violations(
            "POST",
            "PULL/reviews",
            json!({"event": "COMMENT", "comments": comments}),
        ),
        "line",
    );
    only(
        violations(
            "POST",
            "PULL/comments",
            json!({"body": "x", "path": "pump.c"}),
        ),
        "commit_id",
    );
    // A body that is a bare string, as one client library sends it.
    only(violations("PUT", "PULL/reviews/1", json!("text")), "text");
}

#[test]
fn null_where_github_takes_none_is_found() {
    only(
        violations("POST", "REPO/issues/1/comments", json!({"body": null})),
        "body",
    );
}

#[test]
fn an_unknown_query_parameter_is_found() {
    let scene = Scene::new();
    scene
        .client
        .get(&scene.pull("/files?perpage=100"))
        .expect(422);
    only(scene.hub.take_violations(), "perpage");
    scene
        .client
        .get(&scene.pull("/files?per_page=many"))
        .expect(422);
    only(scene.hub.take_violations(), "per_page");
}

#[test]
fn a_violation_fails_the_test_that_ends_clean() {
    let scene = Scene::new();
    scene.client.get(&scene.pull("/files?perpage=100"));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scene.hub.assert_clean()));
    let message = ended.unwrap_err().downcast_ref::<String>().unwrap().clone();
    assert!(
        message.contains("unknown query parameter `perpage`"),
        "{message}"
    );
}

#[test]
fn what_is_no_json_is_refused() {
    let scene = Scene::new();
    let agent = ureq::Agent::config_builder()
        .user_agent("x")
        .http_status_as_error(false)
        .build()
        .new_agent();
    let request = agent.post(format!("{}{}", scene.hub.url(), scene.pull("/reviews")));
    let request = request.header("authorization", format!("Bearer {}", scene.token()));
    let mut answer = request.send("{\"body\": ").unwrap();
    assert_eq!(answer.status(), 400);
    assert!(
        answer
            .body_mut()
            .read_to_string()
            .unwrap()
            .contains("Problems parsing JSON")
    );
}
