//! What people decided about findings in the discussion.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store, words};

words! {
    /// What was decided.
    DecisionKind {
        /// The finding is right, and the risk is taken.
        Accept = "accept",
        /// The finding is wrong.
        FalsePositive = "false-positive",
    }
}

words! {
    /// Whether a decision is in force.
    DecisionState {
        /// Waits for a second person.
        Proposed = "proposed",
        /// In force, until its day is over.
        Active = "active",
        /// Taken back.
        Withdrawn = "withdrawn",
    }
}

/// A decision about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The comment that asked for it: `review-comment:ID`.
    pub id: String,
    /// The repository.
    pub repository: i64,
    /// The pull request in which it was made.
    pub number: i64,
    /// `KEY:ORDINAL` of the finding.
    pub fingerprint: String,
    /// Its key without the path.
    pub moved: String,
    /// Its rule.
    pub rule: String,
    /// Its path then, printable.
    pub path: String,
    /// What was decided.
    pub kind: DecisionKind,
    /// Why.
    pub reason: String,
    /// Last day it holds, `YYYY-MM-DD` (UTC); empty = no end.
    pub until: String,
    /// Ticket or risk-file id; may be empty.
    pub ticket: String,
    /// Who asked for it.
    pub proposed_by: String,
    /// When.
    pub proposed_ms: Millis,
    /// Who agreed; empty until somebody did, or where nobody had to.
    pub approved_by: String,
    /// When; 0 = not yet.
    pub approved_ms: Millis,
    /// Whether it is in force.
    pub state: DecisionState,
}

fn decision_of(row: &sqlx::any::AnyRow) -> Result<Decision, StoreError> {
    let (kind, state): (String, String) = (row.try_get("kind")?, row.try_get("state")?);
    Ok(Decision {
        id: row.try_get("id")?,
        repository: row.try_get("repository")?,
        number: row.try_get("number")?,
        fingerprint: row.try_get("fingerprint")?,
        moved: row.try_get("moved")?,
        rule: row.try_get("rule")?,
        path: row.try_get("path")?,
        kind: DecisionKind::parse(&kind)?,
        reason: row.try_get("reason")?,
        until: row.try_get("until_day")?,
        ticket: row.try_get("ticket")?,
        proposed_by: row.try_get("proposed_by")?,
        proposed_ms: row.try_get("proposed_ms")?,
        approved_by: row.try_get("approved_by")?,
        approved_ms: row.try_get("approved_ms")?,
        state: DecisionState::parse(&state)?,
    })
}

impl Store {
    /// Notes a decision. The same comment makes it once; a new one about the same finding takes the
    /// place of those that still wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decide(&self, decision: &Decision) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE decisions SET state = 'withdrawn' WHERE repository = $1 AND fingerprint = $2 \
             AND id <> $3 AND (state = 'proposed' OR (state = 'active' AND $4 = 'active'))",
        )
        .bind(decision.repository)
        .bind(decision.fingerprint.clone())
        .bind(decision.id.clone())
        .bind(decision.state.as_str())
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "INSERT INTO decisions (id, repository, number, fingerprint, moved, rule, path, kind, reason, \
             until_day, ticket, proposed_by, proposed_ms, approved_by, approved_ms, state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(decision.id.clone())
        .bind(decision.repository)
        .bind(decision.number)
        .bind(decision.fingerprint.clone())
        .bind(decision.moved.clone())
        .bind(decision.rule.clone())
        .bind(decision.path.clone())
        .bind(decision.kind.as_str())
        .bind(decision.reason.clone())
        .bind(decision.until.clone())
        .bind(decision.ticket.clone())
        .bind(decision.proposed_by.clone())
        .bind(decision.proposed_ms)
        .bind(decision.approved_by.clone())
        .bind(decision.approved_ms)
        .bind(decision.state.as_str())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Puts a proposed decision in force; says whether it was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn approve(&self, id: &str, person: &str, now: Millis) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let done = sqlx::query(
            "UPDATE decisions SET state = 'active', approved_by = $1, approved_ms = $2 \
             WHERE id = $3 AND state = 'proposed'",
        )
        .bind(person.to_owned())
        .bind(now)
        .bind(id.to_owned())
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if done == 1 {
            // It takes the place of the one that stood until now.
            sqlx::query(
                "UPDATE decisions SET state = 'withdrawn' WHERE state = 'active' AND id <> $1 AND EXISTS ( \
                 SELECT 1 FROM decisions d WHERE d.id = $1 AND d.repository = decisions.repository \
                 AND d.fingerprint = decisions.fingerprint)",
            )
            .bind(id.to_owned())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(done == 1)
    }

    /// Takes a decision back; says whether it stood.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn withdraw(&self, id: &str) -> Result<bool, StoreError> {
        let done = self.execute(
            sqlx::query(
            "UPDATE decisions SET state = 'withdrawn' WHERE id = $1 AND state <> 'withdrawn'",
        )
        .bind(id.to_owned()),
        )
        .await?;
        Ok(done == 1)
    }

    /// Decisions that stand or wait, of one repository or of all (0), oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decisions(&self, repository: i64) -> Result<Vec<Decision>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM decisions WHERE ($1 = 0 OR repository = $1) AND state <> 'withdrawn' \
             ORDER BY proposed_ms, id",
        )
        .bind(repository)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(decision_of).collect()
    }

    /// Pull requests with a finding that a decision is or was about, so that they are reviewed again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pulls_with(
        &self,
        repository: i64,
        fingerprint: &str,
        moved: &str,
    ) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT DISTINCT number FROM findings WHERE repository = $1 AND (fingerprint = $2 OR moved = $3) \
             AND state IN ('open', 'accepted', 'disputed') ORDER BY number",
        )
        .bind(repository)
        .bind(fingerprint.to_owned())
        .bind(moved.to_owned())
        .fetch_all(reader(self))
        .await?)
    }

    /// The decision that stands or waits for a finding.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decision_about(
        &self,
        repository: i64,
        fingerprint: &str,
    ) -> Result<Option<Decision>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM decisions WHERE repository = $1 AND fingerprint = $2 AND state <> 'withdrawn' \
             ORDER BY proposed_ms DESC, id LIMIT 1",
        )
        .bind(repository)
        .bind(fingerprint.to_owned())
        .fetch_optional(reader(self))
        .await?;
        row.as_ref().map(decision_of).transpose()
    }
}
