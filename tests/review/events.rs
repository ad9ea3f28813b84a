//! Events, checkouts and what they are compared with.

use crate::scene::{Depth, FILE, REPO, Scene, file, git, safe_copy, unsafe_file};

#[test]
fn a_shallow_checkout_gets_the_merge_base_from_github() {
    for depth in [1, 2] {
        let mut scene = Scene::new(&unsafe_file(&["dose"]));
        scene.depth = Depth::Shallow(depth);
        // The base moves on: its own findings are no part of the change.
        scene
            .hub
            .commit_files(REPO, "main", &[("src/other.c", &unsafe_file(&["other"]))]);
        let run = scene.run("opened", &[]);
        assert_eq!(run.number("findings"), 1, "depth {depth}: {run:#?}");
        assert!(!run.stderr.contains("base:"), "{}", run.stderr);
        let asked = scene
            .hub
            .log()
            .iter()
            .any(|exchange| exchange.path.contains("/compare/"));
        assert!(asked, "depth {depth}");
    }
}

#[test]
fn without_the_merge_base_it_says_so_and_reviews_against_what_it_has() {
    let mut scene = Scene::new(&unsafe_file(&["dose"]));
    scene.depth = Depth::Shallow(2);
    let missing = fakehub::FaultKind::Status(404, "Not Found".to_owned());
    // Asked without its files first, then as every server knows it.
    scene
        .hub
        .fault(fakehub::Fault::new("GET", "/repos/*/*/compare/**", missing).times(2));
    let run = scene.run("opened", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert!(
        run.stderr.contains("the merge base cannot be had"),
        "{}",
        run.stderr
    );
    assert!(scene.summaries()[0].contains("**Base:**"));
    assert!(
        run.summary.contains("the merge base cannot be had"),
        "{}",
        run.summary
    );
}

#[test]
fn without_any_base_the_gate_is_not_green() {
    let mut scene = Scene::new(&file(&[safe_copy("dose")]));
    scene.depth = Depth::Shallow(1);
    let place = scene.checkout();
    // A checkout of the head alone, cut off from where more could be fetched.
    git(
        &place,
        &[
            "fetch",
            "--quiet",
            "--depth=1",
            "origin",
            &format!("refs/pull/{}/head", scene.number),
        ],
    );
    git(&place, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    git(&place, &["remote", "remove", "origin"]);
    let run = scene.run_in(&place, "pull_request", &scene.event("opened"), &[]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("no base can be had"), "{}", run.stderr);
}

/// A required check has to come, whatever changed; and the job is that check.
#[test]
fn a_change_without_code_passes() {
    let scene = Scene::with(&[(FILE, "int x;\n")], &[("README.md", "words\n")]);
    let run = scene.run("opened", &[]);
    assert_eq!((run.code, run.output("gate")), (0, "passed"), "{run:#?}");
    assert!(scene.summaries().is_empty());
    assert!(scene.hub.check_runs(REPO).is_empty());
}

/// The pull request in the merge queue, and the event that asks for the group's checks.
fn queued(scene: &Scene) -> (fakehub::MergeGroup, String) {
    let group = scene.hub.merge_group(REPO, scene.number);
    let event = scene
        .hub
        .merge_group_event(REPO, &group, "checks_requested");
    (group, event.to_string())
}

#[test]
fn a_merge_group_is_reviewed_on_its_own_commit() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let (group, event) = queued(&scene);
    let place = scene.checkout_of(&group.head_ref);
    let run = scene.run_in(&place, "merge_group", &event, &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert_eq!(run.output("head"), group.head_sha);
    assert_eq!(run.output("base"), group.base_sha);
    assert!(scene.hub.comments(REPO, scene.number).is_empty());
    scene.hub.assert_clean();
}

#[test]
fn a_merge_group_without_its_base_is_not_green() {
    let mut scene = Scene::new(&file(&[safe_copy("dose")]));
    scene.depth = Depth::Shallow(1);
    let (group, event) = queued(&scene);
    // The base is fetched where it can be had.
    let place = scene.checkout_of(&group.head_ref);
    let run = scene.run_in(&place, "merge_group", &event, &[]);
    assert_eq!((run.code, run.output("base")), (0, &*group.base_sha));
    let place = scene.checkout_of(&group.head_ref);
    git(&place, &["remote", "remove", "origin"]);
    let run = scene.run_in(&place, "merge_group", &event, &[]);
    assert_eq!((run.code, run.output("gate")), (2, "incomplete"));
    assert!(run.stderr.contains("cannot be had"), "{}", run.stderr);
}

#[test]
fn a_push_is_reported_only() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let before = scene.hub.tip(REPO, "main");
    scene
        .hub
        .commit_files(REPO, "main", &[("src/other.c", &unsafe_file(&["other"]))]);
    let event = scene.hub.push_event(REPO, "main", &before).to_string();
    let place = scene.checkout_of("refs/heads/main");
    let run = scene.run_in(&place, "push", &event, &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert_eq!(run.on_rung("annotation"), 1);
    let asked: Vec<String> = scene.hub.log().iter().map(|one| one.path.clone()).collect();
    assert!(
        !asked.iter().any(|path| path.starts_with("/repos")),
        "{asked:?}"
    );
}

#[test]
fn started_by_hand_everything_is_reported() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let place = scene.checkout();
    let run = scene.run_in(&place, "workflow_dispatch", "{}", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
}

#[test]
fn started_by_hand_the_settings_of_the_commit_apply() {
    let rule = "rules:\n  - id: acme.no-goto\n    languages: [c]\n    severity: ERROR\n    message: no goto\n    pattern: goto $L;\n";
    let settings =
        "rule-folders = [\"rules\"]\n[check]\ndisable = [\"C-LEN-014\", \"C-LEN-033\"]\n";
    let code = format!(
        "{}void f(void)\n{{\n    goto end;\nend:\n    g();\n}}\n",
        unsafe_file(&["dose"])
    );
    let scene = Scene::with(
        &[
            (FILE, &code),
            ("scrubin.toml", settings),
            ("rules/goto.yaml", rule),
        ],
        &[("src/other.c", "int a;\n")],
    );
    let place = scene.checkout_of("refs/heads/main");
    let run = scene.run_in(&place, "workflow_dispatch", "{}", &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
    assert!(run.stdout.contains("acme.no-goto"), "{}", run.stdout);
    // A branch that is new has nothing before it either.
    let event = scene
        .hub
        .push_event(REPO, "main", &"0".repeat(40))
        .to_string();
    let run = scene.run_in(&place, "push", &event, &[]);
    assert_eq!((run.code, run.number("findings")), (1, 1), "{run:#?}");
}

#[test]
fn other_events_say_so() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let place = scene.checkout();
    let run = scene.run_in(&place, "issue_comment", "{}", &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`issue_comment`") && run.stderr.contains("nothing was reviewed"));
    let run = scene.run_in(&place, "issue_comment", "{}", &["--unsupported", "pass"]);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("nothing was reviewed"));
    let run = scene.run_in(&place, "pull_request_target", &scene.event("opened"), &[]);
    assert_eq!(run.code, 2, "{run:#?}");
    let run = scene.run_in(&place, "pull_request", &scene.event("closed"), &[]);
    assert_eq!(run.code, 0, "{run:#?}");
}

#[test]
fn a_pull_request_can_be_named() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let place = scene.checkout();
    let number = scene.number.to_string();
    let run = scene.run_in(&place, "schedule", "{}", &["--pr", &number]);
    assert_eq!((run.code, scene.living().len()), (1, 1), "{run:#?}");
    scene.assert_settled(&run);
}

#[test]
fn enterprise_server_is_reached_under_its_prefixes() {
    let mut scene = Scene::new(&unsafe_file(&["dose", "rate"]));
    scene.enterprise = true;
    scene.run("opened", &[]);
    for number in 0..120 {
        scene.hub.comment_on_line(
            REPO,
            scene.number,
            "bob",
            (FILE, 3),
            &format!("remark {number}"),
        );
    }
    scene.push(&file(&[safe_copy("dose"), safe_copy("rate")]));
    let run = scene.run("synchronize", &[]);
    assert_eq!(run.number("comments-retired"), 2, "{run:#?}");
    let log = scene.hub.log();
    let api: Vec<_> = log
        .iter()
        .filter(|one| !one.path.contains(".git/"))
        .collect();
    assert!(
        api.iter().all(|one| one.enterprise),
        "a request without the prefix"
    );
    assert!(api.iter().any(|one| one.path == "/graphql"));
    assert!(api.iter().any(|one| one.query.contains("page=2")));
}

#[test]
fn a_head_that_moved_is_left_to_its_own_run() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let event = scene.event("opened");
    let place = scene.checkout();
    scene.push(&unsafe_file(&["dose", "rate"]));
    let run = scene.run_in(&place, "pull_request", &event, &[]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("newer head"), "{}", run.stderr);
    assert!(scene.hub.reviews(REPO, scene.number).is_empty());
    scene.assert_accounted(&run);
}

