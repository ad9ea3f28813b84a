//! A GitHub that signs people in: what the pages ask of it, and nothing else.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use serde_json::{Value, json};

/// What was sent to it.
#[derive(Default)]
pub(super) struct Heard {
    /// The fields of each exchange.
    pub(super) exchanges: Vec<Vec<(String, String)>>,
    /// The `Accept` header of each.
    pub(super) accepts: Vec<String>,
    /// Who asked for what.
    pub(super) reads: Vec<(String, String)>,
}

pub(super) type Stub = Arc<Mutex<Heard>>;

/// The token that it hands out.
pub(super) const TOKEN: &str = "ghu_0123456789abcdefghij";

/// Starts it; gives its address.
pub(super) async fn start() -> (String, Stub) {
    let stub = Stub::default();
    let app = Router::new()
        .route("/login/oauth/access_token", post(exchange))
        .route("/user", get(read))
        .route("/user/installations", get(read))
        .route("/user/installations/{id}/repositories", get(read))
        .with_state(Arc::clone(&stub));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, stub)
}

fn json_of(value: &Value) -> Response {
    ([("content-type", "application/json")], value.to_string()).into_response()
}

async fn exchange(
    State(stub): State<Stub>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let code = fields.iter().find(|(name, _)| name == "code");
    let is_good = code.is_some_and(|(_, code)| code == "good");
    let mut heard = stub.lock().unwrap();
    let accept = headers.get("accept").map(|value| value.to_str().unwrap());
    heard.accepts.push(accept.unwrap_or_default().to_owned());
    heard.exchanges.push(fields);
    json_of(&match is_good {
        true => json!({"access_token": TOKEN, "scope": "", "token_type": "bearer"}),
        // GitHub refuses with the status 200.
        false => json!({"error": "bad_verification_code", "error_description": "used up"}),
    })
}

async fn read(State(stub): State<Stub>, headers: HeaderMap, uri: Uri) -> Response {
    let token = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap());
    let token = token.unwrap_or_default().to_owned();
    stub.lock().unwrap().reads.push((token, uri.to_string()));
    let page = uri.query().unwrap_or_default();
    json_of(&match uri.path() {
        "/user" => json!({"login": "olga", "id": 5}),
        "/user/installations" => json!({"total_count": 1, "installations": [{"id": 1}]}),
        // Two pages: a hundred that are not ours, then the pump.
        _ if page.ends_with("page=1") => {
            let many: Vec<_> = (1_000..1_100).map(|id| json!({"id": id})).collect();
            json!({"total_count": 101, "repositories": many})
        }
        _ => json!({"total_count": 101, "repositories": [{"id": super::PUMP}]}),
    })
}
