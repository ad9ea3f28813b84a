//! What an index file holds, and whether it is whole. Pure.
//!
//! git reads an index that was cut off without complaint, and shows entries that nobody staged or
//! none at all (seen with 2.47: it checks neither lengths nor the checksum). A review of that would
//! look like a clean one, so the structure is walked first: 0.3 ms for 16,000 entries (1.9 MB). The checksum
//! is left to `git fsck`: it would cost more than the whole difference to `HEAD`.
//!
//! Format: gitformat-index(5), versions 2 to 4.

use std::ops::Range;

use super::file_bytes::FileBytes;

/// Bytes of an entry before its object name.
const STAT: usize = 40;

/// Where the size stands among them.
const SIZE: usize = 36;

/// Where the mode stands among them.
const MODE: Range<usize> = 24..28;

/// Flag of an entry that two more bytes of flags follow (version 3 and up).
const EXTENDED: u16 = 0x4000;

/// Mask of the side of a conflict in the flags.
const STAGE: u16 = 0x3000;

/// Mask of the name's length in the flags; all ones = at least that long.
const NAME_LENGTH: u16 = 0x0fff;

/// Why an index file is not accepted: what does not fit, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Damage(&'static str);

/// An index file whose structure is whole.
#[derive(Debug)]
pub(super) struct Index {
    bytes: FileBytes,
    version: u32,
    /// Length of an object name in bytes.
    hash: usize,
    /// Where each entry begins.
    entries: Vec<u32>,
    /// Numbers of the merged regular files called `*.h`, and of those called as was asked.
    headers: Vec<u32>,
    called: Vec<u32>,
    /// Whether the entries are all there are, with their names in full: not so in version 4, in a
    /// split index (`link`) and in a sparse one (`sdir`).
    is_complete: bool,
    /// The bytes of the extension `TREE`.
    trees: Option<Range<usize>>,
}

/// An entry of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'b> {
    pub(super) mode: u32,
    /// Neither side of a conflict.
    pub(super) is_merged: bool,
    /// It has the flags of version 3: announced by `git add -N`, or left out of the work tree.
    pub(super) is_extended: bool,
    pub(super) object: &'b [u8],
    /// Path; in version 4 only what differs from the one before.
    pub(super) name: &'b [u8],
}

impl Seen<'_> {
    fn is_merged_file(&self) -> bool {
        self.is_merged && self.mode & 0o170_000 == 0o100_000
    }
}

