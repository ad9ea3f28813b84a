//! Answers, and GitHub's error bodies.

use serde_json::{Value, json};

/// What GitHub says to a write in an archived repository.
pub(crate) const ARCHIVED: &str = "Repository was archived so is read-only.";

/// What an answer carries.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Json(Value),
    Bytes(String, Vec<u8>),
}

/// An answer before it is put on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// A handler's result; an error is an answer too.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(body),
        }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::json(201, body)
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            headers: Vec::new(),
            body: Body::Empty,
        }
    }

    pub(crate) fn bytes(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Bytes(media_type.to_owned(), bytes),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// GitHub's error body.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::json(
            status,
            json!({
                "message": message,
                "documentation_url": "https://docs.github.com/rest",
                "status": status.to_string(),
            }),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::error(404, "Not Found")
    }

    pub(crate) fn bad_credentials() -> Self {
        Self::error(401, "Bad credentials")
    }

    fn with_errors(status: u16, message: &str, errors: Value) -> Self {
        let mut reply = Self::error(status, message);
        if let Body::Json(body) = &mut reply.body {
            body["errors"] = errors;
        }
        reply
    }

    /// 422 with one error object.
    pub(crate) fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        Self::invalid_all(vec![field_error(resource, field, code, message)])
    }

    /// 422 with several error objects.
    pub(crate) fn invalid_all(errors: Vec<Value>) -> Self {
        Self::with_errors(422, "Validation Failed", Value::Array(errors))
    }

    /// 422 in the shape the review endpoints use: all complaints in one sentence.
    pub(crate) fn unprocessable(sentences: &[&str]) -> Self {
        Self::with_errors(422, "Unprocessable Entity", json!([joined(sentences)]))
    }

    /// 406 for a diff that is too large.
    pub(crate) fn too_large(message: &str) -> Self {
        let error = json!({"resource": "PullRequest", "field": "diff", "code": "too_large"});
        Self::with_errors(406, message, json!([error]))
    }
}

pub(crate) fn field_error(resource: &str, field: &str, code: &str, message: &str) -> Value {
    let mut error = json!({"resource": resource, "field": field, "code": code});
    if !message.is_empty() {
        error["message"] = json!(message);
    }
    error
}

/// `a`, `a and b`, `a, b, and c`.
fn joined(sentences: &[&str]) -> String {
    match sentences {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [head @ .., last] => format!("{}, and {last}", head.join(", ")),
    }
}
