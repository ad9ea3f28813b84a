//! Repositories and words of strangers.

use std::time::Instant;

use fakehub::Edit;

use crate::stage::{Database, FILE, REPO, Stage, file, unsafe_copy};
use crate::{Test, soak};

pub(crate) const TESTS: &[Test] = &[
    ("names_and_words_inject_nothing", words),
    (
        "a_repository_runs_nothing_and_writes_nothing_outside",
        runs_nothing,
    ),
    ("many_files_take_bounded_time", many_files),
    ("a_huge_blob_is_a_gap", huge_blob),
    ("a_tree_with_forbidden_names_is_refused", forbidden_names),
];

fn words(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let title = "</summary><script>alert(1)</script> @everyone [x](javascript:1) '; DROP TABLE jobs; -- ::error::x";
    scene.hub.set_role(REPO, "ada", "write");
    let branch = "fix;touch$IFS/tmp/owned|x";
    scene.hub.create_branch(REPO, branch, "main");
    scene
        .hub
        .commit_files(REPO, branch, &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let number = scene.hub.open_pull(REPO, branch, "main");
    scene.hub.set_title(REPO, number, title);
    scene.hub.release_deliveries();
    stage.settle();
    let comment = scene.comments(number)[0].id;
    scene.hub.reply(
        REPO,
        comment,
        "ada",
        "scrubin accept '; DELETE FROM decisions; -- <img src=x onerror=alert(1)> @everyone ticket <b>@org/team</b>",
    );
    stage.settle();
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let decisions = stage.wait(stage.service.store.decisions(id)).unwrap();
    assert_eq!(decisions.len(), 1);
    let review = stage
        .wait(
            stage
                .service
                .store
                .last_review(id, i64::try_from(number).unwrap()),
        )
        .unwrap();
    assert_eq!(review.unwrap().title, title);
    for one in scene
        .comments(number)
        .iter()
        .filter(|one| one.author.ends_with("[bot]"))
    {
        // What stands in code is neither mentioned nor formatted.
        let outside: String = one.body.split('`').step_by(2).collect();
        for bad in ["@everyone", "<b>", "<img", "@org/team"] {
            assert!(!outside.contains(bad), "{bad}: {}", one.body);
        }
    }
    assert!(!std::path::Path::new("/tmp/owned").exists());
    scene.assert_sound(number);
}

fn runs_nothing(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let marker = scene.folder.path().join("ran");
    let run = format!("touch {}", marker.display());
    scene.hub.commit(
        REPO,
        "main",
        "traps",
        &[
            Edit::write(".gitattributes", "*.c filter=trap diff=trap merge=trap\n"),
            Edit::write(".gitconfig", format!("[filter \"trap\"]\n\tsmudge = {run}\n\tclean = {run}\n")),
            Edit::write(".git-hooks/pre-commit", format!("#!/bin/sh\n{run}\n")),
            Edit::write("scrubin.toml", "[rules]\nfolders = [\"../../../etc\", \"rules\"]\n"),
            Edit::write(".gitmodules", format!("[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c \"{run}\"\n\tupdate = !{run}\n")),
        ],
    );
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert!(!marker.exists(), "something of the repository was run");
    assert!(scene.conclusion("fix").is_some());
    let entries: Vec<String> = std::fs::read_dir(scene.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    let known = [
        "client-secret",
        "cache",
        "key.pem",
        "secret",
        "record.key",
        "service.toml",
    ];
    assert!(
        entries.iter().all(|name| known.contains(&name.as_str())),
        "{entries:?}"
    );
    scene.assert_sound(number);
}

fn many_files(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let count = if soak() { 100_000 } else { 3_000 };
    let edits: Vec<Edit> = (0..count)
        .map(|index| {
            Edit::write(
                &format!("src/d{}/f{index}.c", index % 100),
                format!("int v{index};\n"),
            )
        })
        .collect();
    scene.hub.create_branch(REPO, "fix", "main");
    scene.hub.commit(REPO, "fix", "many", &edits);
    let began = Instant::now();
    let number = scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    assert!(scene.conclusion("fix").is_some());
    assert!(began.elapsed().as_secs() < if soak() { 600 } else { 60 });
    scene.assert_sound(number);
}

fn huge_blob(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let text = format!("/* {} */\n", "x".repeat(3 << 20));
    scene.hub.create_branch(REPO, "fix", "main");
    scene
        .hub
        .commit(REPO, "fix", "huge", &[Edit::write("src/huge.c", text)]);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    assert_eq!(
        run.conclusion.as_deref(),
        Some("failure"),
        "silence about a file that was not read"
    );
    assert!(
        run.output["summary"].as_str().unwrap().contains("huge.c"),
        "{run:#?}"
    );
    scene.assert_sound(number);
}

/// A tree whose entry is `.git`, written past the checks of git's own commands.
fn forbidden_names(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let folder = scene.hub.git_dir(REPO);
    let git = |arguments: &[&str], input: &[u8]| {
        use std::io::Write as _;
        let mut child = std::process::Command::new("git")
            .arg("--git-dir")
            .arg(&folder)
            .args(arguments)
            .env("GIT_AUTHOR_NAME", "a")
            .env("GIT_AUTHOR_EMAIL", "a@a")
            .env("GIT_COMMITTER_NAME", "a")
            .env("GIT_COMMITTER_EMAIL", "a@a")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let blob = git(
        &["hash-object", "-w", "--stdin"],
        b"[core]\n\tfsmonitor = touch /tmp/owned\n",
    );
    let raw: Vec<u8> = (0..blob.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&blob[at..at + 2], 16).unwrap())
        .collect();
    let tree = [b"100644 .git\0".as_slice(), &raw].concat();
    let tree = git(
        &["hash-object", "-w", "-t", "tree", "--literally", "--stdin"],
        &tree,
    );
    let parent = scene.hub.tip(REPO, "main");
    let commit = git(&["commit-tree", &tree, "-p", &parent, "-m", "trap"], b"");
    scene.hub.create_branch(REPO, "fix", "main");
    scene
        .hub
        .commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    scene.hub.force_push(REPO, "fix", &commit);
    stage.scene.hub.wait_idle();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let jobs = stage.wait(stage.service.store.jobs(10)).unwrap();
    assert!(
        jobs.iter().any(|job| job.error.contains("fetch")),
        "it was taken: {jobs:#?}"
    );
}
