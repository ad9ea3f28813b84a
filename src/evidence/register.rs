//! The register of deviations: every permission of a repository with what it excuses, as rows.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use crate::finding::{RuleId, Severity};
use crate::report::{Report, page};
use crate::rules::RuleInfo;
use crate::triage::{Category, DeviationFile, DeviationState, DeviationUse, Kind, Permit, Triaged};

/// A finding that a deviation excuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Excused {
    /// `KEY:ORDINAL`.
    pub fingerprint: String,
    /// Code of the rule.
    pub rule: String,
    /// The file.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// Severity in this project.
    pub severity: &'static str,
    /// Weaknesses by number.
    pub cwe: Vec<String>,
}

/// A deviation of the register. Days are as `2027-06-30`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// Its id, where it is a deviation record.
    pub id: Option<String>,
    /// The file it stands in.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// What it did in the review of the tree.
    pub state: &'static str,
    /// What was decided.
    pub kind: &'static str,
    /// Rules as its author wrote them; empty means every rule.
    pub rules: Vec<String>,
    /// Numbers of rules of other standards: those stated, else those of its rules.
    pub external: Vec<String>,
    /// The strictest category of its rules.
    pub category: &'static str,
    /// Path patterns it holds for; empty for a comment.
    pub paths: Vec<String>,
    /// The one finding it holds for.
    pub fingerprint: Option<String>,
    /// The use-case it stands for.
    pub use_case: Option<String>,
    /// Findings it excuses.
    pub excused: u32,
    /// Those for which it gives the reason.
    pub findings: Vec<Excused>,
    /// Why.
    pub reason: Option<String>,
    /// What can happen.
    pub risk: Option<String>,
    /// What is done against it.
    pub mitigation: Option<String>,
    /// How that was verified.
    pub verification: Option<String>,
    /// Entry in the risk file.
    pub risk_file: Option<String>,
    /// Ticket.
    pub ticket: Option<String>,
    /// The permit it is one use of.
    pub permit: Option<String>,
    /// Who asked for it.
    pub author: Option<String>,
    /// Who agreed.
    pub approved_by: Option<String>,
    /// The day it was written.
    pub created: Option<String>,
    /// The day somebody agreed.
    pub approved: Option<String>,
    /// Last day it holds.
    pub until: Option<String>,
    /// Days until then; below zero once it is over.
    pub days_left: Option<i64>,
    /// The entry that took its place.
    pub superseded_by: Option<String>,
    /// Whether it holds.
    #[serde(skip)]
    pub in_force: bool,
}

/// A permit, and how it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct PermitRow {
    /// Its id.
    pub id: String,
    /// 1-based line of the file.
    pub line: u32,
    /// Whether its last day has passed.
    pub expired: bool,
    /// Rules as written.
    pub rules: Vec<String>,
    /// Path patterns; empty means all files.
    pub paths: Vec<String>,
    /// The use-case.
    pub use_case: String,
    /// What has to be true of the code.
    pub conditions: Vec<String>,
    /// Why that is safe.
    pub reason: String,
    /// What can happen.
    pub risk: Option<String>,
    /// What is done against it.
    pub mitigation: Option<String>,
    /// How that was verified.
    pub verification: Option<String>,
    /// Who asked for it.
    pub author: String,
    /// Who agreed.
    pub approved_by: String,
    /// The day they did.
    pub approved: String,
    /// Last day it holds.
    pub until: Option<String>,
    /// Days until then.
    pub days_left: Option<i64>,
    /// Deviations that cite it.
    pub cited: u32,
    /// Findings they excuse.
    pub excused: u32,
}

/// A rule that the project raised to another category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CategoryRow {
    /// Rules as written.
    pub rules: Vec<String>,
    /// The category.
    pub category: &'static str,
    /// Why.
    pub reason: String,
}

/// The register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Register {
    /// Version of this form.
    pub version: u32,
    /// The day it was made.
    pub day: String,
    /// Its deviations.
    pub deviations: Vec<Row>,
    /// Its permits.
    pub permits: Vec<PermitRow>,
    /// Its re-categorised rules.
    pub categories: Vec<CategoryRow>,
}

