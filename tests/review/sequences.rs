//! Random lives of pull requests: whatever happens, every finding has exactly one living place.
//!
//! Two hundred run in this process, analysis and posting on the fake's own repository and a simulated
//! clock; twelve more through the binary, with checkouts as a workflow makes them.

use std::path::Path;
use std::time::Duration;

use fakehub::Edit;
use scrubin::change::git::Repository;
use scrubin::github::analyse::{Request, analyse};
use scrubin::github::checkout::Checkout;
use scrubin::github::event::{Addresses, RepositoryName};
use scrubin::github::plan::PlanOptions;
use scrubin::github::publish::{Publication, Published, publish};
use scrubin::github::submission::{Context, Submission};
use scrubin::github::{Client, ClientOptions, Clock, Token, block_on};
use scrubin::review::Thresholds;

use crate::scene::{FILE, REPO, Scene, file, safe_copy, unsafe_copy};

/// Steps of each life.
const STEPS: u64 = 5;

/// Reviews the newest head and posts.
fn review(scene: &Scene) -> (Submission, Published) {
    let folder = scene.hub.git_dir(REPO);
    let repository = Repository::discover(&folder).unwrap();
    let checkout = Checkout::new(&folder);
    let head = scene
        .hub
        .tip(REPO, &format!("refs/pull/{}/head", scene.number));
    let onto = scene.base();
    let base = checkout.merge_base(&onto, &head).unwrap();
    let request = Request {
        base: Some(base.clone()),
        head: head.clone(),
        settings: Some(base.clone()),
        thresholds: Thresholds::default(),
        rules: Vec::new(),
        imports: scrubin::review::Imports::default(),
        today: "2026-11-25".parse().unwrap(),
        proposes: true,
        line_hashes: false,
    };
    let analysis = analyse(&repository, &request).unwrap();
    let context = Context {
        repository: REPO.to_owned(),
        pull: Some(scene.number),
        head: head.clone(),
        ..Context::default()
    };
    let submission = Submission::new(&analysis.report, &context);
    let published = post(scene, &submission, &folder, &base, &head);
    (submission, published)
}

fn post(
    scene: &Scene,
    submission: &Submission,
    folder: &Path,
    base: &str,
    head: &str,
) -> Published {
    let addresses = Addresses {
        api: scene.hub.url(),
        graphql: scene.hub.graphql_url(),
        server: scene.hub.url(),
    };
    let options = ClientOptions {
        clock: Clock::simulated(Duration::from_secs(1_800_000_000)),
        ..ClientOptions::new(addresses, Token::new(&scene.token).unwrap())
    };
    let repository = RepositoryName::parse(REPO).unwrap();
    let published = block_on(async {
        let client = Client::new(options).unwrap();
        let publication = Publication {
            repository: &repository,
            number: scene.number,
            submission,
            anchors: Some(Checkout::new(folder).anchors(base, head).unwrap()),
            server: &scene.hub.url(),
            options: PlanOptions {
                comments: 3,
                can_write: true,
            },
            request_changes: false,
        };
        publish(&client, &publication).await
    });
    published.unwrap()
}

/// The same sequence on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// Up to six functions, each unsafe, repaired or absent, in any order.
    fn text(&mut self) -> String {
        let mut functions = Vec::new();
        for name in ["dose", "rate", "alarm", "mode", "unit", "log"] {
            let function = match self.below(3) {
                0 => unsafe_copy(name),
                1 => safe_copy(name),
                _ => continue,
            };
            let at = usize::try_from(self.below(functions.len() as u64 + 1)).unwrap();
            functions.insert(at, function);
        }
        file(&functions)
    }
}

/// One thing that happens to a pull request; its name.
fn step(scene: &Scene, path: &mut String, random: &mut Random) -> String {
    let ours: Vec<u64> = scene
        .living()
        .iter()
        .map(|(_, comment)| comment.id)
        .collect();
    let one = |random: &mut Random| {
        let index = usize::try_from(random.below(ours.len().max(1) as u64)).unwrap();
        ours.get(index).copied()
    };
    match random.below(9) {
        0 | 1 => {
            scene
                .hub
                .commit_files(REPO, "fix", &[(path, &random.text())]);
            "push".to_owned()
        }
        2 => {
            let main = scene.hub.tip(REPO, "main");
            let mut edits = vec![Edit::write(path, random.text())];
            if path != FILE {
                edits.push(Edit::delete(FILE));
            }
            scene
                .hub
                .commit_on(REPO, "fix", Some(&main), "force", &edits);
            "force push".to_owned()
        }
        3 => {
            let other = format!("src/other_{}.c", random.below(1_000));
            scene
                .hub
                .commit_files(REPO, "main", &[(&other, &random.text())]);
            scene.hub.rebase(REPO, scene.number);
            "rebase".to_owned()
        }
        4 => {
            let to = format!("src/pump_{}.c", random.below(1_000_000));
            scene
                .hub
                .commit(REPO, "fix", "rename", &[Edit::rename(path, &to)]);
            *path = to;
            "rename".to_owned()
        }
        5 => {
            if let Some(id) = one(random) {
                scene.hub.reply(REPO, id, "bob", "Why?");
            }
            "reply of a person".to_owned()
        }
        6 => {
            if let Some(id) = one(random) {
                scene.hub.resolve(REPO, id, "bob");
            }
            "resolve".to_owned()
        }
        7 => {
            let base = if scene.base() == scene.hub.tip(REPO, "main") {
                "next"
            } else {
                "main"
            };
            scene.hub.change_base(REPO, scene.number, base);
            format!("base {base}")
        }
        _ => "redelivery".to_owned(),
    }
}

