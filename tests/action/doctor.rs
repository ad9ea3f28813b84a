//! `scrubin doctor` on real repositories, and on the fake GitHub where the binary has the network.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::runner::write;

/// A repository of a user.
struct Clone {
    folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Run {
    code: i32,
    stdout: String,
}

impl Run {
    /// State of a check in the JSON form; empty if it is not there.
    fn state(&self, name: &str) -> String {
        let value: Value = serde_json::from_str(&self.stdout).unwrap();
        let checks = value["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["name"] == name);
        check.map_or(String::new(), |check| {
            check["state"].as_str().unwrap().to_owned()
        })
    }
}

const OWNERS: &str = "* @acme/everybody\n";

impl Clone {
    fn new() -> Self {
        let clone = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        clone.git(&["init", "--quiet", "--initial-branch", "main"]);
        clone.git(&["remote", "add", "origin", "git@github.com:acme/pump.git"]);
        clone
    }

    /// With the workflow of the documentation, pinned, and owners.
    fn guarded() -> Self {
        let clone = Self::new();
        let text = include_str!("../../docs/workflows/pull-request.yml");
        clone.write(".github/workflows/scrubin.yml", text);
        clone.write(".github/CODEOWNERS", OWNERS);
        clone
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.path().join(path), text);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }

    fn git(&self, arguments: &[&str]) {
        let done = self.command("git").args(arguments).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        let name = ["-c", "user.name=ada", "-c", "user.email=ada@acme.example"];
        let commit = ["commit", "--quiet", "--message", "gate"];
        self.git(&[&name[..], &commit[..]].concat());
    }

