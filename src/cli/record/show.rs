//! `scrubin record show`.

use std::path::Path;

use serde_json::json;

use super::super::args::{RecordFormat, SignersArgument};
use super::super::failure::Failure;
use super::super::{Outcome, output};
use super::{log_named, one, signers, verified};
use crate::change::git::Repository;
use crate::evidence::{self, Override, Reviewed, SignOff, Signed, Verified, VerifiedRecord};
use crate::report::sheet::Sheet;

/// What is shown.
#[derive(Default)]
struct Chosen<'v> {
    reviews: Vec<&'v VerifiedRecord>,
    sign_offs: Vec<&'v Signed<SignOff>>,
    overrides: Vec<&'v Signed<Override>>,
}

pub(super) fn show(
    file: Option<&Path>,
    id: Option<&str>,
    all: bool,
    given: &SignersArgument,
    format: RecordFormat,
) -> Result<Outcome, Failure> {
    let file = log_named(file)?;
    let keys = signers(given.signers.as_deref())?;
    let log = verified(&file, &keys)?;
    let chosen = match id {
        _ if all => Chosen {
            reviews: log.records.iter().collect(),
            sign_offs: log.sign_offs.iter().collect(),
            overrides: log.overrides.iter().collect(),
        },
        Some(id) => by_id(&log, id)?,
        None => Chosen {
            reviews: log.records.last().into_iter().collect(),
            ..Chosen::default()
        },
    };
    let text = rendered(&chosen, &log, format, &file.display().to_string())?;
    output::text(&text)?;
    Ok(if log.problems.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// Shows what the git note of a commit holds.
pub(super) fn note(
    revision: &str,
    given: &SignersArgument,
    format: RecordFormat,
) -> Result<Outcome, Failure> {
    let repository = Repository::discover(Path::new("."))?;
    let keys = signers(given.signers.as_deref())?;
    let Some(text) = repository.note(revision)? else {
        return Err(
            Failure::message(format!("the commit `{revision}` has no note of scrubin")).with_help(
                "`git fetch origin refs/notes/scrubin:refs/notes/scrubin` brings those of the server",
            ),
        );
    };
    let mut log = Verified::default();
    let mut is_right = true;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match evidence::verify_line(line, &keys) {
            Ok(entry) => log.take(entry),
            Err(problem) => {
                output::message(&format!("warning: note of {revision}: {problem}"));
                is_right = false;
            }
        }
    }
    // A signature says nothing of where the line lies: whoever may push notes could move it.
    let tree = repository.commit_facts(revision)?.tree;
    let before = log.records.len();
    log.records
        .retain(|one| one.record.change.tree.as_deref() == Some(tree.as_str()));
    if log.records.len() < before {
        output::message(&format!(
            "warning: note of {revision}: {} of its records are about another commit",
            before - log.records.len()
        ));
        is_right = false;
    }
    let chosen = Chosen {
        reviews: log.records.iter().collect(),
        ..Chosen::default()
    };
    let place = format!("the note of {revision}");
    output::text(&rendered(&chosen, &log, format, &place)?)?;
    Ok(if is_right {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// The entry of that id; a review by its number or commit as well.
fn by_id<'v>(log: &'v Verified, id: &str) -> Result<Chosen<'v>, Failure> {
    if let Some(one) = log.sign_offs.iter().find(|one| one.record.id == id) {
        return Ok(Chosen {
            sign_offs: vec![one],
            ..Chosen::default()
        });
    }
    if let Some(one) = log.overrides.iter().find(|one| one.record.id == id) {
        return Ok(Chosen {
            overrides: vec![one],
            ..Chosen::default()
        });
    }
    Ok(Chosen {
        reviews: vec![one(&log.records, id)?],
        ..Chosen::default()
    })
}

fn rendered(
    chosen: &Chosen<'_>,
    log: &Verified,
    format: RecordFormat,
    place: &str,
) -> Result<String, Failure> {
    let mut documents: Vec<Sheet> = Vec::new();
    for record in &chosen.reviews {
        documents.push(evidence::review_page(&Reviewed {
            record,
            sign_offs: log.sign_offs_of(record),
            overrides: log.overrides_of(record),
        }));
    }
    documents.extend(
        chosen
            .sign_offs
            .iter()
            .map(|one| evidence::sign_off_page(one)),
    );
    documents.extend(
        chosen
            .overrides
            .iter()
            .map(|one| evidence::override_page(one)),
    );
    if documents.is_empty() {
        return Err(Failure::message(format!("there is no record in {place}")));
    }
    Ok(match format {
        RecordFormat::Markdown => documents.iter().map(Sheet::markdown).collect(),
        RecordFormat::Html if documents.len() > 1 => {
            return Err(
                Failure::message("a page shows one record").with_help("choose it with --id")
            );
        }
        RecordFormat::Html => documents.iter().map(evidence::sheet_page).collect(),
        RecordFormat::Json => {
            let reviews: Vec<_> = chosen.reviews.iter().map(|one| &one.record).collect();
            let sign_offs: Vec<_> = chosen.sign_offs.iter().map(|one| &one.record).collect();
            let overrides: Vec<_> = chosen.overrides.iter().map(|one| &one.record).collect();
            let value = json!({
                "records": reviews,
                "sign-offs": sign_offs,
                "overrides": overrides,
            });
            let text = serde_json::to_string_pretty(&value).map_err(Failure::new)?;
            format!("{text}\n")
        }
    })
}
