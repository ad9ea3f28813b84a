//! The built-in rules as one block of bytes: written by the build script, read by the program.
//!
//! Layout: 4 bytes little-endian length of the index, the index, then the encoded rules it points
//! into. Only the index is decoded at start-up.

use serde::{Deserialize, Serialize};

use super::active::{ActiveRule, Head};
use super::program::Program;
use crate::rules::RuleInfo;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    head: Head,
    /// Bytes of the encoded `RuleInfo` in the block behind the index.
    info: (u32, u32),
    /// Bytes of the encoded `Program`.
    program: (u32, u32),
}

/// A bundle that cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The encoding failed.
    #[error("the built-in rules cannot be encoded: {0}")]
    Encode(String),
    /// The bytes are no bundle of this version.
    #[error("the built-in rules of this program are damaged: {0}")]
    Decode(String),
}

/// Encodes compiled rules. Called by the build script.
///
/// # Errors
/// [`BundleError::Encode`].
pub fn write(rules: &[(RuleInfo, Program)]) -> Result<Vec<u8>, BundleError> {
    let failed = |error: postcard::Error| BundleError::Encode(error.to_string());
    let mut block = Vec::new();
    let mut entries = Vec::with_capacity(rules.len());
    let mut push = |bytes: Vec<u8>| {
        let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let start = small(block.len());
        block.extend(bytes);
        (start, small(block.len()))
    };
    for (info, program) in rules {
        entries.push(Entry {
            head: Head::of(info, program),
            info: push(postcard::to_stdvec(info).map_err(failed)?),
            program: push(postcard::to_stdvec(program).map_err(failed)?),
        });
    }
    let index = postcard::to_stdvec(&entries).map_err(failed)?;
    let length =
        u32::try_from(index.len()).map_err(|error| BundleError::Encode(error.to_string()))?;
    let mut out = length.to_le_bytes().to_vec();
    out.extend(index);
    out.extend(block);
    Ok(out)
}

/// Decodes the index of a bundle; the rules themselves are decoded when they are needed.
///
/// # Errors
/// [`BundleError::Decode`].
pub fn read(bytes: &'static [u8]) -> Result<Vec<ActiveRule>, BundleError> {
    let damaged = |what: &str| BundleError::Decode(what.to_owned());
    let (length, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or_else(|| damaged("no length"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let (index, block) = rest
        .split_at_checked(length)
        .ok_or_else(|| damaged("cut short"))?;
    let entries: Vec<Entry> =
        postcard::from_bytes(index).map_err(|error| BundleError::Decode(error.to_string()))?;
    entries
        .into_iter()
        .map(|entry| {
            let part = |(start, end): (u32, u32)| {
                block
                    .get(start as usize..end as usize)
                    .ok_or_else(|| damaged("cut short"))
            };
            Ok(ActiveRule::encoded(
                entry.head,
                part(entry.info)?,
                part(entry.program)?,
            ))
        })
        .collect()
}
