//! Entries of the register: records, permits, categories.

use super::deviations::names;
use super::*;
use crate::triage::{DeviationFile, DeviationState};

const RECORD: &str = "[[deviation]]\nid = \"DEV-1\"\nrule = \"C-LEN-014\"\n\
    reason = \"the window has 64 bytes by hardware\"\nrisk = \"an overflow stops the pump\"\n\
    author = \"Ada\"\napproved-by = \"Bob\"\napproved = 2026-01-01\n";

/// State of each deviation, and rule, verdict and message of each finding, for a copy on line 5 of
/// `hal/a.c`.
fn told(text: &str, change: impl Fn(&mut Settings)) -> (Vec<&'static str>, Vec<String>) {
    let mut one = file("hal/a.c", vec![copy("hal/a.c", 5)]);
    let ran = ["C-LEN-014", "C-STR-001"].map(|id| RuleId::parse(id).unwrap());
    one.ran = std::sync::Arc::new(ran.into());
    let mut settings = Settings {
        names: names(),
        deviations: Some(DeviationFile::parse(text, &RepoPath::from("deviations.toml")).unwrap()),
        ..settings(Scope::New)
    };
    change(&mut settings);
    let outcome = run(vec![one], &settings);
    let states = outcome.deviations.iter().map(|one| one.state.as_str());
    let findings = outcome.triaged.iter().map(|one| {
        let rule = one.finding.rule.as_str();
        let blocks = if one.blocks { "!" } else { "" };
        format!(
            "{rule}{blocks} {}: {}",
            one.verdict.as_str(),
            one.finding.message
        )
    });
    (states.collect(), findings.collect())
}

fn told_words(text: &str, change: impl Fn(&mut Settings)) -> (Vec<&'static str>, String) {
    let (states, findings) = told(text, change);
    (states, findings.join("\n"))
}

#[test]
fn a_record_excuses_and_names_what_it_excuses() {
    let (states, said) = told_words(RECORD, |_| {});
    assert_eq!(states, ["used"]);
    assert!(said.starts_with("C-LEN-014 deviated"), "{said}");
    let mut one = file("hal/a.c", vec![copy("hal/a.c", 5)]);
    one.ran = std::sync::Arc::new([RuleId::parse("C-LEN-014").unwrap()].into());
    let text = RECORD.replace("rule =", "path = \"hal/**\"\nrule =");
    let path = RepoPath::from("deviations.toml");
    let settings = Settings {
        names: names(),
        deviations: Some(DeviationFile::parse(&text, &path).unwrap()),
        ..settings(Scope::All)
    };
    let outcome = run(vec![one], &settings);
    let used = &outcome.deviations[0];
    assert_eq!(used.fingerprints, [outcome.triaged[0].fingerprint.value()]);
    assert_eq!(used.scope.as_ref().unwrap().paths, ["hal/**"]);
}

#[test]
fn an_error_takes_a_second_person_and_a_warning_does_not() {
    let own = RECORD.replace("Bob", "ada");
    let (states, said) = told_words(&own, |_| {});
    assert_eq!(states, ["not-permitted"]);
    assert!(said.contains("C-LEN-014! report"), "{said}");
    assert!(said.contains("its author approved it"), "{said}");
}

#[test]
fn nothing_excuses_a_mandatory_rule() {
    let text = format!(
        "{RECORD}[[category]]\nrule = \"source-sized-copy\"\ncategory = \"mandatory\"\nreason = \"agreed with the notified body\"\n"
    );
    let (states, said) = told_words(&text, |_| {});
    assert_eq!(states, ["not-permitted"]);
    assert!(said.contains("C-LEN-014! report"), "{said}");
    assert!(
        said.contains("X-DEV-006") && said.contains("mandatory"),
        "{said}"
    );
    let unknown = text.replace("source-sized-copy", "source-sized-copyy");
    let (_, said) = told_words(&unknown, |settings| settings.scope = Scope::All);
    assert!(
        said.contains("X-DEV-002") && said.contains("source-sized-copyy"),
        "{said}"
    );
}

