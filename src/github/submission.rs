//! What an analysis hands to the posting: findings as plain data, every text raw.
//!
//! In one job it stays in memory; for forks it is written as `review.json` by an unprivileged job
//! and read by another one, which trusts nothing of it. So it holds no markdown: whoever posts
//! renders and escapes anew, looks anchors up in GitHub's own diff, and asks GitHub for the pull
//! request and its head.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::RepositoryName;
use super::marker::{self, is_hex};
use super::suggestion;
use super::unseen::Unseen;
use crate::finding::{FixSafety, Precision, RepoPath, RuleId, Severity};
use crate::report::{Report, visible, words};
use crate::rules::RuleInfo;
use crate::triage::{Fingerprint, Triaged, Verdict};

/// Name of the format.
pub const SCHEMA: &str = "scrubin-review";

/// Version of the format; another one is refused.
pub const VERSION: u32 = 1;

/// Largest `review.json` that is read, in bytes.
pub const FILE_LIMIT: u64 = 8 << 20;

/// Most findings with text. Further ones are only counted, and said.
const FINDINGS_LIMIT: usize = 2_000;

/// Most fingerprints of findings that are not reported.
const SETTLED_LIMIT: usize = 20_000;

/// Longest text of a field, in bytes. Ours are far shorter; a longer one is hostile.
const TEXT_LIMIT: usize = 16 << 10;

/// Longest id of a rule, in bytes.
const RULE_LIMIT: usize = 500;

/// A `review.json` that is not posted.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// Larger than [`FILE_LIMIT`].
    #[error("the review file has {bytes} bytes, more than the {FILE_LIMIT} that are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
    },
    /// Not the format, or a field nobody knows.
    #[error("the review file is not understood: {message}")]
    Syntax {
        /// What the parser said.
        message: String,
    },
    /// A value that no analysis writes.
    #[error("the review file cannot be trusted: {what}")]
    Suspicious {
        /// Which one.
        what: String,
    },
}

/// A place on the path to the defect, or beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Path, printable.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// What happens there.
    pub message: String,
}

/// Lines of the head and what to put there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suggestion {
    /// First line, 1-based.
    pub first_line: u32,
    /// Last line, 1-based.
    pub last_line: u32,
    /// The lines that replace them, without the last line feed.
    pub text: String,
}

/// A deviation that the pull request itself adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposed {
    /// The reason its author gives.
    pub reason: String,
    /// Ticket or risk-file id.
    pub ticket: Option<String>,
}

/// One reported finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// `KEY:ORDINAL`.
    pub fingerprint: String,
    /// The key without the path.
    pub moved_key: String,
    /// Code or id of the rule.
    pub rule: RuleId,
    /// Harm if true.
    pub severity: Severity,
    /// Chance to be true.
    pub precision: Precision,
    /// The effect in one sentence, in the author's identifiers.
    pub message: String,
    /// Path at the head, printable.
    pub path: String,
    /// Whether `path` is the path itself; otherwise it has bytes that no comment can name.
    pub path_is_exact: bool,
    /// First line, 1-based.
    pub first_line: u32,
    /// Last line, 1-based.
    pub last_line: u32,
    /// Path from source to sink.
    pub trace: Vec<Place>,
    /// Further places.
    pub related: Vec<Place>,
    /// What the rule would write instead; for showing.
    pub replacement: Option<String>,
    /// A replacement of whole lines that may be applied unasked.
    pub suggestion: Option<Suggestion>,
    /// Whether it closes the gate.
    pub blocks: bool,
    /// The deviation the pull request proposes for it.
    pub proposed: Option<Proposed>,
    /// Name and version of the other tool that found it; `None` = scrubin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
}

impl Item {
    /// The identity; `None` cannot happen after [`Submission::parse`] and [`Submission::new`].
    pub fn identity(&self) -> Option<Fingerprint> {
        marker::fingerprint(&self.fingerprint, &self.moved_key)
    }
}

