//! A lesson for the terminal, as markdown and as JSON.

use serde_json::json;

use super::explain::{Page, PageOptions};
use super::lesson::{Lesson, SECTIONS};
use crate::report::page::ExampleLine;
use crate::report::visible;

/// Renders a lesson for a terminal; ends with a line feed. The answers of the quiz stand below it.
pub fn terminal(lesson: &Lesson, options: PageOptions) -> String {
    let head = &lesson.head;
    let mut page = Page::new(options);
    let title = page.paint.bold(&visible::line(&head.title));
    page.out.push_str(&format!(
        "{title}\nlesson {} · version {} · {} minutes\n",
        head.key, head.version, head.minutes
    ));
    for (heading, text) in SECTIONS.iter().zip(&lesson.sections) {
        page.heading(heading);
        if *heading == "Choose" {
            quiz(&mut page, lesson);
        } else {
            body(&mut page, text);
        }
    }
    page.out
}

/// Prose and blocks of code, in their order.
fn body(page: &mut Page, text: &str) {
    let mut prose = String::new();
    let mut block: Option<(String, Vec<ExampleLine>)> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(info)) => {
                page.text(&std::mem::take(&mut prose));
                let language = info.split(' ').next().unwrap_or_default();
                block = Some((language.to_owned(), Vec::new()));
            }
            (Some(_), Some(_)) => {
                if let Some((language, lines)) = block.take() {
                    page.out.push('\n');
                    page.code(&lines, &language);
                    page.out.push('\n');
                }
            }
            (Some((_, lines)), None) => lines.push(ExampleLine {
                marked: line.contains("<-- here"),
                text: visible::code(line).trim_end().to_owned(),
            }),
            (None, None) => {
                prose.push_str(line);
                prose.push('\n');
            }
        }
    }
    page.text(&prose);
}

fn quiz(page: &mut Page, lesson: &Lesson) {
    page.text(&lesson.quiz.question);
    for (letter, option) in ('a'..).zip(&lesson.quiz.options) {
        page.text(&format!("{letter}) {}", option.text));
    }
    page.heading("Answers");
    for (letter, option) in ('a'..).zip(&lesson.quiz.options) {
        let verdict = if option.is_right { "right" } else { "wrong" };
        page.text(&format!("{letter}) {verdict}: {}", option.why));
    }
}

/// Renders a lesson as markdown; ends with a line feed.
pub fn markdown(lesson: &Lesson) -> String {
    let head = &lesson.head;
    let mut out = format!(
        "# {}\n\nLesson {}, version {}, {} minutes.\n",
        head.title, head.key, head.version, head.minutes
    );
    for (heading, text) in SECTIONS.iter().zip(&lesson.sections) {
        out.push_str(&format!("\n## {heading}\n\n{text}\n"));
    }
    out
}

/// Renders a lesson as JSON; ends with a line feed.
pub fn json(lesson: &Lesson) -> String {
    let head = &lesson.head;
    let sections: Vec<_> = SECTIONS
        .iter()
        .zip(&lesson.sections)
        .map(|(heading, text)| json!({"heading": heading, "text": text}))
        .collect();
    let options: Vec<_> = lesson
        .quiz
        .options
        .iter()
        .map(|option| json!({"text": option.text, "right": option.is_right, "why": option.why}))
        .collect();
    let tasks: Vec<_> = lesson
        .tasks
        .iter()
        .map(|task| {
            json!({
                "language": task.language,
                "path": task.path,
                "code": task.code,
                "line": task.line,
                "guard": task.guard,
            })
        })
        .collect();
    let document = json!({
        "key": head.key,
        "title": head.title,
        "version": head.version,
        "minutes": head.minutes,
        "area": head.area,
        "cwe": head.cwe,
        "sections": sections,
        "quiz": {"question": lesson.quiz.question, "options": options},
        "tasks": tasks,
    });
    format!("{document:#}\n")
}
