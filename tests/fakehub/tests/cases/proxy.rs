//! The same exchange through prism, the second judge. It needs npm, so it runs only when asked:
//! `FAKEHUB_PRISM=1 cargo test -p fakehub proxy`.

use fakehub::Proxy;
use serde_json::json;

use crate::client::{Client, REPO, Scene};

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
