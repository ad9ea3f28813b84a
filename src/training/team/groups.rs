//! Which components are shown on their own: none in which fewer than five people work, so that no number
//! is that of a person.

use std::collections::{BTreeMap, BTreeSet};

use crate::training::history::{Episode, Run};

/// Fewest authors of a group.
pub const FEWEST: usize = 5;

/// What components are called that are too small to stand alone.
const SMALL: &str = "smaller components";

/// What all of them are called together.
const ALL: &str = "all components";

/// The group of each component.
#[derive(Debug)]
pub struct Groups {
    group_of: BTreeMap<String, String>,
    /// All authors; `None` where people are not told apart.
    pub(super) authors: Option<usize>,
}

impl Groups {
    /// Name of the group of a component.
    pub fn of(&self, component: &str) -> &str {
        self.group_of.get(component).map_or(ALL, String::as_str)
    }

    /// The names of all groups.
    pub fn names(&self) -> BTreeSet<&str> {
        self.group_of.values().map(String::as_str).collect()
    }

    /// The components of a group.
    pub(super) fn members(&self, name: &str) -> Vec<String> {
        self.group_of
            .iter()
            .filter(|(_, group)| *group == name)
            .map(|(component, _)| component.clone())
            .collect()
    }
}

/// Groups the components of these runs and findings.
pub fn of(runs: &[&Run], episodes: &[&Episode<'_>]) -> Groups {
    let mut authors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for run in runs {
        let found = run.found.iter().map(|found| found.component.as_str());
        for component in run.lines.iter().map(|(name, _)| name.as_str()).chain(found) {
            authors
                .entry(component)
                .or_default()
                .extend(run.who.as_deref());
        }
    }
    for episode in episodes {
        let of_component = authors.entry(&episode.found.component).or_default();
        of_component.extend(episode.who);
    }
    let all: BTreeSet<&str> = authors.values().flatten().copied().collect();
    Groups {
        group_of: grouped(&authors),
        authors: (!all.is_empty()).then_some(all.len()),
    }
}

fn grouped(authors: &BTreeMap<&str, BTreeSet<&str>>) -> BTreeMap<String, String> {
    let mut sorted: Vec<(&str, &BTreeSet<&str>)> = authors
        .iter()
        .map(|(name, people)| (*name, people))
        .collect();
    sorted.sort_by_key(|(name, people)| (people.len(), *name));
    let mut together: BTreeSet<&str> = BTreeSet::new();
    let mut small: Vec<&str> = Vec::new();
    for (name, people) in &sorted {
        // The small ones, and as many more as make a group of people.
        if people.len() < FEWEST || (!small.is_empty() && together.len() < FEWEST) {
            small.push(name);
            together.extend(people.iter());
        }
    }
    let of_small = if small.len() == sorted.len() || together.len() < FEWEST {
        ALL
    } else {
        SMALL
    };
    sorted
        .iter()
        .map(|(name, _)| {
            let group = if small.contains(name) || (of_small == ALL && !small.is_empty()) {
                of_small
            } else {
                name
            };
            ((*name).to_owned(), group.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(components: &[(&str, &[&str])], expected: &[(&str, &str)]) {
        let authors: BTreeMap<&str, BTreeSet<&str>> = components
            .iter()
            .map(|(name, people)| (*name, people.iter().copied().collect()))
            .collect();
        let found = grouped(&authors);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(name, group)| (name.as_str(), group.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn no_group_has_fewer_than_five_people() {
        let five: &[&str] = &["a", "b", "c", "d", "e"];
        check(&[("x", five), ("y", five)], &[("x", "x"), ("y", "y")]);
        // Two small ones have five people together.
        check(
            &[("x", five), ("y", &["a", "b"]), ("z", &["c", "d", "e"])],
            &[("x", "x"), ("y", SMALL), ("z", SMALL)],
        );
        // A small one takes in a larger one.
        check(
            &[
                ("w", five),
                ("x", &["a", "b", "c", "d", "e", "f"]),
                ("y", &["a"]),
            ],
            &[("w", SMALL), ("x", "x"), ("y", SMALL)],
        );
        // Too few people in all, or none known.
        check(
            &[("x", &["a", "b"]), ("y", &["c"])],
            &[("x", ALL), ("y", ALL)],
        );
        check(&[("x", &[]), ("y", &[])], &[("x", ALL), ("y", ALL)]);
        check(&[("x", five)], &[("x", "x")]);
    }
}
