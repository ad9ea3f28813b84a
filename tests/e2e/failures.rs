//! Bad input: no panic, nothing lost in silence, the message names what is wrong.

use super::repository::{Repository, scrubin_in};
use super::{BAD, GOOD, json};

#[test]
fn what_is_wrong_is_named_and_gives_code_two() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    let cases: [(&[&str], &str); 6] = [
        (&["check", "--all", "nowhere.c"], "nowhere.c"),
        (&["check", "--only", "C-NOT-999"], "C-NOT-999"),
        (&["check", "--range", "nosuch..HEAD"], "nosuch"),
        (&["check", "--config", "missing.toml"], "missing.toml"),
        (&["check", "--rules", "missing.yaml"], "missing.yaml"),
        (&["explain", "C-NOT-999"], "C-NOT-999"),
    ];
    for (arguments, named) in cases {
        let run = repository.scrubin(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
        assert!(
            run.stderr.starts_with("error:"),
            "{arguments:?}: {}",
            run.stderr
        );
        assert!(run.stderr.contains(named), "{arguments:?}: {}", run.stderr);
    }
    repository.write("broken.toml", "[check]\nprecison = \"high\"\n");
    let run = repository.scrubin(&["check", "--config", "broken.toml"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("broken.toml:2"), "{}", run.stderr);
}

#[test]
fn a_changed_file_that_cannot_be_analysed_makes_the_review_fail() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    std::fs::write(repository.path().join("nul.c"), b"int a;\0int b;\n").unwrap();
    repository.write("b.c", BAD);
    repository.git(&["add", "nul.c", "b.c"]);
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    let report = json(&run.stdout);
    assert_eq!(report["gaps"][0]["path"], "nul.c");
    assert_eq!(
        report["counts"]["report"], 1,
        "findings are printed as well"
    );
}

#[test]
fn adversarial_files_end_in_a_counted_gap_or_a_clean_report() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!(
        "int f(void) {{ return {}1{}; }}\n",
        "(".repeat(20_000),
        ")".repeat(20_000)
    );
    std::fs::write(folder.path().join("deep.c"), deep).unwrap();
    std::fs::write(folder.path().join("long.c"), "a".repeat(5 << 20)).unwrap();
    std::fs::write(folder.path().join("latin.c"), b"/* \xe9 */ int a;\n").unwrap();
    std::fs::write(folder.path().join("nul.c"), b"int a;\0\n").unwrap();
    let run = scrubin_in(folder.path(), &["check", "--all", "--format", "json"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run.stdout);
    let gaps: Vec<&str> = report["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| gap["path"].as_str().unwrap())
        .collect();
    assert!(
        gaps.contains(&"long.c") && gaps.contains(&"nul.c") && gaps.contains(&"deep.c"),
        "{gaps:?}"
    );
    assert!(!gaps.contains(&"latin.c"));
}

/// Seconds that hostile input may take, on a busy machine and in a build without optimisation.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Files made to hurt: name, content.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, close: &str| {
        let (open, close) = (open.repeat(20_000), close.repeat(20_000));
        format!("int f(void) {{ return {open}1{close}; }}\n").into_bytes()
    };
    let blocks = format!(
        "void f(void) {{ {}{} }}\n",
        "if (a) {".repeat(20_000),
        "}".repeat(20_000)
    );
    vec![
        ("parens.c", nested("(", ")")),
        (
            "parens.rs",
            [
                &b"fn f() { "[..],
                &vec![b'('; 20_000],
                &vec![b')'; 20_000],
                b" }",
            ]
            .concat(),
        ),
        ("open.c", nested("(", "")),
        ("blocks.c", blocks.into_bytes()),
        (
            "braces.rs",
            format!("fn f() {}{}", "{".repeat(20_000), "}".repeat(20_000)).into_bytes(),
        ),
        ("macros.c", "#if A\n".repeat(20_000).into_bytes()),
        ("long.c", vec![b'a'; 5 << 20]),
        ("strings.c", "\"".repeat(200_000).into_bytes()),
        ("latin.c", b"/* \xe9\xff\xfe */ int a;\n".to_vec()),
        ("nul.c", b"int a;\0\n".to_vec()),
        ("utf16.c", b"\xff\xfei\0n\0t\0".to_vec()),
        ("empty.c", Vec::new()),
    ]
}