/// Which deviations are shown.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those in force alone.
    pub open: bool,
    /// Those of these states; empty means all.
    pub states: Vec<DeviationState>,
    /// Those of this kind.
    pub kind: Option<Kind>,
    /// Those that end within so many days, or ended.
    pub expiring: Option<u32>,
    /// Those from this rule, by every name it has.
    pub rule: Vec<String>,
    /// Those that cite this permit.
    pub permit: Option<String>,
}

impl Filter {
    /// Whether it leaves anything out.
    pub fn is_empty(&self) -> bool {
        !self.open
            && self.states.is_empty()
            && self.kind.is_none()
            && self.expiring.is_none()
            && self.rule.is_empty()
            && self.permit.is_none()
    }

    fn takes(&self, row: &Row) -> bool {
        let of_rule = |row: &Row| {
            let excused = row.findings.iter().map(|one| &one.rule);
            row.rules
                .iter()
                .chain(excused)
                .any(|name| self.rule.contains(name))
        };
        (!self.open || row.in_force)
            && (self.states.is_empty()
                || self.states.iter().any(|state| state.as_str() == row.state))
            && self.kind.is_none_or(|kind| kind.as_str() == row.kind)
            && self
                .expiring
                .is_none_or(|days| row.days_left.is_some_and(|left| left <= i64::from(days)))
            && (self.rule.is_empty() || of_rule(row))
            && (self.permit.is_none() || self.permit == row.permit)
    }
}

/// Makes the register from the review of a whole tree. `infos` are all rules there are.
pub fn register(
    report: &Report,
    file: Option<&DeviationFile>,
    infos: &[RuleInfo],
    today: NaiveDate,
) -> Register {
    let findings: BTreeMap<String, &Triaged> = report
        .findings
        .iter()
        .map(|one| (one.fingerprint.value(), one))
        .collect();
    let known = Known {
        infos,
        file,
        findings,
        today,
    };
    let deviations: Vec<Row> = report.deviations.iter().map(|one| known.row(one)).collect();
    let permits = file.into_iter().flat_map(|file| &file.permits);
    Register {
        version: 1,
        day: today.to_string(),
        permits: permits
            .map(|permit| known.permit(permit, &deviations))
            .collect(),
        categories: file
            .into_iter()
            .flat_map(|file| &file.categories)
            .map(|one| CategoryRow {
                rules: one.rules.clone(),
                category: one.category.as_str(),
                reason: one.reason.clone(),
            })
            .collect(),
        deviations,
    }
}

impl Register {
    /// The register with those deviations alone that a filter takes; permits and categories stay.
    #[must_use]
    pub fn only(mut self, filter: &Filter) -> Self {
        self.deviations.retain(|row| filter.takes(row));
        self
    }

    /// Whether something closes the gate: a deviation that is over, excuses nothing any more, or may not
    /// excuse what it stands for.
    pub fn is_broken(&self) -> bool {
        let lapsed = [
            DeviationState::Expired,
            DeviationState::Unused,
            DeviationState::WithoutReason,
            DeviationState::UnknownRule,
            DeviationState::NotPermitted,
        ];
        self.deviations
            .iter()
            .any(|row| lapsed.iter().any(|state| state.as_str() == row.state))
    }
}

/// What rows are made from.
struct Known<'k> {
    infos: &'k [RuleInfo],
    file: Option<&'k DeviationFile>,
    findings: BTreeMap<String, &'k Triaged>,
    today: NaiveDate,
}

