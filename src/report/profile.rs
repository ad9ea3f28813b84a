//! What the device profile does to a review, in words and as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Report, words};
use crate::config::profile::class_c_texts;
use crate::config::{Lowered, PolicyChange};
use crate::finding::{RepoPath, Severity};
use crate::triage::Verdict;

/// Entries of a list that a sentence names; the others are counted.
const NAMED: usize = 8;

/// What the profile and the configuration do to a review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileReport {
    /// The level at the root of the repository, in a word; `None` without a profile.
    pub level: Option<&'static str>,
    /// The level and its reason, in a sentence.
    pub level_sentence: String,
    /// What weighs less than the rules themselves or the profile ask for.
    pub lowered: Vec<Lowered>,
    /// What this change does to the configuration.
    pub change: PolicyChange,
    /// Reviewed files of safety class C.
    pub class_c: Vec<RepoPath>,
}

impl Report {
    /// Sentences below the findings: what the profile does, then the notices.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = self.profile.sentences();
        remarks.extend(self.soup_sentence());
        remarks.extend(self.notices.iter().map(|notice| notice.text.clone()));
        remarks
    }

    /// New findings in software of others.
    fn soup_sentence(&self) -> Option<String> {
        let mut by_file: BTreeMap<String, u64> = BTreeMap::new();
        for triaged in &self.findings {
            if triaged.verdict == Verdict::SoupList {
                let path = triaged.finding.location.path.to_string();
                *by_file.entry(path).or_default() += 1;
            }
        }
        let total: u64 = by_file.values().sum();
        if total == 0 {
            return None;
        }
        let named = some(
            by_file
                .iter()
                .map(|(path, number)| format!("{path} ({number})")),
        );
        Some(format!(
            "{} in software of others for the SOUP risk list, not for this change: {named}; `--format json` has them",
            words::count(total, "new finding")
        ))
    }
}

impl ProfileReport {
    fn sentences(&self) -> Vec<String> {
        let mut sentences: Vec<String> = self.lowered.iter().map(lowered_sentence).collect();
        if self.change.lowers() {
            sentences.push(
                "this change makes the review laxer (LOWERED below): a second person has to approve it"
                    .to_owned(),
            );
        }
        for (text, lowers) in &self.change.others {
            let mark = if *lowers { " LOWERED" } else { "" };
            sentences.push(format!("this change of the configuration{mark}: {text}"));
        }
        let rules = &self.change.rules;
        for (lowers, words) in [(true, " LOWERED"), (false, "")] {
            let of_kind = || rules.iter().filter(|switch| switch.is_lowered() == lowers);
            let number = of_kind().count() as u64;
            if number == 0 {
                continue;
            }
            let named = of_kind().map(|switch| {
                let place = if switch.folder.is_empty() {
                    String::new()
                } else {
                    format!(" in {}", switch.folder)
                };
                format!(
                    "{} {} to {}{place}",
                    switch.rule,
                    word(switch.from),
                    word(switch.to)
                )
            });
            // What gets laxer is named in full: somebody has to agree to it.
            let named = if lowers {
                named.collect::<Vec<_>>().join(", ")
            } else {
                some(named)
            };
            sentences.push(format!(
                "this change of the configuration switches {}{words}: {named}",
                words::count(number, "rule")
            ));
        }
        if !self.class_c.is_empty() {
            let files = some(self.class_c.iter().map(ToString::to_string));
            sentences.push(format!(
                "safety class C ({files}): check by hand (IEC 62304, 5.5.4) that {}",
                class_c_texts().join("; ")
            ));
        }
        sentences
    }

    /// By what the change itself makes the review laxer, a sentence each: a second person has to approve it.
    pub fn lowered_by_change(&self) -> Vec<String> {
        let rules = self
            .change
            .rules
            .iter()
            .filter(|switch| switch.is_lowered())
            .map(|switch| {
                let (from, to) = (word(switch.from), word(switch.to));
                format!(
                    "the change itself lowers {} from {from} to {to}",
                    switch.rule
                )
            });
        let others = self
            .change
            .others
            .iter()
            .filter(|(_, lowers)| *lowers)
            .map(|(text, _)| format!("the change itself: {text}"));
        rules.chain(others).collect()
    }

    /// The same as data, for JSON and SARIF.
    pub(super) fn part(&self) -> ProfilePart<'_> {
        ProfilePart {
            level: self.level,
            reason: &self.level_sentence,
            lowered: self
                .lowered
                .iter()
                .map(|one| LoweredPart {
                    rule: &one.rule,
                    folder: &one.folder,
                    from: one.from,
                    to: one.to,
                    reason: &one.reason,
                })
                .collect(),
            switched: self
                .change
                .rules
                .iter()
                .map(|switch| SwitchPart {
                    rule: switch.rule.as_str(),
                    folder: &switch.folder,
                    from: word(switch.from),
                    to: word(switch.to),
                    lowered: switch.is_lowered(),
                })
                .collect(),
            changed: self
                .change
                .others
                .iter()
                .map(|(text, lowered)| ChangedPart {
                    text,
                    lowered: *lowered,
                })
                .collect(),
            needs_approval: self.change.lowers(),
            class_c: ClassPart {
                files: self.class_c.iter().map(ToString::to_string).collect(),
                checklist: if self.class_c.is_empty() {
                    Vec::new()
                } else {
                    class_c_texts()
                },
            },
        }
    }
}

/// `severity of C-LEN-014 lowered from error to warning: the bus driver checks the length`.
fn lowered_sentence(one: &Lowered) -> String {
    let place = if one.folder.is_empty() {
        String::new()
    } else {
        format!(" in {}", one.folder)
    };
    let reason = if one.reason.is_empty() {
        "no reason given"
    } else {
        &one.reason
    };
    let what = if one.rule.is_empty() {
        "level of the profile".to_owned()
    } else {
        format!("severity of {}", one.rule)
    };
    format!(
        "{what}{place} lowered from {} to {}: {reason}",
        one.from, one.to
    )
}

fn word(severity: Option<Severity>) -> &'static str {
    severity.map_or("off", Severity::as_str)
}

/// The first of a list, and how many more there are.
fn some(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = names.len() - shown.len();
    if more == 0 {
        shown.join(", ")
    } else {
        format!("{} and {more} more", shown.join(", "))
    }
}

/// `profile` of the JSON report.
#[derive(Serialize)]
pub(super) struct ProfilePart<'a> {
    level: Option<&'static str>,
    reason: &'a str,
    lowered: Vec<LoweredPart<'a>>,
    switched: Vec<SwitchPart<'a>>,
    changed: Vec<ChangedPart<'a>>,
    needs_approval: bool,
    class_c: ClassPart,
}

#[derive(Serialize)]
struct LoweredPart<'a> {
    rule: &'a str,
    folder: &'a str,
    from: &'static str,
    to: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct SwitchPart<'a> {
    rule: &'a str,
    folder: &'a str,
    from: &'static str,
    to: &'static str,
    lowered: bool,
}

#[derive(Serialize)]
struct ChangedPart<'a> {
    text: &'a str,
    lowered: bool,
}

#[derive(Serialize)]
struct ClassPart {
    files: Vec<String>,
    checklist: Vec<&'static str>,
}
