//! Opening a database: its address, its settings, its schema.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrationType, Migrator};
use sqlx::postgres::PgListener;
use sqlx::{AnyPool, ConnectOptions as _, Executor as _, SqlSafeStr as _};
use tokio::sync::Notify;

use super::{Kind, Store};

/// Every version of the schema, oldest first. One that was released never changes: the database holds
/// a checksum of each that it went through, and refuses another text.
const MIGRATIONS: [(i64, &str, &str); 2] = [
    (1, "begin", include_str!("migrations/0001_begin.sql")),
    (2, "gates", include_str!("migrations/0002_gates.sql")),
];

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, description, text)| {
        let text = (*text).into_sql_str();
        sqlx::migrate::Migration::new(
            *version,
            (*description).into(),
            MigrationType::Simple,
            text,
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

/// On which channel PostgreSQL tells replicas of new jobs.
pub(super) const CHANNEL: &str = "scrubin_jobs";

/// Connections that read, for SQLite.
const READERS: u32 = 4;

/// Connections to PostgreSQL.
const CONNECTIONS: u32 = 8;

/// How long one waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a database could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of a database that is none.
    #[error("`{url}` names no database")]
    Url {
        /// As given, without a password.
        url: String,
    },
    /// A second process.
    #[error("the database `{}` is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A SQLite file where locks are not to be trusted.
    #[error("the database `{}` lies on a network file system ({system})", path.display())]
    Network {
        /// The file.
        path: PathBuf,
        /// Its type, as the kernel names it.
        system: String,
    },
    /// The folder or the lock beside a SQLite file.
    #[error("`{}` cannot be written: {message}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// Its schema is not one of ours, or of a newer version.
    #[error("the schema of the database does not fit this version: {message}")]
    Schema {
        /// What is wrong.
        message: String,
    },
    /// A word that no version writes.
    #[error("the database holds `{word}` for {what}, which this version does not know")]
    Word {
        /// Of which kind.
        what: &'static str,
        /// As stored.
        word: String,
    },
    /// A record that cannot be added or read.
    #[error("the chain of records of repository {repository} cannot be continued: {message}")]
    Chain {
        /// GitHub's number of it.
        repository: i64,
        /// What is wrong.
        message: String,
    },
    /// The job was given to another worker meanwhile.
    #[error("nothing is noted: another worker has the job by now")]
    Lost,
    /// Everything else the database says.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// What to do next; empty where the message says it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Url { .. } => "write `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/DATABASE`",
            Self::InUse { .. } => "stop the other process, or use PostgreSQL for several replicas",
            Self::Network { .. } => "keep the file on a local disk, or use PostgreSQL",
            Self::File { .. } => "the service needs a folder of its own that it may write to",
            Self::Schema { .. } => {
                "use the version of scrubin that last ran, or a newer one; restore a backup otherwise"
            }
            Self::Word { .. } | Self::Chain { .. } => "restore a backup, and tell us",
            Self::Lost => "",
            Self::Database(_) => {
                "see whether the database runs and its disk has room; nothing that was answered with 202 is lost"
            }
        }
    }
}

/// A version of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// 1 and up.
    pub version: i64,
    /// What it does.
    pub description: String,
}

/// The address of a database. Its debug and display forms hold no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    kind: Kind,
    /// A file, or the address of a server.
    text: String,
}

impl std::fmt::Debug for Url {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.shown())
    }
}

