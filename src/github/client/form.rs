//! Forms that are sent to GitHub's own site, which is where people sign in, not to its API.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use serde::de::DeserializeOwned;

use super::answer::{message_of, parse};
use super::{Client, base, octocrab, sent};
use crate::github::error::ApiError;

/// Largest answer to a form, in bytes.
const ANSWER_LIMIT: usize = 64 << 10;

impl Client {
    /// Sends a form to a path of GitHub's site, once and without the token; gives the answer, which is JSON.
    ///
    /// # Errors
    /// As any request. Messages hold nothing of the form.
    pub(in crate::github) async fn form<R: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<R, ApiError> {
        let what = format!("POST {path}");
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        // People sign in seldom: a connection of its own each time costs nothing.
        let site = octocrab(base(&self.options.addresses.server)?, &self.options)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .map_err(|error| ApiError::Setup {
                message: error.to_string(),
            })?;
        let exchange = sent(&site, request, ANSWER_LIMIT);
        let outcome = self.in_time(exchange).await;
        let (status, _, bytes) = outcome.map_err(|message| ApiError::Unknown {
            what: what.clone(),
            message: self.redact(&message),
        })?;
        self.judge(&what, status, &message_of(&bytes), &bytes)?;
        parse(&what, &bytes)
    }
}
