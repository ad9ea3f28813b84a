//! How often each rule was right: the verdicts on findings that people read, `docs/precision.csv`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::words;

/// The verdicts of this release, embedded.
pub(crate) static VERDICTS: &str = include_str!("../../docs/precision.csv");

/// Verdicts on the findings of one rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Readings {
    /// Right: the claim held, a reviewer would want to see it.
    pub right: u32,
    /// Wrong.
    pub wrong: u32,
    /// Could not be settled from the code.
    pub unclear: u32,
}

impl Readings {
    /// Number of findings read.
    pub fn read(self) -> u32 {
        self.right + self.wrong + self.unclear
    }

    /// Share of right ones in percent, an unclear one counted as half; `None` if none was read.
    pub fn percent(self) -> Option<u32> {
        let read = u64::from(self.read());
        let halves = 2 * u64::from(self.right) + u64::from(self.unclear);
        let percent = (100 * halves + read).checked_div(2 * read)?;
        u32::try_from(percent).ok()
    }
}

/// What was read of all rules. Findings that are no longer reported, since their cause was repaired,
/// are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    rules: BTreeMap<String, Readings>,
}

/// A line of the file; further columns say where the finding is and why it was judged so.
#[derive(Deserialize)]
struct Row {
    rule: String,
    verdict: Verdict,
    state: State,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    True,
    False,
    Unclear,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    /// The rule still reports it.
    Reported,
    /// It does not any more.
    Gone,
}

impl Measured {
    /// The verdicts of this release.
    pub fn embedded() -> Self {
        // A test reads the embedded text, so it is never the broken one.
        Self::parse(VERDICTS).unwrap_or_default()
    }

    /// Reads a file of verdicts: CSV with a header and at least the columns `rule`, `verdict`
    /// (`true`, `false`, `unclear`) and `state` (`reported`, `gone`).
    ///
    /// # Errors
    /// The line that is no verdict, named by its number.
    pub fn parse(text: &str) -> Result<Self, csv::Error> {
        let mut measured = Self::default();
        for row in csv::Reader::from_reader(text.as_bytes()).deserialize() {
            let row: Row = row?;
            if row.state == State::Gone {
                continue;
            }
            let readings = measured.rules.entry(row.rule).or_default();
            *match row.verdict {
                Verdict::True => &mut readings.right,
                Verdict::False => &mut readings.wrong,
                Verdict::Unclear => &mut readings.unclear,
            } += 1;
        }
        Ok(measured)
    }

    /// What was read of a rule; all zero if nothing.
    pub fn of(&self, rule: &str) -> Readings {
        self.rules.get(rule).copied().unwrap_or_default()
    }

    /// `85 % of 20`, or that nothing was read.
    pub(super) fn cell(&self, rule: &str) -> String {
        let readings = self.of(rule);
        readings.percent().map_or_else(
            || "not measured".to_owned(),
            |percent| format!("{percent} % of {}", readings.read()),
        )
    }

    /// The same in a sentence.
    pub(super) fn sentence(&self, rule: &str) -> String {
        let readings = self.of(rule);
        let Some(percent) = readings.percent() else {
            return "not measured: nobody has read findings of it on public firmware.".to_owned();
        };
        format!(
            "{} read on public firmware: {} right, {} wrong, {} unclear ({percent} %, an unclear one counted half).",
            words::count(u64::from(readings.read()), "finding"),
            readings.right,
            readings.wrong,
            readings.unclear
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn verdicts_are_counted_by_rule_and_repaired_findings_left_out() {
        let text = "rule,path,verdict,state,reason\n\
                    C-A-001,a.c,true,reported,\"one, two\"\n\
                    C-A-001,b.c,unclear,reported,x\n\
                    C-A-001,c.c,false,gone,x\n\
                    C-B-001,c.c,false,reported,x\n";
        let measured = Measured::parse(text).unwrap();
        assert_eq!(
            measured.of("C-A-001"),
            Readings {
                right: 1,
                wrong: 0,
                unclear: 1
            }
        );
        assert_eq!(measured.cell("C-A-001"), "75 % of 2");
        assert_eq!(measured.cell("C-B-001"), "0 % of 1");
        assert_eq!(measured.cell("C-C-001"), "not measured");
        assert!(measured.sentence("C-C-001").starts_with("not measured"));
    }

    #[test]
    fn a_line_that_is_no_verdict_is_named() {
        let text = "rule,verdict,state\nC-A-001,true,reported\nC-A-001,maybe,reported\n";
        let error = Measured::parse(text).unwrap_err().to_string();
        assert!(
            error.contains("line: 3") && error.contains("maybe"),
            "{error}"
        );
    }

    #[test]
    fn the_embedded_verdicts_can_be_read() {
        let measured = Measured::parse(VERDICTS).unwrap();
        assert_eq!(Measured::embedded(), measured);
        assert!(measured.rules.values().map(|one| one.read()).sum::<u32>() >= 60);
    }
}
