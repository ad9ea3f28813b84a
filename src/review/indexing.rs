//! The repository index of a run: what it reads of it, and what it adds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::analyse::{Analysed, Shared, limits};
use super::inputs::{Inputs, Prepared};
use super::macros::RunMacros;
use crate::change::classify::{FileClass, classify};
use crate::change::git::Reader;
use crate::change::{Change, ChangedFile, Content, Source};
use crate::finding::RepoPath;
use crate::flow::Summary;
use crate::flow::summary::{Answer, Elsewhere, FileSummary, Question};
use crate::index::{self, BlobId, Built, Entry, Index, Opened, Repository};
use crate::syntax::{Language, Parser};

/// The index that a run has.
#[derive(Debug, Default)]
pub(super) struct IndexSession {
    /// Where it is; `None` outside a repository.
    place: Option<PathBuf>,
    key: u64,
    /// Whether the run gathers what the files it reads say.
    gathers: bool,
    /// Whether that is kept for the next run.
    writes: bool,
    repository: Option<Repository>,
    notice: Option<String>,
}

impl IndexSession {
    /// The index for a review. What is staged is reviewed in the time of a hook: the index is only
    /// read then. A review of a part of the tree keeps an index current, and makes none.
    pub(super) fn open(inputs: &Inputs<'_>) -> Self {
        let prepared = inputs.prepared;
        let mut session = Self {
            place: inputs.git_dir.map(index::path_of),
            key: index::key(prepared.flow.target()),
            ..Self::default()
        };
        if !prepared.flow.reads_c() {
            return session;
        }
        let place = session.place.as_deref();
        match place.map_or(Opened::Absent, |place| index::open(place, session.key)) {
            Opened::Absent => {}
            Opened::Unusable(reason) => session.notice = Some(unusable(&reason.to_string())),
            Opened::Index(index) => session.repository = Some(Repository::new(index)),
        }
        let source = inputs.change.source;
        let is_part = source == Source::Tree && !prepared.settings.whole_tree;
        session.writes = session.place.is_some()
            && source != Source::Staged
            && (session.repository.is_some() || !is_part);
        session.gathers =
            source != Source::Staged && (session.writes || inputs.change.files.len() > 1);
        session
    }

    /// What the index answers of a run that only reads it.
    pub(super) fn read_only(&self) -> Option<&Repository> {
        self.repository.as_ref().filter(|_| !self.gathers)
    }

    /// What the index held when the run began, whether or not the run adds to it.
    pub(super) fn known(&self) -> Option<&Repository> {
        self.repository.as_ref()
    }

    /// Whether the run gathers what the files it reads say.
    pub(super) fn gathers(&self) -> bool {
        self.gathers
    }

    /// What the reader of a report should know.
    pub(super) fn notice(&self) -> Option<String> {
        let is_damaged = self
            .repository
            .as_ref()
            .is_some_and(|repository| repository.index().is_damaged());
        let damage = || is_damaged.then(|| unusable("it is damaged"));
        self.notice.clone().or_else(damage)
    }

    /// Joins what a run read with what the index holds of the other files, and puts it in place.
    /// `fresh`: files in the order of the change.
    pub(super) fn add(
        &self,
        inputs: &Inputs<'_>,
        fresh: Vec<(&ChangedFile, FileSummary)>,
    ) -> Added {
        let old = self
            .repository
            .as_ref()
            .and_then(|repository| repository.index().entries());
        let is_needed = self.writes && (old.is_some() || inputs.change.source == Source::Tree);
        let tracked = if is_needed {
            tracked(inputs.reader, inputs.change)
        } else {
            BTreeMap::new()
        };
        let blob = |file: &ChangedFile| match &file.head {
            Content::Blob(name) => BlobId::from_hex(name).unwrap_or_default(),
            Content::File(_) => tracked.get(&file.path).copied().unwrap_or_default(),
        };
        let mut entries: BTreeMap<RepoPath, Entry> = BTreeMap::new();
        if !inputs.prepared.settings.whole_tree {
            let is_there =
                |entry: &Entry| tracked.is_empty() || tracked.get(&entry.path) == Some(&entry.blob);
            let kept = old.into_iter().flatten().filter(is_there);
            entries.extend(kept.map(|entry| (entry.path.clone(), entry)));
        }
        for (file, summary) in fresh {
            let entry = Entry {
                path: file.path.clone(),
                blob: blob(file),
                summary,
            };
            entries.insert(file.path.clone(), entry);
        }
        self.put(index::build(entries.into_values().collect(), self.key))
    }

    fn put(&self, built: Built) -> Added {
        let mut notice = None;
        if let Some(place) = self.place.as_deref().filter(|_| self.writes)
            && !holds(place, &built.bytes)
            && let Err(error) = index::write(place, &built.bytes)
        {
            notice = Some(format!(
                "the repository index could not be written ({error}); `scrubin index` makes one"
            ));
        }
        // What was built is used, written or not.
        let index = Index::of_bytes(built.bytes, self.key).ok();
        Added {
            repository: index.map(Repository::new),
            notice,
        }
    }
}

