//! A log of records: one line each, then the checkpoint.

use super::entry::Entry;
use super::envelope::{self, EnvelopeError};
use super::keys::SigningKey;
use super::record::{ChangePart, ReviewRecord};
use super::statement::{self, CHECKPOINT, Checkpoint, STATEMENT};

/// Entries at the end of a log that are searched for an earlier review of the same change.
const LOOKED_AT: usize = 500;

/// A log that cannot take a record.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A line that is no envelope.
    #[error("line {line}: {source}")]
    Line {
        /// 1-based.
        line: usize,
        /// What is wrong.
        source: EnvelopeError,
    },
    /// Its end does not fit together.
    #[error("line {line}: {problem}")]
    End {
        /// 1-based.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// A log with an entry added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The whole log.
    pub text: String,
    /// The new entry's line, without its line feed.
    pub line: String,
    /// The new entry's name.
    pub id: String,
}

/// The text of a log with an entry added. `text` is the log so far, empty for a new one; number,
/// name and predecessor of the entry are filled in.
///
/// # Errors
/// The log does not end in an entry and the checkpoint that names it. Whether the rest of it is
/// intact is for [`super::verify()`] to say: adding must not depend on keys of the past.
pub fn append(text: &str, mut entry: Entry, key: &SigningKey) -> Result<Appended, LogError> {
    let end = end_of(text)?;
    let sequence = end.records + 1;
    entry.place(sequence, end.last);
    let id = entry.id().to_owned();
    let line = envelope::seal(STATEMENT, &statement::write(&entry), key);
    let checkpoint = Checkpoint {
        records: sequence,
        last: envelope::sha256(line.as_bytes()),
    };
    // Numbers and strings alone: their serialization cannot fail.
    let checkpoint = serde_json::to_vec(&checkpoint).unwrap_or_default();
    let closing = envelope::seal(CHECKPOINT, &checkpoint, key);
    Ok(Appended {
        text: format!("{}{line}\n{closing}\n", end.kept),
        line,
        id,
    })
}

/// The last review of the same pull request, or else of the same branch, that a log holds; looked for among
/// its last [`LOOKED_AT`] entries. Nothing is verified: a false one changes what a record says was fixed,
/// which [`super::verify()`] finds as it finds any false line.
pub fn review_before(
    text: &str,
    pull_request: Option<u64>,
    branch: Option<&str>,
) -> Option<Box<ReviewRecord>> {
    let is_same = |change: &ChangePart| match (pull_request, change.pull_request) {
        (Some(number), Some(other)) => number == other,
        (None, None) => branch.is_some() && change.branch.as_deref() == branch,
        _ => false,
    };
    text.lines().rev().take(LOOKED_AT).find_map(|line| {
        let opened = envelope::peek(line).ok()?;
        if opened.payload_type != STATEMENT {
            return None;
        }
        match statement::read(&opened.payload) {
            Ok(Entry::Review(record)) if is_same(&record.change) => Some(record),
            _ => None,
        }
    })
}

/// Where a record is added.
struct End<'a> {
    /// The records, without the checkpoint.
    kept: &'a str,
    records: u64,
    last: Option<String>,
}

fn end_of(text: &str) -> Result<End<'_>, LogError> {
    if text.is_empty() {
        return Ok(End {
            kept: "",
            records: 0,
            last: None,
        });
    }
    let number = text.lines().count();
    let end = |problem: &str| LogError::End {
        line: number,
        problem: problem.to_owned(),
    };
    let Some(whole) = text.strip_suffix('\n') else {
        return Err(end("the last line is not whole"));
    };
    let (kept, closing) = whole.rsplit_once('\n').ok_or_else(|| {
        end("a log ends in a record and a checkpoint, and this one has a single line")
    })?;
    let opened = envelope::peek(closing).map_err(|source| LogError::Line {
        line: number,
        source,
    })?;
    let checkpoint: Checkpoint = (opened.payload_type == CHECKPOINT)
        .then(|| serde_json::from_slice(&opened.payload).ok())
        .flatten()
        .ok_or_else(|| end("the last line is no checkpoint"))?;
    let last = kept.rsplit('\n').next().unwrap_or_default();
    let digest = envelope::sha256(last.as_bytes());
    let records = u64::try_from(kept.lines().count()).unwrap_or(u64::MAX);
    if digest != checkpoint.last || records != checkpoint.records {
        return Err(end("the checkpoint does not name the record before it"));
    }
    let kept_end = kept.len() + 1;
    Ok(End {
        kept: text.get(..kept_end).unwrap_or(text),
        records,
        last: Some(digest),
    })
}
