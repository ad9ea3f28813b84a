//! Findings in, verdicts out: the one entry point of triage.
//!
//! Every finding gets exactly one verdict, the first that applies:
//!
//! 1. `BelowThreshold`: its rule is below the severity or precision that is shown. First, because
//!    nobody needs to excuse or compare what would not be shown anyway.
//! 2. `Deviated`: somebody gave a reason for it.
//! 3. `Known`: it is in the baseline.
//! 4. `OutsideChange`: it is not in the scope.
//! 5. `SoupList`: it lies in software of others, whose risks are listed elsewhere.
//! 6. `Report`.
//!
//! What a person decided (2, 3) comes before the comparison with the base (4). So these verdicts
//! depend on the head alone, and a file all of whose findings are decided needs no base analysis.

use std::collections::{BTreeMap, BTreeSet};

use super::baseline::{BaselineEntry, Open};
use super::deviation::{Applied, DeviationUse, apply, defects};
use super::differential::{Occurrence, new_findings};
use super::fingerprint::{fingerprints, key};
use super::scope::last_line;
use super::{BaselineState, FileFindings, Fingerprint, Settings, Triaged, Verdict, gate, scope};
use crate::config::Scope;
use crate::finding::{Finding, RepoPath, RuleId, Span};

/// What triage says of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Every finding of every head, and the findings about deviations, sorted by path, place and
    /// rule.
    pub triaged: Vec<Triaged>,
    /// Baseline entries whose finding is gone, as far as their files were analysed.
    pub absent: Vec<BaselineEntry>,
    /// Every deviation that could be read, and what it did.
    pub deviations: Vec<DeviationUse>,
}

/// A finding on its way to a verdict.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) finding: Finding,
    pub(super) fingerprint: Fingerprint,
    pub(super) on_changed_line: bool,
    pub(super) is_below: bool,
    /// Reason and ticket of the deviation that excuses it.
    pub(super) excuse: Option<(String, Option<String>)>,
    pub(super) is_known: bool,
    pub(super) is_new: bool,
    pub(super) in_scope: bool,
}

impl Item {
    /// Whether it would be reported if it were in scope.
    fn is_open(&self) -> bool {
        !self.is_below && self.excuse.is_none() && !self.is_known
    }
}

/// The numbers of the files whose base has to be analysed before [`run`]: those with findings that
/// would be reported, were they new. A file without is never compared with its base.
pub fn needs_base(files: &[FileFindings], settings: &Settings) -> Vec<usize> {
    if settings.scope != Scope::New {
        return Vec::new();
    }
    let heads = files.iter().map(|file| file.head.clone()).collect();
    let prepared = prepare(files, heads, settings);
    files
        .iter()
        .zip(&prepared.items)
        .enumerate()
        .filter(|(_, (file, items))| {
            file.base.is_none() && !file.is_new_file && items.iter().any(Item::is_open)
        })
        .map(|(index, _)| index)
        .collect()
}

/// The numbers of the further files whose base may show that findings are not new but moved: files
/// that lost lines, deleted ones included, if with the bases given a finding on an added line is
/// reported elsewhere. Without them moved findings count as new.
pub fn needs_base_for_moves(files: &[FileFindings], settings: &Settings) -> Vec<usize> {
    if settings.scope != Scope::New {
        return Vec::new();
    }
    let lost: Vec<usize> = files
        .iter()
        .enumerate()
        .filter(|(_, file)| {
            file.base.is_none() && !file.is_new_file && file.changed.removes_lines()
        })
        .map(|(index, _)| index)
        .collect();
    if lost.is_empty() {
        return lost;
    }
    let is_candidate = |one: &Triaged| one.verdict == Verdict::Report && one.on_changed_line;
    if run(files.to_vec(), settings)
        .triaged
        .iter()
        .any(is_candidate)
    {
        lost
    } else {
        Vec::new()
    }
}

