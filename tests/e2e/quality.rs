//! Candidates for corrective action and the management review, from a history of reviews.

use super::repository::{Repository, scrubin_in};
use super::{BAD, json};

/// A history with a finding of one lesson every ten days of a quarter.
fn history() -> String {
    let mut text = String::new();
    for (number, day) in [
        "2026-10-05",
        "2026-10-15",
        "2026-10-25",
        "2026-11-05",
        "2026-11-15",
    ]
    .iter()
    .enumerate()
    {
        let run = serde_json::json!({"run": {
            "id": format!("r{number}"), "at": format!("{day}T09:00:00Z"), "stage": "review", "source": "range",
            "change": format!("c{number}"), "lines": {"src/net": 100},
            "found": [{"fp": format!("{number:032x}:0"), "moved": format!("{number:016x}"), "rule": "C-LEN-014",
                "lesson": "L-LEN-BOUND", "sev": "error", "comp": "src/net", "file": "f", "func": "g"}],
        }});
        text.push_str(&format!("{run}\n"));
    }
    text
}

#[test]
fn a_recurring_weakness_is_a_candidate_in_every_format_and_an_action_moves_its_check() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("history.jsonl"), history()).unwrap();
    let capa = |more: &[&str]| {
        let mut arguments = vec!["quality", "capa", "--today", "2026-11-20"];
        arguments.extend(more);
        arguments.push("history.jsonl");
        scrubin_in(here, &arguments)
    };
    for format in ["terminal", "html", "csv", "json"] {
        let run = capa(&["--format", format]);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        assert!(
            run.stdout.contains("CAPA-L-LEN-BOUND-2026-11-15"),
            "{format}: {}",
            run.stdout
        );
        assert!(run.stdout.contains("2027-02-13"), "{format}");
    }
    let run = capa(&["--threshold", "6", "--format", "json"]);
    assert_eq!(json(&run.stdout)["candidates"], serde_json::json!([]));
    let actions = "[[action]]\ncapa = \"CAPA-L-LEN-BOUND-2026-11-15\"\ndate = 2026-11-18\nwhat = \"one copy function\"\n";
    std::fs::write(here.join("actions.toml"), actions).unwrap();
    let run = capa(&["--actions", "actions.toml", "--format", "json"]);
    let candidate = &json(&run.stdout)["candidates"][0];
    assert_eq!(candidate["check-due"], "2027-02-16");
    assert_eq!(candidate["action"], "one copy function");
    std::fs::write(here.join("actions.toml"), actions.replace("what", "waht")).unwrap();
    let run = capa(&["--actions", "actions.toml"]);
    assert!(
        run.code == 2 && run.stderr.contains("waht"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_page_of_a_quarter_is_made_and_a_quarter_to_come_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("history.jsonl"), history()).unwrap();
    let review = |quarter: &str, format: &str| {
        scrubin_in(
            here,
            &[
                "quality",
                "review",
                "--quarter",
                quarter,
                "--today",
                "2026-12-31",
                "--format",
                format,
                "history.jsonl",
            ],
        )
    };
    let run = review("2026Q4", "json");
    let value = json(&run.stdout);
    assert_eq!(value["numbers"]["findings"], 5);
    assert_eq!(value["numbers"]["rate"], 10.0);
    assert_eq!(value["opened"][0]["lesson"], "L-LEN-BOUND");
    for format in ["terminal", "html", "csv"] {
        let run = review("2026-Q4", format);
        assert_eq!(run.code, 0, "{format}: {}", run.stderr);
        assert!(
            run.stdout.contains("findings per 1,000 changed lines"),
            "{format}"
        );
    }
    let run = review("2027Q1", "terminal");
    assert!(
        run.code == 2 && run.stderr.contains("has not begun"),
        "{}",
        run.stderr
    );
    let run = review("2026Q7", "terminal");
    assert!(
        run.code == 2 && run.stderr.contains("2026Q4"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_local_history_is_read_where_none_is_named() {
    let repository = Repository::new();
    repository.write("a.c", "int f(void)\n{\n    return 0;\n}\n");
    repository.commit("base");
    repository.write("a.c", BAD);
    repository.git(&["add", "a.c"]);
    assert_eq!(repository.scrubin(&["hook", "pre-commit"]).code, 1);
    let run = repository.scrubin(&["quality", "review", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        json(&run.stdout)["numbers"]["findings"],
        1,
        "{}",
        run.stdout
    );
}
