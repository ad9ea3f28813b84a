//! Real git repositories in temporary folders, and the real binary in them.

use std::path::Path;
use std::process::Command;

/// What a program printed and how it ended.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// A repository that is gone when it goes out of scope.
pub(super) struct Repository {
    folder: tempfile::TempDir,
}

fn run(command: &mut Command) -> Run {
    // A copy of the program is busy as long as a process that another test started meanwhile has not
    // come to its own program yet: it holds the file open that was written.
    let output = loop {
        match command.output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::yield_now();
            }
            started => break started.expect("the program starts"),
        }
    };
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Only what a program needs: a test must not depend on the tester's git configuration, colours or
/// on a hook the tests may run in.
fn scrubbed(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "TMPDIR", "SYSTEMROOT"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.invalid")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.invalid")
        .env("SCRUBIN", env!("CARGO_BIN_EXE_scrubin"));
    command
}

/// Runs the binary in a folder.
pub(super) fn scrubin_in(folder: &Path, arguments: &[&str]) -> Run {
    run(scrubbed(env!("CARGO_BIN_EXE_scrubin"), folder).args(arguments))
}

/// As [`scrubin_in`], with another program.
pub(super) fn program_in(program: &Path, folder: &Path, arguments: &[&str]) -> Run {
    let program = program.to_str().expect("a plain name");
    run(scrubbed(program, folder).args(arguments))
}

/// As [`scrubin_in`], as somebody whom file modes bind: nothing is unreadable to a superuser, as whom
/// tests run in containers. The folder is opened to everybody.
#[cfg(unix)]
pub(super) fn scrubin_bound_by_modes(folder: &Path, arguments: &[&str]) -> Run {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    /// `nobody`.
    const NOBODY: u32 = 65_534;
    let own = tempfile::tempdir().expect("a temporary folder");
    let owner = own.path().metadata().expect("its metadata").uid();
    if owner != 0 {
        return scrubin_in(folder, arguments);
    }
    let open = |path: &Path| {
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, all).expect("our own folder");
    };
    open(folder);
    open(own.path());
    // The build may lie where nobody else can go.
    let binary = own.path().join("scrubin");
    std::fs::copy(env!("CARGO_BIN_EXE_scrubin"), &binary).expect("a copy");
    let binary = binary.to_str().expect("a plain name");
    run(scrubbed(binary, folder)
        .uid(NOBODY)
        .gid(NOBODY)
        .args(arguments))
}

/// Runs the binary where nothing matters.
pub(super) fn scrubin(arguments: &[&str]) -> Run {
    scrubin_in(&std::env::temp_dir(), arguments)
}

impl Repository {
    pub(super) fn new() -> Self {
        let repository = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        std::fs::write(place, text).expect("a file");
    }

    pub(super) fn try_git(&self, arguments: &[&str]) -> Run {
        run(scrubbed("git", self.path()).args(arguments))
    }

    pub(super) fn git(&self, arguments: &[&str]) {
        let run = self.try_git(arguments);
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
    }

    pub(super) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", message]);
    }

    pub(super) fn scrubin(&self, arguments: &[&str]) -> Run {
        scrubin_in(self.path(), arguments)
    }

    /// Runs a shell script here, with these environment variables instead of those it would have.
    pub(super) fn shell(&self, script: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = scrubbed("sh", self.path());
        command.args(["-c", script]).envs(variables.iter().copied());
        run(&mut command)
    }

    /// With something to read on stdin.
    pub(super) fn scrubin_says(&self, arguments: &[&str], input: &str) -> Run {
        let mut file = tempfile::tempfile().expect("a temporary file");
        std::io::Write::write_all(&mut file, input.as_bytes()).expect("a written file");
        std::io::Seek::rewind(&mut file).expect("a file");
        let mut command = scrubbed(env!("CARGO_BIN_EXE_scrubin"), self.path());
        run(command.args(arguments).stdin(file))
    }

    /// With further environment variables.
    pub(super) fn scrubin_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = scrubbed(env!("CARGO_BIN_EXE_scrubin"), self.path());
        command.args(arguments).envs(variables.iter().copied());
        run(&mut command)
    }
}
