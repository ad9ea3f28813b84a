//! `scrubin record verify`: logs against keys, and a branch against logs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::ListFormat;
use super::super::failure::Failure;
use super::super::{Outcome, output};
use super::{read_text, signers};
use crate::change::git::{Repository, Taken};
use crate::evidence::{self, Expected, Verified};
use crate::review;

/// What is asked.
pub(super) struct Request<'a> {
    pub(super) files: &'a [PathBuf],
    pub(super) signers: Option<&'a Path>,
    pub(super) range: Option<&'a str>,
    pub(super) last: Option<String>,
    pub(super) format: ListFormat,
}

/// Verifies the logs; exit code 1 if anything is wrong or missing.
pub(super) fn verify(request: &Request<'_>) -> Result<Outcome, Failure> {
    let keys = signers(request.signers)?;
    if request.last.is_some() && request.files.len() > 1 {
        return Err(
            Failure::message("--last belongs to one log").with_help("verify the logs one by one")
        );
    }
    let expected = Expected {
        ruleset: Some((
            env!("CARGO_PKG_VERSION").to_owned(),
            review::builtin()?.digest,
        )),
        last: request.last.clone(),
    };
    let mut logs = Vec::new();
    for file in request.files {
        let text = read_text(file)
            .map_err(|failure| failure.doing(&format!("read `{}`", file.display())))?;
        logs.push((file, evidence::verify(&text, &keys, &expected)));
    }
    let missing = match request.range {
        Some(range) => Some(without_record(range, &logs)?),
        None => None,
    };
    let text = match request.format {
        ListFormat::Json => as_json(&logs, missing.as_deref()),
        ListFormat::Terminal => as_text(&logs, missing.as_deref()),
    };
    output::text(&text)?;
    let is_right = logs.iter().all(|(_, log)| log.problems.is_empty())
        && missing.is_none_or(|missing| missing.iter().all(|one| one.is_covered));
    Ok(if is_right {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// A commit that a branch took in, and whether a record speaks of it.
struct Checked {
    taken: Taken,
    is_covered: bool,
}

/// What the branch took in. A commit is covered by a record about itself, about a commit it merged,
/// or about a commit with the very same tree, as a squash leaves it; the record's gate was open.
fn without_record(range: &str, logs: &[(&PathBuf, Verified)]) -> Result<Vec<Checked>, Failure> {
    let Some((from, to)) = range.split_once("..") else {
        return Err(Failure::message(format!("`{range}` is no range"))
            .with_help("write A..B: what B took in after A"));
    };
    let repository = Repository::discover(Path::new("."))?;
    let to = if to.is_empty() { "HEAD" } else { to };
    let taken = repository.taken_in(from, to)?;
    let mut commits = BTreeSet::new();
    let mut trees = BTreeSet::new();
    for record in logs.iter().flat_map(|(_, log)| &log.records) {
        let record = &record.record;
        if record.gate.result == evidence::GateResult::Pass {
            commits.extend(record.change.head.as_deref());
            trees.extend(record.change.tree.as_deref());
        }
    }
    Ok(taken
        .into_iter()
        .map(|taken| {
            // The branch's own parent was reviewed before; what a merge brought are the others.
            let merged = taken.parents.iter().skip(1);
            let is_covered = commits.contains(taken.commit.as_str())
                || trees.contains(taken.tree.as_str())
                || (taken.parents.len() > 1
                    && merged.into_iter().all(|one| commits.contains(one.as_str())));
            Checked { taken, is_covered }
        })
        .collect())
}

fn as_text(logs: &[(&PathBuf, Verified)], missing: Option<&[Checked]>) -> String {
    let mut out = String::new();
    for (file, log) in logs {
        for problem in &log.problems {
            out.push_str(&format!(
                "{}:{}: {}\n",
                file.display(),
                problem.line,
                problem.text
            ));
        }
        out.push_str(&format!(
            "{}: {} records, {} problems\n",
            file.display(),
            log.records.len(),
            log.problems.len()
        ));
    }
    if let Some(missing) = missing {
        let without: Vec<&Checked> = missing.iter().filter(|one| !one.is_covered).collect();
        for one in &without {
            out.push_str(&format!(
                "without a record: {} {}\n",
                one.taken.commit, one.taken.subject
            ));
        }
        out.push_str(&format!(
            "{} commits taken in, {} without a record of an open gate\n",
            missing.len(),
            without.len()
        ));
    }
    out
}

fn as_json(logs: &[(&PathBuf, Verified)], missing: Option<&[Checked]>) -> String {
    let logs: Vec<_> = logs
        .iter()
        .map(|(file, log)| {
            let problems: Vec<_> = log
                .problems
                .iter()
                .map(|problem| json!({"line": problem.line, "problem": problem.text}))
                .collect();
            json!({
                "file": file.display().to_string(),
                "records": log.records.len(),
                "last": log.records.last().map(|record| &record.digest),
                "problems": problems,
            })
        })
        .collect();
    let taken = missing.map(|missing| {
        missing
            .iter()
            .map(|one| {
                json!({
                    "commit": one.taken.commit,
                    "subject": one.taken.subject,
                    "recorded": one.is_covered,
                })
            })
            .collect::<Vec<_>>()
    });
    format!(
        "{}\n",
        json!({"version": 1, "logs": logs, "taken-in": taken})
    )
}
