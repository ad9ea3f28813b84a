//! The queue by itself: coalescing, leases, fairness, giving up.

use scrubin::store::{
    Accepted, Delivery, Effect, GateState, Installation, InstallationState, Job, JobKind, JobState,
    RepositoryRow, RepositoryState, Retry, Store, Subject,
};

use crate::Test;
use crate::stage::{Database, runtime, store_of};

pub(crate) const TESTS: &[Test] = &[
    ("a_delivery_is_taken_once", a_delivery_is_taken_once),
    ("ten_pushes_are_one_job", ten_pushes_are_one_job),
    (
        "what_is_asked_for_again_while_it_runs_runs_again",
        again_while_running,
    ),
    ("a_lease_that_ran_out_is_anybodys", a_lost_lease),
    ("installations_take_turns", installations_take_turns),
    (
        "who_fails_too_often_is_dead_until_revived",
        dead_and_revived,
    ),
    ("many_workers_never_share_a_job", many_workers),
    ("a_suspended_installation_waits", suspended),
    ("what_is_old_is_deleted", retention),
];

fn job(installation: i64, number: i64) -> Job {
    Job {
        kind: JobKind::Pull,
        installation,
        repository: 9,
        number,
        head: String::new(),
        base: String::new(),
    }
}

fn delivery(id: &str) -> Delivery {
    Delivery {
        id: id.to_owned(),
        event: "pull_request".to_owned(),
        action: "synchronize".to_owned(),
        installation: Some(1),
        repository: Some(9),
        pull: Some(3),
    }
}

struct Queue {
    runtime: tokio::runtime::Runtime,
    store: Store,
}

impl Queue {
    fn new(database: &Database) -> Self {
        let runtime = runtime();
        let store = store_of(&runtime, &database.url);
        Self { runtime, store }
    }

    fn add(&self, job: &Job, now: i64) {
        self.runtime
            .block_on(self.store.enqueue(job, "test", now))
            .unwrap();
    }

    fn claim(&self, worker: &str, now: i64) -> Option<scrubin::store::Claim> {
        self.runtime
            .block_on(self.store.claim(worker, 1, 1_000, now))
            .unwrap()
    }
}

fn a_delivery_is_taken_once(database: &Database) {
    let queue = Queue::new(database);
    let effects = [Effect::Job(job(1, 3))];
    let accept = |id: &str| {
        let one = delivery(id);
        let accepted = queue.store.accept(&one, &effects, 10);
        queue.runtime.block_on(accepted).unwrap()
    };
    assert_eq!(
        [accept("a"), accept("a"), accept("b")],
        [Accepted::New, Accepted::Seen, Accepted::New]
    );
    let depth = queue.runtime.block_on(queue.store.depth()).unwrap();
    assert_eq!((depth.queued, depth.oldest_ms), (1, 10));
}

fn ten_pushes_are_one_job(database: &Database) {
    let queue = Queue::new(database);
    for now in 0..10 {
        queue.add(&job(1, 3), now);
    }
    let claim = queue.claim("w", 20).unwrap();
    assert_eq!((claim.job, claim.created_ms), (job(1, 3), 0));
    assert!(
        queue
            .runtime
            .block_on(queue.store.complete(&claim.lease, 21))
            .unwrap()
    );
    assert_eq!(queue.claim("w", 22), None);
}

fn again_while_running(database: &Database) {
    let queue = Queue::new(database);
    queue.add(&job(1, 3), 0);
    let first = queue.claim("one", 1).unwrap();
    queue.add(&job(1, 3), 2);
    assert_eq!(queue.claim("two", 3), None, "the same job at once");
    assert!(
        queue
            .runtime
            .block_on(queue.store.complete(&first.lease, 4))
            .unwrap()
    );
    let second = queue.claim("two", 5).unwrap();
    assert_eq!(second.attempts, 0);
    // Asked for again while it fails: due at once, as if new.
    queue.add(&job(1, 3), 6);
    let retry = Retry {
        due_ms: Some(9_999),
        counts: true,
        error: "no".to_owned(),
    };
    assert!(
        queue
            .runtime
            .block_on(queue.store.give_back(&second.lease, &retry, 7))
            .unwrap()
    );
    assert!(queue.claim("three", 8).is_some());
}

fn a_lost_lease(database: &Database) {
    let queue = Queue::new(database);
    queue.add(&job(1, 3), 0);
    let first = queue.claim("one", 0).unwrap();
    assert_eq!(queue.claim("two", 999), None);
    assert!(
        queue
            .runtime
            .block_on(queue.store.renew(&first.lease, 1_000, 999))
            .unwrap()
    );
    assert_eq!(queue.claim("two", 1_500), None);
    let second = queue.claim("two", 1_999).unwrap();
    // What the first does now counts for nothing.
    let store = &queue.store;
    assert!(
        !queue
            .runtime
            .block_on(store.renew(&first.lease, 1_000, 2_000))
            .unwrap()
    );
    assert!(
        !queue
            .runtime
            .block_on(store.complete(&first.lease, 2_000))
            .unwrap()
    );
    assert!(
        queue
            .runtime
            .block_on(store.complete(&second.lease, 2_001))
            .unwrap()
    );
}

