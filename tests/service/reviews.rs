//! Pull requests from event to posted review.

use fakehub::{Edit, Fault, FaultKind};
use scrubin::store::FindingState;

use crate::Test;
use crate::stage::{Database, FILE, REPO, Stage, file, safe_copy, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    (
        "an_opened_pull_request_gets_comments_check_and_record",
        opened,
    ),
    ("a_repair_turns_the_check_green", repaired),
    ("a_clean_pull_request_hears_nothing_but_its_check", clean),
    ("a_draft_is_reviewed_lightly_and_in_full_when_ready", drafts),
    ("a_merge_group_is_reviewed_on_its_own_commit", merge_group),
    ("a_rerun_is_a_review", rerun),
    ("buttons_explain_and_count", buttons),
    ("a_fork_is_reviewed_like_any_other", fork),
    ("a_closed_pull_request_is_left_alone", closed),
    ("many_annotations_come_in_batches", annotations),
    (
        "one_pull_request_does_not_open_the_gate_of_another",
        same_head,
    ),
];

fn opened(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull(
        "fix",
        &[(FILE, &file(&[unsafe_copy("a"), unsafe_copy("b")]))],
    );
    stage.settle();
    assert_eq!(scene.comments(number).len(), 2);
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    assert_eq!(run.name, "scrubin/gate");
    let store = &stage.service.store;
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let pull = i64::try_from(number).unwrap();
    let review = stage.wait(store.last_review(id, pull)).unwrap().unwrap();
    assert_eq!(
        (review.outcome.as_str(), review.reported, review.blocking),
        ("findings", 2, 2)
    );
    let findings = stage.wait(store.findings(id, pull)).unwrap();
    assert!(
        findings
            .iter()
            .all(|one| one.state == FindingState::Open && one.rule == "C-LEN-014")
    );
    // The record is one that `scrubin record verify` takes.
    let log = stage.wait(store.log_of(id)).unwrap();
    assert_eq!(log.lines().count(), 2, "{log}");
    let runs = stage.wait(store.runs_since(id, 0)).unwrap();
    assert_eq!(runs.len(), 1);
    scene.assert_sound(number);
    // No token in an address, and none in the cache's configuration.
    for exchange in scene.hub.log() {
        assert!(!exchange.path.contains("ghs_"), "{}", exchange.path);
    }
    let config = scene.folder.path().join(format!("cache/{id}.git/config"));
    assert!(!std::fs::read_to_string(config).unwrap().contains("ghs_"));
}

fn repaired(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull(
        "fix",
        &[(FILE, &file(&[unsafe_copy("a"), unsafe_copy("b")]))],
    );
    stage.settle();
    scene.hub.commit_files(
        REPO,
        "fix",
        &[(FILE, &file(&[safe_copy("a"), unsafe_copy("b")]))],
    );
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.hub.commit_files(
        REPO,
        "fix",
        &[(FILE, &file(&[safe_copy("a"), safe_copy("b")]))],
    );
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("success"));
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let findings = stage
        .wait(
            stage
                .service
                .store
                .findings(id, i64::try_from(number).unwrap()),
        )
        .unwrap();
    assert!(
        findings.iter().all(|one| one.state == FindingState::Fixed),
        "{findings:#?}"
    );
    let rules = stage.wait(stage.service.store.rule_precision(id)).unwrap();
    assert_eq!((rules[0].rule.as_str(), rules[0].adopted), ("C-LEN-014", 2));
    scene.assert_sound(number);
}

