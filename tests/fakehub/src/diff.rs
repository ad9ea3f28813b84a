//! The diff of two commits as GitHub sees it: files, patches, hunks, positions, and how lines move.

use std::collections::BTreeMap;

use crate::git::Git;

/// Above this many files the `diff` media type is refused with 406.
pub const DIFF_FILES: usize = 300;
/// Above this many lines the `diff` media type is refused with 406.
pub const DIFF_LINES: usize = 20_000;
/// `pulls/N/files` lists no more than these.
pub const LISTED_FILES: usize = 3_000;
/// A file whose patch is larger (bytes) has no `patch` in the answers.
pub const PATCH_BYTES: usize = 500_000;

/// Which version of a file a line number counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The base.
    Left,
    /// The head.
    Right,
}

impl Side {
    /// GitHub's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Left => "LEFT",
            Self::Right => "RIGHT",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "LEFT" => Some(Self::Left),
            "RIGHT" => Some(Self::Right),
            _ => None,
        }
    }
}

/// One `@@` block.
#[derive(Debug, Clone)]
pub(crate) struct Hunk {
    old_start: u64,
    new_start: u64,
    /// The `@@` line and the lines below it.
    lines: Vec<String>,
    /// Position of the `@@` line: 0 for the first one of a file.
    position: u64,
}

/// A line found in a hunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) hunk: usize,
    /// Index in the hunk's lines, so that 0 is the `@@` line.
    index: usize,
    pub(crate) position: u64,
}

/// One changed file.
#[derive(Debug, Clone)]
pub(crate) struct FileDiff {
    pub(crate) path: String,
    pub(crate) previous: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) blob: String,
    pub(crate) additions: u64,
    pub(crate) deletions: u64,
    /// From the first `@@` line; absent for binary, unchanged or large content.
    pub(crate) patch: Option<String>,
    pub(crate) hunks: Vec<Hunk>,
}

impl FileDiff {
    /// Where a line stands in the patch, context lines included.
    pub(crate) fn spot(&self, side: Side, line: u64) -> Option<Spot> {
        self.hunks.iter().enumerate().find_map(|(number, hunk)| {
            let index = hunk.index_of(side, line)?;
            Some(Spot {
                hunk: number,
                index,
                position: hunk.position + index as u64,
            })
        })
    }

    /// The `diff_hunk` of a comment: its hunk down to the line.
    pub(crate) fn hunk_text(&self, spot: Spot) -> String {
        self.hunks[spot.hunk].lines[..=spot.index].join("\n")
    }

    /// Side and line at a `position`, GitHub's older way to name a place.
    pub(crate) fn at_position(&self, position: u64) -> Option<(Side, u64)> {
        self.hunks.iter().find_map(|hunk| {
            let index = position.checked_sub(hunk.position)?;
            let index = usize::try_from(index).ok()?;
            let text = hunk.lines.get(index).filter(|_| index > 0)?;
            let side = if text.starts_with('-') {
                Side::Left
            } else {
                Side::Right
            };
            (1..)
                .map(|step| hunk.start(side) + step - 1)
                .take(hunk.lines.len())
                .find_map(|line| (hunk.index_of(side, line) == Some(index)).then_some((side, line)))
        })
    }
}

impl Hunk {
    fn start(&self, side: Side) -> u64 {
        match side {
            Side::Left => self.old_start,
            Side::Right => self.new_start,
        }
    }

    fn index_of(&self, side: Side, wanted: u64) -> Option<usize> {
        let mut line = self.start(side);
        for (index, text) in self.lines.iter().enumerate().skip(1) {
            let here = match text.as_bytes().first() {
                Some(b'-') => side == Side::Left,
                Some(b'+') => side == Side::Right,
                Some(b'\\') => false,
                _ => true,
            };
            if here {
                if line == wanted {
                    return Some(index);
                }
                line += 1;
            }
        }
        None
    }
}

/// Two commits compared.
#[derive(Debug, Clone)]
pub(crate) struct Diff {
    pub(crate) files: Vec<FileDiff>,
    /// The whole of it, as the `diff` media type gives it.
    pub(crate) text: Vec<u8>,
    pub(crate) lines: usize,
}

impl Diff {
    pub(crate) fn between(git: &Git, base: &str, head: &str) -> Self {
        let raw = git
            .try_bytes(
                &[
                    "diff-tree",
                    "-r",
                    "-M",
                    "-z",
                    "--raw",
                    "--abbrev=40",
                    base,
                    head,
                ],
                b"",
            )
            .expect("both commits exist");
        let text = git
            .try_bytes(
                &["diff-tree", "-r", "-M", "-p", "--full-index", base, head],
                b"",
            )
            .expect("both commits exist");
        let lossy = String::from_utf8_lossy(&text);
        let mut patches = split_patches(&lossy).into_iter();
        let files = raw_entries(&raw)
            .into_iter()
            .map(|entry| {
                let mut patch = patches.next().unwrap_or_default();
                if entry.status == "T" {
                    // A changed file type is printed as a deletion and an addition.
                    patch = patches.next().unwrap_or_default();
                }
                file_diff(entry, &patch)
            })
            .collect();
        Self {
            files,
            lines: lossy.lines().count(),
            text,
        }
    }

    pub(crate) fn file(&self, path: &str) -> Option<&FileDiff> {
        self.files.iter().find(|file| file.path == path)
    }
}

