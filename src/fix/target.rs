//! The file of the work tree that an edit goes into: found, checked, and written as a whole.

use std::fs::Metadata;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::change::Content;
use crate::change::git::path_from_bytes;
use crate::finding::RepoPath;

/// Where files may be written.
#[derive(Debug, Clone)]
pub struct WorkTree {
    /// The root of the repository; `None` outside one: then the files that were named.
    pub root: Option<PathBuf>,
    /// The folder that relative paths count from.
    pub here: PathBuf,
    /// Largest file that is read, in bytes.
    pub limit: u64,
}

/// A file that may be written.
#[derive(Debug)]
pub(super) struct Target {
    place: PathBuf,
    metadata: Metadata,
    /// Its bytes when it was opened.
    pub(super) text: Vec<u8>,
}

impl WorkTree {
    /// The file that stands for `path`.
    ///
    /// # Errors
    /// Why it must not be written, in words.
    pub(super) fn open(&self, path: &RepoPath, head: &Content) -> Result<Target, String> {
        let place = match (head, &self.root) {
            (Content::File(file), _) => self.here.join(file),
            (Content::Blob(_), Some(root)) => root.join(path_from_bytes(path.as_bytes())),
            (Content::Blob(_), None) => return Err("there is no work tree".to_owned()),
        };
        let metadata = std::fs::symlink_metadata(&place).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "it is not in the work tree".to_owned(),
            _ => format!("it cannot be read: {error}"),
        })?;
        if metadata.is_symlink() {
            return Err("it is a symbolic link".to_owned());
        }
        if !metadata.is_file() {
            return Err("it is not a regular file".to_owned());
        }
        if let Some(root) = &self.root {
            inside(root, &place)?;
        }
        if metadata.permissions().readonly() {
            return Err("it is read-only".to_owned());
        }
        if links(&metadata) > 1 {
            return Err("it has further hard links, which writing would part".to_owned());
        }
        if metadata.len() > self.limit {
            return Err(format!("it is larger than {} bytes", self.limit));
        }
        let text = std::fs::read(&place).map_err(|error| format!("it cannot be read: {error}"))?;
        Ok(Target {
            place,
            metadata,
            text,
        })
    }
}

/// Refuses what lies outside the work tree, is reached through a link, or belongs to another
/// repository (a submodule) inside it.
fn inside(root: &Path, place: &Path) -> Result<(), String> {
    let outside = || "it lies outside the work tree".to_owned();
    let resolve = |path: &Path| {
        path.canonicalize()
            .map_err(|error| format!("its folder cannot be read: {error}"))
    };
    let root = resolve(root)?;
    let folder = resolve(place.parent().ok_or_else(outside)?)?;
    let below = folder.strip_prefix(&root).map_err(|_| outside())?;
    let mut at = root.clone();
    for part in below.components() {
        at.push(part);
        if at.join(".git").symlink_metadata().is_ok() {
            return Err("it belongs to another repository (a submodule)".to_owned());
        }
    }
    // The path as it was named: a link inside the work tree leads elsewhere than it says.
    for walked in place.ancestors().skip(1) {
        let is_link = walked.symlink_metadata().is_ok_and(|one| one.is_symlink());
        let stands_in = walked.parent().and_then(|above| above.canonicalize().ok());
        if is_link && stands_in.is_some_and(|above| above.starts_with(&root)) {
            return Err("a folder on its way is a symbolic link".to_owned());
        }
    }
    Ok(())
}

