//! A report → the line that the history keeps of it.

use std::collections::{BTreeMap, BTreeSet};

use super::components::Components;
use super::episodes::Open;
use super::pseudonym::short_hash;
use super::run::{Found, Run, Stage, Time};
use crate::config::Training;
use crate::finding::{Finding, GapKind, RepoPath};
use crate::report::Report;
use crate::triage::{BaselineState, Fingerprint, Triaged, Verdict};

/// Digits of a finding's key that are kept: 128 bits.
const KEY_DIGITS: usize = 32;

/// Digits of the key that follows moved code, and of other hashes.
const SHORT_DIGITS: usize = 16;

/// What a run does not say itself.
#[derive(Debug, Clone)]
pub struct Occasion {
    /// Random.
    pub id: String,
    /// Now.
    pub at: Time,
    /// Where it ran.
    pub stage: Stage,
    /// Pseudonym of the author.
    pub who: Option<String>,
    /// Which key it was made with.
    pub key: String,
    /// Stands for the change.
    pub change: String,
    /// Paths that the change deleted, as far as known.
    pub deleted: Vec<RepoPath>,
    /// Whether every file of the repository was under review.
    pub whole_tree: bool,
}

/// A run, and what is open after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// For the history.
    pub run: Run,
    /// What is open now; `None` = as before.
    pub open: Option<Vec<Open>>,
}

/// What a report says that was not known: found, gone, still there.
pub fn record(
    report: &Report,
    open: &[Open],
    occasion: &Occasion,
    settings: &Training,
) -> Recorded {
    let components = Components::new(settings);
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for (path, count) in &report.reach.changed_lines {
        if *count > 0 {
            *lines.entry(components.of(path)).or_default() += count;
        }
    }
    let mut run = Run {
        id: occasion.id.clone(),
        at: occasion.at,
        stage: occasion.stage,
        source: report.change.source.clone(),
        who: occasion.who.clone(),
        key: occasion.key.clone(),
        change: occasion.change.clone(),
        lines: lines.into_iter().collect(),
        found: Vec::new(),
        gone: Vec::new(),
        open: Vec::new(),
        renamed: Vec::new(),
        partial: report.incomplete,
    };
    let known: BTreeSet<&str> = open
        .iter()
        .map(|one| one.found.fingerprint.as_str())
        .collect();
    let present: BTreeSet<String> = report
        .findings
        .iter()
        .filter(|triaged| triaged.verdict != Verdict::Fixed)
        .map(|triaged| short_fingerprint(&triaged.fingerprint))
        .collect();
    let mut moved: BTreeMap<&str, Found> = BTreeMap::new();
    for triaged in &report.findings {
        let fingerprint = short_fingerprint(&triaged.fingerprint);
        if known.contains(fingerprint.as_str()) {
            continue;
        }
        // Code that moved keeps its finding.
        let has_moved = |one: &&Open| {
            let former = one.found.fingerprint.as_str();
            one.found.moved == short_moved(&triaged.fingerprint)
                && !moved.contains_key(former)
                && !present.contains(former)
        };
        if let Some(former) = open.iter().find(has_moved) {
            let found = found(report, triaged, &components);
            run.renamed
                .push((former.found.fingerprint.clone(), fingerprint));
            moved.insert(&former.found.fingerprint, found);
        } else if is_new(triaged) {
            run.found.push(found(report, triaged, &components));
        }
    }
    if open.is_empty() && run.found.is_empty() {
        return Recorded { run, open: None };
    }
    let sight = Sight::of(report, occasion);
    let mut left: Vec<Open> = Vec::with_capacity(open.len() + run.found.len());
    for one in open {
        let fingerprint = &one.found.fingerprint;
        if let Some(found) = moved.remove(fingerprint.as_str()) {
            run.open.push(found.fingerprint.clone());
            left.push(Open {
                found,
                change: one.change.clone(),
            });
        } else if present.contains(fingerprint) {
            run.open.push(fingerprint.clone());
            left.push(one.clone());
        } else if sight.would_see(one) {
            run.gone.push(fingerprint.clone());
        } else {
            left.push(one.clone());
        }
    }
    let is_changed = [run.found.len(), run.gone.len(), run.renamed.len()] != [0; 3];
    left.extend(run.found.iter().map(|found| Open {
        found: found.clone(),
        change: run.change.clone(),
    }));
    Recorded {
        run,
        open: is_changed.then_some(left),
    }
}

