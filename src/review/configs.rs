//! Where the configurations of a review come from: the `scrubin.toml` at the root and those of the
//! folders around the reviewed files, all read from one side of the change.
//!
//! Look-ups are bounded: one per folder around a reviewed file, and none at all in the hook, where the
//! walk over the index that checks it tells which names it holds.

use std::collections::BTreeSet;

use crate::change::Change;
use crate::change::git::{self, Repository};
use crate::config::{Config, ConfigError, Configs, FILE_NAME};
use crate::finding::RepoPath;

/// Most configurations below the root. Each is joined with those above it and kept for the run.
const NESTED_MAX: usize = 500;

/// Above this many folders a commit's files are listed once, instead of asking folder by folder.
const FOLDERS_ASKED: usize = 200;

/// A configuration that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ConfigsError {
    /// It cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It cannot be read from the repository.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// It cannot be read from disk.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// The file.
        path: RepoPath,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is no text.
    #[error("`{path}` is not UTF-8")]
    Encoding {
        /// The file.
        path: RepoPath,
    },
    /// There are too many.
    #[error(
        "{count} folders have a {FILE_NAME} of their own, more than the {NESTED_MAX} that are read"
    )]
    TooMany {
        /// How many.
        count: usize,
    },
}

/// The side of a change from which files that steer the review are read.
#[derive(Debug, Clone, Copy)]
pub enum Steering<'s> {
    /// The index.
    Index(&'s Repository),
    /// A commit.
    Commit(&'s Repository, &'s str),
    /// The work tree.
    WorkTree(&'s Repository),
    /// The current folder.
    Folder,
}

impl<'s> Steering<'s> {
    /// The text of a file; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be read, or is not UTF-8.
    pub fn text(self, path: &RepoPath) -> Result<Option<String>, ConfigsError> {
        let bytes = match self {
            Self::Index(repository) => repository.read_index(path)?,
            Self::Commit(repository, commit) => repository.read_revision(commit, path)?,
            Self::WorkTree(repository) => repository.read_work_tree(path)?,
            Self::Folder => match std::fs::read(path.to_string()) {
                Ok(bytes) => Some(bytes),
                Err(error) if is_absent(&error) => None,
                Err(source) => {
                    return Err(ConfigsError::Unreadable {
                        path: path.clone(),
                        source,
                    });
                }
            },
        };
        match bytes.map(String::from_utf8) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(ConfigsError::Encoding { path: path.clone() }),
        }
    }

    /// The configurations that count for files: that at the root, and those of the folders around
    /// them.
    ///
    /// # Errors
    /// One of them cannot be read or used.
    pub fn configs<'p>(
        self,
        paths: impl Iterator<Item = &'p RepoPath>,
    ) -> Result<Configs, ConfigsError> {
        let root = match self.text(&RepoPath::from(FILE_NAME))? {
            Some(text) => Config::parse(&text, FILE_NAME)?,
            None => Config::default(),
        };
        let mut nested = Vec::new();
        for path in self.candidates(&folders(paths))? {
            if let Some(text) = self.text(&path)? {
                let config = Config::parse_nested(&text, &path)?;
                nested.push((path, config));
            }
            if nested.len() > NESTED_MAX {
                let count = nested.len();
                return Err(ConfigsError::TooMany { count });
            }
        }
        Ok(Configs {
            root,
            nested,
            own: None,
            compared: None,
        })
    }

    /// Paths of the configurations that may lie in the folders.
    fn candidates(self, folders: &BTreeSet<RepoPath>) -> Result<Vec<RepoPath>, ConfigsError> {
        let in_folders = |path: &RepoPath| folders.contains(&path.parent());
        let listed = match self {
            _ if folders.is_empty() => Some(Vec::new()),
            Self::Index(repository) => repository.configs_in_index(),
            Self::Commit(repository, commit) if folders.len() > FOLDERS_ASKED => {
                let texts = repository.texts_under(Some(commit), &RepoPath::from(""))?;
                let names = texts.into_iter().map(|(path, _)| path);
                Some(names.filter(is_config).collect())
            }
            _ => None,
        };
        Ok(match listed {
            Some(mut paths) => {
                paths.retain(in_folders);
                paths
            }
            None => folders
                .iter()
                .map(|folder| {
                    RepoPath::new([folder.as_bytes(), b"/", FILE_NAME.as_bytes()].concat())
                })
                .collect(),
        })
    }
}

/// Whether a path is that of a configuration.
pub fn is_config(path: &RepoPath) -> bool {
    path.file_name() == FILE_NAME.as_bytes()
}

/// The configurations that differ between two commits.
///
/// # Errors
/// A commit that cannot be read.
pub fn differing_configs(
    repository: &Repository,
    base: &str,
    head: &str,
) -> Result<Vec<RepoPath>, git::Error> {
    let mut names = git::differing(repository, base, head, &RepoPath::from(""))?;
    names.retain(is_config);
    Ok(names)
}

/// The files of a change and these configurations: what their folders are looked for in.
pub fn around<'c>(
    change: &'c Change,
    configs: &'c [RepoPath],
) -> impl Iterator<Item = &'c RepoPath> {
    change.files.iter().map(|file| &file.path).chain(configs)
}

/// All folders around the files, without the root.
fn folders<'p>(paths: impl Iterator<Item = &'p RepoPath>) -> BTreeSet<RepoPath> {
    let mut folders = BTreeSet::new();
    for path in paths {
        let mut folder = path.parent();
        // A folder that is known has its own ones in the set already.
        while !folder.as_bytes().is_empty() {
            let above = folder.parent();
            if !folders.insert(folder) {
                break;
            }
            folder = above;
        }
    }
    folders
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_looked_at_once() {
        let paths = ["a/b/c.c", "a/b/d.c", "a/e.c", "f.c", "g/h/i/j.c"].map(RepoPath::from);
        let found: Vec<String> = folders(paths.iter())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["a", "a/b", "g", "g/h", "g/h/i"]);
    }
}
