//! What is done from time to time beside the jobs: what was missed is asked for, what is old is deleted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::missed::{self, Missed};
use super::state::Service;
use super::worker::or_end;
use crate::github::ApiError;
use crate::github::app;
use crate::store::{DecisionState, Installation, InstallationState, Job, StoreError};

/// The fact that says on which day expired decisions were last looked for.
const EXPIRED: &str = "expired-looked-at";

/// How often.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How long after the first round comes the second: what failed just before the start counts as missed by then.
/// A look for deliveries that left something comes as soon.
const SOON: Duration = Duration::from_secs(60);

/// What went wrong in the background.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// GitHub.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// When deliveries are looked for next. Pure.
#[derive(Debug, Default)]
struct Looks {
    /// Looks in a row that left something and of which nothing new came.
    idle: u32,
}

impl Looks {
    /// The pause after a look; `None` = it failed. Neither the rest of a long list nor what GitHub did not send just
    /// now waits for an hour, but what GitHub never sends must not be asked for every minute.
    fn after(&mut self, missed: Option<&Missed>) -> Duration {
        let (is_done, is_new) = missed.map_or((false, false), |missed| {
            let is_rest = !missed.is_whole && missed.later == 0;
            (
                missed.is_whole && missed.later == 0,
                missed.asked + missed.refused > 0 || is_rest,
            )
        });
        if is_done || is_new {
            self.idle = 0;
            return if is_done { EVERY } else { SOON };
        }
        let pause = SOON.saturating_mul(1 << self.idle.min(6));
        self.idle = self.idle.saturating_add(1);
        pause.min(EVERY)
    }
}

/// Keeps house until the service ends: at once, a minute later, and then every hour. Deliveries are looked for
/// in between where a look left some.
pub(super) async fn keep(service: Arc<Service>, over: watch::Receiver<bool>) {
    let mut looks = Looks::default();
    let mut due = Instant::now();
    let mut until_next = SOON;
    loop {
        let step = async {
            let looked = service.ask_for_missed(missed::PAGES).await;
            match &looked {
                Ok(missed) => tracing::info!(
                    asked = missed.asked,
                    refused = missed.refused,
                    later = missed.later,
                    whole = missed.is_whole,
                    "looked for what was missed"
                ),
                Err(error) => {
                    tracing::warn!(error = %error, "what was missed cannot be looked for")
                }
            }
            let pause = looks.after(looked.as_ref().ok());
            if Instant::now() >= due {
                if let Err(error) = service.look_through().await {
                    tracing::warn!(error = %error, "installations cannot be looked through");
                }
                if let Err(error) = service.clean_up().await {
                    tracing::warn!(error = %error, "what is old cannot be deleted");
                }
                due = Instant::now() + until_next;
                until_next = EVERY;
            }
            let left = due.saturating_duration_since(Instant::now());
            tokio::time::sleep(pause.min(left)).await;
        };
        if or_end(&over, step).await.is_none() {
            return;
        }
    }
}

impl Service {
    /// Asks GitHub for deliveries that failed, and looks through every installation for pull requests
    /// that have no review of their newest commit.
    ///
    /// # Errors
    /// GitHub or the database. The second is done where the first fails, too.
    pub async fn catch_up(&self) -> Result<Missed, KeepError> {
        let missed = self.ask_for_missed(missed::PAGES).await;
        self.look_through().await?;
        missed
    }

    /// Notes which installations there are, and has each looked through.
    async fn look_through(&self) -> Result<(), KeepError> {
        let outcome = self.note_installations().await;
        if let Err(KeepError::Api(error)) = &outcome {
            self.failed(error);
        }
        outcome
    }

    async fn note_installations(&self) -> Result<(), KeepError> {
        let app = self.app()?;
        let millis = self.now();
        // Before GitHub is asked: one that comes meanwhile is not taken for gone.
        let before = self.store.installations().await?;
        let mut known = BTreeSet::new();
        for one in app::installations(&app).await? {
            known.insert(one.id);
            let state = match one.is_suspended {
                true => InstallationState::Suspended,
                false => InstallationState::Active,
            };
            let row = Installation {
                id: one.id,
                account: one.account,
                state,
            };
            self.store.find_installation(&row, millis).await?;
            if state == InstallationState::Active {
                self.store
                    .enqueue_if_new(&Job::sweep(one.id), "catch-up", millis)
                    .await?;
            }
        }
        for row in before {
            if !known.contains(&row.id) {
                let gone = Installation {
                    state: InstallationState::Deleted,
                    ..row
                };
                self.store.note_installation(&gone, millis).await?;
            }
        }
        Ok(())
    }

