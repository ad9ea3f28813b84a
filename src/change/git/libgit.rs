//! Ranges through libgit2. Any error means: ask git itself.

use std::path::Path;

use git2::{Delta, DiffFindOptions, DiffOptions, FileMode, Oid, RepositoryOpenFlags};

use super::range::{Ends, Sides, is_nothing};
use super::raw::RawEntry;
use super::repository::Repository;
use crate::finding::RepoPath;

/// Resolves the sides.
pub(super) fn ends(repository: &Repository, sides: Sides<'_>) -> Result<Ends, git2::Error> {
    resolve(&open(repository)?, sides)
}

/// Resolves the sides and compares their trees.
pub(super) fn compare(
    repository: &Repository,
    sides: Sides<'_>,
) -> Result<(Ends, Vec<RawEntry>), git2::Error> {
    match &repository.plain {
        Some(plain) => compare_in(&plain.library(), sides),
        None => compare_in(&open(repository)?, sides),
    }
}

fn compare_in(
    library: &git2::Repository,
    sides: Sides<'_>,
) -> Result<(Ends, Vec<RawEntry>), git2::Error> {
    let ends = resolve(library, sides)?;
    let tree = |name: &str| library.find_commit(Oid::from_str(name)?)?.tree();
    let base = ends.base.as_deref().map(tree).transpose()?;
    let head = tree(&ends.head)?;
    let mut options = DiffOptions::new();
    options.include_typechange(true);
    let mut diff = library.diff_tree_to_tree(base.as_ref(), Some(&head), Some(&mut options))?;
    let mut find = DiffFindOptions::new();
    // The same limit as for git's plumbing.
    find.renames(true).rename_limit(400);
    diff.find_similar(Some(&mut find))?;
    let entries = diff
        .deltas()
        .map(|delta| entry(&delta))
        .collect::<Result<_, _>>()?;
    Ok((ends, entries))
}

fn open(repository: &Repository) -> Result<git2::Repository, git2::Error> {
    if repository.is_for_git {
        return Err(git2::Error::from_str("it is left to git"));
    }
    // FROM_ENV: a server-side hook keeps pushed objects in a folder of their own.
    let flags = RepositoryOpenFlags::NO_SEARCH | RepositoryOpenFlags::FROM_ENV;
    git2::Repository::open_ext(repository.git_dir(), flags, std::iter::empty::<&Path>())
}

fn resolve(library: &git2::Repository, sides: Sides<'_>) -> Result<Ends, git2::Error> {
    let commit = |revision: &str| {
        library
            .revparse_single(revision)?
            .peel_to_commit()
            .map(|commit| commit.id())
    };
    let head = commit(sides.head)?;
    let base = if is_nothing(sides.base) {
        None
    } else if sides.from_merge_base {
        Some(library.merge_base(commit(sides.base)?, head)?)
    } else {
        Some(commit(sides.base)?)
    };
    Ok(Ends {
        base: base.map(|base| base.to_string()),
        head: head.to_string(),
    })
}

fn entry(delta: &git2::DiffDelta<'_>) -> Result<RawEntry, git2::Error> {
    let status = match delta.status() {
        Delta::Added => b'A',
        Delta::Deleted => b'D',
        Delta::Modified => b'M',
        Delta::Renamed => b'R',
        Delta::Copied => b'C',
        Delta::Typechange => b'T',
        _ => return Err(git2::Error::from_str("a change of an unknown kind")),
    };
    let (base, head) = (delta.old_file(), delta.new_file());
    let path = |file: &git2::DiffFile<'_>| file.path_bytes().map(RepoPath::new);
    let (base_path, path) = match (path(&base), path(&head)) {
        (Some(base), Some(head)) => (base, head),
        (Some(one), None) | (None, Some(one)) => (one.clone(), one),
        (None, None) => return Err(git2::Error::from_str("a change without a path")),
    };
    Ok(RawEntry {
        base_mode: mode(base.mode()),
        head_mode: mode(head.mode()),
        base: base.id().to_string(),
        head: head.id().to_string(),
        status,
        base_path,
        path,
    })
}

fn mode(mode: FileMode) -> u32 {
    match mode {
        FileMode::Blob | FileMode::BlobGroupWritable => 0o100_644,
        FileMode::BlobExecutable => 0o100_755,
        FileMode::Link => 0o120_000,
        FileMode::Commit => 0o160_000,
        FileMode::Tree => 0o040_000,
        FileMode::Unreadable => 0,
    }
}
