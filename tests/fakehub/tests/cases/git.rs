//! git's own protocol, and what pushes do.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use fakehub::{Access, Permission, TokenSpec};
use serde_json::json;
use tempfile::TempDir;

use crate::client::{Client, REPO, Scene};
use crate::webhooks::told;

fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command.current_dir(folder).args(arguments);
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command.env("GIT_TERMINAL_PROMPT", "0");
    for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        command.env_remove(name);
    }
    for (name, value) in [("NAME", "x"), ("EMAIL", "x@example.invalid")] {
        command
            .env(format!("GIT_AUTHOR_{name}"), value)
            .env(format!("GIT_COMMITTER_{name}"), value);
    }
    let done = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if done.status.success() {
        Ok(text(&done.stdout))
    } else {
        Err(text(&done.stderr))
    }
}

fn header(token: &str) -> String {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("x-access-token:{token}"));
    format!("http.extraHeader=Authorization: Basic {basic}")
}

#[test]
fn a_shallow_clone_fetches_a_commit_by_its_name() {
    let scene = Scene::new();
    scene.hub.set_private(REPO, false);
    let folder = TempDir::new().unwrap();
    let url = scene.hub.clone_url(REPO);
    let auth = header(scene.token());
    let base = scene.hub.tip(REPO, "main");
    scene
        .hub
        .commit_files(REPO, "main", &[("other.c", "int x;\n")]);
    git(
        folder.path(),
        &[
            "-c",
            &auth,
            "clone",
            "--quiet",
            "--depth=1",
            "--branch=fix",
            &url,
            ".",
        ],
    )
    .unwrap();
    assert!(git(folder.path(), &["cat-file", "-e", &base]).is_err());
    git(
        folder.path(),
        &[
            "-c",
            &auth,
            "fetch",
            "--quiet",
            "--depth=1",
            "origin",
            &base,
        ],
    )
    .unwrap();
    git(folder.path(), &["cat-file", "-e", &base]).unwrap();
    let pull = format!("refs/pull/{}/merge", scene.number);
    git(
        folder.path(),
        &[
            "-c",
            &auth,
            "fetch",
            "--quiet",
            "--depth=2",
            "origin",
            &pull,
        ],
    )
    .unwrap();
    let first = git(folder.path(), &["rev-parse", "FETCH_HEAD^1"]).unwrap();
    assert_eq!(first, scene.hub.tip(REPO, "main"));
}

#[test]
fn a_private_repository_wants_a_token() {
    let scene = Scene::new();
    scene.hub.set_private(REPO, false);
    let folder = TempDir::new().unwrap();
    let url = scene.hub.clone_url(REPO);
    assert!(git(folder.path(), &["ls-remote", &url]).is_err());
    let narrow = scene
        .hub
        .add_token(TokenSpec::actions().only(&["acme/other"]));
    assert!(git(folder.path(), &["-c", &header(&narrow), "ls-remote", &url]).is_err());
    let bearer = format!("http.extraHeader=Authorization: Bearer {}", scene.token());
    git(folder.path(), &["-c", &bearer, "ls-remote", &url]).unwrap();
}

#[test]
fn a_push_moves_the_pull_request() {
    let scene = Scene::new();
    let folder = TempDir::new().unwrap();
    let url = scene.hub.clone_url(REPO);
    git(
        folder.path(),
        &["clone", "--quiet", "--branch=fix", &url, "."],
    )
    .unwrap();
    std::fs::write(folder.path().join("more.c"), "int m;\n").unwrap();
    git(folder.path(), &["add", "more.c"]).unwrap();
    git(folder.path(), &["commit", "--quiet", "-m", "more"]).unwrap();
    let reader = header(scene.token());
    assert!(git(folder.path(), &["-c", &reader, "push", "--quiet"]).is_err());
    let writer = scene
        .hub
        .add_token(TokenSpec::user("author").with(Permission::Contents, Access::Write));
    git(folder.path(), &["-c", &header(&writer), "push", "--quiet"]).unwrap();
    let head = git(folder.path(), &["rev-parse", "HEAD"]).unwrap();
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["head"]["sha"], json!(head));
    std::fs::write(folder.path().join("more.c"), "int n;\n").unwrap();
    git(
        folder.path(),
        &["commit", "--quiet", "--all", "--amend", "-m", "again"],
    )
    .unwrap();
    scene.hub.push_from(folder.path(), "HEAD", REPO, "fix");
    let head = git(folder.path(), &["rev-parse", "HEAD"]).unwrap();
    assert_eq!(
        scene.client.get(&scene.pull("")).expect(200).body["head"]["sha"],
        json!(head)
    );
}

