//! What pages show, of those repositories that a person may see and of no other.

use sqlx::{AssertSqlSafe, Row as _};

use super::open::{StoreError, reader};
use super::reviews::review_of;
use super::{FindingState, Millis, ReviewRow, Store};

/// Some repositories, by number. None is an empty list, never all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Among(Vec<i64>);

impl Among {
    /// These repositories.
    pub fn new(repositories: impl IntoIterator<Item = i64>) -> Self {
        let mut numbers: Vec<i64> = repositories.into_iter().collect();
        numbers.sort_unstable();
        numbers.dedup();
        Self(numbers)
    }

    /// Whether a repository is one of them.
    pub fn has(&self, repository: i64) -> bool {
        self.0.binary_search(&repository).is_ok()
    }

    /// The list for `IN`: integers alone, so that nothing in it can be text of a stranger. Neither database
    /// takes a list as one argument through the driver that serves both.
    pub(super) fn list(&self) -> String {
        let numbers: Vec<String> = self.0.iter().map(i64::to_string).collect();
        match numbers.is_empty() {
            // No repository has it: GitHub counts from 1.
            true => "(-1)".to_owned(),
            false => format!("({})", numbers.join(",")),
        }
    }
}

/// What became of a finding, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The repository.
    pub repository: i64,
    /// Code of the rule, or `TOOL/RULE`.
    pub rule: String,
    /// `error`, `warning`, `info`.
    pub severity: String,
    /// What became of it.
    pub state: FindingState,
    /// Whether somebody called it not useful by a button.
    pub is_disputed: bool,
    /// When it was first seen.
    pub first_ms: Millis,
    /// When its state became final; 0 = it is open.
    pub ended_ms: Millis,
}

/// How many findings close gates now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The repository.
    pub repository: i64,
    /// Findings that close the gate of an open pull request.
    pub blocking: i64,
    /// Open pull requests with such findings.
    pub pulls: i64,
}

/// The newest review of each pull request of the repositories in a list.
const NEWEST: &str = "NOT EXISTS (SELECT 1 FROM reviews n WHERE n.repository = r.repository \
     AND n.number = r.number AND (n.ended_ms > r.ended_ms OR (n.ended_ms = r.ended_ms AND n.head > r.head)))";

impl Store {
    /// The newest review of each pull request, newest first; at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews_among(
        &self,
        among: &Among,
        most: i64,
    ) -> Result<Vec<ReviewRow>, StoreError> {
        let list = among.list();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT r.* FROM reviews r WHERE r.repository IN {list} AND r.number > 0 AND {NEWEST} \
             ORDER BY r.ended_ms DESC, r.repository, r.number LIMIT $1"
        )))
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(review_of).collect()
    }

    /// How many pull requests were reviewed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviewed_among(&self, among: &Among) -> Result<i64, StoreError> {
        let list = among.list();
        let count = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT COUNT(*) FROM reviews r WHERE r.repository IN {list} AND r.number > 0 AND {NEWEST}"
        )))
        .fetch_one(reader(self))
        .await?;
        Ok(count)
    }

    /// When a review of each repository was last published, by repository.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_among(&self, among: &Among) -> Result<Vec<(i64, Millis)>, StoreError> {
        let list = among.list();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT repository, MAX(ended_ms) AS newest FROM reviews WHERE repository IN {list} \
             GROUP BY repository ORDER BY repository"
        )))
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("repository")?, row.try_get("newest")?)))
            .collect()
    }

    /// Every review of a pull request, newest first; at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn reviews_of(
        &self,
        repository: i64,
        number: i64,
        most: i64,
    ) -> Result<Vec<ReviewRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM reviews WHERE repository = $1 AND number = $2 ORDER BY ended_ms DESC, head LIMIT $3",
        )
        .bind(repository)
        .bind(number)
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(review_of).collect()
    }

    /// What became of every finding that was seen or ended since a time, or is open; newest first, at most
    /// `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn outcomes_among(
        &self,
        among: &Among,
        since: Millis,
        most: i64,
    ) -> Result<Vec<Outcome>, StoreError> {
        let list = among.list();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT f.repository AS repository, f.rule AS rule, f.severity AS severity, f.state AS state, \
             f.first_ms AS first_ms, f.ended_ms AS ended_ms, \
             CASE WHEN d.rule IS NULL THEN 0 ELSE 1 END AS disputed \
             FROM findings f LEFT JOIN disputes d ON d.repository = f.repository AND d.number = f.number \
             AND d.fingerprint = f.fingerprint WHERE f.repository IN {list} \
             AND (f.first_ms >= $1 OR f.ended_ms >= $1 OR f.state = 'open') \
             ORDER BY f.first_ms DESC, f.repository, f.number, f.fingerprint LIMIT $2"
        )))
        .bind(since)
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| {
                let state: String = row.try_get("state")?;
                // The literals of a CASE are 32 bits wide in one database and 64 in the other.
                let disputed = row
                    .try_get::<i64, _>("disputed")
                    .or_else(|_| row.try_get::<i32, _>("disputed").map(i64::from))?;
                Ok(Outcome {
                    repository: row.try_get("repository")?,
                    rule: row.try_get("rule")?,
                    severity: row.try_get("severity")?,
                    state: FindingState::parse(&state)?,
                    is_disputed: disputed != 0,
                    first_ms: row.try_get("first_ms")?,
                    ended_ms: row.try_get("ended_ms")?,
                })
            })
            .collect()
    }

    /// Which repositories have pull requests whose gate is closed. What a pull request has open is closed
    /// with it, so that those without an open finding are over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gates_among(&self, among: &Among) -> Result<Vec<Gate>, StoreError> {
        let list = among.list();
        let rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT r.repository AS repository, CAST(SUM(r.blocking) AS BIGINT) AS blocking, COUNT(*) AS pulls \
             FROM reviews r WHERE r.repository IN {list} AND r.blocking > 0 AND {NEWEST} \
             AND EXISTS (SELECT 1 FROM findings f WHERE f.repository = r.repository \
                 AND f.number = r.number AND f.state = 'open') \
             GROUP BY r.repository ORDER BY r.repository"
        )))
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Gate {
                    repository: row.try_get("repository")?,
                    blocking: row.try_get("blocking")?,
                    pulls: row.try_get("pulls")?,
                })
            })
            .collect()
    }

    /// How many lines the history has since a time, and when the newest was added: what is the same has the same
    /// lines.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn runs_stamp(
        &self,
        among: &Among,
        since: Millis,
    ) -> Result<(i64, Millis), StoreError> {
        let list = among.list();
        let row = sqlx::query(AssertSqlSafe(format!(
            "SELECT COUNT(*) AS lines, COALESCE(MAX(at_ms), 0) AS newest FROM runs \
             WHERE repository IN {list} AND at_ms >= $1"
        )))
        .bind(since)
        .fetch_one(reader(self))
        .await?;
        Ok((row.try_get("lines")?, row.try_get("newest")?))
    }

    /// Lines of the history since a time, with their repository, oldest first; of more than `most` the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn runs_among(
        &self,
        among: &Among,
        since: Millis,
        most: i64,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let list = among.list();
        let mut rows = sqlx::query(AssertSqlSafe(format!(
            "SELECT repository, line FROM runs WHERE repository IN {list} AND at_ms >= $1 \
             ORDER BY at_ms DESC, repository DESC, id DESC LIMIT $2"
        )))
        .bind(since)
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.reverse();
        rows.iter()
            .map(|row| Ok((row.try_get("repository")?, row.try_get("line")?)))
            .collect()
    }
}
