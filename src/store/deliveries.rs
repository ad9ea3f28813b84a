//! Deliveries of GitHub's, each taken once, together with what follows from it.

use sqlx::{Any, Transaction};

use super::installations::{
    Installation, InstallationState, RepositoryRow, RepositoryState, know_installation,
    put_installation, put_repository,
};
use super::jobs::{DISSOLVED, Job, Lease, enqueue};
use super::open::StoreError;
use super::{Millis, Store};

/// A delivery as its headers and body name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// `X-GitHub-Delivery`: the same when it is sent again.
    pub id: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// `action` of the body; empty without one.
    pub action: String,
    /// The installation it is about.
    pub installation: Option<i64>,
    /// The repository it is about.
    pub repository: Option<i64>,
    /// The pull request it is about.
    pub pull: Option<i64>,
}

/// A person or organisation that owns an installation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Login; empty where the event does not say it.
    pub login: String,
}

/// What an event says of its repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryFacts {
    /// GitHub's number of it.
    pub id: i64,
    /// `OWNER/NAME`.
    pub full_name: String,
    /// Empty where the event does not say it.
    pub default_branch: String,
    /// Whether only members see it.
    pub is_private: bool,
    /// What it is.
    pub state: RepositoryState,
}

/// Something that a person asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What names it: `review-comment:ID`, `comment:ID`, `action:DELIVERY`.
    pub id: String,
    /// The repository.
    pub repository: i64,
    /// The pull request.
    pub number: i64,
    /// `review-comment`, `comment`, `action`.
    pub kind: &'static str,
    /// Number of the comment or of the check run.
    pub target: i64,
    /// The check run's action; for a comment a hash of its words.
    pub action: String,
    /// Who asked.
    pub person: String,
}

/// What follows from a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The installation is now this.
    Installation {
        /// GitHub's number of it.
        id: i64,
        /// Whose it is.
        account: Person,
        /// What it may do.
        state: InstallationState,
    },
    /// A repository as the event shows it.
    Repository {
        /// Its installation.
        installation: i64,
        /// The rest.
        facts: RepositoryFacts,
    },
    /// Something to do.
    Job(Job),
    /// A group of the merge queue is no more: its job ends what was begun for it, and has pull requests with its
    /// commit reviewed again.
    Dissolved {
        /// Its installation.
        installation: i64,
        /// Its repository.
        repository: i64,
        /// Its commit.
        head: String,
        /// The commit it was to go onto.
        base: String,
        /// Whether it is no more because it was merged: a review of it that was asked for is still made.
        is_merged: bool,
    },
    /// Something that a person asked for, answered by the job of its pull request.
    Request(Request),
}

/// Whether a delivery was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It was taken.
    New,
    /// It was taken before: nothing happens a second time.
    Seen,
}

/// Who asked last where the merge queue merged the group of a job that waits or is under way.
const MERGED: &str = "merged";

/// Notes on the job of a group that the group was merged; says whether there is a review to go on with. It is
/// neither asked for again nor put back: only what its group says ends with it.
async fn note_merged(
    transaction: &mut Transaction<'static, Any>,
    job: &Job,
) -> Result<bool, StoreError> {
    let noted = sqlx::query(
        "UPDATE jobs SET delivery = $1 WHERE key = $2 AND state <> 'dead' AND delivery <> $3",
    )
    .bind(MERGED)
    .bind(job.key())
    .bind(DISSOLVED)
    .execute(&mut **transaction)
    .await?;
    Ok(noted.rows_affected() > 0)
}

