//! What a pull request is compared with.
//!
//! The merge base of the head and the base branch as it is now: the event's `base.sha` is frozen
//! when the pull request is opened, and comparing with the branch itself would count its newer
//! commits. In a shallow checkout GitHub is asked for the merge base, and that one commit fetched.

use super::api;
use super::checkout::Checkout;
use super::client::Client;
use super::event::{Addresses, PullRequest, RepositoryName};
use super::secret::Token;

/// The base of a review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Base {
    /// The commit; `None` where none can be had.
    pub commit: Option<String>,
    /// What the reader must know of it; empty for the merge base.
    pub note: String,
}

/// Who to ask.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'s> {
    /// The local checkout.
    pub checkout: &'s Checkout,
    /// Whether its history is cut off.
    pub is_shallow: bool,
    /// GitHub, where a token is given.
    pub client: Option<&'s Client>,
    /// The repository on GitHub.
    pub repository: &'s RepositoryName,
    /// GitHub's addresses.
    pub addresses: &'s Addresses,
    /// For fetching.
    pub token: Option<&'s Token>,
}

impl Sources<'_> {
    /// Makes sure that a commit is here; says whether it is.
    pub fn obtain(&self, commit: &str) -> bool {
        self.checkout.has_commit(commit)
            || (self
                .checkout
                .fetch(commit, self.addresses, self.token)
                .is_ok()
                && self.checkout.has_commit(commit))
    }

    /// The base of a pull request; `base_ref` is its base branch as it is now.
    pub async fn base_of(&self, pull: &PullRequest, base_ref: &str) -> Base {
        let merge_base = |commit: String| Base {
            commit: Some(commit),
            note: String::new(),
        };
        let local = || {
            let branch = format!("refs/remotes/origin/{base_ref}");
            let tip = self.checkout.resolve(&branch)?;
            self.checkout.merge_base(&tip, &pull.head)
        };
        if !self.is_shallow
            && let Some(commit) = local()
        {
            return merge_base(commit);
        }
        let mut reason = "no token was given".to_owned();
        if let Some(client) = self.client {
            match api::merge_base(client, self.repository, base_ref, &pull.head).await {
                Ok(commit) if self.obtain(&commit) => return merge_base(commit),
                Ok(commit) => reason = format!("commit {commit} cannot be fetched"),
                Err(error) => reason = error.to_string(),
            }
        }
        if let Some(commit) = local() {
            return merge_base(commit);
        }
        // A test merge of GitHub's has the newest commit of the base branch as its first parent.
        let merged_onto = self
            .checkout
            .resolve("HEAD^2")
            .filter(|second| *second == pull.head)
            .and_then(|_| self.checkout.resolve("HEAD^1"));
        for (commit, words) in [
            (merged_onto, "the newest commit of the base branch"),
            (
                pull.base_sha.clone(),
                "the base commit at the time of the event",
            ),
        ] {
            if let Some(commit) = commit.filter(|commit| self.obtain(commit)) {
                return Base {
                    commit: Some(commit),
                    note: format!(
                        "the merge base cannot be had ({reason}); compared with {words} instead, so changes of others may be counted in"
                    ),
                };
            }
        }
        Base {
            commit: None,
            note: format!(
                "no base can be had ({reason}); everything in the head counts as changed"
            ),
        }
    }
}
