//! `scrubin quality`: candidates for corrective action, and the page for the management review, from the history of
//! reviews.

use std::path::Path;

use chrono::NaiveDate;

use super::args::{QualityCommand, QualityFormat, QualityInput};
use super::failure::Failure;
use super::training::{Place, joined};
use super::{Outcome, output};
use crate::evidence::quality::{
    ActionFile, CapaReport, CapaSettings, ManagementReview, Quarter, Titles, capa, capa_csv,
    capa_sheet, management_review, review_csv, review_sheet,
};
use crate::evidence::sheet_page;
use crate::report::sheet::Sheet;
use crate::training::history::Log;
use crate::training::lesson;

pub(super) fn quality(command: QualityCommand) -> Result<Outcome, Failure> {
    match command {
        QualityCommand::Capa { input, format } => {
            let (_, report) = candidates(&input)?;
            write(format, &capa_sheet(&report), || capa_csv(&report), &report)
        }
        QualityCommand::Review {
            quarter,
            input,
            format,
        } => {
            let today = today(&input);
            let quarter = quarter.unwrap_or_else(|| Quarter::of(today));
            if quarter.first_day() > today {
                return Err(Failure::message(format!(
                    "{} has not begun on {today}",
                    quarter.name()
                ))
                .with_help("name a quarter that has: --quarter 2026Q4"));
            }
            let (log, report) = candidates(&input)?;
            let review: ManagementReview =
                management_review(&log, &titles()?, &report, quarter, today);
            write(
                format,
                &review_sheet(&review),
                || review_csv(&review),
                &review,
            )
        }
    }
}

/// The history, and its candidates.
fn candidates(input: &QualityInput) -> Result<(Log, CapaReport), Failure> {
    // A report on given histories needs no repository.
    let place = match input.files.is_empty() {
        true => Some(Place::here()?),
        false => Place::maybe()?,
    };
    let log = joined(&input.files, place.as_ref())?;
    let actions = match &input.actions {
        Some(file) => actions(file)?,
        None => ActionFile::default(),
    };
    let settings = CapaSettings {
        threshold: usize::try_from(input.threshold).unwrap_or(usize::MAX),
        window: i64::from(input.window),
        today: today(input),
    };
    let report = capa(&log, &titles()?, &actions, settings);
    Ok((log, report))
}

fn actions(file: &Path) -> Result<ActionFile, Failure> {
    let doing = format!("read the actions in `{}`", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Failure::new(error).doing(&doing))?;
    ActionFile::read(&text).map_err(|error| {
        Failure::new(error)
            .doing(&doing)
            .with_help("docs/quality.md shows such a file")
    })
}

/// Titles of the lessons by their keys.
fn titles() -> Result<Titles, Failure> {
    let lessons = lesson::builtin().map_err(Failure::new)?;
    Ok(lessons
        .into_iter()
        .map(|one| (one.head.key, one.head.title))
        .collect())
}

fn today(input: &QualityInput) -> NaiveDate {
    input
        .today
        .unwrap_or_else(|| chrono::Utc::now().date_naive())
}

fn write(
    format: QualityFormat,
    sheet: &Sheet,
    csv: impl FnOnce() -> String,
    value: &impl serde::Serialize,
) -> Result<Outcome, Failure> {
    let text = match format {
        QualityFormat::Terminal => sheet.terminal(output::color()),
        QualityFormat::Html => sheet_page(sheet),
        QualityFormat::Csv => csv(),
        QualityFormat::Json => {
            let text = serde_json::to_string_pretty(value).map_err(Failure::new)?;
            format!("{text}\n")
        }
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}
