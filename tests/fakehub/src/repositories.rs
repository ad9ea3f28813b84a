//! Repositories and what their owners do with them: add, fork, protect, rename, archive, delete.

use serde_json::json;

use crate::diff::Moves;
use crate::git::Git;
use crate::hub::{Hub, repo, repo_mut};
use crate::install;
use crate::state::{Protection, Repo, State};
use crate::webhook::news;

impl Hub {
    /// Adds an empty public repository `owner/name` with the default branch `main`.
    pub fn add_repository(&self, full_name: &str) {
        self.insert(full_name, None);
    }

    /// Adds a fork under its own name, with all branches of the original.
    pub fn add_fork(&self, of: &str, full_name: &str) {
        self.insert(full_name, Some(of));
        let state = self.state();
        let (from, to) = (repo(&state, of), repo(&state, full_name));
        let dir = from.git.dir.display().to_string();
        to.git
            .run(&["fetch", "--quiet", &dir, "+refs/heads/*:refs/heads/*"]);
    }

    fn insert(&self, full_name: &str, fork_of: Option<&str>) {
        let mut state = self.state();
        let owner = full_name.split('/').next().unwrap_or_default().to_owned();
        state.user(&owner);
        let id = state.id();
        // By id: names change.
        let dir = self.folder().join(format!("{id}.git"));
        let made = Repo {
            id,
            full_name: full_name.to_owned(),
            private: false,
            archived: false,
            size: 0,
            created_at: state.now(),
            pushed_at: state.now(),
            default_branch: "main".to_owned(),
            git: Git::init(&dir, "main"),
            fork_of: fork_of.map(str::to_owned),
            code_security: true,
            collaborators: [(owner, "admin".to_owned())].into(),
            protections: [].into(),
            pulls: [].into(),
            issue_comments: Vec::new(),
            reviews: Vec::new(),
            review_comments: Vec::new(),
            resolved: [].into(),
            check_runs: Vec::new(),
            check_suites: Vec::new(),
            tips: [].into(),
            statuses: Vec::new(),
            sarifs: Vec::new(),
            moves: Moves::default(),
            diffs: [].into(),
            next_number: 1,
        };
        state.renamed.remove(&full_name.to_lowercase());
        state.repos.insert(full_name.to_lowercase(), made);
        install::repository_came(&mut state, full_name);
        news::repository(&mut state, full_name, "created", None);
    }

    /// Makes a repository private; without Code Security its code scanning refuses uploads.
    pub fn set_private(&self, name: &str, code_security: bool) {
        let mut state = self.state();
        let repo = repo_mut(&mut state, name);
        let was = std::mem::replace(&mut repo.private, true);
        repo.code_security = code_security;
        if !was {
            news::repository(&mut state, name, "privatized", None);
        }
    }

    /// Sets what a person may do: `admin`, `maintain`, `write`, `triage`, `read` or `none`.
    pub fn set_role(&self, name: &str, login: &str, role: &str) {
        let mut state = self.state();
        state.user(login);
        let repo = repo_mut(&mut state, name);
        repo.collaborators.insert(login.to_owned(), role.to_owned());
    }

    /// Protects a branch.
    pub fn protect(&self, name: &str, branch: &str, protection: Protection) {
        let mut state = self.state();
        let repo = repo_mut(&mut state, name);
        repo.protections.insert(branch.to_owned(), protection);
    }

    /// The id of a repository, which it keeps when it is renamed.
    pub fn repository_id(&self, name: &str) -> u64 {
        repo(&self.state(), name).id
    }

    /// Sets what the API says of a repository's size, in KB; nothing is stored for it.
    pub fn set_size(&self, name: &str, kilobytes: u64) {
        repo_mut(&mut self.state(), name).size = kilobytes;
    }

    /// Renames a repository within its owner's account. The earlier name leads to the new one, as on
    /// GitHub, until a repository takes it.
    ///
    /// # Panics
    /// When the new name is another account's.
    pub fn rename_repository(&self, from: &str, to: &str) {
        let owner = |name: &str| name.split('/').next().map(str::to_lowercase);
        assert_eq!(owner(from), owner(to), "a transfer is not a renaming");
        let mut state = self.state();
        let mut moved = state.repos.remove(&from.to_lowercase());
        let repo = moved
            .as_mut()
            .unwrap_or_else(|| panic!("no repository {from}"));
        let earlier = std::mem::replace(&mut repo.full_name, to.to_owned());
        let id = repo.id;
        state
            .repos
            .extend(moved.map(|repo| (to.to_lowercase(), repo)));
        state.renamed.insert(earlier.to_lowercase(), id);
        follow_rename(&mut state, &earlier, to);
        let earlier_name = earlier.split('/').nth(1).unwrap_or_default();
        let changes = json!({"repository": {"name": {"from": earlier_name}}});
        news::repository(&mut state, to, "renamed", Some(changes));
    }

    /// Makes a repository read-only, or ends that.
    pub fn set_archived(&self, name: &str, archived: bool) {
        let mut state = self.state();
        repo_mut(&mut state, name).archived = archived;
        let action = if archived { "archived" } else { "unarchived" };
        news::repository(&mut state, name, action, None);
    }

    /// Deletes a repository.
    pub fn delete_repository(&self, name: &str) {
        let mut state = self.state();
        let dir = repo(&state, name).git.dir.clone();
        news::repository(&mut state, name, "deleted", None);
        let key = name.to_lowercase();
        state.repos.remove(&key);
        for installation in state.installations.values_mut() {
            installation.repositories.remove(&key);
        }
        std::fs::remove_dir_all(dir).expect("the repository's folder goes");
    }
}

/// Names in other places follow a renamed repository.
fn follow_rename(state: &mut State, from: &str, to: &str) {
    let (old, new) = (from.to_lowercase(), to.to_lowercase());
    let sets = state
        .installations
        .values_mut()
        .map(|one| &mut one.repositories);
    let tokens = state.tokens.values_mut();
    let sets = sets.chain(tokens.filter_map(|one| one.repositories.as_mut()));
    for names in sets {
        if names.remove(&old) {
            names.insert(new.clone());
        }
    }
    for repo in state.repos.values_mut() {
        if repo.fork_of.as_deref() == Some(from) {
            repo.fork_of = Some(to.to_owned());
        }
        for pull in repo.pulls.values_mut().filter(|one| one.head_repo == from) {
            to.clone_into(&mut pull.head_repo);
        }
    }
}
