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

#[path = "service/crashes.rs"]
mod crashes;
#[path = "service/decisions.rs"]
mod decisions;
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
#[path = "service/logged.rs"]
mod logged;
#[path = "service/missed.rs"]
mod missed;
#[path = "service/outages.rs"]
mod outages;
#[path = "service/pages.rs"]
mod pages;
#[path = "service/postgres.rs"]
mod postgres;
#[path = "service/queue.rs"]
mod queue;
#[path = "service/repositories.rs"]
mod repositories;
#[path = "service/reviews.rs"]
mod reviews;
#[path = "service/stage.rs"]
mod stage;
#[path = "service/tls.rs"]
mod tls;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use postgres::Cluster;
use stage::Database;

/// A test: its name, and what it does with a database.
pub(crate) type Test = (&'static str, fn(&Database));

/// Whether the counts are those of the documentation.
pub(crate) fn soak() -> bool {
    std::env::var_os("SCRUBIN_SOAK").is_some_and(|value| value == "1")
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let wants_postgres = !arguments.list;
    let cluster = match wants_postgres {
        true => Cluster::start().map(Arc::new),
        false => Err("only listed".to_owned()),
    };
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    let groups: [(&str, &[Test]); 14] = [
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
    ];
    let mut trials = Vec::new();
    for (group, tests) in groups {
        for (name, test) in tests {
            let test = *test;
            trials.push(Trial::test(format!("{group}::{name}::sqlite"), move || {
                run(|| test(&Database::sqlite()))
            }));
            let title = format!("{group}::{name}::postgres");
            trials.push(match &cluster {
                Ok(cluster) => {
                    let cluster = Arc::clone(cluster);
                    Trial::test(title, move || run(|| test(&Database::postgres(&cluster))))
                }
                Err(why) => missing(title, why, in_ci),
            });
        }
    }
    let shared = cluster.as_ref().ok().cloned();
    for (name, test) in crashes::REPLICAS {
        let title = format!("replicas::{name}");
        let test = *test;
        trials.push(match &shared {
            Some(cluster) => {
                let cluster = Arc::clone(cluster);
                Trial::test(title, move || run(|| test(&cluster)))
            }
            None => missing(title, "no PostgreSQL", in_ci),
        });
    }
    for (name, test) in crashes::SQLITE {
        let test = *test;
        trials.push(Trial::test(format!("sqlite::{name}"), move || run(test)));
    }
    trials.extend(examples::trials(in_ci));
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(shared);
    drop(cluster);
    conclusion.exit_code()
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
