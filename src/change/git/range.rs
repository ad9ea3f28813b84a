//! Commits against commits: `A..B`, `A...B`, `--base REV`.

use std::path::PathBuf;

use super::command;
use super::error::Error;
use super::libgit;
use super::path_from_bytes;
use super::raw::{self, RawEntry};
use super::repository::Repository;
use super::staged::{from_entries, index_against};
use crate::change::{Change, Source};
use crate::finding::RepoPath;

/// What `--base REV` compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The commit `HEAD`.
    Commit,
    /// The index.
    Index,
}

/// A range as the user wrote it, sides in git's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides<'a> {
    /// Left side; `HEAD` if left out.
    pub(super) base: &'a str,
    /// Right side; `HEAD` if left out.
    pub(super) head: &'a str,
    /// Three dots: from the merge base of both.
    pub(super) from_merge_base: bool,
}

/// Base and head of a range, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ends {
    /// Full hex object name; `None` = nothing (the empty tree).
    pub(super) base: Option<String>,
    /// Full hex object name.
    pub(super) head: String,
}

impl<'a> Sides<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Error> {
        let (base, head, from_merge_base) = if let Some((base, head)) = text.split_once("...") {
            (base, head, true)
        } else if let Some((base, head)) = text.split_once("..") {
            (base, head, false)
        } else {
            return Err(Error::InvalidRange {
                text: text.to_owned(),
            });
        };
        // A name can neither start nor end with a dot.
        if head.contains("..") || head.starts_with('.') || (base.is_empty() && head.is_empty()) {
            return Err(Error::InvalidRange {
                text: text.to_owned(),
            });
        }
        let or_head = |side: &'a str| if side.is_empty() { "HEAD" } else { side };
        Ok(Self {
            base: or_head(base),
            head: or_head(head),
            from_merge_base,
        })
    }
}

/// The zero object name: what git gives a pre-push hook for a branch that the remote does not have.
pub(super) fn is_nothing(revision: &str) -> bool {
    revision.len() >= 40 && revision.bytes().all(|byte| byte == b'0')
}

/// `A..B`: the tree of A against the tree of B. `A...B`: their merge base against B. A side left
/// out is `HEAD`; A = the zero object name is the empty tree.
///
/// # Errors
/// Not a range, an unknown revision, no merge base, an object that is missing.
pub fn range(repository: &Repository, text: &str) -> Result<Change, Error> {
    let sides = Sides::parse(text)?;
    compare(repository, sides, Source::Range)
}

/// The merge base of `revision` and `HEAD` against `HEAD` ([`Head::Commit`], what a pull request
/// shows) or against the index ([`Head::Index`]).
///
/// # Errors
/// As [`range`]; with the index as [`super::staged`].
pub fn base(repository: &Repository, revision: &str, head: Head) -> Result<Change, Error> {
    let sides = Sides {
        base: revision,
        head: "HEAD",
        from_merge_base: true,
    };
    match head {
        Head::Commit => compare(repository, sides, Source::Base),
        Head::Index => {
            repository.work_tree()?;
            let ends = libgit::ends(repository, sides).or_else(|_| ends(repository, sides))?;
            let base = ends.base.unwrap_or(repository.empty_tree().to_owned());
            let mut change = from_entries(&index_against(repository, &base)?, Source::Base)?;
            change.base = Some(base);
            change.sort();
            Ok(change)
        }
    }
}

fn compare(repository: &Repository, sides: Sides<'_>, source: Source) -> Result<Change, Error> {
    // Whatever libgit2 refuses or cannot find (reftable, SHA-256, promised objects, its own view
    // of ownership), git itself has the last word, and the words of the error.
    let (ends, entries) = match libgit::compare(repository, sides) {
        Ok(found) => found,
        Err(_) => {
            let ends = ends(repository, sides)?;
            let entries = tree_diff(repository, &ends)?;
            (ends, entries)
        }
    };
    let mut change = from_entries(&entries, source)?;
    change.base = ends.base;
    change.head = Some(ends.head);
    if repository.is_shallow() {
        change
            .notices
            .push("the history of this clone is shallow".to_owned());
    }
    change.sort();
    Ok(change)
}

