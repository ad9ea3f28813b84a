//! What was asked, for tests to look at. No entry holds a token.

use serde_json::Value;

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
    /// Whether the request came in under `/api/v3` or `/api/graphql`.
    pub enterprise: bool,
    /// Status of the answer.
    pub status: u16,
    /// The fault that was played, by its name.
    pub fault: Option<&'static str>,
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
