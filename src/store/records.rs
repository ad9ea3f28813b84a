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

/// A chain as it was at a moment: what comes later is not a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainOf {
    repository: i64,
    entries: i64,
    checkpoint: String,
}

/// Entries that are read at once.
const AT_ONCE: i64 = 200;

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

    /// The chain of a repository as it is now; `None` without a record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn chain_of(&self, repository: i64) -> Result<Option<ChainOf>, StoreError> {
        // One question: the checkpoint is about these entries and no others.
        let row = sqlx::query(
            "SELECT c.line AS line, (SELECT MAX(r.sequence) FROM records r WHERE r.repository = c.repository) \
             AS entries FROM checkpoints c WHERE c.repository = $1",
        )
        .bind(repository)
        .fetch_optional(reader(self))
        .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let entries: Option<i64> = row.try_get("entries")?;
        let checkpoint = row.try_get("line")?;
        Ok(entries.map(|entries| ChainOf {
            repository,
            entries,
            checkpoint,
        }))
    }

    /// The next lines of a chain behind an entry, each with its line end, and after the last one the checkpoint;
    /// also up to where they go. `None` when there is nothing left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lines_of(
        &self,
        chain: &ChainOf,
        after: i64,
    ) -> Result<Option<(String, i64)>, StoreError> {
        if after >= chain.entries {
            // Once, behind the last entry.
            let is_end = after == chain.entries;
            return Ok(is_end.then(|| (format!("{}\n", chain.checkpoint), after + 1)));
        }
        let rows = sqlx::query(
            "SELECT sequence, line FROM records WHERE repository = $1 AND sequence > $2 AND sequence <= $3 \
             ORDER BY sequence LIMIT $4",
        )
        .bind(chain.repository)
        .bind(after)
        .bind(chain.entries)
        .bind(AT_ONCE)
        .fetch_all(reader(self))
        .await?;
        let mut text = String::new();
        let mut last = after;
        for row in &rows {
            let line: String = row.try_get("line")?;
            text.push_str(&line);
            text.push('\n');
            last = row.try_get("sequence")?;
        }
        if rows.is_empty() {
            return Err(StoreError::Chain {
                repository: chain.repository,
                message: format!("entry {} is not there any more", after + 1),
            });
        }
        Ok(Some((text, last)))
    }

    /// The whole log of a repository, as `scrubin record verify` reads it; empty without a record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn log_of(&self, repository: i64) -> Result<String, StoreError> {
        let mut text = String::new();
        let Some(chain) = self.chain_of(repository).await? else {
            return Ok(text);
        };
        let mut after = 0;
        while let Some((lines, last)) = self.lines_of(&chain, after).await? {
            text.push_str(&lines);
            after = last;
        }
        Ok(text)
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
