//! Processes that are killed, frozen, or meet another one.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fakehub::WebhookTarget;
use scrubin::github::Clock;
use scrubin::service::{Service, Step};
use scrubin::store::{Job, JobKind, JobState, Store};

use crate::postgres::{Cluster, signal};
use crate::stage::{Database, FILE, REPO, SECRET, Scene, file, runtime, unsafe_copy};
use crate::{Test, soak};

pub(crate) const TESTS: &[Test] = &[
    ("killed_at_any_moment_nothing_is_lost_or_said_twice", killed),
    ("a_job_that_ends_every_process_is_given_up", poison),
];

/// A test with a server for databases.
type ReplicaTest = (&'static str, fn(&Cluster));

/// Tests of several replicas.
pub(crate) const REPLICAS: &[ReplicaTest] = &[
    ("two_and_three_replicas_one_frozen", frozen),
    ("the_database_restarts_in_mid_load", database_restarts),
    ("a_copy_of_the_database_serves", copied),
];

/// Tests of SQLite's own troubles.
pub(crate) const SQLITE: &[(&str, fn())] = &[
    ("a_full_disk_refuses_and_recovers", full_disk),
    ("a_locked_file_refuses_and_recovers", locked),
    ("a_second_process_is_refused", second_process),
    ("a_backup_serves", backup),
];

/// The binary, serving.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    fn start(configuration: &PathBuf) -> Self {
        Self::started(Command::new(env!("CARGO_BIN_EXE_scrubin")), configuration)
    }

    pub(crate) fn started(mut command: Command, configuration: &PathBuf) -> Self {
        command
            .args(["serve", "--config"])
            .arg(configuration)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "it did not start");
            if line.starts_with("scrubin: listening at ") {
                break;
            }
        }
        // Read on: a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self { child }
    }

    fn kill(mut self) {
        signal(self.child.id(), "KILL");
        self.child.wait().unwrap();
    }

    pub(crate) fn end(mut self) {
        signal(self.child.id(), "TERM");
        assert!(self.child.wait().unwrap().success(), "it did not end well");
    }
}

/// An address that is free now, so that a process that is started again has the same one.
pub(crate) fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Pseudo-random numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Pull requests that are pushed to, and what must come of them.
struct Load {
    numbers: Vec<u64>,
    pushes: u64,
}

impl Load {
    fn new(scene: &Scene, pulls: u64) -> Self {
        let numbers = (0..pulls)
            .map(|index| {
                scene.pull(
                    &format!("fix{index}"),
                    &[(FILE, &file(&[unsafe_copy(&format!("a{index}"))]))],
                )
            })
            .collect();
        Self { numbers, pushes: 0 }
    }

    fn push(&mut self, scene: &Scene, dice: &mut Dice) {
        self.pushes += 1;
        let branch = format!("fix{}", dice.below(self.numbers.len() as u64));
        let functions = [unsafe_copy("a"), unsafe_copy(&format!("p{}", self.pushes))];
        scene
            .hub
            .commit_files(REPO, &branch, &[(FILE, &file(&functions))]);
    }

    /// Waits until every newest commit has its check; then looks for what was said twice.
    fn check(&self, scene: &Scene) {
        let until = Instant::now() + Duration::from_secs(120);
        for (index, number) in self.numbers.iter().enumerate() {
            let branch = format!("fix{index}");
            while scene.conclusion(&branch).as_deref() != Some("failure") {
                assert!(
                    Instant::now() < until,
                    "{branch} has no check: {:#?}",
                    scene.checks(&scene.hub.tip(REPO, &branch))
                );
                std::thread::sleep(Duration::from_millis(100));
            }
            scene.assert_sound(*number);
            let open = scene
                .comments(*number)
                .iter()
                .filter(|one| one.body.contains("buf_"))
                .count();
            let runs = scene.checks(&scene.hub.tip(REPO, &branch));
            assert!(open >= 1, "{branch} has no comment: {runs:#?}");
        }
    }
}

fn hook(scene: &Scene, address: &str) {
    scene.hub.set_webhook(WebhookTarget::new(
        &format!("http://{address}/webhook"),
        SECRET,
    ));
}

