//! What an answer of GitHub's says: its value, its limits, its next page, its words for what went wrong.

use http::Uri;
use http::header::{HeaderMap, LINK};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::github::error::ApiError;
use crate::github::limits::LimitHeaders;

/// Reads a value; nothing is `null`.
pub(super) fn parse<R: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<R, ApiError> {
    let bytes = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| ApiError::Unknown {
        what: what.to_owned(),
        message: format!("the answer is not understood: {error}"),
    })
}

/// An error and its causes in one line; octocrab's own texts carry a backtrace behind them.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let mut text = first(error.to_string());
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = first(inner.to_string());
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

pub(super) fn limits_of(headers: &HeaderMap) -> LimitHeaders {
    let number = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        value.trim().parse().ok()
    };
    LimitHeaders {
        retry_after: number("retry-after"),
        remaining: number("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset"),
    }
}

/// GitHub's words in an answer: `message` with its `errors`; for GraphQL the first error. Empty for
/// an answer without any.
pub(super) fn message_of(bytes: &[u8]) -> String {
    /// A page of a list can have megabytes, and no message.
    const LOOKED_AT: usize = 64 << 10;
    if bytes.len() > LOOKED_AT || bytes.first() != Some(&b'{') {
        return String::new();
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return String::new();
    };
    let message = value.get("message").and_then(Value::as_str);
    let errors = value.get("errors").and_then(Value::as_array);
    let details: Vec<String> = errors
        .into_iter()
        .flatten()
        .take(3)
        .map(|error| match error.get("message").unwrap_or(error) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect();
    // A body of a comment that speaks of limits is not one.
    if message.is_none() && errors.is_none() {
        return String::new();
    }
    let message = message.unwrap_or_default();
    let text = if details.is_empty() {
        message.to_owned()
    } else {
        format!("{message} {}", details.join("; "))
            .trim()
            .to_owned()
    };
    text.chars().take(500).collect()
}

/// Path and query of the `next` link. The address before them is ours already, and octocrab sends
/// the token to no other.
pub(super) fn next_page(headers: &HeaderMap) -> Option<String> {
    let link = headers.get(LINK)?.to_str().ok()?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    let url = next.split_once('<')?.1.split_once('>')?.0;
    let uri: Uri = url.parse().ok()?;
    uri.path_and_query().map(|path| path.as_str().to_owned())
}
