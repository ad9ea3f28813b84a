//! Which weaknesses come again, by lesson and in 1,000 changed lines: the report of `scrubin training report`
//! over the histories of several repositories. Its rule holds here too: no part of the whole is shown on its own
//! in which fewer than five people worked, and no number is that of a person. Pure.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::grid::{Cell, Grid, Link, numbers, sentences, texts};
use crate::training::history::{Log, Run};
use crate::training::team::{Numbers, Period, Question, TeamReport, team_report};

/// What the parts of the whole are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parts<'a> {
    /// Repositories, with their names by number.
    Repositories(&'a BTreeMap<i64, String>),
    /// Components of the one repository.
    Components,
}

/// Makes the report of some repositories. `lines` are those of their histories.
pub(super) fn report(
    lines: &[(i64, String)],
    parts: Parts<'_>,
    titles: &BTreeMap<String, String>,
    days: (NaiveDate, NaiveDate),
) -> TeamReport {
    let mut log = Log::default();
    for (index, (repository, line)) in lines.iter().enumerate() {
        let before = log.runs.len();
        log.take(index + 1, line);
        for run in log.runs.iter_mut().skip(before) {
            keep_apart(run, *repository, parts);
        }
    }
    log.settle();
    let question = Question {
        since: days.0,
        until: days.1,
        by: Period::Month,
    };
    team_report(&log, titles, &question)
}

/// The same code in two repositories, a fork say, is two findings, and two changes.
fn keep_apart(run: &mut Run, repository: i64, parts: Parts<'_>) {
    let own = |text: &mut String| text.insert_str(0, &format!("{repository}/"));
    own(&mut run.id);
    own(&mut run.change);
    for found in &mut run.found {
        own(&mut found.fingerprint);
        own(&mut found.moved);
    }
    for fingerprint in run.gone.iter_mut().chain(&mut run.open) {
        own(fingerprint);
    }
    for (before, after) in &mut run.renamed {
        own(before);
        own(after);
    }
    let Parts::Repositories(names) = parts else {
        return;
    };
    let name = match names.get(&repository) {
        Some(name) => name.clone(),
        None => repository.to_string(),
    };
    let lines = run.lines.iter().map(|(_, count)| count).sum();
    if !run.lines.is_empty() {
        run.lines = vec![(name.clone(), lines)];
    }
    for found in &mut run.found {
        found.component.clone_from(&name);
    }
}

/// The table of lessons.
pub(super) fn lessons(report: &TeamReport, known: impl Fn(&str) -> bool) -> Grid {
    let rows = report
        .weaknesses
        .iter()
        .map(|weakness| {
            let link =
                known(&weakness.lesson).then(|| Link::Own(format!("/lessons/{}", weakness.lesson)));
            let mut row = vec![
                Cell::text(&weakness.title).maybe_to(link),
                Cell::text(&weakness.lesson),
            ];
            row.extend(cells(&weakness.numbers));
            row
        })
        .collect();
    Grid {
        name: "weaknesses".to_owned(),
        caption: "Recurring weaknesses by lesson".to_owned(),
        empty: "No weakness was found in this time.",
        columns: vec![
            sentences("title", "Lesson"),
            texts("lesson", "Key"),
            numbers("findings", "Findings"),
            numbers("per_1000_changed_lines", "In 1,000 changed lines"),
            texts("trend", "Trend"),
            numbers("again", "Came again"),
            numbers("open", "Open"),
            numbers("median_seconds_to_fix", "Time to fix, median"),
        ],
        rows,
        more: 0,
    }
}

/// The table of repositories or components; none where they are not told apart.
pub(super) fn groups(report: &TeamReport, parts: Parts<'_>) -> Option<Grid> {
    if report.is_one_group {
        return None;
    }
    let caption = match parts {
        Parts::Repositories(_) => "Findings by repository",
        Parts::Components => "Findings by component",
    };
    let rows = report
        .groups
        .iter()
        .map(|group| {
            let name = match group.components.as_slice() {
                [] | [_] => group.name.clone(),
                several => format!("{}: {}", group.name, several.join(", ")),
            };
            let lines = i64::try_from(group.changed_lines).unwrap_or(i64::MAX);
            let mut row = vec![Cell::text(&name), Cell::count(lines)];
            row.extend(cells(&group.numbers));
            row
        })
        .collect();
    Some(Grid {
        name: "groups".to_owned(),
        caption: caption.to_owned(),
        empty: "",
        columns: vec![
            texts("group", "Part"),
            numbers("changed_lines", "Changed lines"),
            numbers("findings", "Findings"),
            numbers("per_1000_changed_lines", "In 1,000 changed lines"),
            texts("trend", "Trend"),
            numbers("again", "Came again"),
            numbers("open", "Open"),
            numbers("median_seconds_to_fix", "Time to fix, median"),
        ],
        rows,
        more: 0,
    })
}

