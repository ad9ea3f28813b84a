//! `scrubin report release`.

use std::path::{Path, PathBuf};

use super::args::{CheckArguments, RecordArguments, ReleaseArguments, ReleaseFormat};
use super::failure::Failure;
use super::record::{now, program, signers, taken_in, verified};
use super::source::Reviewed;
use super::{Outcome, check, output, source};
use crate::change::git::Repository;
use crate::config::Config;
use crate::evidence::{self, Context, PeoplePart, Release, ReviewRecord, Sources, Terms, Verified};
use crate::report::Report;

/// Writes the report of a release; exit code 1 where its evidence has a hole.
pub(super) fn report(arguments: &ReleaseArguments) -> Result<Outcome, Failure> {
    let open = source::whole_commit(&arguments.tag)?;
    let Some(repository) = &open.repository else {
        return Err(Failure::message("a release is a tag of a repository"));
    };
    let configs = open.configs(None)?;
    let config = &configs.root;
    let head = open.change.head.clone().unwrap_or_default();
    // Read before the work of a review, which a wrong key or log would make vain.
    let logs = logs(arguments, config, &open.root())?;
    let since = match &arguments.since {
        Some(since) => Some(since.clone()),
        None => repository.tag_before(&head)?,
    };
    let verified: Vec<&Verified> = logs.iter().map(|(_, log)| log).collect();
    let history = taken_in(repository, since.as_deref(), &head, &verified)?;
    output::progress(&format!("reviewing {} files ...", open.change.files.len()));
    // Asks for what a record says of the run; none is written.
    let reviewed = CheckArguments {
        record: RecordArguments {
            file: Some(None),
            ..RecordArguments::default()
        },
        ..CheckArguments::default()
    };
    let infos = check::ruleset(&open, config, &reviewed)?.told();
    let made = now();
    let (report, terms) = check::review(&open, &configs, &reviewed)?;
    let file = open.deviations(config)?;
    let today = chrono::Utc::now().date_naive();
    let release = evidence::release(Sources {
        tag: arguments.tag.clone(),
        since,
        record: record(&open, config, &report, terms, &made)?,
        made,
        register: evidence::register(&report, file.as_ref(), &infos, today),
        report: &report,
        history: &history,
        logs: logs.iter().map(|(name, log)| (name.clone(), log)).collect(),
    });
    output::report(
        &rendered(&release, arguments.format)?,
        arguments.output.as_deref(),
    )?;
    Ok(if report.incomplete {
        Outcome::Incomplete
    } else if release.is_broken() {
        Outcome::Findings
    } else {
        Outcome::Passed
    })
}

/// The logs that are meant, verified. None at all is said, for every commit counts as unreviewed then.
fn logs(
    arguments: &ReleaseArguments,
    config: &Config,
    root: &Path,
) -> Result<Vec<(String, Verified)>, Failure> {
    let of_config = config.record.log.iter().map(|log| root.join(log));
    let files: Vec<PathBuf> = if arguments.records.is_empty() {
        of_config.collect()
    } else {
        arguments.records.clone()
    };
    if files.is_empty() {
        output::message(
            "warning: no log of review records is named, so that no commit counts as reviewed\n\
             help: name logs with --record, or state `record.log` in scrubin.toml",
        );
        return Ok(Vec::new());
    }
    let keys = signers(arguments.signers.signers.as_deref())?;
    files
        .iter()
        .map(|file| Ok((file.display().to_string(), verified(file, &keys)?)))
        .collect()
}

/// The review of the tag as a record, which gives findings, coverage and product their form.
fn record(
    open: &Reviewed,
    config: &Config,
    report: &Report,
    terms: Terms,
    started: &str,
) -> Result<ReviewRecord, Failure> {
    let repository = open.repository.as_ref();
    let head = report.change.head.as_deref();
    let facts = match (repository, head) {
        (Some(repository), Some(head)) => Some(repository.commit_facts(head)?),
        _ => None,
    };
    let context = Context {
        project: evidence::project(config, report, &terms),
        configuration: evidence::configuration(config, &terms),
        checklist: Vec::new(),
        repository: repository.map(Repository::address).transpose()?.flatten(),
        tree: facts.map(|facts| facts.tree),
        patch_id: None,
        branch: None,
        pull_request: None,
        people: PeoplePart::default(),
        started: started.to_owned(),
        ended: now(),
        binary_sha256: evidence::file_digest(&program()?),
        grammars: Vec::new(),
        terms,
    };
    Ok(evidence::build(report, context))
}

fn rendered(release: &Release, format: ReleaseFormat) -> Result<String, Failure> {
    Ok(match format {
        ReleaseFormat::Markdown => evidence::release_page(release).markdown(),
        ReleaseFormat::Html => evidence::sheet_page(&evidence::release_page(release)),
        ReleaseFormat::Csv => evidence::release_table(release).csv(),
        ReleaseFormat::Json => {
            let text = serde_json::to_string(release).map_err(Failure::new)?;
            format!("{text}\n")
        }
    })
}
