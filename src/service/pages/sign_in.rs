//! Signing in with GitHub, and out.
//!
//! `/login` sends the browser to GitHub with a random state and the hash of a random verifier, both of
//! which stay in a cookie for ten minutes. GitHub sends it back to `/login/callback` with a code, which
//! is exchanged for a token that is asked once what the person may see, and then forgotten.

use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::ask::{Ask, own_path};
use super::failure::PageError;
use super::session::{LIFE_MS, id_of, is_form_of, is_same, random};
use super::{Shared, Site};
use crate::github::oauth::{self, Exchange};
use crate::service::config::OAuth;
use crate::store::Session;

/// Where GitHub sends browsers back to.
pub(super) const CALLBACK: &str = "/login/callback";

/// How long a sign-in may take a person.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// How long asking GitHub may take.
const EXCHANGE: Duration = Duration::from_secs(40);

/// Digits of the state that name its cookie, so that several windows can sign in at once.
const NAMED_BY: usize = 16;

/// What is remembered while a person is at GitHub.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Begun {
    state: String,
    verifier: String,
    next: String,
}

impl Begun {
    fn new(next: &str) -> Result<Self, PageError> {
        Ok(Self {
            state: random()?,
            verifier: random()?,
            next: own_path(next).to_owned(),
        })
    }

    /// SHA-256 of the verifier (RFC 7636, S256).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    /// The value of the cookie.
    fn cookie(&self) -> String {
        let next = URL_SAFE_NO_PAD.encode(self.next.as_bytes());
        format!("{}.{}.{next}", self.state, self.verifier)
    }

    /// Reads the value of a cookie. It comes back from the browser, so that nothing in it is believed.
    fn of_cookie(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (state, verifier, next) = (parts.next()?, parts.next()?, parts.next()?);
        let next = URL_SAFE_NO_PAD.decode(next).ok()?;
        Some(Self {
            state: state.to_owned(),
            verifier: verifier.to_owned(),
            next: own_path(std::str::from_utf8(&next).ok()?).to_owned(),
        })
    }
}

/// A form of these pages.
#[derive(Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    csrf: String,
}

