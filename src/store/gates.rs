//! What each pull request and merge group says of its newest commit: those that share one share its gate.
//!
//! A row whose state is `left` was taken back: it counts no more, and pull requests that waited for it are still
//! to be reviewed again.

use sqlx::{Any, Row as _, Transaction};

use super::jobs::Job;
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

/// Takes back what a subject said of other commits than `head`. A group has one commit for ever, and another
/// with the same base is another.
async fn leave(
    transaction: &mut Transaction<'static, Any>,
    subject: &Subject,
    head: &str,
) -> Result<(), StoreError> {
    if subject.number == 0 {
        return Ok(());
    }
    for statement in [
        // Whom it kept from nothing waits for nothing.
        "DELETE FROM gates WHERE repository = $1 AND subject = $2 AND head <> $3 AND state = 'open'",
        "UPDATE gates SET state = 'left' WHERE repository = $1 AND subject = $2 AND head <> $3",
    ] {
        sqlx::query(statement)
            .bind(subject.repository)
            .bind(subject.name.clone())
            .bind(head.to_owned())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Takes back what the groups of a commit said: the queue dissolved them.
async fn dissolve(
    transaction: &mut Transaction<'static, Any>,
    repository: i64,
    head: &str,
) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM gates WHERE repository = $1 AND head = $2 AND number = 0 AND state = 'open'",
        "UPDATE gates SET state = 'left' WHERE repository = $1 AND head = $2 AND number = 0",
    ] {
        sqlx::query(statement)
            .bind(repository)
            .bind(head.to_owned())
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
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

    /// What a subject says now, and of which commits, oldest first. A check was begun on each of them; one that is
    /// [`GateState::Pending`] has not ended, and another one perhaps not either: what it says is noted first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn said(
        &self,
        repository: i64,
        subject: &str,
    ) -> Result<Vec<(String, GateState)>, StoreError> {
        let rows = sqlx::query(
            "SELECT head, state FROM gates WHERE repository = $1 AND subject = $2 AND state <> 'left' \
             ORDER BY changed_ms, head",
        )
        .bind(repository)
        .bind(subject.to_owned())
        .fetch_all(reader(self))
        .await?;
        let mut said = Vec::new();
        for row in &rows {
            let state: String = row.try_get("state")?;
            said.push((row.try_get("head")?, GateState::parse(&state)?));
        }
        Ok(said)
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
        leave(&mut transaction, subject, head).await?;
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
        transaction.commit().await?;
        self.review_freed(subject.installation, subject.repository, now)
            .await
    }

    /// Notes that a subject keeps a commit from merging after all. What it says of other commits stays, and where it
    /// says nothing of this one that stays so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_gate(
        &self,
        subject: &Subject,
        head: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
                "UPDATE gates SET state = 'closed', changed_ms = $1 \
                 WHERE repository = $2 AND subject = $3 AND head = $4 AND state <> 'left'",
            )
            .bind(now)
            .bind(subject.repository)
            .bind(subject.name.clone())
            .bind(head.to_owned()),
        )
        .await?;
        Ok(())
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
        match subject.number {
            0 => dissolve(&mut transaction, subject.repository, head).await?,
            // No commit has an empty name: all of them are left.
            _ => leave(&mut transaction, subject, "").await?,
        }
        transaction.commit().await?;
        self.review_freed(subject.installation, subject.repository, now)
            .await
    }

    /// Has the pull requests of a repository reviewed again that waited for what was taken back.
    ///
    /// Never within the transaction that takes it back: that one holds the row of the caller's own job, and two
    /// jobs that free each other's pull request would wait for each other's row, in whatever order each enqueues.
    /// What was taken back is forgotten last, so that whoever comes after a process that ended in between (the
    /// next try of its job, the hourly tidying) finds it and asks once more.
    async fn review_freed(
        &self,
        installation: i64,
        repository: i64,
        now: Millis,
    ) -> Result<(), StoreError> {
        let rows = sqlx::query(
            "SELECT subject, head FROM gates WHERE repository = $1 AND state = 'left' ORDER BY head, subject",
        )
        .bind(repository)
        .fetch_all(reader(self))
        .await?;
        let mut left: Vec<(String, String)> = Vec::new();
        for row in &rows {
            left.push((row.try_get("subject")?, row.try_get("head")?));
        }
        if left.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT o.number FROM gates o JOIN gates l ON l.repository = o.repository AND l.head = o.head \
             WHERE o.repository = $1 AND l.state = 'left' AND o.state <> 'left' AND o.number > 0 ORDER BY o.number",
        )
        .bind(repository)
        .fetch_all(reader(self))
        .await?;
        // Without the lease: it would hold the row of the job once more.
        let all = Self {
            lease: None,
            ..self.clone()
        };
        for number in numbers {
            let job = Job::pull(installation, repository, number);
            all.enqueue(&job, "same commit", now).await?;
        }
        for (subject, head) in left {
            sqlx::query(
                "DELETE FROM gates WHERE repository = $1 AND subject = $2 AND head = $3 AND state = 'left'",
            )
            .bind(repository)
            .bind(subject)
            .bind(head)
            .execute(&self.write)
            .await?;
        }
        Ok(())
    }

    /// Forgets what groups said before a time, and what anybody said before another; gives how much that was. Pull
    /// requests that waited for it are reviewed again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn forget_gates(
        &self,
        groups: Millis,
        all: Millis,
        now: Millis,
    ) -> Result<u64, StoreError> {
        let mut gone = 0;
        let mut transaction = self.begin().await?;
        for statement in [
            "DELETE FROM gates WHERE state = 'open' AND ((number = 0 AND changed_ms < $1) OR changed_ms < $2)",
            "UPDATE gates SET state = 'left' WHERE state <> 'left' \
             AND ((number = 0 AND changed_ms < $1) OR changed_ms < $2)",
        ] {
            let query = sqlx::query(statement).bind(groups).bind(all);
            gone += query.execute(&mut *transaction).await?.rows_affected();
        }
        transaction.commit().await?;
        // Those that a process left behind that ended too early are among them.
        let rows = sqlx::query(
            "SELECT DISTINCT r.installation AS installation, r.id AS id FROM gates g \
             JOIN repositories r ON r.id = g.repository \
             WHERE g.state = 'left' AND r.state = 'active' ORDER BY r.id",
        )
        .fetch_all(reader(self))
        .await?;
        for row in &rows {
            let (installation, id): (i64, i64) = (row.try_get("installation")?, row.try_get("id")?);
            self.review_freed(installation, id, now).await?;
        }
        // Nothing is reviewed in the others.
        sqlx::query(
            "DELETE FROM gates WHERE state = 'left' \
             AND repository NOT IN (SELECT id FROM repositories WHERE state = 'active')",
        )
        .execute(&self.write)
        .await?;
        Ok(gone)
    }

    /// What others say of a commit: those that close its gate first, then those under review.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn beside(&self, subject: &Subject, head: &str) -> Result<Vec<Beside>, StoreError> {
        let rows = sqlx::query(
            "SELECT state, number FROM gates WHERE repository = $1 AND head = $2 AND subject <> $3 \
             AND state <> 'left' ORDER BY number, subject",
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
