//! `scrubin baseline write`: accepts today's findings as known.

use super::args::CheckArguments;
use super::failure::Failure;
use super::{Outcome, check, output, source};
use crate::triage::Baseline;

pub(super) fn write(arguments: &CheckArguments) -> Result<Outcome, Failure> {
    if arguments.edits.are_wanted() {
        return Err(Failure::message("`baseline write` applies no edits")
            .with_help("run `scrubin check --fix` before"));
    }
    if arguments.record.file.is_some() {
        return Err(Failure::message("`baseline write` leaves no record")
            .with_help("`scrubin check --record FILE` records a review"));
    }
    let arguments = CheckArguments {
        all: true,
        ..arguments.clone()
    };
    let open = source::open(&arguments)?;
    let configs = open.configs(arguments.config.as_deref())?;
    let (report, _) = check::review(&open, &configs, &arguments)?;
    let baseline = Baseline::of(&report.findings);
    let text = baseline
        .to_json()
        .map_err(|error| Failure::new(error).doing("write the baseline as JSON"))?;
    let place = match &arguments.output {
        Some(path) => path.clone(),
        None => open.root().join(&configs.root.baseline.file),
    };
    std::fs::write(&place, text)
        .map_err(|error| Failure::new(error).doing(&format!("write `{}`", place.display())))?;
    output::text(&format!(
        "{} findings are known now: {}\n",
        baseline.len(),
        place.display()
    ))?;
    if report.files.analysed < report.files.total {
        output::message(
            "warning: some files could not be analysed; `scrubin check --all` lists them",
        );
    }
    Ok(Outcome::Passed)
}