/// Whether somebody has to deal with it because of this change.
fn is_new(triaged: &Triaged) -> bool {
    matches!(triaged.verdict, Verdict::Report | Verdict::Fixed)
        && triaged.state == Some(BaselineState::New)
}

fn found(report: &Report, triaged: &Triaged, components: &Components<'_>) -> Found {
    let Finding {
        rule,
        severity,
        location,
        function,
        ..
    } = &triaged.finding;
    let lesson = report.rules.get(rule).map(|info| info.lesson.clone());
    Found {
        fingerprint: short_fingerprint(&triaged.fingerprint),
        moved: short_moved(&triaged.fingerprint).to_owned(),
        rule: rule.to_string(),
        lesson: lesson.unwrap_or_default(),
        severity: severity.as_str().to_owned(),
        component: components.of(&location.path),
        file: short_hash(location.path.as_bytes()),
        func: function
            .as_deref()
            .map(|name| function_hash(&location.path, name))
            .unwrap_or_default(),
        blob: report
            .reach
            .blobs
            .get(&location.path)
            .cloned()
            .unwrap_or_default(),
    }
}

fn short_fingerprint(fingerprint: &Fingerprint) -> String {
    let key = fingerprint
        .key
        .get(..KEY_DIGITS)
        .unwrap_or(&fingerprint.key);
    format!("{key}:{}", fingerprint.ordinal)
}

/// The key that follows moved code, as the history keeps it.
fn short_moved(fingerprint: &Fingerprint) -> &str {
    let key = &fingerprint.moved_key;
    key.get(..SHORT_DIGITS).unwrap_or(key)
}

fn function_hash(path: &RepoPath, function: &str) -> String {
    short_hash(&[path.as_bytes(), b"\n", function.as_bytes()].concat())
}

/// Where a review would have shown a finding, were it still there.
struct Sight<'r> {
    report: &'r Report,
    occasion: &'r Occasion,
    /// Reviewed files by the hash of their path.
    files: BTreeMap<String, &'r RepoPath>,
    /// Hashes of functions that were not read or not understood.
    unread: BTreeSet<String>,
    deleted: BTreeSet<String>,
}

impl<'r> Sight<'r> {
    fn of(report: &'r Report, occasion: &'r Occasion) -> Self {
        let hash = |path: &RepoPath| short_hash(path.as_bytes());
        let reach = &report.reach;
        let unread = reach.unread.iter();
        let unread = unread
            .flat_map(|(path, names)| names.iter().map(move |name| function_hash(path, name)));
        let gaps = report.gaps.iter().filter_map(|gap| {
            let name = gap.function.as_deref()?;
            (gap.kind != GapKind::InactiveArm).then(|| function_hash(&gap.path, name))
        });
        Self {
            report,
            occasion,
            files: reach.ran.keys().map(|path| (hash(path), path)).collect(),
            unread: unread.chain(gaps).collect(),
            deleted: occasion.deleted.iter().map(hash).collect(),
        }
    }

