//! What a learner is asked: code with a weakness, a question, a repair to write; and what judges it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::code::{self, path_of};
use super::compiler::{Compiler, Said};
use crate::change::git::Repository;
use crate::cli::failure::Failure;
use crate::config::nearest;
use crate::review::{self, Examiner};
use crate::rules::RuleInfo;
use crate::training::grade::{self, Exercise, Grade, Verdict, hidden_inputs};
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
    compiler: Compiler,
    /// Digest of the rules.
    pub(super) digest: String,
}

/// What was answered, and how it was judged.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Judged {
    /// Whether the right line was named; `None` = not asked.
    pub(super) spot: Option<bool>,
    /// Whether the right option was chosen.
    pub(super) choose: Option<bool>,
    /// Whether the repair is right; `None` = there was none, or it could not be judged.
    pub(super) fix: Option<bool>,
    /// Why the repair is wrong.
    pub(super) reasons: Vec<String>,
    /// What could not be told of the repair, where nothing is wrong with it: it is not judged then.
    pub(super) not_judged: Vec<String>,
    /// How many other forms of the repair were looked at.
    pub(super) variants: usize,
    /// How many expectations of hidden inputs hold.
    pub(super) inputs: usize,
    /// What the compiler said.
    pub(super) compiler: String,
}

impl Judged {
    /// Takes in the verdict on a repair.
    pub(super) fn set_repair(&mut self, grade: Grade, compiler: String) {
        let verdict = grade.verdict();
        self.fix = match verdict {
            Verdict::Right => Some(true),
            Verdict::Wrong => Some(false),
            Verdict::NotJudged => None,
        };
        self.not_judged = match verdict {
            Verdict::NotJudged => grade.unclear,
            Verdict::Right | Verdict::Wrong => Vec::new(),
        };
        self.reasons = grade.reasons;
        self.variants = grade.variants;
        self.inputs = grade.inputs;
        self.compiler = compiler;
    }

    /// The verdict on the repair, in a word.
    pub(super) fn repair_word(&self) -> &'static str {
        match self.fix {
            Some(true) => "right",
            Some(false) => "wrong",
            None if !self.not_judged.is_empty() => "not judged",
            None => "not asked",
        }
    }
}

impl Judge {
    pub(super) fn new() -> Result<Self, Failure> {
        let ruleset = review::builtin()?;
        let examiner = Examiner::new(&ruleset);
        Ok(Self {
            examiner,
            digest: ruleset.digest.clone(),
            infos: ruleset.told(),
            compiler: Compiler::default(),
        })
    }

    /// The same without a compiler, so that its verdicts do not depend on the machine.
    #[cfg(test)]
    pub(super) fn alone() -> Result<Self, Failure> {
        Ok(Self {
            compiler: Compiler::none(),
            ..Self::new()?
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
                    hidden: None,
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
            hidden: hidden_inputs(&lesson.head.key, &task.language).map(str::to_owned),
            rules: self.rules(&lesson.head.key),
        };
        if wish.variant > 0 {
            let examiner = &mut self.examiner;
            let forms = grade::variants(&exercise, &mut |path, text| examiner.findings(path, text));
            let form = (wish.variant - 1).checked_rem(forms.len());
            if let Some(form) = form.and_then(|at| forms.get(at)) {
                exercise.code = form.of(&exercise.code);
                exercise.guard = exercise.guard.map(|guard| form.of(&guard));
                exercise.hidden = exercise.hidden.map(|hidden| form.of(&hidden));
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
        let told = match self.compiler.of_repair(&exercise.code, answer) {
            Said::Nothing => "there is none",
            Said::NotAsked => "not asked: this file needs headers that are not here",
            Said::Accepted => "accepts it",
            Said::Refused(message) => {
                grade
                    .reasons
                    .push(format!("the compiler refuses it: {message}"));
                "refuses it"
            }
        };
        (grade, told.to_owned())
    }
}
