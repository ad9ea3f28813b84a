//! The configurations of one repository.

use super::Config;
use crate::finding::RepoPath;

/// The `scrubin.toml` at the root and those below it.
#[derive(Debug, Clone, Default)]
pub struct Configs {
    /// The settings at the root.
    pub root: Config,
    /// Those of folders below: path of the file, settings.
    pub nested: Vec<(RepoPath, Config)>,
    /// The repository's own, where these are of a file that an argument named; `None` where they are its own, or
    /// nobody asked.
    pub own: Option<Box<Self>>,
    /// What they are compared with; `None` where the change touches none of them.
    pub compared: Option<Compared>,
}

/// The other side of a change that touches the configuration.
#[derive(Debug, Clone)]
pub enum Compared {
    /// Those before the change; the change's own are in force.
    Before(Box<Configs>),
    /// Those the change proposes; the ones before it are in force.
    After(Box<Configs>),
}

impl From<Config> for Configs {
    fn from(root: Config) -> Self {
        Self {
            root,
            ..Self::default()
        }
    }
}
