//! Which components are shown on their own: none in which fewer than five people work, so that no number
//! is that of a person.

use std::collections::{BTreeMap, BTreeSet};

use super::people::People;
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
    /// All authors, at least; `None` where people are not told apart.
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
    let mut authors: BTreeMap<&str, People<'_>> = BTreeMap::new();
    for run in runs {
        for component in components(run) {
            let people = authors.entry(component).or_default();
            people.add(run.who.as_deref(), &run.key);
        }
    }
    for episode in episodes {
        let people = authors.entry(&episode.found.component).or_default();
        people.add(episode.who, episode.key);
    }
    let mut all = People::default();
    for people in authors.values() {
        all.extend(people);
    }
    Groups {
        group_of: grouped(&authors),
        authors: (!all.is_empty()).then(|| all.at_least()),
    }
}

/// The components that a run says something of.
pub(super) fn components(run: &Run) -> impl Iterator<Item = &str> {
    let found = run.found.iter().map(|found| found.component.as_str());
    run.lines.iter().map(|(name, _)| name.as_str()).chain(found)
}

fn grouped(authors: &BTreeMap<&str, People<'_>>) -> BTreeMap<String, String> {
    let mut sorted: Vec<(&str, &People<'_>)> = authors
        .iter()
        .map(|(name, people)| (*name, people))
        .collect();
    sorted.sort_by_key(|(name, people)| (people.at_least(), *name));
    let mut together = People::default();
    let mut small: Vec<&str> = Vec::new();
    for (name, people) in &sorted {
        // The small ones, and as many more as make a group of people.
        if people.at_least() < FEWEST || (!small.is_empty() && together.at_least() < FEWEST) {
            small.push(name);
            together.extend(people);
        }
    }
    let of_small = if small.len() == sorted.len() || together.at_least() < FEWEST {
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
        let mut authors: BTreeMap<&str, People<'_>> = BTreeMap::new();
        for (name, people) in components {
            let of_component = authors.entry(name).or_default();
            for person in *people {
                // `a@k` is made with another key than `a`.
                let key = person.split_once('@').map_or("", |(_, key)| key);
                of_component.add(Some(person), key);
            }
        }
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
        // One person in five clones.
        check(
            &[("x", &["a@1", "a@2", "a@3", "a@4", "a@5"]), ("y", five)],
            &[("x", ALL), ("y", ALL)],
        );
    }
}
