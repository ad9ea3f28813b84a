//! Comments that stand in the pull request + findings of this run → what to do. Pure.
//!
//! Nothing is deleted. A comment whose finding is gone gets a reply that says so and is minimised;
//! one whose lines are gone is replaced by a new one at the right place. Texts of other people, and
//! replies to ours, are never touched. Run again without a change, it does nothing.

use std::collections::BTreeSet;

use super::anchor::{Anchor, Anchors};
use super::comment;
use super::marker::{Form, Marker, short};
use super::plan::{PlanOptions, Rung, Standing, plan};
use super::submission::{Settled, Submission};
use crate::finding::RuleId;
use crate::triage::Fingerprint;

/// A review comment as GitHub lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewComment {
    /// Its number.
    pub id: u64,
    /// Its name in GraphQL.
    pub node_id: String,
    /// Its text.
    pub body: String,
    /// The file.
    pub path: String,
    /// The first line of a range in the newest head; `None` = on one line, outdated, or on the file.
    pub start_line: Option<u32>,
    /// The last line it stands at in the newest head; `None` = outdated, or on the file.
    pub line: Option<u32>,
    /// Whether it is on the file as a whole.
    pub is_on_file: bool,
    /// The comment it answers.
    pub in_reply_to: Option<u64>,
    /// Whether we wrote it.
    pub is_ours: bool,
}

/// A thread of ours that still speaks for a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Thread<'c> {
    root: &'c ReviewComment,
    fingerprint: Fingerprint,
    rule: RuleId,
    form: Form,
}

/// A new comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewComment {
    /// Number of the finding in the submission.
    pub finding: usize,
    /// Lines, or `None` for the file as a whole.
    pub anchor: Option<Anchor>,
    /// How much it says.
    pub form: Form,
    /// Its text.
    pub body: String,
}

/// A new text for a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Number of the finding in the submission.
    pub finding: usize,
    /// The comment.
    pub id: u64,
    /// Its text.
    pub body: String,
}

/// A comment that speaks for nothing any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// The comment.
    pub id: u64,
    /// Its name in GraphQL.
    pub node_id: String,
    /// The reply.
    pub reply: String,
    /// Why, as GraphQL's `ReportedContentClassifiers`: `RESOLVED` or `OUTDATED`.
    pub classifier: &'static str,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actions {
    /// The rung of each finding, in the order of the submission.
    pub rungs: Vec<Rung>,
    /// Comments that stay as they are, by finding and comment.
    pub keep: Vec<(usize, u64)>,
    /// Comments that get another text.
    pub edit: Vec<Edit>,
    /// Comments that are answered and minimised.
    pub retire: Vec<Retirement>,
    /// Comments on lines to make, in one review.
    pub inline: Vec<NewComment>,
    /// Comments on files to make, one by one.
    pub on_file: Vec<NewComment>,
    /// Short fingerprints that had a comment, for the summary's memory.
    pub posted: Vec<String>,
}

impl Actions {
    /// Whether nothing in the code needs to be written.
    pub fn is_quiet(&self) -> bool {
        self.edit.is_empty()
            && self.retire.is_empty()
            && self.inline.is_empty()
            && self.on_file.is_empty()
    }
}

