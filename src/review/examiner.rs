//! All built-in rules on a piece of code that stands in no repository.

use super::ruleset::Ruleset;
use super::selftest::Bench;
use crate::finding::{Finding, RepoPath};

/// Rules, ready to look at pieces of code.
pub struct Examiner {
    bench: Bench,
}

impl Examiner {
    /// With all rules of a set, whatever their precision.
    pub fn new(ruleset: &Ruleset) -> Self {
        Self {
            bench: Bench::new(&ruleset.rules),
        }
    }

    /// What the rules find in a text that is called so.
    ///
    /// # Errors
    /// A part of it does not parse; in words.
    pub fn findings(&mut self, path: &RepoPath, text: &str) -> Result<Vec<Finding>, String> {
        self.bench.findings(path, (text, None))
    }
}
