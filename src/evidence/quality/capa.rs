//! Candidates for corrective action: a weakness that is found again and again. The record names what the history
//! knows; cause and action are decided by people, who may keep them in a file of their own.

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};

use super::facts::Facts;
use super::{Check, Titles, day, lower_bound, rate, rate_text, title};
use crate::report::sheet::{Sheet, Table};
use crate::training::history::{Episode, Log, Run, Time, changed_lines, episodes};
use crate::training::team::groups::{self, Groups};

/// Days after which it is looked whether an action worked (rules of this product: 90 days).
const CHECK_DAYS: i64 = 90;

/// When a weakness is a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapaSettings {
    /// Findings of one lesson that make a candidate.
    pub threshold: usize,
    /// Days within which they are found.
    pub window: i64,
    /// The day on which it is asked.
    pub today: NaiveDate,
}

/// A weakness that recurred over the threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Candidate {
    /// `CAPA-LESSON-DAY`: the same as long as the history is.
    pub id: String,
    /// Key of the lesson.
    pub lesson: String,
    /// The weakness in words.
    pub weakness: String,
    /// Day on which the threshold was reached.
    pub opened: String,
    /// Findings of the lesson in the window that ended then.
    pub findings: u64,
    /// Those of them that a review of what was pushed saw.
    pub in_review: u64,
    /// Those that had been repaired and came back.
    pub again: u64,
    /// Rules that found it, with how often.
    pub rules: BTreeMap<String, u64>,
    /// Components in which, with how often.
    pub components: BTreeMap<String, u64>,
    /// Findings in 1,000 changed lines, in the window before and in this one.
    pub rate_before: Option<f64>,
    /// See `rate_before`.
    pub rate: Option<f64>,
    /// What the history says of the cause.
    pub signs: Vec<String>,
    /// The cause that people named.
    pub cause: Option<String>,
    /// What the tool puts forward.
    pub proposed: Vec<String>,
    /// What people decided.
    pub action: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Its number in the quality system.
    pub ticket: Option<String>,
    /// Day from which the check counts: that of the action, or the day it was opened.
    pub counts_from: String,
    /// Day of the check.
    pub check_due: String,
    /// Findings of the lesson after `counts_from` up to the check, or up to today.
    pub found_since: u64,
    /// What became of it.
    pub check: Check,
    /// Fingerprints of findings in the window, the open ones first, at most 20.
    pub related: Vec<String>,
    /// How many of them are still open.
    pub open: u64,
}

/// All candidates.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CapaReport {
    /// Findings that make a candidate.
    pub threshold: usize,
    /// Days within which.
    pub window_days: i64,
    /// The day.
    pub today: String,
    /// Reviews that the history holds.
    pub reviews: usize,
    /// Day of the first of them.
    pub since: Option<String>,
    /// Findings that the history no longer holds.
    pub dropped_findings: u64,
    /// What that makes of the numbers, in a sentence.
    pub limit: Option<String>,
    /// Actions that belong to no candidate, by lesson and day.
    pub unused_actions: Vec<String>,
    /// By day and lesson.
    pub candidates: Vec<Candidate>,
}

/// What people decided, as they keep it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionFile {
    /// One for each candidate.
    #[serde(default, rename = "action")]
    pub actions: Vec<Action>,
}

/// A decision on a candidate.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The id of the candidate.
    pub capa: String,
    /// Day from which it holds, as a date of TOML.
    #[serde(deserialize_with = "toml_day")]
    pub date: NaiveDate,
    /// What is done.
    pub what: String,
    /// The cause that was found.
    #[serde(default)]
    pub cause: Option<String>,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Its number in the quality system.
    #[serde(default)]
    pub ticket: Option<String>,
}

/// A date of TOML without a time.
fn toml_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    let given = toml::value::Datetime::deserialize(deserializer)?;
    let day = given
        .date
        .filter(|_| given.time.is_none())
        .and_then(|date| {
            NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        });
    day.ok_or_else(|| serde::de::Error::custom("a day is written as 2026-11-30"))
}

/// A file of actions that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ActionsError(String);

impl ActionFile {
    /// Reads TOML: `[[action]]` with `capa`, `date`, `what`, and `cause`, `owner`, `ticket` where there are
    /// such.
    ///
    /// # Errors
    /// Another form, with its line; two actions for one candidate.
    pub fn read(text: &str) -> Result<Self, ActionsError> {
        let file: Self = toml::from_str(text).map_err(|error| ActionsError(error.to_string()))?;
        let mut seen = std::collections::BTreeSet::new();
        for action in &file.actions {
            if !seen.insert(&action.capa) {
                return Err(ActionsError(format!("two actions for `{}`", action.capa)));
            }
        }
        Ok(file)
    }
}

