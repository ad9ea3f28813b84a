//! `scrubin record verify`: logs against keys, and a branch against logs.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::super::args::{ListFormat, SignersArgument};
use super::super::failure::Failure;
use super::super::{Outcome, output};
use super::{log_named, read_log, signers, taken_in, verify_at_once};
use crate::change::git::Repository;
use crate::evidence::{Commit, Coverage, Expected, Lack, State, Verified};
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
        [] => vec![log_named(None)?],
        files => files.to_vec(),
    };
    for file in files {
        let text = read_log(&file)?;
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
        && missing.is_none_or(|missing| missing.iter().all(|one| one.lack.is_none()));
    Ok(if is_right {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// A commit that a branch took in, and what the records say of it.
struct Checked {
    commit: Commit,
    state: State,
    lack: Option<Lack>,
    /// Ids of the records.
    records: Vec<String>,
    /// Who let it in although its gate was closed, and why.
    let_in: Vec<(String, String)>,
}

/// What the branch took in.
fn without_record(range: &str, logs: &[(PathBuf, Verified)]) -> Result<Vec<Checked>, Failure> {
    let Some((from, to)) = range.split_once("..") else {
        return Err(Failure::message(format!("`{range}` is no range"))
            .with_help("write A..B: what B took in after A"));
    };
    let repository = Repository::discover(Path::new("."))?;
    let from = if from.is_empty() { "HEAD" } else { from };
    let to = if to.is_empty() { "HEAD" } else { to };
    let logs: Vec<&Verified> = logs.iter().map(|(_, log)| log).collect();
    let history = taken_in(&repository, Some(from), to, &logs)?;
    if history.line.is_empty() {
        return Err(nothing_in(&repository, from, to)?);
    }
    let coverage = Coverage::new(logs, &history);
    let checked = history.line.iter().map(|commit| {
        let covered = coverage.of(commit);
        let opened = covered.opened.iter().map(|opened| &opened.record);
        Checked {
            commit: commit.clone(),
            state: covered.state,
            lack: covered.lack,
            records: covered
                .reviews
                .iter()
                .map(|review| review.record.id.clone())
                .collect(),
            let_in: opened
                .map(|opened| (opened.approver.clone(), opened.reason.clone()))
                .collect(),
        }
    });
    Ok(checked.collect())
}

/// A range without commits proves nothing, and is most often written the wrong way round.
fn nothing_in(repository: &Repository, from: &str, to: &str) -> Result<Failure, Failure> {
    let backwards = repository.taken_in(Some(to), from)?;
    let help = match backwards.len() {
        0 => "name a commit before it, such as the tag of the last release".to_owned(),
        commits => format!("`{from}` has {commits} commits after `{to}`: write {to}..{from}"),
    };
    let why = format!("`{to}` took in nothing after `{from}`, so nothing was checked");
    Ok(Failure::message(why).with_help(help))
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
        for review in &log.records {
            let weaker = &review.record.configuration.weaker;
            if !weaker.is_empty() {
                let line = format!(
                    "{}:{}: {} is weaker than the repository's configuration: {}",
                    file.display(),
                    review.line,
                    review.record.id,
                    weaker.join("; ")
                );
                out.push_str(&format!("{}\n", visible::line(&line)));
            }
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
            for (approver, reason) in &one.let_in {
                let line = format!(
                    "let in by {approver}: {} {} ({reason})",
                    one.commit.name, one.commit.subject
                );
                out.push_str(&format!("{}\n", visible::line(&line)));
            }
        }
        let mut without = 0;
        for one in missing {
            if let Some(lack) = one.lack {
                without += 1;
                out.push_str(&format!(
                    "{}: {} {}\n",
                    lack.words(),
                    one.commit.name,
                    visible::line(&one.commit.subject)
                ));
            }
        }
        out.push_str(&format!(
            "{} commits taken in, {} without a record of an open gate\n",
            missing.len(),
            without
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
            let weaker: Vec<_> = log
                .records
                .iter()
                .map(|review| (review, &review.record.configuration.weaker))
                .filter(|(_, weaker)| !weaker.is_empty())
                .map(|(review, weaker)| {
                    json!({"line": review.line, "record": review.record.id, "weaker": weaker})
                })
                .collect();
            json!({
                "file": file.display().to_string(),
                "records": log.entries(),
                "reviews": log.records.len(),
                "sign-offs": log.sign_offs.len(),
                "overrides": log.overrides.len(),
                "last": log.last,
                "problems": problems,
                "weaker": weaker,
            })
        })
        .collect();
    let taken = missing.map(|missing| {
        missing
            .iter()
            .map(|one| {
                json!({
                    "commit": one.commit.name,
                    "subject": one.commit.subject,
                    "recorded": one.lack.is_none(),
                    "status": one.state.as_str(),
                    "lack": one.lack.map(Lack::words),
                    "records": one.records,
                    "let-in-by": one.let_in.first().map(|(approver, _)| approver),
                    "reason": one.let_in.first().map(|(_, reason)| reason),
                })
            })
            .collect::<Vec<_>>()
    });
    format!(
        "{}\n",
        json!({"version": 1, "logs": logs, "taken-in": taken})
    )
}
