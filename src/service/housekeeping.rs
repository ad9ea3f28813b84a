//! What is done from time to time beside the jobs: what was missed is asked for, what is old is deleted.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

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

/// How long after the first look comes the second: what failed just before the start counts as missed
/// by then. The next one comes as soon where a look left something.
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

/// Keeps house until the service ends: at once, a minute later, and then every hour, or a minute later where
/// deliveries are left to be asked for.
pub(super) async fn keep(service: Arc<Service>, over: watch::Receiver<bool>) {
    let mut pause = SOON;
    loop {
        let round = async {
            match service.catch_up().await {
                Ok(missed) => {
                    tracing::info!(
                        asked = missed.asked,
                        refused = missed.refused,
                        later = missed.later,
                        whole = missed.is_whole,
                        "looked for what was missed"
                    );
                    // Neither the rest of a long list nor what GitHub did not send just now waits for an hour.
                    let is_done = missed.is_whole && missed.later == 0;
                    pause = if is_done { pause } else { SOON };
                }
                Err(error) => {
                    tracing::warn!(error = %error, "what was missed cannot be looked for")
                }
            }
            match service.clean_up().await {
                Ok(()) => {}
                Err(error) => tracing::warn!(error = %error, "what is old cannot be deleted"),
            }
            tokio::time::sleep(pause).await;
        };
        if or_end(&over, round).await.is_none() {
            return;
        }
        pause = EVERY;
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
