//! What the history of reviews gives to the quality system: candidates for corrective action, and a page for the
//! management review. Weaknesses and components alone: no person is told apart.

mod capa;
mod check;
mod facts;
mod management;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::training::history::{Log, Time};

pub use capa::{
    ActionFile, ActionsError, Candidate, CapaReport, CapaSettings, capa, capa_csv, capa_sheet,
};
pub use check::Check;
pub use management::{ManagementReview, Quarter, management_review, review_csv, review_sheet};

/// Titles of lessons by their keys.
pub type Titles = BTreeMap<String, String>;

/// The title of a lesson, or its key where nobody knows it.
fn title<'t>(titles: &'t Titles, lesson: &'t str) -> &'t str {
    titles.get(lesson).map_or(lesson, String::as_str)
}

/// A day as pages write it.
fn day(time: Time) -> String {
    time.day().to_string()
}

/// What a history that was bounded makes of its numbers.
fn lower_bound(log: &Log) -> Option<String> {
    let dropped = log.dropped;
    let first = log.runs.iter().map(|run| run.at.day()).min();
    let until = first.map_or_else(String::new, |first| format!(" from before {first}"));
    (dropped.runs > 0).then(|| {
        format!(
            "Numbers are lower bounds: {} reviews with {} findings{until} are no longer in the history \
             (`training.months`, `training.history-bytes`).",
            dropped.runs, dropped.findings
        )
    })
}

/// Findings in 1,000 changed lines; `None` without lines.
fn rate(findings: u64, lines: u64) -> Option<f64> {
    // Counts of findings and lines are far below 2^52.
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let rate = |findings: u64, lines: u64| findings as f64 * 1_000.0 / lines as f64;
    (lines > 0).then(|| rate(findings, lines))
}

/// A rate in words.
fn rate_text(rate: Option<f64>) -> String {
    rate.map_or_else(
        || "no changed lines".to_owned(),
        |rate| format!("{rate:.2}"),
    )
}
