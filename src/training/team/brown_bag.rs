//! A sheet for twenty minutes with the team: one weakness, in the team's own code without its names.

use super::Topic;
use super::anonymise::anonymise;
use crate::training::html::{escape, listing, markdown, page_alone};
use crate::training::lesson::Lesson;

/// Lines of code on a sheet, so that it fits a page beside the rest.
const MOST_LINES: usize = 40;

/// A piece of code with a weakness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// `c` or `rust`.
    pub language: String,
    /// The code.
    pub code: String,
    /// 1-based line of the weakness in it.
    pub line: usize,
    /// Whether it is the team's own, so that its names have to go.
    pub is_own: bool,
}

/// A sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    title: String,
    reason: String,
    lesson: Lesson,
    sample: Sample,
}

/// Makes the sheet. Without code of the team's own, the sample of the lesson stands there.
pub fn sheet(topic: &Topic, lesson: &Lesson, own: Option<Sample>) -> Sheet {
    let of_lesson = || {
        let task = lesson.tasks.first();
        Sample {
            language: task.map(|task| task.language.clone()).unwrap_or_default(),
            code: task.map(|task| task.code.clone()).unwrap_or_default(),
            line: task.map_or(1, |task| task.line),
            is_own: false,
        }
    };
    let mut sample = own.unwrap_or_else(of_lesson);
    if sample.is_own {
        sample.code = anonymise(&sample.code, &sample.language);
    }
    Sheet {
        title: topic.title.clone(),
        reason: topic.reason.clone(),
        lesson: lesson.clone(),
        sample: shortened(sample),
    }
}

/// The lines around the weakness, no more than fit.
fn shortened(mut sample: Sample) -> Sample {
    let lines: Vec<&str> = sample.code.lines().collect();
    if lines.len() > MOST_LINES {
        let from = sample.line.saturating_sub(MOST_LINES * 2 / 3);
        let from = from.min(lines.len() - MOST_LINES);
        let kept = lines.iter().skip(from).take(MOST_LINES);
        let code: String = kept.map(|line| format!("{line}\n")).collect();
        sample.line -= from;
        sample.code = code;
    }
    sample
}

/// Renders the sheet, the answers on a page of their own.
pub fn sheet_html(sheet: &Sheet) -> String {
    let lesson = &sheet.lesson;
    let mut body = format!("<p>{}.</p>\n", escape(&sheet.reason));
    body.push_str("<h2>0 to 4 min: what happens</h2>\n");
    body.push_str(&markdown(lesson.section("What happens")));
    body.push_str("<h2>4 to 9 min: spot the line</h2>\n");
    body.push_str(if sheet.sample.is_own {
        "<p>From our own code; names are changed, and numbers that only we have. Everybody looks for two minutes, then compares.</p>\n"
    } else {
        "<p>A sample. Everybody looks for two minutes, then compares.</p>\n"
    });
    body.push_str(&code(&sheet.sample, false));
    body.push_str("<h2>9 to 14 min: choose the guard</h2>\n");
    body.push_str(&markdown(&lesson.quiz.question));
    body.push_str("<ol type=\"a\">\n");
    for option in &lesson.quiz.options {
        body.push_str(&format!("<li>{}</li>\n", markdown(&option.text)));
    }
    body.push_str("</ol>\n<h2>14 to 20 min: in our code</h2>\n");
    body.push_str(&markdown(lesson.section("In your code")));
    body.push_str("<p>What we agree on: ______________________________________________</p>\n");
    body.push_str("<h2 class=\"new-page\">Answers</h2>\n");
    body.push_str(&code(&sheet.sample, true));
    body.push_str(&markdown(lesson.section("The guard")));
    body.push_str("<ol type=\"a\">\n");
    for option in &lesson.quiz.options {
        let word = if option.is_right { "Right" } else { "Wrong" };
        body.push_str(&format!(
            "<li>{}</li>\n",
            markdown(&format!("**{word}.** {}", option.why))
        ));
    }
    body.push_str(&format!(
        "</ol>\n<p>Lesson {}, version {}. More: <code>scrubin explain {0}</code>.</p>\n",
        escape(&lesson.head.key),
        escape(&lesson.head.version)
    ));
    page_alone(&format!("Twenty minutes: {}", escape(&sheet.title)), &body)
}

fn code(sample: &Sample, is_marked: bool) -> String {
    let lines: Vec<(&str, &str)> = sample
        .code
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let is_bad = is_marked && index + 1 == sample.line;
            (if is_bad { "bad" } else { "" }, line)
        })
        .collect();
    listing(&lines, &sample.language)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::training::lesson;

    fn topic() -> (Topic, Lesson) {
        let lessons = lesson::builtin().unwrap();
        let lesson = lessons
            .into_iter()
            .find(|one| one.head.key == "L-LEN-BOUND")
            .unwrap();
        let topic = Topic {
            lesson: lesson.head.key.clone(),
            title: lesson.head.title.clone(),
            reason: "3 findings".to_owned(),
            blobs: Vec::new(),
        };
        (topic, lesson)
    }

    #[test]
    fn own_code_is_shown_without_its_names_and_cut_around_the_weakness() {
        let (topic, lesson) = topic();
        let filler = "    acme_step();\n".repeat(90);
        let own = Sample {
            language: "c".to_owned(),
            code: format!("void acme_parse(char *tag)\n{{\n{filler}    strcpy(acme, tag);\n}}\n"),
            line: 93,
            is_own: true,
        };
        let sheet = sheet(&topic, &lesson, Some(own));
        assert_eq!(sheet.sample.code.lines().count(), MOST_LINES);
        let marked = sheet
            .sample
            .code
            .lines()
            .nth(sheet.sample.line - 1)
            .unwrap();
        assert!(marked.contains("strcpy(value_"), "{marked}");
        let html = sheet_html(&sheet);
        assert!(!html.contains("acme"), "{html}");
        assert_eq!(html.matches("class=\"bad\"").count(), 1);
    }

    #[test]
    fn without_own_code_the_lesson_has_one() {
        let (topic, lesson) = topic();
        let sheet = sheet(&topic, &lesson, None);
        assert_eq!(sheet.sample.line, lesson.tasks[0].line);
        assert!(sheet_html(&sheet).contains("Right"));
    }
}
