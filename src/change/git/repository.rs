//! A handle on one repository.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::blobs::{Blobs, Object};
use super::command;
use super::error::Error;
use super::file_bytes::FileBytes;
use super::index_diff;
use super::index_file::Index;
use super::listing::Listing;
use super::objects::oid_of_hex;
use super::path_from_bytes;
use super::plain::{Plain, PlainDiff};
use super::raw::{RawEntry, StagedBlobs};
use super::reader::Reader;
use crate::change::Content;
use crate::config::FILE_NAME;
use crate::finding::RepoPath;

/// Hex object name of the empty tree in a SHA-1 repository (git's `empty_tree`).
const EMPTY_TREE_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// The same in a SHA-256 repository.
const EMPTY_TREE_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// Largest file that [`Repository::read_index`] and its like return, in bytes: they are for
/// configuration.
const NAMED_FILE_MAX: u64 = 16 * 1024 * 1024;

/// A repository as git sees it from one folder: work tree, index, `HEAD`.
pub struct Repository {
    /// Where git runs. Relative paths in git's variables and in arguments start here.
    pub(super) start: PathBuf,
    root: Option<PathBuf>,
    git_dir: PathBuf,
    hooks_dir: PathBuf,
    index_file: PathBuf,
    prefix: Vec<u8>,
    head: Option<String>,
    is_sha256: bool,
    is_shallow: bool,
    pub(super) blobs: Arc<Blobs>,
    /// Asked before git is, where nobody else writes the repository.
    pub(super) plain: Option<Arc<Plain>>,
    /// Whether nothing is read in this process.
    pub(super) is_for_git: bool,
    /// Filled by [`super::staged`]: spares git the reading of the whole index for a single file.
    pub(super) staged: OnceLock<StagedBlobs>,
    /// Filled where the index is checked.
    index: Arc<OnceLock<Index>>,
}

