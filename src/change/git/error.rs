//! What can go wrong between git and us, each situation told apart.

use std::io;
use std::path::PathBuf;

use crate::finding::RepoPath;

/// Why a change could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no `git` to ask.
    #[error("cannot run `git`")]
    GitMissing {
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Neither the folder nor one above it is a repository.
    #[error("{} is not inside a git repository", .path.display())]
    NotARepository {
        /// Where the search began.
        path: PathBuf,
    },
    /// A bare repository, or a start inside its git directory.
    #[error("the repository {} has no work tree here, so there is no index to review", .git_dir.display())]
    NoWorkTree {
        /// The git directory.
        git_dir: PathBuf,
    },
    /// git refuses a repository that belongs to another user (`safe.directory`).
    #[error("git does not trust the repository {path}: it belongs to another user")]
    ForeignOwner {
        /// The repository, as git names it.
        path: String,
        /// The command that git proposes to trust it.
        command: String,
    },
    /// The index cannot be read.
    #[error("the index of the repository {} cannot be read: {message}", .repository.display())]
    Index {
        /// The repository.
        repository: PathBuf,
        /// git's message.
        message: String,
    },
    /// Unmerged entries are staged.
    #[error("the index holds unresolved merge conflicts: {}", list(.paths))]
    Conflicts {
        /// The files, sorted.
        paths: Vec<RepoPath>,
    },
    /// A revision that does not name a commit.
    #[error("unknown revision `{revision}` in the repository {}", .repository.display())]
    UnknownRevision {
        /// As given.
        revision: String,
        /// The repository.
        repository: PathBuf,
    },
    /// A text that is no commit range.
    #[error("`{text}` is not a commit range: write `A..B` or `A...B`")]
    InvalidRange {
        /// As given.
        text: String,
    },
    /// Two commits without a common ancestor, or history cut off before it.
    #[error("`{base}` and `{head}` have no merge base in the repository {}{}", .repository.display(), if *.shallow { " (its history is shallow)" } else { "" })]
    NoMergeBase {
        /// One side, as given.
        base: String,
        /// The other side, as given.
        head: String,
        /// Whether history is cut off.
        shallow: bool,
        /// The repository.
        repository: PathBuf,
    },
    /// What a branch took in cannot be told: the history is cut off.
    #[error("the history of the repository {} is shallow: what came before cannot be told", .repository.display())]
    Shallow {
        /// The repository.
        repository: PathBuf,
    },
    /// The object database lacks something it should hold.
    #[error("an object is missing from the repository {}: {message}", .repository.display())]
    MissingObject {
        /// The repository.
        repository: PathBuf,
        /// Which one, in git's words.
        message: String,
    },
    /// A path given by the user that does not exist.
    #[error("no such file or folder: {}", .path.display())]
    MissingPath {
        /// As given.
        path: PathBuf,
    },
    /// A path given by the user that exists and cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// git failed in a way not listed above.
    #[error("`git {command}` failed in the repository {}: {message}", .repository.display())]
    Git {
        /// Subcommand.
        command: String,
        /// Where it ran.
        repository: PathBuf,
        /// git's message, or what was wrong with its answer.
        message: String,
    },
}

impl Error {
    /// What to do next, in one sentence or command; `None` where the message says it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::GitMissing { .. } => Some("install git and put it on the PATH".to_owned()),
            Self::NotARepository { .. } => Some(
                "start inside a repository, or review plain files with `scrubin check --all PATH`"
                    .to_owned(),
            ),
            Self::NoWorkTree { .. } => Some("review commits instead: `--range A..B`".to_owned()),
            Self::ForeignOwner { command, .. } => {
                Some(format!("if you trust its owner, run: {command}"))
            }
            Self::Index { .. } => Some(
                "if no other git command is running, rebuild it: delete the index file, then `git reset`"
                    .to_owned(),
            ),
            Self::Conflicts { .. } => {
                Some("resolve them and `git add` the files, then try again".to_owned())
            }
            Self::NoMergeBase { shallow: true, .. } | Self::Shallow { .. } => {
                Some("fetch more history: `git fetch --unshallow`".to_owned())
            }
            Self::MissingObject { .. } => Some("`git fsck` lists what is damaged".to_owned()),
            _ => None,
        }
    }
}

/// At most five names.
fn list(paths: &[RepoPath]) -> String {
    let mut text = paths
        .iter()
        .take(5)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    if paths.len() > 5 {
        text.push_str(", ...");
    }
    text
}
