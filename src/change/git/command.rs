//! Runs git and reads what it says when it fails.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use super::error::Error;

/// The program, looked up once. A process with a `PATH` of its own would be made by `fork`, which copies the
/// page tables of all our memory; under its full name it is not. Folders of `PATH` that are not absolute are
/// passed over: git runs inside of repositories.
pub fn program() -> &'static Path {
    static FOUND: LazyLock<PathBuf> = LazyLock::new(|| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join("git"))
            .find(|file| is_program(file));
        found.unwrap_or_else(|| PathBuf::from("git"))
    });
    &FOUND
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(_: &Path) -> bool {
    // The system's search knows which ends a program's name has.
    false
}

/// A `git` command that reads, never asks, never writes.
pub(super) fn git(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command
        // Refreshing the index on the side would be a write.
        .env("GIT_OPTIONAL_LOCKS", "0")
        // Replacements (`git replace`) could hide commits and files from a review.
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        // Messages are matched below.
        .env("LC_ALL", "C")
        // A partial clone may fetch; it must not wait for a password.
        .env("GIT_TERMINAL_PROMPT", "0")
        // A file may be called `*.c`.
        .env("GIT_LITERAL_PATHSPECS", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // In a hook the paths in git's variables are relative to the current folder.
    if folder != Path::new("") && folder != Path::new(".") {
        command.current_dir(folder);
    }
    command
}

/// What a finished git command left behind.
pub(super) struct Answer {
    /// Exit code; `None` = killed by a signal.
    pub(super) code: Option<i32>,
    /// Its standard output.
    pub(super) stdout: Vec<u8>,
    /// Its standard error, trimmed.
    pub(super) message: String,
}

/// Runs `git ARGUMENTS` to its end, whatever the end is.
///
/// # Errors
/// There is no git.
pub(super) fn run<I>(folder: &Path, arguments: I) -> Result<Answer, Error>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let output = git(folder)
        .args(arguments)
        .output()
        .map_err(|source| Error::GitMissing { source })?;
    Ok(Answer::of(output))
}

impl Answer {
    /// What a process left behind.
    pub(super) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: output.stdout,
            message: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }
    }

    /// The output of a command that had to succeed.
    ///
    /// # Errors
    /// It did not; the error is the situation that git's message describes.
    pub(super) fn success(self, subcommand: &str, repository: &Path) -> Result<Vec<u8>, Error> {
        if self.code == Some(0) {
            return Ok(self.stdout);
        }
        Err(explain(&self.message, subcommand, repository))
    }
}

/// The situation behind a message of git's.
pub(super) fn explain(message: &str, subcommand: &str, repository: &Path) -> Error {
    let has = |part: &str| message.contains(part);
    let repository = PathBuf::from(repository);
    if has("dubious ownership") {
        return foreign_owner(message);
    }
    if has("not a git repository") {
        return Error::NotARepository { path: repository };
    }
    // All that git's read-cache.c says of a damaged index; "index" alone may be part of a path.
    if [
        "index file",
        "index entry",
        "index uses",
        "sharedindex",
        "bad signature",
        "bad index",
        "stage entries",
    ]
    .iter()
    .any(|part| has(part))
    {
        return Error::Index {
            repository,
            message: first_lines(message),
        };
    }
    // "unable to read tree", "bad object", "unable to read", "loose object ... is corrupt",
    // "could not fetch ... from promisor remote", "missing blob".
    if has("unable to read")
        || has("bad object")
        || has("bad tree")
        || has("corrupt")
        || has("promisor")
        || has("missing")
    {
        return Error::MissingObject {
            repository,
            message: first_lines(message),
        };
    }
    Error::Git {
        command: subcommand.to_owned(),
        repository,
        message: if message.is_empty() {
            "it ended without a message".to_owned()
        } else {
            first_lines(message)
        },
    }
}

/// git's proposal, e.g. `git config --global --add safe.directory /srv/firmware`.
fn foreign_owner(message: &str) -> Error {
    let command = message
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("git config "))
        .unwrap_or("git config --global --add safe.directory '*'");
    let path = message
        .split('\'')
        .nth(1)
        .unwrap_or_else(|| command.rsplit(' ').next().unwrap_or_default());
    Error::ForeignOwner {
        path: path.to_owned(),
        command: command.to_owned(),
    }
}

/// The first three lines as one, without git's own markers.
fn first_lines(message: &str) -> String {
    message
        .lines()
        .map(|line| {
            line.trim_start_matches("fatal: ")
                .trim_start_matches("error: ")
                .trim()
        })
        .filter(|line| !line.is_empty() && !line.starts_with("hint:"))
        .take(3)
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_situations() {
        let explained = |message: &str| explain(message, "diff-index", Path::new("/srv/index"));
        assert!(matches!(
            explained("error: bad signature 0x58495243\nfatal: index file corrupt"),
            Error::Index { .. }
        ));
        assert!(matches!(
            explained("fatal: unable to read tree (4b825dc642cb)"),
            Error::MissingObject { .. }
        ));
        assert!(matches!(
            explained("fatal: something new in /srv/index"),
            Error::Git { .. }
        ));
        let Error::ForeignOwner { path, command } = explained(
            "fatal: detected dubious ownership in repository at '/srv/fw'\n\
             To add an exception for this directory, call:\n\n\
             \tgit config --global --add safe.directory /srv/fw",
        ) else {
            unreachable!("the owner is named");
        };
        assert_eq!(path, "/srv/fw");
        assert_eq!(command, "git config --global --add safe.directory /srv/fw");
    }

    #[test]
    fn an_error_is_one_line_without_markers() {
        let error = explain("error: one\nhint: no\nfatal: two", "log", Path::new("/fw"));
        assert_eq!(
            error.to_string(),
            "`git log` failed in the repository /fw: one; two"
        );
    }
}
