//! How much a finding of another tool weighs: what the tool says, what the settings make of it, and
//! whose word excuses it.

use super::super::inputs::Prepared;
use crate::config::Lowered;
use crate::finding::{Finding, Precision, Severity};

/// What became of a finding's weight.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Weighed {
    /// The settings make it weigh less, and say why.
    pub(super) lowered: Option<Lowered>,
    /// They would, and do not say why: it weighs what the tool says.
    pub(super) is_unreasoned: bool,
    /// The tool was told to leave it alone, which excuses no error here.
    pub(super) is_unexcused: bool,
}

/// Sets severity and precision of a finding as the nearest configuration says: a rule's own table
/// before that of its tool. As with rules of ours, weighing less takes a reason.
pub(super) fn weigh(prepared: &Prepared, tool: &str, finding: &mut Finding) -> Weighed {
    let settings = prepared.of_tool(tool);
    let policy = &prepared.settings.policy;
    let named = policy.named_rules(&finding.location.path);
    let change = named.and_then(|(_, named)| named.rules.get(&finding.rule));
    finding.precision = settings.precision.unwrap_or(Precision::Medium);
    let of_rule = change.and_then(|change| Some((change.severity?, &change.reason)));
    let of_tool = settings
        .severity
        .map(|severity| (severity, &settings.reason));
    let mut weighed = Weighed::default();
    if let Some((asked, reason)) = of_rule.or(of_tool) {
        let own = finding.severity;
        match reason.as_deref().filter(|reason| !reason.trim().is_empty()) {
            _ if asked >= own => finding.severity = asked,
            None => weighed.is_unreasoned = true,
            Some(reason) => {
                finding.severity = asked;
                let folder = match (&of_rule, named) {
                    (Some(_), Some((folder, _))) => folder.to_string(),
                    _ => String::new(),
                };
                weighed.lowered = Some(Lowered {
                    rule: finding.rule.to_string(),
                    folder,
                    from: own.as_str(),
                    to: asked.as_str(),
                    reason: reason.to_owned(),
                });
            }
        }
    }
    let wants_second = policy
        .ruling(&finding.location.path)
        .is_some_and(|ruling| ruling.terms.effects.second_person);
    if let Some(origin) = &mut finding.origin
        && wants_second
        && finding.severity == Severity::Error
        && origin.suppressed.take().is_some()
    {
        weighed.is_unexcused = true;
    }
    weighed
}
