//! Adds records to logs.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::args::{RecordArguments, SigningArguments};
use super::super::failure::Failure;
use super::log_file::{add, plain_file};
use super::{now, signing_key, verifying_keys};
use crate::change::git::Repository;
use crate::config::Config;
use crate::evidence::{self, Context, Entry, Reviewers, SigningKey, Terms};
use crate::report::Report;

/// Will write the record of the review that is about to run.
pub(in crate::cli) struct Recorder {
    /// The log, where it is named.
    file: Option<PathBuf>,
    key: SigningKey,
    note: bool,
    started: String,
}

/// What is known of a change beside its commits.
#[derive(Debug, Default)]
pub(in crate::cli) struct Request {
    /// Who looked and who approved; without it the trailers of the commits say it.
    pub(in crate::cli) reviewers: Option<Reviewers>,
    pub(in crate::cli) branch: Option<String>,
    pub(in crate::cli) pull_request: Option<u64>,
}

/// A review that is to be recorded.
pub(in crate::cli) struct Change<'c> {
    pub(in crate::cli) report: &'c Report,
    pub(in crate::cli) repository: Option<&'c Repository>,
    pub(in crate::cli) config: &'c Config,
    pub(in crate::cli) terms: Terms,
    pub(in crate::cli) request: Request,
}

/// What arguments and the environment of a CI job say.
pub(in crate::cli) fn request(arguments: &RecordArguments) -> Request {
    let is_said = !arguments.reviewers.is_empty() || arguments.approver.is_some();
    let variable = |names: &[&str]| {
        let values = names.iter().filter_map(|name| std::env::var(name).ok());
        values.into_iter().find(|value| !value.is_empty())
    };
    Request {
        reviewers: is_said.then(|| Reviewers {
            said_by: "arguments".to_owned(),
            author: None,
            reviewers: arguments.reviewers.clone(),
            approvers: arguments.approver.iter().cloned().collect(),
        }),
        // A job checks a commit out, no branch.
        branch: arguments.branch.clone().or_else(|| {
            variable(&[
                "GITHUB_HEAD_REF",
                "GITHUB_REF_NAME",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                "CI_COMMIT_BRANCH",
            ])
        }),
        pull_request: arguments
            .pull_request
            .or_else(|| variable(&["CI_MERGE_REQUEST_IID"])?.parse().ok()),
    }
}

impl Recorder {
    /// Reads the key before the review runs, so that a wrong one costs no time. `None` where no record
    /// is wanted.
    pub(in crate::cli) fn new(
        file: Option<&Option<PathBuf>>,
        signing: &SigningArguments,
    ) -> Result<Option<Self>, Failure> {
        let Some(file) = file else {
            return Ok(None);
        };
        Ok(Some(Self {
            file: file.clone(),
            key: key_of(signing)?,
            note: signing.note,
            started: now(),
        }))
    }

    /// The log that takes the record: the one named, else that of the configuration. Where the
    /// configuration says whose signatures count, the key has to be one of them.
    pub(in crate::cli) fn place(&self, config: &Config, root: &Path) -> Result<PathBuf, Failure> {
        if let Some(signers) = &config.record.signers {
            accepted(&self.key, &root.join(signers))?;
        }
        let of_config = || config.record.log.as_ref().map(|log| root.join(log));
        let log = self.file.clone().or_else(of_config).ok_or_else(|| {
            Failure::message("which log takes the record is not stated")
                .with_help("write --record FILE, or state `record.log` in scrubin.toml")
        })?;
        plain_file(&log)
    }

