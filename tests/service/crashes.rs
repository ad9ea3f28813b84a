//! Processes that are killed or frozen under load, and a database that goes away.

use std::time::Duration;

use fakehub::WebhookTarget;
use scrubin::github::Clock;
use scrubin::service::{Service, Step};
use scrubin::store::{Job, JobKind, JobState};

use crate::load::{Dice, Load, alone, check_store, looked_after, started};
use crate::postgres::{Cluster, signal};
use crate::process::{BINARY, Process, free_address};
use crate::stage::{Database, SECRET, Scene, runtime};
use crate::{Test, soak};

pub(crate) const TESTS: &[Test] = &[
    ("killed_at_any_moment_nothing_is_lost_or_said_twice", killed),
    ("a_job_that_ends_every_process_is_given_up", poison),
];

/// A test with a server for databases.
pub(crate) type ReplicaTest = (&'static str, fn(&Cluster));

/// Tests of several replicas.
pub(crate) const REPLICAS: &[ReplicaTest] = &[
    ("two_and_three_replicas_one_frozen", frozen),
    ("the_database_restarts_in_mid_load", database_restarts),
];

/// Lets GitHub send what happens to this address.
pub(crate) fn hook(scene: &Scene, address: &str) {
    scene.hub.set_webhook(WebhookTarget::new(
        &format!("http://{address}/webhook"),
        SECRET,
    ));
}

/// First the deliveries alone, without anybody who looks for what was missed: each that was taken is worked
/// off. Then with it: every pull request ends right.
fn killed(database: &Database) {
    let scene = Scene::new(database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    hook(&scene, &address);
    alone(&scene);
    let mut process = Process::start(&configuration);
    let mut load = Load::new(&scene, 4);
    let mut dice = Dice(7);
    let rounds = if soak() { 100 } else { 10 };
    for round in 0..rounds {
        // Told once, while the process lives, dies, or is not there.
        load.open(&scene);
        for _ in 0..=dice.below(3) {
            load.push(&scene, &mut dice);
        }
        std::thread::sleep(dice.pause(900));
        process.kill();
        if round % 4 == 3 {
            // In the midst of its start.
            let hasty = Process::spawn(std::process::Command::new(BINARY), &configuration);
            std::thread::sleep(dice.pause(300));
            hasty.kill();
        }
        process = Process::start_again(&configuration);
    }
    scene.hub.wait_idle();
    process.drain();
    load.settle(&scene, process, &configuration);
    if soak() {
        println!(
            "{rounds} kills, {} pull requests, {} pushes",
            load.pulls(),
            load.pushes()
        );
    }
}

fn frozen(cluster: &Cluster) {
    for replicas in [2, 3] {
        let database = Database::postgres(cluster);
        let mut scene = Scene::new(&database);
        // Every replica has something in hand when it freezes.
        scene.more = "workers = 2\nper-installation = 4\n".to_owned();
        let first = free_address();
        hook(&scene, &first);
        alone(&scene);
        let mut processes = vec![started(&scene, &first, 0)];
        for number in 1..replicas {
            processes.push(started(&scene, &free_address(), number));
        }
        let mut load = Load::new(&scene, 4);
        let mut dice = Dice(replicas as u64);
        let rounds = if soak() { 20 } else { 3 };
        for round in 0..rounds {
            load.open(&scene);
            for _ in 0..4 {
                load.push(&scene, &mut dice);
            }
            std::thread::sleep(dice.pause(400));
            // Never the one that GitHub speaks to: that is an outage, not a frozen worker.
            let victim = &processes[1 + round % (replicas - 1)];
            signal(victim.id(), "STOP");
            // Longer than a lease (4 s).
            std::thread::sleep(Duration::from_millis(4_500));
            signal(victim.id(), "CONT");
        }
        scene.hub.wait_idle();
        processes[0].drain();
        load.check_promises(&scene);
        looked_after(&scene);
        // Nobody missed anything: no look is needed for the right end.
        load.check(&scene);
        for process in processes {
            process.end();
        }
        check_store(&scene);
    }
}

/// Two replicas, whose database crashes and comes back; in between one of them is frozen.
fn database_restarts(cluster: &Cluster) {
    // A server of its own: others run tests on the shared one.
    let own = Cluster::start().unwrap();
    let _ = cluster;
    let database = Database::postgres(&own);
    let scene = Scene::new(&database);
    let address = free_address();
    hook(&scene, &address);
    alone(&scene);
    let first = started(&scene, &address, 0);
    let second = started(&scene, &free_address(), 1);
    let mut load = Load::new(&scene, 3);
    let mut dice = Dice(3);
    let rounds = if soak() { 20 } else { 3 };
    for round in 0..rounds {
        load.open(&scene);
        load.push(&scene, &mut dice);
        std::thread::sleep(dice.pause(300));
        let is_frozen = round % 3 == 1;
        if is_frozen {
            signal(second.id(), "STOP");
        }
        own.restart(dice.pause(800));
        load.push(&scene, &mut dice);
        if is_frozen {
            std::thread::sleep(Duration::from_millis(4_500));
            signal(second.id(), "CONT");
        }
    }
    scene.hub.wait_idle();
    first.drain();
    load.check_promises(&scene);
    looked_after(&scene);
    // What was refused with 503 meanwhile is found by the next look.
    first.end();
    let first = started(&scene, &address, 0);
    load.check(&scene);
    first.drain();
    first.end();
    second.end();
    check_store(&scene);
}

/// A job whose workers vanish each time without a word.
fn poison(database: &Database) {
    let scene = Scene::new(database);
    let runtime = runtime();
    let clock = Clock::simulated(Duration::from_secs(1_000_000));
    let service = runtime
        .block_on(Service::new(scene.settings(), clock.clone()))
        .unwrap();
    let job = Job {
        kind: JobKind::Pull,
        installation: i64::try_from(scene.installation).unwrap(),
        repository: 1,
        number: 1,
        head: String::new(),
        base: String::new(),
    };
    let store = &service.store;
    let start = service.now();
    runtime
        .block_on(store.enqueue(&job, "test", start))
        .unwrap();
    // Eight failures are allowed, three times as many losses.
    for lost in 0..24 {
        let worker = format!("lost-{lost}");
        let claim = runtime.block_on(store.claim(&worker, 1, 1_000, start + lost * 2_000));
        assert!(claim.unwrap().is_some());
    }
    runtime.block_on(clock.sleep(Duration::from_secs(60)));
    assert_eq!(
        runtime.block_on(service.step("last")).unwrap(),
        Step::Worked
    );
    let jobs = runtime.block_on(store.jobs(10)).unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].state, JobState::Dead, "{jobs:#?}");
    assert!(jobs[0].error.contains("never came to an end"), "{jobs:#?}");
}