/// Gives every finding its verdict.
pub fn run(mut files: Vec<FileFindings>, settings: &Settings) -> Outcome {
    // Which of two equal findings counts as moved must not depend on the order of the input.
    files.sort_by(|left, right| left.path.cmp(&right.path));
    let heads = files
        .iter_mut()
        .map(|file| std::mem::take(&mut file.head))
        .collect();
    let Prepared {
        mut items,
        applied,
        absent,
    } = prepare(&files, heads, settings);
    compare(&files, &mut items);
    for (file, items) in files.iter().zip(&mut items) {
        for item in items {
            item.is_new = is_new(file, item, settings);
            let (first, last) = (item.finding.location.start.line, last_line(&item.finding));
            item.in_scope = scope::contains(settings.scope, file, first, last, item.is_new);
        }
    }
    let defects = defects(&applied, &files, &items, settings);
    let mut triaged: Vec<Triaged> = Vec::new();
    for (file, items) in files.iter().zip(items) {
        triaged.extend(items.into_iter().map(|item| judge(file, item, settings)));
    }
    triaged.extend(defect_items(defects, &files, settings));
    triaged.sort_by(|left, right| order(left).cmp(&order(right)));
    Outcome {
        triaged,
        absent,
        deviations: applied.uses(settings.deviations.as_ref()),
    }
}

/// The order of every report: path, place, rule; the fingerprint makes it total.
fn order(one: &Triaged) -> (&RepoPath, Span, &RuleId, &Fingerprint) {
    let location = &one.finding.location;
    (
        &location.path,
        location.span,
        &one.finding.rule,
        &one.fingerprint,
    )
}

/// Everything that depends on the head alone.
struct Prepared {
    items: Vec<Vec<Item>>,
    applied: Applied,
    absent: Vec<BaselineEntry>,
}

fn prepare(files: &[FileFindings], heads: Vec<Vec<Finding>>, settings: &Settings) -> Prepared {
    let mut items: Vec<Vec<Item>> = files
        .iter()
        .zip(heads)
        .map(|(file, head)| items_of(file, head, settings))
        .collect();
    let applied = apply(files, &mut items, settings);
    let absent = compare_with_baseline(files, &mut items, settings);
    Prepared {
        items,
        applied,
        absent,
    }
}

fn items_of(file: &FileFindings, mut head: Vec<Finding>, settings: &Settings) -> Vec<Item> {
    head.sort_by(|left, right| {
        (left.location.span, &left.rule, &left.tokens).cmp(&(
            right.location.span,
            &right.rule,
            &right.tokens,
        ))
    });
    let prints = fingerprints(&head, &file.path);
    let ruling = settings.policy.ruling(&file.path);
    head.into_iter()
        .zip(prints)
        .map(|(finding, fingerprint)| {
            let (first, last) = (finding.location.start.line, last_line(&finding));
            Item {
                on_changed_line: file.is_new_file || file.changed.touches(first, last),
                is_below: gate::is_below_threshold(&finding, ruling, settings),
                // What its own tool was told to leave alone.
                excuse: finding
                    .origin
                    .as_ref()
                    .and_then(|origin| origin.suppressed.clone())
                    .map(|reason| (reason, None)),
                is_known: false,
                is_new: false,
                in_scope: false,
                finding,
                fingerprint,
            }
        })
        .collect()
}

/// Marks the findings that the baseline knows and gives back the entries that are gone. Of equal
/// findings more than the baseline has, those on unchanged lines are the known ones.
fn compare_with_baseline(
    files: &[FileFindings],
    items: &mut [Vec<Item>],
    settings: &Settings,
) -> Vec<BaselineEntry> {
    let Some(baseline) = &settings.baseline else {
        return Vec::new();
    };
    let mut open = Open::new(baseline);
    // An entry serves first who needs it: a finding nobody excused, on a line nobody touched.
    for (is_open, changed) in [(true, false), (true, true), (false, false), (false, true)] {
        for (file, items) in files.iter().zip(&mut *items) {
            let turn = |item: &Item| {
                item.on_changed_line == changed
                    && (!item.is_below && item.excuse.is_none()) == is_open
            };
            for item in items.iter_mut().filter(|item| turn(item)) {
                item.is_known = open.takes(&item.fingerprint.key)
                    || file
                        .base_path
                        .as_ref()
                        .is_some_and(|path| open.takes(&key(&item.finding, Some(path))));
            }
        }
    }
    let paths: BTreeSet<String> = files.iter().map(|file| file.path.to_uri()).collect();
    if settings.whole_tree {
        // Nothing else can tell a file that moved since from one that was not looked at.
        for item in items.iter_mut().flatten().filter(|item| !item.is_known) {
            item.is_known = open.takes_moved(&item.fingerprint.moved_key, &paths);
        }
    }
    let mut ran_on: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for file in files {
        let rules = file.ran.iter().map(|rule| rule.as_str());
        ran_on.entry(file.path.to_uri()).or_default().extend(rules);
    }
    let mut absent = open.left();
    absent.retain(|entry| match ran_on.get(&entry.path) {
        Some(rules) => rules.contains(entry.rule.as_str()),
        None => settings.whole_tree,
    });
    absent
}