#[cfg(unix)]
fn links(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn links(_metadata: &Metadata) -> u64 {
    1
}

impl Target {
    /// Puts `text` in its place: first into a new file beside it, which then takes its name, so that
    /// nobody ever sees half of it. Mode and owner stay.
    ///
    /// # Errors
    /// Why it was not written, in words; the file is as it was then.
    pub(super) fn write(&self, text: &[u8]) -> Result<(), String> {
        let cannot = |error: std::io::Error| format!("it cannot be written: {error}");
        let folder = self.place.parent().unwrap_or(Path::new("."));
        let mut new = tempfile::Builder::new()
            .prefix(".scrubin-")
            .tempfile_in(folder)
            .map_err(cannot)?;
        new.write_all(text).map_err(cannot)?;
        keep_owner(&self.metadata, new.path()).map_err(cannot)?;
        new.as_file()
            .set_permissions(self.metadata.permissions())
            .map_err(cannot)?;
        new.as_file().sync_all().map_err(cannot)?;
        let now = std::fs::read(&self.place).map_err(cannot)?;
        if now != self.text {
            return Err("it was changed by somebody else meanwhile".to_owned());
        }
        new.persist(&self.place)
            .map_err(|error| cannot(error.error))?;
        Ok(())
    }
}

#[cfg(unix)]
fn keep_owner(metadata: &Metadata, place: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let new = place.metadata()?;
    if (new.uid(), new.gid()) == (metadata.uid(), metadata.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(place, Some(metadata.uid()), Some(metadata.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_metadata: &Metadata, _place: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn tree() -> (tempfile::TempDir, WorkTree) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        std::fs::write(folder.path().join("src/a.c"), "int a;\n").unwrap();
        let tree = WorkTree {
            root: Some(folder.path().to_owned()),
            here: folder.path().to_owned(),
            limit: 100,
        };
        (folder, tree)
    }

    fn blob() -> Content {
        Content::Blob("00".to_owned())
    }

    fn refusal(tree: &WorkTree, path: &str) -> String {
        tree.open(&RepoPath::from(path), &blob())
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn a_file_keeps_its_mode() {
        let (folder, tree) = tree();
        let place = folder.path().join("src/a.c");
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o750)).unwrap();
        let target = tree.open(&RepoPath::from("src/a.c"), &blob()).unwrap();
        target.write(b"int b;").unwrap();
        assert_eq!(std::fs::read(&place).unwrap(), b"int b;");
        assert_eq!(
            place.metadata().unwrap().permissions().mode() & 0o777,
            0o750
        );
        let left: Vec<_> = std::fs::read_dir(folder.path().join("src"))
            .unwrap()
            .collect();
        assert_eq!(left.len(), 1, "nothing is left beside it");
        // The text is not the one that was read any more.
        assert!(
            target
                .write(b"int c;")
                .unwrap_err()
                .contains("somebody else")
        );
        assert_eq!(std::fs::read(&place).unwrap(), b"int b;");
    }

    #[test]
    fn what_is_no_file_of_the_work_tree_is_not_touched() {
        let (folder, tree) = tree();
        let outer = tempfile::tempdir().unwrap();
        std::fs::write(outer.path().join("x.c"), "int x;\n").unwrap();
        let root = folder.path();
        symlink(outer.path().join("x.c"), root.join("link.c")).unwrap();
        symlink(outer.path(), root.join("away")).unwrap();
        symlink(root.join("src"), root.join("again")).unwrap();
        std::fs::create_dir_all(root.join("sub/.git")).unwrap();
        std::fs::write(root.join("sub/s.c"), "int s;\n").unwrap();
        std::fs::write(root.join("big.c"), [b' '; 101]).unwrap();
        std::fs::write(root.join("two.c"), "int t;\n").unwrap();
        std::fs::hard_link(root.join("two.c"), root.join("three.c")).unwrap();
        for (path, reason) in [
            ("link.c", "symbolic link"),
            ("away/x.c", "outside the work tree"),
            ("again/a.c", "a folder on its way"),
            ("sub/s.c", "another repository"),
            ("none.c", "not in the work tree"),
            ("src", "not a regular file"),
            ("big.c", "larger than 100 bytes"),
            ("two.c", "hard links"),
        ] {
            let told = refusal(&tree, path);
            assert!(told.contains(reason), "{path}: {told}");
        }
        let far = Content::File(outer.path().join("x.c"));
        let told = tree.open(&RepoPath::from("x.c"), &far).unwrap_err();
        assert!(told.contains("outside"), "{told}");
        std::fs::set_permissions(root.join("src/a.c"), std::fs::Permissions::from_mode(0o444))
            .unwrap();
        assert!(refusal(&tree, "src/a.c").contains("read-only"));
    }
}
