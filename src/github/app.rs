//! What an App asks GitHub about itself: its installations, tokens for them, deliveries that failed.
//!
//! An App proves who it is by a short-lived JSON Web Token signed with its private key, and works with
//! tokens of its installations that last an hour, each narrowed here to one repository.

use std::time::Duration;

use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::error::ApiError;
use super::event::RepositoryName;
use super::parts::{CommitPart, UserPart};
use super::secret::Token;

/// How long a JSON Web Token of ours lasts; GitHub takes ten minutes at most.
const LIFE: Duration = Duration::from_secs(9 * 60);

/// GitHub's clock may be behind ours ("Generating a JSON Web Token", GitHub Docs).
const BACKDATED: Duration = Duration::from_secs(60);

/// Pages of a list that are read: a hundred entries each.
const PAGES: usize = 100;

/// What a token of the service may do, and nothing else.
const PERMISSIONS: [(&str, &str); 4] = [
    ("checks", "write"),
    ("contents", "read"),
    ("metadata", "read"),
    ("pull_requests", "write"),
];

/// The identity of an App: its number and private key. Its debug form shows no key.
#[derive(Clone)]
pub struct AppKey {
    id: u64,
    key: EncodingKey,
}

impl std::fmt::Debug for AppKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("AppKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl AppKey {
    /// Takes the key as GitHub hands it out: PEM, RSA.
    ///
    /// # Errors
    /// It is none.
    pub fn read(id: u64, pem: &[u8]) -> Result<Self, ApiError> {
        let key = EncodingKey::from_rsa_pem(pem).map_err(|error| ApiError::Setup {
            message: format!("the App's private key is no RSA key in PEM form: {error}"),
        })?;
        Ok(Self { id, key })
    }

    /// GitHub's number of the App.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// A token that speaks for the App itself; `now` since 1970, UTC.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn token(&self, now: Duration) -> Result<Token, ApiError> {
        let setup = |message: String| ApiError::Setup { message };
        let claims = json!({
            "iat": now.saturating_sub(BACKDATED).as_secs(),
            "exp": (now + LIFE).as_secs(),
            "iss": self.id.to_string(),
        });
        let text = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key)
            .map_err(|error| setup(format!("the App's private key cannot sign: {error}")))?;
        Token::new(&text).ok_or_else(|| setup("the signed token is empty".to_owned()))
    }
}

/// A token of an installation.
#[derive(Debug, Clone)]
pub struct InstallationToken {
    /// The token.
    pub token: Token,
    /// Until when GitHub takes it, since 1970, UTC.
    pub expires: Duration,
}

/// An installation as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInstallation {
    /// GitHub's number of it.
    pub id: i64,
    /// Whose it is.
    pub account: String,
    /// Whether it is suspended.
    pub is_suspended: bool,
}

/// A repository as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRepository {
    /// GitHub's number of it.
    pub id: i64,
    /// `OWNER/NAME` as it is now.
    pub full_name: String,
    /// Name of its main branch.
    pub default_branch: String,
    /// Whether only members see it.
    pub is_private: bool,
    /// Whether it takes no comments any more.
    pub is_archived: bool,
    /// Its size as GitHub states it, in KiB.
    pub size_kib: u64,
}

/// A delivery as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    /// GitHub's number of this attempt.
    pub id: u64,
    /// The id in its header, the same for every attempt.
    pub guid: String,
    /// When it was sent, since 1970, UTC.
    pub sent: Duration,
    /// The status we answered; 0 where we answered none.
    pub status: u16,
}

/// An open pull request as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPull {
    /// Its number.
    pub number: i64,
    /// Its newest commit.
    pub head: String,
}

#[derive(Deserialize)]
struct TokenPart {
    token: String,
    expires_at: chrono::DateTime<chrono::Utc>,
}

#[derive(Deserialize)]
struct InstallationPart {
    id: i64,
    account: Option<UserPart>,
    suspended_at: Option<Value>,
}

