//! Deliveries that GitHub could not bring, and what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use fakehub::{Fault, FaultKind, Outage};
use scrubin::github::Clock;
use scrubin::service::Service;

use crate::Test;
use crate::stage::{Database, FILE, REPO, Scene, Stage, file, safe_copy};

pub(crate) const TESTS: &[Test] = &[
    ("what_github_will_not_send_again_is_counted", refused),
    ("a_long_list_is_looked_through_in_parts", in_parts),
    ("a_look_that_fails_is_counted", failed),
    ("a_look_that_fails_keeps_its_place", kept_place),
    ("a_page_that_is_gone_is_found_from_the_start", gone_page),
    ("a_look_asks_for_no_more_than_it_may", bounded),
    ("a_quiet_app_is_not_late", quiet_app),
];

const LIST: &str = "/app/hook/deliveries";
const LEFT: &str = "deliveries-left";
const ATTEMPTS: &str = "/app/hook/deliveries/*/attempts";

/// A pull request that was reviewed, then the service is away while people write below it, a while ago.
fn away(database: &Database, comments: usize) -> (Scene, u64) {
    let stage = Stage::new(database);
    let number = stage.scene.pull("fix", &[(FILE, &file(&[safe_copy("a")]))]);
    stage.scene.hub.set_role(REPO, "bo", "write");
    stage.settle();
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    let scene = stage.end();
    let now = scene.hub.now();
    scene.hub.set_clock(now - 60);
    scene.hub.comment(REPO, number, "bo", "scrubin recheck");
    for index in 1..comments {
        scene
            .hub
            .comment(REPO, number, "bo", &format!("thought {index}"));
    }
    scene.hub.wait_idle();
    scene.hub.set_clock(now);
    (scene, number)
}

fn answers(scene: &Scene, number: u64) -> usize {
    let all = scene.hub.comments(REPO, number);
    all.iter()
        .filter(|one| one.body.contains("answer v1"))
        .count()
}

fn asked(scene: &Scene) -> usize {
    let log = scene.hub.log();
    log.iter()
        .filter(|one| one.method == "POST" && one.path.ends_with("/attempts"))
        .count()
}

fn refused(database: &Database) {
    let (scene, number) = away(database, 2);
    scene.hub.clear_log();
    // The newest comes first: one that GitHub never sends again, then one that it does not send now.
    let status = |status: u16| FaultKind::Status(status, "no".to_owned());
    scene.hub.fault(Fault::new("POST", ATTEMPTS, status(422)));
    scene.hub.fault(Fault::new(
        "POST",
        ATTEMPTS,
        FaultKind::BadGatewayBeforeStoring,
    ));
    let stage = Stage::of(scene);
    // The look of the start may come first; together they ask once for each and again for the second.
    stage.wait(stage.service.catch_up()).unwrap();
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(stage.scene.hub.faults_left(), 0);
    assert_eq!(answers(&stage.scene, number), 1);
    let before = asked(&stage.scene);
    let again = stage.wait(stage.service.catch_up()).unwrap();
    assert_eq!((again.asked, again.refused, again.later), (0, 0, 0));
    assert!(again.is_whole);
    assert_eq!(
        asked(&stage.scene),
        before,
        "what is settled is asked for again"
    );
    let store = &stage.service.store;
    let count = stage.wait(store.fact("deliveries-refused")).unwrap();
    assert_eq!(count.as_deref(), Some("1"));
    let depth = stage.wait(store.depth()).unwrap();
    let numbers = stage.service.metrics.text(Some(depth), stage.service.now());
    for line in [
        "scrubin_missed_total{outcome=\"refused\"} 1",
        "scrubin_missed_total{outcome=\"later\"} 1",
    ] {
        assert!(
            numbers.lines().any(|have| have == line),
            "{line}\n{numbers}"
        );
    }
}

/// A service that does not look by itself.
struct Quiet {
    service: Arc<Service>,
    runtime: tokio::runtime::Runtime,
}

impl Quiet {
    fn of(scene: &Scene) -> Self {
        let runtime = crate::stage::runtime();
        let made = Service::new(scene.settings(), Clock::real());
        let service = runtime.block_on(made).unwrap();
        Self { service, runtime }
    }

    /// How many deliveries a look asks for, and whether it comes to its end; `None` = it fails.
    /// No attempt that it asks for is under way at the next one: they are made half a minute ago.
    fn look(&self, scene: &Scene, pages: usize) -> Option<(u64, bool)> {
        let now = Clock::real().now().as_secs();
        scene.hub.set_clock(i64::try_from(now).unwrap() - 30);
        let look = self.runtime.block_on(self.service.ask_for_missed(pages));
        scene.hub.wait_idle();
        look.ok().map(|look| (look.asked, look.is_whole))
    }
}

