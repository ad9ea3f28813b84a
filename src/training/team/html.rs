//! The report as a page that prints well.

use super::chart::{Bar, bars};
use super::numbers::Numbers;
use super::terminal::{facts, notes, percent, rate};
use super::{TeamReport, Weakness};
use crate::training::html::page_alone;

pub(super) use crate::training::html::escape;

/// Lessons with a chart of their own.
const CHARTS: usize = 6;

/// Renders the report as a page that needs no other file.
pub fn html(report: &TeamReport) -> String {
    let mut body = String::new();
    if !report.is_withheld {
        body.push_str(&format!("<p>{}.</p>\n", escape(&facts(report))));
    }
    for note in notes(report) {
        body.push_str(&format!("<p>{}</p>\n", escape(&note)));
    }
    if report.is_withheld {
        body.push_str(&next_sprint(report));
    } else if report.weaknesses.is_empty() {
        body.push_str("<p>No finding in this time.</p>\n");
    } else {
        body.push_str(&next_sprint(report));
        body.push_str(&format!("<h2>Findings by {}</h2>\n", report.by));
        body.push_str(&chart("all", "Findings", report, &report.total));
        body.push_str("<h2>By lesson</h2>\n");
        body.push_str(&lessons(report));
        for (index, weakness) in report.weaknesses.iter().take(CHARTS).enumerate() {
            body.push_str(&format!("<h3>{}</h3>\n", escape(&weakness.title)));
            body.push_str(&rates(index, report, weakness));
        }
        if !report.is_one_group {
            body.push_str("<h2>By component</h2>\n");
            body.push_str(&components(report));
        }
    }
    body.push_str(
        "<h2>How to read it</h2>\n<p>A finding counts once, from when a review found it first to when a later one did \
         not find it any more. <em>Before push</em> is the share that was repaired before a review of pushed code saw \
         it. Lines that are reviewed in the hook and again as a pull request count once. The page tells of no single \
         person, and is no means to judge one.</p>\n",
    );
    page_alone(
        &format!("What reviews found, {} to {}", report.since, report.until),
        &body,
    )
}

/// What to talk about.
fn next_sprint(report: &TeamReport) -> String {
    if report.topics.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h2>For the next sprint</h2>\n<ol>\n");
    for topic in &report.topics {
        out.push_str(&format!(
            "<li><strong>{}</strong> ({})<br>{}</li>\n",
            escape(&topic.title),
            escape(&topic.lesson),
            escape(&topic.reason)
        ));
    }
    out.push_str("</ol>\n");
    out
}

/// Findings by period, those that reached a review apart, as far as known for the whole.
fn chart(id: &str, title: &str, report: &TeamReport, numbers: &Numbers) -> String {
    let columns: Vec<Bar> = report
        .periods
        .iter()
        .zip(&numbers.per_step)
        .zip(&numbers.reviewed_per_step)
        .map(|((label, all), reviewed)| Bar {
            label: label.clone(),
            lower: all.saturating_sub(*reviewed),
            upper: *reviewed,
        })
        .collect();
    bars(
        id,
        title,
        ["found before the push only", "seen in review"],
        &columns,
    )
}

/// A chart of a lesson, and its rates in words.
fn rates(index: usize, report: &TeamReport, weakness: &Weakness) -> String {
    let id = format!("w{index}");
    let mut out = chart(&id, &weakness.title, report, &weakness.numbers);
    let words: Vec<String> = report
        .periods
        .iter()
        .zip(&weakness.numbers.rates)
        .filter_map(|(label, one)| one.map(|one| format!("{label} {one:.2}")))
        .collect();
    let rules: Vec<String> = weakness
        .rules
        .iter()
        .map(|(rule, count)| format!("{rule} ({count})"))
        .collect();
    out.push_str(&format!(
        "<p>In 1,000 changed lines: {}. Rules: {}.</p>\n",
        escape(&words.join(", ")),
        escape(&rules.join(", "))
    ));
    out
}

fn lessons(report: &TeamReport) -> String {
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Findings by lesson\"><table>\n<thead><tr><th scope=\"col\">Lesson</th><th scope=\"col\">Findings</th><th scope=\"col\">In 1,000 lines</th>\
         <th scope=\"col\">Trend</th><th scope=\"col\">Before push</th><th scope=\"col\">Time to repair</th>\
         <th scope=\"col\">Came again</th><th scope=\"col\">Open</th></tr></thead>\n<tbody>\n",
    );
    for weakness in &report.weaknesses {
        let numbers = &weakness.numbers;
        out.push_str(&format!(
            "<tr><th scope=\"row\">{} {}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&weakness.title),
            escape(&weakness.lesson),
            numbers.findings,
            rate(numbers.per_1000),
            numbers.trend.as_str(),
            percent(numbers.share_before_push()),
            numbers.time_to_fix(),
            numbers.again,
            numbers.open,
        ));
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}

fn components(report: &TeamReport) -> String {
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Findings by component\"><table>\n<thead><tr><th scope=\"col\">Component</th><th scope=\"col\">Changed lines</th><th scope=\"col\">Findings</th>\
         <th scope=\"col\">In 1,000 lines</th><th scope=\"col\">Trend</th><th scope=\"col\">Most frequent</th></tr></thead>\n<tbody>\n",
    );
    for group in &report.groups {
        let mut cells: Vec<_> = report
            .cells
            .iter()
            .filter(|cell| cell.group == group.name)
            .collect();
        cells.sort_by(|a, b| (b.numbers.findings, &a.lesson).cmp(&(a.numbers.findings, &b.lesson)));
        let most: Vec<String> = cells
            .iter()
            .take(3)
            .map(|cell| format!("{} ({})", cell.lesson, cell.numbers.findings))
            .collect();
        let name = if group.components.len() > 1 {
            format!("{}: {}", group.name, group.components.join(", "))
        } else {
            group.name.clone()
        };
        out.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&name),
            group.changed_lines,
            group.numbers.findings,
            rate(group.numbers.per_1000),
            group.numbers.trend.as_str(),
            escape(&most.join(", ")),
        ));
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}