#[test]
fn a_permit_lends_what_an_entry_lacks_within_its_reach() {
    let permit = "[[permit]]\nid = \"PERMIT-1\"\nrule = \"C-LEN-014\"\npath = \"hal/**\"\n\
        use-case = \"copies into the DMA window\"\nreason = \"the window has 64 bytes by hardware\"\n\
        risk = \"none while the window is that large\"\nauthor = \"Ada\"\napproved-by = \"Bob\"\n\
        approved = 2026-01-01\nuntil = 2027-01-01\n";
    let entry = "[[deviation]]\nid = \"DEV-2\"\npermit = \"PERMIT-1\"\n";
    let (states, said) = told_words(&format!("{permit}{entry}"), |_| {});
    assert_eq!(states, ["used"], "{said}");
    let elsewhere = permit.replace("hal/**", "src/**");
    let (states, said) = told_words(&format!("{elsewhere}{entry}"), |_| {});
    assert_eq!(states, ["not-permitted"], "{said}");
    assert!(
        said.contains("the permit `PERMIT-1` is not for that rule or file"),
        "{said}"
    );
    let other_rule = format!("{permit}{entry}rule = \"C-STR-001\"\n")
        .replace("rule = \"C-LEN-014\"", "rule = \"C-STR-001\"");
    let (_, said) = told_words(&other_rule, |_| {});
    assert!(said.contains("C-LEN-014! report"), "{said}");
    // A permit that is over takes its deviations with it.
    let over = permit.replace("2027-01-01", "2026-11-01");
    let (states, said) = told_words(&format!("{over}{entry}"), |_| {});
    assert_eq!(states, ["expired"], "{said}");
}

#[test]
fn only_records_excuse_where_the_project_wants_them() {
    let plain = "[[deviation]]\nrule = \"C-LEN-014\"\nreason = \"the caller holds the lock\"\n";
    assert_eq!(told(plain, |_| {}).0, ["used"]);
    let wants = |settings: &mut Settings| settings.wants_records = true;
    let (states, said) = told_words(plain, wants);
    assert_eq!(states, ["not-permitted"]);
    assert!(said.contains("wants a record"), "{said}");
    assert_eq!(told(RECORD, wants).0, ["used"]);
}

#[test]
fn what_was_superseded_excuses_nothing_and_is_no_complaint() {
    let old = RECORD.replace("approved =", "superseded-by = \"DEV-2\"\napproved =");
    let new = RECORD.replace("DEV-1", "DEV-2");
    let (states, said) = told_words(&format!("{old}{new}"), |settings| {
        settings.whole_tree = true;
        settings.scope = Scope::All;
    });
    assert_eq!(states, ["superseded", "used"]);
    assert!(!said.contains("X-DEV"), "{said}");
    // Nor once its day has passed: nobody goes by it.
    let over = old.replace("approved =", "until = 2026-11-01\napproved =");
    let (_, said) = told_words(&format!("{over}{new}"), |settings| {
        settings.whole_tree = true;
        settings.scope = Scope::All;
    });
    assert!(!said.contains("X-DEV"), "{said}");
}

/// One person under two names, or by the address alone, is one person.
#[test]
fn an_author_under_another_name_cannot_approve() {
    let named = |author: &str, approver: &str| {
        let text = RECORD
            .lines()
            .map(|line| match line.split_once(" = ") {
                Some(("author", _)) => format!("author = \"{author}\""),
                Some(("approved-by", _)) => format!("approved-by = \"{approver}\""),
                _ => line.to_owned(),
            })
            .collect::<Vec<String>>()
            .join("\n");
        told(&format!("{text}\n"), |_| {}).0
    };
    assert_eq!(named("Ada <a@x.example>", "Bob <b@x.example>"), ["used"]);
    assert_eq!(
        named("Ada <a@x.example>", "A. Lovelace <A@x.example>"),
        ["not-permitted"]
    );
    assert_eq!(named("Ada <a@x.example>", "a@x.example"), ["not-permitted"]);
}

