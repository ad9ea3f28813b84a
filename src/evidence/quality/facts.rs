//! What a window of findings says of a weakness, in numbers and in words.

use std::collections::BTreeMap;

use crate::training::history::Episode;
use crate::training::team::groups::Groups;

/// Most fingerprints that a record names.
const RELATED: usize = 20;

/// What the findings of a window say together.
pub(super) struct Facts {
    pub(super) findings: u64,
    pub(super) in_review: u64,
    pub(super) again: u64,
    pub(super) open: u64,
    pub(super) rules: BTreeMap<String, u64>,
    pub(super) components: BTreeMap<String, u64>,
    /// Whether components are told apart at all.
    tells_components: bool,
    pub(super) related: Vec<String>,
}

impl Facts {
    /// Components in which fewer than five people work stand together, as in the team's report.
    pub(super) fn of(window: &[&Episode<'_>], groups: &Groups) -> Self {
        let count = |is_in: fn(&Episode<'_>) -> bool| {
            let number = window.iter().filter(|one| is_in(one)).count();
            u64::try_from(number).unwrap_or(u64::MAX)
        };
        let by = |of: &dyn Fn(&Episode<'_>) -> String| {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for episode in window {
                *counts.entry(of(episode)).or_default() += 1;
            }
            counts
        };
        let (open, gone): (Vec<&Episode<'_>>, Vec<&Episode<'_>>) =
            window.iter().partition(|one| one.gone.is_none());
        Self {
            findings: count(|_| true),
            in_review: count(|one| one.reviewed),
            again: count(|one| one.again),
            open: count(|one| one.gone.is_none()),
            rules: by(&|one| one.found.rule.clone()),
            components: by(&|one| groups.of(&one.found.component).to_owned()),
            tells_components: groups.names().len() > 1,
            related: open
                .into_iter()
                .chain(gone)
                .take(RELATED)
                .map(|one| one.found.fingerprint.clone())
                .collect(),
        }
    }

    /// The most frequent entry, where it has two thirds or more of all.
    fn most(&self, counts: &BTreeMap<String, u64>) -> Option<String> {
        let (name, count) = counts.iter().max_by_key(|(_, count)| **count)?;
        (count * 3 >= self.findings * 2 && !name.is_empty()).then(|| name.clone())
    }

    /// What the numbers say of the cause, for people who look for it.
    pub(super) fn signs(&self) -> Vec<String> {
        let mut signs = Vec::new();
        if !self.tells_components {
            // Where it comes from would say who wrote it.
        } else if let Some(component) = self.most(&self.components) {
            signs.push(format!(
                "most of it in `{component}`: something about this part of the software"
            ));
        } else {
            signs.push("in several components: something about knowledge, a pattern or an interface that they share".to_owned());
        }
        if let Some(rule) = self.most(&self.rules).filter(|_| self.rules.len() > 1) {
            signs.push(format!("most of it found by {rule}"));
        }
        if self.in_review * 2 > self.findings {
            signs.push("most of it first stopped by a review of what was pushed: hooks are not installed, or passed by".to_owned());
        }
        if self.again > 0 {
            signs.push(format!(
                "{} had been repaired before: a repair that does not last",
                self.again
            ));
        }
        signs
    }

    /// What could be done about it.
    pub(super) fn proposed(&self, lesson: &str) -> Vec<String> {
        let mut proposed = vec![format!(
            "talk about {lesson} in the team: `scrubin training report --brown-bag sheet.html`, and `scrubin learn`"
        )];
        if self.in_review * 2 > self.findings {
            proposed.push("look at the hooks of each clone: `scrubin hook status`".to_owned());
        }
        if self.again > 0 {
            proposed.push("make a test of each repair, and keep it".to_owned());
        }
        let component = self
            .most(&self.components)
            .filter(|_| self.tells_components);
        if let Some(component) = component {
            proposed.push(format!(
                "review `{component}` as a whole: `scrubin check --all`"
            ));
        } else {
            proposed.push("offer one checked way to do it, and use it everywhere".to_owned());
        }
        proposed
    }
}
