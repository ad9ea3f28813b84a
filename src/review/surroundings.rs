//! Files beside the one under review: what a package and its modules say of a file of Rust.
//!
//! They are read on the side under review (index or commit; outside git the folder), each once, and
//! only where a file has findings that hang on them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::change::git::{Reader, path_to_bytes};
use crate::change::{Change, Content, Source};
use crate::finding::RepoPath;

/// Bytes of the largest file read for another one: manifests and module roots are far smaller.
const MAX_TEXT: u64 = 1 << 18;

/// Crate roots read to learn whether a repository holds code without an operating system.
const MAX_ROOTS: usize = 48;

/// What may be asked of the files around one.
pub(super) trait Around: Sync {
    /// The text at a path from the root; `None` where there is none, or none that can be read.
    fn text(&self, path: &[u8]) -> Option<Arc<Vec<u8>>>;

    /// Whether some file lies in the folder or below.
    fn holds(&self, folder: &[u8]) -> bool;

    /// Whether some crate is built without the standard library.
    fn is_bare_metal(&self) -> bool;
}

/// Nothing: a text on its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alone;

impl Around for Alone {
    fn text(&self, _: &[u8]) -> Option<Arc<Vec<u8>>> {
        None
    }

    fn holds(&self, _: &[u8]) -> bool {
        false
    }

    fn is_bare_metal(&self) -> bool {
        false
    }
}

type Texts = BTreeMap<Vec<u8>, Option<Arc<Vec<u8>>>>;

/// The files around those of a change.
pub(super) struct Surroundings<'i> {
    change: &'i Change,
    reader: Reader,
    texts: Mutex<Texts>,
    /// Where paths count from outside git.
    top: OnceLock<Option<PathBuf>>,
    /// All paths of the side, sorted.
    paths: OnceLock<Vec<RepoPath>>,
    is_bare_metal: OnceLock<bool>,
}

impl<'i> Surroundings<'i> {
    pub(super) fn new(change: &'i Change, reader: &Reader) -> Self {
        Self {
            change,
            reader: reader.limited(MAX_TEXT),
            texts: Mutex::default(),
            top: OnceLock::new(),
            paths: OnceLock::new(),
            is_bare_metal: OnceLock::new(),
        }
    }

    /// The commit under review; `None` = the index.
    fn head(&self) -> Option<&str> {
        match self.change.source {
            Source::Range | Source::Base => self.change.head.as_deref(),
            Source::Staged | Source::Tree | Source::Folder => None,
        }
    }

    fn read(&self, path: &RepoPath) -> Option<Vec<u8>> {
        let files = &self.change.files;
        if let Ok(index) = files.binary_search_by(|file| file.path.cmp(path)) {
            return self.reader.read(&files.get(index)?.head).ok();
        }
        if let Some(text) = self.reader.read_at(self.head(), path) {
            return Some(text);
        }
        let top = self.top.get_or_init(|| self.find_top()).as_ref()?;
        let below = std::str::from_utf8(path.as_bytes()).ok()?;
        self.reader.read(&Content::File(top.join(below))).ok()
    }

    /// The folder that the paths of plain files count from.
    fn find_top(&self) -> Option<PathBuf> {
        if self.change.source != Source::Folder {
            return None;
        }
        self.change.files.iter().find_map(|file| {
            let Content::File(place) = &file.head else {
                return None;
            };
            top_of(place, &file.path)
        })
    }

    fn paths(&self) -> &[RepoPath] {
        self.paths.get_or_init(|| {
            let listed = self.reader.texts(self.head());
            let mut paths: Vec<RepoPath> = match listed.is_empty() {
                false => listed.into_iter().map(|(path, _)| path).collect(),
                true => self
                    .change
                    .files
                    .iter()
                    .map(|one| one.path.clone())
                    .collect(),
            };
            paths.sort();
            paths
        })
    }
}

/// What is left of a place without the path that it has below the top.
fn top_of(place: &Path, path: &RepoPath) -> Option<PathBuf> {
    let steps = path.as_bytes().split(|byte| *byte == b'/').count();
    let top = place.ancestors().nth(steps)?;
    let below = place.strip_prefix(top).ok()?;
    (path_to_bytes(below) == path.as_bytes()).then(|| top.to_owned())
}

impl Around for Surroundings<'_> {
    fn text(&self, path: &[u8]) -> Option<Arc<Vec<u8>>> {
        let lock = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(path) {
            return known.clone();
        }
        let text = self.read(&RepoPath::new(path)).map(Arc::new);
        lock().insert(path.to_vec(), text.clone());
        text
    }

    fn holds(&self, folder: &[u8]) -> bool {
        let front = [folder, b"/"].concat();
        let paths = self.paths();
        let at = paths.partition_point(|path| path.as_bytes() < front.as_slice());
        paths
            .get(at)
            .is_some_and(|path| path.as_bytes().starts_with(&front))
    }

    fn is_bare_metal(&self) -> bool {
        *self.is_bare_metal.get_or_init(|| {
            let is_root = |path: &&RepoPath| {
                matches!(path.file_name(), b"lib.rs" | b"main.rs")
                    || path.as_bytes().windows(9).any(|part| part == b"/src/bin/")
            };
            let roots = self.paths().iter().filter(is_root).take(MAX_ROOTS);
            roots
                .filter_map(|path| self.text(path.as_bytes()))
                .any(|text| super::cargo_package::is_without_std(&text))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::change::folder::folder;

    #[test]
    fn files_beside_those_under_review_are_read_from_the_same_folder() {
        let place = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let at = place.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, text).unwrap();
        };
        write("pump/Cargo.toml", "[package]\nname = \"pump\"\n");
        write("pump/src/lib.rs", "#![no_std]\nmod wire;\n");
        write("pump/src/wire.rs", "pub fn f() {}\n");
        let change = folder(&[PathBuf::from("pump/src")], place.path()).unwrap();
        let reader = Reader::of_files(1 << 20);
        let around = Surroundings::new(&change, &reader);
        assert!(
            around
                .text(b"pump/Cargo.toml")
                .unwrap()
                .starts_with(b"[pack")
        );
        assert!(around.text(b"pump/src/lib.rs").is_some());
        assert!(around.text(b"Cargo.toml").is_none());
        assert!(around.is_bare_metal());
        assert!(around.holds(b"pump/src") && !around.holds(b"pump/sr"));
    }
}
