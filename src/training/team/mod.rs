//! What the history says of a team: which weaknesses come again, where, how often in 1,000 changed lines,
//! how soon they are repaired, and what to talk about next. Never of a single person.

mod anonymise;
mod brown_bag;
mod chart;
pub mod groups;
mod html;
mod numbers;
mod people;
mod period;
mod steps;
mod table;
mod terminal;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use self::steps::Steps;
use super::history::{Dropped, Episode, Log, Time, changed_lines, episodes};

pub use brown_bag::{Sample, Sheet, sheet, sheet_html};
pub use groups::FEWEST;
use groups::Groups;
pub use html::html;
pub use numbers::{Numbers, Trend};
pub use period::Period;
pub(super) use table::cell as plain_cell;
pub use table::{csv, json};
pub use terminal::terminal;

/// Days that count for what to talk about next: a quarter.
const RECENT_DAYS: i64 = 90;

/// How many topics are put forward.
const TOPICS: usize = 3;

/// What a report is to be about.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// First day.
    pub since: NaiveDate,
    /// Last day.
    pub until: NaiveDate,
    /// Step of the trend.
    pub by: Period,
}

/// What a team's reviews found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TeamReport {
    /// First day.
    pub since: String,
    /// Last day.
    pub until: String,
    /// `month` or `quarter`.
    pub by: &'static str,
    /// Names of the steps of the trend.
    pub periods: Vec<String>,
    /// Reviews in that time.
    pub runs: usize,
    /// Added and modified lines, each counted once.
    pub changed_lines: u64,
    /// Authors, at least: the most of one key of pseudonyms. `None` where people are not told apart.
    pub authors: Option<usize>,
    /// Whether components are not told apart.
    pub is_one_group: bool,
    /// Whether fewer than five people worked in this time, so that no number is told: lists are empty and
    /// numbers 0 then.
    pub is_withheld: bool,
    /// Whether periods were put together, because fewer than five people worked in one.
    pub are_periods_joined: bool,
    /// What is no longer in the history.
    pub dropped: Dropped,
    /// Lines of the history that could not be read.
    pub unreadable: usize,
    /// All findings together.
    pub total: Numbers,
    /// By lesson, the most frequent first.
    pub weaknesses: Vec<Weakness>,
    /// By lesson and group of components.
    pub cells: Vec<Cell>,
    /// Groups of components, and their lines.
    pub groups: Vec<Group>,
    /// What to talk about next, most important first.
    pub topics: Vec<Topic>,
}

/// Findings of one lesson.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weakness {
    /// Key of the lesson; empty for findings of rules without one.
    pub lesson: String,
    /// Its title.
    pub title: String,
    /// Rules that found it, with how often.
    pub rules: BTreeMap<String, u64>,
    /// How many, and what became of them.
    pub numbers: Numbers,
}

/// Findings of one lesson in a group of components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Key of the lesson.
    pub lesson: String,
    /// Name of the group.
    pub group: String,
    /// How many, and what became of them.
    pub numbers: Numbers,
}

/// Components that are shown together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The component, or what stands for several.
    pub name: String,
    /// The components in it.
    pub components: Vec<String>,
    /// Added and modified lines.
    pub changed_lines: u64,
    /// How many findings, and what became of them.
    pub numbers: Numbers,
}

/// What to talk about in the next sprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// Key of the lesson.
    pub lesson: String,
    /// Its title.
    pub title: String,
    /// Why it was chosen, in a sentence.
    pub reason: String,
    /// Blobs of recent findings, newest first, with the rule that found something in it.
    #[serde(skip)]
    pub blobs: Vec<(String, String)>,
}