    fn doctor_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let output = self
            .command(env!("CARGO_BIN_EXE_scrubin"))
            .arg("doctor")
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
        }
    }

    fn doctor(&self) -> Run {
        self.doctor_with(&["--format", "json"], &[])
    }

    fn scrubin(&self, arguments: &[&str]) {
        let done = self
            .command(env!("CARGO_BIN_EXE_scrubin"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

#[test]
fn a_repository_without_anything_has_no_gate() {
    let run = Clone::new().doctor_with(&[], &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stdout.contains("OPEN: workflow: "), "{run:#?}");
    assert!(run.stdout.contains("OPEN: owners: "), "{run:#?}");
    assert!(run.stdout.contains("weak: hook: "), "{run:#?}");
    assert!(
        run.stdout.contains("    help: run `scrubin hook install`"),
        "{run:#?}"
    );
    assert!(
        run.stdout.ends_with("The gate can be walked around.\n"),
        "{run:#?}"
    );
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let run = Clone::guarded().doctor();
    assert_eq!(run.code, 2, "{run:#?}");
    assert_eq!(run.state("workflow"), "good");
    assert_eq!(run.state("required-check"), "not-checked");
    assert_eq!(run.state("owners"), "not-checked");
    let why = if cfg!(feature = "github") {
        "there is no token to ask for"
    } else {
        "built without the feature `github`"
    };
    assert!(run.stdout.contains(why), "{run:#?}");
    assert!(
        run.stdout.contains("\"verdict\":\"not-checked\""),
        "{run:#?}"
    );
}

#[test]
fn every_way_to_install_the_hook_is_known() {
    let clone = Clone::guarded();
    assert_eq!(clone.doctor().state("hook"), "weak");
    clone.scrubin(&["hook", "install"]);
    assert_eq!(clone.doctor().state("hook"), "good");

    let by_path = Clone::guarded();
    by_path.write(
        "tools/hooks/pre-commit",
        "#!/bin/sh\nexec scrubin hook pre-commit\n",
    );
    assert_eq!(by_path.doctor().state("hook"), "weak");
    by_path.git(&["config", "core.hooksPath", "tools/hooks"]);
    assert_eq!(by_path.doctor().state("hook"), "good");

    let by_config = Clone::guarded();
    by_config.git(&[
        "config",
        "hook.scrubin-pre-commit.command",
        "scrubin hook pre-commit",
    ]);
    assert_eq!(by_config.doctor().state("hook"), "good");

    let framework = Clone::guarded();
    framework.write(
        ".pre-commit-config.yaml",
        "repos:\n  - repo: https://github.com/scrubin/scrubin\n    hooks: [{id: scrubin}]\n",
    );
    let run = framework.doctor();
    assert!(run.stdout.contains("run `pre-commit install`"), "{run:#?}");
    framework.write(
        ".git/hooks/pre-commit",
        "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n",
    );
    assert_eq!(framework.doctor().state("hook"), "good");

    let lefthook = Clone::guarded();
    lefthook.write(
        "lefthook.yml",
        "pre-commit:\n  jobs:\n    - run: scrubin hook pre-commit\n",
    );
    assert_eq!(lefthook.doctor().state("hook"), "weak");
    lefthook.write(
        ".git/hooks/pre-commit",
        "#!/bin/sh\ncall_lefthook run \"pre-commit\" \"$@\"\n",
    );
    assert_eq!(lefthook.doctor().state("hook"), "good");

    let husky = Clone::guarded();
    husky.write(".husky/pre-commit", "scrubin hook pre-commit\n");
    assert_eq!(husky.doctor().state("hook"), "weak");
    husky.write(
        ".husky/_/pre-commit",
        "#!/bin/sh\n. \"$(dirname \"$0\")/h\"\n",
    );
    husky.git(&["config", "core.hooksPath", ".husky/_"]);
    assert_eq!(husky.doctor().state("hook"), "good");
}

#[test]
fn files_that_steer_the_review_need_owners() {
    let clone = Clone::guarded();
    clone.write(
        "scrubin.toml",
        "rule-folders = [\"qa/rules\"]\n[baseline]\nfile = \"qa/known.json\"\n",
    );
    clone.write(
        ".github/CODEOWNERS",
        "/scrubin.toml @acme/security\n/.github/ @acme/security\n/deviations.toml @acme/security\n",
    );
    let run = clone.doctor();
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(
        run.stdout
            .contains("names no owner for qa/known.json, qa/rules/\""),
        "{run:#?}"
    );
    assert!(
        run.stdout.contains("/qa/known.json @your-org/security"),
        "{run:#?}"
    );
    clone.write(".github/CODEOWNERS", "* @acme/security\n");
    assert_eq!(clone.doctor().state("owners"), "not-checked");
}

#[test]
fn workflows_that_let_a_red_review_pass_are_seen() {
    let clone = Clone::guarded();
    let text = include_str!("../../docs/workflows/pull-request.yml");
    clone.write(
        ".github/workflows/scrubin.yml",
        &text.replace("    runs-on:", "    continue-on-error: true\n    runs-on:"),
    );
    let run = clone.doctor();
    assert_eq!(
        (run.code, run.state("red-is-red").as_str()),
        (1, "open"),
        "{run:#?}"
    );
    clone.write(".github/workflows/broken.yml", "on: [\n");
    let run = clone.doctor();
    assert_eq!(run.state("workflow-file"), "not-checked", "{run:#?}");
}

#[test]
fn workflows_of_a_commit_can_be_looked_at() {
    let clone = Clone::guarded();
    clone.commit();
    std::fs::remove_dir_all(clone.path().join(".github")).unwrap();
    assert_eq!(clone.doctor().state("workflow"), "open");
    let run = clone.doctor_with(&["--format", "json", "--rev", "main"], &[]);
    assert_eq!(run.state("workflow"), "good", "{run:#?}");
    assert_eq!(run.state("owners"), "not-checked", "{run:#?}");
    for unknown in ["no-such-branch", "--output=x"] {
        let argument = format!("--rev={unknown}");
        assert_eq!(clone.doctor_with(&[&argument], &[]).code, 2, "{unknown}");
    }
}

/// GitHub starts none of them.
#[test]
fn workflows_in_a_folder_below_are_none() {
    let clone = Clone::new();
    let text = include_str!("../../docs/workflows/pull-request.yml");
    clone.write(".github/workflows/old/scrubin.yml", text);
    clone.write(".github/workflows/folder.yml/scrubin.yml", text);
    clone.commit();
    assert_eq!(clone.doctor().state("workflow"), "open");
    let run = clone.doctor_with(&["--format", "json", "--rev", "HEAD"], &[]);
    assert_eq!(run.state("workflow"), "open", "{run:#?}");
}

#[test]
fn an_action_of_the_repository_itself_runs_scrubin_and_needs_owners() {
    let clone = Clone::guarded();
    let text = include_str!("../../docs/workflows/pull-request.yml");
    let ours = "scrubin/scrubin@0000000000000000000000000000000000000000";
    assert!(text.contains(ours));
    let local = text.replace(ours, "./ci/gate");
    clone.write(".github/workflows/scrubin.yml", &local);
    assert_eq!(clone.doctor().state("workflow"), "open");
    clone.write("action.yml", include_str!("../../action.yml"));
    assert_eq!(clone.doctor().state("workflow"), "open");
    let itself = text.replace(ours, "./");
    clone.write(".github/workflows/scrubin.yml", &itself);
    assert_eq!(clone.doctor().state("workflow"), "good");
    clone.write(".github/workflows/scrubin.yml", &local);
    clone.write(
        "ci/gate/action.yml",
        "name: gate\nruns:\n  using: composite\n  steps:\n    - run: scrubin review\n      shell: bash\n",
    );
    clone.write(".github/CODEOWNERS", "* @acme/everybody\n/ci/\n");
    let run = clone.doctor();
    assert_eq!(run.state("workflow"), "good", "{run:#?}");
    assert!(
        run.stdout.contains("names no owner for ci/gate/"),
        "{run:#?}"
    );
}

/// What we tell people to copy has nothing to repair but what only their repository can have.
#[test]
fn the_workflows_of_the_documentation_are_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/workflows");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let clone = Clone::guarded();
        clone.write(
            ".github/workflows/scrubin.yml",
            &std::fs::read_to_string(&path).unwrap(),
        );
        if name == "fork-post.yml" {
            let first = include_str!("../../docs/workflows/fork-analyse.yml");
            clone.write(".github/workflows/first.yml", first);
        }
        let run = clone.doctor();
        for check in [
            "workflow",
            "events",
            "red-is-red",
            "fork-code",
            "pinned",
            "history",
            "merge-queue",
        ] {
            assert_eq!(run.state(check), "good", "{name}: {check}: {run:#?}");
        }
    }
}

#[test]
fn outside_a_repository_it_could_not_look() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .arg("doctor")
        .current_dir(folder.path())
        .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("repository"));
}