impl Index {
    /// Walks the bytes of an index file; `hash` is the length of an object name in bytes, `wanted` the
    /// name of files that will be asked for.
    ///
    /// # Errors
    /// What does not fit.
    pub(super) fn of(bytes: FileBytes, (hash, wanted): (usize, &str)) -> Result<Self, Damage> {
        const CUT: Damage = Damage("the index file is cut off");
        // The checksum at the end is no part of the structure.
        let end = bytes.len().checked_sub(hash).ok_or(CUT)?;
        let whole = bytes.get(..end).ok_or(CUT)?;
        let (magic, rest) = whole.split_at_checked(4).ok_or(CUT)?;
        if magic != b"DIRC" {
            return Err(Damage("the index file does not begin like one"));
        }
        let (version, rest) = number(rest).ok_or(CUT)?;
        if !(2..=4).contains(&version) {
            return Err(Damage("the index file has an unknown version"));
        }
        let (count, mut rest) = number(rest).ok_or(CUT)?;
        // Damage may say any number: what the bytes have room for is enough.
        let room = rest.len() / (STAT + hash);
        let mut entries = Vec::with_capacity(room.min(count as usize));
        let (mut headers, mut called) = (Vec::new(), Vec::new());
        for at in 0..count {
            let (length, seen) = entry(rest, version, hash)
                .ok_or(Damage("an entry of the index file is cut off or damaged"))?;
            entries.push(u32::try_from(end - rest.len()).map_err(|_| CUT)?);
            let name = seen.name;
            if name.ends_with(b".h") && seen.is_merged_file() {
                headers.push(at);
            }
            if let Some(folder) = name.strip_suffix(wanted.as_bytes())
                && (folder.is_empty() || folder.ends_with(b"/"))
                && seen.is_merged_file()
            {
                called.push(at);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        let mut is_complete = version < 4;
        let mut trees = None;
        while !rest.is_empty() {
            let (name, content) =
                extension(rest).ok_or(Damage("an extension of the index file is cut off"))?;
            let start = end - rest.len() + EXTENSION_HEAD;
            rest = rest
                .get(EXTENSION_HEAD + content.len()..)
                .unwrap_or_default();
            match name {
                b"link" | b"sdir" => is_complete = false,
                b"TREE" => trees = Some(start..start + content.len()),
                _ => {}
            }
        }
        Ok(Self {
            version,
            hash,
            entries,
            headers,
            called,
            is_complete,
            trees,
            bytes,
        })
    }

    /// Gives the memory of the file's pages back until they are looked at again.
    pub(super) fn release(&self) {
        self.bytes.release();
    }

    /// Whether the entries are all there are, with their names in full.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// An entry, in the order of their paths.
    pub(super) fn get(&self, at: usize) -> Option<Seen<'_>> {
        let start = *self.entries.get(at)? as usize;
        let rest = self.bytes.get(start..)?;
        entry(rest, self.version, self.hash).map(|(_, seen)| seen)
    }

    /// Bytes that an entry's file had in the work tree when it was staged or checked out.
    pub(super) fn file_size(&self, at: usize) -> Option<u32> {
        let start = *self.entries.get(at)? as usize + SIZE;
        let size = self.bytes.get(start..)?.first_chunk::<4>()?;
        Some(u32::from_be_bytes(*size))
    }

    /// The bytes of the extension `TREE`: which folders are known to be as in a tree.
    pub(super) fn trees(&self) -> Option<&[u8]> {
        self.bytes.get(self.trees.clone()?)
    }

    /// Paths of the merged regular files called as was wanted, in any folder; `None` where the file
    /// does not hold all names in full.
    pub(super) fn called(&self) -> Option<Vec<Vec<u8>>> {
        let names = self.called.iter().filter_map(|&at| self.get(at as usize));
        self.is_complete
            .then(|| names.map(|seen| seen.name.to_vec()).collect())
    }

    /// Numbers of the merged regular files whose name ends with `.h`, by path; `None` where the file
    /// does not hold all names in full.
    pub(super) fn headers(&self) -> Option<&[u32]> {
        self.is_complete.then_some(self.headers.as_slice())
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// An entry at the beginning of the bytes, and its length.
fn entry(bytes: &[u8], version: u32, hash: usize) -> Option<(usize, Seen<'_>)> {
    usual_entry(bytes, version, hash).or_else(|| any_entry(bytes, version, hash))
}

/// An entry of the usual kind; `None` for any other, which may be one as well.
#[inline]
fn usual_entry(bytes: &[u8], version: u32, hash: usize) -> Option<(usize, Seen<'_>)> {
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
        is_extended: false,
        object: fixed.get(STAT..STAT + hash)?,
        name,
    };
    Some((fixed.len() + length + padding.len(), seen))
}

/// An entry of any kind; `None` where it is cut off or damaged.
fn any_entry(bytes: &[u8], version: u32, hash: usize) -> Option<(usize, Seen<'_>)> {
    let mut fixed = STAT + hash + 2;
    let mode = u32::from_be_bytes(bytes.get(MODE)?.try_into().ok()?);
    let flags = u16::from_be_bytes(*bytes.get(..fixed)?.last_chunk::<2>()?);
    // File, executable (group-writable in very old ones), link, submodule, folder of a sparse index.
    if !matches!(
        mode,
        0o100_644 | 0o100_755 | 0o100_664 | 0o120_000 | 0o160_000 | 0o040_000
    ) {
        return None;
    }
    let is_extended = flags & EXTENDED != 0 && version >= 3;
    if is_extended {
        fixed += 2;
    }
    if version == 4 {
        // How much of the name above is dropped: bytes with the high bit set go on.
        let number = bytes.get(fixed..)?;
        fixed += number.iter().position(|byte| byte & 0x80 == 0)? + 1;
    }
    let name = bytes.get(fixed..)?;
    let length = memchr::memchr(0, name)?;
    let seen = Seen {
        mode,
        is_merged: flags & STAGE == 0,
        is_extended,
        object: bytes.get(STAT..STAT + hash)?,
        name: name.get(..length)?,
    };
    if version == 4 {
        return Some((fixed + length + 1, seen));
    }
    if usize::from(flags & NAME_LENGTH) != length.min(usize::from(NAME_LENGTH)) {
        return None;
    }
    // One to eight NULs, up to a multiple of eight.
    let padded = (fixed + length) / 8 * 8 + 8;
    let padding = bytes.get(fixed + length..padded)?;
    padding
        .iter()
        .all(|&byte| byte == 0)
        .then_some((padded, seen))
}

/// Name and length before the content of an extension, in bytes.
const EXTENSION_HEAD: usize = 8;

/// Name and content of the extension at the beginning of the bytes.
fn extension(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = bytes.split_at_checked(4)?;
    let (size, rest) = number(rest)?;
    Some((name, rest.get(..size as usize)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    fn check(bytes: &[u8], hash: usize) -> Result<(), String> {
        let index = Index::of(FileBytes::Read(bytes.to_vec()), (hash, "scrubin.toml"));
        index.map(|_| ()).map_err(|damage| damage.to_string())
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
            let index = Index::of(FileBytes::Read(bytes.to_vec()), (20, "scrubin.toml")).unwrap();
            let names = index.headers()?.iter();
            let names = names.map(|&at| index.get(at as usize).unwrap().name.to_vec());
            Some(names.collect::<Vec<_>>())
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
