//! The edits of one file: which of them stand side by side, tried in memory, accepted or refused.

use super::judge::{judge, obstacle};
use super::unified::unified;
use super::{Answer, Offer, Suggested};
use crate::change::diff::LineDiff;
use crate::change::edit::{Edit, apply, clash, moved, with_line_ends};
use crate::finding::{Finding, Fix, FixSafety, RepoPath, Span};
use crate::report::FixStatus;
use crate::review::{Trial, Tried};

/// Edits that overlap take turns; so many turns there are.
const ROUNDS: u32 = 10;

/// A reported finding with an edit, on its way.
#[derive(Debug)]
struct Wanted {
    /// Number in the order of the report.
    number: usize,
    /// Where the finding stands in the text as it is now.
    place: Span,
    /// Whether an accepted edit changed its code.
    is_touched: bool,
    rule: crate::finding::RuleId,
    safety: FixSafety,
    state: Option<Decided>,
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) status: FixStatus,
    pub(super) reason: Option<String>,
    pub(super) round: u32,
}

/// The text of a file and what became of the edits for it, in the order they were given.
#[derive(Debug)]
pub(super) struct Repaired {
    pub(super) text: Vec<u8>,
    pub(super) decided: Vec<Decided>,
    /// What the analysis said of the text before all edits and says of it after them.
    pub(super) before: Tried,
    pub(super) after: Tried,
    /// Whether the person who was asked wants no more questions.
    pub(super) stops: bool,
}

/// How one file is repaired.
pub(super) struct Repair<'r, 't> {
    pub(super) trial: &'r mut Trial<'t>,
    pub(super) path: &'r RepoPath,
    /// What happens to edits that a person has to accept.
    pub(super) suggested: Suggested,
    pub(super) ask: &'r mut (dyn FnMut(&Offer) -> Answer + Send),
}

/// The text as it is now, and what the analysis says of it.
struct Now {
    text: Vec<u8>,
    tried: Tried,
}

impl Repair<'_, '_> {
    /// Applies the edits of `findings`, which were made of the text `reviewed`, to `text`.
    pub(super) fn run(&mut self, reviewed: &[u8], text: &[u8], findings: &[&Finding]) -> Repaired {
        let mut now = Now {
            tried: self.trial.of(self.path, text),
            text: text.to_vec(),
        };
        let before = now.tried.clone();
        let lines = Lines::new(reviewed, text);
        let mut wanted: Vec<Wanted> = findings
            .iter()
            .enumerate()
            .map(|(number, finding)| {
                let (place, state) = match lines.find(finding, &now.tried.findings) {
                    Ok(place) => (place, None),
                    Err(_) if lines.has_edit(finding, findings) => {
                        let reason = "the work tree has this edit already";
                        (Span::default(), Some(settled(reason, 1)))
                    }
                    Err(reason) => (Span::default(), Some(refused(reason, 1))),
                };
                Wanted {
                    number,
                    place,
                    is_touched: false,
                    rule: finding.rule.clone(),
                    safety: finding
                        .fix
                        .as_ref()
                        .map_or(FixSafety::Suggested, |fix| fix.safety),
                    state,
                }
            })
            .collect();
        wanted.sort_by(|a, b| {
            (a.place.start, a.place.end, &a.rule, a.number).cmp(&(
                b.place.start,
                b.place.end,
                &b.rule,
                b.number,
            ))
        });
        let mut stops = false;
        for round in 1..=ROUNDS {
            let text_before = now.text.clone();
            self.batch(&mut now, &mut wanted, round);
            stops |= self.questions(&mut now, &mut wanted, round, stops);
            if now.text == text_before || wanted.iter().all(|one| one.state.is_some()) {
                break;
            }
        }
        for one in &mut wanted {
            one.state.get_or_insert_with(|| {
                let reason = format!("it still overlaps with others after {ROUNDS} rounds");
                refused(reason, ROUNDS)
            });
        }
        wanted.sort_by_key(|one| one.number);
        Repaired {
            before,
            after: now.tried,
            text: now.text,
            decided: wanted.into_iter().filter_map(|one| one.state).collect(),
            stops,
        }
    }

    /// Whether an edit is applied without a question.
    fn is_unasked(&self, safety: FixSafety) -> bool {
        safety == FixSafety::Safe || self.suggested == Suggested::All
    }

