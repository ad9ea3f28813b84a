//! A repository with a pull request on the fake, checkouts as a workflow makes them, runs of the
//! binary, and what must hold after each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use fakehub::{DiffComment, FakeHub, Proxy, TokenSpec};

pub(crate) const REPO: &str = "acme/pump";
pub(crate) const FILE: &str = "src/pump.c";

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) summary: String,
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Run {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> usize {
        self.output(name)
            .parse()
            .unwrap_or_else(|_| panic!("{name}: {self:#?}"))
    }

    /// Findings on a rung.
    pub(crate) fn on_rung(&self, rung: &str) -> usize {
        self.output("rungs")
            .split(',')
            .filter_map(|part| part.split_once(':'))
            .find(|(name, _)| *name == rung)
            .map_or(0, |(_, count)| count.parse().unwrap())
    }

    fn all_text(&self) -> String {
        format!(
            "{}{}{}{:?}",
            self.stdout, self.stderr, self.summary, self.outputs
        )
    }
}

/// How a checkout is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// `fetch-depth: 0`
    Full,
    /// `fetch-depth: N`
    Shallow(u32),
}

pub(crate) struct Scene {
    /// prism in front of the fake, for the run that CI does once more (`FAKEHUB_PRISM`).
    proxy: std::cell::OnceCell<Proxy>,
    pub(crate) hub: FakeHub,
    pub(crate) number: u64,
    pub(crate) token: String,
    pub(crate) depth: Depth,
    pub(crate) enterprise: bool,
    pub(crate) folder: tempfile::TempDir,
    runs: std::cell::Cell<u32>,
}

/// A function with one finding, C-LEN-014 on its fourth line.
pub(crate) fn unsafe_copy(name: &str) -> String {
    format!(
        "void on_{name}(void)\n{{\n    char buf_{name}[16]; static char frame[64];\n    memcpy(buf_{name}, frame, sizeof(frame));\n}}\n\n"
    )
}

/// The same function, repaired.
pub(crate) fn safe_copy(name: &str) -> String {
    unsafe_copy(name).replace("sizeof(frame)", &format!("sizeof(buf_{name})"))
}

/// A file of these functions.
pub(crate) fn file(functions: &[String]) -> String {
    format!("#include \"pump.h\"\n\n{}", functions.concat())
}

pub(crate) fn unsafe_file(names: &[&str]) -> String {
    let functions: Vec<String> = names.iter().map(|name| unsafe_copy(name)).collect();
    file(&functions)
}

impl Scene {
    /// `main` with a clean file; a pull request that brings `text` as [`FILE`].
    pub(crate) fn new(text: &str) -> Self {
        Self::with(&[(FILE, "#include \"pump.h\"\n")], &[(FILE, text)])
    }

    /// `main` with the files `base`; a pull request that brings the files `head`.
    pub(crate) fn with(base: &[(&str, &str)], head: &[(&str, &str)]) -> Self {
        let hub = FakeHub::start();
        hub.add_repository(REPO);
        hub.commit_files(REPO, "main", base);
        hub.create_branch(REPO, "fix", "main");
        hub.commit_files(REPO, "fix", head);
        let number = hub.open_pull(REPO, "fix", "main");
        let token = hub.add_token(TokenSpec::actions());
        Self {
            proxy: std::cell::OnceCell::new(),
            hub,
            number,
            token,
            depth: Depth::Full,
            enterprise: false,
            folder: tempfile::tempdir().unwrap(),
            runs: std::cell::Cell::new(0),
        }
    }

    pub(crate) fn push(&self, text: &str) -> String {
        self.hub.commit_files(REPO, "fix", &[(FILE, text)])
    }

    /// The tip of the base branch as it is now.
    pub(crate) fn base(&self) -> String {
        let event: serde_json::Value = serde_json::from_str(&self.event("opened")).unwrap();
        let name = event["pull_request"]["base"]["ref"]
            .as_str()
            .unwrap()
            .to_owned();
        self.hub.tip(REPO, &name)
    }

