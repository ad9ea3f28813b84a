//! Lessons: the files under `rulesets/lessons/`, read into parts. `rulesets/lessons/README.md` describes
//! the form.

use serde::Deserialize;

/// A lesson that does not have its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct LessonError {
    /// Name of the file.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// What stands above the text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// `L-LEN-BOUND`.
    pub key: String,
    /// The skill in a short sentence.
    pub title: String,
    /// A change of meaning is minor, one of wording patch.
    pub version: String,
    /// How long it takes.
    pub minutes: u32,
    /// The second part of the key.
    pub area: String,
    /// CWE ids of its rules.
    pub cwe: Vec<String>,
}

/// A lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// Key, title, version.
    pub head: Head,
    /// The text below each heading, in the order of [`SECTIONS`], as markdown.
    pub sections: Vec<String>,
    /// The quiz of `Choose`.
    pub quiz: Quiz,
    /// The blocks of `Spot it`, each with its guard.
    pub tasks: Vec<Task>,
}

/// A block of code to look at, and what makes it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// `c`, `rust`, or another word after the fence.
    pub language: String,
    /// File name, where it matters.
    pub path: Option<String>,
    /// The code without its mark.
    pub code: String,
    /// 1-based line of the weakness.
    pub line: usize,
    /// The repaired code.
    pub guard: String,
}

/// A question with one right option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quiz {
    /// The question.
    pub question: String,
    /// Three or four.
    pub options: Vec<Choice>,
}

/// One of its options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it says.
    pub text: String,
    /// Whether it is the right one.
    pub is_right: bool,
    /// Why.
    pub why: String,
}

/// The headings of a lesson.
pub const SECTIONS: [&str; 7] = [
    "What happens",
    "Why it happens",
    "Spot it",
    "The guard",
    "Choose",
    "In your code",
    "More",
];

const SPOT: usize = 2;
const GUARD: usize = 3;
const CHOOSE: usize = 4;

/// What ends the line of the weakness.
const MARKS: [&str; 2] = ["// <-- here", "# <-- here"];

/// Name and text of every lesson of this release.
pub(crate) static TEXTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lessons.bin"));

/// The lessons of this release, by key.
///
/// # Errors
/// The first one that does not have its form; a test reads them all.
pub fn builtin() -> Result<Vec<Lesson>, LessonError> {
    let texts: Vec<(String, String)> =
        postcard::from_bytes(TEXTS).map_err(|error| LessonError {
            file: "lessons".to_owned(),
            line: 0,
            problem: error.to_string(),
        })?;
    texts
        .iter()
        .map(|(name, text)| Lesson::parse(text, name))
        .collect()
}

impl Lesson {
    /// Reads the text of a file. `file` is its name, for errors.
    ///
    /// # Errors
    /// The first thing that is not as the form asks, with its line.
    pub fn parse(text: &str, file: &str) -> Result<Self, LessonError> {
        Reader { file }.lesson(text)
    }

    /// The text below a heading, or nothing.
    pub fn section(&self, heading: &str) -> &str {
        SECTIONS
            .iter()
            .position(|known| *known == heading)
            .and_then(|at| self.sections.get(at))
            .map_or("", String::as_str)
    }
}

/// A fenced block.
struct Block {
    info: String,
    code: String,
}

struct Reader<'f> {
    file: &'f str,
}

