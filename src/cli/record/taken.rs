//! What a branch took in, for the records to be held against.

use crate::change::git::{Merge, Repository, Taken};
use crate::cli::failure::Failure;
use crate::evidence::{Commit, Coverage, History, Verified, bases_of};

/// What a branch took in after `from` (or since its beginning), up to `to`, as far as records need it.
pub(in crate::cli) fn taken_in(
    repository: &Repository,
    from: Option<&str>,
    to: &str,
    logs: &[&Verified],
) -> Result<History, Failure> {
    let commits = |bases: &[&str]| -> Result<Vec<Commit>, Failure> {
        let listed = repository.commits(from, to, bases)?;
        Ok(listed.into_iter().map(commit).collect())
    };
    let mut all = commits(&[])?;
    let bases = bases_of(logs.iter().copied(), &all);
    if !bases.is_empty() {
        all = commits(&bases)?;
    }
    let line = repository.taken_in(from, to)?;
    let mut history = History {
        line: line.into_iter().map(commit).collect(),
        commits: all,
        from: from
            .map(|from| crate::change::git::commit(repository, from))
            .transpose()?,
        plain: None,
    };
    let unsettled: Vec<Merge> = Coverage::new(logs.iter().copied(), &history)
        .unsettled()
        .into_iter()
        .map(|commit| Merge {
            commit: commit.name.clone(),
            parents: commit.parents.clone(),
            tree: commit.tree.clone(),
        })
        .collect();
    if unsettled.len() > TOLD {
        super::output::progress(&format!("making {} merges again ...", unsettled.len()));
    }
    let plain = repository.plain_merges(&unsettled)?;
    history.plain = plain.map(|plain| plain.into_iter().collect());
    Ok(history)
}

/// From so many merges on it takes long enough to be said.
const TOLD: usize = 100;

fn commit(taken: Taken) -> Commit {
    Commit {
        name: taken.commit,
        parents: taken.parents,
        tree: taken.tree,
        subject: taken.subject,
    }
}
