//! What is known of macros beyond a file's own: the repository's definitions, gathered only once
//! some file does not parse as it is.
//!
//! A review of a whole tree takes the definitions of all headers under review. A review of a change
//! follows the includes of the changed file within the repository, up to counted limits, on the
//! side of the change (index or commit; a file of the work tree only where it is what is staged). Either way the result depends on the
//! input alone, not on threads or on which file came first.

use std::cell::OnceCell;
use std::collections::{BTreeSet, VecDeque};
use std::hash::Hasher as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::{FxHashMap, FxHasher};

use crate::change::git::{Headers, Reader};
use crate::change::{Change, Source};
use crate::finding::RepoPath;
use crate::flow::lower_c::{HeaderFile, HeaderSet};
use crate::syntax::{Include, MacroSource, MacroTable, includes};

/// How much is read of what one file includes, directly and through others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    headers: usize,
    bytes: usize,
}

/// What a review of a change reads.
const FULL: Budget = Budget {
    headers: 64,
    bytes: 1 << 19,
};

/// What the analyses of a hook read: what the file includes itself, and some of what comes with it.
const HOOK: Budget = Budget {
    headers: 24,
    bytes: 3 << 16,
};

/// Bytes of the largest header read for a file of a change. Larger ones are register maps: constants
/// by the ten thousand, and nothing that decides how code is read.
const MAX_HEADER: u64 = 1 << 17;

/// Knowledge of macros for one run, shared by its threads.
pub(super) struct RunMacros<'i> {
    change: &'i Change,
    reader: &'i Reader,
    /// For headers of a change.
    headers_reader: Reader,
    settings: &'i MacroTable,
    /// Of a whole tree: the definitions of all its headers.
    whole: OnceLock<MacroTable>,
    /// Of a whole tree: all its headers, as the flow engine takes them.
    whole_headers: OnceLock<HeaderSet>,
    /// Of a change: the headers of its side.
    listed: OnceLock<Listed>,
    /// Headers read so far, by their number; `None` = it cannot be read.
    headers: Mutex<FxHashMap<u32, Option<Arc<Header>>>>,
    /// What includes were found to mean: number of the header.
    resolved: Mutex<FxHashMap<Included, Option<u32>>>,
}

/// The folder of a file and the name it includes.
type Included = (Vec<u8>, Vec<u8>);

/// What a header contributes, read where it is asked for.
pub(super) struct Header {
    path: RepoPath,
    // Read into just the room it takes; a slice of its own would be another copy.
    text: Arc<Vec<u8>>,
    table: OnceLock<MacroTable>,
    scanned: OnceLock<Arc<HeaderFile>>,
    includes: Vec<(Vec<u8>, bool)>,
}

impl Header {
    /// Its macro definitions, as the parser takes them.
    fn table(&self) -> &MacroTable {
        self.table.get_or_init(|| {
            let mut table = MacroTable::new();
            table.scan(&self.text);
            table
        })
    }

    /// The header as the flow engine takes it.
    pub(super) fn scanned(&self) -> Arc<HeaderFile> {
        let scanned = self.scanned.get_or_init(|| {
            Arc::new(HeaderFile::new(
                self.path.to_string(),
                Arc::clone(&self.text),
            ))
        });
        Arc::clone(scanned)
    }
}

/// Headers, and where those of a name stand.
#[derive(Debug)]
struct Listed {
    headers: Headers,
    /// Hash of the last component of each path and its number, sorted.
    by_name: Vec<(u32, u32)>,
}

impl Listed {
    fn new(headers: Headers) -> Self {
        let named = |at: usize| {
            let path = headers.path(at).unwrap_or_default();
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            (hash(last_component(path)), number)
        };
        let mut by_name: Vec<(u32, u32)> = (0..headers.count()).map(named).collect();
        by_name.sort_unstable();
        headers.release();
        Self { headers, by_name }
    }

    fn path(&self, number: u32) -> Option<&[u8]> {
        self.headers.path(number as usize)
    }

    /// Number and path of the headers called `name`, by path.
    fn called<'l>(&'l self, name: &[u8]) -> impl DoubleEndedIterator<Item = (u32, &'l [u8])> {
        let wanted = hash(name);
        let first = self.by_name.partition_point(|(hash, _)| *hash < wanted);
        let numbers = self.by_name.get(first..).unwrap_or_default();
        let end = numbers.partition_point(|(hash, _)| *hash == wanted);
        let numbers = numbers.get(..end).unwrap_or_default();
        numbers
            .iter()
            .filter_map(|&(_, number)| Some((number, self.path(number)?)))
    }
}

/// What stands behind the last `/` of a path.
fn last_component(path: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
    path.get(start..).unwrap_or_default()
}

