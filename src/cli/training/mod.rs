//! `scrubin training`, and what reviews leave for it.

mod code;
mod compiler;
mod exercise;
#[cfg(test)]
mod grading_tests;
mod history;
pub(super) mod keep;
mod learn;
mod matrix;
mod report;
pub(super) mod store;
mod talk;

pub(super) use report::joined;

use std::path::Path;

use super::Outcome;
use super::args::{LearnArguments, TrainingCommand};
use super::failure::Failure;
use super::source;
use crate::change::git::{self, Repository};
use crate::config::{Switch, Training};
use crate::training::history::Key;

pub(super) fn training(command: TrainingCommand) -> Result<Outcome, Failure> {
    match command {
        // These work on given files as well, where no repository is.
        TrainingCommand::Report(arguments) => report::report(&arguments),
        TrainingCommand::Matrix(arguments) => matrix::matrix(&arguments),
        TrainingCommand::People { file } => matrix::people(&Place::here()?, &file),
        TrainingCommand::Show { mine, format } => history::show(&Place::here()?, mine, format),
        TrainingCommand::Export { file, mine } => history::export(&Place::here()?, &file, mine),
        TrainingCommand::Merge { files } => history::merge(&Place::here()?, &files),
        TrainingCommand::Delete { mine, yes, .. } => history::delete(&Place::here()?, mine, yes),
        TrainingCommand::Key(arguments) => history::key(&Place::here()?, &arguments),
    }
}

pub(super) fn learn(arguments: &LearnArguments) -> Result<Outcome, Failure> {
    learn::learn(arguments)
}

/// The repository whose history is meant, and what its configuration says of training.
pub(super) struct Place {
    pub(super) repository: Repository,
    pub(super) store: store::Store,
    pub(super) settings: Training,
}

impl Place {
    /// That of the current folder.
    pub(super) fn here() -> Result<Self, Failure> {
        Self::of(Repository::discover(Path::new("."))?)
    }

    /// That of the current folder, if it is in a repository. What is broken there is an error: it may say
    /// that people are not told apart.
    pub(super) fn maybe() -> Result<Option<Self>, Failure> {
        match Repository::discover(Path::new(".")) {
            Ok(repository) => Self::of(repository).map(Some),
            Err(git::Error::NotARepository { .. } | git::Error::GitMissing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of(repository: Repository) -> Result<Self, Failure> {
        let settings = source::work_tree(None, None)?.configs.root.training;
        Ok(Self {
            store: store::Store::of(&repository),
            repository,
            settings,
        })
    }

    /// Whether people are told apart.
    pub(super) fn is_individual(&self) -> bool {
        self.settings.individual == Switch::On
    }

    /// The address of whoever runs this.
    pub(super) fn my_address(&self) -> Result<String, Failure> {
        keep::own_address(&self.repository).ok_or_else(|| {
            Failure::message("git does not know who you are")
                .with_help("git config user.email ADDRESS")
        })
    }

    /// The pseudonym of whoever runs this, and which key made it.
    pub(super) fn me(&self) -> Result<Me, Failure> {
        let address = self.my_address()?;
        let held = self.store.hold()?;
        Ok(Me::of(&self.store.key(&held)?, &address))
    }

    /// The same without making anything: none where git does not know them, or no key was made yet.
    pub(super) fn known_me(&self) -> Result<Option<Me>, Failure> {
        let key = self.store.known_key()?;
        let address = keep::own_address(&self.repository);
        Ok(key
            .zip(address)
            .map(|(key, address)| Me::of(&key, &address)))
    }
}

/// Whoever runs this.
#[derive(Debug, Clone)]
pub(super) struct Me {
    /// Pseudonym.
    pub(super) who: String,
    /// Which key made it.
    pub(super) key: String,
}

impl Me {
    fn of(key: &Key, address: &str) -> Self {
        Self {
            who: key.person(address),
            key: key.id(),
        }
    }
}
