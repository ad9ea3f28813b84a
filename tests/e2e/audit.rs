//! `docs/audit.md` is its own test: its commands are run in a repository made here, and what they print is held
//! against what stands below them. `SCRUBIN_WRITE_AUDIT=1` writes the page anew.

use std::path::{Path, PathBuf};

use super::repository::{Repository, Run};
use super::{BAD, GOOD};

/// The page.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md")
}

/// The frame of a buffer that takes a name of any length; a deviation excuses it.
const EXCUSED: &str = "#include <string.h>\n\nvoid on_name(const char *name)\n{\n    char tag[8];\n    \
    // scrubin: allow(C-STR-001, reason = \"The name comes from the device table, at most 7 characters.\", until = 2099-12-31, ticket = \"RISK-41\", approved-by = \"M. Huber\")\n    \
    strcpy(tag, name);\n    use(tag);\n}\n";

/// The rules of the project: a profile, and a severity that was lowered with a reason.
const SETTINGS: &str = "[check]\nprecision = \"high\"\n\n[rules.\"C-MEM-012\"]\nseverity = \"error\"\n\n\
    [rules.\"C-CTL-001\"]\nseverity = \"info\"\nreason = \"gcc -Wimplicit-fallthrough is an error in our build.\"\n";

/// A project with two releases: a change that was reviewed, one with an excused finding, and one that nobody reviewed.
fn project() -> Repository {
    let repository = Repository::new();
    repository.write("src/clamp.c", GOOD);
    repository.write("scrubin.toml", SETTINGS);
    repository.commit("pump: first release");
    repository.git(&["tag", "v1.0"]);
    keys(&repository);
    repository.write("src/clamp.c", &GOOD.replace("int clamp", "int bounded"));
    repository.commit("clamp: a better name");
    reviewed(&repository);
    repository.write("src/name.c", EXCUSED);
    repository.commit("name: tag of the device");
    reviewed(&repository);
    learned(&repository);
    repository.write("src/frame.c", BAD);
    repository.commit("frame: quick fix");
    repository.git(&["tag", "v1.1"]);
    repository
}

/// The keys of the gate and of whoever validates the tool, and the signed report of its validation.
fn keys(repository: &Repository) {
    for key in [".git/gate", ".git/qa"] {
        assert_eq!(repository.scrubin(&["record", "key", key]).code, 0);
    }
    let run = repository.scrubin(&[
        "selftest",
        "--report",
        ".git/selftest.html",
        "--sign-key",
        ".git/qa",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// The review of what came since the release, as the gate runs it.
fn reviewed(repository: &Repository) {
    let run = repository.scrubin(&[
        "check",
        "--base",
        "v1.0",
        "--record",
        ".git/review.log",
        "--record-key",
        ".git/gate",
    ]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
}

/// A finding that the hook stopped, and the lesson that its author passed on it.
fn learned(repository: &Repository) {
    repository.write("src/frame.c", BAD);
    repository.git(&["add", "src/frame.c"]);
    assert_eq!(repository.scrubin(&["hook", "pre-commit"]).code, 1);
    let letter = super::training::right_letter(repository);
    let fixed = BAD.replace(
        "    strcpy(tag, name);",
        "    if (strlen(name) >= sizeof(tag)) {\n        return;\n    }\n    memcpy(tag, name, strlen(name) + 1);",
    );
    repository.write(".git/fix.c", &fixed);
    let answers = format!("spot = 6\nchoose = \"{letter}\"\nfix-file = \"fix.c\"\n");
    repository.write(".git/answers.toml", &answers);
    let run = repository.scrubin(&["learn", "--answers", ".git/answers.toml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let run = repository.scrubin(&["training", "people", ".git/people.toml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

/// Runs a block of the page with this program first on the way.
fn run_block(repository: &Repository, block: &str) -> Run {
    let binary = Path::new(env!("CARGO_BIN_EXE_scrubin"));
    let folder = binary.parent().unwrap().display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap());
    repository.shell(block, &[("PATH", &path), ("COLUMNS", "100")])
}

/// A text without what differs from run to run or with a change of a rule: times, digests, keys, versions, numbers of
/// cases, and lines of examples.
fn settled(text: &str) -> String {
    let rules = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME"),
        (r"SHA256:[A-Za-z0-9+/]{43}", "KEY"),
        (r"\b[0-9a-f]{64}\b", "DIGEST"),
        (r"\b[0-9a-f]{40}\b", "COMMIT"),
        (r"\b[0-9a-f]{12}\b", "COMMIT"),
        (r"\b[0-9a-f]{16}\b", "PSEUDONYM"),
        (r"\d+ cases", "N cases"),
        (r"on lines? \d+(, \d+)*", "on LINES"),
        (r"\b\d+\.\d+\.\d+\b", "VERSION"),
        (r"active rules \| \d+", "active rules | N"),
        (r"\d{4}-\d\d-\d\d\b", "DAY"),
    ];
    let mut text = text.trim_end().to_owned();
    for (from, to) in rules {
        text = regex::Regex::new(from)
            .unwrap()
            .replace_all(&text, to)
            .into_owned();
    }
    text
}

/// A block that is run, and what stands below it.
struct Block {
    commands: String,
    output: String,
    /// Lines of the output in the page, first and behind the last.
    lines: (usize, usize),
}

fn blocks(page: &str) -> Vec<Block> {
    let lines: Vec<&str> = page.lines().collect();
    let end = |from: usize| (from..lines.len()).find(|&at| lines[at] == "```").unwrap();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if lines[at] == "```sh" {
            let commands = (at + 1, end(at + 1));
            assert_eq!(lines[commands.1 + 1], "```text", "line {}", commands.1 + 2);
            let output = (commands.1 + 2, end(commands.1 + 2));
            blocks.push(Block {
                commands: lines[commands.0..commands.1].join("\n"),
                output: lines[output.0..output.1].join("\n"),
                lines: output,
            });
            at = output.1;
        }
        at += 1;
    }
    blocks
}

#[cfg(unix)]
#[test]
fn the_answers_to_an_auditor_are_what_the_commands_print() {
    let text = std::fs::read_to_string(page()).unwrap();
    let blocks = blocks(&text);
    assert!(blocks.len() >= 8, "{} commands", blocks.len());
    let repository = project();
    let write = std::env::var_os("SCRUBIN_WRITE_AUDIT").is_some();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut wrong = Vec::new();
    // From the end, so that the lines of the others stay where they are.
    for block in blocks.iter().rev() {
        let run = run_block(&repository, &block.commands);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(
            !said.trim().is_empty(),
            "nothing said by\n{}",
            block.commands
        );
        if settled(&said) != settled(&block.output) {
            wrong.push(format!("{}\n  prints\n{said}", block.commands));
        }
        let said = said.trim_end().lines().map(str::to_owned);
        lines.splice(block.lines.0..block.lines.1, said);
    }
    if write {
        std::fs::write(page(), lines.join("\n") + "\n").unwrap();
        return;
    }
    assert!(
        wrong.is_empty(),
        "write docs/audit.md anew with SCRUBIN_WRITE_AUDIT=1:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn what_differs_from_run_to_run_is_left_out_and_nothing_else() {
    let a = "at 2026-11-30T03:15:00Z by SHA256:abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ of 0123456789ab: 1 finding";
    let b = a
        .replace("03:15", "04:16")
        .replace("0123456789ab", "ba9876543210");
    assert_eq!(settled(a), settled(&b));
    assert_ne!(settled(a), settled(&a.replace("1 finding", "2 findings")));
}