/// What people are told about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// Readable name; may be empty.
    pub slug: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub how_to_fix: String,
    /// CWE numbers, the primary one first.
    pub cwe: Vec<u32>,
    /// A page that says more.
    pub page: Option<String>,
}

impl RuleText {
    /// The texts of a rule.
    pub fn of(rule: &RuleInfo) -> Self {
        Self {
            slug: rule.slug.clone(),
            why: rule.why.clone(),
            how_to_fix: rule.how_to_fix.clone(),
            cwe: rule
                .cwe
                .iter()
                .filter_map(|cwe| crate::report::page::cwe_number(cwe))
                .collect(),
            page: crate::report::page::uri(rule, None),
        }
    }
}

/// Why a finding that is not reported any more went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settled {
    /// A deviation excuses it.
    Deviated,
    /// In the baseline, or in the base since.
    Known,
    /// Below the threshold that applies now.
    BelowThreshold,
}

/// The result of an analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// [`SCHEMA`].
    pub schema: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of scrubin that made it.
    pub tool: String,
    /// `OWNER/NAME`.
    pub repository: String,
    /// The pull request.
    pub pull: Option<u64>,
    /// The reviewed head, a hex object name.
    pub head: String,
    /// The base it was compared with.
    pub base: Option<String>,
    /// What the reader must know of the base; empty where it is the merge base.
    pub base_note: String,
    /// Reported findings, in the report's order.
    pub findings: Vec<Item>,
    /// Reported findings beyond those listed.
    pub findings_left_out: u64,
    /// Findings of the head that are not reported, by `KEY:ORDINAL`.
    pub settled: BTreeMap<String, Settled>,
    /// Files that could not be analysed: silence about them proves nothing.
    pub unread: Vec<String>,
    /// Parts of other files that were not analysed.
    pub unseen: BTreeMap<String, Unseen>,
    /// The rules of the findings.
    pub rules: BTreeMap<RuleId, RuleText>,
    /// Files and functions, in words.
    pub coverage: String,
    /// Findings not reported, in words; may be empty.
    pub unreported: String,
    /// Files that steer the review and that the pull request changes.
    pub steering: Vec<String>,
    /// Further remarks.
    pub notices: Vec<String>,
    /// Whether a changed file could not be analysed at all.
    pub incomplete: bool,
}

/// What only the caller knows.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The repository.
    pub repository: String,
    /// The pull request.
    pub pull: Option<u64>,
    /// The reviewed head.
    pub head: String,
    /// What the reader must know of the base.
    pub base_note: String,
    /// Changed files that steer the review.
    pub steering: Vec<String>,
    /// Proposed deviations by `KEY:ORDINAL`.
    pub proposed: BTreeMap<String, Proposed>,
    /// Files whose every line ends with a bare line feed: only there a suggestion is exact.
    pub plain_files: BTreeSet<RepoPath>,
}

