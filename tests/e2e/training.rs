//! What is learned from the history: the report of a team, lessons, the competence matrix.

use super::repository::Repository;
use super::{BAD, GOOD, json};

/// A repository with one finding that a hook stopped.
fn stopped() -> Repository {
    let repository = Repository::new();
    repository.write("src/ble/a.c", GOOD);
    repository.commit("base");
    assert_eq!(repository.scrubin(&["hook", "install"]).code, 0);
    repository.write("src/ble/a.c", BAD);
    assert_ne!(
        repository.try_git(&["commit", "-a", "-m", "unsafe"]).code,
        0
    );
    repository
}

fn read(repository: &Repository, name: &str) -> String {
    std::fs::read_to_string(repository.path().join(name)).unwrap()
}

#[test]
fn a_team_sees_what_comes_again_and_gets_a_sheet_without_its_names() {
    let repository = stopped();
    let run = repository.scrubin(&["training", "report", "--brown-bag", "sheet.html"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("L-STR-BOUND"), "{}", run.stdout);
    // One person alone: what to talk about, and no number.
    assert!(run.stdout.contains("Fewer than 5 people"), "{}", run.stdout);
    assert!(!run.stdout.contains("1 finding"), "{}", run.stdout);
    assert!(run.stderr.contains("from your own code"), "{}", run.stderr);
    let sheet = read(&repository, "sheet.html");
    assert!(sheet.contains("strcpy(value_"), "{sheet}");
    for name in ["on_frame", "a.c", "Ada"] {
        assert!(!sheet.contains(name), "{name}");
    }
    for format in ["html", "csv", "json"] {
        let run = repository.scrubin(&["training", "report", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(
            run.stdout.contains("L-STR-BOUND"),
            format != "csv",
            "{}",
            run.stdout
        );
        assert!(!run.stdout.contains("src/ble"), "{}", run.stdout);
    }
    // Without the repository: from an exported history, with the lesson's own sample.
    repository.scrubin(&["training", "export", "history.jsonl"]);
    let file = repository.path().join("history.jsonl");
    let sheet = repository.path().join("other.html");
    let arguments = [
        "training",
        "report",
        file.to_str().unwrap(),
        "--brown-bag",
        sheet.to_str().unwrap(),
    ];
    let run = super::repository::scrubin(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("own sample"), "{}", run.stderr);
    let run = repository.scrubin(&[
        "training",
        "report",
        "--since",
        "2030-01-01",
        "--until",
        "2029-01-01",
    ]);
    assert_eq!(run.code, 2);
}

#[test]
fn a_person_learns_from_their_own_finding_and_the_repair_is_judged() {
    let repository = stopped();
    let run = repository.scrubin(&["learn", "--show", "--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let shown = json(&run.stdout);
    assert_eq!(
        (&shown["lesson"], &shown["own-code"]),
        (&"L-STR-BOUND".into(), &true.into())
    );
    assert_eq!(shown["code"], BAD);
    let letter = right_letter(&repository);
    let answers = |fix: &str| {
        repository.write("fix.c", fix);
        repository.write(
            "answers.toml",
            &format!("spot = 6\nchoose = \"{letter}\"\nfix-file = \"fix.c\"\n"),
        );
        let run = repository.scrubin(&["learn", "--answers", "answers.toml", "--format", "json"]);
        (run.code, json(&run.stdout))
    };
    let (code, wrong) = answers(&BAD.replace("    strcpy(tag, name);\n", ""));
    assert_eq!(code, 1, "{wrong}");
    assert_eq!(wrong["answers"]["fix"], false);
    let (code, wrong) =
        answers(&BAD.replace("strcpy(tag, name)", "strcpy(tag, (const char *)name)"));
    assert_eq!(code, 1, "{wrong}");
    let fixed = BAD.replace(
        "    strcpy(tag, name);",
        "    if (strlen(name) >= sizeof(tag)) {\n        return;\n    }\n    memcpy(tag, name, strlen(name) + 1);",
    );
    let (code, right) = answers(&fixed);
    assert_eq!(code, 0, "{right}");
    assert_eq!(
        (&right["right"], &right["own-code"]),
        (&true.into(), &true.into())
    );
    // Asked again in two days; nothing is due before.
    let run = repository.scrubin(&["learn", "--due", "--format", "json"]);
    assert_eq!(json(&run.stdout)["due"].as_array().unwrap().len(), 0);
    let list = json(
        &repository
            .scrubin(&["learn", "--list", "--format", "json"])
            .stdout,
    );
    let lessons = list["lessons"].as_array().unwrap();
    let own = lessons
        .iter()
        .find(|one| one["lesson"] == "L-STR-BOUND")
        .unwrap();
    assert_eq!(
        (&own["state"], &own["own-findings"]),
        (&"passed".into(), &1.into())
    );
    // Only the person's own; gone when they say so.
    let mine = json(
        &repository
            .scrubin(&["training", "show", "--mine", "--format", "json"])
            .stdout,
    );
    assert_eq!(mine["passed"].as_array().unwrap().len(), 1);
    assert_eq!(mine["learning"]["lessons"][0]["lesson"], "L-STR-BOUND");
    assert_eq!(
        repository
            .scrubin(&["training", "delete", "--mine", "--yes"])
            .code,
        0
    );
    let mine = json(
        &repository
            .scrubin(&["training", "show", "--mine", "--format", "json"])
            .stdout,
    );
    assert_eq!(mine["learning"]["lessons"].as_array().unwrap().len(), 0);
}

/// The letter of the right option of L-STR-BOUND.
pub(super) fn right_letter(repository: &Repository) -> char {
    let run = repository.scrubin(&["explain", "L-STR-BOUND", "--format", "json"]);
    let lesson = json(&run.stdout);
    let options = lesson["quiz"]["options"].as_array().unwrap().clone();
    let at = options
        .iter()
        .position(|option| option["right"] == true)
        .unwrap();
    char::from(b'a' + u8::try_from(at).unwrap())
}

#[test]
fn a_lesson_can_be_taken_anywhere_and_bad_answers_are_named() {
    let run = super::repository::scrubin(&["learn", "L-INT-WRAP", "--show"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("flash_write"), "{}", run.stdout);
    let run = super::repository::scrubin(&["learn", "L-INT-WARP", "--show"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`L-INT-WRAP`"), "{}", run.stderr);
    let run = super::repository::scrubin(&["learn", "L-INT-WRAP", "--language", "ada", "--show"]);
    assert!(
        run.code == 2 && run.stderr.contains("c, rust"),
        "{}",
        run.stderr
    );
    // Nobody is there to ask.
    let run = super::repository::scrubin(&["learn", "L-INT-WRAP"]);
    assert!(
        run.code == 2 && run.stderr.contains("--answers"),
        "{}",
        run.stderr
    );
    let repository = Repository::new();
    repository.write("a.toml", "spot = 1\nfixx = \"\"\n");
    let run = repository.scrubin(&["learn", "L-INT-WRAP", "--answers", "a.toml"]);
    assert!(
        run.code == 2 && run.stderr.contains("fixx"),
        "{}",
        run.stderr
    );
    // Another form of the sample has other names.
    let run = repository.scrubin(&[
        "learn",
        "L-INT-WRAP",
        "--variant",
        "1",
        "--show",
        "--format",
        "json",
    ]);
    let code = json(&run.stdout)["code"].as_str().unwrap().to_owned();
    assert!(
        code.contains("unit_size") && code.contains("flash_write"),
        "{code}"
    );
}

#[test]
fn the_matrix_is_signed_off_by_its_owner_and_no_byte_of_it_can_change() {
    let repository = stopped();
    let letter = right_letter(&repository);
    let fixed = BAD.replace(
        "strcpy(tag, name)",
        "snprintf(tag, sizeof(tag), \"%s\", name)",
    );
    repository.write("fix.c", &fixed.replace("<string.h>", "<stdio.h>"));
    repository.write(
        "a.toml",
        &format!("spot = 6\nchoose = \"{letter}\"\nfix-file = \"fix.c\"\n"),
    );
    let run = repository.scrubin(&["learn", "--answers", "a.toml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(
        repository
            .scrubin(&["training", "people", "names.toml"])
            .code,
        0
    );
    assert!(read(&repository, "names.toml").contains("Ada <ada@example.invalid>"));
    let run = repository.scrubin(&[
        "training",
        "matrix",
        "--people",
        "names.toml",
        "--format",
        "csv",
    ]);
    assert!(
        run.stdout.contains("Ada <ada@example.invalid>"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("L-STR-BOUND"), "{}", run.stdout);
    assert_eq!(repository.scrubin(&["record", "key", "owner.key"]).code, 0);
    let sign = [
        "training",
        "matrix",
        "--people",
        "names.toml",
        "--sign-key",
        "owner.key",
        "--output",
        "m.dsse",
    ];
    let run = repository.scrubin(&sign);
    assert_eq!(run.code, 2, "nobody is named: {}", run.stdout);
    let run = repository.scrubin(&[&sign[..], &["--owner", "  "]].concat());
    assert_eq!(run.code, 2, "an empty name is none: {}", run.stdout);
    let run = repository.scrubin(&[&sign[..], &["--owner", "Olga"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let verify = [
        "training",
        "matrix",
        "--verify",
        "m.dsse",
        "--signers",
        "owner.key.pub",
    ];
    let run = repository.scrubin(&verify);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("Signed off by Olga"), "{}", run.stdout);
    let signed = read(&repository, "m.dsse");
    repository.write("m.dsse", &signed.replacen('A', "B", 1));
    assert_eq!(repository.scrubin(&verify).code, 2);
    // A configuration that cannot be read may say that people are not told apart.
    repository.write("scrubin.toml", "[training]\nindividual = \"of\"\n");
    let run = repository.scrubin(&["training", "matrix", "h.jsonl"]);
    assert!(
        run.code == 2 && run.stderr.contains("scrubin.toml:2"),
        "{}",
        run.stderr
    );
    // People who are not told apart have no matrix; all else goes on.
    repository.write("scrubin.toml", "[training]\nindividual = \"off\"\n");
    assert_eq!(repository.scrubin(&["training", "matrix"]).code, 2);
    let run = repository.scrubin(&["training", "report"]);
    assert!(run.stdout.contains("L-STR-BOUND"), "{}", run.stdout);
    let run = repository.scrubin(&["learn", "L-STR-BOUND", "--show"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    repository.scrubin(&["training", "export", "h.jsonl"]);
    let exported = read(&repository, "h.jsonl");
    assert!(
        !exported.contains("\"who\"") && !exported.contains("learned"),
        "{exported}"
    );
}
