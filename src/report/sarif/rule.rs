//! Rules as SARIF describes them.

use serde_json::json;

use crate::finding::{Precision, RuleId, Severity};
use crate::rules::RuleInfo;

use super::super::{page, visible, words};
use super::log::{Configuration, Descriptor, Message};

/// Tags of a rule that GitHub keeps.
const TAG_LIMIT: usize = 20;

/// The SARIF level of a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// GitHub's score of a security rule: critical above 9.0, high from 7.0, medium from 4.0, low
/// below. The severity chooses the class, the precision the place in it: a doubtful rule sorts
/// below a sure one of the same harm. No rule claims critical, which only knowledge of the device
/// could justify.
pub(super) fn security_severity(severity: Severity, precision: Precision) -> &'static str {
    match (severity, precision) {
        (Severity::Error, Precision::High) => "8.0",
        (Severity::Error, Precision::Medium) => "7.5",
        (Severity::Error, Precision::Low) => "7.0",
        (Severity::Warning, Precision::High) => "6.0",
        (Severity::Warning, Precision::Medium) => "5.5",
        (Severity::Warning, Precision::Low) => "5.0",
        (Severity::Info, Precision::High) => "3.0",
        (Severity::Info, Precision::Medium) => "2.5",
        (Severity::Info, Precision::Low) => "2.0",
    }
}

/// `source-sized-copy` and `acme.no_printf` as `SourceSizedCopy` and `AcmeNoPrintf`.
pub(super) fn pascal_case(name: &str) -> String {
    name.split(|character: char| !character.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

/// Everything SARIF can say about a rule.
pub(super) fn descriptor(rule: &RuleInfo, page_base: Option<&str>) -> Descriptor {
    let problem = match rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "recommendation",
    };
    let mut tags = vec!["security".to_owned()];
    for cwe in &rule.cwe {
        if let Some(number) = page::cwe_number(cwe) {
            tags.push(format!("external/cwe/cwe-{number:03}"));
        }
    }
    tags.extend(
        rule.languages
            .iter()
            .map(|language| language.as_str().to_owned()),
    );
    if !rule.lesson.is_empty() {
        tags.push(rule.lesson.clone());
    }
    tags.truncate(TAG_LIMIT);
    let effect = words::full_sentence(&visible::line(&rule.message));
    let why: Vec<&str> = rule.why.split_whitespace().collect();
    let full = if why.is_empty() {
        effect.clone()
    } else {
        words::full_sentence(&visible::line(&why.join(" ")))
    };
    Descriptor {
        id: rule.id.to_string(),
        name: pascal_case(words::name(rule)),
        short_description: Message::text(&effect),
        full_description: Some(Message::text(&full)),
        help: Some(Message {
            text: page::plain(rule),
            markdown: Some(page::markdown(rule)),
        }),
        help_uri: page::uri(rule, page_base),
        message_strings: None,
        default_configuration: Some(Configuration {
            level: level(rule.severity),
        }),
        properties: Some(json!({
            "tags": tags,
            "precision": rule.precision.as_str(),
            "problem.severity": problem,
            "security-severity": security_severity(rule.severity, rule.precision),
            "slug": rule.slug,
            "cwe": page::cwe_ids(rule),
            "certC": rule.cert_c,
            "misraC2012": rule.misra_c_2012,
            "lesson": rule.lesson,
            "status": rule.status.as_str(),
            "ruleVersion": rule.version,
        })),
    }
}

/// A rule nothing is known of but its id.
pub(super) fn unknown(id: &RuleId) -> Descriptor {
    let sentence = format!("Rule {id}.");
    Descriptor {
        full_description: Some(Message::text(&sentence)),
        help: Some(Message::text(&sentence)),
        ..Descriptor::named(id.to_string(), pascal_case(id.as_str()), &sentence)
    }
}
