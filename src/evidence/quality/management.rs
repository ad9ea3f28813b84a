//! The management review: one page for each quarter. Numbers that reviews left, and a place for what people conclude.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;

use super::Check;
use super::capa::{Candidate, CapaReport};
use super::{Titles, lower_bound, rate, rate_text, title};
use crate::report::sheet::{Paper, Sheet, Table};
use crate::training::history::{Episode, Log, Stage, Time, changed_lines, episodes};

/// Weaknesses that the page names.
const WEAKNESSES: usize = 5;

/// Candidates that the page names; the others are counted.
const CANDIDATES: usize = 6;

/// A calendar quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarter {
    year: i32,
    /// 0 to 3.
    index: u32,
}

impl Quarter {
    /// Reads `2026Q4` or `2026-Q4`.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, quarter) = text.split_once(['Q', 'q'])?;
        let year: i32 = year.trim_end_matches('-').parse().ok()?;
        let quarter: u32 = quarter.parse().ok()?;
        ((1..=4).contains(&quarter) && (1970..=9_999).contains(&year)).then(|| Self {
            year,
            index: quarter - 1,
        })
    }

    /// The quarter of a day.
    pub fn of(day: NaiveDate) -> Self {
        Self {
            year: day.year(),
            index: day.month0() / 3,
        }
    }

    /// `2026-Q4`.
    pub fn name(self) -> String {
        format!("{}-Q{}", self.year, self.index + 1)
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        match self.index {
            0 => Self {
                year: self.year - 1,
                index: 3,
            },
            index => Self {
                index: index - 1,
                ..self
            },
        }
    }

    /// The one after.
    fn after(self) -> Self {
        match self.index {
            3 => Self {
                year: self.year + 1,
                index: 0,
            },
            index => Self {
                index: index + 1,
                ..self
            },
        }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.index * 3 + 1, 1).unwrap_or_default()
    }

    /// The first day after it.
    fn end(self) -> NaiveDate {
        self.after().first_day()
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.end().pred_opt().unwrap_or_default()
    }

    fn holds(self, time: Time) -> bool {
        let day = time.day();
        self.first_day() <= day && day < self.end()
    }
}

/// Numbers of a quarter.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct QuarterNumbers {
    /// Reviews, by where they ran.
    pub reviews: BTreeMap<&'static str, u64>,
    /// Added and modified lines, each counted once.
    pub changed_lines: u64,
    /// Findings that were found first in it.
    pub findings: u64,
    /// In 1,000 changed lines.
    pub rate: Option<f64>,
    /// Those of them that no review of what was pushed ever saw.
    pub before_push: u64,
    /// Those that one did.
    pub in_review: u64,
    /// Findings that were gone in it, whenever found.
    pub repaired: u64,
    /// Findings that were open at its end.
    pub open: u64,
    /// Findings of it that had been repaired before.
    pub again: u64,
    /// Lessons that were passed in it.
    pub lessons_passed: u64,
}

/// A weakness of the quarter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Weakness {
    /// Key of the lesson.
    pub lesson: String,
    /// Its title.
    pub title: String,
    /// Findings in the quarter, and in the one before.
    pub findings: u64,
    /// See `findings`.
    pub before: u64,
}

/// The page.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ManagementReview {
    /// `2026-Q4`.
    pub quarter: String,
    /// Its days.
    pub first_day: String,
    /// See `first_day`.
    pub last_day: String,
    /// Whether it was over when the page was made.
    pub is_over: bool,
    /// Its numbers.
    pub numbers: QuarterNumbers,
    /// Those of the quarter before; `None` where the history does not reach back to its first day.
    pub before: Option<QuarterNumbers>,
    /// The most frequent weaknesses.
    pub weaknesses: Vec<Weakness>,
    /// Candidates for corrective action that were opened in it.
    pub opened: Vec<Candidate>,
    /// Those whose check fell into it.
    pub checked: Vec<Candidate>,
    /// Those that wait for their check at its end.
    pub waiting: usize,
    /// What the numbers do not say.
    pub limits: Vec<String>,
}