fn clean(database: &Database) {
    let stage = Stage::new(database);
    let number = stage.scene.pull("fix", &[(FILE, &file(&[safe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("success"));
    assert!(stage.scene.comments(number).is_empty());
    assert!(stage.scene.hub.comments(REPO, number).is_empty());
}

fn drafts(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    scene.hub.create_branch(REPO, "fix", "main");
    scene
        .hub
        .commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    scene.hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    scene.hub.set_draft(REPO, number, true);
    scene.hub.release_deliveries();
    stage.settle();
    assert!(scene.comments(number).is_empty());
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.hub.set_draft(REPO, number, false);
    stage.settle();
    assert_eq!(scene.comments(number).len(), 1);
    scene.assert_sound(number);
}

fn merge_group(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let said = scene.comments(number);
    let group = scene.hub.merge_group(REPO, number);
    stage.settle();
    let run = scene.checks(&group.head_sha).pop().unwrap();
    assert_eq!(
        (run.name.as_str(), run.conclusion.as_deref()),
        ("scrubin/gate", Some("failure"))
    );
    assert_eq!(scene.comments(number), said, "a group has no comments");
    // One in which nothing is wrong.
    let number = scene.pull("good", &[("src/valve.c", &file(&[safe_copy("b")]))]);
    stage.settle();
    let group = scene.hub.merge_group(REPO, number);
    stage.settle();
    let run = scene.checks(&group.head_sha).pop().unwrap();
    assert_eq!(run.conclusion.as_deref(), Some("success"));
    scene.hub.assert_clean();
}

fn rerun(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let head = scene.hub.tip(REPO, "fix");
    let first = scene.checks(&head).pop().unwrap();
    scene.hub.rerequest_check_run(REPO, first.id, "bo");
    stage.settle();
    let second = scene.checks(&head).pop().unwrap();
    assert_eq!(second.conclusion.as_deref(), Some("failure"));
    assert!(
        second.id > first.id,
        "the run that was asked for again is the same one"
    );
    assert_eq!(scene.comments(number).len(), 1);
    scene
        .hub
        .rerequest_check_suite(REPO, "scrubin", &head, "bo");
    stage.settle();
    scene.assert_sound(number);
}

fn buttons(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    scene.hub.request_action(REPO, run.id, "not-useful", "bo");
    stage.settle();
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let rules = stage.wait(stage.service.store.rule_precision(id)).unwrap();
    assert_eq!((rules[0].disputed, rules[0].open), (1, 0));
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    scene.hub.request_action(REPO, run.id, "explain", "bo");
    stage.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    let text = run.output["text"].as_str().unwrap_or_default();
    assert!(
        text.contains("C-LEN-014"),
        "nothing was explained: {run:#?}"
    );
    scene.assert_sound(number);
}

fn fork(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    scene.hub.add_fork(REPO, "eve/pump");
    scene.hub.create_branch("eve/pump", "fix", "main");
    let push = |text: &str| {
        scene.hub.commit_files("eve/pump", "fix", &[(FILE, text)]);
        scene.hub.tip("eve/pump", "fix")
    };
    let conclusion = |head: &str| scene.checks(head).pop().and_then(|run| run.conclusion);
    let head = push(&file(&[unsafe_copy("a")]));
    let number = scene.hub.open_pull_from(REPO, "eve/pump", "fix", "main");
    stage.settle();
    let comments = scene.comments(number);
    assert_eq!(comments.len(), 1);
    assert!(
        comments[0].body.contains("C-LEN-014") && comments[0].line == Some(6),
        "{comments:#?}"
    );
    assert_eq!(conclusion(&head).as_deref(), Some("failure"));
    // Its settings are those of the repository it asks to be taken into.
    let lax = [
        ("scrubin.toml", "[check]\nfail-on = \"never\"\n"),
        (FILE, &file(&[unsafe_copy("a"), unsafe_copy("b")])),
    ];
    scene.hub.commit_files("eve/pump", "fix", &lax);
    let head = scene.hub.tip("eve/pump", "fix");
    stage.settle();
    assert_eq!(scene.comments(number).len(), 2);
    assert_eq!(conclusion(&head).as_deref(), Some("failure"));
    let head = push(&file(&[safe_copy("a"), safe_copy("b")]));
    stage.settle();
    assert_eq!(conclusion(&head).as_deref(), Some("success"));
    // The fork, where we are nobody, is neither asked nor fetched from.
    for exchange in scene.hub.log() {
        assert!(!exchange.path.contains("eve/pump"), "{exchange:#?}");
    }
    assert!(scene.hub.check_runs("eve/pump").is_empty());
    scene.assert_sound(number);
}

fn closed(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    scene.hub.close(REPO, number);
    stage.settle();
    let (said, runs) = (scene.comments(number), scene.hub.check_runs(REPO));
    scene
        .hub
        .commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("b")]))]);
    let opened = scene.hub.deliveries_of("pull_request", "opened");
    assert!(scene.hub.deliver_again(opened[0].id).accepted());
    stage.settle();
    assert_eq!(scene.comments(number), said, "it was spoken to");
    assert_eq!(scene.hub.check_runs(REPO), runs, "it was checked");
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let findings = stage
        .wait(
            stage
                .service
                .store
                .findings(id, i64::try_from(number).unwrap()),
        )
        .unwrap();
    assert_eq!(findings[0].state, FindingState::Closed);
    scene.hub.reopen(REPO, number);
    stage.settle();
    let findings = stage
        .wait(
            stage
                .service
                .store
                .findings(id, i64::try_from(number).unwrap()),
        )
        .unwrap();
    let open = findings
        .iter()
        .filter(|one| one.state == FindingState::Open);
    assert_eq!(open.count(), 1, "{findings:#?}");
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.assert_sound(number);
}

fn annotations(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    let functions: Vec<String> = (0..120)
        .map(|index| unsafe_copy(&format!("f{index}")))
        .collect();
    scene.hub.create_branch(REPO, "fix", "main");
    let text = file(&functions);
    scene
        .hub
        .commit(REPO, "fix", "many", &[Edit::write(FILE, text)]);
    let number = scene.hub.open_pull(REPO, "fix", "main");
    stage.settle();
    let run = scene.checks(&scene.hub.tip(REPO, "fix")).pop().unwrap();
    assert_eq!(run.annotations.len(), 120);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert_eq!(scene.comments(number).len(), 10);
    // Cut off between two batches: the next try makes another run, and ends the one that is half annotated.
    let broken = FaultKind::BadGatewayBeforeStoring;
    let path = "/repos/*/*/check-runs/*";
    scene.hub.fault(Fault::new("PATCH", path, broken).after(1));
    scene.hub.rerequest_check_run(REPO, run.id, "bo");
    stage.settle();
    assert_eq!(scene.hub.faults_left(), 0);
    let runs = scene.checks(&scene.hub.tip(REPO, "fix"));
    let ends: Vec<Option<&str>> = runs.iter().map(|run| run.conclusion.as_deref()).collect();
    assert_eq!(ends, [Some("failure"), Some("neutral"), Some("failure")]);
    let sizes: Vec<usize> = runs.iter().map(|run| run.annotations.len()).collect();
    assert_eq!(sizes, [120, 50, 120]);
    scene.assert_sound(number);
}

fn same_head(database: &Database) {
    let stage = Stage::new(database);
    let scene = &stage.scene;
    // A branch on which nothing blocks.
    scene.hub.create_branch(REPO, "lab", "main");
    scene.hub.commit_files(
        REPO,
        "lab",
        &[("scrubin.toml", "[check]\nfail-on = \"never\"\n")],
    );
    scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
    scene.hub.create_branch(REPO, "again", "fix");
    let other = scene.hub.open_pull(REPO, "again", "lab");
    stage.settle();
    assert_eq!(scene.comments(other).len(), 1);
    assert_eq!(
        scene.conclusion("fix").as_deref(),
        Some("failure"),
        "another pull request opened the gate"
    );
}
