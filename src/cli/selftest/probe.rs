//! Failures that no input brings about, for the cases that ask what becomes of them.

use std::path::Path;

use super::super::args::{CheckArguments, Probe};
use super::super::failure::Failure;
use super::super::watchdog::Watchdog;
use super::super::{Outcome, check, output};
use crate::change::git::{self, Repository};
use crate::config::Configs;
use crate::finding::RepoPath;
use crate::review::{self, Inputs, Prepared, Thresholds};

/// Brings the failure about in the repository of the current folder.
pub(super) fn run(probe: Probe) -> Result<Outcome, Failure> {
    match probe {
        Probe::Crash => crash(),
        Probe::Hang => hang(),
    }
}

/// The review of the staged change, in which the analysis of every file fails.
fn crash() -> Result<Outcome, Failure> {
    let repository = Repository::discover(Path::new("."))?;
    let change = git::staged(&repository)?;
    let today = chrono::Utc::now().date_naive();
    let rules = review::builtin()?;
    let configs = Configs::default();
    let prepared =
        Prepared::new(rules, &configs, &Thresholds::default(), today, false)?.failing_everywhere();
    let reader = repository.reader(prepared.file_bytes());
    let report = review::run(&Inputs {
        change: &change,
        reader: &reader,
        prepared: &prepared,
        line_hashes: false,
        git_dir: None,
    })
    .map_err(|error| Failure::new(error).doing("review the change"))?;
    output::text(&output::render(&report, &CheckArguments::default()))?;
    Ok(check::outcome(&report))
}

/// A review that is at a file for ever.
fn hang() -> Result<Outcome, Failure> {
    let watchdog = Watchdog::start(Some(1));
    let watch = watchdog.watch();
    let path = RepoPath::from("a.c");
    let _turn = watch.enter(&path);
    loop {
        std::thread::park();
    }
}
