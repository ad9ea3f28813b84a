//! What is known of a release: open findings with their evaluation, what was reviewed since the last
//! release, who let what in, and by which rules. Evidence for the list of residual anomalies (IEC 62304
//! 5.8.2); whether they are acceptable is for people to say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::coverage::{Commit, Coverage, Covered, History, Lack, State};
use super::page::decision;
use super::record::{CoveragePart, FindingPart, ProjectPart, ReviewRecord};
use super::register::Register;
use super::verify::{Verified, VerifiedRecord};
use crate::report::Report;
use crate::triage::Verdict;

/// A finding that the release holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Anomaly {
    /// `open`, or what was decided: `deviation`, `false-positive`, `accepted-risk`, `deferred`, `baseline`,
    /// `soup-list`, `tool`.
    pub evaluation: String,
    /// What it does, in a sentence.
    pub effect: String,
    /// The finding, with its decision.
    #[serde(flatten)]
    pub finding: FindingPart,
}

/// A commit that the release took in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommitRow {
    /// Its name.
    pub commit: String,
    /// First line of its message.
    pub subject: String,
    /// `reviewed`, `let-in` by a person, or `missing`: without a record of an open gate.
    pub status: &'static str,
    /// Why it is missing, in words.
    pub lack: Option<String>,
    /// Ids of the records about it.
    pub records: Vec<String>,
    /// By what arguments made their reviews weaker than the repository's configuration.
    pub weaker: Vec<String>,
    /// Who wrote it, as the records say.
    pub author: Option<String>,
    /// Who approved it.
    pub approver: Option<String>,
    /// Functions of its changed files, by the records.
    pub functions: u64,
    /// Those analysed whole.
    pub functions_analysed: u64,
    /// Things that were not analysed.
    pub gaps: u64,
    /// Who signed its checklist off.
    pub signed_off_by: Vec<String>,
}

/// Sums over the commits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Commits that the release took in.
    pub commits: u64,
    /// Those with a record of an open gate.
    pub reviewed: u64,
    /// Those let in by a person.
    pub let_in: u64,
    /// Those without either.
    pub missing: u64,
    /// Those whose checklist somebody signed off.
    pub signed_off: u64,
    /// Functions of changed files, over all reviews of the commits.
    pub functions: u64,
    /// Those analysed whole.
    pub functions_analysed: u64,
    /// Things that were not analysed.
    pub gaps: u64,
}

/// A gate that a person opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OverrideRow {
    /// The commit.
    pub commit: Option<String>,
    /// The review.
    pub record: String,
    /// What the gate had said.
    pub result: &'static str,
    /// Who decided.
    pub approver: String,
    /// When.
    pub decided: String,
    /// Why.
    pub reason: String,
    /// Ticket or risk-file entry.
    pub ticket: Option<String>,
}

/// A ruleset that reviewed some of the commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RulesetRow {
    /// Version of the tool.
    pub version: String,
    /// SHA-256 of the program.
    pub binary_sha256: Option<String>,
    /// Digest of the ruleset.
    pub digest: String,
    /// Digest over rules and severities of the project.
    pub rules_sha256: String,
    /// Number of active rules.
    pub rules: u64,
    /// Reviews made with it.
    pub reviews: u64,
    /// When the first of them began.
    pub first: String,
    /// When the last of them began.
    pub last: String,
}

/// A log that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogRow {
    /// Its file.
    pub file: String,
    /// Its entries whose signature holds.
    pub entries: u64,
    /// What is wrong with it.
    pub problems: Vec<String>,
    /// SHA-256 of its last entry: kept here, it shows a log that is cut later.
    pub last: Option<String>,
}

/// What a release report is made from.
#[derive(Debug)]
pub struct Sources<'s> {
    /// The tag.
    pub tag: String,
    /// The tag before it.
    pub since: Option<String>,
    /// When the report is made, RFC 3339 in UTC.
    pub made: String,
    /// The review of the whole tree of the tag.
    pub report: &'s Report,
    /// The same as a record.
    pub record: ReviewRecord,
    /// What the branch took in.
    pub history: &'s History,
    /// Logs by the names of their files.
    pub logs: Vec<(String, &'s Verified)>,
    /// The register of deviations of the tag.
    pub register: Register,
}

/// The report of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Release {
    /// Version of this form.
    pub version: u32,
    /// The tag.
    pub tag: String,
    /// Its commit.
    pub commit: Option<String>,
    /// Its tree.
    pub tree: Option<String>,
    /// The tag before it; none: since the beginning.
    pub since: Option<String>,
    /// When the report was made.
    pub made: String,
    /// The product.
    pub project: ProjectPart,
    /// Version of the tool that made the report.
    pub tool: String,
    /// SHA-256 of its program.
    pub binary_sha256: Option<String>,
    /// Digest of its ruleset.
    pub ruleset: String,
    /// Findings, open ones first, the severe ones first.
    pub anomalies: Vec<Anomaly>,
    /// Findings that the thresholds of the project leave out.
    pub below_threshold: u64,
    /// Analysis of the tag's tree.
    pub coverage: CoveragePart,
    /// Commits since the release before.
    pub commits: Vec<CommitRow>,
    /// Their sums.
    pub totals: Totals,
    /// Gates that people opened.
    pub overrides: Vec<OverrideRow>,
    /// Rulesets that reviewed the commits.
    pub rulesets: Vec<RulesetRow>,
    /// Logs that were read.
    pub logs: Vec<LogRow>,
    /// Deviations and permits.
    pub register: Register,
}