impl Known<'_> {
    fn row(&self, one: &DeviationUse) -> Row {
        let deviation = &one.deviation;
        let register = &deviation.register;
        let scope = one.scope.clone().unwrap_or_default();
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let found = one.fingerprints.iter();
        let findings: Vec<Excused> = found
            .filter_map(|fingerprint| self.excused(fingerprint))
            .collect();
        let external = if register.external.is_empty() {
            self.external(&deviation.rules)
        } else {
            register.external.clone()
        };
        Row {
            id: register.id.clone(),
            path: one.location.path.to_string(),
            line: one.location.start.line,
            state: one.state.as_str(),
            kind: register.kind.as_str(),
            external,
            category: self.category(&deviation.rules, &findings).as_str(),
            rules: deviation.rules.clone(),
            paths: scope.paths,
            fingerprint: scope.fingerprint,
            use_case: register.use_case.clone(),
            excused: one.excused,
            findings,
            reason: deviation.reason.clone(),
            risk: register.risk.clone(),
            mitigation: register.mitigation.clone(),
            verification: register.verification.clone(),
            risk_file: register.risk_file.clone(),
            ticket: deviation.ticket.clone(),
            permit: register.permit.clone(),
            author: register.author.clone(),
            approved_by: deviation.approved_by.clone(),
            created: day(register.created),
            approved: day(register.approved),
            until: day(deviation.until),
            days_left: self.days_left(deviation.until),
            superseded_by: register.superseded_by.clone(),
            in_force: one.state.is_in_force(),
        }
    }

    fn excused(&self, fingerprint: &str) -> Option<Excused> {
        let finding = &self.findings.get(fingerprint)?.finding;
        let cwe = self.info(finding.rule.as_str()).map(page::cwe_ids);
        Some(Excused {
            fingerprint: fingerprint.to_owned(),
            rule: finding.rule.to_string(),
            path: finding.location.path.to_string(),
            line: finding.location.start.line,
            severity: finding.severity.as_str(),
            cwe: cwe.unwrap_or_default(),
        })
    }

    fn info(&self, name: &str) -> Option<&RuleInfo> {
        self.infos.iter().find(|info| info.is_called(name))
    }

    /// Numbers that rules have in other standards.
    fn external(&self, rules: &[String]) -> Vec<String> {
        let mut numbers: Vec<String> = Vec::new();
        for info in rules.iter().filter_map(|name| self.info(name)) {
            let misra = info.misra_c_2012.iter();
            numbers.extend(misra.map(|number| format!("MISRA C:2012 {number}")));
            numbers.extend(info.cert_c.iter().map(|number| format!("CERT C {number}")));
        }
        numbers.sort();
        numbers.dedup();
        numbers
    }

    /// The strictest category of the rules of a deviation, or of what it excuses where it names none.
    fn category(&self, rules: &[String], findings: &[Excused]) -> Category {
        let ids: Vec<RuleId> = rules
            .iter()
            .chain(findings.iter().map(|one| &one.rule))
            .filter_map(|name| self.info(name))
            .map(|info| info.id.clone())
            .collect();
        let raised = self
            .file
            .into_iter()
            .flat_map(|file| &file.categories)
            .filter(|one| {
                let mut named = one.rules.iter().filter_map(|name| self.info(name));
                named.any(|info| ids.contains(&info.id))
            })
            .map(|one| one.category);
        let own = ids
            .iter()
            .filter_map(|id| self.info(id.as_str()))
            .map(|info| Category::of_severity(info.severity));
        raised
            .chain(own)
            .max()
            .unwrap_or(Category::of_severity(Severity::Info))
    }

    fn days_left(&self, until: Option<NaiveDate>) -> Option<i64> {
        until.map(|day| day.signed_duration_since(self.today).num_days())
    }

    fn permit(&self, permit: &Permit, deviations: &[Row]) -> PermitRow {
        let citing: Vec<&Row> = deviations
            .iter()
            .filter(|row| row.permit.as_ref() == Some(&permit.id))
            .collect();
        PermitRow {
            id: permit.id.clone(),
            line: permit.location.start.line,
            expired: permit.until.is_some_and(|day| day < self.today),
            rules: permit.rules.clone(),
            paths: permit
                .paths
                .patterns()
                .iter()
                .map(|pattern| pattern.as_str().to_owned())
                .collect(),
            use_case: permit.use_case.clone(),
            conditions: permit.conditions.clone(),
            reason: permit.reason.clone(),
            risk: permit.risk.clone(),
            mitigation: permit.mitigation.clone(),
            verification: permit.verification.clone(),
            author: permit.author.clone(),
            approved_by: permit.approved_by.clone(),
            approved: permit.approved.to_string(),
            until: permit.until.map(|day| day.to_string()),
            days_left: self.days_left(permit.until),
            cited: u32::try_from(citing.len()).unwrap_or(u32::MAX),
            excused: citing.iter().map(|row| row.excused).sum(),
        }
    }
}
