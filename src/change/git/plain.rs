//! Answers of libgit2's about a repository that only this program writes: no process is started.
//!
//! `None` is no answer: libgit2 cannot read the storage, or the case is one where git's own answer has
//! details that are not repeated here (renames, merges, encodings, odd names). git is asked then.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use git2::{Delta, DiffFormat, DiffOptions, FileMode, ObjectType, Oid, RepositoryOpenFlags};

use super::history::CommitFacts;
use super::objects::oid_of_hex;
use super::path_from_bytes;
use super::raw;
use crate::finding::RepoPath;

/// Most entries of a commit's trees that are listed. A small pack can hold a tree of trees without end.
const LISTED: usize = 4_000_000;

/// Most commits between two that are looked at.
const WALKED: usize = 10_000;

/// Name of the blob without bytes.
const EMPTY_BLOB: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

/// git's own bound for text, where the configuration has none (git-config(1), core.bigFileThreshold).
const BIG_FILE: i64 = 512 << 20;

/// An opened repository. Its users queue: an answer is faster than a handle of one's own.
pub(super) struct Plain {
    library: Mutex<git2::Repository>,
}

/// What differs between two commits, as git shows it without renames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainDiff {
    /// The text of `git diff`, but for the tab behind a name with a blank.
    pub text: Vec<u8>,
    /// What `git patch-id --stable` says of it; `None` where git has to be asked.
    pub patch_id: Option<String>,
}

impl Plain {
    /// Opens the repository at its git directory; nothing of the environment counts.
    pub(super) fn open(git_dir: &Path) -> Option<Self> {
        let flags = RepositoryOpenFlags::NO_SEARCH
            | RepositoryOpenFlags::BARE
            | RepositoryOpenFlags::NO_DOTGIT;
        let library =
            git2::Repository::open_ext(git_dir, flags, std::iter::empty::<&Path>()).ok()?;
        Some(Self {
            library: Mutex::new(library),
        })
    }

    /// The opened repository.
    pub(super) fn library(&self) -> MutexGuard<'_, git2::Repository> {
        // It only reads: a thread that panicked left nothing half done.
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a commit is here with its tree.
    pub(super) fn has_tree_of(&self, commit: &str) -> Option<bool> {
        let id = oid_of_hex(commit.as_bytes())?;
        let library = self.library();
        let odb = library.odb().ok()?;
        Some(match library.find_commit(id) {
            Ok(commit) => odb.exists(commit.tree_id()),
            Err(error) if error.code() == git2::ErrorCode::NotFound => false,
            Err(_) => return None,
        })
    }