    fn would_see(&self, one: &Open) -> bool {
        let found = &one.found;
        if self.deleted.contains(&found.file) {
            return true;
        }
        let Some(path) = self.files.get(&found.file) else {
            // A file that is no longer there.
            return self.occasion.whole_tree && !self.report.incomplete;
        };
        let reach = &self.report.reach;
        let has_run = reach
            .ran
            .get(*path)
            .is_some_and(|ran| ran.iter().any(|rule| rule.as_str() == found.rule));
        // A rule that compares both sides finds the same only in the same change.
        let compares = one.change == self.occasion.change
            && reach
                .comparing
                .iter()
                .any(|rule| rule.as_str() == found.rule);
        (has_run || compares) && !self.unread.contains(&found.func)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::sync::Arc;

    use super::*;
    use crate::report::sample;

    fn occasion(change: &str) -> Occasion {
        Occasion {
            id: "r1".to_owned(),
            at: Time(0),
            stage: Stage::Hook,
            who: None,
            key: String::new(),
            change: change.to_owned(),
            deleted: Vec::new(),
            whole_tree: false,
        }
    }

    /// A report whose files were all read by the rules that found something in them.
    fn report() -> Report {
        let mut report = sample::full();
        for (number, triaged) in report.findings.iter_mut().enumerate() {
            triaged.fingerprint.key = format!("{number:0<64}");
            triaged.fingerprint.moved_key = format!("{number:e<64}");
            let path = triaged.finding.location.path.clone();
            let ran = report.reach.ran.entry(path).or_default();
            Arc::make_mut(ran).insert(triaged.finding.rule.clone());
        }
        report
    }

    fn without_findings(report: &Report) -> Report {
        Report {
            findings: Vec::new(),
            ..report.clone()
        }
    }

    #[test]
    fn what_is_found_opens_and_what_is_not_there_any_more_is_gone() {
        let report = report();
        let settings = Training::default();
        let first = record(&report, &[], &occasion("c"), &settings);
        assert!(!first.run.found.is_empty());
        let text = serde_json::to_string(&first.run).unwrap();
        for triaged in &report.findings {
            assert!(!text.contains(&triaged.finding.message), "{text}");
            assert!(
                !text.contains(&triaged.finding.location.path.to_string()),
                "{text}"
            );
        }
        let open = first.open.unwrap();
        let again = record(&report, &open, &occasion("c"), &settings);
        assert_eq!(
            (again.run.found.len(), again.run.open.len()),
            (0, open.len())
        );
        assert_eq!(again.open, None);
        let repaired = record(&without_findings(&report), &open, &occasion("c"), &settings);
        assert_eq!(repaired.run.gone.len(), open.len());
        assert_eq!(repaired.open, Some(Vec::new()));
    }

    #[test]
    fn what_was_not_looked_at_is_not_gone() {
        let report = report();
        let settings = Training::default();
        let open = record(&report, &[], &occasion("c"), &settings)
            .open
            .unwrap();
        let clean = without_findings(&report);
        let gone = |report: &Report, occasion: &Occasion| {
            record(report, &open, occasion, &settings).run.gone.len()
        };
        // No rule ran, or in no file.
        let mut blind = clean.clone();
        blind.reach.ran.clear();
        assert_eq!(gone(&blind, &occasion("c")), 0);
        // The file was deleted.
        let mut deleting = occasion("c");
        deleting.deleted = report.reach.ran.keys().cloned().collect();
        assert_eq!(gone(&blind, &deleting), open.len());
        // The function was not read.
        let mut outlined = clean.clone();
        for triaged in &report.findings {
            if let Some(function) = &triaged.finding.function {
                let path = triaged.finding.location.path.clone();
                outlined
                    .reach
                    .unread
                    .entry(path)
                    .or_default()
                    .push(function.clone());
            }
        }
        let in_functions = open.iter().filter(|one| !one.found.func.is_empty()).count();
        assert_eq!(gone(&outlined, &occasion("c")), open.len() - in_functions);
    }

    #[test]
    fn code_that_moves_to_another_file_keeps_its_finding() {
        let report = report();
        let settings = Training::default();
        let open = record(&report, &[], &occasion("c"), &settings)
            .open
            .unwrap();
        let mut moved = report.clone();
        for triaged in &mut moved.findings {
            triaged.finding.location.path = RepoPath::from("new/place.c");
            triaged.fingerprint.key = format!("ff{}", triaged.fingerprint.key);
        }
        let recorded = record(&moved, &open, &occasion("d"), &settings);
        let run = &recorded.run;
        assert_eq!((run.found.len(), run.gone.len()), (0, 0));
        assert_eq!(run.renamed.len(), open.len());
        let open = recorded.open.unwrap();
        assert!(open.iter().all(|one| one.found.component == "new"));
    }

    #[test]
    fn lines_are_counted_by_component_and_old_findings_open_nothing() {
        let mut report = report();
        for triaged in &mut report.findings {
            triaged.state = Some(BaselineState::Unchanged);
        }
        for (path, count) in [("src/ble/a.c", 3), ("src/ble/b.c", 4), ("c.c", 0)] {
            report
                .reach
                .changed_lines
                .insert(RepoPath::from(path), count);
        }
        let one = record(&report, &[], &occasion("c"), &Training::default());
        assert!(one.run.found.is_empty() && one.open.is_none());
        assert_eq!(
            one.run.lines.into_iter().collect::<Vec<_>>(),
            [("src/ble".to_owned(), 7)]
        );
    }
}
