//! The edits that rules offer: judged in memory, written into the work tree.
//!
//! An edit is tried on the very text that would be written. It counts only if the text parses as
//! well as before, the finding is gone and no other one came; whatever else is refused with its
//! reason. Files are written as a whole or not at all. Nothing is staged or committed, and nothing
//! outside the work tree is touched.

mod judge;
mod rounds;
mod target;
mod unified;

use std::collections::BTreeMap;

use crate::finding::{Finding, RepoPath};
use crate::report::{FixRecord, FixReport, FixStatus, Report};
use crate::review::{Inputs, Trial, Tried, with_trial};
use crate::triage::Verdict;
use rounds::{Decided, Repair};
pub use target::WorkTree;

/// What happens to edits that a person has to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suggested {
    /// They are left, and counted.
    Leave,
    /// The person is asked for each.
    Ask,
    /// All are applied: the person said so beforehand.
    All,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    /// Nothing is written.
    pub is_dry_run: bool,
    /// Edits that a person has to accept.
    pub suggested: Suggested,
}

/// An edit that a person is asked about. It was tried already, and holds.
#[derive(Debug, Clone)]
pub struct Offer {
    /// What it is for, in the text as it is now.
    pub finding: Finding,
    /// What it does, as a unified diff.
    pub diff: Vec<u8>,
}

/// What the person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This one.
    Yes,
    /// Not this one.
    No,
    /// This one and all that follow.
    All,
    /// Neither this one nor any that follows.
    Quit,
}

/// Applies the edits of all reported findings, and writes down in the report what became of them.
/// Findings that are gone from the work tree get the verdict `Fixed`.
///
/// # Errors
/// The system gives no thread for the analysis.
pub fn run(
    inputs: &Inputs<'_>,
    report: &mut Report,
    tree: &WorkTree,
    mode: Mode,
    ask: &mut (dyn FnMut(&Offer) -> Answer + Send),
) -> std::io::Result<()> {
    let mut by_file: BTreeMap<RepoPath, Vec<usize>> = BTreeMap::new();
    for (index, triaged) in report.findings.iter().enumerate() {
        let finding = &triaged.finding;
        if triaged.verdict == Verdict::Report && finding.fix.is_some() {
            by_file
                .entry(finding.location.path.clone())
                .or_default()
                .push(index);
        }
    }
    let mut fixes = FixReport {
        is_dry_run: mode.is_dry_run,
        ..FixReport::default()
    };
    if !by_file.is_empty() {
        let findings = &report.findings;
        let decided = with_trial(inputs, |trial| {
            let mut work = Work {
                inputs,
                tree,
                mode,
                ask,
                fixes: &mut fixes,
            };
            let mut all: BTreeMap<usize, Decided> = BTreeMap::new();
            let mut gone: Vec<usize> = Vec::new();
            for (path, indexes) in &by_file {
                let wanted: Vec<&Finding> = indexes
                    .iter()
                    .filter_map(|index| findings.get(*index))
                    .map(|triaged| &triaged.finding)
                    .collect();
                let (decided, written) = work.file(trial, path, &wanted);
                if let Some((before, after)) = written {
                    let (numbers, reported): (Vec<usize>, Vec<&Finding>) = findings
                        .iter()
                        .enumerate()
                        .filter(|(_, one)| {
                            one.verdict == Verdict::Report && one.finding.location.path == *path
                        })
                        .map(|(number, one)| (number, &one.finding))
                        .unzip();
                    let vanished = judge::gone(&before, &after, &reported);
                    let vanished = numbers.into_iter().zip(vanished);
                    gone.extend(vanished.filter(|(_, is_gone)| *is_gone).map(|(at, _)| at));
                }
                all.extend(indexes.iter().copied().zip(decided));
            }
            (all, gone)
        })?;
        let (decided, gone) = decided;
        for index in gone {
            if let Some(triaged) = report.findings.get_mut(index) {
                triaged.verdict = Verdict::Fixed;
                triaged.blocks = false;
            }
        }
        for (index, decided) in decided {
            if let Some(triaged) = report.findings.get_mut(index) {
                if decided.status.is_repaired() && !mode.is_dry_run {
                    triaged.verdict = Verdict::Fixed;
                    triaged.blocks = false;
                }
                if let Some(fix) = &triaged.finding.fix {
                    fixes.records.push(FixRecord {
                        rule: triaged.finding.rule.clone(),
                        fingerprint: triaged.fingerprint.value(),
                        location: fix.location.clone(),
                        replacement: fix.replacement.clone(),
                        safety: fix.safety,
                        status: decided.status,
                        reason: decided.reason,
                        round: decided.round,
                    });
                }
            }
        }
    }
    report.fixes = Some(fixes);
    Ok(())
}

/// One run over all files.
struct Work<'w> {
    inputs: &'w Inputs<'w>,
    tree: &'w WorkTree,
    mode: Mode,
    ask: &'w mut (dyn FnMut(&Offer) -> Answer + Send),
    fixes: &'w mut FixReport,
}

impl Work<'_> {
    /// Repairs one file; what became of the edit of each finding, in their order, and what the
    /// analysis said before and says after, where the file was written.
    fn file(
        &mut self,
        trial: &mut Trial<'_>,
        path: &RepoPath,
        findings: &[&Finding],
    ) -> (Vec<Decided>, Option<(Tried, Tried)>) {
        let refuse = |reason: String| {
            let decided = Decided {
                status: FixStatus::Refused,
                reason: Some(reason),
                round: 1,
            };
            (vec![decided; findings.len()], None)
        };
        let files = &self.inputs.change.files;
        let Some(file) = files.iter().find(|file| file.path == *path) else {
            return refuse("it is no part of the change".to_owned());
        };
        let target = match self.tree.open(path, &file.head) {
            Ok(target) => target,
            Err(reason) => return refuse(reason),
        };
        let reviewed = match self.inputs.reader.read(&file.head) {
            Ok(bytes) => bytes,
            Err(error) => return refuse(format!("the text reviewed cannot be read: {error}")),
        };
        let mut repair = Repair {
            trial,
            path,
            suggested: self.mode.suggested,
            ask: &mut *self.ask,
        };
        let repaired = repair.run(&reviewed, &target.text, findings);
        let answered = repair.suggested;
        self.mode.suggested = if repaired.stops && answered == Suggested::Ask {
            Suggested::Leave
        } else {
            answered
        };
        let mut decided = repaired.decided;
        if repaired.text == target.text {
            return (decided, None);
        }
        if !self.mode.is_dry_run
            && let Err(reason) = target.write(&repaired.text)
        {
            return refuse(reason);
        }
        self.fixes.files += 1;
        let diff = unified::unified(path, &target.text, &repaired.text);
        self.fixes.diff.extend_from_slice(&diff);
        if self.mode.is_dry_run {
            for one in &mut decided {
                if one.status == FixStatus::Applied {
                    one.status = FixStatus::WouldApply;
                }
            }
            return (decided, None);
        }
        (decided, Some((repaired.before, repaired.after)))
    }
}
