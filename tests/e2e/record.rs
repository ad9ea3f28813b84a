//! Signed records: left by a gate run, verified, and missed where there are none.

use super::repository::{Repository, Run};
use super::{BAD, GOOD, json};

/// A repository with a key and three commits: a safe base, an unsafe change, its repair.
fn recorded() -> Repository {
    let repository = Repository::new();
    repository.write("src/a.c", GOOD);
    repository.commit("base");
    repository.git(&["tag", "v1"]);
    repository.write("src/b.c", BAD);
    repository.commit("unsafe");
    assert_eq!(repository.scrubin(&["record", "key", ".git/gate"]).code, 0);
    repository
}

fn with_key(repository: &Repository, arguments: &[&str]) -> Run {
    repository.scrubin_with(arguments, &[("SCRUBIN_RECORD_KEY", ".git/gate")])
}

#[test]
fn a_gate_run_leaves_a_record_that_holds_until_a_byte_changes() {
    let repository = recorded();
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    repository.git(&["rm", "-q", "src/b.c"]);
    repository.commit("repaired");
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert_eq!(run.code, 0, "{}", run.stderr);

    let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, ".git/log.jsonl: 2 records, 0 problems\n")
    );
    let run = with_key(
        &repository,
        &[
            "record",
            "show",
            ".git/log.jsonl",
            "--all",
            "--format",
            "json",
        ],
    );
    let records = json(&run.stdout)["records"].clone();
    assert_eq!(records[0]["gate"]["result"], "fail");
    assert_eq!(records[0]["findings"][0]["rule"], "C-STR-001");
    assert_eq!(records[1]["gate"]["result"], "pass");
    assert!(records[1]["ruleset"]["rules"].as_array().unwrap().len() > 100);
    assert!(
        records[1]["people"]["author"]
            .as_str()
            .unwrap()
            .contains('<')
    );
    assert_eq!(
        records[1]["tool"]["binary_sha256"].as_str().unwrap().len(),
        64
    );
    let page = with_key(
        &repository,
        &[
            "record",
            "show",
            ".git/log.jsonl",
            "--id",
            "1",
            "--format",
            "html",
        ],
    );
    assert!(page.stdout.contains("src/b.c:"), "{}", page.stdout);

    let path = repository.path().join(".git/log.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    for at in (0..text.len() - 1).step_by(text.len() / 60) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if bytes[at] == b'\n' || text.as_bytes()[at] == b'\n' {
            continue;
        }
        std::fs::write(&path, &bytes).unwrap();
        let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
        assert_ne!(run.code, 0, "byte {at}: {}", run.stdout);
    }
    let first = text.lines().next().unwrap();
    std::fs::write(&path, format!("{first}\n")).unwrap();
    let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
    assert!(
        run.code == 1 && run.stdout.contains("checkpoint"),
        "{}",
        run.stdout
    );
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains(".git/log.jsonl"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_merge_without_a_record_is_named() {
    let repository = recorded();
    repository.git(&["rm", "-q", "src/b.c"]);
    repository.commit("repaired");
    with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    repository.write("src/c.c", GOOD);
    repository.commit("nobody looked");
    let run = with_key(
        &repository,
        &["record", "verify", ".git/log.jsonl", "--range", "v1..HEAD"],
    );
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("without a record: ") && run.stdout.contains("nobody looked"),
        "{}",
        run.stdout
    );
    // The record of the repair is one of the whole range.
    assert!(!run.stdout.contains("unsafe"), "{}", run.stdout);
    assert!(!run.stdout.contains("repaired"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_recorded_is_an_error_with_its_help() {
    let repository = recorded();
    let run = repository.scrubin(&["check", "--base", "v1", "--record", ".git/log.jsonl"]);
    assert!(
        run.code == 2 && run.stderr.contains("--record-key"),
        "{}",
        run.stderr
    );
    let run = with_key(
        &repository,
        &["check", "--staged", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains("about a commit"),
        "{}",
        run.stderr
    );
    assert!(!repository.path().join(".git/log.jsonl").exists());
    let run = repository.scrubin(&["record", "key", ".git/gate"]);
    assert!(
        run.code == 2 && run.stderr.contains("gate"),
        "{}",
        run.stderr
    );
    let run = repository.scrubin(&[
        "record",
        "verify",
        "none.jsonl",
        "--signers",
        ".git/gate.pub",
    ]);
    assert!(
        run.code == 2 && run.stderr.contains("none.jsonl"),
        "{}",
        run.stderr
    );
    let run = repository.scrubin(&["record", "verify", "none.jsonl"]);
    assert!(
        run.code == 2 && run.stderr.contains("--signers"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_no_review_of_the_whole_change_leaves_no_record() {
    let repository = recorded();
    for part in [
        &["src/a.c"][..],
        &["--only", "C-LEN-014"],
        &["--no-builtin-rules"],
        &["--fail-on", "never"],
        &["--fix"],
        &["--fix-suggested"],
        &["--diff"],
    ] {
        let mut arguments = vec!["check", "--base", "v1", "--record", ".git/log.jsonl"];
        arguments.extend(part);
        let run = with_key(&repository, &arguments);
        assert_eq!(run.code, 2, "{part:?}: {}", run.stdout);
        assert!(run.stderr.contains("--record"), "{part:?}: {}", run.stderr);
    }
    let run = with_key(
        &repository,
        &["baseline", "write", "--record", ".git/log.jsonl"],
    );
    assert!(
        run.code == 2 && run.stderr.contains("no record"),
        "{}",
        run.stderr
    );
    assert!(!repository.path().join(".git/log.jsonl").exists());
}

#[test]
fn a_record_says_what_the_configuration_trailers_and_profile_say() {
    let repository = recorded();
    repository.write(
        "scrubin.toml",
        "[record]\nproject = \"Pump\"\nitem = \"motor control\"\nlog = \".git/log.jsonl\"\nsigners = \".git/gate.pub\"\n\
         [profile]\ndevice = \"Pump 3000\"\nassets = [\"therapy\"]\nfield-update = false\n\
         [profile.software.classes]\n\"src/b.c\" = \"B\"\n",
    );
    repository.commit(
        "unsafe\n\nReviewed-by: Eve <eve@example.invalid>\nApproved-by: Bob <bob@example.invalid>",
    );
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", "--record-note"],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    let show = |arguments: &[&str]| {
        let mut all = vec!["record", "show", "--format", "json"];
        all.extend(arguments);
        let run = repository.scrubin(&all);
        assert_eq!(run.code, 0, "{}", run.stderr);
        json(&run.stdout)
    };
    let record = show(&[])["records"][0].clone();
    let project = &record["project"];
    assert_eq!(project["name"], "Pump");
    assert_eq!(project["device"], "Pump 3000");
    assert_eq!(project["safety_class"], "B");
    assert_eq!(project["level"], "high");
    assert_eq!(project["profile_sha256"].as_str().unwrap().len(), 64);
    let people = &record["people"];
    assert_eq!(people["approver"], "Bob <bob@example.invalid>");
    assert_eq!(people["author_is_not_approver"], true);
    assert_eq!(people["said_by"], "trailers");
    assert_eq!(record["change"]["branch"], "main");
    assert_eq!(record["change"]["tree"].as_str().unwrap().len(), 40);
    assert_eq!(record["findings"][0]["state"], "new");
    assert_eq!(record["gate"]["fail_on"], "error");
    let keys: Vec<&str> = record["checklist"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["key"].as_str().unwrap())
        .collect();
    assert!(
        keys.contains(&"therapy-limits") && !keys.contains(&"update"),
        "{keys:?}"
    );
    assert!(!keys.contains(&"event-order"), "{keys:?}");
    let rules = record["ruleset"]["rules"].as_array().unwrap();
    assert!(
        rules
            .iter()
            .any(|rule| rule.as_str().unwrap().starts_with("X-DEV-004 "))
    );
    // The note holds the same record.
    assert_eq!(show(&["--note", "HEAD"])["records"][0], record);
    // A record that is put beside another commit is none of it.
    repository.git(&["notes", "--ref=scrubin", "copy", "-f", "HEAD", "v1"]);
    let moved = with_key(&repository, &["record", "show", "--note", "v1"]);
    assert_ne!(moved.code, 0, "{}", moved.stdout);
    assert!(
        moved.stderr.contains("about another commit"),
        "{}",
        moved.stderr
    );

    // The next review of the branch says what was fixed.
    repository.write("src/b.c", GOOD);
    repository.commit("repaired");
    let run = with_key(&repository, &["check", "--base", "v1", "--record"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let fixed = show(&[])["records"][0]["fixed"].clone();
    assert_eq!(fixed[0]["rule"], "C-STR-001");
    assert_eq!(fixed[0]["record"], record["id"]);
}

#[test]
fn a_checklist_is_signed_off_and_a_closed_gate_opened_by_a_second_person() {
    let repository = recorded();
    let log = ".git/log.jsonl";
    let record = |arguments: &[&str]| {
        let mut all = vec!["record"];
        all.extend(arguments);
        with_key(&repository, &all)
    };
    with_key(&repository, &["check", "--base", "v1", "--record", log]);
    let asked = record(&["checklist"]);
    assert!(
        asked.stdout.contains("hazards") && asked.stdout.contains("7 points"),
        "{}",
        asked.stdout
    );
    let page = record(&["checklist", "--format", "html"]).stdout;
    assert!(
        page.starts_with("<!DOCTYPE html>") && page.contains("<th scope=\"row\">hazards</th>"),
        "{page}"
    );
    let table = record(&["checklist", "--format", "csv"]).stdout;
    assert_eq!(table.lines().count(), 8, "{table}");
    assert!(table.starts_with("name,point,asked because of,"), "{table}");
    let run = record(&[
        "sign-off",
        log,
        "--reviewer",
        "Eve",
        "--items",
        "requirement,nonsense",
    ]);
    assert!(
        run.code == 2 && run.stderr.contains("nonsense") && run.stderr.contains("hardware"),
        "{}",
        run.stderr
    );
    let run = record(&[
        "sign-off",
        log,
        "--reviewer",
        "Eve",
        "--items",
        "all",
        "--not-applicable",
        "hardware=no register is touched",
    ]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(
        run.stdout.contains("Eve signed off") && run.stdout.contains(" 0 points left open"),
        "{}",
        run.stdout
    );

    let missing = record(&["verify", log, "--range", "v1..HEAD"]);
    assert!(
        missing.code == 1 && missing.stdout.contains("without a record"),
        "{}",
        missing.stdout
    );
    let open = |approver: &str, reason: &str| {
        record(&["override", log, "--approver", approver, "--reason", reason])
    };
    let why = "the pump stops without this change, RISK-41";
    assert!(open("Ada", why).stderr.contains("second person"));
    assert!(open("Bob", "urgent").stderr.contains("no reason"));
    assert_eq!(open("Bob", why).code, 0);
    let verified = record(&["verify", log, "--range", "v1..HEAD"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    assert!(
        verified.stdout.contains("let in by Bob")
            && verified.stdout.contains("3 records, 0 problems"),
        "{}",
        verified.stdout
    );
    let page = record(&["show", log]).stdout;
    assert!(
        page.contains("not applicable, Eve (no register is touched)")
            && page.contains("opened by hand"),
        "{page}"
    );
    assert!(
        record(&["show", log, "--id", "override-3"])
            .stdout
            .contains(why)
    );
}

#[test]
fn a_key_behind_a_passphrase_is_refused_with_what_helps() {
    let repository = recorded();
    // `ssh-keygen -t ed25519 -N secret`; it opens nothing.
    repository.write(".git/locked", LOCKED);
    let run = repository.scrubin_with(
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
        &[("SCRUBIN_RECORD_KEY", ".git/locked")],
    );
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("passphrase") && run.stderr.contains("help:"),
        "{}",
        run.stderr
    );
}

const LOCKED: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----\n\
b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABCG2UHazj\n\
msE1Jb7tn141P+AAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIEciJo0oylKZjGjq\n\
j6zZ7sAVUMC31jI8lMJbJ3ksEkh/AAAAkCm75jN5A9GoX8NkbtrTpOEMgFoIPCCEad1ei2\n\
svsrRNXeOKjDWoMmyyhIz5PcYHrit2d5lQuUmg3M3BNcQmQ80qr943IM3CvAG3CMtMPAYc\n\
fkjV0u3fkKg8ilSvVd7L0s7SGyzIhzBM/tVFt0k3DnHltdesxWy+mnORepWoZ/gv0Bb9r3\n\
lDQ4FTdBPD/M0yrw==\n\
-----END OPENSSH PRIVATE KEY-----\n";

#[cfg(unix)]
#[test]
fn a_log_is_a_plain_file_and_a_link_to_one_stays_a_link() {
    let repository = recorded();
    let check = |log: &str| with_key(&repository, &["check", "--base", "v1", "--record", log]);
    let run = check("/dev/null");
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("no plain file"), "{}", run.stderr);
    assert_eq!(check(".git/log.jsonl").code, 1);
    let link = repository.path().join("link.jsonl");
    std::os::unix::fs::symlink(".git/log.jsonl", &link).expect("a link");
    assert_eq!(check("link.jsonl").code, 1);
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    let run = with_key(&repository, &["record", "verify", ".git/log.jsonl"]);
    assert!(
        run.stdout.contains("2 records, 0 problems"),
        "{}",
        run.stdout
    );
}

/// What came before the end of a shallow history was not looked at, and is not passed over.
#[test]
fn in_a_shallow_clone_nobody_says_that_nothing_is_missing() {
    let repository = recorded();
    let run = with_key(
        &repository,
        &["check", "--base", "v1", "--record", ".git/log.jsonl"],
    );
    assert_eq!(run.code, 1, "{}", run.stderr);
    let clone = tempfile::tempdir().expect("a folder");
    let place = clone.path().to_str().expect("a plain name");
    let origin = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth", "1", &origin, place]);
    let log = repository.path().join(".git/log.jsonl");
    let key = repository.path().join(".git/gate.pub");
    let run = super::repository::scrubin_in(
        clone.path(),
        &[
            "record",
            "verify",
            log.to_str().expect("a plain name"),
            "--signers",
            key.to_str().expect("a plain name"),
            "--range",
            "HEAD..HEAD",
        ],
    );
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("shallow"), "{}", run.stderr);
}
