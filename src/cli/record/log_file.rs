//! The file of a log: an entry is added at its end, and a write that was cut short is undone.
//!
//! What stands in a log is not written again. The checkpoint at its end gives way to the new entry and the new
//! checkpoint; what is needed to bring it back lies in the lock file until both are on the disk.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::super::output;
use crate::evidence::{self, Appended, Entry, SigningKey, Undo};

/// Bytes at the end of a log that are read: several hundred records, in which an earlier review of the same change
/// is looked for. More where the last two lines are longer.
const END: u64 = 16 << 20;

/// Adds the entry that `make` makes, knowing the end of the log, to the log; others are held off meanwhile.
pub(super) fn add(
    log: &Path,
    key: &SigningKey,
    make: impl FnOnce(&str) -> Result<Entry, Failure>,
) -> Result<Appended, Failure> {
    let doing = |failure: Failure| failure.doing(&format!("add a record to `{}`", log.display()));
    let mut lock = Lock::take(log).map_err(doing)?;
    put_right(log, &mut lock).map_err(doing)?;
    let (end, size) = end_of(log).map_err(doing)?;
    let appended = evidence::append(&end, make(&end)?, key).map_err(|error| {
        doing(Failure::new(error)).with_help(
            "the log was cut or edited; keep it for those who ask why, and begin a new one",
        )
    })?;
    let behind = end.len().saturating_sub(appended.kept);
    let undo = Undo {
        kept: size.saturating_sub(bytes(behind)),
        replaced: appended.replaced.clone(),
    };
    lock.note(&undo).map_err(doing)?;
    if let Err(error) = write_at(log, undo.kept, &appended.added) {
        // A full disk, say: the log is as it was, or is made so by who comes next.
        let _ = put_right(log, &mut lock);
        return Err(doing(Failure::new(error)));
    }
    lock.clear().map_err(doing)?;
    Ok(appended)
}

/// Whether a write to a log was cut short and not undone yet.
pub(super) fn is_unfinished(log: &Path) -> bool {
    std::fs::metadata(lock_name(log)).is_ok_and(|lock| lock.len() > 0)
}

/// Where a log lies: a link is followed, so that it stays one, and what is no plain file (a device, a folder) is
/// refused.
pub(super) fn plain_file(file: &Path) -> Result<PathBuf, Failure> {
    let failed =
        |error| Failure::new(error).doing(&format!("look at the log `{}`", file.display()));
    let is_link = std::fs::symlink_metadata(file).is_ok_and(|there| there.is_symlink());
    let place = match is_link {
        true => file.canonicalize().map_err(failed)?,
        false => file.to_path_buf(),
    };
    match std::fs::metadata(&place) {
        Ok(there) if !there.is_file() => Err(Failure::message(format!(
            "`{}` is no plain file, so no log can be kept there",
            file.display()
        ))
        .with_help("name a file of its own, such as reviews.jsonl")),
        _ => Ok(place),
    }
}

fn bytes(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn lock_name(log: &Path) -> PathBuf {
    let mut name = log.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Holds others off while a log is read and written; let go when dropped.
struct Lock {
    file: File,
}

impl Lock {
    fn take(log: &Path) -> Result<Self, Failure> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(lock_name(log))
            .map_err(Failure::new)?;
        file.lock().map_err(Failure::new)?;
        Ok(Self { file })
    }

    /// Writes down how to undo what comes next.
    fn note(&mut self, undo: &Undo) -> Result<(), Failure> {
        let text = serde_json::to_string(undo).map_err(Failure::new)?;
        self.replace(&text).map_err(Failure::new)
    }

    fn noted(&mut self) -> Result<String, Failure> {
        let mut text = Vec::new();
        self.file
            .rewind()
            .and_then(|()| self.file.read_to_end(&mut text))
            .map_err(Failure::new)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    fn clear(&mut self) -> Result<(), Failure> {
        self.replace("").map_err(Failure::new)
    }

    fn replace(&mut self, text: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}

/// Undoes a write that was cut short, and says so.
fn put_right(log: &Path, lock: &mut Lock) -> Result<(), Failure> {
    let noted = lock.noted()?;
    if noted.is_empty() {
        return Ok(());
    }
    // It is on the disk before anything else is written: what is not whole was followed by nothing.
    let Ok(undo) = serde_json::from_str::<Undo>(&noted) else {
        return lock.clear();
    };
    let (end, size) = end_of(log)?;
    if evidence::entries_of(&end).is_ok() {
        return lock.clear();
    }
    let is_cut = || {
        Failure::message("a write was cut short, and what stood there before it is gone").with_help(
            "the log was cut or edited; keep it for those who ask why, and begin a new one",
        )
    };
    if size < undo.kept {
        return Err(is_cut());
    }
    let mut before = end_before(log, undo.kept)?;
    before.push_str(&undo.replaced);
    let entries = evidence::entries_of(&before).map_err(|_| is_cut())?;
    if before.is_empty() {
        std::fs::remove_file(log).map_err(Failure::new)?;
    } else {
        write_at(log, undo.kept, &undo.replaced).map_err(Failure::new)?;
    }
    output::message(&format!(
        "notice: a write to `{}` was cut short; it was put back to its {entries} records",
        log.display()
    ));
    lock.clear()
}

/// Puts a text behind the first bytes of a file, in place of what stands there, and waits until it is on the disk.
fn write_at(log: &Path, kept: u64, text: &str) -> std::io::Result<()> {
    let is_new = !log.exists();
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(log)?;
    file.seek(SeekFrom::Start(kept))?;
    file.write_all(text.as_bytes())?;
    file.set_len(kept.saturating_add(bytes(text.len())))?;
    file.sync_all()?;
    #[cfg(unix)]
    if is_new && let Some(folder) = log.parent().filter(|folder| folder.is_dir()) {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = is_new;
    Ok(())
}

/// The last lines of a log, and its size in bytes; nothing where there is none.
fn end_of(log: &Path) -> Result<(String, u64), Failure> {
    match std::fs::metadata(log) {
        Ok(there) => Ok((end_before(log, there.len())?, there.len())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((String::new(), 0)),
        Err(error) => Err(Failure::new(error)),
    }
}

/// The last lines among the first `size` bytes of a log.
fn end_before(log: &Path, size: u64) -> Result<String, Failure> {
    if size == 0 {
        return Ok(String::new());
    }
    let mut file = File::open(log).map_err(Failure::new)?;
    let mut wanted = END;
    loop {
        let start = size.saturating_sub(wanted);
        file.seek(SeekFrom::Start(start)).map_err(Failure::new)?;
        let mut text = Vec::new();
        (&mut file)
            .take(size - start)
            .read_to_end(&mut text)
            .map_err(Failure::new)?;
        let is_feed = |byte: &&u8| **byte == b'\n';
        // One ends the line that is not read whole, two more the last two.
        if start == 0 || text.iter().filter(is_feed).count() > 2 {
            let whole = match start {
                0 => 0,
                _ => text
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1),
            };
            text.drain(..whole);
            return String::from_utf8(text).map_err(|_| {
                Failure::message("it is no log of records: it holds bytes that are no text")
            });
        }
        wanted = wanted.saturating_mul(2);
    }
}