    /// Whether no object of a pack has more than `limit` bytes; `index` is its index.
    pub(super) fn is_small_pack(&self, index: &Path, limit: u64) -> Option<bool> {
        let bytes = std::fs::read(index).ok()?;
        let library = self.library();
        let odb = library.odb().ok()?;
        for name in packed_names(&bytes)? {
            let (size, _) = odb.read_header(Oid::from_bytes(name).ok()?).ok()?;
            if u64::try_from(size).ok()? > limit {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Path and name of the texts of a commit: all, or those under a path.
    pub(super) fn texts(
        &self,
        commit: &str,
        under: Option<&RepoPath>,
    ) -> Option<Vec<(RepoPath, String)>> {
        let library = self.library();
        let root = library
            .find_commit(oid_of_hex(commit.as_bytes())?)
            .ok()?
            .tree()
            .ok()?;
        let mut found = Vec::new();
        let mut trees = Vec::new();
        match under.map(RepoPath::as_bytes) {
            None | Some(b"") => trees.push((Vec::new(), root)),
            Some(path) => match root.get_path(&path_from_bytes(path)) {
                Ok(entry) if entry.kind() == Some(ObjectType::Tree) => {
                    trees.push((path.to_vec(), library.find_tree(entry.id()).ok()?));
                }
                Ok(entry) => add_text(&entry, path.to_vec(), &mut found)?,
                Err(error) if error.code() == git2::ErrorCode::NotFound => {}
                Err(_) => return None,
            },
        }
        let mut seen = 0;
        while let Some((folder, tree)) = trees.pop() {
            for entry in &tree {
                seen += 1;
                if seen > LISTED {
                    return None;
                }
                let mut path = folder.clone();
                if !path.is_empty() {
                    path.push(b'/');
                }
                path.extend_from_slice(entry.name_bytes());
                match entry.kind() {
                    Some(ObjectType::Tree) => {
                        trees.push((path, library.find_tree(entry.id()).ok()?));
                    }
                    _ => add_text(&entry, path, &mut found)?,
                }
            }
        }
        found.sort();
        Some(found)
    }

    /// The names that differ between two commits, and whether the second has none of that name; a rename is
    /// two names.
    pub(super) fn differing(&self, base: &str, head: &str) -> Option<Vec<(RepoPath, bool)>> {
        let library = self.library();
        let diff = diff(&library, base, head)?;
        diff.deltas()
            .map(|delta| {
                let is_gone = delta.status() == Delta::Deleted;
                let file = match is_gone {
                    true => delta.old_file(),
                    false => delta.new_file(),
                };
                Some((RepoPath::new(file.path_bytes()?), is_gone))
            })
            .collect()
    }

    /// What differs, where it is plain: nothing that may be a rename, no links or submodules.
    pub(super) fn shown(&self, base: &str, head: &str) -> Option<PlainDiff> {
        let library = self.library();
        let diff = diff(&library, base, head)?;
        let mut is_odd = false;
        let (mut added, mut deleted) = (false, false);
        for delta in diff.deltas() {
            let (old, new) = (delta.old_file().mode(), delta.new_file().mode());
            match delta.status() {
                Delta::Added => added = true,
                Delta::Deleted => deleted = true,
                Delta::Modified => is_odd |= old != new,
                _ => return None,
            }
            // A header without lines counts in another way.
            let files = [delta.old_file(), delta.new_file()];
            is_odd |= files.iter().any(|file| file.id().to_string() == EMPTY_BLOB);
            let is_plain = |mode| {
                matches!(
                    mode,
                    FileMode::Blob | FileMode::BlobExecutable | FileMode::Unreadable
                )
            };
            if !is_plain(old) || !is_plain(new) {
                return None;
            }
        }
        if added && deleted {
            return None;
        }
        let mut text = Vec::new();
        diff.print(DiffFormat::Patch, |_, _, line| {
            match line.origin() {
                origin @ (' ' | '+' | '-') => text.push(origin as u8),
                'B' => is_odd = true,
                _ => {}
            }
            // What white space is, the two do not agree on.
            is_odd |= memchr::memchr2(b'\x0b', b'\x0c', line.content()).is_some();
            text.extend_from_slice(line.content());
            true
        })
        .ok()?;
        let patch_id = match text.is_empty() || is_odd {
            true => None,
            false => Some(diff.patchid(None).ok()?.to_string()),
        };
        Some(PlainDiff { text, patch_id })
    }

    /// Author, committer and tree of a commit.
    pub(super) fn facts(&self, commit: &str) -> Option<CommitFacts> {
        let library = self.library();
        let commit = library.find_commit(oid_of_hex(commit.as_bytes())?).ok()?;
        let [author, committer] = people(&commit)?;
        Some(CommitFacts {
            author,
            committer,
            tree: commit.tree_id().to_string(),
        })
    }

    /// Authors and committers of the commits after `base` up to `head`, newest first, each once, where they
    /// stand in a row and name nobody else.
    pub(super) fn makers(&self, base: Option<&str>, head: &str) -> Option<Vec<String>> {
        let library = self.library();
        let base = match base {
            Some(base) => Some(library.find_commit(oid_of_hex(base.as_bytes())?).ok()?),
            None => None,
        };
        let mut makers: Vec<String> = Vec::new();
        let mut next = Some(oid_of_hex(head.as_bytes())?);
        for _ in 0..WALKED {
            let at = match (next, &base) {
                (Some(at), Some(base)) if at == base.id() => return Some(makers),
                (Some(at), _) => at,
                // The row never came to the base; only one that begins a history has nothing behind it.
                (None, Some(base)) => return (base.parent_count() == 0).then_some(makers),
                (None, None) => return Some(makers),
            };
            let commit = library.find_commit(at).ok()?;
            let message = commit.message_raw_bytes().to_ascii_lowercase();
            if memchr::memmem::find(&message, b"co-authored-by").is_some() {
                return None;
            }
            for name in people(&commit)? {
                if !makers.contains(&name) {
                    makers.push(name);
                }
            }
            if base.is_none() {
                return Some(makers);
            }
            next = match commit.parent_count() {
                0 => None,
                1 => Some(commit.parent_id(0).ok()?),
                _ => return None,
            };
        }
        None
    }
}

/// The names of a pack's objects, from its index (gitformat-pack(5), version 2): a mark, the version, for each
/// first byte how many names come before the next, the names.
fn packed_names(index: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let rest = index.strip_prefix(b"\xfftOc\0\0\0\x02")?;
    let (counts, names) = rest.split_at_checked(256 * 4)?;
    let count = counts.last_chunk::<4>().copied().map(u32::from_be_bytes)?;
    let names = names.get(..usize::try_from(count).ok()?.checked_mul(20)?)?;
    Some(names.chunks_exact(20))
}

fn add_text(
    entry: &git2::TreeEntry<'_>,
    path: Vec<u8>,
    found: &mut Vec<(RepoPath, String)>,
) -> Option<()> {
    let mode = u32::try_from(entry.filemode_raw()).ok()?;
    if raw::regular(mode).is_ok() {
        found.push((RepoPath::new(path), entry.id().to_string()));
    }
    Some(())
}

fn diff<'l>(library: &'l git2::Repository, base: &str, head: &str) -> Option<git2::Diff<'l>> {
    let tree = |name: &str| {
        library
            .find_commit(oid_of_hex(name.as_bytes())?)
            .ok()?
            .tree()
            .ok()
    };
    let (base, head) = (tree(base)?, tree(head)?);
    let big = library.config().ok()?.snapshot().ok()?;
    let big = big.get_i64("core.bigfilethreshold").unwrap_or(BIG_FILE);
    let mut options = DiffOptions::new();
    options
        .include_typechange(true)
        .context_lines(3)
        .interhunk_lines(0)
        .indent_heuristic(true)
        .max_size(big);
    library
        .diff_tree_to_tree(Some(&base), Some(&head), Some(&mut options))
        .ok()
}

/// `NAME <ADDRESS>` of author and committer as git's `%an <%ae>` says it; `None` for what git would recode
/// or mend.
fn people(commit: &git2::Commit<'_>) -> Option<[String; 2]> {
    let header = commit.raw_header_bytes();
    let field = |name: &[u8]| {
        let mut lines = header
            .split(|byte| *byte == b'\n')
            .filter_map(|line| line.strip_prefix(name));
        let line = lines.next()?;
        lines.next().is_none().then_some(line)
    };
    if memchr::memmem::find(header, b"\nencoding ").is_some() {
        return None;
    }
    Some([person(field(b"author ")?)?, person(field(b"committer ")?)?])
}

/// `NAME <ADDRESS> SECONDS ZONE` without the time.
fn person(line: &[u8]) -> Option<String> {
    let text = str::from_utf8(line).ok()?;
    let (name, rest) = text.split_once(" <")?;
    let (address, _) = rest.split_once("> ")?;
    let is_plain = !name.is_empty()
        && name.trim() == name
        && address.trim() == address
        && !name.contains(['<', '>'])
        && !address.contains(['<', '>']);
    is_plain.then(|| format!("{name} <{address}>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_taken_as_git_shows_it_or_not_at_all() {
        assert_eq!(
            person(b"J. Doe Jr. <j@example.org> 1700000000 +0100").as_deref(),
            Some("J. Doe Jr. <j@example.org>")
        );
        assert_eq!(person(b"J <> 1 +0000").as_deref(), Some("J <>"));
        for odd in [
            &b"<j@example.org> 1 +0000"[..],
            b" <j@example.org> 1 +0000",
            b"J  <j@example.org> 1 +0000",
            b"J <<j@example.org>> 1 +0000",
            b"J <j@example.org>",
            b"\xffJ <j@example.org> 1 +0000",
        ] {
            assert_eq!(person(odd), None, "{}", String::from_utf8_lossy(odd));
        }
    }
}
