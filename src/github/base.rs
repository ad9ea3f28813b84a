//! What a pull request is compared with.
//!
//! The merge base of the head and the base branch as it is now: the event's `base.sha` is frozen
//! when the pull request is opened, and comparing with the branch itself would count its newer
//! commits. In a shallow checkout GitHub is asked for the merge base, and that one commit fetched.
//! Settings are those of the base branch as it is now: who opens a pull request chooses where it
//! starts, and could choose a commit with laxer ones.

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
    /// The newest commit of the base branch, whose settings count: the merge base is as old as
    /// whoever opens the pull request likes. `None` where it cannot be had.
    pub tip: Option<String>,
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

impl Base {
    /// One commit for both.
    pub fn of(commit: String) -> Self {
        Self {
            tip: Some(commit.clone()),
            commit: Some(commit),
            note: String::new(),
        }
    }

    /// The commit whose settings count.
    pub fn settings(&self) -> Option<&str> {
        self.tip.as_deref().or(self.commit.as_deref())
    }
}

impl Sources<'_> {
    /// Makes sure that a commit is here; says whether it is.
    pub fn obtain(&self, commit: &str) -> bool {
        self.checkout.has_commit(commit)
            || (self
                .checkout
                .fetch(commit, self.addresses, self.token, self.is_shallow)
                .is_ok()
                && self.checkout.has_commit(commit))
    }

    /// The base of a pull request; `base_ref` is its base branch as it is now.
    pub async fn base_of(&self, pull: &PullRequest, base_ref: &str) -> Base {
        let branch = format!("refs/remotes/origin/{base_ref}");
        let here = self.checkout.resolve(&branch);
        let local = || self.checkout.merge_base(here.as_deref()?, &pull.head);
        let merge_base = |commit: String, tip: Option<String>| Base {
            note: match &tip {
                Some(_) => String::new(),
                None => format!(
                    "the newest commit of `{base_ref}` cannot be had; the settings are those of the merge base"
                ),
            },
            commit: Some(commit),
            tip,
        };
        if !self.is_shallow
            && let Some(commit) = local()
        {
            return merge_base(commit, here);
        }
        // A test merge of GitHub's has the newest commit of the base branch as its first parent.
        let merged_onto = self
            .checkout
            .resolve("HEAD^2")
            .filter(|second| *second == pull.head)
            .and_then(|_| self.checkout.resolve("HEAD^1"));
        let mut reason = "no token was given".to_owned();
        let mut tip = here.clone().or_else(|| merged_onto.clone());
        if let Some(client) = self.client {
            match api::compared(client, self.repository, base_ref, &pull.head).await {
                Ok(compared) => {
                    if self.obtain(&compared.tip) {
                        tip = Some(compared.tip);
                    }
                    if self.obtain(&compared.merge_base) {
                        return merge_base(compared.merge_base, tip);
                    }
                    reason = format!("commit {} cannot be fetched", compared.merge_base);
                }
                Err(error) => reason = error.to_string(),
            }
        }
        if let Some(commit) = local() {
            return merge_base(commit, tip);
        }
        for (commit, words) in [
            (merged_onto, "the newest commit of the base branch"),
            (
                pull.base_sha.clone(),
                "the base commit at the time of the event",
            ),
        ] {
            if let Some(commit) = commit.filter(|commit| self.obtain(commit)) {
                return Base {
                    tip: tip.or_else(|| Some(commit.clone())),
                    commit: Some(commit),
                    note: format!(
                        "the merge base cannot be had ({reason}); compared with {words} instead, so changes of others may be counted in"
                    ),
                };
            }
        }
        Base {
            commit: None,
            tip,
            note: format!(
                "no base can be had ({reason}); everything in the head counts as changed"
            ),
        }
    }
}