/// Makes the report of a release.
pub fn release(sources: Sources<'_>) -> Release {
    let anomalies = anomalies(&sources);
    let logs = sources.logs.iter().map(|(_, log)| *log);
    let coverage = Coverage::new(logs, sources.history);
    let line = &sources.history.line;
    let covered: Vec<(&Commit, Covered<'_>)> = line
        .iter()
        .map(|commit| (commit, coverage.of(commit)))
        .collect();
    let commits: Vec<CommitRow> = covered
        .iter()
        .map(|(commit, covered)| commit_row(commit, covered, &sources.logs))
        .collect();
    let reviews: Vec<&VerifiedRecord> = covered
        .iter()
        .flat_map(|(_, one)| one.reviews.iter().copied())
        .collect();
    let counts = sources.report.counts();
    Release {
        version: 1,
        tag: sources.tag,
        commit: sources.record.change.head.clone(),
        tree: sources.record.change.tree.clone(),
        since: sources.since,
        made: sources.made,
        project: sources.record.project,
        tool: sources.record.tool.version,
        binary_sha256: sources.record.tool.binary_sha256,
        ruleset: sources.record.ruleset.digest,
        anomalies,
        below_threshold: counts.get("below-threshold").copied().unwrap_or_default(),
        coverage: sources.record.coverage,
        totals: totals(&commits, &reviews),
        commits,
        overrides: covered
            .iter()
            .flat_map(|(commit, one)| override_rows(commit, one))
            .collect(),
        rulesets: rulesets(&reviews),
        logs: sources
            .logs
            .iter()
            .map(|(file, log)| log_row(file, log))
            .collect(),
        register: sources.register,
    }
}

impl Release {
    /// Whether the evidence has a hole: a log that does not hold, or a commit without a record.
    pub fn is_broken(&self) -> bool {
        self.totals.missing > 0 || self.logs.iter().any(|log| !log.problems.is_empty())
    }

    /// Findings by evaluation.
    pub fn by_evaluation(&self) -> BTreeMap<&str, u64> {
        let mut counts = BTreeMap::new();
        for one in &self.anomalies {
            *counts.entry(one.evaluation.as_str()).or_default() += 1;
        }
        counts
    }

    /// Findings by weakness: all, and those that are open. One with several numbers counts for each; one
    /// without for `none`.
    pub fn by_cwe(&self) -> BTreeMap<&str, (u64, u64)> {
        let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for one in &self.anomalies {
            let numbers = one.finding.cwe.iter().map(String::as_str);
            let none = one.finding.cwe.is_empty().then_some("none");
            for number in numbers.chain(none) {
                let (all, open) = counts.entry(number).or_default();
                *all += 1;
                *open += u64::from(one.evaluation == OPEN);
            }
        }
        counts
    }
}

impl Anomaly {
    /// The decision in a line.
    pub fn decision(&self) -> String {
        match (&self.finding.disposition, self.evaluation.as_str()) {
            (Some(one), _) => decision(one),
            (None, SOUP) => "in software of others: for the SOUP risk list".to_owned(),
            (None, _) => "open: nobody evaluated it".to_owned(),
        }
    }
}

/// What a finding is that nobody decided about.
const OPEN: &str = "open";
/// What one in software of others is.
const SOUP: &str = "soup-list";

fn anomalies(sources: &Sources<'_>) -> Vec<Anomaly> {
    let effects: BTreeMap<String, &str> = sources
        .report
        .findings
        .iter()
        .map(|one| (one.fingerprint.value(), one.finding.message.as_str()))
        .collect();
    let mut anomalies: Vec<Anomaly> = sources
        .record
        .findings
        .iter()
        .map(|finding| {
            let decided = finding.disposition.as_ref().map(|one| one.kind.clone());
            let is_soup = finding.verdict == Verdict::SoupList.as_str();
            let word = if is_soup { SOUP } else { OPEN };
            Anomaly {
                evaluation: decided.unwrap_or_else(|| word.to_owned()),
                effect: effects
                    .get(&finding.fingerprint)
                    .copied()
                    .unwrap_or_default()
                    .to_owned(),
                finding: finding.clone(),
            }
        })
        .collect();
    let weight = |severity: &str| match severity {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    };
    anomalies.sort_by(|a, b| {
        let key = |one: &Anomaly| (one.evaluation != OPEN, weight(&one.finding.severity));
        let place = |one: &Anomaly| (one.finding.path.clone(), one.finding.line);
        (key(a), place(a), &a.finding.rule).cmp(&(key(b), place(b), &b.finding.rule))
    });
    anomalies
}

fn commit_row(commit: &Commit, covered: &Covered<'_>, logs: &[(String, &Verified)]) -> CommitRow {
    let reviews = &covered.reviews;
    let sum = |of: fn(&CoveragePart) -> u64| -> u64 {
        reviews.iter().map(|one| of(&one.record.coverage)).sum()
    };
    let signed_off_by: BTreeSet<String> = logs
        .iter()
        .flat_map(|(_, log)| reviews.iter().flat_map(|one| log.sign_offs_of(one)))
        .map(|one| one.record.reviewer.clone())
        .collect();
    let weaker: BTreeSet<String> = reviews
        .iter()
        .flat_map(|one| one.record.configuration.weaker.iter().cloned())
        .collect();
    CommitRow {
        commit: commit.name.clone(),
        subject: commit.subject.clone(),
        status: covered.state.as_str(),
        lack: covered.lack.map(Lack::words),
        records: reviews.iter().map(|one| one.record.id.clone()).collect(),
        weaker: weaker.into_iter().collect(),
        author: reviews
            .iter()
            .find_map(|one| one.record.people.author.clone()),
        approver: reviews
            .iter()
            .find_map(|one| one.record.people.approver.clone()),
        functions: sum(|coverage| coverage.functions),
        functions_analysed: sum(|coverage| coverage.functions_analysed),
        gaps: sum(|coverage| u64::try_from(coverage.gaps.len()).unwrap_or(u64::MAX)),
        signed_off_by: signed_off_by.into_iter().collect(),
    }
}

fn totals(commits: &[CommitRow], reviews: &[&VerifiedRecord]) -> Totals {
    let mut totals = Totals::default();
    for row in commits {
        totals.commits += 1;
        match row.status {
            word if word == State::Reviewed.as_str() => totals.reviewed += 1,
            word if word == State::LetIn.as_str() => totals.let_in += 1,
            _ => totals.missing += 1,
        }
        totals.signed_off += u64::from(!row.signed_off_by.is_empty());
    }
    let mut counted: BTreeSet<&str> = BTreeSet::new();
    // A review of a range speaks for several commits, and looked at its functions once.
    for review in reviews.iter().filter(|one| counted.insert(&one.digest)) {
        let coverage = &review.record.coverage;
        totals.functions += coverage.functions;
        totals.functions_analysed += coverage.functions_analysed;
        totals.gaps += u64::try_from(coverage.gaps.len()).unwrap_or(u64::MAX);
    }
    totals
}

fn override_rows(commit: &Commit, covered: &Covered<'_>) -> Vec<OverrideRow> {
    let opened = covered.opened.iter().map(|opened| &opened.record);
    opened
        .map(|record| OverrideRow {
            commit: Some(commit.name.clone()),
            record: record.about.record.clone(),
            result: record.result.as_str(),
            approver: record.approver.clone(),
            decided: record.decided.clone(),
            reason: record.reason.clone(),
            ticket: record.ticket.clone(),
        })
        .collect()
}

fn rulesets(reviews: &[&VerifiedRecord]) -> Vec<RulesetRow> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut rows: Vec<RulesetRow> = Vec::new();
    for review in reviews {
        // A review of a merged branch may speak for several commits.
        if !seen.insert(&review.digest) {
            continue;
        }
        let record = &review.record;
        let is_same = |row: &&mut RulesetRow| {
            row.rules_sha256 == record.ruleset.rules_sha256
                && row.digest == record.ruleset.digest
                && row.version == record.tool.version
                && row.binary_sha256 == record.tool.binary_sha256
        };
        match rows.iter_mut().find(is_same) {
            Some(row) => {
                row.reviews += 1;
                row.first = row.first.clone().min(record.started.clone());
                row.last = row.last.clone().max(record.started.clone());
            }
            None => rows.push(RulesetRow {
                version: record.tool.version.clone(),
                binary_sha256: record.tool.binary_sha256.clone(),
                digest: record.ruleset.digest.clone(),
                rules_sha256: record.ruleset.rules_sha256.clone(),
                rules: u64::try_from(record.ruleset.rules.len()).unwrap_or(u64::MAX),
                reviews: 1,
                first: record.started.clone(),
                last: record.started.clone(),
            }),
        }
    }
    rows
}

fn log_row(file: &str, log: &Verified) -> LogRow {
    LogRow {
        file: file.to_owned(),
        entries: u64::try_from(log.entries()).unwrap_or(u64::MAX),
        problems: log
            .problems
            .iter()
            .map(|problem| format!("line {}: {}", problem.line, problem.text))
            .collect(),
        last: log.last.clone(),
    }
}
