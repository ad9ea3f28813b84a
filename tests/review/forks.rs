//! Pull requests from forks: a token that can only read, and the two jobs.

use fakehub::{FakeHub, TokenSpec};

use crate::scene::{FILE, REPO, Scene, unsafe_file};

const FORK: &str = "eve/pump";

/// A pull request from a fork; the token is the one its `pull_request` run gets.
fn fork() -> Scene {
    let mut scene = Scene::new("int x;\n");
    let hub: &FakeHub = &scene.hub;
    hub.add_fork(REPO, FORK);
    hub.create_branch(FORK, "change", "main");
    hub.commit_files(FORK, "change", &[(FILE, &unsafe_file(&["dose", "rate"]))]);
    scene.number = hub.open_pull_from(REPO, FORK, "change", "main");
    scene.token = scene.hub.add_token(TokenSpec::fork());
    scene
}

#[test]
fn a_fork_is_detected_up_front_and_loses_nothing() {
    let scene = fork();
    let run = scene.run_loosely("opened", &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("comes from a fork"), "{}", run.stderr);
    assert_eq!(run.on_rung("annotation"), 2);
    scene.assert_accounted(&run);
    // Nothing is tried that cannot work.
    assert_eq!(scene.writes(), [""; 0]);
    scene.hub.assert_clean();
}

/// The file that the first job hands over.
fn analysed(scene: &Scene) -> String {
    let file = scene.folder.path().join("review.json");
    let place = scene.checkout();
    let arguments = ["--analyse-only", "--out", file.to_str().unwrap()];
    let run = scene.run_in(&place, "pull_request", &scene.event("opened"), &arguments);
    assert_eq!(run.code, 1, "{run:#?}");
    scene.assert_accounted(&run);
    assert_eq!(scene.writes(), [""; 0]);
    std::fs::read_to_string(file).unwrap()
}

/// The second job: no checkout, a token that may write.
fn post(scene: &mut Scene, text: &str) -> crate::scene::Run {
    scene.token = scene.hub.add_token(TokenSpec::actions());
    let file = scene.folder.path().join("posted.json");
    std::fs::write(&file, text).unwrap();
    let event = scene.hub.workflow_run_event(REPO, scene.number).to_string();
    let empty = tempfile::tempdir().unwrap();
    scene.run_in(
        empty.path(),
        "workflow_run",
        &event,
        &["--post", file.to_str().unwrap()],
    )
}

#[test]
fn two_jobs_bring_comments_to_a_fork() {
    let mut scene = fork();
    let text = analysed(&scene);
    let run = post(&mut scene, &text);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(
        (run.on_rung("inline"), scene.living().len()),
        (2, 2),
        "{run:#?}"
    );
    assert_eq!(scene.summaries().len(), 1);
    // Posted again (a job that was started anew): nothing twice.
    let run = post(&mut scene, &text);
    assert_eq!((run.code, run.number("comments-kept")), (0, 2), "{run:#?}");
    scene.assert_nothing_twice();
    scene.hub.assert_clean();
}

#[test]
fn a_file_about_something_else_is_refused() {
    let mut scene = fork();
    let text = analysed(&scene);
    let other = scene.hub.open_pull(REPO, "fix", "main");
    let head = scene
        .hub
        .tip(REPO, &format!("refs/pull/{}/head", scene.number));
    let fix = scene.hub.tip(REPO, "fix");
    let named = |number: u64| format!("\"pull\": {number}");
    let (mine, others) = (named(scene.number), named(other));
    for (what, hostile) in [
        ("another repository", text.replace(REPO, "acme/other")),
        ("another pull request", text.replace(&mine, &others)),
        (
            "another pull request and its head",
            text.replace(&mine, &others).replace(&head, &fix),
        ),
        ("no pull request", text.replace(&mine, "\"pull\": null")),
        (
            "an unknown field",
            text.replacen('{', "{\"run\": \"rm -rf\",", 1),
        ),
        (
            "a command for the runner",
            text.replacen('{', "{\"a\\n::stop-commands::x\": 1,", 1),
        ),
        (
            "a path out of the repository",
            text.replace("\"path\": \"src/", "\"path\": \"../../../../evil/"),
        ),
        ("half a file", text[..text.len() / 2].to_owned()),
        ("far too much", " ".repeat(9 << 20)),
    ] {
        assert_ne!(hostile, text, "{what}");
        let run = post(&mut scene, &hostile);
        let said_so = run.code == 2 || run.stderr.contains("newer head");
        assert!(said_so, "{what}: {run:#?}");
        let commands = |line: &str| line.trim_start().starts_with("::");
        assert!(!run.stderr.lines().any(commands), "{what}: {run:#?}");
    }
    assert!(scene.hub.reviews(REPO, scene.number).is_empty());
    assert!(scene.hub.reviews(REPO, other).is_empty());
    assert!(scene.hub.comments(REPO, other).is_empty());
    scene.hub.assert_clean();
}

