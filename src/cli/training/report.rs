//! `scrubin training report`.

use std::path::{Path, PathBuf};

use chrono::{Months, NaiveDate};

use super::history::named_log;
use super::history::warn;
use super::keep::now;
use super::{Place, code};
use crate::cli::args::{TeamFormat, TeamReportArguments};
use crate::cli::failure::Failure;
use crate::cli::{Outcome, output};
use crate::config::nearest;
use crate::review::{self, Examiner};
use crate::training::history::Log;
use crate::training::lesson::{self, Lesson};
use crate::training::team::{self, Question, TeamReport, Topic, team_report};

/// Months that are shown where nothing else is asked for.
const USUAL_MONTHS: u32 = 12;

/// Writes the report, and a sheet where one is wanted.
pub(super) fn report(arguments: &TeamReportArguments) -> Result<Outcome, Failure> {
    // A report on given histories needs no repository.
    let place = match arguments.files.is_empty() {
        true => Some(Place::here()?),
        false => Place::maybe()?,
    };
    let log = joined(&arguments.files, place.as_ref())?;
    let lessons = lesson::builtin().map_err(Failure::new)?;
    let report = team_report(&log, &code::titles(&lessons), &question(arguments)?);
    let color = arguments.output.is_none() && output::color();
    let text = match arguments.format {
        TeamFormat::Terminal => team::terminal(&report, color),
        TeamFormat::Html => team::html(&report),
        TeamFormat::Csv => team::csv(&report),
        TeamFormat::Json => team::json(&report),
    };
    output::report(&text, arguments.output.as_deref())?;
    if let Some(file) = &arguments.brown_bag {
        sheet(
            (arguments.topic.as_deref(), file),
            &report,
            &lessons,
            place.as_ref(),
        )?;
    }
    Ok(Outcome::Passed)
}

/// The local history, or the given ones together.
pub(in crate::cli) fn joined(files: &[PathBuf], place: Option<&Place>) -> Result<Log, Failure> {
    let mut log = Log::default();
    for file in files {
        let (_, other) = named_log(file)?;
        let unreadable = other.unreadable.clone();
        log.join(other);
        log.unreadable.extend(unreadable);
    }
    if files.is_empty() {
        let Some(place) = place else {
            return Err(
                Failure::message("there is no repository here, and no history was given")
                    .with_help("name histories that `scrubin training export FILE` wrote"),
            );
        };
        log = place.store.load()?;
        warn(&log, "the local history");
    }
    if let Some(place) = place
        && !place.is_individual()
    {
        log.name_nobody();
    }
    Ok(log)
}

fn question(arguments: &TeamReportArguments) -> Result<Question, Failure> {
    let until = arguments.until.unwrap_or_else(|| now().day());
    let since = match arguments.since {
        Some(since) => since,
        None => first_of_month(until)
            .and_then(|first| first.checked_sub_months(Months::new(USUAL_MONTHS - 1)))
            .unwrap_or(until),
    };
    if since > until {
        return Err(Failure::message(format!(
            "the time from {since} to {until} has no day"
        )));
    }
    Ok(Question {
        since,
        until,
        by: arguments.by.into(),
    })
}

fn first_of_month(day: NaiveDate) -> Option<NaiveDate> {
    use chrono::Datelike as _;
    day.with_day(1)
}

/// Writes a sheet on the wanted topic, or the most important one.
fn sheet(
    (wanted, file): (Option<&str>, &Path),
    report: &TeamReport,
    lessons: &[Lesson],
    place: Option<&Place>,
) -> Result<(), Failure> {
    let topic = match wanted {
        Some(key) => topic_of(key, report, lessons)?,
        None => report.topics.first().cloned().ok_or_else(|| {
            Failure::message("there is no topic: nothing was found in the last 90 days")
                .with_help("--topic LESSON chooses one all the same")
        })?,
    };
    let Some(lesson) = lessons.iter().find(|one| one.head.key == topic.lesson) else {
        return Err(
            Failure::message(format!("this scrubin has no lesson `{}`", topic.lesson))
                .with_help("--topic LESSON chooses another"),
        );
    };
    let own = match place {
        Some(place) if !topic.blobs.is_empty() => {
            let mut examiner = Examiner::new(&review::builtin()?);
            code::sample(&place.repository, &mut examiner, &topic.blobs)
        }
        _ => None,
    };
    let from = match &own {
        Some(_) => "from your own code, its names and numbers changed",
        None => "with the lesson's own sample: no code of a recent finding can be read here",
    };
    let sheet = team::sheet(&topic, lesson, own);
    std::fs::write(file, team::sheet_html(&sheet))
        .map_err(|error| Failure::new(error).doing(&format!("write `{}`", file.display())))?;
    output::message(&format!("{}: {} ({from})", file.display(), topic.title));
    Ok(())
}

/// A topic that somebody chose.
fn topic_of(key: &str, report: &TeamReport, lessons: &[Lesson]) -> Result<Topic, Failure> {
    if let Some(topic) = report.topics.iter().find(|topic| topic.lesson == key) {
        return Ok(topic.clone());
    }
    match lessons.iter().find(|lesson| lesson.head.key == key) {
        Some(lesson) => Ok(Topic {
            lesson: key.to_owned(),
            title: lesson.head.title.clone(),
            reason: "Chosen by the team".to_owned(),
            blobs: Vec::new(),
        }),
        None => Err(unknown_lesson(key, lessons)),
    }
}

/// No lesson is called so.
pub(super) fn unknown_lesson(key: &str, lessons: &[Lesson]) -> Failure {
    let failure = Failure::message(format!("no lesson is called `{key}`"));
    let keys = lessons.iter().map(|lesson| lesson.head.key.as_str());
    match nearest(key, keys) {
        Some(near) => failure.with_help(format!("did you mean `{near}`?")),
        None => failure.with_help("`scrubin learn --list` names all lessons"),
    }
}
