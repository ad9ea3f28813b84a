//! Plain files and folders, outside git or not tracked by it. Shell: walks the file system.
//!
//! `.gitignore` files are honoured inside folders; a file named by the user is always taken.
//! Symbolic links inside folders are not followed.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use super::git::{Error, path_to_bytes};
use super::{Change, ChangedFile, Content, SkipReason, SkippedEntry, Source};
use crate::finding::RepoPath;

/// The files under `paths`, which count from `from`; none = all under `from`.
///
/// Files below `from` are named from there, others by the path as given. What cannot be read is
/// listed in [`Change::skipped`].
///
/// # Errors
/// A path that does not exist.
pub fn folder(paths: &[PathBuf], from: &Path) -> Result<Change, Error> {
    let mut change = Change::empty(Source::Folder);
    let here = [PathBuf::from(".")];
    for given in if paths.is_empty() { &here[..] } else { paths } {
        let place = from.join(given);
        let name = name_from(given, &place, from);
        add(&mut change, &place, &name)?;
    }
    change.sort();
    Ok(change)
}

/// Name of a given path: without `from` in front and `.` inside; empty for `from` itself.
fn name_from(given: &Path, place: &Path, from: &Path) -> Vec<u8> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (place, from) = (absolute(place), absolute(from));
    let below = place.strip_prefix(&from).unwrap_or(given);
    let name: PathBuf = below
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect();
    path_to_bytes(&name)
}

/// Adds a file, or the files of a folder, under the name `name`.
pub(super) fn add(change: &mut Change, place: &Path, name: &[u8]) -> Result<(), Error> {
    let metadata = place.metadata().map_err(|source| {
        let path = place.to_owned();
        if source.kind() == std::io::ErrorKind::NotFound {
            Error::MissingPath { path }
        } else {
            Error::Unreadable { path, source }
        }
    })?;
    if metadata.is_dir() {
        add_folder(change, place, name);
    } else if metadata.is_file() {
        change.files.push(ChangedFile::added(
            RepoPath::new(name),
            Content::File(place.to_owned()),
        ));
    } else {
        skip(change, name, SkipReason::Special);
    }
    Ok(())
}

fn skip(change: &mut Change, name: &[u8], reason: SkipReason) {
    change.skipped.push(SkippedEntry {
        path: RepoPath::new(name),
        reason,
    });
}

fn add_folder(change: &mut Change, place: &Path, name: &[u8]) {
    // The walk takes a link for what it is; one given by the user is meant to be followed.
    let top = if place.is_symlink() {
        place.canonicalize().unwrap_or_else(|_| place.to_owned())
    } else {
        place.to_owned()
    };
    let walk = WalkBuilder::new(&top)
        .hidden(false)
        .ignore(false)
        .git_ignore(true)
        .git_exclude(false)
        // The same result on every machine.
        .git_global(false)
        .require_git(false)
        .parents(true)
        .follow_links(false)
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git")
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = path_of(&error).unwrap_or(&top);
                skip(
                    change,
                    &name_below(&top, path, name),
                    SkipReason::Unreadable,
                );
                continue;
            }
        };
        let Some(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            continue;
        }
        let below = name_below(&top, entry.path(), name);
        if kind.is_file() {
            change.files.push(ChangedFile::added(
                RepoPath::new(below),
                Content::File(entry.into_path()),
            ));
        } else if kind.is_symlink() {
            skip(change, &below, SkipReason::Symlink);
        } else {
            skip(change, &below, SkipReason::Special);
        }
    }
}

/// Name of a path below `top`, which is called `name` itself.
fn name_below(top: &Path, path: &Path, name: &[u8]) -> Vec<u8> {
    let below = path_to_bytes(path.strip_prefix(top).unwrap_or(path));
    if name.is_empty() {
        below
    } else if below.is_empty() {
        name.to_vec()
    } else {
        let slash: &[u8] = if name.ends_with(b"/") { b"" } else { b"/" };
        [name, slash, &below].concat()
    }
}

/// The path an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Partial(errors) => errors.iter().find_map(path_of),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::fs;

    use super::*;

    fn names(change: &Change) -> Vec<String> {
        change
            .files
            .iter()
            .map(|file| file.path.to_string())
            .collect()
    }

    fn sample() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path();
        for path in [
            "src/a.c",
            "src/.hidden/b.c",
            "build/gen.c",
            "z.h",
            ".git/x.c",
        ] {
            fs::create_dir_all(top.join(path).parent().unwrap()).unwrap();
            fs::write(top.join(path), "int x;\n").unwrap();
        }
        fs::write(top.join(".gitignore"), "build/\n").unwrap();
        folder
    }

    #[test]
    fn a_folder_is_walked_in_order_without_ignored_files() {
        let folder_ = sample();
        let change = folder(&[], folder_.path()).unwrap();
        assert_eq!(
            names(&change),
            [".gitignore", "src/.hidden/b.c", "src/a.c", "z.h"]
        );
        assert!(change.files.iter().all(|file| file.base.is_none()));
    }

    #[test]
    fn given_paths_are_named_from_the_current_folder_or_as_given() {
        let folder_ = sample();
        let top = folder_.path();
        let given = ["./src", "build/gen.c", "src/a.c"].map(PathBuf::from);
        let change = folder(&given, top).unwrap();
        assert_eq!(
            names(&change),
            ["build/gen.c", "src/.hidden/b.c", "src/a.c"]
        );
        let absolute = top.join("z.h");
        let change = folder(std::slice::from_ref(&absolute), top).unwrap();
        assert_eq!(names(&change), ["z.h"]);
        let change = folder(std::slice::from_ref(&absolute), &top.join("src")).unwrap();
        assert_eq!(names(&change), [absolute.to_str().unwrap()]);
    }

    #[test]
    fn a_missing_path_is_named() {
        let folder_ = tempfile::tempdir().unwrap();
        let error = folder(&[PathBuf::from("no/such.c")], folder_.path()).unwrap_err();
        assert!(error.to_string().contains("no/such.c"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed_unless_given() {
        let folder_ = sample();
        let top = folder_.path();
        std::os::unix::fs::symlink("src", top.join("link")).unwrap();
        let change = folder(&[], top).unwrap();
        assert!(!names(&change).contains(&"link/a.c".to_owned()));
        assert_eq!(change.skipped.len(), 1);
        assert_eq!(change.skipped[0].reason, SkipReason::Symlink);
        let change = folder(&[PathBuf::from("link")], top).unwrap();
        assert_eq!(names(&change), ["link/.hidden/b.c", "link/a.c"]);
    }

    #[test]
    fn an_unreadable_folder_is_listed() {
        let mut change = Change::empty(Source::Folder);
        let error = ignore::Error::WithDepth {
            depth: 1,
            err: Box::new(ignore::Error::WithPath {
                path: PathBuf::from("/top/secret"),
                err: Box::new(std::io::Error::from(std::io::ErrorKind::PermissionDenied).into()),
            }),
        };
        let name = name_below(Path::new("/top"), path_of(&error).unwrap(), b"fw");
        skip(&mut change, &name, SkipReason::Unreadable);
        assert_eq!(change.skipped[0].path.to_string(), "fw/secret");
        assert!(change.skipped[0].reason.gap().is_some());
    }
}