/// Sets `is_new` where the differential analysis can tell.
fn compare(files: &[FileFindings], items: &mut [Vec<Item>]) {
    let heads: Vec<Vec<Occurrence<'_>>> = items
        .iter()
        .map(|items| items.iter().map(occurrence).collect())
        .collect();
    let new = new_findings(files, &heads);
    for (items, new) in items.iter_mut().zip(new) {
        for (item, is_new) in items.iter_mut().zip(new) {
            item.is_new = is_new;
        }
    }
}

fn occurrence(item: &Item) -> Occurrence<'_> {
    Occurrence {
        finding: &item.finding,
        key: &item.fingerprint.key,
        on_changed_line: item.on_changed_line,
    }
}

/// Whether the finding was not there before. Where there is a base that was not analysed, a
/// finding that would be reported counts as new unless it moved: nothing proves that it is old.
fn is_new(file: &FileFindings, item: &Item, settings: &Settings) -> bool {
    let compared = file.base.is_some() || file.is_new_file;
    let widest = matches!(settings.scope, Scope::New | Scope::All);
    if compared || (widest && item.is_open()) {
        item.is_new
    } else {
        item.is_new && item.on_changed_line
    }
}

fn judge(file: &FileFindings, item: Item, settings: &Settings) -> Triaged {
    let verdict = if item.is_below {
        Verdict::BelowThreshold
    } else if let Some((reason, ticket)) = item.excuse {
        Verdict::Deviated { reason, ticket }
    } else if item.is_known {
        Verdict::Known
    } else if !item.in_scope {
        Verdict::OutsideChange
    } else if settings
        .policy
        .ruling(&file.path)
        .is_some_and(|ruling| ruling.is_for_soup_list(&item.finding.rule))
    {
        Verdict::SoupList
    } else {
        Verdict::Report
    };
    let state = if item.is_new && !item.is_known {
        BaselineState::New
    } else {
        BaselineState::Unchanged
    };
    Triaged {
        blocks: gate::blocks(&item.finding, &file.path, &verdict, settings),
        finding: item.finding,
        fingerprint: item.fingerprint,
        verdict,
        state: Some(state),
        on_changed_line: item.on_changed_line,
    }
}

/// Verdicts of the findings about deviations. They know neither deviation nor baseline.
fn defect_items(
    defects: Vec<super::deviation::Defect>,
    files: &[FileFindings],
    settings: &Settings,
) -> Vec<Triaged> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut triaged = Vec::with_capacity(defects.len());
    for defect in defects {
        let finding = defect.finding;
        let path = defect
            .file
            .and_then(|file| files.get(file))
            .map_or(&finding.location.path, |file| &file.path)
            .clone();
        let key = key(&finding, Some(&path));
        let next = seen.entry(key.clone()).or_default();
        let fingerprint = Fingerprint {
            moved_key: super::fingerprint::key(&finding, None),
            key,
            ordinal: *next,
        };
        *next += 1;
        let ruling = settings.policy.ruling(&path);
        let verdict = if gate::is_below_threshold(&finding, ruling, settings) {
            Verdict::BelowThreshold
        } else if defect.in_scope {
            Verdict::Report
        } else {
            Verdict::OutsideChange
        };
        triaged.push(Triaged {
            blocks: gate::blocks(&finding, &path, &verdict, settings),
            state: Some(if defect.on_changed_line || defect.in_scope {
                BaselineState::New
            } else {
                BaselineState::Unchanged
            }),
            on_changed_line: defect.on_changed_line,
            finding,
            fingerprint,
            verdict,
        });
    }
    triaged
}

#[cfg(test)]
mod tests;