#[test]
fn each_hostile_file_alone_is_reviewed_or_named() {
    for (name, bytes) in hostile() {
        let repository = Repository::new();
        repository.write("readme", "x\n");
        repository.commit("base");
        std::fs::write(repository.path().join(name), &bytes).unwrap();
        repository.git(&["add", name]);
        let start = std::time::Instant::now();
        let run = repository.scrubin(&["check", "--format", "json", "--watchdog", "60"]);
        let taken = start.elapsed();
        assert!(taken < PATIENCE, "{name}: {taken:?}");
        assert!(
            [0, 1, 2].contains(&run.code),
            "{name}: {} {}",
            run.code,
            run.stderr
        );
        assert!(!run.stderr.contains("panicked"), "{name}: {}", run.stderr);
        let report = json(&run.stdout);
        let gaps = report["gaps"].as_array().unwrap();
        assert!(
            gaps.iter().all(|gap| gap["path"] == name),
            "{name}: {}",
            run.stdout
        );
        // What could not be analysed at all is named, and fails the review.
        let is_left_out = ["long.c", "nul.c", "utf16.c"].contains(&name);
        assert_eq!(
            run.code == 2,
            is_left_out,
            "{name}: {}{}",
            run.stdout,
            run.stderr
        );
        assert_eq!(
            gaps.iter().any(|gap| gap["fails_review"] == true),
            is_left_out,
            "{name}: {gaps:?}"
        );
    }
}

#[test]
fn a_truncated_rule_is_named_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.c"), GOOD).unwrap();
    let rule = "rules:\n  - id: mine\n    languages: [c]\n    severity: ERROR\n    message: m\n    pattern: f($X, g($Y))\n";
    // Cut anywhere it is a rule, or an error that names the file; never a panic or silence.
    for length in 0..rule.len() {
        std::fs::write(folder.path().join("cut.yaml"), &rule[..length]).unwrap();
        let arguments = [
            "check",
            "--all",
            "--no-builtin-rules",
            "--rules",
            "cut.yaml",
            "a.c",
        ];
        let run = scrubin_in(folder.path(), &arguments);
        assert!(!run.stderr.contains("panicked"), "{length}: {}", run.stderr);
        if run.code == 2 {
            assert!(run.stderr.contains("cut.yaml"), "{length}: {}", run.stderr);
        } else {
            // Only the message or the pattern became shorter.
            assert_eq!(run.code, 0, "{length}: {}", run.stderr);
            assert!(length > rule.find("pattern: ").unwrap(), "{length}");
        }
    }
}

#[test]
fn a_damaged_index_or_object_is_named() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.commit("base");
    repository.write("a.c", BAD);
    repository.git(&["add", "a.c"]);
    let index = repository.path().join(".git/index");
    let whole = std::fs::read(&index).unwrap();
    for damaged in [
        whole[..whole.len() / 2].to_vec(),
        b"DIRC".to_vec(),
        vec![0xff; whole.len()],
        [&b"XXXX"[..], &whole[4..]].concat(),
    ] {
        std::fs::write(&index, &damaged).unwrap();
        for arguments in [&["check"][..], &["hook", "pre-commit"], &["check", "--all"]] {
            let run = repository.scrubin(arguments);
            assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
            assert!(
                run.stderr.contains("index"),
                "{arguments:?}: {}",
                run.stderr
            );
        }
    }
    std::fs::write(&index, &whole).unwrap();
    let object = repository.try_git(&["rev-parse", ":a.c"]).stdout;
    let (folder, file) = object.trim().split_at(2);
    let place = repository
        .path()
        .join(".git/objects")
        .join(folder)
        .join(file);
    std::fs::remove_file(&place).unwrap();
    let run = repository.scrubin(&["check", "--format", "json"]);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        format!("{}{}", run.stdout, run.stderr).contains("a.c"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_a_gap_that_names_it() {
    use super::repository::scrubin_bound_by_modes;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(closed.join("b.c"), BAD).unwrap();
    std::fs::write(folder.path().join("a.c"), GOOD).unwrap();
    let set =
        |mode| std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o000);
    let run = scrubin_bound_by_modes(folder.path(), &["check", "--all", "--format", "json"]);
    set(0o755);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let report = json(&run.stdout);
    assert_eq!(report["gaps"][0]["path"], "closed", "{}", run.stdout);
    assert_eq!(report["gaps"][0]["kind"], "unreadable");
}

#[test]
fn a_review_without_any_rule_is_none() {
    let repository = Repository::new();
    repository.write("a.c", GOOD);
    repository.git(&["add", "--all"]);
    let run = repository.scrubin(&["check", "--no-builtin-rules"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(
        run.stderr.contains("no rule") && run.stderr.contains("--rules"),
        "{}",
        run.stderr
    );
}
