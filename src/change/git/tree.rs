//! The whole tree at the index, or parts of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::command;
use super::error::Error;
use super::place::path_in;
use super::raw::{self, IndexEntry};
use super::repository::Repository;
use super::{path_from_bytes, path_to_bytes};
use crate::change::{Change, ChangedFile, Content, SkipReason, SkippedEntry, Source, folder};
use crate::finding::RepoPath;

/// Above this many paths git lists everything and the choice is made here: a command line is
/// limited (128 KiB an argument, 2 MiB in all on Linux).
const PATHSPEC_MAX: usize = 500;

/// Every file of the index, or those under `paths` (files and folders, relative to the folder the
/// repository was found from). No base: everything counts as given for review.
///
/// A file that git considers unchanged is read from the work tree, which costs a tenth of reading
/// its blob; all others from their blob. A path without an entry in the index, inside the
/// repository or outside, is read as plain files; its content then is no part of any commit.
///
/// # Errors
/// No work tree, an index that cannot be read, a path that does not exist.
pub fn tree(repository: &Repository, paths: &[PathBuf]) -> Result<Change, Error> {
    let root = repository.work_tree()?;
    let mut change = Change::empty(Source::Tree);
    change.head = repository.head().map(str::to_owned);
    let wanted: Vec<Wanted<'_>> = paths
        .iter()
        .map(|given| Wanted {
            given,
            inside: path_in(repository, given),
        })
        .collect();
    let inner: Vec<&[u8]> = wanted
        .iter()
        .filter_map(|path| Some(path.inside.as_ref()?.as_bytes()))
        .collect();
    // Nothing named, or the root itself: everything.
    let is_whole = paths.is_empty() || inner.iter().any(|path| path.is_empty());
    let mut entries = Vec::new();
    if is_whole || !inner.is_empty() {
        let specs = if is_whole { &[][..] } else { &inner[..] };
        entries = list(repository, root, specs)?;
        add_entries(repository, root, specs, &entries, &mut change)?;
    }
    for path in wanted {
        let is_tracked = path.inside.as_ref().is_some_and(|inside| {
            let inside = inside.as_bytes();
            inside.is_empty() || entries.iter().any(|entry| is_under(&entry.path, inside))
        });
        if !is_tracked {
            path.add_plain_files(repository, &mut change)?;
        }
    }
    change.sort();
    Ok(change)
}

/// A path of the command line.
struct Wanted<'a> {
    given: &'a Path,
    /// From the root; `None` = outside the repository.
    inside: Option<RepoPath>,
}

impl Wanted<'_> {
    fn add_plain_files(self, repository: &Repository, change: &mut Change) -> Result<(), Error> {
        let name = match &self.inside {
            Some(inside) => inside.as_bytes().to_vec(),
            None => path_to_bytes(self.given),
        };
        let place = repository.start.join(self.given);
        if place.symlink_metadata().is_err() {
            return Err(Error::MissingPath {
                path: self.given.to_owned(),
            });
        }
        folder::add(change, &place, &name)
    }
}

fn is_under(path: &RepoPath, folder: &[u8]) -> bool {
    path.as_bytes()
        .strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn list(repository: &Repository, root: &Path, specs: &[&[u8]]) -> Result<Vec<IndexEntry>, Error> {
    repository.check_index()?;
    let output = at_root(
        repository,
        root,
        &["ls-files", "-v", "-s", "-z", "--full-name"],
        specs,
    )?;
    let mut entries =
        raw::parse_index(&output).map_err(|message| repository.unexpected("ls-files", message))?;
    if specs.len() > PATHSPEC_MAX {
        let chosen: BTreeSet<&[u8]> = specs.iter().copied().collect();
        entries.retain(|entry| {
            let path = entry.path.as_bytes();
            chosen.contains(path)
                || memchr::memchr_iter(b'/', path)
                    .any(|at| path.get(..at).is_some_and(|part| chosen.contains(part)))
        });
    }
    Ok(entries)
}

fn add_entries(
    repository: &Repository,
    root: &Path,
    specs: &[&[u8]],
    entries: &[IndexEntry],
    change: &mut Change,
) -> Result<(), Error> {
    // Compares file times and sizes alone: a file it names may still be equal.
    let output = at_root(repository, root, &["diff-files", "--raw", "-z"], specs)?;
    let differing: BTreeSet<RepoPath> = raw::parse_diff(&output)
        .map_err(|message| repository.unexpected("diff-files", message))?
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    for entry in entries {
        let reason = if entry.stage == 0 {
            raw::regular(entry.mode).err()
        } else {
            Some(SkipReason::Conflict)
        };
        if let Some(reason) = reason {
            change.skipped.push(SkippedEntry {
                path: entry.path.clone(),
                reason,
            });
            continue;
        }
        let content = if entry.is_watched && !differing.contains(&entry.path) {
            Content::File(root.join(path_from_bytes(entry.path.as_bytes())))
        } else {
            Content::Blob(entry.object.clone())
        };
        change
            .files
            .push(ChangedFile::added(entry.path.clone(), content));
    }
    Ok(())
}

/// Runs git where pathspecs count from the root.
fn at_root(
    repository: &Repository,
    root: &Path,
    arguments: &[&str],
    specs: &[&[u8]],
) -> Result<Vec<u8>, Error> {
    let mut all: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
    all.push(PathBuf::from("--"));
    if specs.len() <= PATHSPEC_MAX {
        all.extend(specs.iter().map(|spec| path_from_bytes(spec)));
    }
    let subcommand = arguments.first().copied().unwrap_or_default();
    command::run(repository.top(), all)?.success(subcommand, root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_what_its_name_is_the_front_of() {
        assert!(is_under(&"src/a.c".into(), b"src"));
        assert!(!is_under(&"src2/a.c".into(), b"src"));
    }
}
