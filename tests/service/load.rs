//! Pull requests under load, and the book of what has to come of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use fakehub::{Fault, FaultKind};
use scrubin::store::JobKind;

use crate::process::Process;
use crate::stage::{FILE, REPO, Scene, file, runtime, safe_copy, store_of, unsafe_copy};

/// Pseudo-random numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    /// Up to so many milliseconds.
    pub(crate) fn pause(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.below(most))
    }
}

/// A commit that was the newest one of a pull request.
struct Head {
    commit: String,
    /// Functions in it that are unsafe, by name.
    unsafe_ones: Vec<String>,
}

impl Head {
    fn conclusion(&self) -> &'static str {
        match self.unsafe_ones.is_empty() {
            true => "success",
            false => "failure",
        }
    }
}

struct Pulled {
    number: u64,
    branch: String,
    /// Oldest first.
    heads: Vec<Head>,
}

/// Pull requests that are opened and pushed to, and what must come of them.
pub(crate) struct Load {
    pulls: Vec<Pulled>,
    /// How many functions were written: each has a name of its own.
    written: u64,
}

impl Load {
    pub(crate) fn new(scene: &Scene, pulls: u64) -> Self {
        let mut load = Self {
            pulls: Vec::new(),
            written: 0,
        };
        for _ in 0..pulls {
            load.open(scene);
        }
        load
    }

    /// How many were opened.
    pub(crate) fn pulls(&self) -> usize {
        self.pulls.len()
    }

    /// How many times one of them was pushed to.
    pub(crate) fn pushes(&self) -> usize {
        let all = self.pulls.iter().map(|pull| pull.heads.len() - 1);
        all.sum()
    }

    fn name(&mut self) -> String {
        self.written += 1;
        format!("f{}", self.written)
    }

    /// Opens a pull request. GitHub tells it once: nothing that comes later makes up for that event.
    pub(crate) fn open(&mut self, scene: &Scene) {
        let branch = format!("fix{}", self.pulls.len());
        let name = self.name();
        let number = scene.pull(&branch, &[(FILE, &file(&[unsafe_copy(&name)]))]);
        let head = Head {
            commit: scene.hub.tip(REPO, &branch),
            unsafe_ones: vec![name],
        };
        self.pulls.push(Pulled {
            number,
            branch,
            heads: vec![head],
        });
    }

    /// Pushes to one of the pull requests: a further unsafe function, or, each third time, all repaired.
    pub(crate) fn push(&mut self, scene: &Scene, dice: &mut Dice) {
        let chosen = usize::try_from(dice.below(self.pulls.len() as u64)).unwrap();
        let is_repair = dice.below(3) == 0;
        let name = self.name();
        let pull = &mut self.pulls[chosen];
        let before = &pull.heads.last().unwrap().unsafe_ones;
        // What was repaired stays away: it would be another finding in the place of the first.
        let mut functions: Vec<String> = before.iter().map(|one| unsafe_copy(one)).collect();
        let mut unsafe_ones = before.clone();
        match is_repair {
            true => {
                functions = vec![safe_copy(&name)];
                unsafe_ones.clear();
            }
            false => {
                functions.push(unsafe_copy(&name));
                unsafe_ones.push(name);
            }
        }
        let commit = scene
            .hub
            .commit_files(REPO, &pull.branch, &[(FILE, &file(&functions))]);
        pull.heads.push(Head {
            commit,
            unsafe_ones,
        });
    }

    /// Holds what came of it so far against what GitHub was promised: every delivery that was answered with
    /// 202 is worked off. To be called when the queue is empty and nothing else looks for what was missed,
    /// see [`alone`].
    pub(crate) fn check_promises(&self, scene: &Scene) {
        let mut promised: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        let mut accepted = 0;
        for delivery in scene.hub.deliveries_of("pull_request", "") {
            assert!(!delivery.redelivery, "somebody asked for it again");
            if !delivery.accepted() {
                continue;
            }
            accepted += 1;
            let body = delivery.json();
            let head = body["pull_request"]["head"]["sha"].as_str().unwrap();
            promised
                .entry(body["number"].as_u64().unwrap())
                .or_default()
                .push(head.to_owned());
        }
        assert!(accepted > 0, "no delivery came through");
        let runs = scene.hub.check_runs(REPO);
        for pull in &self.pulls {
            let at = |commit: &str| pull.heads.iter().position(|head| head.commit == commit);
            // One that was begun and not ended by a review promises nothing.
            let given_up = Some("The review did not come to an end");
            let completed = runs.iter().filter(|run| {
                run.status == "completed" && run.output["title"].as_str() != given_up
            });
            let mut newest = None;
            for (run, index) in completed.filter_map(|run| Some((run, at(&run.head_sha)?))) {
                newest = newest.max(Some(index));
                assert_eq!(
                    run.conclusion.as_deref(),
                    Some(pull.heads[index].conclusion()),
                    "#{}, head {index}: {run:#?}",
                    pull.number
                );
            }
            let heads = promised.get(&pull.number).into_iter().flatten();
            let owed = heads.map(|commit| at(commit).unwrap()).max();
            assert!(
                newest >= owed,
                "#{}: head {owed:?} of {} was taken and never reviewed; the newest review is of {newest:?}",
                pull.number,
                pull.heads.len()
            );
            scene.assert_sound(pull.number);
        }
    }

