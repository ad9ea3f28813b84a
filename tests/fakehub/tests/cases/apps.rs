//! The App, its installations and their tokens.

use fakehub::{Access, FakeHub, Permission, Permissions, TokenSpec};
use serde_json::json;

use crate::client::{Client, REPO, Scene};

fn installed(hub: &FakeHub) -> u64 {
    let permissions = Permissions::from([
        (Permission::Metadata, Access::Read),
        (Permission::Contents, Access::Read),
        (Permission::PullRequests, Access::Write),
        (Permission::Checks, Access::Write),
    ]);
    hub.add_repository("acme/valve");
    hub.add_installation("scrubin", "acme", &[REPO, "acme/valve"], permissions)
}

#[test]
fn an_app_asks_for_a_token_and_uses_it() {
    let scene = Scene::new();
    let id = installed(&scene.hub);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
    assert_eq!(app.get("/app").expect(200).body["slug"], "scrubin");
    assert_eq!(
        app.get("/app/installations").expect(200).list()[0]["id"],
        json!(id)
    );
    app.get(&format!("/app/installations/{id}")).expect(200);
    assert_eq!(
        app.get(&format!("/repos/{REPO}/installation"))
            .expect(200)
            .id(),
        id
    );
    let made = app
        .call(
            "POST",
            &format!("/app/installations/{id}/access_tokens"),
            None,
        )
        .expect(201);
    let token = made.body["token"].as_str().unwrap();
    assert!(
        token.starts_with("ghs_") && token.len() > 450,
        "{}",
        token.len()
    );
    let client = Client::new(&scene.hub.url(), Some(token));
    assert_eq!(
        client.get("/installation/repositories").expect(200).body["total_count"],
        2
    );
    let body = json!({"event": "COMMENT", "body": "x"});
    let review = client.post(&scene.pull("/reviews"), body).expect(200);
    assert_eq!(review.body["user"]["login"], "scrubin[bot]");
    client.get("/user").expect(403);
    scene.hub.assert_clean();
}

#[test]
fn a_token_is_narrowed() {
    let scene = Scene::new();
    let id = installed(&scene.hub);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
    let path = format!("/app/installations/{id}/access_tokens");
    let body = json!({"repositories": ["valve"], "permissions": {"pull_requests": "read"}});
    let made = app.post(&path, body).expect(201);
    assert_eq!(
        made.body["permissions"],
        json!({"metadata": "read", "pull_requests": "read"})
    );
    assert_eq!(made.body["repositories"].as_array().unwrap().len(), 1);
    let client = Client::new(&scene.hub.url(), made.body["token"].as_str());
    client.get("/repos/acme/valve/pulls").expect(200);
    client
        .post(
            &scene.pull("/reviews"),
            json!({"event": "COMMENT", "body": "x"}),
        )
        .expect(403);
    app.post(&path, json!({"permissions": {"administration": "read"}}))
        .expect(422);
    app.post(&path, json!({"repositories": ["unknown"]}))
        .expect(422);
    scene.hub.assert_clean();
}

#[test]
fn a_jwt_has_its_times() {
    let scene = Scene::new();
    installed(&scene.hub);
    scene.hub.set_clock(1_800_000_000);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
    app.get("/app").expect(200);
    scene.hub.set_clock(1_800_000_600);
    let late = app.get("/app").expect(401);
    assert!(late.message().contains("'exp'"), "{}", late.text);
    let unknown = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("other")));
    unknown.get("/app").expect(404);
    scene.client.get("/app").expect(401);
}

#[test]
fn people_are_shown() {
    let scene = Scene::with(TokenSpec::user("alice"));
    assert_eq!(scene.client.get("/user").expect(200).body["login"], "alice");
    assert_eq!(
        scene.client.get("/users/acme").expect(200).body["type"],
        "User"
    );
    scene.client.get("/users/nobody").expect(404);
    let enterprise = Client::new(
        &scene.hub.enterprise_api_url(),
        scene.client.token.as_deref(),
    );
    assert_eq!(
        enterprise.get("/meta").expect(200).body["installed_version"],
        "3.19.0"
    );
    scene.hub.assert_clean();
}
