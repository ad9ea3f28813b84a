//! The map of controls, and what is made of it.

use super::repository::{Repository, scrubin};
use super::{BAD, json};

#[test]
fn clauses_of_an_area_a_standard_and_a_rule_are_shown_in_every_format() {
    for format in ["terminal", "json", "csv", "markdown", "html"] {
        let arguments = [
            "controls",
            "list",
            "--area",
            "LEN",
            "--standard",
            "iec-62304",
            "--format",
            format,
        ];
        let run = scrubin(&arguments);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        // Markdown escapes what could begin a list.
        let said = run.stdout.replace('\\', "");
        assert!(said.contains("5.5.4"), "{format}: {said}");
        assert!(!run.stdout.contains("SI-10"), "{format}: {}", run.stdout);
    }
    let run = scrubin(&["controls", "show", "C-LEN-014", "--format", "json"]);
    let rows = json(&run.stdout)["rows"].as_array().unwrap().clone();
    assert!(
        rows.iter()
            .all(|row| row["of"] == "LEN" || row["of"] == "all")
    );
    assert!(rows.iter().any(|row| row["row"]["control"] == "SI-10"));
    let run = scrubin(&["controls", "show", "SI-10"]);
    assert!(
        run.stdout.contains("LEN") && run.stdout.contains("INT"),
        "{}",
        run.stdout
    );
    let page = scrubin(&["explain", "C-LEN-014"]).stdout;
    assert!(
        page.contains("SI-10") && page.contains("IEC 62304"),
        "{page}"
    );
}

#[test]
fn what_nobody_knows_is_refused_with_the_nearest_name() {
    for (arguments, word) in [
        (
            &["controls", "list", "--area", "LNE"][..],
            "did you mean `LEN`?",
        ),
        (
            &["controls", "list", "--standard", "iec-62305"],
            "did you mean `iec-62304`?",
        ),
        (
            &["controls", "list", "--activity", "gates"],
            "did you mean `gate`?",
        ),
        (&["controls", "show", "SI-1O"], "did you mean `SI-10`?"),
        (
            &["controls", "summary", "--findings", "none.json"],
            "none.json",
        ),
    ] {
        let run = scrubin(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn plans_of_a_project_say_what_is_enforced_and_what_is_not() {
    let repository = Repository::new();
    repository.write("a.c", BAD);
    repository.write(
        "scrubin.toml",
        "[rules.\"C-STR-001\"]\nseverity = \"warning\"\nreason = \"Old strings are replaced in the next release.\"\n",
    );
    repository.commit("release");
    let run = repository.scrubin(&[
        "check",
        "--all",
        "--format",
        "json",
        "--output",
        "report.json",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = repository.scrubin(&["controls", "plan", "--format", "markdown"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for part in [
        "is not a MISRA checker",
        "221 guidelines",
        "Not checked by scrubin at all",
        "Wvla",
        "clippy::unwrap",
    ] {
        assert!(run.stdout.replace('\\', "").contains(part), "{part}");
    }
    let run = repository.scrubin(&["controls", "recategorisation", "--format", "csv"]);
    let row = run
        .stdout
        .lines()
        .find(|line| line.starts_with("C-STR-001,"))
        .unwrap();
    assert!(
        row.contains("error,warning,lowered") && row.contains("next release"),
        "{row}"
    );
    let arguments = [
        "controls",
        "summary",
        "--findings",
        "report.json",
        "--format",
        "csv",
    ];
    let run = repository.scrubin(&arguments);
    let row = run
        .stdout
        .lines()
        .find(|line| line.starts_with("C-STR-001,"))
        .unwrap();
    assert!(row.ends_with(",1,0,0,0"), "{row}");
    for format in ["html", "terminal", "json"] {
        let run = repository.scrubin(&[
            "controls",
            "summary",
            "--findings",
            "report.json",
            "--format",
            format,
        ]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stdout.contains("no statement that a product"),
            "{format}"
        );
    }
    repository.write("report.json", "{}");
    let run = repository.scrubin(&arguments);
    assert!(
        run.code == 2 && run.stderr.contains("check --all --format json"),
        "{}",
        run.stderr
    );
}
