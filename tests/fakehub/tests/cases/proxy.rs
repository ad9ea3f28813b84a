//! The same exchange through prism, the second judge. It needs npm, so it runs only when asked:
//! `FAKEHUB_PRISM=1 cargo test -p fakehub proxy`.

use fakehub::Proxy;
use serde_json::json;

use crate::client::{Client, REPO, Scene};
use crate::webhooks::told;

#[test]
fn prism_finds_nothing_to_object_to() {
    if std::env::var_os("FAKEHUB_PRISM").is_none() {
        return;
    }
    let scene = Scene::new();
    for number in 0..40 {
        scene
            .hub
            .comment(REPO, scene.number, "alice", &format!("comment {number}"));
    }
    let proxy = Proxy::start(&scene.hub).unwrap();
    let client = Client::new(proxy.url(), scene.client.token.as_deref());
    let head = scene.hub.tip(REPO, "fix");
    let comments =
        json!([{"path": "pump.c", "start_line": 18, "line": 20, "side": "RIGHT", "body": "x"}]);
    let review = json!({"event": "COMMENT", "body": "b", "comments": comments});
    client.post(&scene.pull("/reviews"), review).expect(200);
    scene.push(|lines| lines[19] = "changed again".to_owned());
    let shown = client.get(&scene.pull("/comments")).expect(200);
    assert!(shown.list()[0]["line"].is_null());
    let file = json!({"path": "pump.c", "subject_type": "file", "body": "x", "commit_id": head});
    client.post(&scene.pull("/comments"), file).expect(201);
    let check = json!({"name": "scrubin", "head_sha": head, "conclusion": "neutral"});
    client
        .post(&format!("/repos/{REPO}/check-runs"), check)
        .expect(201);
    for path in ["", "/files", "/commits", "/reviews"] {
        client.get(&scene.pull(path)).expect(200);
    }
    for path in [
        "",
        "/compare/main...fix",
        "/contents/pump.c",
        "/branches/main",
        "/commits/fix/status",
        "/commits/fix/check-runs",
    ] {
        client.get(&format!("/repos/{REPO}{path}")).expect(200);
    }
    let page = client
        .get(&format!("/repos/{REPO}/issues/{}/comments", scene.number))
        .expect(200);
    assert!(
        page.header("link")
            .starts_with(&format!("<{}/repos/", proxy.url())),
        "{}",
        page.header("link")
    );
    let wrong = client
        .post(&scene.pull("/reviews"), json!({"event": "LGTM"}))
        .expect(422);
    assert!(wrong.text.contains("stoplight.io/prism"), "{}", wrong.text);
    scene.hub.assert_clean();
}

/// What an App and its people ask, likewise.
#[test]
fn prism_finds_nothing_to_object_to_in_an_app() {
    if std::env::var_os("FAKEHUB_PRISM").is_none() {
        return;
    }
    let (scene, _receiver, id) = told();
    let hub = &scene.hub;
    hub.close(REPO, scene.number);
    hub.wait_idle();
    let credentials = hub.add_app("reviewer");
    let proxy = Proxy::start(hub).unwrap();
    let app = Client::new(proxy.url(), Some(&hub.app_jwt("reviewer")));
    for path in [
        "/app".to_owned(),
        "/app/hook/config".to_owned(),
        "/app/installations".to_owned(),
        format!("/app/installations/{id}"),
        "/orgs/acme/installation".to_owned(),
        format!("/repos/{REPO}/installation"),
        "/app/hook/deliveries?per_page=1&status=success".to_owned(),
    ] {
        app.get(&path).expect(200);
    }
    let delivery = hub.deliveries()[1].id;
    let one = format!("/app/hook/deliveries/{delivery}");
    app.get(&one).expect(200);
    app.call("POST", &format!("{one}/attempts"), None)
        .expect(202);
    let body = json!({"repositories": ["pump"], "permissions": {"checks": "write"}});
    let path = format!("/app/installations/{id}/access_tokens");
    let token = app.post(&path, body).expect(201);
    let client = Client::new(proxy.url(), token.body["token"].as_str());
    let head = hub.tip(REPO, "fix");
    let check = json!({"name": "review", "head_sha": head, "conclusion": "neutral"});
    let run = client
        .post(&format!("/repos/{REPO}/check-runs"), check)
        .expect(201);
    let suite = &run.body["check_suite"]["id"];
    for path in [
        format!("/repos/{REPO}/check-suites/{suite}"),
        format!("/repos/{REPO}/check-suites/{suite}/check-runs"),
        format!("/repos/{REPO}/commits/{head}/check-suites"),
        "/installation/repositories".to_owned(),
    ] {
        client.get(&path).expect(200);
    }
    hub.set_role(REPO, "alice", "write");
    let page = format!(
        "{}/login/oauth/authorize?client_id={}&redirect_uri=http://127.0.0.1/back",
        hub.url(),
        credentials.client_id
    );
    let back = hub.authorize(&page, Some("alice"));
    let mut plain = Client::new(&hub.url(), None);
    plain.accept = "application/json";
    let given = plain.post(
        "/login/oauth/access_token",
        json!({
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
            "code": back.split_once("code=").unwrap().1,
        }),
    );
    let given = given.expect(200);
    let person = Client::new(proxy.url(), given.body["access_token"].as_str());
    for path in [
        "/user".to_owned(),
        "/user/installations".to_owned(),
        format!("/user/installations/{id}/repositories"),
        format!("/repos/{REPO}/collaborators/alice/permission"),
    ] {
        person.get(&path).expect(200);
    }
    client
        .call("DELETE", "/installation/token", None)
        .expect(204);
    hub.assert_clean();
}
