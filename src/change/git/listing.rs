//! Which files the index or a commit holds, changed or not.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::command;
use super::error::Error;
use super::index_file;
use super::path_from_bytes;
use super::plain::Plain;
use super::raw;
use crate::change::Content;
use crate::finding::RepoPath;

/// Lists files of one repository.
#[derive(Clone)]
pub(super) struct Listing {
    /// Where git runs: at the root, or where a hook started us, which is the root too.
    folder: PathBuf,
    /// That of `GIT_INDEX_FILE`.
    index_file: PathBuf,
    /// Length of an object name in bytes.
    hash: usize,
    /// Asked first, where there is one.
    plain: Option<Arc<Plain>>,
}

impl fmt::Debug for Listing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Listing")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Listing {
    pub(super) fn new(
        folder: PathBuf,
        index_file: PathBuf,
        hash: usize,
        plain: Option<Arc<Plain>>,
    ) -> Self {
        Self {
            folder,
            index_file,
            hash,
            plain,
        }
    }

    /// The C headers of the commit `head`, or of the index, sorted by path.
    ///
    /// # Errors
    /// The index or the commit cannot be read.
    pub(super) fn headers(&self, head: Option<&str>) -> Result<Vec<(RepoPath, Content)>, Error> {
        if head.is_none()
            && let Some(found) = self.headers_of_index()
        {
            return Ok(found);
        }
        let mut headers = self.texts(head, None)?;
        headers.retain(|(path, _)| path.extension() == b"h");
        Ok(headers)
    }

    /// Read from the index file itself, which costs a tenth of `git ls-files` (0.6 against 6 ms for
    /// 16,000 entries); `None` where only git can read it.
    fn headers_of_index(&self) -> Option<Vec<(RepoPath, Content)>> {
        let file = std::fs::File::open(&self.index_file).ok()?;
        let length = file.metadata().ok()?.len();
        let found = index_file::headers(file, length, self.hash).ok()??;
        // Sorted by path: so is the index.
        let content = |(path, object)| (RepoPath::new(path), Content::Blob(object));
        Some(found.into_iter().map(content).collect())
    }

    /// Texts of the commit `head`, or of the index, with their blobs: all, or those under a folder or
    /// file; the root stands for all. Sorted by path.
    ///
    /// # Errors
    /// The index or the commit cannot be read.
    pub(super) fn texts(
        &self,
        head: Option<&str>,
        under: Option<&RepoPath>,
    ) -> Result<Vec<(RepoPath, Content)>, Error> {
        let plain = self.plain.as_ref();
        if let Some(found) = plain.and_then(|plain| plain.texts(head?, under)) {
            let content = |(path, object)| (path, Content::Blob(object));
            return Ok(found.into_iter().map(content).collect());
        }
        let mut arguments: Vec<PathBuf> = match head {
            Some(commit) => ["ls-tree", "-r", "-z", "--full-tree", commit],
            None => ["ls-files", "-v", "-s", "-z", "--full-name"],
        }
        .into_iter()
        .map(PathBuf::from)
        .collect();
        // git takes no empty path.
        if let Some(under) = under.filter(|under| !under.as_bytes().is_empty()) {
            let under = path_from_bytes(under.as_bytes());
            arguments.extend([PathBuf::from("--"), under]);
        }
        let subcommand = if head.is_some() {
            "ls-tree"
        } else {
            "ls-files"
        };
        let output = command::run(&self.folder, arguments)?.success(subcommand, &self.folder)?;
        let unexpected = |message| Error::Git {
            command: subcommand.to_owned(),
            repository: self.folder.clone(),
            message,
        };
        let listed = if head.is_some() {
            raw::parse_tree(&output).map_err(unexpected)?
        } else {
            raw::parse_index(&output)
                .map_err(unexpected)?
                .into_iter()
                .filter(|entry| entry.stage == 0 && raw::regular(entry.mode).is_ok())
                .map(|entry| (entry.path, entry.object))
                .collect()
        };
        let mut texts: Vec<(RepoPath, Content)> = listed
            .into_iter()
            .map(|(path, object)| (path, Content::Blob(object)))
            .collect();
        texts.sort();
        Ok(texts)
    }
}
