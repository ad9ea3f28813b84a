//! Arguments → the change under review, its reader, and the files that steer the review.

use std::path::{Path, PathBuf};

use super::args::CheckArguments;
use super::failure::Failure;
use super::watchdog::Watchdog;
use crate::change::git::{self, Reader, Repository};
use crate::change::{Change, Source, folder};
use crate::config::Config;
use crate::finding::RepoPath;
use crate::review::{self, Watch};
use crate::triage::{Baseline, DeviationFile};

/// A change with everything around it.
pub(super) struct Reviewed {
    pub(super) change: Change,
    pub(super) repository: Option<Repository>,
    /// Whether every file of the repository is part of the change.
    pub(super) whole_tree: bool,
    /// Shows the watchdog which files are being analysed.
    pub(super) watch: Watch,
}

/// The project's own rules.
pub(super) enum RuleFolders {
    /// Files and folders on disk.
    Places(Vec<PathBuf>),
    /// Name and text of each rule file.
    Texts(Vec<(String, String)>),
}

/// Name of the configuration file.
const CONFIG: &str = "scrubin.toml";

/// Finds out what is under review.
pub(super) fn open(arguments: &CheckArguments) -> Result<Reviewed, Failure> {
    let here = current_folder()?;
    let found = Repository::discover(&here);
    let repository = match found {
        Ok(repository) => Some(repository),
        Err(git::Error::NotARepository { .. } | git::Error::GitMissing { .. }) if arguments.all => {
            None
        }
        Err(error) => return Err(error.into()),
    };
    let Some(repository) = repository else {
        let change = folder::folder(&arguments.paths, &here)?;
        return Ok(Reviewed {
            change,
            repository: None,
            whole_tree: arguments.paths.is_empty(),
            watch: Watch::default(),
        });
    };
    let (mut change, whole_tree) = if arguments.all {
        if repository.work_tree().is_err() {
            // A bare repository: the plain files given, if any.
            (folder::folder(&arguments.paths, &here)?, false)
        } else {
            (
                git::tree(&repository, &arguments.paths)?,
                arguments.paths.is_empty(),
            )
        }
    } else if let Some(range) = &arguments.range {
        (git::range(&repository, range)?, false)
    } else if let Some(base) = &arguments.base {
        (git::base(&repository, base, git::Head::Commit)?, false)
    } else {
        (git::staged(&repository)?, false)
    };
    if !arguments.all && !arguments.paths.is_empty() {
        narrow(&mut change, &repository, &arguments.paths, &here)?;
    }
    Ok(Reviewed {
        change,
        repository: Some(repository),
        whole_tree,
        watch: Watch::default(),
    })
}

fn current_folder() -> Result<PathBuf, Failure> {
    std::env::current_dir().map_err(|error| Failure::new(error).doing("read the current folder"))
}

/// Keeps only what lies under the given paths, which count from the current folder.
fn narrow(
    change: &mut Change,
    repository: &Repository,
    paths: &[PathBuf],
    here: &Path,
) -> Result<(), Failure> {
    let mut wanted: Vec<RepoPath> = Vec::new();
    for path in paths {
        let Some(name) = git::path_in(repository, path) else {
            return Err(Failure::message(format!(
                "`{}` is outside the repository",
                path.display()
            ))
            .with_help("use `--all` to review plain files"));
        };
        let known =
            here.join(path).exists() || change.files.iter().any(|file| under(&file.path, &name));
        if !known {
            return Err(Failure::message(format!(
                "no file or folder `{}`",
                path.display()
            )));
        }
        wanted.push(name);
    }
    let keep = |path: &RepoPath| wanted.iter().any(|name| under(path, name));
    change.files.retain(|file| keep(&file.path));
    change.skipped.retain(|entry| keep(&entry.path));
    Ok(())
}

/// Whether the path is the folder or file, or lies in it.
fn under(path: &RepoPath, folder: &RepoPath) -> bool {
    let folder = folder.as_bytes();
    match path.as_bytes().strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.first() == Some(&b'/'),
        None => false,
    }
}

impl Reviewed {
    /// Gives the bytes of the change.
    pub(super) fn reader(&self, limit: u64) -> Reader {
        match &self.repository {
            Some(repository) => repository.reader(limit),
            None => Reader::of_files(limit),
        }
    }

