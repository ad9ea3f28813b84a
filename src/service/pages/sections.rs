//! Parts that the page of a repository and that of all of them have in common.

use std::collections::BTreeMap;

use super::chart;
use super::document::{Block, Document};
use super::failure::PageError;
use super::figures::{self, Month};
use super::grid::{Cell, Grid, Link, numbers, sentences, texts};
use super::moment::{self, DAY_MS};
use super::weaknesses::{self, Parts};
use super::{Site, decisions};
use crate::finding::RepoPath;
use crate::store::{Among, Decision, Millis, Outcome, ReviewRow};
use crate::training::history::short_hash;

/// Most findings that are counted; what is older does not count, and the page says so.
const MOST_OUTCOMES: i64 = 200_000;

/// Most reviews of the history that a report of weaknesses is made from; the page says how many are left out.
const MOST_RUNS: i64 = 50_000;

/// The path of a repository's page.
pub(super) fn repository_path(full_name: &str) -> String {
    // GitHub's names need no escapes; what an event claims to be one may.
    format!("/repositories/{}", RepoPath::from(full_name).to_uri())
}

/// The path of a pull request's page.
pub(super) fn pull_path(full_name: &str, number: i64) -> String {
    format!("{}/pulls/{number}", repository_path(full_name))
}

/// The names of some repositories, by number.
pub(super) type Names = BTreeMap<i64, String>;

/// A rule, with a link to its page where there is one.
pub(super) fn rule_cell(site: &Site, rule: &str) -> Cell {
    let is_known = site.library().is_ok_and(|library| library.has_rule(rule));
    Cell::text(rule).maybe_to(is_known.then(|| Link::Own(format!("/rules/{rule}"))))
}

/// What became of the findings of some repositories in the months of a trend.
///
/// # Errors
/// The database.
pub(super) async fn outcomes(site: &Site, among: &Among) -> Result<Vec<Outcome>, PageError> {
    let first = figures::first_day(site.now());
    let since = crate::training::history::Time::of_day(first).0;
    Ok(site
        .store
        .outcomes_among(among, since, MOST_OUTCOMES)
        .await?)
}

/// The trend by month, as a picture and a table.
pub(super) fn trend(document: &mut Document, outcomes: &[Outcome], now: Millis) {
    document.heading("Findings by month");
    if i64::try_from(outcomes.len()).unwrap_or(i64::MAX) >= MOST_OUTCOMES {
        document.notice("There are more findings than are counted here: the oldest are left out.");
    }
    let months = figures::months(outcomes, now);
    let value = |number: i64| u64::try_from(number).unwrap_or_default();
    let groups: Vec<(String, Vec<u64>)> = months
        .iter()
        .map(|month| {
            let values = vec![value(month.new), value(month.fixed), value(month.accepted)];
            (month.label.clone(), values)
        })
        .collect();
    document.blocks.push(Block::Chart(chart::bars(
        "trend",
        "Findings that were new, fixed and accepted, by month",
        &["new", "fixed", "accepted"],
        &groups,
    )));
    document.grid(months_grid(&months));
}

fn months_grid(months: &[Month]) -> Grid {
    let row = |month: &Month| {
        vec![
            Cell::text(&month.label),
            Cell::count(month.new),
            Cell::count(month.fixed),
            Cell::count(month.accepted),
            Cell::count(month.disputed),
        ]
    };
    Grid {
        name: "months".to_owned(),
        caption: "Findings by month".to_owned(),
        empty: "",
        columns: vec![
            texts("month", "Month"),
            numbers("new", "New"),
            numbers("fixed", "Fixed"),
            numbers("accepted", "Accepted"),
            numbers("disputed", "Called wrong"),
        ],
        rows: months.iter().map(row).collect(),
        more: 0,
    }
}

/// How long repairs took, by severity.
pub(super) fn repairs(document: &mut Document, outcomes: &[Outcome]) {
    document.heading("Time to fix");
    document.text(
        "From the review that saw a finding first to the push that removed it. Half of the findings took no longer \
         than the median, nine of ten no longer than the last column.",
    );
    let rows = figures::repairs(outcomes)
        .into_iter()
        .map(|one| {
            vec![
                Cell::text(one.severity),
                Cell::count(one.fixed),
                Cell::span(one.median_s),
                Cell::span(one.most_s),
            ]
        })
        .collect();
    document.grid(Grid {
        name: "repairs".to_owned(),
        caption: "Time to fix by severity".to_owned(),
        empty: "",
        columns: vec![
            texts("severity", "Severity"),
            numbers("fixed", "Fixed"),
            numbers("median_seconds", "Median"),
            numbers("percentile_90_seconds", "Nine of ten"),
        ],
        rows,
        more: 0,
    });
}

