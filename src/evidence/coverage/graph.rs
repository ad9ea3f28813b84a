//! The commits of a history by their parents: which a difference between two of them holds.

use std::collections::{BTreeMap, BTreeSet};

/// A commit, as git gives it. Hex names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub name: String,
    /// Its parents; the branch's own comes first.
    pub parents: Vec<String>,
    /// Its tree.
    pub tree: String,
    /// First line of its message.
    pub subject: String,
}

/// Commits by place: each stands before its parents.
#[derive(Debug, Default)]
pub(super) struct Graph<'h> {
    commits: &'h [Commit],
    places: BTreeMap<&'h str, usize>,
}

/// From which of two ends a commit was reached.
#[derive(Debug, Default, Clone, Copy)]
struct Reached {
    of_head: bool,
    of_base: bool,
}

impl<'h> Graph<'h> {
    /// Of commits in the order of `git log --topo-order`.
    pub(super) fn new(commits: &'h [Commit]) -> Self {
        let names = commits.iter().map(|commit| commit.name.as_str());
        Self {
            commits,
            places: names
                .enumerate()
                .map(|(place, name)| (name, place))
                .collect(),
        }
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(super) fn commit(&self, place: usize) -> Option<&'h Commit> {
        self.commits.get(place)
    }

    /// Everything a commit descends from, and the commit.
    pub(super) fn history(&self, of: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([of]);
        let mut open = vec![of];
        while let Some(place) = open.pop() {
            open.extend(self.parents(place).filter(|parent| seen.insert(*parent)));
        }
        seen
    }

    /// The commits that `head` descends from and `base` does not, `head` among them; `None` where `head`
    /// does not descend from `base`: a difference between such two also takes back what only `base` has,
    /// and shows nothing of what both have.
    pub(super) fn between(&self, base: usize, head: usize) -> Option<BTreeSet<usize>> {
        let mut found = BTreeSet::new();
        let mut is_ahead = false;
        // Children stand before their parents: the first in line has nothing unseen above it.
        let mut line: BTreeMap<usize, Reached> = BTreeMap::new();
        line.entry(head).or_default().of_head = true;
        line.entry(base).or_default().of_base = true;
        while let Some((place, reached)) = line.pop_first() {
            if place == base {
                if !reached.of_head {
                    return None;
                }
                is_ahead = true;
            }
            if !reached.of_base {
                found.insert(place);
            }
            for parent in self.parents(place) {
                let of_parent = line.entry(parent).or_default();
                of_parent.of_head |= reached.of_head;
                of_parent.of_base |= reached.of_base;
            }
            // Behind both, nothing is of the head alone any more.
            if is_ahead && line.values().all(|one| one.of_base) {
                break;
            }
        }
        is_ahead.then_some(found)
    }

    fn parents(&self, place: usize) -> impl Iterator<Item = usize> {
        let parents = self.commit(place).map_or(&[][..], |commit| &commit.parents);
        parents.iter().filter_map(|name| self.place(name))
    }
}

#[cfg(test)]
pub(in crate::evidence) mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// A history from lines `NAME: PARENT ...`, newest first; the tree of a commit is `t-NAME`, or what
    /// follows `=`.
    pub(in crate::evidence) fn history(text: &str) -> Vec<Commit> {
        text.lines()
            .map(|line| {
                let (name, rest) = line.trim().split_once(':').unwrap();
                let (parents, tree) = match rest.split_once('=') {
                    Some((parents, tree)) => (parents, tree.trim().to_owned()),
                    None => (rest, format!("t-{name}")),
                };
                Commit {
                    name: name.to_owned(),
                    parents: parents.split_whitespace().map(str::to_owned).collect(),
                    tree,
                    subject: format!("subject of {name}"),
                }
            })
            .collect()
    }

    fn between(history: &[Commit], base: &str, head: &str) -> Option<String> {
        let graph = Graph::new(history);
        let found = graph.between(graph.place(base).unwrap(), graph.place(head).unwrap())?;
        let names: Vec<&str> = found
            .into_iter()
            .map(|place| history[place].name.as_str())
            .collect();
        Some(names.join(" "))
    }

    #[test]
    fn a_difference_holds_what_one_end_has_and_the_other_has_not() {
        // m joins s2 (from b over s1) and p (from b).
        let history = history("m: p s2\ns2: s1\ns1: b\np: b\nb: a\na:");
        let is = |base, head, names: &str| {
            assert_eq!(
                between(&history, base, head).as_deref(),
                Some(names),
                "{base}..{head}"
            );
        };
        is("b", "s2", "s2 s1");
        is("a", "m", "m s2 s1 p b");
        is("p", "m", "m s2 s1");
        is("s2", "m", "m p");
        is("s1", "m", "m s2 p");
        assert_eq!(
            between(&history, "p", "s2"),
            None,
            "neither descends from the other"
        );
        assert_eq!(between(&history, "s2", "b"), None, "the wrong way round");
        let graph = Graph::new(&history);
        assert_eq!(graph.history(graph.place("s2").unwrap()).len(), 4);
    }
}
