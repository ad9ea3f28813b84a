//! Who looks, and what they may see: nothing but what GitHub shows them.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::rand;
use sha2::{Digest as _, Sha256};

use super::Site;
use super::ask::{Ask, own_path};
use super::document::Person;
use super::failure::PageError;
use crate::report::visible;
use crate::store::{Among, Millis, RepositoryRow};
use crate::triage::hex;

/// How long a session lasts.
pub(super) const LIFE_MS: Millis = 12 * 60 * 60 * 1_000;

/// How long an answer of GitHub's about a person's access is believed.
const FRESH_MS: Millis = 30 * 60 * 1_000;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visitor {
    /// Name and form token.
    pub(super) person: Person,
    /// What they may see, by name.
    pub(super) repositories: Vec<RepositoryRow>,
}

impl Visitor {
    /// A repository by its name.
    ///
    /// # Errors
    /// There is none, or they may not see it.
    pub(super) fn repository(&self, owner: &str, name: &str) -> Result<&RepositoryRow, PageError> {
        let wanted = format!("{owner}/{name}");
        let mut all = self.repositories.iter();
        all.find(|one| one.full_name.eq_ignore_ascii_case(&wanted))
            .ok_or(PageError::NotFound)
    }

    /// The name of a repository that they may see.
    pub(super) fn name_of(&self, repository: i64) -> Option<&str> {
        let mut all = self.repositories.iter();
        all.find(|one| one.id == repository)
            .map(|one| one.full_name.as_str())
    }

    /// All that they may see.
    pub(super) fn among(&self) -> Among {
        Among::new(self.repositories.iter().map(|one| one.id))
    }
}

/// 256 random bits as hex digits.
///
/// # Errors
/// The system gives none.
pub(super) fn random() -> Result<String, PageError> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes)
        .map_err(|_| PageError::Broken("the system gives no random numbers".to_owned()))?;
    Ok(hex(&bytes))
}

/// What stands in the database for a cookie, so that its rows let nobody in.
pub(super) fn id_of(cookie: &str) -> String {
    hex(&Sha256::digest(cookie.as_bytes()))
}

/// What forms carry: whoever has not the cookie does not know it.
fn csrf_of(cookie: &str) -> String {
    hex(&Sha256::digest(format!("form\n{cookie}").as_bytes()))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(super) fn is_same(left: &str, right: &str) -> bool {
    verify_slices_are_equal(left.as_bytes(), right.as_bytes()).is_ok()
}

/// Whether a form comes from a page of the session with this cookie.
pub(super) fn is_form_of(cookie: &str, csrf: &str) -> bool {
    is_same(&csrf_of(cookie), csrf)
}

impl Site {
    /// Who asks.
    ///
    /// # Errors
    /// Nobody who is signed in; somebody whose access has to be asked for again; the database.
    pub(super) async fn visitor(&self, ask: &Ask) -> Result<Visitor, PageError> {
        if self.oauth.is_none() {
            return Err(PageError::Closed);
        }
        let next = || own_path(&ask.target).to_owned();
        let sign_in = || PageError::SignIn { next: next() };
        let cookie = ask.cookie(self.session_cookie()).ok_or_else(sign_in)?;
        let now = self.now();
        let session = self.store.session(&id_of(cookie), now).await?;
        let session = session.ok_or_else(sign_in)?;
        if now.saturating_sub(session.checked_ms) > FRESH_MS {
            return Err(PageError::Renew { next: next() });
        }
        let mut repositories = self.store.repositories().await?;
        repositories.retain(|one| session.repositories.binary_search(&one.id).is_ok());
        Ok(Visitor {
            person: Person {
                login: visible::line(&session.login).into_owned(),
                csrf: csrf_of(cookie),
            },
            repositories,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_form_is_known_by_what_follows_from_the_cookie_alone() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
        assert!(is_form_of(&one, &csrf_of(&one)));
        assert!(!is_form_of(&one, &csrf_of(&other)));
        assert!(!is_form_of(&one, ""));
        // What is stored opens nothing.
        assert_ne!(id_of(&one), csrf_of(&one));
        assert_ne!(id_of(&one), one);
    }
}