    /// Adds the record of a review to the log. The review counts as not done where that fails.
    pub(in crate::cli) fn write(&self, log: &Path, change: Change<'_>) -> Result<(), Failure> {
        let report = change.report;
        let (Some(repository), Some(head)) = (change.repository, &report.change.head) else {
            return Err(Failure::message("a record is about a commit, and this change has none yet")
                .with_help("record where the gate is: `scrubin check --base REV --record FILE`, or with --range or --all in a repository"));
        };
        let base = report.change.base.as_deref();
        let facts = repository
            .commit_facts(head)
            .map_err(|error| Failure::new(error).doing("read the commit for the record"))?;
        let patch_id = match base {
            Some(base) => repository.patch_id(base, head)?,
            None => None,
        };
        let makers = repository.makers(base, head)?;
        let said = match change.request.reviewers {
            Some(said) => said,
            None => of_trailers(repository, change.config, base, head)?,
        };
        let branch = match change.request.branch {
            Some(branch) => Some(branch),
            None => repository.branch()?,
        };
        let pull_request = change.request.pull_request;
        let terms = change.terms;
        let context = Context {
            project: evidence::project(change.config, report, &terms),
            checklist: evidence::checklist(change.config, terms.class),
            repository: repository.address()?,
            tree: Some(facts.tree),
            patch_id,
            branch: branch.clone(),
            pull_request,
            configuration: evidence::configuration(change.config, &terms),
            people: evidence::people(facts.author, facts.committer, makers, said),
            started: self.started.clone(),
            ended: now(),
            binary_sha256: evidence::file_digest(&program()?),
            grammars: evidence::GRAMMARS
                .iter()
                .map(|name| (*name).to_owned())
                .collect(),
            terms: terms.clone(),
        };
        let mut record = evidence::build(report, context);
        let line = add(log, &self.key, |end| {
            if let Some(before) = evidence::review_before(end, pull_request, branch.as_deref()) {
                record.fixed = evidence::fixed_since(&before, report, &terms);
            }
            Ok(Entry::Review(Box::new(record)))
        })?
        .line;
        if self.note {
            add_note(repository, head, &line)?;
        }
        Ok(())
    }
}

/// The key that signs.
pub(super) fn key_of(signing: &SigningArguments) -> Result<SigningKey, Failure> {
    let Some(key) = &signing.key else {
        return Err(
            Failure::message("a record needs a key to sign it").with_help(
                "`scrubin record key FILE` makes one; name it with --record-key or SCRUBIN_RECORD_KEY",
            ),
        );
    };
    signing_key(key)
}

/// Refuses a key whose signature nobody would accept.
pub(super) fn accepted(key: &SigningKey, signers: &Path) -> Result<(), Failure> {
    let known = verifying_keys(signers)?;
    let own = key.verifying();
    if known.iter().any(|one| one.id() == own.id()) {
        return Ok(());
    }
    let line = own.to_openssh().map_err(Failure::new)?;
    let place = signers.display();
    Err(Failure::message(format!(
        "the key {} is none of those in `{place}`",
        own.id()
    ))
    .with_help(format!(
        "who may decide that adds the line `{line}` to `{place}`"
    )))
}

/// Adds an entry to the git note of its commit.
pub(super) fn add_note(repository: &Repository, commit: &str, line: &str) -> Result<(), Failure> {
    repository
        .add_note(commit, line)
        .map_err(|error| Failure::new(error).doing(&format!("write the git note of {commit}")))
}

/// What the trailers of the change's commits say of its reviewers.
fn of_trailers(
    repository: &Repository,
    config: &Config,
    base: Option<&str>,
    head: &str,
) -> Result<Reviewers, Failure> {
    let (looked, approved) = (
        &config.record.reviewer_trailers,
        &config.record.approver_trailers,
    );
    let trailers = repository.trailers(base, head)?;
    Ok(Reviewers::of_trailers(&trailers, looked, approved))
}

/// This program's own file, as bytes.
pub(in crate::cli) fn program() -> Result<Vec<u8>, Failure> {
    std::env::current_exe()
        .and_then(std::fs::read)
        .map_err(|error| Failure::new(error).doing("read this program for its digest"))
}

/// Puts a new text in place of a file at once: nobody sees half of it, and a full disk leaves the old
/// one.
pub(in crate::cli) fn replace(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(folder).map_err(Failure::new)?;
    new.write_all(text.as_bytes()).map_err(Failure::new)?;
    new.as_file().sync_all().map_err(Failure::new)?;
    // A log is read by others than its writer.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(file).map_or(0o644, |old| old.permissions().mode());
        new.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))
            .map_err(Failure::new)?;
    }
    new.persist(file)
        .map(|_| ())
        .map_err(|error| Failure::new(error.error))
}
