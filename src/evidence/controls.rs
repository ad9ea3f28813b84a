//! The map of controls: which output is evidence for which clause of which standard. Read from
//! `rulesets/controls.yaml`, whose head describes it, and held against the catalogue of rules.

mod listing;
mod plan;
mod summary;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::rules::RuleInfo;
use crate::training::clauses::{Clause, Clauses};

pub use listing::{Choice, Chosen, listing};
pub use plan::{Enforced, enforcement_plan, recategorisation};
pub use summary::{Counts, CountsError, compliance_summary};

/// The map of this version.
pub static MAP: &str = include_str!("../../rulesets/controls.yaml");

/// What a row is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// Objective evidence that the thing asked for was done.
    EvidenceFor,
    /// Evidence for a part of it.
    Partly,
    /// It helps; the evidence is made elsewhere.
    Supports,
}

impl Relation {
    /// The words that pages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EvidenceFor => "evidence for",
            Self::Partly => "evidence for a part of",
            Self::Supports => "helps with",
        }
    }
}

/// What numbers are numbers of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Short name that rows use.
    pub id: String,
    /// Title of the standard.
    pub title: String,
    /// Edition that the numbers belong to.
    pub edition: String,
    /// Public page, where there is one.
    pub address: Option<String>,
    /// What the numbers were compared with.
    pub checked: String,
}

/// One clause, and the output that says something about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Number in the standard.
    pub control: String,
    /// Id of a source.
    pub standard: String,
    /// What the output is worth for it.
    pub relation: Relation,
    /// Version that has the output, or `planned`.
    pub since: String,
    /// Where the number stands.
    pub source: String,
    /// Which output, from which command.
    pub what: String,
}

impl Row {
    /// Whether the output is not there yet.
    pub fn is_planned(&self) -> bool {
        self.since == PLANNED
    }
}

/// What a row says of its version that has not come yet.
const PLANNED: &str = "planned";

/// The rows of a rule area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The middle part of the rules' codes.
    pub area: String,
    /// What it is about.
    pub name: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// The rows of something that scrubin does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// Permanent name.
    pub activity: String,
    /// What it is.
    pub name: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Something that scrubin does not check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotChecked {
    /// What it is.
    pub topic: String,
    /// How it is usually done instead.
    pub means: String,
}

/// Other means that find what a rule looks for, wholly or in part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherMeans {
    /// The code of the rule.
    pub rule: String,
    /// Warnings of compilers.
    #[serde(default)]
    pub compiler: Vec<String>,
    /// Checks of other tools.
    #[serde(default)]
    pub tool: Vec<String>,
}

/// Which guidelines a coding standard has, by number alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guidelines {
    /// What the numbers are numbers of.
    pub edition: String,
    /// Parts of the standard and the number of guidelines in each, counted from 1: `D4` and 15 are D4.1 to D4.15.
    pub parts: Vec<GuidelinePart>,
}

/// A part of a coding standard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuidelinePart {
    /// What its numbers begin with.
    pub part: String,
    /// How many there are.
    pub guidelines: u32,
}

impl Guidelines {
    /// Every number, in order.
    pub fn numbers(&self) -> Vec<String> {
        self.parts
            .iter()
            .flat_map(|part| {
                (1..=part.guidelines).map(move |number| format!("{}.{number}", part.part))
            })
            .collect()
    }
}

/// The whole map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Controls {
    /// Version of the map.
    pub version: String,
    /// Day of its last change.
    pub date: String,
    /// What the numbers are numbers of.
    pub sources: Vec<Source>,
    /// Rows of every area.
    pub all_areas: Vec<Row>,
    /// Rows by area.
    pub areas: Vec<Area>,
    /// Rows by activity.
    pub activities: Vec<Activity>,
    /// The guidelines of MISRA C, of which rules cite some.
    pub misra_c: Guidelines,
    /// Other means that find what a rule looks for.
    pub other_means: Vec<OtherMeans>,
    /// What is not checked.
    pub not_checked: Vec<NotChecked>,
}

/// A map that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ControlsError {
    /// It is not of the form that its head describes.
    #[error("the map of controls has another form: {0}")]
    Form(String),
    /// What it says does not fit together, or does not fit the rules.
    #[error("the map of controls is wrong: {}", .0.join("; "))]
    Content(Vec<String>),
}

