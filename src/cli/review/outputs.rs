//! What a run leaves behind beside comments: log, job summary, outputs, SARIF.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use base64::Engine as _;

use super::super::args::ReviewArguments;
use super::super::failure::Failure;
use super::super::{Outcome, output};
use crate::github::event::Environment;
use crate::github::publish::Published;
use crate::github::submission::Submission;
use crate::report::{Report, github, markdown, sarif, visible};

/// Bytes of a job summary. GitHub takes 1 MiB a step; the rest is for other commands of the step.
const SUMMARY_LIMIT: usize = 900_000;

/// What was found and where it is shown.
pub(super) struct Result<'r> {
    pub(super) report: &'r Report,
    pub(super) submission: &'r Submission,
    pub(super) published: &'r Published,
    /// Fingerprints of the findings that have a comment.
    pub(super) commented: &'r BTreeSet<String>,
    pub(super) outcome: Outcome,
}

/// Writes the log, the job summary, the outputs and the SARIF file.
pub(super) fn write(
    environment: &Environment,
    arguments: &ReviewArguments,
    result: &Result<'_>,
) -> std::result::Result<(), Failure> {
    output::text(&github::render_beside(result.report, result.commented))?;
    let options = markdown::MarkdownOptions {
        limit: SUMMARY_LIMIT,
    };
    append(
        environment,
        "GITHUB_STEP_SUMMARY",
        &markdown::render(result.report, options),
    )?;
    let gate = match result.outcome {
        Outcome::Passed => "passed",
        Outcome::Findings => "failed",
        Outcome::Incomplete => "incomplete",
    };
    let mut lines = vec![
        ("gate", gate.to_owned()),
        (
            "findings",
            (result.submission.findings.len() as u64 + result.submission.findings_left_out)
                .to_string(),
        ),
        ("blocking", result.submission.blocking().to_string()),
        ("proposed", proposed(result.submission).to_string()),
        ("head", result.submission.head.clone()),
        ("base", result.submission.base.clone().unwrap_or_default()),
    ];
    lines.extend(published(result.published));
    append(environment, "GITHUB_OUTPUT", &outputs(&lines))?;
    if let Some(path) = &arguments.sarif {
        let text = sarif::render(result.report, &sarif::SarifOptions::default());
        output::report(&text, Some(path))?;
    }
    Ok(())
}

/// Writes that a draft was not reviewed.
pub(super) fn write_skipped(environment: &Environment) -> std::result::Result<(), Failure> {
    append(
        environment,
        "GITHUB_OUTPUT",
        &outputs(&[("gate", "skipped".to_owned())]),
    )
}

/// Writes what a posting did.
pub(super) fn write_posted(
    environment: &Environment,
    submission: &Submission,
    result: &Published,
) -> std::result::Result<(), Failure> {
    let mut text = String::new();
    for (item, rung) in submission.findings.iter().zip(&result.rungs) {
        let place = format!("{}:{}", item.path, item.first_line);
        text.push_str(&format!(
            "  {}: {} [{}] {}\n",
            item.severity.as_str(),
            shown(&place),
            item.rule,
            rung.as_str()
        ));
    }
    output::text(&text)?;
    append(environment, "GITHUB_OUTPUT", &outputs(&published(result)))
}

/// A stranger's text in a line of the log: no command of the runner, nothing hidden.
fn shown(text: &str) -> String {
    visible::without_commands(&visible::line(text))
}

fn proposed(submission: &Submission) -> usize {
    let findings = submission.findings.iter();
    findings.filter(|item| item.proposed.is_some()).count()
}

/// Comments by what happened to them, and findings by rung.
fn published(result: &Published) -> Vec<(&'static str, String)> {
    let mut rungs: BTreeMap<&str, usize> = BTreeMap::new();
    for rung in &result.rungs {
        *rungs.entry(rung.as_str()).or_default() += 1;
    }
    let rungs: Vec<String> = rungs
        .into_iter()
        .map(|(rung, count)| format!("{rung}:{count}"))
        .collect();
    vec![
        ("comments-created", result.created.to_string()),
        ("comments-kept", result.kept.to_string()),
        ("comments-edited", result.edited.to_string()),
        ("comments-retired", result.retired.to_string()),
        ("rungs", rungs.join(",")),
    ]
}

/// `name=value` lines. The values are numbers, hex and words of ours, so that none can start a line
/// of its own.
fn outputs(lines: &[(&str, String)]) -> String {
    lines
        .iter()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

/// Appends to the file that a variable names, if it does.
fn append(environment: &Environment, name: &str, text: &str) -> std::result::Result<(), Failure> {
    let Some(path) = environment.get(name).filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(error).doing(&format!("write the file of {name}")))
}

/// The SARIF log as code scanning takes it: gzip, base64.
pub(super) fn packed_sarif(report: &Report) -> std::io::Result<String> {
    let text = sarif::render(report, &sarif::SarifOptions::default());
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes())?;
    let packed = packer.finish()?;
    Ok(base64::engine::general_purpose::STANDARD.encode(packed))
}
