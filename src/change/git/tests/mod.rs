//! Real repositories, made by the real git in a scrubbed environment.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod histories;
mod hooks;
mod in_process;
mod places;
mod plain;
mod ranges;
mod staging;
mod storage;
mod trees;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::change::{Change, Content};

const LIMIT: u64 = 1 << 20;

/// A repository in a temporary folder.
struct Sample {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

/// `git` that sees nothing of this machine's configuration, nor of a hook around the tests.
fn git_command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "A")
        .env("GIT_AUTHOR_EMAIL", "a@example.org")
        .env("GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z")
        .env("GIT_COMMITTER_NAME", "A")
        .env("GIT_COMMITTER_EMAIL", "a@example.org")
        .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z");
    command
}

fn git_in<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> String {
    let output = git_command(folder).args(arguments).output().unwrap();
    let shown: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
    assert!(
        output.status.success(),
        "git {shown:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Whether the installed git is at least this old; features it lacks cannot be tested.
fn git_has(major: u32, minor: u32) -> bool {
    Repository::git_version().unwrap() >= (major, minor, 0)
}

impl Sample {
    /// An empty repository.
    fn empty(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("fw");
        fs::create_dir(&root).unwrap();
        let sample = Self {
            _folder: folder,
            root,
        };
        sample.git(&[&["init", "-q", "-b", "main"], options].concat());
        sample
    }

    /// A repository with one commit: `a.c`, `src/b.c`, `README`.
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(options: &[&str]) -> Self {
        let sample = Self::empty(options);
        sample.write("a.c", "int a;\nint b;\nint c;\n");
        sample.write("src/b.c", "int line;\n".repeat(20));
        sample.write("README", "fw\n");
        sample.commit("first");
        sample
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(&self.root, arguments)
    }

    fn write(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn stage(&self, path: impl AsRef<Path>, text: impl AsRef<[u8]>) {
        self.write(path.as_ref(), text);
        git_in(
            &self.root,
            &[
                OsStr::new("add"),
                OsStr::new("--"),
                path.as_ref().as_os_str(),
            ],
        );
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--no-verify", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn open(&self) -> Repository {
        Repository::discover(&self.root).unwrap()
    }

    fn staged(&self) -> Change {
        staged(&self.open()).unwrap()
    }

    /// The head's text of a file of the change.
    fn head(&self, change: &Change, path: &str) -> String {
        let file = change
            .files
            .iter()
            .find(|file| file.path == path.into())
            .unwrap_or_else(|| panic!("{path} is no part of {change:?}"));
        self.text(&file.head)
    }

    fn text(&self, content: &Content) -> String {
        let bytes = self.open().reader(LIMIT).read(content).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

/// The change, one line for each entry: `A path`, `M path`, `R old -> new`, `- path: reason`.
fn show(change: &Change) -> Vec<String> {
    let files = change.files.iter().map(|file| match &file.base_path {
        None => format!("A {}", file.path),
        Some(base) if *base == file.path => format!("M {base}"),
        Some(base) => format!("R {base} -> {}", file.path),
    });
    let skipped = change
        .skipped
        .iter()
        .map(|entry| format!("- {}: {}", entry.path, entry.reason.as_str()));
    files.chain(skipped).collect()
}