/// A pull request of random code, with a second branch that it may be moved to.
fn opened(seed: u64) -> (Scene, Random) {
    let mut random = Random(seed);
    let scene = Scene::new(&random.text());
    scene.hub.create_branch(REPO, "next", "main");
    scene
        .hub
        .commit_files(REPO, "next", &[("src/next.c", &random.text())]);
    (scene, random)
}

// Two hundred in all; in four tests, so that they share the cores.

#[test]
fn random_lives_1_to_50() {
    lives(1..=50);
}

#[test]
fn random_lives_51_to_100() {
    lives(51..=100);
}

#[test]
fn random_lives_101_to_150() {
    lives(101..=150);
}

#[test]
fn random_lives_151_to_200() {
    lives(151..=200);
}

fn lives(seeds: std::ops::RangeInclusive<u64>) {
    for seed in seeds {
        let (scene, mut random) = opened(seed);
        let mut path = FILE.to_owned();
        let mut history = vec!["opened".to_owned()];
        for _ in 0..STEPS {
            let (submission, published) = review(&scene);
            check(&scene, &submission, &published, seed, &history);
            history.push(step(&scene, &mut path, &mut random));
        }
        let (submission, published) = review(&scene);
        check(&scene, &submission, &published, seed, &history);
        // Delivered again: nothing is written.
        scene.hub.clear_log();
        review(&scene);
        assert_eq!(scene.writes(), [""; 0], "seed {seed}: {history:?}");
        scene.hub.assert_clean();
    }
}

#[test]
fn random_lives_of_the_binary_1_to_6() {
    lives_of_the_binary(201..=206);
}

#[test]
fn random_lives_of_the_binary_7_to_12() {
    lives_of_the_binary(207..=212);
}

fn lives_of_the_binary(seeds: std::ops::RangeInclusive<u64>) {
    const ARGUMENTS: [&str; 4] = ["--max-comments", "3", "--scope", "new"];
    for seed in seeds {
        let (scene, mut random) = opened(seed);
        let mut path = FILE.to_owned();
        let mut history = vec!["opened".to_owned()];
        for number in 0..=STEPS {
            // Settled: one living place each, none outdated, every exchange valid.
            let run = scene.run("synchronize", &ARGUMENTS);
            let told = format!("seed {seed}: {history:?}: {run:#?}");
            let carried = run.on_rung("inline") + run.on_rung("file");
            assert_eq!(scene.living().len(), carried, "{told}");
            assert_eq!(run.code, i32::from(run.number("blocking") > 0), "{told}");
            if number < STEPS {
                history.push(step(&scene, &mut path, &mut random));
            }
        }
        scene.hub.clear_log();
        scene.run("synchronize", &ARGUMENTS);
        assert_eq!(scene.writes(), [""; 0], "seed {seed}: {history:?}");
    }
}

fn check(
    scene: &Scene,
    submission: &Submission,
    published: &Published,
    seed: u64,
    history: &[String],
) {
    let told = format!("seed {seed}: {history:?}: {published:#?}");
    let mut living: Vec<String> = scene.living().into_iter().map(|(print, _)| print).collect();
    living.sort();
    let mut commented: Vec<String> = submission
        .findings
        .iter()
        .zip(&published.rungs)
        .filter(|(_, rung)| rung.is_comment())
        .map(|(item, _)| item.fingerprint.clone())
        .collect();
    commented.sort();
    assert_eq!(living, commented, "{told}");
    assert_eq!(
        living.len() + scene.rows(),
        submission.findings.len(),
        "{told}"
    );
    let is_stale = |one: &fakehub::DiffComment| one.outdated && !one.whole_file;
    assert!(
        !scene.living().iter().any(|(_, one)| is_stale(one)),
        "{told}"
    );
    assert!(published.notes.is_empty(), "{told}");
    assert!(scene.summaries().len() <= 1, "{told}");
}