impl Reader<'_> {
    fn error<T>(&self, line: usize, problem: impl Into<String>) -> Result<T, LessonError> {
        Err(LessonError {
            file: self.file.to_owned(),
            line,
            problem: problem.into(),
        })
    }

    fn lesson(&self, text: &str) -> Result<Lesson, LessonError> {
        let Some((front, body)) = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
        else {
            return self.error(
                1,
                "a lesson begins with front matter between lines of `---`",
            );
        };
        let head: Head = match serde_saphyr::from_str(front) {
            Ok(head) => head,
            Err(error) => return self.error(1, error.to_string()),
        };
        // The lines of the front matter and its two fences.
        let above = front.lines().count() + 2;
        let sections = self.sections(body, above)?;
        let mut texts = Vec::with_capacity(SECTIONS.len());
        for (text, _) in &sections {
            texts.push(text.clone());
        }
        let at = |section: usize| {
            sections
                .get(section)
                .map_or((String::new(), 1), Clone::clone)
        };
        let (spot, spot_line) = at(SPOT);
        let (guard, guard_line) = at(GUARD);
        let (choose, choose_line) = at(CHOOSE);
        Ok(Lesson {
            head,
            quiz: self.quiz(&choose, choose_line)?,
            tasks: self.tasks((&spot, spot_line), (&guard, guard_line))?,
            sections: texts,
        })
    }

    /// The text of each section and the 1-based line of its heading.
    fn sections(&self, body: &str, above: usize) -> Result<Vec<(String, usize)>, LessonError> {
        let mut found: Vec<(String, usize)> = Vec::new();
        let mut in_fence = false;
        for (index, line) in body.lines().enumerate() {
            let number = above + index + 1;
            if line.starts_with("```") {
                in_fence = !in_fence;
            }
            if let Some(heading) = line.strip_prefix("## ").filter(|_| !in_fence) {
                let expected = SECTIONS.get(found.len());
                if expected != Some(&heading) {
                    return self.error(
                        number,
                        format!("`{heading}` stands where {expected:?} is expected"),
                    );
                }
                found.push((String::new(), number));
                continue;
            }
            match found.last_mut() {
                Some((text, _)) => {
                    text.push_str(line);
                    text.push('\n');
                }
                None if line.trim().is_empty() => {}
                None => return self.error(number, "text before the first heading"),
            }
        }
        if found.len() != SECTIONS.len() {
            return self.error(
                above,
                format!("{} of {} headings", found.len(), SECTIONS.len()),
            );
        }
        Ok(found
            .into_iter()
            .map(|(text, line)| (text.trim().to_owned(), line))
            .collect())
    }

    fn blocks(&self, text: &str, line: usize) -> Result<Vec<Block>, LessonError> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        for text in text.lines() {
            match (&mut open, text.strip_prefix("```")) {
                (None, Some(info)) => {
                    open = Some(Block {
                        info: info.trim().to_owned(),
                        code: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.code.push_str(text);
                    block.code.push('\n');
                }
                (None, None) => {}
            }
        }
        if open.is_some() {
            return self.error(line, "a fence is not closed");
        }
        Ok(blocks)
    }

    fn tasks(
        &self,
        (spot, spot_line): (&str, usize),
        (guard, guard_line): (&str, usize),
    ) -> Result<Vec<Task>, LessonError> {
        let (bad, good) = (
            self.blocks(spot, spot_line)?,
            self.blocks(guard, guard_line)?,
        );
        if bad.is_empty() || bad.len() != good.len() {
            return self.error(
                guard_line,
                format!("{} blocks to spot, {} guards", bad.len(), good.len()),
            );
        }
        let mut tasks = Vec::new();
        for (bad, good) in bad.into_iter().zip(good) {
            let (language, path) = match bad.info.split_once(' ') {
                Some((language, path)) => (language, Some(path.trim().to_owned())),
                None => (bad.info.as_str(), None),
            };
            let marked: Vec<usize> = bad
                .code
                .lines()
                .enumerate()
                .filter(|(_, line)| mark(line).is_some())
                .map(|(index, _)| index + 1)
                .collect();
            let [line] = marked.as_slice() else {
                return self.error(
                    spot_line,
                    format!("{} lines are marked, not one", marked.len()),
                );
            };
            let code: String = bad
                .code
                .lines()
                .map(|line| format!("{}\n", mark(line).unwrap_or(line)))
                .collect();
            tasks.push(Task {
                language: language.to_owned(),
                path,
                code,
                line: *line,
                guard: good.code,
            });
        }
        Ok(tasks)
    }

    fn quiz(&self, text: &str, line: usize) -> Result<Quiz, LessonError> {
        let mut question = String::new();
        let mut options: Vec<Choice> = Vec::new();
        for text in text.lines() {
            let right = text.strip_prefix("- [x] ");
            if let Some(option) = right.or_else(|| text.strip_prefix("- [ ] ")) {
                options.push(Choice {
                    text: option.to_owned(),
                    is_right: right.is_some(),
                    why: String::new(),
                });
                continue;
            }
            let into = match options.last_mut() {
                Some(option) => &mut option.why,
                None => &mut question,
            };
            if !into.is_empty() {
                into.push(' ');
            }
            into.push_str(text.trim());
        }
        let right = options.iter().filter(|option| option.is_right).count();
        if question.trim().is_empty() || !(3..=4).contains(&options.len()) || right != 1 {
            let found = format!("{} options, {right} of them right", options.len());
            return self.error(
                line,
                format!("a question with three or four options, one right: {found}"),
            );
        }
        if options.iter().any(|option| option.why.trim().is_empty()) {
            return self.error(line, "an option does not say why it is right or wrong");
        }
        Ok(Quiz {
            question: question.trim().to_owned(),
            options,
        })
    }
}

