//! A log of records: one line each, then the checkpoint. An entry is added in place of the checkpoint, at the end
//! of the file; what stands before it is never written again.

use serde::{Deserialize, Serialize};

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
    #[error("the last line: {0}")]
    Line(EnvelopeError),
    /// Its end does not fit together.
    #[error("{0}")]
    End(&'static str),
}

/// An entry that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Bytes of the given end that stay: all but its checkpoint.
    pub kept: usize,
    /// The checkpoint that gives way, with its line feed; empty for a new log.
    pub replaced: String,
    /// What is written in its place: the entry's line and the new checkpoint, each with its line feed.
    pub added: String,
    /// The entry's line, without its line feed.
    pub line: String,
    /// The entry's name.
    pub id: String,
}

/// What has to be known to undo a write that was cut short; kept beside the log while it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Bytes of the log that stay as they are.
    pub kept: u64,
    /// What stood behind them.
    pub replaced: String,
}

/// An entry for the end of a log. `end` is the log so far, or its last lines (two at least); empty for a new one.
/// Number, name and predecessor of the entry are filled in.
///
/// # Errors
/// It does not end in an entry and the checkpoint that names it. Whether the rest of it is intact is for
/// [`super::verify()`] to say: adding must not depend on keys of the past.
pub fn append(end: &str, mut entry: Entry, key: &SigningKey) -> Result<Appended, LogError> {
    let found = end_of(end)?;
    let sequence = found.records + 1;
    entry.place(sequence, found.last);
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
        kept: found.kept,
        replaced: end.get(found.kept..).unwrap_or_default().to_owned(),
        added: format!("{line}\n{closing}\n"),
        line,
        id,
    })
}

/// Number of entries of a log that ends as one does; `end` as for [`append`].
///
/// # Errors
/// As [`append`].
pub fn entries_of(end: &str) -> Result<u64, LogError> {
    end_of(end).map(|end| end.records)
}

/// The last review of the same pull request, or else of the same branch, that a log holds; looked for among
/// its last [`LOOKED_AT`] entries, as far as `end` reaches. Nothing is verified: a false one changes what a record
/// says was fixed, which [`super::verify()`] finds as it finds any false line.
pub fn review_before(
    end: &str,
    pull_request: Option<u64>,
    branch: Option<&str>,
) -> Option<Box<ReviewRecord>> {
    let is_same = |change: &ChangePart| match (pull_request, change.pull_request) {
        (Some(number), Some(other)) => number == other,
        (None, None) => branch.is_some() && change.branch.as_deref() == branch,
        _ => false,
    };
    end.lines().rev().take(LOOKED_AT).find_map(|line| {
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
struct End {
    /// Bytes before the checkpoint.
    kept: usize,
    records: u64,
    last: Option<String>,
}

fn end_of(text: &str) -> Result<End, LogError> {
    if text.is_empty() {
        return Ok(End {
            kept: 0,
            records: 0,
            last: None,
        });
    }
    let Some(whole) = text.strip_suffix('\n') else {
        return Err(LogError::End("the last line is not whole"));
    };
    let (kept, closing) = whole.rsplit_once('\n').ok_or(LogError::End(
        "a log ends in a record and a checkpoint, and this one has a single line",
    ))?;
    let opened = envelope::peek(closing).map_err(LogError::Line)?;
    let checkpoint: Checkpoint = (opened.payload_type == CHECKPOINT)
        .then(|| serde_json::from_slice(&opened.payload).ok())
        .flatten()
        .ok_or(LogError::End("the last line is no checkpoint"))?;
    let last = kept.rsplit('\n').next().unwrap_or_default();
    let digest = envelope::sha256(last.as_bytes());
    if digest != checkpoint.last {
        return Err(LogError::End(
            "the checkpoint does not name the record before it",
        ));
    }
    Ok(End {
        kept: kept.len() + 1,
        records: checkpoint.records,
        last: Some(digest),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::super::samples::record;
    use super::*;

    fn entry(head: &str) -> Entry {
        Entry::Review(Box::new(record(head)))
    }

    #[test]
    fn the_end_of_a_log_is_enough_to_go_on() {
        let key = SigningKey::from_seed([1; 32]);
        let first = append("", entry("aaaaaaaaaaaaaaaa"), &key).unwrap();
        assert_eq!((first.kept, first.replaced.as_str()), (0, ""));
        let log = first.added.clone();
        let second = append(&log, entry("bbbbbbbbbbbbbbbb"), &key).unwrap();
        assert_eq!(second.id, "bbbbbbbbbbbb-2");
        assert_eq!(format!("{}{}", &log[..second.kept], second.replaced), log);
        let log = format!("{}{}", &log[..second.kept], second.added);
        let end = log.split_once('\n').unwrap().1;
        let third = append(end, entry("cccccccccccccccc"), &key).unwrap();
        assert_eq!(third.id, "cccccccccccc-3");
        assert_eq!(entries_of(end).unwrap(), 2);
        let whole = append(&log, entry("cccccccccccccccc"), &key).unwrap();
        assert_eq!(whole.added, third.added);
    }

    #[test]
    fn an_end_that_is_none_takes_nothing() {
        let key = SigningKey::from_seed([1; 32]);
        let log = append("", entry("aaaaaaaaaaaaaaaa"), &key).unwrap().added;
        let (line, closing) = log.split_once('\n').unwrap();
        for (text, why) in [
            (&log[..log.len() - 9], "not whole"),
            (&format!("{line}\n"), "single line"),
            (&format!("{line}\n{line}\n"), "no checkpoint"),
            (&format!("{closing}{closing}"), "does not name"),
            (
                &format!("{line}\nhello\n"),
                "the last line: it is no envelope",
            ),
        ] {
            let error = append(text, entry("bbbbbbbbbbbbbbbb"), &key).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