/// How people took the findings of each rule.
pub(super) fn precision(site: &Site, document: &mut Document, outcomes: &[Outcome]) {
    document.heading("Precision by rule");
    document.text(
        "How people took the findings of each rule. The share is that of fixed findings among those that were fixed or \
         called wrong. Where it is under a half of twenty, it is marked: such a rule is better reported than enforced.",
    );
    let mut rules: Vec<_> = figures::by_rule(outcomes).into_iter().collect();
    rules.sort_by_key(|(rule, taken)| (std::cmp::Reverse(taken.all()), *rule));
    let rows = rules
        .into_iter()
        .map(|(rule, taken)| {
            vec![
                rule_cell(site, rule),
                Cell::count(taken.all()),
                Cell::count(taken.adopted),
                Cell::count(taken.disputed),
                Cell::count(taken.accepted),
                Cell::count(taken.open),
                Cell::count(taken.left),
                match taken.precision() {
                    Some(share) if taken.is_noisy() => Cell::percent(Some(share))
                        .reading(&format!("{share} %, too low"))
                        .marked(),
                    share => Cell::percent(share),
                },
            ]
        })
        .collect();
    document.grid(Grid {
        name: "precision".to_owned(),
        caption: "Precision by rule".to_owned(),
        empty: "Nothing was found in this time.",
        columns: vec![
            texts("rule", "Rule"),
            numbers("findings", "Findings"),
            numbers("adopted", "Fixed"),
            numbers("disputed", "Called wrong"),
            numbers("accepted", "Accepted"),
            numbers("open", "Open"),
            numbers("left", "Closed or merged with it"),
            numbers("precision_percent", "Share"),
        ],
        rows,
        more: 0,
    });
}

/// Which weaknesses come again. With `names`, repositories are told apart, else components of the one.
///
/// # Errors
/// The database; the built-in lessons cannot be read.
pub(super) async fn weaknesses(
    site: &Site,
    document: &mut Document,
    among: &Among,
    names: Option<Names>,
) -> Result<(), PageError> {
    document.heading("Recurring weaknesses");
    let now = site.now();
    let (first, today) = (figures::first_day(now), moment::day(now));
    let since = crate::training::history::Time::of_day(first).0;
    let stamp = site.store.runs_stamp(among, since).await?;
    let library = site.library()?;
    let key = short_hash(format!("{among:?} {names:?} {first} {today} {stamp:?}").as_bytes());
    let made = match site.weaknesses.get(&key) {
        Some(made) => made,
        None => {
            let lines = site.store.runs_among(among, since, MOST_RUNS).await?;
            let titles = library.titles();
            // A year of a large organisation takes a while to read: other pages go on meanwhile.
            let made = tokio::task::spawn_blocking(move || {
                let parts = names
                    .as_ref()
                    .map_or(Parts::Components, Parts::Repositories);
                let report = weaknesses::report(&lines, parts, &titles, (first, today));
                let groups = weaknesses::groups(&report, parts);
                (report, groups)
            })
            .await
            .map_err(|error| PageError::Broken(format!("the report was not made: {error}")))?;
            site.weaknesses.put(key, made)
        }
    };
    let (report, groups) = &*made;
    if stamp.0 > MOST_RUNS {
        document.notice(&format!(
            "The history of this time has {} reviews. The newest {MOST_RUNS} count here; the older ones are left out.",
            stamp.0
        ));
    }
    document.text(&format!(
        "From {first} to {today}: {} reviews of {} changed lines. No part of the whole is shown on its own in which \
         fewer than five people worked, and no number is that of a person.",
        report.runs, report.changed_lines
    ));
    if report.unreadable > 0 {
        document.notice(&format!(
            "{} lines of the history could not be read and do not count.",
            report.unreadable
        ));
    }
    document.grid(weaknesses::lessons(report, |key| library.has_lesson(key)));
    if let Some(groups) = groups {
        document.grid(groups.clone());
    }
    Ok(())
}

/// Reviews, each under its repository where several are listed.
pub(super) fn reviews(names: &Names, rows: &[ReviewRow], all: i64) -> Grid {
    let listed = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let rows = rows
        .iter()
        .filter_map(|row| {
            let name = names.get(&row.repository)?;
            let path = pull_path(name, row.number);
            Some(vec![
                Cell::text(&format!("{name}#{}", row.number)).to(Link::Own(path)),
                Cell::text(&row.title),
                Cell::text(&row.outcome),
                Cell::count(row.blocking),
                Cell::count(row.reported),
                Cell::count(row.accepted),
                Cell::count(row.gaps),
                Cell::moment(row.ended_ms),
            ])
        })
        .collect();
    Grid {
        name: "reviews".to_owned(),
        caption: "Newest reviews".to_owned(),
        empty: "No pull request was reviewed yet.",
        columns: vec![
            texts("pull_request", "Pull request"),
            sentences("title", "Title"),
            texts("outcome", "Outcome"),
            numbers("blocking", "Closing the gate"),
            numbers("reported", "Findings"),
            numbers("accepted", "Accepted"),
            numbers("gaps", "Not analysed"),
            texts("at", "At"),
        ],
        rows,
        more: (all - listed).max(0),
    }
}

/// Decisions that stand or wait.
pub(super) fn decided(site: &Site, document: &mut Document, names: &Names, all: &[Decision]) {
    document.heading("Open deviations");
    document.text(
        "Risks that people took and findings that they called wrong in discussions, with their last day. What is over \
         or ends within 30 days is marked.",
    );
    document.grid(decisions::grid(site, names, all));
}

/// How long ago a moment was, in words.
pub(super) fn ago(now: Millis, at: Millis) -> String {
    match now.saturating_sub(at) {
        past if past < DAY_MS => format!("{} ago", moment::span(past / 1_000)),
        _ => moment::shown(at),
    }
}