impl Store {
    /// Whether the merge queue merged the group of a job since its review was asked for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_merged(&self, lease: &Lease) -> Result<bool, StoreError> {
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM jobs WHERE key = $1 AND delivery = $2")
                .bind(lease.key.clone())
                .bind(MERGED)
                .fetch_one(super::open::reader(self))
                .await?;
        Ok(count > 0)
    }

    /// Takes a delivery and all that follows from it, or nothing of both.
    ///
    /// # Errors
    /// [`StoreError`]: then it was not taken, and must not be answered as if it were.
    pub async fn accept(
        &self,
        delivery: &Delivery,
        effects: &[Effect],
        now: Millis,
    ) -> Result<Accepted, StoreError> {
        let has_job = effects
            .iter()
            .any(|effect| matches!(effect, Effect::Job(_) | Effect::Dissolved { .. }));
        let outcome = match (has_job, effects.is_empty()) {
            (true, _) => "queued",
            (false, true) => "ignored",
            (false, false) => "applied",
        };
        let mut transaction = self.begin().await?;
        let inserted = sqlx::query(
            "INSERT INTO deliveries (id, event, action, installation, repository, pull, outcome, received_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
        )
        .bind(delivery.id.clone())
        .bind(delivery.event.clone())
        .bind(delivery.action.clone())
        .bind(delivery.installation)
        .bind(delivery.repository)
        .bind(delivery.pull)
        .bind(outcome)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(Accepted::Seen);
        }
        for effect in effects {
            match effect {
                Effect::Installation { id, account, state } => {
                    let installation = Installation {
                        id: *id,
                        account: account.login.clone(),
                        state: *state,
                    };
                    put_installation(&mut transaction, &installation, now).await?;
                }
                Effect::Repository {
                    installation,
                    facts,
                } => {
                    let owner = facts.full_name.split('/').next().unwrap_or_default();
                    know_installation(&mut transaction, *installation, owner, now).await?;
                    let row = RepositoryRow {
                        id: facts.id,
                        installation: *installation,
                        full_name: facts.full_name.clone(),
                        default_branch: facts.default_branch.clone(),
                        is_private: facts.is_private,
                        state: facts.state,
                    };
                    put_repository(&mut transaction, &row, now).await?;
                }
                Effect::Job(job) => enqueue(&mut transaction, job, &delivery.id, now).await?,
                Effect::Dissolved {
                    installation,
                    repository,
                    head,
                    base,
                    is_merged,
                } => {
                    let (head, base) = (head.clone(), base.clone());
                    let job = Job::group(*installation, *repository, head, base);
                    let goes_on = *is_merged && note_merged(&mut transaction, &job).await?;
                    if !goes_on {
                        // By its job, so that a review of it that is under way now is not the last to say something.
                        enqueue(&mut transaction, &job, DISSOLVED, now).await?;
                    }
                }
                Effect::Request(request) => {
                    sqlx::query(
                        "INSERT INTO requests (id, repository, number, kind, target, action, person, \
                         asked_ms, answered_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) \
                         ON CONFLICT (id) DO NOTHING",
                    )
                    .bind(request.id.clone())
                    .bind(request.repository)
                    .bind(request.number)
                    .bind(request.kind)
                    .bind(request.target)
                    .bind(request.action.clone())
                    .bind(request.person.clone())
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                }
            }
        }
        if has_job {
            self.announce(&mut transaction).await?;
        }
        transaction.commit().await?;
        if has_job {
            self.wake();
        }
        Ok(Accepted::New)
    }

    /// Requests of a pull request that nobody answered yet, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_requests(
        &self,
        repository: i64,
        number: i64,
    ) -> Result<Vec<Request>, StoreError> {
        use sqlx::Row as _;
        let rows = sqlx::query(
            "SELECT * FROM requests WHERE repository = $1 AND number = $2 AND answered_ms = 0 \
             ORDER BY asked_ms, target, id",
        )
        .bind(repository)
        .bind(number)
        .fetch_all(super::open::reader(self))
        .await?;
        rows.iter()
            .map(|row| {
                let kind: String = row.try_get("kind")?;
                Ok(Request {
                    id: row.try_get("id")?,
                    repository,
                    number,
                    kind: match kind.as_str() {
                        "review-comment" => "review-comment",
                        "comment" => "comment",
                        "action" => "action",
                        _ => {
                            return Err(StoreError::Word {
                                what: "a request",
                                word: kind,
                            });
                        }
                    },
                    target: row.try_get("target")?,
                    action: row.try_get("action")?,
                    person: row.try_get("person")?,
                })
            })
            .collect()
    }

    /// Notes that a request was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answered(&self, request: &str, now: Millis) -> Result<(), StoreError> {
        self.execute(
            sqlx::query("UPDATE requests SET answered_ms = $1 WHERE id = $2")
                .bind(now)
                .bind(request.to_owned()),
        )
        .await?;
        Ok(())
    }

    /// Whether a delivery was taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn knows_delivery(&self, id: &str) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM deliveries WHERE id = $1")
            .bind(id.to_owned())
            .fetch_one(super::open::reader(self))
            .await?;
        Ok(count > 0)
    }
}
