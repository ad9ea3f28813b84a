//! The findings accepted when scrubin was adopted on old code.
//!
//! One JSON file with one entry a line, sorted, so that two branches that both repaired something
//! merge without conflict. Only the fingerprint counts; rule, path and line are for people.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::fingerprint::VERSION;
use super::{Triaged, Verdict};

/// Version of the file format.
const FORMAT: u32 = 1;

/// A baseline file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// No JSON, or not of the shape of a baseline.
    #[error("the baseline cannot be read, line {line} column {column}: {cause}")]
    Syntax {
        /// 1-based line.
        line: usize,
        /// 1-based column.
        column: usize,
        /// What the reader says.
        cause: String,
    },
    /// Written by another version.
    #[error(
        "the baseline has format {format} with fingerprints {fingerprints}, this scrubin reads \
         format {FORMAT} with {VERSION}; write it anew with `scrubin baseline write`"
    )]
    Version {
        /// Format of the file.
        format: u32,
        /// Recipe of its fingerprints.
        fingerprints: String,
    },
    /// An entry whose fingerprint is none.
    #[error("`{0}` in the baseline is no fingerprint")]
    Fingerprint(String),
}

/// One accepted finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineEntry {
    /// `KEY:ORDINAL`.
    pub fingerprint: String,
    /// The key without the path, which finds the entry again after its file was moved.
    pub moved: String,
    /// The rule's code.
    pub rule: String,
    /// Path when it was accepted, percent-encoded.
    pub path: String,
    /// 1-based line when it was accepted.
    pub line: u32,
}

impl BaselineEntry {
    /// The fingerprint without its ordinal.
    pub fn key(&self) -> &str {
        self.fingerprint
            .split_once(':')
            .map_or(&self.fingerprint, |(key, _)| key)
    }
}

/// The content of a baseline file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// By fingerprint, each once.
    entries: BTreeMap<String, BaselineEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    fingerprints: String,
    findings: Vec<BaselineEntry>,
}

#[derive(Deserialize)]
struct Header {
    version: u32,
    #[serde(default)]
    fingerprints: String,
}

impl Baseline {
    /// Reads the text of a baseline file.
    ///
    /// # Errors
    /// [`BaselineError`] where it is no baseline, or one this version cannot compare.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let syntax = |error: serde_json::Error| BaselineError::Syntax {
            line: error.line(),
            column: error.column(),
            cause: error.to_string(),
        };
        // The version first: another one explains an unknown shape better than the shape does.
        let header: Header = serde_json::from_str(text).map_err(syntax)?;
        if header.version != FORMAT || header.fingerprints != VERSION {
            return Err(BaselineError::Version {
                format: header.version,
                fingerprints: header.fingerprints,
            });
        }
        let document: Document = serde_json::from_str(text).map_err(syntax)?;
        let mut entries = BTreeMap::new();
        for entry in document.findings {
            let good =
                |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            let ordinal = entry
                .fingerprint
                .split_once(':')
                .and_then(|(_, ordinal)| ordinal.parse::<u32>().ok());
            if !good(entry.key()) || ordinal.is_none() {
                return Err(BaselineError::Fingerprint(entry.fingerprint));
            }
            // A merge may leave the same entry twice.
            entries.insert(entry.fingerprint.clone(), entry);
        }
        Ok(Self { entries })
    }

    /// The baseline that accepts what the run reported, and what it already accepted. Deviated
    /// findings have their own reason; findings about deviations are never accepted wholesale.
    pub fn of(triaged: &[Triaged]) -> Self {
        let accepted = triaged.iter().filter(|one| {
            matches!(
                one.verdict,
                Verdict::Report | Verdict::Known | Verdict::SoupList
            ) && !one.finding.rule.as_str().starts_with("X-DEV-")
        });
        let entries = accepted
            .map(|one| {
                let fingerprint = one.fingerprint.value();
                let entry = BaselineEntry {
                    fingerprint: fingerprint.clone(),
                    moved: one.fingerprint.moved_key.clone(),
                    rule: one.finding.rule.as_str().to_owned(),
                    path: one.finding.location.path.to_uri(),
                    line: one.finding.location.start.line,
                };
                (fingerprint, entry)
            })
            .collect();
        Self { entries }
    }

    /// The text of the file, one entry a line, with a final newline.
    ///
    /// # Errors
    /// None that is known: all parts are texts and numbers.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let mut text = format!(
            "{{\n\"version\": {FORMAT},\n\"fingerprints\": \"{VERSION}\",\n\"findings\": ["
        );
        for (index, entry) in self.entries.values().enumerate() {
            text.push_str(if index == 0 { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(entry)?);
        }
        text.push_str("\n]\n}\n");
        Ok(text)
    }

    /// The entries, sorted by fingerprint.
    pub fn entries(&self) -> impl Iterator<Item = &BaselineEntry> {
        self.entries.values()
    }

    /// Number of accepted findings.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is accepted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// The entries of a baseline that no finding has answered to yet.
pub(super) struct Open<'b> {
    by_key: BTreeMap<&'b str, Vec<&'b BaselineEntry>>,
    /// Keys by the key without the path.
    by_moved: BTreeMap<&'b str, BTreeSet<&'b str>>,
}

impl<'b> Open<'b> {
    pub(super) fn new(baseline: &'b Baseline) -> Self {
        let mut by_key: BTreeMap<&str, Vec<&BaselineEntry>> = BTreeMap::new();
        let mut by_moved: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for entry in baseline.entries.values() {
            by_key.entry(entry.key()).or_default().push(entry);
            by_moved
                .entry(&entry.moved)
                .or_default()
                .insert(entry.key());
        }
        Self { by_key, by_moved }
    }

    /// Takes an entry of the key; `false` where none is left.
    pub(super) fn takes(&mut self, key: &str) -> bool {
        self.by_key
            .get_mut(key)
            .is_some_and(|entries| entries.pop().is_some())
    }

    /// Takes an entry whose file is not among `paths` and whose key without the path is
    /// `moved_key`.
    pub(super) fn takes_moved(&mut self, moved_key: &str, paths: &BTreeSet<String>) -> bool {
        let keys = self.by_moved.get(moved_key).into_iter().flatten();
        for key in keys {
            let Some(entries) = self.by_key.get_mut(key) else {
                continue;
            };
            let gone = entries
                .iter()
                .position(|entry| !paths.contains(&entry.path));
            if let Some(at) = gone {
                entries.remove(at);
                return true;
            }
        }
        false
    }

    /// What is left, sorted by fingerprint.
    pub(super) fn left(self) -> Vec<BaselineEntry> {
        let mut left: Vec<BaselineEntry> = self.by_key.into_values().flatten().cloned().collect();
        left.sort();
        left
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_file_in_the_documentation_is_read_and_written_the_same() {
        let page = include_str!("../../docs/baseline.md");
        let example = page
            .split("```json\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .unwrap();
        let baseline = Baseline::parse(example).unwrap();
        assert_eq!(baseline.len(), 1);
        assert_eq!(baseline.to_json().unwrap(), example);
    }
}
