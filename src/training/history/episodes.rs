//! Runs → what became of each finding: found when and where, seen by a review or not, gone when.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::run::{Found, Run, Stage, Time};

/// A finding from when it was found to when it was gone. The same one found again later is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode<'r> {
    /// What was found.
    pub found: &'r Found,
    /// Pseudonym of the author of the run that found it first.
    pub who: Option<&'r str>,
    /// Which key the pseudonym was made with.
    pub key: &'r str,
    /// The change in which it was found first.
    pub change: &'r str,
    /// When it was found first.
    pub at: Time,
    /// Where it was found first.
    pub stage: Stage,
    /// Whether a review of what was pushed saw it.
    pub reviewed: bool,
    /// When it was seen gone.
    pub gone: Option<Time>,
    /// Whether the same had been found and gone before.
    pub again: bool,
}

/// What is open: a finding that was found and not seen gone since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The finding.
    pub found: Found,
    /// The change in which it was found.
    pub change: String,
}

/// The findings of runs that are sorted by time, in the order in which they were found.
///
/// A review lists all that it finds new in a pull request. So what the one before it listed and it does
/// not is gone, also where the jobs of a CI server know nothing of each other.
pub fn episodes(runs: &[Run]) -> Vec<Episode<'_>> {
    let mut all: Vec<Episode<'_>> = Vec::new();
    let mut open: FxHashMap<&str, usize> = FxHashMap::default();
    let mut closed: BTreeSet<&str> = BTreeSet::new();
    let mut listed: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for run in runs {
        let is_review = run.stage == Stage::Review;
        for (before, after) in &run.renamed {
            if let Some(at) = open.remove(before.as_str()) {
                open.insert(after, at);
            }
        }
        for found in &run.found {
            let at = *open.entry(&found.fingerprint).or_insert_with(|| {
                all.push(Episode {
                    found,
                    who: run.who.as_deref(),
                    key: &run.key,
                    change: &run.change,
                    at: run.at,
                    stage: run.stage,
                    reviewed: false,
                    gone: None,
                    again: closed.contains(found.fingerprint.as_str()),
                });
                all.len() - 1
            });
            if let Some(episode) = all.get_mut(at) {
                episode.reviewed |= is_review;
            }
        }
        for fingerprint in &run.open {
            if let Some(episode) = open
                .get(fingerprint.as_str())
                .and_then(|at| all.get_mut(*at))
            {
                episode.reviewed |= is_review;
            }
        }
        let mut gone: Vec<&str> = run.gone.iter().map(String::as_str).collect();
        if is_review && !run.partial {
            let now: Vec<&str> = run
                .found
                .iter()
                .map(|found| &found.fingerprint)
                .chain(&run.open)
                .map(String::as_str)
                .collect();
            let before = listed.insert(&run.change, now.clone()).unwrap_or_default();
            let now: BTreeSet<&str> = now.into_iter().collect();
            gone.extend(before.into_iter().filter(|one| !now.contains(one)));
        }
        for fingerprint in gone {
            if let Some(episode) = open.remove(fingerprint).and_then(|at| all.get_mut(at)) {
                episode.gone = Some(run.at);
                closed.insert(fingerprint);
            }
        }
    }
    all
}

/// What is open after these runs, at most `most`, the newest.
pub fn open_of(runs: &[Run], most: usize) -> Vec<Open> {
    let mut open: Vec<Open> = episodes(runs)
        .into_iter()
        .filter(|episode| episode.gone.is_none())
        .map(|episode| Open {
            found: episode.found.clone(),
            change: episode.change.to_owned(),
        })
        .collect();
    let more = open.len().saturating_sub(most);
    open.drain(..more);
    open
}

