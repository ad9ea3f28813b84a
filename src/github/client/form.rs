//! Forms that are sent to GitHub's own site, which is where people sign in, not to its API.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request};
use http_body_ext::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use super::answer::{explain, message_of, parse};
use super::{Client, base, octocrab};
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
        let exchange = async {
            let response = site
                .execute(request)
                .await
                .map_err(|error| explain(&error))?;
            let (parts, body) = response.into_parts();
            let bytes = Limited::new(body, ANSWER_LIMIT)
                .collect()
                .await
                .map_err(|error| explain(error.as_ref()))?
                .to_bytes();
            Ok::<_, String>((parts.status.as_u16(), bytes))
        };
        let outcome = match tokio::time::timeout(self.options.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err("it took too long".to_owned()),
        };
        let (status, bytes) = outcome.map_err(|message| ApiError::Unknown {
            what: what.clone(),
            message: self.redact(&message),
        })?;
        self.judge(&what, status, &message_of(&bytes), &bytes)?;
        parse(&what, &bytes)
    }
}
