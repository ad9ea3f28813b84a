//! Installations of the App, and the repositories each covers.

use sqlx::{Any, Row as _, Transaction};

use super::open::{StoreError, reader};
use super::{Millis, Store, words};

words! {
    /// What an installation may do.
    InstallationState {
        /// Reviewed.
        Active = "active",
        /// Nothing is done until it is lifted.
        Suspended = "suspended",
        /// Uninstalled.
        Deleted = "deleted",
    }
}

words! {
    /// What a repository is.
    RepositoryState {
        /// Reviewed.
        Active = "active",
        /// Read only: GitHub takes no comments.
        Archived = "archived",
        /// Deleted, or no longer covered by the installation.
        Removed = "removed",
    }
}

/// An installation of the App.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// GitHub's number of it.
    pub id: i64,
    /// The organisation or person it belongs to.
    pub account: String,
    /// What it may do.
    pub state: InstallationState,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryRow {
    /// GitHub's number of it, the same after a change of name.
    pub id: i64,
    /// Its installation.
    pub installation: i64,
    /// `OWNER/NAME` as it is now.
    pub full_name: String,
    /// Name of its main branch; empty while unknown.
    pub default_branch: String,
    /// Whether only members see it.
    pub is_private: bool,
    /// What it is.
    pub state: RepositoryState,
}

/// Notes an installation. What was deleted stays so: a late event must not bring it back, which a new
/// installation, with another number, never needs.
pub(super) async fn put_installation(
    transaction: &mut Transaction<'static, Any>,
    installation: &Installation,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO installations (id, account, state, served_ms, updated_ms) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, updated_ms = excluded.updated_ms, \
         account = CASE WHEN excluded.account = '' THEN installations.account ELSE excluded.account END \
         WHERE installations.state <> 'deleted'",
    )
    .bind(installation.id)
    .bind(installation.account.clone())
    .bind(installation.state.as_str())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Makes sure that an installation is known, without changing one that is.
pub(super) async fn know_installation(
    transaction: &mut Transaction<'static, Any>,
    id: i64,
    account: &str,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO installations (id, account, state, served_ms, updated_ms) \
         VALUES ($1, $2, 'active', 0, $3) ON CONFLICT (id) DO NOTHING",
    )
    .bind(id)
    .bind(account.to_owned())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Notes a repository under the name it has now. An unknown default branch leaves the known one.
pub(super) async fn put_repository(
    transaction: &mut Transaction<'static, Any>,
    row: &RepositoryRow,
    now: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO repositories (id, installation, full_name, default_branch, is_private, state, updated_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET \
         installation = excluded.installation, full_name = excluded.full_name, \
         is_private = excluded.is_private, state = excluded.state, updated_ms = excluded.updated_ms, \
         default_branch = CASE WHEN excluded.default_branch = '' THEN repositories.default_branch \
         ELSE excluded.default_branch END",
    )
    .bind(row.id)
    .bind(row.installation)
    .bind(row.full_name.clone())
    .bind(row.default_branch.clone())
    .bind(i64::from(row.is_private))
    .bind(row.state.as_str())
    .bind(now)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

fn installation_of(row: &sqlx::any::AnyRow) -> Result<Installation, StoreError> {
    let state: String = row.try_get("state")?;
    Ok(Installation {
        id: row.try_get("id")?,
        account: row.try_get("account")?,
        state: InstallationState::parse(&state)?,
    })
}

pub(super) fn repository_of(row: &sqlx::any::AnyRow) -> Result<RepositoryRow, StoreError> {
    let state: String = row.try_get("state")?;
    Ok(RepositoryRow {
        id: row.try_get("id")?,
        installation: row.try_get("installation")?,
        full_name: row.try_get("full_name")?,
        default_branch: row.try_get("default_branch")?,
        is_private: row.try_get::<i64, _>("is_private")? != 0,
        state: RepositoryState::parse(&state)?,
    })
}

impl Store {
    /// An installation; `None` if it is not known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn installation(&self, id: i64) -> Result<Option<Installation>, StoreError> {
        let row = sqlx::query("SELECT * FROM installations WHERE id = $1")
            .bind(id)
            .fetch_optional(reader(self))
            .await?;
        row.as_ref().map(installation_of).transpose()
    }

    /// Every installation that was not deleted, by account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn installations(&self) -> Result<Vec<Installation>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM installations WHERE state <> 'deleted' ORDER BY account, id",
        )
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(installation_of).collect()
    }

    /// A repository; `None` if it is not known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn repository(&self, id: i64) -> Result<Option<RepositoryRow>, StoreError> {
        let row = sqlx::query("SELECT * FROM repositories WHERE id = $1")
            .bind(id)
            .fetch_optional(reader(self))
            .await?;
        row.as_ref().map(repository_of).transpose()
    }

    /// A repository by `OWNER/NAME`; `None` if none has that name now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn repository_named(&self, name: &str) -> Result<Option<RepositoryRow>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM repositories WHERE LOWER(full_name) = $1 AND state <> 'removed' \
             ORDER BY updated_ms DESC LIMIT 1",
        )
        .bind(name.to_ascii_lowercase())
        .fetch_optional(reader(self))
        .await?;
        row.as_ref().map(repository_of).transpose()
    }

    /// Every repository that was not removed, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn repositories(&self) -> Result<Vec<RepositoryRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM repositories WHERE state <> 'removed' ORDER BY full_name, id",
        )
        .fetch_all(reader(self))
        .await?;
        rows.iter().map(repository_of).collect()
    }

    /// Installations that were deleted and still have jobs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gone_installations(&self) -> Result<Vec<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "SELECT DISTINCT i.id FROM installations i JOIN jobs j ON j.installation = i.id \
             WHERE i.state = 'deleted'",
        )
        .fetch_all(reader(self))
        .await?)
    }

    /// Notes an installation as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_installation(
        &self,
        installation: &Installation,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        put_installation(&mut transaction, installation, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes an installation that GitHub lists now: it is there, whatever an event said before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_installation(
        &self,
        installation: &Installation,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "UPDATE installations SET state = 'suspended' WHERE id = $1 AND state = 'deleted'",
        )
        .bind(installation.id)
        .execute(&mut *transaction)
        .await?;
        put_installation(&mut transaction, installation, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes a repository as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_repository(
        &self,
        row: &RepositoryRow,
        now: Millis,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        put_repository(&mut transaction, row, now).await?;
        transaction.commit().await?;
        Ok(())
    }
}
