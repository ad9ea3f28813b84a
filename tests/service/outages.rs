//! GitHub, the database or the service itself is away for a while.

use std::time::Duration;

use fakehub::{Fault, FaultKind, Outage};
use scrubin::github::Clock;
use scrubin::service::{Service, Step};
use scrubin::store::{Job, JobKind};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, runtime, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("what_was_missed_is_asked_for_again", missed),
    ("an_hour_without_github_drains", an_hour_without_github),
    ("rate_limits_are_honoured", rate_limits),
    (
        "answers_that_never_came_are_not_written_twice",
        unknown_outcomes,
    ),
    ("an_expired_token_is_made_anew", expired_token),
    ("the_end_waits_for_what_is_under_way", drained),
    ("a_slow_github_is_waited_for", slow),
];

fn missed(database: &Database) {
    let stage = Stage::new(database);
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    stage.scene.hub.set_role(REPO, "bo", "write");
    let scene = stage.end();
    // The service is away: a question and a push go unheard, a minute ago.
    let now = scene.hub.now();
    scene.hub.set_clock(now - 45);
    let comment = scene.comments(number)[0].id;
    scene.hub.reply(REPO, comment, "bo", "scrubin explain");
    scene
        .hub
        .commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("b")]))]);
    scene.hub.wait_idle();
    scene.hub.set_clock(now);
    let stage = Stage::of(scene);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    let comments = stage.scene.comments(number);
    assert!(
        comments.iter().any(|one| one.body.contains("buf_b")),
        "{comments:#?}"
    );
    assert!(
        comments.iter().any(|one| one.body.contains("answer v1")),
        "{comments:#?}"
    );
    stage.scene.assert_sound(number);
}

/// The service on a simulated clock, driven step by step.
fn an_hour_without_github(database: &Database) {
    let scene = Scene::new(database);
    let runtime = runtime();
    let start = Duration::from_secs(u64::try_from(scene.hub.now()).unwrap());
    let clock = Clock::simulated(start);
    let settings = scene.settings();
    let service = runtime
        .block_on(Service::new(settings, clock.clone()))
        .unwrap();
    let mut numbers = Vec::new();
    for index in 0..3 {
        let branch = format!("fix{index}");
        numbers.push(scene.pull(&branch, &[(FILE, &file(&[unsafe_copy(&branch)]))]));
    }
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    let row = scrubin::store::RepositoryRow {
        id,
        installation: i64::try_from(scene.installation).unwrap(),
        full_name: REPO.to_owned(),
        default_branch: "main".to_owned(),
        is_private: false,
        state: scrubin::store::RepositoryState::Active,
    };
    runtime
        .block_on(service.store.note_repository(&row, service.now()))
        .unwrap();
    for number in &numbers {
        let job = Job {
            kind: JobKind::Pull,
            installation: row.installation,
            repository: id,
            number: i64::try_from(*number).unwrap(),
            head: String::new(),
            base: String::new(),
        };
        runtime
            .block_on(service.store.enqueue(&job, "test", service.now()))
            .unwrap();
    }
    scene.hub.set_outage(Some(Outage::Unavailable));
    let mut steps = 0;
    let step = |steps: &mut u32| {
        *steps += 1;
        assert!(*steps < 2_000, "it does not end");
        let step = runtime
            .block_on(service.step(&format!("w{steps}")))
            .unwrap();
        if let Step::Idle(Some(due)) = step {
            let wait =
                Duration::from_millis(u64::try_from(due).unwrap()).saturating_sub(clock.now());
            runtime.block_on(clock.sleep(wait + Duration::from_millis(1)));
        }
        let now = i64::try_from(clock.now().as_secs()).unwrap();
        scene.hub.set_clock(now);
        step
    };
    while clock.now() < start + Duration::from_secs(3_600) {
        assert_ne!(step(&mut steps), Step::Idle(None), "a job was lost");
    }
    let depth = runtime.block_on(service.store.depth()).unwrap();
    assert_eq!(
        (depth.queued + depth.leased, depth.dead),
        (3, 0),
        "an outage never kills a job"
    );
    assert!(steps < 400, "{steps} tries in an hour");
    scene.hub.set_outage(None);
    while step(&mut steps) != Step::Idle(None) {}
    for number in numbers {
        assert_eq!(scene.comments(number).len(), 1);
        scene.assert_sound(number);
    }
}

fn rate_limits(database: &Database) {
    let stage = Stage::new(database);
    let limited = FaultKind::SecondaryLimit {
        status: 429,
        retry_after: Some(1),
    };
    stage
        .scene
        .hub
        .fault(Fault::new("POST", "/repos/*/*/pulls/*/reviews", limited).times(2));
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
    assert_eq!(stage.scene.hub.faults_left(), 0);
    stage.scene.assert_sound(number);
}

fn unknown_outcomes(database: &Database) {
    let stage = Stage::new(database);
    for path in [
        "/repos/*/*/pulls/*/reviews",
        "/repos/*/*/issues/*/comments",
        "/repos/*/*/check-runs",
    ] {
        stage
            .scene
            .hub
            .fault(Fault::new("POST", path, FaultKind::BadGatewayAfterStoring));
    }
    let number = stage.scene.pull(
        "fix",
        &[(FILE, &file(&[unsafe_copy("a"), unsafe_copy("b")]))],
    );
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 2);
    assert_eq!(stage.scene.conclusion("fix").as_deref(), Some("failure"));
    let head = stage.scene.hub.tip(REPO, "fix");
    assert!(
        stage
            .scene
            .checks(&head)
            .iter()
            .all(|run| run.status == "completed")
    );
    stage.scene.assert_sound(number);
}

fn expired_token(database: &Database) {
    let stage = Stage::with(database, "attempts = 8\n");
    stage.scene.hub.fault(Fault::new(
        "GET",
        "/repos/*/*/pulls/*",
        FaultKind::TokenExpired,
    ));
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
}

fn drained(database: &Database) {
    let stage = Stage::new(database);
    let slow = FaultKind::SlowBody {
        pieces: 4,
        pause: Duration::from_millis(200),
    };
    stage
        .scene
        .hub
        .fault(Fault::new("GET", "/repos/*/*/pulls/*", slow));
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.scene.hub.wait_idle();
    std::thread::sleep(Duration::from_millis(100));
    let scene = stage.end();
    assert_eq!(
        scene.comments(number).len(),
        1,
        "the job under way was cut off"
    );
    assert_eq!(scene.conclusion("fix").as_deref(), Some("failure"));
}

fn slow(database: &Database) {
    let stage = Stage::new(database);
    let slow = FaultKind::SlowBody {
        pieces: 10,
        pause: Duration::from_millis(600),
    };
    // Longer than a lease: it is renewed meanwhile.
    stage
        .scene
        .hub
        .fault(Fault::new("GET", "/repos/*/*/compare/*", slow));
    let number = stage
        .scene
        .pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    stage.settle();
    assert_eq!(stage.scene.comments(number).len(), 1);
    stage.scene.assert_sound(number);
}
