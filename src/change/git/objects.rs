//! Objects read in this process: what a hook asks of a repository of the usual kind, without starting
//! a git process for it.
//!
//! Only ever a shortcut. Whatever libgit2 does not find or does not understand (SHA-256, objects that
//! a partial clone left out, damage) is `None`, and git itself is asked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Once;

use git2::{ObjectType, Odb, Oid};
use rustc_hash::FxHashMap;

use super::blobs::Object;

/// Variables that add places of objects to those of the repository.
const MORE_PLACES: &str = "GIT_ALTERNATE_OBJECT_DIRECTORIES";

/// Deepest path that is followed through trees; git's own limit of a path is 4,096 bytes.
const DEPTH_MAX: usize = 2_048;

/// The object store of one repository with SHA-1 names.
pub(super) struct Objects {
    store: Odb<'static>,
}

/// Largest tree that is read, in bytes: a million names in one folder.
const TREE_MAX: usize = 64 << 20;

/// Most bytes of trees that are read to count paths. Those of the largest public repositories have 30 MB.
const COUNTED_MAX: usize = 256 << 20;

impl Objects {
    /// The store at `folder`, the `objects` of a git directory, with its alternates; `None` where
    /// libgit2 cannot be relied on to see all of it.
    pub(super) fn open(folder: &Path) -> Option<Self> {
        static HASHES: Once = Once::new();
        if std::env::var_os(MORE_PLACES).is_some() {
            return None;
        }
        // As `git cat-file`, which does not hash what it reads either: that is left to `git fsck`.
        HASHES.call_once(|| git2::opts::strict_hash_verification(false));
        let store = Odb::new().ok()?;
        store.add_disk_alternate(folder.to_str()?).ok()?;
        Some(Self { store })
    }

    /// What stands under a name as `git cat-file` takes it, if it is the hex name of an object, or
    /// that of a commit with `:PATH` behind.
    pub(super) fn get(&self, name: &[u8], limit: u64) -> Option<Object> {
        let mut parts = name.splitn(2, |&byte| byte == b':');
        let oid = oid_of_hex(parts.next()?)?;
        let Some(path) = parts.next() else {
            return self.blob(oid, limit);
        };
        // What else git makes of these is git's to say.
        let is_odd = |part: &[u8]| matches!(part, b"" | b"." | b"..");
        if path.split(|&byte| byte == b'/').any(is_odd) {
            return None;
        }
        let mut tree = self.tree_of_commit(oid)?;
        let mut components = path.split(|&byte| byte == b'/').peekable();
        for _ in 0..DEPTH_MAX {
            let component = components.next()?;
            let entries = self.tree(tree)?;
            let mut entries = TreeEntries(&entries);
            let Some(found) = entries.by_ref().find(|entry| entry.name == component) else {
                // Damage would look the same.
                return entries.0.is_empty().then_some(Object::Missing);
            };
            if components.peek().is_none() {
                return match found.mode & FORMAT {
                    REGULAR | LINK => self.blob(found.oid, limit),
                    FOLDER => Some(Object::NotABlob),
                    _ => None,
                };
            }
            if found.mode & FORMAT != FOLDER {
                return Some(Object::Missing);
            }
            tree = found.oid;
        }
        None
    }

    fn blob(&self, oid: Oid, limit: u64) -> Option<Object> {
        let (size, kind) = self.store.read_header(oid).ok()?;
        if kind != ObjectType::Blob {
            return Some(Object::NotABlob);
        }
        let size = u64::try_from(size).ok()?;
        if size > limit {
            return Some(Object::TooLarge(size));
        }
        let object = self.store.read(oid).ok()?;
        Some(Object::Blob(object.data().to_vec()))
    }

    /// The name of a commit's tree.
    pub(super) fn tree_of_commit(&self, commit: Oid) -> Option<Oid> {
        let object = self.store.read(commit).ok()?;
        if object.kind() != ObjectType::Commit {
            return None;
        }
        let line = object.data().split(|&byte| byte == b'\n').next()?;
        oid_of_hex(line.strip_prefix(b"tree ")?)
    }

    /// How many paths the tree of a commit names, folders included; some number above `most` where they are
    /// more, or take too much to count. Each tree is read once, and one at a time: nine small ones within each
    /// other can name a billion paths, and git walks all of them. `None` where an object is missing.
    pub(super) fn paths(&self, commit: Oid, most: u64) -> Option<u64> {
        let mut count = Count {
            objects: self,
            most,
            known: FxHashMap::default(),
            read: 0,
        };
        count.below(self.tree_of_commit(commit)?, 0)
    }

