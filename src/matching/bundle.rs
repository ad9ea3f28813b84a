//! The built-in rules as one block of bytes: written by the build script, read by the program.
//!
//! Layout: 4 bytes little-endian length of the index, 4 of the programs, the index, the programs, what
//! people are told. The index points into what follows it, and it alone is decoded at start-up.

use serde::{Deserialize, Serialize};

use super::active::{ActiveRule, Head};
use super::program::Program;
use crate::rules::RuleInfo;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    head: Head,
    /// Bytes of the encoded `RuleInfo` behind the programs.
    info: (u32, u32),
    /// Bytes of the encoded `Program` behind the index.
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
    let (mut programs, mut infos) = (Vec::new(), Vec::new());
    let mut entries = Vec::with_capacity(rules.len());
    for (info, program) in rules {
        entries.push(Entry {
            head: Head::of(info, program),
            info: push(&mut infos, postcard::to_stdvec(info).map_err(failed)?),
            program: push(&mut programs, postcard::to_stdvec(program).map_err(failed)?),
        });
    }
    let index = postcard::to_stdvec(&entries).map_err(failed)?;
    let length = |part: &[u8]| {
        u32::try_from(part.len()).map_err(|error| BundleError::Encode(error.to_string()))
    };
    let mut out = length(&index)?.to_le_bytes().to_vec();
    out.extend(length(&programs)?.to_le_bytes());
    out.extend(index);
    out.extend(programs);
    out.extend(infos);
    Ok(out)
}

/// Adds a part to a block; gives its place.
fn push(block: &mut Vec<u8>, bytes: Vec<u8>) -> (u32, u32) {
    let small = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let start = small(block.len());
    block.extend(bytes);
    (start, small(block.len()))
}

/// A bundle taken apart.
struct Parts<'b> {
    index: &'b [u8],
    programs: &'b [u8],
    infos: &'b [u8],
}

fn parts(bytes: &[u8]) -> Result<Parts<'_>, BundleError> {
    let cut = || BundleError::Decode("cut short".to_owned());
    let (index, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let (programs, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
    let (index, rest) = rest.split_at_checked(length(index)).ok_or_else(cut)?;
    let (programs, infos) = rest.split_at_checked(length(programs)).ok_or_else(cut)?;
    Ok(Parts {
        index,
        programs,
        infos,
    })
}

/// The bytes of a bundle that decide what is found: all but what people are told, which is most of it.
///
/// # Errors
/// [`BundleError::Decode`]: they are no bundle.
pub fn deciding_part(bytes: &[u8]) -> Result<&[u8], BundleError> {
    let told = parts(bytes)?.infos.len();
    Ok(bytes.get(..bytes.len() - told).unwrap_or(bytes))
}

/// Decodes the index of a bundle; the rules themselves are decoded when they are needed.
///
/// # Errors
/// [`BundleError::Decode`].
pub fn read(bytes: &'static [u8]) -> Result<Vec<ActiveRule>, BundleError> {
    let Parts {
        index,
        programs,
        infos,
    } = parts(bytes)?;
    let entries: Vec<Entry> =
        postcard::from_bytes(index).map_err(|error| BundleError::Decode(error.to_string()))?;
    entries
        .into_iter()
        .map(|entry| {
            let part = |block: &'static [u8], (start, end): (u32, u32)| {
                block
                    .get(start as usize..end as usize)
                    .ok_or_else(|| BundleError::Decode("cut short".to_owned()))
            };
            Ok(ActiveRule::encoded(
                entry.head,
                part(infos, entry.info)?,
                part(programs, entry.program)?,
            ))
        })
        .collect()
}