#[test]
fn events_carry_the_pull_request() {
    let scene = Scene::new();
    let event = scene
        .hub
        .pull_request_event(REPO, scene.number, "synchronize");
    assert_eq!(
        event["pull_request"]["head"]["sha"],
        json!(scene.hub.tip(REPO, "fix"))
    );
    assert_eq!(event["repository"]["full_name"], REPO);
    let push = scene.hub.push_event(REPO, "main", &"0".repeat(40));
    assert_eq!(push["after"], json!(scene.hub.tip(REPO, "main")));
    let run = scene.hub.workflow_run_event(REPO, scene.number);
    assert_eq!(
        run["workflow_run"]["pull_requests"][0]["number"],
        json!(scene.number)
    );
    scene.hub.add_fork(REPO, "guest/pump");
    scene
        .hub
        .commit_files("guest/pump", "main", &[("guest.c", "int a;\n")]);
    let number = scene.hub.open_pull_from(REPO, "guest/pump", "main", "main");
    let run = scene.hub.workflow_run_event(REPO, number);
    assert_eq!(run["workflow_run"]["pull_requests"], json!([]));
}

/// What the worker of a service does: a bare mirror of a private repository with a narrowed token.
#[test]
fn an_installation_fetches_what_its_token_covers() {
    let (scene, _receiver, id) = told();
    scene.hub.set_private(REPO, false);
    scene.hub.add_repository("acme/valve");
    scene
        .hub
        .commit_files("acme/valve", "main", &[("valve.c", "int v;\n")]);
    scene.hub.set_private("acme/valve", false);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let path = format!("/app/installations/{id}/access_tokens");
    let token = |permissions: serde_json::Value| {
        let body = json!({"repositories": ["pump"], "permissions": permissions});
        let made = app.post(&path, body).expect(201);
        header(made.body["token"].as_str().unwrap())
    };
    let reads = token(json!({"contents": "read"}));
    let folder = TempDir::new().unwrap();
    let url = scene.hub.clone_url(REPO);
    let mirror = |auth: &str, url: &str, to: &str| {
        git(
            folder.path(),
            &[
                "-c",
                auth,
                "clone",
                "--quiet",
                "--bare",
                "--filter=blob:none",
                url,
                to,
            ],
        )
    };
    mirror(&reads, &url, "pump").unwrap();
    let pump = folder.path().join("pump");
    let refs = format!("+refs/pull/{}/*:refs/pull/*", scene.number);
    git(&pump, &["-c", &reads, "fetch", "--quiet", "origin", &refs]).unwrap();
    let head = git(&pump, &["rev-parse", "refs/pull/head"]).unwrap();
    assert_eq!(head, scene.hub.tip(REPO, "fix"));
    let parents = git(&pump, &["rev-list", "--parents", "-1", "refs/pull/merge"]).unwrap();
    assert!(parents.ends_with(&head), "{parents}");
    let missing = git(
        &pump,
        &["rev-list", "--objects", "--missing=print", "--all"],
    )
    .unwrap();
    assert!(
        missing.lines().any(|line| line.starts_with('?')),
        "blobs stay away"
    );
    let lazy = ["-c", &reads, "cat-file", "-p", "refs/pull/head:new.c"];
    assert_eq!(git(&pump, &lazy).unwrap(), "int a;\nint b;\nint c;");
    // Not another repository, not without contents, not for writing.
    let valve = scene.hub.clone_url("acme/valve");
    assert!(
        mirror(&reads, &valve, "valve")
            .unwrap_err()
            .contains("not found")
    );
    let blind = token(json!({"pull_requests": "read"}));
    assert!(mirror(&blind, &url, "blind").unwrap_err().contains("403"));
    let pushed = git(
        &pump,
        &[
            "-c",
            &reads,
            "push",
            "origin",
            "refs/pull/head:refs/heads/x",
        ],
    );
    assert!(pushed.unwrap_err().contains("403"));
    // The log tells which token came with what, and holds none.
    let log = scene.hub.log();
    let fetches: Vec<_> = log
        .iter()
        .filter(|one| one.path.ends_with("/git-upload-pack"))
        .collect();
    assert!(!fetches.is_empty());
    for fetch in fetches {
        let used = fetch.credential.as_ref().unwrap();
        assert_eq!(used.installation, Some(id));
        assert_eq!(used.user.as_deref(), Some("x-access-token"));
        assert_eq!(used.scheme, "basic");
        assert_eq!(used.repositories, Some([REPO.to_owned()].into()));
    }
    scene.hub.assert_clean();
}

/// git works beside the API, not before or after it.
#[test]
fn the_api_answers_while_git_fetches() {
    let scene = Scene::new();
    let big: String = (0..200_000)
        .map(|n| format!("int variable_{n};\n"))
        .collect();
    scene.hub.commit_files(REPO, "main", &[("big.c", &big)]);
    let folder = TempDir::new().unwrap();
    let url = scene.hub.clone_url(REPO);
    let clones: Vec<_> = (0..4)
        .map(|number| {
            let (to, url) = (folder.path().to_owned(), url.clone());
            let name = format!("clone{number}");
            std::thread::spawn(move || git(&to, &["clone", "--quiet", "--bare", &url, &name]))
        })
        .collect();
    let mut answers = 0;
    while clones.iter().any(|clone| !clone.is_finished()) {
        scene.client.get(&format!("/repos/{REPO}")).expect(200);
        answers += 1;
    }
    assert!(answers > 0);
    for clone in clones {
        clone.join().unwrap().unwrap();
    }
}