fn killed(database: &Database) {
    let scene = Scene::new(database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    hook(&scene, &address);
    let mut process = Process::start(&configuration);
    let mut load = Load::new(&scene, 4);
    let mut dice = Dice(7);
    let rounds = if soak() { 100 } else { 10 };
    for _ in 0..rounds {
        for _ in 0..=dice.below(3) {
            load.push(&scene, &mut dice);
        }
        std::thread::sleep(Duration::from_millis(dice.below(900)));
        process.kill();
        process = Process::start(&configuration);
    }
    load.check(&scene);
    process.end();
}

fn frozen(cluster: &Cluster) {
    for replicas in [2, 3] {
        let database = Database::postgres(cluster);
        let mut scene = Scene::new(&database);
        scene.more = "workers = 2\n".to_owned();
        let first = free_address();
        let mut processes = vec![Process::start(&scene.configuration(&first))];
        for _ in 1..replicas {
            processes.push(Process::start(&scene.configuration(&free_address())));
        }
        hook(&scene, &first);
        let mut load = Load::new(&scene, 4);
        let mut dice = Dice(replicas as u64);
        let rounds = if soak() { 20 } else { 3 };
        for round in 0..rounds {
            for _ in 0..4 {
                load.push(&scene, &mut dice);
            }
            std::thread::sleep(Duration::from_millis(dice.below(400)));
            // Never the one that GitHub speaks to: that is an outage, not a frozen worker.
            let victim = &processes[1 + round % (replicas - 1)];
            signal(victim.child.id(), "STOP");
            // Longer than a lease (4 s).
            std::thread::sleep(Duration::from_millis(4_500));
            signal(victim.child.id(), "CONT");
        }
        load.check(&scene);
        for process in processes {
            process.end();
        }
    }
}

fn database_restarts(cluster: &Cluster) {
    // A server of its own: others run tests on the shared one.
    let own = Cluster::start().unwrap();
    let _ = cluster;
    let database = Database::postgres(&own);
    let scene = Scene::new(&database);
    let address = free_address();
    let process = Process::start(&scene.configuration(&address));
    hook(&scene, &address);
    let mut load = Load::new(&scene, 3);
    let mut dice = Dice(3);
    let rounds = if soak() { 20 } else { 3 };
    for _ in 0..rounds {
        load.push(&scene, &mut dice);
        std::thread::sleep(Duration::from_millis(dice.below(300)));
        own.restart(Duration::from_millis(dice.below(800)));
        load.push(&scene, &mut dice);
    }
    scene.hub.wait_idle();
    // What was refused with 503 meanwhile is found by the next look.
    process.end();
    let process = Process::start(&scene.configuration(&address));
    load.check(&scene);
    process.end();
}

fn copied(cluster: &Cluster) {
    let database = Database::postgres(cluster);
    let mut scene = Scene::new(&database);
    let address = free_address();
    let process = Process::start(&scene.configuration(&address));
    hook(&scene, &address);
    let mut load = Load::new(&scene, 2);
    load.check(&scene);
    process.end();
    scene.database = cluster.copy(&database.url);
    let process = Process::start(&scene.configuration(&address));
    load.push(&scene, &mut Dice(1));
    load.check(&scene);
    process.end();
}

/// Runs the service with a limit on the size of its files, as a full disk has it.
fn full_disk() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    // The schema first; then no file may grow beyond what the journal has.
    Process::start(&configuration).end();
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f 600; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_scrubin"),
    ]);
    let process = Process::started(command, &configuration);
    hook(&scene, &address);
    let mut load = Load::new(&scene, 3);
    let mut dice = Dice(5);
    for _ in 0..60 {
        load.push(&scene, &mut dice);
    }
    scene.hub.wait_idle();
    let refused = scene
        .hub
        .deliveries()
        .iter()
        .filter(|one| one.status() == Some(503))
        .count();
    assert!(refused > 0, "a full disk took everything");
    process.kill();
    // Room again.
    let process = Process::start(&configuration);
    load.check(&scene);
    process.end();
}

fn locked() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    let process = Process::start(&configuration);
    hook(&scene, &address);
    let load = Load::new(&scene, 1);
    load.check(&scene);
    let path = database.url.strip_prefix("sqlite:").unwrap();
    let script = "import sqlite3,sys,time\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\nprint('held',flush=True)\ntime.sleep(8)\nc.execute('ROLLBACK')\n";
    let mut holder = Command::new("python3")
        .args(["-c", script, path])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let mut load = load;
    load.push(&scene, &mut Dice(2));
    scene.hub.wait_idle();
    let last = scene
        .hub
        .deliveries_of("pull_request", "synchronize")
        .pop()
        .unwrap();
    assert_eq!(last.status(), Some(503), "{last:#?}");
    holder.wait().unwrap();
    // GitHub does not send it again by itself; here a person does.
    assert!(scene.hub.deliver_again(last.id).accepted());
    load.check(&scene);
    process.end();
}

fn second_process() {
    let database = Database::sqlite();
    let scene = Scene::new(&database);
    let configuration = scene.configuration(&free_address());
    let process = Process::start(&configuration);
    let other = Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .args(["serve", "--config"])
        .arg(&configuration)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(
        said.contains("in use by another process") && said.contains("PostgreSQL"),
        "{said}"
    );
    process.end();
}

fn backup() {
    let database = Database::sqlite();
    let mut scene = Scene::new(&database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    let process = Process::start(&configuration);
    hook(&scene, &address);
    let mut load = Load::new(&scene, 2);
    load.check(&scene);
    let copy = scene.folder.path().join("copy.db");
    let made = |file: &PathBuf| {
        let command = Command::new(env!("CARGO_BIN_EXE_scrubin"))
            .args(["serve", "--config"])
            .arg(&configuration)
            .arg("backup")
            .arg(file)
            .output();
        command.unwrap()
    };
    let first = made(&copy);
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    assert_eq!(
        made(&copy).status.code(),
        Some(2),
        "an older copy was overwritten"
    );
    process.end();
    scene.database = format!("sqlite:{}", copy.display());
    let process = Process::start(&scene.configuration(&address));
    load.push(&scene, &mut Dice(4));
    load.check(&scene);
    process.end();
    let runtime = runtime();
    let url = scrubin::store::Url::parse(&scene.database).unwrap();
    let store = Arc::new(runtime.block_on(Store::open(&url)).unwrap());
    let id = i64::try_from(scene.hub.repository_id(REPO)).unwrap();
    assert!(runtime.block_on(store.last_reviews(id, 10)).unwrap().len() == 2);
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
