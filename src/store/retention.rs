//! What is deleted when its time is over.

use super::open::StoreError;
use super::{Millis, Store};

/// How long things are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Ids of deliveries: at least the three days in which GitHub sends one again.
    pub deliveries: Millis,
    /// Reviews, findings that ended, and the history. Records and decisions are evidence: they stay.
    pub reviews: Millis,
}

/// What was deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Ids of deliveries.
    pub deliveries: u64,
    /// Reviews.
    pub reviews: u64,
    /// Findings.
    pub findings: u64,
    /// Lines of the history.
    pub runs: u64,
    /// Sessions.
    pub sessions: u64,
    /// Answered requests.
    pub requests: u64,
    /// What was said of commits.
    pub gates: u64,
}

impl Store {
    /// Deletes what is older than it may get.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sweep(&self, retention: Retention, now: Millis) -> Result<Swept, StoreError> {
        let old = now.saturating_sub(retention.reviews);
        let of = |statement: &'static str, before: Millis| {
            let query = sqlx::query(statement).bind(before);
            async move {
                let done = query.execute(&self.write).await?;
                Ok::<u64, StoreError>(done.rows_affected())
            }
        };
        let sent = now.saturating_sub(retention.deliveries);
        Ok(Swept {
            deliveries: of("DELETE FROM deliveries WHERE received_ms < $1", sent).await?,
            reviews: of("DELETE FROM reviews WHERE ended_ms < $1", old).await?,
            findings: of(
                "DELETE FROM findings WHERE state <> 'open' AND ended_ms < $1",
                old,
            )
            .await?,
            runs: of("DELETE FROM runs WHERE at_ms < $1", old).await?,
            sessions: of("DELETE FROM sessions WHERE expires_ms < $1", now).await?,
            requests: of(
                "DELETE FROM requests WHERE answered_ms > 0 AND answered_ms < $1",
                sent,
            )
            .await?,
            // A group lives for minutes, a pull request as long as it is open.
            gates: self.forget_gates(sent, old, now).await?,
        })
    }
}
