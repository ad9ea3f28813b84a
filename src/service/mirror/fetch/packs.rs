//! The packs of one cached repository: which there are, which were measured, what a git left half written.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use super::super::{LARGE, LARGE_MARK, Mirror, put};

/// Lists the packs whose objects were measured.
const LOOKED: &str = "looked";

impl Mirror {
    /// Names of the packs.
    pub(super) fn packs(&self) -> io::Result<BTreeSet<PathBuf>> {
        let mut packs = BTreeSet::new();
        for entry in std::fs::read_dir(self.path.join("objects/pack"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "idx") {
                packs.insert(path);
            }
        }
        Ok(packs)
    }

    /// The packs whose objects nobody measured: new ones, and those whose fetch ended before its end. None
    /// where that does not matter any more.
    pub(super) fn not_looked_at(&self) -> io::Result<Vec<PathBuf>> {
        if self.is_large() {
            return Ok(Vec::new());
        }
        let looked = match std::fs::read_to_string(self.path.join(LOOKED)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let looked: BTreeSet<&str> = looked.lines().collect();
        Ok(self
            .packs()?
            .into_iter()
            .filter(|pack| !looked.contains(pack_name(pack).as_str()))
            .collect())
    }

    /// Notes whether an object of the packs that were not looked at is too large to be read by this process.
    pub(super) fn look_at_packs(&self) -> io::Result<()> {
        // Before the look: a pack that comes meanwhile is not taken for one that was measured.
        let all = self.packs()?;
        let new = self.not_looked_at()?;
        if new.is_empty() {
            return Ok(());
        }
        let repository = self.repository();
        let fits = |pack: &PathBuf| repository.is_small_pack(pack, LARGE) == Some(true);
        match new.iter().all(fits) {
            true => self.note_looked(&all),
            false => put(&self.path.join(LARGE_MARK), ""),
        }
    }

    /// Lists packs as measured.
    pub(super) fn note_looked(&self, packs: &BTreeSet<PathBuf>) -> io::Result<()> {
        let lines: String = packs
            .iter()
            .map(|pack| format!("{}\n", pack_name(pack)))
            .collect();
        let written = self.path.join("new-looked");
        std::fs::write(&written, lines)?;
        std::fs::rename(&written, self.path.join(LOOKED))
    }

    /// Deletes what a git that was cut off left half written, and gives its bytes. Only for whoever has the
    /// lock. What cannot be deleted now is tried again by the next fetch.
    pub(super) fn sweep(&self) -> u64 {
        let mut bytes: u64 = 0;
        let entries = std::fs::read_dir(self.path.join("objects/pack"));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // Those of `git index-pack` and of `git repack`.
            if name.starts_with("tmp_") || name.starts_with(".tmp-") {
                bytes = bytes.saturating_add(entry.metadata().map_or(0, |meta| meta.len()));
                let _ = std::fs::remove_file(entry.path());
            }
        }
        bytes
    }
}

/// The name of a pack's index, without its folder.
fn pack_name(pack: &Path) -> String {
    pack.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
