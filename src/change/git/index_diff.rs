//! The index against a commit in this process. `git diff-index` makes an entry of its own of each of the
//! index first, which is most of what a hook with nothing to review would take.
//!
//! The index says itself which folders are as in a tree (gitformat-index(5), "Cache tree"), so only
//! those on the way to a change are looked at. What is out of the ordinary is left to git: `None`.

use git2::Oid;
use rustc_hash::FxHashMap;

use super::index_file::{Index, Seen};
use super::objects::{FOLDER, FORMAT, Objects, REGULAR, SUBMODULE, TreeEntries, TreeEntry};
use super::raw::RawEntry;
use crate::finding::{RepoPath, hex};

/// Deepest folders that are followed; git's own limit of a path is 4,096 bytes.
const DEPTH_MAX: usize = 2_048;

/// Most differences that are told: a tree of trees can name more than a machine can hold.
const FOUND_MAX: usize = 1_000_000;

/// The differences, by path; `None` where git has to tell them: renames may be among them, the index
/// does not hold all names, an entry is announced, unmerged, left out of the work tree or a submodule,
/// or an object is not at hand.
pub(super) fn differences(index: &Index, objects: &Objects, commit: Oid) -> Option<Vec<RawEntry>> {
    if !index.is_complete() {
        return None;
    }
    let folders = Folders::of(index.trees()?)?;
    let mut walk = Walk {
        index,
        objects,
        folders: &folders,
        found: Vec::new(),
    };
    let tree = objects.tree_of_commit(commit)?;
    let whole = Part {
        first: 0,
        end: index.len(),
        prefix: 0,
    };
    walk.folder(whole, Some(0), Some(tree), 0)?;
    let is_there = |status| walk.found.iter().any(|entry| entry.status == status);
    // A file that is gone and one that is new may be one that moved.
    let may_move = is_there(b'A') && is_there(b'D');
    (!may_move).then_some(walk.found)
}

/// A folder as the extension `TREE` has it.
struct Folder<'i> {
    name: &'i [u8],
    /// Entries of the index below it, and its tree; `None` where something below was staged.
    known: Option<(usize, Oid)>,
    /// The first one behind it and all below it.
    next: usize,
}

/// The folders of an index, each before those in it.
struct Folders<'i>(Vec<Folder<'i>>);

impl<'i> Folders<'i> {
    /// Reads the extension; `None` where it does not fit.
    fn of(mut bytes: &'i [u8]) -> Option<Self> {
        // A folder takes some forty bytes; growing would copy all of them several times.
        let mut folders: Vec<Folder<'i>> = Vec::with_capacity(bytes.len() / 40);
        // Folders that are not whole yet: index, and how many are still to come in it.
        let mut open: Vec<(usize, usize)> = Vec::new();
        while !bytes.is_empty() {
            let (name, rest) = bytes.split_at_checked(memchr::memchr(0, bytes)?)?;
            let (count, rest) = rest
                .get(1..)?
                .split_at_checked(memchr::memchr(b' ', rest)?.checked_sub(1)?)?;
            let (below, rest) = rest
                .get(1..)?
                .split_at_checked(memchr::memchr(b'\n', rest)?.checked_sub(1)?)?;
            bytes = rest.get(1..)?;
            let below: usize = str::from_utf8(below).ok()?.parse().ok()?;
            let known = match count.first()? {
                b'-' => None,
                _ => {
                    let (oid, rest) = bytes.split_at_checked(20)?;
                    bytes = rest;
                    let count = str::from_utf8(count).ok()?.parse().ok()?;
                    Some((count, Oid::from_bytes(oid).ok()?))
                }
            };
            // There is one folder that lies in no other.
            if let Some((_, rest)) = open.last_mut() {
                *rest = rest.checked_sub(1)?;
            } else if !folders.is_empty() {
                return None;
            }
            open.push((folders.len(), below));
            folders.push(Folder {
                name,
                known,
                next: 0,
            });
            while let Some((whole, _)) = open.pop_if(|(_, rest)| *rest == 0) {
                let next = folders.len();
                folders.get_mut(whole)?.next = next;
            }
        }
        open.is_empty().then_some(Self(folders))
    }

