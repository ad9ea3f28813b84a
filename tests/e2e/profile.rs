//! The device profile: what it switches, and that nothing gets laxer in silence.

use super::repository::Repository;
use super::{BAD, GOOD, json};

/// No way in, software of class A.
const QUIET: &str = "[profile]\nassets = []\nphysical-attacker = false\nfield-update = false\n\
    [profile.links]\nble = false\nwifi = false\nlan = false\nusb = false\nmedia = false\nuart = false\n\
    remote = false\ncloud = false\njtag = false\n[profile.software.classes]\n\"**\" = \"A\"\n";

/// A defect that a rule of medium precision finds.
const PASSWORD: &str = "int service_login(const char *password)\n{\n    \
    if (strcmp(password, \"Flow4Ever!\") == 0) {\n        return 0;\n    }\n    return -1;\n}\n";

fn staged(files: &[(&str, &str)]) -> Repository {
    let repository = Repository::new();
    repository.write("base.c", GOOD);
    repository.commit("base");
    for (path, text) in files {
        repository.write(path, text);
    }
    repository.git(&["add", "--all"]);
    repository
}

fn report(repository: &Repository) -> (i32, serde_json::Value) {
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_ne!(run.code, 2, "{}", run.stderr);
    (run.code, json(&run.stdout))
}

#[test]
fn errors_of_medium_precision_block_where_the_device_can_be_reached() {
    let quiet = staged(&[("scrubin.toml", QUIET), ("a.c", PASSWORD)]);
    let (code, told) = report(&quiet);
    assert_eq!((code, &told["profile"]["level"]), (0, &"baseline".into()));
    let open = QUIET.replace("usb = false", "usb = true");
    let moderate = staged(&[("scrubin.toml", &open), ("a.c", PASSWORD)]);
    let (code, told) = report(&moderate);
    assert_eq!((code, &told["profile"]["level"]), (1, &"moderate".into()));
    assert_eq!(told["findings"][0]["rule"], "C-SEC-002");
    // Who asks for another precision gets that.
    let run = moderate.scrubin(&["check", "--precision", "high"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
}

#[test]
fn at_level_high_an_error_takes_a_second_person() {
    let excused = BAD.replace(
        "strcpy(tag, name);",
        "strcpy(tag, name); // scrubin: allow(C-STR-001, reason = \"eight bytes at most\")",
    );
    let lax = staged(&[("scrubin.toml", QUIET), ("a.c", &excused)]);
    assert_eq!(report(&lax).0, 0);
    let strict = QUIET.replace("\"A\"", "\"C\"");
    let high = staged(&[("scrubin.toml", &strict), ("a.c", &excused)]);
    let (code, told) = report(&high);
    assert_eq!(code, 1);
    let rules: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"C-STR-001"), "{rules:?}");
    assert!(rules.contains(&"X-DEV-006"), "{rules:?}");
    assert_eq!(told["profile"]["class_c"]["files"][0], "a.c");
    let run = high.scrubin(&["check"]);
    assert!(run.stdout.contains("IEC 62304, 5.5.4"), "{}", run.stdout);
    let entry =
        "[[deviation]]\nrule = \"C-STR-001\"\npath = \"a.c\"\nreason = \"eight bytes at most\"\n";
    high.write("a.c", BAD);
    high.write("deviations.toml", entry);
    high.git(&["add", "--all"]);
    assert_eq!(report(&high).0, 1);
    high.write(
        "deviations.toml",
        &format!("{entry}approved-by = \"M. Huber\"\n"),
    );
    high.git(&["add", "--all"]);
    assert_eq!(report(&high).0, 0);
}