/// Resolves the sides through git's plumbing.
pub(super) fn ends(repository: &Repository, sides: Sides<'_>) -> Result<Ends, Error> {
    let head = commit(repository, sides.head)?;
    if is_nothing(sides.base) {
        return Ok(Ends { base: None, head });
    }
    let base = commit(repository, sides.base)?;
    if !sides.from_merge_base {
        return Ok(Ends {
            base: Some(base),
            head,
        });
    }
    let answer = command::run(&repository.start, ["merge-base", &base, &head])?;
    // git-merge-base(1): 1 = there is none.
    if answer.code == Some(1) {
        return Err(Error::NoMergeBase {
            base: sides.base.to_owned(),
            head: sides.head.to_owned(),
            shallow: repository.is_shallow(),
            repository: repository.place().to_owned(),
        });
    }
    let output = answer.success("merge-base", repository.place())?;
    Ok(Ends {
        base: Some(first_line(&output)),
        head,
    })
}

/// The full hex object name of the commit that a revision names.
///
/// # Errors
/// It names none.
pub fn commit(repository: &Repository, revision: &str) -> Result<String, Error> {
    let name = format!("{revision}^{{commit}}");
    let answer = command::run(
        &repository.start,
        ["rev-parse", "--verify", "--end-of-options", &name],
    )?;
    if answer.code == Some(0) {
        return Ok(first_line(&answer.stdout));
    }
    Err(Error::UnknownRevision {
        revision: revision.to_owned(),
        repository: repository.place().to_owned(),
    })
}

/// The names under a path (the file itself; all if it is empty) that differ between two commits.
/// Links and submodules are among them; a rename is two names.
///
/// # Errors
/// A commit that cannot be read.
pub fn differing(
    repository: &Repository,
    base: &str,
    head: &str,
    under: &RepoPath,
) -> Result<Vec<RepoPath>, Error> {
    let plain = repository.plain.as_ref();
    if let Some(names) = plain.and_then(|plain| plain.differing(base, head)) {
        let names = names.into_iter().map(|(path, _)| path);
        return Ok(names.filter(|path| is_at(path, under)).collect());
    }
    let mut arguments: Vec<PathBuf> = [
        "diff-tree",
        "-r",
        "--no-renames",
        "--name-only",
        "-z",
        base,
        head,
        "--",
    ]
    .map(PathBuf::from)
    .to_vec();
    // git takes no empty path.
    if !under.as_bytes().is_empty() {
        arguments.push(path_from_bytes(under.as_bytes()));
    }
    let output =
        command::run(repository.top(), arguments)?.success("diff-tree", repository.place())?;
    Ok(output
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(RepoPath::new)
        .collect())
}

/// Whether a path is that one or lies below it; all lie below the root.
fn is_at(path: &RepoPath, under: &RepoPath) -> bool {
    let under = under.as_bytes();
    let rest = path.as_bytes().strip_prefix(under);
    under.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

pub(super) fn tree_diff(repository: &Repository, ends: &Ends) -> Result<Vec<RawEntry>, Error> {
    let base = ends.base.as_deref().unwrap_or(repository.empty_tree());
    let output = repository.run(&[
        "diff-tree",
        "-r",
        "--raw",
        "-z",
        "--no-abbrev",
        "-M",
        "-l400",
        base,
        &ends.head,
        "--",
    ])?;
    raw::parse_diff(&output).map_err(|message| repository.unexpected("diff-tree", message))
}

fn first_line(output: &[u8]) -> String {
    String::from_utf8_lossy(output)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_range_has_two_or_three_dots() {
        let sides = |text| {
            let sides = Sides::parse(text).unwrap();
            (sides.base, sides.head, sides.from_merge_base)
        };
        assert_eq!(sides("a..b"), ("a", "b", false));
        assert_eq!(sides("a...b"), ("a", "b", true));
        assert_eq!(sides("v1.0.."), ("v1.0", "HEAD", false));
        assert_eq!(sides("..b"), ("HEAD", "b", false));
        for text in ["", "a", "..", "...", "a..b..c", "a....b"] {
            assert!(Sides::parse(text).is_err(), "{text}");
        }
    }
}
