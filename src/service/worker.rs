//! Takes a job, works on it under a lease, and says what became of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::outcome::unended;
use super::state::Service;
use super::{check, group, pull, server, sweep};
use crate::github::checks::Output;
use crate::github::{ApiError, ErrorClass, Fence};
use crate::store::{Claim, JobKind, Lease, Millis, Retry, StoreError};

/// Longest pause of a worker that has nothing to do: what another replica enqueued is found by then even
/// if its message was lost.
const IDLE: Duration = Duration::from_secs(5);

/// First pause after a failure.
const FIRST_MS: Millis = 5_000;

/// How many times as often as it may fail a job may be begun without ever coming to an end.
const LOST: i64 = 3;

/// What is left to do where the database holds what cannot be read or continued.
const RESTORE: &str =
    "Whoever runs the service restores a backup of its database; run the check again then.";

/// Longest pause after a failure.
const LONGEST_MS: Millis = 15 * 60 * 1_000;

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// It may work later.
    #[error("{message}")]
    Later {
        /// At least after this time.
        after: Duration,
        /// Why.
        message: String,
    },
    /// It may work another time, but not for ever.
    #[error("{message}")]
    Failed {
        /// Why.
        message: String,
    },
    /// There is nothing left to do it for.
    #[error("{message}")]
    Gone {
        /// Why.
        message: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApiError> for JobError {
    fn from(error: ApiError) -> Self {
        let message = error.to_string();
        match error.class() {
            ErrorClass::Retryable => Self::Later {
                after: error.retry_after(),
                message,
            },
            ErrorClass::Auth => Self::Failed { message },
            ErrorClass::Permanent if matches!(error, ApiError::NotFound { .. }) => {
                Self::Gone { message }
            }
            ErrorClass::Permanent => Self::Failed { message },
        }
    }
}

/// What one look at the queue came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A job was done, or given back.
    Worked,
    /// Nothing is due. The next job is due then, in milliseconds since 1970 (UTC); `None` = there is none.
    Idle(Option<Millis>),
}

/// What the leases of this process start with. A process number alone comes again in containers, where
/// every process may be number 1.
pub(super) fn prefix() -> String {
    static STARTED: std::sync::LazyLock<u128> = std::sync::LazyLock::new(|| {
        let mut bytes = [0_u8; 8];
        // Without random numbers the time since 1970 still tells processes apart.
        match aws_lc_rs::rand::fill(&mut bytes) {
            Ok(()) => u128::from(u64::from_le_bytes(bytes)),
            Err(_) => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| since.as_nanos()),
        }
    });
    format!("{}-{:x}-", std::process::id(), *STARTED)
}

