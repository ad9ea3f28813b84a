//! Whether an index file is whole. Pure: reads from what it is given.
//!
//! git reads an index that was cut off without complaint, and shows entries that nobody staged or
//! none at all (seen with 2.47: it checks neither lengths nor the checksum). A review of that would
//! look like a clean one, so the structure is walked first: 0.3 ms for 16,000 entries. The checksum
//! is left to `git fsck`: it would cost more than the whole difference to `HEAD`.
//!
//! Format: gitformat-index(5), versions 2 to 4.

use std::io::{self, Read};

use crate::finding::hex;

/// Bytes of an entry before its object name.
const STAT: usize = 40;

/// Where the mode stands among them.
const MODE: std::ops::Range<usize> = 24..28;

/// Flag of an entry that two more bytes of flags follow (version 3 and up).
const EXTENDED: u16 = 0x4000;

/// Mask of the side of a conflict in the flags.
const STAGE: u16 = 0x3000;

/// Mask of the name's length in the flags; all ones = at least that long.
const NAME_LENGTH: u16 = 0x0fff;

/// Bytes read at once. The whole file at once would cost more page faults than the walk costs work.
const WINDOW: usize = 32 * 1024;

/// Why an index file is not accepted.
#[derive(Debug, thiserror::Error)]
pub(super) enum Damage {
    /// What does not fit, in words.
    #[error("{0}")]
    Format(&'static str),
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// Walks a file of `length` bytes; `hash` is the length of an object name in bytes. Gives the paths of
/// the merged regular files called `wanted`, in any folder; `None` where the file does not hold all
/// names in full: version 4, split and sparse index.
///
/// # Errors
/// What does not fit.
pub(super) fn check(
    input: impl Read,
    length: u64,
    hash: usize,
    wanted: &str,
) -> Result<Option<Vec<Vec<u8>>>, Damage> {
    let mut found = Vec::new();
    let is_complete = walk(input, length, hash, |seen| {
        let is_called = seen
            .name
            .strip_suffix(wanted.as_bytes())
            .is_some_and(|folder| folder.is_empty() || folder.ends_with(b"/"));
        if is_called && seen.is_merged && seen.mode & 0o170_000 == 0o100_000 {
            found.push(seen.name.to_vec());
        }
    })?;
    Ok(is_complete.then_some(found))
}

/// Path and hex object name.
pub(super) type Listed = (Vec<u8>, String);

/// Every merged regular file whose name ends with `.h`; `None` where
/// the file does not hold all names in full: version 4, split and sparse index.
///
/// # Errors
/// What does not fit.
pub(super) fn headers(
    input: impl Read,
    length: u64,
    hash: usize,
) -> Result<Option<Vec<Listed>>, Damage> {
    let mut found = Vec::new();
    let is_complete = walk(input, length, hash, |seen| {
        if seen.name.ends_with(b".h") && seen.is_merged && seen.mode & 0o170_000 == 0o100_000 {
            found.push((seen.name.to_vec(), hex(seen.object)));
        }
    })?;
    Ok(is_complete.then_some(found))
}

/// An entry as the walk shows it.
struct Seen<'b> {
    mode: u32,
    /// Neither side of a conflict.
    is_merged: bool,
    object: &'b [u8],
    /// Path; in version 4 only what differs from the one before.
    name: &'b [u8],
}

/// Shows every entry; tells whether these are all, with their names in full.
fn walk(
    input: impl Read,
    length: u64,
    hash: usize,
    mut each: impl FnMut(&Seen<'_>),
) -> Result<bool, Damage> {
    const CUT: Damage = Damage::Format("the index file is cut off");
    // The checksum at the end is no part of the structure.
    let length = length.checked_sub(hash as u64).ok_or(CUT)?;
    let mut rest = Rest::new(input.take(length));
    if rest.take(4)?.ok_or(CUT)? != b"DIRC" {
        return Err(Damage::Format("the index file does not begin like one"));
    }
    let version = rest.number()?.ok_or(CUT)?;
    if !(2..=4).contains(&version) {
        return Err(Damage::Format("the index file has an unknown version"));
    }
    let damaged = || Damage::Format("an entry of the index file is cut off or damaged");
    for _ in 0..rest.number()?.ok_or(CUT)? {
        loop {
            match entry(rest.at_hand(), version, hash) {
                Entry::Takes(length, seen) => {
                    each(&seen);
                    rest.filled.start += length;
                    break;
                }
                Entry::Damaged => return Err(damaged()),
                Entry::NeedsMore => {}
            }
            if !rest.more()? {
                return Err(damaged());
            }
        }
    }
    let mut is_complete = version < 4;
    while !rest.is_at_end()? {
        is_complete &= extension(&mut rest)?
            .ok_or(Damage::Format("an extension of the index file is cut off"))?;
    }
    Ok(is_complete)
}

/// What the bytes at hand begin with.
enum Entry<'b> {
    /// An entry of so many bytes.
    Takes(usize, Seen<'b>),
    /// A part of an entry.
    NeedsMore,
    /// No entry.
    Damaged,
}

fn entry(bytes: &[u8], version: u32, hash: usize) -> Entry<'_> {
    usual_entry(bytes, version, hash).unwrap_or_else(|| any_entry(bytes, version, hash))
}

/// An entry of the usual kind that is whole; `None` for any other, which may be one as well.
#[inline]
fn usual_entry(bytes: &[u8], version: u32, hash: usize) -> Option<Entry<'_>> {
    let (fixed, behind) = bytes.split_at_checked(STAT + hash + 2)?;
    let flags = u16::from_be_bytes(*fixed.last_chunk::<2>()?);
    let mode = u32::from_be_bytes(fixed.get(MODE)?.try_into().ok()?);
    let length = usize::from(flags & NAME_LENGTH);
    let is_usual = version < 4
        && matches!(mode, 0o100_644 | 0o100_755)
        && flags & EXTENDED == 0
        && length < usize::from(NAME_LENGTH);
    let (name, behind) = behind.split_at_checked(length)?;
    let padding = behind.get(..8 - (fixed.len() + length) % 8)?;
    // git reads the name up to a NUL inside it.
    if !is_usual || padding.iter().any(|&byte| byte != 0) || memchr::memchr(0, name).is_some() {
        return None;
    }
    let seen = Seen {
        mode,
        is_merged: flags & STAGE == 0,
        object: fixed.get(STAT..STAT + hash)?,
        name,
    };
    Some(Entry::Takes(fixed.len() + length + padding.len(), seen))
}

