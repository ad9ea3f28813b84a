//! The report of a release, from the history of a real repository.

use super::repository::Repository;
use super::{BAD, GOOD, json};

#[test]
fn a_release_report_says_what_is_open_and_what_nobody_reviewed() {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.write(
        "scrubin.toml",
        "[record]\nproject = \"Pump\"\nlog = \".git/log.jsonl\"\nsigners = \".git/gate.pub\"\n",
    );
    repository.commit("base");
    repository.git(&["tag", "v1"]);
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    let key = [("SCRUBIN_RECORD_KEY", ".git/gate")];
    let recorded =
        |base: &str| repository.scrubin_with(&["check", "--base", base, "--record"], &key);
    repository.write("src/c.c", GOOD);
    repository.commit("reviewed");
    let narrow = ["check", "--base", "HEAD~1", "--record", "--scope", "added"];
    assert_eq!(repository.scrubin_with(&narrow, &key).code, 0);
    repository.write("src/b.c", BAD);
    repository.commit("let in");
    assert_eq!(recorded("HEAD~1").code, 1);
    let decide = [
        "record",
        "override",
        "--approver",
        "Bob",
        "--reason",
        "the field waits for this change, RISK-41",
    ];
    assert_eq!(repository.scrubin_with(&decide, &key).code, 0);
    repository.write("src/d.c", &BAD.replace("on_frame", "on_packet"));
    repository.write(
        "deviations.toml",
        "[[deviation]]\nid = \"DEV-1\"\nrule = \"C-STR-001\"\npath = \"src/d.c\"\nkind = \"accepted-risk\"\n\
         risk-file = \"R-7\"\nreason = \"the name comes from the build and is short\"\nrisk = \"small\"\n\
         author = \"Ada\"\napproved-by = \"Bob\"\napproved = 2026-01-01\n",
    );
    repository.commit("nobody looked");
    repository.git(&["tag", "v2"]);
    // What comes after the tag is no part of it.
    repository.write("src/e.c", BAD);
    repository.commit("after");

    let run = repository.scrubin(&["report", "release", "v2", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let release = json(&run.stdout);
    assert_eq!(release["since"], "v1");
    assert_eq!(release["project"]["name"], "Pump");
    let anomalies = release["anomalies"].as_array().unwrap();
    let told: Vec<(&str, &str)> = anomalies
        .iter()
        .map(|one| {
            (
                one["path"].as_str().unwrap(),
                one["evaluation"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("src/b.c", "open"), ("src/d.c", "accepted-risk")]);
    assert_eq!(anomalies[1]["disposition"]["risk_file"], "R-7");
    let status: Vec<&str> = release["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect();
    assert_eq!(status, ["reviewed", "let-in", "missing"]);
    assert_eq!(release["overrides"][0]["approver"], "Bob");
    let weaker = |at: usize| release["commits"][at]["weaker"].as_array().unwrap().len();
    assert_eq!((weaker(0), weaker(1)), (1, 0));
    assert_eq!(release["totals"]["missing"], 1);
    assert_eq!(release["rulesets"][0]["reviews"], 2);
    assert_eq!(release["logs"][0]["last"].as_str().unwrap().len(), 64);
    assert_eq!(release["register"]["deviations"][0]["id"], "DEV-1");

    let page = repository
        .scrubin(&["report", "release", "v2", "--format", "html"])
        .stdout;
    assert!(
        page.contains("nobody looked") && page.contains("without a record"),
        "{page}"
    );
    assert!(
        page.contains("CWE-") && page.contains("accepted-risk DEV-1"),
        "{page}"
    );
    assert!(!page.to_lowercase().contains("compliant"));
    let table = repository
        .scrubin(&["report", "release", "v2", "--format", "csv"])
        .stdout;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        table.starts_with("release,rule,") && table.contains("R-7"),
        "{table}"
    );
    let whole = repository.scrubin(&["report", "release", "v2", "--since", "v1~0"]);
    assert!(
        whole.stdout.contains("# Release report v2"),
        "{}",
        whole.stdout
    );
    let none = repository.scrubin(&["report", "release", "v9"]);
    assert!(
        none.code == 2 && none.stderr.contains("v9"),
        "{}",
        none.stderr
    );
}