    /// Applies the edits that need no question: all at once, and one by one if that does not hold.
    fn batch(&mut self, now: &mut Now, wanted: &mut [Wanted], round: u32) {
        let mut chosen: Vec<(usize, Edit)> = Vec::new();
        for at in 0..wanted.len() {
            let Some(one) = wanted.get_mut(at) else { break };
            if one.state.is_some() || !self.is_unasked(one.safety) {
                continue;
            }
            let Some(edit) = ready(now, one, round) else {
                continue;
            };
            // The first of those that overlap goes first; the others wait for the next round.
            if !chosen.iter().any(|(_, other)| clash(other.span, edit.span)) {
                chosen.push((at, edit));
            }
        }
        chosen.sort_by_key(|(_, edit)| edit.span);
        let edits: Vec<Edit> = chosen.iter().map(|(_, edit)| edit.clone()).collect();
        if edits.len() > 1 {
            let numbers: Vec<usize> = chosen.iter().map(|(at, _)| *at).collect();
            if let Ok(after) = self.tried(now, wanted, &numbers, &edits) {
                accept(now, after, wanted, (&numbers, &edits), round);
                return;
            }
        }
        for (at, _) in chosen {
            let Some(one) = wanted.get_mut(at) else { break };
            // Those before it may have moved it.
            let Some(edit) = ready(now, one, round) else {
                continue;
            };
            let edits = [edit];
            match self.tried(now, wanted, &[at], &edits) {
                Ok(after) => accept(now, after, wanted, (&[at], &edits), round),
                Err(reason) => {
                    if let Some(one) = wanted.get_mut(at) {
                        one.state = Some(refused(reason, round));
                    }
                }
            }
        }
    }

    /// Goes through the edits that a person has to accept. Gives whether the person wants no more.
    fn questions(
        &mut self,
        now: &mut Now,
        wanted: &mut [Wanted],
        round: u32,
        mut stops: bool,
    ) -> bool {
        for at in 0..wanted.len() {
            let Some(one) = wanted.get_mut(at) else { break };
            if one.state.is_some() || self.is_unasked(one.safety) {
                continue;
            }
            let Some(edit) = ready(now, one, round) else {
                continue;
            };
            let edits = [edit];
            let after = match self.tried(now, wanted, &[at], &edits) {
                Ok(after) => after,
                Err(reason) => {
                    if let Some(one) = wanted.get_mut(at) {
                        one.state = Some(refused(reason, round));
                    }
                    continue;
                }
            };
            let answer = match self.suggested {
                Suggested::Ask if !stops => {
                    let finding = found(now, wanted.get(at));
                    finding.map_or(Answer::No, |finding| {
                        (self.ask)(&Offer {
                            finding: finding.clone(),
                            diff: unified(self.path, &now.text, &after.0),
                        })
                    })
                }
                Suggested::All => Answer::Yes,
                Suggested::Ask | Suggested::Leave => Answer::Quit,
            };
            let status = match answer {
                Answer::Yes | Answer::All => {
                    if answer == Answer::All {
                        self.suggested = Suggested::All;
                    }
                    accept(now, after, wanted, (&[at], &edits), round);
                    continue;
                }
                Answer::No => FixStatus::Declined,
                Answer::Quit => {
                    stops = true;
                    FixStatus::Offered
                }
            };
            if let Some(one) = wanted.get_mut(at) {
                one.state = Some(Decided {
                    status,
                    reason: None,
                    round,
                });
            }
        }
        stops
    }

    /// The text with the edits, and what the analysis says of it.
    fn tried(
        &mut self,
        now: &Now,
        wanted: &[Wanted],
        numbers: &[usize],
        edits: &[Edit],
    ) -> Result<(Vec<u8>, Tried), String> {
        let text = apply(&now.text, edits).ok_or_else(|| "it does not fit".to_owned())?;
        let after = self.trial.of(self.path, &text);
        let edited: Vec<&Finding> = numbers
            .iter()
            .filter_map(|at| found(now, wanted.get(*at)))
            .collect();
        judge(&now.tried, &after, &edited)?;
        Ok((text, after))
    }
}

fn settled(reason: &str, round: u32) -> Decided {
    Decided {
        status: FixStatus::Settled,
        reason: Some(reason.to_owned()),
        round,
    }
}

fn refused(reason: String, round: u32) -> Decided {
    Decided {
        status: FixStatus::Refused,
        reason: Some(reason),
        round,
    }
}

/// The finding that an edit is for, in the text as it is now.
fn found<'n>(now: &'n Now, one: Option<&Wanted>) -> Option<&'n Finding> {
    let one = one?;
    now.tried.findings.iter().find(|finding| {
        let span = finding.location.span;
        finding.rule == one.rule
            && if one.is_touched {
                finding.fix.is_some() && span.start < one.place.end && one.place.start < span.end
            } else {
                span == one.place
            }
    })
}

/// The edit as the text is now; where there is none any more, or something stands against it, that
/// is decided.
fn ready(now: &Now, one: &mut Wanted, round: u32) -> Option<Edit> {
    let fix = found(now, Some(one)).and_then(|finding| finding.fix.as_ref());
    let Some(fix) = fix else {
        one.state = Some(settled("another edit removed the finding", round));
        return None;
    };
    let edit = Edit {
        span: fix.location.span,
        text: with_line_ends(&fix.replacement, &now.text, fix.location.span),
    };
    if let Some(reason) = obstacle(&now.text, &edit, &fix.replacement) {
        one.state = Some(refused(reason, round));
        return None;
    }
    Some(edit)
}

