//! One commit in several pull requests and merge groups, and what its check says then.

use std::time::Duration;

use fakehub::{CheckRunView, Fault, FaultKind, MergeGroup};
use scrubin::store::{GateState, Job, Subject};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Stage, file, runtime, safe_copy, store_of, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    (
        "two_reviews_of_one_commit_at_once_where_one_is_slow",
        |database| at_once(database, "main"),
    ),
    (
        "two_reviews_of_one_commit_at_once_where_the_other_is_slow",
        |database| at_once(database, "lab"),
    ),
    ("a_repair_frees_the_other_with_the_commit", freed),
    ("a_check_cut_off_by_a_close_frees_the_other", cut_off),
    ("a_group_with_the_commit_of_a_pull_request", group),
    ("a_group_dissolved_under_review_leaves_no_gate", dissolved),
    ("a_group_merged_before_its_review_is_reviewed", merged),
    (
        "two_that_leave_a_commit_do_not_wait_for_each_other",
        leaving,
    ),
    ("the_last_run_of_the_job_explains", explained),
];

/// Two branches to merge into: on `lab` nothing closes a gate.
fn with_lab(stage: &Stage) {
    let hub = &stage.scene.hub;
    hub.create_branch(REPO, "lab", "main");
    let never = "[check]\nfail-on = \"never\"\n";
    hub.commit_files(REPO, "lab", &[("scrubin.toml", never)]);
}

fn newest(stage: &Stage, branch: &str) -> CheckRunView {
    let head = stage.scene.hub.tip(REPO, branch);
    stage.scene.checks(&head).pop().unwrap()
}

/// The same commit in a pull request that fails and in one that passes, both under review at the same time.
fn at_once(database: &Database, slow: &str) {
    let stage = Stage::with(database, "workers = 2\nper-installation = 2\n");
    let hub = &stage.scene.hub;
    with_lab(&stage);
    hub.create_branch(REPO, "fix", "main");
    hub.commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    hub.create_branch(REPO, "again", "fix");
    let body = FaultKind::SlowBody {
        pieces: 4,
        pause: Duration::from_millis(500),
    };
    let path = format!("/repos/*/*/compare/{slow}...*");
    hub.fault(Fault::new("GET", &path, body));
    hub.set_delivery_mode(fakehub::DeliveryMode::Hold);
    let one = hub.open_pull(REPO, "fix", "main");
    let other = hub.open_pull(REPO, "again", "lab");
    hub.release_deliveries();
    stage.settle();
    assert_eq!(hub.faults_left(), 0);
    let runs = stage.scene.checks(&hub.tip(REPO, "fix"));
    assert!(runs.len() >= 2, "each has its own: {runs:#?}");
    assert_eq!(
        runs.last().unwrap().conclusion.as_deref(),
        Some("failure"),
        "{slow} slow: {runs:#?}"
    );
    assert!(runs.iter().all(|run| run.status == "completed"));
    // Not for a moment did the check let the commit pass.
    let passed = hub
        .log()
        .into_iter()
        .filter(|one| one.path.contains("/check-runs") && one.is_mutation())
        .any(|one| one.body.contains("\"success\""));
    assert!(!passed, "{slow} slow: the gate was open for a while");
    stage.scene.assert_sound(one);
    stage.scene.assert_sound(other);
    stage.end();
}

