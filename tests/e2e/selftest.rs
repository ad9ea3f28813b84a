//! The self-test: its report, its signature, and that it can fail.

use std::path::Path;

use scrubin::evidence::validation::{CaseGroup, ValidationReport, traceability};

use super::repository::{program_in, scrubin_in};
use super::{BAD, json};

/// The tables as the build wrote them, to be found in the program.
const RULES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/rules.bin"));
const SOURCES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sources.bin"));
const LESSONS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/lessons.bin"));

#[test]
fn a_signed_report_is_verified_until_a_byte_changes() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    assert_eq!(scrubin_in(here, &["record", "key", "key"]).code, 0);
    let run = scrubin_in(
        here,
        &[
            "selftest",
            "--report",
            "report.html",
            "--sign-key",
            "key",
            "--format",
            "json",
        ],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);
    let value = json(&run.stdout);
    let report: ValidationReport = serde_json::from_value(value["report"].clone()).unwrap();
    assert!(report.passes());
    for (group, (cases, _)) in report.totals() {
        assert!(cases >= 5, "{group:?}: {cases}");
    }
    assert_eq!(report.tool.binary_sha256.len(), 64);
    let rules = report.totals()[&CaseGroup::Mutant].0;
    assert_eq!(
        rules as u64,
        3 * report.tool.rules,
        "three broken cases for each rule"
    );

    let table = traceability(&report.cases).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation/traceability.md");
    assert!(
        std::fs::read_to_string(page).unwrap() == table,
        "write docs/validation/traceability.md anew with `scrubin selftest --traceability`"
    );

    let verify = |file: &str| {
        scrubin_in(
            here,
            &["selftest", "--verify", file, "--signers", "key.pub"],
        )
    };
    for file in ["report.html", "report.html.dsse"] {
        let run = verify(file);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("this very program"), "{}", run.stdout);
    }
    for file in ["report.html", "report.html.dsse"] {
        let place = here.join(file);
        let text = std::fs::read(&place).unwrap();
        let mut changed = text.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        std::fs::write(&place, changed).unwrap();
        let run = verify("report.html");
        assert_eq!(run.code, 1, "{file}: {}", run.stdout);
        std::fs::write(&place, text).unwrap();
    }
    assert_eq!(verify("report.html").code, 0);
    assert_eq!(scrubin_in(here, &["record", "key", "other"]).code, 0);
    let run = scrubin_in(
        here,
        &[
            "selftest",
            "--verify",
            "report.html",
            "--signers",
            "other.pub",
        ],
    );
    assert!(
        run.code == 1 && run.stdout.contains("none of the given"),
        "{}",
        run.stdout
    );
    std::fs::remove_file(here.join("report.html.dsse")).unwrap();
    let run = verify("report.html");
    assert!(
        run.code == 2 && run.stderr.contains("--sign-key"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_the_report_cannot_be_is_refused_before_the_cases_run() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word) in [
        (&["selftest", "--report", "report.pdf"][..], ".html"),
        (
            &["selftest", "--report", "r.html", "--sign-key", "none"],
            "none",
        ),
        (&["selftest", "--verify", "r.html"], "--signers"),
        (&["selftest", "--sign-key", "key"], "--report"),
    ] {
        let run = scrubin_in(folder.path(), arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn the_cases_of_one_rule_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let run = scrubin_in(folder.path(), &["selftest", "--rule", "source-sized-copy"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for part in [
        "rule/C-LEN-014/bad-1: ",
        "mutant/C-LEN-014/other-search: ",
        "cases of C-LEN-014, 0 do not hold",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("C-LEN-013"), "{}", run.stdout);
    let run = scrubin_in(folder.path(), &["selftest", "--rule", "C-LEN-O14"]);
    assert!(
        run.code == 2 && run.stderr.contains("did you mean"),
        "{}",
        run.stderr
    );
}

/// Offset of a table in the program. Its first bytes may stand elsewhere as well; 4 KiB do not.
fn offset(program: &[u8], table: &[u8]) -> usize {
    let start = &table[..4096];
    memchr::memmem::find(program, start).expect("the table is in the program")
}

#[test]
fn a_program_whose_tables_were_changed_says_so_and_reviews_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("a.c"), BAD).unwrap();
    let program = std::fs::read(env!("CARGO_BIN_EXE_scrubin")).unwrap();
    let damaged = |name: &str, at: usize| {
        let mut bytes = program.clone();
        bytes[at] ^= 1;
        let place = here.join(format!("damaged-{name}"));
        std::fs::write(&place, bytes).unwrap();
        executable(&place);
        place
    };
    let rules = offset(&program, RULES);
    // Its length, its index, what a rule looks for, its last byte.
    for at in [0, 100, RULES.len() / 2, RULES.len() - 1] {
        let copy = damaged("rules", rules + at);
        let run = program_in(&copy, here, &["check", "--all", "a.c"]);
        assert_eq!(run.code, 2, "byte {at}: {}", run.stdout);
        assert!(run.stderr.contains("damaged"), "byte {at}: {}", run.stderr);
    }
    for (name, table) in [("rules", RULES), ("sources", SOURCES), ("lessons", LESSONS)] {
        let at = offset(&program, table) + table.len() / 3;
        let copy = damaged(name, at);
        let run = program_in(&copy, here, &["selftest", "--format", "json"]);
        assert_eq!(run.code, 1, "{name}: {}", run.stderr);
        let report = json(&run.stdout);
        assert_eq!(report["failures"][0]["id"], format!("integrity/{name}"));
        assert_eq!(report["result"], "fail");
        assert_eq!(report["totals"]["rule"]["cases"], 0);
    }
}

#[cfg(unix)]
fn executable(place: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let all = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place, all).unwrap();
}

#[cfg(not(unix))]
fn executable(_place: &Path) {}