    /// Once a day: pull requests with a finding whose acceptance ran out are reviewed again, so that no gate
    /// stays open by it.
    async fn review_expired(&self) -> Result<(), KeepError> {
        let now = self.now();
        let today = super::analysis::day(now).to_string();
        let last = self.store.fact(EXPIRED).await?.unwrap_or_default();
        if last == today {
            return Ok(());
        }
        for decision in self.store.decisions(0).await? {
            // Days as texts of one form are in order.
            let is_over = !decision.until.is_empty() && decision.until < today;
            if !is_over || decision.until < last || decision.state != DecisionState::Active {
                continue;
            }
            let Some(row) = self.store.repository(decision.repository).await? else {
                continue;
            };
            let numbers = self
                .store
                .pulls_with(row.id, &decision.fingerprint, &decision.moved)
                .await?;
            for number in numbers {
                let job = Job::pull(row.installation, row.id, number);
                self.store.enqueue(&job, "expired", now).await?;
            }
        }
        self.store.note_fact(EXPIRED, &today).await?;
        Ok(())
    }

    /// Asks GitHub who we are: how many installations it has for us.
    ///
    /// # Errors
    /// GitHub refuses the key, or does not answer.
    pub async fn try_github(&self) -> Result<usize, ApiError> {
        Ok(app::installations(&self.app()?).await?.len())
    }

    /// Deletes what is older than it may get.
    ///
    /// # Errors
    /// The database.
    pub async fn clean_up(&self) -> Result<(), KeepError> {
        let swept = self
            .store
            .sweep(self.settings.retention, self.now())
            .await?;
        tracing::info!(
            deliveries = swept.deliveries,
            reviews = swept.reviews,
            findings = swept.findings,
            runs = swept.runs,
            "deleted what was old"
        );
        self.review_expired().await?;
        for installation in self.store.gone_installations().await? {
            self.store.drop_jobs(installation, None).await?;
        }
        let keep: Vec<i64> = self
            .store
            .repositories()
            .await?
            .iter()
            .map(|row| row.id)
            .collect();
        let mirrors = self.mirrors.clone();
        let shrunk = tokio::task::spawn_blocking(move || mirrors.shrink(&keep)).await;
        match shrunk {
            Ok(Ok(gone)) => tracing::info!(gone, "repositories left the cache"),
            Ok(Err(error)) => tracing::warn!(error = %error, "the cache cannot be shrunk"),
            Err(error) => tracing::warn!(error = %error, "the cache cannot be shrunk"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(looks: &mut Looks, missed: Missed) -> u64 {
        looks.after(Some(&missed)).as_secs() / 60
    }

    #[test]
    fn what_github_never_sends_is_asked_for_less_and_less() {
        let mut looks = Looks::default();
        let stuck = Missed {
            later: 1,
            is_whole: true,
            ..Missed::default()
        };
        let pauses: Vec<u64> = (0..9).map(|_| minutes(&mut looks, stuck)).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        // Something came of it.
        let some = Missed { asked: 1, ..stuck };
        assert_eq!(minutes(&mut looks, some), 1);
        assert_eq!(minutes(&mut looks, stuck), 1);
        assert_eq!(minutes(&mut looks, stuck), 2);
        // More of them than one look may ask for.
        let many = Missed {
            later: 250,
            is_whole: false,
            ..Missed::default()
        };
        assert_eq!(minutes(&mut looks, many), 4);
    }

    #[test]
    fn a_long_list_goes_on_soon_and_a_whole_one_hourly() {
        let mut looks = Looks::default();
        let rest = Missed::default();
        for _ in 0..3 {
            assert_eq!(minutes(&mut looks, rest), 1);
        }
        let whole = Missed {
            asked: 7,
            is_whole: true,
            ..rest
        };
        assert_eq!(minutes(&mut looks, whole), 60);
        // One that failed.
        let pauses = [(); 3].map(|()| looks.after(None).as_secs() / 60);
        assert_eq!(pauses, [1, 2, 4]);
    }
}
