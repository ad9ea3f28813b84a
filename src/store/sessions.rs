//! Who is signed in to the pages. The cookie itself is not stored, nor any token of GitHub's.

use sqlx::Row as _;

use super::open::{StoreError, reader};
use super::{Millis, Store};

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// A hash of the cookie.
    pub id: String,
    /// Login on GitHub.
    pub login: String,
    /// Repositories that GitHub showed them, by number, sorted.
    pub repositories: Vec<i64>,
    /// When GitHub was asked last.
    pub checked_ms: Millis,
    /// When they have to sign in again.
    pub expires_ms: Millis,
}

impl Store {
    /// Notes a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_in(&self, session: &Session) -> Result<(), StoreError> {
        let numbers: Vec<String> = session.repositories.iter().map(i64::to_string).collect();
        sqlx::query(
            "INSERT INTO sessions (id, login, repositories, checked_ms, expires_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (id) DO UPDATE SET repositories = excluded.repositories, \
             checked_ms = excluded.checked_ms, expires_ms = excluded.expires_ms",
        )
        .bind(session.id.clone())
        .bind(session.login.clone())
        .bind(numbers.join(","))
        .bind(session.checked_ms)
        .bind(session.expires_ms)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    /// The session behind a cookie's hash, while it lasts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, id: &str, now: Millis) -> Result<Option<Session>, StoreError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1 AND expires_ms > $2")
            .bind(id.to_owned())
            .bind(now)
            .fetch_optional(reader(self))
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let numbers: String = row.try_get("repositories")?;
        let mut repositories: Vec<i64> = numbers
            .split(',')
            .filter_map(|number| number.parse().ok())
            .collect();
        repositories.sort_unstable();
        Ok(Some(Session {
            id: row.try_get("id")?,
            login: row.try_get("login")?,
            repositories,
            checked_ms: row.try_get("checked_ms")?,
            expires_ms: row.try_get("expires_ms")?,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sign_out(&self, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE id = $1")
            .bind(id.to_owned())
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