#[cfg(feature = "github")]
mod online {
    use fakehub::{Access, Caller, FakeHub, Fault, FaultKind, Permission, Protection, TokenSpec};

    use super::*;

    const REPO: &str = "acme/pump";

    fn hub(protection: Option<Protection>) -> FakeHub {
        let hub = FakeHub::start();
        hub.add_repository(REPO);
        hub.commit_files(REPO, "main", &[("pump.c", "int a;\n")]);
        if let Some(protection) = protection {
            hub.protect(REPO, "main", protection);
        }
        hub
    }

    fn full() -> Protection {
        Protection {
            required_checks: vec!["Secure-code review".to_owned()],
            approvals: 1,
            code_owners: true,
            enforce_admins: true,
            merge_queue: false,
            bypass_actors: Vec::new(),
            checks_by: Some(15_368),
        }
    }

    /// Someone who may read the protection too.
    fn owner(hub: &FakeHub) -> String {
        hub.set_role(REPO, "ada", "admin");
        hub.add_token(TokenSpec::user("ada").with(Permission::Administration, Access::Read))
    }

    fn ask(hub: &FakeHub, clone: &Clone, token: &str) -> Run {
        let run = clone.doctor_with(
            &["--format", "json", "--api-url", &hub.url()],
            &[("GITHUB_TOKEN", token)],
        );
        assert!(
            !format!("{run:?}").contains(token),
            "a token astray: {run:#?}"
        );
        hub.assert_clean();
        run
    }

