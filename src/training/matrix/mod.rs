//! The competence matrix: person by lesson, with date, version and evidence (ISO 13485:2016 6.2).

mod render;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::history::{Episode, Learned, LearnedState, Log, Time, episodes};
use super::learner::meaning;
use super::lesson::Lesson;

pub use render::{csv, html, json, terminal};

/// Days after which it is looked whether a lesson helped.
const EFFECT_DAYS: i64 = 90;

/// The matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Version of the form; 1.
    pub version: u32,
    /// The day it was made, UTC.
    pub made: String,
    /// What made it: `scrubin 0.1.0`.
    pub tool: String,
    /// Who answers for it; `None` where nobody is named.
    pub owner: Option<String>,
    /// People, by pseudonym.
    pub people: Vec<Person>,
    /// The lessons that somebody passed, by key.
    pub lessons: Vec<Topic>,
    /// What was passed, by pseudonym and lesson.
    pub cells: Vec<Cell>,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Stands for the person in the history.
    pub pseudonym: String,
    /// From the owner's map; `None` where it has none.
    pub name: Option<String>,
}

impl Person {
    /// The name, or the pseudonym.
    pub fn shown(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.pseudonym)
    }
}

/// A lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its key.
    pub lesson: String,
    /// Its title.
    pub title: String,
    /// Its version in this release; `None` where it has no such lesson.
    pub version: Option<String>,
}

/// What somebody knows of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Pseudonym.
    pub person: String,
    /// Key of the lesson.
    pub lesson: String,
    /// Passed or learned.
    pub state: LearnedState,
    /// The day, UTC.
    pub date: String,
    /// Version of the lesson.
    pub version: String,
    /// What was answered, and what judged it.
    pub evidence: String,
    /// Fingerprint of the finding that led to it.
    pub trigger: Option<String>,
    /// Whether the lesson changed in meaning since, so that it is to be read again.
    pub read_again: bool,
    /// Whether the weakness stayed away for 90 days; `None` before they are over.
    pub effective: Option<bool>,
}

/// Makes the matrix. `names` are those of people, by pseudonym.
pub fn matrix(
    log: &Log,
    lessons: &[Lesson],
    names: &BTreeMap<String, String>,
    (owner, now): (Option<&str>, Time),
) -> Matrix {
    let all = episodes(&log.runs);
    let mut latest: BTreeMap<(&str, &str), &Learned> = BTreeMap::new();
    for one in &log.learned {
        // Sorted by time: the last one counts.
        latest.insert((&one.who, &one.lesson), one);
    }
    let lesson = |key: &str| lessons.iter().find(|lesson| lesson.head.key == key);
    let cells: Vec<Cell> = latest
        .values()
        .map(|one| Cell {
            person: one.who.clone(),
            lesson: one.lesson.clone(),
            state: one.state,
            date: one.at.day().to_string(),
            version: one.version.clone(),
            evidence: one.evidence.clone(),
            trigger: one.trigger.clone(),
            read_again: lesson(&one.lesson)
                .is_some_and(|lesson| meaning(&lesson.head.version) != meaning(&one.version)),
            effective: effective(&all, one, now),
        })
        .collect();
    let keys: BTreeSet<&str> = cells.iter().map(|cell| cell.lesson.as_str()).collect();
    let topics = keys.into_iter().map(|key| Topic {
        lesson: key.to_owned(),
        title: lesson(key).map_or_else(|| key.to_owned(), |lesson| lesson.head.title.clone()),
        version: lesson(key).map(|lesson| lesson.head.version.clone()),
    });
    let pseudonyms: BTreeSet<&str> = cells
        .iter()
        .map(|cell| cell.person.as_str())
        .chain(names.keys().map(String::as_str))
        .collect();
    Matrix {
        version: 1,
        made: now.day().to_string(),
        tool: concat!("scrubin ", env!("CARGO_PKG_VERSION")).to_owned(),
        owner: owner.map(str::to_owned),
        people: pseudonyms
            .into_iter()
            .map(|pseudonym| Person {
                pseudonym: pseudonym.to_owned(),
                name: names.get(pseudonym).cloned(),
            })
            .collect(),
        lessons: topics.collect(),
        cells,
    }
}