/// Makes the report. `titles` are those of lessons, by key.
pub fn team_report(
    log: &Log,
    titles: &BTreeMap<String, String>,
    question: &Question,
) -> TeamReport {
    let (from, to) = (
        Time::of_day(question.since),
        Time::of_day(question.until).plus_days(1),
    );
    let is_in = |at: Time| from <= at && at < to;
    let all = episodes(&log.runs);
    let all: Vec<&Episode<'_>> = all.iter().filter(|one| is_in(one.at)).collect();
    let runs: Vec<_> = log.runs.iter().filter(|run| is_in(run.at)).collect();
    let grid = Steps::of(question, &runs, &all);
    let steps = grid.len();
    let step_of = |at: Time| grid.at(at);
    let mut lines = Lines::default();
    for ((step, component), count) in changed_lines(runs.iter().copied(), step_of) {
        lines.add(step, component, count, steps);
    }
    let groups = groups::of(&runs, &all);
    if groups.authors.is_some_and(|authors| authors < FEWEST) {
        return withheld(log, question, (&groups, &all), titles);
    }
    let count = |some: &[&Episode<'_>], per_step: &[u64]| {
        numbers::numbers(some, per_step, |episode| step_of(episode.at))
    };
    let title = |lesson: &str| match titles.get(lesson) {
        Some(title) => title.clone(),
        None if lesson.is_empty() => "rules without a lesson".to_owned(),
        None => lesson.to_owned(),
    };
    let mut by_lesson: BTreeMap<&str, Vec<&Episode<'_>>> = BTreeMap::new();
    let mut by_cell: BTreeMap<(&str, &str), Vec<&Episode<'_>>> = BTreeMap::new();
    let mut by_group: BTreeMap<&str, Vec<&Episode<'_>>> = BTreeMap::new();
    for episode in &all {
        let (lesson, group) = (
            episode.found.lesson.as_str(),
            groups.of(&episode.found.component),
        );
        by_lesson.entry(lesson).or_default().push(episode);
        by_cell.entry((lesson, group)).or_default().push(episode);
        by_group.entry(group).or_default().push(episode);
    }
    let mut weaknesses: Vec<Weakness> = by_lesson
        .iter()
        .map(|(lesson, some)| {
            let mut rules: BTreeMap<String, u64> = BTreeMap::new();
            for episode in some {
                *rules.entry(episode.found.rule.clone()).or_default() += 1;
            }
            Weakness {
                lesson: (*lesson).to_owned(),
                title: title(lesson),
                rules,
                numbers: count(some, &lines.total),
            }
        })
        .collect();
    weaknesses
        .sort_by(|a, b| (b.numbers.findings, &a.lesson).cmp(&(a.numbers.findings, &b.lesson)));
    let lines_of = |group: &str| lines.of(|component| groups.of(component) == group, steps);
    let names: BTreeSet<&str> = groups.names();
    // Five people stand behind a step of the whole, and not always behind that of a part.
    let too_fine: BTreeSet<&str> = names
        .iter()
        .copied()
        .filter(|name| grid.are_too_fine(&runs, |component| groups.of(component) == *name))
        .collect();
    let of_group = |some: &[&Episode<'_>], name: &str| {
        let mut numbers = count(some, &lines_of(name));
        if too_fine.contains(name) {
            numbers.forget_steps();
        }
        numbers
    };
    let cells = by_cell
        .iter()
        .map(|((lesson, group), some)| Cell {
            lesson: (*lesson).to_owned(),
            group: (*group).to_owned(),
            numbers: of_group(some, group),
        })
        .collect();
    let groups_shown = names
        .iter()
        .map(|name| {
            let per_step = lines_of(name);
            Group {
                name: (*name).to_owned(),
                components: groups.members(name),
                changed_lines: per_step.iter().sum(),
                numbers: of_group(by_group.get(name).map_or(&[][..], Vec::as_slice), name),
            }
        })
        .collect();
    TeamReport {
        since: question.since.to_string(),
        until: question.until.to_string(),
        by: question.by.as_str(),
        periods: grid.labels.clone(),
        runs: runs.len(),
        changed_lines: lines.total.iter().sum(),
        authors: groups.authors,
        is_one_group: names.len() <= 1,
        is_withheld: false,
        are_periods_joined: grid.are_joined,
        dropped: log.dropped,
        unreadable: log.unreadable.len(),
        total: count(&all, &lines.total),
        topics: topics(&by_lesson, &weaknesses, to),
        weaknesses,
        cells,
        groups: groups_shown,
    }
}

