//! `docs/validation/acceptance.md` is its own test: its steps are run one after the other in one shell, as the page
//! asks for, and each line it expects has to come, in its order.

use std::path::Path;

use regex::Regex;

use super::repository::Repository;

/// Stands before the output of each step.
const MARK: &str = "@@@ step";

/// A step: its number, its commands, the lines it expects.
struct Step {
    name: String,
    commands: String,
    expected: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut name = String::new();
    let mut block = None;
    for line in page.lines() {
        match (block, line) {
            (None, "```sh") => {
                block = Some("sh");
                steps.push(Step {
                    name: name.clone(),
                    commands: String::new(),
                    expected: Vec::new(),
                });
            }
            (None, "```text") => block = Some("text"),
            (None, line) => {
                if let Some(title) = line.strip_prefix("## ") {
                    name = title.split(' ').next().unwrap().to_owned();
                }
            }
            (Some(_), "```") => block = None,
            (Some("sh"), line) => {
                let step = steps.last_mut().unwrap();
                step.commands.push_str(line);
                step.commands.push('\n');
            }
            (Some(_), line) => steps.last_mut().unwrap().expected.push(line.to_owned()),
        }
    }
    steps
}

/// A line without numbers that a change of the rules or the machine moves.
fn settled(line: &str) -> String {
    let mut line = line.trim_end().to_owned();
    for (from, to) in [
        (r"\b\d+ (rules|cases)\b", "N $1"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"rules_active. ?: \d+", "rules_active: N"),
        (r"\b\d+\.\d+ s\b", "TIME"),
        (r"\b\d+\.\d+\.\d+\b", "VERSION"),
    ] {
        line = Regex::new(from)
            .unwrap()
            .replace_all(&line, to)
            .into_owned();
    }
    line
}

/// Whether a line is what the page expects, where `...` stands for anything.
fn is_expected(expected: &str, line: &str) -> bool {
    let parts: Vec<String> = settled(expected).split("...").map(regex::escape).collect();
    let pattern = format!("^{}$", parts.join(".*"));
    Regex::new(&pattern).unwrap().is_match(&settled(line))
}

/// The first line that was expected and did not come.
fn missing<'s>(step: &'s Step, output: &str) -> Option<&'s str> {
    let mut lines = output.lines();
    let expected = step.expected.iter().map(String::as_str);
    expected
        .filter(|line| line.trim() != "...")
        .find(|expected| !lines.any(|line| is_expected(expected, line)))
}

#[cfg(target_os = "linux")]
#[test]
fn each_step_of_the_acceptance_gives_what_its_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation/acceptance.md");
    let steps = steps(&std::fs::read_to_string(page).unwrap());
    assert!(steps.len() >= 13, "{} steps", steps.len());
    let mut script = "exec 2>&1\n".to_owned();
    for (at, step) in steps.iter().enumerate() {
        script.push_str(&format!("echo '{MARK} {at}'\n{}", step.commands));
    }
    let repository = Repository::new();
    let binary = Path::new(env!("CARGO_BIN_EXE_scrubin"));
    let folder = binary.parent().unwrap().display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    let run = repository.shell(&script, &[("PATH", &path), ("COLUMNS", "100")]);
    let outputs: Vec<&str> = run.stdout.split(MARK).skip(1).collect();
    assert_eq!(outputs.len(), steps.len(), "{}", run.stdout);
    for (step, output) in steps.iter().zip(outputs) {
        assert!(!step.expected.is_empty(), "{} expects nothing", step.name);
        if let Some(line) = missing(step, output) {
            panic!("{}: `{line}` did not come; it prints{output}", step.name);
        }
    }
}

#[test]
fn a_line_that_does_not_come_is_missed() {
    let page = "## T1 One\n```sh\na\n```\n```text\n272 rules\n...\nexit 0\n```\n";
    let step = steps(page).remove(0);
    assert_eq!(step.name, "T1");
    assert_eq!(missing(&step, "299 rules\nfoo\nexit 0\n"), None);
    assert_eq!(missing(&step, "exit 0\n299 rules\n"), Some("exit 0"));
    assert_eq!(missing(&step, "299 rules\nexit 1\n"), Some("exit 0"));
    assert!(is_expected(
        "error: ... at `x`",
        "error: no such thing at `x`"
    ));
    assert!(!is_expected("1 of 2 functions", "2 of 2 functions"));
}
