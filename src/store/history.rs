//! The history of weaknesses: the lines that a local history has, of every review of every repository.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store};

impl Store {
    /// Adds a line to the history of a repository and notes what is open in the pull request after it;
    /// `None` = as before. A line is known by its id: the same twice is once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_run(
        &self,
        place: (i64, i64),
        run: (&str, &str),
        open: Option<&str>,
        now: Millis,
    ) -> Result<(), StoreError> {
        let ((repository, number), (id, line)) = (place, run);
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO runs (repository, id, number, at_ms, line) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (repository, id) DO NOTHING",
        )
        .bind(repository)
        .bind(id.to_owned())
        .bind(number)
        .bind(now)
        .bind(line.to_owned())
        .execute(&mut *transaction)
        .await?;
        if let Some(open) = open {
            sqlx::query(
                "INSERT INTO open_findings (repository, number, lines) VALUES ($1, $2, $3) \
                 ON CONFLICT (repository, number) DO UPDATE SET lines = excluded.lines",
            )
            .bind(repository)
            .bind(number)
            .bind(open.to_owned())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// What is open in a pull request, as [`Self::add_run`] noted it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_of(&self, repository: i64, number: i64) -> Result<String, StoreError> {
        let lines: Option<String> = sqlx::query_scalar(
            "SELECT lines FROM open_findings WHERE repository = $1 AND number = $2",
        )
        .bind(repository)
        .bind(number)
        .fetch_optional(reader(self))
        .await?;
        Ok(lines.unwrap_or_default())
    }

    /// Lines of the history since a time, with their repository, oldest first: of one repository, or of
    /// all (0).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn runs_since(
        &self,
        repository: i64,
        since: Millis,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let rows = sqlx::query(
            "SELECT repository, line FROM runs WHERE ($1 = 0 OR repository = $1) AND at_ms >= $2 \
             ORDER BY at_ms, repository, id",
        )
        .bind(repository)
        .bind(since)
        .fetch_all(reader(self))
        .await?;
        rows.iter()
            .map(|row| Ok((row.try_get("repository")?, row.try_get("line")?)))
            .collect()
    }
}