impl fmt::Debug for Repository {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Repository")
            .field("git_dir", &self.git_dir)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Repository {
    /// Finds the repository around `start` (`.` for the current folder) with one git process.
    /// Under a hook git's own variables decide.
    ///
    /// # Errors
    /// No git, no repository, or one that git does not trust.
    pub fn discover(start: &Path) -> Result<Self, Error> {
        if !start.is_dir() && !start.as_os_str().is_empty() {
            return Err(Error::MissingPath {
                path: start.to_owned(),
            });
        }
        let answer = command::run(
            start,
            [
                "rev-parse",
                "--show-object-format",
                "--is-shallow-repository",
                "--absolute-git-dir",
                "--git-path",
                "hooks",
                "--git-path",
                "index",
                "--git-path",
                "objects",
                "--show-prefix",
                // The next two may fail, and end the answer: no work tree, no commit yet.
                "--show-toplevel",
                "--verify",
                "HEAD",
            ],
        )?;
        let mut lines = answer.stdout.split(|&byte| byte == b'\n');
        let mut line = || lines.next();
        let (
            Some(format),
            Some(shallow),
            Some(git_dir),
            Some(hooks),
            Some(index),
            Some(objects),
            Some(prefix),
        ) = (
            line(),
            line(),
            line().filter(|line| !line.is_empty()),
            line(),
            line(),
            line(),
            line(),
        )
        else {
            return Err(command::explain(&answer.message, "rev-parse", start));
        };
        let root = lines
            .next()
            .filter(|line| !line.is_empty())
            .map(path_from_bytes);
        let head = lines
            .next()
            .filter(|_| root.is_some())
            .and_then(|line| str::from_utf8(line).ok())
            .filter(|line| line.len() >= 40)
            .map(str::to_owned);
        let is_sha256 = format == b"sha256";
        let objects = (!is_sha256).then(|| start.join(path_from_bytes(objects)));
        Ok(Self {
            root,
            git_dir: path_from_bytes(git_dir),
            hooks_dir: start.join(path_from_bytes(hooks)),
            index_file: start.join(path_from_bytes(index)),
            prefix: prefix.to_vec(),
            head,
            is_sha256,
            is_shallow: shallow == b"true",
            blobs: Arc::new(Blobs::new(start.to_owned(), objects)),
            plain: None,
            is_for_git: false,
            staged: OnceLock::new(),
            index: Arc::default(),
            start: start.to_owned(),
        })
    }

    /// A bare repository of SHA-1 names that this program itself made and alone writes, at its git directory
    /// (absolute). No process is started, and libgit2 is asked before git is.
    pub fn own(git_dir: &Path) -> Self {
        Self::bare(git_dir, Plain::open(git_dir).map(Arc::new))
    }

    /// The same with nothing but git asked, whose processes have a memory of their own.
    pub fn own_by_git(git_dir: &Path) -> Self {
        Self {
            is_for_git: true,
            ..Self::bare(git_dir, None)
        }
    }

    fn bare(git_dir: &Path, plain: Option<Arc<Plain>>) -> Self {
        let objects = plain.as_ref().map(|_| git_dir.join("objects"));
        Self {
            root: None,
            git_dir: git_dir.to_owned(),
            hooks_dir: git_dir.join("hooks"),
            index_file: git_dir.join("index"),
            prefix: Vec::new(),
            head: None,
            is_sha256: false,
            is_shallow: git_dir.join("shallow").exists(),
            blobs: Arc::new(Blobs::new(git_dir.to_owned(), objects)),
            plain,
            is_for_git: false,
            staged: OnceLock::new(),
            index: Arc::default(),
            start: git_dir.to_owned(),
        }
    }

    /// Whether a commit is here with its tree; `None` where only git can say it.
    pub fn has_tree_of(&self, commit: &str) -> Option<bool> {
        self.plain.as_ref()?.has_tree_of(commit)
    }

    /// Whether no object of a pack, named by its index, has more than so many bytes; `None` where only git can
    /// say it.
    pub fn is_small_pack(&self, index: &Path, limit: u64) -> Option<bool> {
        self.plain.as_ref()?.is_small_pack(index, limit)
    }

    /// What differs between two commits, named in full, as `git diff` shows it; `None` where only git can say
    /// it: renames, links, submodules.
    pub fn plain_diff(&self, base: &str, head: &str) -> Option<PlainDiff> {
        self.plain.as_ref()?.shown(base, head)
    }

    /// Top folder of the work tree, absolute; `None` in a bare repository or inside a git
    /// directory.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Top folder of the work tree.
    ///
    /// # Errors
    /// There is none.
    pub fn work_tree(&self) -> Result<&Path, Error> {
        self.root().ok_or_else(|| Error::NoWorkTree {
            git_dir: self.git_dir.clone(),
        })
    }

    /// The git directory, absolute; that of the worktree in a linked one.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Where git looks for hooks (`core.hooksPath` honoured). Need not exist.
    pub fn hooks_dir(&self) -> &Path {
        &self.hooks_dir
    }

    /// Path of the starting folder from the root, `/`-separated and `/`-terminated; empty at the
    /// root.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }

    /// Full hex object name of the commit `HEAD` names; `None` before the first commit.
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Whether history is cut off (`git clone --depth`).
    pub fn is_shallow(&self) -> bool {
        self.is_shallow
    }

    /// A reader of the blobs and files of this repository, usable from several threads.
    ///
    /// `limit` is the largest content it returns, in bytes.
    pub fn reader(&self, limit: u64) -> Reader {
        Reader::with_blobs(limit, Arc::clone(&self.blobs), self.listing())
    }

    /// The texts under a path (a folder, the file itself; all if it is empty) in the commit `head`, or
    /// in the index. Sorted by path.
    ///
    /// # Errors
    /// The index or the commit cannot be read.
    pub fn texts_under(
        &self,
        head: Option<&str>,
        under: &RepoPath,
    ) -> Result<Vec<(RepoPath, Content)>, Error> {
        self.listing().texts(head, Some(under))
    }

    fn listing(&self) -> Listing {
        Listing::new(
            (self.top().to_owned(), self.root.clone()),
            Arc::clone(&self.index),
            self.plain.clone(),
        )
    }

    /// Where git runs for pathspecs to count from the root.
    pub(super) fn top(&self) -> &Path {
        // Not leaving the starting folder keeps relative paths in git's variables right.
        match &self.root {
            Some(root) if !self.prefix.is_empty() => root,
            _ => &self.start,
        }
    }

    /// The value of a configuration key, e.g. `core.hooksPath`; `None` where it is not set.
    ///
    /// # Errors
    /// A configuration file is broken, or the key has no section.
    pub fn config(&self, key: &str) -> Result<Option<String>, Error> {
        let answer = command::run(&self.start, ["config", "--null", "--get", key])?;
        // git-config(1): 1 = the key is not set.
        if answer.code == Some(1) && answer.message.is_empty() {
            return Ok(None);
        }
        let value = answer.success("config", self.place())?;
        let value = value.strip_suffix(b"\0").unwrap_or(&value);
        Ok(Some(String::from_utf8_lossy(value).into_owned()))
    }

    /// A file of the index; `None` where the index has no such file (or a link, submodule).
    ///
    /// After [`super::staged`] this costs no reading of the index.
    ///
    /// # Errors
    /// The index or an object cannot be read.
    pub fn read_index(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        match (self.staged.get().map(|staged| staged.get(path)), &self.head) {
            (Some(Some(None)), _) => Ok(None),
            (Some(Some(Some(blob))), _) => self.read_named(blob.as_bytes()),
            // Not among the differences, so it is as in `HEAD`.
            (Some(None), Some(head)) => self.read_revision(head, path),
            (Some(None), None) => Ok(None),
            (None, _) => self.read_named(&[b":0:", path.as_bytes()].concat()),
        }
    }

    /// Paths of the configurations in the index; `None` where that is not known without asking git.
    ///
    /// Known after [`super::staged`], at no cost: the walk that checks the index sees all names.
    pub fn configs_in_index(&self) -> Option<Vec<RepoPath>> {
        let names = self.index.get()?.called()?;
        Some(names.into_iter().map(RepoPath::new).collect())
    }

    /// The paths that [`super::staged`] found to differ from `HEAD`, deleted ones included.
    pub fn staged_paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.staged
            .get()
            .into_iter()
            .flat_map(|staged| staged.keys())
    }

