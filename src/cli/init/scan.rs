//! The files of a repository, read for guesses. Bounded: what was not read is counted.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::change::git::Repository;
use crate::change::{Content, folder};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::config::profile::{Guesses, Scout};
use crate::finding::RepoPath;

/// Most bytes of one file that are read: what points to an answer stands near the top, and generated
/// tables are long.
const FILE_BYTES: u64 = 256 * 1024;

/// Most bytes that are read in all.
const ALL_BYTES: u64 = 512 * 1024 * 1024;

/// Most files that are read.
const FILES: usize = 100_000;

/// What the files say.
pub(super) struct Scanned {
    pub(super) guesses: Guesses,
    /// Files read, files of interest.
    pub(super) files: (usize, usize),
}

/// Reads the tracked files of a repository as they are in the work tree, or the files of the folder.
pub(super) fn scan(repository: Option<&Repository>, root: &Path) -> Result<Scanned, Failure> {
    let mut listed: Vec<(RepoPath, PathBuf)> = Vec::new();
    if let Some(repository) = repository {
        for (path, _) in repository.texts_under(None, &RepoPath::from(""))? {
            let place = root.join(path.to_string());
            listed.push((path, place));
        }
    }
    if listed.is_empty() {
        // Before the first commit nothing is tracked.
        for file in folder::folder(&[], root)?.files {
            if let Content::File(place) = file.head {
                listed.push((file.path, root.join(place)));
            }
        }
    }
    output::progress(&format!("looking at {} files ...", listed.len()));
    let mut scout = Scout::default();
    let (mut read, mut wanted, mut bytes) = (0, 0, 0_u64);
    for (path, place) in listed {
        if !scout.path(&path) {
            continue;
        }
        wanted += 1;
        if read >= FILES || bytes >= ALL_BYTES {
            continue;
        }
        let mut text = Vec::new();
        let Ok(file) = std::fs::File::open(&place) else {
            // Tracked and not there: deleted, or left out by a sparse checkout.
            continue;
        };
        if file.take(FILE_BYTES).read_to_end(&mut text).is_ok() {
            read += 1;
            bytes += text.len() as u64;
            scout.text(&path, &text);
        }
    }
    Ok(Scanned {
        guesses: scout.finish(read == wanted && read > 0),
        files: (read, wanted),
    })
}
