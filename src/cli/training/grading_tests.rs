//! Repairs of 20 lessons, five wrong and two right each, judged as `scrubin learn` judges them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde::Deserialize;

use super::exercise::{Judge, Wish};
use crate::training::grade::hidden_inputs;
use crate::training::lesson;

#[derive(Deserialize)]
struct Cases {
    lesson: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    key: String,
    language: String,
    wrong: Vec<Repair>,
    right: Vec<Repair>,
}

#[derive(Deserialize)]
struct Repair {
    why: String,
    edits: Vec<(String, String)>,
}

impl Repair {
    fn of(&self, code: &str) -> String {
        let mut text = code.to_owned();
        for (from, to) in &self.edits {
            assert_eq!(
                text.matches(from).count(),
                1,
                "{}: {from:?} in\n{text}",
                self.why
            );
            text = text.replacen(from, to, 1);
        }
        text
    }
}

#[test]
fn every_repair_of_twenty_lessons_is_judged_right() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/grading.toml")).unwrap();
    assert!(cases.lesson.len() >= 20);
    let lessons = lesson::builtin().unwrap();
    let mut judge = Judge::alone().unwrap();
    let mut misjudged = Vec::new();
    let (mut judged, mut in_variants) = (0, 0);
    for case in &cases.lesson {
        assert!(
            case.wrong.len() >= 5 && case.right.len() >= 2,
            "{}",
            case.key
        );
        let lesson = lessons.iter().find(|one| one.head.key == case.key).unwrap();
        let wish = Wish {
            language: Some(&case.language),
            variant: 0,
        };
        let assignment = judge.sample(lesson, wish).unwrap();
        let all = case.wrong.iter().map(|repair| (repair, false));
        for (repair, is_right) in all.chain(case.right.iter().map(|repair| (repair, true))) {
            let answer = repair.of(&assignment.exercise.code);
            let (grade, compiler) = judge.grade(&assignment, &answer);
            judged += 1;
            if grade.is_right() != is_right {
                misjudged.push(format!(
                    "{} {}: {} is judged {:?}: {:?} {:?} ({compiler})",
                    case.key,
                    if is_right { "right" } else { "wrong" },
                    repair.why,
                    grade.verdict(),
                    grade.reasons,
                    grade.unclear,
                ));
            }
            if is_right && grade.is_right() {
                in_variants += usize::from(grade.variants > 0);
            }
        }
        // What the lesson itself shows has to pass, and what it warns of by name must not.
        let guard = assignment.exercise.guard.clone().unwrap();
        let (grade, _) = judge.grade(&assignment, &guard);
        if !grade.is_right() {
            misjudged.push(format!("{}: its own guard: {:?}", case.key, grade.reasons));
        }
    }
    assert!(
        misjudged.is_empty(),
        "{} of {judged}:\n{}",
        misjudged.len(),
        misjudged.join("\n")
    );
    // Most samples have another form in which the rule still finds the weakness.
    assert!(in_variants * 4 >= judged * 2 / 7 * 3, "{in_variants}");
}

#[test]
fn the_guard_of_every_lesson_is_a_right_repair() {
    let lessons = lesson::builtin().unwrap();
    let mut judge = Judge::alone().unwrap();
    let mut wrong = Vec::new();
    for lesson in &lessons {
        for language in lesson.tasks.iter().map(|task| task.language.as_str()) {
            let wish = Wish {
                language: Some(language),
                variant: 0,
            };
            let assignment = judge.sample(lesson, wish).unwrap();
            let guard = assignment.exercise.guard.clone().unwrap();
            let (grade, _) = judge.grade(&assignment, &guard);
            if !grade.is_right() {
                wrong.push(format!(
                    "{} {language}: {:?}",
                    lesson.head.key, grade.reasons
                ));
            }
            let (same, _) = judge.grade(&assignment, &assignment.exercise.code.clone());
            assert!(!same.is_right(), "{} {language}", lesson.head.key);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hidden_inputs_hold_for_the_guard_and_not_for_the_sample() {
    let lessons = lesson::builtin().unwrap();
    let mut judge = Judge::alone().unwrap();
    let (mut problems, mut seen) = (Vec::new(), 0);
    for lesson in &lessons {
        let key = &lesson.head.key;
        let wish = Wish {
            language: Some("c"),
            variant: 0,
        };
        let Some(hidden) = hidden_inputs(key, "c") else {
            continue;
        };
        seen += 1;
        let expected = hidden.matches("EXPECT(").count();
        let mut assignment = judge.sample(lesson, wish).unwrap();
        let guard = assignment.exercise.guard.clone().unwrap();
        let (grade, _) = judge.grade(&assignment, &guard);
        if grade.inputs != expected {
            problems.push(format!("{key}: {} of {expected} hold", grade.inputs));
        }
        // Judged by the hidden inputs alone: no rule belongs to it, and nothing in it changed.
        assignment.exercise.rules.clear();
        assignment.exercise.guard = None;
        let same = format!(
            "{}static int hidden_nothing(int v)\n{{\n    if (v > 1) {{\n        return 1;\n    }}\n    return v;\n}}\n",
            assignment.exercise.code
        );
        let (grade, _) = judge.grade(&assignment, &same);
        let said = grade.reasons.iter().chain(&grade.unclear);
        let mut told = said.filter(|one| {
            one.contains("with a hidden input")
                || hidden.contains(one.strip_prefix("whether ").unwrap_or(one))
        });
        if told.next().is_none() {
            problems.push(format!(
                "{key}: the sample holds them all: {:?} {:?}",
                grade.reasons, grade.unclear
            ));
        }
        // Another form of the sample has inputs of its own form.
        let wish = Wish { variant: 1, ..wish };
        let assignment = judge.sample(lesson, wish).unwrap();
        let guard = assignment.exercise.guard.clone().unwrap();
        let (grade, _) = judge.grade(&assignment, &guard);
        if !grade.is_right() || 4 * grade.inputs < 3 * expected {
            problems.push(format!(
                "{key}, another form: {} of {expected} hold: {:?} {:?}",
                grade.inputs, grade.reasons, grade.unclear
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen >= 15, "{seen}");
}
