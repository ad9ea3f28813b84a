//! The App, its installations and their tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    let claims = |iat: i64, exp: i64| {
        let id = scene.hub.add_app("scrubin").client_id;
        let claims = json!({"iat": iat, "exp": exp, "iss": id});
        let token = scene.hub.app_jwt_with("scrubin", &claims);
        Client::new(&scene.hub.url(), Some(&token)).get("/app")
    };
    let now = scene.hub.now();
    claims(now - 60, now + 600).expect(200);
    assert!(
        claims(now + 300, now + 500)
            .expect(401)
            .message()
            .contains("'iat'")
    );
    let long = claims(now - 60, now + 3_600).expect(401);
    assert!(
        long.message().contains("too far in the future"),
        "{}",
        long.text
    );
    scene.client.get("/app").expect(401);
}

#[test]
fn a_jwt_is_signed_with_the_key_of_its_app() {
    let scene = Scene::new();
    installed(&scene.hub);
    let credentials = scene.hub.add_app("scrubin");
    let pem = &credentials.private_key_pem;
    assert!(
        pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"),
        "{pem}"
    );
    assert_eq!(pem, &scene.hub.add_app("scrubin").private_key_pem);
    scene.hub.add_app("other");
    let now = scene.hub.now();
    let claims = json!({"iat": now - 60, "exp": now + 300, "iss": credentials.id});
    let ask = |token: &str| Client::new(&scene.hub.url(), Some(token)).get("/app");
    ask(&scene.hub.app_jwt_with("scrubin", &claims)).expect(200);
    // Another App's key, and a signature that was changed.
    let forged = ask(&scene.hub.app_jwt_with("other", &claims)).expect(401);
    assert!(forged.message().contains("could not be decoded"));
    let token = scene.hub.app_jwt("scrubin");
    let (signed, _) = token.rsplit_once('.').unwrap();
    ask(&format!("{signed}.c2ln")).expect(401);
    let unknown = json!({"iat": now - 60, "exp": now + 300, "iss": "404"});
    ask(&scene.hub.app_jwt_with("scrubin", &unknown)).expect(404);
    scene.hub.assert_clean();
}

/// The key is one that other programs read: openssl signs with it and the fake is content.
#[test]
fn the_pem_is_read_by_openssl() {
    let hub = FakeHub::start();
    let credentials = hub.add_app("scrubin");
    let folder = tempfile::TempDir::new().unwrap();
    let (key, text) = (folder.path().join("key.pem"), folder.path().join("text"));
    std::fs::write(&key, &credentials.private_key_pem).unwrap();
    let now = hub.now();
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({"alg": "RS256", "typ": "JWT"}));
    let claims = part(json!({"iat": now - 60, "exp": now + 300, "iss": credentials.id}));
    let signed = format!("{head}.{claims}");
    std::fs::write(&text, &signed).unwrap();
    let done = std::process::Command::new("openssl")
        .args(["dgst", "-sha256", "-sign"])
        .arg(&key)
        .arg(&text)
        .output()
        .expect("openssl is installed");
    assert!(done.status.success(), "{done:?}");
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(done.stdout));
    Client::new(&hub.url(), Some(&token))
        .get("/app")
        .expect(200);
}

#[test]
fn a_token_ends_with_its_hour_its_installation_or_by_its_holder() {
    let scene = Scene::new();
    let id = installed(&scene.hub);
    let path = format!("/app/installations/{id}/access_tokens");
    let token = || {
        let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
        let made = app.post(&path, json!({})).expect(201);
        Client::new(&scene.hub.url(), made.body["token"].as_str())
    };
    let here = format!("/repos/{REPO}/pulls");
    let first = token();
    scene.hub.advance_clock(3_599);
    first.get(&here).expect(200);
    scene.hub.advance_clock(1);
    assert_eq!(first.get(&here).expect(401).message(), "Bad credentials");
    let second = token();
    second
        .call("DELETE", "/installation/token", None)
        .expect(204);
    second.get(&here).expect(401);
    let third = token();
    scene.hub.suspend(id);
    let suspended = third.get(&here).expect(403);
    assert_eq!(suspended.message(), "This installation has been suspended");
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
    app.post(&path, json!({})).expect(403);
    let shown = app.get(&format!("/app/installations/{id}")).expect(200);
    assert!(shown.body["suspended_at"].is_string(), "{}", shown.text);
    scene.hub.unsuspend(id);
    third.get(&here).expect(200);
    scene.hub.uninstall(id);
    third.get(&here).expect(401);
    app.post(&path, json!({})).expect(404);
    app.get("/orgs/acme/installation").expect(404);
    scene.hub.assert_clean();
}

#[test]
fn tokens_follow_the_repositories_of_their_installation() {
    let scene = Scene::new();
    let id = installed(&scene.hub);
    for name in ["acme/valve", "acme/tank"] {
        if name == "acme/tank" {
            scene.hub.add_repository(name);
        }
        scene.hub.set_private(name, true);
    }
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("scrubin")));
    let path = format!("/app/installations/{id}/access_tokens");
    let whole = app.post(&path, json!({})).expect(201);
    let whole = Client::new(&scene.hub.url(), whole.body["token"].as_str());
    let valve = scene.hub.repository_id("acme/valve");
    let narrow = app
        .post(&path, json!({"repository_ids": [valve]}))
        .expect(201);
    let narrow = Client::new(&scene.hub.url(), narrow.body["token"].as_str());
    whole.get("/repos/acme/tank/pulls").expect(404);
    scene.hub.add_to_installation(id, &["acme/tank"]);
    whole.get("/repos/acme/tank/pulls").expect(200);
    narrow.get("/repos/acme/tank/pulls").expect(404);
    narrow.get("/repos/acme/valve/pulls").expect(200);
    scene.hub.remove_from_installation(id, &["acme/valve"]);
    narrow.get("/repos/acme/valve/pulls").expect(404);
    whole.get("/repos/acme/valve/pulls").expect(404);
    let page = whole
        .get("/installation/repositories?per_page=1")
        .expect(200);
    assert_eq!(page.body["total_count"], 2);
    assert!(page.header("link").contains("rel=\"next\""));
    assert_eq!(app.get("/orgs/acme/installation").expect(200).id(), id);
    scene.hub.assert_clean();
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
