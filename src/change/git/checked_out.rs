//! Files of the work tree that are what is staged, told by their content: a file of the size that the index
//! noted is hashed as git hashes a blob.
//!
//! A shortcut for headers alone: reading and hashing a file costs less than inflating an object. A checkout that
//! converts (line ends, filters, encodings) has other bytes, and its objects are read.

use std::io::Read as _;
use std::path::Path;

use sha1::{Digest as _, Sha1};

/// Bytes of a name in a repository of SHA-1; of others nothing is compared.
const OBJECT: usize = 20;

/// The bytes of a file of `size` bytes, at most `limit`, if they are those of the object with this name (20
/// bytes, SHA-1).
pub(super) fn read(path: &Path, (size, object): (u32, &[u8]), limit: u64) -> Option<Vec<u8>> {
    if object.len() != OBJECT {
        return None;
    }
    let size = u64::from(size);
    // Not followed where it is a link: the index has a file.
    let now = std::fs::symlink_metadata(path).ok()?;
    if size > limit || !now.is_file() || now.len() != size {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?.saturating_add(1));
    let file = std::fs::File::open(path).ok()?;
    file.take(size).read_to_end(&mut bytes).ok()?;
    // A file made to collide with the staged one would deceive nobody but its owner.
    let hash = Sha1::new()
        .chain_update(format!("blob {}\0", bytes.len()))
        .chain_update(&bytes)
        .finalize();
    (hash.as_slice() == object).then_some(bytes)
}
