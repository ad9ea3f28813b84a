#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::*;
use crate::report::sheet::Sheet;
use crate::training::history::Log;

/// A review that finds these (number, lesson) in `src/net`, after which these are gone.
fn run(day: &str, stage: &str, found: &[(u32, &str)], gone: &[u32]) -> String {
    let found: Vec<_> = found
        .iter()
        .map(|(number, lesson)| {
            serde_json::json!({
                "fp": format!("{number:032x}:0"), "moved": format!("{number:016x}"), "rule": "C-LEN-001",
                "lesson": lesson, "sev": "error", "comp": "src/net", "file": "f", "func": "g",
            })
        })
        .collect();
    let gone: Vec<String> = gone
        .iter()
        .map(|number| format!("{number:032x}:0"))
        .collect();
    let run = serde_json::json!({"run": {
        "id": format!("{day}-{stage}"), "at": format!("{day}T12:00:00Z"), "stage": stage, "source": "range",
        "change": day, "lines": {"src/net": 500}, "found": found, "gone": gone,
    }});
    format!("{run}\n")
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn report(text: &str, today: &str, actions: &str) -> CapaReport {
    let log = Log::parse(text);
    assert_eq!(log.unreadable, Vec::<usize>::new());
    let titles = BTreeMap::from([("L-LEN".to_owned(), "Lengths from outside".to_owned())]);
    let actions = ActionFile::read(actions).unwrap();
    let settings = CapaSettings {
        threshold: 3,
        window: 90,
        today: day(today),
    };
    capa(&log, &titles, &actions, settings)
}

/// Three findings of one lesson in a quarter.
fn three() -> String {
    run("2026-01-05", "hook", &[(1, "L-LEN")], &[])
        + &run("2026-01-20", "review", &[(2, "L-LEN"), (9, "L-MEM")], &[1])
        + &run("2026-02-10", "hook", &[(3, "L-LEN")], &[])
}

#[test]
fn a_weakness_over_the_threshold_is_a_candidate_and_one_below_is_none() {
    let report = report(&three(), "2026-02-11", "");
    assert_eq!(report.candidates.len(), 1);
    let one = &report.candidates[0];
    assert_eq!(one.id, "CAPA-L-LEN-2026-02-10");
    assert_eq!(one.weakness, "Lengths from outside");
    assert_eq!((one.findings, one.in_review, one.open), (3, 1, 2));
    assert_eq!(
        (one.check, one.check_due.as_str()),
        (Check::Pending, "2026-05-11")
    );
    // Open ones first.
    assert!(one.related[0].ends_with("2:0") && one.related[2].ends_with("1:0"));
    assert_eq!(one.rate, Some(2.0));
    assert_eq!(one.rate_before, None);
    let spread = run("2026-01-05", "hook", &[(1, "L-LEN"), (2, "L-LEN")], &[])
        + &run("2026-06-05", "hook", &[(3, "L-LEN")], &[]);
    assert_eq!(self::report(&spread, "2026-06-06", "").candidates, []);
}

#[test]
fn the_check_says_whether_it_was_found_again() {
    let unseen = report(&three(), "2026-05-11", "");
    assert_eq!(unseen.candidates[0].check, Check::NotLookedAt);
    let reviewed = three() + &run("2026-03-20", "hook", &[], &[]);
    let quiet = report(&reviewed, "2026-05-11", "");
    assert_eq!(quiet.candidates[0].check, Check::Effective);
    let again = three() + &run("2026-04-01", "hook", &[(4, "L-LEN")], &[]);
    let again = report(&again, "2026-04-02", "");
    assert_eq!(
        again.candidates.len(),
        1,
        "one waits for its check, so no other is opened"
    );
    assert_eq!(
        (again.candidates[0].check, again.candidates[0].found_since),
        (Check::NotEffective, 1)
    );
    let late = reviewed + &run("2026-06-01", "hook", &[(4, "L-LEN")], &[]);
    assert_eq!(
        report(&late, "2026-06-02", "").candidates[0].check,
        Check::Effective
    );
}

#[test]
fn an_action_moves_the_check_and_one_for_nothing_is_named() {
    let actions = "[[action]]\ncapa = \"CAPA-L-LEN-2026-02-10\"\ndate = 2026-04-15\nwhat = \"one checked copy function\"\n\
        owner = \"M. Huber\"\nticket = \"CAPA-12\"\n[[action]]\ncapa = \"CAPA-L-X-2026-01-01\"\ndate = 2026-01-02\nwhat = \"x\"\n";
    let text = three() + &run("2026-04-01", "hook", &[(4, "L-LEN")], &[]);
    let report = report(&text, "2026-04-20", actions);
    let one = &report.candidates[0];
    assert_eq!(
        (one.counts_from.as_str(), one.check_due.as_str()),
        ("2026-04-15", "2026-07-14")
    );
    assert_eq!(
        (one.check, one.owner.as_deref()),
        (Check::Pending, Some("M. Huber"))
    );
    assert_eq!(report.unused_actions, ["CAPA-L-X-2026-01-01"]);
}

#[test]
fn a_file_of_actions_that_is_wrong_is_refused() {
    for (text, word) in [
        (
            "[[action]]\ncapa = \"a\"\ndate = 2026-01-01\nwhy = \"x\"\n",
            "why",
        ),
        (
            "[[action]]\ncapa = \"a\"\ndate = \"soon\"\nwhat = \"x\"\n",
            "date",
        ),
        (
            "[[action]]\ncapa = \"a\"\ndate = 2026-01-01T00:00:00Z\nwhat = \"x\"\n",
            "2026-11-30",
        ),
    ] {
        let error = ActionFile::read(text).unwrap_err().to_string();
        assert!(error.contains(word), "{word}: {error}");
    }
    let twice = "[[action]]\ncapa = \"a\"\ndate = 2026-01-01\nwhat = \"x\"\n".repeat(2);
    assert!(
        ActionFile::read(&twice)
            .unwrap_err()
            .to_string()
            .contains("two actions")
    );
}

#[test]
fn documents_of_candidates_name_all_that_is_asked_for() {
    let report = report(&three(), "2026-02-11", "");
    let csv = capa_csv(&report);
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert!(
        csv.contains("Lengths from outside,2026-02-10,3,1,0,,2.00,C-LEN-001 3"),
        "{csv}"
    );
    let text = capa_sheet(&report).terminal(false);
    for part in [
        "effectiveness",
        "signs of the cause",
        "proposed",
        "all components",
        "pending",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let none = self::report("", "2026-02-11", "");
    assert!(
        capa_sheet(&none)
            .terminal(false)
            .contains("No weakness reached")
    );
}

#[test]
fn the_page_of_a_quarter_counts_what_fell_into_it() {
    let text = run("2025-12-31", "hook", &[(7, "L-LEN")], &[])
        + &three()
        + &run("2026-04-01", "hook", &[(8, "L-LEN")], &[2]);
    let log = Log::parse(&text);
    let capa = report(&text, "2026-07-01", "");
    let quarter = Quarter::parse("2026Q1").unwrap();
    let review = management_review(&log, &BTreeMap::new(), &capa, quarter, day("2026-07-01"));
    let numbers = &review.numbers;
    assert_eq!(
        (numbers.findings, numbers.repaired, numbers.open),
        (4, 1, 4)
    );
    assert_eq!((numbers.changed_lines, numbers.rate), (1_000, Some(4.0)));
    assert_eq!(
        numbers.reviews,
        BTreeMap::from([("check", 0), ("hook", 2), ("review", 1)])
    );
    assert!(
        review.is_over && review.before.is_none(),
        "the history begins in the quarter before"
    );
    assert_eq!(review.weaknesses[0].findings, 3);
    assert_eq!((review.opened.len(), review.waiting), (1, 1));
    let sheet: Sheet = review_sheet(&review);
    assert!(sheet.markdown().contains("2026"));
    let csv = review_csv(&review);
    assert!(
        csv.starts_with("part,name,2026-Q1,quarter before,more\n"),
        "{csv}"
    );
    for part in [
        "number,findings,4,",
        "weakness,L-LEN,3,1,L-LEN",
        "candidate,",
        "limit,",
    ] {
        assert!(csv.contains(&format!("\n{part}")), "{part}: {csv}");
    }
    assert!(!csv.contains("lower bounds"));
    let next = management_review(
        &log,
        &BTreeMap::new(),
        &capa,
        Quarter::parse("2026Q2").unwrap(),
        day("2026-05-01"),
    );
    assert!(!next.is_over && next.before.is_some());
}

#[test]
fn a_history_that_lost_its_beginning_says_that_numbers_are_lower_bounds() {
    let dropped = "{\"history\":{\"version\":1,\"since\":\"2026-01-01T00:00:00Z\",\"dropped\":{\"runs\":3,\"findings\":7}}}\n";
    let text = format!("{dropped}{}", three());
    let log = Log::parse(&text);
    assert_eq!(log.dropped.runs, 3, "{:?}", log.unreadable);
    let capa = report(&text, "2026-07-01", "");
    let quarter = Quarter::parse("2026Q1").unwrap();
    let review = management_review(&log, &BTreeMap::new(), &capa, quarter, day("2026-07-01"));
    for said in [
        review_csv(&review),
        review_sheet(&review).terminal(false),
        capa_sheet(&capa).terminal(false),
    ] {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("lower bounds: 3 reviews with 7 findings")
                && said.contains("training.history-bytes"),
            "{said}"
        );
    }
}

/// Where fewer than five people work, a component would say who it was.
#[test]
fn components_of_few_people_are_not_told_apart() {
    let apart = three().replacen("src/net", "src/motor", 2);
    let one = report(&apart, "2026-02-11", "").candidates.remove(0);
    assert_eq!(one.components.len(), 1, "{:?}", one.components);
    let words = format!("{:?}{:?}{:?}", one.components, one.signs, one.proposed);
    assert!(!words.contains("src/"), "{words}");
}
