//! Commits as git packs them, from GitHub's own site.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use http_body_ext::BodyExt as _;

use super::answer::explain;
use super::{Client, base, octocrab};
use crate::github::event::RepositoryName;

impl Client {
    /// Sends a request of git's protocol, version 2, for a repository, and hands the answer on as it comes
    /// in; sent once. Whoever takes it decides how much it may be and how long it may last.
    ///
    /// # Errors
    /// What went wrong, in words without the token; also what `each` says.
    pub(crate) async fn upload_pack(
        &self,
        repository: &RepositoryName,
        body: Vec<u8>,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), String> + Send),
    ) -> Result<(), String> {
        let hidden = |text: String| self.redact(&text);
        let site = match self.wire.site.get() {
            Some(site) => site,
            None => {
                let made = base(&self.options.addresses.server)
                    .and_then(|base| octocrab(base, &self.options))
                    .map_err(|error| hidden(error.to_string()))?;
                self.wire.site.get_or_init(|| made)
            }
        };
        let basic = self.options.token.basic();
        let mut authorization = HeaderValue::from_str(&format!("Basic {basic}"))
            .map_err(|error| hidden(error.to_string()))?;
        authorization.set_sensitive(true);
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/{repository}.git/git-upload-pack"))
            .header(ACCEPT, "application/x-git-upload-pack-result")
            .header(CONTENT_TYPE, "application/x-git-upload-pack-request")
            .header("git-protocol", "version=2")
            .header(AUTHORIZATION, authorization)
            .body(body)
            .map_err(|error| error.to_string())?;
        let response = tokio::time::timeout(self.options.timeout, site.execute(request))
            .await
            .map_err(|_| "it took too long".to_owned())?
            .map_err(|error| hidden(explain(&error)))?;
        if response.status() != http::StatusCode::OK {
            return Err(format!("the answer is {}", response.status()));
        }
        let mut body = response.into_body();
        loop {
            let frame = tokio::time::timeout(self.options.timeout, body.frame())
                .await
                .map_err(|_| "the other side fell silent".to_owned())?;
            let Some(frame) = frame else {
                return Ok(());
            };
            let frame = frame.map_err(|error| hidden(explain(&error)))?;
            if let Some(bytes) = frame.data_ref() {
                each(bytes)?;
            }
        }
    }
}