/// The line without its mark, if it has one.
fn mark(line: &str) -> Option<&str> {
    MARKS
        .iter()
        .find_map(|mark| line.trim_end().strip_suffix(mark))
        .map(str::trim_end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    const TEXT: &str = "---\nkey: L-LEN-BOUND\ntitle: Ask how much fits\nversion: 1.0.0\nminutes: 5\narea: LEN\ncwe: [\"CWE-120\"]\n---\n\
        ## What happens\nA frame.\n\n## Why it happens\nHaste.\n\n## Spot it\n```c\nvoid f(void)\n{\n    g(); // <-- here\n}\n```\n\n\
        ## The guard\n```c\n## no heading\n```\nIt fits.\n\n## Choose\nWhich?\n- [ ] One\n  No.\n- [x] Two\n  Yes,\n  it is.\n- [ ] Three\n  No.\n\n\
        ## In your code\n1. A?\n\n## More\n- CWE-120\n";

    #[test]
    fn a_lesson_is_read_into_its_parts() {
        let lesson = Lesson::parse(TEXT, "x.md").unwrap();
        assert_eq!(lesson.head.key, "L-LEN-BOUND");
        assert_eq!(lesson.section("What happens"), "A frame.");
        let task = &lesson.tasks[0];
        assert_eq!((task.language.as_str(), task.line), ("c", 3));
        assert_eq!(task.code, "void f(void)\n{\n    g();\n}\n");
        assert_eq!(task.guard, "## no heading\n");
        assert_eq!(lesson.quiz.question, "Which?");
        assert_eq!(lesson.quiz.options[1].why, "Yes, it is.");
        assert!(lesson.quiz.options[1].is_right);
    }

    #[test]
    fn every_lesson_of_the_release_has_its_form() {
        let lessons = builtin().unwrap();
        assert!(lessons.len() >= 35);
        for lesson in &lessons {
            let head = &lesson.head;
            let area = head.key.split('-').nth(1);
            assert_eq!(Some(head.area.as_str()), area, "{}", head.key);
            assert!(head.minutes == 5 && !head.cwe.is_empty(), "{}", head.key);
        }
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        let error = |from: &str, to: &str| {
            Lesson::parse(&TEXT.replace(from, to), "x.md")
                .unwrap_err()
                .to_string()
        };
        assert!(
            error("## Choose", "## Chose").starts_with("x.md:29: `Chose` stands where"),
            "{}",
            error("## Choose", "## Chose")
        );
        assert!(error("- [x] Two", "- [ ] Two").contains("0 of them right"));
        assert!(error(" // <-- here", "").contains("0 lines are marked"));
        assert!(error("minutes: 5", "minuts: 5").contains("minuts"));
        assert!(error("\n## More\n- CWE-120\n", "\n").contains("6 of 7 headings"));
    }
}
