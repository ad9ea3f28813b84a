//! A rule as JSON; the form of `rules list --format json` and of `explain --format json`.

use serde::Serialize;

use super::clauses::Clause;
use super::profiled::Profiled;
use crate::finding::{FixSafety, Severity};
use crate::report::visible;
use crate::rules::{Example, ExampleKind, RuleInfo};

/// A list of rules. The names of the fields are a contract.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    rules: Vec<RulePart<'a>>,
}

#[derive(Serialize)]
struct RulePart<'a> {
    id: &'a str,
    slug: &'a str,
    aliases: &'a [String],
    languages: Vec<&'static str>,
    severity: &'static str,
    precision: &'static str,
    status: &'static str,
    version: &'a str,
    message: &'a str,
    cwe: &'a [String],
    #[serde(rename = "cert-c")]
    cert_c: &'a [String],
    #[serde(rename = "misra-c-2012")]
    misra_c_2012: &'a [String],
    lesson: &'a str,
    why: &'a str,
    #[serde(rename = "how-to-fix")]
    how_to_fix: &'a str,
    #[serde(rename = "false-positive")]
    false_positive: &'a str,
    incidents: &'a [String],
    examples: Vec<ExamplePart<'a>>,
    references: &'a [String],
    #[serde(rename = "fix-safety")]
    fix_safety: Option<FixSafety>,
    #[serde(rename = "argues-from-absence")]
    argues_from_absence: bool,
    builtin: bool,
    /// The severity that counts here, `off` included; only in the list with a profile.
    #[serde(rename = "profile-severity", skip_serializing_if = "Option::is_none")]
    profile_severity: Option<&'static str>,
    /// Why it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a [String]>,
    /// Whether its precision is enough to be shown by `check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<bool>,
    /// Other rules of the same lesson; only on the page of one rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    related: Option<Vec<&'a str>>,
    /// Clauses that its findings say something about; only on the page of one rule.
    #[serde(rename = "evidence-for", skip_serializing_if = "Option::is_none")]
    evidence_for: Option<Vec<ClausePart<'a>>>,
}

#[derive(Serialize)]
struct ClausePart<'a> {
    standard: &'a str,
    controls: &'a str,
}

/// `{"bad": CODE}` or `{"good": CODE}`, with the path and the code before the change where
/// the example has them.
#[derive(Serialize)]
struct ExamplePart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    bad: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a str>,
}

impl<'a> ExamplePart<'a> {
    fn new(example: &'a Example) -> Self {
        let code = example.code.as_str();
        let is_bad = example.kind == ExampleKind::Bad;
        Self {
            bad: is_bad.then_some(code),
            good: (!is_bad).then_some(code),
            path: example.path.as_deref(),
            base: example.base.as_deref(),
            fixed: example.fixed.as_deref(),
        }
    }
}

fn part<'a>(rule: &'a RuleInfo, related: Option<&[&'a RuleInfo]>) -> RulePart<'a> {
    RulePart {
        id: rule.id.as_str(),
        slug: &rule.slug,
        aliases: &rule.aliases,
        languages: rule.languages.iter().map(|l| l.as_str()).collect(),
        severity: rule.severity.as_str(),
        precision: rule.precision.as_str(),
        status: rule.status.as_str(),
        version: &rule.version,
        message: &rule.message,
        cwe: &rule.cwe,
        cert_c: &rule.cert_c,
        misra_c_2012: &rule.misra_c_2012,
        lesson: &rule.lesson,
        why: &rule.why,
        how_to_fix: &rule.how_to_fix,
        false_positive: &rule.false_positive,
        incidents: &rule.incidents,
        examples: rule.examples.iter().map(ExamplePart::new).collect(),
        references: &rule.references,
        fix_safety: rule.fix_safety,
        argues_from_absence: rule.argues_from_absence,
        builtin: rule.builtin,
        profile_severity: None,
        because: None,
        shown: None,
        related: related.map(|rules| rules.iter().map(|rule| rule.id.as_str()).collect()),
        evidence_for: None,
    }
}

/// Renders rules, in the given order; ends with a line feed.
pub(super) fn many(rules: &[&RuleInfo]) -> String {
    finish(&Document {
        rules: rules.iter().map(|rule| part(rule, None)).collect(),
    })
}

/// Renders rules with what holds for them by a profile; ends with a line feed.
pub(super) fn profiled(rules: &[Profiled<'_>]) -> String {
    finish(&Document {
        rules: rules
            .iter()
            .map(|one| RulePart {
                profile_severity: Some(one.effective.map_or("off", Severity::as_str)),
                because: Some(&one.because),
                shown: Some(one.is_shown),
                ..part(one.rule, None)
            })
            .collect(),
    })
}

/// Renders one rule with the rules of its lesson; ends with a line feed.
pub(super) fn one<'c>(
    rule: &'c RuleInfo,
    related: &[&'c RuleInfo],
    clauses: &'c [Clause],
) -> String {
    let clause = |clause: &'c Clause| ClausePart {
        standard: &clause.standard,
        controls: &clause.controls,
    };
    finish(&Document {
        rules: vec![RulePart {
            evidence_for: Some(clauses.iter().map(clause).collect()),
            ..part(rule, Some(related))
        }],
    })
}

fn finish(document: &Document<'_>) -> String {
    // The document holds strings and lists alone, whose serialization cannot fail.
    let mut text = visible::json(serde_json::to_string_pretty(document).unwrap_or_default());
    text.push('\n');
    text
}
