//! Signing people in, and what they see through an App.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fakehub::{AppCredentials, FakeHub, reviewer_permissions};
use serde_json::{Value, json};

use crate::client::{Answer, Client};

const BACK: &str = "http://127.0.0.1:8080/callback";

struct SignIn {
    hub: FakeHub,
    app: AppCredentials,
    installation: u64,
}

impl SignIn {
    fn new() -> Self {
        let hub = FakeHub::start();
        let app = hub.add_app("reviewer");
        hub.set_callbacks("reviewer", &[BACK]);
        for name in ["acme/pump", "acme/valve", "acme/open"] {
            hub.add_repository(name);
        }
        hub.set_private("acme/pump", true);
        hub.set_private("acme/valve", true);
        hub.set_role("acme/pump", "alice", "write");
        hub.set_role("acme/valve", "bob", "admin");
        let names = ["acme/pump", "acme/valve", "acme/open"];
        let installation = hub.add_installation("reviewer", "acme", &names, reviewer_permissions());
        Self {
            hub,
            app,
            installation,
        }
    }

    fn address(&self, more: &str) -> String {
        let id = &self.app.client_id;
        let back = BACK.replace(':', "%3A").replace('/', "%2F");
        let path = "/login/oauth/authorize";
        format!(
            "{}{path}?client_id={id}&redirect_uri={back}&state=s%26t{more}",
            self.hub.url()
        )
    }

    /// The code that comes back when somebody agrees.
    fn code(&self, login: &str, more: &str) -> String {
        let back = self.hub.authorize(&self.address(more), Some(login));
        let rest = back.strip_prefix(BACK).unwrap().strip_prefix("?code=");
        let (code, state) = rest.unwrap().split_once('&').unwrap();
        assert_eq!(state, "state=s%26t");
        code.to_owned()
    }

    fn redeem(&self, fields: &Value) -> Answer {
        let mut client = Client::new(&self.hub.url(), None);
        client.accept = "application/json";
        let mut body = json!({
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
        });
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        client.post("/login/oauth/access_token", body).expect(200)
    }

    fn person(&self, login: &str) -> Client {
        let answer = self.redeem(&json!({"code": self.code(login, "")}));
        Client::new(&self.hub.url(), answer.body["access_token"].as_str())
    }
}

#[test]
fn somebody_chooses_on_the_page_and_comes_back_with_a_code() {
    let scene = SignIn::new();
    let plain = Client::new(&scene.hub.url(), None).bare();
    let page = plain.get(&scene.address("")).expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.text
            .contains("value=\"alice\">Authorize as alice</button>"),
        "{}",
        page.text
    );
    assert!(
        page.text.contains("name=\"state\" value=\"s&amp;t\""),
        "{}",
        page.text
    );
    assert!(!page.text.contains("reviewer[bot]"));
    let form = |choice: &str| {
        let id = &scene.app.client_id;
        let form = format!("client_id={id}&redirect_uri={BACK}&state=x&{choice}");
        plain.post_form("/login/oauth/authorize", &form)
    };
    let agreed = form("choose=alice").expect(302);
    let to = agreed.header("location");
    assert!(
        to.starts_with(&format!("{BACK}?code=")) && to.ends_with("&state=x"),
        "{to}"
    );
    let refused = form("cancel=1").expect(302);
    assert!(refused.header("location").contains("error=access_denied"));
    form("choose=nobody-here").expect(404);
    scene.hub.assert_clean();
}

#[test]
fn the_page_goes_back_to_registered_addresses_alone() {
    let scene = SignIn::new();
    let plain = Client::new(&scene.hub.url(), None).bare();
    let id = &scene.app.client_id;
    let at = |query: &str| plain.get(&format!("/login/oauth/authorize?{query}"));
    at(&format!("client_id={id}")).expect(200);
    at(&format!("client_id={id}&redirect_uri=http://evil.example")).expect(404);
    at("client_id=unknown").expect(404);
    at(&format!(
        "client_id={id}&code_challenge=abc&code_challenge_method=plain"
    ))
    .expect(422);
}

#[test]
fn a_code_is_good_once_and_for_ten_minutes() {
    let scene = SignIn::new();
    let code = scene.code("alice", "");
    let token = scene.redeem(&json!({"code": code, "redirect_uri": BACK}));
    assert!(
        token.body["access_token"]
            .as_str()
            .unwrap()
            .starts_with("ghu_")
    );
    assert_eq!(token.body["expires_in"], 28_800);
    let again = scene.redeem(&json!({"code": code}));
    assert_eq!(again.body["error"], "bad_verification_code");
    let late = scene.code("alice", "");
    scene.hub.advance_clock(600);
    let late = scene.redeem(&json!({"code": late}));
    assert_eq!(late.body["error"], "bad_verification_code");
    let elsewhere = json!({"code": scene.code("alice", ""), "redirect_uri": "http://x.example"});
    assert_eq!(
        scene.redeem(&elsewhere).body["error"],
        "redirect_uri_mismatch"
    );
    let forged = json!({"code": scene.code("alice", ""), "client_secret": "guessed"});
    assert_eq!(
        scene.redeem(&forged).body["error"],
        "incorrect_client_credentials"
    );
}