struct RawEntry {
    status: String,
    blob: String,
    path: String,
    previous: Option<String>,
}

fn raw_entries(raw: &[u8]) -> Vec<RawEntry> {
    let text = String::from_utf8_lossy(raw);
    let mut parts = text.split('\0').filter(|part| !part.is_empty());
    let mut entries = Vec::new();
    while let Some(head) = parts.next() {
        let fields: Vec<&str> = head.split(' ').collect();
        let [_, _, old, new, status] = fields[..] else {
            continue;
        };
        let first = parts.next().unwrap_or_default().to_owned();
        let moved = status.starts_with(['R', 'C']);
        let second = if moved { parts.next() } else { None };
        let gone = status == "D";
        entries.push(RawEntry {
            status: status[..1].to_owned(),
            blob: if gone { old } else { new }.to_owned(),
            previous: second.is_some().then(|| first.clone()),
            path: second.map_or(first, str::to_owned),
        });
    }
    entries
}

fn split_patches(text: &str) -> Vec<String> {
    let mut patches: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("diff --git ") {
            patches.push(String::new());
        } else if let Some(patch) = patches.last_mut() {
            patch.push_str(line);
        }
    }
    patches
}

fn file_diff(entry: RawEntry, patch: &str) -> FileDiff {
    let body = patch
        .lines()
        .skip_while(|line| !line.starts_with("@@"))
        .collect::<Vec<_>>();
    let hunks = parse_hunks(&body);
    let count = |sign| {
        let of_hunk = |hunk: &Hunk| {
            hunk.lines
                .iter()
                .filter(|line| line.starts_with(sign))
                .count()
        };
        hunks.iter().map(of_hunk).sum::<usize>() as u64
    };
    let shown = !body.is_empty() && patch.len() <= PATCH_BYTES && body.len() <= DIFF_LINES;
    FileDiff {
        status: match entry.status.as_str() {
            "A" => "added",
            "D" => "removed",
            "R" => "renamed",
            "C" => "copied",
            "T" => "changed",
            _ => "modified",
        },
        additions: count('+'),
        deletions: count('-'),
        path: entry.path,
        previous: entry.previous,
        blob: entry.blob,
        patch: shown.then(|| body.join("\n")),
        hunks: if shown { hunks } else { Vec::new() },
    }
}

fn parse_hunks(body: &[&str]) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for (position, line) in body.iter().enumerate() {
        if let Some((old, new)) = line.strip_prefix("@@ ").and_then(ranges) {
            hunks.push(Hunk {
                old_start: old.0,
                new_start: new.0,
                lines: Vec::new(),
                position: position as u64,
            });
        }
        if let Some(hunk) = hunks.last_mut() {
            hunk.lines.push((*line).to_owned());
        }
    }
    hunks
}

/// Start and length of both sides of `-1,2 +3,4 @@`.
fn ranges(header: &str) -> Option<((u64, u64), (u64, u64))> {
    let mut words = header.split(' ');
    let mut range = |sign| {
        let (start, length) = words
            .next()?
            .strip_prefix(sign)
            .map(|range| range.split_once(',').unwrap_or((range, "1")))?;
        Some((start.parse().ok()?, length.parse().ok()?))
    };
    Some((range('-')?, range('+')?))
}

/// How lines of one file moved into another: the changed ranges, start and length on both sides.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineMap(Vec<((u64, u64), (u64, u64))>);

impl LineMap {
    pub(crate) fn between(git: &Git, old: &str, new: &str) -> Self {
        if old == new {
            return Self::default();
        }
        let text = git
            .try_bytes(&["diff", "--no-ext-diff", "-U0", old, new], b"")
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let headers = text.lines().filter_map(|line| line.strip_prefix("@@ "));
        Self(headers.filter_map(ranges).collect())
    }

    /// Where a line of the old file is, or `None` when it was changed or removed.
    pub(crate) fn moved(&self, line: u64) -> Option<u64> {
        let mut shift: i64 = 0;
        for (old, new) in &self.0 {
            // With a length of 0 the start is the line before the gap.
            let first = if old.1 == 0 { old.0 + 1 } else { old.0 };
            if line < first {
                break;
            }
            if line < first + old.1 {
                return None;
            }
            shift += new.1 as i64 - old.1 as i64;
        }
        line.checked_add_signed(shift)
    }
}

/// Line maps and object names, each asked of git once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moves {
    blobs: BTreeMap<(String, String), Option<String>>,
    maps: BTreeMap<(String, String), LineMap>,
}

impl Moves {
    /// Where a line of a path in one commit is in another commit.
    pub(crate) fn line(
        &mut self,
        git: &Git,
        (then, now): (&str, &str),
        path: &str,
        line: u64,
    ) -> Option<u64> {
        // A comment just made: nothing to ask git for.
        if then == now {
            return Some(line);
        }
        let mut blob = |commit: &str| {
            let key = (commit.to_owned(), path.to_owned());
            let known = self.blobs.entry(key);
            known.or_insert_with(|| git.blob_at(commit, path)).clone()
        };
        let key = (blob(then)?, blob(now)?);
        let map = match self.maps.get(&key) {
            Some(map) => map,
            None => {
                let made = LineMap::between(git, &key.0, &key.1);
                self.maps.entry(key).or_insert(made)
            }
        };
        map.moved(line)
    }
}
