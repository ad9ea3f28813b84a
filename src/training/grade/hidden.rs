//! Hidden inputs: functions behind a piece of code that call it with known values, and say what has to hold
//! afterwards. The analyses follow the values through the code; nothing is run.
//!
//! `rulesets/lessons/README.md` describes the form of these texts.

use std::collections::BTreeSet;

use super::shape::Shape;
use super::{Examine, Exercise};
use crate::finding::{Finding, Precision};

/// The rule that speaks where a line is reached: each outcome of an expectation writes outside of an object.
const REACHED: &str = "C-LEN-030";

/// What the hidden inputs of an exercise say of a piece of code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Tried {
    /// What does not hold.
    pub(super) wrong: Vec<String>,
    /// What the analyses cannot tell.
    pub(super) unclear: Vec<String>,
    /// How many expectations hold.
    pub(super) held: usize,
}

/// Puts the hidden inputs behind an answer; `None` where the exercise has none that say something.
pub(super) fn tried(exercise: &Exercise, answer: &str, examine: &mut Examine<'_>) -> Option<Tried> {
    let hidden = Hidden::of(exercise.hidden.as_deref()?, &exercise.language);
    let guard = match &exercise.guard {
        Some(guard) => Some(World::of(&hidden, exercise, guard, examine)?),
        None => None,
    };
    // What a right repair does not make true, or cannot be told of one, says nothing of another.
    let asked: Vec<usize> = (0..hidden.expectations.len())
        .filter(|at| {
            guard
                .as_ref()
                .is_none_or(|guard| guard.outcome(*at) == Outcome::Held)
        })
        .collect();
    if asked.is_empty() {
        return None;
    }
    let mut tried = Tried::default();
    let Some(world) = World::of(&hidden, exercise, answer, examine) else {
        tried
            .unclear
            .push("the hidden inputs cannot be put behind this code".to_owned());
        return Some(tried);
    };
    let allowed = guard.map(|guard| guard.found).unwrap_or_default();
    let alone = examine(&exercise.path, answer).unwrap_or_default();
    tried.wrong = world.new_findings(&alone, &allowed);
    for at in asked {
        let Some(expectation) = hidden.expectations.get(at) else {
            continue;
        };
        match world.outcome(at) {
            Outcome::Held => tried.held += 1,
            Outcome::Missed => tried.wrong.push(expectation.message.clone()),
            Outcome::Unclear => tried
                .unclear
                .push(format!("whether {}", expectation.message)),
        }
    }
    dedup(&mut tried.wrong);
    dedup(&mut tried.unclear);
    Some(tried)
}

/// Keeps the first of equal sentences.
fn dedup(sentences: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    sentences.retain(|sentence| seen.insert(sentence.clone()));
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expectation {
    /// 1-based lines of the text that are reached where it holds, and where it does not.
    held: usize,
    missed: usize,
    /// What is wrong where it does not.
    message: String,
}

/// A hidden text, ready to stand behind code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Hidden {
    /// Texts of the code that are replaced, and by what.
    apart: Vec<(String, String)>,
    /// Paragraphs of lines; each holds at most one function.
    text: String,
    expectations: Vec<Expectation>,
}

impl Hidden {
    fn of(text: &str, language: &str) -> Self {
        let mut hidden = Self::default();
        let mut lines: Vec<String> = Vec::new();
        for line in text.lines() {
            if let Some(pair) = apart(line) {
                hidden.apart.push(pair);
                lines.push(String::new());
                continue;
            }
            let Some((condition, message)) = expectation(line) else {
                lines.push(with_texts(line));
                continue;
            };
            let [reached, missed] = canaries(language);
            lines.push(if language == "rust" {
                format!("if {condition} {{")
            } else {
                format!("if ({condition}) {{")
            });
            lines.push(reached.to_owned());
            lines.push("} else {".to_owned());
            lines.push(missed.to_owned());
            lines.push("}".to_owned());
            hidden.expectations.push(Expectation {
                held: lines.len() - 3,
                missed: lines.len() - 1,
                message: message.to_owned(),
            });
        }
        hidden.text = lines.join("\n");
        hidden.text.push('\n');
        hidden
    }

    /// The text without the functions that a piece of code defines itself; its lines stay.
    fn beside(&self, code: &Shape<'_>, language: &str) -> String {
        let mut out = String::with_capacity(self.text.len());
        for paragraph in self.text.split("\n\n") {
            let is_defined = Shape::of(paragraph, language)
                .functions
                .iter()
                .any(|one| code.function(one.name).is_some());
            if is_defined {
                out.push_str(&"\n".repeat(paragraph.matches('\n').count()));
            } else {
                out.push_str(paragraph);
            }
            out.push_str("\n\n");
        }
        out
    }
}

/// Statements that the analyses report where they are reached.
fn canaries(language: &str) -> [&'static str; 2] {
    if language == "rust" {
        [
            "let mut held_ = [0u8; 1]; held_[7] = 0;",
            "let mut missed_ = [0u8; 1]; missed_[7] = 0;",
        ]
    } else {
        [
            "char held_[1]; held_[7] = 0;",
            "char missed_[1]; missed_[7] = 0;",
        ]
    }
}

/// Condition and message of `EXPECT(r == 0); // what fits is refused`.
fn expectation(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().strip_prefix("EXPECT(")?;
    let (condition, message) = rest.split_once("); // ")?;
    Some((condition, message.trim()))
}

