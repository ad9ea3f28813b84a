//! What each pull request and merge group says of its newest commit: those that share one share its gate.

use sqlx::{Any, Row as _, Transaction};

use super::jobs::{Job, enqueue};
use super::open::{StoreError, reader};
use super::{Millis, Store, words};

words! {
    /// What a pull request or merge group says of a commit.
    GateState {
        /// It keeps the commit from merging. First, for that is what counts most.
        Closed = "closed",
        /// Its review is under way.
        Pending = "pending",
        /// Nothing in it keeps the commit from merging.
        Open = "open",
    }
}

/// Whose gate: what the external id of its check run names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The installation.
    pub installation: i64,
    /// The repository.
    pub repository: i64,
    /// `pull:NUMBER`, `group:BASE`.
    pub name: String,
    /// The pull request; 0 for a group.
    pub number: i64,
}

/// What another one says of the same commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// What it says.
    pub state: GateState,
    /// The pull request; 0 for a group.
    pub number: i64,
}

/// Pull requests whose newest commit this is.
async fn pulls_at(
    transaction: &mut Transaction<'static, Any>,
    repository: i64,
    head: &str,
) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(
        "SELECT number FROM gates WHERE repository = $1 AND head = $2 AND number > 0 ORDER BY number",
    )
    .bind(repository)
    .bind(head.to_owned())
    .fetch_all(&mut **transaction)
    .await?)
}

/// Forgets what a subject said of other commits than `head`; pull requests whose commit it kept from merging
/// until now are reviewed again, and their number is given. A group has one commit for ever, and another with
/// the same base is another.
async fn leave(
    transaction: &mut Transaction<'static, Any>,
    subject: &Subject,
    head: &str,
    now: Millis,
) -> Result<usize, StoreError> {
    if subject.number == 0 {
        return Ok(0);
    }
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT head FROM gates WHERE repository = $1 AND subject = $2 AND head <> $3 AND state <> 'open' \
         ORDER BY head",
    )
    .bind(subject.repository)
    .bind(subject.name.clone())
    .bind(head.to_owned())
    .fetch_all(&mut **transaction)
    .await?;
    sqlx::query("DELETE FROM gates WHERE repository = $1 AND subject = $2 AND head <> $3")
        .bind(subject.repository)
        .bind(subject.name.clone())
        .bind(head.to_owned())
        .execute(&mut **transaction)
        .await?;
    let mut freed = 0;
    for head in left {
        let numbers = pulls_at(transaction, subject.repository, &head).await?;
        freed += review(
            transaction,
            subject.installation,
            subject.repository,
            &numbers,
            now,
        )
        .await?;
    }
    Ok(freed)
}

/// Has pull requests reviewed again; gives their number.
async fn review(
    transaction: &mut Transaction<'static, Any>,
    installation: i64,
    repository: i64,
    numbers: &[i64],
    now: Millis,
) -> Result<usize, StoreError> {
    for number in numbers {
        let job = Job::pull(installation, repository, *number);
        enqueue(transaction, &job, "same commit", now).await?;
    }
    Ok(numbers.len())
}

/// Forgets the groups of a commit: the queue dissolved them. Gives the pull requests with that commit.
pub(super) async fn dissolve(
    transaction: &mut Transaction<'static, Any>,
    repository: i64,
    head: &str,
) -> Result<Vec<i64>, StoreError> {
    sqlx::query("DELETE FROM gates WHERE repository = $1 AND head = $2 AND number = 0")
        .bind(repository)
        .bind(head.to_owned())
        .execute(&mut **transaction)
        .await?;
    pulls_at(transaction, repository, head).await
}

impl Store {
    /// Pull requests of a repository that say something of a commit.
    ///
    /// # Errors
    /// The database.
    pub async fn gated(&self, repository: i64) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT DISTINCT number FROM gates WHERE repository = $1 AND number > 0 ORDER BY number",
        )
        .bind(repository)
        .fetch_all(reader(self))
        .await?)
    }

    /// Commits of which a subject said last that its review is under way, oldest first: a check was begun there
    /// that has not ended, unless the process ended before the one or before it noted the other.
    ///
    /// # Errors
    /// The database.
    pub async fn pending(&self, repository: i64, subject: &str) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT head FROM gates WHERE repository = $1 AND subject = $2 AND state = 'pending' \
             ORDER BY changed_ms, head",
        )
        .bind(repository)
        .bind(subject.to_owned())
        .fetch_all(reader(self))
        .await?)
    }

    /// Notes what a subject says of its newest commit. Pull requests that share the commit it was at before,
    /// and wait for it no longer, are reviewed again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_gate(
        &self,
        subject: &Subject,
        head: &str,
        state: GateState,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let freed = leave(&mut transaction, subject, head, now).await?;
        sqlx::query(
            "INSERT INTO gates (repository, subject, head, number, state, changed_ms) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (repository, subject, head) DO UPDATE SET \
             state = excluded.state, changed_ms = excluded.changed_ms",
        )
        .bind(subject.repository)
        .bind(subject.name.clone())
        .bind(head.to_owned())
        .bind(subject.number)
        .bind(state.as_str())
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        self.end(transaction, freed).await
    }

    /// Forgets what a pull request says, for it is closed, or what a group says of its commit, for it is
    /// dissolved. Pull requests that share the commit, and wait for it no longer, are reviewed again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_gate(
        &self,
        subject: &Subject,
        head: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let freed = match subject.number {
            0 => {
                let numbers = dissolve(&mut transaction, subject.repository, head).await?;
                review(
                    &mut transaction,
                    subject.installation,
                    subject.repository,
                    &numbers,
                    now,
                )
                .await?
            }
            // No commit has an empty name: all of them are left.
            _ => leave(&mut transaction, subject, "", now).await?,
        };
        self.end(transaction, freed).await
    }

    async fn end(
        &self,
        mut transaction: Transaction<'static, Any>,
        freed: usize,
    ) -> Result<(), StoreError> {
        if freed > 0 {
            self.announce(&mut transaction).await?;
        }
        transaction.commit().await?;
        if freed > 0 {
            self.wake();
        }
        Ok(())
    }

    /// What others say of a commit: those that close its gate first, then those under review.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn beside(&self, subject: &Subject, head: &str) -> Result<Vec<Beside>, StoreError> {
        let rows = sqlx::query(
            "SELECT state, number FROM gates WHERE repository = $1 AND head = $2 AND subject <> $3 \
             ORDER BY number, subject",
        )
        .bind(subject.repository)
        .bind(head.to_owned())
        .bind(subject.name.clone())
        .fetch_all(reader(self))
        .await?;
        let mut found = rows
            .iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                Ok(Beside {
                    state: GateState::parse(&state)?,
                    number: row.try_get("number")?,
                })
            })
            .collect::<Result<Vec<Beside>, StoreError>>()?;
        found.sort_by_key(|one| one.state);
        Ok(found)
    }
}