    /// The folders that lie in another one, by name.
    fn inside(&self, folder: Option<usize>) -> FxHashMap<&'i [u8], usize> {
        let mut found = FxHashMap::default();
        let Some(end) = folder.and_then(|at| Some(self.0.get(at)?.next)) else {
            return found;
        };
        let mut at = folder.map_or(end, |at| at + 1);
        while at < end
            && let Some(one) = self.0.get(at)
        {
            found.insert(one.name, at);
            // Each folder ends behind itself; damage must not keep us here.
            at = one.next.max(at + 1);
        }
        found
    }
}

/// Entries of the index that lie in one folder.
#[derive(Debug, Clone, Copy)]
struct Part {
    first: usize,
    end: usize,
    /// Length of the folder's path with its `/`.
    prefix: usize,
}

/// One side of a folder: a file, or a folder with its entries of the index.
#[derive(Debug, Clone, Copy)]
enum Staged<'i> {
    File(Seen<'i>),
    /// Its entries, its name, and what the extension has of it.
    Folder(Part, &'i [u8], Option<usize>),
}

struct Walk<'i> {
    index: &'i Index,
    objects: &'i Objects,
    folders: &'i Folders<'i>,
    found: Vec<RawEntry>,
}

impl<'i> Walk<'i> {
    /// Compares a folder of the index with a tree.
    fn folder(
        &mut self,
        part: Part,
        known: Option<usize>,
        tree: Option<Oid>,
        depth: usize,
    ) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        if let Some((count, oid)) = known.and_then(|at| self.folders.0.get(at)?.known)
            && Some(oid) == tree
        {
            return (count == part.end - part.first).then_some(());
        }
        let bytes = match tree {
            Some(tree) => self.objects.tree(tree)?,
            None => Vec::new(),
        };
        let path = self.path_of(part);
        let mut base = TreeEntries(&bytes);
        let mut before = base.next();
        let mut at = part.first;
        let inside = self.folders.inside(known);
        let mut staged = self.staged_at(part, &inside, at)?;
        loop {
            if self.found.len() > FOUND_MAX {
                return None;
            }
            let order = match (&before, &staged) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                // git orders a folder as if its name ended with `/`.
                (Some(entry), Some(staged)) => {
                    let is_folder = entry.mode & FORMAT == FOLDER;
                    let (name, is_staged_folder) = match staged {
                        Staged::File(seen) => (seen.name.get(part.prefix..)?, false),
                        Staged::Folder(_, name, _) => (*name, true),
                    };
                    let ends = [is_folder, is_staged_folder].map(|is| is.then_some(&b'/'));
                    let (before, staged) = (entry.name.iter(), name.iter());
                    before.chain(ends[0]).cmp(staged.chain(ends[1]))
                }
            };
            let entry = before.filter(|_| order.is_le());
            match staged.filter(|_| order.is_ge()) {
                Some(Staged::Folder(inner, _, known)) => {
                    self.folder(inner, known, entry.map(|entry| entry.oid), depth + 1)?;
                    at = inner.end;
                    staged = self.staged_at(part, &inside, at)?;
                }
                Some(Staged::File(seen)) => {
                    self.file(entry, seen)?;
                    at += 1;
                    staged = self.staged_at(part, &inside, at)?;
                }
                None => self.gone(&path, entry?, depth)?,
            }
            if entry.is_some() {
                before = base.next();
            }
        }
        // Bytes are left where the tree is damaged.
        base.0.is_empty().then_some(())
    }

    /// The path of a folder with its `/`.
    fn path_of(&self, part: Part) -> Vec<u8> {
        let first = self.index.get(part.first);
        let path = first.and_then(|seen| seen.name.get(..part.prefix));
        path.unwrap_or_default().to_vec()
    }

    /// What stands at an entry of the index, seen from the folder; outer `None`: not for us.
    #[allow(
        clippy::option_option,
        reason = "the outer one ends the walk, the inner one the folder"
    )]
    fn staged_at(
        &self,
        part: Part,
        inside: &FxHashMap<&'i [u8], usize>,
        at: usize,
    ) -> Option<Option<Staged<'i>>> {
        if at >= part.end {
            return Some(None);
        }
        let seen = self.index.get(at)?;
        let name = seen.name.get(part.prefix..)?;
        let Some(length) = memchr::memchr(b'/', name) else {
            return Some(Some(Staged::File(seen)));
        };
        let name = name.get(..length)?;
        let prefix = part.prefix + length + 1;
        let folder = seen.name.get(..prefix)?;
        let is_inside = |at: usize| {
            let seen = self.index.get(at);
            seen.is_some_and(|seen| seen.name.starts_with(folder))
        };
        // The folder may know how many there are.
        let folder_there = inside.get(name).copied();
        let known = folder_there
            .and_then(|at| self.folders.0.get(at)?.known)
            .and_then(|(count, _)| at.checked_add(count))
            .filter(|end| *end > at && *end <= part.end)
            .filter(|end| is_inside(end - 1) && (*end == part.end || !is_inside(*end)));
        let end = known.unwrap_or_else(|| {
            let (mut inside, mut behind) = (at, part.end);
            while behind - inside > 1 {
                let middle = inside + (behind - inside) / 2;
                if is_inside(middle) {
                    inside = middle;
                } else {
                    behind = middle;
                }
            }
            behind
        });
        let inner = Part {
            first: at,
            end,
            prefix,
        };
        Some(Some(Staged::Folder(inner, name, folder_there)))
    }

    /// A file of the index, and what stands under its name in the tree.
    fn file(&mut self, before: Option<TreeEntry<'_>>, seen: Seen<'i>) -> Option<()> {
        let head_mode = usual(seen.mode)?;
        if !seen.is_merged || seen.is_extended {
            return None;
        }
        let path = RepoPath::new(seen.name);
        let head = hex(seen.object);
        let Some(before) = before else {
            self.found.push(RawEntry {
                base_mode: 0,
                head_mode,
                base: nothing(),
                head,
                status: b'A',
                base_path: path.clone(),
                path,
            });
            return Some(());
        };
        if before.oid.as_bytes() == seen.object && usual(before.mode) == Some(head_mode) {
            return Some(());
        }
        let base_mode = usual(before.mode)?;
        let is_same_kind = base_mode & FORMAT == head_mode & FORMAT;
        self.found.push(RawEntry {
            base_mode,
            head_mode,
            base: before.oid.to_string(),
            head,
            status: if is_same_kind { b'M' } else { b'T' },
            base_path: path.clone(),
            path,
        });
        Some(())
    }

    /// What stands in the tree alone; `folder` is the path it lies in, with `/`.
    fn gone(&mut self, folder: &[u8], entry: TreeEntry<'_>, depth: usize) -> Option<()> {
        let path = [folder, entry.name].concat();
        if entry.mode & FORMAT != FOLDER {
            let path = RepoPath::new(path);
            self.found.push(RawEntry {
                base_mode: usual(entry.mode)?,
                head_mode: 0,
                base: entry.oid.to_string(),
                head: nothing(),
                status: b'D',
                base_path: path.clone(),
                path,
            });
            return Some(());
        }
        if depth > DEPTH_MAX {
            return None;
        }
        if self.found.len() > FOUND_MAX {
            return None;
        }
        let bytes = self.objects.tree(entry.oid)?;
        let path = [path.as_slice(), b"/"].concat();
        let mut entries = TreeEntries(&bytes);
        for entry in entries.by_ref() {
            self.gone(&path, entry, depth + 1)?;
        }
        entries.0.is_empty().then_some(())
    }
}

/// A mode as git shows it; `None` for a submodule, whose differences depend on settings.
fn usual(mode: u32) -> Option<u32> {
    match mode & FORMAT {
        REGULAR if mode & 0o100 != 0 => Some(0o100_755),
        REGULAR => Some(0o100_644),
        SUBMODULE => None,
        other => Some(other),
    }
}

/// The name of no object.
fn nothing() -> String {
    "0".repeat(40)
}