fn any_entry(bytes: &[u8], version: u32, hash: usize) -> Entry<'_> {
    let mut fixed = STAT + hash + 2;
    let (Some(mode), Some(flags)) = (
        bytes.get(MODE).and_then(|mode| mode.try_into().ok()),
        bytes.get(..fixed).and_then(|head| head.last_chunk::<2>()),
    ) else {
        return Entry::NeedsMore;
    };
    let (mode, flags) = (u32::from_be_bytes(mode), u16::from_be_bytes(*flags));
    // File, executable (group-writable in very old ones), link, submodule, folder of a sparse index.
    if !matches!(
        mode,
        0o100_644 | 0o100_755 | 0o100_664 | 0o120_000 | 0o160_000 | 0o040_000
    ) {
        return Entry::Damaged;
    }
    if flags & EXTENDED != 0 && version >= 3 {
        fixed += 2;
    }
    if version == 4 {
        // How much of the name above is dropped: bytes with the high bit set go on.
        let number = bytes.get(fixed..).unwrap_or_default();
        let Some(last) = number.iter().position(|byte| byte & 0x80 == 0) else {
            return Entry::NeedsMore;
        };
        fixed += last + 1;
    }
    let name = bytes.get(fixed..).unwrap_or_default();
    let Some(length) = memchr::memchr(0, name) else {
        return Entry::NeedsMore;
    };
    let seen = Seen {
        mode,
        is_merged: flags & STAGE == 0,
        object: bytes.get(STAT..STAT + hash).unwrap_or_default(),
        name: name.get(..length).unwrap_or_default(),
    };
    if version == 4 {
        return Entry::Takes(fixed + length + 1, seen);
    }
    let said = usize::from(flags & NAME_LENGTH);
    if said != length.min(usize::from(NAME_LENGTH)) {
        return Entry::Damaged;
    }
    // One to eight NULs, up to a multiple of eight.
    let padded = (fixed + length) / 8 * 8 + 8;
    match bytes.get(fixed + length..padded) {
        None => Entry::NeedsMore,
        Some(padding) if padding.iter().all(|&byte| byte == 0) => Entry::Takes(padded, seen),
        Some(_) => Entry::Damaged,
    }
}

