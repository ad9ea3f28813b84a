//! All built-in rules on a piece of code that stands in no repository.

use std::collections::BTreeSet;

use super::ruleset::Ruleset;
use super::selftest::{Rules, findings};
use super::{flow_rules, host_code};
use crate::config::C;
use crate::finding::{Finding, Precision, RepoPath};
use crate::matching::Engine;
use crate::syntax::{Limits, Parser};

/// Rules, ready to look at pieces of code.
pub struct Examiner {
    engine: Engine,
    flow: flow_rules::FlowRules,
    host_code: host_code::HostCode,
    parser: Parser,
}

impl Examiner {
    /// With all rules of a set, whatever their precision.
    pub fn new(ruleset: &Ruleset) -> Self {
        let target = flow_rules::target(&C::default());
        Self {
            engine: Engine::new(ruleset.rules.clone()),
            flow: flow_rules::FlowRules::new(
                &ruleset.rules,
                target,
                Precision::Low,
                &BTreeSet::new(),
            ),
            host_code: host_code::HostCode::new(&ruleset.rules),
            parser: Parser::new(Limits::default()),
        }
    }

    /// What the rules find in a text that is called so.
    ///
    /// # Errors
    /// A part of it does not parse; in words.
    pub fn findings(&mut self, path: &RepoPath, text: &str) -> Result<Vec<Finding>, String> {
        let rules: Rules<'_> = (&self.engine, &self.flow, &self.host_code);
        findings(rules, &mut self.parser, path, (text, None))
    }
}
