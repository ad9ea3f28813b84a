//! `scrubin training show`, `export`, `merge`, `delete` and `key`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Place;
use super::keep::{bounds, now};
use super::store::{KEY_VARIABLE, given_key, key_of, read_log};
use crate::cli::args::{KeyArguments, ListFormat};
use crate::cli::failure::Failure;
use crate::cli::record::replace;
use crate::cli::{Outcome, output};
use crate::report::visible;
use crate::training::history::{Forgotten, Log, episodes};
use crate::training::learner::Learner;

/// Line numbers that a warning names.
const LINES_NAMED: usize = 5;

/// What a history holds.
pub(super) fn show(place: &Place, mine: bool, format: ListFormat) -> Result<Outcome, Failure> {
    let log = place.store.load()?;
    warn(&log, "the local history");
    let text = match (mine, format) {
        (true, ListFormat::Json) => document_of_mine(place, &log)?,
        (false, ListFormat::Json) => format!("{:#}\n", document(&log)),
        (true, ListFormat::Terminal) => {
            let mine = log.of(&place.me()?.who);
            listed(&mine, &place.store.learner()?)
        }
        (false, ListFormat::Terminal) => format!("the history{}", summary(&log)),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

fn document(log: &Log) -> serde_json::Value {
    let all = episodes(&log.runs);
    json!({
        "version": 1,
        "since": log.runs.first().map(|run| run.at.day().to_string()),
        "runs": log.runs,
        "passed": log.learned,
        "findings": all.len(),
        "open": all.iter().filter(|one| one.gone.is_none()).count(),
        "dropped": log.dropped,
    })
}

/// All that tells of whoever asks, as JSON.
fn document_of_mine(place: &Place, log: &Log) -> Result<String, Failure> {
    let me = place.me()?;
    let mut document = document(&log.of(&me.who));
    if let Some(fields) = document.as_object_mut() {
        fields.insert("person".to_owned(), json!(me.who));
        fields.insert("learning".to_owned(), json!(place.store.learner()?));
    }
    Ok(format!("{document:#}\n"))
}

fn summary(log: &Log) -> String {
    let all = episodes(&log.runs);
    let open = all.iter().filter(|one| one.gone.is_none()).count();
    let since = log.runs.first().map(|run| run.at.day().to_string());
    let mut text = format!(
        " since {}: {} runs, {} findings, {open} of them open, {} lessons passed\n",
        since.as_deref().unwrap_or("today"),
        log.runs.len(),
        all.len(),
        log.learned.len(),
    );
    if log.dropped.runs > 0 {
        text.push_str(&format!(
            "{} older runs with {} findings are no longer in it\n",
            log.dropped.runs, log.dropped.findings
        ));
    }
    text
}

/// A person's part, line by line.
fn listed(log: &Log, learner: &Learner) -> String {
    let mut text = format!("your part of the history{}", summary(log));
    let mut line = |line: String| text.push_str(&format!("  {}\n", visible::line(&line)));
    for episode in episodes(&log.runs) {
        let lesson = match episode.found.lesson.as_str() {
            "" => String::new(),
            lesson => format!(" ({lesson})"),
        };
        let end = match episode.gone {
            Some(gone) => format!("gone {}", gone.day()),
            None => "open".to_owned(),
        };
        line(format!(
            "{} {}{lesson} in {}, {}, {end}",
            episode.at.day(),
            episode.found.rule,
            episode.found.component,
            episode.stage.as_str(),
        ));
    }
    for learned in &log.learned {
        line(format!(
            "{} {} {} {}",
            learned.at.day(),
            learned.lesson,
            learned.version,
            learned.state.as_str()
        ));
    }
    for progress in &learner.lessons {
        if let Some(due) = progress.due {
            line(format!(
                "{} is asked again from {} on",
                progress.lesson,
                due.day()
            ));
        }
    }
    text
}

/// Says what of a history could not be used.
pub(super) fn warn(log: &Log, what: &str) {
    if !log.unreadable.is_empty() {
        let named: Vec<String> = log
            .unreadable
            .iter()
            .take(LINES_NAMED)
            .map(ToString::to_string)
            .collect();
        output::message(&format!(
            "warning: {} lines of {what} could not be read and do not count: {}{}",
            log.unreadable.len(),
            named.join(", "),
            if log.unreadable.len() > LINES_NAMED {
                ", ..."
            } else {
                ""
            }
        ));
    }
    if let Some(version) = log.newer {
        output::message(&format!(
            "warning: {what} is of version {version}, which a newer scrubin wrote"
        ));
    }
}

/// Writes the history into a file.
pub(super) fn export(place: &Place, file: &Path, mine: bool) -> Result<Outcome, Failure> {
    let mut log = place.store.load()?;
    warn(&log, "the local history");
    if mine {
        let text = document_of_mine(place, &log)?;
        replace(file, &text)
            .map_err(|failure| failure.doing(&format!("write `{}`", file.display())))?;
        output::text(&format!("{}: all that is kept of you\n", file.display()))?;
        return Ok(Outcome::Passed);
    }
    log.bound(bounds(&place.settings).since, usize::MAX);
    if !place.is_individual() {
        log.name_nobody();
    }
    let text = log.to_text();
    replace(file, &text)
        .map_err(|failure| failure.doing(&format!("write `{}`", file.display())))?;
    output::text(&format!(
        "{}: {} runs, {} lessons passed\n",
        file.display(),
        log.runs.len(),
        log.learned.len()
    ))?;
    Ok(Outcome::Passed)
}

/// A history that an argument names, with its name for messages.
pub(super) fn named_log(file: &Path) -> Result<(String, Log), Failure> {
    let log = read_log(file)?;
    let name = format!("`{}`", file.display());
    if log.is_empty() && !log.unreadable.is_empty() {
        return Err(Failure::message(format!("{name} is no history"))
            .with_help("`scrubin training export FILE` writes one"));
    }
    warn(&log, &name);
    Ok((name, log))
}

/// Takes in other histories.
pub(super) fn merge(place: &Place, files: &[PathBuf]) -> Result<Outcome, Failure> {
    let mut others = Vec::new();
    for file in files {
        let (name, other) = named_log(file)?;
        others.push((name, other));
    }
    let held = place.store.hold()?;
    let mut log = place.store.load()?;
    warn(&log, "the local history");
    let mut text = String::new();
    for (name, other) in others {
        let runs = other.runs.len();
        let new = log.join(other);
        text.push_str(&format!("{name}: {runs} runs, {new} of them new\n"));
    }
    if !place.is_individual() {
        log.name_nobody();
    }
    let bounds = bounds(&place.settings);
    let before = log.dropped.runs;
    log.bound(bounds.since, bounds.bytes);
    let went = log.dropped.runs - before;
    if went > 0 {
        text.push_str(&format!(
            "{went} runs went: older than training.months, or beyond training.history-bytes\n"
        ));
    }
    place.store.save(&log, &held)?;
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Deletes what tells of a person, or everything.
pub(super) fn delete(place: &Place, mine: bool, yes: bool) -> Result<Outcome, Failure> {
    let what = if mine {
        "your learning data and your name in the history"
    } else {
        "the whole local history"
    };
    if !yes && !output::confirmed(&format!("delete {what}?"))? {
        output::message("nothing was deleted");
        return Ok(Outcome::Passed);
    }
    // Everything can go without a name; but what comes back with another history should stay away then too.
    let me = match mine {
        true => Some(place.me()?),
        false => place.known_me()?,
    };
    let held = place.store.hold()?;
    let mut log = place.store.load()?;
    let text = if let (true, Some(me)) = (mine, &me) {
        let (runs, lessons) = log.forget(&me.who, now());
        place.store.save(&log, &held)?;
        place.store.set_learner(&Learner::default(), &held)?;
        format!(
            "{runs} runs have no name any more, {lessons} passed lessons are gone, and stay so when other histories \
             are merged\nwhat was exported before stays with whoever has it, until an export of now is merged there\n"
        )
    } else {
        let runs = log.runs.len();
        let mut none = Log::default();
        if let Some(me) = &me {
            none.forget(&me.who, now());
        }
        place.store.save(&none, &held)?;
        place.store.set_learner(&Learner::default(), &held)?;
        format!("{runs} runs are gone\n")
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Shows, writes or takes the key of pseudonyms.
pub(super) fn key(place: &Place, arguments: &KeyArguments) -> Result<Outcome, Failure> {
    if let Some(file) = &arguments.take {
        return take_key(place, file);
    }
    let held = place.store.hold()?;
    let key = place.store.key(&held)?;
    if let Some(file) = &arguments.write {
        crate::cli::record::create(file, &key.to_text(), 0o600)?;
        output::text(&format!(
            "{}: give it to the clones and CI jobs of the team (`training key --take`, \
             {KEY_VARIABLE}), and to nobody else\n",
            file.display()
        ))?;
    } else {
        output::text(&format!("{}\n", place.store.key_place().display()))?;
    }
    Ok(Outcome::Passed)
}

/// Takes a key in place of the repository's own; what is kept of whoever does it goes on under the new
/// pseudonym.
fn take_key(place: &Place, file: &Path) -> Result<Outcome, Failure> {
    if let Some(given) = given_key() {
        return Err(Failure::message(format!(
            "{KEY_VARIABLE} names the key `{}`, which is used in place of the repository's own",
            given.display()
        ))
        .with_help(format!("unset {KEY_VARIABLE}, or give it the new file")));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(error).doing(&format!("read `{}`", file.display())))?;
    let new = key_of(&text, file)?;
    let old = place.store.known_key()?;
    let log = place.store.load()?;
    let has_names = log.runs.iter().any(|run| run.who.is_some()) || !log.learned.is_empty();
    // Without a name nobody could tell later whose the old pseudonym was.
    let address = match old.is_some() && has_names {
        true => Some(place.my_address()?),
        false => None,
    };
    let held = place.store.hold()?;
    let (mut runs, mut lessons) = (0, 0);
    if let (Some(old), Some(address)) = (&old, &address) {
        let mut log = place.store.load()?;
        let name = (new.person(address), new.id());
        (runs, lessons) = log.rename(&old.person(address), (&name.0, &name.1));
        if runs + lessons > 0 {
            // What an older export of somebody has under the former name is not taken in again.
            log.forgotten.push(Forgotten {
                who: old.person(address),
                at: now(),
            });
            place.store.save(&log, &held)?;
        }
    }
    place.store.set_key(&new)?;
    output::text(&format!(
        "the key is taken; {runs} runs and {lessons} passed lessons of yours carry its pseudonym, and so do runs from \
         now on\n"
    ))?;
    Ok(Outcome::Passed)
}
