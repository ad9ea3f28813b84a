//! The clauses of standards that findings of a rule say something about, for the page of the rule. Who knows the
//! map of controls fills them in.

use std::collections::BTreeMap;

use crate::rules::RuleInfo;

/// The numbers in one standard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The standard with its edition.
    pub standard: String,
    /// Numbers, and what findings are for them: `evidence for a part of SI-10, SC-5`.
    pub controls: String,
}

/// The clauses of every rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clauses {
    rules: BTreeMap<String, Vec<Clause>>,
}

impl Clauses {
    /// Sets the clauses of a rule.
    pub fn insert(&mut self, rule: &RuleInfo, clauses: Vec<Clause>) {
        self.rules.insert(rule.id.to_string(), clauses);
    }

    /// The clauses of a rule; none of one that nobody knows.
    pub fn of(&self, rule: &RuleInfo) -> &[Clause] {
        self.rules
            .get(rule.id.as_str())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
