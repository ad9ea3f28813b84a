//! The `-z` formats of git's plumbing, and how their entries become changed files. Pure.

use std::collections::BTreeMap;

use crate::change::{ChangedFile, Content, SkipReason, SkippedEntry};
use crate::finding::RepoPath;

/// One entry of `git diff-index --raw -z`, `git diff-tree --raw -z` or `git diff-files --raw -z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawEntry {
    /// Mode at the base; 0 = absent.
    pub(super) base_mode: u32,
    /// Mode at the head; 0 = absent.
    pub(super) head_mode: u32,
    /// Full hex object name at the base.
    pub(super) base: String,
    /// Full hex object name at the head.
    pub(super) head: String,
    /// `A`, `D`, `M`, `T`, `R`, `C`, `U`.
    pub(super) status: u8,
    /// Path at the base.
    pub(super) base_path: RepoPath,
    /// Path at the head.
    pub(super) path: RepoPath,
}

/// Reads the raw diff format.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn parse_diff(output: &[u8]) -> Result<Vec<RawEntry>, String> {
    let mut fields = output.split(|&byte| byte == 0);
    let mut entries = Vec::new();
    while let Some(head) = fields.next() {
        if head.is_empty() {
            continue;
        }
        let bad = || {
            format!(
                "unexpected line `{}` in a raw diff",
                String::from_utf8_lossy(head)
            )
        };
        let text = str::from_utf8(head).map_err(|_| bad())?;
        let mut words = text.strip_prefix(':').ok_or_else(bad)?.split(' ');
        let mut word = || words.next().ok_or_else(bad);
        let mode = |word: &str| u32::from_str_radix(word, 8).map_err(|_| bad());
        let base_mode = mode(word()?)?;
        let head_mode = mode(word()?)?;
        let base = word()?.to_owned();
        let head = word()?.to_owned();
        let status = word()?.bytes().next().ok_or_else(bad)?;
        let base_path = RepoPath::new(fields.next().ok_or_else(bad)?);
        let path = if matches!(status, b'R' | b'C') {
            RepoPath::new(fields.next().ok_or_else(bad)?)
        } else {
            base_path.clone()
        };
        entries.push(RawEntry {
            base_mode,
            head_mode,
            base,
            head,
            status,
            base_path,
            path,
        });
    }
    Ok(entries)
}

/// What an entry of a mode holds for us: `Ok` = a text.
pub(super) fn regular(mode: u32) -> Result<(), SkipReason> {
    match mode & 0o170_000 {
        0o100_000 => Ok(()),
        0o120_000 => Err(SkipReason::Symlink),
        0o160_000 => Err(SkipReason::Submodule),
        _ => Err(SkipReason::Special),
    }
}

/// Turns entries into changed files and skipped entries. Deletions, changes of the mode alone and
/// unmerged entries yield nothing.
pub(super) fn changed_files(entries: &[RawEntry]) -> (Vec<ChangedFile>, Vec<SkippedEntry>) {
    let mut files = Vec::new();
    let mut skipped = Vec::new();
    for entry in entries {
        if matches!(entry.status, b'D' | b'U') {
            continue;
        }
        if let Err(reason) = regular(entry.head_mode) {
            skipped.push(SkippedEntry {
                path: entry.path.clone(),
                reason,
            });
            continue;
        }
        let same_place = entry.path == entry.base_path;
        if entry.base == entry.head && same_place && regular(entry.base_mode).is_ok() {
            continue;
        }
        let mut file = ChangedFile::added(entry.path.clone(), Content::Blob(entry.head.clone()));
        // A link or submodule that became a file has no text before.
        if entry.status != b'A' && regular(entry.base_mode).is_ok() {
            file.base_path = Some(entry.base_path.clone());
            file.base = Some(Content::Blob(entry.base.clone()));
        }
        files.push(file);
    }
    (files, skipped)
}

/// The paths that the head has no more.
pub(super) fn gone(entries: &[RawEntry]) -> Vec<RepoPath> {
    let gone = entries.iter().filter_map(|entry| match entry.status {
        b'D' => Some(&entry.path),
        b'R' => Some(&entry.base_path),
        _ => None,
    });
    gone.filter(|path| {
        !entries
            .iter()
            .any(|other| other.status != b'D' && other.path == **path)
    })
    .cloned()
    .collect()
}

/// One entry of `git ls-files -v -s -z`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexEntry {
    /// Mode.
    pub(super) mode: u32,
    /// Full hex object name.
    pub(super) object: String,
    /// 0 = merged.
    pub(super) stage: u8,
    /// Whether the entry's file is expected in the work tree and watched for changes: neither
    /// skip-worktree (sparse checkout) nor assume-unchanged.
    pub(super) is_watched: bool,
    /// Path from the root.
    pub(super) path: RepoPath,
}

