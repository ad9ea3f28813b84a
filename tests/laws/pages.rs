//! What is generated from the rule files stays in step with them.

use std::collections::BTreeMap;
use std::fs;

use scrubin::review;
use scrubin::rules::RuleInfo;
use scrubin::training::catalogue;
use scrubin::training::measured::Measured;

use super::source::{read, root};

/// The command that writes the pages anew.
const EXPORT: &str = "scrubin rules export --pages docs/rules";

fn infos() -> Vec<RuleInfo> {
    review::builtin().unwrap().told()
}

#[test]
fn the_pages_of_the_rules_are_those_of_the_rule_files() {
    let infos = infos();
    let shown: Vec<&RuleInfo> = infos.iter().collect();
    let mut expected: BTreeMap<String, String> = catalogue::pages(&shown, &Measured::embedded())
        .into_iter()
        .map(|page| (page.name, page.text))
        .collect();
    let mut breaches = Vec::new();
    for entry in fs::read_dir(root().join("docs/rules")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        match expected.remove(&name) {
            None => breaches.push(format!("docs/rules/{name} belongs to no rule: delete it")),
            Some(text) if text != fs::read_to_string(entry.path()).unwrap() => {
                breaches.push(format!("docs/rules/{name} is out of date: run `{EXPORT}`"));
            }
            Some(_) => {}
        }
    }
    breaches.extend(
        expected
            .keys()
            .map(|name| format!("docs/rules/{name} is missing: run `{EXPORT}`")),
    );
    super::fail_if_any("docs/rules follows the rule files", &breaches);
}

#[test]
fn the_readme_counts_the_rules_as_they_are() {
    let infos = infos();
    let shown: Vec<&RuleInfo> = infos.iter().collect();
    let table = catalogue::areas_table(&shown);
    assert!(
        read("README.md").contains(&table),
        "the table of areas in README.md should be:\n{table}"
    );
}

#[test]
fn every_verdict_names_a_rule() {
    let infos = infos();
    let text = read("docs/precision.csv");
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("rule,repository,commit,path,line,verdict,state,reason")
    );
    let unknown: Vec<&str> = lines
        .filter_map(|line| line.split(',').next())
        .filter(|rule| !infos.iter().any(|info| info.id.as_str() == *rule))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

#[test]
fn every_rule_has_its_lesson() {
    let lessons = scrubin::training::lesson::builtin().unwrap();
    let without: Vec<String> = infos()
        .iter()
        .filter(|info| !lessons.iter().any(|one| one.head.key == info.lesson))
        .map(|info| format!("{}: {}", info.id, info.lesson))
        .collect();
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn the_table_of_analyses_says_what_the_rules_say() {
    let infos = infos();
    let page = read("docs/analysis.md");
    let mut rows = 0;
    let mut breaches = Vec::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, _, _, rule, precision, ..] = cells.as_slice() else {
            continue;
        };
        let Some(info) = infos.iter().find(|info| info.id.as_str() == *rule) else {
            continue;
        };
        rows += 1;
        let is = info.precision.as_str();
        if is != *precision {
            breaches.push(format!(
                "docs/analysis.md calls {rule} {precision}: it is {is}"
            ));
        }
    }
    assert!(rows > 150, "{rows} rows");
    super::fail_if_any("docs/analysis.md follows the rule files", &breaches);
}
