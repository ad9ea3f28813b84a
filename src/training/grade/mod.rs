//! Judges a repair that a learner wrote. Four things have to say yes, each for reasons of its own:
//!
//! - its shape (`complaints`): it does what the code did before, and hides nothing;
//! - the rules of the lesson of high and medium precision, and those of others of high precision: silent on it,
//!   also with other names and sizes in it (`variant`);
//! - hidden inputs (`hidden`), where the lesson has some: followed through the code by the analyses, which have
//!   to see that nothing is written where it must not, that what is right is still done, and what is wrong not;
//! - where something could not be told, it is *not judged*, which is no right repair either.
//!
//! Nothing is run; the caller brings the rules and, where there is one, a compiler.

mod complaints;
mod hidden;
mod inputs;
mod shape;
mod tokens;
mod variant;

use std::collections::BTreeSet;

use crate::finding::{Finding, Precision, RepoPath};

pub use inputs::hidden_inputs;
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
    /// Hidden inputs, where the lesson has some.
    pub hidden: Option<String>,
    /// Codes of the rules of the lesson.
    pub rules: BTreeSet<String>,
}

/// What is thought of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grade {
    /// Why it is wrong; nothing where it is right.
    pub reasons: Vec<String>,
    /// What could not be told of it, each to be read after "it cannot be told".
    pub unclear: Vec<String>,
    /// How many forms of it with other names and sizes were looked at.
    pub variants: usize,
    /// How many expectations of hidden inputs hold.
    pub inputs: usize,
}

/// The three answers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that judges says yes.
    Right,
    /// Something says no.
    Wrong,
    /// Nothing says no, but something cannot tell.
    NotJudged,
}

impl Grade {
    /// The answer.
    pub fn verdict(&self) -> Verdict {
        match (self.reasons.is_empty(), self.unclear.is_empty()) {
            (true, true) => Verdict::Right,
            (true, false) => Verdict::NotJudged,
            (false, _) => Verdict::Wrong,
        }
    }

    /// Whether the repair is right.
    pub fn is_right(&self) -> bool {
        self.verdict() == Verdict::Right
    }

    fn wrong(reason: impl Into<String>) -> Self {
        Self {
            reasons: vec![reason.into()],
            ..Self::default()
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
    let said = complaints::complaints(exercise, answer);
    let mut grade = Grade {
        reasons: said.wrong,
        ..Grade::default()
    };
    let before = examine(&exercise.path, &exercise.code).unwrap_or_default();
    let guard = exercise.guard.as_deref();
    let guard = guard.and_then(|guard| examine(&exercise.path, guard).ok());
    let deciding = Deciding::of(exercise, &before);
    let most = deciding.left_over(&before, guard.as_deref());
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
            .extend(deciding.heard((most, &allowed), &after)),
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
        if deciding.of_lesson(&found).len() > most {
            grade.reasons.push(format!(
                "with {} the rule speaks again: the repair hangs on them",
                variant.words
            ));
            break;
        }
    }
    match hidden::tried(exercise, answer, examine) {
        Some(tried) => {
            grade.reasons.extend(tried.wrong);
            grade.unclear.extend(tried.unclear);
            grade.inputs = tried.held;
        }
        // Without inputs nobody sees what a function does whose code is not here.
        None => grade.unclear.extend(said.out_of_sight),
    }
    grade
}

/// The rules that decide about an exercise.
struct Deciding<'e> {
    exercise: &'e Exercise,
    /// Rules of low precision that alone found the weakness, so that nobody else can say it is gone.
    low: BTreeSet<String>,
}

impl<'e> Deciding<'e> {
    fn of(exercise: &'e Exercise, before: &[Finding]) -> Self {
        let of_lesson: Vec<&Finding> = before
            .iter()
            .filter(|one| exercise.rules.contains(one.rule.as_str()))
            .collect();
        let is_marked = |one: &&Finding| {
            usize::try_from(one.location.start.line).is_ok_and(|line| line == exercise.line)
        };
        let at_line: Vec<&Finding> = of_lesson.iter().copied().filter(is_marked).collect();
        // The statement of the line may begin above it.
        let marked = if at_line.is_empty() {
            of_lesson
        } else {
            at_line
        };
        let is_low = |one: &&Finding| one.precision == Precision::Low;
        let low = if marked.iter().all(is_low) {
            marked.iter().map(|one| one.rule.to_string()).collect()
        } else {
            BTreeSet::new()
        };
        Self { exercise, low }
    }

    /// Findings of the rules of the lesson that decide: a rule of low precision lists constructs that right
    /// code has as well.
    fn of_lesson<'f>(&self, findings: &'f [Finding]) -> Vec<&'f Finding> {
        findings
            .iter()
            .filter(|one| {
                self.exercise.rules.contains(one.rule.as_str())
                    && (one.precision > Precision::Low || self.low.contains(one.rule.as_str()))
            })
            .collect()
    }

    /// How many findings of the lesson a right repair may leave: what a known one leaves; in code of the
    /// learner's own all but the one in question.
    fn left_over(&self, before: &[Finding], guard: Option<&[Finding]>) -> usize {
        match guard {
            Some(guard) => self.of_lesson(guard).len(),
            None => self.of_lesson(before).len().saturating_sub(1),
        }
    }

    /// What the rules still say, or say anew.
    fn heard(&self, (most, allowed): (usize, &[&Finding]), after: &[Finding]) -> Vec<String> {
        let mut reasons = Vec::new();
        let still = self.of_lesson(after);
        if still.len() > most {
            reasons.extend(still.iter().map(|one| {
                format!(
                    "line {}: {} ({})",
                    one.location.start.line, one.message, one.rule
                )
            }));
        }
        let old: BTreeSet<&str> = allowed.iter().map(|one| one.rule.as_str()).collect();
        let new = after.iter().filter(|one| {
            one.precision == Precision::High
                && !old.contains(one.rule.as_str())
                && !self.exercise.rules.contains(one.rule.as_str())
        });
        reasons.extend(new.map(|one| {
            format!(
                "line {}: the repair brings in another weakness: {} ({})",
                one.location.start.line, one.message, one.rule
            )
        }));
        reasons
    }
}