/// The candidates of a history.
pub fn capa(
    log: &Log,
    titles: &Titles,
    actions: &ActionFile,
    settings: CapaSettings,
) -> CapaReport {
    let all = episodes(&log.runs);
    let mut by_lesson: BTreeMap<&str, Vec<&Episode<'_>>> = BTreeMap::new();
    let end = Time::of_day(settings.today).plus_days(1);
    for episode in all.iter().filter(|one| one.at < end) {
        // Findings without a lesson are weaknesses of no kind.
        if !episode.found.lesson.is_empty() {
            by_lesson
                .entry(&episode.found.lesson)
                .or_default()
                .push(episode);
        }
    }
    let lines = Lines::of(log);
    let runs: Vec<&Run> = log.runs.iter().collect();
    let found: Vec<&Episode<'_>> = all.iter().collect();
    let groups = groups::of(&runs, &found);
    let mut candidates = Vec::new();
    for (lesson, mut found) in by_lesson {
        found.sort_by_key(|episode| episode.at);
        let about = (&lines, &groups, titles);
        candidates.extend(of_lesson(lesson, &found, about, actions, settings));
    }
    candidates.sort_by(|a, b| (&a.opened, &a.lesson).cmp(&(&b.opened, &b.lesson)));
    let is_unused = |capa: &str| !candidates.iter().any(|one| one.id == capa);
    CapaReport {
        threshold: settings.threshold,
        window_days: settings.window,
        today: settings.today.to_string(),
        reviews: log.runs.len(),
        since: log.runs.iter().map(|run| run.at).min().map(day),
        dropped_findings: log.dropped.findings,
        limit: lower_bound(log),
        unused_actions: actions
            .actions
            .iter()
            .map(|action| action.capa.clone())
            .filter(|capa| is_unused(capa))
            .collect(),
        candidates,
    }
}

/// Changed lines by day.
struct Lines(BTreeMap<NaiveDate, u64>);

impl Lines {
    fn of(log: &Log) -> Self {
        let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        for ((day, _), count) in changed_lines(&log.runs, Time::day) {
            *days.entry(day).or_default() += count;
        }
        Self(days)
    }

    /// From a day, to before another.
    fn between(&self, from: NaiveDate, to: NaiveDate) -> u64 {
        match from < to {
            true => self.0.range(from..to).map(|(_, count)| count).sum(),
            false => 0,
        }
    }
}

