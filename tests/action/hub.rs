//! The scripts with the real binary against the fake GitHub, as the workflows of the documentation
//! run them.

use std::path::{Path, PathBuf};
use std::process::Command;

use fakehub::{FakeHub, TokenSpec};

use super::runner::{Run, Runner};

const REPO: &str = "acme/pump";
const UNSAFE: &str = "void on_frame(void)\n{\n    char buf[16]; static char frame[64];\n    memcpy(buf, frame, sizeof(frame));\n}\n";

struct Scene {
    hub: FakeHub,
    number: u64,
    runner: Runner,
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

impl Scene {
    fn new() -> Self {
        let hub = FakeHub::start();
        hub.add_repository(REPO);
        hub.commit_files(REPO, "main", &[("pump.c", "int a;\n")]);
        hub.create_branch(REPO, "fix", "main");
        hub.commit_files(REPO, "fix", &[("pump.c", UNSAFE)]);
        let number = hub.open_pull(REPO, "fix", "main");
        Self {
            hub,
            number,
            runner: Runner::new(),
        }
    }

    /// A checkout as actions/checkout makes it on `pull_request`.
    fn checkout(&self) -> PathBuf {
        let folder = self.runner.path("checkout");
        std::fs::create_dir(&folder).unwrap();
        git(&folder, &["init", "--quiet"]);
        git(
            &folder,
            &["remote", "add", "origin", &self.hub.clone_url(REPO)],
        );
        let merge = format!("+refs/pull/{}/merge:refs/remotes/checked/out", self.number);
        git(
            &folder,
            &[
                "fetch",
                "--quiet",
                "origin",
                "+refs/heads/*:refs/remotes/origin/*",
                &merge,
            ],
        );
        git(
            &folder,
            &[
                "checkout",
                "--quiet",
                "--detach",
                "refs/remotes/checked/out",
            ],
        );
        folder
    }

    /// Runs `action-review` in a folder, with the environment of a workflow run.
    fn review(
        &self,
        place: &Path,
        name: &str,
        event: &str,
        token: &str,
        more: &[(&str, &str)],
    ) -> Run {
        let file = self.runner.path("event.json");
        std::fs::write(&file, event).unwrap();
        let (api, graphql) = (self.hub.url(), self.hub.graphql_url());
        let summary = self.runner.path("summary.md");
        let mut variables = vec![
            ("SCRUBIN_BINARY", env!("CARGO_BIN_EXE_scrubin")),
            ("GITHUB_REPOSITORY", REPO),
            ("GITHUB_API_URL", &api),
            ("GITHUB_GRAPHQL_URL", &graphql),
            ("GITHUB_SERVER_URL", &api),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", file.to_str().unwrap()),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
            ("GITHUB_TOKEN", token),
        ];
        variables.extend(more);
        let run = self.runner.hook_in(place, "action-review", &variables);
        assert!(
            !format!("{run:?}").contains(token),
            "a token astray: {run:#?}"
        );
        run
    }

    fn event(&self) -> String {
        self.hub
            .pull_request_event(REPO, self.number, "opened")
            .to_string()
    }
}

#[test]
fn the_action_comments_and_closes_the_gate() {
    let scene = Scene::new();
    let token = scene.hub.add_token(TokenSpec::actions());
    let place = scene.checkout();
    let run = scene.review(
        &place,
        "pull_request",
        &scene.event(),
        &token,
        &[("SCRUBIN_SARIF", "scrubin.sarif")],
    );
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.outputs["gate"], "failed");
    assert_eq!(run.outputs["exit-code"], "1");
    assert_eq!(run.outputs["findings"], "1");
    assert_eq!(run.outputs["sarif"], "scrubin.sarif");
    assert!(place.join("scrubin.sarif").is_file());
    assert_eq!(scene.hub.diff_comments(REPO, scene.number).len(), 1);
    scene.hub.assert_clean();

    // Every output that `scrubin review` gives is one of action.yml.
    let action = include_str!("../../action.yml");
    for name in run.outputs.keys() {
        assert!(
            action.contains(&format!("steps.review.outputs.{name} }}}}")),
            "{name}"
        );
    }
}

#[test]
fn two_jobs_comment_where_the_first_may_only_read() {
    let scene = Scene::new();
    let reader = scene.hub.add_token(TokenSpec::fork());
    let place = scene.checkout();
    let first = scene.review(
        &place,
        "pull_request",
        &scene.event(),
        &reader,
        &[("SCRUBIN_MODE", "analyse")],
    );
    assert_eq!(first.code, 1, "the gate is the first job: {first:#?}");
    assert_eq!(first.outputs["review-file"], "review.json");
    assert!(scene.hub.diff_comments(REPO, scene.number).is_empty());

    let empty = scene.runner.path("empty");
    std::fs::create_dir(&empty).unwrap();
    std::fs::copy(place.join("review.json"), empty.join("review.json")).unwrap();
    let writer = scene.hub.add_token(TokenSpec::actions());
    let event = scene.hub.workflow_run_event(REPO, scene.number).to_string();
    let second = scene.review(
        &empty,
        "workflow_run",
        &event,
        &writer,
        &[("SCRUBIN_MODE", "post")],
    );
    assert_eq!(second.code, 0, "{second:#?}");
    assert_eq!(scene.hub.diff_comments(REPO, scene.number).len(), 1);
    scene.hub.assert_clean();
}