/// Works until the service ends.
pub(super) async fn work(service: Arc<Service>, number: u32, mut over: watch::Receiver<bool>) {
    let mut count = 0_u64;
    while !*over.borrow() {
        count += 1;
        let name = format!("{}{number}-{count}", prefix());
        let pause = match apart(&service, name).await {
            Some(Ok(Step::Worked)) => continue,
            Some(Ok(Step::Idle(next))) => {
                let left = next.map_or(Millis::MAX, |next| {
                    next.saturating_sub(service.now()).max(10)
                });
                let left = u64::try_from(left).unwrap_or(u64::MAX);
                IDLE.min(Duration::from_millis(left))
            }
            Some(Err(error)) => {
                tracing::error!(error = %error, "the queue cannot be read");
                Duration::from_secs(1)
            }
            None => {
                tracing::error!("a defect ended a job; it is tried again when its lease runs out");
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = service.store.wait_for_jobs(pause) => {}
            _ = over.changed() => {}
        }
    }
}

/// A step in a task of its own, so that a defect ends the step and not the worker; `None` where one did.
async fn apart(service: &Arc<Service>, name: String) -> Option<Result<Step, StoreError>> {
    let service = Arc::clone(service);
    // Ends its task where it is dropped.
    let mut task = JoinSet::new();
    task.spawn(async move { service.step(&name).await });
    task.join_next().await?.ok()
}

/// What every line of the log says of a job. At the level of errors, so that no filter leaves the fields out of a
/// line that it shows.
fn about(claim: &Claim) -> tracing::Span {
    let job = &claim.job;
    let span = tracing::error_span!(
        "job",
        job = claim.lease.key,
        delivery = claim.delivery,
        installation = job.installation,
        repository = tracing::field::Empty,
        pull = tracing::field::Empty,
        head = tracing::field::Empty,
    );
    if job.repository > 0 {
        span.record("repository", job.repository);
    }
    if job.number > 0 {
        span.record("pull", job.number);
    }
    if !job.head.is_empty() {
        span.record("head", job.head.as_str());
    }
    span
}

impl Service {
    /// Takes the next job, if one is due, and works on it. `worker` is a name that no other lease has.
    ///
    /// # Errors
    /// The database fails.
    pub async fn step(&self, worker: &str) -> Result<Step, StoreError> {
        let work = &self.settings.work;
        let lease_ms = Millis::try_from(work.lease.as_millis()).unwrap_or(Millis::MAX);
        let most = work.per_installation;
        let now = self.now();
        let Some(claim) = self.store.claim(worker, most, lease_ms, now).await? else {
            return Ok(Step::Idle(self.store.next_due().await?));
        };
        let span = about(&claim);
        self.worked(&claim, lease_ms, now).instrument(span).await
    }

    async fn worked(
        &self,
        claim: &Claim,
        lease_ms: Millis,
        now: Millis,
    ) -> Result<Step, StoreError> {
        let waited = now.saturating_sub(claim.created_ms).max(0);
        self.metrics.began(Duration::from_millis(
            u64::try_from(waited).unwrap_or_default(),
        ));
        let began = Instant::now();
        let outcome = self.under_lease(claim, lease_ms, now).await;
        let word = match outcome {
            None | Some(Err(JobError::Store(StoreError::Lost))) => {
                tracing::warn!("the lease was lost; another worker has the job");
                "lost"
            }
            Some(outcome) => self.ended(claim, outcome).await?,
        };
        self.metrics.job(word, began.elapsed());
        tracing::info!(
            outcome = word,
            seconds = began.elapsed().as_secs_f64(),
            "job"
        );
        Ok(Step::Worked)
    }

    /// Works while the lease holds; `None` where it was lost. The fence keeps a process that was frozen
    /// from writing after its lease ran out.
    async fn under_lease(
        &self,
        claim: &Claim,
        lease_ms: Millis,
        claimed: Millis,
    ) -> Option<Result<(), JobError>> {
        let fence = Fence::default();
        let until = |now: Millis| {
            // A margin for what is on its way when the time is over.
            let left = lease_ms.saturating_sub(lease_ms / 6);
            Duration::from_millis(u64::try_from(now.saturating_add(left)).unwrap_or_default())
        };
        // From when it was claimed: a process may stand still in between.
        fence.set(until(claimed));
        let job = self.tried(claim, &fence);
        tokio::pin!(job);
        let mut beat = tokio::time::interval(self.settings.work.lease / 3);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        beat.tick().await;
        loop {
            tokio::select! {
                outcome = &mut job => return Some(outcome),
                _ = beat.tick() => {
                    let now = self.now();
                    match self.store.renew(&claim.lease, lease_ms, now).await {
                        Ok(true) => fence.set(until(now)),
                        Ok(false) => return None,
                        // It may answer before the lease runs out; the fence stands until then.
                        Err(error) => tracing::warn!(error = %error, "a lease cannot be renewed"),
                    }
                }
            }
        }
    }

    /// Works on a job. Where its check was begun and will not be ended by a review, it is ended with the reason.
    async fn tried(&self, claim: &Claim, fence: &Fence) -> Result<(), JobError> {
        let outcome = match self.is_lost(claim) {
            false => self.run(claim, fence).await,
            // It ends every process that works on it: a kill, or no memory left.
            true => Err(JobError::Failed {
                message: format!(
                    "it was begun {} times and never came to an end",
                    claim.strikes
                ),
            }),
        };
        let Some(words) = self.last_words(claim, &outcome) else {
            return outcome;
        };
        if matches!(outcome, Err(JobError::Failed { .. })) {
            // The one that was used may have been refused.
            self.forget_tokens(claim.job.installation);
        }
        match check::give_up(self, claim, fence, &words).await {
            Ok(()) => outcome,
            // The next try says it.
            Err(
                error @ (JobError::Later { .. }
                | JobError::Store(StoreError::Lost | StoreError::Database(_))),
            ) => Err(error),
            // Nothing can be said there any more.
            Err(JobError::Gone { .. }) => outcome,
            Err(error) => {
                tracing::warn!(error = %error, "a check that was begun cannot be ended");
                outcome
            }
        }
    }

    /// What the check of a job says that is not tried again, or whose next tries will fail as well; `None` where
    /// the next one may end it.
    fn last_words(&self, claim: &Claim, outcome: &Result<(), JobError>) -> Option<Output> {
        let (why, todo) = match outcome {
            Err(JobError::Gone { message }) => (
                format!("Nothing was left to do: {message}."),
                "Run the check again if that has changed.",
            ),
            Err(JobError::Failed { message }) if self.is_lost(claim) => (
                format!(
                    "The review was given up: {message}. Each time its process was ended, for want of memory or by \
                     a defect."
                ),
                "Whoever runs the service gives it more memory, or finds the reason in its log; run the check again \
                 then.",
            ),
            Err(JobError::Failed { message }) if self.is_last(claim) => (
                format!("The review was given up: {message}."),
                "Run the check again once that is repaired. `scrubin serve queue` lists what was given up.",
            ),
            // Before the last try: people should not wait for those that will fail as well.
            Err(JobError::Store(error @ StoreError::Chain { .. })) => (
                format!(
                    "The review was made and cannot be kept, and a gate without its record was not passed: {error}."
                ),
                RESTORE,
            ),
            // It may have come at any moment, perhaps before there was a review.
            Err(JobError::Store(error @ StoreError::Word { .. })) => (
                format!("What the service had noted before could not be read: {error}."),
                RESTORE,
            ),
            _ => return None,
        };
        Some(unended(&why, todo))
    }

    /// Whether it was begun too often without ever coming to an end.
    fn is_lost(&self, claim: &Claim) -> bool {
        claim.strikes >= self.settings.work.attempts.saturating_mul(LOST)
    }

    /// Whether a failure of this try gives the job up.
    fn is_last(&self, claim: &Claim) -> bool {
        claim.strikes + 1 >= self.settings.work.attempts
    }

    async fn run(&self, claim: &Claim, fence: &Fence) -> Result<(), JobError> {
        match claim.job.kind {
            JobKind::Pull => pull::run(self, claim, fence).await,
            JobKind::Group => group::run(self, claim, fence).await,
            JobKind::Sweep => sweep::run(self, claim, fence).await,
        }
    }

    /// Notes what became of a job; gives the word for it.
    async fn ended(
        &self,
        claim: &Claim,
        outcome: Result<(), JobError>,
    ) -> Result<&'static str, StoreError> {
        let lease: &Lease = &claim.lease;
        let now = self.now();
        let (word, retry) = match outcome {
            Ok(()) => {
                self.store.complete(lease, now).await?;
                return Ok("done");
            }
            Err(JobError::Gone { message }) => {
                tracing::info!(reason = message, "nothing is left to do");
                self.store.complete(lease, now).await?;
                return Ok("gone");
            }
            Err(JobError::Later { after, message }) => {
                let asked = Millis::try_from(after.as_millis()).unwrap_or(LONGEST_MS);
                let due = now.saturating_add(asked.max(self.pause(claim)));
                ("later", retry(Some(due), false, message))
            }
            Err(JobError::Store(error @ (StoreError::Chain { .. } | StoreError::Word { .. }))) => {
                let is_last = self.is_last(claim);
                let due = (!is_last).then(|| now.saturating_add(self.pause(claim)));
                (
                    if is_last { "dead" } else { "failed" },
                    retry(due, true, error.to_string()),
                )
            }
            Err(JobError::Store(error)) => {
                let due = now.saturating_add(self.pause(claim));
                ("later", retry(Some(due), false, error.to_string()))
            }
            Err(JobError::Failed { message }) => {
                // One of them may have been refused: the next try asks for new ones.
                self.forget_tokens(claim.job.installation);
                let is_last = self.is_last(claim);
                let due = (!is_last).then(|| now.saturating_add(self.pause(claim)));
                (
                    if is_last { "dead" } else { "failed" },
                    retry(due, true, message),
                )
            }
        };
        tracing::warn!(outcome = word, error = retry.error, "a job was not done");
        self.store.give_back(lease, &retry, now).await?;
        Ok(word)
    }

    /// How long after this try: longer each time, and not the same for all, so that jobs that failed
    /// together do not come back together.
    fn pause(&self, claim: &Claim) -> Millis {
        let doubled = FIRST_MS
            .saturating_mul(1 << claim.attempts.clamp(0, 8))
            .min(LONGEST_MS);
        let seed = crate::training::history::short_hash(
            format!("{}\n{}", claim.lease.key, claim.lease.worker).as_bytes(),
        );
        let part = i64::from_str_radix(seed.get(..4).unwrap_or("0"), 16).unwrap_or_default();
        doubled / 2 + doubled / 2 * part / 0xffff
    }
}

fn retry(due_ms: Option<Millis>, counts: bool, error: String) -> Retry {
    Retry {
        due_ms,
        counts,
        error: crate::github::redact(&error),
    }
}

/// Waits for the end; for what runs beside the workers.
pub(super) async fn or_end<T>(
    over: &watch::Receiver<bool>,
    future: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        value = future => Some(value),
        () = server::until(over.clone()) => None,
    }
}