/// Compares what stands with what should stand.
///
/// `posted` is the memory of the summary: fingerprints that had a comment. One of them without a
/// comment was deleted by a person and stays away.
pub fn reconcile(
    submission: &Submission,
    anchors: &Anchors,
    comments: &[ReviewComment],
    posted: &[String],
    options: PlanOptions,
) -> Actions {
    let threads = threads(comments);
    let (mut matched, orphans) = pair(submission, &threads);
    let remembered: BTreeSet<&str> = posted.iter().map(String::as_str).collect();
    let seen: BTreeSet<String> = comments
        .iter()
        .filter(|comment| comment.is_ours)
        .filter_map(|comment| match Marker::parse(&comment.body) {
            Some(Marker::Finding { fingerprint, .. }) => Some(short(&fingerprint)),
            _ => None,
        })
        .collect();
    let standing: Vec<Standing> = submission
        .findings
        .iter()
        .zip(&matched)
        .map(|(item, thread)| match (thread, item.identity()) {
            (Some(_), _) => Standing::Living,
            (None, Some(print))
                if remembered.contains(short(&print).as_str())
                    && !seen.contains(&short(&print)) =>
            {
                Standing::Deleted
            }
            (None, _) => Standing::None,
        })
        .collect();
    let rungs = plan(submission, anchors, &standing, options);
    let mut actions = Actions::default();
    let mut explained: BTreeSet<RuleId> = comments
        .iter()
        .filter(|comment| comment.is_ours)
        .filter_map(|comment| match Marker::parse(&comment.body) {
            Some(Marker::Finding {
                rule,
                form: Form::Long,
                ..
            }) => Some(rule),
            _ => None,
        })
        .collect();
    if options.can_write {
        for thread in orphans {
            if let Some(retirement) = retire_gone(submission, thread) {
                actions.retire.push(retirement);
            }
        }
    }
    let each = submission.findings.iter().zip(&rungs).zip(&mut matched);
    for (finding, ((item, rung), thread)) in each.enumerate() {
        let rule = submission.rules.get(&item.rule);
        let anchor = match rung {
            Rung::Inline(anchor) => Some(*anchor),
            Rung::File => None,
            _ => {
                // No comment can carry it any more: the table has it, the old one is closed.
                if let Some(thread) = thread.take().filter(|_| options.can_write) {
                    actions.retire.push(retire_moved(submission, thread));
                }
                continue;
            }
        };
        let in_place = thread.filter(|thread| stands_right(thread.root, &item.path, anchor));
        if let Some(thread) = in_place {
            let body = comment::render(item, rule, thread.form, anchor);
            if same_text(&body, &thread.root.body) {
                actions.keep.push((finding, thread.root.id));
            } else {
                actions.edit.push(Edit {
                    finding,
                    id: thread.root.id,
                    body,
                });
            }
            continue;
        }
        let form = match thread.take() {
            Some(old) => {
                actions.retire.push(retire_moved(submission, old));
                old.form
            }
            None if explained.contains(&item.rule) => Form::Short,
            None => Form::Long,
        };
        if form == Form::Long {
            explained.insert(item.rule.clone());
        }
        let new = NewComment {
            finding,
            anchor,
            form,
            body: comment::render(item, rule, form, anchor),
        };
        if anchor.is_some() {
            actions.inline.push(new);
        } else {
            actions.on_file.push(new);
        }
    }
    actions.rungs = rungs;
    actions.posted = memory(submission, &actions.rungs, &standing);
    actions
}

/// Short fingerprints of the findings that have a comment, or had one that was deleted.
pub fn memory(submission: &Submission, rungs: &[Rung], standing: &[Standing]) -> Vec<String> {
    submission
        .findings
        .iter()
        .zip(rungs)
        .zip(standing)
        .filter(|((_, rung), standing)| rung.is_comment() || **standing == Standing::Deleted)
        .filter_map(|((item, _), _)| item.identity())
        .map(|print| short(&print))
        .collect()
}

/// Our threads that are not retired, oldest first.
fn threads(comments: &[ReviewComment]) -> Vec<Thread<'_>> {
    let retired: BTreeSet<u64> = comments
        .iter()
        .filter(|reply| {
            reply.is_ours && matches!(Marker::parse(&reply.body), Some(Marker::Retired { .. }))
        })
        .filter_map(|reply| reply.in_reply_to)
        .collect();
    comments
        .iter()
        .filter(|root| root.is_ours && root.in_reply_to.is_none() && !retired.contains(&root.id))
        .filter_map(|root| match Marker::parse(&root.body)? {
            Marker::Finding {
                fingerprint,
                rule,
                form,
            } => Some(Thread {
                root,
                fingerprint,
                rule,
                form,
            }),
            _ => None,
        })
        .collect()
}

type Paired<'t, 'c> = (Vec<Option<&'t Thread<'c>>>, Vec<&'t Thread<'c>>);

