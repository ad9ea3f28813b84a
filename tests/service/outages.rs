//! GitHub, the database or the service itself is away for a while.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use fakehub::{CheckRunView, Fault, FaultKind, Outage};
use scrubin::github::Clock;
use scrubin::service::{Service, Step};
use scrubin::store::{Job, JobKind, RepositoryRow, RepositoryState};
use sqlx::{AnyConnection, Connection as _};

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, runtime, safe_copy, unsafe_copy};

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
    ("a_job_that_is_given_up_ends_its_check", given_up),
    (
        "a_job_whose_process_is_always_killed_ends_its_check",
        killed,
    ),
    ("a_pull_request_closed_meanwhile_ends_its_check", closed),
    ("a_newer_commit_ends_the_check_of_the_one_before", newer),
    ("a_chain_that_is_broken_ends_the_check", broken_chain),
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

fn row_of(scene: &Scene) -> RepositoryRow {
    RepositoryRow {
        id: i64::try_from(scene.hub.repository_id(REPO)).unwrap(),
        installation: i64::try_from(scene.installation).unwrap(),
        full_name: REPO.to_owned(),
        default_branch: "main".to_owned(),
        is_private: false,
        state: RepositoryState::Active,
    }
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
    let row = row_of(&scene);
    let id = row.id;
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

/// A service that works only where it is told to, and a pull request with a finding.
struct Steps {
    scene: Scene,
    runtime: tokio::runtime::Runtime,
    service: Arc<Service>,
    job: Job,
    count: Cell<u32>,
}

impl Steps {
    fn new(database: &Database, more: &str) -> Self {
        let mut scene = Scene::new(database);
        more.clone_into(&mut scene.more);
        let runtime = runtime();
        let made = Service::new(scene.settings(), Clock::real());
        let service = runtime.block_on(made).unwrap();
        let row = row_of(&scene);
        let noted = service.store.note_repository(&row, service.now());
        runtime.block_on(noted).unwrap();
        let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
        let number = i64::try_from(number).unwrap();
        Self {
            job: Job::pull(row.installation, row.id, number),
            scene,
            runtime,
            service,
            count: Cell::new(0),
        }
    }

    /// Takes the job that is due, and works on it.
    fn step(&self) {
        self.count.set(self.count.get() + 1);
        let worker = format!("w{}", self.count.get());
        let step = self.service.step(&worker);
        assert_eq!(self.runtime.block_on(step).unwrap(), Step::Worked);
    }

    /// Asks for the job, and works on it.
    fn work(&self) {
        let now = self.service.now();
        let asked = self.service.store.enqueue(&self.job, "test", now);
        self.runtime.block_on(asked).unwrap();
        self.step();
    }

    /// A try that begins the check, and is refused by GitHub then.
    fn begin(&self) {
        let path = "/repos/*/*/compare/*";
        let hub = &self.scene.hub;
        hub.fault(Fault::new("GET", path, FaultKind::TokenExpired));
        self.work();
        assert_eq!(hub.faults_left(), 0);
    }

    /// The newest check of a commit, and its words.
    fn said(&self, head: &str) -> (CheckRunView, String) {
        let run = self.scene.checks(head).pop().unwrap();
        let words = format!("{}\n{}", run.output["title"], run.output["summary"]);
        (run, words)
    }

    /// Jobs that wait, and those that were given up.
    fn left(&self) -> (i64, i64) {
        let depth = self.runtime.block_on(self.service.store.depth()).unwrap();
        (depth.queued + depth.leased, depth.dead)
    }

    fn end(self) -> Scene {
        self.runtime.block_on(self.service.store.close());
        self.scene
    }
}

fn given_up(database: &Database) {
    let steps = Steps::new(database, "attempts = 1\n");
    let head = steps.scene.hub.tip(REPO, "fix");
    steps.begin();
    assert_eq!(steps.left(), (0, 1));
    let (run, words) = steps.said(&head);
    assert_eq!(run.conclusion.as_deref(), Some("failure"), "{words}");
    assert!(words.contains("given up"), "{words}");
    assert!(words.contains("Run the check again"), "{words}");
    // Asked for again, it is reviewed.
    steps.work();
    assert_eq!(steps.left(), (0, 0));
    let (run, words) = steps.said(&head);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert!(words.contains("1 finding"), "{words}");
    steps.end().hub.assert_clean();
}

fn killed(database: &Database) {
    let steps = Steps::new(database, "attempts = 2\n");
    let head = steps.scene.hub.tip(REPO, "fix");
    steps.begin();
    assert_eq!(steps.said(&head).0.status, "in_progress");
    // Six workers in a row, of which nobody heard again.
    let store = &steps.service.store;
    let past = steps.service.now() - 60_000;
    steps.runtime.block_on(async {
        store.enqueue(&steps.job, "test", past).await.unwrap();
        for number in 0..6 {
            let name = format!("killed-{number}");
            let claim = store.claim(&name, 1, 1, past + number * 10).await.unwrap();
            assert_eq!(claim.unwrap().strikes, number);
        }
    });
    steps.scene.hub.clear_log();
    steps.step();
    assert_eq!(steps.left(), (0, 1));
    let (run, words) = steps.said(&head);
    assert_eq!(run.conclusion.as_deref(), Some("failure"), "{words}");
    assert!(words.contains("never came to an end"), "{words}");
    assert!(words.contains("memory"), "{words}");
    // It was not begun once more.
    let log = steps.scene.hub.log();
    assert!(!log.iter().any(|one| one.path.contains("/compare/")));
    steps.work();
    assert!(steps.said(&head).1.contains("1 finding"));
    steps.end().hub.assert_clean();
}

fn closed(database: &Database) {
    let steps = Steps::new(database, "");
    let head = steps.scene.hub.tip(REPO, "fix");
    steps.begin();
    assert_eq!(steps.said(&head).0.status, "in_progress");
    let number = u64::try_from(steps.job.number).unwrap();
    steps.scene.hub.close(REPO, number);
    steps.work();
    assert_eq!(steps.left(), (0, 0));
    let (run, words) = steps.said(&head);
    assert_eq!(run.status, "completed");
    // Of one name GitHub counts the newest: it must not pass for others with the commit.
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert!(words.contains("was closed before"), "{words}");
    steps.end().hub.assert_clean();
}

fn newer(database: &Database) {
    let steps = Steps::new(database, "");
    let hub = &steps.scene.hub;
    let before = hub.tip(REPO, "fix");
    steps.begin();
    let head = hub.commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("b")]))]);
    steps.work();
    assert!(steps.said(&head).1.contains("1 finding"));
    let (run, words) = steps.said(&before);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert!(words.contains("A newer commit came"), "{words}");
    // The review was done and noted; only its check did not end.
    let path = "/repos/*/*/check-runs/*";
    hub.fault(Fault::new("PATCH", path, FaultKind::TokenExpired));
    let before = hub.commit_files(REPO, "fix", &[(FILE, &file(&[safe_copy("c")]))]);
    steps.work();
    assert_eq!(hub.faults_left(), 0);
    assert_eq!(steps.said(&before).0.status, "in_progress");
    hub.commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("d")]))]);
    steps.work();
    let (run, words) = steps.said(&before);
    assert_eq!(run.conclusion.as_deref(), Some("failure"));
    assert!(words.contains("A newer commit came"), "{words}");
    steps.end().hub.assert_clean();
}

fn broken_chain(database: &Database) {
    let steps = Steps::new(database, "attempts = 2\n");
    steps.work();
    let url = database.url.clone();
    steps.runtime.block_on(async {
        let mut connection = AnyConnection::connect(&url).await.unwrap();
        let broken = "UPDATE checkpoints SET line = 'nonsense'";
        sqlx::query(broken).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let hub = &steps.scene.hub;
    let head = hub.commit_files(REPO, "fix", &[(FILE, &file(&[unsafe_copy("b")]))]);
    steps.work();
    // Told with the first try, and not only with the last one.
    assert_eq!(steps.left(), (1, 0));
    let (run, words) = steps.said(&head);
    assert_eq!(run.conclusion.as_deref(), Some("failure"), "{words}");
    assert!(words.contains("chain of records"), "{words}");
    assert!(words.contains("backup"), "{words}");
    steps.end().hub.assert_clean();
}