    /// Each promise was kept by itself; then the look is let in, and all has to be as it should.
    pub(crate) fn settle(&self, scene: &Scene, process: Process, configuration: &Path) {
        self.check_promises(scene);
        looked_after(scene);
        process.end();
        let process = Process::start(configuration);
        self.check(scene);
        process.drain();
        process.end();
        check_store(scene);
    }

    /// Waits until every newest commit has the right check; then looks for what was said twice.
    pub(crate) fn check(&self, scene: &Scene) {
        let until = Instant::now() + crate::process::PATIENCE;
        for pull in &self.pulls {
            let head = pull.heads.last().unwrap();
            let right = Some(head.conclusion());
            while scene.conclusion(&pull.branch).as_deref() != right {
                assert!(
                    Instant::now() < until,
                    "{} has no {right:?}: {:#?}",
                    pull.branch,
                    scene.checks(&head.commit)
                );
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        scene.hub.wait_idle();
        for pull in &self.pulls {
            scene.assert_sound(pull.number);
            self.check_words(scene, pull);
        }
    }

    /// Each finding of the newest commit has its one comment, none ever had two, and there is one summary at
    /// most.
    fn check_words(&self, scene: &Scene, pull: &Pulled) {
        let comments = scene.comments(pull.number);
        let of = |name: &str| {
            let wanted = format!("buf_{name}`");
            let about = comments.iter().filter(|one| one.body.contains(&wanted));
            about.count()
        };
        for name in &pull.heads.last().unwrap().unsafe_ones {
            assert_eq!(of(name), 1, "#{}: {name}: {comments:#?}", pull.number);
        }
        for name in pull.heads.iter().flat_map(|head| &head.unsafe_ones) {
            assert!(of(name) <= 1, "#{}: {name}: {comments:#?}", pull.number);
        }
        let general = scene.hub.comments(REPO, pull.number);
        assert!(general.len() <= 1, "#{}: {general:#?}", pull.number);
    }
}

/// Keeps GitHub from answering what the service asks when it looks for what it missed, so that nothing but
/// the deliveries themselves brings work.
pub(crate) fn alone(scene: &Scene) {
    for path in ["/app/hook/deliveries", "/app/installations"] {
        let away = FaultKind::Status(503, "away".to_owned());
        scene
            .hub
            .fault(Fault::new("GET", path, away).times(u32::MAX));
    }
}

/// Takes [`alone`] back.
pub(crate) fn looked_after(scene: &Scene) {
    let listings = scene.hub.log().into_iter().filter(|one| {
        one.status == 200
            && (one.path == "/app/hook/deliveries" || one.path == "/installation/repositories")
    });
    assert_eq!(listings.count(), 0, "somebody looked for what was missed");
    scene.hub.clear_faults();
}

/// Every delivery that was answered with 202 is in the database, and the chain of records holds. To be
/// called when no process uses it.
pub(crate) fn check_store(scene: &Scene) {
    let runtime = runtime();
    let store = store_of(&runtime, &scene.database);
    for delivery in scene.hub.deliveries() {
        if delivery.accepted() {
            let known = runtime.block_on(store.knows_delivery(&delivery.guid));
            assert!(known.unwrap(), "lost: {delivery:#?}");
        }
    }
    // A look at what was missed may have begun just before the end.
    let mut jobs = runtime.block_on(store.jobs(20)).unwrap();
    jobs.retain(|row| row.job.kind != JobKind::Sweep);
    assert!(jobs.is_empty(), "{jobs:#?}");
    runtime.block_on(store.close());
}

/// A command that serves as one of several: each replica has a cache of its own.
fn replica(scene: &Scene, number: usize) -> std::process::Command {
    let mut command = std::process::Command::new(crate::process::BINARY);
    let cache = scene.folder.path().join(format!("cache{number}"));
    command.env("SCRUBIN_SERVE_CACHE_FOLDER", cache);
    command
}

/// Starts it.
pub(crate) fn started(scene: &Scene, address: &str, number: usize) -> Process {
    Process::started(replica(scene, number), &scene.configuration(address))
}
