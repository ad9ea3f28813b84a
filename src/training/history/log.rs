//! The text of a history: one JSON value a line, the oldest first. Histories of several clones join to
//! one; what is too old or too much goes, and is counted.

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use super::run::{Forgotten, Learned, Run, Time};

/// How many runs, and findings in them, were left out of a history to keep it bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dropped {
    /// Reviews.
    pub runs: u64,
    /// What they had found.
    pub findings: u64,
}

/// The first line of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the form; 1.
    pub version: u32,
    /// No run in it is older.
    pub since: Time,
    /// What is no longer in it.
    pub dropped: Dropped,
}

/// The version of the form that is written.
const VERSION: u32 = 1;

/// A line of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first.
    History(Header),
    /// A review.
    Run(Run),
    /// A lesson that somebody passed.
    Learned(Learned),
    /// Somebody's name was taken out.
    Forgotten(Forgotten),
}

/// A line of text, with its line feed.
pub fn line_of(line: &Line) -> String {
    // Strings, numbers and lists alone: their serialization cannot fail.
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

/// A history in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// By time and id, each id once.
    pub runs: Vec<Run>,
    /// The same.
    pub learned: Vec<Learned>,
    /// Whose name was taken out, by pseudonym, each once.
    pub forgotten: Vec<Forgotten>,
    /// What is no longer in it.
    pub dropped: Dropped,
    /// 1-based numbers of lines that could not be read.
    pub unreadable: Vec<usize>,
    /// The version, where it is newer than this program knows.
    pub newer: Option<u32>,
}

impl Log {
    /// Reads a text; an empty one is an empty history.
    pub fn parse(text: &str) -> Self {
        let mut log = Self::default();
        for (index, line) in text.lines().enumerate() {
            log.take(index + 1, line);
        }
        log.settle();
        log
    }

