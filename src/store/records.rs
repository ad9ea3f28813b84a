//! The chain of signed review records of each repository, line by line as a log file has it.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store};

/// An entry of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// The repository.
    pub repository: i64,
    /// 1 and up, without a gap.
    pub sequence: i64,
    /// The pull request; 0 for a merge group.
    pub number: i64,
    /// The reviewed commit.
    pub head: String,
    /// The signed envelope.
    pub line: String,
    /// When it was made.
    pub made_ms: Millis,
}

/// The end of a chain: its last entry and the signed checkpoint behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChainEnd {
    /// Entries so far.
    pub(crate) entries: i64,
    /// The last entry.
    pub(crate) last: String,
    /// The checkpoint.
    pub(crate) checkpoint: String,
}

fn record_of(row: &sqlx::any::AnyRow) -> Result<RecordRow, StoreError> {
    Ok(RecordRow {
        repository: row.try_get("repository")?,
        sequence: row.try_get("sequence")?,
        number: row.try_get("number")?,
        head: row.try_get("head")?,
        line: row.try_get("line")?,
        made_ms: row.try_get("made_ms")?,
    })
}

impl Store {
    /// Adds a record that `make` makes of the end of its chain: the new line and the new checkpoint.
    /// Two at once follow each other.
    ///
    /// # Errors
    /// [`StoreError`], or what `make` says.
    pub(crate) async fn add_record(
        &self,
        repository: i64,
        number: i64,
        head: &str,
        now: Millis,
        make: impl FnOnce(Option<&ChainEnd>) -> Result<(String, String), String> + Send,
    ) -> Result<i64, StoreError> {
        let mut transaction = self.begin().await?;
        // A row that every writer of the chain updates first: the second waits for the first.
        sqlx::query(
            "INSERT INTO checkpoints (repository, line) VALUES ($1, '') \
             ON CONFLICT (repository) DO UPDATE SET line = checkpoints.line",
        )
        .bind(repository)
        .execute(&mut *transaction)
        .await?;
        let checkpoint: String =
            sqlx::query_scalar("SELECT line FROM checkpoints WHERE repository = $1")
                .bind(repository)
                .fetch_one(&mut *transaction)
                .await?;
        let last = sqlx::query(
            "SELECT sequence, line FROM records WHERE repository = $1 ORDER BY sequence DESC LIMIT 1",
        )
        .bind(repository)
        .fetch_optional(&mut *transaction)
        .await?;
        let end = match last {
            Some(row) => Some(ChainEnd {
                entries: row.try_get("sequence")?,
                last: row.try_get("line")?,
                checkpoint,
            }),
            None => None,
        };
        let (line, closing) = make(end.as_ref()).map_err(|message| StoreError::Chain {
            repository,
            message,
        })?;
        let sequence = end.map_or(0, |end| end.entries) + 1;
        sqlx::query(
            "INSERT INTO records (repository, sequence, number, head, line, made_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(repository)
        .bind(sequence)
        .bind(number)
        .bind(head.to_owned())
        .bind(line)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE checkpoints SET line = $1 WHERE repository = $2")
            .bind(closing)
            .bind(repository)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(sequence)
    }

    /// The whole log of a repository, as `scrubin record verify` reads it; empty without a record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_of(&self, repository: i64) -> Result<String, StoreError> {
        let lines: Vec<String> =
            sqlx::query_scalar("SELECT line FROM records WHERE repository = $1 ORDER BY sequence")
                .bind(repository)
                .fetch_all(reader(self))
                .await?;
        if lines.is_empty() {
            return Ok(String::new());
        }
        let checkpoint: String =
            sqlx::query_scalar("SELECT line FROM checkpoints WHERE repository = $1")
                .bind(repository)
                .fetch_one(reader(self))
                .await?;
        Ok(format!("{}\n{checkpoint}\n", lines.join("\n")))
    }

    /// The newest record of a pull request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_record(
        &self,
        repository: i64,
        number: i64,
    ) -> Result<Option<RecordRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM records WHERE repository = $1 AND number = $2 ORDER BY sequence DESC LIMIT 1",
        )
        .bind(repository)
        .bind(number)
        .fetch_optional(reader(self))
        .await?;
        row.as_ref().map(record_of).transpose()
    }
}
