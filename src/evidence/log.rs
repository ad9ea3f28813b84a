//! A log of records: one line each, then the checkpoint.

use super::envelope::{self, EnvelopeError};
use super::keys::SigningKey;
use super::record::ReviewRecord;
use super::statement::{CHECKPOINT, Checkpoint, STATEMENT, Statement};

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

/// The text of a log with a record added. `text` is the log so far, empty for a new one; number,
/// name and predecessor of the record are filled in.
///
/// # Errors
/// The log does not end in a record and the checkpoint that names it. Whether the rest of it is
/// intact is for [`super::verify()`] to say: adding must not depend on keys of the past.
pub fn append(text: &str, mut record: ReviewRecord, key: &SigningKey) -> Result<String, LogError> {
    let end = end_of(text)?;
    record.sequence = end.records + 1;
    record.previous = end.last;
    let subject = record
        .change
        .head
        .as_deref()
        .or(record.change.tree.as_deref())
        .unwrap_or_default();
    record.id = format!(
        "{}-{}",
        subject.get(..12).unwrap_or(subject),
        record.sequence
    );
    let sequence = record.sequence;
    let line = envelope::seal(STATEMENT, &Statement::new(record).bytes(), key);
    let checkpoint = Checkpoint {
        records: sequence,
        last: envelope::sha256(line.as_bytes()),
    };
    // Numbers and strings alone: their serialization cannot fail.
    let checkpoint = serde_json::to_vec(&checkpoint).unwrap_or_default();
    let closing = envelope::seal(CHECKPOINT, &checkpoint, key);
    Ok(format!("{}{line}\n{closing}\n", end.kept))
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