/// Makes the page of a quarter. `capa` has the candidates of the same history.
pub fn management_review(
    log: &Log,
    titles: &Titles,
    capa: &CapaReport,
    quarter: Quarter,
    today: NaiveDate,
) -> ManagementReview {
    let all = episodes(&log.runs);
    let first_run = log.runs.iter().map(|run| run.at.day()).min();
    let reaches = |day: NaiveDate| first_run.is_some_and(|first| first <= day);
    let before = quarter.before();
    let is_in = |text: &str| {
        text.parse::<NaiveDate>()
            .is_ok_and(|day| quarter.first_day() <= day && day < quarter.end())
    };
    let opened: Vec<Candidate> = capa
        .candidates
        .iter()
        .filter(|one| is_in(&one.opened))
        .cloned()
        .collect();
    let checked = capa
        .candidates
        .iter()
        .filter(|one| is_in(&one.check_due) && one.check != Check::Pending)
        .cloned()
        .collect();
    let end = quarter.end().to_string();
    let waiting = capa
        .candidates
        .iter()
        .filter(|one| one.opened < end)
        .filter(|one| one.check_due >= end || one.check == Check::Pending)
        .count();
    let mut limits = vec![
        "Findings say what the rules looked for and found, not how many defects there are (docs/detection.md).".to_owned(),
    ];
    if !reaches(quarter.first_day()) {
        limits.push(match first_run {
            Some(first) => format!("The history begins on {first}, within or after the quarter."),
            None => "The history is empty.".to_owned(),
        });
    }
    limits.extend(lower_bound(log));
    ManagementReview {
        quarter: quarter.name(),
        first_day: quarter.first_day().to_string(),
        last_day: quarter.last_day().to_string(),
        is_over: today >= quarter.end(),
        numbers: numbers(log, &all, quarter),
        before: reaches(before.first_day()).then(|| numbers(log, &all, before)),
        weaknesses: weaknesses(&all, titles, quarter),
        opened,
        checked,
        waiting,
        limits,
    }
}

fn numbers(log: &Log, all: &[Episode<'_>], quarter: Quarter) -> QuarterNumbers {
    let mut reviews: BTreeMap<&'static str, u64> = [Stage::Hook, Stage::Check, Stage::Review]
        .map(|stage| (stage.as_str(), 0))
        .into();
    let runs = || log.runs.iter().filter(|run| quarter.holds(run.at));
    for run in runs() {
        *reviews.entry(run.stage.as_str()).or_default() += 1;
    }
    let lines: u64 = changed_lines(runs(), |_| 0).values().sum();
    let found = || all.iter().filter(|one| quarter.holds(one.at));
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let end = Time::of_day(quarter.end());
    let findings = count(found().count());
    QuarterNumbers {
        reviews,
        changed_lines: lines,
        findings,
        rate: rate(findings, lines),
        before_push: count(
            found()
                .filter(|one| !one.reviewed && one.gone.is_some())
                .count(),
        ),
        in_review: count(found().filter(|one| one.reviewed).count()),
        repaired: count(
            all.iter()
                .filter(|one| one.gone.is_some_and(|gone| quarter.holds(gone)))
                .count(),
        ),
        open: count(
            all.iter()
                .filter(|one| one.at < end && one.gone.is_none_or(|gone| gone >= end))
                .count(),
        ),
        again: count(found().filter(|one| one.again).count()),
        lessons_passed: count(
            log.learned
                .iter()
                .filter(|one| quarter.holds(one.at))
                .count(),
        ),
    }
}

fn weaknesses(all: &[Episode<'_>], titles: &Titles, quarter: Quarter) -> Vec<Weakness> {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for episode in all.iter().filter(|one| !one.found.lesson.is_empty()) {
        let (now, before) = counts.entry(&episode.found.lesson).or_default();
        *now += u64::from(quarter.holds(episode.at));
        *before += u64::from(quarter.before().holds(episode.at));
    }
    let mut weaknesses: Vec<Weakness> = counts
        .into_iter()
        .filter(|(_, (now, _))| *now > 0)
        .map(|(lesson, (findings, before))| Weakness {
            lesson: lesson.to_owned(),
            title: title(titles, lesson).to_owned(),
            findings,
            before,
        })
        .collect();
    weaknesses.sort_by(|a, b| (b.findings, &a.lesson).cmp(&(a.findings, &b.lesson)));
    weaknesses.truncate(WEAKNESSES);
    weaknesses
}

/// The rows of numbers: name, this quarter, the one before.
fn rows(review: &ManagementReview) -> Vec<[String; 3]> {
    let before = review.before.as_ref();
    let row = |name: &str, of: &dyn Fn(&QuarterNumbers) -> String| {
        [
            name.to_owned(),
            of(&review.numbers),
            before.map_or_else(|| "not known".to_owned(), of),
        ]
    };
    let reviews = |stage: &'static str| {
        move |numbers: &QuarterNumbers| {
            numbers
                .reviews
                .get(stage)
                .copied()
                .unwrap_or_default()
                .to_string()
        }
    };
    let known = |numbers: &QuarterNumbers| numbers.before_push + numbers.in_review;
    vec![
        row("reviews in hooks", &reviews("hook")),
        row("reviews at desks", &reviews("check")),
        row("reviews of what was pushed", &reviews("review")),
        row("changed lines reviewed", &|one| {
            one.changed_lines.to_string()
        }),
        row("findings", &|one| one.findings.to_string()),
        row("findings per 1,000 changed lines", &|one| {
            rate_text(one.rate)
        }),
        row(
            "repaired before a push, of those whose end is known",
            &|one| format!("{} of {}", one.before_push, known(one)),
        ),
        row("repaired, whenever found", &|one| one.repaired.to_string()),
        row("came back after a repair", &|one| one.again.to_string()),
        row("open at the end", &|one| one.open.to_string()),
        row("lessons passed", &|one| one.lessons_passed.to_string()),
    ]
}