/// What stands before the last `/` of a path, with it.
fn folder(path: &[u8]) -> &[u8] {
    let end = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
    path.get(..end).unwrap_or_default()
}

fn hash(name: &[u8]) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(name);
    // The upper half, which all bytes went into.
    u32::try_from(hasher.finish() >> 32).unwrap_or_default()
}

impl<'i> RunMacros<'i> {
    pub(super) fn new(change: &'i Change, reader: &'i Reader, settings: &'i MacroTable) -> Self {
        Self {
            change,
            reader,
            headers_reader: reader.limited(MAX_HEADER),
            settings,
            whole: OnceLock::new(),
            whole_headers: OnceLock::new(),
            listed: OnceLock::new(),
            headers: Mutex::default(),
            resolved: Mutex::default(),
        }
    }

    /// The knowledge for one file.
    pub(super) fn of<'m>(&'m self, path: &'m RepoPath, text: &'m [u8]) -> FileMacros<'m> {
        FileMacros {
            run: self,
            path,
            text,
            table: OnceCell::new(),
        }
    }

    /// The definitions of all headers under review.
    fn whole(&self) -> &MacroTable {
        self.whole.get_or_init(|| {
            let mut table = self.settings.clone();
            for file in &self.change.files {
                if file.path.extension() == b"h"
                    && let Ok(text) = self.reader.read(&file.head)
                {
                    table.scan(&text);
                }
            }
            table
        })
    }

    /// The headers of the side under review.
    fn listed(&self) -> &Listed {
        self.listed
            .get_or_init(|| Listed::new(self.headers_reader.headers(self.change.head.as_deref())))
    }

    /// The definitions of the headers that `text` includes.
    fn included(&self, path: &RepoPath, text: &[u8]) -> MacroTable {
        let mut table = self.settings.clone();
        self.follow(path, text, FULL, |header| table.merge(header.table()));
        table
    }

    /// What the analyses may read for a file.
    pub(super) fn budget(&self) -> Budget {
        if self.change.source == Source::Staged {
            HOOK
        } else {
            FULL
        }
    }

    /// Gives the headers that `text` includes, directly and through others, within the budget.
    pub(super) fn follow(
        &self,
        path: &RepoPath,
        text: &[u8],
        budget: Budget,
        mut take: impl FnMut(&Header),
    ) {
        let mut seen: BTreeSet<u32> = BTreeSet::new();
        let mut bytes = 0;
        let mut queue: VecDeque<u32> = VecDeque::new();
        let direct = includes(text);
        queue.extend(
            direct
                .iter()
                .filter_map(|one| self.resolve(path.as_bytes(), one)),
        );
        // Breadth first: what the file includes itself counts before what comes with that.
        while let Some(number) = queue.pop_front() {
            if seen.len() >= budget.headers || bytes >= budget.bytes {
                break;
            }
            if !seen.insert(number) {
                continue;
            }
            let Some(header) = self.header(number) else {
                continue;
            };
            bytes += header.text.len();
            take(&header);
            for (name, is_quoted) in &header.includes {
                let include = Include {
                    name,
                    is_quoted: *is_quoted,
                };
                queue.extend(self.resolve(header.path.as_bytes(), &include));
            }
        }
    }

    /// Whether the review is of a whole tree.
    pub(super) fn is_whole(&self) -> bool {
        self.change.source.is_whole()
    }

    /// Where the headers of a whole tree are kept.
    pub(super) fn whole_headers(&self) -> &OnceLock<HeaderSet> {
        &self.whole_headers
    }

    /// Path and text of every header under review.
    pub(super) fn headers_under_review(&self) -> Vec<(String, Vec<u8>)> {
        let headers = self.change.files.iter();
        headers
            .filter(|file| file.path.extension() == b"h")
            .filter_map(|file| {
                let text = self.reader.read(&file.head).ok()?;
                Some((file.path.to_string(), text))
            })
            .collect()
    }

    fn header(&self, number: u32) -> Option<Arc<Header>> {
        let lock = || self.headers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&number) {
            return known.clone();
        }
        let header = self.read_header(number).map(Arc::new);
        lock().insert(number, header.clone());
        header
    }

    fn read_header(&self, number: u32) -> Option<Header> {
        let headers = &self.listed().headers;
        let text = self.headers_reader.read_header(headers, number as usize)?;
        let includes = includes(&text)
            .iter()
            .map(|one| (one.name.to_vec(), one.is_quoted))
            .collect();
        Some(Header {
            path: RepoPath::new(headers.path(number as usize)?),
            text: Arc::new(text),
            table: OnceLock::new(),
            scanned: OnceLock::new(),
            includes,
        })
    }

    /// The header that an include of the file `from` most likely means. Files of a folder mean the
    /// same, and many headers include the same few.
    fn resolve(&self, from: &[u8], include: &Include<'_>) -> Option<u32> {
        let lock = || self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (folder(from).to_vec(), include.name.to_vec());
        if let Some(known) = lock().get(&key) {
            return *known;
        }
        let found = self.nearest(from, include.name);
        lock().insert(key, found);
        found
    }

    /// Nobody told us the include paths, so of all headers whose path ends like the name the one
    /// nearest to `from` is taken.
    fn nearest(&self, from: &[u8], mut name: &[u8]) -> Option<u32> {
        while let Some(rest) = name
            .strip_prefix(b"./")
            .or_else(|| name.strip_prefix(b"../"))
        {
            name = rest;
        }
        let ends_so = |path: &[u8]| {
            path.strip_suffix(name)
                .is_some_and(|before| before.is_empty() || before.ends_with(b"/"))
        };
        // `max_by_key` takes the last of equal ones; the first in the order of paths is wanted.
        self.listed()
            .called(last_component(name))
            .rev()
            .filter(|(_, path)| ends_so(path))
            .max_by_key(|(_, path)| (shared_folders(from, path), std::cmp::Reverse(path.len())))
            .map(|(number, _)| number)
    }
}

