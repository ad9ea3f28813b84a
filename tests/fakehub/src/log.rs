//! What was asked, for tests to look at. No entry holds a token.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::server::Incoming;
use crate::token::{Permissions, Token};

/// One request and the status it got.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Upper-case method.
    pub method: String,
    /// Path without `/api/v3`, percent-encoded as sent.
    pub path: String,
    /// Query string as sent, without `?`.
    pub query: String,
    /// Lower-case names and values, without `authorization`.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// Who called: a login, or empty without a valid token.
    pub caller: String,
    /// The token it carried, told by what it is for and not by itself.
    pub credential: Option<Credential>,
    /// Whether the request came in under `/api/v3` or `/api/graphql`.
    pub enterprise: bool,
    /// Status of the answer.
    pub status: u16,
    /// The fault that was played, by its name.
    pub fault: Option<&'static str>,
}

/// The token of a request, without the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// Lower-case: `basic` as git sends it, `bearer` or `token`.
    pub scheme: String,
    /// The user name beside it, of `basic`.
    pub user: Option<String>,
    /// The installation it was made for.
    pub installation: Option<u64>,
    /// The repositories it reached when the request was answered; `None` = all.
    pub repositories: Option<BTreeSet<String>>,
    /// What it might do.
    pub permissions: Permissions,
}

impl Credential {
    pub(crate) fn of(incoming: &Incoming, token: &Token) -> Self {
        let header = incoming.header("authorization").unwrap_or_default();
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        let plain = STANDARD.decode(rest.trim()).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain);
        let user = plain.split_once(':').map(|(user, _)| user.to_owned());
        let scheme = scheme.to_lowercase();
        Self {
            user: user.filter(|_| scheme == "basic"),
            scheme,
            installation: token.installation,
            repositories: token.repositories.clone(),
            permissions: token.permissions.clone(),
        }
    }
}

impl Exchange {
    /// The body as JSON, `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// Whether the request may change something.
    pub fn is_mutation(&self) -> bool {
        match self.path.as_str() {
            "/graphql" => self.body.contains("mutation"),
            path => self.method != "GET" && !path.ends_with("/git-upload-pack"),
        }
    }
}

/// One GraphQL request, for validation against GitHub's schema.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphqlOperation {
    /// The document as sent.
    pub query: String,
    /// Its variables.
    pub variables: Value,
    /// Whether it passed the check against the subset of the schema. What did not is a breach.
    pub accepted: bool,
}