/// Numbers, weaknesses and candidates as one table of CSV; ends with a line feed.
pub fn review_csv(review: &ManagementReview) -> String {
    let columns = ["part", "name", &review.quarter, "quarter before", "more"];
    let mut table = Table::new("Management review", &columns);
    for [name, now, before] in rows(review) {
        table.push(["number", &name, &now, &before, ""]);
    }
    for one in &review.weaknesses {
        let (now, before) = (one.findings.to_string(), one.before.to_string());
        table.push(["weakness", &one.title, &now, &before, &one.lesson]);
    }
    for one in named(review) {
        let more = format!(
            "{}; check {}: {}",
            one.action.as_deref().unwrap_or("not decided"),
            one.check_due,
            one.check.as_str()
        );
        table.push(["candidate", &one.weakness, &one.id, "", &more]);
    }
    let waiting = review.waiting.to_string();
    table.push([
        "number",
        "candidates that wait for their check",
        &waiting,
        "",
        "",
    ]);
    for limit in &review.limits {
        table.push(["limit", limit, "", "", ""]);
    }
    table.csv()
}

/// The candidates that the page names: those checked in the quarter, then those opened.
fn named(review: &ManagementReview) -> Vec<&Candidate> {
    let opened = review.opened.iter();
    let opened = opened.filter(|one| !review.checked.contains(one));
    review.checked.iter().chain(opened).collect()
}

fn numbers_table(review: &ManagementReview) -> Table {
    let mut table = Table::new("Numbers", &["number", &review.quarter, "quarter before"]);
    for row in rows(review) {
        table.rows.push(row.to_vec());
    }
    table
}

/// The page as a document that fits on one sheet of paper.
pub fn review_sheet(review: &ManagementReview) -> Sheet {
    let mut sheet = Sheet::new(&format!(
        "Management review: code review, {}",
        review.quarter
    ))
    .on(Paper::OneSheet);
    let so_far = if review.is_over { "" } else { ", not over yet" };
    sheet.text(&format!(
        "{} to {}{so_far}. An input for the management review, from the history of code reviews; it names no person.",
        review.first_day, review.last_day
    ));
    sheet.heading("Numbers");
    sheet.table(numbers_table(review));
    let mut weaknesses = Table::new(
        "Most frequent weaknesses",
        &["weakness", "findings", "quarter before"],
    );
    for one in &review.weaknesses {
        weaknesses.push([
            &one.title,
            &one.findings.to_string(),
            &one.before.to_string(),
        ]);
    }
    if !weaknesses.rows.is_empty() {
        sheet.heading("Most frequent weaknesses");
        sheet.table(weaknesses);
    }
    sheet.heading("Corrective action");
    sheet.text(&format!(
        "{} candidates opened, {} checked, {} wait for their check.",
        review.opened.len(),
        review.checked.len(),
        review.waiting
    ));
    let mut candidates = Table::new(
        "Candidates for corrective action",
        &["id", "weakness", "action", "check", "result"],
    );
    let named = named(review);
    for one in named.iter().take(CANDIDATES) {
        candidates.push([
            &one.id,
            &one.weakness,
            one.action.as_deref().unwrap_or("not decided"),
            &one.check_due,
            one.check.as_str(),
        ]);
    }
    sheet.table(candidates);
    let more = named.len().saturating_sub(CANDIDATES);
    if more > 0 {
        sheet.text(&format!("{more} more: `scrubin quality capa`."));
    }
    sheet.text(&review.limits.join(" "));
    sheet.heading("Conclusions");
    let mut conclusions = Table::new(
        "Conclusions",
        &["question", "conclusion, decision, by when"],
    );
    for question in [
        "Is the review suitable, adequate and effective?",
        "What is improved?",
        "Which resources are needed?",
    ] {
        conclusions.push([question, ""]);
    }
    sheet.table(conclusions);
    sheet.signatures(&["Management", "Quality"]);
    sheet
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn quarters_are_read_and_follow_each_other() {
        let quarter = Quarter::parse("2026Q4").unwrap();
        assert_eq!(quarter, Quarter::parse("2026-q4").unwrap());
        assert_eq!(quarter.name(), "2026-Q4");
        assert_eq!(quarter.first_day().to_string(), "2026-10-01");
        assert_eq!(quarter.last_day().to_string(), "2026-12-31");
        assert_eq!(quarter.before().name(), "2026-Q3");
        assert_eq!(Quarter::parse("2026Q1").unwrap().before().name(), "2025-Q4");
        assert_eq!(Quarter::of("2026-11-30".parse().unwrap()), quarter);
        for text in ["2026", "2026Q5", "Q4", "26Q0", "2026Q4x", "99999Q1"] {
            assert_eq!(Quarter::parse(text), None, "{text}");
        }
    }
}
