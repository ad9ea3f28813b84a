//! Whether a log is what was written: signatures, chain, checkpoint, form, digests.

use std::collections::BTreeMap;

use super::entry::{About, Entry, Override, SignOff};
use super::envelope;
use super::keys::VerifyingKey;
use super::record::{ReviewRecord, RuleLines, SCHEMA_VERSION};
use super::signers::{self, Grant};
use super::statement::{self, CHECKPOINT, Checkpoint, STATEMENT};

/// What a log is held against.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// Version and digest of a program whose built-in rules are known: the built-in rules of a record of that
    /// version must have that digest.
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
    /// Whose key that is, by the file of those who may sign; empty where it does not say.
    pub signer: String,
    /// The entry.
    pub record: T,
}

impl<T> Signed<T> {
    /// The same of what it holds.
    fn of<U>(self, record: impl FnOnce(T) -> U) -> Signed<U> {
        Signed {
            line: self.line,
            digest: self.digest,
            key: self.key,
            signer: self.signer,
            record: record(self.record),
        }
    }

    /// The key that signed it, and whose it is.
    pub fn signed_by(&self) -> String {
        match self.signer.as_str() {
            "" => self.key.clone(),
            signer => format!("{} ({signer})", self.key),
        }
    }
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
    /// Adds an entry whose signature holds.
    pub fn take(&mut self, entry: Signed<Entry>) {
        let Signed {
            line,
            digest,
            key,
            signer,
            record,
        } = entry;
        let place = Signed {
            line,
            digest,
            key,
            signer,
            record: (),
        };
        match record {
            Entry::Review(one) => self.records.push(place.of(|()| *one)),
            Entry::SignOff(one) => self.sign_offs.push(place.of(|()| *one)),
            Entry::Override(one) => self.overrides.push(place.of(|()| *one)),
        }
    }

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
    let read = read_line(line, keys);
    match read.content {
        Content::Entry(entry) => Ok(*entry),
        Content::Checkpoint { .. } => Err("it holds a checkpoint".to_owned()),
        Content::Unreadable(text) => Err(text),
    }
}

/// A line of a log, read by itself: all that can be said without the lines around it.
#[derive(Debug, Clone)]
pub struct Line {
    digest: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    /// An entry that one of the keys signed, and might.
    Entry(Box<Signed<Entry>>),
    /// The signed bytes of a checkpoint, and who signed it.
    Checkpoint {
        payload: Vec<u8>,
        key: String,
        grants: Vec<Grant>,
    },
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
    let digest = envelope::sha256(line.as_bytes());
    Line {
        content: content_of(line, &digest, keys).unwrap_or_else(Content::Unreadable),
        digest,
    }
}

fn content_of(line: &str, digest: &str, keys: &[VerifyingKey]) -> Result<Content, String> {
    let opened = envelope::open(line, keys).map_err(|error| error.to_string())?;
    match opened.payload_type.as_str() {
        CHECKPOINT => Ok(Content::Checkpoint {
            payload: opened.payload,
            key: opened.key,
            grants: opened.grants,
        }),
        STATEMENT => {
            let record = statement::read(&opened.payload)
                .map_err(|text| format!("the record has another form: {text}"))?;
            if let Some(why) = signers::refusal(&opened.key, &opened.grants, Some(record.time())) {
                return Err(why);
            }
            let signer = opened.grants.into_iter().find_map(|grant| {
                let is_named = !grant.principals.is_empty();
                is_named.then_some(grant.principals)
            });
            Ok(Content::Entry(Box::new(Signed {
                line: 1,
                digest: digest.to_owned(),
                key: opened.key,
                signer: signer.unwrap_or_default(),
                record,
            })))
        }
        other => Err(format!("it holds {other}")),
    }
}

/// Verifies a log. A log is right if no problem is found. An empty one is not: from its first record on a log
/// has lines, so that one without was emptied, or is another file.
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
    if text.is_empty() {
        log.problem(
            1,
            "the log is empty: it never held a record, or was emptied",
        );
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
    /// When the last record was made.
    time: Option<String>,
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
            Content::Checkpoint {
                payload,
                key,
                grants,
            } => {
                // It has no time of its own.
                if let Some(why) = signers::refusal(&key, &grants, self.time.as_deref()) {
                    self.problem(number, &why);
                }
                self.checkpoint(number, &payload);
                return;
            }
            Content::Unreadable(text) => self.problem(number, &text),
            Content::Entry(entry) => {
                self.link(number, &entry.record);
                self.time = Some(entry.record.time().to_owned());
                self.take(number, *entry, expected);
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

    fn take(&mut self, line: usize, mut entry: Signed<Entry>, expected: &Expected) {
        entry.line = line;
        if let Entry::Review(record) = &mut entry.record {
            self.ruleset(line, record, expected);
            self.reviews.insert(entry.digest.clone(), record.id.clone());
        }
        self.verified.take(entry);
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
        if record.ruleset.own.is_empty() && record.ruleset.digest != record.ruleset.builtin {
            self.problem(
                number,
                "it names no rules of the project, and its ruleset is not the built-in one",
            );
        }
        if let Some((version, ruleset)) = &expected.ruleset
            && record.tool.version == *version
            && record.ruleset.builtin != *ruleset
        {
            let text = format!(
                "its built-in rules {} are not those of version {version}, {ruleset}",
                record.ruleset.builtin
            );
            self.problem(number, &text);
        }
    }
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
