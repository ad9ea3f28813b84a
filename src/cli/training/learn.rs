//! `scrubin learn`: from the person's own past finding, or from a sample.

use std::path::Path;

use serde::Deserialize;
use serde_json::json;

use super::exercise::{Assignment, Judge, Judged, Wish};
use super::keep::{bounds, new_id, now};
use super::report::unknown_lesson;
use super::store::Held;
use super::talk;
use super::{Me, Place};
use crate::cli::args::{LearnArguments, ListFormat};
use crate::cli::failure::Failure;
use crate::cli::{Outcome, output};
use crate::config::Switch;
use crate::training::history::{Episode, Learned, Time, episodes};
use crate::training::learner::Learner;
use crate::training::lesson::{self, Lesson};

/// Answers from a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Answers {
    /// 1-based line.
    spot: Option<usize>,
    /// Letter of the option.
    choose: Option<String>,
    /// The whole repaired code.
    fix: Option<String>,
    /// A file with it, relative to the file of answers.
    fix_file: Option<String>,
}

/// Who learns, and what is known of that.
struct Person {
    place: Place,
    /// `None` where somebody only looks, and git does not know them or no key was made yet.
    me: Option<Me>,
    learner: Learner,
    /// When the weakness of a lesson was found of them last.
    found: Vec<(String, Time)>,
}

