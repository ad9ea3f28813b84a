//! Findings of pull requests, and what became of each.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store, words};

words! {
    /// What became of a finding.
    FindingState {
        /// Shown in the newest review.
        Open = "open",
        /// A later push removed it.
        Fixed = "fixed",
        /// A decision or deviation excuses it.
        Accepted = "accepted",
        /// Decided to be no defect.
        Disputed = "disputed",
        /// Its pull request was closed without a merge.
        Closed = "closed",
        /// Its pull request was merged with it.
        Merged = "merged",
    }
}

/// A finding of a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The repository.
    pub repository: i64,
    /// The pull request.
    pub number: i64,
    /// `KEY:ORDINAL`.
    pub fingerprint: String,
    /// The key without the path.
    pub moved: String,
    /// Code of the rule, or `TOOL/RULE`.
    pub rule: String,
    /// Code of its lesson; may be empty.
    pub lesson: String,
    /// `error`, `warning`, `info`.
    pub severity: String,
    /// `high`, `medium`, `low`.
    pub precision: String,
    /// The part of the repository it lies in.
    pub component: String,
    /// Path, printable.
    pub path: String,
    /// 1-based.
    pub line: i64,
    /// The sentence that the comment shows.
    pub message: String,
    /// What became of it.
    pub state: FindingState,
    /// When it was first seen.
    pub first_ms: Millis,
    /// When it was last seen.
    pub last_ms: Millis,
    /// When its state became final; 0 = it is open.
    pub ended_ms: Millis,
}

/// How people took the findings of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePrecision {
    /// Code of the rule.
    pub rule: String,
    /// Findings that were fixed.
    pub adopted: i64,
    /// Findings that were called wrong, by a decision or a button.
    pub disputed: i64,
    /// Findings that were accepted as they are.
    pub accepted: i64,
    /// Findings that are open.
    pub open: i64,
}

fn finding_of(row: &sqlx::any::AnyRow) -> Result<FindingRow, StoreError> {
    let state: String = row.try_get("state")?;
    Ok(FindingRow {
        repository: row.try_get("repository")?,
        number: row.try_get("number")?,
        fingerprint: row.try_get("fingerprint")?,
        moved: row.try_get("moved")?,
        rule: row.try_get("rule")?,
        lesson: row.try_get("lesson")?,
        severity: row.try_get("severity")?,
        precision: row.try_get("prec")?,
        component: row.try_get("component")?,
        path: row.try_get("path")?,
        line: row.try_get("line")?,
        message: row.try_get("message")?,
        state: FindingState::parse(&state)?,
        first_ms: row.try_get("first_ms")?,
        last_ms: row.try_get("last_ms")?,
        ended_ms: row.try_get("ended_ms")?,
    })
}

