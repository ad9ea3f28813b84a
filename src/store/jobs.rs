//! The queue. A job is a row; its key makes ten pushes to a pull request one job.
//!
//! A worker takes a job by a lease that it renews. A lease that ran out is anybody's, so a worker that
//! was killed or frozen loses its job and never blocks it; what it does afterwards is refused by the
//! lease's own token. A job that was asked for again while it ran runs again.

use sqlx::{Any, Row as _, Transaction};

use super::open::{StoreError, reader};
use super::{Millis, Store, words};

words! {
    /// What there is to do.
    JobKind {
        /// Review a pull request, and answer what was asked in it.
        Pull = "pull",
        /// Review a group of the merge queue.
        Group = "group",
        /// Look for pull requests of an installation without a check.
        Sweep = "sweep",
    }
}

words! {
    /// Where a job stands.
    JobState {
        /// Waits, perhaps for its time.
        Queued = "queued",
        /// Somebody works on it.
        Leased = "leased",
        /// Failed too often; a person or a new event brings it back.
        Dead = "dead",
    }
}

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What.
    pub kind: JobKind,
    /// For which installation.
    pub installation: i64,
    /// In which repository; 0 for a sweep.
    pub repository: i64,
    /// Pull request; 0 otherwise.
    pub number: i64,
    /// Head of a merge group; empty otherwise.
    pub head: String,
    /// Base of a merge group; empty otherwise.
    pub base: String,
}

impl Job {
    /// Review a pull request.
    pub fn pull(installation: i64, repository: i64, number: i64) -> Self {
        Self {
            kind: JobKind::Pull,
            installation,
            repository,
            number,
            head: String::new(),
            base: String::new(),
        }
    }

    /// Review a group of the merge queue: its commit, and the one it goes onto.
    pub fn group(installation: i64, repository: i64, head: String, base: String) -> Self {
        Self {
            kind: JobKind::Group,
            installation,
            repository,
            number: 0,
            head,
            base,
        }
    }

    /// Look through an installation.
    pub fn sweep(installation: i64) -> Self {
        Self {
            kind: JobKind::Sweep,
            installation,
            repository: 0,
            number: 0,
            head: String::new(),
            base: String::new(),
        }
    }

    /// The key under which it stands once.
    pub fn key(&self) -> String {
        let Self {
            installation,
            repository,
            number,
            head,
            ..
        } = self;
        match self.kind {
            JobKind::Pull => format!("{installation}/{repository}/pull/{number}"),
            JobKind::Group => format!("{installation}/{repository}/group/{head}"),
            JobKind::Sweep => format!("{installation}/sweep"),
        }
    }
}

/// The right to work on a job, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Key of the job.
    pub key: String,
    /// Who has it: a name that no other lease has.
    pub worker: String,
    /// Which request for the job it answers.
    pub generation: i64,
}

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What is to be done.
    pub job: Job,
    /// The right to do it.
    pub lease: Lease,
    /// How often it was tried before.
    pub attempts: i64,
    /// How many of those tries count towards giving up.
    pub strikes: i64,
    /// When it was first asked for.
    pub created_ms: Millis,
    /// The delivery that asked last.
    pub delivery: String,
}

/// Who asked last where the merge queue dissolved the group of a job.
pub(super) const DISSOLVED: &str = "dissolved";

impl Claim {
    /// Whether the merge queue dissolved the group meanwhile: what was begun for it is to be ended.
    pub fn is_dissolved(&self) -> bool {
        self.job.kind == JobKind::Group && self.delivery == DISSOLVED
    }
}

/// What becomes of a job that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// When it is tried again; `None` = never by itself.
    pub due_ms: Option<Millis>,
    /// Whether the try counts towards giving up.
    pub counts: bool,
    /// Why, in a sentence without secrets.
    pub error: String,
}

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Its key.
    pub key: String,
    /// What is to be done.
    pub job: Job,
    /// Where it stands.
    pub state: JobState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is due.
    pub due_ms: Millis,
    /// When it was asked for.
    pub created_ms: Millis,
    /// Why it failed last; may be empty.
    pub error: String,
}

