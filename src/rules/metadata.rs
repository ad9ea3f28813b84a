//! What people are told about a rule: `metadata` → [`RuleInfo`].

use super::error::RuleError;
use super::format::{ExampleYaml, Loose, MetadataYaml, OneOrMany};
use super::info::{Example, ExampleKind, RuleInfo, RuleLanguage};
use super::load::Reader;
use super::rule::At;
use crate::finding::{FixSafety, Precision, RuleId, RuleStatus, Severity};

impl Reader<'_> {
    pub(super) fn info(
        &self,
        id: RuleId,
        languages: Vec<RuleLanguage>,
        severity: Severity,
        message: String,
        metadata: MetadataYaml,
        at: At,
    ) -> Result<RuleInfo, RuleError> {
        let word = |value: Option<Loose>| -> String {
            value.map(Loose::into_texts).unwrap_or_default().join(", ")
        };
        let many = |value: Option<OneOrMany>| value.unwrap_or_default().0;
        let precision = match (metadata.precision, metadata.confidence) {
            (Some(precision), _) | (None, Some(precision)) => word(Some(precision)),
            (None, None) => "high".to_owned(),
        };
        let precision = match precision.to_ascii_lowercase().as_str() {
            "high" => Precision::High,
            "medium" => Precision::Medium,
            "low" => Precision::Low,
            // Users' metadata may say anything; a built-in rule may not.
            other if self.builtin => {
                return Err(self.error(at, format!("`{other}` is no precision")));
            }
            _ => Precision::High,
        };
        let status = match word(metadata.status).as_str() {
            "experimental" => RuleStatus::Experimental,
            "deprecated" => RuleStatus::Deprecated,
            "stable" => RuleStatus::Stable,
            other if self.builtin => {
                return Err(self.error(at, format!("`{other}` is no status")));
            }
            _ => RuleStatus::Stable,
        };
        let fix_safety = match word(metadata.fix_safety).as_str() {
            "safe" => Some(FixSafety::Safe),
            "suggested" => Some(FixSafety::Suggested),
            _ => None,
        };
        let flag = |key: &str, value: Option<Loose>| match word(value).as_str() {
            "true" => Ok(true),
            "" | "false" => Ok(false),
            other if self.builtin => {
                let message = format!("`{key}: {other}` is neither true nor false");
                Err(self.error(at, message))
            }
            _ => Ok(false),
        };
        let argues_from_absence = flag("argues-from-absence", metadata.argues_from_absence)?;
        let once_per_function = flag("once-per-function", metadata.once_per_function)?;
        let supersedes = many(metadata.supersedes)
            .iter()
            .map(|code| RuleId::parse(code).map_err(|error| self.error(at, error.to_string())))
            .collect::<Result<_, _>>()?;
        let mut examples = Vec::new();
        for example in metadata.examples.unwrap_or_default() {
            let ExampleYaml {
                bad,
                good,
                path,
                base,
                fixed,
            } = example;
            if fixed.is_some() && bad.is_none() {
                let message = "`fixed` stands beside the `bad` that it repairs".to_owned();
                return Err(self.error(at, message));
            }
            let kinds = [(ExampleKind::Bad, bad), (ExampleKind::Good, good)];
            for (kind, code) in kinds {
                if let Some(code) = code {
                    examples.push(Example {
                        kind,
                        code,
                        path: path.clone(),
                        base: base.clone(),
                        fixed: fixed.clone(),
                    });
                }
            }
        }
        let cwe = many(metadata.cwe)
            .into_iter()
            .map(|entry| cwe(&entry))
            .collect();
        let info = RuleInfo {
            id,
            slug: metadata.slug.unwrap_or_default(),
            aliases: many(metadata.aliases),
            languages,
            severity,
            precision,
            status,
            version: word(metadata.version),
            message: message.trim().to_owned(),
            cwe,
            cert_c: many(metadata.cert_c),
            misra_c_2012: many(metadata.misra_c_2012),
            lesson: word(metadata.lesson),
            why: word(metadata.why).trim().to_owned(),
            how_to_fix: word(metadata.how_to_fix).trim().to_owned(),
            false_positive: word(metadata.false_positive).trim().to_owned(),
            incidents: many(metadata.incident),
            examples,
            references: many(metadata.references),
            fix_safety,
            argues_from_absence,
            once_per_function,
            analysis: None,
            supersedes,
            builtin: self.builtin,
        };
        if self.builtin {
            self.mandatory(&info, at)?;
            if let Some(id) = info.incidents.iter().find(|id| !is_incident_id(id)) {
                let message = format!(
                    "`incident: {id}` is no id of a public incident, such as CVE-2020-11896, \
                     GHSA-xxxx-xxxx-xxxx, RUSTSEC-2023-0071, ICSMA-20-170-05"
                );
                return Err(self.error(at, message));
            }
        }
        Ok(info)
    }

    /// What a built-in rule must have (design of the rule file, section 3).
    fn mandatory(&self, info: &RuleInfo, at: At) -> Result<(), RuleError> {
        let count = |kind| {
            info.examples
                .iter()
                .filter(|example| example.kind == kind)
                .count()
        };
        let missing = if !info.id.is_code() {
            Some("a permanent code as its id")
        } else if info.slug.is_empty() {
            Some("metadata.slug")
        } else if info.version.is_empty() {
            Some("metadata.version")
        } else if info.cwe.is_empty() || info.cwe.len() > 3 {
            Some("one to three entries in metadata.cwe")
        } else if !info.lesson.starts_with("L-") {
            Some("metadata.lesson")
        } else if info.why.is_empty() {
            Some("metadata.why")
        } else if info.how_to_fix.is_empty() {
            Some("metadata.how-to-fix")
        } else if info.false_positive.is_empty() {
            Some("metadata.false-positive")
        } else if count(ExampleKind::Bad) < 2 || count(ExampleKind::Good) < 2 {
            Some("two bad and two good metadata.examples")
        } else {
            None
        };
        match missing {
            Some(what) => Err(self.error(at, format!("built-in rule `{}` needs {what}", info.id))),
            None => Ok(()),
        }
    }
}

