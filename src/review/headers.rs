//! The headers that the flow engine sees of a file: of a whole tree all that are under review, read
//! once; of a change those that the file includes within the repository, on the side of the change
//! and up to the same counted limits as its macros.

use super::macros::RunMacros;
use crate::finding::RepoPath;
use crate::flow::lower_c::HeaderSet;

/// Headers of a run, or of one file.
pub(super) enum Held<'r> {
    /// Of the whole run.
    Shared(&'r HeaderSet),
    /// Of one file.
    Own(HeaderSet),
}

impl Held<'_> {
    /// The headers.
    pub(super) fn set(&self) -> &HeaderSet {
        match self {
            Self::Shared(set) => set,
            Self::Own(set) => set,
        }
    }
}

impl RunMacros<'_> {
    /// The headers for the file at `path` with this text.
    pub(super) fn header_set(&self, path: &RepoPath, text: &[u8]) -> Held<'_> {
        if self.is_whole() {
            return Held::Shared(self.whole_headers().get_or_init(|| {
                let mut texts = self.headers_under_review();
                texts.sort();
                HeaderSet::new(texts)
            }));
        }
        let mut files = Vec::new();
        self.follow(path, text, self.budget(), |header| {
            files.push(header.scanned());
        });
        Held::Own(HeaderSet::of(files))
    }
}