/// How long the queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Jobs that wait.
    pub queued: i64,
    /// Jobs that somebody works on.
    pub leased: i64,
    /// Jobs that failed too often.
    pub dead: i64,
    /// When the oldest waiting job was asked for; 0 = none waits.
    pub oldest_ms: Millis,
}

/// Puts a job in the queue, or what is there back to its beginning.
pub(super) async fn enqueue(
    transaction: &mut Transaction<'static, Any>,
    job: &Job,
    delivery: &str,
    now: Millis,
) -> Result<(), StoreError> {
    // The installation's turn must be on record for its jobs to be found.
    super::installations::know_installation(transaction, job.installation, "", now).await?;
    sqlx::query(
        "INSERT INTO jobs (key, kind, installation, repository, number, head, base, state, generation, \
         attempts, strikes, due_ms, lease_until_ms, worker, delivery, error, created_ms, updated_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 1, 0, 0, $8, 0, '', $9, '', $8, $8) \
         ON CONFLICT (key) DO UPDATE SET generation = jobs.generation + 1, attempts = 0, strikes = 0, error = '', \
         head = excluded.head, base = excluded.base, delivery = excluded.delivery, \
         updated_ms = excluded.updated_ms, \
         due_ms = CASE WHEN jobs.state = 'leased' THEN jobs.due_ms ELSE excluded.due_ms END, \
         created_ms = CASE WHEN jobs.state = 'dead' THEN excluded.created_ms ELSE jobs.created_ms END, \
         state = CASE WHEN jobs.state = 'leased' THEN 'leased' ELSE 'queued' END",
    )
    .bind(job.key())
    .bind(job.kind.as_str())
    .bind(job.installation)
    .bind(job.repository)
    .bind(job.number)
    .bind(job.head.clone())
    .bind(job.base.clone())
    .bind(now)
    .bind(delivery.to_owned())
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn job_of(row: &sqlx::any::AnyRow) -> Result<Job, StoreError> {
    let kind: String = row.try_get("kind")?;
    Ok(Job {
        kind: JobKind::parse(&kind)?,
        installation: row.try_get("installation")?,
        repository: row.try_get("repository")?,
        number: row.try_get("number")?,
        head: row.try_get("head")?,
        base: row.try_get("base")?,
    })
}

impl Store {
    /// Puts a job in the queue that no delivery asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enqueue(&self, job: &Job, why: &str, now: Millis) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        enqueue(&mut transaction, job, why, now).await?;
        self.announce(&mut transaction).await?;
        transaction.commit().await?;
        self.wake();
        Ok(())
    }

    /// Puts a job in the queue that nobody asked for, unless it stands there already: one that was given up
    /// stays so until a person or an event asks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn enqueue_if_new(
        &self,
        job: &Job,
        why: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let known: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE key = $1")
            .bind(job.key())
            .fetch_one(&mut *transaction)
            .await?;
        if known == 0 {
            enqueue(&mut transaction, job, why, now).await?;
            self.announce(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.wake();
        Ok(())
    }

    /// Takes the next job: of the installation that waited longest for its turn and has fewer than
    /// `most` jobs under way, the one that is due longest. `worker` is a new name for the lease.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim(
        &self,
        worker: &str,
        most: i64,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<Option<Claim>, StoreError> {
        let mut transaction = self.begin().await?;
        // The row of the installation is held until the end: no two replicas count at once.
        let turn: Option<i64> = sqlx::query_scalar(self.dialect(
            "SELECT i.id FROM installations i WHERE i.state = 'active' \
             AND EXISTS (SELECT 1 FROM jobs j WHERE j.installation = i.id AND j.due_ms <= $1 \
                 AND (j.state = 'queued' OR (j.state = 'leased' AND j.lease_until_ms <= $1))) \
             AND (SELECT COUNT(*) FROM jobs j WHERE j.installation = i.id AND j.state = 'leased' \
                 AND j.lease_until_ms > $1) < $2 \
             ORDER BY i.served_ms, i.id LIMIT 1",
            "SELECT i.id FROM installations i WHERE i.state = 'active' \
             AND EXISTS (SELECT 1 FROM jobs j WHERE j.installation = i.id AND j.due_ms <= $1 \
                 AND (j.state = 'queued' OR (j.state = 'leased' AND j.lease_until_ms <= $1))) \
             AND (SELECT COUNT(*) FROM jobs j WHERE j.installation = i.id AND j.state = 'leased' \
                 AND j.lease_until_ms > $1) < $2 \
             ORDER BY i.served_ms, i.id LIMIT 1 FOR UPDATE OF i SKIP LOCKED",
        ))
        .bind(now)
        .bind(most)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(installation) = turn else {
            transaction.rollback().await?;
            return Ok(None);
        };
        // Counted again now that the installation's row is held: another replica may have taken one since.
        let under_way: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM jobs WHERE installation = $1 AND state = 'leased' AND lease_until_ms > $2",
        )
        .bind(installation)
        .bind(now)
        .fetch_one(&mut *transaction)
        .await?;
        if under_way >= most {
            transaction.rollback().await?;
            return Ok(None);
        }
        let row = sqlx::query(self.dialect(
            "SELECT * FROM jobs WHERE installation = $1 AND due_ms <= $2 \
             AND (state = 'queued' OR (state = 'leased' AND lease_until_ms <= $2)) \
             ORDER BY due_ms, created_ms, key LIMIT 1",
            "SELECT * FROM jobs WHERE installation = $1 AND due_ms <= $2 \
             AND (state = 'queued' OR (state = 'leased' AND lease_until_ms <= $2)) \
             ORDER BY due_ms, created_ms, key LIMIT 1 FOR UPDATE SKIP LOCKED",
        ))
        .bind(installation)
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let job = job_of(&row)?;
        let generation: i64 = row.try_get("generation")?;
        let key: String = row.try_get("key")?;
        let (attempts, strikes): (i64, i64) = (row.try_get("attempts")?, row.try_get("strikes")?);
        let state: String = row.try_get("state")?;
        // A lease that ran out: whoever had it was killed, or stood still.
        let strikes = strikes + i64::from(JobState::parse(&state)? == JobState::Leased);
        let (created_ms, delivery) = (row.try_get("created_ms")?, row.try_get("delivery")?);
        sqlx::query(
            "UPDATE jobs SET state = 'leased', worker = $1, lease_until_ms = $2, \
             attempts = attempts + 1, strikes = $4, updated_ms = $3 WHERE key = $5",
        )
        .bind(worker.to_owned())
        .bind(now.saturating_add(lease_ms))
        .bind(now)
        .bind(strikes)
        .bind(key.clone())
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE installations SET served_ms = $1 WHERE id = $2")
            .bind(now)
            .bind(installation)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(Claim {
            job,
            lease: Lease {
                key,
                worker: worker.to_owned(),
                generation,
            },
            attempts,
            strikes,
            created_ms,
            delivery,
        }))
    }

    /// Renews a lease; says whether it still holds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(
        &self,
        lease: &Lease,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE jobs SET lease_until_ms = $1 WHERE key = $2 AND worker = $3 AND state = 'leased'",
        )
        .bind(now.saturating_add(lease_ms))
        .bind(lease.key.clone())
        .bind(lease.worker.clone())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a job that was done; says whether the lease still held. One that was asked for again
    /// meanwhile is queued anew.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn complete(&self, lease: &Lease, now: Millis) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let deleted = sqlx::query(
            "DELETE FROM jobs WHERE key = $1 AND worker = $2 AND state = 'leased' AND generation = $3",
        )
        .bind(lease.key.clone())
        .bind(lease.worker.clone())
        .bind(lease.generation)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let mut again = 0;
        if deleted == 0 {
            again = sqlx::query(
                "UPDATE jobs SET state = 'queued', worker = '', due_ms = $1, created_ms = updated_ms, \
                 attempts = 0, strikes = 0 WHERE key = $2 AND worker = $3 AND state = 'leased'",
            )
            .bind(now)
            .bind(lease.key.clone())
            .bind(lease.worker.clone())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        }
        transaction.commit().await?;
        if again > 0 {
            self.wake();
        }
        Ok(deleted + again == 1)
    }

    /// Gives a job back that was not done; says whether the lease still held. One that was asked for
    /// again meanwhile is due at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn give_back(
        &self,
        lease: &Lease,
        retry: &Retry,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let state = match retry.due_ms {
            Some(_) => JobState::Queued,
            None => JobState::Dead,
        };
        let done = sqlx::query(
            "UPDATE jobs SET worker = '', error = $1, updated_ms = $2, \
             state = CASE WHEN generation > $3 THEN 'queued' ELSE $4 END, \
             due_ms = CASE WHEN generation > $3 THEN $2 ELSE $5 END, \
             attempts = CASE WHEN generation > $3 THEN 0 ELSE attempts END, \
             strikes = CASE WHEN generation > $3 THEN 0 ELSE strikes + $6 END \
             WHERE key = $7 AND worker = $8 AND state = 'leased'",
        )
        .bind(retry.error.clone())
        .bind(now)
        .bind(lease.generation)
        .bind(state.as_str())
        .bind(retry.due_ms.unwrap_or(now))
        .bind(i64::from(retry.counts))
        .bind(lease.key.clone())
        .bind(lease.worker.clone())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Brings dead jobs back: all, or the one with this key. Says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revive(&self, key: Option<&str>, now: Millis) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE jobs SET state = 'queued', attempts = 0, strikes = 0, error = '', due_ms = $1, created_ms = $1 \
             WHERE state = 'dead' AND ($2 = '' OR key = $2)",
        )
        .bind(now)
        .bind(key.unwrap_or_default().to_owned())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        self.announce(&mut transaction).await?;
        transaction.commit().await?;
        self.wake();
        Ok(done)
    }

    /// Drops the jobs of an installation or repository that is gone. Says how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn drop_jobs(
        &self,
        installation: i64,
        repository: Option<i64>,
    ) -> Result<u64, StoreError> {
        let done = sqlx::query(
            "DELETE FROM jobs WHERE installation = $1 AND ($2 = 0 OR repository = $2) AND state <> 'leased'",
        )
        .bind(installation)
        .bind(repository.unwrap_or_default())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }

    /// When the next job is due or the next lease runs out; `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn next_due(&self) -> Result<Option<Millis>, StoreError> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(CASE WHEN state = 'queued' THEN due_ms ELSE lease_until_ms END) FROM jobs \
             WHERE state <> 'dead'",
        )
        .fetch_one(reader(self))
        .await?;
        Ok(due)
    }

    /// How long the queue is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn depth(&self) -> Result<Depth, StoreError> {
        let rows = sqlx::query(
            "SELECT state, COUNT(*) AS jobs, MIN(created_ms) AS oldest FROM jobs GROUP BY state",
        )
        .fetch_all(reader(self))
        .await?;
        let mut depth = Depth::default();
        for row in &rows {
            let state: String = row.try_get("state")?;
            let count: i64 = row.try_get("jobs")?;
            match JobState::parse(&state)? {
                JobState::Queued => {
                    depth.queued = count;
                    depth.oldest_ms = row.try_get("oldest")?;
                }
                JobState::Leased => depth.leased = count,
                JobState::Dead => depth.dead = count,
            }
        }
        Ok(depth)
    }

    /// Jobs as they stand: dead ones first, then by age; at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs(&self, most: i64) -> Result<Vec<JobRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM jobs ORDER BY CASE WHEN state = 'dead' THEN 0 ELSE 1 END, created_ms, key LIMIT $1",
        )
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                Ok(JobRow {
                    key: row.try_get("key")?,
                    job: job_of(row)?,
                    state: JobState::parse(&state)?,
                    attempts: row.try_get("attempts")?,
                    due_ms: row.try_get("due_ms")?,
                    created_ms: row.try_get("created_ms")?,
                    error: row.try_get("error")?,
                })
            })
            .collect()
    }
}

impl Store {
    /// Makes every job whose lease's name starts so due at once: its process ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_all(&self, prefix: &str, now: Millis) -> Result<u64, StoreError> {
        let length = i64::try_from(prefix.chars().count()).unwrap_or_default();
        let done = sqlx::query(
            "UPDATE jobs SET state = 'queued', worker = '', due_ms = $1, attempts = attempts - 1 \
             WHERE state = 'leased' AND SUBSTR(worker, 1, CAST($2 AS INTEGER)) = $3",
        )
        .bind(now)
        .bind(length)
        .bind(prefix.to_owned())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }
}
