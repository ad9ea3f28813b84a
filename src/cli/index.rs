//! `scrubin index`: builds or refreshes the repository index, or says what it is worth.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::{Value, json};

use super::args::{IndexArguments, ListFormat};
use super::failure::Failure;
use super::source::Reviewed;
use super::{Outcome, output};
use crate::change::git::Repository;
use crate::change::{Change, Source};
use crate::review::{self, IndexState, Prepared, Ruleset, Thresholds, Watch};

/// Files after which a person at a terminal is told how far it is.
const STEP: usize = 500;

/// Does what the arguments ask for.
pub(super) fn index(arguments: &IndexArguments) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let here = std::path::Path::new(".");
    let repository = Repository::discover(here)?;
    repository.work_tree()?;
    let reviewed = Reviewed {
        change: Change::empty(Source::Staged),
        repository: Some(repository),
        whole_tree: false,
        watch: Watch::default(),
    };
    let mut configs = reviewed.configs(arguments.config.as_deref())?;
    let thresholds = Thresholds {
        jobs: arguments.jobs.map(usize::from),
        ..Thresholds::default()
    };
    // No rule says anything here, so none that the configuration names can be unknown.
    for config in std::iter::once(&mut configs.root)
        .chain(configs.nested.iter_mut().map(|(_, config)| config))
    {
        config.rules.clear();
        config.check.disable.clear();
        config.check.only.clear();
    }
    configs.compared = None;
    let today = chrono::Utc::now().date_naive();
    let prepared = Prepared::new(Ruleset::default(), &configs, &thresholds, today, false)?;
    let reader = reviewed.reader(prepared.file_bytes());
    let git_dir = reviewed.repository.as_ref().map(Repository::git_dir);
    let git_dir = git_dir.unwrap_or(here);
    if arguments.check {
        return check(review::index_state(git_dir, &reader, &prepared), arguments);
    }
    let told = AtomicUsize::new(0);
    let progress = |all: usize, done: usize| {
        let step = done / STEP;
        if all > STEP && told.fetch_max(step, Ordering::Relaxed) < step {
            output::progress(&format!("scrubin: {done} of {all} files read"));
        }
    };
    let stats = review::update_index(git_dir, &reader, &prepared, &progress)
        .map_err(|error| Failure::new(error).doing("build the repository index"))?;
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let text = match arguments.format {
        ListFormat::Json => {
            let mut told = json!({
                "version": 1,
                "files": stats.files,
                "read": stats.read,
                "left_out": stats.left_out,
            });
            if arguments.stats
                && let Some(told) = told.as_object_mut()
            {
                told.insert("names".to_owned(), Value::from(stats.names));
                told.insert("bytes".to_owned(), Value::from(stats.bytes));
                told.insert("milliseconds".to_owned(), Value::from(millis));
            }
            format!("{told}\n")
        }
        ListFormat::Terminal => {
            let mut text = format!(
                "the index holds {} files, {} of them read now\n",
                stats.files - stats.left_out,
                stats.read
            );
            if stats.left_out > 0 {
                text.push_str(&format!("{} files had no room\n", stats.left_out));
            }
            if arguments.stats {
                text.push_str(&format!(
                    "{} functions by name, {} bytes, {millis} ms\n",
                    stats.names, stats.bytes
                ));
            }
            text
        }
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Says what the index is worth.
fn check(state: IndexState, arguments: &IndexArguments) -> Result<Outcome, Failure> {
    let (word, told) = match &state {
        IndexState::Absent => (
            "absent",
            "there is no index; `scrubin index` makes one".to_owned(),
        ),
        IndexState::Unusable(reason) => (
            "unusable",
            format!("the index is not used: {reason}; `scrubin index` makes it anew"),
        ),
        IndexState::Usable { files, current, .. } if files == current => (
            "current",
            format!("the index holds all {files} files as they are staged"),
        ),
        IndexState::Usable { files, current, .. } => (
            "old",
            format!(
                "the index holds {current} of {files} files as they are staged; `scrubin index` reads the rest"
            ),
        ),
    };
    let text = match arguments.format {
        ListFormat::Json => {
            let mut value = json!({ "version": 1, "state": word });
            if let IndexState::Usable {
                files,
                current,
                names,
                bytes,
            } = &state
                && let Some(value) = value.as_object_mut()
            {
                value.insert("files".to_owned(), Value::from(*files));
                value.insert("current".to_owned(), Value::from(*current));
                value.insert("names".to_owned(), Value::from(*names));
                value.insert("bytes".to_owned(), Value::from(*bytes));
            }
            format!("{value}\n")
        }
        ListFormat::Terminal => format!("{told}\n"),
    };
    output::text(&text)?;
    Ok(if word == "current" {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}