#[test]
fn a_sarif_log_is_written_and_its_refusal_is_soft() {
    let scene = Scene::new(&unsafe_file(&["dose"]));
    let log = scene.folder.path().join("scrubin.sarif");
    let log = log.to_str().unwrap();
    let place = scene.checkout();
    scene.hub.set_private(REPO, false);
    let event = scene.event("opened");
    let run = scene.run_in(
        &place,
        "pull_request",
        &event,
        &["--sarif", log, "--upload-sarif"],
    );
    scene.assert_settled(&run);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(
        run.stderr.contains("code scanning did not take"),
        "{}",
        run.stderr
    );
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("partialFingerprints"));
}

#[test]
fn a_sarif_log_is_uploaded_where_it_may_be() {
    use fakehub::{Access, Permission, TokenSpec};
    let mut scene = Scene::new(&unsafe_file(&["dose"]));
    let spec = TokenSpec::actions().with(Permission::SecurityEvents, Access::Write);
    scene.token = scene.hub.add_token(spec);
    scene.run("opened", &["--upload-sarif"]);
    assert_eq!(scene.hub.sarif_uploads(REPO).len(), 1);
}

/// What is not in a log counts as fixed, so that only a log of everything is handed over for a branch.
#[test]
fn a_sarif_log_of_a_branch_is_uploaded_if_it_is_whole() {
    use fakehub::{Access, Permission, TokenSpec};
    let mut scene = Scene::new("int a;\n");
    let spec = TokenSpec::actions().with(Permission::SecurityEvents, Access::Write);
    scene.token = scene.hub.add_token(spec);
    let before = scene.hub.tip(REPO, "main");
    scene
        .hub
        .commit_files(REPO, "main", &[("src/other.c", &unsafe_file(&["other"]))]);
    let place = scene.checkout_of("refs/heads/main");
    let event = scene.hub.push_event(REPO, "main", &before).to_string();
    let run = scene.run_in(&place, "push", &event, &["--upload-sarif"]);
    assert!(run.stderr.contains("not handed to code scanning"));
    assert!(scene.hub.sarif_uploads(REPO).is_empty());
    let run = scene.run_in(&place, "workflow_dispatch", "{}", &["--upload-sarif"]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(scene.hub.sarif_uploads(REPO).len(), 1, "{run:#?}");
    // Without a repository there is nobody to hand it to.
    let nameless = ["--upload-sarif", "--repo", ""];
    let run = scene.run_in(&place, "workflow_dispatch", "{}", &nameless);
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains("GITHUB_REPOSITORY"), "{run:#?}");
    assert_eq!(scene.hub.sarif_uploads(REPO).len(), 1, "{run:#?}");
    scene.hub.assert_clean();
}
