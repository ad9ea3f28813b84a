//! What a learner is asked: code with a weakness, a question, a repair to write; and what judges it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::Serialize;

use super::code::{self, path_of};
use crate::change::git::Repository;
use crate::cli::failure::Failure;
use crate::config::nearest;
use crate::review::{self, Examiner};
use crate::rules::RuleInfo;
use crate::training::grade::{self, Exercise, Grade};
use crate::training::history::Episode;
use crate::training::lesson::Lesson;

/// An exercise of a lesson.
pub(super) struct Assignment<'l> {
    pub(super) lesson: &'l Lesson,
    pub(super) exercise: Exercise,
    /// Fingerprint of the own finding that the code is from; `None` = a sample.
    pub(super) trigger: Option<String>,
    /// Lines that are right, 1-based.
    pub(super) right_lines: BTreeSet<usize>,
}

/// Which code is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish<'w> {
    /// `c` or `rust`.
    pub(super) language: Option<&'w str>,
    /// Which form of the sample; 0 = as the lesson has it.
    pub(super) variant: usize,
}

/// Rules and the means to judge.
pub(super) struct Judge {
    examiner: Examiner,
    infos: Vec<RuleInfo>,
    /// Digest of the rules.
    pub(super) digest: String,
}

/// What was answered, and how it was judged.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    /// Whether the right line was named; `None` = not asked.
    pub(super) spot: Option<bool>,
    /// Whether the right option was chosen.
    pub(super) choose: Option<bool>,
    /// Whether the repair is right.
    pub(super) fix: Option<bool>,
    /// Why the repair is wrong.
    pub(super) reasons: Vec<String>,
    /// How many other forms of the repair were looked at.
    pub(super) variants: usize,
    /// What the compiler said.
    pub(super) compiler: String,
}

impl Judge {
    pub(super) fn new() -> Result<Self, Failure> {
        let ruleset = review::builtin()?;
        let examiner = Examiner::new(&ruleset);
        Ok(Self {
            examiner,
            digest: ruleset.digest.clone(),
            infos: ruleset.told(),
        })
    }

    /// Codes of the rules of a lesson.
    fn rules(&self, lesson: &str) -> BTreeSet<String> {
        self.infos
            .iter()
            .filter(|info| info.lesson == lesson)
            .map(|info| info.id.to_string())
            .collect()
    }

    /// The newest of these own findings whose code is still in the repository.
    pub(super) fn own<'l>(
        &mut self,
        lesson: &'l Lesson,
        repository: &Repository,
        episodes: &[&Episode<'_>],
    ) -> Option<Assignment<'l>> {
        let rules = self.rules(&lesson.head.key);
        let mut newest: Vec<&&Episode<'_>> = episodes
            .iter()
            .filter(|one| one.found.lesson == lesson.head.key && !one.found.blob.is_empty())
            .collect();
        newest.sort_by_key(|one| std::cmp::Reverse(one.at));
        newest.into_iter().find_map(|one| {
            let source = (one.found.blob.as_str(), one.found.rule.as_str());
            let past = code::past(repository, &mut self.examiner, source)?;
            let line = usize::try_from(past.finding.location.start.line).ok()?;
            Some(Assignment {
                lesson,
                trigger: Some(one.found.fingerprint.clone()),
                right_lines: [line].into(),
                exercise: Exercise {
                    path: past.path,
                    language: code::language_of(&one.found.rule)?.to_owned(),
                    code: past.text,
                    line,
                    guard: None,
                    rules: rules.clone(),
                },
            })
        })
    }

    /// The sample of a lesson, or another form of it.
    pub(super) fn sample<'l>(
        &mut self,
        lesson: &'l Lesson,
        wish: Wish<'_>,
    ) -> Result<Assignment<'l>, Failure> {
        let languages: Vec<&str> = lesson
            .tasks
            .iter()
            .map(|task| task.language.as_str())
            .collect();
        let task = lesson
            .tasks
            .iter()
            .find(|task| {
                wish.language
                    .is_none_or(|language| task.language == language)
            })
            .ok_or_else(|| {
                let wanted = wish.language.unwrap_or_default();
                let failure = Failure::message(format!(
                    "lesson {} has no code in `{wanted}`",
                    lesson.head.key
                ));
                match nearest(wanted, languages.iter().copied()) {
                    Some(near) => failure.with_help(format!("did you mean `{near}`?")),
                    None => failure.with_help(format!("it has {}", languages.join(", "))),
                }
            })?;
        let mut exercise = Exercise {
            path: task
                .path
                .as_deref()
                .map_or_else(|| path_of(&task.language), Into::into),
            language: task.language.clone(),
            code: task.code.clone(),
            line: task.line,
            guard: Some(task.guard.clone()),
            rules: self.rules(&lesson.head.key),
        };
        if wish.variant > 0 {
            let examiner = &mut self.examiner;
            let forms = grade::variants(&exercise, &mut |path, text| examiner.findings(path, text));
            let form = (wish.variant - 1).checked_rem(forms.len());
            if let Some(form) = form.and_then(|at| forms.get(at)) {
                exercise.code = form.of(&exercise.code);
                exercise.guard = exercise.guard.map(|guard| form.of(&guard));
            }
        }
        let found = self
            .examiner
            .findings(&exercise.path, &exercise.code)
            .unwrap_or_default();
        let mut right_lines: BTreeSet<usize> = found
            .iter()
            .filter(|one| exercise.rules.contains(one.rule.as_str()))
            .filter_map(|one| usize::try_from(one.location.start.line).ok())
            .collect();
        right_lines.insert(exercise.line);
        Ok(Assignment {
            lesson,
            exercise,
            trigger: None,
            right_lines,
        })
    }

    /// Judges a repair by the rules, then by the compiler where there is one.
    pub(super) fn grade(&mut self, assignment: &Assignment<'_>, answer: &str) -> (Grade, String) {
        let examiner = &mut self.examiner;
        let exercise = &assignment.exercise;
        let mut grade = grade::grade(exercise, answer, &mut |path, text| {
            examiner.findings(path, text)
        });
        if exercise.language != "c" {
            return (grade, "not asked: it reads C".to_owned());
        }
        match (compiles(&exercise.code), compiles(answer)) {
            (None, _) | (_, None) => (grade, "there is none".to_owned()),
            (Some(Err(_)), _) => (
                grade,
                "not asked: this file needs headers that are not here".to_owned(),
            ),
            (_, Some(Ok(()))) => (grade, "accepts it".to_owned()),
            (_, Some(Err(message))) => {
                grade
                    .reasons
                    .push(format!("the compiler refuses it: {message}"));
                (grade, "refuses it".to_owned())
            }
        }
    }
}

/// Whether `cc -fsyntax-only` accepts a text; `None` without a compiler.
fn compiles(code: &str) -> Option<Result<(), String>> {
    let mut child = Command::new("cc")
        .args(["-fsyntax-only", "-std=c11", "-x", "c", "-"])
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    // A compiler that stops reading has said why.
    let _ = stdin.write_all(code.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().ok()?;
    if output.status.success() {
        return Some(Ok(()));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().find(|line| line.contains("error"));
    let error = error
        .unwrap_or("it gave no reason")
        .replace("<stdin>:", "line ");
    Some(Err(error))
}
