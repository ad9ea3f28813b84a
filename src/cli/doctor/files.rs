//! Where the doctor reads: the work tree, or a commit.

use super::super::failure::Failure;
use crate::change::git::{self, Repository};
use crate::finding::RepoPath;

/// The files of a repository.
pub(super) struct Files<'r> {
    repository: &'r Repository,
    /// The commit; `None` = the work tree.
    commit: Option<String>,
}

impl<'r> Files<'r> {
    /// The files of a revision, or of the work tree.
    pub(super) fn new(
        repository: &'r Repository,
        revision: Option<&str>,
    ) -> Result<Self, git::Error> {
        let commit = revision.map(|revision| git::commit(repository, revision));
        Ok(Self {
            repository,
            commit: commit.transpose()?,
        })
    }

    /// The text of a file; none where it is not there.
    pub(super) fn read(&self, path: &RepoPath) -> Result<Option<String>, git::Error> {
        let bytes = match &self.commit {
            Some(commit) => self.repository.read_revision(commit, path)?,
            None => self.repository.read_work_tree(path)?,
        };
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The files in a folder, without those of its folders, sorted.
    pub(super) fn inside(&self, folder: &str) -> Result<Vec<RepoPath>, Failure> {
        let below = |name: &[u8]| RepoPath::new([folder.as_bytes(), b"/", name].concat());
        if let Some(commit) = &self.commit {
            let listed = self
                .repository
                .texts_under(Some(commit), &RepoPath::from(folder))?;
            let mut files: Vec<RepoPath> = listed.into_iter().map(|(path, _)| path).collect();
            files.retain(|path| *path == below(path.file_name()));
            return Ok(files);
        }
        let failed = |error: std::io::Error| Failure::new(error).doing(&format!("read `{folder}`"));
        let entries = match std::fs::read_dir(self.repository.work_tree()?.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if !entry.file_type().map_err(failed)?.is_dir() {
                let name = entry.file_name();
                files.push(below(&git::path_to_bytes(name.as_ref())));
            }
        }
        files.sort();
        Ok(files)
    }
}