#[derive(Deserialize)]
struct RepositoriesPart {
    repositories: Vec<RepositoryPart>,
}

#[derive(Deserialize)]
struct RepositoryPart {
    id: i64,
    full_name: String,
    #[serde(default)]
    default_branch: String,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
struct DeliveryPart {
    id: u64,
    guid: String,
    delivered_at: chrono::DateTime<chrono::Utc>,
    #[serde(default)]
    status_code: u16,
}

#[derive(Deserialize)]
struct PullPart {
    number: i64,
    head: HeadPart,
}

#[derive(Deserialize)]
struct HeadPart {
    sha: String,
}

fn since_1970(time: chrono::DateTime<chrono::Utc>) -> Duration {
    Duration::from_secs(u64::try_from(time.timestamp()).unwrap_or_default())
}

impl From<RepositoryPart> for ListedRepository {
    fn from(part: RepositoryPart) -> Self {
        Self {
            id: part.id,
            full_name: part.full_name,
            default_branch: part.default_branch,
            is_private: part.private,
            is_archived: part.archived,
            size_kib: part.size,
        }
    }
}

/// Makes a token for one repository of an installation. `app` speaks for the App itself.
///
/// # Errors
/// As any request; a suspended or deleted installation is `Forbidden` or `NotFound`.
pub async fn installation_token(
    app: &Client,
    installation: i64,
    repository: Option<i64>,
) -> Result<InstallationToken, ApiError> {
    let permissions: serde_json::Map<String, Value> = PERMISSIONS
        .iter()
        .map(|(name, level)| ((*name).to_owned(), json!(level)))
        .collect();
    let mut body = json!({"permissions": permissions});
    if let (Some(repository), Some(body)) = (repository, body.as_object_mut()) {
        body.insert("repository_ids".to_owned(), json!([repository]));
    }
    let path = format!("/app/installations/{installation}/access_tokens");
    let part: TokenPart = app.write(Method::POST, &path, &body).await?;
    let token = Token::new(&part.token).ok_or_else(|| ApiError::Unknown {
        what: format!("POST {path}"),
        message: "the answer holds no token".to_owned(),
    })?;
    Ok(InstallationToken {
        token,
        expires: since_1970(part.expires_at),
    })
}

/// Every installation of the App.
///
/// # Errors
/// As any request.
pub async fn installations(app: &Client) -> Result<Vec<ListedInstallation>, ApiError> {
    let parts: Vec<InstallationPart> = app.list("/app/installations").await?;
    Ok(parts
        .into_iter()
        .map(|part| ListedInstallation {
            id: part.id,
            account: part
                .account
                .map(|account| account.login)
                .unwrap_or_default(),
            is_suspended: part.suspended_at.is_some_and(|at| !at.is_null()),
        })
        .collect())
}

/// Every repository that the token's installation covers.
///
/// # Errors
/// As any request.
pub async fn repositories(client: &Client) -> Result<Vec<ListedRepository>, ApiError> {
    let mut all = Vec::new();
    for page in 1..=PAGES {
        let path = format!("/installation/repositories?per_page=100&page={page}");
        let part: RepositoriesPart = client.get(&path).await?;
        let count = part.repositories.len();
        all.extend(part.repositories.into_iter().map(ListedRepository::from));
        if count < 100 {
            break;
        }
    }
    Ok(all)
}

/// A repository by its number, under whatever name it has now.
///
/// # Errors
/// As any request.
pub async fn repository(
    client: &Client,
    name: &RepositoryName,
) -> Result<ListedRepository, ApiError> {
    let part: RepositoryPart = client.get(&format!("/repos/{name}")).await?;
    Ok(part.into())
}

/// The first page of the attempts to deliver something to the App.
pub const DELIVERIES: &str = "/app/hook/deliveries?per_page=100";

/// A page of the attempts to deliver something, newest first; gives the next page as well.
///
/// # Errors
/// As any request.
pub async fn deliveries(
    app: &Client,
    page: &str,
) -> Result<(Vec<ListedDelivery>, Option<String>), ApiError> {
    let (parts, further): (Vec<DeliveryPart>, Option<String>) = app.page(page).await?;
    let listed = parts
        .into_iter()
        .map(|part| ListedDelivery {
            id: part.id,
            guid: part.guid,
            sent: since_1970(part.delivered_at),
            status: part.status_code,
        })
        .collect();
    Ok((listed, further))
}

/// Asks GitHub to send a delivery again.
///
/// # Errors
/// As any request.
pub async fn redeliver(app: &Client, delivery: u64) -> Result<(), ApiError> {
    let path = format!("/app/hook/deliveries/{delivery}/attempts");
    app.post(&path).await
}

/// Every open pull request of a repository.
///
/// # Errors
/// As any request.
pub async fn open_pulls(
    client: &Client,
    repository: &RepositoryName,
) -> Result<Vec<ListedPull>, ApiError> {
    // Open ones are GitHub's default for this list.
    let parts: Vec<PullPart> = client.list(&format!("/repos/{repository}/pulls")).await?;
    Ok(parts
        .into_iter()
        .map(|part| ListedPull {
            number: part.number,
            head: part.head.sha,
        })
        .collect())
}

/// The text and author of a comment on lines, and the comment it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its text.
    pub body: String,
    /// Who wrote it.
    pub author: String,
    /// Whether that is a person.
    pub is_person: bool,
    /// The comment it answers; `None` = none.
    pub in_reply_to: Option<u64>,
}