    /// Bytes of all files that differ between two commits, on both sides; some number above `most` where they
    /// are more. A file that stands a thousand times in a tree counts a thousand times, as `git diff` shows
    /// it. `None` where an object is missing.
    pub(super) fn differing_bytes(&self, base: Oid, head: Oid, most: u64) -> Option<u64> {
        let trees = [base, head].map(|commit| self.tree_of_commit(commit));
        let mut pairs = vec![(Some(trees[0]?), Some(trees[1]?))];
        let mut bytes: u64 = 0;
        while let Some((base, head)) = pairs.pop() {
            let mut sides: BTreeMap<Vec<u8>, [Option<(u32, Oid)>; 2]> = BTreeMap::new();
            for (side, tree) in [base, head].into_iter().enumerate() {
                let Some(tree) = tree else { continue };
                for entry in TreeEntries(&self.tree(tree)?) {
                    let sides = sides.entry(entry.name.to_vec()).or_default();
                    if let Some(side) = sides.get_mut(side) {
                        *side = Some((entry.mode & FORMAT, entry.oid));
                    }
                }
            }
            for [base, head] in sides.into_values().filter(|[base, head]| base != head) {
                let folder = |side: Option<(u32, Oid)>| {
                    let side = side.filter(|(format, _)| *format == FOLDER);
                    side.map(|(_, oid)| oid)
                };
                for (format, oid) in [base, head].into_iter().flatten() {
                    if matches!(format, REGULAR | LINK) {
                        let (size, _) = self.store.read_header(oid).ok()?;
                        bytes = bytes.saturating_add(size as u64);
                    }
                }
                if bytes > most {
                    return Some(bytes);
                }
                if folder(base).is_some() || folder(head).is_some() {
                    pairs.push((folder(base), folder(head)));
                }
            }
        }
        Some(bytes)
    }

    /// The bytes of a tree; see [`TreeEntries`].
    pub(super) fn tree(&self, tree: Oid) -> Option<Vec<u8>> {
        let (size, _) = self.store.read_header(tree).ok()?;
        if size > TREE_MAX {
            return None;
        }
        let object = self.store.read(tree).ok()?;
        (object.kind() == ObjectType::Tree).then(|| object.data().to_vec())
    }
}

/// Counts paths.
struct Count<'o> {
    objects: &'o Objects,
    most: u64,
    known: FxHashMap<Oid, u64>,
    /// Bytes of the trees that were read.
    read: usize,
}

impl Count<'_> {
    fn below(&mut self, tree: Oid, depth: usize) -> Option<u64> {
        let too_many = self.most.saturating_add(1);
        if let Some(count) = self.known.get(&tree) {
            return Some(*count);
        }
        let (size, _) = self.objects.store.read_header(tree).ok()?;
        self.read = self.read.saturating_add(size);
        if depth > DEPTH_MAX || size > TREE_MAX || self.read > COUNTED_MAX {
            return Some(too_many);
        }
        // What is kept of each level is small: the bytes go before the next one is read.
        let (mut count, folders) = self.entries(tree)?;
        for folder in folders {
            if count > self.most {
                return Some(too_many);
            }
            count = count.saturating_add(self.below(folder, depth + 1)?);
        }
        self.known.insert(tree, count);
        Some(count)
    }

    /// Number of a tree's entries, and the folders among them.
    fn entries(&self, tree: Oid) -> Option<(u64, Vec<Oid>)> {
        let bytes = self.objects.tree(tree)?;
        let mut count = 0;
        let mut folders = Vec::new();
        for entry in TreeEntries(&bytes) {
            count += 1;
            if entry.mode & FORMAT == FOLDER {
                folders.push(entry.oid);
            }
        }
        Some((count, folders))
    }
}

/// Bits of a mode that tell the kind of an entry.
pub(super) const FORMAT: u32 = 0o170_000;
/// A file.
pub(super) const REGULAR: u32 = 0o100_000;
/// A symbolic link.
const LINK: u32 = 0o120_000;
/// A folder.
pub(super) const FOLDER: u32 = 0o040_000;
/// A submodule.
pub(super) const SUBMODULE: u32 = 0o160_000;

/// An object name of 40 hex digits.
pub(super) fn oid_of_hex(name: &[u8]) -> Option<Oid> {
    let text = str::from_utf8(name).ok().filter(|text| text.len() == 40)?;
    Oid::from_str(text).ok()
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct TreeEntry<'t> {
    pub(super) mode: u32,
    pub(super) name: &'t [u8],
    pub(super) oid: Oid,
}

/// The entries of a tree in git's order, which is that of their names, folders with a `/` behind. Ends
/// early, with bytes left, where the tree is damaged.
pub(super) struct TreeEntries<'t>(pub(super) &'t [u8]);

impl<'t> Iterator for TreeEntries<'t> {
    type Item = TreeEntry<'t>;

    fn next(&mut self) -> Option<TreeEntry<'t>> {
        let space = memchr::memchr(b' ', self.0)?;
        let (mode, rest) = self.0.split_at_checked(space)?;
        let rest = rest.get(1..)?;
        let (name, rest) = rest.split_at_checked(memchr::memchr(0, rest)?)?;
        let (oid, rest) = rest.get(1..)?.split_at_checked(20)?;
        let mode = u32::from_str_radix(str::from_utf8(mode).ok()?, 8).ok()?;
        let oid = Oid::from_bytes(oid).ok()?;
        self.0 = rest;
        Some(TreeEntry { mode, name, oid })
    }
}
