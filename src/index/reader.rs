//! Reads an index at offsets, each page at most once.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::build::Entry;
use super::format::{
    BlobId, FILE_ENTRY, HEAD, Head, Joined, MAX_RECORD, NAME_ENTRY, PAGE, Sum, hash,
};
use crate::finding::RepoPath;
use crate::flow::summary::FileSummary;

/// Something to read from, at any place.
pub(super) trait Source: Read + Seek + Send {}

impl<S: Read + Seek + Send> Source for S {}

/// Why an index is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unusable {
    reason: String,
}

impl Unusable {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// An index that was opened. Usable from several threads.
pub struct Index {
    head: Head,
    sums: Vec<u64>,
    start: u64,
    inner: Mutex<Inner>,
    is_damaged: AtomicBool,
}

struct Inner {
    source: Box<dyn Source>,
    pages: BTreeMap<u64, Arc<[u8]>>,
}

impl fmt::Debug for Index {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Index")
            .field("files", &self.head.files)
            .field("names", &self.head.names)
            .finish_non_exhaustive()
    }
}

/// A file's entry.
#[derive(Debug, Clone)]
pub(super) struct FileEntry {
    pub(super) path: RepoPath,
    pub(super) blob: BlobId,
    record: (u64, usize),
}

impl Index {
    /// Opens an index that was made with `key`. `length` is the length of the file in bytes.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub(super) fn open(
        mut source: Box<dyn Source>,
        length: u64,
        key: u64,
    ) -> Result<Self, Unusable> {
        let mut bytes = [0; HEAD];
        source
            .read_exact(&mut bytes)
            .map_err(|_| Unusable::new("it is cut off"))?;
        let head = Head::decode(&bytes).map_err(Unusable::new)?;
        if head.key != key {
            return Err(Unusable::new(
                "another version wrote it, or one with other settings",
            ));
        }
        let damaged = || Unusable::new("it is damaged");
        let (Some(data), Some(start), Some(pages)) = (head.data(), head.data_start(), head.pages())
        else {
            return Err(damaged());
        };
        if head.length != length || start.checked_add(data) != Some(length) {
            return Err(Unusable::new("it is cut off"));
        }
        let size = usize::try_from(pages * 8).map_err(|_| damaged())?;
        let mut table = vec![0; size];
        source
            .read_exact(&mut table)
            .map_err(|_| Unusable::new("it is cut off"))?;
        let mut sum = Sum::default();
        sum.add(&table);
        if sum.value() != head.sums {
            return Err(damaged());
        }
        let sums = table
            .as_chunks::<8>()
            .0
            .iter()
            .map(|chunk| u64::from_le_bytes(*chunk))
            .collect();
        Ok(Self {
            head,
            sums,
            start,
            inner: Mutex::new(Inner {
                source,
                pages: BTreeMap::new(),
            }),
            is_damaged: AtomicBool::new(false),
        })
    }

    /// The index in these bytes.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn of_bytes(bytes: Vec<u8>, key: u64) -> Result<Self, Unusable> {
        let length = bytes.len() as u64;
        Self::open(Box::new(std::io::Cursor::new(bytes)), length, key)
    }

    /// Number of files.
    pub fn files(&self) -> u64 {
        self.head.files
    }

    /// Number of names.
    pub fn names(&self) -> u64 {
        self.head.names
    }

    /// Bytes.
    pub fn length(&self) -> u64 {
        self.head.length
    }

    /// Files that had no room.
    pub fn left_out(&self) -> u64 {
        self.head.left_out
    }

    /// Whether a page did not hold what was written. Nothing is said from then on.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }

    /// Reads and compares every page.
    pub fn is_whole(&self) -> bool {
        (0..self.sums.len() as u64).all(|page| self.page(page).is_some())
    }

    /// Every file with its summary, by path; `None` where something is damaged.
    pub fn entries(&self) -> Option<Vec<Entry>> {
        let mut out = Vec::new();
        for index in 0..self.head.files {
            let file = self.file(index)?;
            let summary = self.record(&file)?;
            out.push(Entry {
                path: file.path,
                blob: file.blob,
                summary,
            });
        }
        Some(out)
    }

    /// Path and blob of every file, by path; `None` where something is damaged.
    pub fn paths(&self) -> Option<Vec<(RepoPath, BlobId)>> {
        let all = 0..self.head.files;
        all.map(|index| self.file(index).map(|file| (file.path, file.blob)))
            .collect()
    }

    /// What all files say of a name.
    pub(super) fn joined(&self, name: &str) -> Option<Joined> {
        let wanted = hash(name);
        let (mut low, mut high) = (0, self.head.names);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.name(middle)?.0 < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        while low < self.head.names {
            let (found, offset, length) = self.name(low)?;
            if found != wanted {
                return None;
            }
            let at = self.head.joined_at() + u64::from(offset);
            let joined: Joined = self.decode(at, length as usize)?;
            if joined.name == name {
                return Some(joined);
            }
            low += 1;
        }
        None
    }

    fn name(&self, index: u64) -> Option<(u64, u32, u32)> {
        let at = self.head.names_at() + index * NAME_ENTRY as u64;
        let bytes = self.bytes(at, NAME_ENTRY)?;
        let (hash, rest) = bytes.split_first_chunk::<8>()?;
        let (offset, rest) = rest.split_first_chunk::<4>()?;
        let (length, _) = rest.split_first_chunk::<4>()?;
        Some((
            u64::from_le_bytes(*hash),
            u32::from_le_bytes(*offset),
            u32::from_le_bytes(*length),
        ))
    }

    /// The file of that number.
    pub(super) fn file(&self, index: u64) -> Option<FileEntry> {
        if index >= self.head.files {
            return None;
        }
        let bytes = self.bytes(index * FILE_ENTRY as u64, FILE_ENTRY)?;
        let (offset, rest) = bytes.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (blob, rest) = rest.split_first_chunk::<32>()?;
        let (record, rest) = rest.split_first_chunk::<8>()?;
        let (record_length, _) = rest.split_first_chunk::<4>()?;
        let at = self.head.paths_at() + u64::from(u32::from_le_bytes(*offset));
        let path = self.bytes(at, u32::from_le_bytes(*length) as usize)?;
        Some(FileEntry {
            path: RepoPath::new(path),
            blob: BlobId(*blob),
            record: (
                u64::from_le_bytes(*record),
                u32::from_le_bytes(*record_length) as usize,
            ),
        })
    }

    /// The file of that path.
    pub(super) fn find(&self, path: &RepoPath) -> Option<FileEntry> {
        let (mut low, mut high) = (0, self.head.files);
        while low < high {
            let middle = low + (high - low) / 2;
            let file = self.file(middle)?;
            match file.path.cmp(path) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(file),
            }
        }
        None
    }

    /// What a file says.
    pub(super) fn record(&self, file: &FileEntry) -> Option<FileSummary> {
        let at = self.head.records_at().checked_add(file.record.0)?;
        self.decode(at, file.record.1)
    }

    fn decode<T: for<'d> serde::Deserialize<'d>>(&self, at: u64, length: usize) -> Option<T> {
        let bytes = self.bytes(at, length)?;
        let decoded = postcard::from_bytes(&bytes).ok();
        if decoded.is_none() {
            self.is_damaged.store(true, Ordering::Relaxed);
        }
        decoded
    }

    /// Bytes from the first page on.
    fn bytes(&self, at: u64, length: usize) -> Option<Vec<u8>> {
        if length > MAX_RECORD {
            self.is_damaged.store(true, Ordering::Relaxed);
            return None;
        }
        let mut out = Vec::with_capacity(length);
        let mut at = at;
        while out.len() < length {
            let page = self.page(at / PAGE as u64)?;
            let from = usize::try_from(at % PAGE as u64).ok()?;
            let rest = page.get(from..).unwrap_or_default();
            let part = rest.get(..length - out.len()).unwrap_or(rest);
            if part.is_empty() {
                self.is_damaged.store(true, Ordering::Relaxed);
                return None;
            }
            out.extend_from_slice(part);
            at += part.len() as u64;
        }
        Some(out)
    }

    fn page(&self, number: u64) -> Option<Arc<[u8]>> {
        if self.is_damaged() {
            return None;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = inner.pages.get(&number) {
            return Some(Arc::clone(page));
        }
        let page = self.read_page(&mut inner, number);
        match &page {
            Some(page) => {
                inner.pages.insert(number, Arc::clone(page));
            }
            None => self.is_damaged.store(true, Ordering::Relaxed),
        }
        page
    }

    fn read_page(&self, inner: &mut Inner, number: u64) -> Option<Arc<[u8]>> {
        let expected = *self.sums.get(usize::try_from(number).ok()?)?;
        let from = number.checked_mul(PAGE as u64)?;
        let rest = self.head.data()?.checked_sub(from)?;
        let size = usize::try_from(rest.min(PAGE as u64)).ok()?;
        let mut bytes = vec![0; size];
        inner.source.seek(SeekFrom::Start(self.start + from)).ok()?;
        inner.source.read_exact(&mut bytes).ok()?;
        let mut sum = Sum::default();
        sum.add(&bytes);
        (sum.value() == expected).then(|| Arc::from(bytes))
    }
}