impl Controls {
    /// Reads a map and holds it against the rules and the version of this program.
    ///
    /// # Errors
    /// Another form; a source that does not exist, an area without rows, a row of a later version, and whatever else
    /// does not fit, all of it at once.
    pub fn read(text: &str, rules: &[RuleInfo], version: &str) -> Result<Self, ControlsError> {
        let controls: Self =
            serde_saphyr::from_str(text).map_err(|error| ControlsError::Form(error.to_string()))?;
        let problems = controls.problems(rules, version);
        match problems.is_empty() {
            true => Ok(controls),
            false => Err(ControlsError::Content(problems)),
        }
    }

    /// Every row with the name of the area or activity that it belongs to; `all` for rows of every area.
    pub fn rows(&self) -> impl Iterator<Item = (&str, &Row)> {
        let of_all = self.all_areas.iter().map(|row| (ALL_AREAS, row));
        let of_areas = self
            .areas
            .iter()
            .flat_map(|area| area.rows.iter().map(|row| (area.area.as_str(), row)));
        let of_activities = self
            .activities
            .iter()
            .flat_map(|one| one.rows.iter().map(|row| (one.activity.as_str(), row)));
        of_all.chain(of_areas).chain(of_activities)
    }

    /// The source of that id.
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// The rows that hold for findings of a rule: those of its area, then those of every area, planned ones left out.
    pub fn rows_of(&self, rule: &RuleInfo) -> Vec<&Row> {
        let Some(area) = area_of(rule) else {
            return Vec::new();
        };
        let own = self.areas.iter().filter(|one| one.area == area);
        own.flat_map(|one| &one.rows)
            .chain(&self.all_areas)
            .filter(|row| !row.is_planned())
            .collect()
    }

    /// The clauses of each rule as its page shows them: numbers by standard.
    pub fn clauses(&self, rules: &[RuleInfo]) -> Clauses {
        let mut clauses = Clauses::default();
        for rule in rules {
            let rows = self.rows_of(rule);
            let of_source = |source: &Source| {
                let of_relation = |relation: Relation| {
                    let numbers: BTreeSet<&str> = rows
                        .iter()
                        .filter(|row| row.standard == source.id && row.relation == relation)
                        .map(|row| row.control.as_str())
                        .collect();
                    let numbers: Vec<&str> = numbers.into_iter().collect();
                    (!numbers.is_empty())
                        .then(|| format!("{} {}", relation.as_str(), numbers.join(", ")))
                };
                let relations = [Relation::EvidenceFor, Relation::Partly, Relation::Supports];
                let controls: Vec<String> = relations.into_iter().filter_map(of_relation).collect();
                (!controls.is_empty()).then(|| Clause {
                    standard: format!("{}, {}", short(&source.title), source.edition),
                    controls: controls.join("; "),
                })
            };
            clauses.insert(rule, self.sources.iter().filter_map(of_source).collect());
        }
        clauses
    }

    fn problems(&self, rules: &[RuleInfo], version: &str) -> Vec<String> {
        let mut problems = Vec::new();
        let mut ids = BTreeSet::new();
        for source in &self.sources {
            if !ids.insert(source.id.as_str()) {
                problems.push(format!("two sources are called `{}`", source.id));
            }
        }
        for (part, row) in self.rows() {
            let mut wrong =
                |what: String| problems.push(format!("{part}, {}: {what}", row.control));
            if row.control.trim().is_empty() || row.what.trim().is_empty() {
                wrong("an empty text".to_owned());
            }
            if !ids.contains(row.standard.as_str()) {
                wrong(format!("`{}` is no source", row.standard));
            }
            if row.source.split(',').next() != Some(row.standard.as_str()) {
                wrong(format!("`{}` does not begin with its standard", row.source));
            }
            if !row.is_planned() {
                match (numbers(&row.since), numbers(version)) {
                    (Some(since), Some(here)) if since <= here => {}
                    (Some(_), _) => wrong(format!("{} is later than {version}", row.since)),
                    (None, _) => wrong(format!("`{}` is no version", row.since)),
                }
            }
            if row.what.to_lowercase().contains("compliant") {
                wrong("an output is evidence and makes nothing compliant".to_owned());
            }
        }
        self.push_problems_of_areas(rules, &mut problems);
        for means in &self.other_means {
            if !rules.iter().any(|rule| rule.id.as_str() == means.rule) {
                problems.push(format!(
                    "other means for `{}`, which is no rule",
                    means.rule
                ));
            }
            if means.compiler.is_empty() && means.tool.is_empty() {
                problems.push(format!("no other means for `{}`", means.rule));
            }
        }
        let known: BTreeSet<String> = self.misra_c.numbers().into_iter().collect();
        for rule in rules {
            for number in rule.misra_c_2012.iter().filter(|one| !known.contains(*one)) {
                problems.push(format!(
                    "{} cites MISRA C {number}, which there is not",
                    rule.id
                ));
            }
        }
        problems
    }

