//! Whether a log is what was written: signatures, chain, checkpoint, form, digests.

use std::collections::BTreeMap;

use super::entry::{About, Entry, Override, SignOff};
use super::envelope;
use super::keys::VerifyingKey;
use super::record::{ReviewRecord, RuleLines, SCHEMA_VERSION};
use super::statement::{self, CHECKPOINT, Checkpoint, STATEMENT};

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

/// An entry whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<T> {
    /// 1-based line of the log.
    pub line: usize,
    /// SHA-256 of the line.
    pub digest: String,
    /// The key that signed it.
    pub key: String,
    /// The entry.
    pub record: T,
}

/// A review whose signature holds.
pub type VerifiedRecord = Signed<ReviewRecord>;

impl VerifiedRecord {
    /// What a later entry says to speak of this review.
    pub fn about(&self) -> About {
        let change = &self.record.change;
        About {
            record: self.record.id.clone(),
            sha256: self.digest.clone(),
            repository: change.repository.clone(),
            head: change.head.clone(),
        }
    }
}

/// The result for one log.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// Reviews whose signature holds, in the order of the log.
    pub records: Vec<VerifiedRecord>,
    /// Checklists that were answered.
    pub sign_offs: Vec<Signed<SignOff>>,
    /// Closed gates that were opened.
    pub overrides: Vec<Signed<Override>>,
    /// SHA-256 of the last entry's line, whatever it is; none for an empty log.
    pub last: Option<String>,
    /// What is wrong, by line.
    pub problems: Vec<Problem>,
}

impl Verified {
    /// Number of entries whose signature holds.
    pub fn entries(&self) -> usize {
        self.records.len() + self.sign_offs.len() + self.overrides.len()
    }

    /// The sign-offs of a review.
    pub fn sign_offs_of(&self, review: &VerifiedRecord) -> Vec<&Signed<SignOff>> {
        let is_of = |one: &&Signed<SignOff>| one.record.about.sha256 == review.digest;
        self.sign_offs.iter().filter(is_of).collect()
    }

    /// The overrides of a review's gate.
    pub fn overrides_of(&self, review: &VerifiedRecord) -> Vec<&Signed<Override>> {
        let is_of = |one: &&Signed<Override>| one.record.about.sha256 == review.digest;
        self.overrides.iter().filter(is_of).collect()
    }
}

/// Reads the one entry of a line that is no log, such as that of a git note.
///
/// # Errors
/// A sentence that says why it does not hold.
pub fn verify_line(line: &str, keys: &[VerifyingKey]) -> Result<Signed<Entry>, String> {
    let opened = envelope::open(line, keys).map_err(|error| error.to_string())?;
    if opened.payload_type != STATEMENT {
        return Err(format!("it holds {}", opened.payload_type));
    }
    Ok(Signed {
        line: 1,
        digest: envelope::sha256(line.as_bytes()),
        key: opened.key,
        record: statement::read(&opened.payload)?,
    })
}

/// A line of a log, read by itself: all that can be said without the lines around it.
#[derive(Debug, Clone)]
pub struct Line {
    digest: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// The entry and the key that signed it.
    Entry(Box<Entry>, String),
    /// The signed bytes of a checkpoint.
    Checkpoint(Vec<u8>),
    /// Why it is neither.
    Unreadable(String),
}

/// The lines of a log, which may be read in any order and at once.
pub fn lines_of(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What follows the last line feed is no line.
    lines.pop_if(|last| last.is_empty());
    lines
}

/// Reads a line.
pub fn read_line(line: &str, keys: &[VerifyingKey]) -> Line {
    Line {
        digest: envelope::sha256(line.as_bytes()),
        content: content_of(line, keys).unwrap_or_else(Content::Unreadable),
    }
}

fn content_of(line: &str, keys: &[VerifyingKey]) -> Result<Content, String> {
    let opened = envelope::open(line, keys).map_err(|error| error.to_string())?;
    match opened.payload_type.as_str() {
        CHECKPOINT => Ok(Content::Checkpoint(opened.payload)),
        STATEMENT => {
            let entry = statement::read(&opened.payload)
                .map_err(|text| format!("the record has another form: {text}"))?;
            Ok(Content::Entry(Box::new(entry), opened.key))
        }
        other => Err(format!("it holds {other}")),
    }
}