#[test]
fn a_challenge_needs_its_verifier() {
    let scene = SignIn::new();
    let verifier = "a verifier of enough characters, forty-three";
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = URL_SAFE_NO_PAD.encode(digest);
    let more = format!("&code_challenge={challenge}&code_challenge_method=S256");
    let code = scene.code("alice", &more);
    let without = scene.redeem(&json!({"code": code}));
    assert_eq!(without.body["error"], "bad_verification_code");
    let code = scene.code("alice", &more);
    let good = scene.redeem(&json!({"code": code, "code_verifier": verifier}));
    assert!(good.body["access_token"].is_string(), "{}", good.text);
}

#[test]
fn a_token_is_given_as_a_form_too_and_renewed() {
    let scene = SignIn::new();
    let plain = Client::new(&scene.hub.url(), None);
    let (id, secret) = (&scene.app.client_id, &scene.app.client_secret);
    let code = scene.code("alice", "");
    let form = format!("client_id={id}&client_secret={secret}&code={code}");
    let given = plain
        .post_form("/login/oauth/access_token", &form)
        .expect(200);
    assert!(
        given.text.starts_with("access_token=ghu_"),
        "{}",
        given.text
    );
    let first = scene.redeem(&json!({"code": scene.code("alice", "")}));
    let old = Client::new(&scene.hub.url(), first.body["access_token"].as_str());
    old.get("/user").expect(200);
    scene.hub.advance_clock(28_800);
    old.get("/user").expect(401);
    let renew =
        json!({"grant_type": "refresh_token", "refresh_token": first.body["refresh_token"]});
    let second = scene.redeem(&renew);
    let new = Client::new(&scene.hub.url(), second.body["access_token"].as_str());
    assert_eq!(new.get("/user").expect(200).body["login"], "alice");
    assert_eq!(scene.redeem(&renew).body["error"], "bad_refresh_token");
    scene.hub.assert_clean();
}

#[test]
fn people_see_what_both_they_and_the_app_see() {
    let scene = SignIn::new();
    let id = scene.installation;
    let path = format!("/user/installations/{id}/repositories");
    let names = |client: &Client| -> Vec<String> {
        let listed = client.get(&path).expect(200).body["repositories"].clone();
        let all = listed.as_array().unwrap().iter();
        all.map(|one| one["full_name"].as_str().unwrap().to_owned())
            .collect()
    };
    let (alice, bob) = (scene.person("alice"), scene.person("bob"));
    assert_eq!(names(&alice), ["acme/open", "acme/pump"]);
    assert_eq!(names(&bob), ["acme/open", "acme/valve"]);
    let installations = alice.get("/user/installations").expect(200);
    assert_eq!(installations.body["installations"][0]["id"], json!(id));
    alice.get("/repos/acme/valve").expect(404);
    let pump = alice.get("/repos/acme/pump").expect(200);
    assert_eq!(pump.body["permissions"]["push"], true);
    assert_eq!(pump.body["permissions"]["admin"], false);
    // A role that ends, ends at once.
    scene.hub.set_role("acme/pump", "alice", "none");
    alice.get("/repos/acme/pump").expect(404);
    assert_eq!(names(&alice), ["acme/open"]);
    let page = bob.get(&format!("{path}?per_page=1")).expect(200);
    assert_eq!(page.body["total_count"], 2);
    assert!(page.header("link").contains("rel=\"next\""));
    // A repository taken from the App.
    scene.hub.remove_from_installation(id, &["acme/valve"]);
    bob.get("/repos/acme/valve").expect(404);
    scene.hub.suspend(id);
    assert_eq!(
        bob.get("/user/installations").expect(200).body["total_count"],
        0
    );
    scene.hub.assert_clean();
}

#[test]
fn a_role_is_shown_with_both_names() {
    let scene = SignIn::new();
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let path = format!("/app/installations/{}/access_tokens", scene.installation);
    let token = app.post(&path, json!({})).expect(201);
    let client = Client::new(&scene.hub.url(), token.body["token"].as_str());
    for (role, permission) in [
        ("admin", "admin"),
        ("maintain", "write"),
        ("write", "write"),
        ("triage", "read"),
        ("read", "read"),
        ("none", "none"),
    ] {
        scene.hub.set_role("acme/pump", "alice", role);
        let path = "/repos/acme/pump/collaborators/alice/permission";
        let shown = client.get(path).expect(200).body;
        assert_eq!(shown["permission"], permission);
        assert_eq!(shown["role_name"], role);
        assert_eq!(
            shown["user"]["permissions"]["push"],
            json!(permission == "write" || permission == "admin")
        );
    }
    scene.hub.assert_clean();
}
