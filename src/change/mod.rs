//! What is under review: base, head, changed files, hunks, line maps.
//!
//! This file, [`diff`], [`edit`] and [`classify`] are pure. [`git`] and [`folder`] are the shell: they ask git
//! (or walk a folder) which files changed and hand out their bytes. Nothing here parses source code
//! or decides what is reported.

use std::path::PathBuf;

use crate::finding::{GapKind, RepoPath};

pub mod classify;
mod cplusplus;
pub mod diff;
pub mod edit;
pub mod folder;
pub mod git;

/// Where a change was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The staged index against `HEAD` (in a merge: against both parents).
    Staged,
    /// `A..B` or `A...B`.
    Range,
    /// The merge base of a revision and `HEAD`, against `HEAD` or the index.
    Base,
    /// Every file of the index, or those under given paths.
    Tree,
    /// Plain files and folders outside git.
    Folder,
}

impl Source {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Range => "range",
            Self::Base => "base",
            Self::Tree => "tree",
            Self::Folder => "folder",
        }
    }

    /// Whether there is no base: every line counts as given for review.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Tree | Self::Folder)
    }
}

/// Where the bytes of one side of a file are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// A blob of the repository, by its full hex object name.
    Blob(String),
    /// A plain file. Absolute, or relative to the current folder.
    File(PathBuf),
}

/// The same file in a further parent of a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentFile {
    /// Its path in that parent.
    pub path: RepoPath,
    /// Its bytes in that parent.
    pub content: Content,
}

/// One added, modified or renamed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Path at the head.
    pub path: RepoPath,
    /// Path at the base: `None` = added; different from `path` = renamed. Always `Some` together
    /// with `base`.
    pub base_path: Option<RepoPath>,
    /// The bytes under review.
    pub head: Content,
    /// The bytes before the change; `None` = added.
    pub base: Option<Content>,
    /// In a merge about to be committed: the file in each further parent that has it. Only what is
    /// neither in `base` nor in any of these is the work of the merge.
    pub other_bases: Vec<ParentFile>,
}

impl ChangedFile {
    /// A file without a base: every line is added.
    pub fn added(path: RepoPath, head: Content) -> Self {
        Self {
            path,
            base_path: None,
            head,
            base: None,
            other_bases: Vec::new(),
        }
    }

    /// Whether the file had another path at the base.
    pub fn is_renamed(&self) -> bool {
        self.base_path
            .as_ref()
            .is_some_and(|base| *base != self.path)
    }
}

/// Why an entry of the change holds no text to review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// A commit of another repository (mode 160000).
    Submodule,
    /// A symbolic link: its blob is a path, not a text.
    Symlink,
    /// Announced with `git add -N` and nothing of it staged yet, or staged empty.
    IntentToAdd,
    /// Unmerged: the index holds several versions. Only in [`Source::Tree`]; elsewhere an error.
    Conflict,
    /// A folder or file that could not be read.
    Unreadable,
    /// Neither file nor folder (socket, pipe, device).
    Special,
}

impl SkipReason {
    /// In words, for every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submodule => "submodule",
            Self::Symlink => "symbolic link",
            Self::IntentToAdd => "empty, or only announced with `git add -N`",
            Self::Conflict => "unresolved merge conflict",
            Self::Unreadable => "could not be read",
            Self::Special => "not a regular file",
        }
    }

    /// The gap it has to be listed as; `None` where leaving it out loses nothing.
    pub fn gap(self) -> Option<GapKind> {
        match self {
            Self::Conflict | Self::Unreadable => Some(GapKind::Unreadable),
            Self::Submodule | Self::Symlink | Self::IntentToAdd | Self::Special => None,
        }
    }
}

/// An entry of the change without text to review.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SkippedEntry {
    /// Its path.
    pub path: RepoPath,
    /// Why it is left out.
    pub reason: SkipReason,
}

/// What is under review. Deleted files, and entries of which only the mode changed, are no part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it was taken from.
    pub source: Source,
    /// Full hex object name of the base commit, where there is one.
    pub base: Option<String>,
    /// Full hex object name of the head commit; `None` for the index and for folders.
    pub head: Option<String>,
    /// The files, sorted by path, each path once.
    pub files: Vec<ChangedFile>,
    /// What was left out, sorted.
    pub skipped: Vec<SkippedEntry>,
    /// Paths that the head has no more: deleted, or moved away from. Sorted.
    pub gone: Vec<RepoPath>,
    /// What the reader of a report should know, one sentence each.
    pub notices: Vec<String>,
}

impl Change {
    /// A change with nothing in it.
    pub fn empty(source: Source) -> Self {
        Self {
            source,
            base: None,
            head: None,
            files: Vec::new(),
            skipped: Vec::new(),
            gone: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Restores the order promised by the fields.
    pub fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        self.skipped.sort();
        self.skipped.dedup();
        self.gone.sort();
        self.gone.dedup();
    }
}
