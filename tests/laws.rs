//! The laws of the code base that a reader can rely on (ARCHITECTURE.md lists them). Each test reads
//! the repository's own files; the scanner they share is in `laws/source.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "laws/pages.rs"]
mod pages;
#[path = "laws/source.rs"]
mod source;
#[path = "laws/stored.rs"]
mod stored;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use source::{
    SourceFile, files_under, identifiers, module_order, names_after, read, root, source_files,
    words,
};

/// Modules that touch no file system, network, clock, environment or process (design: rows marked
/// pure). A module that does not exist yet may stand here.
const PURE: &[&str] = &[
    "finding", "config", "change", "syntax", "rules", "matching", "flow", "triage", "report",
    "training", "evidence",
];

/// The parts of pure modules that do the I/O for them: these files, or all below these folders.
const SHELLS: &[&str] = &["src/change/git", "src/change/folder"];

/// Crates that only these places may name, so that replacing them stays a local matter.
const CONFINED: &[(&str, &[&str])] = &[
    ("tree_sitter", &["src/syntax/"]),
    ("tree_sitter_c", &["src/syntax/"]),
    ("tree_sitter_rust", &["src/syntax/"]),
    ("git2", &["src/change/git"]),
    ("octocrab", &["src/github/"]),
    (
        "tokio",
        &[
            "src/github/",
            "src/store/",
            "src/service/",
            "src/cli/serve.rs",
        ],
    ),
    ("sqlx", &["src/store/"]),
    ("axum", &["src/service/"]),
    ("clap", &["src/cli/"]),
];

/// The one pure file that may start a thread: tree-sitter frees deep input recursively, and a thread
/// is the only way to have the stack for it. Its result does not depend on the thread.
const DEEP_STACK: &str = "src/syntax/parse.rs";

fn is_shell(path: &str) -> bool {
    SHELLS.iter().any(|shell| path.starts_with(shell))
}

fn fail_if_any(law: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{law}:\n  {}", breaches.join("\n  "));
}

#[test]
fn a_module_imports_only_modules_above_it() {
    let order = module_order();
    assert!(order.len() >= 11, "src/lib.rs lists {order:?}");
    let rank = |name: &str| order.iter().position(|module| module == name);
    let mut breaches = Vec::new();
    let mut imports = 0;
    for file in source_files("src") {
        let Some(own) = rank(file.module()) else {
            continue;
        };
        for imported in file.imported_modules() {
            let Some(other) = rank(&imported) else {
                continue;
            };
            imports += 1;
            if other > own {
                breaches.push(format!(
                    "{}: `{}` imports `{imported}`",
                    file.path, order[own]
                ));
            }
        }
    }
    assert!(imports > 0, "the scanner found no import at all");
    fail_if_any("the order in src/lib.rs is the order of imports", &breaches);
}

#[test]
fn the_program_only_calls_cli() {
    let main = SourceFile::load("src/main.rs");
    for name in names_after(&main.code, "scrubin") {
        assert_eq!(name, "cli", "src/main.rs names scrubin::{name}");
    }
}

#[test]
fn pure_modules_touch_nothing_outside() {
    let mut breaches = Vec::new();
    for file in source_files("src") {
        if !PURE.contains(&file.module()) || is_shell(&file.path) {
            continue;
        }
        for name in names_after(&file.code, "std") {
            if matches!(
                name.as_str(),
                "fs" | "net" | "env" | "process" | "thread" | "os"
            ) && !(name == "thread" && file.path == DEEP_STACK)
            {
                breaches.push(format!("{}: std::{name}", file.path));
            }
        }
        let named: BTreeSet<&str> = identifiers(&file.code).collect();
        for name in [
            "git2",
            "octocrab",
            "tokio",
            "axum",
            "sqlx",
            "tempfile",
            "Instant",
            "SystemTime",
        ] {
            if named.contains(name) {
                breaches.push(format!("{}: {name}", file.path));
            }
        }
        for call in [
            "Utc::now",
            "Local::now",
            ".exists()",
            ".canonicalize()",
            ".read_dir()",
        ] {
            if file.code.contains(call) {
                breaches.push(format!("{}: {call}", file.path));
            }
        }
        for root in ["ignore", "git2", "libc"] {
            if !names_after(&file.code, root).is_empty() {
                breaches.push(format!("{}: crate {root}", file.path));
            }
        }
    }
    fail_if_any(
        "pure modules take bytes, times and limits as arguments",
        &breaches,
    );
}

