//! The compliance summary of a release (in the manner of MISRA Compliance:2020): for each rule, how it is enforced, and
//! what was found and excused. It says what there is evidence for, never that something is compliant.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Controls;
use super::plan::{push_misra, push_not_checked};
use crate::report::sheet::{Paper, Sheet, Table};
use crate::rules::RuleInfo;
use crate::training::profiled::Profiled;

/// A report that cannot be counted.
#[derive(Debug, thiserror::Error)]
pub enum CountsError {
    /// No JSON, or none of a report.
    #[error("it is no report of `scrubin check --format json`: {0}")]
    Form(String),
    /// Another format of report.
    #[error("it is a report of format {0}, and this program reads format 1")]
    Version(u64),
}

/// What a report says, as far as a summary asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Version of scrubin that made it.
    pub tool: String,
    /// Digest of the rules it was made with.
    pub ruleset: String,
    /// The commit.
    pub head: Option<String>,
    /// What was reviewed: `tree`, `range`, ...
    pub source: String,
    /// Files and functions: in all, and analysed.
    pub files: (u64, u64),
    /// See `files`.
    pub functions: (u64, u64),
    /// Parts that were not understood.
    pub gaps: usize,
    /// Whether something could not be reviewed at all.
    pub incomplete: bool,
    /// By rule: findings by verdict word.
    pub rules: BTreeMap<String, BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
struct ReportJson {
    version: u64,
    schema: String,
    tool: ToolJson,
    change: ChangeJson,
    findings: Vec<FindingJson>,
    gaps: Vec<serde::de::IgnoredAny>,
    incomplete: bool,
    files: PairJson,
    functions: PairJson,
}

#[derive(Deserialize)]
struct ToolJson {
    version: String,
    ruleset_digest: String,
}

#[derive(Deserialize)]
struct ChangeJson {
    source: String,
    head: Option<String>,
}

#[derive(Deserialize)]
struct FindingJson {
    rule: String,
    verdict: String,
}

#[derive(Deserialize)]
struct PairJson {
    total: u64,
    analysed: u64,
}

impl Counts {
    /// Counts the findings of a report as `scrubin check --format json` writes it.
    ///
    /// # Errors
    /// Something else.
    pub fn read(text: &str) -> Result<Self, CountsError> {
        let report: ReportJson =
            serde_json::from_str(text).map_err(|error| CountsError::Form(error.to_string()))?;
        if report.schema != "scrubin-report" {
            return Err(CountsError::Form(format!("it is a `{}`", report.schema)));
        }
        if report.version != 1 {
            return Err(CountsError::Version(report.version));
        }
        let mut rules: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for finding in report.findings {
            *rules
                .entry(finding.rule)
                .or_default()
                .entry(finding.verdict)
                .or_default() += 1;
        }
        Ok(Self {
            tool: report.tool.version,
            ruleset: report.tool.ruleset_digest,
            head: report.change.head,
            source: report.change.source,
            files: (report.files.total, report.files.analysed),
            functions: (report.functions.total, report.functions.analysed),
            gaps: report.gaps.len(),
            incomplete: report.incomplete,
            rules,
        })
    }

    /// How many findings of a rule have that verdict.
    fn of(&self, rule: &str, verdict: &str) -> u64 {
        self.rules
            .get(rule)
            .and_then(|counts| counts.get(verdict))
            .copied()
            .unwrap_or(0)
    }
}

/// The verdicts of a report and what their columns are called.
const VERDICTS: [(&str, &str); 4] = [
    ("report", "open"),
    ("deviated", "deviations"),
    ("known", "in the baseline"),
    ("soup-list", "code of others"),
];