impl Site {
    /// The name of the cookie of a session. The prefix makes browsers refuse one that was set by another
    /// host, or over plain HTTP.
    pub(super) fn session_cookie(&self) -> &'static str {
        match self.is_https() {
            true => "__Host-scrubin",
            false => "scrubin",
        }
    }

    /// The name of the cookie of a sign-in; `None` for what cannot be a state of ours.
    fn begun_cookie(&self, state: &str) -> Option<String> {
        let digits = state.get(..NAMED_BY)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| format!("{}-login-{digits}", self.session_cookie()))
    }

    /// A `Set-Cookie` line; a life of nothing deletes it.
    fn set_cookie(
        &self,
        name: &str,
        value: &str,
        life: Duration,
    ) -> Result<HeaderValue, PageError> {
        let secure = if self.is_https() { "; Secure" } else { "" };
        let seconds = life.as_secs();
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).map_err(|error| PageError::Broken(error.to_string()))
    }

    fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.public_url)
    }

    fn oauth(&self) -> Result<&OAuth, PageError> {
        self.oauth.as_ref().ok_or(PageError::Closed)
    }

    /// Sends the browser to GitHub.
    fn begin(&self, ask: &Ask) -> Result<Response, PageError> {
        let oauth = self.oauth()?;
        let begun = Begun::new(ask.parameter("next").unwrap_or("/"))?;
        let url = oauth::authorize_url(
            &self.addresses.server,
            oauth::Ask {
                client_id: &oauth.client_id,
                redirect_uri: &self.redirect_uri(),
                state: &begun.state,
                challenge: &begun.challenge(),
            },
        );
        let name = self.begun_cookie(&begun.state).unwrap_or_default();
        let cookie = self.set_cookie(&name, &begun.cookie(), PATIENCE)?;
        let mut response = super::redirect(&url)?;
        response.headers_mut().append(SET_COOKIE, cookie);
        Ok(response)
    }

    /// Takes the browser back from GitHub.
    async fn finish(&self, ask: &Ask) -> Result<Response, PageError> {
        let oauth = self.oauth()?;
        let not_begun = || {
            PageError::Forbidden(
                "This sign-in was not begun in this browser, or more than ten minutes ago. If your browser \
                 keeps no cookies of this site, allow them.",
            )
        };
        let state = ask.parameter("state").unwrap_or_default();
        let name = self.begun_cookie(state).ok_or_else(not_begun)?;
        let begun = ask.cookie(&name).and_then(Begun::of_cookie);
        let begun = begun.filter(|begun| is_same(&begun.state, state));
        let begun = begun.ok_or_else(not_begun)?;
        let Some(code) = ask.parameter("code") else {
            // Whatever GitHub says here: most often that the person said no.
            return Err(PageError::Forbidden(
                "GitHub did not let you in: the sign-in was declined there.",
            ));
        };
        let exchange = Exchange {
            client_id: &oauth.client_id,
            secret: &oauth.secret,
            code,
            redirect_uri: &self.redirect_uri(),
            verifier: &begun.verifier,
        };
        let asked = async {
            let token = oauth::exchange(&self.client, exchange).await?;
            oauth::access(&self.client, token).await
        };
        let access = tokio::time::timeout(EXCHANGE, asked).await;
        let access = access.map_err(|_| PageError::Slow)??;
        let (cookie, now) = (random()?, self.now());
        let session = Session {
            id: id_of(&cookie),
            login: access.login,
            repositories: access.repositories,
            checked_ms: now,
            expires_ms: now.saturating_add(LIFE_MS),
        };
        self.store.sign_in(&session).await?;
        // A session that is renewed gets a new name, and the old one opens nothing any more.
        if let Some(old) = ask.cookie(self.session_cookie()) {
            self.store.sign_out(&id_of(old)).await?;
        }
        let life = Duration::from_millis(u64::try_from(LIFE_MS).unwrap_or_default());
        let mut response = super::redirect(&format!("{}{}", self.base(), begun.next))?;
        let headers = response.headers_mut();
        headers.append(
            SET_COOKIE,
            self.set_cookie(self.session_cookie(), &cookie, life)?,
        );
        headers.append(SET_COOKIE, self.set_cookie(&name, "", Duration::ZERO)?);
        Ok(response)
    }

    /// Ends a session.
    async fn end(&self, ask: &Ask, form: &Signed) -> Result<Response, PageError> {
        self.oauth()?;
        let Some(cookie) = ask.cookie(self.session_cookie()) else {
            return super::redirect(&format!("{}/", self.base()));
        };
        if !is_form_of(cookie, &form.csrf) {
            return Err(PageError::Forbidden(
                "This form is not of your session. Open the page again and sign out there.",
            ));
        }
        self.store.sign_out(&id_of(cookie)).await?;
        let mut response = super::redirect(&format!("{}/", self.base()))?;
        let gone = self.set_cookie(self.session_cookie(), "", Duration::ZERO)?;
        response.headers_mut().append(SET_COOKIE, gone);
        Ok(response)
    }
}

/// `GET /login`.
pub(super) async fn login(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(async { site.begin(&ask) }).await
}

/// `GET /login/callback`.
pub(super) async fn callback(State(site): State<Shared>, ask: Ask) -> Response {
    site.answer(site.finish(&ask)).await
}

/// `POST /logout`.
pub(super) async fn logout(
    State(site): State<Shared>,
    ask: Ask,
    form: Result<Form<Signed>, axum::extract::rejection::FormRejection>,
) -> Response {
    let Ok(Form(form)) = form else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    site.answer(site.end(&ask, &form)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_was_begun_survives_its_cookie_and_leads_nowhere_else() {
        let begun = Begun::new("/queue?format=csv").unwrap();
        let cookie = begun.cookie();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        assert!(cookie.bytes().all(plain), "{cookie}");
        assert_eq!(Begun::of_cookie(&cookie).unwrap(), begun);
        let evil = URL_SAFE_NO_PAD.encode("//evil.example");
        let forged = format!("{}.{}.{evil}", begun.state, begun.verifier);
        assert_eq!(Begun::of_cookie(&forged).unwrap().next, "/");
        for broken in ["", "a.b", "a.b.*", "a.b.wyg"] {
            assert_eq!(Begun::of_cookie(broken), None, "{broken}");
        }
    }

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let begun = Begun {
            state: String::new(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
            next: String::new(),
        };
        assert_eq!(
            begun.challenge(),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
