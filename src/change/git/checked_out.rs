//! Files of the work tree that are as the index has them, told the way git tells it: by what the index
//! knows of each file from when the two were the same (gitformat-index(5); `git update-index`).
//!
//! A shortcut for headers alone: opening a file costs a tenth of inflating an object. Line ends and
//! other conversions of a checkout may differ, which changes nothing of what a header declares.

use std::fs::Metadata;
use std::io::Read as _;
use std::path::Path;

use super::index_file::{FileState, Time};

/// When a file was last written, as an index notes it.
pub(super) fn modified(metadata: &Metadata) -> Time {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        time(metadata.mtime(), metadata.mtime_nsec())
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        (0, 0)
    }
}

/// Seconds and nanoseconds, cut as git cuts them.
#[cfg(unix)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an index holds the lower 32 bits of both"
)]
fn time(seconds: i64, nanoseconds: i64) -> Time {
    (seconds as u32, nanoseconds as u32)
}

/// The bytes of a file of at most `limit` bytes, if it is in this state.
#[cfg(unix)]
pub(super) fn read(path: &Path, state: FileState, limit: u64) -> Option<Vec<u8>> {
    use std::os::unix::fs::MetadataExt as _;
    if u64::from(state.size) > limit {
        return None;
    }
    // Not followed where it is a link: the index has a file.
    let before = std::fs::symlink_metadata(path).ok()?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "an index holds the lower 32 bits"
    )]
    let state_of = |metadata: &Metadata| FileState {
        changed: time(metadata.ctime(), metadata.ctime_nsec()),
        modified: modified(metadata),
        inode: metadata.ino() as u32,
        size: metadata.len() as u32,
    };
    if !before.is_file() || before.len() > limit || state_of(&before) != state {
        return None;
    }
    let mut bytes = Vec::with_capacity(state.size as usize + 1);
    let file = std::fs::File::open(path).ok()?;
    file.take(limit).read_to_end(&mut bytes).ok()?;
    // Other encodings in the work tree (`working-tree-encoding`) show themselves by this.
    (bytes.len() == state.size as usize && memchr::memchr(0, &bytes).is_none()).then_some(bytes)
}

/// Other systems note other things: there the object is read.
#[cfg(not(unix))]
pub(super) fn read(_path: &Path, _state: FileState, _limit: u64) -> Option<Vec<u8>> {
    None
}
