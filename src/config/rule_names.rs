//! Rules as people name them: code, slug or former slug.

use std::collections::BTreeMap;

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

/// What the configuration says of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOverride {
    /// Replaces the rule's severity.
    pub severity: Option<Severity>,
    /// Whether the rule runs.
    pub enabled: bool,
    /// The reason given, for the record.
    pub reason: Option<String>,
}
