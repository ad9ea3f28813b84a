//! Facts → effects on rules.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::wraps_silently;
use super::mapping::{Act, ROWS, Row};
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

/// A row that holds, its names read once.
struct Holding {
    row: &'static Row,
    acts: Vec<(&'static Act, Vec<Selector<'static>>)>,
}

/// What the profile does to the rules in folders of that class.
pub fn effects(profile: &Profile, class: SafetyClass, rules: &[RuleFacts]) -> Effects {
    let mut found = Effects::default();
    let rows: Vec<Holding> = ROWS
        .iter()
        .filter(|row| row.when.iter().all(|fact| fact.holds(profile, class)))
        .map(|row| Holding {
            row,
            acts: row
                .acts
                .iter()
                .map(|act| {
                    let names = act.names().iter();
                    (
                        act,
                        names.filter_map(|name| Selector::parse(name)).collect(),
                    )
                })
                .collect(),
        })
        .collect();
    for rule in rules {
        if let Some(raised) = severity(&rows, rule) {
            found.severities.insert(rule.id.clone(), raised);
        }
    }
    for (act, selectors) in rows.iter().flat_map(|holding| &holding.acts) {
        let named = || {
            let named = rules.iter().filter(|rule| fits(selectors, rule));
            named
                .map(|rule| rule.id.clone())
                .collect::<BTreeSet<RuleId>>()
        };
        match act {
            Act::Show(_) => found.shown.extend(named()),
            Act::MediumErrorsBlock => found.medium_errors = true,
            Act::SecondPerson => found.second_person = true,
            Act::Checklist => found.checklist = true,
            Act::WrapsSilently(_) if wraps_silently(profile) => found.wrapping = named(),
            _ => {}
        }
    }
    found
}

/// The severity that the rows give a rule, if they speak of it. What the table lowers comes first, so
/// that every other row can raise it.
fn severity(rows: &[Holding], rule: &RuleFacts) -> Option<Raised> {
    let asked = |wanted: &dyn Fn(&Act) -> Option<Severity>| {
        let mut asked = Vec::new();
        for holding in rows {
            let acts = holding.acts.iter();
            let severities =
                acts.filter_map(|(act, selectors)| wanted(act).filter(|_| fits(selectors, rule)));
            if let Some(to) = severities.max() {
                asked.push((to, cause(holding.row.when)));
            }
        }
        asked
    };
    let set = asked(&|act| match act {
        Act::Set(_, to) => Some(*to),
        _ => None,
    });
    let raises = asked(&|act| match act {
        Act::Raise(_, to) => Some(*to),
        Act::WarningsToErrors(_) if rule.severity == Severity::Warning => Some(Severity::Error),
        _ => None,
    });
    let mut raised = Raised {
        to: set.first().map_or(rule.severity, |(to, _)| *to),
        because: set.iter().map(|(_, cause)| *cause).collect(),
    };
    for (to, cause) in raises {
        if to > raised.to {
            raised.to = to;
            raised.because = vec![cause];
        } else if to == raised.to {
            raised.because.push(cause);
        }
    }
    raised.because.dedup();
    (!raised.because.is_empty()).then_some(raised)
}

fn fits(selectors: &[Selector<'_>], rule: &RuleFacts) -> bool {
    selectors.iter().any(|selector| is_meant(selector, rule))
}

/// Whether the selector stands for the rule. Areas leave out rules of low precision and experiments.
fn is_meant(selector: &Selector<'_>, rule: &RuleFacts) -> bool {
    selector.fits(rule.id.as_str())
        && (!selector.is_area()
            || (rule.precision >= Precision::Medium && rule.status != RuleStatus::Experimental))
}

/// Whether one of the names stands for the rule.
pub(super) fn is_named(names: &[&str], rule: &RuleFacts) -> bool {
    names
        .iter()
        .any(|name| Selector::parse(name).is_some_and(|selector| is_meant(&selector, rule)))
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
