//! Signing in, end to end against a GitHub of our own.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::github::{Stub, TOKEN, start};
use super::*;

/// Parameters of the address that the browser was sent to.
fn parameter(url: &str, name: &str) -> String {
    let query = url.split_once('?').unwrap().1;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let found = pairs.find(|(key, _)| key == name);
    found
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// What a browser sends back of a `Set-Cookie` line.
fn pair(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

struct Flow {
    fixture: Fixture,
    stub: Stub,
    state: String,
    cookie: String,
    challenge: String,
}

/// Goes as far as GitHub.
async fn begun(public_url: &'static str, next: &str) -> Flow {
    let (server, stub) = start().await;
    let fixture = fixture(Set {
        public_url,
        server: server.clone(),
        ..Set::default()
    })
    .await;
    fill(&fixture.store).await;
    let got = fixture
        .ask("GET", &format!("/login?next={next}"), "", "")
        .await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    let url = got.header("location").to_owned();
    assert!(url.starts_with(&format!(
        "{server}/login/oauth/authorize?client_id=Iv1.abc&"
    )));
    assert_eq!(
        parameter(&url, "redirect_uri"),
        format!("{public_url}/login/callback")
    );
    assert_eq!(parameter(&url, "code_challenge_method"), "S256");
    let (state, challenge) = (parameter(&url, "state"), parameter(&url, "code_challenge"));
    assert_eq!(state.len(), 64);
    Flow {
        cookie: pair(got.header("set-cookie")),
        fixture,
        stub,
        state,
        challenge,
    }
}

impl Flow {
    async fn back(&self, query: &str, cookie: &str) -> Got {
        let path = format!("/login/callback?{query}");
        self.fixture.ask("GET", &path, cookie, "").await
    }

    fn exchanges(&self) -> usize {
        self.stub.lock().unwrap().exchanges.len()
    }
}

#[tokio::test]
async fn a_person_signs_in_and_sees_what_github_shows_them() {
    let flow = begun("http://127.0.0.1:8080", "%2Frepositories%2Facme%2Fpump").await;
    let query = format!("code=good&state={}", flow.state);
    let got = flow.back(&query, &flow.cookie).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    assert_eq!(got.header("location"), "/repositories/acme/pump");
    let cookies: Vec<&str> = got
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"));
    assert!(cookies[1].contains("-login-") && cookies[1].contains("Max-Age=0"));
    let session = pair(cookies[0]);
    let got = flow.fixture.ask("GET", "/", &session, "").await;
    assert!(got.text.contains("acme/pump") && !got.text.contains("acme/monitor"));
    assert!(got.text.contains("<span>olga</span>"));
    let heard = flow.stub.lock().unwrap();
    let sent = heard.exchanges.first().unwrap();
    let field = |name: &str| {
        let found = sent.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(field("client_secret"), "s3cret-of-the-app");
    assert_eq!(
        field("redirect_uri"),
        "http://127.0.0.1:8080/login/callback"
    );
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(field("code_verifier").as_bytes()));
    assert_eq!(challenge, flow.challenge);
    assert_eq!(heard.accepts, ["application/json"]);
    assert!(
        heard
            .reads
            .iter()
            .all(|(token, _)| *token == format!("Bearer {TOKEN}"))
    );
    assert_eq!(heard.reads.len(), 4);
}

#[tokio::test]
async fn the_token_and_the_cookie_are_not_stored() {
    let flow = begun("http://127.0.0.1:8080", "%2F").await;
    let query = format!("code=good&state={}", flow.state);
    let got = flow.back(&query, &flow.cookie).await;
    let cookie = pair(got.header("set-cookie"));
    let value = cookie.split_once('=').unwrap().1.to_owned();
    flow.fixture.store.close().await;
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(flow.fixture._folder.path()).unwrap() {
        bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds(&id_of(&value)) && !holds(&value) && !holds(TOKEN));
}

#[tokio::test]
async fn a_sign_in_that_was_not_begun_here_is_refused() {
    let flow = begun("http://127.0.0.1:8080", "%2F").await;
    let state = &flow.state;
    let other = "0".repeat(64);
    // The name of the cookie fits, its value does not.
    let forged = format!("scrubin-login-{}={other}.v.Lw", &state[..16]);
    for (query, cookie) in [
        (format!("code=good&state={state}"), ""),
        (format!("code=good&state={other}"), flow.cookie.as_str()),
        (format!("code=good&state={state}"), forged.as_str()),
        ("code=good&state=%00".to_owned(), flow.cookie.as_str()),
        ("code=good".to_owned(), flow.cookie.as_str()),
    ] {
        let got = flow.back(&query, cookie).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{query}");
        assert!(!got.headers.contains_key("set-cookie"), "{query}");
    }
    let declined = format!("error=access_denied&state={state}");
    let got = flow.back(&declined, &flow.cookie).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
    assert!(got.text.contains("declined"));
    assert_eq!(flow.exchanges(), 0);
    // A code that GitHub does not take.
    let got = flow
        .back(&format!("code=old&state={state}"), &flow.cookie)
        .await;
    assert_eq!(got.status, StatusCode::BAD_GATEWAY);
    assert!(got.text.contains("GitHub refused") && !got.text.contains("s3cret"));
    assert_eq!(flow.exchanges(), 1);
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_signing_in() {
    for next in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let flow = begun("http://127.0.0.1:8080", next).await;
        let query = format!("code=good&state={}", flow.state);
        let got = flow.back(&query, &flow.cookie).await;
        assert_eq!(got.header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn cookies_over_https_are_for_this_host_alone() {
    let flow = begun("https://scrubin.example", "%2F").await;
    assert!(flow.cookie.starts_with("__Host-scrubin-login-"));
    let query = format!("code=good&state={}", flow.state);
    let got = flow.back(&query, &flow.cookie).await;
    let cookie = got.header("set-cookie");
    assert!(cookie.starts_with("__Host-scrubin="));
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Secure"));
}

#[tokio::test]
async fn a_renewed_session_ends_the_one_before() {
    let flow = begun("http://127.0.0.1:8080", "%2F").await;
    flow.fixture.sign_in(&[MONITOR]).await;
    let old = format!("scrubin={COOKIE}");
    let query = format!("code=good&state={}", flow.state);
    let got = flow.back(&query, &format!("{}; {old}", flow.cookie)).await;
    let new = pair(got.header("set-cookie"));
    let got = flow.fixture.ask("GET", "/", &old, "").await;
    assert_eq!(got.status, StatusCode::UNAUTHORIZED);
    let got = flow.fixture.ask("GET", "/", &new, "").await;
    assert_eq!(got.status, StatusCode::OK);
}

#[tokio::test]
async fn a_github_that_does_not_answer_lets_nobody_in() {
    let fixture = fixture(Set::default()).await;
    let got = fixture.ask("GET", "/login", "", "").await;
    let state = parameter(got.header("location"), "state");
    let cookie = pair(got.header("set-cookie"));
    let path = format!("/login/callback?code=good&state={state}");
    let got = fixture.ask("GET", &path, &cookie, "").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.text.contains("GitHub does not answer"));
    assert!(!got.headers.contains_key("set-cookie"));
}