/// `CWE-787: Out-of-bounds Write` → `CWE-787`.
fn cwe(entry: &str) -> String {
    entry.split(':').next().unwrap_or(entry).trim().to_owned()
}

/// Whether a text has the form of an id under which incidents are published.
pub(super) fn is_incident_id(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let digits = |part: &str, least: usize, most: usize| {
        (least..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    match parts.as_slice() {
        ["CVE", year, number] => digits(year, 4, 4) && digits(number, 4, 7),
        ["RUSTSEC", year, number] => digits(year, 4, 4) && digits(number, 4, 4),
        ["ICSA" | "ICSMA", year, day, number] => {
            digits(year, 2, 2) && digits(day, 3, 3) && digits(number, 2, 2)
        }
        ["GHSA", parts @ ..] => {
            let is_group = |part: &&str| {
                let mut bytes = part.bytes();
                part.len() == 4 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            parts.len() == 3 && parts.iter().all(is_group)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_incident_id;

    #[test]
    fn ids_of_incidents_have_a_form() {
        for id in [
            "CVE-2020-11896",
            "CVE-2021-1234567",
            "RUSTSEC-2023-0071",
            "ICSMA-20-170-05",
            "GHSA-9pp3-5v5m-pq6x",
        ] {
            assert!(is_incident_id(id), "{id}");
        }
        for id in [
            "",
            "CVE-20-1",
            "CVE-2020",
            "RUSTSEC-23-71",
            "GHSA-abc",
            "Ripple20",
            "CVE-2020-1x34",
        ] {
            assert!(!is_incident_id(id), "{id}");
        }
    }
}
