//! A lesson as a talk at the terminal.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::Command;

use super::exercise::{Assignment, Judge, Judged};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::report::visible;
use crate::training::grade::{Grade, Verdict};

/// Lines of code that are shown around the weakness of a long file.
const AROUND: usize = 18;

/// Most tries at a repair before the talk ends by itself.
const TRIES: usize = 20;

/// Leads through the steps; `None` where the learner left before the end.
pub(super) fn talk(
    assignment: &Assignment<'_>,
    judge: &mut Judge,
    with_fix: bool,
) -> Result<Option<Judged>, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::message("nobody can be asked here").with_help(
            "`scrubin learn LESSON --show` prints the exercise, `--answers FILE` takes the answers",
        ));
    }
    output::text(&opening(assignment))?;
    let mut judged = Judged::default();
    let Some(line) = asked("Which line is the weakness in? ")? else {
        return Ok(None);
    };
    let is_right = line
        .parse()
        .is_ok_and(|line| assignment.right_lines.contains(&line));
    judged.spot = Some(is_right);
    output::message(&if is_right {
        "Right.".to_owned()
    } else {
        format!("No: line {}.", assignment.exercise.line)
    });
    output::text(&question(assignment))?;
    let Some(letter) = asked("Which one? ")? else {
        return Ok(None);
    };
    let chosen = option_of(&letter);
    let quiz = &assignment.lesson.quiz;
    let choice = chosen.and_then(|at| quiz.options.get(at));
    judged.choose = Some(choice.is_some_and(|choice| choice.is_right));
    for (letter, option) in ('a'..).zip(&quiz.options) {
        let word = if option.is_right { "right" } else { "wrong" };
        output::message(&format!("{letter}) {word}: {}", visible::line(&option.why)));
    }
    if with_fix {
        return repair(assignment, judge, judged);
    }
    Ok(Some(judged))
}

/// The number of an option by its letter.
pub(super) fn option_of(text: &str) -> Option<usize> {
    let mut letters = text.trim().chars();
    match (letters.next(), letters.next()) {
        (Some(letter @ 'a'..='z'), None) => {
            usize::try_from(u32::from(letter) - u32::from('a')).ok()
        }
        (Some(letter @ 'A'..='Z'), None) => {
            usize::try_from(u32::from(letter) - u32::from('A')).ok()
        }
        _ => None,
    }
}

fn repair(
    assignment: &Assignment<'_>,
    judge: &mut Judge,
    mut judged: Judged,
) -> Result<Option<Judged>, Failure> {
    let suffix = match assignment.exercise.language.as_str() {
        "c" => ".c",
        "rust" => ".rs",
        _ => ".txt",
    };
    let mut file = tempfile::Builder::new()
        .prefix("scrubin-learn-")
        .suffix(suffix)
        .tempfile()
        .map_err(|error| Failure::new(error).doing("make a temporary file"))?;
    std::io::Write::write_all(&mut file, assignment.exercise.code.as_bytes())
        .map_err(|error| Failure::new(error).doing("write the code into a temporary file"))?;
    output::message("Write the repair in your editor; the rules judge it when you close it.");
    for _ in 0..TRIES {
        edit(file.path())?;
        let answer = std::fs::read_to_string(file.path())
            .map_err(|error| Failure::new(error).doing("read the repair"))?;
        let (grade, compiler) = judge.grade(assignment, &answer);
        output::message(&verdict(&grade, &compiler));
        judged.set_repair(grade, compiler);
        if judged.fix == Some(true) {
            return Ok(Some(judged));
        }
        match asked("Again? [Y/n, s shows a right repair] ")?.as_deref() {
            Some("" | "y" | "Y" | "yes") => {}
            Some("s" | "S") => {
                let guard = assignment.lesson.section("The guard");
                output::text(&format!("{}\n", visible::code(guard)))?;
                return Ok(Some(judged));
            }
            _ => return Ok(Some(judged)),
        }
    }
    Ok(Some(judged))
}