fn freed(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    with_lab(&stage);
    stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    // One after the other, so that the second one says what it found beside it.
    stage.settle();
    hub.create_branch(REPO, "again", "fix");
    let other = hub.open_pull(REPO, "again", "lab");
    stage.settle();
    let run = newest(&stage, "again");
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    let title = run.output["title"].as_str().unwrap().to_owned();
    assert!(title.contains("The same commit"), "{title}");
    // The first one goes on to another commit: what is left is the second one's alone.
    hub.commit_files(REPO, "fix", &[(FILE, &file(&[safe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("success"));
    assert_eq!(stage.scene.conclusion("again").as_deref(), Some("success"));
    // A third one has the second one's commit, is closed to merges, and is closed itself.
    hub.create_branch(REPO, "third", "again");
    let third = hub.open_pull(REPO, "third", "main");
    stage.settle();
    assert_eq!(stage.scene.conclusion("again").as_deref(), Some("failure"));
    hub.close(REPO, third);
    stage.settle();
    assert_eq!(stage.scene.conclusion("again").as_deref(), Some("success"));
    stage.scene.assert_sound(other);
}

/// Both pass. The check of one is asked for again and put off with its gate noted, and its pull request is closed
/// then: its run fails as the newest of the commit, so that the other one has to be reviewed again.
fn cut_off(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    with_lab(&stage);
    let one = stage.scene.pull("fix", &[(FILE, &file(&[safe_copy("a")]))]);
    stage.settle();
    hub.create_branch(REPO, "again", "fix");
    let other = hub.open_pull(REPO, "again", "lab");
    stage.settle();
    assert_eq!(stage.scene.conclusion("again").as_deref(), Some("success"));
    let broken = FaultKind::BadGatewayBeforeStoring;
    hub.fault(Fault::new("PATCH", "/repos/*/*/check-runs/*", broken));
    let head = hub.tip(REPO, "fix");
    hub.rerequest_check_run(REPO, stage.scene.checks(&head)[0].id, "bo");
    let is_begun = |hub: &fakehub::Hub| hub.faults_left() == 0;
    assert!(hub.wait_until(Duration::from_secs(60), is_begun));
    hub.close(REPO, one);
    stage.settle();
    let runs = stage.scene.checks(&head);
    assert!(
        runs.iter().all(|run| run.status == "completed"),
        "{runs:#?}"
    );
    assert_eq!(stage.scene.conclusion("again").as_deref(), Some("success"));
    stage.scene.assert_sound(other);
}

fn group(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    with_lab(&stage);
    let installation = i64::try_from(stage.scene.installation).unwrap();
    let id = i64::try_from(hub.repository_id(REPO)).unwrap();
    let queue = |head: &str, base: &str| {
        let job = Job::group(installation, id, head.to_owned(), base.to_owned());
        stage
            .wait(
                stage
                    .service
                    .store
                    .enqueue(&job, "test", stage.service.now()),
            )
            .unwrap();
        stage.settle();
    };
    // The pull request fails; a group of the same commit, which goes onto `lab`, does not.
    let one = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let (head, lab) = (hub.tip(REPO, "fix"), hub.tip(REPO, "lab"));
    queue(&head, &lab);
    assert_eq!(newest(&stage, "fix").conclusion.as_deref(), Some("failure"));
    // The pull request passes; the group does not.
    hub.create_branch(REPO, "other", "main");
    hub.commit_files(REPO, "other", &[(FILE, &file(&[unsafe_copy("b")]))]);
    let other = hub.open_pull(REPO, "other", "lab");
    stage.settle();
    assert_eq!(stage.scene.conclusion("other").as_deref(), Some("success"));
    let (head, main) = (hub.tip(REPO, "other"), hub.tip(REPO, "main"));
    queue(&head, &main);
    assert_eq!(stage.scene.conclusion("other").as_deref(), Some("failure"));
    let before = newest(&stage, "other").id;
    // A push of the title's kind: the pull request is reviewed again, and does not open the group's gate.
    hub.rerequest_check_run(REPO, stage.scene.checks(&head)[0].id, "bo");
    stage.settle();
    let run = newest(&stage, "other");
    assert!(run.id > before);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    // The queue dissolves the group.
    let dissolved = MergeGroup {
        head_sha: head,
        base_sha: main,
        head_ref: "refs/heads/gh-readonly-queue/main/pr-9".to_owned(),
        base_ref: "refs/heads/main".to_owned(),
    };
    hub.create_branch(REPO, "gh-readonly-queue/main/pr-9", "other");
    hub.destroy_merge_group(REPO, &dissolved, "dequeued");
    stage.settle();
    assert_eq!(stage.scene.conclusion("other").as_deref(), Some("success"));
    stage.scene.assert_sound(one);
    stage.scene.assert_sound(other);
}

/// The group has the commit of a pull request, and is dissolved while it is reviewed: what its review says then
/// closes nothing.
fn dissolved(database: &Database) {
    let stage = Stage::with(database, "workers = 2\nper-installation = 2\n");
    let hub = &stage.scene.hub;
    with_lab(&stage);
    hub.create_branch(REPO, "fix", "main");
    hub.commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let number = hub.open_pull(REPO, "fix", "lab");
    stage.settle();
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("success"));
    let (head, main) = (hub.tip(REPO, "fix"), hub.tip(REPO, "main"));
    let group = MergeGroup {
        head_sha: head.clone(),
        base_sha: main.clone(),
        head_ref: "refs/heads/gh-readonly-queue/main/pr-9".to_owned(),
        base_ref: "refs/heads/main".to_owned(),
    };
    hub.create_branch(REPO, "gh-readonly-queue/main/pr-9", "fix");
    let slow = FaultKind::SlowBody {
        pieces: 4,
        pause: Duration::from_millis(500),
    };
    hub.fault(Fault::new("POST", "/repos/*/*/check-runs", slow));
    let installation = i64::try_from(stage.scene.installation).unwrap();
    let id = i64::try_from(hub.repository_id(REPO)).unwrap();
    let job = Job::group(installation, id, head.clone(), main);
    let (store, now) = (&stage.service.store, stage.service.now());
    stage.wait(store.enqueue(&job, "test", now)).unwrap();
    let is_begun = |hub: &fakehub::Hub| hub.faults_left() == 0;
    assert!(hub.wait_until(Duration::from_secs(60), is_begun));
    hub.destroy_merge_group(REPO, &group, "dequeued");
    stage.settle();
    let runs = stage.scene.checks(&head);
    assert!(
        runs.iter().all(|run| run.status == "completed"),
        "{runs:#?}"
    );
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("success"));
    let nobody = Subject {
        installation,
        repository: id,
        name: "pull:0".to_owned(),
        number: 0,
    };
    let said = stage.wait(store.beside(&nobody, &head)).unwrap();
    assert!(said.iter().all(|one| one.number > 0), "{said:#?}");
    // One that waits for its next try, with a check that was begun.
    hub.create_branch(REPO, "gh-readonly-queue/main/pr-9", "fix");
    let path = "/repos/*/*/check-runs/*";
    let broken = FaultKind::BadGatewayBeforeStoring;
    hub.fault(Fault::new("PATCH", path, broken));
    let now = stage.service.now();
    stage.wait(store.enqueue(&job, "test", now)).unwrap();
    assert!(hub.wait_until(Duration::from_secs(60), is_begun));
    hub.destroy_merge_group(REPO, &group, "dequeued");
    stage.settle();
    let runs = stage.scene.checks(&head);
    assert!(
        runs.iter().all(|run| run.status == "completed"),
        "{runs:#?}"
    );
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("success"));
    stage.scene.assert_sound(number);
}

/// A group whose check is not required is merged while its job waits for the next try.
fn merged(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    let number = stage.scene.pull("fix", &[(FILE, &file(&[safe_copy("a")]))]);
    stage.settle();
    let broken = FaultKind::BadGatewayBeforeStoring;
    hub.fault(Fault::new("PATCH", "/repos/*/*/check-runs/*", broken));
    let group = hub.merge_group(REPO, number);
    let is_begun = |hub: &fakehub::Hub| hub.faults_left() == 0;
    assert!(hub.wait_until(Duration::from_secs(60), is_begun));
    // The queue removes its own branch; the commit stays where it was merged to.
    hub.force_push(REPO, "landed", &group.head_sha);
    hub.destroy_merge_group(REPO, &group, "merged");
    stage.settle();
    let runs = stage.scene.checks(&group.head_sha);
    assert!(
        runs.iter().all(|run| run.status == "completed"),
        "{runs:#?}"
    );
    let last = runs.last().unwrap();
    assert_eq!(last.conclusion.as_deref(), Some("success"), "{last:#?}");
    let nobody = Subject {
        installation: i64::try_from(stage.scene.installation).unwrap(),
        repository: i64::try_from(hub.repository_id(REPO)).unwrap(),
        name: "pull:0".to_owned(),
        number: 0,
    };
    let store = &stage.service.store;
    let said = stage.wait(store.beside(&nobody, &group.head_sha)).unwrap();
    assert_eq!(said, [], "a group that is no more says nothing");
    stage.scene.assert_sound(number);
}

/// Two jobs that free each other's pull request at the same moment.
fn leaving(database: &Database) {
    let runtime = runtime();
    let store = store_of(&runtime, &database.url);
    runtime.block_on(async {
        let mut both = Vec::new();
        for number in [3, 4] {
            let job = Job::pull(1, 9, number);
            store.enqueue(&job, "test", 0).await.unwrap();
            let name = format!("w{number}");
            let claim = store.claim(&name, 2, 1_000_000, 1).await.unwrap().unwrap();
            let subject = Subject {
                installation: 1,
                repository: 9,
                name: format!("pull:{number}"),
                number,
            };
            both.push((store.under(&claim.lease), subject));
        }
        let (closed, (one, three), (other, four)) = (GateState::Closed, &both[0], &both[1]);
        for round in 0..20_i64 {
            let shared = format!("shared{round}");
            one.set_gate(three, &shared, closed, round).await.unwrap();
            other.set_gate(four, &shared, closed, round).await.unwrap();
            let (here, there) = (format!("three{round}"), format!("four{round}"));
            let (first, second) = tokio::join!(
                one.set_gate(three, &here, closed, round),
                other.set_gate(four, &there, closed, round)
            );
            first.unwrap();
            second.unwrap();
        }
        store.close().await;
    });
}

fn explained(database: &Database) {
    let stage = Stage::new(database);
    let hub = &stage.scene.hub;
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    let asked = newest(&stage, "fix");
    // The first try is cut off before the run has ended: the question is still open then.
    let path = "/repos/*/*/check-runs/*";
    hub.fault(Fault::new(
        "PATCH",
        path,
        FaultKind::BadGatewayBeforeStoring,
    ));
    hub.request_action(REPO, asked.id, "explain", "bo");
    stage.settle();
    assert_eq!(hub.faults_left(), 0);
    let run = newest(&stage, "fix");
    assert!(run.id > asked.id, "the job made no run of its own");
    let text = run.output["text"].as_str().unwrap_or_default();
    assert!(text.contains("C-LEN-014"), "{:#}", run.output);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert_eq!(run.annotations.len(), 1);
    let title = run.output["title"].as_str().unwrap_or_default();
    assert!(title.starts_with("1 finding"), "{title}");
    // The next review says no more of it.
    hub.rerequest_check_run(REPO, run.id, "bo");
    stage.settle();
    let next = newest(&stage, "fix");
    assert!(next.id > run.id);
    assert!(next.output["text"].is_null(), "{:#}", next.output);
    stage.scene.assert_sound(number);
}
