//! What holds for a rule, and why: for lists and rationales.

use super::Policy;
use crate::config::profile::{Fact, RuleFacts};
use crate::finding::{Precision, RepoPath, Severity};

/// What holds for a rule, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The severity that counts; `None` = the rule does not run, or says nothing there.
    pub severity: Option<Severity>,
    /// Why it is that; empty where it is the rule's own.
    pub because: Vec<String>,
    /// Whether its precision is enough to be shown.
    pub is_shown: bool,
}

impl Policy {
    /// What holds for a rule at a file or folder; without one, at the root for the strictest class.
    pub fn explain(&self, path: Option<&RepoPath>, rule: &RuleFacts) -> Explained {
        let ruling = path.and_then(|path| self.ruling(path));
        let zone = match path {
            Some(path) => self.zone(path),
            None => self.zones.first(),
        };
        let terms = match ruling {
            Some(ruling) => Some(ruling.terms),
            None => zone.and_then(|zone| {
                let all = zone.terms.values();
                all.max_by_key(|terms| terms.severity_of(rule))
            }),
        };
        let (Some(zone), Some(terms)) = (zone, terms) else {
            return Explained {
                severity: Some(rule.severity),
                because: Vec::new(),
                is_shown: rule.precision >= Precision::High,
            };
        };
        let mut severity = terms.severity_of(rule);
        let mut because: Vec<String> = Vec::new();
        let change = zone.named.rules.get(&rule.id);
        let is_named = change.is_some_and(|change| change.severity.is_some() || severity.is_none());
        if severity.is_none() || is_named {
            let reason = change.and_then(|change| change.reason.as_deref());
            because.push(format!(
                "scrubin.toml: {}",
                reason.unwrap_or("no reason given")
            ));
        } else if let Some(raised) = terms.effects.severities.get(&rule.id) {
            because.extend(raised.because.iter().map(|&words| words.to_owned()));
        }
        if let Some(ruling) = ruling {
            if ruling.is_silent(&rule.id) {
                (severity, because) = (None, vec![Fact::OffDevice.words().to_owned()]);
            } else if ruling.is_for_soup_list(&rule.id) {
                because.push(format!("{}: for the SOUP risk list", Fact::Soup.words()));
            }
        }
        Explained {
            is_shown: severity.is_some_and(|at| terms.shows(&rule.id, at, rule.precision)),
            severity,
            because,
        }
    }
}
