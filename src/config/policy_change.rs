//! What a change of the configuration does to the review.

use std::collections::BTreeSet;

use super::policy::{Policy, Zone};
use super::profile::{RuleFacts, SafetyClass, Switch};
use crate::finding::RepoPath;

/// What differs between the configurations of base and head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyChange {
    /// Rules whose severity differs.
    pub rules: Vec<Switch>,
    /// What else differs, in sentences; those that make the review laxer are marked.
    pub others: Vec<(String, bool)>,
}

impl PolicyChange {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.others.is_empty()
    }

    /// Whether something weighs less than before, so that a second person has to agree.
    pub fn lowers(&self) -> bool {
        self.rules.iter().any(Switch::is_lowered) || self.others.iter().any(|(_, lowers)| *lowers)
    }
}

/// Compares two configurations of one repository.
pub fn changes(base: &Policy, head: &Policy, rules: &[RuleFacts]) -> PolicyChange {
    let mut found = PolicyChange::default();
    let folders: BTreeSet<&RepoPath> = base
        .zones
        .iter()
        .chain(&head.zones)
        .map(|zone| &zone.folder)
        .collect();
    for folder in folders {
        let (Some(before), Some(after)) = (base.zone(folder), head.zone(folder)) else {
            continue;
        };
        let name = folder.to_string();
        for class in classes(before, after) {
            let switches = switches(before, after, class, rules);
            let shown = match class {
                Some(class) => format!("{name} (class {})", class.as_str())
                    .trim()
                    .to_owned(),
                None => name.clone(),
            };
            for (mut switch, is_everywhere) in switches {
                switch.folder = if is_everywhere {
                    name.clone()
                } else {
                    shown.clone()
                };
                // What holds for a whole repository is not told again for its folders.
                let known = |other: &Switch| {
                    (other.folder == switch.folder || other.folder.is_empty())
                        && other.rule == switch.rule
                        && other.from == switch.from
                        && other.to == switch.to
                };
                if !found.rules.iter().any(known) {
                    found.rules.push(switch);
                }
            }
        }
        others(&name, before, after, &mut found.others);
    }
    found
}

/// The classes to compare: those that either side has.
fn classes(before: &Zone, after: &Zone) -> BTreeSet<Option<SafetyClass>> {
    let mut all: BTreeSet<Option<SafetyClass>> = before
        .terms
        .keys()
        .chain(after.terms.keys())
        .copied()
        .collect();
    if all.len() > 1 {
        all.remove(&None);
    }
    all
}

/// Rules that differ for a class; whether they do so for every class.
fn switches(
    before: &Zone,
    after: &Zone,
    class: Option<SafetyClass>,
    rules: &[RuleFacts],
) -> Vec<(Switch, bool)> {
    let severities = |class: Option<SafetyClass>, rule: &RuleFacts| {
        let of = |zone: &Zone| {
            let terms = zone.terms.get(&class).or_else(|| {
                let unclassified = zone.terms.get(&None);
                unclassified.or_else(|| zone.terms.get(&Some(SafetyClass::C)))
            });
            terms.and_then(|terms| terms.severity_of(rule))
        };
        (of(before), of(after))
    };
    let all = classes(before, after);
    rules
        .iter()
        .filter_map(|rule| {
            let (from, to) = severities(class, rule);
            let is_everywhere = all
                .iter()
                .all(|class| severities(*class, rule) == (from, to));
            (from != to).then(|| {
                let switch = Switch {
                    rule: rule.id.clone(),
                    folder: String::new(),
                    from,
                    to,
                };
                (switch, is_everywhere)
            })
        })
        .collect()
}

/// Differences that are no severities.
fn others(folder: &str, before: &Zone, after: &Zone, found: &mut Vec<(String, bool)>) {
    let place = if folder.is_empty() {
        String::new()
    } else {
        format!(" in `{folder}`")
    };
    let mut tell = |text: String, lowers: bool| {
        if !found.iter().any(|(known, _)| *known == text) {
            found.push((text, lowers));
        }
    };
    let level = |zone: &Zone| zone.leveled.as_ref().map(|leveled| leveled.level);
    let word = |zone: &Zone| level(zone).map_or("none", super::profile::Level::as_str);
    if level(before) != level(after) {
        let text = format!("level{place}: {} to {}", word(before), word(after));
        tell(text, level(after) < level(before));
    }
    let terms = |zone: &Zone| zone.terms.values().next_back().cloned().unwrap_or_default();
    let (old, new) = (terms(before), terms(after));
    if old.fail_on != new.fail_on {
        let word = |one: &super::Terms| one.fail_on.map_or("", super::FailOn::as_str);
        let blocks = |one: &super::Terms| match one.fail_on {
            Some(super::FailOn::Warning) => 2,
            Some(super::FailOn::Never) => 0,
            _ => 1,
        };
        let text = format!("`check.fail-on`{place}: {} to {}", word(&old), word(&new));
        tell(text, blocks(&new) < blocks(&old));
    }
    if old.precision != new.precision {
        let word = |one: &super::Terms| one.precision.map_or("", crate::finding::Precision::as_str);
        let text = format!("`check.precision`{place}: {} to {}", word(&old), word(&new));
        tell(text, new.precision > old.precision);
    }
    if old.severity != new.severity {
        let word = |one: &super::Terms| one.severity.map_or("", crate::finding::Severity::as_str);
        let text = format!("`check.severity`{place}: {} to {}", word(&old), word(&new));
        tell(text, new.severity > old.severity);
    }
    for (name, pick) in LISTS {
        let (old, new) = (pick(before), pick(after));
        for added in new.difference(&old) {
            tell(format!("`{name}`{place} takes in `{added}`"), true);
        }
        for removed in old.difference(&new) {
            tell(format!("`{name}`{place} leaves out `{removed}`"), false);
        }
    }
}

type Pick = fn(&Zone) -> BTreeSet<String>;

/// Lists of paths whose files are reviewed less.
const LISTS: [(&str, Pick); 7] = [
    ("paths.exclude", |zone| patterns(Some(&zone.paths.exclude))),
    ("paths.vendor", |zone| patterns(Some(&zone.paths.vendor))),
    ("paths.test", |zone| patterns(Some(&zone.paths.test))),
    ("profile.software.soup", |zone| {
        patterns(zone.profile.as_ref().and_then(|p| p.software.soup.as_ref()))
    }),
    ("profile.software.test", |zone| {
        patterns(zone.profile.as_ref().and_then(|p| p.software.test.as_ref()))
    }),
    ("profile.software.host-tools", |zone| {
        patterns(
            zone.profile
                .as_ref()
                .and_then(|p| p.software.host_tools.as_ref()),
        )
    }),
    ("profile.software.factory", |zone| {
        patterns(
            zone.profile
                .as_ref()
                .and_then(|p| p.software.factory.as_ref()),
        )
    }),
];

fn patterns(globs: Option<&super::Globs>) -> BTreeSet<String> {
    globs
        .into_iter()
        .flat_map(super::Globs::patterns)
        .map(|glob| glob.as_str().to_owned())
        .collect()
}