/// The summary as a document. Without counts it says how rules are enforced alone.
pub fn compliance_summary(
    controls: &Controls,
    profiled: &[Profiled<'_>],
    counts: Option<&Counts>,
    version: &str,
) -> Sheet {
    let mut sheet =
        Sheet::new(&format!("Guideline compliance summary, scrubin {version}")).on(Paper::Across);
    sheet.text(
        "What there is evidence for: which rules were enforced, by what, and what was found. It is no statement that a product \
         complies with a standard.",
    );
    match counts {
        Some(counts) => push_release(&mut sheet, counts),
        None => sheet.text(
            "No report of a release was given (`--findings report.json`), so nothing was counted.",
        ),
    }
    push_rules(&mut sheet, controls, profiled, counts);
    push_areas(&mut sheet, controls, profiled, counts);
    let infos: Vec<&RuleInfo> = profiled.iter().map(|one| one.rule).collect();
    push_misra(&mut sheet, controls, &infos);
    push_not_checked(&mut sheet, controls);
    sheet.heading("Reviewed by");
    sheet.signatures(&["Author", "Project", "Quality"]);
    sheet
}

fn push_release(sheet: &mut Sheet, counts: &Counts) {
    sheet.heading("The release");
    let share = |(all, analysed): (u64, u64)| format!("{analysed} of {all}");
    sheet.facts(&[
        (
            "commit",
            counts.head.as_deref().unwrap_or("not stated in the report"),
        ),
        ("what was reviewed", &counts.source),
        (
            "reviewed with",
            &format!("scrubin {}, rules {}", counts.tool, counts.ruleset),
        ),
        ("files analysed", &share(counts.files)),
        ("functions analysed", &share(counts.functions)),
        ("parts not understood", &counts.gaps.to_string()),
    ]);
    if counts.source != "tree" && counts.source != "folder" {
        sheet.text("The report is about a change, not about the whole tree: what was there before is not counted.");
    }
    if counts.incomplete {
        sheet.text("The report is incomplete: a file could not be reviewed at all.");
    }
}

fn push_rules(
    sheet: &mut Sheet,
    controls: &Controls,
    profiled: &[Profiled<'_>],
    counts: Option<&Counts>,
) {
    let mut table = Table::new("Rules", &["rule", "name", "severity", "enforced by"]);
    table
        .columns
        .extend(VERDICTS.map(|(_, column)| column.to_owned()));
    for rule in profiled {
        let enforced = controls.enforced(rule);
        let mut by = vec![enforced.by_scrubin.to_owned()];
        by.extend(
            [enforced.by_compiler, enforced.by_tool]
                .into_iter()
                .filter(|one| !one.is_empty()),
        );
        let id = rule.rule.id.as_str();
        let mut row = vec![
            id.to_owned(),
            rule.rule.slug.clone(),
            rule.effective
                .map_or("off", |severity| severity.as_str())
                .to_owned(),
            by.join("; "),
        ];
        row.extend(VERDICTS.map(|(verdict, _)| {
            counts.map_or_else(String::new, |counts| counts.of(id, verdict).to_string())
        }));
        table.rows.push(row);
    }
    sheet.heading("Rules");
    sheet.table(table);
    let Some(counts) = counts else { return };
    let is_known = |id: &str| profiled.iter().any(|rule| rule.rule.id.as_str() == id);
    let mut others = Table::new("Findings of other rules", &["rule", "open", "deviations"]);
    for id in counts.rules.keys().filter(|id| !is_known(id)) {
        others.push([
            id,
            &counts.of(id, "report").to_string(),
            &counts.of(id, "deviated").to_string(),
        ]);
    }
    if !others.rows.is_empty() {
        sheet.heading("Rules of the project and of other tools");
        sheet.table(others);
    }
}

/// Findings and clauses by area.
fn push_areas(
    sheet: &mut Sheet,
    controls: &Controls,
    profiled: &[Profiled<'_>],
    counts: Option<&Counts>,
) {
    let mut table = Table::new(
        "Evidence by area",
        &[
            "area",
            "about",
            "rules",
            "open findings",
            "deviations",
            "clauses that the findings are evidence for, or for a part of",
        ],
    );
    for area in &controls.areas {
        let rules: Vec<&str> = profiled
            .iter()
            .filter(|one| super::area_of(one.rule) == Some(area.area.as_str()))
            .map(|one| one.rule.id.as_str())
            .collect();
        let sum = |verdict: &str| match counts {
            Some(counts) => rules
                .iter()
                .map(|id| counts.of(id, verdict))
                .sum::<u64>()
                .to_string(),
            None => String::new(),
        };
        let clauses: Vec<String> = area
            .rows
            .iter()
            .filter(|row| !row.is_planned() && row.relation != super::Relation::Supports)
            .map(|row| format!("{} {}", row.standard, row.control))
            .collect();
        table.push([
            &area.area,
            &area.name,
            &rules.len().to_string(),
            &sum("report"),
            &sum("deviated"),
            &clauses.join(", "),
        ]);
    }
    sheet.heading("Areas");
    sheet.table(table);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const REPORT: &str = r#"{"version":1,"schema":"scrubin-report","tool":{"name":"scrubin","version":"0.1.0","ruleset_digest":"ab","rules_active":1},
        "change":{"source":"tree","scope":"all","base":null,"head":"c0ffee"},
        "findings":[{"rule":"C-LEN-001","verdict":"report"},{"rule":"C-LEN-001","verdict":"deviated"},{"rule":"mine","verdict":"report"}],
        "gaps":[{"path":"a"}],"incomplete":false,"files":{"total":2,"analysed":2},"functions":{"total":9,"analysed":8}}"#;

    #[test]
    fn a_report_is_counted_by_rule_and_verdict() {
        let counts = Counts::read(REPORT).unwrap();
        assert_eq!(
            (
                counts.of("C-LEN-001", "report"),
                counts.of("C-LEN-001", "deviated")
            ),
            (1, 1)
        );
        assert_eq!(counts.of("C-LEN-002", "report"), 0);
        assert_eq!((counts.functions, counts.gaps), ((9, 8), 1));
    }

    #[test]
    fn another_file_is_no_report() {
        for (text, word) in [
            ("{}", "no report"),
            (&REPORT.replace("scrubin-report", "sarif"), "`sarif`"),
            (
                &REPORT.replace("\"version\":1", "\"version\":2"),
                "format 2",
            ),
        ] {
            let error = Counts::read(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
