//! Which commits that a branch took in were reviewed, by the records of logs.

use std::collections::BTreeMap;

use super::entry::Override;
use super::record::GateResult;
use super::verify::{Signed, Verified, VerifiedRecord};

/// A commit that a branch took in. Hex names; the branch's own parent comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit<'c> {
    /// Its name.
    pub name: &'c str,
    /// Its parents.
    pub parents: &'c [String],
    /// Its tree.
    pub tree: &'c str,
}

/// What the records say of a commit.
#[derive(Debug, Clone)]
pub enum Covered<'v> {
    /// Reviews with an open gate are about it.
    Reviewed(Vec<&'v VerifiedRecord>),
    /// Its gate was closed, and a person let it in.
    LetIn(&'v VerifiedRecord, &'v Signed<Override>),
    /// Nothing lets it in. The review whose gate was closed, if there is one.
    Missing(Option<&'v VerifiedRecord>),
}

impl Covered<'_> {
    /// Whether somebody or something let the commit in.
    pub fn is_covered(&self) -> bool {
        !matches!(self, Self::Missing(_))
    }

    /// `reviewed`, `let-in` or `missing`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Reviewed(_) => "reviewed",
            Self::LetIn(..) => "let-in",
            Self::Missing(_) => "missing",
        }
    }
}

/// The reviews of logs, by commit and tree.
#[derive(Debug, Default)]
pub struct Coverage<'v> {
    by_commit: BTreeMap<&'v str, Reviews<'v>>,
    by_tree: BTreeMap<&'v str, Reviews<'v>>,
}

/// Reviews of one commit or tree; the last of each kind counts.
#[derive(Debug, Default, Clone, Copy)]
struct Reviews<'v> {
    open: Option<&'v VerifiedRecord>,
    let_in: Option<(&'v VerifiedRecord, &'v Signed<Override>)>,
    closed: Option<&'v VerifiedRecord>,
}

impl<'v> Coverage<'v> {
    /// Reads the records of logs.
    pub fn new(logs: impl IntoIterator<Item = &'v Verified>) -> Self {
        let mut coverage = Self::default();
        for log in logs {
            for record in &log.records {
                let change = &record.record.change;
                // A commit compared with itself: nothing of it was looked at.
                if change.base.is_some() && change.base == change.head {
                    continue;
                }
                let opened = log.overrides_of(record).into_iter().next_back();
                let slots = [
                    change
                        .head
                        .as_deref()
                        .map(|head| coverage.by_commit.entry(head).or_default()),
                    change
                        .tree
                        .as_deref()
                        .map(|tree| coverage.by_tree.entry(tree).or_default()),
                ];
                for slot in slots.into_iter().flatten() {
                    match (record.record.gate.result, opened) {
                        (GateResult::Pass, _) => slot.open = Some(record),
                        (_, Some(opened)) => slot.let_in = Some((record, opened)),
                        _ => slot.closed = Some(record),
                    }
                }
            }
        }
        coverage
    }

    /// What the records say of a commit: one about itself, about a commit with the very same tree, as a
    /// squash leaves it, or about every commit it merged.
    pub fn of(&self, commit: Commit<'_>) -> Covered<'v> {
        let own = self.by_commit.get(commit.name).copied().unwrap_or_default();
        let same = self.by_tree.get(commit.tree).copied().unwrap_or_default();
        if let Some(record) = own.open.or(same.open) {
            return Covered::Reviewed(vec![record]);
        }
        // The branch's own parent was reviewed before; what a merge brought are the others.
        let merged: Vec<Reviews<'v>> = commit
            .parents
            .iter()
            .skip(1)
            .map(|parent| self.by_commit.get(parent.as_str()).copied())
            .map(Option::unwrap_or_default)
            .collect();
        let open: Option<Vec<_>> = merged.iter().map(|reviews| reviews.open).collect();
        if let Some(open) = open.filter(|open| !open.is_empty()) {
            return Covered::Reviewed(open);
        }
        // One closed gate of several that were merged, let in, lets in what it was about alone.
        let all_let_in = !merged.is_empty()
            && merged
                .iter()
                .all(|reviews| reviews.open.is_some() || reviews.let_in.is_some());
        let of_merged = merged
            .iter()
            .find_map(|reviews| reviews.let_in)
            .filter(|_| all_let_in);
        if let Some((record, opened)) = own.let_in.or(same.let_in).or(of_merged) {
            return Covered::LetIn(record, opened);
        }
        let closed = merged.iter().find_map(|reviews| reviews.closed);
        Covered::Missing(own.closed.or(same.closed).or(closed))
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::GateResult;
    use super::super::samples::record;
    use super::super::verify::VerifiedRecord;
    use super::*;
    use crate::evidence::ReviewRecord;

    fn signed<T>(digest: &str, record: T) -> Signed<T> {
        Signed {
            line: 1,
            digest: digest.to_owned(),
            key: String::new(),
            record,
        }
    }

    fn review(head: &str, result: GateResult) -> VerifiedRecord {
        let mut one: ReviewRecord = record(head);
        one.gate.result = result;
        one.change.tree = Some(format!("tree of {head}"));
        signed(head, one)
    }

    fn word(log: &Verified, name: &str, parents: &[&str], tree: &str) -> &'static str {
        let parents: Vec<String> = parents.iter().map(|name| (*name).to_owned()).collect();
        let coverage = Coverage::new([log]);
        let commit = Commit {
            name,
            parents: &parents,
            tree,
        };
        coverage.of(commit).as_str()
    }

    #[test]
    fn a_commit_is_covered_by_itself_its_tree_or_what_it_merged() {
        let mut log = Verified {
            records: vec![review("a", GateResult::Pass), review("b", GateResult::Fail)],
            ..Verified::default()
        };
        assert_eq!(word(&log, "a", &["x"], "t"), "reviewed");
        // A commit that was compared with itself was not looked at.
        let mut nothing = review("n", GateResult::Pass);
        nothing.record.change.base = nothing.record.change.head.clone();
        let empty = Verified {
            records: vec![nothing],
            ..Verified::default()
        };
        assert_eq!(word(&empty, "n", &["x"], "t"), "missing");
        assert_eq!(word(&log, "squash", &["x"], "tree of a"), "reviewed");
        assert_eq!(word(&log, "merge", &["x", "a"], "t"), "reviewed");
        assert_eq!(word(&log, "merge", &["a", "x"], "t"), "missing");
        assert_eq!(word(&log, "octopus", &["x", "a", "b"], "t"), "missing");
        assert_eq!(word(&log, "b", &["x"], "t"), "missing");
        assert_eq!(word(&log, "plain", &["a"], "t"), "missing");
        let about = log.records.last().map(VerifiedRecord::about);
        log.overrides
            .extend(about.map(|about| signed("o", super::super::samples::opened(about))));
        assert_eq!(word(&log, "b", &["x"], "t"), "let-in");
        assert_eq!(word(&log, "octopus", &["x", "a", "b"], "t"), "let-in");
        assert_eq!(word(&log, "octopus", &["x", "c", "b"], "t"), "missing");
    }
}
