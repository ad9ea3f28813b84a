//! The staged change: what the next commit will hold.

use std::collections::BTreeMap;

use super::error::Error;
use super::raw::{self, RawEntry};
use super::repository::Repository;
use crate::change::{Change, ChangedFile, Content, ParentFile, SkipReason, SkippedEntry, Source};
use crate::finding::RepoPath;

/// Above this many added or deleted files git looks for exact renames only. A rename not found is
/// an added file: more is reported, never less.
const RENAME_LIMIT: &str = "-l400";

/// Names of the blob without bytes, SHA-1 and SHA-256 (git's `empty_blob`).
const EMPTY_BLOBS: [&str; 2] = [
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
];

/// The index (that of `GIT_INDEX_FILE` under a hook) against `HEAD`; against the empty tree before
/// the first commit; in a merge against every parent, so that only what is in none of them counts.
///
/// Never looks at the work tree.
///
/// # Errors
/// No work tree, an index that cannot be read, unmerged entries, a missing tree.
pub fn staged(repository: &Repository) -> Result<Change, Error> {
    repository.work_tree()?;
    let base = repository.head().unwrap_or_else(|| repository.empty_tree());
    let entries = index_against(repository, base)?;
    let mut change = Change {
        base: repository.head().map(str::to_owned),
        ..from_entries(&entries, Source::Staged)?
    };
    // A failure means that it is filled already, with the same.
    let _ = repository.staged.set(raw::staged_blobs(&entries));
    set_intent_to_add_apart(&mut change);
    for parent in merge_heads(repository) {
        keep_work_of_merge(&mut change, &index_against(repository, &parent)?, &parent);
    }
    change.sort();
    Ok(change)
}

/// The index against any commit.
pub(super) fn index_against(repository: &Repository, base: &str) -> Result<Vec<RawEntry>, Error> {
    repository.check_index()?;
    if let Some(entries) = repository.index_against(base) {
        return Ok(entries);
    }
    let output = repository.run(&[
        "diff-index",
        "--cached",
        "--raw",
        "-z",
        "--no-abbrev",
        "-M",
        RENAME_LIMIT,
        base,
        "--",
    ])?;
    raw::parse_diff(&output).map_err(|message| repository.unexpected("diff-index", message))
}

/// A change of `entries`.
///
/// # Errors
/// Some of them are unmerged.
pub(super) fn from_entries(entries: &[RawEntry], source: Source) -> Result<Change, Error> {
    let mut conflicts: Vec<RepoPath> = entries
        .iter()
        .filter(|entry| entry.status == b'U')
        .map(|entry| entry.path.clone())
        .collect();
    if !conflicts.is_empty() {
        conflicts.sort();
        conflicts.dedup();
        return Err(Error::Conflicts { paths: conflicts });
    }
    let (files, skipped) = raw::changed_files(entries);
    Ok(Change {
        files,
        skipped,
        gone: raw::gone(entries),
        ..Change::empty(source)
    })
}

/// Moves what `git add -N` announced to the skipped entries. git shows such an entry as an added
/// empty file, and nothing in the raw format tells it from a file that is staged empty; neither
/// has a text.
fn set_intent_to_add_apart(change: &mut Change) {
    let skipped = &mut change.skipped;
    change.files.retain(|file| {
        let is_empty =
            matches!(&file.head, Content::Blob(name) if EMPTY_BLOBS.contains(&name.as_str()));
        if is_empty && file.base.is_none() {
            skipped.push(SkippedEntry {
                path: file.path.clone(),
                reason: SkipReason::IntentToAdd,
            });
            return false;
        }
        true
    });
}

/// The further parents of the commit being made. git keeps `MERGE_HEAD` as a file with every kind
/// of reference storage.
fn merge_heads(repository: &Repository) -> Vec<String> {
    std::fs::read_to_string(repository.git_dir().join("MERGE_HEAD"))
        .unwrap_or_default()
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| line.len() >= 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .collect()
}

/// Keeps of `change` what also differs from a further parent.
fn keep_work_of_merge(change: &mut Change, entries: &[RawEntry], parent: &str) {
    let (files, skipped) = raw::changed_files(entries);
    let theirs: BTreeMap<&RepoPath, &ChangedFile> =
        files.iter().map(|file| (&file.path, file)).collect();
    let before = change.files.len();
    change.files.retain_mut(|file| {
        let Some(other) = theirs.get(&file.path) else {
            return false;
        };
        if let (Some(path), Some(content)) = (&other.base_path, &other.base) {
            file.other_bases.push(ParentFile {
                path: path.clone(),
                content: content.clone(),
            });
        }
        true
    });
    change
        .skipped
        .retain(|entry| skipped.iter().any(|theirs| theirs.path == entry.path));
    let dropped = before - change.files.len();
    change.notices.push(format!(
        "merge of {}: only what is in no parent is reviewed; {dropped} {} from the other side",
        parent.get(..12).unwrap_or(parent),
        if dropped == 1 {
            "file comes"
        } else {
            "files come"
        },
    ));
}
