//! The service end to end: real SQLite and PostgreSQL, real git, a fake GitHub that holds every exchange
//! against GitHub's own description. Each test runs on both databases.
//!
//! PostgreSQL is started by this test (`initdb`, `postgres`) in a temporary folder, as an unprivileged
//! user where the tests run as root. Without it those tests are ignored; in CI (`CI=true`) they fail.
//! Counts of the soak tests are small by default; `SCRUBIN_SOAK=1` takes those of the documentation.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "processes of their own are waited for, and killed at moments of every kind"
)]
#![allow(clippy::print_stdout, reason = "what was measured is told")]

#[path = "service/backup.rs"]
mod backup;
#[path = "service/burst.rs"]
mod burst;
#[path = "service/crashes.rs"]
mod crashes;
#[path = "service/decisions.rs"]
mod decisions;
#[path = "service/deploy.rs"]
mod deploy;
#[path = "service/erase.rs"]
mod erase;
#[path = "service/examples.rs"]
mod examples;
#[path = "service/fence.rs"]
mod fence;
#[path = "service/gates.rs"]
mod gates;
#[path = "service/hostile.rs"]
mod hostile;
#[path = "service/hostile_git.rs"]
mod hostile_git;
#[path = "service/house.rs"]
mod house;
#[path = "service/load.rs"]
mod load;
#[path = "service/logged.rs"]
mod logged;
#[path = "service/missed.rs"]
mod missed;
#[path = "service/objects.rs"]
mod objects;
#[path = "service/outages.rs"]
mod outages;
#[path = "service/pages.rs"]
mod pages;
#[path = "service/postgres.rs"]
mod postgres;
#[path = "service/process.rs"]
mod process;
#[path = "service/queue.rs"]
mod queue;
#[path = "service/repositories.rs"]
mod repositories;
#[path = "service/reviews.rs"]
mod reviews;
#[path = "service/sqlite.rs"]
mod sqlite;
#[path = "service/stage.rs"]
mod stage;
#[path = "service/times.rs"]
mod times;
#[path = "service/tls.rs"]
mod tls;
#[path = "service/upgrades.rs"]
mod upgrades;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use postgres::Cluster;
use stage::Database;

/// A test: its name, and what it does with a database.
pub(crate) type Test = (&'static str, fn(&Database));

/// One that has nothing to do with the database, or with one kind of it alone.
pub(crate) type PlainTest = (&'static str, fn());

/// Whether the counts are those of the documentation.
pub(crate) fn soak() -> bool {
    std::env::var_os("SCRUBIN_SOAK").is_some_and(|value| value == "1")
}

/// Puts databases and repositories into memory, where there is room: what these tests wait for on a disk is
/// that it takes every commit of every database to heart. `TMPDIR` says otherwise.
fn in_memory() {
    const MEMORY: &str = "/dev/shm";
    let wanted = std::env::var_os("TMPDIR").is_none();
    if wanted && postgres::has_room(Path::new(MEMORY)) {
        // Somebody else may have set it before; then that is where they are.
        let _ = tempfile::env::override_temp_dir(Path::new(MEMORY));
    }
}

fn main() -> ExitCode {
    in_memory();
    let arguments = Arguments::from_args();
    let wants_postgres = !arguments.list;
    let cluster = match wants_postgres {
        true => Cluster::start().map(Arc::new),
        false => Err("only listed".to_owned()),
    };
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let groups: [(&str, &[Test]); 15] = [
        ("queue", queue::TESTS),
        ("reviews", reviews::TESTS),
        ("decisions", decisions::TESTS),
        ("gates", gates::TESTS),
        ("fence", fence::TESTS),
        ("erase", erase::TESTS),
        ("missed", missed::TESTS),
        ("logged", logged::TESTS),
        ("repositories", repositories::TESTS),
        ("outages", outages::TESTS),
        ("crashes", crashes::TESTS),
        ("hostile", hostile::TESTS),
        ("pages", pages::TESTS),
        ("tls", tls::TESTS),
        ("burst", burst::TESTS),
    ];
    let mut trials = Vec::new();
    for (group, tests) in groups {
        for (name, test) in tests {
            let test = *test;
            trials.extend(both(format!("{group}::{name}"), &cluster, in_ci, test));
        }
    }
    for (name, file) in upgrades::databases() {
        let test = move |database: &Database| upgrades::upgraded(&file, database);
        trials.extend(both(
            format!("upgrades::from_{name}"),
            &cluster,
            in_ci,
            test,
        ));
    }
    for (name, test) in crashes::REPLICAS.iter().chain(backup::POSTGRES) {
        let title = format!("replicas::{name}");
        let test = *test;
        trials.push(match &cluster {
            Ok(cluster) => {
                let cluster = Arc::clone(cluster);
                trial(title, move || test(&cluster))
            }
            Err(why) => missing(title, why, in_ci),
        });
    }
    let alone: [(&str, &[PlainTest]); 4] = [
        ("sqlite", sqlite::TESTS),
        ("sqlite", backup::SQLITE),
        ("hostile", hostile_git::TESTS),
        ("deploy", deploy::TESTS),
    ];
    for (group, tests) in alone {
        for (name, test) in tests {
            trials.push(trial(format!("{group}::{name}"), *test));
        }
    }
    trials.push(trial(
        "upgrades::every_version_is_there".to_owned(),
        upgrades::every_version_is_there,
    ));
    trials.extend(examples::trials(in_ci));
    let conclusion = libtest_mimic::run(&arguments, trials);
    times::print();
    drop(cluster);
    conclusion.exit_code()
}

/// A test on both databases.
fn both(
    title: String,
    cluster: &Result<Arc<Cluster>, String>,
    in_ci: bool,
    test: impl Fn(&Database) + Clone + Send + 'static,
) -> [Trial; 2] {
    let on_postgres = format!("{title}::postgres");
    let same = test.clone();
    let on_sqlite = trial(format!("{title}::sqlite"), move || {
        test(&Database::sqlite());
    });
    let on_postgres = match cluster {
        Ok(cluster) => {
            let cluster = Arc::clone(cluster);
            trial(on_postgres, move || same(&Database::postgres(&cluster)))
        }
        Err(why) => missing(on_postgres, why, in_ci),
    };
    [on_sqlite, on_postgres]
}

/// A test by its title.
pub(crate) fn trial(title: String, test: impl FnOnce() + Send + 'static) -> Trial {
    let named = title.clone();
    Trial::test(title, move || {
        let began = std::time::Instant::now();
        let outcome = run(test);
        times::note(&named, began.elapsed());
        outcome
    })
}

/// Runs a test; a panic is its failure, with its message.
fn run(test: impl FnOnce()) -> Result<(), Failed> {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
    outcome.map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned().or_else(|| {
            payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
        });
        Failed::from(text.unwrap_or_else(|| "it panicked".to_owned()))
    })
}

/// A test whose program is missing: ignored with the reason, in CI a failure.
pub(crate) fn missing(title: String, why: &str, in_ci: bool) -> Trial {
    let why = why.to_owned();
    if in_ci {
        return Trial::test(title, move || Err(Failed::from(why)));
    }
    Trial::test(title, || Ok(()))
        .with_kind(why)
        .with_ignored_flag(true)
}
