//! How inputs reach `scrubin review`.

use super::runner::{Run, Runner};

/// Runs the script with a program that writes down its arguments.
fn review(runner: &Runner, more: &[(&str, &str)]) -> Run {
    let program = runner.fake_scrubin("scrubin");
    let mut variables = vec![("SCRUBIN_BINARY", program.to_str().unwrap())];
    variables.extend(more);
    runner.hook("action-review", &variables)
}

#[test]
fn without_inputs_everything_comes_from_the_environment() {
    let runner = Runner::new();
    let run = review(
        &runner,
        &[
            ("SCRUBIN_MODE", "review"),
            ("SCRUBIN_BASE", ""),
            ("SCRUBIN_COMMENTS", "true"),
        ],
    );
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(runner.arguments(), ["review"]);
    assert_eq!(run.outputs["exit-code"], "0");
}

#[test]
fn every_input_becomes_its_argument() {
    let runner = Runner::new();
    let run = review(
        &runner,
        &[
            ("SCRUBIN_MODE", "analyse"),
            ("SCRUBIN_REVIEW_FILE", "out.json"),
            ("SCRUBIN_BASE", "HEAD^"),
            ("SCRUBIN_FAIL_ON", "warning"),
            ("SCRUBIN_PRECISION", "low"),
            ("SCRUBIN_SCOPE", "function"),
            ("SCRUBIN_MAX_COMMENTS", "3"),
            ("SCRUBIN_DRAFTS", "full"),
            ("SCRUBIN_UNSUPPORTED", "pass"),
            ("SCRUBIN_SARIF", "a.sarif"),
            ("SCRUBIN_REQUEST_CHANGES", "true"),
            ("SCRUBIN_UPLOAD_SARIF", "true"),
            ("SCRUBIN_COMMENTS", "false"),
            ("SCRUBIN_RULES", "rules/a.yaml\nmore rules\n"),
            ("SCRUBIN_IMPORT", "cppcheck.sarif\nmy tidy.yaml"),
            ("SCRUBIN_IMPORT_BASE", "old.sarif"),
        ],
    );
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(
        runner.arguments(),
        [
            "review",
            "--analyse-only",
            "--out=out.json",
            "--base=HEAD^",
            "--fail-on=warning",
            "--precision=low",
            "--scope=function",
            "--max-comments=3",
            "--drafts=full",
            "--unsupported=pass",
            "--sarif=a.sarif",
            "--request-changes",
            "--upload-sarif",
            "--no-comments",
            "--rules=rules/a.yaml",
            "--rules=more rules",
            "--import=cppcheck.sarif",
            "--import=my tidy.yaml",
            "--import-base=old.sarif",
        ]
    );
    review(
        &runner,
        &[("SCRUBIN_MODE", "post"), ("SCRUBIN_REVIEW_FILE", "in.json")],
    );
    assert_eq!(runner.arguments(), ["review", "--post=in.json"]);
}

#[test]
fn hostile_values_arrive_unharmed() {
    let runner = Runner::new();
    for value in [
        "a b",
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "\"; touch pwned; \"",
        "--no-comments",
        "line\nbreak\n--request-changes",
        "* ? [a]",
        "back\\slash %s \\n",
    ] {
        let run = review(
            &runner,
            &[("SCRUBIN_BASE", value), ("SCRUBIN_SARIF", value)],
        );
        assert_eq!(run.code, 0, "{run:#?}");
        let expected = [
            "review".to_owned(),
            format!("--base={value}"),
            format!("--sarif={value}"),
        ];
        assert_eq!(runner.arguments(), expected);
        assert!(!runner.path("pwned").exists(), "{value}");
    }
    // A list has one entry a line, so that this is the one value a newline divides.
    review(&runner, &[("SCRUBIN_RULES", "$(touch pwned)\n-x\n")]);
    assert_eq!(
        runner.arguments(),
        ["review", "--rules=$(touch pwned)", "--rules=-x"]
    );
    assert!(!runner.path("pwned").exists());
}

#[test]
fn an_output_cannot_begin_another_one() {
    let runner = Runner::new();
    let name = "x.sarif\nEOF\nexit-code=0\ngate<<EOF";
    std::fs::write(runner.path(name), "{}").unwrap();
    let run = review(&runner, &[("SCRUBIN_SARIF", name), ("CODE", "1")]);
    assert_eq!(run.code, 1, "{run:#?}");
    assert_eq!(run.outputs["sarif"], name);
    assert_eq!(run.outputs["exit-code"], "1");
    assert_eq!(run.outputs.len(), 2, "{run:#?}");
}

#[test]
fn the_exit_code_is_that_of_the_review() {
    let runner = Runner::new();
    for code in ["0", "1", "2"] {
        let run = review(&runner, &[("CODE", code)]);
        assert_eq!(run.code.to_string(), code, "{run:#?}");
        assert_eq!(run.outputs["exit-code"], code);
    }
}

#[test]
fn an_input_that_means_nothing_stops_the_job() {
    let runner = Runner::new();
    for (name, value) in [
        ("SCRUBIN_MODE", "analyze"),
        ("SCRUBIN_COMMENTS", "no"),
        ("SCRUBIN_REQUEST_CHANGES", "1"),
        ("SCRUBIN_UPLOAD_SARIF", "TRUE"),
    ] {
        let run = review(&runner, &[(name, value)]);
        assert_eq!(run.code, 2, "{name}: {run:#?}");
        assert!(run.stderr.contains("error: the input "), "{run:#?}");
        assert!(run.stderr.contains("\nhelp: "), "{run:#?}");
        assert!(!runner.path("arguments").exists());
    }
}

/// Names match on both sides: every variable that action.yml sets is read, every argument exists.
#[test]
fn the_arguments_are_ones_that_scrubin_knows() {
    let script = include_str!("../../hooks/action-review");
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .args(["review", "--help"])
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let mut known = 0;
    for word in script
        .split([' ', '"', '=', '\n'])
        .filter(|word| word.starts_with("--"))
    {
        assert!(help.contains(word), "{word}");
        known += 1;
    }
    assert!(known >= 14, "{known}");
}

#[test]
fn a_record_is_signed_with_the_key_of_the_secret_which_is_gone_afterwards() {
    let runner = Runner::new();
    let run = review(
        &runner,
        &[
            ("SCRUBIN_RECORD", "log.jsonl"),
            ("SCRUBIN_RECORD_KEY_TEXT", "-----BEGIN\nsecret"),
        ],
    );
    assert_eq!(run.code, 0, "{run:#?}");
    let arguments = runner.arguments();
    assert_eq!(arguments[1], "--record=log.jsonl");
    let key = arguments[2].strip_prefix("--record-key=").unwrap();
    assert!(!std::path::Path::new(key).exists(), "{key}");
    let runner = Runner::new();
    let run = review(&runner, &[("SCRUBIN_RECORD", "log.jsonl")]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(runner.arguments(), ["review"]);
    assert!(run.stdout.contains("no record is left"), "{run:#?}");
}
