//! Where each finding is shown: the ladder.
//!
//! comment on lines → comment on the file → annotation → row of the summary's table → job summary
//! and log. Every finding stands on exactly one rung, the highest it can reach; the job summary and
//! the log have all of them in any case.

use std::collections::BTreeMap;

use super::anchor::{Anchor, Anchors};
use super::submission::{Item, Submission};
use crate::finding::{Precision, Severity};
use crate::report::github::SHOWN_PER_KIND;

/// The place of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// A comment on lines of the diff.
    Inline(Anchor),
    /// A comment on the file.
    File,
    /// A workflow annotation; the table has a row as well, where there is one.
    Annotation,
    /// A row in the table of the summary comment.
    Table,
    /// The job summary and the log.
    Log,
}

impl Rung {
    /// Whether a comment carries the finding.
    pub fn is_comment(self) -> bool {
        matches!(self, Self::Inline(_) | Self::File)
    }

    /// The word used in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inline(_) => "inline",
            Self::File => "file",
            Self::Annotation => "annotation",
            Self::Table => "table",
            Self::Log => "log",
        }
    }
}

/// What may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// Most comments that stand in a pull request at a time.
    pub comments: usize,
    /// Whether the token may write comments.
    pub can_write: bool,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self {
            comments: 10,
            can_write: true,
        }
    }
}

/// What is known of a finding's comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It never had one.
    #[default]
    None,
    /// It has one.
    Living,
    /// It had one that somebody deleted: that person does not want to see it again.
    Deleted,
}

/// How much a finding deserves a comment: what blocks first, then severity × precision.
fn rank(item: &Item) -> (bool, u32, Severity) {
    let harm = match item.severity {
        Severity::Error => 3,
        Severity::Warning => 2,
        Severity::Info => 1,
    };
    let chance = match item.precision {
        Precision::High => 3,
        Precision::Medium => 2,
        Precision::Low => 1,
    };
    (item.blocks, harm * chance, item.severity)
}

/// Gives each finding its rung, in the order of the submission. A finding that has a comment keeps
/// it: a true comment that comes and goes with the rank of others would be noise.
pub fn plan(
    submission: &Submission,
    anchors: &Anchors,
    standing: &[Standing],
    options: PlanOptions,
) -> Vec<Rung> {
    let findings = &submission.findings;
    let stands = |index: usize| standing.get(index).copied().unwrap_or_default();
    let mut rungs = vec![Rung::Table; findings.len()];
    if options.can_write {
        let mut order: Vec<(usize, &Item)> = findings.iter().enumerate().collect();
        // Stable: equal ones stay in the order of the report.
        order.sort_by_key(|(index, item)| {
            (
                stands(*index) != Standing::Living,
                std::cmp::Reverse(rank(item)),
            )
        });
        let mut room = options.comments;
        for (index, item) in order {
            let stands = stands(index);
            if stands == Standing::Deleted || (room == 0 && stands != Standing::Living) {
                continue;
            }
            let Some(rung) = comment_on(item, anchors) else {
                continue;
            };
            room = room.saturating_sub(1);
            if let Some(place) = rungs.get_mut(index) {
                *place = rung;
            }
        }
    } else {
        rungs.fill(Rung::Log);
    }
    annotate(findings, &mut rungs);
    rungs
}

/// The comment that can carry a finding, if any.
fn comment_on(item: &Item, anchors: &Anchors) -> Option<Rung> {
    if !item.path_is_exact {
        return None;
    }
    // The lines of it that a suggestion replaces, where the diff shows just them: only there it can
    // be committed. Else the whole finding.
    let suggested = item.suggestion.as_ref().filter(|suggestion| {
        item.first_line <= suggestion.first_line && suggestion.last_line <= item.last_line
    });
    let exact = suggested
        .and_then(|one| anchors.place(&item.path, one.first_line, one.last_line))
        .filter(|anchor| anchor.is_exact);
    if let Some(anchor) = exact {
        return Some(Rung::Inline(anchor));
    }
    match anchors.place(&item.path, item.first_line, item.last_line) {
        Some(anchor) => Some(Rung::Inline(anchor)),
        None => anchors.has_file(&item.path).then_some(Rung::File),
    }
}

/// The rung below a comment that GitHub refused.
pub fn next_below(rung: Rung) -> Rung {
    match rung {
        Rung::Inline(_) => Rung::File,
        Rung::File => Rung::Annotation,
        Rung::Annotation => Rung::Table,
        Rung::Table | Rung::Log => Rung::Log,
    }
}