/// Reads the format of `git ls-files -v -s -z`.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn parse_index(output: &[u8]) -> Result<Vec<IndexEntry>, String> {
    let mut entries = Vec::new();
    for line in output
        .split(|&byte| byte == 0)
        .filter(|line| !line.is_empty())
    {
        let bad = || {
            format!(
                "unexpected line `{}` in a list of files",
                String::from_utf8_lossy(line)
            )
        };
        let tab = memchr::memchr(b'\t', line).ok_or_else(bad)?;
        let (head, path) = line.split_at(tab);
        let text = str::from_utf8(head).map_err(|_| bad())?;
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or_else(bad);
        let tag = word()?;
        entries.push(IndexEntry {
            mode: u32::from_str_radix(word()?, 8).map_err(|_| bad())?,
            object: word()?.to_owned(),
            stage: word()?.parse().map_err(|_| bad())?,
            is_watched: tag == "H",
            path: RepoPath::new(path.get(1..).unwrap_or_default()),
        });
    }
    Ok(entries)
}

/// Path and object name of the texts among the entries of `git ls-tree -r -z`.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn parse_tree(output: &[u8]) -> Result<Vec<(RepoPath, String)>, String> {
    let mut entries = Vec::new();
    for line in output
        .split(|&byte| byte == 0)
        .filter(|line| !line.is_empty())
    {
        let bad = || {
            format!(
                "unexpected line `{}` in a tree",
                String::from_utf8_lossy(line)
            )
        };
        let tab = memchr::memchr(b'\t', line).ok_or_else(bad)?;
        let (head, path) = line.split_at(tab);
        let mut words = str::from_utf8(head).map_err(|_| bad())?.split(' ');
        let mode = words.next().ok_or_else(bad)?;
        let mode = u32::from_str_radix(mode, 8).map_err(|_| bad())?;
        let object = words.nth(1).ok_or_else(bad)?;
        if regular(mode).is_ok() {
            let path = RepoPath::new(path.get(1..).unwrap_or_default());
            entries.push((path, object.to_owned()));
        }
    }
    Ok(entries)
}

/// Staged content by path, as the difference to `HEAD` shows it.
pub(super) type StagedBlobs = BTreeMap<RepoPath, Option<String>>;

/// For every path that differs between `HEAD` and the index: the staged blob, `None` = not there.
pub(super) fn staged_blobs(entries: &[RawEntry]) -> StagedBlobs {
    let mut blobs = StagedBlobs::new();
    for entry in entries {
        if matches!(entry.status, b'D' | b'R') {
            blobs.entry(entry.base_path.clone()).or_insert(None);
        }
        if entry.status != b'D' {
            let blob = regular(entry.head_mode).is_ok().then(|| entry.head.clone());
            blobs.insert(entry.path.clone(), blob);
        }
    }
    blobs
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn raw_diff_keeps_odd_names() {
        let entries = parse_diff(
            b":100644 100755 aa bb M\0a b\n.c\0:100644 100644 aa cc R087\0old.c\0n\xff.c\0:000000 120000 00 dd A\0l\0",
        )
        .unwrap();
        assert_eq!(entries.len(), 3);
        assert_eq!(entries[0].path.as_bytes(), b"a b\n.c");
        assert_eq!(entries[1].base_path.as_bytes(), b"old.c");
        assert_eq!(entries[1].path.as_bytes(), b"n\xff.c");
        let (files, skipped) = changed_files(&entries);
        assert_eq!(files.len(), 2);
        assert!(files[1].is_renamed());
        assert_eq!(skipped[0].reason, SkipReason::Symlink);
    }

    #[test]
    fn broken_output_is_an_error() {
        for bad in [
            &b"x\0"[..],
            b":100644 1 aa\0",
            b":9 9 a b M\0p\0",
            b":1 1 a b M",
        ] {
            assert!(parse_diff(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
        assert!(parse_index(b"H 100644 aa 0 path\0").is_err());
        assert!(parse_index(b"H 100644 aa x\tpath\0").is_err());
    }

    #[test]
    fn trees_list_their_texts() {
        let entries =
            parse_tree(b"100644 blob aa\ta b.h\x00120000 blob bb\tl\x00160000 commit cc\ts\0")
                .unwrap();
        assert_eq!(entries, [(RepoPath::from("a b.h"), "aa".to_owned())]);
        assert!(parse_tree(b"100644 blob aa\0").is_err());
    }

    #[test]
    fn index_entries_know_whether_the_work_tree_counts() {
        let entries = parse_index(
            b"H 100644 aa 0\ta\0S 100644 aa 0\tb\0h 100644 aa 0\tc\0M 100644 aa 2\td\0",
        )
        .unwrap();
        let watched: Vec<bool> = entries.iter().map(|entry| entry.is_watched).collect();
        assert_eq!(watched, [true, false, false, false]);
        assert_eq!(entries[3].stage, 2);
    }
}