#[derive(Deserialize)]
struct CommentPart {
    body: Option<String>,
    user: Option<UserPart>,
    in_reply_to_id: Option<u64>,
}

impl From<CommentPart> for Comment {
    fn from(part: CommentPart) -> Self {
        Self {
            body: part.body.unwrap_or_default(),
            is_person: part.user.as_ref().is_some_and(UserPart::is_person),
            author: part.user.map(|user| user.login).unwrap_or_default(),
            in_reply_to: part.in_reply_to_id,
        }
    }
}

/// A comment on lines or files.
///
/// # Errors
/// As any request; a deleted one is `NotFound`.
pub async fn review_comment(
    client: &Client,
    repository: &RepositoryName,
    id: i64,
) -> Result<Comment, ApiError> {
    let part: CommentPart = client
        .get(&format!("/repos/{repository}/pulls/comments/{id}"))
        .await?;
    Ok(part.into())
}

/// A comment on a pull request as a whole.
///
/// # Errors
/// As any request; a deleted one is `NotFound`.
pub async fn issue_comment(
    client: &Client,
    repository: &RepositoryName,
    id: i64,
) -> Result<Comment, ApiError> {
    let part: CommentPart = client
        .get(&format!("/repos/{repository}/issues/comments/{id}"))
        .await?;
    Ok(part.into())
}

/// Most commits of a pull request that GitHub lists ("List commits on a pull request", GitHub Docs).
const LISTED_COMMITS: usize = 250;

/// Logins of everybody who wrote a commit of a pull request, lower case, sorted.
///
/// # Errors
/// As any request; also more commits than GitHub lists, because then nobody can be told not to be an author.
pub async fn commit_authors(
    client: &Client,
    repository: &RepositoryName,
    number: u64,
) -> Result<Vec<String>, ApiError> {
    let parts: Vec<CommitPart> = client
        .list(&format!("/repos/{repository}/pulls/{number}/commits"))
        .await?;
    if parts.len() >= LISTED_COMMITS {
        return Err(ApiError::Refused {
            what: "GET commits of the pull request".to_owned(),
            status: 200,
            message: format!(
                "GitHub lists no more than {LISTED_COMMITS} commits of a pull request"
            ),
        });
    }
    let mut logins: Vec<String> = parts.into_iter().flat_map(CommitPart::logins).collect();
    logins.sort_unstable();
    logins.dedup();
    Ok(logins)
}