/// Takes the text with the edits over, and moves the places of what is left.
fn accept(
    now: &mut Now,
    (text, tried): (Vec<u8>, Tried),
    wanted: &mut [Wanted],
    (numbers, edits): (&[usize], &[Edit]),
    round: u32,
) {
    for (at, one) in wanted.iter_mut().enumerate() {
        if numbers.contains(&at) {
            one.state = Some(Decided {
                status: FixStatus::Applied,
                reason: None,
                round,
            });
        } else if one.state.is_none() {
            let (place, is_touched) = moved(one.place, edits);
            one.place = place;
            one.is_touched |= is_touched;
        }
    }
    *now = Now { text, tried };
}

/// The lines of the text under review, and where they are in the file that is written.
struct Lines<'t> {
    reviewed: &'t [u8],
    text: &'t [u8],
    diff: LineDiff,
    is_same: bool,
}

impl<'t> Lines<'t> {
    fn new(reviewed: &'t [u8], text: &'t [u8]) -> Self {
        let is_same = reviewed == text;
        // git may keep other line ends than the work tree has.
        let diff = if is_same {
            LineDiff::default()
        } else {
            LineDiff::between(&without_returns(reviewed), &without_returns(text))
        };
        Self {
            reviewed,
            text,
            diff,
            is_same,
        }
    }

    /// The finding's place in the file that is written, where its own lines are the same and the
    /// analysis finds it there as well.
    fn find(&self, finding: &Finding, there: &[Finding]) -> Result<Span, String> {
        let (Some(fix), place) = (&finding.fix, &finding.location) else {
            return Err("it has no edit".to_owned());
        };
        let (mut line, mut last) = (fix.location.start.line, fix.location.end.line);
        if !self.is_same {
            let (from, to) = (line.min(place.start.line), last.max(place.end.line));
            let Some(offset) = offset(&self.diff, from, to) else {
                return Err("the work tree has other text there than the one reviewed".to_owned());
            };
            let shift = |number: u32| u32::try_from(i64::from(number) + offset).unwrap_or(number);
            (line, last) = (shift(line), shift(last));
        }
        let old = without_returns(fix.location.span.of(self.reviewed));
        there
            .iter()
            .find(|one| {
                one.rule == finding.rule
                    && one.fix.as_ref().is_some_and(|other| {
                        let place = &other.location;
                        (place.start.line, place.end.line) == (line, last)
                            && place.start.column == fix.location.start.column
                            && without_returns(place.span.of(self.text)) == old
                    })
            })
            .map(|one| one.location.span)
            .ok_or_else(|| {
                "the finding is not in the file of the work tree, whose other lines differ"
                    .to_owned()
            })
    }
}

impl Lines<'_> {
    /// Whether the work tree has the lines that the edit would make, alone or with the others of
    /// those lines.
    fn has_edit(&self, finding: &Finding, all: &[&Finding]) -> bool {
        let Some(fix) = finding.fix.as_ref().filter(|_| !self.is_same) else {
            return false;
        };
        let (first, last) = (fix.location.start.line, fix.location.end.line);
        let mut beside: Vec<&Fix> = all
            .iter()
            .filter_map(|other| other.fix.as_ref())
            .filter(|other| other.location.start.line <= last && first <= other.location.end.line)
            .collect();
        beside.sort_by_key(|other| other.location.span);
        beside.dedup_by_key(|other| other.location.span);
        self.has_edits(&[fix]) || self.has_edits(&beside)
    }

    fn has_edits(&self, fixes: &[&Fix]) -> bool {
        let edits: Vec<Edit> = fixes
            .iter()
            .map(|fix| Edit {
                span: fix.location.span,
                text: fix.replacement.clone().into_bytes(),
            })
            .collect();
        let Some(edited) = apply(self.reviewed, &edits) else {
            return false;
        };
        let feeds = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
        let more: usize = fixes
            .iter()
            .map(|fix| feeds(fix.replacement.as_bytes()))
            .sum();
        let first = fixes.iter().map(|fix| fix.location.start.line).min();
        let first = first.unwrap_or_default();
        let last = first.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
        let diff = LineDiff::between(&without_returns(&edited), &without_returns(self.text));
        offset(&diff, first, last).is_some()
    }
}

/// By how much lines moved that all are still there, side by side.
fn offset(diff: &LineDiff, first: u32, last: u32) -> Option<i64> {
    let mut offset = None;
    for number in first..=last {
        let moved = i64::from(diff.head_line(number)?) - i64::from(number);
        if *offset.get_or_insert(moved) != moved {
            return None;
        }
    }
    offset
}

/// The text with bare line feeds.
fn without_returns(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => {
                out.extend_from_slice(line);
                out.push(b'\n');
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}