    fn push_problems_of_areas(&self, rules: &[RuleInfo], problems: &mut Vec<String>) {
        let needed: BTreeSet<&str> = rules.iter().filter_map(area_of).collect();
        let mut there = BTreeSet::new();
        for area in &self.areas {
            if !there.insert(area.area.as_str()) {
                problems.push(format!("area {} is there twice", area.area));
            }
            if !needed.contains(area.area.as_str()) {
                problems.push(format!("area {} has no rule", area.area));
            }
        }
        for missing in needed.difference(&there) {
            problems.push(format!("area {missing} is not in the map"));
        }
        let mut names = BTreeSet::new();
        for activity in &self.activities {
            if !names.insert(activity.activity.as_str()) {
                problems.push(format!("activity {} is there twice", activity.activity));
            }
        }
    }
}

/// What stands for rows of every area where an area is named.
const ALL_AREAS: &str = "all";

/// A title up to its first comma that is followed by a blank: the name by which people know a standard.
fn short(title: &str) -> &str {
    title.split(", ").next().unwrap_or(title)
}

/// The middle part of a rule's code; `None` for a rule without one.
fn area_of(rule: &RuleInfo) -> Option<&str> {
    let mut parts = rule.id.as_str().split('-');
    let family = parts.next()?;
    let area = parts.next()?;
    (matches!(family, "C" | "R" | "X") && parts.next().is_some()).then_some(area)
}

/// `0.1.0` as numbers.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    let numbers = [next()?, next()?, next()?];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::finding::RuleId;

    /// A rule of the area LEN that cites a guideline.
    fn rules() -> Vec<RuleInfo> {
        let mut rule = crate::triage::rules().pop().unwrap();
        rule.id = RuleId::parse("C-LEN-001").unwrap();
        rule.misra_c_2012 = vec!["D4.14".to_owned()];
        vec![rule]
    }

    const SMALL: &str = "version: \"1.0.0\"\ndate: \"2026-11-30\"\n\
        sources:\n  - {id: std, title: t, edition: e, address: null, checked: c}\n\
        all-areas:\n  - {control: \"1.1\", standard: std, relation: partly, since: \"0.1.0\", source: \"std, 1.1\", what: \"w\"}\n\
        areas:\n  - area: LEN\n    name: n\n    rows:\n      - {control: \"2.1\", standard: std, relation: evidence-for, since: planned, source: \"std, 2.1\", what: \"w\"}\n\
        activities: []\nmisra-c: {edition: e, parts: [{part: D4, guidelines: 15}]}\nother-means: []\nnot-checked: []\n";

    fn problems(text: &str) -> String {
        match Controls::read(text, &rules(), "0.1.0") {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_map_is_read_and_planned_rows_hold_for_no_rule() {
        let map = Controls::read(SMALL, &rules(), "0.1.0").unwrap();
        let rules = rules();
        let rows = map.rows_of(rules.first().unwrap());
        assert_eq!(rows.len(), 1);
        assert_eq!(rows.first().unwrap().control, "1.1");
        assert_eq!(map.misra_c.numbers().len(), 15);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (from, to, word) in [
            (
                "standard: std, relation: partly",
                "standard: sdt, relation: partly",
                "`sdt` is no source",
            ),
            (
                "source: \"std, 1.1\"",
                "source: \"other, 1.1\"",
                "does not begin with its standard",
            ),
            ("since: \"0.1.0\"", "since: \"0.2.0\"", "later than 0.1.0"),
            ("since: \"0.1.0\"", "since: soon", "no version"),
            ("area: LEN", "area: INT", "area LEN is not in the map"),
            (
                "what: \"w\"",
                "what: \"you are compliant\"",
                "makes nothing compliant",
            ),
            ("part: D4", "part: D5", "cites MISRA C D4.14"),
            (
                "other-means: []",
                "other-means: [{rule: C-LEN-9, tool: [x]}]",
                "no rule",
            ),
            ("relation: partly", "relation: proves", "another form"),
            ("not-checked: []", "not-checkd: []", "another form"),
        ] {
            let text = SMALL.replacen(from, to, 1);
            assert_ne!(text, SMALL, "{from}");
            let said = problems(&text);
            assert!(said.contains(word), "{word}: {said}");
        }
    }
}
