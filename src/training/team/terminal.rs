//! The report for a terminal.

use super::{FEWEST, TeamReport, counted};
use crate::report::paint::Paint;
use crate::report::visible;

/// Lessons that are shown; the other formats have all.
const SHOWN: usize = 12;

/// Heights of a bar, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Renders the report; ends with a line feed.
pub fn terminal(report: &TeamReport, color: bool) -> String {
    let paint = Paint { on: color };
    let heading = format!("What reviews found, {} to {}", report.since, report.until);
    let mut out = format!("{}\n", paint.bold(&heading));
    if !report.is_withheld {
        out.push_str(&format!("{}\n", facts(report)));
    }
    for note in notes(report) {
        out.push_str(&format!("{note}\n"));
    }
    if report.is_withheld {
        next_sprint(report, paint, &mut out);
        return out;
    }
    if report.weaknesses.is_empty() {
        out.push_str("\nno finding in this time\n");
        return out;
    }
    out.push_str(&format!(
        "\n{:<18} {:>8} {:>9} {:>11} {:>9} {:>5}  {} to {}\n",
        "lesson",
        "findings",
        "per 1,000",
        "before push",
        "repaired",
        "open",
        report.periods.first().map_or("", String::as_str),
        // A step of several months has both of its ends in its name.
        report.periods.last().map_or("", |name| {
            name.rsplit_once(" to ")
                .map_or(name.as_str(), |(_, end)| end)
        }),
    ));
    for weakness in report.weaknesses.iter().take(SHOWN) {
        let numbers = &weakness.numbers;
        let name = if weakness.lesson.is_empty() {
            "(no lesson)"
        } else {
            &weakness.lesson
        };
        out.push_str(&format!(
            "{:<18} {:>8} {:>9} {:>11} {:>9} {:>5}  {} {}\n",
            visible::line(name),
            numbers.findings,
            rate(numbers.per_1000),
            percent(numbers.share_before_push()),
            numbers.time_to_fix(),
            numbers.open,
            bars(&numbers.per_step),
            numbers.trend.as_str(),
        ));
    }
    let more = report.weaknesses.len().saturating_sub(SHOWN);
    if more > 0 {
        out.push_str(&format!("and {more} more; --format csv has all\n"));
    }
    if !report.is_one_group {
        out.push_str(&format!("\n{}\n", paint.bold("By component")));
        for group in &report.groups {
            out.push_str(&format!(
                "{:<24} {:>8} {:>9} in 1,000 of {} changed lines\n",
                visible::line(&group.name),
                counted(
                    usize::try_from(group.numbers.findings).unwrap_or(usize::MAX),
                    "finding"
                ),
                rate(group.numbers.per_1000),
                group.changed_lines,
            ));
        }
    }
    next_sprint(report, paint, &mut out);
    out
}

/// What to talk about.
fn next_sprint(report: &TeamReport, paint: Paint, out: &mut String) {
    out.push_str(&format!("\n{}\n", paint.bold("For the next sprint")));
    for (number, topic) in report.topics.iter().enumerate() {
        out.push_str(&format!(
            "{}. {} ({})\n   {}\n",
            number + 1,
            visible::line(&topic.title),
            topic.lesson,
            topic.reason
        ));
    }
    if report.topics.is_empty() {
        out.push_str("nothing was found in the last 90 days\n");
    }
}

/// One line of facts.
pub(super) fn facts(report: &TeamReport) -> String {
    let authors = match report.authors {
        Some(authors) => format!(" by {} or more", counted(authors, "author")),
        None => String::new(),
    };
    let total = &report.total;
    format!(
        "{} of {} changed lines{authors}: {}, {} in 1,000 lines; {} repaired before the push, {} open",
        counted(report.runs, "review"),
        report.changed_lines,
        counted(
            usize::try_from(total.findings).unwrap_or(usize::MAX),
            "finding"
        ),
        rate(total.per_1000),
        percent(total.share_before_push()),
        total.open,
    )
}

/// What the reader has to know beside the numbers.
pub(super) fn notes(report: &TeamReport) -> Vec<String> {
    let mut notes = Vec::new();
    if report.is_withheld {
        notes.push(format!(
            "Fewer than {FEWEST} people worked in this time, as far as their pseudonyms tell: numbers would be those of \
             persons, and are not told. Choose a longer time (--since), join the histories of the team under one key \
             (`scrubin training key`), or tell nobody apart (training.individual = \"off\")."
        ));
    } else if report.is_one_group {
        let components = report
            .groups
            .iter()
            .map(|group| group.components.len())
            .sum::<usize>();
        match report.authors {
            Some(_) if components > 1 => notes.push(format!(
                "Components are not told apart: fewer than {FEWEST} people worked in some of them, and what is left \
                 over would tell of those."
            )),
            // One component, or none.
            Some(_) => {}
            None => notes.push(
                "Components are not told apart: people are not (training.individual).".to_owned(),
            ),
        }
    }
    if report.are_periods_joined {
        notes.push(format!(
            "Each step of time is as long as it takes until {FEWEST} people stand behind it."
        ));
    }
    if report.dropped.runs > 0 {
        notes.push(format!(
            "The history is bounded: {} older reviews with {} findings are no longer in it.",
            report.dropped.runs, report.dropped.findings
        ));
    }
    if report.unreadable > 0 {
        notes.push(format!(
            "{} lines of the history could not be read and do not count.",
            report.unreadable
        ));
    }
    notes
}

/// A rate, or a dash.
pub(super) fn rate(rate: Option<f64>) -> String {
    rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}"))
}

/// A share, or a dash.
pub(super) fn percent(share: Option<u64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{share}%"))
}

/// Counts as bars.
fn bars(counts: &[u64]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    counts
        .iter()
        .map(|count| {
            let height = (count * 7).checked_div(most).unwrap_or(0);
            let bar = usize::try_from(height).ok().and_then(|at| BARS.get(at));
            if *count == 0 {
                ' '
            } else {
                bar.copied().unwrap_or('█')
            }
        })
        .collect()
}
