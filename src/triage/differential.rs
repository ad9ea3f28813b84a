//! Which findings the change brought in.
//!
//! A key that occurs more often in the head than in the base has new findings, as many as the
//! difference; among equal ones those on changed lines are taken for the new ones. So a finding
//! that the change causes on a line it did not touch (a removed check, say) is new, and one that
//! only moved down is not.
//!
//! Code that moved is not new either: a finding that vanished together with its function from one
//! file and shows up in another, or whose function got another name. The function must be gone
//! from where it was. Otherwise repairing one of two equal drivers while adding a third copy of
//! the defect would look like a move, and the new defect would pass unseen.

use std::collections::{BTreeMap, BTreeSet};

use super::FileFindings;
use super::fingerprint::key;
use crate::finding::{Finding, RuleId};

/// One finding as this analysis sees it.
#[derive(Debug, Clone)]
pub(super) struct Occurrence<'f> {
    pub(super) finding: &'f Finding,
    pub(super) key: &'f str,
    pub(super) on_changed_line: bool,
}

/// For each file, for each finding of its head in order: whether it is new. Files whose base was
/// not analysed count as if the base had no finding.
pub(super) fn new_findings(
    files: &[FileFindings],
    heads: &[Vec<Occurrence<'_>>],
) -> Vec<Vec<bool>> {
    let mut gone = Gone::default();
    let mut new: Vec<Vec<bool>> = Vec::with_capacity(files.len());
    for (index, (file, head)) in files.iter().zip(heads).enumerate() {
        new.push(new_in_file(index, file, head, &mut gone));
    }
    // Only added code can have come from elsewhere.
    for (index, (head, new)) in heads.iter().zip(&mut new).enumerate() {
        for (occurrence, is_new) in head.iter().zip(new) {
            if *is_new && occurrence.on_changed_line && gone.takes(index, occurrence.finding) {
                *is_new = false;
            }
        }
    }
    new
}

/// The difference within one file; what vanished goes to `gone`.
fn new_in_file(
    index: usize,
    file: &FileFindings,
    head: &[Occurrence<'_>],
    gone: &mut Gone,
) -> Vec<bool> {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, occurrence) in head.iter().enumerate() {
        by_key.entry(occurrence.key).or_default().push(at);
    }
    let mut old: BTreeMap<String, usize> = BTreeMap::new();
    if let Some(base) = &file.base {
        let functions: BTreeSet<&str> = file
            .functions
            .iter()
            .map(|span| span.name.as_str())
            .collect();
        let mut left: BTreeMap<String, Vec<&Finding>> = BTreeMap::new();
        for finding in base {
            let key = key(finding, Some(&file.path));
            *old.entry(key.clone()).or_default() += 1;
            left.entry(key).or_default().push(finding);
        }
        for (key, findings) in left {
            let kept = by_key.get(key.as_str()).map_or(0, Vec::len);
            for finding in findings.into_iter().skip(kept) {
                let function = finding.function.as_deref();
                if function.is_none_or(|name| !functions.contains(name)) {
                    gone.add(index, finding);
                }
            }
        }
    }
    let mut new = vec![false; head.len()];
    for (key, mut places) in by_key {
        let before = old.get(key).copied().unwrap_or_default();
        // Changed lines first; among the rest the last ones, new code tends to be appended.
        places.sort_by_key(|&at| {
            let changed = head.get(at).is_some_and(|one| one.on_changed_line);
            (!changed, std::cmp::Reverse(at))
        });
        let grown = places.len().saturating_sub(before);
        for at in places.into_iter().take(grown) {
            if let Some(is_new) = new.get_mut(at) {
                *is_new = true;
            }
        }
    }
    new
}

/// Number of a file, and the function in it.
type Place = (usize, Option<String>);

/// Findings that vanished together with their function, by rule and tokens.
#[derive(Default)]
struct Gone {
    /// File and function each of them was in.
    places: BTreeMap<(RuleId, String), Vec<Place>>,
}

impl Gone {
    fn add(&mut self, file: usize, finding: &Finding) {
        self.places
            .entry((finding.rule.clone(), finding.tokens.clone()))
            .or_default()
            .push((file, finding.function.clone()));
    }

    /// Whether the finding is one of those that vanished: from another file under the same
    /// function (their keys without the path are equal), or from this file under another one.
    /// Each of them answers for one finding only.
    fn takes(&mut self, file: usize, finding: &Finding) -> bool {
        let key = (finding.rule.clone(), finding.tokens.clone());
        let Some(places) = self.places.get_mut(&key) else {
            return false;
        };
        let found = places.iter().position(|(from, function)| {
            if *from == file {
                function.is_some() && finding.function.is_some() && *function != finding.function
            } else {
                *function == finding.function
            }
        });
        if let Some(at) = found {
            places.remove(at);
        }
        found.is_some()
    }
}
