//! What the other files know, seen from one file.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use super::reader::Index;
use crate::finding::RepoPath;
use crate::flow::summary::{Answer, Elsewhere, Known, Question, Uses, answer};

/// The files of a repository, as far as the index knows them.
#[derive(Debug)]
pub struct Repository {
    index: Index,
}

impl Repository {
    /// Answers from that index.
    pub fn new(index: Index) -> Self {
        Self { index }
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// What the files but the one at `path` know.
    pub fn but<'r>(&'r self, path: &'r RepoPath) -> FileView<'r> {
        FileView {
            index: &self.index,
            path,
            own: OnceLock::new(),
        }
    }
}

/// What the other files know, seen from one file.
pub struct FileView<'r> {
    index: &'r Index,
    path: &'r RepoPath,
    /// What the index holds of this file: it counts as the file itself, not as another one.
    own: OnceLock<BTreeMap<String, (Uses, bool)>>,
}

impl fmt::Debug for FileView<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("FileView")
            .field("path", self.path)
            .finish_non_exhaustive()
    }
}

impl FileView<'_> {
    fn own(&self) -> &BTreeMap<String, (Uses, bool)> {
        self.own.get_or_init(|| {
            let record = self
                .index
                .find(self.path)
                .and_then(|file| self.index.record(&file));
            let names = record.map(|record| record.names).unwrap_or_default();
            names
                .into_iter()
                .map(|one| (one.name, (one.uses, one.definition.is_some())))
                .collect()
        })
    }
}

impl Elsewhere for FileView<'_> {
    fn answer(&self, name: &str, question: Question) -> Option<Answer> {
        let known = match question {
            // That no other file calls it is an answer, too.
            Question::CallersLook { .. } => self.of(name).unwrap_or_default(),
            _ => self.of(name)?,
        };
        answer(name, &known, question)
    }
}

impl FileView<'_> {
    /// What is known of the function of that name; `None` if nothing.
    pub fn of(&self, name: &str) -> Option<Known> {
        let joined = self.index.joined(name)?;
        let own = self.own().get(name);
        let mut known = Known {
            definition: None,
            uses: joined.uses,
            files: joined.files,
            example: None,
        };
        if let Some((uses, _)) = own {
            known.uses.subtract(uses);
            known.files = known.files.saturating_sub(u32::from(uses.calls > 0));
        }
        if let Some((file, facts)) = joined.definition {
            let path = self.index.file(u64::from(file))?.path;
            if path != *self.path {
                known.definition = Some((path, facts));
            }
        }
        for (file, place) in joined.examples {
            let path = self.index.file(u64::from(file))?.path;
            if path != *self.path {
                known.example = Some((path, place));
                break;
            }
        }
        (known != Known::default()).then_some(known)
    }
}
