//! Which files the index or a commit holds, changed or not.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::checked_out;
use super::command;
use super::error::Error;
use super::index_file::Index;
use super::path_from_bytes;
use super::plain::Plain;
use super::raw;
use crate::change::Content;
use crate::finding::{RepoPath, hex};

/// C headers of one side, changed or not, by path.
#[derive(Debug)]
pub struct Headers(Known);

#[derive(Debug)]
enum Known {
    /// Path and content of each.
    Listed(Vec<(RepoPath, Content)>),
    /// Those of an index, and the top of its work tree.
    Staged(Arc<OnceLock<Index>>, Option<PathBuf>),
}

impl Headers {
    /// Headers with these paths and contents, sorted by path.
    pub fn of(headers: Vec<(RepoPath, Content)>) -> Self {
        Self(Known::Listed(headers))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match &self.0 {
            Known::Listed(headers) => headers.len(),
            Known::Staged(..) => self.staged().map_or(0, |(_, headers)| headers.len()),
        }
    }

    /// The path of one.
    pub fn path(&self, at: usize) -> Option<&[u8]> {
        match &self.0 {
            Known::Listed(headers) => headers.get(at).map(|(path, _)| path.as_bytes()),
            Known::Staged(..) => {
                let (index, headers) = self.staged()?;
                Some(index.get(*headers.get(at)? as usize)?.name)
            }
        }
    }

    /// Gives memory back that looking at all of them took; to be called before a few are looked at.
    pub fn release(&self) {
        if let Some((index, _)) = self.staged() {
            index.release();
        }
    }

    /// The content of one.
    pub fn content(&self, at: usize) -> Option<Content> {
        match &self.0 {
            Known::Listed(headers) => headers.get(at).map(|(_, content)| content.clone()),
            Known::Staged(..) => {
                let (index, headers) = self.staged()?;
                let object = index.get(*headers.get(at)? as usize)?.object;
                Some(Content::Blob(hex(object)))
            }
        }
    }

    /// The bytes of one, if it is staged as it is in the work tree and has at most `limit` of them.
    pub(super) fn checked_out(&self, at: usize, limit: u64) -> Option<Vec<u8>> {
        let Known::Staged(_, root) = &self.0 else {
            return None;
        };
        let (index, headers) = self.staged()?;
        let at = *headers.get(at)? as usize;
        let entry = index.get(at)?;
        let path = root.as_ref()?.join(path_from_bytes(entry.name));
        checked_out::read(&path, (index.file_size(at)?, entry.object), limit)
    }

    fn staged(&self) -> Option<(&Index, &[u32])> {
        let Known::Staged(index, _) = &self.0 else {
            return None;
        };
        let index = index.get()?;
        Some((index, index.headers()?))
    }
}

/// Lists files of one repository.
#[derive(Clone)]
pub(super) struct Listing {
    /// Where git runs: at the root, or where a hook started us, which is the root too.
    folder: PathBuf,
    /// Top of the work tree.
    root: Option<PathBuf>,
    /// That of `GIT_INDEX_FILE`, where it was read.
    index: Arc<OnceLock<Index>>,
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
        (folder, root): (PathBuf, Option<PathBuf>),
        index: Arc<OnceLock<Index>>,
        plain: Option<Arc<Plain>>,
    ) -> Self {
        Self {
            folder,
            root,
            index,
            plain,
        }
    }

    /// The C headers of the commit `head`, or of the index. Those of an index that was read cost
    /// no process.
    ///
    /// # Errors
    /// The index or the commit cannot be read.
    pub(super) fn headers(&self, head: Option<&str>) -> Result<Headers, Error> {
        let is_known = |index: &Index| index.headers().is_some();
        if head.is_none() && self.index.get().is_some_and(is_known) {
            let (index, root) = (Arc::clone(&self.index), self.root.clone());
            return Ok(Headers(Known::Staged(index, root)));
        }
        let mut headers = self.texts(head, None)?;
        headers.retain(|(path, _)| path.extension() == b"h");
        Ok(Headers::of(headers))
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
