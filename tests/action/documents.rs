//! What the documentation shows is what is there.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn action() -> Value {
    serde_saphyr::from_str(&read("action.yml")).unwrap()
}

fn workflows() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/workflows");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Texts between the fences of a page.
fn quoted(page: &str) -> Vec<&str> {
    page.split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_page_quotes_every_workflow_file() {
    let page = read("docs/action.md");
    let quoted = quoted(&page);
    let names = workflows();
    assert!(names.len() >= 7, "{names:?}");
    for name in &names {
        if name == "shortest.yml" {
            continue;
        }
        let text = read(&format!("docs/workflows/{name}"));
        assert!(
            quoted.contains(&text.as_str()),
            "docs/action.md does not quote {name} as it is"
        );
        assert!(
            page.contains(&format!("workflows/{name}")),
            "docs/action.md does not name {name}"
        );
    }
}

#[test]
fn the_readme_shows_twelve_lines_to_copy() {
    let text = read("docs/workflows/shortest.yml");
    assert_eq!(text.lines().count(), 12);
    assert!(quoted(&read("README.md")).contains(&text.as_str()));
}

/// Rows `| `name` | … | words |` of the table under a heading.
fn table(page: &str, heading: &str) -> BTreeMap<String, Vec<String>> {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter_map(|line| {
            let cells: Vec<String> = line.split('|').map(|cell| cell.trim().to_owned()).collect();
            let name = cells
                .get(1)?
                .strip_prefix('`')?
                .strip_suffix('`')?
                .to_owned();
            Some((name, cells[2..cells.len() - 1].to_vec()))
        })
        .collect()
}

#[test]
fn the_tables_are_those_of_action_yml() {
    let page = read("docs/action.md");
    let action = action();
    let inputs = table(&page, "Inputs");
    let expected: BTreeMap<String, Vec<String>> = action["inputs"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, input)| {
            let text = |key: &str| input[key].as_str().unwrap().to_owned();
            let default = match text("default") {
                empty if empty.is_empty() => String::new(),
                default => format!("`{default}`"),
            };
            (name.clone(), vec![default, text("description")])
        })
        .collect();
    assert_eq!(inputs, expected);
    let outputs = table(&page, "Outputs");
    let expected: BTreeMap<String, Vec<String>> = action["outputs"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, output)| {
            (
                name.clone(),
                vec![output["description"].as_str().unwrap().to_owned()],
            )
        })
        .collect();
    assert_eq!(outputs, expected);
}

#[test]
fn inputs_travel_by_environment_to_one_script_a_step() {
    let action = action();
    let steps = action["runs"]["steps"].as_array().unwrap();
    let all = steps.iter().map(Value::to_string).collect::<String>();
    for name in action["inputs"].as_object().unwrap().keys() {
        assert!(
            all.contains(&format!("inputs.{name} }}}}")),
            "{name} is not used"
        );
    }
    for step in steps {
        let Some(run) = step["run"].as_str() else {
            let uses = step["uses"].as_str().unwrap();
            assert_eq!(uses.split_once('@').unwrap().1.len(), 40, "{uses}");
            continue;
        };
        assert!(!run.contains("${{"), "{run}");
        assert_eq!(run.lines().count(), 1);
        let script = run
            .strip_prefix("\"$GITHUB_ACTION_PATH/")
            .unwrap()
            .strip_suffix('"')
            .unwrap();
        let text = read(script);
        assert!(
            text.starts_with("#!/bin/sh\n") && text.contains("\nset -eu\n"),
            "{script}"
        );
        for name in step["env"].as_object().unwrap().keys() {
            assert!(
                text.contains(name) || name == "GITHUB_TOKEN",
                "{script} does not read {name}"
            );
        }
    }
}

#[test]
fn every_action_is_pinned_by_commit_with_its_version() {
    let mut files: Vec<String> = workflows()
        .iter()
        .map(|name| format!("docs/workflows/{name}"))
        .collect();
    files.extend(
        [
            "action.yml",
            ".github/workflows/ci.yml",
            ".github/workflows/release.yml",
        ]
        .map(str::to_owned),
    );
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for file in files {
        for line in read(&file).lines() {
            let Some((_, uses)) = line.split_once("uses: ") else {
                continue;
            };
            let (name, rest) = uses.split_once('@').unwrap();
            let (commit, version) = rest
                .split_once(" # v")
                .unwrap_or_else(|| panic!("{file}: {line}"));
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{file}: {line}"
            );
            let pin = format!("{commit} {version}");
            let first = seen.entry(name.to_owned()).or_insert_with(|| pin.clone());
            assert_eq!(*first, pin, "{file}: another {name} than elsewhere");
        }
    }
    assert!(seen.len() >= 5, "{seen:?}");
}

/// The text of every Rust file below a folder.
fn rust_files(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// A table that names tests says nothing once they are gone.
#[test]
fn the_tests_that_a_page_names_are_there() {
    let page = read("docs/review.md");
    let mut code = String::new();
    for folder in ["src/github", "src/report", "tests/review"] {
        rust_files(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut code,
        );
    }
    let (_, rows) = page.split_once("| complaint | here | test |").unwrap();
    let mut seen = 0;
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| ---");
    for row in rows.lines().filter(is_row) {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names.iter().filter(|name| !name.contains(['/', ':'])) {
            let start = name.trim_end_matches('*');
            let whole = if start == *name { "()" } else { "" };
            assert!(code.contains(&format!("fn {start}{whole}")), "{name}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}