impl Store {
    /// Notes what a review of a pull request found: `seen` are all of its findings now. What was open
    /// and is not among them is fixed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_findings(
        &self,
        repository: i64,
        number: i64,
        seen: &[FindingRow],
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for one in seen {
            let ended = if one.state == FindingState::Open {
                0
            } else {
                now
            };
            sqlx::query(
                "INSERT INTO findings (repository, number, fingerprint, moved, rule, lesson, severity, prec, \
                 component, path, line, message, state, first_ms, last_ms, ended_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15) \
                 ON CONFLICT (repository, number, fingerprint) DO UPDATE SET path = excluded.path, \
                 line = excluded.line, message = excluded.message, last_ms = excluded.last_ms, \
                 severity = excluded.severity, prec = excluded.prec, \
                 ended_ms = CASE WHEN excluded.state = 'open' THEN 0 \
                     WHEN findings.state = excluded.state THEN findings.ended_ms ELSE excluded.ended_ms END, \
                 state = excluded.state",
            )
            .bind(repository)
            .bind(number)
            .bind(one.fingerprint.clone())
            .bind(one.moved.clone())
            .bind(one.rule.clone())
            .bind(one.lesson.clone())
            .bind(one.severity.clone())
            .bind(one.precision.clone())
            .bind(one.component.clone())
            .bind(one.path.clone())
            .bind(one.line)
            .bind(one.message.clone())
            .bind(one.state.as_str())
            .bind(now)
            .bind(ended)
            .execute(&mut *transaction)
            .await?;
        }
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT fingerprint FROM findings WHERE repository = $1 AND number = $2 \
             AND state IN ('open', 'accepted', 'disputed')",
        )
        .bind(repository)
        .bind(number)
        .fetch_all(&mut *transaction)
        .await?;
        for fingerprint in known {
            if seen.iter().any(|one| one.fingerprint == fingerprint) {
                continue;
            }
            sqlx::query(
                "UPDATE findings SET state = 'fixed', ended_ms = $1 \
                 WHERE repository = $2 AND number = $3 AND fingerprint = $4",
            )
            .bind(now)
            .bind(repository)
            .bind(number)
            .bind(fingerprint)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Notes that a pull request was closed: what was open in it stays as it was then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn close_findings(
        &self,
        repository: i64,
        number: i64,
        merged: bool,
        now: Millis,
    ) -> Result<(), StoreError> {
        let state = if merged {
            FindingState::Merged
        } else {
            FindingState::Closed
        };
        self.execute(
            sqlx::query(
                "UPDATE findings SET state = $1, ended_ms = $2 \
             WHERE repository = $3 AND number = $4 AND state = 'open'",
            )
            .bind(state.as_str())
            .bind(now)
            .bind(repository)
            .bind(number),
        )
        .await?;
        Ok(())
    }

    /// Findings of a pull request, open ones first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings(
        &self,
        repository: i64,
        number: i64,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM findings WHERE repository = $1 AND number = $2 \
             ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, path, line, rule, fingerprint",
        )
        .bind(repository)
        .bind(number)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(finding_of).collect()
    }

    /// Every finding seen since a time, of one repository or of all (0), oldest first; at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn findings_since(
        &self,
        repository: i64,
        since: Millis,
        most: i64,
    ) -> Result<Vec<FindingRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM findings WHERE ($1 = 0 OR repository = $1) AND (first_ms >= $2 OR ended_ms >= $2 \
             OR state = 'open') ORDER BY first_ms, repository, number, fingerprint LIMIT $3",
        )
        .bind(repository)
        .bind(since)
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(finding_of).collect()
    }

    /// Notes that somebody called a finding not useful by a button of the check run; once is enough.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_dispute(
        &self,
        repository: i64,
        number: i64,
        fingerprint: &str,
        rule: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
            "INSERT INTO disputes (repository, number, fingerprint, rule, said_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (repository, number, fingerprint) DO NOTHING",
        )
        .bind(repository)
        .bind(number)
        .bind(fingerprint.to_owned())
        .bind(rule.to_owned())
        .bind(now),
        )
        .await?;
        Ok(())
    }

    /// How people took the findings of each rule, in one repository or in all (0), by rule.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rule_precision(&self, repository: i64) -> Result<Vec<RulePrecision>, StoreError> {
        let rows = sqlx::query(
            "SELECT f.rule AS rule, \
             SUM(CASE WHEN f.state = 'fixed' AND d.rule IS NULL THEN 1 ELSE 0 END) AS adopted, \
             SUM(CASE WHEN f.state = 'disputed' OR d.rule IS NOT NULL THEN 1 ELSE 0 END) AS disputed, \
             SUM(CASE WHEN f.state = 'accepted' AND d.rule IS NULL THEN 1 ELSE 0 END) AS accepted, \
             SUM(CASE WHEN f.state = 'open' AND d.rule IS NULL THEN 1 ELSE 0 END) AS open \
             FROM findings f LEFT JOIN disputes d ON d.repository = f.repository AND d.number = f.number \
             AND d.fingerprint = f.fingerprint WHERE ($1 = 0 OR f.repository = $1) \
             GROUP BY f.rule ORDER BY f.rule",
        )
        .bind(repository)
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| {
                Ok(RulePrecision {
                    rule: row.try_get("rule")?,
                    adopted: row.try_get("adopted")?,
                    disputed: row.try_get("disputed")?,
                    accepted: row.try_get("accepted")?,
                    open: row.try_get("open")?,
                })
            })
            .collect()
    }
}