#[test]
fn findings_in_software_of_others_are_listed_and_do_not_block() {
    let text = format!("{QUIET}[profile.software]\nsoup = [\"lwip/\"]\ntest = [\"rig/\"]\n");
    let repository = staged(&[
        ("scrubin.toml", &text),
        ("lwip/tcp.c", BAD),
        ("rig/t.c", BAD),
        ("app/scrubin.toml", "[profile.software]\nsoup = []\n"),
        ("app/lwip/glue.c", BAD),
    ]);
    let (code, told) = report(&repository);
    assert_eq!(code, 1);
    assert_eq!(told["counts"]["soup-list"], 1);
    assert_eq!(told["counts"]["below-threshold"], 1);
    let blocking: Vec<&str> = told["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["blocks"] == true)
        .map(|finding| finding["path"].as_str().unwrap())
        .collect();
    // The folder's own file says that nothing below it is of others.
    assert_eq!(blocking, ["app/lwip/glue.c"]);
    let run = repository.scrubin(&["check"]);
    assert!(run.stdout.contains("SOUP risk list"), "{}", run.stdout);
    assert!(run.stdout.contains("lwip/tcp.c (1)"), "{}", run.stdout);
}

#[test]
fn the_nearest_configuration_counts_from_the_side_under_review() {
    let off = "[rules.\"C-STR-001\"]\nenabled = false\nreason = \"replaced by a checked copy\"\n";
    let repository = staged(&[("app/scrubin.toml", off), ("app/a.c", BAD), ("b.c", GOOD)]);
    assert_eq!(report(&repository).0, 0);
    // What counts is staged, not what lies in the work tree.
    repository.write("app/scrubin.toml", "");
    assert_eq!(report(&repository).0, 0);
    repository.git(&["add", "--all"]);
    assert_eq!(report(&repository).0, 1);
    repository.git(&["commit", "--quiet", "--no-verify", "-m", "app"]);
    repository.write("app/scrubin.toml", off);
    let run = repository.scrubin(&["check", "--all", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let run = repository.scrubin(&["check", "--range", "HEAD~1..HEAD"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    repository.write("app/scrubin.toml", "[limits]\ndepth = 9\n");
    repository.write("app/a.c", &BAD.replace("tag", "id"));
    repository.git(&["add", "--all"]);
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 2);
    let expected = "app/scrubin.toml:2:9: `limits.depth` holds for the whole repository";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    let given = repository.scrubin(&["check", "--config", "/dev/null"]);
    assert_eq!(given.code, 1, "{}", given.stderr);
}

#[test]
fn a_change_of_the_configuration_is_shown_and_marked_where_it_lowers() {
    let strict = QUIET.replace("ble = false", "ble = true");
    let repository = staged(&[("scrubin.toml", &strict)]);
    let (_, told) = report(&repository);
    let switched = told["profile"]["switched"].as_array().unwrap();
    let raised = switched
        .iter()
        .any(|one| one["rule"] == "C-LEN-005" && one["to"] == "error");
    assert!(raised, "{switched:?}");
    // Class A takes weight from the rules that the table names, and from no other.
    let lowered = switched.iter().filter(|one| one["lowered"] == true);
    for one in lowered {
        let rule = one["rule"].as_str().unwrap();
        assert!(rule.starts_with("C-MEM-01") || rule == "C-CTL-002", "{one}");
    }
    repository.git(&["commit", "--quiet", "--no-verify", "-m", "profile"]);
    assert!(
        report(&repository).1["profile"]["switched"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    repository.scrubin(&["hook", "install"]);
    repository.write("scrubin.toml", QUIET);
    // The hook speaks although nothing is found.
    let commit = repository.try_git(&["commit", "-a", "-m", "laxer"]);
    assert_eq!(commit.code, 0, "{}", commit.stderr);
    for expected in [
        "LOWERED: level: moderate to baseline",
        "C-LEN-005 error to warning",
    ] {
        assert!(commit.stderr.contains(expected), "{}", commit.stderr);
    }
    let run = repository.scrubin(&["check", "--range", "HEAD~1..HEAD", "--format", "sarif"]);
    let profile = &json(&run.stdout)["runs"][0]["properties"]["profile"];
    assert_eq!(profile["needs_approval"], true);
    // A file that goes is a change too.
    repository.git(&["rm", "--quiet", "scrubin.toml"]);
    let (_, told) = report(&repository);
    assert_eq!(told["profile"]["needs_approval"], true);
}

#[test]
fn what_is_lowered_is_in_every_report() {
    let text = format!(
        "[rules.\"C-STR-001\"]\nseverity = \"warning\"\nreason = \"copies are checked by hand\"\n{QUIET}"
    );
    let repository = staged(&[("scrubin.toml", &text), ("a.c", BAD)]);
    for format in ["terminal", "json", "sarif", "markdown", "github"] {
        let run = repository.scrubin(&["check", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(
            run.stdout.contains("copies are checked by hand"),
            "{format}"
        );
    }
    let bare = text.replace("reason = \"copies are checked by hand\"\n", "");
    repository.write("scrubin.toml", &bare);
    repository.git(&["add", "--all"]);
    let run = repository.scrubin(&["check"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr
            .contains("scrubin.toml:1:8: `C-STR-001` is lowered"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_list_of_rules_shows_what_the_profile_does() {
    let repository = staged(&[
        ("scrubin.toml", &QUIET.replace("ble = false", "ble = true")),
        ("app/scrubin.toml", "[profile.links]\nble = false\n"),
    ]);
    let severity = |arguments: &[&str]| {
        let base = ["rules", "list", "--profile", "--format", "json"];
        let run = repository.scrubin(&[&base, arguments].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let list = json(&run.stdout);
        let rules = list["rules"].as_array().unwrap().clone();
        let rule = rules.iter().find(|rule| rule["id"] == "C-LEN-005").unwrap();
        (rule["profile-severity"].clone(), rule["because"].clone())
    };
    let because = serde_json::json!(["BLE or another radio"]);
    assert_eq!(severity(&[]), ("error".into(), because));
    assert_eq!(severity(&["--at", "app"]).0, "warning");
    let run = repository.scrubin(&["rules", "list", "--profile"]);
    assert!(
        run.stdout.starts_with("The level is moderate"),
        "{}",
        run.stdout
    );
}

/// What a device's repository may hold.
fn firmware() -> Repository {
    let repository = Repository::new();
    repository.write(
        "src/ble.c",
        "#include \"host/ble_hs.h\"\nint bolus_start(int dose);\n",
    );
    repository.write("FreeRTOSConfig.h", "#define configUSE_PREEMPTION 1\n");
    repository.write("third_party/lwip/LICENSE", "BSD\n");
    repository.write("third_party/lwip/tcp.c", GOOD);
    repository.write("tests/t.c", GOOD);
    repository.commit("base");
    repository
}

#[test]
fn init_guesses_with_evidence_and_is_the_same_the_second_time() {
    let repository = firmware();
    repository.write(
        "scrubin.toml",
        "# ours\n[paths]\nexclude = [\"build/\"] # generated\n",
    );
    let run = repository.scrubin(&["init", "--yes", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let told = json(&run.stdout);
    assert_eq!(told["level"], "high");
    let answer = |name: &str| {
        let answers = told["answers"].as_array().unwrap();
        answers
            .iter()
            .find(|one| one["question"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(answer("links.ble")["answer"], "yes");
    assert_eq!(
        answer("links.ble")["evidence"][0],
        "src/ble.c:1 (host/ble_hs.h)"
    );
    assert_eq!(answer("links.wifi")["answer"], "no");
    assert_eq!(answer("links.jtag")["how"], "assumed");
    assert_eq!(answer("software.os")["answer"], "freertos");
    assert_eq!(answer("software.soup")["answer"], "/third_party/");
    let read = |name: &str| std::fs::read_to_string(repository.path().join(name)).unwrap();
    let (text, page) = (read("scrubin.toml"), read("docs/scrubin-profile.md"));
    assert!(
        text.starts_with("# ours\n[paths]\nexclude = [\"build/\"] # generated\n"),
        "{text}"
    );
    assert!(
        text.contains("Ada <ada@example.invalid>") || text.contains("by = "),
        "{text}"
    );
    assert!(page.contains("src/ble.c:1"), "{page}");
    assert!(page.contains("| `C-RET-005` |"), "{page}");
    let run = repository.scrubin(&["init", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("unchanged"), "{}", run.stdout);
    assert_eq!(
        (read("scrubin.toml"), read("docs/scrubin-profile.md")),
        (text, page)
    );
    // What was written is what the review goes by.
    repository.git(&["add", "--all"]);
    assert_eq!(report(&repository).1["profile"]["level"], "high");
}

#[test]
fn init_takes_answers_from_a_file_and_refuses_what_it_does_not_know() {
    let repository = firmware();
    let answers = QUIET.replace("[profile]\n", "").replace("[profile.", "[");
    repository.write("answers.toml", &answers);
    let run = repository.scrubin(&["init", "--answers", "answers.toml", "--dry-run"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("ble = false"), "{}", run.stdout);
    assert!(
        run.stderr.contains("The level is baseline"),
        "{}",
        run.stderr
    );
    assert!(!repository.path().join("scrubin.toml").exists());
    repository.write("answers.toml", &answers.replace("ble =", "blue ="));
    let run = repository.scrubin(&["init", "--answers", "answers.toml"]);
    assert_eq!(run.code, 2);
    let place = "answers.toml:5:1: unknown key `blue` in [profile.links]; did you mean `ble`?";
    assert!(run.stderr.contains(place), "{}", run.stderr);
    let lowered = answers.replace("ble = false", "ble = true");
    repository.write("answers.toml", &format!("level = \"baseline\"\n{lowered}"));
    let run = repository.scrubin(&["init", "--answers", "answers.toml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("without a reason"), "{}", run.stderr);
}

#[test]
fn an_interview_that_ends_early_writes_nothing() {
    let repository = firmware();
    let run = repository.scrubin_says(&["init"], "pump\nn\n");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nothing was written"), "{}", run.stderr);
    assert!(!repository.path().join("scrubin.toml").exists());
    assert!(!repository.path().join("docs").exists());
    // A wrong answer is asked again, `?` explains; enter takes what stands in brackets.
    let said = format!("pump\n?\nperhaps\nn\n{}", "\n".repeat(40));
    let run = repository.scrubin_says(&["init"], &said);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("`perhaps` is neither yes nor no"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("guess: yes, from src/ble.c:1"),
        "{}",
        run.stderr
    );
    let text = std::fs::read_to_string(repository.path().join("scrubin.toml")).unwrap();
    assert!(text.contains("device = \"pump\""), "{text}");
    assert!(!text.contains("\"phi\""), "{text}");
}
