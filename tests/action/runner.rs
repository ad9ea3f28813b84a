//! A runner: a copy of the action in a folder, its environment, and a server for its downloads.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a script left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) outputs: BTreeMap<String, String>,
}

pub(crate) struct Runner {
    pub(crate) folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

pub(crate) fn write_program(path: &Path, text: &str) {
    write(path, text);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Outputs as the runner reads them: `name=value`, and `name<<END` with lines up to `END`.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut outputs = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, end)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.insert(name.to_owned(), value.to_owned());
        }
    }
    outputs
}

impl Runner {
    /// A Linux runner with the scripts of this commit around a small tree of sources, version 1.2.3.
    pub(crate) fn new() -> Self {
        let runner = Self {
            folder: tempfile::tempdir().unwrap(),
            environment: BTreeMap::new(),
        };
        let action = runner.action();
        for script in std::fs::read_dir(root().join("hooks")).unwrap() {
            let script = script.unwrap().path();
            std::fs::create_dir_all(action.join("hooks")).unwrap();
            std::fs::copy(
                &script,
                action.join("hooks").join(script.file_name().unwrap()),
            )
            .unwrap();
        }
        write(
            &action.join("Cargo.toml"),
            "[package]\nname = \"scrubin\"\nversion = \"1.2.3\"\n",
        );
        for path in [
            "Cargo.lock",
            "build.rs",
            "rust-toolchain.toml",
            "src/main.rs",
            "rulesets/c/a.yaml",
            "docs/schema/a.json",
            "docs/precision.csv",
        ] {
            write(&action.join(path), path);
        }
        std::fs::create_dir(runner.path("temp")).unwrap();
        runner.with("RUNNER_OS", "Linux").with("RUNNER_ARCH", "X64")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where the action's own files are.
    pub(crate) fn action(&self) -> PathBuf {
        self.path("action")
    }

    /// Runs a script with these variables as well, and nothing of the tester's environment.
    pub(crate) fn run(&self, script: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Run {
        self.run_in(self.folder.path(), script, arguments, more)
    }

    fn run_in(
        &self,
        place: &Path,
        script: &Path,
        arguments: &[&str],
        more: &[(&str, &str)],
    ) -> Run {
        let output_file = self.path("outputs");
        let _ = std::fs::remove_file(&output_file);
        let tools = self.path("tools");
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("sh")
            .arg(script)
            .args(arguments)
            .current_dir(place)
            .env_clear()
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("RUNNER_TEMP", self.path("temp"))
            .env("GITHUB_OUTPUT", &output_file)
            .envs(&self.environment)
            .envs(more.iter().copied())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            outputs: outputs(&std::fs::read_to_string(&output_file).unwrap_or_default()),
        }
    }

    pub(crate) fn hook(&self, name: &str, more: &[(&str, &str)]) -> Run {
        self.run(&self.action().join("hooks").join(name), &[], more)
    }

    /// A script of the action, started in another folder.
    #[cfg_attr(
        not(feature = "github"),
        allow(dead_code, reason = "the fake GitHub needs the network")
    )]
    pub(crate) fn hook_in(&self, place: &Path, name: &str, more: &[(&str, &str)]) -> Run {
        self.run_in(place, &self.action().join("hooks").join(name), &[], more)
    }

    /// `action-plan`, then `action-install` with its outputs, as action.yml passes them on.
    pub(crate) fn bring(&self, more: &[(&str, &str)]) -> (Run, Run) {
        let plan = self.hook("action-plan", more);
        assert_eq!(plan.code, 0, "{plan:#?}");
        let output = |name: &str| plan.outputs.get(name).map_or("", String::as_str);
        let mut variables = more.to_vec();
        variables.extend([
            ("SCRUBIN_WAY", output("way")),
            ("SCRUBIN_BINARY", output("binary")),
            ("SCRUBIN_FOLDER", output("folder")),
            ("SCRUBIN_ASSET", output("asset")),
            ("SCRUBIN_SUM", output("sum")),
            ("SCRUBIN_TAG", output("tag")),
        ]);
        let install = self.hook("action-install", &variables);
        (plan, install)
    }

    /// A program that says it is scrubin 1.2.3, and otherwise writes down its arguments, each ended by
    /// a NUL, and ends with `CODE`.
    pub(crate) fn fake_scrubin(&self, name: &str) -> PathBuf {
        let program = self.path(name);
        let log = self.path("arguments");
        write_program(
            &program,
            &format!(
                "#!/bin/sh\nif [ \"${{1:-}}\" = --version ]; then echo 'scrubin 1.2.3'; exit 0; fi\nprintf '%s\\0' \"$@\" >'{}'\nexit \"${{CODE:-0}}\"\n",
                log.display()
            ),
        );
        program
    }

    /// What the fake was called with.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path("arguments")).unwrap_or_default();
        let mut parts: Vec<String> = text.split('\0').map(str::to_owned).collect();
        parts.pop();
        parts
    }

    /// Makes a release of the action's tree as `.ci/release` does: archive and sums in `dist`.
    pub(crate) fn release(&self, target: &str) -> Run {
        std::fs::create_dir_all(self.action().join(".ci")).unwrap();
        let script = self.action().join(".ci/release");
        std::fs::copy(root().join(".ci/release"), &script).unwrap();
        std::fs::create_dir_all(self.action().join("deploy")).unwrap();
        for file in [
            "README.md",
            "CHANGELOG.md",
            "LICENSE-MIT",
            "LICENSE-APACHE",
            "deploy/scrubin.service",
        ] {
            write(&self.action().join(file), file);
        }
        let program = self.fake_scrubin("scrubin");
        let dist = self.path("dist");
        let program = program.to_str().unwrap();
        let packed = self.run(
            &script,
            &["pack", program, target, dist.to_str().unwrap()],
            &[],
        );
        assert_eq!(packed.code, 0, "{packed:#?}");
        self.run(&script, &["sums", dist.to_str().unwrap()], &[])
    }
}

/// Serves `folder` as `/v1.2.3/` on a free port of this machine until the test ends; gives the address.
pub(crate) fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            for line in lines {
                if line.unwrap().is_empty() {
                    break;
                }
            }
            let name = request.split(' ').nth(1).unwrap().strip_prefix("/v1.2.3/");
            let found = name.and_then(|name| std::fs::read(folder.join(name)).ok());
            let (status, body) = match found {
                Some(body) => ("200 OK", body),
                None => ("404 Not Found", b"no".to_vec()),
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            )
            .unwrap();
            let _ = stream.write_all(&body);
        }
    });
    address
}
