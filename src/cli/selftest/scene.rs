//! Repositories that are gone afterwards, and this program in them: the exit code that a case is about is that of
//! a real process.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::evidence::validation::{Case, CaseGroup};

/// What a process left.
pub(super) struct Seen {
    /// Its exit code; `None` where a signal ended it.
    pub(super) code: Option<i32>,
    /// Both of its outputs.
    pub(super) text: String,
}

/// What has to come of a process.
#[derive(Clone, Copy)]
pub(super) struct Expected<'e> {
    pub(super) code: i32,
    /// Each has to be said in one of the outputs.
    pub(super) says: &'e [&'e str],
}

/// A repository without anything in it, and a folder for what lies beside it.
pub(super) struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    /// Makes the repository.
    pub(super) fn new() -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("scrubin-selftest-")
            .tempdir()
            .map_err(|error| format!("no temporary folder: {error}"))?;
        let scene = Self { folder };
        std::fs::create_dir(scene.root()).map_err(|error| error.to_string())?;
        scene.git(&["init", "--quiet", "--initial-branch", "main"])?;
        Ok(scene)
    }

    /// The repository.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    /// Writes a file, by its path from the root.
    pub(super) fn write(&self, path: &str, text: &[u8]) -> Result<(), String> {
        let place = self.root().join(path);
        let written = place
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&place, text));
        written.map_err(|error| format!("cannot write {path}: {error}"))
    }

    /// Writes files and stages them.
    pub(super) fn stage(&self, files: &[(&str, &str)]) -> Result<(), String> {
        for (path, text) in files {
            self.write(path, text.as_bytes())?;
        }
        self.git(&["add", "--all"])
    }

    /// Writes files and commits them.
    pub(super) fn commit(&self, files: &[(&str, &str)]) -> Result<(), String> {
        self.stage(files)?;
        self.git(&[
            "commit",
            "--quiet",
            "--no-verify",
            "--allow-empty",
            "-m",
            "state",
        ])
    }

    /// Runs git, untouched by the user's configuration.
    pub(super) fn git(&self, arguments: &[&str]) -> Result<(), String> {
        let done = alone("git", &self.root())
            .args([
                "-c",
                "user.name=selftest",
                "-c",
                "user.email=selftest@scrubin.invalid",
            ])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(arguments)
            .output()
            .map_err(|error| format!("git cannot be run: {error}"))?;
        match done.status.success() {
            true => Ok(()),
            false => Err(format!(
                "git {} failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&done.stderr).trim()
            )),
        }
    }

    /// Runs this program in the repository.
    pub(super) fn scrubin(&self, arguments: &[&str]) -> Result<Seen, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let done = alone(&program, &self.root())
            .args(arguments)
            .output()
            .map_err(|error| format!("this program cannot be run: {error}"))?;
        Ok(Seen {
            code: done.status.code(),
            text: format!(
                "{}{}",
                String::from_utf8_lossy(&done.stdout),
                String::from_utf8_lossy(&done.stderr)
            ),
        })
    }
}

/// A program in a folder, with only what it needs of the environment: neither colours nor the hook that this may
/// run in nor the user's settings decide a case.
fn alone(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", folder.join("no-such-file"))
        .env("GIT_TERMINAL_PROMPT", "0");
    command
}

/// What git says of its version.
pub(super) fn git_version() -> Option<String> {
    let done = Command::new("git").arg("--version").output().ok()?;
    let text = String::from_utf8(done.stdout).ok()?;
    let version = text.trim().strip_prefix("git version ")?;
    Some(version.to_owned())
}

/// A case with what a process had to leave and what it left.
pub(super) fn case(
    (group, name): (CaseGroup, &str),
    requirements: &[&str],
    what: &str,
    expected: Expected<'_>,
    seen: Result<Seen, String>,
) -> Case {
    let said = |texts: &[&str]| match texts {
        [] => String::new(),
        texts => {
            let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
            format!(", says {}", quoted.join(" and "))
        }
    };
    let (actual, holds) = match seen {
        Err(problem) => (problem, false),
        Ok(Seen { code: None, .. }) => ("ended by a signal".to_owned(), false),
        Ok(Seen {
            code: Some(code),
            text,
        }) => {
            let (there, missing): (Vec<&str>, Vec<&str>) =
                expected.says.iter().partition(|part| text.contains(**part));
            let mut actual = format!("exit code {code}{}", said(&there));
            if !missing.is_empty() {
                let first = text.lines().find(|line| !line.trim().is_empty());
                actual.push_str(&format!(
                    ", not `{}`; it begins with `{}`",
                    missing.join("` and `"),
                    first.unwrap_or_default()
                ));
            }
            let holds = code == expected.code && missing.is_empty();
            (actual, holds)
        }
    };
    Case {
        id: format!("{}/{name}", group.as_str()),
        group,
        requirements: requirements.iter().map(|one| (*one).to_owned()).collect(),
        what: what.to_owned(),
        expected: format!("exit code {}{}", expected.code, said(expected.says)),
        actual,
        holds,
    }
}

/// The case that says that cases could not be run at all.
pub(super) fn broken() -> Case {
    Case {
        id: "fail-closed/self-test".to_owned(),
        group: CaseGroup::FailClosed,
        requirements: vec!["R-25".to_owned()],
        what: "the self-test itself runs to its end".to_owned(),
        expected: "its end".to_owned(),
        actual: "it failed; this is a defect of scrubin, please report it".to_owned(),
        holds: false,
    }
}