#[test]
fn hostile_texts_in_the_file_are_escaped() {
    let mut scene = fork();
    let text = analysed(&scene);
    let hostile = text
        .replace(
            "the copy into",
            "@octocat <img src=x> #1 [click](https://evil.example) the copy into",
        )
        .replace("\"why\": \"", "\"why\": \"Trust me. ")
        .replace(
            "\"suggestion\": null",
            r#""suggestion": {"first_line": 6, "last_line": 6, "text": "evil();"}"#,
        );
    assert_ne!(hostile, text);
    let run = post(&mut scene, &hostile);
    assert_eq!(run.code, 0, "{run:#?}");
    for (_, comment) in scene.living() {
        assert!(comment.body.contains("octocat"), "{}", comment.body);
        // The words of built-in rules are ours, and nothing is offered for committing.
        assert!(!comment.body.contains("Trust me"), "{}", comment.body);
        assert!(!comment.body.contains("evil()"), "{}", comment.body);
        for event in pulldown_cmark::Parser::new(&comment.body) {
            use pulldown_cmark::{Event, Tag};
            match event {
                Event::Text(words) => assert!(!words.contains('@'), "{words}"),
                Event::Start(Tag::Link { dest_url, .. }) => {
                    assert!(dest_url.starts_with("https://cwe.mitre.org/"), "{dest_url}");
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    assert!(!html.contains("img"), "{html}");
                }
                _ => {}
            }
        }
    }
}

/// Its words are a stranger's, and so would be the place that its link leads to.
#[test]
fn a_rule_that_only_the_file_knows_brings_no_link() {
    let mut scene = fork();
    let text = analysed(&scene);
    let page = "https://cwe.mitre.org/data/definitions/806.html";
    let hostile = text
        .replace("C-LEN-014", "acme.evil")
        .replace(page, "https://evil.example/login");
    assert_eq!(hostile.matches("evil.example").count(), 1);
    let run = post(&mut scene, &hostile);
    assert_eq!((run.code, scene.living().len()), (0, 2), "{run:#?}");
    for (_, comment) in scene.living() {
        assert!(comment.body.contains("acme.evil"), "{}", comment.body);
        assert!(!comment.body.contains("evil.example"), "{}", comment.body);
    }
}

/// The token of a run that names the pull request itself is not the one of a fork.
#[test]
fn whoever_may_write_comments_on_a_fork_by_its_number() {
    let mut scene = fork();
    scene.token = scene.hub.add_token(TokenSpec::actions());
    // A clone that has nothing of the fork, and its whole history: it stays whole.
    let place = scene.checkout_of("refs/heads/main");
    let number = scene.number.to_string();
    let run = scene.run_in(&place, "schedule", "{}", &["--pr", &number]);
    assert_eq!((run.code, scene.living().len()), (1, 2), "{run:#?}");
    scene.assert_settled(&run);
    assert!(!place.join(".git/shallow").exists());
}

/// Anybody can open a pull request of a commit that is another one's head.
#[test]
fn a_run_of_the_same_commit_does_not_speak_for_another_pull_request() {
    let mut scene = Scene::new(&unsafe_file(&["dose"]));
    let text = analysed(&scene);
    let victim = scene.number;
    scene.hub.create_branch(REPO, "same", "fix");
    scene.number = scene.hub.open_pull(REPO, "same", "main");
    let run = post(&mut scene, &text);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("branch"), "{}", run.stderr);
    assert!(scene.hub.reviews(REPO, victim).is_empty());
    scene.number = victim;
    let run = post(&mut scene, &text);
    assert_eq!((run.code, scene.living().len()), (0, 1), "{run:#?}");
}