pub(super) fn learn(arguments: &LearnArguments) -> Result<Outcome, Failure> {
    let lessons = lesson::builtin().map_err(Failure::new)?;
    let place = Place::maybe()?;
    let log = match &place {
        Some(place) => place.store.load()?,
        None => Default::default(),
    };
    let all = episodes(&log.runs);
    let person = match place {
        Some(place) if place.is_individual() => {
            // Who only looks needs no name, and leaves nothing.
            let me = match arguments.list || arguments.due || arguments.show {
                true => place.known_me()?,
                false => Some(place.me()?),
            };
            Some(person(place, me, &lessons, &all)?)
        }
        _ => None,
    };
    let me = person
        .as_ref()
        .and_then(|person| person.me.as_ref())
        .map(|me| me.who.as_str());
    let own: Vec<&Episode<'_>> = all
        .iter()
        .filter(|one| one.who.is_some() && one.who == me)
        .collect();
    let learner = person
        .as_ref()
        .map(|one| one.learner.clone())
        .unwrap_or_default();
    if arguments.list {
        return list(&lessons, &learner, &own, arguments.format);
    }
    if arguments.due {
        return due(&lessons, &learner, arguments.format);
    }
    if arguments.skip {
        return skip(person, arguments.lesson.as_deref(), &lessons);
    }
    let (lesson, is_follow_up) = chosen(arguments, &lessons, &learner, &own)?;
    let mut judge = Judge::new()?;
    let assignment = assigned(arguments, lesson, &mut judge, person.as_ref(), &own)?;
    if arguments.show {
        output::text(&shown(&assignment, arguments.format))?;
        return Ok(Outcome::Passed);
    }
    let judged = match &arguments.answers {
        Some(file) => Some(by_answers(file, &assignment, &mut judge, is_follow_up)?),
        None => talk::talk(&assignment, &mut judge, !is_follow_up)?,
    };
    let Some(judged) = judged else {
        output::message("nothing was kept of this lesson");
        return Ok(Outcome::Passed);
    };
    let is_right = judged.choose == Some(true)
        && judged.spot == Some(true)
        && (is_follow_up || judged.fix == Some(true));
    let next = match person {
        Some(person) => keep(
            person,
            (&assignment, &judged),
            (is_right, is_follow_up),
            (&judge, &lessons),
        )?,
        None => None,
    };
    output::text(&result(
        &assignment,
        &judged,
        is_right,
        next,
        arguments.format,
    ))?;
    Ok(if is_right {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

fn person(
    place: Place,
    me: Option<Me>,
    lessons: &[Lesson],
    all: &[Episode<'_>],
) -> Result<Person, Failure> {
    let who = me.as_ref().map(|me| me.who.as_str());
    let own = all.iter().filter(|one| one.who.is_some() && one.who == who);
    let found = own.map(|one| (one.found.lesson.clone(), one.at)).collect();
    let mut person = Person {
        learner: Learner::default(),
        place,
        me,
        found,
    };
    person.learner = person.now(lessons)?;
    Ok(person)
}

impl Person {
    /// What is kept of them, brought up to date in memory.
    fn now(&self, lessons: &[Lesson]) -> Result<Learner, Failure> {
        let mut learner = self.place.store.learner()?;
        learner.expire(bounds(&self.place.settings).since);
        for (lesson, at) in &self.found {
            learner.found(lesson, *at);
        }
        let versions = lessons
            .iter()
            .map(|one| (one.head.key.as_str(), one.head.version.as_str()));
        learner.versions(versions, now());
        Ok(learner)
    }

    /// Changes what is kept of them, as it is now: another process may have written since it was read.
    fn change<T>(
        &self,
        lessons: &[Lesson],
        held: &Held,
        change: impl FnOnce(&mut Learner) -> T,
    ) -> Result<T, Failure> {
        let mut learner = self.now(lessons)?;
        let result = change(&mut learner);
        self.place.store.set_learner(&learner, held)?;
        Ok(result)
    }
}

/// The lesson, and whether it is only a follow-up.
fn chosen<'l>(
    arguments: &LearnArguments,
    lessons: &'l [Lesson],
    learner: &Learner,
    own: &[&Episode<'_>],
) -> Result<(&'l Lesson, bool), Failure> {
    let by_key = |key: &str| lessons.iter().find(|one| one.head.key == key);
    if let Some(key) = &arguments.lesson {
        let lesson = by_key(key).ok_or_else(|| unknown_lesson(key, lessons))?;
        return Ok((lesson, arguments.follow_up));
    }
    let time = now();
    if learner.may_ask(time)
        && let Some(lesson) = learner.due(time).iter().find_map(|one| by_key(&one.lesson))
    {
        // What was found again is worth more than a question.
        let is_new = learner
            .progress(&lesson.head.key)
            .is_some_and(|one| one.found_again);
        return Ok((lesson, !is_new));
    }
    let mut newest: Vec<&&Episode<'_>> = own.iter().collect();
    newest.sort_by_key(|one| std::cmp::Reverse(one.at));
    let open = newest.iter().find_map(|one| {
        let is_passed = learner
            .progress(&one.found.lesson)
            .is_some_and(|progress| progress.state().is_some());
        by_key(&one.found.lesson).filter(|_| !is_passed)
    });
    open.map(|lesson| (lesson, false)).ok_or_else(|| {
        Failure::message(
            "there is nothing of yours to learn from: no finding, and no follow-up is due",
        )
        .with_help("`scrubin learn --list` names all lessons, `scrubin learn LESSON` takes one")
    })
}

fn assigned<'l>(
    arguments: &LearnArguments,
    lesson: &'l Lesson,
    judge: &mut Judge,
    person: Option<&Person>,
    own: &[&Episode<'_>],
) -> Result<Assignment<'l>, Failure> {
    let is_free = arguments.language.is_none() && arguments.variant.is_none() && !arguments.sample;
    if let (true, Some(person)) = (is_free, person)
        && let Some(assignment) = judge.own(lesson, &person.place.repository, own)
    {
        return Ok(assignment);
    }
    // Somebody at a terminal gets another form each time, so that no answer can be copied.
    let is_talk = arguments.answers.is_none() && !arguments.show;
    let answered = person.and_then(|person| person.learner.progress(&lesson.head.key));
    let usual = if is_talk {
        1 + answered.map_or(0, |one| one.right)
    } else {
        0
    };
    judge.sample(
        lesson,
        Wish {
            language: arguments.language.as_deref(),
            variant: arguments.variant.unwrap_or(usual),
        },
    )
}

fn by_answers(
    file: &Path,
    assignment: &Assignment<'_>,
    judge: &mut Judge,
    is_follow_up: bool,
) -> Result<Judged, Failure> {
    let doing = format!("read the answers `{}`", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Failure::new(error).doing(&doing))?;
    let answers: Answers = toml::from_str(&text).map_err(|error| {
        Failure::message(error.to_string().trim_end().to_owned())
            .doing(&doing)
            .with_help("the keys are `spot` (line), `choose` (letter), `fix` (code) or `fix-file`")
    })?;
    let fix = match (&answers.fix, &answers.fix_file) {
        (Some(fix), _) => Some(fix.clone()),
        (None, Some(name)) => {
            let place = file.parent().unwrap_or(Path::new(".")).join(name);
            let read = std::fs::read_to_string(&place);
            Some(read.map_err(|error| {
                Failure::new(error).doing(&format!("read `{}`", place.display()))
            })?)
        }
        (None, None) => None,
    };
    let option = answers.choose.as_deref().and_then(talk::option_of);
    let choice = option.and_then(|at| assignment.lesson.quiz.options.get(at));
    let mut judged = Judged {
        spot: Some(
            answers
                .spot
                .is_some_and(|line| assignment.right_lines.contains(&line)),
        ),
        choose: Some(choice.is_some_and(|choice| choice.is_right)),
        ..Judged::default()
    };
    match fix {
        Some(fix) => {
            let (grade, compiler) = judge.grade(assignment, &fix);
            judged.set_repair(grade, compiler);
        }
        None if !is_follow_up => {
            judged.fix = Some(false);
            judged
                .reasons
                .push("there is no repair among the answers".to_owned());
        }
        None => {}
    }
    Ok(judged)
}

/// Keeps the result for the person; gives when the lesson is asked again.
fn keep(
    person: Person,
    (assignment, judged): (&Assignment<'_>, &Judged),
    (is_right, is_follow_up): (bool, bool),
    (judge, lessons): (&Judge, &[Lesson]),
) -> Result<Option<Time>, Failure> {
    let held = person.place.store.hold()?;
    let head = &assignment.lesson.head;
    let (lesson, time) = ((head.key.as_str(), head.version.as_str()), now());
    let is_judged = judged.not_judged.is_empty();
    let (state, next, trigger) = person.change(lessons, &held, |learner| {
        if is_follow_up {
            learner.followed_up(time);
        }
        let mut state = None;
        if is_right {
            state = learner.answered_right(lesson, assignment.trigger.as_deref(), time);
        } else if is_judged {
            learner.answered_wrong(lesson, time);
        }
        let progress = learner.progress(lesson.0);
        let next = progress.and_then(|one| one.due);
        (state, next, progress.and_then(|one| one.trigger.clone()))
    })?;
    if let Some(state) = state.filter(|_| person.place.settings.history == Switch::On)
        && let Some(me) = &person.me
    {
        let steps = match judged.fix {
            Some(_) => "line, guard and repair",
            None => "line and guard",
        };
        let learned = Learned {
            id: new_id()?,
            at: time,
            who: me.who.clone(),
            key: me.key.clone(),
            lesson: head.key.clone(),
            version: head.version.clone(),
            state,
            evidence: format!(
                "{steps} right; judged by scrubin {}, rules {}",
                env!("CARGO_PKG_VERSION"),
                judge.digest.get(..12).unwrap_or(&judge.digest)
            ),
            trigger,
        };
        let bounds = bounds(&person.place.settings);
        person.place.store.add_learned(learned, bounds, &held)?;
    }
    Ok(next)
}

fn result(
    assignment: &Assignment<'_>,
    judged: &Judged,
    is_right: bool,
    next: Option<Time>,
    format: ListFormat,
) -> String {
    let head = &assignment.lesson.head;
    let day = next.map(|next| next.day().to_string());
    if format == ListFormat::Json {
        let document = json!({
            "version": 1,
            "lesson": head.key,
            "lesson-version": head.version,
            "own-code": assignment.trigger.is_some(),
            "right": is_right,
            "answers": judged,
            "next": day,
        });
        return format!("{document:#}\n");
    }
    let word = |answer: Option<bool>| match answer {
        Some(true) => "right",
        Some(false) => "wrong",
        None => "not asked",
    };
    let mut text = format!(
        "line: {} · guard: {} · repair: {}\n",
        word(judged.spot),
        word(judged.choose),
        judged.repair_word()
    );
    for reason in &judged.reasons {
        text.push_str(&format!("  {}\n", output::harmless(reason)));
    }
    for unclear in &judged.not_judged {
        text.push_str(&format!(
            "  it cannot be told {}\n",
            output::harmless(unclear)
        ));
    }
    if !judged.compiler.is_empty() {
        text.push_str(&format!("  C compiler: {}\n", judged.compiler));
    }
    text.push_str(&match (is_right, day) {
        (true, Some(day)) => format!("{} passed; asked again from {day} on\n", head.key),
        (true, None) => format!("{} passed\n", head.key),
        (false, Some(day)) => format!("{} not passed yet; asked again from {day} on\n", head.key),
        (false, None) => format!("{} not passed yet\n", head.key),
    });
    text
}

/// The exercise without its answers.
fn shown(assignment: &Assignment<'_>, format: ListFormat) -> String {
    if format == ListFormat::Terminal {
        return format!(
            "{}{}",
            talk::opening(assignment),
            talk::question(assignment)
        );
    }
    let quiz = &assignment.lesson.quiz;
    let options: Vec<&str> = quiz
        .options
        .iter()
        .map(|option| option.text.as_str())
        .collect();
    let document = json!({
        "version": 1,
        "lesson": assignment.lesson.head.key,
        "own-code": assignment.trigger.is_some(),
        "language": assignment.exercise.language,
        "code": assignment.exercise.code,
        "question": quiz.question,
        "options": options,
    });
    format!("{document:#}\n")
}

fn list(
    lessons: &[Lesson],
    learner: &Learner,
    own: &[&Episode<'_>],
    format: ListFormat,
) -> Result<Outcome, Failure> {
    let count = |key: &str| own.iter().filter(|one| one.found.lesson == key).count();
    let state = |key: &str| {
        let progress = learner.progress(key);
        match progress.and_then(|progress| progress.state()) {
            Some(state) => state.as_str(),
            None if progress.is_some_and(|progress| progress.found_again) => "found again",
            None => "",
        }
    };
    if format == ListFormat::Json {
        let rows: Vec<_> = lessons
            .iter()
            .map(|lesson| {
                let key = lesson.head.key.as_str();
                let languages: Vec<&str> = lesson
                    .tasks
                    .iter()
                    .map(|task| task.language.as_str())
                    .collect();
                json!({
                    "lesson": key,
                    "title": lesson.head.title,
                    "languages": languages,
                    "own-findings": count(key),
                    "state": state(key),
                })
            })
            .collect();
        output::text(&format!("{:#}\n", json!({"version": 1, "lessons": rows})))?;
        return Ok(Outcome::Passed);
    }
    let mut text = String::new();
    for lesson in lessons {
        let key = lesson.head.key.as_str();
        let own = match count(key) {
            0 => String::new(),
            count => format!(", {count} of yours"),
        };
        let state = match state(key) {
            "" => String::new(),
            state => format!(", {state}"),
        };
        text.push_str(&format!("{key:<18} {}{own}{state}\n", lesson.head.title));
    }
    output::text(&text)?;
    Ok(Outcome::Passed)
}

fn due(lessons: &[Lesson], learner: &Learner, format: ListFormat) -> Result<Outcome, Failure> {
    let time = now();
    let due = learner.due(time);
    let may_ask = learner.may_ask(time);
    if format == ListFormat::Json {
        let document = json!({"version": 1, "due": due, "asks-now": may_ask && !due.is_empty()});
        output::text(&format!("{document:#}\n"))?;
        return Ok(Outcome::Passed);
    }
    let mut text = String::new();
    for one in &due {
        let lesson = lessons.iter().find(|lesson| lesson.head.key == one.lesson);
        let since = one.due.map(|due| due.day().to_string()).unwrap_or_default();
        let why = if one.found_again { ", found again" } else { "" };
        text.push_str(&format!(
            "{:<18} {} (since {since}{why})\n",
            one.lesson,
            lesson.map_or("", |lesson| lesson.head.title.as_str()),
        ));
    }
    text.push_str(match (due.is_empty(), may_ask) {
        (true, _) => "nothing is due\n",
        (false, true) => "`scrubin learn` asks the first; `--skip` puts it off by a week\n",
        (false, false) => "the last follow-up was less than a week ago; `scrubin learn LESSON --follow-up` asks all the same\n",
    });
    output::text(&text)?;
    Ok(Outcome::Passed)
}

fn skip(
    person: Option<Person>,
    lesson: Option<&str>,
    lessons: &[Lesson],
) -> Result<Outcome, Failure> {
    let Some(person) = person else {
        output::text("nothing is kept of you here, so nothing is due\n")?;
        return Ok(Outcome::Passed);
    };
    let time = now();
    let first = person
        .learner
        .due(time)
        .first()
        .map(|one| one.lesson.clone());
    let Some(lesson) = lesson.map(str::to_owned).or(first) else {
        output::text("nothing is due\n")?;
        return Ok(Outcome::Passed);
    };
    let held = person.place.store.hold()?;
    person.change(lessons, &held, |learner| learner.skipped(&lesson, time))?;
    output::text(&format!("{lesson} is put off by a week\n"))?;
    Ok(Outcome::Passed)
}