/// Findings without a comment become annotations, as many as GitHub shows of a kind; those that
/// block come first, as in `report::github`.
pub fn annotate(findings: &[Item], rungs: &mut [Rung]) {
    let mut order: Vec<(usize, &Item)> = findings.iter().enumerate().collect();
    order.sort_by_key(|(_, item)| (!item.blocks, std::cmp::Reverse(item.severity)));
    let mut used: BTreeMap<Severity, usize> = BTreeMap::new();
    for (index, item) in order {
        let Some(rung) = rungs.get_mut(index).filter(|rung| !rung.is_comment()) else {
            continue;
        };
        // One notice is kept for the closing words.
        let limit = SHOWN_PER_KIND - usize::from(item.severity == Severity::Info);
        let used = used.entry(item.severity).or_default();
        if *used < limit {
            *used += 1;
            *rung = Rung::Annotation;
        } else if *rung == Rung::Annotation {
            *rung = Rung::Table;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::submission::Context;
    use crate::report::sample;
    use crate::triage::Verdict;

    /// Findings on `lines` of `src/a.c`, whose lines 1 to 100 are shown.
    fn setup(lines: &[u32]) -> (Submission, Anchors) {
        let mut report = sample::full();
        report.findings = lines
            .iter()
            .map(|line| {
                let finding = sample::finding("src/a.c", *line, "f();", 1, 3);
                sample::triaged(finding, Verdict::Report)
            })
            .collect();
        let mut anchors = Anchors::default();
        let patch = format!("@@ -0,0 +1,100 @@\n{}", "+x\n".repeat(100));
        anchors.add_patch("src/a.c", Some(&patch)).unwrap();
        (Submission::new(&report, &Context::default()), anchors)
    }

    fn words(rungs: &[Rung]) -> Vec<&'static str> {
        rungs.iter().map(|rung| rung.as_str()).collect()
    }

    #[test]
    fn each_rung_is_reached() {
        let (mut submission, anchors) = setup(&[5, 500, 6, 7, 8]);
        submission.findings[2].path = "src/elsewhere.c".to_owned();
        submission.findings[3].path_is_exact = false;
        let rungs = plan(&submission, &anchors, &[], PlanOptions::default());
        assert_eq!(
            words(&rungs),
            ["inline", "file", "annotation", "annotation", "inline"]
        );
        let (submission, anchors) = setup(&(1..=40).collect::<Vec<_>>());
        let rungs = plan(&submission, &anchors, &[], PlanOptions::default());
        let count = |word| words(&rungs).iter().filter(|one| **one == word).count();
        assert_eq!(
            (count("inline"), count("annotation"), count("table")),
            (10, 10, 20)
        );
        let read_only = PlanOptions {
            can_write: false,
            ..PlanOptions::default()
        };
        let rungs = plan(&submission, &anchors, &[], read_only);
        let count = |word| words(&rungs).iter().filter(|one| **one == word).count();
        assert_eq!((count("annotation"), count("log")), (10, 30));
    }

    #[test]
    fn a_comment_with_a_suggestion_stands_at_the_lines_it_replaces() {
        let (mut submission, anchors) = setup(&[95]);
        let item = &mut submission.findings[0];
        item.last_line = 99;
        let mut placed = |first_line, last_line| {
            let item = &mut submission.findings[0];
            item.suggestion = Some(crate::github::submission::Suggestion {
                first_line,
                last_line,
                text: "g();".to_owned(),
            });
            match plan(&submission, &anchors, &[], PlanOptions::default())[0] {
                Rung::Inline(anchor) => (anchor.start_line.unwrap_or(anchor.line), anchor.line),
                rung => panic!("{rung:?}"),
            }
        };
        assert_eq!(placed(96, 97), (96, 97));
        assert_eq!(placed(98, 98), (98, 98));
        // Outside the finding, or outside the shown lines: the finding itself.
        assert_eq!(placed(94, 95), (95, 99));
        submission.findings[0].last_line = 103;
        submission.findings[0].suggestion = Some(crate::github::submission::Suggestion {
            first_line: 99,
            last_line: 102,
            text: "g();".to_owned(),
        });
        match plan(&submission, &anchors, &[], PlanOptions::default())[0] {
            Rung::Inline(anchor) => assert_eq!((anchor.start_line, anchor.line), (Some(95), 100)),
            rung => panic!("{rung:?}"),
        }
    }

    #[test]
    fn the_worst_and_surest_come_first() {
        let (mut submission, anchors) = setup(&[1, 2, 3, 4]);
        let set = |item: &mut Item, severity, precision, blocks| {
            item.severity = severity;
            item.precision = precision;
            item.blocks = blocks;
        };
        let findings = &mut submission.findings;
        set(&mut findings[0], Severity::Warning, Precision::Low, false);
        set(&mut findings[1], Severity::Error, Precision::Medium, false);
        set(&mut findings[2], Severity::Info, Precision::High, false);
        set(&mut findings[3], Severity::Error, Precision::Low, true);
        let options = PlanOptions {
            comments: 2,
            can_write: true,
        };
        let rungs = plan(&submission, &anchors, &[], options);
        let commented: Vec<bool> = rungs.iter().map(|rung| rung.is_comment()).collect();
        assert_eq!(commented, [false, true, false, true]);
    }

    #[test]
    fn a_living_comment_stays_and_a_deleted_one_stays_away() {
        let (mut submission, anchors) = setup(&[1, 2, 3]);
        submission.findings[2].severity = Severity::Info;
        let options = PlanOptions {
            comments: 1,
            can_write: true,
        };
        let standing = [Standing::Deleted, Standing::None, Standing::Living];
        let rungs = plan(&submission, &anchors, &standing, options);
        assert_eq!(words(&rungs), ["annotation", "annotation", "inline"]);
    }

    #[test]
    fn the_ladder_ends_in_the_log() {
        let anchor = Anchor {
            start_line: None,
            line: 1,
            is_exact: true,
        };
        let mut rung = Rung::Inline(anchor);
        let mut seen = vec![rung.as_str()];
        while rung != Rung::Log {
            rung = next_below(rung);
            seen.push(rung.as_str());
        }
        assert_eq!(seen, ["inline", "file", "annotation", "table", "log"]);
    }
}
