//! The register of deviations, on a real tree.

use super::repository::Repository;
use super::{BAD, GOOD, json};

const PERMIT: &str = "[[permit]]\nid = \"PERMIT-1\"\nrule = \"C-STR-001\"\npath = \"src/**\"\n\
    use-case = \"names from the build\"\nreason = \"the build makes names of at most seven letters\"\n\
    risk = \"a longer name overflows the tag\"\nauthor = \"Ada\"\napproved-by = \"Bob\"\napproved = 2026-01-01\n";
const USE: &str = "[[deviation]]\nid = \"DEV-1\"\npermit = \"PERMIT-1\"\npath = \"src/b.c\"\n";

fn tree(deviations: &str) -> Repository {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.write("src/b.c", BAD);
    repository.write("deviations.toml", deviations);
    repository.commit("all");
    repository
}

#[test]
fn a_register_says_who_allowed_what_and_until_when() {
    let over = "[[deviation]]\nid = \"DEV-2\"\nrule = \"C-LEN-014\"\npath = \"src/a.c\"\nkind = \"deferred\"\n\
        ticket = \"T-1\"\nreason = \"repaired with the next revision of the board\"\nrisk = \"small\"\n\
        author = \"Ada\"\napproved-by = \"Bob\"\napproved = 2020-01-01\nuntil = 2020-06-30\n";
    let repository = tree(&format!("{PERMIT}{USE}{over}"));
    let run = repository.scrubin(&["deviations", "report", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let register = json(&run.stdout);
    let rows = register["deviations"].as_array().unwrap();
    assert_eq!(rows[0]["id"], "DEV-1");
    assert_eq!(rows[0]["state"], "used");
    assert_eq!(rows[0]["findings"][0]["rule"], "C-STR-001");
    assert_eq!(rows[0]["findings"][0]["path"], "src/b.c");
    assert_eq!(rows[0]["category"], "required");
    assert_eq!(rows[0]["approved-by"], "Bob");
    assert_eq!(rows[1]["state"], "expired");
    assert!(rows[1]["days-left"].as_i64().unwrap() < 0);
    assert_eq!(register["permits"][0]["excused"], 1);

    let list = |arguments: &[&str]| {
        let mut all = vec!["deviations", "list"];
        all.extend(arguments);
        repository.scrubin(&all).stdout
    };
    assert!(list(&["--open"]).contains("DEV-1") && list(&["--open"]).contains("1 of 2 deviations"));
    assert!(list(&["--expiring", "30"]).contains("DEV-2"));
    assert!(list(&["--rule", "source-sized-copy"]).contains("DEV-2 C-LEN-014 (expired)"));
    assert!(
        list(&["--permit", "PERMIT-1", "--format", "csv"])
            .contains("DEV-1,used,deviation,C-STR-001")
    );
    let run = repository.scrubin(&["deviations", "list", "--permit", "PERMIT-2"]);
    assert!(
        run.code == 2 && run.stderr.contains("did you mean `PERMIT-1`?"),
        "{}",
        run.stderr
    );
    let run = repository.scrubin(&["deviations", "list", "--state", "old"]);
    assert!(
        run.code == 2 && run.stderr.contains("`expired`"),
        "{}",
        run.stderr
    );

    let page = repository
        .scrubin(&["deviations", "report", "--format", "html"])
        .stdout;
    assert!(
        page.contains("<h2>DEV-1 (used)</h2>") && page.contains("src/b.c:6"),
        "{page}"
    );
    assert!(!page.to_lowercase().contains("compliant"));
}

#[test]
fn an_entry_that_is_over_or_without_a_use_closes_the_gate() {
    let repository = tree(&format!("{PERMIT}{USE}"));
    assert_eq!(repository.scrubin(&["check", "--all"]).code, 0);
    assert_eq!(repository.scrubin(&["deviations", "report"]).code, 0);
    // Nothing in the change has to do with it.
    repository.write(
        "deviations.toml",
        &format!("{PERMIT}{USE}until = 2026-01-02\n"),
    );
    repository.commit("the day passes");
    repository.write("src/c.c", GOOD);
    repository.commit("another file");
    let run = repository.scrubin(&["check", "--base", "HEAD~1"]);
    assert!(
        run.code == 1 && run.stdout.contains("X-DEV-004"),
        "{}",
        run.stdout
    );
    repository.write("src/d.c", GOOD);
    repository.git(&["add", "--all"]);
    assert_eq!(repository.scrubin(&["check"]).code, 0);

    repository.write("deviations.toml", &format!("{PERMIT}{USE}"));
    repository.write("src/b.c", GOOD);
    repository.commit("repaired");
    let run = repository.scrubin(&["check", "--all"]);
    assert!(
        run.code == 1 && run.stdout.contains("X-DEV-003"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_record_says_who_decided_and_when() {
    let repository = tree(&format!(
        "{PERMIT}{USE}created = 2026-01-03\nticket = \"T-9\"\n"
    ));
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    let key = [("SCRUBIN_RECORD_KEY", ".git/gate")];
    let run = repository.scrubin_with(&["check", "--all", "--record", ".git/log.jsonl"], &key);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let shown = ["record", "show", ".git/log.jsonl", "--format", "json"];
    let record = json(&repository.scrubin_with(&shown, &key).stdout)["records"][0].clone();
    let decided = &record["findings"][0]["disposition"];
    assert_eq!(decided["id"], "DEV-1");
    assert_eq!(decided["permit"], "PERMIT-1");
    assert_eq!(decided["approver"], "Bob");
    assert_eq!(decided["decided"], "2026-01-01");
    assert_eq!(decided["place"], "deviations.toml:11");
}
