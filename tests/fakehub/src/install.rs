//! What the owners of accounts do with Apps: install, suspend, choose repositories, remove.

use std::collections::BTreeSet;

use crate::app;
use crate::hub::Hub;
use crate::state::{Installation, State};
use crate::token::{Access, Budget, Permission, Permissions, REQUESTS};
use crate::webhook::news;

/// What an App needs that reviews pull requests: metadata, contents and merge queues read; pull
/// requests, checks and issues (for comments in the conversation) write.
pub fn reviewer_permissions() -> Permissions {
    Permissions::from([
        (Permission::Metadata, Access::Read),
        (Permission::Contents, Access::Read),
        (Permission::MergeQueues, Access::Read),
        (Permission::PullRequests, Access::Write),
        (Permission::Checks, Access::Write),
        (Permission::Issues, Access::Write),
    ])
}

fn lower(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

fn installation(state: &mut State, id: u64) -> &mut Installation {
    let found = state.installations.get_mut(&id);
    found.unwrap_or_else(|| panic!("no installation {id}"))
}

fn install(
    state: &mut State,
    (app, account): (&str, &str),
    repositories: BTreeSet<String>,
    all: bool,
    permissions: Permissions,
) -> u64 {
    app::register(state, app);
    let id = state.id();
    state.user(account);
    let installation = Installation {
        app: app.to_owned(),
        account: account.to_owned(),
        permissions,
        repositories,
        all,
        created_at: state.now(),
        suspended_at: None,
        budget: Budget::new(REQUESTS, state.now()),
    };
    state.installations.insert(id, installation);
    news::installation(state, id, "created");
    id
}

/// Lets an installation, and its tokens that are not narrowed, reach more repositories.
fn extend(state: &mut State, id: u64, added: &BTreeSet<String>) {
    let reached = &mut installation(state, id).repositories;
    reached.extend(added.iter().cloned());
    let tokens = state.tokens.values_mut();
    for token in tokens.filter(|one| one.installation == Some(id) && !one.narrowed) {
        let names = token.repositories.get_or_insert_default();
        names.extend(added.iter().cloned());
    }
    news::installation_repositories(state, id, added, "added");
}

/// A repository came to an account: it belongs to the installations of all its repositories.
pub(crate) fn repository_came(state: &mut State, name: &str) {
    let owner = name.split('/').next().unwrap_or_default();
    let all = state.installations.iter();
    let here = all.filter(|(_, one)| one.all && one.account == owner);
    let here: Vec<u64> = here.map(|(id, _)| *id).collect();
    for id in here {
        extend(state, id, &lower(&[name]));
    }
}

impl Hub {
    /// Installs an App (registered when it is not yet) for an account, with these repositories, and
    /// returns the installation's id. Sends `installation` `created`.
    pub fn add_installation(
        &self,
        app: &str,
        account: &str,
        repositories: &[&str],
        permissions: Permissions,
    ) -> u64 {
        let names = lower(repositories);
        install(&mut self.state(), (app, account), names, false, permissions)
    }

    /// Installs an App for an account with all its repositories, those included that it gets later.
    pub fn add_installation_of_all(
        &self,
        app: &str,
        account: &str,
        permissions: Permissions,
    ) -> u64 {
        let mut state = self.state();
        let own = state
            .repos
            .iter()
            .filter(|(_, repo)| repo.owner() == account);
        let names = own.map(|(name, _)| name.clone()).collect();
        install(&mut state, (app, account), names, true, permissions)
    }

    /// Removes an installation: its tokens end, and it is not found any more.
    pub fn uninstall(&self, id: u64) {
        let mut state = self.state();
        news::installation(&mut state, id, "deleted");
        let gone = state.installations.remove(&id);
        assert!(gone.is_some(), "no installation {id}");
        for token in state.tokens.values_mut() {
            token.dead |= token.installation == Some(id);
        }
    }

    /// Suspends an installation: its tokens are refused and no new ones are given out.
    pub fn suspend(&self, id: u64) {
        let mut state = self.state();
        let now = state.now();
        installation(&mut state, id).suspended_at = Some(now);
        news::installation(&mut state, id, "suspend");
    }

    /// Ends a suspension.
    pub fn unsuspend(&self, id: u64) {
        let mut state = self.state();
        installation(&mut state, id).suspended_at = None;
        news::installation(&mut state, id, "unsuspend");
    }

    /// Lets an installation reach more repositories; so do its tokens that are not narrowed.
    pub fn add_to_installation(&self, id: u64, repositories: &[&str]) {
        let mut state = self.state();
        extend(&mut state, id, &lower(repositories));
    }

    /// Sets what is left of the primary rate limit that all tokens of an installation share, and in
    /// how many seconds it starts anew.
    pub fn set_installation_limit(&self, id: u64, remaining: u64, reset_in: i64) {
        let mut state = self.state();
        let now = state.now();
        let budget = &mut installation(&mut state, id).budget;
        budget.limit = budget.limit.max(remaining);
        budget.remaining = remaining;
        budget.reset = now + reset_in;
    }

    /// Takes repositories out of an installation and out of all its tokens.
    pub fn remove_from_installation(&self, id: u64, repositories: &[&str]) {
        let mut state = self.state();
        let removed = lower(repositories);
        let reached = &mut installation(&mut state, id).repositories;
        reached.retain(|name| !removed.contains(name));
        let tokens = state.tokens.values_mut();
        for token in tokens.filter(|one| one.installation == Some(id)) {
            let names = token.repositories.get_or_insert_default();
            names.retain(|name| !removed.contains(name));
        }
        news::installation_repositories(&mut state, id, &removed, "removed");
    }
}
