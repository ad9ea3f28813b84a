//! Whether a log is what was written: signatures, chain, checkpoint, form, digests.

use super::envelope;
use super::keys::VerifyingKey;
use super::record::{ReviewRecord, SCHEMA_VERSION};
use super::statement::{CHECKPOINT, Checkpoint, STATEMENT, Statement};

/// What a log is held against.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Version and ruleset digest of a program whose built-in rules are known: a record of that
    /// version must have that digest, unless it names further rules.
    pub ruleset: Option<(String, String)>,
    /// SHA-256 of the last record, where it was kept elsewhere.
    pub last: Option<String>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// 1-based line of the log.
    pub line: usize,
    /// What is wrong, in a sentence without its stop.
    pub text: String,
}

/// A record whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedRecord {
    /// 1-based line of the log.
    pub line: usize,
    /// SHA-256 of the line.
    pub digest: String,
    /// The key that signed it.
    pub key: String,
    /// The record.
    pub record: ReviewRecord,
}

/// The result for one log.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// Records whose signature holds, in the order of the log.
    pub records: Vec<VerifiedRecord>,
    /// What is wrong, by line.
    pub problems: Vec<Problem>,
}

/// Verifies a log. A log is right if no problem is found; an empty one has none and no records.
pub fn verify(text: &str, keys: &[VerifyingKey], expected: &Expected) -> Verified {
    let mut log = Log::default();
    if !text.is_empty() && !text.ends_with('\n') {
        log.problem(text.lines().count(), "the last line is not whole");
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What follows the last line feed is no line.
    lines.pop_if(|last| last.is_empty());
    for (index, line) in lines.iter().enumerate() {
        log.line(index + 1, line, keys, expected);
    }
    if !text.is_empty() && log.closed != Some(lines.len()) {
        log.problem(
            lines.len(),
            "the log does not end in a checkpoint: records are missing",
        );
    }
    if let Some(last) = &expected.last
        && log.previous.as_ref() != Some(last)
    {
        log.problem(lines.len(), &format!("the last record is not {last}"));
    }
    log.verified.problems.sort_by_key(|problem| problem.line);
    log.verified
}

/// A log being read.
#[derive(Default)]
struct Log {
    verified: Verified,
    /// Digest of the last line that should be a record.
    previous: Option<String>,
    /// Number of records so far.
    records: u64,
    /// The line of a checkpoint that holds.
    closed: Option<usize>,
}

impl Log {
    fn problem(&mut self, line: usize, text: &str) {
        self.verified.problems.push(Problem {
            line,
            text: text.to_owned(),
        });
    }

    fn line(&mut self, number: usize, line: &str, keys: &[VerifyingKey], expected: &Expected) {
        if self.closed.is_some() {
            self.problem(number, "something follows the checkpoint");
        }
        let opened = match envelope::open(line, keys) {
            Ok(opened) => opened,
            Err(error) => {
                self.problem(number, &error.to_string());
                self.next(line);
                return;
            }
        };
        if opened.payload_type == CHECKPOINT {
            self.checkpoint(number, &opened.payload);
            return;
        }
        if opened.payload_type != STATEMENT {
            self.problem(number, &format!("it holds {}", opened.payload_type));
            self.next(line);
            return;
        }
        match Statement::read(&opened.payload) {
            Err(text) => self.problem(number, &format!("the record has another form: {text}")),
            Ok(record) => {
                self.record(number, &record, expected);
                self.verified.records.push(VerifiedRecord {
                    line: number,
                    digest: envelope::sha256(line.as_bytes()),
                    key: opened.key,
                    record,
                });
            }
        }
        self.next(line);
    }

    /// Goes on behind a line that was or should be a record.
    fn next(&mut self, line: &str) {
        self.records += 1;
        self.previous = Some(envelope::sha256(line.as_bytes()));
    }

    fn checkpoint(&mut self, number: usize, payload: &[u8]) {
        let expected = Checkpoint {
            records: self.records,
            last: self.previous.clone().unwrap_or_default(),
        };
        match serde_json::from_slice::<Checkpoint>(payload) {
            Ok(checkpoint) if checkpoint == expected => self.closed = Some(number),
            Ok(checkpoint) => self.problem(
                number,
                &format!(
                    "the checkpoint counts {} records up to {}, and there are {}",
                    checkpoint.records, checkpoint.last, expected.records
                ),
            ),
            Err(error) => {
                self.problem(number, &format!("the checkpoint has another form: {error}"))
            }
        }
    }

    fn record(&mut self, number: usize, record: &ReviewRecord, expected: &Expected) {
        if record.schema != SCHEMA_VERSION {
            self.problem(
                number,
                &format!("the record has the format {}", record.schema),
            );
        }
        if record.previous != self.previous {
            self.problem(
                number,
                "it does not follow the line before it: a record was removed, added or moved",
            );
        }
        if record.sequence != self.records + 1 {
            let text = format!(
                "it is record {} at place {}",
                record.sequence,
                self.records + 1
            );
            self.problem(number, &text);
        }
        let digest = rules_digest(&record.ruleset.rules);
        if digest != record.ruleset.rules_sha256 {
            self.problem(
                number,
                "the digest of its rules is not that of the rules it lists",
            );
        }
        if let Some((version, ruleset)) = &expected.ruleset
            && record.tool.version == *version
            && record.ruleset.digest != *ruleset
            && !has_own_rules(record)
        {
            let text = format!(
                "its ruleset {} is not that of version {version}, {ruleset}",
                record.ruleset.digest
            );
            self.problem(number, &text);
        }
    }
}

/// Whether a rule is no built-in one: its id is no code.
fn has_own_rules(record: &ReviewRecord) -> bool {
    let is_code = |rule: &&String| {
        rule.split(' ').next().is_some_and(|id| {
            ["C-", "R-", "X-"]
                .iter()
                .any(|family| id.starts_with(family))
        })
    };
    record.ruleset.rules.iter().filter(is_code).count() != record.ruleset.rules.len()
}

/// The digest over the lines of the rules.
pub(super) fn rules_digest(rules: &[String]) -> String {
    let mut text = String::new();
    for rule in rules {
        text.push_str(rule);
        text.push('\n');
    }
    envelope::sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::keys::SigningKey;
    use super::super::log::append;
    use super::super::record::samples::record;
    use super::*;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_seed([3; 32])
    }

    fn log(number: usize) -> String {
        let mut text = String::new();
        for at in 0..number {
            text = append(&text, record(&format!("{at:040x}")), &key()).unwrap();
        }
        text
    }

    fn problems(text: &str) -> Vec<String> {
        verify(text, &[key().verifying()], &Expected::default())
            .problems
            .into_iter()
            .map(|problem| format!("{}: {}", problem.line, problem.text))
            .collect()
    }

    #[test]
    fn a_log_as_it_was_written_has_no_problem() {
        let text = log(3);
        assert_eq!(problems(&text), Vec::<String>::new());
        let verified = verify(&text, &[key().verifying()], &Expected::default());
        assert_eq!(verified.records.len(), 3);
        assert_eq!(verified.records[2].record.sequence, 3);
        assert_eq!(
            verified.records[2].record.previous.as_ref(),
            Some(&verified.records[1].digest)
        );
        assert_eq!(problems(""), Vec::<String>::new());
    }

    #[test]
    fn removed_moved_repeated_and_foreign_records_are_found() {
        let text = log(4);
        let lines: Vec<&str> = text.lines().collect();
        let of = |order: &[usize]| {
            order
                .iter()
                .map(|at| format!("{}\n", lines[*at]))
                .collect::<String>()
        };
        for order in [
            &[1, 2, 3, 4][..],
            &[0, 2, 3, 4],
            &[0, 1, 2, 4],
            &[0, 1, 2, 3],
            &[0, 1, 2],
            &[1, 0, 2, 3, 4],
            &[0, 1, 1, 2, 3, 4],
            &[0, 1, 2, 3, 4, 4],
            &[0, 1, 2, 3, 4, 3],
            &[4],
        ] {
            assert!(!problems(&of(order)).is_empty(), "{order:?}");
        }
        let foreign = append("", record("aa"), &SigningKey::from_seed([9; 32])).unwrap();
        assert!(problems(&foreign)[0].contains("none of the given ones"));
        assert!(!problems(text.trim_end()).is_empty());
    }

    #[test]
    fn an_end_that_was_kept_elsewhere_shows_a_log_that_was_cut_and_closed_again() {
        let (short, long) = (log(2), log(3));
        let keys = [key().verifying()];
        let last = verify(&long, &keys, &Expected::default()).records[2]
            .digest
            .clone();
        let expected = Expected {
            last: Some(last),
            ..Expected::default()
        };
        assert!(verify(&long, &keys, &expected).problems.is_empty());
        assert_eq!(verify(&short, &keys, &expected).problems.len(), 1);
    }

    #[test]
    fn rules_are_held_against_their_digest_and_the_program() {
        let keys = [key().verifying()];
        let mut wrong = record("aa");
        wrong
            .ruleset
            .rules
            .push("C-LEN-999 1.0.0 error high".to_owned());
        let text = append("", wrong, &key()).unwrap();
        assert!(problems(&text)[0].contains("digest of its rules"));
        let text = append("", record("aa"), &key()).unwrap();
        let expected = |digest: &str| Expected {
            ruleset: Some(("1.2.3".to_owned(), digest.to_owned())),
            ..Expected::default()
        };
        assert!(verify(&text, &keys, &expected("feed")).problems.is_empty());
        assert_eq!(verify(&text, &keys, &expected("beef")).problems.len(), 1);
    }

    #[test]
    fn a_log_that_lost_its_end_takes_no_record() {
        let text = log(2);
        let lines: Vec<&str> = text.lines().collect();
        let cut = format!("{}\n{}\n", lines[0], lines[1]);
        assert!(append(&cut, record("aa"), &key()).is_err());
        let other_end = format!("{}\n{}\n", lines[0], lines[2]);
        assert!(append(&other_end, record("aa"), &key()).is_err());
        assert!(append(text.trim_end(), record("aa"), &key()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        // Byte, order, deletion, repetition; a changed field is a changed byte.
        #[test]
        fn no_tampered_log_passes(kind in 0..5_u8, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let text = log(3);
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let line = at.index(lines.len());
            let second = other.index(lines.len());
            match kind {
                0 => { lines.remove(line); }
                1 => lines.swap(line, second),
                2 => { let again = lines[line].clone(); lines.insert(second, again); }
                3 => {
                    let mut bytes = lines[line].clone().into_bytes();
                    let place = other.index(bytes.len());
                    bytes[place] = byte;
                    lines[line] = String::from_utf8_lossy(&bytes).into_owned();
                }
                _ => { let place = other.index(lines[line].len()); lines[line].remove(place); }
            }
            let tampered: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assume!(tampered != text);
            prop_assert!(!problems(&tampered).is_empty(), "{tampered}");
        }
    }
}
