//! Which files are being analysed right now, for the watchdog of the command line to name.

use std::sync::{Arc, Mutex, PoisonError};

use crate::finding::RepoPath;

/// A view on a running review, shared between its threads and whoever watches it.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Vec<RepoPath>>>);

impl Watch {
    /// Says that a file's turn has come; it lasts until the value is dropped.
    pub fn enter<'w>(&'w self, path: &'w RepoPath) -> Watched<'w> {
        self.lock().push(path.clone());
        Watched { watch: self, path }
    }

    /// The files being analysed, sorted.
    pub fn files(&self) -> Vec<RepoPath> {
        let mut files = self.lock().clone();
        files.sort();
        files
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<RepoPath>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file's turn.
#[derive(Debug)]
pub struct Watched<'w> {
    watch: &'w Watch,
    path: &'w RepoPath,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let mut files = self.watch.lock();
        if let Some(at) = files.iter().position(|path| path == self.path) {
            files.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_files_at_work_are_named() {
        let watch = Watch::default();
        let (a, b) = (RepoPath::from("a.c"), RepoPath::from("b.c"));
        let second = watch.enter(&b);
        {
            let _first = watch.enter(&a);
            assert_eq!(watch.clone().files(), [a.clone(), b.clone()]);
        }
        assert_eq!(watch.files(), std::slice::from_ref(&b));
        drop(second);
        assert!(watch.files().is_empty());
    }
}
