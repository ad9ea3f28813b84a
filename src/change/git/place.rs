//! Paths as people give them → names in the repository.

use std::path::{Component, Path, PathBuf};

use super::repository::Repository;
use super::{path_from_bytes, path_to_bytes};
use crate::finding::RepoPath;

/// The name of a given path in the repository: empty for the root, `None` outside.
/// Relative paths count from the folder the repository was found from; without a work tree, from
/// the root.
///
/// By the path's words first: whoever wrote the files of the work tree may have deleted it, or put
/// a link in its place.
pub fn path_in(repository: &Repository, given: &Path) -> Option<RepoPath> {
    let Some(root) = repository.root() else {
        return path_from_root(given);
    };
    let start = root.join(path_from_bytes(repository.prefix()));
    let whole = without_dots(&start.join(given));
    let below = |path: &Path| path.strip_prefix(root).map(Path::to_owned).ok();
    // git names the root without symbolic links; a link above it may lead there. The outermost
    // folder counts: those further in are part of the work tree.
    let linked = || {
        let real_root = root.canonicalize().ok()?;
        let folders: Vec<&Path> = whole.ancestors().collect();
        let is_root = |folder: &&&Path| folder.canonicalize().is_ok_and(|real| real == real_root);
        let top = folders.iter().rev().find(is_root)?;
        whole.strip_prefix(top).map(Path::to_owned).ok()
    };
    // A link from outside into the work tree. The last component may be a link itself, or gone.
    let real = || {
        let (folder, name) = (whole.parent()?, whole.file_name()?);
        below(&folder.canonicalize().ok()?.join(name))
    };
    let below = below(&whole)
        .or_else(linked)
        .or_else(real)
        .or_else(|| below(&whole.canonicalize().ok()?))?;
    path_from_root(&below)
}

/// A path that counts from the root, without `.` and `..`; `None` if it leads outside.
pub fn path_from_root(path: &Path) -> Option<RepoPath> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => parts.push(path_to_bytes(Path::new(name))),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(RepoPath::new(parts.join(&b'/')))
}

/// An absolute path without `.` and `..`, links not followed.
fn without_dots(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_count_from_the_root() {
        let from = |path: &str| path_from_root(Path::new(path)).map(|name| name.to_string());
        assert_eq!(from("./src/../a.c").as_deref(), Some("a.c"));
        assert_eq!(from("src/deep/").as_deref(), Some("src/deep"));
        assert_eq!(from(".").as_deref(), Some(""));
        assert_eq!(from("../a.c"), None);
        assert_eq!(from("/a.c"), None);
    }
}
