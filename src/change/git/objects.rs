//! Objects read in this process: what a hook asks of a repository of the usual kind, without starting
//! a git process for it.
//!
//! Only ever a shortcut. Whatever libgit2 does not find or does not understand (SHA-256, objects that
//! a partial clone left out, damage) is `None`, and git itself is asked.

use std::path::Path;
use std::sync::Once;

use git2::{ObjectType, Odb, Oid};

use super::blobs::Object;

/// Variables that add places of objects to those of the repository.
const MORE_PLACES: &str = "GIT_ALTERNATE_OBJECT_DIRECTORIES";

/// Deepest path that is followed through trees; git's own limit of a path is 4,096 bytes.
const DEPTH_MAX: usize = 2_048;

/// The object store of one repository with SHA-1 names.
pub(super) struct Objects {
    store: Odb<'static>,
}

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

    /// The bytes of a tree; see [`TreeEntries`].
    pub(super) fn tree(&self, tree: Oid) -> Option<Vec<u8>> {
        let object = self.store.read(tree).ok()?;
        (object.kind() == ObjectType::Tree).then(|| object.data().to_vec())
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
