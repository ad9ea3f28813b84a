//! What a moved branch means for pull requests: heads, merge commits, comments that follow.

use serde_json::json;

use crate::anchor;
use crate::state::State;
use crate::suite;
use crate::webhook::news;

/// Brings everything up to date after a branch of a repository moved.
pub(crate) fn branch_moved(state: &mut State, name: &str, branch: &str) {
    let Some(moved) = state.repo(name) else {
        return;
    };
    let moved = moved.full_name.clone();
    let mut heads = Vec::new();
    let mut bases = Vec::new();
    for (key, repo) in &state.repos {
        for pull in repo.pulls.values().filter(|pull| pull.open) {
            if pull.head_repo == moved && pull.head_ref == branch {
                heads.push((key.clone(), pull.number));
            } else if repo.full_name == moved && pull.base_ref == branch {
                bases.push((key.clone(), pull.number));
            }
        }
    }
    for (repo, number) in heads {
        let head = |state: &State| Some(state.repo(&repo)?.pulls.get(&number)?.head_sha.clone());
        let before = head(state);
        update_head(state, &repo, number);
        let after = head(state);
        if before != after {
            let ends = json!({"before": before, "after": after});
            news::pull(state, &repo, number, "synchronize", ends);
        }
    }
    for (repo, number) in bases {
        refresh(state, &repo, number);
    }
    suite::pushed(state, name, branch);
}

/// Takes the tip of the head branch over, and all that follows from it.
pub(crate) fn update_head(state: &mut State, name: &str, number: u64) {
    let now = state.now();
    let Some(repo) = state.repo(name) else { return };
    let pull = &repo.pulls[&number];
    let Some(head) = state.repo(&pull.head_repo) else {
        return;
    };
    let Some(tip) = head.git.branch(&pull.head_ref) else {
        return;
    };
    if head.full_name != repo.full_name {
        repo.git.fetch(&head.git, &tip);
    }
    repo.git.set_ref(&format!("refs/pull/{number}/head"), &tip);
    let base = repo.git.branch(&pull.base_ref);
    let Some(pull) = state
        .repo_mut(name)
        .and_then(|repo| repo.pulls.get_mut(&number))
    else {
        return;
    };
    if pull.head_sha != tip {
        pull.updated_at = now;
    }
    pull.head_sha = tip;
    if let Some(base) = base {
        pull.base_sha = base;
    }
    refresh(state, name, number);
}

/// Recomputes the merge commit and where comments stand.
pub(crate) fn refresh(state: &mut State, name: &str, number: u64) {
    let Some(repo) = state.repo_mut(name) else {
        return;
    };
    anchor::follow(repo, number);
    let pull = &repo.pulls[&number];
    let message = format!("Merge {} into {}", pull.head_sha, pull.base_ref);
    let base = repo
        .git
        .branch(&pull.base_ref)
        .unwrap_or(pull.base_sha.clone());
    let merge = repo.git.merge(&base, &pull.head_sha, &message);
    if let Some(merge) = &merge {
        repo.git
            .set_ref(&format!("refs/pull/{number}/merge"), merge);
    }
    if let Some(pull) = repo.pulls.get_mut(&number) {
        pull.merge_sha = merge;
    }
}
