//! Which commits that a branch took in were reviewed, by the records of logs.
//!
//! A record says that the difference between two commits was looked at: it speaks for the commits that lie
//! between them, not for others of the same branch. What a branch took in with a merge is every commit that
//! came with it, and what the merge itself holds.

mod graph;

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Override;
use super::record::{GateResult, ReviewRecord};
use super::verify::{Signed, Verified, VerifiedRecord};

pub use graph::Commit;
use graph::Graph;
#[cfg(test)]
pub(super) use graph::tests::history;

/// What a branch took in.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Its own line of commits, oldest first.
    pub line: Vec<Commit>,
    /// All that came with them, each before its parents; further back as far as records reach.
    pub commits: Vec<Commit>,
    /// The commit it begins after; none: its beginning.
    pub from: Option<String>,
    /// Of the merges that [`Coverage::unsettled`] named, those that hold what git itself makes of their
    /// parents; none where that cannot be told.
    pub plain: Option<BTreeSet<String>>,
}

/// What became of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Reviews with an open gate are about all of it.
    Reviewed,
    /// The gate of some of it was closed, and a person let it in.
    LetIn,
    /// Nothing lets all of it in.
    Missing,
}

impl State {
    /// `reviewed`, `let-in` or `missing`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reviewed => "reviewed",
            Self::LetIn => "let-in",
            Self::Missing => "missing",
        }
    }
}

/// Why nothing lets a commit in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No record is about it.
    NoRecord,
    /// Its record has a closed gate, and nobody opened it.
    Closed,
    /// Its record compares it with itself, or with a commit that it does not descend from.
    Apart,
    /// Records are about a part of what the merge brought.
    Part {
        /// Commits without a record.
        without: usize,
        /// Commits that came with it.
        of: usize,
    },
    /// The merge holds what neither of its parents has, and no record is about that.
    OwnChanges,
    /// The same may be, and the installed git cannot tell.
    NotCompared,
}

impl Lack {
    /// In words, such as `without a record`.
    pub fn words(self) -> String {
        match self {
            Self::NoRecord => "without a record".to_owned(),
            Self::Closed => "without a record of an open gate".to_owned(),
            Self::Apart => "without a record against a commit that it descends from".to_owned(),
            Self::Part { without, of } => {
                format!("reviewed in part, {without} of {of} commits without a record")
            }
            Self::OwnChanges => "merge with changes of its own, not reviewed".to_owned(),
            Self::NotCompared => {
                "merge whose own changes only git 2.38 or newer can tell, not reviewed".to_owned()
            }
        }
    }
}

/// What the records say of a commit and of all that it brought.
#[derive(Debug, Clone)]
pub struct Covered<'v> {
    /// What became of it.
    pub state: State,
    /// The reviews about it; few, where many are about the same.
    pub reviews: Vec<&'v VerifiedRecord>,
    /// Who let it in.
    pub opened: Vec<&'v Signed<Override>>,
    /// Why it is missing.
    pub lack: Option<Lack>,
}

impl Covered<'_> {
    /// Whether somebody or something let the commit in.
    pub fn is_covered(&self) -> bool {
        self.state != State::Missing
    }
}

/// The reviews of logs, laid over a history.
#[derive(Debug)]
pub struct Coverage<'v> {
    history: &'v History,
    graph: Graph<'v>,
    /// What the branch had before.
    before: BTreeSet<usize>,
    reviews: Vec<Review<'v>>,
    /// By commit: the reviews about it, as places in `reviews`.
    about: BTreeMap<usize, Vec<usize>>,
    /// Heads of records that say nothing of them.
    apart: BTreeSet<usize>,
}

/// A review that is about some of the commits.
#[derive(Debug)]
struct Review<'v> {
    record: &'v VerifiedRecord,
    opened: Option<&'v Signed<Override>>,
    /// Number of commits it is about.
    size: usize,
}

impl Review<'_> {
    fn state(&self) -> State {
        match (self.record.record.gate.result, self.opened) {
            (GateResult::Pass, _) => State::Reviewed,
            (_, Some(_)) => State::LetIn,
            _ => State::Missing,
        }
    }
}

/// The bases of records about commits of a history that it does not list: what [`History::commits`] has to
/// reach back to.
pub fn bases_of<'v>(
    logs: impl IntoIterator<Item = &'v Verified>,
    commits: &[Commit],
) -> Vec<&'v str> {
    let names: BTreeSet<&str> = commits.iter().map(|one| one.name.as_str()).collect();
    let trees: BTreeSet<&str> = commits.iter().map(|one| one.tree.as_str()).collect();
    let is_in = |known: &BTreeSet<&str>, name: &Option<String>| {
        name.as_deref().is_some_and(|name| known.contains(name))
    };
    let bases: BTreeSet<&str> = logs
        .into_iter()
        .flat_map(|log| &log.records)
        .map(|record| &record.record.change)
        .filter(|change| is_in(&names, &change.head) || is_in(&trees, &change.tree))
        .filter_map(|change| change.base.as_deref())
        .filter(|base| !names.contains(base))
        .collect();
    bases.into_iter().collect()
}

