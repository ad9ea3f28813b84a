//! Looks through an installation for pull requests whose newest commit nobody reviewed.

use super::state::Service;
use super::worker::JobError;
use crate::github::event::RepositoryName;
use crate::github::{Fence, app};
use crate::store::{Claim, Job, RepositoryRow, RepositoryState};

pub(super) async fn run(service: &Service, claim: &Claim, fence: &Fence) -> Result<(), JobError> {
    let installation = claim.job.installation;
    let client = match service.client(installation, None).await {
        Ok(client) => client.behind(fence.clone()),
        Err(error) => {
            service.installation_failed(installation, &error).await?;
            return Err(error.into());
        }
    };
    let now = service.now();
    let listed = app::repositories(&client).await?;
    let known = service.store.repositories().await?;
    // Whoever stood still has an old list.
    client.ensure_time("note the repositories")?;
    for row in known.iter().filter(|row| row.installation == installation) {
        if !listed.iter().any(|one| one.id == row.id) {
            let row = RepositoryRow {
                state: RepositoryState::Removed,
                ..row.clone()
            };
            service.store.note_repository(&row, now).await?;
        }
    }
    let mut found = 0_u64;
    for one in listed {
        let row = RepositoryRow {
            id: one.id,
            installation,
            full_name: one.full_name.clone(),
            default_branch: one.default_branch,
            is_private: one.is_private,
            state: match one.is_archived {
                true => RepositoryState::Archived,
                false => RepositoryState::Active,
            },
        };
        service.store.note_repository(&row, now).await?;
        let Some(name) = RepositoryName::parse(&one.full_name) else {
            continue;
        };
        if one.is_archived {
            continue;
        }
        let open = app::open_pulls(&client, &name).await?;
        // What says something of a commit and is not open any more was closed while nobody listened: it would
        // keep others with the same commit closed.
        for number in service.store.gated(one.id).await? {
            if !open.iter().any(|pull| pull.number == number) {
                let job = Job::pull(installation, one.id, number);
                service.store.enqueue_if_new(&job, "sweep", now).await?;
                found += 1;
            }
        }
        for pull in open {
            if service
                .store
                .is_reviewed(one.id, pull.number, &pull.head)
                .await?
            {
                continue;
            }
            let job = Job::pull(installation, one.id, pull.number);
            service.store.enqueue_if_new(&job, "sweep", now).await?;
            found += 1;
        }
    }
    tracing::info!(found, "looked through an installation");
    Ok(())
}
