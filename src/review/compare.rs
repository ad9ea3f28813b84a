//! What a change is compared with: its changed lines, and the findings of its base.

use std::collections::{BTreeMap, BTreeSet};

use super::analyse::{Shared, Side, analyse, limits, settle};
use super::inputs::Inputs;
use super::removed;
use super::run::reasons;
use crate::change::diff::LineDiff;
use crate::change::{ChangedFile, Content};
use crate::config::Scope;
use crate::finding::{Finding, Gap, RepoPath, RuleId};
use crate::syntax::Parser;
use crate::triage::{self, ChangedLines, FileFindings};

/// Compares with the base: changed lines of every file with something to judge, findings of the
/// base where the verdict hangs on them. `unreached` are functions that were not read in the head.
pub(super) fn compare(
    inputs: &Inputs<'_>,
    (by_path, unreached): (
        &BTreeMap<&RepoPath, &ChangedFile>,
        &BTreeMap<RepoPath, Vec<String>>,
    ),
    shared: &Shared<'_>,
    files: &mut [FileFindings],
    gaps: &mut Vec<Gap>,
) {
    let prepared = inputs.prepared;
    add_removed(inputs, by_path, shared, files, gaps);
    let mut bases: BTreeMap<RepoPath, Vec<u8>> = BTreeMap::new();
    // Where something was found, it may have moved here from a file in which nothing is found now.
    let may_have_moved = files.iter().any(|file| !file.head.is_empty());
    for file in files.iter_mut() {
        let Some(changed) = by_path.get(&file.path) else {
            continue;
        };
        if file.comments.is_empty() && !may_have_moved {
            continue;
        }
        let Some(base) = &changed.base else {
            file.changed = ChangedLines::whole_file();
            continue;
        };
        let read = |content: &Content| inputs.reader.read(content);
        let others: Result<Vec<Vec<u8>>, _> = changed
            .other_bases
            .iter()
            .map(|parent| read(&parent.content))
            .collect();
        match (read(base), read(&changed.head), others) {
            (Ok(base), Ok(head), Ok(others)) => {
                let others = others.iter().map(Vec::as_slice);
                file.changed = lines_of(&LineDiff::of_change(Some(&base), others, &head), changed);
                bases.insert(file.path.clone(), base);
            }
            (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => {
                // Without the base everything counts as changed, which never hides a finding.
                file.changed = ChangedLines::whole_file();
                gaps.push(Gap {
                    path: file.path.clone(),
                    kind: error.gap(),
                    span: None,
                    lines: None,
                    function: None,
                    detail: format!(
                        "the base could not be read, so every finding counts as new: {}",
                        reasons(&error)
                    ),
                });
            }
        }
    }
    if prepared.without_new_deviations {
        let is_differential = prepared.settings.scope == Scope::New;
        for file in files.iter_mut() {
            let (changed, head) = (&file.changed, &file.head);
            // Findings that the base has as well are not new without their comments either; what is
            // new was in nobody's mind when a comment was written, be it an old one. Other scopes
            // show old findings too: there a comment stays if neither it nor what it covers changed.
            file.comments.retain(|comment| {
                let (first, last) = (comment.location.start.line, comment.location.end.line);
                let covers_change = || {
                    head.iter().any(|finding| {
                        let place = &finding.location;
                        comment.speaks_for(finding)
                            && changed.touches(place.start.line, place.end.line)
                    })
                };
                !is_differential && !changed.touches(first, last) && !covers_change()
            });
            // A comment for another tool is the author's word as well.
            for finding in &mut file.head {
                let (first, last) = (finding.location.start.line, finding.location.end.line);
                if let Some(origin) = &mut finding.origin
                    && (is_differential || file.changed.touches(first, last))
                {
                    origin.suppressed = None;
                }
            }
        }
    }
    // A base finding only makes an equal one of some head old, be it in another file, where it moved.
    let rules: BTreeSet<RuleId> = files
        .iter()
        .flat_map(|file| file.head.iter().map(|finding| finding.rule.clone()))
        .collect();
    let mut parser = None;
    let mut analyse_bases = |wanted: Vec<usize>, files: &mut [FileFindings]| {
        for index in wanted {
            let Some(file) = files.get_mut(index) else {
                continue;
            };
            let Some(base) = bases.get(&file.path) else {
                continue;
            };
            let parser = parser.get_or_insert_with(|| Parser::new(limits(prepared)));
            // The head's path decides which rules run, so that a rename brings no finding by itself.
            let path = file.path.clone();
            let turn = prepared.watch.enter(&path);
            let result = analyse(shared, Side::Base(&rules), parser, &file.path, base);
            drop(turn);
            if result.is_analysed {
                let mut findings = result.findings;
                // What was not read in the head is there as before: it did not move elsewhere.
                if let Some(unread) = unreached.get(&file.path) {
                    let is_unread = |name: &String| unread.contains(name);
                    findings.retain(|one| !one.function.as_ref().is_some_and(is_unread));
                }
                file.base = Some(findings);
            }
        }
    };
    let first = triage::needs_base(files, &prepared.settings);
    analyse_bases(first, files);
    let moved = triage::needs_base_for_moves(files, &prepared.settings);
    analyse_bases(moved, files);
}

/// Adds what rules find that compare a file with its base.
fn add_removed(
    inputs: &Inputs<'_>,
    by_path: &BTreeMap<&RepoPath, &ChangedFile>,
    shared: &Shared<'_>,
    files: &mut [FileFindings],
    gaps: &mut Vec<Gap>,
) {
    let flow = &inputs.prepared.flow;
    for file in files.iter_mut().filter(|file| flow.compares(&file.path)) {
        let Some(changed) = by_path.get(&file.path) else {
            continue;
        };
        // In a merge a comparison is gone only if every parent had it.
        let bases = changed
            .base
            .iter()
            .chain(changed.other_bases.iter().map(|parent| &parent.content));
        let Ok(head) = inputs.reader.read(&changed.head) else {
            continue;
        };
        let _turn = inputs.prepared.watch.enter(&file.path);
        let mut found: Option<Vec<Finding>> = None;
        for base in bases {
            // That a base cannot be read is told below.
            let Ok(base) = inputs.reader.read(base) else {
                continue;
            };
            let diff = LineDiff::between(&base, &head);
            let gone = match removed::may_hold_a_guard(&diff, &base) {
                true => removed::findings(shared, &file.path, (&base, &head), gaps),
                false => Vec::new(),
            };
            match &mut found {
                Some(known) => known.retain(|one| gone.contains(one)),
                None => found = Some(gone),
            }
        }
        let mut found = found.unwrap_or_default();
        if found.is_empty() {
            continue;
        }
        settle(shared, &file.path, &mut found);
        if found.is_empty() {
            continue;
        }
        found.append(&mut file.head);
        found.sort_by(|a, b| {
            (a.location.span, &a.rule, &a.message).cmp(&(b.location.span, &b.rule, &b.message))
        });
        file.head = inputs.prepared.sinks.keep_one_each(found);
    }
}

/// Changed lines as triage takes them; in a merge only what is in no parent.
fn lines_of(diff: &LineDiff, file: &ChangedFile) -> ChangedLines {
    if file.other_bases.is_empty() {
        ChangedLines::from_hunks(diff.hunks().iter().map(|hunk| {
            let head = hunk.head.end.saturating_sub(hunk.head.start);
            let base = hunk.base.end.saturating_sub(hunk.base.start);
            (hunk.head.start, head, base)
        }))
    } else {
        ChangedLines::from_hunks(diff.added_lines().map(|line| (line, 1, 0)))
    }
}