/// The report on a time in which fewer than five people worked: what to talk about, and no number.
fn withheld(
    log: &Log,
    question: &Question,
    (groups, all): (&Groups, &[&Episode<'_>]),
    titles: &BTreeMap<String, String>,
) -> TeamReport {
    let mut by_lesson: BTreeMap<&str, Vec<&Episode<'_>>> = BTreeMap::new();
    for episode in all {
        let lesson = episode.found.lesson.as_str();
        by_lesson.entry(lesson).or_default().push(episode);
    }
    let weaknesses: Vec<Weakness> = by_lesson
        .iter()
        .map(|(lesson, some)| Weakness {
            lesson: (*lesson).to_owned(),
            title: titles
                .get(*lesson)
                .map_or(*lesson, String::as_str)
                .to_owned(),
            rules: BTreeMap::new(),
            numbers: numbers::numbers(some, &[], |_| 0),
        })
        .collect();
    let to = Time::of_day(question.until).plus_days(1);
    let mut topics = topics(&by_lesson, &weaknesses, to);
    for topic in &mut topics {
        "among the most frequent of the last 90 days".clone_into(&mut topic.reason);
    }
    TeamReport {
        since: question.since.to_string(),
        until: question.until.to_string(),
        by: question.by.as_str(),
        periods: Vec::new(),
        runs: 0,
        changed_lines: 0,
        authors: groups.authors,
        is_one_group: true,
        is_withheld: true,
        are_periods_joined: false,
        dropped: log.dropped,
        unreadable: log.unreadable.len(),
        total: numbers::numbers(&[], &[], |_| 0),
        weaknesses: Vec::new(),
        cells: Vec::new(),
        groups: Vec::new(),
        topics,
    }
}

/// Changed lines by step of the trend.
#[derive(Default)]
struct Lines {
    total: Vec<u64>,
    by_component: BTreeMap<String, Vec<u64>>,
}

impl Lines {
    fn add(&mut self, step: usize, component: &str, count: u64, steps: usize) {
        let of_component = self.by_component.entry(component.to_owned()).or_default();
        for per_step in [&mut self.total, of_component] {
            per_step.resize(steps, 0);
            if let Some(sum) = per_step.get_mut(step) {
                *sum += count;
            }
        }
    }

    fn of(&self, is_wanted: impl Fn(&str) -> bool, steps: usize) -> Vec<u64> {
        let mut sums = vec![0; steps];
        for (component, counts) in &self.by_component {
            if is_wanted(component) {
                for (sum, count) in sums.iter_mut().zip(counts) {
                    *sum += count;
                }
            }
        }
        sums
    }
}

/// The lessons that a talk would help most with: what reached reviews counts more than what hooks
/// stopped, errors more than warnings, what came again more than what came once.
fn topics(
    by_lesson: &BTreeMap<&str, Vec<&Episode<'_>>>,
    weaknesses: &[Weakness],
    to: Time,
) -> Vec<Topic> {
    let recent = to.plus_days(-RECENT_DAYS);
    let mut scored: Vec<(u64, Topic)> = weaknesses
        .iter()
        .filter(|weakness| !weakness.lesson.is_empty())
        .filter_map(|weakness| {
            let some = by_lesson.get(weakness.lesson.as_str())?;
            let mut newest: Vec<&&Episode<'_>> =
                some.iter().filter(|one| one.at >= recent).collect();
            newest.sort_by(|a, b| (b.at, &b.found.fingerprint).cmp(&(a.at, &a.found.fingerprint)));
            let score: u64 = newest.iter().map(|one| weight(one)).sum();
            let reviewed = newest.iter().filter(|one| one.reviewed).count();
            let again = newest.iter().filter(|one| one.again).count();
            let mut reason = format!(
                "{} in the last {RECENT_DAYS} days, {reviewed} of them seen by a review of pushed code",
                counted(newest.len(), "finding")
            );
            if again > 0 {
                reason.push_str(&format!(", {again} repaired before and back again"));
            }
            match weakness.numbers.trend {
                Trend::Rising => reason.push_str("; it becomes more frequent"),
                Trend::Falling => reason.push_str("; it becomes rarer"),
                Trend::Steady | Trend::Unknown => {}
            }
            let topic = Topic {
                lesson: weakness.lesson.clone(),
                title: weakness.title.clone(),
                reason,
                blobs: newest
                    .iter()
                    .filter(|one| !one.found.blob.is_empty())
                    .map(|one| (one.found.blob.clone(), one.found.rule.clone()))
                    .collect(),
            };
            (score > 0).then_some((score, topic))
        })
        .collect();
    scored.sort_by(|a, b| (b.0, &a.1.lesson).cmp(&(a.0, &b.1.lesson)));
    scored
        .into_iter()
        .take(TOPICS)
        .map(|(_, topic)| topic)
        .collect()
}

fn weight(episode: &Episode<'_>) -> u64 {
    let harm = match episode.found.severity.as_str() {
        "error" => 3,
        "warning" => 2,
        _ => 1,
    };
    harm * if episode.reviewed { 2 } else { 1 } + u64::from(episode.again)
}

/// `1 finding`, `2 findings`.
fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

#[cfg(test)]
mod tests;
