//! Where the doctor reads: the work tree, or a commit.

use std::path::Path;

use super::super::failure::Failure;
use crate::change::git::Repository;
use crate::finding::RepoPath;

/// The files of a repository.
pub(super) struct Files<'r> {
    repository: &'r Repository,
    root: &'r Path,
    /// The commit; `None` = the work tree.
    revision: Option<&'r str>,
}

impl<'r> Files<'r> {
    /// The files of a revision, or of the work tree.
    pub(super) fn new(
        repository: &'r Repository,
        root: &'r Path,
        revision: Option<&'r str>,
    ) -> Result<Self, Failure> {
        let files = Self {
            repository,
            root,
            revision,
        };
        let unknown = |revision| {
            Failure::message(format!("unknown revision `{revision}` in this repository"))
        };
        match revision {
            Some(revision) if revision.starts_with('-') => Err(unknown(revision)),
            Some(revision) => files
                .below(".github")
                .map(|_| files)
                .map_err(|_| unknown(revision)),
            None => Ok(files),
        }
    }

    /// The text of a file; none where it is not there.
    pub(super) fn read(&self, path: &str) -> Result<Option<String>, Failure> {
        let bytes = match self.revision {
            Some(revision) => self
                .repository
                .read_revision(revision, &RepoPath::from(path))?,
            None => match std::fs::read(self.root.join(path)) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => return Err(Failure::new(error).doing(&format!("read `{path}`"))),
            },
        };
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Paths of the files in a folder, sorted.
    pub(super) fn below(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let mut names = match self.revision {
            Some(revision) => self
                .repository
                .texts_under(Some(revision), &RepoPath::from(folder))?
                .into_iter()
                .map(|(path, _)| path.to_string())
                .collect(),
            None => match std::fs::read_dir(self.root.join(folder)) {
                Ok(entries) => entries
                    .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                    .map(|name| format!("{folder}/{name}"))
                    .collect(),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(Failure::new(error).doing(&format!("read `{folder}`"))),
            },
        };
        names.sort();
        Ok(names)
    }
}
