//! Merges made again, to tell which hold something that nobody put into either side.

use std::path::PathBuf;

use super::command::{Answer, git};
use super::error::Error;
use super::repository::Repository;

/// The first git whose `merge-tree` makes a whole merge without a work tree.
const MERGES: (u32, u32, u32) = (2, 38, 0);

/// A merge commit. Hex names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The commit.
    pub commit: String,
    /// Its parents, two at least.
    pub parents: Vec<String>,
    /// Its tree.
    pub tree: String,
}

/// Where objects of a merge that is only looked at go, so that nothing is written into the repository.
struct Scratch {
    folder: tempfile::TempDir,
    /// The objects of the repository.
    objects: PathBuf,
}

impl Repository {
    /// Of these merges the ones that hold exactly what git makes of their parents; a merge with a conflict
    /// that a person resolved is none. `None` where the installed git cannot tell (older than 2.38).
    ///
    /// # Errors
    /// A parent that cannot be read; no temporary folder.
    pub fn plain_merges(&self, merges: &[Merge]) -> Result<Option<Vec<String>>, Error> {
        if merges.is_empty() {
            return Ok(Some(Vec::new()));
        }
        if Self::git_version()? < MERGES {
            return Ok(None);
        }
        let scratch = self.scratch()?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let redo = |part: &[Merge]| -> Result<Vec<String>, Error> {
            let mut plain = Vec::new();
            for merge in part {
                if self.merged(&scratch, &merge.parents)?.as_deref() == Some(&merge.tree) {
                    plain.push(merge.commit.clone());
                }
            }
            Ok(plain)
        };
        std::thread::scope(|scope| {
            let redo = &redo;
            let parts: Vec<_> = merges
                .chunks(merges.len().div_ceil(threads))
                .map(|part| (part, scope.spawn(move || redo(part))))
                .collect();
            let mut plain = Vec::new();
            for (part, handle) in parts {
                // A thread that died must not make merges pass or vanish.
                plain.extend(handle.join().unwrap_or_else(|_| redo(part))?);
            }
            Ok(Some(plain))
        })
    }

    fn scratch(&self) -> Result<Scratch, Error> {
        let objects = self.run(&[
            "rev-parse",
            "--path-format=absolute",
            "--git-path",
            "objects",
        ])?;
        let folder = tempfile::tempdir().map_err(|error| {
            self.unexpected("merge-tree", format!("no temporary folder: {error}"))
        })?;
        Ok(Scratch {
            folder,
            objects: super::path_from_bytes(objects.trim_ascii_end()),
        })
    }

    /// The tree that git makes of the parents, one after the other; `None` where they conflict.
    fn merged(&self, scratch: &Scratch, parents: &[String]) -> Result<Option<String>, Error> {
        let Some((first, others)) = parents.split_first() else {
            return Ok(None);
        };
        let mut ours = first.clone();
        let mut tree = None;
        for (done, theirs) in others.iter().enumerate() {
            let arguments = ["merge-tree", "--write-tree", "--no-messages", &ours, theirs];
            let answer = self.in_scratch(scratch, &arguments)?;
            // git-merge-tree(1): 1 = the merge has conflicts.
            if answer.code == Some(1) {
                return Ok(None);
            }
            let made = first_word(&answer.success("merge-tree", self.place())?);
            if done + 1 < others.len() {
                let arguments = [
                    "commit-tree",
                    &made,
                    "-p",
                    &ours,
                    "-p",
                    theirs,
                    "-m",
                    "merge",
                ];
                let answer = self.in_scratch(scratch, &arguments)?;
                ours = first_word(&answer.success("commit-tree", self.place())?);
            }
            tree = Some(made);
        }
        Ok(tree)
    }

    fn in_scratch(&self, scratch: &Scratch, arguments: &[&str]) -> Result<Answer, Error> {
        let mut others = vec![scratch.objects.clone()];
        if let Some(given) = std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES") {
            others.extend(std::env::split_paths(&given));
        }
        let others = std::env::join_paths(others)
            .map_err(|error| self.unexpected("merge-tree", error.to_string()))?;
        let output = git(&self.start)
            // What a person's configuration makes of merges must not decide whether one was plain.
            .args(["-c", "merge.renames=true"])
            .args(["-c", "merge.directoryRenames=conflict"])
            .args(arguments)
            .env("GIT_OBJECT_DIRECTORY", scratch.folder.path())
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", others)
            .env("GIT_AUTHOR_NAME", "scrubin")
            .env("GIT_AUTHOR_EMAIL", "scrubin@localhost")
            .env("GIT_COMMITTER_NAME", "scrubin")
            .env("GIT_COMMITTER_EMAIL", "scrubin@localhost")
            .output()
            .map_err(|source| Error::GitMissing { source })?;
        Ok(Answer::of(output))
    }
}

fn first_word(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned()
}