/// Added and modified lines by period and component, as far as the runs tell. What is reviewed twice
/// counts once: of the runs over one change the one with the most lines, and of the ways in which lines
/// are reviewed (staged, as commits, in review) the one that saw the most.
pub fn changed_lines<'r, P: Ord + Copy>(
    runs: impl IntoIterator<Item = &'r Run>,
    period: impl Fn(Time) -> P,
) -> BTreeMap<(P, &'r str), u64> {
    let mut of_change: FxHashMap<(&str, &str, u8), (P, u64)> = FxHashMap::default();
    for run in runs {
        let way = match (run.stage, run.source.as_str()) {
            (Stage::Review, _) => 2,
            (_, "staged") => 0,
            (_, _) => 1,
        };
        for (component, count) in &run.lines {
            let key = (run.change.as_str(), component.as_str(), way);
            let most = of_change.entry(key).or_insert((period(run.at), 0));
            most.1 = most.1.max(*count);
        }
    }
    let mut sums: BTreeMap<(P, &str), [u64; 3]> = BTreeMap::new();
    #[expect(
        clippy::iter_over_hash_type,
        reason = "sums do not depend on the order"
    )]
    for ((_, component, way), (period, count)) in of_change {
        let of_ways = sums.entry((period, component)).or_default();
        if let Some(sum) = of_ways.get_mut(usize::from(way)) {
            *sum += count;
        }
    }
    sums.into_iter()
        .map(|(key, ways)| (key, ways.into_iter().max().unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::run::samples::{found, run};
    use super::*;

    fn day(number: u32, stage: Stage) -> Run {
        run(
            &format!("r{number}"),
            &format!("2026-01-{number:02}T00:00:00Z"),
            stage,
        )
    }

    fn with(mut run: Run, found_ones: &[&str], gone: &[&str], open: &[&str]) -> Run {
        let texts = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        run.found = found_ones
            .iter()
            .map(|one| found(one, "L-LEN-BOUND", "src"))
            .collect();
        run.gone = texts(gone);
        run.open = texts(open);
        run
    }

    #[test]
    fn a_finding_that_the_hook_stopped_never_reached_a_review() {
        let runs = [
            with(day(1, Stage::Hook), &["a"], &[], &[]),
            with(day(2, Stage::Hook), &[], &[], &["a"]),
            with(day(3, Stage::Hook), &[], &["a"], &[]),
        ];
        let all = episodes(&runs);
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].reviewed, all[0].stage), (false, Stage::Hook));
        assert_eq!(all[0].gone.unwrap().days_since(all[0].at), 2);
        assert_eq!(open_of(&runs, 9), []);
        assert_eq!(open_of(&runs[..2], 9).len(), 1);
        assert_eq!(open_of(&runs[..2], 0), []);
    }

    #[test]
    fn the_same_finding_of_hook_and_review_is_one() {
        let runs = [
            with(day(1, Stage::Hook), &["a"], &[], &[]),
            with(day(2, Stage::Review), &["a", "b"], &[], &[]),
            // Another job on the same pull request, which knows nothing of the one before.
            with(day(3, Stage::Review), &["b"], &[], &[]),
        ];
        let all = episodes(&runs);
        assert_eq!(all.len(), 2);
        assert!(all[0].reviewed && all[0].gone == Some(runs[2].at));
        assert!(all[1].reviewed && all[1].gone.is_none());
    }

    #[test]
    fn a_review_of_a_part_or_of_another_change_ends_nothing() {
        let mut partial = with(day(2, Stage::Review), &[], &[], &[]);
        partial.partial = true;
        let mut other = with(day(3, Stage::Review), &[], &[], &[]);
        other.change = "c2".to_owned();
        let runs = [
            with(day(1, Stage::Review), &["a"], &[], &[]),
            partial,
            other,
        ];
        assert!(episodes(&runs)[0].gone.is_none());
    }

    #[test]
    fn code_that_moves_keeps_its_finding() {
        let mut moving = with(day(2, Stage::Hook), &[], &[], &[]);
        moving.renamed = vec![("a".to_owned(), "b".to_owned())];
        let found = with(day(1, Stage::Hook), &["a"], &[], &[]);
        let runs = [found, moving, with(day(3, Stage::Hook), &[], &["b"], &[])];
        let all = episodes(&runs);
        assert_eq!((all.len(), all[0].gone), (1, Some(runs[2].at)));
    }

    #[test]
    fn what_comes_again_is_told_apart() {
        let runs = [
            with(day(1, Stage::Hook), &["a"], &[], &[]),
            with(day(2, Stage::Hook), &[], &["a"], &[]),
            with(day(9, Stage::Hook), &["a"], &[], &[]),
        ];
        let again: Vec<bool> = episodes(&runs).iter().map(|one| one.again).collect();
        assert_eq!(again, [false, true]);
    }

    #[test]
    fn lines_count_once() {
        let lined = |number, stage, change: &str, source: &str, count| {
            let mut run = day(number, stage);
            run.change = change.to_owned();
            run.source = source.to_owned();
            run.lines.push(("src".to_owned(), count));
            run
        };
        let runs = [
            // The hook stops a commit, and sees it again repaired.
            lined(1, Stage::Hook, "c1", "staged", 10),
            lined(1, Stage::Hook, "c1", "staged", 12),
            lined(2, Stage::Hook, "c2", "staged", 8),
            // Before the push, then as a pull request: the same lines.
            lined(3, Stage::Hook, "c3", "range", 19),
            lined(4, Stage::Review, "c4", "range", 19),
        ];
        let sums = changed_lines(&runs, |_| 0);
        assert_eq!(sums.into_iter().collect::<Vec<_>>(), [((0, "src"), 20)]);
    }
}
