//! What a review says on the check run. Pure.

use crate::github::checks::{Conclusion, Output, annotations};
use crate::github::plan::Rung;
use crate::github::submission::Submission;
use crate::github::summary;
use crate::report::Report;
use crate::report::words::count;

/// How a review ended, as the database and the records name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    /// Open.
    Passed,
    /// Closed by findings.
    Findings,
    /// Closed: something in the change was not reviewed.
    Incomplete,
}

impl Gate {
    pub(super) fn of(report: &Report) -> Self {
        if report.incomplete {
            Self::Incomplete
        } else if report.blocks() {
            Self::Findings
        } else {
            Self::Passed
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Findings => "findings",
            Self::Incomplete => "incomplete",
        }
    }

    pub(super) fn conclusion(self) -> Conclusion {
        match self {
            Self::Passed => Conclusion::Success,
            Self::Findings | Self::Incomplete => Conclusion::Failure,
        }
    }
}

/// The text of a check run where something kept the change from being reviewed at all.
pub(super) fn cannot(why: &str) -> Output {
    Output {
        title: "This change could not be reviewed".to_owned(),
        summary: crate::report::quote::text(why),
        ..Output::default()
    }
}

/// The text of a check run whose review will not come to an end: what happened, and what to do.
pub(super) fn unended(why: &str, todo: &str) -> Output {
    Output {
        title: "The review did not come to an end".to_owned(),
        summary: format!(
            "{}\n\n{}",
            crate::report::quote::text(why),
            crate::report::quote::text(todo)
        ),
        ..Output::default()
    }
}

/// The same for a group that the merge queue dissolved.
pub(super) fn dissolved() -> Output {
    unended(
        "The merge queue dissolved this group before its review was done.",
        "Nothing is left to do here: the next group is reviewed anew.",
    )
}

/// The text of a check run that a newer one of the same review follows.
pub(super) fn followed() -> Output {
    Output {
        title: "The review was begun again".to_owned(),
        summary: "What became of it is said in the newer run of this check.".to_owned(),
        ..Output::default()
    }
}

/// The text of the check run. `page` is the address of the dashboard's page about it.
pub(super) fn output(
    gate: Gate,
    submission: &Submission,
    rungs: &[Rung],
    server: &str,
    notes: &[String],
    page: &str,
) -> Output {
    let total = submission.findings.len() as u64 + submission.findings_left_out;
    let blocking = submission.blocking() as u64;
    let title = match (gate, total) {
        (Gate::Incomplete, _) => "A changed file could not be reviewed".to_owned(),
        (_, 0) => "No findings".to_owned(),
        (Gate::Findings, _) => format!(
            "{}, {blocking} to repair before the merge",
            count(total, "finding")
        ),
        (Gate::Passed, _) => format!("{}, none keeps it from merging", count(total, "finding")),
    };
    let rendered = summary::render(submission, rungs, server, &[]).body;
    // The marker is for comments.
    let mut text = rendered
        .split_once('\n')
        .map_or(String::new(), |(_, rest)| rest.to_owned());
    if !notes.is_empty() {
        text.push_str("\n**Fell short:**\n");
        for note in notes {
            text.push_str(&format!("- {}\n", crate::report::quote::text(note)));
        }
    }
    text.push_str(&format!("\n[Review, record and decisions]({page})\n"));
    Output {
        title,
        summary: text,
        text: String::new(),
        annotations: annotations(submission),
    }
}