/// Verifies a log. A log is right if no problem is found; an empty one has none and no records.
pub fn verify(text: &str, keys: &[VerifyingKey], expected: &Expected) -> Verified {
    let lines = lines_of(text);
    let read = lines.iter().map(|line| read_line(line, keys));
    verify_lines(text, read, expected)
}

/// As [`verify`], of lines that were read already: all of them, in their order.
pub fn verify_lines(
    text: &str,
    lines: impl IntoIterator<Item = Line>,
    expected: &Expected,
) -> Verified {
    let mut log = Log::default();
    let mut count = 0;
    for line in lines {
        count += 1;
        log.line(count, line, expected);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        log.problem(count, "the last line is not whole");
    }
    if !text.is_empty() && log.closed != Some(count) {
        log.problem(
            count,
            "the log does not end in a checkpoint: records are missing",
        );
    }
    if let Some(last) = &expected.last
        && log.previous.as_ref() != Some(last)
    {
        log.problem(count, &format!("the last record is not {last}"));
    }
    log.verified.problems.sort_by_key(|problem| problem.line);
    log.verified.last = log.previous;
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
    /// Names of the reviews, by the digest of their lines.
    reviews: BTreeMap<String, String>,
    /// Rules that were held against their digest: nearly every record has those of the one before.
    rules: (RuleLines, String),
}

impl Log {
    fn problem(&mut self, line: usize, text: &str) {
        self.verified.problems.push(Problem {
            line,
            text: text.to_owned(),
        });
    }

    fn line(&mut self, number: usize, line: Line, expected: &Expected) {
        if self.closed.is_some() {
            self.problem(number, "something follows the checkpoint");
        }
        match line.content {
            Content::Checkpoint(payload) => {
                self.checkpoint(number, &payload);
                return;
            }
            Content::Unreadable(text) => self.problem(number, &text),
            Content::Entry(entry, key) => {
                self.link(number, &entry);
                self.take(number, line.digest.clone(), key, *entry, expected);
            }
        }
        self.next(line.digest);
    }

    /// Compares an entry's place with what it says of it, and what it is about with what was there.
    fn link(&mut self, number: usize, entry: &Entry) {
        let chained = entry.chained();
        if chained.schema != SCHEMA_VERSION {
            self.problem(
                number,
                &format!("the record has the format {}", chained.schema),
            );
        }
        if chained.previous != self.previous.as_deref() {
            self.problem(
                number,
                "it does not follow the line before it: a record was removed, added or moved",
            );
        }
        if chained.sequence != self.records + 1 {
            let text = format!(
                "it is record {} at place {}",
                chained.sequence,
                self.records + 1
            );
            self.problem(number, &text);
        }
        if let Some(about) = entry.about()
            && self.reviews.get(&about.sha256) != Some(&about.record)
        {
            let text = format!(
                "it speaks of the review {}, which is not before it",
                about.record
            );
            self.problem(number, &text);
        }
    }

    fn take(
        &mut self,
        line: usize,
        digest: String,
        key: String,
        entry: Entry,
        expected: &Expected,
    ) {
        match entry {
            Entry::Review(mut record) => {
                self.ruleset(line, &mut record, expected);
                self.reviews.insert(digest.clone(), record.id.clone());
                self.verified
                    .records
                    .push(signed(line, digest, key, *record));
            }
            Entry::SignOff(one) => self
                .verified
                .sign_offs
                .push(signed(line, digest, key, *one)),
            Entry::Override(one) => self
                .verified
                .overrides
                .push(signed(line, digest, key, *one)),
        }
    }

    /// Goes on behind a line that was or should be a record.
    fn next(&mut self, digest: String) {
        self.records += 1;
        self.previous = Some(digest);
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

    fn ruleset(&mut self, number: usize, record: &mut ReviewRecord, expected: &Expected) {
        if self.rules.0 == record.ruleset.rules {
            // Ten thousand records hold one list.
            record.ruleset.rules = self.rules.0.clone();
        } else {
            let digest = rules_digest(&record.ruleset.rules);
            self.rules = (record.ruleset.rules.clone(), digest);
        }
        if self.rules.1 != record.ruleset.rules_sha256 {
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

fn signed<T>(line: usize, digest: String, key: String, record: T) -> Signed<T> {
    Signed {
        line,
        digest,
        key,
        record,
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
mod tests;