#[test]
fn an_entry_that_is_over_closes_every_gate_but_the_hooks() {
    let over = RECORD.replace("approved =", "until = 2026-11-01\napproved =");
    let elsewhere = over.replace("rule =", "path = \"other.c\"\nrule =");
    let closes = |settings: &mut Settings| settings.register_closes = true;
    let (states, said) = told_words(&elsewhere, closes);
    assert_eq!(states, ["expired"]);
    assert!(said.contains("X-DEV-004! report"), "{said}");
    let (_, said) = told_words(&elsewhere, |_| {});
    assert!(said.contains("X-DEV-004 outside-change"), "{said}");
}

#[test]
fn an_entry_without_a_use_closes_the_gate_of_the_whole_tree() {
    let unused = RECORD.replace("C-LEN-014", "C-STR-001");
    let (states, said) = told_words(&unused, |settings| {
        settings.whole_tree = true;
        settings.scope = Scope::All;
    });
    assert_eq!(states, [DeviationState::Unused.as_str()]);
    assert!(said.contains("X-DEV-003! report"), "{said}");
}

#[test]
fn what_was_approved_in_the_future_excuses_nothing() {
    // The settings of these tests say which day it is; a day ahead is today somewhere on earth.
    let today = settings(Scope::New).today;
    let on = |days: u64| {
        let day = today + chrono::Days::new(days);
        RECORD.replace("2026-01-01", &day.to_string())
    };
    assert_eq!(told_words(&on(1), |_| {}).0, ["used"]);
    let (states, said) = told_words(&on(2), |_| {});
    assert_eq!(states, ["not-permitted"]);
    assert!(
        said.contains("X-DEV-006 report") && said.contains("a day that has not come"),
        "{said}"
    );
    assert!(said.contains("C-LEN-014! report"), "{said}");
    // Of files that nobody touched, in reviews of commits.
    let elsewhere = on(400).replace("rule =", "path = \"other.c\"\nrule =");
    let closes = |settings: &mut Settings| settings.register_closes = true;
    assert!(
        told_words(&elsewhere, closes)
            .1
            .contains("X-DEV-006 report")
    );
    // A permit that nobody can have approved yet.
    let day = today + chrono::Days::new(9);
    let permit = format!(
        "[[permit]]\nid = \"P-1\"\nrule = \"C-LEN-014\"\nuse-case = \"windows\"\n\
         reason = \"the window has 64 bytes by hardware\"\nrisk = \"small\"\nauthor = \"Ada\"\n\
         approved-by = \"Bob\"\napproved = {day}\n"
    );
    let cited = RECORD.replace("rule =", "permit = \"P-1\"\nrule =");
    assert_eq!(
        told_words(&format!("{permit}{cited}"), |_| {}).0,
        ["not-permitted"]
    );
}

#[test]
fn an_entry_for_a_file_of_the_change_that_matches_nothing_more_closes_the_gate() {
    let unused = RECORD.replace(
        "rule = \"C-LEN-014\"",
        "path = \"hal/a.c\"\nrule = \"C-STR-001\"",
    );
    let closes = |settings: &mut Settings| settings.register_closes = true;
    let (states, said) = told_words(&unused, closes);
    assert_eq!(states, ["unused"]);
    assert!(said.contains("X-DEV-003! report"), "{said}");
    // A hook leaves it to the review of the commit.
    assert!(
        told_words(&unused, |_| {})
            .1
            .contains("X-DEV-003 outside-change")
    );
    // Of other files nothing is known, unless the change deleted them or moved them away.
    let elsewhere = unused.replace("hal/a.c", "/hal/old.c");
    let (states, said) = told_words(&elsewhere, closes);
    assert_eq!(states, ["unchecked"]);
    assert!(!said.contains("X-DEV-003"), "{said}");
    let gone = |settings: &mut Settings| {
        settings.register_closes = true;
        settings.gone.insert(RepoPath::from("hal/old.c"));
    };
    let (states, said) = told_words(&elsewhere, gone);
    assert_eq!(states, ["unused"]);
    assert!(
        said.contains("X-DEV-003! report") && said.contains("no longer there"),
        "{said}"
    );
    // One that holds for a folder may still match what is left of it.
    let folder = elsewhere.replace("/hal/old.c", "hal/**");
    assert_eq!(told_words(&folder, gone).0, ["unchecked"]);
}
