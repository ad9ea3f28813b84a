//! `scrubin record verify`: logs against keys, and a branch against logs.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::{ListFormat, SignersArgument};
use super::super::failure::Failure;
use super::super::{Outcome, output};
use super::{log_file, read_text, signers, verify_at_once};
use crate::change::git::{Repository, Taken};
use crate::evidence::{Commit, Coverage, Covered, Expected, Verified};
use crate::report::visible;
use crate::review;

/// What is asked.
pub(super) struct Request<'a> {
    pub(super) files: &'a [PathBuf],
    pub(super) signers: &'a SignersArgument,
    pub(super) range: Option<&'a str>,
    pub(super) last: Option<String>,
    pub(super) format: ListFormat,
}

/// Verifies the logs; exit code 1 if anything is wrong or missing.
pub(super) fn verify(request: &Request<'_>) -> Result<Outcome, Failure> {
    let keys = signers(request.signers.signers.as_deref())?;
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
    let files = match request.files {
        [] => vec![log_file(None)?],
        files => files.to_vec(),
    };
    for file in files {
        let text = read_text(&file)
            .map_err(|failure| failure.doing(&format!("read `{}`", file.display())))?;
        logs.push((file, verify_at_once(&text, &keys, &expected)));
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

/// A commit that a branch took in, and what the records say of it.
struct Checked {
    taken: Taken,
    status: &'static str,
    is_covered: bool,
    /// Who let it in although its gate was closed, and why.
    let_in: Option<(String, String)>,
}

/// What the branch took in.
fn without_record(range: &str, logs: &[(PathBuf, Verified)]) -> Result<Vec<Checked>, Failure> {
    let Some((from, to)) = range.split_once("..") else {
        return Err(Failure::message(format!("`{range}` is no range"))
            .with_help("write A..B: what B took in after A"));
    };
    let repository = Repository::discover(Path::new("."))?;
    let to = if to.is_empty() { "HEAD" } else { to };
    let taken = repository.taken_in(Some(from), to)?;
    let coverage = Coverage::new(logs.iter().map(|(_, log)| log));
    Ok(taken
        .into_iter()
        .map(|taken| {
            let covered = coverage.of(Commit {
                name: &taken.commit,
                parents: &taken.parents,
                tree: &taken.tree,
            });
            Checked {
                status: covered.as_str(),
                is_covered: covered.is_covered(),
                let_in: match covered {
                    Covered::LetIn(_, opened) => {
                        Some((opened.record.approver.clone(), opened.record.reason.clone()))
                    }
                    _ => None,
                },
                taken,
            }
        })
        .collect())
}

fn as_text(logs: &[(PathBuf, Verified)], missing: Option<&[Checked]>) -> String {
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
            log.entries(),
            log.problems.len()
        ));
    }
    if let Some(missing) = missing {
        for one in missing {
            if let Some((approver, reason)) = &one.let_in {
                let line = format!(
                    "let in by {approver}: {} {} ({reason})",
                    one.taken.commit, one.taken.subject
                );
                out.push_str(&format!("{}\n", visible::line(&line)));
            }
        }
        let without: Vec<&Checked> = missing.iter().filter(|one| !one.is_covered).collect();
        for one in &without {
            out.push_str(&format!(
                "without a record: {} {}\n",
                one.taken.commit,
                visible::line(&one.taken.subject)
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

fn as_json(logs: &[(PathBuf, Verified)], missing: Option<&[Checked]>) -> String {
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
                "records": log.entries(),
                "reviews": log.records.len(),
                "sign-offs": log.sign_offs.len(),
                "overrides": log.overrides.len(),
                "last": log.last,
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
                    "status": one.status,
                    "let-in-by": one.let_in.as_ref().map(|(approver, _)| approver),
                    "reason": one.let_in.as_ref().map(|(_, reason)| reason),
                })
            })
            .collect::<Vec<_>>()
    });
    format!(
        "{}\n",
        json!({"version": 1, "logs": logs, "taken-in": taken})
    )
}
