//! `scrubin demo`: a sample firmware change, reviewed, from nothing.

#[path = "demo/files.rs"]
mod files;

use std::path::Path;
use std::process::Command;

use super::args::CheckArguments;
use super::failure::Failure;
use super::{Outcome, check, output};
use crate::change::git::{self, Repository};
use crate::config::Configs;
use crate::review::{self, Inputs, Prepared, Thresholds};
use files::FILES;

/// Writes the sample into a temporary folder, commits its safe state, stages the unsafe change and
/// shows the review the hook would print. The folder is gone afterwards.
pub(super) fn demo() -> Result<Outcome, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("scrubin-demo-")
        .tempdir()
        .map_err(|error| Failure::new(error).doing("make a temporary folder"))?;
    let root = folder.path();
    output::message(
        "An infusion pump's firmware: C and Rust, committed and clean. This change is staged now:\n",
    );
    git(root, &["init", "--quiet"])?;
    for file in FILES {
        if let Some(text) = file.base {
            write(root, file.path, text)?;
        }
    }
    git(root, &["add", "--all"])?;
    git(
        root,
        &["commit", "--quiet", "--message", "pump: safe state"],
    )?;
    for file in FILES {
        match file.head {
            Some(text) => write(root, file.path, text)?,
            None => {
                let place = root.join(file.path);
                std::fs::remove_file(&place).map_err(|error| {
                    Failure::new(error).doing(&format!("remove `{}`", place.display()))
                })?;
            }
        }
    }
    git(root, &["add", "--all"])?;
    let repository = Repository::discover(root)?;
    let change = git::staged(&repository)?;
    let configs = Configs::default();
    let arguments = CheckArguments::default();
    let today = chrono::Utc::now().date_naive();
    let prepared = Prepared::new(
        review::builtin()?,
        &configs,
        &Thresholds::default(),
        today,
        false,
    )?;
    let reader = repository.reader(prepared.file_bytes());
    let report = review::run(&Inputs {
        change: &change,
        reader: &reader,
        prepared: &prepared,
        line_hashes: false,
        git_dir: None,
    })
    .map_err(|error| Failure::new(error).doing("review the change"))?;
    output::text(&output::render(&report, &arguments))?;
    let stopped = check::outcome(&report) == Outcome::Findings;
    output::message(if stopped {
        "\nThe hook would stop this commit. In your own repository: `scrubin hook install`."
    } else {
        "\nThe hook would let this commit pass."
    });
    Ok(Outcome::Passed)
}

fn write(root: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let place = root.join(path);
    let failed =
        |error: std::io::Error| Failure::new(error).doing(&format!("write `{}`", place.display()));
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    std::fs::write(&place, text).map_err(failed)
}

/// Runs git in the sample, untouched by the user's configuration and by the hook this may run in.
fn git(root: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let done = command
        .arg("-C")
        .arg(root)
        .args([
            "-c",
            "user.name=scrubin demo",
            "-c",
            "user.email=demo@scrubin.invalid",
        ])
        .args([
            "-c",
            "commit.gpgsign=false",
            "-c",
            "core.hooksPath=/dev/null",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .output()
        .map_err(|error| Failure::new(error).doing("run git"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(
        Failure::message(String::from_utf8_lossy(&done.stderr).trim().to_owned())
            .doing(&format!("run `git {}`", arguments.join(" "))),
    )
}
