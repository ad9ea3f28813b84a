//! The bytes of an index.
//!
//! ```text
//! head      magic, format, key, length of the file, counts, offsets, sums       160 bytes
//! sums      one for each page of 4,096 bytes behind it                          8 bytes each
//! --------- pages begin here; offsets count from here
//! files     sorted by path: path, blob, record                                  56 bytes each
//! names     sorted by hash: hash, joined entry                                  16 bytes each
//! paths     the paths, one behind the other
//! records   of each file its summary (postcard)
//! joined    of each name what all files say of it (postcard)
//! ```
//! Numbers are little-endian. A page is compared with its sum when it is first read, so that damage
//! is seen wherever it is.

use serde::{Deserialize, Serialize};

use crate::flow::summary::{FunctionFacts, Place, Uses};

/// First bytes of an index.
pub(super) const MAGIC: [u8; 8] = *b"scrubidx";

/// Raised when the layout changes.
pub(super) const FORMAT: u32 = 2;

/// Bytes of a page.
pub(super) const PAGE: usize = 4_096;

/// Bytes of the head.
pub(super) const HEAD: usize = 160;

/// Bytes of a file's entry.
pub(super) const FILE_ENTRY: usize = 56;

/// Bytes of a name's entry.
pub(super) const NAME_ENTRY: usize = 16;

/// Most bytes of an index. One that would be larger leaves files out.
pub(super) const MAX_BYTES: usize = 1 << 27;

/// Most files of an index.
pub(super) const MAX_FILES: usize = 200_000;

/// Most bytes of one record or joined entry.
pub(super) const MAX_RECORD: usize = 1 << 22;

/// Name of a blob: its 20 or 32 bytes, filled up with zeros. All zeros: not a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlobId(pub(super) [u8; 32]);

impl BlobId {
    /// From hexadecimal digits, as git writes it; `None` if it is no such name.
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 40 && text.len() != 64 {
            return None;
        }
        let mut id = [0_u8; 32];
        for (slot, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(pair).ok()?;
            *slot = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(id))
    }
}

/// What all files say of a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Joined {
    pub(super) name: String,
    /// Files with a body of it.
    pub(super) bodies: u32,
    /// The body, if there is one only.
    pub(super) definition: Option<(u32, FunctionFacts)>,
    pub(super) uses: Uses,
    /// Files with a call.
    pub(super) files: u32,
    /// Calls that test the result, of different files, by path.
    pub(super) examples: Vec<(u32, Place)>,
}

/// The head of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) key: u64,
    /// Bytes of the whole file.
    pub(super) length: u64,
    /// Entries.
    pub(super) files: u64,
    pub(super) names: u64,
    /// Bytes.
    pub(super) paths: u64,
    pub(super) records: u64,
    pub(super) joined: u64,
    /// Files left out for want of space.
    pub(super) left_out: u64,
    /// Sum of the page sums.
    pub(super) sums: u64,
}

impl Head {
    fn numbers(&self) -> [u64; 9] {
        [
            self.key,
            self.length,
            self.files,
            self.names,
            self.paths,
            self.records,
            self.joined,
            self.left_out,
            self.sums,
        ]
    }

    pub(super) fn encode(&self) -> [u8; HEAD] {
        let mut out = Vec::with_capacity(HEAD);
        out.extend(MAGIC);
        out.extend(u64::from(FORMAT).to_le_bytes());
        for number in self.numbers() {
            out.extend(number.to_le_bytes());
        }
        out.resize(HEAD - 8, 0);
        let mut sum = Sum::default();
        sum.add(&out);
        out.extend(sum.value().to_le_bytes());
        let mut bytes = [0; HEAD];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// The head of these bytes.
    ///
    /// # Errors
    /// Why they are no head, in words.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        let Some((body, sum)) = bytes.split_last_chunk::<8>() else {
            return Err("it is cut off");
        };
        let Some((magic, rest)) = body.split_first_chunk::<8>() else {
            return Err("it is cut off");
        };
        if *magic != MAGIC {
            return Err("it is no index");
        }
        let mut numbers = rest
            .as_chunks::<8>()
            .0
            .iter()
            .map(|chunk| u64::from_le_bytes(*chunk));
        if numbers.next() != Some(u64::from(FORMAT)) {
            return Err("another version wrote it");
        }
        let mut own = Sum::default();
        own.add(body);
        if own.value() != u64::from_le_bytes(*sum) {
            return Err("it is damaged");
        }
        let mut next = || numbers.next().unwrap_or(0);
        Ok(Self {
            key: next(),
            length: next(),
            files: next(),
            names: next(),
            paths: next(),
            records: next(),
            joined: next(),
            left_out: next(),
            sums: next(),
        })
    }

    /// Bytes behind the sums.
    pub(super) fn data(&self) -> Option<u64> {
        let files = self.files.checked_mul(FILE_ENTRY as u64)?;
        let names = self.names.checked_mul(NAME_ENTRY as u64)?;
        [names, self.paths, self.records, self.joined]
            .into_iter()
            .try_fold(files, u64::checked_add)
            .filter(|bytes| *bytes <= MAX_BYTES as u64)
    }

    /// Number of pages.
    pub(super) fn pages(&self) -> Option<u64> {
        Some(self.data()?.div_ceil(PAGE as u64))
    }

    /// Where the pages begin.
    pub(super) fn data_start(&self) -> Option<u64> {
        Some(HEAD as u64 + self.pages()? * 8)
    }

    /// Where the names begin, from the first page; and so on.
    pub(super) fn names_at(&self) -> u64 {
        self.files * FILE_ENTRY as u64
    }

    pub(super) fn paths_at(&self) -> u64 {
        self.names_at() + self.names * NAME_ENTRY as u64
    }

    pub(super) fn records_at(&self) -> u64 {
        self.paths_at() + self.paths
    }

    pub(super) fn joined_at(&self) -> u64 {
        self.records_at() + self.records
    }
}

/// A sum that any change of a single word changes. Against accidents, not against forgery: who can
/// write into the git directory needs no index to do harm.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum(u64);

impl Sum {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks::<8>();
        for chunk in chunks {
            self.word(u64::from_le_bytes(*chunk));
        }
        let mut last = [0_u8; 8];
        for (slot, byte) in last.iter_mut().zip(rest) {
            *slot = *byte;
        }
        self.word(u64::from_le_bytes(last));
        self.word(bytes.len() as u64);
    }

    /// Each step is a bijection of the state, so that no later word hides an earlier difference.
    fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    pub(super) fn value(self) -> u64 {
        self.0
    }
}

/// The hash that names are sorted by.
pub(super) fn hash(name: &str) -> u64 {
    let mut sum = Sum::default();
    sum.add(name.as_bytes());
    sum.value()
}
