//! One more entry of a chain, in a file or a database: the line and the checkpoint behind it.

use super::entry::Entry;
use super::envelope;
use super::keys::SigningKey;
use super::statement::{self, CHECKPOINT, Checkpoint, STATEMENT};

/// The end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainEnd<'e> {
    /// Entries so far, at least 1.
    pub entries: u64,
    /// The last one.
    pub last: &'e str,
    /// The checkpoint behind it.
    pub checkpoint: &'e str,
}

/// An entry that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its line, without a line feed.
    pub line: String,
    /// The checkpoint that now ends the chain.
    pub checkpoint: String,
    /// Its name.
    pub id: String,
}

/// Adds an entry behind the end of a chain; `None` = it is the first.
///
/// # Errors
/// The checkpoint does not name the last entry: something was cut or exchanged.
pub fn link(end: Option<ChainEnd<'_>>, mut entry: Entry, key: &SigningKey) -> Result<Link, String> {
    let (records, previous) = match end {
        None => (0, None),
        Some(end) => (end.entries, Some(holds(&end)?)),
    };
    let sequence = records + 1;
    entry.place(sequence, previous);
    let id = entry.id().to_owned();
    let line = envelope::seal(STATEMENT, &statement::write(&entry), key);
    let checkpoint = Checkpoint {
        records: sequence,
        last: envelope::sha256(line.as_bytes()),
    };
    // Numbers and strings alone: their serialization cannot fail.
    let checkpoint = serde_json::to_vec(&checkpoint).unwrap_or_default();
    Ok(Link {
        checkpoint: envelope::seal(CHECKPOINT, &checkpoint, key),
        line,
        id,
    })
}

/// Whether the checkpoint at the end of a chain names its last entry; the digest of that.
///
/// # Errors
/// As [`link`].
pub(super) fn holds(end: &ChainEnd<'_>) -> Result<String, String> {
    let digest = envelope::sha256(end.last.as_bytes());
    let opened = envelope::peek(end.checkpoint).map_err(|error| error.to_string())?;
    let checkpoint: Option<Checkpoint> = (opened.payload_type == CHECKPOINT)
        .then(|| serde_json::from_slice(&opened.payload).ok())
        .flatten();
    let names_it = checkpoint
        .is_some_and(|checkpoint| checkpoint.last == digest && checkpoint.records == end.entries);
    match names_it {
        true => Ok(digest),
        false => Err("its checkpoint does not name its last record".to_owned()),
    }
}