impl Url {
    /// Reads `sqlite:FILE` or `postgres://…`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            // A name with a question mark would carry settings of the driver.
            if !file.is_empty() && !file.contains(['?', '#', '%']) {
                return Ok(Self {
                    kind: Kind::Sqlite,
                    text: file.to_owned(),
                });
            }
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self {
                kind: Kind::Postgres,
                text: text.to_owned(),
            });
        }
        Err(StoreError::Url {
            url: without_password(text),
        })
    }

    /// Which database it names.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// For people, without a password.
    pub fn shown(&self) -> String {
        match self.kind {
            Kind::Sqlite => format!("sqlite:{}", self.text),
            Kind::Postgres => without_password(&self.text),
        }
    }

    /// The file, for SQLite.
    pub fn file(&self) -> Option<&Path> {
        (self.kind == Kind::Sqlite).then(|| Path::new(self.text.as_str()))
    }

    fn options(&self) -> Result<AnyConnectOptions, StoreError> {
        let url = match self.kind {
            Kind::Sqlite => format!("sqlite:{}?mode=rwc", self.text),
            Kind::Postgres => self.text.clone(),
        };
        let options: AnyConnectOptions = url
            .parse()
            .map_err(|_| StoreError::Url { url: self.shown() })?;
        Ok(options.disable_statement_logging())
    }
}

/// `postgres://user:secret@host` → `postgres://user:***@host`.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((login, host)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}")
        }
        None => text.to_owned(),
    }
}

impl Store {
    /// Opens a database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(url: &Url) -> Result<Self, StoreError> {
        let store = Self::connect(url).await?;
        store.migrate(None).await?;
        if store.kind == Kind::Postgres {
            store.listen().await?;
        }
        Ok(store)
    }

    /// Opens a database beside a service that runs on it, to read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_beside(url: &Url) -> Result<Self, StoreError> {
        Self::connected(url, false).await
    }

    /// Opens a database as it is.
    pub(super) async fn connect(url: &Url) -> Result<Self, StoreError> {
        Self::connected(url, true).await
    }

    async fn connected(url: &Url, alone: bool) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let lock = match url.file().filter(|_| alone) {
            Some(file) => Some(Arc::new(lock(file)?)),
            None => None,
        };
        let options = url.options()?;
        let (read, write) = match url.kind {
            Kind::Sqlite => {
                if let Some(file) = url.file() {
                    make_private(file)?;
                }
                // The file and its journal mode first: readers cannot make them.
                let write = sqlite_pool(1).connect_with(options.clone()).await?;
                let read = sqlite_pool(READERS).connect_with(options).await?;
                (read, write)
            }
            Kind::Postgres => {
                // Once by itself: a pool would only say that it waited.
                use sqlx::Connection as _;
                sqlx::AnyConnection::connect_with(&options)
                    .await?
                    .close()
                    .await?;
                let pool = AnyPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            // A replica that stands still in mid-transaction must not hold up the others.
                            connection
                                .execute(
                                    "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '5s'; \
                                     SET statement_timeout = '60s'",
                                )
                                .await?;
                            Ok(())
                        })
                    })
                    .connect_with(options)
                    .await?;
                (pool.clone(), pool)
            }
        };
        Ok(Self {
            kind: url.kind,
            read,
            write,
            url: url.clone(),
            wake: Arc::new(Notify::new()),
            lease: None,
            _lock: lock,
        })
    }

    /// Brings the schema to a version, the newest if none is named.
    pub(super) async fn migrate(&self, version: Option<i64>) -> Result<(), StoreError> {
        let schema = |error: sqlx::migrate::MigrateError| StoreError::Schema {
            message: error.to_string(),
        };
        let mut connection = self.write.acquire().await?;
        match version {
            None => migrator().run(&mut *connection).await.map_err(schema),
            Some(version) => migrator()
                .run_to(version, &mut *connection)
                .await
                .map_err(schema),
        }
    }

    /// The versions of the schema that this program knows, oldest first.
    pub fn migrations() -> Vec<Migration> {
        MIGRATIONS
            .iter()
            .map(|(version, description, _)| Migration {
                version: *version,
                description: (*description).to_owned(),
            })
            .collect()
    }

    /// Wakes workers when another replica enqueues. That a message is lost costs the pause of a
    /// worker that polls, never a job.
    async fn listen(&self) -> Result<(), StoreError> {
        let mut listener = PgListener::connect(&self.url.text).await?;
        listener.listen(CHANNEL).await?;
        let wake = Arc::downgrade(&self.wake);
        tokio::spawn(async move {
            loop {
                let heard = listener.recv().await;
                let Some(wake) = wake.upgrade() else {
                    return;
                };
                wake.notify_one();
                if heard.is_err() {
                    // The next call connects again; not in a tight loop.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        });
        Ok(())
    }

    /// Writes what is left to the disk and closes every connection.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    /// Writes a copy of a SQLite database to a new file, while the service runs.
    ///
    /// # Errors
    /// The database is none of SQLite's; the file exists or cannot be written.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        if self.kind != Kind::Sqlite {
            return Err(StoreError::Url {
                url: self.url.shown(),
            });
        }
        make_private(file)?;
        sqlx::query("VACUUM INTO $1")
            .bind(file.to_string_lossy().into_owned())
            .execute(&self.read)
            .await?;
        Ok(())
    }
}

/// Makes an empty file that its owner alone may read, where there is none; what SQLite puts beside it
/// takes the same rights.
fn make_private(file: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(file) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::File {
            path: file.to_owned(),
            message: error.to_string(),
        }),
    }
}

