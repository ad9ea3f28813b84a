//! Signing people in: "Generating a user access token for a GitHub App", web application flow, GitHub Docs.
//!
//! A person's token serves once, to ask who they are and which repositories they and the App both may
//! see. It is not kept.

use serde::Deserialize;

use super::client::{Client, Pace};
use super::error::ApiError;
use super::parts::UserPart;
use super::secret::Token;

/// Pages of a list that are read: a hundred entries each.
const PAGES: usize = 100;

/// Where the person's browser is sent, below GitHub's site.
const AUTHORIZE: &str = "/login/oauth/authorize";

/// Where a code is exchanged for a token.
const EXCHANGE: &str = "/login/oauth/access_token";

/// What a sign-in is asked with.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The App's client id.
    pub client_id: &'a str,
    /// Where GitHub sends the browser back to.
    pub redirect_uri: &'a str,
    /// A random text that has to come back.
    pub state: &'a str,
    /// SHA-256 of the verifier, base64url without padding (RFC 7636, S256).
    pub challenge: &'a str,
}

/// What a code is exchanged with.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// The App's client id.
    pub client_id: &'a str,
    /// Its secret.
    pub secret: &'a Token,
    /// The code that GitHub handed out.
    pub code: &'a str,
    /// As in [`Ask`].
    pub redirect_uri: &'a str,
    /// What the challenge was made of.
    pub verifier: &'a str,
}

/// What GitHub lets a person see of what the App sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Their login.
    pub login: String,
    /// Numbers of the repositories, sorted.
    pub repositories: Vec<i64>,
}

#[derive(Deserialize)]
struct ExchangePart {
    access_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct InstallationsPart {
    installations: Vec<NumberPart>,
}

#[derive(Deserialize)]
struct RepositoriesPart {
    repositories: Vec<NumberPart>,
}

#[derive(Deserialize)]
struct NumberPart {
    id: i64,
}

/// The address that a browser is sent to for signing in. `server` is GitHub's site.
pub fn authorize_url(server: &str, ask: Ask<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", ask.client_id)
        .append_pair("redirect_uri", ask.redirect_uri)
        .append_pair("state", ask.state)
        .append_pair("code_challenge", ask.challenge)
        .append_pair("code_challenge_method", "S256");
    let server = server.trim_end_matches('/');
    format!("{server}{AUTHORIZE}?{}", query.finish())
}

/// Exchanges a code for the person's token.
///
/// # Errors
/// As any request; a code that GitHub does not take is `Refused`.
pub async fn exchange(client: &Client, exchange: Exchange<'_>) -> Result<Token, ApiError> {
    let part: ExchangePart = client
        .form(
            EXCHANGE,
            &[
                ("client_id", exchange.client_id),
                ("client_secret", exchange.secret.expose()),
                ("code", exchange.code),
                ("redirect_uri", exchange.redirect_uri),
                ("code_verifier", exchange.verifier),
            ],
        )
        .await?;
    let what = format!("POST {EXCHANGE}");
    // A refusal comes with the status 200.
    if let Some(error) = part.error {
        let words = part.error_description.unwrap_or_default();
        return Err(ApiError::Refused {
            what,
            status: 200,
            message: exchange.secret.redact(format!("{error} {words}").trim()),
        });
    }
    let token = part.access_token.as_deref().and_then(Token::new);
    token.ok_or_else(|| ApiError::Unknown {
        what,
        message: "the answer holds no token".to_owned(),
    })
}

/// Asks who a token's person is and what they may see.
///
/// # Errors
/// As any request.
pub async fn access(client: &Client, token: Token) -> Result<Access, ApiError> {
    // Their requests count apart from those of the installations.
    let person = client.with_token(token, Pace::default())?;
    let user: UserPart = person.get("/user").await?;
    if user.login.is_empty() {
        return Err(ApiError::Unknown {
            what: "GET /user".to_owned(),
            message: "the answer names nobody".to_owned(),
        });
    }
    let mut repositories = Vec::new();
    for installation in installations(&person).await? {
        for page in 1..=PAGES {
            let path =
                format!("/user/installations/{installation}/repositories?per_page=100&page={page}");
            let part: RepositoriesPart = match person.get(&path).await {
                Ok(part) => part,
                // One that was suspended or removed meanwhile shows nothing.
                Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => break,
                Err(error) => return Err(error),
            };
            let count = part.repositories.len();
            repositories.extend(part.repositories.into_iter().map(|one| one.id));
            if count < 100 {
                break;
            }
        }
    }
    repositories.sort_unstable();
    repositories.dedup();
    Ok(Access {
        login: user.login,
        repositories,
    })
}

async fn installations(person: &Client) -> Result<Vec<i64>, ApiError> {
    let mut all = Vec::new();
    for page in 1..=PAGES {
        let path = format!("/user/installations?per_page=100&page={page}");
        let part: InstallationsPart = person.get(&path).await?;
        let count = part.installations.len();
        all.extend(part.installations.into_iter().map(|one| one.id));
        if count < 100 {
            break;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_carries_the_challenge_and_escapes_what_it_is_given() {
        let url = authorize_url(
            "https://github.example/",
            Ask {
                client_id: "Iv1.abc",
                redirect_uri: "https://scrubin.example/login/callback?x&y",
                state: "s t",
                challenge: "c-h_1",
            },
        );
        assert_eq!(
            url,
            "https://github.example/login/oauth/authorize?client_id=Iv1.abc\
             &redirect_uri=https%3A%2F%2Fscrubin.example%2Flogin%2Fcallback%3Fx%26y\
             &state=s+t&code_challenge=c-h_1&code_challenge_method=S256"
        );
    }
}