/// How many leading folders two paths share.
fn shared_folders(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.iter().zip(other);
    let same = pairs.take_while(|(left, right)| left == right).count();
    memchr::memchr_iter(b'/', one.get(..same).unwrap_or_default()).count()
}

/// Knowledge of macros for one file, gathered when it is asked for.
pub(super) struct FileMacros<'m> {
    run: &'m RunMacros<'m>,
    path: &'m RepoPath,
    text: &'m [u8],
    table: OnceCell<MacroTable>,
}

impl MacroSource for FileMacros<'_> {
    fn settings(&self) -> &MacroTable {
        self.run.settings
    }

    fn table(&self) -> &MacroTable {
        if self.run.is_whole() {
            return self.run.whole();
        }
        self.table
            .get_or_init(|| self.run.included(self.path, self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{ChangedFile, Content};

    /// A run over a change without repository, with these headers listed.
    fn with_headers<R>(paths: &[&str], test: impl FnOnce(&RunMacros<'_>) -> R) -> R {
        let change = Change::empty(Source::Staged);
        let reader = Reader::of_files(1 << 20);
        let settings = MacroTable::new();
        let run = RunMacros::new(&change, &reader, &settings);
        let listed = paths
            .iter()
            .map(|path| (RepoPath::from(*path), Content::Blob("00".to_owned())))
            .collect();
        let _ = run.listed.set(Listed::new(Headers::of(listed)));
        test(&run)
    }

    #[test]
    fn an_include_means_the_nearest_header_that_ends_like_it() {
        let paths = [
            "boards/a/periph.h",
            "cpu/x/include/periph.h",
            "cpu/y/include/periph.h",
            "sys/include/net/periph.h",
        ];
        with_headers(&paths, |run| {
            let resolved = |from: &str, name: &str| {
                let include = Include {
                    name: name.as_bytes(),
                    is_quoted: true,
                };
                let number = run.resolve(from.as_bytes(), &include)?;
                let path = run.listed().path(number)?;
                Some(String::from_utf8_lossy(path).into_owned())
            };
            let expect = |from, name, path: Option<&str>| {
                assert_eq!(resolved(from, name).as_deref(), path, "{from} {name}");
            };
            expect("cpu/y/uart.c", "periph.h", Some("cpu/y/include/periph.h"));
            expect(
                "cpu/x/uart.c",
                "../include/periph.h",
                Some("cpu/x/include/periph.h"),
            );
            expect(
                "sys/net/a.c",
                "net/periph.h",
                Some("sys/include/net/periph.h"),
            );
            // Equally far from all: the shortest path.
            expect("main.c", "periph.h", Some("boards/a/periph.h"));
            expect("main.c", "eriph.h", None);
            expect("main.c", "other.h", None);
        });
    }

    #[test]
    fn a_whole_tree_shares_the_definitions_of_its_headers() {
        let folder = tempfile::tempdir().expect("a folder");
        let header = folder.path().join("a.h");
        std::fs::write(&header, "#define FIELD(x) x\n").expect("a file");
        let mut change = Change::empty(Source::Folder);
        change.files = vec![ChangedFile::added(
            RepoPath::from("a.h"),
            Content::File(header),
        )];
        let reader = Reader::of_files(1 << 20);
        let settings = MacroTable::new();
        let run = RunMacros::new(&change, &reader, &settings);
        let path = RepoPath::from("b.c");
        assert_eq!(run.of(&path, b"").table().len(), 1);
        assert!(settings.is_empty());
    }
}