/// Whether nothing of the lesson was found of this person in the 90 days after.
fn effective(all: &[Episode<'_>], learned: &Learned, now: Time) -> Option<bool> {
    let end = learned.at.plus_days(EFFECT_DAYS);
    let came_again = all.iter().any(|one| {
        one.who == Some(learned.who.as_str())
            && one.found.lesson == learned.lesson
            && learned.at < one.at
            && one.at <= end
    });
    match (came_again, now >= end) {
        (true, _) => Some(false),
        (false, true) => Some(true),
        (false, false) => None,
    }
}

impl Matrix {
    /// What a person knows of a lesson.
    pub fn cell(&self, person: &str, lesson: &str) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|cell| cell.person == person && cell.lesson == lesson)
    }

    /// Reads what [`json`] wrote.
    ///
    /// # Errors
    /// It is no matrix, or one of another version.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        let matrix: Self = serde_json::from_slice(text)?;
        if matrix.version == 1 {
            Ok(matrix)
        } else {
            Err(serde::de::Error::custom(format!(
                "it is of version {}, this scrubin reads 1",
                matrix.version
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::training::lesson;

    fn learned(id: &str, who: &str, day: &str, state: LearnedState, version: &str) -> Learned {
        Learned {
            id: id.to_owned(),
            at: Time::parse(&format!("{day}T10:00:00Z")).unwrap(),
            who: who.to_owned(),
            key: String::new(),
            lesson: "L-LEN-BOUND".to_owned(),
            version: version.to_owned(),
            state,
            evidence: "line, guard and repair right".to_owned(),
            trigger: Some("aa:0".to_owned()),
        }
    }

    fn made(log: &Log) -> Matrix {
        let names = [
            ("p1".to_owned(), "Ada <Lovelace>".to_owned()),
            ("p9".to_owned(), "Grace".to_owned()),
        ];
        let now = Time::parse("2026-06-01T00:00:00Z").unwrap();
        matrix(
            log,
            &lesson::builtin().unwrap(),
            &names.into(),
            (Some("Olga"), now),
        )
    }

    fn log() -> Log {
        Log {
            learned: vec![
                learned("a", "p1", "2026-01-02", LearnedState::Passed, "1.0.0"),
                learned("b", "p1", "2026-02-03", LearnedState::Learned, "1.0.0"),
                learned("c", "p2", "2026-05-03", LearnedState::Passed, "0.9.0"),
            ],
            ..Log::default()
        }
    }

    #[test]
    fn the_last_result_of_each_lesson_counts() {
        let matrix = made(&log());
        assert_eq!(matrix.people.len(), 3);
        let cell = matrix.cell("p1", "L-LEN-BOUND").unwrap();
        assert_eq!(
            (cell.state, cell.date.as_str()),
            (LearnedState::Learned, "2026-02-03")
        );
        assert_eq!((cell.read_again, cell.effective), (false, Some(true)));
        let other = matrix.cell("p2", "L-LEN-BOUND").unwrap();
        assert_eq!((other.read_again, other.effective), (true, None));
    }

    #[test]
    fn a_weakness_that_comes_again_shows() {
        let mut log = log();
        let line = "{\"run\":{\"id\":\"x\",\"at\":\"2026-03-01T00:00:00Z\",\"stage\":\"hook\",\"source\":\"staged\",\"who\":\"p1\",\"change\":\"c\",\"found\":[{\"fp\":\"a:0\",\"moved\":\"m\",\"rule\":\"C-LEN-001\",\"lesson\":\"L-LEN-BOUND\",\"sev\":\"error\",\"comp\":\"src\",\"file\":\"f\"}]}}\n";
        log.join(Log::parse(line));
        assert_eq!(log.runs.len(), 1);
        let matrix = made(&log);
        assert_eq!(
            matrix.cell("p1", "L-LEN-BOUND").unwrap().effective,
            Some(false)
        );
    }

    #[test]
    fn every_form_has_people_lessons_and_evidence() {
        let matrix = made(&log());
        let text = json(&matrix);
        assert_eq!(Matrix::parse(text.as_bytes()).unwrap(), matrix);
        assert!(
            Matrix::parse(
                text.replace("\"version\": 1,", "\"version\": 2,")
                    .as_bytes()
            )
            .is_err()
        );
        let table = csv(&matrix);
        assert!(table.contains("Ada <Lovelace>,p1,L-LEN-BOUND,"), "{table}");
        let page = html(&matrix, None);
        assert!(
            page.contains("Ada &lt;Lovelace&gt;") && page.contains("Olga"),
            "{page}"
        );
        assert!(page.contains("read again"), "{page}");
        assert!(terminal(&matrix).contains("Grace"));
    }
}
