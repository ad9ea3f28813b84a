//! The configuration of the service: a TOML file, then the environment; secrets come from files.
//!
//! `SCRUBIN_SERVE_SECTION_KEY` in the environment takes the place of `key` in `[section]`. A secret is
//! never a value of either: environments are visible to whoever may look at the process.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use super::signature::Secret;
use crate::github::Token;
use crate::github::app::AppKey;
use crate::github::event::Addresses;
use crate::store::{Retention, StoreError, Url};

/// What variables that belong to us start with.
pub const PREFIX: &str = "SCRUBIN_SERVE_";

/// Where the service listens by default.
const LISTEN: &str = "127.0.0.1:8080";

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that cannot be read.
    #[error("`{}` cannot be read ({key}): {message}", path.display())]
    File {
        /// The key that names it; empty for the configuration itself.
        key: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// No TOML, an unknown key, a value of another type.
    #[error("{place}: {message}")]
    Syntax {
        /// The file, or the variable.
        place: String,
        /// What is wrong, with its line.
        message: String,
    },
    /// Something that has to be there.
    #[error("{key} is not set")]
    Missing {
        /// Which key.
        key: &'static str,
    },
    /// A value that does not fit.
    #[error("{key}: {message}")]
    Value {
        /// Which key.
        key: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The address of the database.
    #[error("store.url: {0}")]
    Store(#[from] StoreError),
}

impl SettingsError {
    /// What to do next.
    pub fn help(&self) -> &'static str {
        "docs/service.md lists every key; `scrubin serve --check-config` tries a configuration"
    }
}

/// What is done with a pull request that is a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drafts {
    /// Not reviewed; its check is neutral.
    Skip,
    /// Reviewed, with a summary and no comments in the code.
    #[default]
    Light,
    /// As any other.
    Full,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    server: ServerPart,
    github: GithubPart,
    store: StorePart,
    cache: CachePart,
    work: WorkPart,
    record: RecordPart,
    retention: RetentionPart,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ServerPart {
    listen: Option<String>,
    metrics: Option<String>,
    public_url: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct GithubPart {
    app_id: Option<u64>,
    private_key_file: Option<PathBuf>,
    webhook_secret_files: Option<Vec<PathBuf>>,
    api_url: Option<String>,
    graphql_url: Option<String>,
    server_url: Option<String>,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct StorePart {
    url: Option<String>,
    url_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct CachePart {
    folder: Option<PathBuf>,
    max_mib: Option<u64>,
    max_repository_mib: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct WorkPart {
    workers: Option<NonZeroU32>,
    per_installation: Option<NonZeroU32>,
    pace_ms: Option<u64>,
    timeout_s: Option<u64>,
    lease_s: Option<NonZeroU32>,
    attempts: Option<NonZeroU32>,
    drafts: Drafts,
    max_comments: Option<usize>,
    request_changes: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RecordPart {
    key_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RetentionPart {
    deliveries_days: Option<NonZeroU32>,
    reviews_days: Option<NonZeroU32>,
}

/// The configuration, whole and read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where webhooks and pages are served.
    pub listen: String,
    /// Where numbers for operators are served; `None` = nowhere.
    pub metrics: Option<String>,
    /// Where people reach the pages, without a slash at its end.
    pub public_url: String,
    /// Who we are to GitHub.
    pub app: AppKey,
    /// Secrets of the webhook, one or two.
    pub secrets: Vec<Secret>,
    /// Where GitHub answers.
    pub addresses: Addresses,
    /// Sign-in of people; `None` = the pages are closed.
    pub oauth: Option<OAuth>,
    /// The database.
    pub store: Url,
    /// The cache of repositories.
    pub cache: Cache,
    /// How work is done.
    pub work: Work,
    /// The text of the key that signs records; `None` = unsigned, so none are kept.
    pub record_key: Option<SecretText>,
    /// How long things are kept.
    pub retention: Retention,
}

/// A secret text. Its debug form shows nothing.
#[derive(Clone)]
pub struct SecretText(String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("[secret]")
    }
}

impl SecretText {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What signing in takes.
#[derive(Debug, Clone)]
pub struct OAuth {
    /// The App's client id.
    pub client_id: String,
    /// Its secret.
    pub secret: Token,
}

/// Where repositories are kept, and how large they may get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Its folder.
    pub folder: PathBuf,
    /// Most bytes of all.
    pub most_bytes: u64,
    /// Largest repository that is reviewed, as GitHub states it, in KiB.
    pub most_repository_kib: u64,
}

/// How work is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Jobs at once.
    pub workers: u32,
    /// Of those, how many for one installation.
    pub per_installation: i64,
    /// Shortest pause between two writes of an installation.
    pub pace: Duration,
    /// Longest exchange with GitHub.
    pub timeout: Duration,
    /// How long a worker may be silent before its job is given to another.
    pub lease: Duration,
    /// Tries before a job is dead.
    pub attempts: i64,
    /// Drafts.
    pub drafts: Drafts,
    /// Most comments in the code.
    pub max_comments: usize,
    /// Whether a closed gate also requests changes.
    pub request_changes: bool,
}

/// Reads the file and the variables as they are; no file that a key names is looked at.
fn parts(file: &Path, variables: &BTreeMap<String, String>) -> Result<File, SettingsError> {
    let text = read(file, "")?;
    let syntax = |message: String| SettingsError::Syntax {
        place: file.display().to_string(),
        message,
    };
    // Alone first: an error then names its line.
    let _: File = toml::from_str(&text).map_err(|error| syntax(error.to_string()))?;
    let mut table: Table = text
        .parse()
        .map_err(|error: toml::de::Error| syntax(error.to_string()))?;
    for (name, value) in variables {
        // Where the file lies is said by one of ours as well.
        let Some(key) = name.strip_prefix(PREFIX).filter(|key| *key != "CONFIG") else {
            continue;
        };
        set(&mut table, name, key, value)?;
    }
    table
        .try_into()
        .map_err(|error: toml::de::Error| SettingsError::Syntax {
            place: format!("{PREFIX}* in the environment"),
            message: error.to_string(),
        })
}

/// Where a service of this configuration answers whether it is ready, for whoever asks from this machine.
///
/// # Errors
/// [`SettingsError`] of the file or the variables.
pub fn listening(
    file: &Path,
    variables: &BTreeMap<String, String>,
) -> Result<String, SettingsError> {
    let server = parts(file, variables)?.server;
    let address = server.metrics.or(server.listen);
    let address = address.unwrap_or_else(|| LISTEN.to_owned());
    Ok(address
        .replace("0.0.0.0:", "127.0.0.1:")
        .replace("[::]:", "[::1]:"))
}

impl Settings {
    /// Reads the file and the variables; files that keys name are read relative to `file`'s folder.
    ///
    /// # Errors
    /// [`SettingsError`]: the first thing that is wrong, with its place.
    pub fn load(file: &Path, variables: &BTreeMap<String, String>) -> Result<Self, SettingsError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        settings(parts(file, variables)?, folder)
    }
}

/// Puts a variable in its place: a number, `true`, `false`, a list with commas, or a text.
fn set(table: &mut Table, name: &str, key: &str, text: &str) -> Result<(), SettingsError> {
    let unknown = || SettingsError::Syntax {
        place: name.to_owned(),
        message: format!("write {PREFIX}SECTION_KEY, with a section and key of the file"),
    };
    let (section, key) = key.split_once('_').ok_or_else(unknown)?;
    let (section, key) = (section.to_lowercase(), key.to_lowercase().replace('_', "-"));
    let value = match text.parse::<i64>() {
        Ok(number) => Value::Integer(number),
        Err(_) if text == "true" || text == "false" => Value::Boolean(text == "true"),
        Err(_) if key.ends_with("-files") => Value::Array(
            text.split(',')
                .map(|part| Value::String(part.trim().to_owned()))
                .collect(),
        ),
        Err(_) => Value::String(text.to_owned()),
    };
    let entry = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    entry.as_table_mut().ok_or_else(unknown)?.insert(key, value);
    Ok(())
}

fn read(path: &Path, key: &str) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|error| SettingsError::File {
        key: key.to_owned(),
        path: path.to_owned(),
        message: error.to_string(),
    })
}

fn settings(parts: File, folder: &Path) -> Result<Settings, SettingsError> {
    let missing = |key: &'static str| SettingsError::Missing { key };
    let github = parts.github;
    let app_id = github.app_id.ok_or_else(|| missing("github.app-id"))?;
    let key_file = github
        .private_key_file
        .ok_or_else(|| missing("github.private-key-file"))?;
    let pem = read(&folder.join(key_file), "github.private-key-file")?;
    let app = AppKey::read(app_id, pem.as_bytes()).map_err(|error| SettingsError::Value {
        key: "github.private-key-file",
        message: error.to_string(),
    })?;
    let files = github.webhook_secret_files.unwrap_or_default();
    if files.is_empty() {
        return Err(missing("github.webhook-secret-files"));
    }
    if files.len() > 2 {
        return Err(SettingsError::Value {
            key: "github.webhook-secret-files",
            message: "at most two: the one in use, and its successor".to_owned(),
        });
    }
    let mut secrets = Vec::new();
    for file in &files {
        let text = read(&folder.join(file), "github.webhook-secret-files")?;
        secrets.push(Secret::new(&text).ok_or_else(|| SettingsError::Value {
            key: "github.webhook-secret-files",
            message: format!("`{}` is empty", file.display()),
        })?);
    }
    let oauth = match (github.client_id, github.client_secret_file) {
        (Some(client_id), Some(file)) => {
            let text = read(&folder.join(file), "github.client-secret-file")?;
            let secret = Token::new(&text).ok_or_else(|| SettingsError::Value {
                key: "github.client-secret-file",
                message: "the file is empty".to_owned(),
            })?;
            Some(OAuth { client_id, secret })
        }
        (None, None) => None,
        (Some(_), None) => return Err(missing("github.client-secret-file")),
        (None, Some(_)) => return Err(missing("github.client-id")),
    };
    let url = match (parts.store.url, parts.store.url_file) {
        (Some(url), None) => url,
        (None, Some(file)) => read(&folder.join(file), "store.url-file")?,
        (Some(_), Some(_)) => {
            return Err(SettingsError::Value {
                key: "store.url-file",
                message: "store.url is set too".to_owned(),
            });
        }
        (None, None) => return Err(missing("store.url")),
    };
    let work = work(&parts.work)?;
    let record_key = match parts.record.key_file {
        Some(file) => Some(SecretText(read(&folder.join(file), "record.key-file")?)),
        None => None,
    };
    let public_url = parts
        .server
        .public_url
        .ok_or_else(|| missing("server.public-url"))?;
    if !public_url.starts_with("https://") && !public_url.starts_with("http://") {
        return Err(SettingsError::Value {
            key: "server.public-url",
            message: format!("`{public_url}` is no web address"),
        });
    }
    Ok(Settings {
        listen: parts.server.listen.unwrap_or_else(|| LISTEN.to_owned()),
        metrics: parts.server.metrics,
        public_url: public_url.trim_end_matches('/').to_owned(),
        app,
        secrets,
        addresses: addresses(github.api_url, github.graphql_url, github.server_url),
        oauth,
        store: Url::parse(&url)?,
        cache: Cache {
            folder: folder.join(parts.cache.folder.ok_or_else(|| missing("cache.folder"))?),
            most_bytes: parts.cache.max_mib.unwrap_or(20_000) << 20,
            most_repository_kib: parts.cache.max_repository_mib.unwrap_or(4_000) << 10,
        },
        work,
        record_key,
        retention: Retention {
            deliveries: days(parts.retention.deliveries_days, 7),
            reviews: days(parts.retention.reviews_days, 730),
        },
    })
}

fn days(given: Option<NonZeroU32>, usual: u32) -> i64 {
    i64::from(given.map_or(usual, NonZeroU32::get)) * DAY_MS
}

fn work(part: &WorkPart) -> Result<Work, SettingsError> {
    let number = |given: Option<NonZeroU32>, usual: u32| given.map_or(usual, NonZeroU32::get);
    let lease = number(part.lease_s, 60);
    if lease < 3 {
        return Err(SettingsError::Value {
            key: "work.lease-s",
            message: "a lease is renewed three times in its time: at least 3 seconds".to_owned(),
        });
    }
    Ok(Work {
        workers: number(part.workers, 2),
        per_installation: i64::from(number(part.per_installation, 1)),
        pace: Duration::from_millis(part.pace_ms.unwrap_or(1_000)),
        timeout: Duration::from_secs(part.timeout_s.unwrap_or(30).max(1)),
        lease: Duration::from_secs(u64::from(lease)),
        attempts: i64::from(number(part.attempts, 8)),
        drafts: part.drafts,
        max_comments: part.max_comments.unwrap_or(10),
        request_changes: part.request_changes,
    })
}

fn addresses(api: Option<String>, graphql: Option<String>, server: Option<String>) -> Addresses {
    let given = [
        ("GITHUB_API_URL", api),
        ("GITHUB_GRAPHQL_URL", graphql),
        ("GITHUB_SERVER_URL", server),
    ];
    let environment = given
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    crate::github::event::addresses(&environment)
}

#[cfg(test)]
mod tests;