/// The candidates of one lesson, whose findings are sorted by time. While one waits for its check, no other is
/// opened; what is found meanwhile says that it does not work.
fn of_lesson(
    lesson: &str,
    found: &[&Episode<'_>],
    (lines, groups, titles): (&Lines, &Groups, &Titles),
    actions: &ActionFile,
    settings: CapaSettings,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut window: VecDeque<&Episode<'_>> = VecDeque::new();
    let mut busy_until: Option<Time> = None;
    for episode in found {
        if busy_until.is_some_and(|until| episode.at < until) {
            continue;
        }
        let oldest = episode.at.plus_days(-settings.window);
        while window.front().is_some_and(|first| first.at < oldest) {
            window.pop_front();
        }
        window.push_back(episode);
        if window.len() < settings.threshold.max(1) {
            continue;
        }
        let opened = episode.at;
        let id = format!("CAPA-{lesson}-{}", opened.day());
        let action = actions.actions.iter().find(|action| action.capa == id);
        // An action of the day itself counts from the moment the candidate was opened.
        let counts_from = action.map_or(opened, |action| Time::of_day(action.date).max(opened));
        let due = counts_from.plus_days(CHECK_DAYS);
        let since = found
            .iter()
            .filter(|one| one.at > counts_from && one.at < due);
        let found_since = u64::try_from(since.count()).unwrap_or(u64::MAX);
        let is_due = settings.today >= due.day();
        let next = counts_from.plus_days(1).day();
        let check = Check::of(found_since, lines.between(next, due.day()) > 0, is_due);
        let facts = Facts::of(window.make_contiguous(), groups);
        let day_opened = opened.day();
        let start = oldest.day();
        let before = oldest.plus_days(-settings.window).day();
        let earlier = found
            .iter()
            .filter(|one| one.at.day() >= before && one.at.day() < start)
            .count();
        let earlier = u64::try_from(earlier).unwrap_or(u64::MAX);
        let after = day_opened.succ_opt().unwrap_or(day_opened);
        candidates.push(Candidate {
            id,
            lesson: lesson.to_owned(),
            weakness: title(titles, lesson).to_owned(),
            opened: day(opened),
            rate_before: rate(earlier, lines.between(before, start)),
            rate: rate(facts.findings, lines.between(start, after)),
            signs: facts.signs(),
            cause: action.and_then(|action| action.cause.clone()),
            proposed: facts.proposed(lesson),
            action: action.map(|action| action.what.clone()),
            owner: action.and_then(|action| action.owner.clone()),
            ticket: action.and_then(|action| action.ticket.clone()),
            counts_from: day(counts_from),
            check_due: day(due),
            found_since,
            check,
            findings: facts.findings,
            in_review: facts.in_review,
            again: facts.again,
            open: facts.open,
            related: facts.related.clone(),
            rules: facts.rules,
            components: facts.components,
        });
        busy_until = Some(due);
        window.clear();
    }
    candidates
}

/// The columns of the table of candidates.
const COLUMNS: [&str; 17] = [
    "id",
    "weakness",
    "opened",
    "findings",
    "in review",
    "came back",
    "per 1,000 lines before",
    "per 1,000 lines",
    "rules",
    "components",
    "cause",
    "action",
    "owner",
    "ticket",
    "check due",
    "found since",
    "check",
];

fn counted(counts: &BTreeMap<String, u64>) -> String {
    let texts: Vec<String> = counts
        .iter()
        .map(|(name, count)| match name.is_empty() {
            true => format!("(none) {count}"),
            false => format!("{name} {count}"),
        })
        .collect();
    texts.join(", ")
}

/// The candidates as CSV, one a line; ends with a line feed.
pub fn capa_csv(report: &CapaReport) -> String {
    let mut table = Table::new("Candidates", &COLUMNS);
    for one in &report.candidates {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        table.rows.push(vec![
            one.id.clone(),
            one.weakness.clone(),
            one.opened.clone(),
            one.findings.to_string(),
            one.in_review.to_string(),
            one.again.to_string(),
            one.rate_before
                .map(|rate| format!("{rate:.2}"))
                .unwrap_or_default(),
            one.rate
                .map(|rate| format!("{rate:.2}"))
                .unwrap_or_default(),
            counted(&one.rules),
            counted(&one.components),
            or_empty(&one.cause),
            or_empty(&one.action),
            or_empty(&one.owner),
            or_empty(&one.ticket),
            one.check_due.clone(),
            one.found_since.to_string(),
            one.check.as_str().to_owned(),
        ]);
    }
    table.csv()
}

/// The candidates as a document: an overview, then a record for each.
pub fn capa_sheet(report: &CapaReport) -> Sheet {
    let mut sheet = Sheet::new(&format!(
        "Candidates for corrective action, {}",
        report.today
    ));
    sheet.text(&format!(
        "A weakness is a candidate once {} findings of one lesson came within {} days. Whether a candidate becomes a corrective \
         action, what its cause is and what is done is decided by people; the check {CHECK_DAYS} days later says whether it was found again.",
        report.threshold, report.window_days
    ));
    let since = report.since.as_deref().unwrap_or("no day");
    let limit = report.limit.as_deref().unwrap_or_default();
    let text = format!("From {} reviews since {since}. {limit}", report.reviews);
    sheet.text(text.trim_end());
    if !report.unused_actions.is_empty() {
        sheet.text(&format!(
            "Actions that belong to no candidate: {}.",
            report.unused_actions.join(", ")
        ));
    }
    if report.candidates.is_empty() {
        sheet.text("No weakness reached the threshold.");
        return sheet;
    }
    let mut overview = Table::new(
        "Candidates",
        &[
            "id",
            "weakness",
            "opened",
            "findings",
            "per 1,000 lines, before and then",
            "check due",
            "check",
        ],
    );
    for one in &report.candidates {
        let trend = format!("{} to {}", rate_text(one.rate_before), rate_text(one.rate));
        overview.push([
            &one.id,
            &one.weakness,
            &one.opened,
            &one.findings.to_string(),
            &trend,
            &one.check_due,
            one.check.as_str(),
        ]);
    }
    sheet.heading("Overview");
    sheet.table(overview);
    for one in &report.candidates {
        push_record(&mut sheet, one);
    }
    sheet
}

/// The record of one candidate.
fn push_record(sheet: &mut Sheet, one: &Candidate) {
    sheet.heading(&one.id);
    let or_open = |text: &Option<String>| text.clone().unwrap_or_else(|| "not decided".to_owned());
    let check = match one.found_since {
        0 => one.check.as_str().to_owned(),
        found => format!("{}, {found} times", one.check.as_str()),
    };
    sheet.facts(&[
        ("weakness", &format!("{} ({})", one.weakness, one.lesson)),
        ("opened", &one.opened),
        (
            "found",
            &format!(
                "{} times, {} of them in a review of what was pushed, {} after a repair",
                one.findings, one.in_review, one.again
            ),
        ),
        ("rules", &counted(&one.rules)),
        ("components", &counted(&one.components)),
        (
            "findings per 1,000 changed lines",
            &format!(
                "{}, before that {}",
                rate_text(one.rate),
                rate_text(one.rate_before)
            ),
        ),
        ("signs of the cause", &one.signs.join("; ")),
        ("cause", &or_open(&one.cause)),
        ("proposed", &one.proposed.join("; ")),
        ("action", &or_open(&one.action)),
        ("owner", &or_open(&one.owner)),
        ("number in the quality system", &or_open(&one.ticket)),
        (
            "effectiveness",
            &format!(
                "counts from {}, check on {}: {check}",
                one.counts_from, one.check_due
            ),
        ),
        ("open findings of it", &one.open.to_string()),
        ("findings", &one.related.join(", ")),
    ]);
    sheet.signatures(&["Owner", "Quality"]);
}