impl Submission {
    /// Takes what a posting needs out of a report.
    pub fn new(report: &Report, context: &Context) -> Self {
        let reported: Vec<&Triaged> = words::reported(report).collect();
        let mut settled = BTreeMap::new();
        for triaged in report.findings.iter().take(SETTLED_LIMIT) {
            let reason = match triaged.verdict {
                Verdict::Report | Verdict::Fixed => continue,
                Verdict::Deviated { .. } => Settled::Deviated,
                Verdict::Known | Verdict::OutsideChange | Verdict::SoupList => Settled::Known,
                Verdict::BelowThreshold => Settled::BelowThreshold,
            };
            settled.insert(triaged.fingerprint.value(), reason);
        }
        let unread: BTreeSet<String> = report
            .gaps
            .iter()
            .filter(|gap| gap.kind.is_failure())
            .map(|gap| gap.path.to_string())
            .collect();
        let mut unseen: BTreeMap<String, Unseen> = BTreeMap::new();
        for gap in report.gaps.iter().filter(|gap| !gap.kind.is_failure()) {
            unseen.entry(gap.path.to_string()).or_default().add(gap);
        }
        let findings: Vec<Item> = reported
            .iter()
            .take(FINDINGS_LIMIT)
            .map(|triaged| item(triaged, context))
            .collect();
        let rules = report
            .rules
            .iter()
            .filter(|(id, _)| findings.iter().any(|item| item.rule == **id))
            .map(|(id, rule)| (id.clone(), RuleText::of(rule)))
            .collect();
        Self {
            schema: SCHEMA.to_owned(),
            version: VERSION,
            tool: report.version.clone(),
            repository: context.repository.clone(),
            pull: context.pull,
            head: context.head.clone(),
            base: report.change.base.clone(),
            base_note: context.base_note.clone(),
            findings_left_out: (reported.len() - findings.len()) as u64,
            findings,
            settled,
            unread: unread.into_iter().collect(),
            unseen,
            rules,
            coverage: format!(
                "{}, {}",
                words::files_line(report),
                words::functions_line(report)
            ),
            unreported: words::unreported_line(report),
            steering: context.steering.clone(),
            notices: report.remarks(),
            incomplete: report.incomplete,
        }
    }

    /// Findings that close the gate.
    pub fn blocking(&self) -> usize {
        self.findings.iter().filter(|item| item.blocks).count()
    }

    /// The text of `review.json`.
    pub fn to_json(&self) -> String {
        // Strings, numbers and lists alone: their serialization cannot fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a `review.json` that may come from anybody.
    ///
    /// # Errors
    /// Too large, not the format, an unknown field, or a value that no analysis writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, SubmissionError> {
        let size = bytes.len() as u64;
        if size > FILE_LIMIT {
            return Err(SubmissionError::TooLarge { bytes: size });
        }
        let submission: Self =
            serde_json::from_slice(bytes).map_err(|error| SubmissionError::Syntax {
                // It quotes the file, which a stranger may have written.
                message: visible::line(&error.to_string())
                    .chars()
                    .take(500)
                    .collect(),
            })?;
        submission.check()?;
        Ok(submission)
    }

    fn check(&self) -> Result<(), SubmissionError> {
        let suspicious = |what: &str| SubmissionError::Suspicious {
            what: what.to_owned(),
        };
        let ensure = |good: bool, what: &str| {
            if good { Ok(()) } else { Err(suspicious(what)) }
        };
        ensure(self.schema == SCHEMA, "`schema` names another format")?;
        ensure(self.version == VERSION, "`version` is another one")?;
        ensure(
            RepositoryName::parse(&self.repository).is_some(),
            "`repository` is no OWNER/NAME",
        )?;
        let name = |text: &str| text.len() >= 40 && is_hex(text);
        ensure(name(&self.head), "`head` is no commit")?;
        ensure(self.base.as_deref().is_none_or(name), "`base` is no commit")?;
        ensure(self.findings.len() <= FINDINGS_LIMIT, "too many findings")?;
        ensure(
            self.settled.len() <= SETTLED_LIMIT,
            "too many settled findings",
        )?;
        let mut seen = BTreeSet::new();
        for item in &self.findings {
            ensure(item.identity().is_some(), "a fingerprint is malformed")?;
            ensure(
                seen.insert(&item.fingerprint),
                "a fingerprint is there twice",
            )?;
            ensure(
                !item.path_is_exact || is_inside(&item.path),
                "a path leads out of the repository",
            )?;
            ensure(
                item.trace.len() + item.related.len() <= 1_000,
                "a path has too many steps",
            )?;
            let suggested = item.suggestion.as_ref();
            ensure(
                suggested.is_none_or(|one| {
                    one.last_line >= one.first_line && suggestion::is_plain(&one.text)
                }),
                "a suggestion holds characters that cannot be seen",
            )?;
        }
        let mut rules = self
            .rules
            .keys()
            .chain(self.findings.iter().map(|item| &item.rule));
        ensure(
            rules.all(|rule| rule.as_str().len() <= RULE_LIMIT),
            "the id of a rule is longer than any",
        )?;
        ensure(
            self.texts().all(|text| text.len() <= TEXT_LIMIT),
            "a text is longer than any of ours",
        )
    }

