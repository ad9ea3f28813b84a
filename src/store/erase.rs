//! Everything about a repository or an installation, counted and deleted.

use sqlx::{Any, AssertSqlSafe, Transaction};

use super::open::{StoreError, reader};
use super::{Among, Kind, RepositoryRow, Store};

/// What is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its repositories.
    pub repositories: Among,
    /// The installation as a whole; `None` = the repositories alone.
    pub installation: Option<i64>,
    /// Whether records, checkpoints and decisions stay, and with them what names their repositories: whoever
    /// erases the rest later has to find it.
    pub keeps_evidence: bool,
}

/// Rows by table.
pub type Counts = Vec<(&'static str, i64)>;

/// What is counted where a file of SQLite's could not be written anew: rows that are deleted and may still be read
/// in its free pages.
pub const NOT_WIPED: &str = "rows_not_wiped_from_the_file";

/// Tables that name a repository, and the column that does; whether they are evidence, or lead to it.
const TABLES: [(&str, &str, bool); 13] = [
    ("jobs", "repository", false),
    ("requests", "repository", false),
    ("deliveries", "repository", false),
    ("reviews", "repository", false),
    ("gates", "repository", false),
    ("findings", "repository", false),
    ("disputes", "repository", false),
    ("runs", "repository", false),
    ("open_findings", "repository", false),
    ("decisions", "repository", true),
    ("records", "repository", true),
    ("checkpoints", "repository", true),
    ("repositories", "id", true),
];

/// Tables that name an installation, and the column that does.
const WHOLE: [(&str, &str); 3] = [
    ("jobs", "installation"),
    ("deliveries", "installation"),
    ("installations", "id"),
];

impl Scope {
    /// Each table with the condition of its rows. Nothing in it but names of ours and numbers.
    fn conditions(&self) -> Vec<(&'static str, String)> {
        let list = self.repositories.list();
        let mut all: Vec<(&'static str, String)> = Vec::new();
        for (table, column, is_evidence) in TABLES {
            if is_evidence && self.keeps_evidence {
                continue;
            }
            let whole = WHOLE.iter().find(|(name, _)| *name == table);
            let condition = match (self.installation, whole) {
                (Some(id), Some((_, of))) => format!("{column} IN {list} OR {of} = {id}"),
                _ => format!("{column} IN {list}"),
            };
            all.push((table, condition));
        }
        if let Some(id) = self.installation {
            all.push(("installations", format!("id = {id}")));
        }
        all
    }
}

async fn delete(
    transaction: &mut Transaction<'static, Any>,
    table: &str,
    condition: &str,
) -> Result<i64, StoreError> {
    let text = format!("DELETE FROM {table} WHERE {condition}");
    let done = sqlx::query(AssertSqlSafe(text))
        .execute(&mut **transaction)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// Adds to what was deleted that it may still be read.
fn note_wiped(counts: &mut Counts, wiped: Result<(), StoreError>) {
    if let Err(error) = wiped {
        tracing::warn!(error = %error, "the file cannot be written anew");
        let rows: i64 = counts.iter().map(|(_, count)| *count).sum();
        counts.push((NOT_WIPED, rows));
    }
}

impl Store {
    /// Repositories that have a name, those that were removed among them: another may have had it before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_named(&self, name: &str) -> Result<Vec<RepositoryRow>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM repositories WHERE LOWER(full_name) = $1 ORDER BY id")
                .bind(name.to_ascii_lowercase())
                .fetch_all(reader(self))
                .await?;
        rows.iter()
            .map(super::installations::repository_of)
            .collect()
    }

    /// Repositories of an installation, those that were removed among them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn all_of(&self, installation: i64) -> Result<Vec<RepositoryRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM repositories WHERE installation = $1 ORDER BY id")
            .bind(installation)
            .fetch_all(reader(self))
            .await?;
        rows.iter()
            .map(super::installations::repository_of)
            .collect()
    }

    /// How much there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count(&self, scope: &Scope) -> Result<Counts, StoreError> {
        let mut counts = Counts::new();
        for (table, condition) in scope.conditions() {
            let text = format!("SELECT COUNT(*) FROM {table} WHERE {condition}");
            let count = sqlx::query_scalar(AssertSqlSafe(text))
                .fetch_one(reader(self))
                .await?;
            counts.push((table, count));
        }
        Ok(counts)
    }

    /// Deletes it, all or nothing, and says how much that was. A file of SQLite's is written anew without it; where
    /// that fails (it takes as much room again), it is counted, for what is deleted elsewhere must not wait for it.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing was deleted.
    pub async fn erase(&self, scope: &Scope) -> Result<Counts, StoreError> {
        let mut transaction = self.begin().await?;
        let mut counts = Counts::new();
        for (table, condition) in scope.conditions() {
            let count = delete(&mut transaction, table, &condition).await?;
            counts.push((table, count));
        }
        if scope.keeps_evidence {
            let text = format!(
                "UPDATE repositories SET state = 'removed' WHERE id IN {}",
                scope.repositories.list()
            );
            sqlx::query(AssertSqlSafe(text))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        if self.kind == Kind::Sqlite {
            let wiped = self.write_anew().await;
            note_wiped(&mut counts, wiped);
        }
        Ok(counts)
    }

    /// Deleted rows stay in a file of SQLite's until their place is used again.
    async fn write_anew(&self) -> Result<(), StoreError> {
        for statement in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            sqlx::query(statement).execute(&self.write).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_that_names_a_repository_is_emptied() {
        let schema = concat!(
            include_str!("migrations/0001_begin.sql"),
            include_str!("migrations/0002_gates.sql")
        );
        let mut named: Vec<&str> = schema
            .split("CREATE TABLE ")
            .skip(1)
            .filter(|table| {
                let body = table.split(");").next().unwrap_or_default();
                body.lines()
                    .any(|line| line.trim_start().starts_with("repository BIGINT"))
            })
            .filter_map(|table| table.split(' ').next())
            .collect();
        named.push("repositories");
        named.sort_unstable();
        let mut known: Vec<&str> = TABLES.iter().map(|(table, ..)| *table).collect();
        known.sort_unstable();
        assert_eq!(known, named);
    }

    #[test]
    fn evidence_may_stay() {
        let scope = |keeps_evidence| Scope {
            repositories: Among::new([7]),
            installation: None,
            keeps_evidence,
        };
        let tables = |scope: Scope| -> Vec<&str> {
            scope
                .conditions()
                .into_iter()
                .map(|(table, _)| table)
                .collect()
        };
        assert!(tables(scope(false)).contains(&"records"));
        assert!(!tables(scope(true)).contains(&"records"));
        // Whoever erases the rest later finds it by its name.
        assert!(tables(scope(false)).contains(&"repositories"));
        assert!(!tables(scope(true)).contains(&"repositories"));
        assert!(!tables(scope(false)).contains(&"installations"));
    }

    #[test]
    fn a_file_that_cannot_be_written_anew_is_told() {
        let deleted = vec![("reviews", 2), ("records", 3)];
        let mut counts = deleted.clone();
        note_wiped(&mut counts, Ok(()));
        assert_eq!(counts, deleted);
        note_wiped(&mut counts, Err(StoreError::Lost));
        assert_eq!(counts.last(), Some(&(NOT_WIPED, 5)));
    }
}
