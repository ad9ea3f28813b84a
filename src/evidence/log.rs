//! A log of records: one line each, then the checkpoint. An entry is added in place of the checkpoint, at the end
//! of the file; what stands before it is never written again.

use serde::{Deserialize, Serialize};

use super::chain::{self, ChainEnd};
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
    End(String),
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
pub fn append(end: &str, entry: Entry, key: &SigningKey) -> Result<Appended, LogError> {
    let found = end_of(end)?;
    let link = chain::link(found.as_ref().map(End::chain), entry, key).map_err(LogError::End)?;
    let kept = found.map_or(0, |found| found.kept);
    Ok(Appended {
        kept,
        replaced: end.get(kept..).unwrap_or_default().to_owned(),
        added: format!("{}\n{}\n", link.line, link.checkpoint),
        line: link.line,
        id: link.id,
    })
}

/// Number of entries of a log that ends as one does; `end` as for [`append`].
///
/// # Errors
/// As [`append`].
pub fn entries_of(end: &str) -> Result<u64, LogError> {
    let Some(end) = end_of(end)? else {
        return Ok(0);
    };
    chain::holds(&end.chain()).map_err(LogError::End)?;
    Ok(end.entries)
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
struct End<'t> {
    /// Bytes before the checkpoint.
    kept: usize,
    entries: u64,
    last: &'t str,
    checkpoint: &'t str,
}

impl<'t> End<'t> {
    fn chain(&self) -> ChainEnd<'t> {
        ChainEnd {
            entries: self.entries,
            last: self.last,
            checkpoint: self.checkpoint,
        }
    }
}

/// The end of a log; `None` for a new one.
fn end_of(text: &str) -> Result<Option<End<'_>>, LogError> {
    if text.is_empty() {
        return Ok(None);
    }
    let odd = |why: &str| LogError::End(why.to_owned());
    let Some(whole) = text.strip_suffix('\n') else {
        return Err(odd("the last line is not whole"));
    };
    let (kept, checkpoint) = whole.rsplit_once('\n').ok_or_else(|| {
        odd("a log ends in a record and a checkpoint, and this one has a single line")
    })?;
    let opened = envelope::peek(checkpoint).map_err(LogError::Line)?;
    let named: Checkpoint = (opened.payload_type == CHECKPOINT)
        .then(|| serde_json::from_slice(&opened.payload).ok())
        .flatten()
        .ok_or_else(|| odd("the last line is no checkpoint"))?;
    Ok(Some(End {
        kept: kept.len() + 1,
        entries: named.records,
        last: kept.rsplit('\n').next().unwrap_or_default(),
        checkpoint,
    }))
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
            (
                &format!("{closing}{closing}"),
                "does not name its last record",
            ),
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