fn unusable(reason: &str) -> String {
    format!("the repository index is not used: {reason}; `scrubin index` makes it anew")
}

/// Whether the file holds these bytes already.
fn holds(place: &Path, bytes: &[u8]) -> bool {
    std::fs::read(place).is_ok_and(|there| there == bytes)
}

/// The blobs of the side under review, by path; none where they cannot be listed.
fn tracked(reader: &Reader, change: &Change) -> BTreeMap<RepoPath, BlobId> {
    let head = match change.source {
        Source::Range | Source::Base => change.head.as_deref(),
        Source::Staged | Source::Tree | Source::Folder => None,
    };
    let id = |(path, content)| match content {
        Content::Blob(name) => Some((path, BlobId::from_hex(&name)?)),
        Content::File(_) => None,
    };
    reader.texts(head).into_iter().filter_map(id).collect()
}

/// An index with what a run read.
#[derive(Debug)]
pub(super) struct Added {
    /// What it answers.
    pub(super) repository: Option<Repository>,
    /// What the reader of a report should know.
    pub(super) notice: Option<String>,
}

/// What became of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IndexStats {
    /// Files of C under version control that are not excluded.
    pub files: usize,
    /// Of these, read now; the rest was known.
    pub read: usize,
    /// Files left out for want of space.
    pub left_out: usize,
    /// Names of functions.
    pub names: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Why there is no index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// It could not be written.
    #[error("the index `{}` cannot be written", place.display())]
    Write {
        /// Where it should be.
        place: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// Brings the index of a repository up to date with the files that are staged. Reads only files whose
/// blob it does not know; `progress` gets their number and how many are done.
///
/// # Errors
/// The index cannot be written.
pub fn update_index(
    git_dir: &Path,
    reader: &Reader,
    prepared: &Prepared,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<IndexStats, IndexError> {
    let place = index::path_of(git_dir);
    let key = index::key(prepared.flow.target());
    let known = match index::open(&place, key) {
        Opened::Index(index) => index.entries().unwrap_or_default(),
        Opened::Absent | Opened::Unusable(_) => Vec::new(),
    };
    let wanted = wanted(reader, prepared);
    let known: BTreeMap<(&RepoPath, BlobId), &Entry> = known
        .iter()
        .map(|entry| ((&entry.path, entry.blob), entry))
        .collect();
    let mut change = Change::empty(Source::Range);
    let mut entries = Vec::new();
    for (path, name) in &wanted {
        let blob = BlobId::from_hex(name).unwrap_or_default();
        match known.get(&(path, blob)) {
            Some(entry) => entries.push((*entry).clone()),
            None => change.files.push(ChangedFile::added(
                path.clone(),
                Content::Blob(name.clone()),
            )),
        }
    }
    let read = change.files.len();
    let macros = RunMacros::new(&change, reader, &prepared.macros);
    let summaries = summarise_all(&change, reader, prepared, &macros, progress);
    for (file, summary) in change.files.iter().zip(summaries) {
        let Content::Blob(name) = &file.head else {
            continue;
        };
        entries.push(Entry {
            path: file.path.clone(),
            blob: BlobId::from_hex(name).unwrap_or_default(),
            summary,
        });
    }
    let built = index::build(entries, key);
    let bytes = built.bytes.len() as u64;
    if !holds(&place, &built.bytes) {
        index::write(&place, &built.bytes).map_err(|source| IndexError::Write {
            place: place.clone(),
            source,
        })?;
    }
    let names = Index::of_bytes(built.bytes, key).map_or(0, |index| index.names());
    Ok(IndexStats {
        files: wanted.len(),
        read,
        left_out: built.left_out,
        names,
        bytes,
    })
}

/// What an index that nobody updates is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexState {
    /// There is none.
    Absent,
    /// It cannot be used; why.
    Unusable(String),
    /// It can.
    Usable {
        /// Files that should be in it.
        files: usize,
        /// Of these, in it as they are staged.
        current: usize,
        /// Names of functions.
        names: u64,
        /// Bytes.
        bytes: u64,
    },
}

/// Looks at the whole index and compares it with the files that are staged.
pub fn index_state(git_dir: &Path, reader: &Reader, prepared: &Prepared) -> IndexState {
    let place = index::path_of(git_dir);
    let index = match index::open(&place, index::key(prepared.flow.target())) {
        Opened::Absent => return IndexState::Absent,
        Opened::Unusable(reason) => return IndexState::Unusable(reason.to_string()),
        Opened::Index(index) => index,
    };
    let held = index.paths().filter(|_| index.is_whole());
    let Some(held) = held else {
        return IndexState::Unusable("it is damaged".to_owned());
    };
    let held: BTreeMap<RepoPath, BlobId> = held.into_iter().collect();
    let wanted = wanted(reader, prepared);
    let is_current = |(path, name): &&(RepoPath, String)| {
        BlobId::from_hex(name).is_some_and(|blob| held.get(path) == Some(&blob))
    };
    IndexState::Usable {
        files: wanted.len(),
        current: wanted.iter().filter(is_current).count(),
        names: index.names(),
        bytes: index.length(),
    }
}

/// The files that an index is made of, with the names of their blobs: C that is staged and neither
/// excluded nor of others. By path.
fn wanted(reader: &Reader, prepared: &Prepared) -> Vec<(RepoPath, String)> {
    let policy = &prepared.settings.policy;
    let is_wanted = |path: &RepoPath| {
        FileClass::of_path(path) == FileClass::C
            && !policy.is_excluded(path)
            && !policy.is_vendor(path)
    };
    let blob = |(path, content)| match content {
        Content::Blob(name) if is_wanted(&path) => Some((path, name)),
        _ => None,
    };
    reader.texts(None).into_iter().filter_map(blob).collect()
}

/// The summaries of all files of a change, in its order; on several threads where that pays.
fn summarise_all(
    change: &Change,
    reader: &Reader,
    prepared: &Prepared,
    macros: &RunMacros<'_>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Vec<FileSummary> {
    let files = &change.files;
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let threads = prepared
        .jobs
        .unwrap_or_else(cores)
        .clamp(1, files.len().div_ceil(8).max(1));
    let next = AtomicUsize::new(0);
    let finished = AtomicUsize::new(0);
    let worker = || {
        let mut parser = Parser::new(limits(prepared));
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(index) else {
                return done;
            };
            let bytes = reader.read(&file.head).unwrap_or_default();
            let summary = summarise(prepared, macros, &mut parser, &file.path, &bytes);
            done.push((index, summary));
            progress(files.len(), finished.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let mut all: Vec<(usize, FileSummary)> = std::thread::scope(|scope| {
        let stack = limits(prepared).worker_stack();
        let spawn = || {
            std::thread::Builder::new()
                .stack_size(stack)
                .spawn_scoped(scope, worker)
        };
        let handles: Vec<_> = (0..threads).filter_map(|_| spawn().ok()).collect();
        let done = handles
            .into_iter()
            .flat_map(|handle| handle.join().unwrap_or_default());
        done.collect()
    });
    all.sort_by_key(|(index, _)| *index);
    let mut all = all.into_iter().peekable();
    (0..files.len())
        .map(|index| {
            all.next_if(|(at, _)| *at == index)
                .map(|(_, summary)| summary)
                .unwrap_or_default()
        })
        .collect()
}

/// What other files may know of this one; nothing where it cannot be read as C.
fn summarise(
    prepared: &Prepared,
    macros: &RunMacros<'_>,
    parser: &mut Parser,
    path: &RepoPath,
    bytes: &[u8],
) -> FileSummary {
    let classified = classify(path, bytes);
    if classified.gap.is_some() || classified.class != FileClass::C {
        return FileSummary::default();
    }
    let work = std::panic::AssertUnwindSafe(|| {
        let file = parser
            .parse(Language::C, bytes, &macros.of(path, bytes))
            .ok()?;
        let headers = || macros.header_set(path, bytes);
        let summary = prepared.flow.summary(path, &file, &headers);
        parser.recycle(file);
        Some(summary)
    });
    // A file that scrubin fails on says nothing to the others.
    match std::panic::catch_unwind(work) {
        Ok(summary) => summary.unwrap_or_default(),
        Err(_) => {
            *parser = Parser::new(limits(prepared));
            FileSummary::default()
        }
    }
}

/// Notes what a file asks of others, before they are known. Nothing is answered.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    asked: RefCell<Vec<(String, Question)>>,
}

impl Recorder {
    /// What was asked.
    pub(super) fn take(self) -> Vec<(String, Question)> {
        let mut asked = self.asked.into_inner();
        asked.dedup();
        asked
    }
}

impl Elsewhere for Recorder {
    fn answer(&self, name: &str, question: Question) -> Option<Answer> {
        self.asked.borrow_mut().push((name.to_owned(), question));
        None
    }
}

/// Whether the other files answer something that changes what is found in this one.
pub(super) fn is_answered(repository: &Repository, path: &RepoPath, analysed: &Analysed) -> bool {
    let view = repository.but(path);
    analysed.questions.iter().any(|(name, question)| {
        (!question.only_calms() || !analysed.findings.is_empty())
            && view.answer(name, *question).is_some()
    })
}

/// Whether a file's summary is wanted, and as what.
pub(super) fn kind(shared: &Shared<'_>, path: &RepoPath) -> Summary {
    if !shared.gathers {
        Summary::No
    } else if path.extension() == b"h" {
        Summary::OfHeader
    } else {
        Summary::OfSource
    }
}
