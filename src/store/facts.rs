//! Small facts of the service itself: the keys it made, where a sweep stopped.

use super::Store;
use super::open::{StoreError, reader};

impl Store {
    /// A fact; `None` if it was never noted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(
            sqlx::query_scalar("SELECT value FROM facts WHERE name = $1")
                .bind(name.to_owned())
                .fetch_optional(reader(self))
                .await?,
        )
    }

    /// Notes a fact.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_fact(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO facts (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// Counts up a fact that is a number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_to_fact(&self, name: &str, more: i64) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO facts (name, value) VALUES ($1, CAST($2 AS TEXT)) ON CONFLICT (name) DO UPDATE SET \
             value = CAST(CAST(facts.value AS BIGINT) + $3 AS TEXT)",
        )
        .bind(name.to_owned())
        .bind(more.to_string())
        .bind(more)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// A fact that is made once, whoever comes first, and is the same for all from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fact_or(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        )
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(&mut *transaction)
        .await?;
        let value: String = sqlx::query_scalar("SELECT value FROM facts WHERE name = $1")
            .bind(name.to_owned())
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(value)
    }
}
