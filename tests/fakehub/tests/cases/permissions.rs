//! Tokens: what they may do, how they end.

use fakehub::{Access, Caller, Permission, TokenSpec};
use serde_json::json;

use crate::client::{Client, REPO, Scene};

#[test]
fn a_token_from_a_fork_reads_and_does_not_write() {
    let scene = Scene::with(TokenSpec::fork());
    scene.client.get(&scene.pull("")).expect(200);
    scene.client.get(&scene.pull("/comments")).expect(200);
    let review = json!({"event": "COMMENT", "body": "x"});
    let answer = scene
        .client
        .post(&scene.pull("/reviews"), review)
        .expect(403);
    assert_eq!(answer.message(), "Resource not accessible by integration");
    assert_eq!(
        answer.header("x-accepted-github-permissions"),
        "pull_requests=write"
    );
    let comment = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    scene
        .client
        .post(&comment, json!({"body": "x"}))
        .expect(403);
    let check = json!({"name": "x", "head_sha": scene.hub.tip(REPO, "fix")});
    scene
        .client
        .post(&format!("/repos/{REPO}/check-runs"), check)
        .expect(403);
    scene.hub.assert_clean();
}

#[test]
fn each_permission_is_needed() {
    let spec = || TokenSpec::new(Caller::Actions).with(Permission::Contents, Access::Read);
    let scene = Scene::with(spec());
    scene.client.get(&scene.pull("")).expect(403);
    scene
        .client
        .get(&format!("/repos/{REPO}/contents/pump.c"))
        .expect(200);
    let token = scene.hub.add_token(spec().without(Permission::Contents));
    let client = Client::new(&scene.hub.url(), Some(&token));
    client
        .get(&format!("/repos/{REPO}/contents/pump.c"))
        .expect(403);
    client.get(&format!("/repos/{REPO}")).expect(200);
    // One of two permissions is enough for the conversation.
    for permission in [Permission::Issues, Permission::PullRequests] {
        let token = scene.hub.add_token(spec().with(permission, Access::Write));
        let client = Client::new(&scene.hub.url(), Some(&token));
        let path = format!("/repos/{REPO}/issues/{}/comments", scene.number);
        client.post(&path, json!({"body": "x"})).expect(201);
    }
}

#[test]
fn tokens_expire_and_are_revoked() {
    let scene = Scene::with(TokenSpec::actions().expiring_after(2));
    scene.client.get(&scene.pull("")).expect(200);
    scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(
        scene.client.get(&scene.pull("")).expect(401).message(),
        "Bad credentials"
    );
    let token = scene.hub.add_token(TokenSpec::actions());
    let client = Client::new(&scene.hub.url(), Some(&token));
    client.get(&scene.pull("")).expect(200);
    scene.hub.revoke(&token);
    client.get(&scene.pull("")).expect(401);
    Client::new(&scene.hub.url(), Some("ghs_unknown"))
        .get(&scene.pull(""))
        .expect(401);
}

#[test]
fn without_a_token_public_things_are_read() {
    let scene = Scene::new();
    let nobody = Client::new(&scene.hub.url(), None);
    let answer = nobody.get(&scene.pull("")).expect(200);
    assert_eq!(answer.header("x-ratelimit-limit"), "60");
    let review = json!({"event": "COMMENT", "body": "x"});
    nobody.post(&scene.pull("/reviews"), review).expect(401);
    scene.hub.set_private(REPO, true);
    nobody.get(&scene.pull("")).expect(404);
}

#[test]
fn a_narrowed_token_does_not_see_other_private_repositories() {
    let scene = Scene::with(TokenSpec::actions().only(&["acme/other"]));
    scene.client.get(&scene.pull("")).expect(403);
    scene.hub.set_private(REPO, true);
    scene.client.get(&scene.pull("")).expect(404);
}

#[test]
fn a_client_without_a_name_is_refused() {
    let scene = Scene::new();
    let agent = ureq::Agent::config_builder()
        .user_agent("")
        .http_status_as_error(false)
        .build()
        .new_agent();
    let answer = agent
        .get(format!("{}{}", scene.hub.url(), scene.pull("")))
        .call()
        .unwrap();
    assert_eq!(answer.status(), 403);
}

#[test]
fn unknown_api_versions_are_refused() {
    let scene = Scene::new();
    let get = |version: &str| {
        let agent = ureq::Agent::config_builder()
            .user_agent("x")
            .http_status_as_error(false)
            .build()
            .new_agent();
        let request = agent.get(format!("{}{}", scene.hub.url(), scene.pull("")));
        request
            .header("x-github-api-version", version)
            .call()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(get("2022-11-28"), 200);
    assert_eq!(get("2020-01-01"), 400);
}

#[test]
fn a_token_outside_the_authorization_header_is_found() {
    let scene = Scene::new();
    let path = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    let body = json!({"body": format!("debug: {}", scene.token())});
    scene.client.post(&path, body).expect(201);
    assert_eq!(scene.hub.token_leaks(), [format!("POST {path}")]);
    let seen = format!("{:?}", scene.hub.log()[0].headers);
    assert!(!seen.contains(scene.token()), "{seen}");
}

#[test]
fn roles_are_told() {
    let scene = Scene::new();
    scene.hub.set_role(REPO, "alice", "maintain");
    scene.hub.comment(REPO, scene.number, "eve", "hello");
    let role = |login: &str| {
        let answer = scene
            .client
            .get(&format!("/repos/{REPO}/collaborators/{login}/permission"))
            .expect(200);
        (
            answer.body["permission"].clone(),
            answer.body["role_name"].clone(),
        )
    };
    assert_eq!(role("alice"), (json!("write"), json!("maintain")));
    assert_eq!(role("acme"), (json!("admin"), json!("admin")));
    assert_eq!(role("eve"), (json!("read"), json!("read")));
    scene
        .client
        .get(&format!("/repos/{REPO}/collaborators/nobody/permission"))
        .expect(404);
    scene.hub.assert_clean();
}