/// Connections to SQLite: a journal that lets readers go on while one writes, a flush to the disk at
/// every commit, and patience where a backup holds the file.
fn sqlite_pool(connections: u32) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute(
                        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
                         PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                         PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;",
                    )
                    .await?;
                Ok(())
            })
        })
}

/// How often the lock is tried, and how long after each try: two seconds in all.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock of a SQLite file; the system lets it go when the process ends, however it ends.
fn lock(file: &Path) -> Result<std::fs::File, StoreError> {
    if let Some(system) = network_system(file) {
        return Err(StoreError::Network {
            path: file.to_owned(),
            system,
        });
    }
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let failed = |error: std::io::Error| StoreError::File {
        path: path.clone(),
        message: error.to_string(),
    };
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(failed)?;
    // A process that was killed in the moment it started another one is followed by that for an instant.
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(std::fs::TryLockError::WouldBlock) => {}
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "waits for a process; the result does not depend on how long"
        )]
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(StoreError::InUse {
        path: file.to_owned(),
    })
}

/// The type of the file system of a file, where it is one over a network, on Linux.
fn network_system(file: &Path) -> Option<String> {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    network_mount(&mounts, &folder)
}

/// The type of the mount that holds a folder, where it is one over a network. `mounts` is as in
/// proc_pid_mountinfo(5).
fn network_mount(mounts: &str, folder: &Path) -> Option<String> {
    const NETWORK: [&str; 8] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
    ];
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let (before, after) = line.split_once(" - ")?;
        let Some(point) = before.split(' ').nth(4) else {
            continue;
        };
        let system = after.split(' ').next().unwrap_or_default();
        if folder.starts_with(point) && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), system));
        }
    }
    let (_, system) = best?;
    NETWORK.contains(&system).then(|| system.to_owned())
}

/// Where queries that only read go.
pub(super) fn reader(store: &Store) -> &AnyPool {
    &store.read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_without_a_password() {
        let url = Url::parse(" sqlite:/var/lib/scrubin/store.db\n").unwrap();
        assert_eq!(url.file(), Some(Path::new("/var/lib/scrubin/store.db")));
        let url = Url::parse("postgres://pump:se:cr@et@db.local/scrubin").unwrap();
        assert_eq!(format!("{url:?}"), "postgres://pump:***@db.local/scrubin");
        for bad in [
            "",
            "sqlite:",
            "mysql://root:top@h/d",
            "store.db",
            "sqlite:a?mode=memory",
        ] {
            let error = Url::parse(bad).unwrap_err().to_string();
            assert!(!error.contains("top"), "{error}");
        }
    }

    #[test]
    fn a_mount_over_a_network_is_told() {
        let mounts = "22 1 0:1 / / rw - ext4 /dev/a rw\n30 22 0:2 / /srv/data rw shared:1 - nfs4 host:/x rw\n";
        let of = |path: &str| network_mount(mounts, Path::new(path));
        assert_eq!(of("/srv/data/scrubin"), Some("nfs4".to_owned()));
        assert_eq!(of("/srv/database"), None);
    }
}
