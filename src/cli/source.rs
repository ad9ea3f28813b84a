//! Arguments → the change under review, its reader, and the files that steer the review.

use std::path::{Path, PathBuf};

use super::args::CheckArguments;
use super::failure::Failure;
use super::watchdog::Watchdog;
use crate::change::git::{self, Reader, Repository};
use crate::change::{Change, Source, folder};
use crate::config::{Compared, Config, Configs};
use crate::finding::RepoPath;
use crate::review::{self, Steering, Watch};
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

/// Every file of a commit, as if all of it were new.
pub(super) fn whole_commit(revision: &str) -> Result<Reviewed, Failure> {
    let repository = Repository::discover(&current_folder()?)?;
    let head = git::commit(&repository, revision)?;
    let nothing = "0".repeat(head.len());
    let change = git::range(&repository, &format!("{nothing}..{head}"))?;
    Ok(Reviewed {
        change,
        repository: Some(repository),
        whole_tree: true,
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

    /// The configurations of the repository: the given one alone, or all that belong to the head of
    /// the change.
    pub(super) fn configs(&self, given: Option<&Path>) -> Result<Configs, Failure> {
        if let Some(path) = given {
            return Ok(given_config(path)?.into());
        }
        let touched = self.touched()?;
        let mut configs = self
            .side()
            .configs(review::around(&self.change, &touched))?;
        if !touched.is_empty()
            && let Some(before) = self.before()
        {
            // What was broken before has nothing to compare with.
            let before = before.configs(review::around(&self.change, &touched));
            let before = Box::new(before.unwrap_or_default());
            configs.compared = Some(Compared::Before(before));
        }
        Ok(configs)
    }

    /// The configurations that the change touches.
    fn touched(&self) -> Result<Vec<RepoPath>, Failure> {
        let Some(repository) = &self.repository else {
            return Ok(Vec::new());
        };
        let change = &self.change;
        Ok(match (change.source, &change.base, &change.head) {
            (Source::Staged, _, _) => repository
                .staged_paths()
                .filter(|path| review::is_config(path))
                .cloned()
                .collect(),
            (Source::Range | Source::Base, Some(base), Some(head)) => {
                review::differing_configs(repository, base, head)?
            }
            _ => Vec::new(),
        })
    }

    /// The base's side of the change, where there is one.
    fn before(&self) -> Option<Steering<'_>> {
        let repository = self.repository.as_ref()?;
        self.change
            .base
            .as_deref()
            .map(|base| Steering::Commit(repository, base))
    }

    /// The head's side of the change, from which everything that steers the review is read: in the
    /// hook the staged one, else a staged change of the configuration would be judged by the old one.
    fn side(&self) -> Steering<'_> {
        match (&self.repository, self.change.source, &self.change.head) {
            (Some(repository), Source::Range | Source::Base, Some(head)) => {
                Steering::Commit(repository, head)
            }
            (Some(repository), Source::Staged | Source::Range | Source::Base, _) => {
                Steering::Index(repository)
            }
            (Some(repository), Source::Tree, _) => Steering::WorkTree(repository),
            (_, _, _) => Steering::Folder,
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

    /// Text of a file that steers the review, on the head's side of the change.
    fn steering(&self, name: &str) -> Result<Option<String>, Failure> {
        Ok(self.side().text(&RepoPath::from(name))?)
    }
}

/// The configurations as they are in the work tree, or outside a repository in the current folder.
pub(super) struct Configured {
    pub(super) configs: Configs,
    /// The folder that paths count from.
    pub(super) root: PathBuf,
    /// The path they were asked for.
    pub(super) at: Option<RepoPath>,
}

/// Reads the configurations of the work tree that count for a file or folder, or the given one alone.
pub(super) fn work_tree(given: Option<&Path>, at: Option<&Path>) -> Result<Configured, Failure> {
    let here = current_folder()?;
    let repository = match Repository::discover(&here) {
        Ok(repository) => Some(repository),
        Err(git::Error::NotARepository { .. } | git::Error::GitMissing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let root = repository
        .as_ref()
        .and_then(|repository| repository.root())
        .map_or_else(|| here.clone(), Path::to_path_buf);
    let at = match at {
        None => None,
        Some(path) => {
            let name = match &repository {
                Some(repository) => git::path_in(repository, path),
                None => git::path_from_root(path),
            };
            Some(name.ok_or_else(|| {
                Failure::message(format!("`{}` is outside the repository", path.display()))
            })?)
        }
    };
    let configs = match given {
        Some(file) => given_config(file)?.into(),
        None => {
            let side = match &repository {
                Some(repository) if repository.root().is_some() => Steering::WorkTree(repository),
                _ => Steering::Folder,
            };
            // The path may be a folder with a configuration of its own.
            let inside = at
                .iter()
                .map(|at| RepoPath::new([at.as_bytes(), b"/_"].concat()));
            let inside: Vec<RepoPath> = inside.collect();
            side.configs(inside.iter())?
        }
    };
    Ok(Configured { configs, root, at })
}

fn given_config(path: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::new(error).doing(&format!("read the configuration `{}`", path.display()))
    })?;
    Ok(Config::parse(&text, &path.display().to_string())?)
}
