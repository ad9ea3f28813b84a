//! Facts → effects on rules.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::wraps_silently;
use super::mapping::{Act, ROWS};
use super::model::{Profile, SafetyClass};
use super::select::Selector;
use crate::finding::{Precision, RuleId, RuleStatus, Severity};

/// What the mapping has to know of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFacts {
    /// Its code.
    pub id: RuleId,
    /// Its slug.
    pub slug: String,
    /// Its own severity.
    pub severity: Severity,
    /// Its precision.
    pub precision: Precision,
    /// How far it has come.
    pub status: RuleStatus,
}

/// The severity that a profile gives a rule, and the facts that ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The severity.
    pub to: Severity,
    /// The facts in words, in the order of the table.
    pub because: Vec<&'static str>,
}

/// What a profile does to the rules in folders of one class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    /// Rules whose severity the profile speaks of, also where that is their own.
    pub severities: BTreeMap<RuleId, Raised>,
    /// Rules that are shown whatever their precision.
    pub shown: BTreeSet<RuleId>,
    /// Whether errors of medium precision are shown and block.
    pub medium_errors: bool,
    /// Whether an error needs a second person to be excused.
    pub second_person: bool,
    /// Whether the review prints what to check by hand.
    pub checklist: bool,
    /// Rules whose messages say that arithmetic wraps silently.
    pub wrapping: BTreeSet<RuleId>,
}

/// What the profile does to the rules in folders of that class.
pub fn effects(profile: &Profile, class: SafetyClass, rules: &[RuleFacts]) -> Effects {
    let mut found = Effects::default();
    let holding = || {
        ROWS.iter()
            .filter(|row| row.when.iter().all(|fact| fact.holds(profile, class)))
    };
    // The table's lowering comes first, so that every other row can raise what it lowered.
    let mut sets: BTreeMap<&RuleId, Raised> = BTreeMap::new();
    for row in holding() {
        for act in row.acts {
            if let Act::Set(names, to) = act {
                for rule in named(names, rules) {
                    sets.insert(
                        &rule.id,
                        Raised {
                            to: *to,
                            because: vec![cause(row.when)],
                        },
                    );
                }
            }
        }
    }
    for rule in rules {
        let set = sets.remove(&rule.id);
        let start = set.as_ref().map_or(rule.severity, |set| set.to);
        let mut raised = Raised {
            to: start,
            because: Vec::new(),
        };
        for row in holding() {
            let asks = row.acts.iter().filter_map(|act| wanted(act, rule)).max();
            match asks {
                Some(to) if to > raised.to => {
                    raised.to = to;
                    raised.because = vec![cause(row.when)];
                }
                // Of a severity that the rule has by itself nobody needs to know the other causes.
                Some(to) if to == raised.to => raised.because.push(cause(row.when)),
                _ => {}
            }
        }
        if raised.to == start
            && let Some(set) = set
        {
            let mut because = set.because;
            because.append(&mut raised.because);
            raised.because = because;
        }
        if !raised.because.is_empty() {
            raised.because.dedup();
            found.severities.insert(rule.id.clone(), raised);
        }
    }
    for act in holding().flat_map(|row| row.acts) {
        let ids = |names: &[&str]| named(names, rules).map(|rule| rule.id.clone()).collect();
        match act {
            Act::Show(names) => {
                let more: BTreeSet<RuleId> = ids(names);
                found.shown.extend(more);
            }
            Act::MediumErrorsBlock => found.medium_errors = true,
            Act::SecondPerson => found.second_person = true,
            Act::Checklist => found.checklist = true,
            Act::WrapsSilently(names) if wraps_silently(profile) => found.wrapping = ids(names),
            _ => {}
        }
    }
    found
}

/// The severity that the act asks for, for this rule.
fn wanted(act: &Act, rule: &RuleFacts) -> Option<Severity> {
    match act {
        Act::Raise(names, to) => is_named(names, rule).then_some(*to),
        Act::WarningsToErrors(names) => {
            (rule.severity == Severity::Warning && is_named(names, rule)).then_some(Severity::Error)
        }
        _ => None,
    }
}

fn named<'r>(
    names: &'r [&str],
    rules: &'r [RuleFacts],
) -> impl Iterator<Item = &'r RuleFacts> + use<'r> {
    rules.iter().filter(|rule| is_named(names, rule))
}

/// Whether the names stand for the rule. Areas leave out rules of low precision and experiments.
pub(super) fn is_named(names: &[&str], rule: &RuleFacts) -> bool {
    names.iter().any(|name| {
        Selector::parse(name).is_some_and(|selector| {
            selector.fits(rule.id.as_str())
                && (!selector.is_area()
                    || (rule.precision >= Precision::Medium
                        && rule.status != RuleStatus::Experimental))
        })
    })
}

/// Whether one of the names stands for a rule, whatever its precision.
pub(crate) fn fits_any(names: &[&str], id: &RuleId) -> bool {
    names
        .iter()
        .any(|name| Selector::parse(name).is_some_and(|selector| selector.fits(id.as_str())))
}

fn cause(when: &[super::Fact]) -> &'static str {
    when.first().map_or("", |fact| fact.words())
}
