//! Repairs of 20 lessons, five wrong and two right each, judged as `scrubin learn` judges them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use serde::Deserialize;

use super::exercise::{Judge, Wish};
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
    let mut judge = Judge::new().unwrap();
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
                    "{} {}: {} is judged {}: {:?} ({compiler})",
                    case.key,
                    if is_right { "right" } else { "wrong" },
                    repair.why,
                    if is_right { "wrong" } else { "right" },
                    grade.reasons,
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
    let mut judge = Judge::new().unwrap();
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
