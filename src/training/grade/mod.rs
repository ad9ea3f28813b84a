//! Judges a repair that a learner wrote: the rule has to be silent, on the repair and with other names and
//! sizes in it, and the code has to do what it did before. Nothing is run; the caller brings the rules and,
//! where there is one, a compiler.

mod complaints;
mod shape;
mod tokens;
mod variant;

use std::collections::BTreeSet;

use crate::finding::{Finding, Precision, RepoPath};

pub use variant::{Variant, variants};

/// What the rules find in a text of that name; the error says what does not parse.
pub type Examine<'x> = dyn FnMut(&RepoPath, &str) -> Result<Vec<Finding>, String> + 'x;

/// Code with a weakness, to be repaired.
#[derive(Debug, Clone)]
pub struct Exercise {
    /// The name it goes by: its end tells the language.
    pub path: RepoPath,
    /// `c`, `rust`, or the language of a configuration file.
    pub language: String,
    /// The code.
    pub code: String,
    /// 1-based line of the weakness.
    pub line: usize,
    /// A right repair, where one is known: what it takes away may go.
    pub guard: Option<String>,
    /// Codes of the rules of the lesson.
    pub rules: BTreeSet<String>,
}

/// What is thought of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grade {
    /// Why it is wrong; nothing where it is right.
    pub reasons: Vec<String>,
    /// How many forms of it with other names and sizes were looked at.
    pub variants: usize,
}

impl Grade {
    /// Whether the repair is right.
    pub fn is_right(&self) -> bool {
        self.reasons.is_empty()
    }

    fn wrong(reason: impl Into<String>) -> Self {
        Self {
            reasons: vec![reason.into()],
            variants: 0,
        }
    }
}

/// Longest repair that is judged, in bytes.
const LONGEST: usize = 1 << 20;

/// Judges a repair.
pub fn grade(exercise: &Exercise, answer: &str, examine: &mut Examine<'_>) -> Grade {
    if answer.trim().is_empty() {
        return Grade::wrong("nothing is left of the code");
    }
    if answer.len() > LONGEST {
        return Grade::wrong("this is too long to be judged");
    }
    let mut grade = Grade {
        reasons: complaints::complaints(exercise, answer),
        variants: 0,
    };
    let before = examine(&exercise.path, &exercise.code).unwrap_or_default();
    let guard = exercise.guard.as_deref();
    let guard = guard.and_then(|guard| examine(&exercise.path, guard).ok());
    let most = left_over(exercise, &before, guard.as_deref());
    let allowed: Vec<&Finding> = before.iter().chain(guard.iter().flatten()).collect();
    match examine(&exercise.path, answer) {
        Err(problem) => {
            grade
                .reasons
                .push(format!("a part of it does not parse: {problem}"));
            return grade;
        }
        Ok(after) => grade
            .reasons
            .extend(heard(exercise, (most, &allowed), &after)),
    }
    if !grade.is_right() {
        return grade;
    }
    for variant in variants(exercise, examine) {
        // A form that does not parse is no fault of the learner's.
        let Ok(found) = examine(&exercise.path, &variant.of(answer)) else {
            continue;
        };
        grade.variants += 1;
        if of_lesson(exercise, &found).len() > most {
            grade.reasons.push(format!(
                "with {} the rule speaks again: the repair hangs on them",
                variant.words
            ));
            break;
        }
    }
    grade
}

/// Findings of the rules of the lesson.
fn of_lesson<'f>(exercise: &Exercise, findings: &'f [Finding]) -> Vec<&'f Finding> {
    findings
        .iter()
        .filter(|one| exercise.rules.contains(one.rule.as_str()))
        .collect()
}

/// How many findings of the lesson a right repair may leave: what a known one leaves; in code of the
/// learner's own all but the one in question.
fn left_over(exercise: &Exercise, before: &[Finding], guard: Option<&[Finding]>) -> usize {
    match guard {
        Some(guard) => of_lesson(exercise, guard).len(),
        None => of_lesson(exercise, before).len().saturating_sub(1),
    }
}

/// What the rules still say, or say anew.
fn heard(
    exercise: &Exercise,
    (most, allowed): (usize, &[&Finding]),
    after: &[Finding],
) -> Vec<String> {
    let mut reasons = Vec::new();
    let still = of_lesson(exercise, after);
    if still.len() > most {
        reasons.extend(still.iter().map(|one| {
            format!(
                "line {}: {} ({})",
                one.location.start.line, one.message, one.rule
            )
        }));
    }
    // A rule of low precision lists constructs that other code may well have.
    let old: BTreeSet<&str> = allowed.iter().map(|one| one.rule.as_str()).collect();
    let new = after.iter().filter(|one| {
        one.precision > Precision::Low
            && !old.contains(one.rule.as_str())
            && !exercise.rules.contains(one.rule.as_str())
    });
    reasons.extend(new.map(|one| {
        format!(
            "line {}: the repair brings in another weakness: {} ({})",
            one.location.start.line, one.message, one.rule
        )
    }));
    reasons
}