    /// The configuration: the given file, or the one that belongs to the head of the change.
    pub(super) fn config(&self, given: Option<&Path>) -> Result<Config, Failure> {
        if let Some(path) = given {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failure::new(error).doing(&format!("read the configuration `{}`", path.display()))
            })?;
            return Ok(Config::parse(&text, &path.display().to_string())?);
        }
        match self.steering(CONFIG)? {
            Some(text) => Ok(Config::parse(&text, CONFIG)?),
            None => Ok(Config::default()),
        }
    }

    /// The deviations file that belongs to the head of the change.
    pub(super) fn deviations(&self, config: &Config) -> Result<Option<DeviationFile>, Failure> {
        let name = config.deviations.file.as_str();
        match self.steering(name)? {
            Some(text) => Ok(Some(DeviationFile::parse(&text, &RepoPath::from(name))?)),
            None => Ok(None),
        }
    }

    /// The baseline that belongs to the head of the change.
    pub(super) fn baseline(&self, config: &Config) -> Result<Option<Baseline>, Failure> {
        let name = config.baseline.file.as_str();
        let Some(text) = self.steering(name)? else {
            return Ok(None);
        };
        Baseline::parse(&text)
            .map(Some)
            .map_err(|error| Failure::new(error).doing(&format!("read the baseline `{name}`")))
    }

    /// Lets a watchdog see which files are being analysed.
    pub(super) fn watched_by(mut self, watchdog: &Watchdog) -> Self {
        self.watch = watchdog.watch();
        self
    }

    /// The project's own rules, on the head's side of the change as the configuration that names
    /// them. Folders that are no part of it (outside the repository, in a submodule) are read from
    /// disk.
    pub(super) fn rule_folders(&self, config: &Config) -> Result<RuleFolders, Failure> {
        let root = self.root();
        let places = || config.rule_folders.iter().map(|folder| root.join(folder));
        let head = match (&self.repository, self.change.source) {
            (Some(repository), Source::Staged) => Some((repository, None)),
            (Some(repository), Source::Range | Source::Base) => {
                Some((repository, self.change.head.as_deref()))
            }
            (_, _) => None,
        };
        let Some((repository, head)) = head.filter(|_| !config.rule_folders.is_empty()) else {
            return Ok(RuleFolders::Places(places().collect()));
        };
        let mut texts = Vec::new();
        for (folder, place) in config.rule_folders.iter().zip(places()) {
            let mut found = match git::path_from_root(Path::new(folder)) {
                Some(name) => review::tracked_rule_texts(repository, head, &name)?,
                None => Vec::new(),
            };
            if found.is_empty() {
                found = review::rule_texts(&[place])?;
            }
            texts.append(&mut found);
        }
        Ok(RuleFolders::Texts(texts))
    }

    /// The folder that paths count from.
    pub(super) fn root(&self) -> PathBuf {
        self.repository
            .as_ref()
            .and_then(|repository| repository.root())
            .map(Path::to_path_buf)
            .unwrap_or_default()
    }

    /// Text of a file that steers the review, on the head's side of the change: in the hook the
    /// staged one, else a staged change of the configuration would be judged by the old one.
    fn steering(&self, name: &str) -> Result<Option<String>, Failure> {
        let path = RepoPath::from(name);
        let bytes = match (&self.repository, self.change.source) {
            (Some(repository), Source::Staged) => repository.read_index(&path)?,
            (Some(repository), Source::Range | Source::Base) => match &self.change.head {
                Some(head) => repository.read_revision(head, &path)?,
                None => repository.read_index(&path)?,
            },
            (Some(repository), Source::Tree) => repository.read_work_tree(&path)?,
            (_, _) => match std::fs::read(name) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => {
                    return Err(Failure::new(error).doing(&format!("read `{name}`")));
                }
            },
        };
        match bytes.map(String::from_utf8) {
            None => Ok(None),
            Some(Ok(text)) => Ok(Some(text)),
            Some(Err(_)) => Err(Failure::message(format!("`{name}` is not UTF-8"))),
        }
    }
}