#[test]
fn confined_crates_are_named_in_one_place() {
    let mut breaches = Vec::new();
    for file in source_files("src") {
        let named: BTreeSet<&str> = identifiers(&file.code).collect();
        for (name, places) in CONFINED {
            if named.contains(name) && !places.iter().any(|place| file.path.starts_with(place)) {
                breaches.push(format!(
                    "{}: {name} belongs into {}",
                    file.path,
                    places.join(", ")
                ));
            }
        }
    }
    fail_if_any("one place per outside crate", &breaches);
}

#[test]
fn files_stay_readable() {
    let mut breaches = Vec::new();
    for folder in ["src", "tests", "benches", "fuzz"] {
        for path in files_under(folder) {
            let name = path.rsplit('/').next().unwrap();
            if !(name.ends_with(".rs") || name.ends_with(".py") || name.ends_with(".sh")) {
                continue;
            }
            let lines = read(&path).lines().count();
            if lines > 600 {
                breaches.push(format!("{path}: {lines} lines"));
            }
        }
    }
    fail_if_any("no file passes 600 lines: split it by job", &breaches);
}

#[test]
fn names_say_what_a_thing_is() {
    const EMPTY: &[&str] = &["util", "utils", "helper", "helpers", "manager", "misc"];
    let mut breaches = Vec::new();
    for file in source_files("src") {
        let in_path = file
            .path
            .split(['/', '.'])
            .filter(|part| EMPTY.contains(part));
        breaches.extend(in_path.map(|part| format!("{}: {part}", file.path)));
        for name in identifiers(&file.code) {
            if words(name)
                .iter()
                .any(|word| EMPTY.contains(&word.as_str()))
            {
                breaches.push(format!("{}: {name}", file.path));
            }
        }
    }
    fail_if_any("names come from the glossary", &breaches);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut breaches = Vec::new();
    let rust = source_files("src").into_iter().chain(source_files("fuzz"));
    for file in rust.chain([SourceFile::load("build.rs")]) {
        for mark in ["TODO", "FIXME", "XXX"] {
            if identifiers(&file.comments).any(|word| word == mark) {
                breaches.push(format!("{}: {mark}", file.path));
            }
        }
        for call in ["todo!", "unimplemented!"] {
            if file.code.contains(call) {
                breaches.push(format!("{}: {call}", file.path));
            }
        }
    }
    for path in ["hooks", "benches"].into_iter().flat_map(files_under) {
        let text = read(&path);
        for mark in ["TODO", "FIXME"] {
            if identifiers(&text).any(|word| word == mark) {
                breaches.push(format!("{path}: {mark}"));
            }
        }
    }
    fail_if_any("unfinished marks", &breaches);
}

#[test]
fn architecture_names_paths_that_exist() {
    let text = read("ARCHITECTURE.md");
    assert!(
        text.lines().count() <= 150,
        "ARCHITECTURE.md is longer than 150 lines"
    );
    let mut named = 0;
    let mut breaches = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        let is_path = quoted.contains('/') && !quoted.contains([' ', '<', '*', '(', '\n', ':']);
        let is_file = [".rs", ".toml", ".md", ".yml", ".yaml"]
            .iter()
            .any(|end| quoted.ends_with(end));
        if !(is_path || is_file && !quoted.contains([' ', '<', '*'])) {
            continue;
        }
        // Files of the user's repository, not of ours.
        if matches!(quoted, "scrubin.toml" | "deviations.toml") {
            continue;
        }
        named += 1;
        if !root().join(quoted).exists() {
            breaches.push(quoted.to_owned());
        }
    }
    assert!(
        named >= 10,
        "only {named} paths recognised: is the scan right?"
    );
    fail_if_any("ARCHITECTURE.md names paths that do not exist", &breaches);
}

