//! What every part of the service shares: settings, database, clock, connections to GitHub.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::config::Settings;
use super::metrics::Metrics;
use super::mirror::Mirrors;
use crate::evidence::{self, SigningKey};
use crate::github::app::{self, InstallationToken};
use crate::github::{ApiError, Client, ClientOptions, Clock, ErrorClass, Pace};
use crate::store::{InstallationState, Millis, Store, StoreError};

/// A token is made anew when it has less time left than this.
const LEFT: Duration = Duration::from_secs(10 * 60);

/// How long one waits for a rate limit while a job is held; a longer one gives the job back.
const LIMIT_WAIT: Duration = Duration::from_secs(10);

/// A service that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// GitHub's addresses, or this machine's certificates.
    #[error(transparent)]
    Client(#[from] ApiError),
    /// The key of records.
    #[error("record.key-file: {0}")]
    Key(#[from] evidence::KeyError),
    /// The folder of the cache.
    #[error("cache.folder: `{path}` cannot be used: {message}")]
    Cache {
        /// Which folder.
        path: String,
        /// What the system said.
        message: String,
    },
    /// An address to listen at.
    #[error("cannot listen at {address} ({key}): {message}")]
    Listen {
        /// Which key names it.
        key: &'static str,
        /// The address.
        address: String,
        /// What the system said.
        message: String,
    },
}

/// The service.
pub struct Service {
    /// Its settings.
    pub settings: Settings,
    /// Its database.
    pub store: Store,
    /// Time.
    pub clock: Clock,
    /// What it counts.
    pub metrics: Metrics,
    /// Repositories.
    pub(super) mirrors: Mirrors,
    /// Signs records, where a key is given.
    pub(super) record_key: Option<SigningKey>,
    /// SHA-256 of this program, for records.
    pub(super) binary: Option<String>,
    /// Speaks for nobody; its connections are used by all.
    plain: Client,
    tokens: Mutex<BTreeMap<(i64, i64), InstallationToken>>,
    paces: Mutex<BTreeMap<i64, Pace>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Service")
            .field("settings", &self.settings)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Puts a service together. Needs a running tokio runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn new(settings: Settings, clock: Clock) -> Result<Arc<Self>, StartError> {
        let store = Store::open(&settings.store).await?;
        Self::with_store(settings, store, clock)
    }

    /// As [`Self::new`], with a database that is open already.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn with_store(
        settings: Settings,
        store: Store,
        clock: Clock,
    ) -> Result<Arc<Self>, StartError> {
        let options = ClientOptions {
            pace: settings.work.pace,
            max_wait: LIMIT_WAIT,
            timeout: settings.work.timeout,
            clock: clock.clone(),
            ..ClientOptions::new(settings.addresses.clone(), settings.app.token(clock.now())?)
        };
        let record_key = match &settings.record_key {
            Some(text) => Some(SigningKey::read(text.expose())?),
            None => None,
        };
        let mirrors = Mirrors::new(&settings.cache).map_err(|error| StartError::Cache {
            path: settings.cache.folder.display().to_string(),
            message: error.to_string(),
        })?;
        let binary = std::env::current_exe().and_then(std::fs::read).ok();
        Ok(Arc::new(Self {
            plain: Client::new(options)?,
            binary: binary.and_then(|bytes| evidence::file_digest(&bytes)),
            mirrors,
            record_key,
            settings,
            store,
            clock,
            metrics: Metrics::default(),
            tokens: Mutex::default(),
            paces: Mutex::default(),
        }))
    }

    /// Now, in milliseconds since 1970, UTC.
    pub fn now(&self) -> Millis {
        Millis::try_from(self.clock.now().as_millis()).unwrap_or(Millis::MAX)
    }

    /// A client that speaks for the App itself.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn app(&self) -> Result<Client, ApiError> {
        let token = self.settings.app.token(self.clock.now())?;
        // Its requests are counted apart from those of installations.
        self.plain.with_token(token, self.pace(0))
    }

    /// A client that speaks for an installation, in one repository or, without one, in all it covers.
    ///
    /// # Errors
    /// GitHub gives no token.
    pub async fn client(
        &self,
        installation: i64,
        repository: Option<i64>,
    ) -> Result<Client, ApiError> {
        let place = (installation, repository.unwrap_or_default());
        let known = lock(&self.tokens).get(&place).cloned();
        let fresh = known.filter(|one| one.expires > self.clock.now() + LEFT);
        let token = match fresh {
            Some(one) => one,
            None => {
                let one = app::installation_token(&self.app()?, installation, repository).await?;
                let mut tokens = lock(&self.tokens);
                let now = self.clock.now();
                tokens.retain(|_, other| other.expires > now);
                tokens.insert(place, one.clone());
                one
            }
        };
        self.plain.with_token(token.token, self.pace(installation))
    }

    /// Forgets the tokens of an installation: one was refused.
    pub(super) fn forget_tokens(&self, installation: i64) {
        lock(&self.tokens).retain(|(of, _), _| *of != installation);
    }

    fn pace(&self, installation: i64) -> Pace {
        lock(&self.paces).entry(installation).or_default().clone()
    }

    /// What an error of GitHub's means for an installation as a whole: one that is suspended or deleted
    /// is noted as such, so that its jobs wait or end.
    pub(super) async fn installation_failed(
        &self,
        installation: i64,
        error: &ApiError,
    ) -> Result<(), StoreError> {
        self.failed(error);
        let state = match error {
            ApiError::NotFound { .. } => InstallationState::Deleted,
            ApiError::Forbidden { message, .. } if message.contains("suspended") => {
                InstallationState::Suspended
            }
            _ => return Ok(()),
        };
        let row = crate::store::Installation {
            id: installation,
            account: String::new(),
            state,
        };
        self.store.note_installation(&row, self.now()).await
    }

    /// Counts an error of GitHub's.
    pub(super) fn failed(&self, error: &ApiError) {
        self.metrics.failure(match error.class() {
            ErrorClass::Retryable => "retryable",
            ErrorClass::Permanent => "permanent",
            ErrorClass::Auth => "auth",
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