impl<'v> Coverage<'v> {
    /// Lays the records of logs over a history.
    pub fn new(logs: impl IntoIterator<Item = &'v Verified>, history: &'v History) -> Self {
        let graph = Graph::new(&history.commits);
        let from = history.from.as_deref().and_then(|from| graph.place(from));
        let mut coverage = Self {
            before: from.map(|from| graph.history(from)).unwrap_or_default(),
            history,
            graph,
            reviews: Vec::new(),
            about: BTreeMap::new(),
            apart: BTreeSet::new(),
        };
        let mut by_tree: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, commit) in history.commits.iter().enumerate() {
            by_tree.entry(&commit.tree).or_default().push(place);
        }
        for log in logs {
            for record in &log.records {
                let opened = log.overrides_of(record).into_iter().next_back();
                coverage.lay(record, opened, &by_tree);
            }
        }
        coverage
    }

    /// A commit with the very same tree, as a squash or a rebase leaves it, stands for the head.
    fn lay(
        &mut self,
        record: &'v VerifiedRecord,
        opened: Option<&'v Signed<Override>>,
        by_tree: &BTreeMap<&str, Vec<usize>>,
    ) {
        let change = &record.record.change;
        let named = change
            .head
            .as_deref()
            .and_then(|head| self.graph.place(head));
        let same = change.tree.as_deref().and_then(|tree| by_tree.get(tree));
        let heads: BTreeSet<usize> = named
            .into_iter()
            .chain(same.into_iter().flatten().copied())
            .collect();
        let mut about: BTreeSet<usize> = BTreeSet::new();
        for head in heads {
            match self.reach(&record.record, head) {
                Some(reached) => about.extend(reached),
                None => {
                    self.apart.insert(head);
                }
            }
        }
        if about.is_empty() {
            return;
        }
        let review = self.reviews.len();
        self.reviews.push(Review {
            record,
            opened,
            size: about.len(),
        });
        for commit in about {
            self.about.entry(commit).or_default().push(review);
        }
    }

    /// The commits that a record with this head is about.
    fn reach(&self, record: &ReviewRecord, head: usize) -> Option<BTreeSet<usize>> {
        match record.change.base.as_deref() {
            // A commit compared with itself: nothing of it was looked at.
            Some(base) if Some(base) == record.change.head.as_deref() => None,
            Some(base) => self.graph.between(self.graph.place(base)?, head),
            // All that ever came, against nothing.
            None if record.change.source == "range" => Some(self.graph.history(head)),
            // The whole tree as it is: what led to it before the commit was not compared with anything.
            None => Some(self.brought(head)),
        }
    }

    /// A commit and what came with it: what it descends from and its branch did not.
    fn brought(&self, commit: usize) -> BTreeSet<usize> {
        let parents = self.graph.commit(commit).map(|one| &one.parents);
        let own = parents.and_then(|parents| self.graph.place(parents.first()?));
        // A parent that is not listed was there before, and so was all it descends from.
        let mut brought = own
            .and_then(|own| self.graph.between(own, commit))
            .unwrap_or_else(|| self.graph.history(commit));
        brought.retain(|place| !self.before.contains(place));
        brought
    }

    fn state(&self, commit: usize) -> State {
        let reviews = self.about.get(&commit).into_iter().flatten();
        let mut best = State::Missing;
        for review in reviews.filter_map(|place| self.reviews.get(*place)) {
            best = match (best, review.state()) {
                (State::Reviewed, _) | (_, State::Reviewed) => State::Reviewed,
                (State::LetIn, _) | (_, State::LetIn) => State::LetIn,
                _ => State::Missing,
            };
        }
        best
    }

    /// The merges that no record lets in: whether they hold changes of their own decides about them.
    pub fn unsettled(&self) -> Vec<&'v Commit> {
        let brought = self
            .history
            .line
            .iter()
            .filter_map(|commit| self.graph.place(&commit.name))
            .flat_map(|place| self.brought(place));
        let open: BTreeSet<usize> = brought
            .filter(|place| self.state(*place) == State::Missing)
            .collect();
        let commits = open
            .into_iter()
            .filter_map(|place| self.graph.commit(place));
        commits
            .filter(|commit| commit.parents.len() > 1 && !self.is_ahead(commit))
            .collect()
    }

    /// Whether a merge of two has the tree of a side that had all of the other: the one thing that git makes
    /// of such two.
    fn is_ahead(&self, merge: &Commit) -> bool {
        let [own, other] = merge.parents.as_slice() else {
            return false;
        };
        let (Some(own), Some(other)) = (self.graph.place(own), self.graph.place(other)) else {
            return false;
        };
        let tree = self.graph.commit(other).map(|commit| &commit.tree);
        tree == Some(&merge.tree) && self.graph.between(own, other).is_some()
    }

    /// Whether a merge holds nothing but what its parents have; none where nobody can tell.
    fn is_plain(&self, commit: &Commit) -> Option<bool> {
        match commit.parents.len() {
            0 | 1 => Some(false),
            _ if self.is_ahead(commit) => Some(true),
            _ => self
                .history
                .plain
                .as_ref()
                .map(|plain| plain.contains(&commit.name)),
        }
    }

    /// What the records say of a commit of the line.
    pub fn of(&self, commit: &Commit) -> Covered<'v> {
        let brought = match self.graph.place(&commit.name) {
            Some(place) => self.brought(place),
            None => BTreeSet::new(),
        };
        let mut needed = BTreeSet::new();
        let mut lacks = Vec::new();
        for place in &brought {
            let Some(one) = self.graph.commit(*place) else {
                continue;
            };
            if self.state(*place) != State::Missing {
                needed.insert(*place);
            } else if self.is_plain(one) != Some(true) {
                lacks.push(self.lack(*place, one));
            }
        }
        if brought.is_empty() {
            lacks.push(Lack::NoRecord);
        }
        let lack = sum_up(&lacks, brought.len(), needed.len());
        let reviews = self.few(&brought, &needed);
        let opened = reviews.iter().filter_map(|review| match review.state() {
            State::LetIn => review.opened,
            _ => None,
        });
        let opened: Vec<_> = opened.collect();
        Covered {
            state: match (&lack, opened.is_empty()) {
                (Some(_), _) => State::Missing,
                (None, false) => State::LetIn,
                (None, true) => State::Reviewed,
            },
            reviews: reviews.iter().map(|review| review.record).collect(),
            opened,
            lack,
        }
    }

    fn lack(&self, place: usize, commit: &Commit) -> Lack {
        if self.about.contains_key(&place) {
            return Lack::Closed;
        }
        if commit.parents.len() > 1 {
            return match self.is_plain(commit) {
                None => Lack::NotCompared,
                _ => Lack::OwnChanges,
            };
        }
        match self.apart.contains(&place) {
            true => Lack::Apart,
            false => Lack::NoRecord,
        }
    }

    /// Few reviews that are about all of the needed commits: each time the best one that is about most of the
    /// rest, of several the narrowest, of those the last. Where none lets anything in, the last closed one.
    fn few(&self, brought: &BTreeSet<usize>, needed: &BTreeSet<usize>) -> Vec<&Review<'v>> {
        let mut rest = needed.clone();
        let mut few = Vec::new();
        while let Some(first) = rest.first() {
            let wanted = self.state(*first);
            let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
            for commit in rest.iter().filter(|commit| self.state(**commit) == wanted) {
                for review in self.about.get(commit).into_iter().flatten() {
                    *counts.entry(*review).or_default() += 1;
                }
            }
            let fitting = counts.into_iter().filter_map(|(place, count)| {
                let review = self.reviews.get(place)?;
                (review.state() == wanted).then_some((place, count, review))
            });
            let best = fitting.max_by_key(|(place, count, review)| {
                (*count, std::cmp::Reverse(review.size), *place)
            });
            let Some((place, _, review)) = best else {
                break;
            };
            rest.retain(|commit| {
                self.state(*commit) != wanted
                    || !self
                        .about
                        .get(commit)
                        .is_some_and(|about| about.contains(&place))
            });
            few.push(review);
        }
        if few.is_empty() {
            let closed = brought
                .iter()
                .filter_map(|commit| self.about.get(commit)?.last());
            few.extend(closed.max().and_then(|place| self.reviews.get(*place)));
        }
        few
    }
}

/// What is said of a commit of which some commits lack something.
fn sum_up(lacks: &[Lack], brought: usize, reviewed: usize) -> Option<Lack> {
    match lacks {
        [] => None,
        [only] if brought == 1 || matches!(only, Lack::OwnChanges | Lack::NotCompared) => {
            Some(*only)
        }
        _ if reviewed > 0 => Some(Lack::Part {
            without: lacks.len(),
            of: brought,
        }),
        _ => [Lack::Closed, Lack::Apart, Lack::NoRecord]
            .into_iter()
            .find(|lack| lacks.contains(lack))
            .or(lacks.first().copied()),
    }
}

#[cfg(test)]
mod tests;
