//! The newest review of each head, as people see it.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store};

/// A review of one head of one pull request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewRow {
    /// The repository.
    pub repository: i64,
    /// The pull request.
    pub number: i64,
    /// The commit that was reviewed.
    pub head: String,
    /// What it was compared with; empty where there was nothing.
    pub base: String,
    /// Title of the pull request then.
    pub title: String,
    /// Who opened it.
    pub author: String,
    /// `passed`, `findings`, `incomplete`, `skipped`.
    pub outcome: String,
    /// Changed files.
    pub files: i64,
    /// Changed lines of reviewed languages.
    pub changed_lines: i64,
    /// Findings that are shown.
    pub reported: i64,
    /// Of those, how many close the gate.
    pub blocking: i64,
    /// Findings that a decision or deviation excuses.
    pub accepted: i64,
    /// Places that could not be analysed.
    pub gaps: i64,
    /// Number of its check run; 0 = none.
    pub check_run: i64,
    /// When it began.
    pub started_ms: Millis,
    /// When it was published.
    pub ended_ms: Millis,
    /// What fell short, one sentence a line.
    pub notes: String,
}

pub(super) fn review_of(row: &sqlx::any::AnyRow) -> Result<ReviewRow, StoreError> {
    Ok(ReviewRow {
        repository: row.try_get("repository")?,
        number: row.try_get("number")?,
        head: row.try_get("head")?,
        base: row.try_get("base")?,
        title: row.try_get("title")?,
        author: row.try_get("author")?,
        outcome: row.try_get("outcome")?,
        files: row.try_get("files")?,
        changed_lines: row.try_get("changed_lines")?,
        reported: row.try_get("reported")?,
        blocking: row.try_get("blocking")?,
        accepted: row.try_get("accepted")?,
        gaps: row.try_get("gaps")?,
        check_run: row.try_get("check_run")?,
        started_ms: row.try_get("started_ms")?,
        ended_ms: row.try_get("ended_ms")?,
        notes: row.try_get("notes")?,
    })
}

impl Store {
    /// Notes a review; one of the same head takes the place of the former.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_review(&self, review: &ReviewRow) -> Result<(), StoreError> {
        self.execute(
            sqlx::query(
            "INSERT INTO reviews (repository, number, head, base, title, author, outcome, files, changed_lines, \
             reported, blocking, accepted, gaps, check_run, started_ms, ended_ms, notes) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
             ON CONFLICT (repository, number, head) DO UPDATE SET base = excluded.base, title = excluded.title, \
             author = excluded.author, outcome = excluded.outcome, files = excluded.files, \
             changed_lines = excluded.changed_lines, reported = excluded.reported, \
             blocking = excluded.blocking, accepted = excluded.accepted, gaps = excluded.gaps, \
             check_run = excluded.check_run, started_ms = excluded.started_ms, ended_ms = excluded.ended_ms, \
             notes = excluded.notes",
        )
        .bind(review.repository)
        .bind(review.number)
        .bind(review.head.clone())
        .bind(review.base.clone())
        .bind(review.title.clone())
        .bind(review.author.clone())
        .bind(review.outcome.clone())
        .bind(review.files)
        .bind(review.changed_lines)
        .bind(review.reported)
        .bind(review.blocking)
        .bind(review.accepted)
        .bind(review.gaps)
        .bind(review.check_run)
        .bind(review.started_ms)
        .bind(review.ended_ms)
        .bind(review.notes.clone()),
        )
        .await?;
        Ok(())
    }

    /// The newest review of a pull request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_review(
        &self,
        repository: i64,
        number: i64,
    ) -> Result<Option<ReviewRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM reviews WHERE repository = $1 AND number = $2 ORDER BY ended_ms DESC, head LIMIT 1",
        )
        .bind(repository)
        .bind(number)
        .fetch_optional(reader(self))
        .await?;
        row.as_ref().map(review_of).transpose()
    }

    /// The newest review of each pull request, newest first: of one repository, or of all (0).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_reviews(
        &self,
        repository: i64,
        most: i64,
    ) -> Result<Vec<ReviewRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.* FROM reviews r WHERE ($1 = 0 OR r.repository = $1) AND NOT EXISTS ( \
             SELECT 1 FROM reviews n WHERE n.repository = r.repository AND n.number = r.number \
             AND (n.ended_ms > r.ended_ms OR (n.ended_ms = r.ended_ms AND n.head > r.head))) \
             ORDER BY r.ended_ms DESC, r.repository, r.number LIMIT $2",
        )
        .bind(repository)
        .bind(most)
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(review_of).collect()
    }

    /// Whether a head of a pull request was reviewed to its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_reviewed(
        &self,
        repository: i64,
        number: i64,
        head: &str,
    ) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM reviews WHERE repository = $1 AND number = $2 AND head = $3",
        )
        .bind(repository)
        .bind(number)
        .bind(head.to_owned())
        .fetch_one(reader(self))
        .await?;
        Ok(count > 0)
    }
}