    /// A file of a commit; `None` where the commit has no such file, or does not exist.
    ///
    /// # Errors
    /// An object cannot be read.
    pub fn read_revision(&self, revision: &str, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        self.read_named(&[revision.as_bytes(), b":", path.as_bytes()].concat())
    }

    /// A file of the work tree; `None` where there is none.
    ///
    /// # Errors
    /// It exists and cannot be read, or there is no work tree.
    pub fn read_work_tree(&self, path: &RepoPath) -> Result<Option<Vec<u8>>, Error> {
        let path = self.work_tree()?.join(path_from_bytes(path.as_bytes()));
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// The version of git as three numbers, e.g. `(2, 47, 3)`.
    ///
    /// # Errors
    /// No git, or an answer without a version.
    pub fn git_version() -> Result<(u32, u32, u32), Error> {
        let output =
            command::run(Path::new("."), ["version"])?.success("version", Path::new("."))?;
        let text = String::from_utf8_lossy(&output);
        let mut numbers = text
            .split_whitespace()
            .nth(2)
            .unwrap_or_default()
            .split('.')
            .map_while(|number| number.parse().ok());
        match (numbers.next(), numbers.next()) {
            (Some(major), Some(minor)) => Ok((major, minor, numbers.next().unwrap_or(0))),
            _ => Err(Error::Git {
                command: "version".to_owned(),
                repository: PathBuf::from("."),
                message: format!("no version in `{}`", text.trim()),
            }),
        }
    }

    /// Makes sure that the index file (that of `GIT_INDEX_FILE`) is whole; none is an empty index.
    pub(super) fn check_index(&self) -> Result<(), Error> {
        let damaged = |message: String| Error::Index {
            repository: self.place().to_owned(),
            message,
        };
        if self.index.get().is_some() {
            return Ok(());
        }
        match FileBytes::of_replaced(&self.index_file) {
            Ok(bytes) if bytes.is_empty() => Ok(()),
            Ok(bytes) => {
                let index = Index::of(bytes, (self.hash_length(), FILE_NAME))
                    .map_err(|damage| damaged(damage.to_string()))?;
                // A failure means that it is filled already, with the same.
                let _ = self.index.set(index);
                Ok(())
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    /// The index against a commit, where that takes no git process; after [`Self::check_index`].
    pub(super) fn index_against(&self, commit: &str) -> Option<Vec<RawEntry>> {
        let objects = self.blobs.objects()?;
        index_diff::differences(self.index.get()?, objects, oid_of_hex(commit.as_bytes())?)
    }

    /// Whether object names are of SHA-256.
    pub(super) fn is_sha256(&self) -> bool {
        self.is_sha256
    }

    /// Length of an object name in bytes.
    fn hash_length(&self) -> usize {
        if self.is_sha256 { 32 } else { 20 }
    }

    /// Name of the tree without entries, in this repository's object format.
    pub(super) fn empty_tree(&self) -> &'static str {
        if self.is_sha256 {
            EMPTY_TREE_SHA256
        } else {
            EMPTY_TREE_SHA1
        }
    }

    /// The folder to name in errors.
    pub(super) fn place(&self) -> &Path {
        self.root.as_deref().unwrap_or(&self.git_dir)
    }

    /// Runs git and demands success.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let subcommand = arguments.first().copied().unwrap_or_default();
        command::run(&self.start, arguments)?.success(subcommand, self.place())
    }

    /// An answer of git's that could not be read.
    pub(super) fn unexpected(&self, subcommand: &str, message: String) -> Error {
        Error::Git {
            command: subcommand.to_owned(),
            repository: self.place().to_owned(),
            message,
        }
    }

    fn read_named(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.blobs.get(name, NAMED_FILE_MAX) {
            Ok(Object::Blob(bytes)) => Ok(Some(bytes)),
            Ok(Object::Missing | Object::NotABlob) => Ok(None),
            Ok(Object::TooLarge(bytes)) => Err(self.unexpected(
                "cat-file",
                format!(
                    "{} has {bytes} bytes, more than the {NAMED_FILE_MAX} a configuration file may have",
                    String::from_utf8_lossy(name)
                ),
            )),
            Err(message) => Err(command::explain(&message, "cat-file", self.place())),
        }
    }
}