fn installations_take_turns(database: &Database) {
    let queue = Queue::new(database);
    for number in 0..50 {
        queue.add(&job(1, number), number);
    }
    queue.add(&job(2, 1), 100);
    queue.add(&job(3, 1), 101);
    let mut order = Vec::new();
    for now in 200..206 {
        let claim = queue.claim("w", now).unwrap();
        order.push(claim.job.installation);
        queue
            .runtime
            .block_on(queue.store.complete(&claim.lease, now))
            .unwrap();
    }
    assert_eq!(order, [1, 2, 3, 1, 1, 1]);
    // At most one of an installation at a time.
    assert!(queue.claim("a", 300).is_some());
    assert_eq!(queue.claim("b", 300), None);
}

fn dead_and_revived(database: &Database) {
    let queue = Queue::new(database);
    queue.add(&job(1, 3), 0);
    let claim = queue.claim("w", 1).unwrap();
    let give_up = Retry {
        due_ms: None,
        counts: true,
        error: "it never works".to_owned(),
    };
    queue
        .runtime
        .block_on(queue.store.give_back(&claim.lease, &give_up, 2))
        .unwrap();
    assert_eq!(queue.claim("w", 9_999_999), None);
    let rows = queue.runtime.block_on(queue.store.jobs(10)).unwrap();
    assert_eq!(
        (rows[0].state, rows[0].error.as_str()),
        (JobState::Dead, "it never works")
    );
    let revive = |key: &str| {
        queue
            .runtime
            .block_on(queue.store.revive(Some(key), 3))
            .unwrap()
    };
    assert_eq!((revive("nothing"), revive(&rows[0].key)), (0, 1));
    assert!(queue.claim("w", 4).is_some());
}

fn many_workers(database: &Database) {
    let queue = Queue::new(database);
    for installation in 1..=4 {
        for number in 0..15 {
            queue.add(&job(installation, number), 0);
        }
    }
    let done = queue.runtime.block_on(async {
        let mut workers = Vec::new();
        for worker in 0..6 {
            let store = queue.store.clone();
            workers.push(tokio::spawn(async move {
                let mut done = Vec::new();
                for count in 0.. {
                    let name = format!("{worker}-{count}");
                    match store.claim(&name, 2, 60_000, 10).await.unwrap() {
                        Some(claim) => {
                            tokio::task::yield_now().await;
                            assert!(store.complete(&claim.lease, 11).await.unwrap());
                            done.push(claim.lease.key);
                        }
                        None if store.depth().await.unwrap().queued == 0 => break,
                        None => tokio::time::sleep(std::time::Duration::from_millis(2)).await,
                    }
                }
                done
            }));
        }
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        all
    });
    let mut keys = done.clone();
    keys.sort();
    keys.dedup();
    assert_eq!((done.len(), keys.len()), (60, 60));
}

fn suspended(database: &Database) {
    let queue = Queue::new(database);
    queue.add(&job(1, 3), 0);
    let set = |state| {
        let row = Installation {
            id: 1,
            account: "acme".to_owned(),
            state,
        };
        queue
            .runtime
            .block_on(queue.store.note_installation(&row, 1))
            .unwrap();
    };
    set(InstallationState::Suspended);
    assert_eq!(queue.claim("w", 2), None);
    set(InstallationState::Active);
    assert!(queue.claim("w", 3).is_some());
    set(InstallationState::Deleted);
    set(InstallationState::Active);
    let row = queue
        .runtime
        .block_on(queue.store.installation(1))
        .unwrap()
        .unwrap();
    assert_eq!(
        row.state,
        InstallationState::Deleted,
        "a late event brought it back"
    );
}

fn retention(database: &Database) {
    let queue = Queue::new(database);
    let store = &queue.store;
    queue
        .runtime
        .block_on(store.accept(&delivery("old"), &[], 0))
        .unwrap();
    queue
        .runtime
        .block_on(store.accept(&delivery("new"), &[], 900))
        .unwrap();
    let subject = |name: &str, number: i64| Subject {
        installation: 1,
        repository: 9,
        name: name.to_owned(),
        number,
    };
    let (group, pull) = (subject("group:ab", 0), subject("pull:3", 3));
    let repository = RepositoryRow {
        id: 9,
        installation: 1,
        full_name: "acme/pump".to_owned(),
        default_branch: "main".to_owned(),
        is_private: false,
        state: RepositoryState::Active,
    };
    queue.runtime.block_on(async {
        store.note_repository(&repository, 0).await.unwrap();
        let gates = [
            (group, "h", GateState::Closed, 0),
            (pull, "h", GateState::Open, 900),
        ];
        for (subject, head, state, now) in gates {
            store.set_gate(&subject, head, state, now).await.unwrap();
        }
    });
    let retention = scrubin::store::Retention {
        deliveries: 500,
        reviews: 500,
    };
    let swept = queue
        .runtime
        .block_on(store.sweep(retention, 1_000))
        .unwrap();
    assert_eq!((swept.deliveries, swept.gates), (1, 1));
    // Whom the group's gate kept closed is looked at again.
    let jobs = queue.runtime.block_on(store.jobs(9)).unwrap();
    let keys: Vec<&str> = jobs.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["1/9/pull/3"]);
    assert!(queue.runtime.block_on(store.knows_delivery("new")).unwrap());
}