/// Gives each finding its thread; what is left over speaks for no finding, or is a duplicate.
///
/// Of equal findings the one on the thread's line has it, then the one of its ordinal, then the
/// next. A finding whose file was renamed is found by the key without the path.
fn pair<'t, 'c>(submission: &Submission, threads: &'t [Thread<'c>]) -> Paired<'t, 'c> {
    let prints: Vec<Option<Fingerprint>> = submission
        .findings
        .iter()
        .map(super::submission::Item::identity)
        .collect();
    let mut matched: Vec<Option<&Thread<'c>>> = vec![None; prints.len()];
    let mut taken = vec![false; threads.len()];
    for pass in 0..4 {
        for (index, item) in submission.findings.iter().enumerate() {
            let (Some(Some(print)), Some(slot)) = (prints.get(index), matched.get_mut(index))
            else {
                continue;
            };
            if slot.is_some() {
                continue;
            }
            let fits = |thread: &Thread<'_>| {
                let same = thread.rule == item.rule && thread.fingerprint.key == print.key;
                match pass {
                    0 => {
                        same && thread.root.path == item.path
                            && thread.root.line.is_some_and(|line| {
                                (item.first_line..=item.last_line).contains(&line)
                            })
                    }
                    1 => same && thread.fingerprint.ordinal == print.ordinal,
                    2 => same,
                    _ => {
                        thread.rule == item.rule
                            && thread.fingerprint.moved_key == print.moved_key
                            && thread.fingerprint.key != print.key
                    }
                }
            };
            let found = threads
                .iter()
                .zip(&mut taken)
                .find(|(thread, taken)| !**taken && fits(thread));
            if let Some((thread, taken)) = found {
                *taken = true;
                *slot = Some(thread);
            }
        }
    }
    let orphans = threads
        .iter()
        .zip(taken)
        .filter(|(_, taken)| !taken)
        .map(|(thread, _)| thread)
        .collect();
    (matched, orphans)
}

/// Whether the comment stands where it would be made today. Its first line counts as well: it says
/// what a suggestion in the comment replaces.
fn stands_right(root: &ReviewComment, path: &str, anchor: Option<Anchor>) -> bool {
    root.path == path
        && match anchor {
            Some(anchor) => {
                !root.is_on_file
                    && root.line == Some(anchor.line)
                    && root.start_line == anchor.start_line
            }
            None => root.is_on_file,
        }
}

/// GitHub may give a text back with other line ends and without white space at its end.
fn same_text(ours: &str, theirs: &str) -> bool {
    ours.trim_end() == theirs.replace("\r\n", "\n").trim_end()
}

/// The first digits of a commit, as people write it.
pub(super) fn abbreviated(head: &str) -> &str {
    head.get(..7).unwrap_or(head)
}

/// What happens to a comment whose finding is not reported; `None` where its lines or all of the
/// file could not be analysed, so that nothing is known.
fn retire_gone(submission: &Submission, thread: &Thread<'_>) -> Option<Retirement> {
    let root = thread.root;
    if submission.unread.contains(&root.path) {
        return None;
    }
    let unseen = submission.unseen.get(&root.path);
    let is_hidden = unseen.is_some_and(|unseen| match root.line {
        Some(line) => unseen.has_any_of(root.start_line.unwrap_or(line), line),
        // Where it stood is not known any more; only a file without any analysis hides it for sure.
        None => unseen.is_all(),
    });
    let is_doubtful = unseen.is_some_and(|unseen| unseen.is_broken);
    let head = abbreviated(&submission.head);
    let value = thread.fingerprint.value();
    let twin = submission
        .findings
        .iter()
        .any(|item| item.fingerprint == value);
    let (reason, classifier) = match submission.settled.get(&value) {
        _ if twin => ("Another comment says the same.".to_owned(), "OUTDATED"),
        None if submission.findings_left_out > 0 || is_hidden => return None,
        None if is_doubtful => (
            format!(
                "Not found any more in {head}. A part of this file could not be analysed, so look whether it is fixed."
            ),
            "OUTDATED",
        ),
        None => (format!("Fixed in {head}."), "RESOLVED"),
        Some(Settled::Deviated) => (
            format!("Accepted in {head}: a deviation with a reason excuses it."),
            "RESOLVED",
        ),
        Some(Settled::Known) => (
            format!("No part of this change any more, as of {head}: the base has it as well."),
            "OUTDATED",
        ),
        Some(Settled::BelowThreshold) => (
            format!("Not reported any more, as of {head}: below the threshold that applies now."),
            "OUTDATED",
        ),
    };
    Some(retirement(submission, thread, &reason, classifier))
}

/// What happens to a comment whose finding is shown elsewhere now.
fn retire_moved(submission: &Submission, thread: &Thread<'_>) -> Retirement {
    let reason = format!(
        "Still there in {}, but not at these lines: see the newer comment or the summary.",
        abbreviated(&submission.head)
    );
    retirement(submission, thread, &reason, "OUTDATED")
}

fn retirement(
    submission: &Submission,
    thread: &Thread<'_>,
    reason: &str,
    classifier: &'static str,
) -> Retirement {
    Retirement {
        id: thread.root.id,
        node_id: thread.root.node_id.clone(),
        reply: comment::retirement(&submission.head, reason),
        classifier,
    }
}

#[cfg(test)]
mod tests;
