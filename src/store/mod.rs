//! What the service keeps: deliveries, jobs, reviews, decisions, records, in SQLite or PostgreSQL.
//!
//! One text of every query serves both: names, integers and texts alone, times as milliseconds since
//! 1970 (UTC) that the caller gives, so that tests can simulate them. The two differ in how a
//! transaction begins and in how a row is kept from other replicas, both in this file. No source
//! code is stored: fingerprints, places, and the sentence that a comment shows.

mod decisions;
mod deliveries;
mod erase;
mod facts;
mod findings;
mod gates;
mod history;
mod installations;
mod jobs;
mod open;
mod parts;
mod records;
mod retention;
mod reviews;
mod sessions;
mod views;

use sqlx::{Any, AnyPool, Transaction};
use tokio::sync::Notify;

pub use decisions::{Decision, DecisionKind, DecisionState};
pub use deliveries::{Accepted, Delivery, Effect, Person, RepositoryFacts, Request};
pub use erase::{Counts, NOT_WIPED, Scope};
pub use findings::{FindingRow, FindingState, RulePrecision};
pub use gates::{Beside, GateState, Subject};
pub use installations::{Installation, InstallationState, RepositoryRow, RepositoryState};
pub use jobs::{Claim, Depth, Job, JobKind, JobRow, JobState, Lease, Retry};
pub use open::{Migration, StoreError, Url};
pub use parts::{Listed, Part, RecordHead};
pub use records::{ChainOf, RecordRow};
pub use retention::{Retention, Swept};
pub use reviews::ReviewRow;
pub use sessions::Session;
pub use views::{Among, Gate, Outcome};

/// Milliseconds since 1970, UTC.
pub type Millis = i64;

/// A statement and its values.
type Statement<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file, one process.
    Sqlite,
    /// A server, any number of processes.
    Postgres,
}

/// The database of the service. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    kind: Kind,
    read: AnyPool,
    /// For SQLite a single connection: writers then wait in line instead of failing as busy.
    write: AnyPool,
    url: Url,
    /// Told when a job may be there to take.
    wake: std::sync::Arc<Notify>,
    /// The lease that has to hold for every write.
    lease: Option<std::sync::Arc<Lease>>,
    /// Keeps a second process away from a SQLite file.
    _lock: Option<std::sync::Arc<std::fs::File>>,
}

impl Store {
    /// Which database it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The same database for whoever works under a lease: a write after another worker took the job is
    /// [`StoreError::Lost`], and nothing of it stays. What deliveries write as well (jobs, repositories,
    /// installations) is noted without: the row of the job is held until the write ends, and a delivery that holds
    /// one of those and waits for it would never be stored.
    #[must_use]
    pub fn under(&self, lease: &Lease) -> Self {
        Self {
            lease: Some(std::sync::Arc::new(lease.clone())),
            ..self.clone()
        }
    }

    /// A transaction that may write.
    async fn begin(&self) -> Result<Transaction<'static, Any>, StoreError> {
        let mut transaction = match self.kind {
            // The lock at once: one that reads first and writes later can find itself too old to write.
            Kind::Sqlite => self.write.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.write.begin().await?,
        };
        if let Some(lease) = &self.lease {
            // Nobody takes the job before this ends: whoever would skips a row that is held.
            let held: Option<String> = sqlx::query_scalar(self.dialect(
                "SELECT worker FROM jobs WHERE key = $1 AND state = 'leased'",
                "SELECT worker FROM jobs WHERE key = $1 AND state = 'leased' FOR UPDATE",
            ))
            .bind(lease.key.clone())
            .fetch_optional(&mut *transaction)
            .await?;
            if held.is_none_or(|worker| worker != lease.worker) {
                transaction.rollback().await?;
                return Err(StoreError::Lost);
            }
        }
        Ok(transaction)
    }

    /// Tells other replicas, once the transaction is committed, that there may be a job.
    async fn announce(
        &self,
        transaction: &mut Transaction<'static, Any>,
    ) -> Result<(), StoreError> {
        if self.kind == Kind::Postgres {
            sqlx::query("SELECT pg_notify($1, '')::text")
                .bind(open::CHANNEL)
                .execute(&mut **transaction)
                .await?;
        }
        Ok(())
    }

    /// One statement that writes; gives the number of its rows.
    async fn execute(&self, query: Statement<'_>) -> Result<u64, StoreError> {
        if self.lease.is_none() {
            return Ok(query.execute(&self.write).await?.rows_affected());
        }
        let mut transaction = self.begin().await?;
        let done = query.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(done)
    }

    /// The text for this database: `SQLite` has one writer and needs no locks on rows.
    fn dialect(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self.kind {
            Kind::Sqlite => sqlite,
            Kind::Postgres => postgres,
        }
    }

    /// Waits until a job may be there, at most as long as `most`.
    pub async fn wait_for_jobs(&self, most: std::time::Duration) {
        let _ = tokio::time::timeout(most, self.wake.notified()).await;
    }

    /// Tells one waiting worker that there may be a job.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM facts")
            .fetch_one(&self.read)
            .await?;
        Ok(())
    }
}

/// A row in which a state stands as a word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// The word in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The state that a word names.
            ///
            /// # Errors
            /// None.
            pub fn parse(text: &str) -> Result<Self, crate::store::StoreError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::store::StoreError::Word {
                        what: stringify!($name),
                        word: text.to_owned(),
                    }),
                }
            }
        }
    };
}
use words;

#[cfg(test)]
mod tests;