fn in_parts(database: &Database) {
    let (scene, number) = away(database, 150);
    let now = scene.hub.now();
    let quiet = Quiet::of(&scene);
    assert_eq!(quiet.look(&scene, 1), Some((100, false)));
    // The oldest is the command: not reached, and not forgotten.
    assert_eq!(quiet.look(&scene, 1), Some((50, false)));
    // What is left is the list of the new attempts, of which nobody heard either.
    assert_eq!(quiet.look(&scene, 9), Some((150, true)));
    scene.hub.set_clock(now);
    quiet.runtime.block_on(quiet.service.store.close());
    drop(quiet);
    // What they brought was for an address where nobody listens: once more, to the service.
    let stage = Stage::of(scene);
    stage.wait(stage.service.catch_up()).unwrap();
    stage.settle();
    assert_eq!(answers(&stage.scene, number), 1);
}

fn failed(database: &Database) {
    let (scene, _) = away(database, 1);
    let stage = Stage::of(scene);
    stage.settle();
    stage.scene.hub.set_outage(Some(Outage::Unavailable));
    assert!(stage.wait(stage.service.catch_up()).is_err());
    stage.scene.hub.set_outage(None);
    let depth = stage.wait(stage.service.store.depth()).unwrap();
    let numbers = stage.service.metrics.text(Some(depth), stage.service.now());
    let has = |start: &str| {
        let count = numbers.lines().find_map(|line| line.strip_prefix(start));
        count.is_some_and(|count| count.trim() != "0")
    };
    assert!(has("scrubin_looks_total{outcome=\"failed\"}"), "{numbers}");
    assert!(
        has("scrubin_github_failures_total{outcome=\"retryable\"}"),
        "{numbers}"
    );
}

fn kept_place(database: &Database) {
    let (scene, _) = away(database, 150);
    let quiet = Quiet::of(&scene);
    scene.hub.clear_log();
    let expired = Fault::new("GET", LIST, FaultKind::TokenExpired);
    scene.hub.fault(expired.after(1));
    assert_eq!(quiet.look(&scene, 9), None);
    assert_eq!(scene.hub.faults_left(), 0);
    assert_eq!(asked(&scene), 100);
    // It goes on with the second page: nothing of the first one is asked for again.
    assert_eq!(quiet.look(&scene, 1), Some((50, false)));
    quiet.runtime.block_on(quiet.service.store.close());
}

fn gone_page(database: &Database) {
    let (scene, _) = away(database, 150);
    let quiet = Quiet::of(&scene);
    assert_eq!(quiet.look(&scene, 1), Some((100, false)));
    let store = &quiet.service.store;
    let left = quiet.runtime.block_on(store.fact(LEFT)).unwrap().unwrap();
    let (to, _) = left.split_once(' ').unwrap();
    let gone = format!("{to} {LIST}?per_page=100&cursor=gone");
    quiet
        .runtime
        .block_on(store.note_fact(LEFT, &gone))
        .unwrap();
    // The hundred new attempts, and the fifty that the first look did not reach.
    assert_eq!(quiet.look(&scene, 9), Some((150, true)));
    quiet.runtime.block_on(store.close());
}

fn bounded(database: &Database) {
    let (scene, _) = away(database, 350);
    let quiet = Quiet::of(&scene);
    assert_eq!(quiet.look(&scene, 9), Some((300, false)));
    assert_eq!(quiet.look(&scene, 1), Some((50, false)));
    quiet.runtime.block_on(quiet.service.store.close());
}

fn quiet_app(database: &Database) {
    let (scene, _) = away(database, 1);
    let start = Duration::from_secs(u64::try_from(scene.hub.now()).unwrap());
    let clock = Clock::simulated(start);
    let runtime = crate::stage::runtime();
    let made = Service::new(scene.settings(), clock.clone());
    let service = runtime.block_on(made).unwrap();
    let look = |days: u32| {
        let day = Duration::from_secs(24 * 60 * 60);
        runtime.block_on(clock.sleep(day * days));
        let now = i64::try_from(clock.now().as_secs()).unwrap();
        scene.hub.set_clock(now);
        runtime.block_on(service.ask_for_missed(9)).unwrap();
        scene.hub.wait_idle();
        let numbers = service.metrics.text(None, 0);
        let late = "scrubin_looks_total{outcome=\"late\"} ";
        let line = numbers.lines().find_map(|line| line.strip_prefix(late));
        line.unwrap().to_owned()
    };
    look(0);
    scene.hub.clear_deliveries();
    // Nothing is sent for a week, and somebody looks.
    for _ in 0..4 {
        assert_eq!(look(2), "0");
    }
    // Nobody looks for longer than GitHub keeps what it sent.
    assert_eq!(look(4), "1");
    assert_eq!(look(0), "1");
    runtime.block_on(service.store.close());
}