/// The texts of `APART(char name[16]; int limit; => int limit; char name[16];)`.
fn apart(line: &str) -> Option<(String, String)> {
    let inside = line.trim().strip_prefix("APART(")?.strip_suffix(')')?;
    let (from, to) = inside.split_once(" => ")?;
    Some((from.trim().to_owned(), to.trim().to_owned()))
}

/// Puts texts of so many letters where `TEXT(16)`, `TEXT(16 - 1)` or `TEXT(16 + 1)` stands.
fn with_texts(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("TEXT(") {
        let Some((amount, behind)) = after.split_once(')') else {
            break;
        };
        out.push_str(before);
        out.push('"');
        out.extend(('a'..='z').cycle().take(amount_of(amount)));
        out.push('"');
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The value of a number, a sum or a difference of two; at most 4,096.
fn amount_of(text: &str) -> usize {
    const MOST: usize = 4_096;
    let number = |text: &str| text.trim().parse::<usize>().unwrap_or(0);
    let value = match (text.split_once('+'), text.split_once('-')) {
        (Some((one, two)), _) => number(one).saturating_add(number(two)),
        (None, Some((one, two))) => number(one).saturating_sub(number(two)),
        (None, None) => number(text),
    };
    value.min(MOST)
}

/// How an expectation came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Held,
    Missed,
    /// Either may be, or the end was not reached.
    Unclear,
}

/// Code with the hidden inputs behind it, as the rules see it.
struct World {
    /// Findings in the code itself.
    found: Vec<Finding>,
    /// Outcomes, in the order of the expectations.
    outcomes: Vec<Outcome>,
}

impl World {
    /// `None` where the whole does not parse.
    fn of(
        hidden: &Hidden,
        exercise: &Exercise,
        code: &str,
        examine: &mut Examine<'_>,
    ) -> Option<Self> {
        let shape = Shape::of(code, &exercise.language);
        let behind = hidden.beside(&shape, &exercise.language);
        let mut text = code.to_owned();
        for (from, to) in &hidden.apart {
            text = text.replace(from, to);
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let lines = text.lines().count();
        text.push_str(&behind);
        let all = examine(&exercise.path, &text).ok()?;
        let line_of = |one: &Finding| usize::try_from(one.location.start.line).unwrap_or(0);
        let reached: BTreeSet<usize> = all
            .iter()
            .filter(|one| one.rule.as_str() == REACHED)
            .map(line_of)
            .collect();
        let outcomes = hidden
            .expectations
            .iter()
            .map(|one| {
                let is_reached = |line: usize| reached.contains(&(lines + line));
                match (is_reached(one.held), is_reached(one.missed)) {
                    (true, false) => Outcome::Held,
                    (false, true) => Outcome::Missed,
                    _ => Outcome::Unclear,
                }
            })
            .collect();
        let found = all.into_iter().filter(|one| line_of(one) <= lines);
        Some(Self {
            found: found.collect(),
            outcomes,
        })
    }

    fn outcome(&self, at: usize) -> Outcome {
        self.outcomes.get(at).copied().unwrap_or(Outcome::Unclear)
    }

    /// What the rules say of the code with these inputs, and neither without them nor of a right repair.
    fn new_findings(&self, alone: &[Finding], allowed: &[Finding]) -> Vec<String> {
        let is_known = |one: &Finding| {
            let place = one.location.start.line;
            alone
                .iter()
                .any(|old| old.rule == one.rule && old.location.start.line == place)
                || allowed.iter().any(|old| old.rule == one.rule)
        };
        self.found
            .iter()
            .filter(|one| one.precision > Precision::Low && !is_known(one))
            .map(|one| {
                format!(
                    "line {}, with a hidden input: {} ({})",
                    one.location.start.line, one.message, one.rule
                )
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn an_expectation_becomes_two_ways() {
        let hidden = Hidden::of(
            "APART(int a; int b; => int b; int a;)\nvoid hidden_a(void)\n{\n    int r = f(TEXT(2 + 1), TEXT(4 - 2), TEXT(1));\n    EXPECT(r == 0); // what fits is refused\n}\n\nint g(void)\n{\n    return 1;\n}\n",
            "c",
        );
        let pair = ("int a; int b;".to_owned(), "int b; int a;".to_owned());
        assert_eq!(hidden.apart, [pair]);
        let lines: Vec<&str> = hidden.text.lines().collect();
        assert_eq!(lines[3], "    int r = f(\"abc\", \"ab\", \"a\");");
        let expectation = &hidden.expectations[0];
        assert!(lines[expectation.held - 1].starts_with("char held_"));
        assert!(lines[expectation.missed - 1].starts_with("char missed_"));
        assert_eq!(expectation.message, "what fits is refused");
    }

    #[test]
    fn what_the_code_defines_itself_stands_once_and_lines_stay() {
        let hidden = Hidden::of("int g(void)\n{\n    return 1;\n}\n\nint h;\n", "c");
        let beside = hidden.beside(&Shape::of("int g(void) { return 2; }", "c"), "c");
        assert!(!beside.contains("return 1"));
        let line_of = |text: &str| text.lines().position(|line| line == "int h;");
        assert_eq!(line_of(&beside), line_of(&hidden.text));
    }

    #[test]
    fn what_is_cut_off_changes_nothing() {
        assert_eq!(with_texts("TEXT(3"), "TEXT(3");
        assert_eq!(with_texts("TEXT(x)"), "\"\"");
        assert_eq!(amount_of("99999"), 4_096);
        assert_eq!(expectation("EXPECT(a)"), None);
        assert_eq!(apart("APART(a b)"), None);
    }
}
