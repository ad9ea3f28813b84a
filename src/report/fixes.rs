//! What became of the edits that rules offer, where somebody asked for them.

use std::collections::BTreeMap;

use super::paint::Paint;
use super::visible;
use crate::finding::{FixSafety, Location, RuleId};

/// What became of one edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixStatus {
    /// Written into the file.
    Applied,
    /// A dry run: it would have been written.
    WouldApply,
    /// Not needed any more: another edit removed the finding.
    Settled,
    /// Waits for a person.
    Offered,
    /// A person said no.
    Declined,
    /// Not written, for the reason given.
    Refused,
}

impl FixStatus {
    /// The word used in every output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::WouldApply => "would-apply",
            Self::Settled => "settled",
            Self::Offered => "offered",
            Self::Declined => "declined",
            Self::Refused => "refused",
        }
    }

    /// Whether the finding is gone from the work tree.
    pub fn is_repaired(self) -> bool {
        matches!(self, Self::Applied | Self::Settled)
    }
}

/// One edit of a reported finding and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixRecord {
    /// The rule.
    pub rule: RuleId,
    /// `KEY:ORDINAL` of the finding.
    pub fingerprint: String,
    /// The bytes that the edit replaces, in the text under review.
    pub location: Location,
    /// What stands there after it.
    pub replacement: String,
    /// Whether a person has to accept it.
    pub safety: FixSafety,
    /// What became of it.
    pub status: FixStatus,
    /// Why it was refused.
    pub reason: Option<String>,
    /// 1-based round in which it was decided; edits that overlap take turns.
    pub round: u32,
}

/// What became of all edits of a review.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FixReport {
    /// Every edit of a reported finding, in the order of the findings.
    pub records: Vec<FixRecord>,
    /// Whether nothing was to be written.
    pub is_dry_run: bool,
    /// Files written (in a dry run: that would be).
    pub files: u64,
    /// The edits as a unified diff; bytes, because the files may hold any.
    pub diff: Vec<u8>,
}

impl FixReport {
    /// Edits by status; the values add up to the number of records.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for record in &self.records {
            *counts.entry(record.status.as_str()).or_default() += 1;
        }
        counts
    }

    /// How many edits ended so.
    pub fn number(&self, status: FixStatus) -> u64 {
        self.counts()
            .get(status.as_str())
            .copied()
            .unwrap_or_default()
    }

    /// All of it in one sentence.
    pub fn sentence(&self) -> String {
        if self.records.is_empty() {
            return "no finding of this review has an edit".to_owned();
        }
        let plural = |number: u64, noun: &str| match number {
            1 => format!("1 {noun}"),
            _ => format!("{number} {noun}s"),
        };
        let mut parts = Vec::new();
        let mut part = |status: FixStatus, text: &dyn Fn(u64) -> String| {
            let number = self.number(status);
            if number > 0 {
                parts.push(text(number));
            }
        };
        let files = plural(self.files, "file");
        part(FixStatus::Applied, &|n| {
            format!("{} applied in {files}", plural(n, "edit"))
        });
        part(FixStatus::WouldApply, &|n| {
            format!("{} would be applied in {files}", plural(n, "edit"))
        });
        part(FixStatus::Settled, &|n| {
            format!("{n} not needed after others")
        });
        part(FixStatus::Refused, &|n| format!("{n} refused"));
        part(FixStatus::Declined, &|n| format!("{n} declined"));
        part(FixStatus::Offered, &|n| {
            format!(
                "{n} suggested and left to you (`--fix` on a terminal asks for each, `--fix-suggested` takes all)"
            )
        });
        parts.join(", ")
    }
}

/// A diff for the eyes of a person: nothing in it is hidden, added and removed lines in colour.
pub fn shown_diff(diff: &[u8], color: bool) -> String {
    let paint = Paint { on: color };
    let mut out = String::new();
    for line in String::from_utf8_lossy(diff).lines() {
        let line = visible::code(line);
        let line = line.trim_end_matches(['\n', '\r']);
        let painted = match line.as_bytes().first() {
            Some(b'+') if line.starts_with("+++") => paint.bold(line),
            Some(b'-') if line.starts_with("---") => paint.bold(line),
            Some(b'+') => paint.green(line),
            Some(b'-') => paint.red(line),
            _ => line.to_owned(),
        };
        out.push_str(&painted);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::place;

    fn record(status: FixStatus) -> FixRecord {
        FixRecord {
            rule: RuleId::parse("C-STR-002").expect("an id"),
            fingerprint: "k:0".to_owned(),
            location: place("a.c", 1, 1, 2),
            replacement: "x".to_owned(),
            safety: FixSafety::Safe,
            status,
            reason: None,
            round: 1,
        }
    }

    #[test]
    fn every_edit_is_counted() {
        let all = [
            FixStatus::Applied,
            FixStatus::WouldApply,
            FixStatus::Settled,
            FixStatus::Offered,
            FixStatus::Declined,
            FixStatus::Refused,
            FixStatus::Refused,
        ];
        let report = FixReport {
            records: all.map(record).to_vec(),
            files: 1,
            ..FixReport::default()
        };
        assert_eq!(report.counts().values().sum::<u64>(), 7);
        let text = report.sentence();
        for part in [
            "1 edit applied in 1 file",
            "2 refused",
            "1 declined",
            "1 suggested and left",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(
            FixReport::default().sentence(),
            "no finding of this review has an edit"
        );
    }
}
