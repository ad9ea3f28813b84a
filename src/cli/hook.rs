//! `scrubin hook pre-commit` and `pre-push`: what the git hooks run.

use std::io::Read as _;

use super::args::CheckArguments;
use super::check;
use super::failure::Failure;
use super::source;
use super::watchdog::{HOOK_SECONDS, Watchdog};
use super::{Outcome, output};
use crate::change::git::Repository;
use crate::config::{Config, HookFailure};
use crate::training::history::Stage;

/// Reviews the staged change, or the range the pre-commit framework names.
pub(super) fn pre_commit() -> Result<Outcome, Failure> {
    let reference = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    // The framework sets these where it runs at another stage than pre-commit; there is no staged
    // change then.
    let range = match (
        reference("PRE_COMMIT_FROM_REF"),
        reference("PRE_COMMIT_TO_REF"),
    ) {
        (Some(from), Some(to)) => Some(format!("{from}..{to}")),
        _ => None,
    };
    guarded(
        &CheckArguments {
            range,
            ..CheckArguments::default()
        },
        "commit",
    )
}

/// Reviews what a push brings to the remote: git gives a line for each reference on stdin.
pub(super) fn pre_push() -> Result<Outcome, Failure> {
    let mut lines = String::new();
    std::io::stdin()
        .lock()
        .take(1 << 20)
        .read_to_string(&mut lines)
        .map_err(|error| Failure::new(error).doing("read what git pushes"))?;
    let mut worst = Outcome::Passed;
    for line in lines.lines() {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [_, local, _, remote] = parts.as_slice() else {
            return Err(Failure::message(format!(
                "git's line `{line}` is not understood"
            )));
        };
        let is_nothing = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte == b'0');
        if is_nothing(local) {
            // The reference is deleted; nothing to review.
            continue;
        }
        let range = if is_nothing(remote) {
            // A new branch: what no remote has yet.
            match known_to_remotes(local) {
                Some(base) => format!("{base}..{local}"),
                None => format!("{remote}..{local}"),
            }
        } else {
            format!("{remote}...{local}")
        };
        let arguments = CheckArguments {
            range: Some(range),
            ..CheckArguments::default()
        };
        let outcome = guarded(&arguments, "push")?;
        if outcome.code() > worst.code() {
            worst = outcome;
        }
    }
    Ok(worst)
}

/// Newest commit under `local` that a remote branch has: the parent of the oldest commit that none
/// has.
fn known_to_remotes(local: &str) -> Option<String> {
    let output = std::process::Command::new("git")
        .args([
            "rev-list",
            "--topo-order",
            "--reverse",
            local,
            "--not",
            "--remotes",
        ])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let oldest = text.lines().next()?;
    let parent = std::process::Command::new("git")
        .args(["rev-parse", "--verify", "--quiet", &format!("{oldest}^")])
        .output()
        .ok()?;
    let parent = String::from_utf8(parent.stdout).ok()?.trim().to_owned();
    (!parent.is_empty()).then_some(parent)
}

/// Runs the review; what could not be done stops the commit unless the configuration says otherwise.
fn guarded(arguments: &CheckArguments, what: &str) -> Result<Outcome, Failure> {
    let (result, config) = reviewed(arguments);
    let open = config.is_some_and(|config| config.hook.fail == HookFailure::Open);
    match result {
        Ok(Outcome::Findings) => {
            output::message(&format!(
                "scrubin: this {what} is stopped by the findings above; `scrubin explain RULE` says more"
            ));
            Ok(Outcome::Findings)
        }
        Ok(Outcome::Incomplete) if open => {
            output::message(&format!(
                "scrubin: warning: part of this {what} was NOT reviewed; it goes on because hook.fail = \"open\""
            ));
            Ok(Outcome::Passed)
        }
        Ok(Outcome::Incomplete) => {
            output::message(&format!("scrubin: part of this {what} could not be reviewed, so it is stopped"));
            Ok(Outcome::Incomplete)
        }
        Ok(Outcome::Passed) => Ok(Outcome::Passed),
        Err(failure) if open => {
            output::message(&failure.to_string());
            output::message(&format!(
                "scrubin: warning: this {what} was NOT reviewed; it goes on because hook.fail = \"open\""
            ));
            Ok(Outcome::Passed)
        }
        Err(failure) => Err(failure.with_help(format!(
            "this {what} is stopped because it could not be reviewed; `hook.fail = \"open\"` in scrubin.toml lets it go on"
        ))),
    }
}

/// The review and the configuration it ran under, as far as that could be read.
fn reviewed(arguments: &CheckArguments) -> (Result<Outcome, Failure>, Option<Config>) {
    let watchdog = Watchdog::start(Some(HOOK_SECONDS));
    let open = match source::open(arguments) {
        Ok(open) => open.watched_by(&watchdog),
        Err(failure) => return (Err(failure), config_of_work_tree()),
    };
    let configs = match open.configs(None) {
        Ok(configs) => configs,
        Err(failure) => return (Err(failure), None),
    };
    let seconds = configs.root.limits.watchdog_seconds.unwrap_or(HOOK_SECONDS);
    watchdog.set(Some(seconds), configs.root.hook.fail == HookFailure::Open);
    let result = check::review(&open, &configs, arguments).map(|(mut report, _)| {
        let praise = check::keep(&mut report, &open, &configs, Stage::Hook);
        let outcome = check::outcome(&report);
        let quiet = outcome == Outcome::Passed
            && report.counts().get("report") == Some(&0)
            && report.profile.change.is_empty()
            && report.gaps.iter().all(|gap| gap.span.is_some());
        // Silent on success: a hook that talks all the time is switched off.
        if !quiet {
            output::message(output::render(&report, arguments).trim_end());
        }
        if let Some(praise) = praise {
            output::message(&format!("scrubin: {praise}"));
        }
        outcome
    });
    (result, Some(configs.root))
}

/// The configuration where the change itself could not be read.
fn config_of_work_tree() -> Option<Config> {
    let here = std::env::current_dir().ok()?;
    let repository = Repository::discover(&here).ok()?;
    let text = std::fs::read_to_string(repository.root()?.join("scrubin.toml")).ok()?;
    Config::parse(&text, "scrubin.toml").ok()
}
