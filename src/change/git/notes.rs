//! Notes beside commits: a record travels with the repository it is about.

use std::io::Write as _;
use std::process::Stdio;

use super::command::git;
use super::error::Error;
use super::repository::Repository;

/// The reference of our notes; `git notes --ref scrubin` reads them.
const REFERENCE: &str = "refs/notes/scrubin";

impl Repository {
    /// Adds a text to the note of a commit.
    ///
    /// # Errors
    /// Git cannot write the note.
    pub fn add_note(&self, commit: &str, text: &str) -> Result<(), Error> {
        let missing = |source| Error::GitMissing { source };
        let reference = format!("--ref={REFERENCE}");
        let mut notes = git(&self.start)
            .args(["notes", &reference, "append", "-F", "-", commit])
            // A gate has no name of its own, and git writes no note without one.
            .env("GIT_AUTHOR_NAME", "scrubin")
            .env("GIT_AUTHOR_EMAIL", "scrubin@localhost")
            .env("GIT_COMMITTER_NAME", "scrubin")
            .env("GIT_COMMITTER_EMAIL", "scrubin@localhost")
            .stdin(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        if let Some(mut input) = notes.stdin.take() {
            // Git that ended early says why below.
            let _ = input.write_all(text.as_bytes());
        }
        let output = notes.wait_with_output().map_err(missing)?;
        if output.status.success() {
            return Ok(());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(self.unexpected("notes", message))
    }

    /// The note of a commit; `None` where it has none.
    ///
    /// # Errors
    /// The note cannot be read, or there is no such commit.
    pub fn note(&self, commit: &str) -> Result<Option<String>, Error> {
        // Asking `git notes show` cannot tell a commit without a note from a failure.
        let reference = format!("--notes={REFERENCE}");
        let arguments = [
            "log",
            "-1",
            "--no-show-signature",
            &reference,
            "--format=%N",
            commit,
            "--",
        ];
        let answer = self.run(&arguments)?;
        let text = String::from_utf8_lossy(&answer).trim().to_owned();
        Ok((!text.is_empty()).then_some(text))
    }
}
