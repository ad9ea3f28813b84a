//! One line of the history: a review, or a lesson that somebody passed.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a review ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A git hook: before the commit, or before the push.
    Hook,
    /// `scrubin check` at somebody's desk.
    Check,
    /// A review of what was pushed: a pull request, or `check` in a CI job.
    Review,
}

impl Stage {
    /// Its word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Check => "check",
            Self::Review => "review",
        }
    }
}

/// A moment, in milliseconds since 1970 (UTC), so that runs of one second keep their order; written as
/// RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

/// How times are written.
const FORM: &str = "%Y-%m-%dT%H:%M:%S%.3fZ";

/// How they are read: with any fraction of a second, or none.
const READ: &str = "%Y-%m-%dT%H:%M:%S%.fZ";

/// Milliseconds of a second, and of a day.
const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;

impl Time {
    /// Reads `2026-11-30T03:16:40Z`.
    pub fn parse(text: &str) -> Option<Self> {
        let time = NaiveDateTime::parse_from_str(text, READ).ok()?;
        Some(Self(time.and_utc().timestamp_millis()))
    }

    /// The moment at the start of a day (UTC).
    pub fn of_day(day: chrono::NaiveDate) -> Self {
        Self(
            day.and_time(chrono::NaiveTime::MIN)
                .and_utc()
                .timestamp_millis(),
        )
    }

    /// The day in UTC.
    pub fn day(self) -> chrono::NaiveDate {
        self.utc().date_naive()
    }

    /// The moment so many days later, or earlier.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Days from an earlier moment to this one, begun ones not counted.
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).div_euclid(DAY)
    }

    /// Seconds from an earlier moment to this one; none where it is not earlier.
    pub fn seconds_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).max(0) / SECOND
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.utc().format(FORM))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is no time like 2026-11-30T03:16:40Z"))
        })
    }
}

/// A finding that was not open before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The first 32 digits of the key, `:`, the ordinal.
    #[serde(rename = "fp")]
    pub fingerprint: String,
    /// The first 16 digits of the key that leaves out the path.
    pub moved: String,
    /// Code of the rule.
    pub rule: String,
    /// Key of its lesson; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lesson: String,
    /// `error`, `warning` or `info`.
    #[serde(rename = "sev")]
    pub severity: String,
    /// The part of the software.
    #[serde(rename = "comp")]
    pub component: String,
    /// Hash of the path.
    pub file: String,
    /// Hash of path and function; empty outside of functions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub func: String,
    /// Name of the blob that holds the code, in the repository; empty where it lies in none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blob: String,
}

/// One review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Random, so that histories can be joined without counting twice.
    pub id: String,
    /// When it ended.
    pub at: Time,
    /// Where it ran.
    pub stage: Stage,
    /// `staged`, `range`, `base`, `tree`.
    pub source: String,
    /// Pseudonym of the author; none where people are not told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Which key the pseudonym was made with; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Stands for the change under review: the same in all runs over one staged change or pull request.
    pub change: String,
    /// Added and modified lines by component.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "as_map")]
    pub lines: Vec<(String, u64)>,
    /// What was found and not open before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Found>,
    /// Fingerprints of what was open and is there no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<String>,
    /// Fingerprints of what was open before and is still found in the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// Fingerprints before and after of what was open and stands elsewhere now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<(String, String)>,
    /// Whether a part of the change was not reviewed, so that what is not listed may still be there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// Pairs that are written as an object: a map of its own for each run would be half of a history's memory.
mod as_map {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::ser::SerializeMap as _;
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        pairs: &[(String, u64)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(pairs.len()))?;
        for (name, count) in pairs {
            map.serialize_entry(name, count)?;
        }
        map.end()
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(String, u64)>, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(String, u64)>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object of numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(1);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

impl Run {
    /// Whether nothing changed and nothing was found.
    pub fn says_nothing(&self) -> bool {
        let lists = [&self.gone, &self.open];
        self.lines.is_empty() && self.found.is_empty() && lists.iter().all(|list| list.is_empty())
    }
}

/// How far somebody has come with a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LearnedState {
    /// Passed once.
    Passed,
    /// Passed twice, 30 days or more apart, and not found again in between.
    Learned,
}

impl LearnedState {
    /// Its word in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Learned => "learned",
        }
    }
}

/// A lesson that somebody passed: all that leaves the person's own learning data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learned {
    /// Random.
    pub id: String,
    /// When.
    pub at: Time,
    /// Pseudonym.
    pub who: String,
    /// Which key it was made with; empty where that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// Key of the lesson.
    pub lesson: String,
    /// Version of the lesson.
    pub version: String,
    /// How far.
    pub state: LearnedState,
    /// What was answered, and what judged it: `spot, choose, fix; scrubin 0.1.0, rules 1f2e...`.
    pub evidence: String,
    /// Fingerprint of the finding that led to it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<String>,
}

/// That somebody had their name taken out of a history: what came before stays nameless, also in histories
/// that are joined with it later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Forgotten {
    /// Pseudonym.
    pub who: String,
    /// What is not newer is meant.
    pub at: Time,
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    pub(crate) fn found(fingerprint: &str, lesson: &str, component: &str) -> Found {
        Found {
            fingerprint: fingerprint.to_owned(),
            moved: format!("m{fingerprint}"),
            rule: "C-LEN-014".to_owned(),
            lesson: lesson.to_owned(),
            severity: "error".to_owned(),
            component: component.to_owned(),
            file: "f1".to_owned(),
            func: "g1".to_owned(),
            blob: String::new(),
        }
    }

    pub(crate) fn run(id: &str, at: &str, stage: Stage) -> Run {
        Run {
            id: id.to_owned(),
            at: Time::parse(at).unwrap_or_default(),
            stage,
            source: "staged".to_owned(),
            who: Some("ada".to_owned()),
            key: String::new(),
            change: "c1".to_owned(),
            lines: Vec::new(),
            found: Vec::new(),
            gone: Vec::new(),
            open: Vec::new(),
            renamed: Vec::new(),
            partial: false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn times_are_written_and_read() {
        let time = Time::parse("2026-11-30T03:16:40Z").unwrap();
        assert_eq!(time.to_string(), "2026-11-30T03:16:40.000Z");
        let later = Time::parse("2026-11-30T03:16:40.250Z").unwrap();
        assert!(later > time && later.seconds_since(time) == 0);
        assert_eq!(time.plus_days(2).days_since(time), 2);
        assert_eq!(Time(time.0 - 1).days_since(time), -1);
        assert_eq!(
            Time::of_day(time.day()).to_string(),
            "2026-11-30T00:00:00.000Z"
        );
        for wrong in ["2026-11-30", "2026-13-30T03:16:40Z", "now", ""] {
            assert_eq!(Time::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_run_survives_its_line() {
        let mut run = samples::run("r1", "2026-11-30T03:16:40Z", Stage::Hook);
        run.found.push(samples::found("aa:0", "L-LEN-BOUND", "src"));
        run.lines.push(("src".to_owned(), 12));
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Run>(&text).unwrap(), run);
        assert!(
            !text.contains("gone") && !text.contains("partial"),
            "{text}"
        );
    }
}