    #[test]
    fn a_gate_in_place_is_found_in_order() {
        let hub = hub(Some(full()));
        let token = owner(&hub);
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.state("required-check"), "good");
        assert_eq!(run.state("owners"), "good");
        assert_eq!(run.state("hook"), "weak", "a hook is no gate");
        let enterprise = Clone::guarded().doctor_with(
            &[
                "--format",
                "json",
                "--api-url",
                &hub.enterprise_api_url(),
                "--branch",
                "main",
            ],
            &[("GH_TOKEN", &token)],
        );
        assert_eq!(enterprise.code, 0, "{enterprise:#?}");
    }

    #[test]
    fn a_check_that_is_not_required_is_no_gate() {
        let hub = hub(Some(Protection {
            required_checks: vec!["build".to_owned()],
            ..full()
        }));
        let token = owner(&hub);
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(
            (run.code, run.state("required-check").as_str()),
            (1, "open"),
            "{run:#?}"
        );
        assert!(run.stdout.contains("required are: build"), "{run:#?}");
        assert!(run.stdout.contains("/acme/pump/settings/rules"), "{run:#?}");
    }

    #[test]
    fn an_unprotected_branch_is_no_gate() {
        let hub = hub(None);
        let token = hub.add_token(TokenSpec::actions());
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(
            (run.code, run.state("required-check").as_str()),
            (1, "open"),
            "{run:#?}"
        );
        assert_eq!(run.state("owners"), "open");
    }

    #[test]
    fn owners_who_need_not_approve_own_nothing() {
        let hub = hub(Some(Protection {
            code_owners: false,
            ..full()
        }));
        let token = owner(&hub);
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(
            (run.code, run.state("owners").as_str()),
            (1, "open"),
            "{run:#?}"
        );
    }

    #[test]
    fn administrators_and_queues_are_looked_at() {
        let hub = hub(Some(Protection {
            enforce_admins: false,
            merge_queue: true,
            ..full()
        }));
        let token = owner(&hub);
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.state("administrators"), "weak");
        assert_eq!(run.state("merge-queue"), "weak");
        let queue = Clone::guarded();
        queue.write(
            ".github/workflows/scrubin.yml",
            include_str!("../../docs/workflows/merge-queue.yml"),
        );
        assert_eq!(ask(&hub, &queue, &token).state("merge-queue"), "good");
    }

    #[test]
    fn who_may_pass_the_rules_by_is_named() {
        let guarded = hub(Some(full()));
        let token = owner(&guarded);
        let run = ask(&guarded, &Clone::guarded(), &token);
        assert_eq!(
            (run.state("bypass"), run.state("check-source")),
            Default::default()
        );
        let hub = hub(Some(Protection {
            bypass_actors: vec![("Team".to_owned(), "pull_request".to_owned())],
            checks_by: None,
            ..full()
        }));
        let token = owner(&hub);
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(run.state("bypass"), "weak", "{run:#?}");
        assert!(
            run.stdout.contains("Team 1 (pull requests alone)"),
            "{run:#?}"
        );
        // A check that anybody may report is one that anybody may pass.
        assert_eq!(run.state("check-source"), "weak", "{run:#?}");
        // Whoever may not change the rules is not told, which is said.
        let weak = hub.add_token(TokenSpec::actions());
        let run = ask(&hub, &Clone::guarded(), &weak);
        assert_eq!(run.state("bypass"), "not-checked", "{run:#?}");
        assert!(run.stdout.contains("could not be read"), "{run:#?}");
    }

    /// Rulesets can be read with little; what protection alone would tell is left open.
    #[test]
    fn a_weak_token_sees_the_rulesets() {
        let hub = hub(Some(full()));
        let token = hub.add_token(TokenSpec::actions());
        let run = ask(&hub, &Clone::guarded(), &token);
        assert_eq!(run.code, 0, "{run:#?}");
        assert_eq!(run.state("required-check"), "good");
        assert_eq!(run.state("bypass"), "not-checked");
        assert_eq!(run.state("administrators"), "");
    }

    #[test]
    fn a_token_that_is_refused_or_a_server_that_fails_is_not_checked() {
        let hub = hub(Some(full()));
        let run = ask(&hub, &Clone::guarded(), "ghs_notatokenatall_notatokenatall");
        assert_eq!(
            (run.code, run.state("required-check").as_str()),
            (2, "not-checked"),
            "{run:#?}"
        );
        assert!(
            run.stdout.contains("GitHub does not accept the token"),
            "{run:#?}"
        );
        let narrow = hub.add_token(TokenSpec::new(Caller::User("eve".to_owned())));
        hub.fault(Fault::new(
            "GET",
            "/repos/*/*/rules/branches/*",
            FaultKind::Status(404, "Not Found".to_owned()),
        ));
        let run = ask(&hub, &Clone::guarded(), &narrow);
        assert_eq!(run.code, 2, "{run:#?}");
    }

    /// A token goes to github.com or where it was told to go.
    #[test]
    fn a_foreign_remote_gets_no_token() {
        let clone = Clone::guarded();
        clone.git(&[
            "remote",
            "set-url",
            "origin",
            "https://git.example.invalid/acme/pump.git",
        ]);
        let run = clone.doctor_with(
            &["--format", "json"],
            &[("GITHUB_TOKEN", "ghs_secretsecretsecret")],
        );
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(
            run.stdout
                .contains("no token is sent to https://git.example.invalid unasked"),
            "{run:#?}"
        );
    }
}