#[test]
fn architecture_describes_every_module() {
    let text = read("ARCHITECTURE.md");
    for module in module_order() {
        assert!(
            text.contains(&format!("| `{module}`")),
            "ARCHITECTURE.md has no row for {module}"
        );
    }
}

#[test]
fn a_rule_file_is_named_by_its_slug_and_code() {
    let mut breaches = Vec::new();
    for path in files_under("rulesets") {
        let Some(stem) = path
            .strip_suffix(".yaml")
            .map(|p| p.rsplit('/').next().unwrap())
        else {
            continue;
        };
        // The data beside the rules: models, the map of controls.
        if !["c", "rust", "any"]
            .iter()
            .any(|folder| path.starts_with(&format!("rulesets/{folder}/")))
        {
            continue;
        }
        let text = read(&path);
        let value = |key: &str| {
            let line = text
                .lines()
                .map(str::trim)
                .find_map(|line| line.strip_prefix(key))?;
            Some(line.trim().trim_matches('"').to_owned())
        };
        if value("slug:").as_deref() != Some(stem) {
            breaches.push(format!("{path}: slug is {:?}", value("slug:")));
        }
        let code = value("- id:").unwrap_or_default();
        let parts: Vec<&str> = code.split('-').collect();
        let folder = match parts.as_slice() {
            [language, area, _] => {
                let language = match *language {
                    "C" => "c",
                    "R" => "rust",
                    _ => "any",
                };
                format!("rulesets/{language}/{}/", area.to_lowercase())
            }
            _ => String::from("(no code of three parts)"),
        };
        if !path.starts_with(&folder) {
            breaches.push(format!("{path}: {code} belongs into {folder}"));
        }
    }
    fail_if_any(
        "a rule file is named by its slug and lies in the folder of its code",
        &breaches,
    );
}

#[test]
fn tests_that_the_documentation_names_exist() {
    let mut functions = BTreeSet::new();
    for path in files_under("tests").into_iter().chain(files_under("src")) {
        if path.ends_with(".rs") {
            let text = read(&path);
            functions.extend(names_after_fn(&text));
            // Tests of the service stand in lists, by names of their own.
            if path.starts_with("tests/service/") {
                functions.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    for page in ["docs/review.md", "docs/security.md"] {
        names_tests_that_exist(page, &functions);
    }
}

/// Holds the tests in the last column of a page's tables against all there are.
fn names_tests_that_exist(page: &str, functions: &BTreeSet<String>) {
    let mut named = 0;
    let mut breaches = Vec::new();
    for row in read(page).lines() {
        let Some(cell) = row.strip_suffix('|').and_then(|row| row.rsplit('|').next()) else {
            continue;
        };
        for name in cell.split('`').skip(1).step_by(2) {
            if name.matches('_').count() < 2 {
                continue;
            }
            named += 1;
            let stem = name.trim_end_matches('*');
            if !functions
                .iter()
                .any(|function| function == name || (stem != name && function.starts_with(stem)))
            {
                breaches.push(name.to_owned());
            }
        }
    }
    assert!(
        named > 25,
        "only {named} tests recognised in {page}: is the scan right?"
    );
    fail_if_any(&format!("{page} names tests that do not exist"), &breaches);
}

/// Names of the functions of a file.
fn names_after_fn(text: &str) -> Vec<String> {
    text.split("fn ")
        .skip(1)
        .filter_map(|rest| rest.split(['(', '<']).next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_hook_scripts_are_small_posix_shell() {
    for name in ["pre-commit", "pre-push"] {
        let path = format!("hooks/{name}");
        let text = read(&path);
        assert!(text.starts_with("#!/bin/sh\n"), "{path}");
        assert!(
            text.lines().count() <= 15,
            "{path} does work that belongs into the binary"
        );
        assert!(text.contains(&format!("hook {name} \"$@\"")), "{path}");
        assert!(
            text.contains("exit 2"),
            "{path}: a missing binary must stop git"
        );
        assert!(
            is_executable(&root().join(&path)),
            "{path} is not executable"
        );
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}