    /// Takes in a line by its 1-based number; [`Self::settle`] comes after the last.
    pub fn take(&mut self, number: usize, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        match serde_json::from_str(line) {
            Ok(Line::Run(run)) => self.runs.push(run),
            Ok(Line::Learned(learned)) => self.learned.push(learned),
            Ok(Line::Forgotten(forgotten)) => self.forgotten.push(forgotten),
            Ok(Line::History(header)) => {
                self.dropped.runs += header.dropped.runs;
                self.dropped.findings += header.dropped.findings;
                if header.version > VERSION {
                    self.newer = Some(header.version);
                }
            }
            Err(_) => self.unreadable.push(number),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.learned.is_empty()
    }

    /// Takes in another history; gives the number of runs that were new.
    pub fn join(&mut self, other: Self) -> usize {
        let before = self.runs.len();
        if before == 0 {
            self.runs = other.runs;
        } else {
            self.runs.extend(other.runs);
        }
        self.learned.extend(other.learned);
        self.forgotten.extend(other.forgotten);
        // What both have dropped may be the same: the greater number is certain.
        self.dropped.runs = self.dropped.runs.max(other.dropped.runs);
        self.dropped.findings = self.dropped.findings.max(other.dropped.findings);
        self.settle();
        self.runs.len() - before
    }

    /// Restores order, and leaves each id once.
    pub fn settle(&mut self) {
        self.runs.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        self.learned
            .sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        let firsts = first_of_each(self.runs.iter().map(|run| run.id.as_str()));
        let mut firsts = firsts.into_iter();
        self.runs.retain(|_| firsts.next() == Some(true));
        let firsts = first_of_each(self.learned.iter().map(|one| one.id.as_str()));
        let mut firsts = firsts.into_iter();
        self.learned.retain(|_| firsts.next() == Some(true));
        self.hold_forgotten();
    }

    /// Leaves no name in it that was taken out, here or in a history that was joined with it.
    fn hold_forgotten(&mut self) {
        if self.forgotten.is_empty() {
            return;
        }
        // The newest of each person.
        self.forgotten
            .sort_by(|a, b| (&a.who, b.at).cmp(&(&b.who, a.at)));
        self.forgotten.dedup_by(|a, b| a.who == b.who);
        let forgotten = &self.forgotten;
        let is_meant = |who: &str, at: Time| {
            forgotten
                .binary_search_by(|one| one.who.as_str().cmp(who))
                .is_ok_and(|index| forgotten.get(index).is_some_and(|one| at <= one.at))
        };
        for run in &mut self.runs {
            if run.who.as_deref().is_some_and(|who| is_meant(who, run.at)) {
                run.who = None;
                run.key.clear();
            }
        }
        self.learned.retain(|one| !is_meant(&one.who, one.at));
    }

    /// Drops what is older than `since`, then the oldest runs until the text has at most `bytes` bytes.
    pub fn bound(&mut self, since: Time, bytes: usize) {
        let mut keep_from = self.runs.partition_point(|run| run.at < since);
        let sizes: Vec<usize> = self
            .runs
            .iter()
            .map(|run| line_of(&Line::Run(run.clone())).len())
            .collect();
        let mut size: usize = sizes.iter().skip(keep_from).sum();
        while size > bytes
            && let Some(oldest) = sizes.get(keep_from)
        {
            size -= oldest;
            keep_from += 1;
        }
        for run in self.runs.drain(..keep_from) {
            self.dropped.runs += 1;
            self.dropped.findings += u64::try_from(run.found.len()).unwrap_or(u64::MAX);
        }
        self.learned.retain(|one| one.at >= since);
        // What it was to keep nameless is too old by now.
        self.forgotten.retain(|one| one.at >= since);
    }

    /// The text of the history.
    pub fn to_text(&self) -> String {
        let since = self.runs.first().map_or(Time(i64::MAX), |run| run.at);
        let since = self.learned.first().map_or(since, |one| since.min(one.at));
        let mut text = line_of(&Line::History(Header {
            version: VERSION,
            since: if since == Time(i64::MAX) {
                Time(0)
            } else {
                since
            },
            dropped: self.dropped,
        }));
        for forgotten in &self.forgotten {
            text.push_str(&line_of(&Line::Forgotten(forgotten.clone())));
        }
        for learned in &self.learned {
            text.push_str(&line_of(&Line::Learned(learned.clone())));
        }
        for run in &self.runs {
            text.push_str(&line_of(&Line::Run(run.clone())));
        }
        text
    }

    /// Removes what tells people apart: pseudonyms, and lessons that somebody passed.
    pub fn name_nobody(&mut self) {
        for run in &mut self.runs {
            run.who = None;
            run.key.clear();
        }
        self.learned.clear();
        self.forgotten.clear();
    }

    /// Removes what tells of a person until now: the runs stay without a name, passed lessons go, and stay
    /// away when a history is joined that still has them. Gives how many of both were touched.
    pub fn forget(&mut self, who: &str, now: Time) -> (usize, usize) {
        let named = |log: &Self| {
            let runs = log.runs.iter();
            runs.filter(|run| run.who.is_some()).count()
        };
        let before = (named(self), self.learned.len());
        self.forgotten.push(Forgotten {
            who: who.to_owned(),
            at: now,
        });
        self.hold_forgotten();
        (before.0 - named(self), before.1 - self.learned.len())
    }

    /// Gives a person the pseudonym of another key; how many runs and passed lessons have it now.
    pub fn rename(&mut self, from: &str, (to, key): (&str, &str)) -> (usize, usize) {
        let (mut runs, mut learned) = (0, 0);
        for run in &mut self.runs {
            if run.who.as_deref() == Some(from) {
                run.who = Some(to.to_owned());
                key.clone_into(&mut run.key);
                runs += 1;
            }
        }
        for one in &mut self.learned {
            if one.who == from {
                to.clone_into(&mut one.who);
                key.clone_into(&mut one.key);
                learned += 1;
            }
        }
        for one in &mut self.forgotten {
            if one.who == from {
                to.clone_into(&mut one.who);
            }
        }
        self.settle();
        (runs, learned)
    }

    /// The part that tells of a person.
    #[must_use]
    pub fn of(&self, who: &str) -> Self {
        Self {
            runs: self
                .runs
                .iter()
                .filter(|run| run.who.as_deref() == Some(who))
                .cloned()
                .collect(),
            learned: self
                .learned
                .iter()
                .filter(|one| one.who == who)
                .cloned()
                .collect(),
            ..Self::default()
        }
    }
}

/// Whether each text is the first of its like.
fn first_of_each<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<bool> {
    let mut seen = FxHashSet::default();
    texts.map(|text| seen.insert(text)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::run::samples::{found, run};
    use super::super::run::{LearnedState, Stage};
    use super::*;

    fn learned(id: &str, who: &str) -> Learned {
        Learned {
            id: id.to_owned(),
            at: Time::parse("2026-06-01T00:00:00Z").unwrap(),
            who: who.to_owned(),
            key: String::new(),
            lesson: "L-LEN-BOUND".to_owned(),
            version: "1.0.0".to_owned(),
            state: LearnedState::Passed,
            evidence: String::new(),
            trigger: None,
        }
    }

    fn log(ids: &[&str]) -> Log {
        let runs = ids
            .iter()
            .map(|id| {
                let mut run = run(id, &format!("2026-0{}-01T00:00:00Z", &id[1..]), Stage::Hook);
                run.found
                    .push(found(&format!("{id}:0"), "L-LEN-BOUND", "src"));
                run
            })
            .collect();
        Log {
            runs,
            ..Log::default()
        }
    }

    #[test]
    fn histories_join_without_counting_twice() {
        let mut one = log(&["r1", "r3"]);
        assert_eq!(one.join(log(&["r2", "r3"])), 1);
        let ids: Vec<&str> = one.runs.iter().map(|run| run.id.as_str()).collect();
        assert_eq!(ids, ["r1", "r2", "r3"]);
        let again = one.clone();
        assert_eq!(one.join(again.clone()), 0);
        assert_eq!(one, again);
    }

    #[test]
    fn a_history_survives_its_text_and_broken_lines_are_counted() {
        let mut log = log(&["r1", "r2"]);
        log.learned.push(learned("l1", "ada"));
        log.dropped = Dropped {
            runs: 4,
            findings: 7,
        };
        let text = log.to_text();
        assert_eq!(Log::parse(&text), log);
        let broken = Log::parse(&format!("{text}{{\"run\":\n\n\u{0}\n{{\"other\":1}}\n"));
        assert_eq!(broken.unreadable, [5, 7, 8]);
        assert_eq!(broken.runs, log.runs);
        assert_eq!(Log::parse(""), Log::default());
        let newer = text.replacen("\"version\":1", "\"version\":2", 1);
        assert_eq!(Log::parse(&newer).newer, Some(2));
    }

    #[test]
    fn the_oldest_go_first_and_are_counted() {
        let all = log(&["r1", "r2", "r3", "r4"]);
        let since = Time::parse("2026-02-01T00:00:00Z").unwrap();
        let mut bounded = all.clone();
        bounded.bound(since, usize::MAX);
        assert_eq!((bounded.runs.len(), bounded.dropped.runs), (3, 1));
        let size = line_of(&Line::Run(all.runs[0].clone())).len();
        let mut bounded = all.clone();
        bounded.bound(Time(0), 2 * size);
        assert_eq!(bounded.runs, all.runs[2..]);
        assert_eq!(
            bounded.dropped,
            Dropped {
                runs: 2,
                findings: 2
            }
        );
        bounded.bound(Time(0), 0);
        assert_eq!((bounded.runs.len(), bounded.dropped.findings), (0, 4));
    }

    #[test]
    fn a_person_is_forgotten_and_the_numbers_stay() {
        let mut all = log(&["r1", "r2"]);
        all.runs[1].who = Some("bob".to_owned());
        all.learned = vec![learned("l1", "ada"), learned("l2", "bob")];
        let mine = all.of("ada");
        assert_eq!((mine.runs.len(), mine.learned.len()), (1, 1));
        let other = all.clone();
        let now = Time::parse("2026-07-01T00:00:00Z").unwrap();
        assert_eq!(all.forget("ada", now), (1, 1));
        assert_eq!((all.runs.len(), all.learned.len()), (2, 1));
        assert!(all.of("ada").is_empty());
        assert_eq!(all.forget("ada", now), (0, 0));
        // What comes back with a history of before stays away; what is newer is new.
        let mut joined = Log::parse(&all.to_text());
        let mut later = other;
        later.learned.push(Learned {
            at: now.plus_days(1),
            ..learned("l3", "ada")
        });
        joined.join(later);
        assert_eq!(
            (joined.of("ada").runs.len(), joined.of("ada").learned.len()),
            (0, 1)
        );
        // The other way round as well.
        let mut away = self::log(&["r1"]);
        away.join(all.clone());
        assert!(away.of("ada").is_empty());
        assert_eq!(joined.rename("ada", ("eve", "k2")), (0, 1));
        assert_eq!(joined.of("eve").learned[0].key, "k2");
        all.name_nobody();
        assert!(all.of("bob").is_empty() && all.runs.len() == 2);
    }
}
