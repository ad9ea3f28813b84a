//! Rules as people name them: code, slug or former slug.

use std::collections::BTreeMap;

use super::error::Place;
use super::nearest;
use crate::finding::{RuleId, Severity};

/// All rules there are, by every name they have, whether or not they run.
#[derive(Debug, Clone, Default)]
pub struct RuleNames {
    by_name: BTreeMap<String, (RuleId, Severity)>,
}

impl RuleNames {
    /// Adds a rule with its own severity under its id and `names` (slug, former slugs). Empty names
    /// are ignored, and so is a name another rule has already: an id wins over a slug as long as
    /// ids are added first.
    pub fn insert<'n>(
        &mut self,
        id: &RuleId,
        severity: Severity,
        names: impl IntoIterator<Item = &'n str>,
    ) {
        self.by_name
            .insert(id.as_str().to_owned(), (id.clone(), severity));
        for name in names {
            if !name.is_empty() && !self.by_name.contains_key(name) {
                self.by_name.insert(name.to_owned(), (id.clone(), severity));
            }
        }
    }

    /// The rule of that name, and its own severity. A name of the form `TOOL/RULE` is the rule of
    /// another tool, whose findings may be imported or not; its severity is the tool's affair.
    pub fn find(&self, name: &str) -> Option<(RuleId, Severity)> {
        let known = self.by_name.get(name).cloned();
        known.or_else(|| {
            let (tool, rule) = name.split_once('/')?;
            let is_foreign = !tool.is_empty() && !rule.is_empty();
            let id = RuleId::parse(name).ok().filter(|_| is_foreign)?;
            Some((id, Severity::Info))
        })
    }

    /// The name nearest to a misspelt one.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.by_name.keys().map(String::as_str))
    }
}

/// What a configuration file says of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOverride {
    /// Replaces the rule's severity.
    pub severity: Option<Severity>,
    /// Whether the rule runs, if that is said.
    pub enabled: Option<bool>,
    /// The reason given, for the record.
    pub reason: Option<String>,
    /// Where it says so.
    pub place: Box<Place>,
}

/// What a configuration file says of rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedRules {
    /// Those of `[check] disable`, if it is stated, with their places.
    pub disabled: Option<BTreeMap<RuleId, Box<Place>>>,
    /// Those of `[rules]`.
    pub rules: BTreeMap<RuleId, RuleOverride>,
}

impl NamedRules {
    /// What holds in a folder whose own file says this, below a folder where that holds: the list of
    /// disabled rules counts as a whole, and so does the table of a rule.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let mut rules = below.rules;
        rules.extend(self.rules);
        Self {
            disabled: self.disabled.or(below.disabled),
            rules,
        }
    }

    /// Whether the rule runs; `rules.RULE.enabled` wins over `check.disable`.
    pub fn enabled(&self, id: &RuleId) -> bool {
        let disabled = self
            .disabled
            .as_ref()
            .is_some_and(|disabled| disabled.contains_key(id));
        self.rules
            .get(id)
            .and_then(|change| change.enabled)
            .unwrap_or(!disabled)
    }

    /// The severity that replaces the rule's own.
    pub fn severity(&self, id: &RuleId) -> Option<Severity> {
        self.rules.get(id).and_then(|change| change.severity)
    }
}
