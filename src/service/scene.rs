//! What a job needs of its repository: who speaks, under which name, whether it can be reviewed at all.

use super::state::Service;
use super::worker::JobError;
use crate::github::app;
use crate::github::event::RepositoryName;
use crate::github::{Client, Fence};
use crate::store::{Claim, InstallationState, RepositoryRow, RepositoryState, Store};

/// The repository of a job, and the right to speak in it.
#[derive(Debug)]
pub(super) struct Scene {
    /// As the database has it now.
    pub(super) row: RepositoryRow,
    /// Its name now.
    pub(super) name: RepositoryName,
    /// Speaks for the installation in this repository alone, while the lease lasts.
    pub(super) client: Client,
    /// The database, while the lease is ours.
    pub(super) store: Store,
    /// Its size as GitHub states it, in KiB.
    pub(super) size_kib: u64,
}

impl Scene {
    /// Sets the scene of a job. A repository or installation that is gone, suspended or archived ends
    /// the job: nothing can be said there.
    pub(super) async fn of(
        service: &Service,
        claim: &Claim,
        fence: &Fence,
    ) -> Result<Self, JobError> {
        let gone = |message: &str| JobError::Gone {
            message: message.to_owned(),
        };
        let installation = claim.job.installation;
        let account = service.store.installation(installation).await?;
        if account.is_none_or(|one| one.state != InstallationState::Active) {
            return Err(gone("the installation is suspended or deleted"));
        }
        let row = service
            .store
            .repository(claim.job.repository)
            .await?
            .ok_or_else(|| gone("the repository is not known"))?;
        match row.state {
            RepositoryState::Active => {}
            RepositoryState::Archived => return Err(gone("the repository is archived")),
            RepositoryState::Removed => return Err(gone("the repository is not covered any more")),
        }
        let client = match service.client(installation, Some(row.id)).await {
            Ok(client) => client.behind(fence.clone()),
            Err(error) => {
                service.installation_failed(installation, &error).await?;
                return Err(error.into());
            }
        };
        let name = RepositoryName::parse(&row.full_name)
            .ok_or_else(|| gone("the repository's name is none of GitHub's"))?;
        // A redirect leads from a former name to the present one.
        let live = app::repository(&client, &name).await?;
        let now_named = RepositoryName::parse(&live.full_name)
            .ok_or_else(|| gone("the repository's name is none of GitHub's"))?;
        let state = match live.is_archived {
            true => RepositoryState::Archived,
            false => RepositoryState::Active,
        };
        if live.id != row.id {
            // Somebody else's repository took the name over.
            let removed = RepositoryRow {
                state: RepositoryState::Removed,
                ..row
            };
            service
                .store
                .note_repository(&removed, service.now())
                .await?;
            return Err(gone("another repository has its name now"));
        }
        let fresh = RepositoryRow {
            full_name: live.full_name,
            default_branch: live.default_branch,
            is_private: live.is_private,
            state,
            ..row.clone()
        };
        if fresh != row {
            service.store.note_repository(&fresh, service.now()).await?;
        }
        if state == RepositoryState::Archived {
            return Err(gone("the repository is archived"));
        }
        Ok(Self {
            row: fresh,
            name: now_named,
            client,
            store: service.store.under(&claim.lease),
            size_kib: live.size_kib,
        })
    }
}