    fn next_folder(&self, what: &str) -> PathBuf {
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let folder = self.folder.path().join(format!("{what}-{number}"));
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    /// A checkout as actions/checkout makes it on `pull_request`: GitHub's test merge.
    pub(crate) fn checkout(&self) -> PathBuf {
        self.checkout_of(&format!("refs/pull/{}/merge", self.number))
    }

    pub(crate) fn checkout_of(&self, reference: &str) -> PathBuf {
        let folder = self.next_folder("checkout");
        let git = |arguments: &[&str]| git(&folder, arguments);
        git(&["init", "--quiet"]);
        git(&["remote", "add", "origin", &self.hub.clone_url(REPO)]);
        let wanted = format!("+{reference}:refs/remotes/checked/out");
        match self.depth {
            Depth::Full => git(&[
                "fetch",
                "--quiet",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
                &wanted,
            ]),
            Depth::Shallow(depth) => {
                git(&[
                    "fetch",
                    "--quiet",
                    "--no-tags",
                    &format!("--depth={depth}"),
                    "origin",
                    &wanted,
                ]);
            }
        }
        git(&[
            "checkout",
            "--quiet",
            "--detach",
            "refs/remotes/checked/out",
        ]);
        folder
    }

    /// Where REST requests go: to the fake, or through the judge in front of it.
    fn rest_url(&self) -> String {
        if std::env::var_os("FAKEHUB_PRISM").is_none() {
            return self.hub.url();
        }
        let start = || Proxy::start(&self.hub).expect("prism starts");
        self.proxy.get_or_init(start).url().to_owned()
    }

    /// The command with the environment of a workflow run, and the files it writes.
    fn command(&self, place: &Path, event_name: &str, event: &str) -> (Command, PathBuf) {
        let files = self.next_folder("run");
        let event_file = files.join("event.json");
        std::fs::write(&event_file, event).unwrap();
        // Another build may be named, for measuring.
        let binary = std::env::var_os("SCRUBIN_BIN")
            .map(|path| std::path::absolute(path).unwrap())
            .unwrap_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_scrubin")));
        let mut command = Command::new(binary);
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let (api, graphql) = if self.enterprise {
            (
                self.hub.enterprise_api_url(),
                self.hub.enterprise_graphql_url(),
            )
        } else {
            (self.rest_url(), self.hub.graphql_url())
        };
        command
            .current_dir(place)
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GITHUB_REPOSITORY", REPO)
            .env("GITHUB_API_URL", api)
            .env("GITHUB_GRAPHQL_URL", graphql)
            .env("GITHUB_SERVER_URL", self.hub.url())
            .env("GITHUB_EVENT_NAME", event_name)
            .env("GITHUB_REF", "refs/heads/main")
            .env("GITHUB_EVENT_PATH", &event_file)
            .env("GITHUB_STEP_SUMMARY", files.join("summary.md"))
            .env("GITHUB_OUTPUT", files.join("output.txt"))
            .env("GITHUB_TOKEN", &self.token)
            .args(["review", "--pace", "0", "--timeout", "3"]);
        (command, files)
    }

    pub(crate) fn run_in(
        &self,
        place: &Path,
        event_name: &str,
        event: &str,
        arguments: &[&str],
    ) -> Run {
        let (command, files) = self.command(place, event_name, event);
        self.carry_out(command, &files, arguments)
    }

    /// As [`Self::run_loosely`] with more variables.
    pub(crate) fn run_with(
        &self,
        action: &str,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> Run {
        let place = self.checkout();
        let (mut command, files) = self.command(&place, "pull_request", &self.event(action));
        command.envs(variables.iter().copied());
        self.carry_out(command, &files, arguments)
    }

    fn carry_out(&self, mut command: Command, files: &Path, arguments: &[&str]) -> Run {
        let output = command.args(arguments).output().unwrap();
        let read = |name: &str| std::fs::read_to_string(files.join(name)).unwrap_or_default();
        let run = Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            summary: read("summary.md"),
            outputs: read("output.txt")
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        assert!(
            !run.all_text().contains(&self.token),
            "the token is in an output"
        );
        assert!(!run.all_text().contains("ghs_"), "a token is in an output");
        run
    }

    /// Runs on a `pull_request` event of the newest head and checks what must always hold.
    pub(crate) fn run(&self, action: &str, arguments: &[&str]) -> Run {
        let run = self.run_loosely(action, arguments);
        self.assert_settled(&run);
        run
    }

    /// As [`Self::run`] where something is in the way, so that less can be said afterwards.
    pub(crate) fn run_loosely(&self, action: &str, arguments: &[&str]) -> Run {
        let event = self.event(action);
        let place = self.checkout();
        self.run_in(&place, "pull_request", &event, arguments)
    }

    pub(crate) fn event(&self, action: &str) -> String {
        self.hub
            .pull_request_event(REPO, self.number, action)
            .to_string()
    }

    /// The requests in the fake's log that may have changed something, as `METHOD path`.
    pub(crate) fn writes(&self) -> Vec<String> {
        let log = self.hub.log();
        log.iter()
            .filter(|exchange| exchange.is_mutation())
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect()
    }

    /// Our comments that still speak for a finding, with its fingerprint.
    pub(crate) fn living(&self) -> Vec<(String, DiffComment)> {
        let all = self.hub.diff_comments(REPO, self.number);
        all.iter()
            .filter(|comment| {
                comment.author == "github-actions[bot]" && comment.in_reply_to.is_none()
            })
            .filter(|root| {
                !all.iter().any(|reply| {
                    reply.in_reply_to == Some(root.id)
                        && reply.author == "github-actions[bot]"
                        && reply.body.starts_with("<!-- scrubin:retired")
                })
            })
            .filter_map(|root| {
                let print = root.body.strip_prefix("<!-- scrubin:finding v1 fp=")?;
                Some((print.split(' ').next().unwrap().to_owned(), root.clone()))
            })
            .collect()
    }

    /// The summary comments; never more than one.
    pub(crate) fn summaries(&self) -> Vec<String> {
        self.hub
            .comments(REPO, self.number)
            .into_iter()
            .filter(|comment| comment.body.starts_with("<!-- scrubin:summary"))
            .map(|comment| comment.body)
            .collect()
    }

    /// Rows of findings in the summary.
    pub(crate) fn rows(&self) -> usize {
        let text = self.summaries().pop().unwrap_or_default();
        text.lines()
            .filter(|line| {
                line.starts_with("| ") && !line.starts_with("| |") && !line.starts_with("| ---")
            })
            .count()
    }

    /// No finding twice, none lost, every exchange valid, no fault left over.
    pub(crate) fn assert_settled(&self, run: &Run) {
        self.assert_nothing_twice();
        self.assert_accounted(run);
        let living = self.living();
        assert!(
            living
                .iter()
                .all(|(_, comment)| !comment.outdated || comment.whole_file),
            "{living:#?}"
        );
        let findings = run.number("findings");
        assert_eq!(
            living.len() + self.rows(),
            findings,
            "one place each: {run:#?}"
        );
        self.hub.assert_clean();
        assert_eq!(self.hub.faults_left(), 0, "the fault did not happen");
    }

    pub(crate) fn assert_nothing_twice(&self) {
        let mut prints: Vec<String> = self.living().into_iter().map(|(print, _)| print).collect();
        let all = prints.len();
        prints.sort();
        prints.dedup();
        assert_eq!(
            prints.len(),
            all,
            "a finding has two comments: {:#?}",
            self.living()
        );
        assert!(self.summaries().len() <= 1, "{:#?}", self.summaries());
    }

    /// Every finding stands on one rung, and in the job summary and the log.
    pub(crate) fn assert_accounted(&self, run: &Run) {
        let findings = run.number("findings");
        let rungs: usize = ["inline", "file", "annotation", "table", "log"]
            .iter()
            .map(|rung| run.on_rung(rung))
            .sum();
        assert_eq!(rungs, findings, "{run:#?}");
        let annotations = run.stdout.lines().filter(|line| {
            line.starts_with("::error file=")
                || line.starts_with("::warning file=")
                || line.starts_with("  error: ")
                || line.starts_with("  warning: ")
        });
        assert!(annotations.count() >= findings, "{run:#?}");
        assert!(
            run.summary.matches("<details>").count() >= findings,
            "{run:#?}"
        );
    }
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
}