/// One extension: name, size, content. Tells whether the entries are all there are: not so in a
/// split index (`link`) and in a sparse one (`sdir`).
fn extension(rest: &mut Rest<impl Read>) -> io::Result<Option<bool>> {
    let Some(name) = rest.take(4)? else {
        return Ok(None);
    };
    let is_complete = !matches!(name, b"link" | b"sdir");
    let Some(size) = rest.number()? else {
        return Ok(None);
    };
    let mut left = size as usize;
    while left > 0 {
        let step = left.min(WINDOW);
        if rest.take(step)?.is_none() {
            return Ok(None);
        }
        left -= step;
    }
    Ok(Some(is_complete))
}

/// What is still to be read, through a window that grows only for a name that does not fit it.
struct Rest<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of the buffer that was read and not yet taken.
    filled: std::ops::Range<usize>,
}

impl<R: Read> Rest<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; WINDOW],
            filled: 0..0,
        }
    }

    fn at_hand(&self) -> &[u8] {
        self.buffer.get(self.filled.clone()).unwrap_or_default()
    }

    /// Reads more; false at the end of the file.
    fn more(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.filled.clone(), 0);
        self.filled = 0..self.filled.len();
        if self.filled.end == self.buffer.len() {
            self.buffer.resize(self.filled.end * 2, 0);
        }
        loop {
            let free = self.buffer.get_mut(self.filled.end..).unwrap_or_default();
            match self.input.read(free) {
                Ok(read) => {
                    self.filled.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn take(&mut self, count: usize) -> io::Result<Option<&[u8]>> {
        while self.filled.len() < count {
            if !self.more()? {
                return Ok(None);
            }
        }
        let start = self.filled.start;
        self.filled.start += count;
        Ok(self.buffer.get(start..start + count))
    }

    fn number(&mut self) -> io::Result<Option<u32>> {
        let bytes = self.take(4)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map(u32::from_be_bytes))
    }

    fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.filled.is_empty() && !self.more()?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    /// Hands bytes out in small pieces, as a system may.
    struct Trickle<'b>(&'b [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(7);
            self.0.read(&mut buffer[..length])
        }
    }

    fn check(bytes: &[u8], hash: usize) -> Result<(), String> {
        let length = bytes.len() as u64;
        super::check(Trickle(bytes), length, hash, "scrubin.toml")
            .map(|_| ())
            .map_err(|damage| damage.to_string())
    }

    /// An index of version 2 with two entries and one extension.
    fn sample() -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x02\0\0\0\x02".to_vec();
        for name in ["a.c", "src/drivers/spi.c"] {
            let start = bytes.len();
            bytes.extend([7; MODE.start]);
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([7; STAT - MODE.end + 20]);
            bytes.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
            bytes.extend(name.as_bytes());
            let padded = (bytes.len() - start) / 8 * 8 + 8;
            bytes.resize(start + padded, 0);
        }
        bytes.extend(b"TREE\0\0\0\x03abc");
        bytes.extend([9; 20]);
        bytes
    }

    #[test]
    fn a_whole_index_is_accepted_and_every_cut_is_noticed() {
        let bytes = sample();
        assert_eq!(check(&bytes, 20), Ok(()));
        for length in 0..bytes.len() {
            // Cut exactly before an extension it is a whole, shorter index with another checksum.
            let is_shorter_index = bytes.len() - length == 11;
            let cut = check(&bytes[..length], 20);
            assert_eq!(cut.is_ok(), is_shorter_index, "{length}");
        }
    }

    #[test]
    fn headers_are_listed_where_all_names_are_there() {
        let listed = |bytes: &[u8]| {
            let found = headers(Trickle(bytes), bytes.len() as u64, 20).unwrap();
            found.map(|found| found.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        let mut bytes = sample();
        assert_eq!(listed(&bytes), Some(Vec::new()));
        let at = bytes.windows(5).position(|part| part == b"spi.c").unwrap();
        bytes[at + 4] = b'h';
        assert_eq!(listed(&bytes), Some(vec![b"src/drivers/spi.h".to_vec()]));
        let at = bytes.windows(4).position(|part| part == b"TREE").unwrap();
        bytes[at..at + 4].copy_from_slice(b"sdir");
        assert_eq!(listed(&bytes), None);
    }

    #[test]
    fn other_versions_modes_and_magic_are_refused() {
        let mut bytes = sample();
        bytes[12 + MODE.start] = 0xff;
        assert!(check(&bytes, 20).is_err());
        bytes[12 + MODE.start] = 0;
        assert!(check(&bytes, 20).is_ok());
        bytes[7] = 5;
        assert!(check(&bytes, 20).is_err());
        bytes[7] = 2;
        bytes[0] = b'X';
        assert!(check(&bytes, 20).is_err());
        assert!(check(b"", 20).is_err());
    }
}
