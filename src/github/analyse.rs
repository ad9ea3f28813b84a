//! Commits → report: the review of a pull request by the settings of its base.
//!
//! Configuration, deviations, baseline and the project's rules are read from the base commit, so
//! that a pull request cannot switch its own review off; where there is no change to gate, from the
//! commit itself. Deviations that it adds itself are only
//! proposed: the review runs with and without them, and what makes the difference waits for a
//! second person.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::submission::Proposed;
use crate::change::git::{self, Reader, Repository};
use crate::change::{Change, Content};
use crate::config::{Compared, Config, Configs, FILE_NAME, SelfDeviation};
use crate::evidence::Terms;
use crate::finding::{FixSafety, Precision, RepoPath};
use crate::report::{Notice, Report};
use crate::review::{
    self, ConfigsError, Imports, Inputs, PrepareError, Prepared, Ruleset, RulesetError, Steering,
    Thresholds,
};
use crate::triage::{Baseline, DeviationFile, Triaged, Verdict};

/// An analysis that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AnalyseError {
    /// The commits cannot be read.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// A rule that cannot be used.
    #[error(transparent)]
    Rules(#[from] RulesetError),
    /// Settings that cannot be met.
    #[error(transparent)]
    Settings(#[from] PrepareError),
    /// The system gave no thread.
    #[error("cannot {doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// What is reviewed, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The base commit; `None` = everything in the head counts as changed.
    pub base: Option<String>,
    /// The head commit.
    pub head: String,
    /// The commit whose settings count; `None` = the defaults.
    pub settings: Option<String>,
    /// What arguments say; the configuration has the rest.
    pub thresholds: Thresholds,
    /// Further rules, given by the workflow. Those that `settings` holds are read from there.
    pub rules: Vec<PathBuf>,
    /// What other tools found in the head, and in the base.
    pub imports: Imports,
    /// Today, UTC.
    pub today: NaiveDate,
    /// Whether deviations of the change itself are only proposed.
    pub proposes: bool,
    /// Whether the report will be SARIF as well.
    pub line_hashes: bool,
}

/// The result of an analysis.
#[derive(Debug)]
pub struct Analysis {
    /// The report, with every deviation of the change in force.
    pub report: Report,
    /// What findings would be without the deviations of the change, by `KEY:ORDINAL`.
    without: BTreeMap<String, Triaged>,
    /// The deviations of the change, by `KEY:ORDINAL` of what they excuse.
    pub proposed: BTreeMap<String, Proposed>,
    /// Changed files that steer the review.
    pub steering: Vec<String>,
    /// Files with a fix whose every line ends with a bare line feed.
    pub plain_files: BTreeSet<RepoPath>,
    /// The settings that counted.
    pub config: Config,
    /// What a record says of the run.
    pub terms: Terms,
}

impl Analysis {
    /// Takes the proposed deviations out of force: what they excuse is reported.
    pub fn refuse_proposed(&mut self) {
        for triaged in &mut self.report.findings {
            if let Some(without) = self.without.remove(&triaged.fingerprint.value()) {
                *triaged = without;
            }
        }
    }
}

/// Reviews a change of a local repository.
///
/// # Errors
/// [`AnalyseError`].
pub fn analyse(repository: &Repository, request: &Request) -> Result<Analysis, AnalyseError> {
    // All zeros is the empty tree.
    let nothing = "0".repeat(request.head.len());
    let base = request.base.as_deref();
    let range = format!("{}..{}", base.unwrap_or(&nothing), request.head);
    let mut change = git::range(repository, &range)?;
    // The caller knows the history better than the range does.
    change.notices.clear();
    let mut notices = Vec::new();
    let settings = request.settings.as_deref();
    let touched = match base {
        Some(base) => review::differing_configs(repository, base, &request.head)?,
        None => Vec::new(),
    };
    let mut configs = match settings {
        Some(commit) => {
            let side = Steering::Commit(repository, commit);
            configs_of(side, &change, &touched, &mut notices)?
        }
        None => Configs::default(),
    };
    if !touched.is_empty() {
        configs.compared = proposed(repository, request, &change, &touched, &mut notices)?;
    }
    let config = configs.root.clone();
    let steering = steering(repository, request, &config, &touched)?;
    let further = FurtherRules::find(repository, settings, &config, &request.rules, &mut notices)?;
    let thresholds = Thresholds {
        // Design decision 10: a pull request shows more than the hook; only errors block in both.
        usual_precision: Some(Precision::Medium),
        ..request.thresholds.clone()
    };
    let by_settings = |name: &str| match settings {
        Some(commit) => text_of(repository, commit, name),
        None => Ok(None),
    };
    let baseline = match by_settings(&config.baseline.file)? {
        Some(text) => match Baseline::parse(&text) {
            Ok(baseline) => Some(baseline),
            Err(error) => {
                notices.push(format!("the base's baseline does not apply: {error}"));
                None
            }
        },
        None => None,
    };
    let deviations_name = config.deviations.file.as_str();
    let old = deviations(by_settings(deviations_name)?, deviations_name, &mut notices);
    let new = deviations(
        text_of(repository, &request.head, deviations_name)?,
        deviations_name,
        &mut notices,
    )
    .or_else(|| old.clone());
    let prepare = |deviations: Option<DeviationFile>| -> Result<Prepared, AnalyseError> {
        let prepared = Prepared::new(
            further.ruleset()?,
            &configs,
            &thresholds,
            request.today,
            false,
        )?;
        Ok(prepared
            .with_deviations(deviations)
            .with_closing_register(true, &change.gone)
            .with_baseline(baseline.clone())
            .with_imports(request.imports.clone()))
    };
    let prepared = prepare(new)?;
    let reader = repository.reader(prepared.file_bytes());
    let run = |prepared: &Prepared| {
        review::run(&Inputs {
            change: &change,
            reader: &reader,
            prepared,
            line_hashes: request.line_hashes,
            git_dir: Some(repository.git_dir()),
        })
        .map_err(|source| AnalyseError::System {
            doing: "review the change",
            source,
        })
    };
    let mut report = run(&prepared)?;
    let mut without = BTreeMap::new();
    let mut proposed = BTreeMap::new();
    let is_deviated = |one: &Triaged| matches!(one.verdict, Verdict::Deviated { .. });
    let proposes = request.proposes
        && (config.deviations.by_itself == SelfDeviation::Approve
            || prepared.wants_second_person());
    if proposes && report.findings.iter().any(is_deviated) {
        let other = run(&prepare(old)?.without_new_deviations())?;
        let mut reported: BTreeMap<String, Triaged> = other
            .findings
            .into_iter()
            .filter(|one| one.verdict == Verdict::Report)
            .map(|one| (one.fingerprint.value(), one))
            .collect();
        for triaged in &report.findings {
            let Verdict::Deviated { reason, ticket } = &triaged.verdict else {
                continue;
            };
            let value = triaged.fingerprint.value();
            if let Some(one) = reported.remove(&value) {
                without.insert(value.clone(), one);
                let one = Proposed {
                    reason: reason.clone(),
                    ticket: ticket.clone(),
                };
                proposed.insert(value, one);
            }
        }
    }
    report
        .notices
        .extend(notices.into_iter().map(|text| Notice { text }));
    let plain_files = plain_files(&report, &change, &reader);
    Ok(Analysis {
        report,
        without,
        proposed,
        steering,
        plain_files,
        terms: prepared.terms(&change),
        config,
    })
}

/// A text of a commit; `None` where it is not there or not UTF-8.
fn text_of(
    repository: &Repository,
    commit: &str,
    name: &str,
) -> Result<Option<String>, AnalyseError> {
    let bytes = repository.read_revision(commit, &RepoPath::from(name))?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// The configurations of the base. One that is broken there must not keep out the pull request that
/// repairs it.
fn configs_of(
    side: Steering<'_>,
    change: &Change,
    touched: &[RepoPath],
    notices: &mut Vec<String>,
) -> Result<Configs, AnalyseError> {
    match side.configs(review::around(change, touched)) {
        Ok(configs) => Ok(configs),
        Err(ConfigsError::Git(error)) => Err(error.into()),
        Err(error) => {
            notices.push(format!(
                "the base's {FILE_NAME} does not apply, the defaults do: {error}"
            ));
            Ok(Configs::default())
        }
    }
}

/// The configurations that the change proposes, to be compared with those in force.
fn proposed(
    repository: &Repository,
    request: &Request,
    change: &Change,
    touched: &[RepoPath],
    notices: &mut Vec<String>,
) -> Result<Option<Compared>, AnalyseError> {
    let side = Steering::Commit(repository, &request.head);
    match side.configs(review::around(change, touched)) {
        Ok(configs) => Ok(Some(Compared::After(Box::new(configs)))),
        Err(ConfigsError::Git(error)) => Err(error.into()),
        Err(error) => {
            notices.push(format!(
                "the configuration that this change proposes cannot be used: {error}"
            ));
            Ok(None)
        }
    }
}

fn deviations(
    text: Option<String>,
    name: &str,
    notices: &mut Vec<String>,
) -> Option<DeviationFile> {
    match DeviationFile::parse(&text?, &RepoPath::from(name)) {
        Ok(file) => Some(file),
        Err(error) => {
            let notice = format!("deviations that cannot be read do not apply: {error}");
            if !notices.contains(&notice) {
                notices.push(notice);
            }
            None
        }
    }
}

/// Files that steer the review and differ between base and head.
fn steering(
    repository: &Repository,
    request: &Request,
    config: &Config,
    configs: &[RepoPath],
) -> Result<Vec<String>, AnalyseError> {
    let Some(base) = &request.base else {
        return Ok(Vec::new());
    };
    let mut changed: Vec<String> = configs.iter().map(ToString::to_string).collect();
    for name in [
        config.deviations.file.as_str(),
        config.baseline.file.as_str(),
    ] {
        let path = RepoPath::from(name);
        if repository.read_revision(base, &path)?
            != repository.read_revision(&request.head, &path)?
        {
            changed.push(name.to_owned());
        }
    }
    let differs = |path: &RepoPath| -> Result<bool, git::Error> {
        let names = git::differing(repository, base, &request.head, path)?;
        // Of all there is only the rules count; in a folder of rules a link or submodule does too.
        let is_root = path.as_bytes().is_empty();
        Ok(names
            .iter()
            .any(|name| !is_root || review::is_rule_below(name, path)))
    };
    for folder in &config.rule_folders {
        let is_changed = match git::path_from_root(Path::new(folder)) {
            Some(name) => differs(&name)?,
            None => false,
        };
        if is_changed {
            changed.push(format!("{}/", folder.trim_end_matches('/')));
        }
    }
    for path in &request.rules {
        let Some(name) = git::path_in(repository, path) else {
            continue;
        };
        let shown = match name.to_string() {
            root if root.is_empty() => "rules below `.`".to_owned(),
            name => name,
        };
        if differs(&name)? && !changed.contains(&shown) {
            changed.push(shown);
        }
    }
    Ok(changed)
}

/// The rules beside the built-in ones.
struct FurtherRules {
    /// Name and text of those that the settings' commit has.
    texts: Vec<(String, String)>,
    /// Paths of the others, on disk.
    places: Vec<PathBuf>,
}

impl FurtherRules {
    /// The project's rules as the settings' commit has them, and those of the workflow. Its rules
    /// come from that commit as well if they are there: the checkout holds what the pull request
    /// made of them.
    fn find(
        repository: &Repository,
        settings: Option<&str>,
        config: &Config,
        further: &[PathBuf],
        notices: &mut Vec<String>,
    ) -> Result<Self, AnalyseError> {
        let mut rules = Self {
            texts: Vec::new(),
            places: Vec::new(),
        };
        let texts_at = |name: Option<RepoPath>| match (settings, name) {
            (Some(commit), Some(name)) => {
                review::tracked_rule_texts(repository, Some(commit), &name)
            }
            _ => Ok(Vec::new()),
        };
        for folder in &config.rule_folders {
            let mut texts = texts_at(git::path_from_root(Path::new(folder)))?;
            if texts.is_empty() {
                // Not an error: the pull request may be the one that brings them.
                notices.push(format!(
                    "{FILE_NAME} names the rule folder `{folder}`, but the commit it comes from has no rules there"
                ));
            }
            rules.texts.append(&mut texts);
        }
        for path in further {
            let mut texts = texts_at(git::path_in(repository, path))?;
            if texts.is_empty() {
                rules.places.push(path.clone());
            }
            rules.texts.append(&mut texts);
        }
        Ok(rules)
    }

    /// These and the built-in rules.
    fn ruleset(&self) -> Result<Ruleset, AnalyseError> {
        let mut ruleset = review::builtin()?;
        // Adding nothing would change the digest, by which a record names its rules.
        if !self.texts.is_empty() {
            ruleset.add_texts(&self.texts, false)?;
        }
        if !self.places.is_empty() {
            ruleset.add(&self.places, false)?;
        }
        Ok(ruleset)
    }
}

/// Files with a safe fix whose lines all end with a bare line feed, the last one too.
fn plain_files(report: &Report, change: &Change, reader: &Reader) -> BTreeSet<RepoPath> {
    let with_fix: BTreeSet<&RepoPath> = report
        .findings
        .iter()
        .filter(|one| {
            let fix = one.finding.fix.as_ref();
            fix.is_some_and(|fix| fix.safety == FixSafety::Safe)
        })
        .map(|one| &one.finding.location.path)
        .collect();
    let is_plain = |content: &Content| {
        reader
            .read(content)
            .is_ok_and(|bytes| bytes.ends_with(b"\n") && !bytes.contains(&b'\r'))
    };
    change
        .files
        .iter()
        .filter(|file| with_fix.contains(&file.path) && is_plain(&file.head))
        .map(|file| file.path.clone())
        .collect()
}