/// What is told of a repair.
pub(super) fn verdict(grade: &Grade, compiler: &str) -> String {
    let listed = |sentences: &[String]| -> String {
        let lines = sentences.iter();
        lines
            .map(|sentence| format!("\n  {}", visible::line(sentence)))
            .collect()
    };
    match grade.verdict() {
        Verdict::Right => {}
        Verdict::Wrong => return format!("Not yet:{}", listed(&grade.reasons)),
        Verdict::NotJudged => {
            return format!(
                "Not judged: nothing speaks against it, but it cannot be told{}\nWrite it with fewer detours, or with calls whose code is here.",
                listed(&grade.unclear)
            );
        }
    }
    let forms = match grade.variants {
        0 => "no other form of it could be tried".to_owned(),
        1 => "with other names or sizes too".to_owned(),
        more => format!("in {more} forms with other names and sizes too"),
    };
    let inputs = match grade.inputs {
        0 => String::new(),
        1 => ", one hidden input comes out right".to_owned(),
        more => format!(", {more} outcomes of hidden inputs are right"),
    };
    format!("Right: no rule speaks, {forms}{inputs}. C compiler: {compiler}.")
}

/// Opens the editor as git does: the variable may hold arguments.
fn edit(file: &Path) -> Result<(), Failure> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| {
            std::env::var(name)
                .ok()
                .filter(|value| !value.trim().is_empty())
        })
        .ok_or_else(|| {
            Failure::message("no editor is set").with_help("export EDITOR=nano, or VISUAL")
        })?;
    let status = Command::new("sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file)
        .status()
        .map_err(|error| Failure::new(error).doing("start the editor"))?;
    if status.success() {
        return Ok(());
    }
    Err(
        Failure::message(format!("the editor `{editor}` ended with an error"))
            .with_help("set VISUAL or EDITOR to one that waits until the file is closed"),
    )
}

/// A line from the learner; `None` at the end of input, or for `q`.
fn asked(question: &str) -> Result<Option<String>, Failure> {
    output::prompt(question);
    let mut line = String::new();
    let read = std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::new(error).doing("read the answer"))?;
    let line = line.trim().to_owned();
    Ok((read > 0 && line != "q").then_some(line))
}

/// Title, story and code.
pub(super) fn opening(assignment: &Assignment<'_>) -> String {
    let lesson = assignment.lesson;
    let from = match assignment.trigger {
        Some(_) => "From your own code, as a review found it:",
        None => "Spot the line:",
    };
    format!(
        "{} ({}, {} minutes; `q` leaves)\n\n{}\n\n{from}\n{}\n",
        lesson.head.title,
        lesson.head.key,
        lesson.head.minutes,
        visible::code(lesson.section("What happens")),
        numbered(&assignment.exercise.code, assignment.exercise.line),
    )
}

/// The question and its options.
pub(super) fn question(assignment: &Assignment<'_>) -> String {
    let quiz = &assignment.lesson.quiz;
    let mut text = format!("\n{}\n", visible::line(&quiz.question));
    for (letter, option) in ('a'..).zip(&quiz.options) {
        text.push_str(&format!("  {letter}) {}\n", visible::line(&option.text)));
    }
    text
}

/// Code with line numbers: all of it, or the part around the weakness, which does not stand in the middle.
fn numbered(code: &str, line: usize) -> String {
    let lines: Vec<&str> = code.lines().collect();
    let (from, to) = if lines.len() > 3 * AROUND {
        let from = line.saturating_sub(AROUND + line % 7);
        (from, from + 2 * AROUND + 4)
    } else {
        (0, lines.len())
    };
    lines
        .iter()
        .enumerate()
        .take(to)
        .skip(from)
        .map(|(index, text)| format!("{:>5}  {}\n", index + 1, visible::line(text)))
        .collect()
}