    /// Every free text of the file.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let items = self.findings.iter().flat_map(|item| {
            let places = item.trace.iter().chain(&item.related);
            let proposed = item.proposed.iter();
            [item.message.as_str(), item.path.as_str()]
                .into_iter()
                .chain(item.replacement.as_deref())
                .chain(item.tool.as_deref())
                .chain(item.suggestion.iter().map(|one| one.text.as_str()))
                .chain(places.flat_map(|place| [place.path.as_str(), place.message.as_str()]))
                .chain(proposed.clone().map(|one| one.reason.as_str()))
                .chain(proposed.filter_map(|one| one.ticket.as_deref()))
        });
        let rules = self.rules.values().flat_map(|rule| {
            [
                rule.slug.as_str(),
                rule.why.as_str(),
                rule.how_to_fix.as_str(),
            ]
            .into_iter()
            .chain(rule.page.as_deref())
        });
        [
            self.tool.as_str(),
            self.base_note.as_str(),
            self.coverage.as_str(),
            self.unreported.as_str(),
        ]
        .into_iter()
        .chain(items)
        .chain(rules)
        .chain(self.unread.iter().map(String::as_str))
        .chain(self.unseen.keys().map(String::as_str))
        .chain(self.steering.iter().map(String::as_str))
        .chain(self.notices.iter().map(String::as_str))
    }
}

/// Whether a path can be one of git's: a link made of another one would lead elsewhere.
fn is_inside(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// A text cut to what [`Submission::parse`] takes.
fn text(raw: &str) -> String {
    let mut end = raw.len().min(TEXT_LIMIT);
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw.get(..end).unwrap_or_default().to_owned()
}

fn item(triaged: &Triaged, context: &Context) -> Item {
    let finding = &triaged.finding;
    let location = &finding.location;
    let path = location.path.to_string();
    let last_line = if location.end.column <= 1 && location.end.line > location.start.line {
        location.end.line - 1
    } else {
        location.end.line.max(location.start.line)
    };
    let safe = finding
        .fix
        .as_ref()
        .is_some_and(|fix| fix.safety == FixSafety::Safe);
    Item {
        fingerprint: triaged.fingerprint.value(),
        moved_key: triaged.fingerprint.moved_key.clone(),
        rule: finding.rule.clone(),
        severity: finding.severity,
        precision: finding.precision,
        message: text(&finding.message),
        path_is_exact: RepoPath::from(path.as_str()) == location.path,
        path,
        first_line: location.start.line,
        last_line,
        trace: finding
            .trace
            .iter()
            .take(50)
            .map(|step| Place {
                path: step.location.path.to_string(),
                line: step.location.start.line,
                message: text(&step.message),
            })
            .collect(),
        related: finding
            .related
            .iter()
            .take(50)
            .map(|related| Place {
                path: related.location.path.to_string(),
                line: related.location.start.line,
                message: text(&related.message),
            })
            .collect(),
        replacement: finding.fix.as_ref().map(|fix| text(&fix.replacement)),
        suggestion: (safe && context.plain_files.contains(&location.path))
            .then(|| suggestion::of(finding))
            .flatten()
            .filter(|one| one.text.len() <= TEXT_LIMIT),
        blocks: triaged.blocks,
        proposed: context.proposed.get(&triaged.fingerprint.value()).cloned(),
        tool: finding.origin.as_ref().map(|origin| text(&origin.titled())),
    }
}

#[cfg(test)]
mod tests;
