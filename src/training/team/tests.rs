#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::training::history::{Found, Run, Stage};

fn found(fingerprint: &str, lesson: &str, component: &str) -> Found {
    Found {
        fingerprint: fingerprint.to_owned(),
        moved: String::new(),
        rule: format!("C-{}-001", lesson.split('-').nth(1).unwrap_or("X")),
        lesson: lesson.to_owned(),
        severity: "error".to_owned(),
        component: component.to_owned(),
        file: String::new(),
        func: String::new(),
        blob: format!("b{fingerprint}"),
    }
}

/// A team of six: five work on `src/ble`, one on `src/spi`.
fn log() -> Log {
    let mut runs = Vec::new();
    for person in 0..6 {
        let component = if person == 5 { "src/spi" } else { "src/ble" };
        for month in 1..=6 {
            let at = Time::parse(&format!("2026-{month:02}-1{person}T10:00:00Z")).unwrap();
            let id = format!("{person}{month}");
            let mut run = Run {
                id: id.clone(),
                at,
                stage: Stage::Hook,
                source: "staged".to_owned(),
                who: Some(format!("p{person}")),
                key: String::new(),
                change: id.clone(),
                lines: vec![(component.to_owned(), 100)],
                found: vec![found(&id, "L-LEN-BOUND", component)],
                gone: Vec::new(),
                open: Vec::new(),
                renamed: Vec::new(),
                partial: false,
            };
            if person == 0 {
                // Seen in review, and again the month after.
                run.stage = Stage::Review;
                run.found.push(found("same", "L-RET-CHECK", component));
            }
            let mut repair = run.clone();
            repair.id = format!("{id}r");
            repair.at = Time(at.0 + 7_200_000);
            repair.lines.clear();
            repair.gone = std::mem::take(&mut repair.found)
                .into_iter()
                .map(|found| found.fingerprint)
                .collect();
            runs.extend([run, repair]);
        }
    }
    Log::parse(
        &Log {
            runs,
            ..Log::default()
        }
        .to_text(),
    )
}

fn report(log: &Log) -> TeamReport {
    let titles = [
        ("L-LEN-BOUND", "Ask how much fits"),
        ("L-RET-CHECK", "Ask what came back"),
    ]
    .map(|(key, title)| (key.to_owned(), title.to_owned()));
    let question = Question {
        since: "2026-01-01".parse().unwrap(),
        until: "2026-06-30".parse().unwrap(),
        by: Period::Month,
    };
    team_report(log, &titles.into(), &question)
}

#[test]
fn weaknesses_are_counted_by_lesson_per_thousand_changed_lines() {
    let report = report(&log());
    // The reviews saw less than the hooks, and count no line a second time.
    assert_eq!((report.changed_lines, report.authors), (3_000, Some(6)));
    assert_eq!(report.periods.len(), 6);
    let weakness = &report.weaknesses[0];
    assert_eq!(weakness.lesson, "L-LEN-BOUND");
    let numbers = &weakness.numbers;
    assert_eq!((numbers.findings, numbers.per_1000), (36, Some(12.0)));
    assert_eq!((numbers.before_push, numbers.in_review), (30, 6));
    assert_eq!(numbers.share_before_push(), Some(83));
    assert_eq!(numbers.time_to_fix(), "2 h");
    assert_eq!(numbers.trend, Trend::Steady);
    let again = &report.weaknesses[1].numbers;
    assert_eq!((again.findings, again.again), (6, 5));
    // What reached reviews and came again is to be talked about.
    assert_eq!(report.topics[0].lesson, "L-LEN-BOUND");
    assert!(
        report.topics[1]
            .reason
            .contains("repaired before and back again")
    );
}

#[test]
fn nothing_is_shown_of_fewer_than_five_people() {
    let report = report(&log());
    // Six people, of whom one alone works on `src/spi`: the two make one group.
    assert!(report.is_one_group);
    for text in [
        terminal(&report, false),
        html(&report),
        csv(&report),
        json(&report),
    ] {
        assert!(!text.contains("spi"), "{text}");
        assert!(!text.contains("p5"), "{text}");
    }
    let mut nameless = log();
    nameless.name_nobody();
    let report = self::report(&nameless);
    assert_eq!((report.authors, report.is_one_group), (None, true));
    assert!(terminal(&report, false).contains("training.individual"));
}

#[test]
fn components_with_five_people_stand_alone() {
    let mut log = log();
    for run in &mut log.runs {
        if run.who.as_deref() == Some("p5") {
            continue;
        }
        // Everybody changes something in `app` as well.
        run.lines.push(("app".to_owned(), 50));
    }
    for run in &mut log.runs {
        let lines: Vec<(String, u64)> = run.lines.clone().into_iter().collect();
        run.lines = lines
            .into_iter()
            .map(|(name, count)| (name.replace("src/spi", "app"), count))
            .collect();
        for found in &mut run.found {
            found.component = found.component.replace("src/spi", "app");
        }
    }
    let report = report(&log);
    let names: Vec<&str> = report
        .groups
        .iter()
        .map(|group| group.name.as_str())
        .collect();
    assert_eq!(names, ["app", "src/ble"]);
    let text = csv(&report);
    assert!(
        text.contains("L-LEN-BOUND,Ask how much fits,src/ble,all,30,"),
        "{text}"
    );
    assert!(html(&report).contains("By component"));
}

#[test]
fn an_empty_history_is_told_as_one() {
    let report = report(&Log::default());
    assert!(terminal(&report, false).contains("no finding in this time"));
    assert!(html(&report).contains("No finding in this time"));
    assert_eq!(csv(&report).lines().count(), 2);
}

#[test]
fn no_cell_is_a_formula() {
    assert_eq!(table::cell("=1+1"), "'=1+1");
    assert_eq!(table::cell("L-LEN-BOUND"), "L-LEN-BOUND");
}
