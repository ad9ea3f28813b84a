//! How many people there are at least, where the same one may go by several pseudonyms.

use std::collections::{BTreeMap, BTreeSet};

/// People by the key that their pseudonyms were made with. Two clones without a common key give one person
/// two names, so only those of one key are certain to be different people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct People<'p> {
    by_key: BTreeMap<&'p str, BTreeSet<&'p str>>,
}

impl<'p> People<'p> {
    /// Takes in a pseudonym, if there is one.
    pub(super) fn add(&mut self, who: Option<&'p str>, key: &'p str) {
        if let Some(who) = who {
            self.by_key.entry(key).or_default().insert(who);
        }
    }

    /// Takes in others.
    pub(super) fn extend(&mut self, other: &Self) {
        for (key, people) in &other.by_key {
            self.by_key.entry(key).or_default().extend(people);
        }
    }

    /// How many people these are at least: the most of one key, never a sum over keys.
    pub(super) fn at_least(&self) -> usize {
        self.by_key.values().map(BTreeSet::len).max().unwrap_or(0)
    }

    /// Whether nobody is told apart.
    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_in_five_clones_is_one() {
        let mut people = People::default();
        for (who, key) in [
            ("a1", "k1"),
            ("a2", "k2"),
            ("a3", "k3"),
            ("a4", "k4"),
            ("a5", "k5"),
        ] {
            people.add(Some(who), key);
        }
        people.add(None, "k6");
        assert_eq!(people.at_least(), 1);
        let mut other = People::default();
        other.add(Some("b1"), "k1");
        people.extend(&other);
        assert_eq!(people.at_least(), 2);
        assert!(People::default().is_empty());
    }
}