fn cells(numbers: &Numbers) -> [Cell; 6] {
    let count = |number: u64| Cell::count(i64::try_from(number).unwrap_or(i64::MAX));
    [
        count(numbers.findings),
        Cell::rate(numbers.per_1000),
        Cell::text(numbers.trend.as_str()),
        count(numbers.again),
        count(numbers.open),
        Cell::span(numbers.median_seconds),
    ]
}

/// What a line of the history is, for tests of those who write it.
#[cfg(test)]
pub(super) fn line(run: Run) -> String {
    crate::training::history::line_of(&crate::training::history::Line::Run(run))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::training::history::{Found, Stage, Time};

    fn run(id: &str, who: &str, component: &str) -> Run {
        Run {
            id: id.to_owned(),
            at: Time::parse("2026-11-02T10:00:00Z").unwrap(),
            stage: Stage::Review,
            source: "range".to_owned(),
            who: Some(who.to_owned()),
            key: "k".to_owned(),
            change: "pull-1".to_owned(),
            lines: vec![(component.to_owned(), 100)],
            found: vec![Found {
                fingerprint: "aa:0".to_owned(),
                moved: "m".to_owned(),
                rule: "C-LEN-001".to_owned(),
                lesson: "L-LEN-BOUND".to_owned(),
                severity: "error".to_owned(),
                component: component.to_owned(),
                file: "f".to_owned(),
                func: "g".to_owned(),
                blob: String::new(),
            }],
            gone: Vec::new(),
            open: Vec::new(),
            renamed: Vec::new(),
            partial: false,
        }
    }

    fn days() -> (NaiveDate, NaiveDate) {
        let day = |text: &str| text.parse().unwrap();
        (day("2026-11-01"), day("2026-11-30"))
    }

    #[test]
    fn the_same_code_in_two_repositories_is_two_findings() {
        let names = BTreeMap::from([(1, "a/x".to_owned()), (2, "a/y".to_owned())]);
        let mut lines = vec![(2, "no line of a history".to_owned())];
        for (repository, person) in [(1, "ada"), (1, "bob"), (1, "chen"), (2, "dee"), (2, "eli")] {
            lines.push((repository, line(run(person, person, "src"))));
        }
        let report = report(
            &lines,
            Parts::Repositories(&names),
            &BTreeMap::new(),
            days(),
        );
        assert_eq!(report.total.findings, 2);
        assert_eq!(report.changed_lines, 200);
        assert_eq!(report.unreadable, 1);
        // Fewer than five people in each: no repository stands alone.
        assert!(groups(&report, Parts::Repositories(&names)).is_none());
        let table = lessons(&report, |key| key == "L-LEN-BOUND");
        assert_eq!(table.rows.len(), 1);
        assert!(
            table.csv().contains("L-LEN-BOUND,2,10.0"),
            "{}",
            table.csv()
        );
    }

    #[test]
    fn a_repository_of_five_people_stands_alone() {
        let names = BTreeMap::from([(1, "a/x".to_owned()), (2, "a/y".to_owned())]);
        let mut lines = Vec::new();
        for person in ["a", "b", "c", "d", "e"] {
            for repository in [1, 2] {
                lines.push((repository, line(run(person, person, "src"))));
            }
        }
        let report = report(
            &lines,
            Parts::Repositories(&names),
            &BTreeMap::new(),
            days(),
        );
        let table = groups(&report, Parts::Repositories(&names)).unwrap();
        let csv = table.csv();
        assert!(csv.contains("a/x,") && csv.contains("a/y,"), "{csv}");
    }
}
