//! What the service stores is said in full: people ask for it before they let it in.

use std::collections::BTreeMap;

use super::source::{files_under, read};

/// Columns of every table that the migrations leave, by table, sorted.
fn schema() -> BTreeMap<String, Vec<String>> {
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files_under("src/store/migrations") {
        let text = read(&file);
        let statements: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("--"))
            .map(|line| format!("{line}\n"))
            .collect();
        for statement in statements.split(';').map(str::trim) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            match words.as_slice() {
                ["CREATE", "TABLE", name, ..] => {
                    let (_, body) = statement.split_once('(').unwrap();
                    let columns = body.lines().filter_map(|line| {
                        let mut words = line.split_whitespace();
                        let (column, kind) = (words.next()?, words.next()?);
                        // Anything else on a line of its own is a constraint of the table.
                        ["TEXT", "BIGINT"]
                            .contains(&kind.trim_end_matches(','))
                            .then(|| column.to_owned())
                    });
                    tables.insert((*name).to_owned(), columns.collect());
                }
                ["ALTER", "TABLE", name, "ADD", "COLUMN", column, ..] => {
                    let columns = tables.get_mut(*name).unwrap();
                    columns.push((*column).to_owned());
                }
                ["ALTER", "TABLE", name, "DROP", "COLUMN", column] => {
                    let columns = tables.get_mut(*name).unwrap();
                    columns.retain(|known| known != column);
                }
                ["CREATE", "INDEX", ..] | ["CREATE", "UNIQUE", "INDEX", ..] | [] => {}
                ["UPDATE" | "INSERT" | "DELETE", ..] => {}
                other => panic!("{file}: this law does not know `{}`", other.join(" ")),
            }
        }
    }
    for columns in tables.values_mut() {
        columns.sort();
    }
    tables
}

/// Columns of every table as the page lists them, sorted.
fn told() -> BTreeMap<String, Vec<String>> {
    let page = read("docs/security.md");
    let (_, page) = page.split_once("\n## What is stored\n").unwrap();
    let (page, _) = page.split_once("\n## ").unwrap();
    page.lines()
        .filter_map(|line| {
            let (table, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            let (cell, _) = rest.split_once(" |")?;
            let mut columns: Vec<String> = cell
                .split('`')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect();
            columns.sort();
            Some((table.to_owned(), columns))
        })
        .collect()
}

#[test]
fn the_page_about_security_lists_everything_that_is_stored() {
    let schema = schema();
    assert!(
        schema.len() > 10,
        "only {} tables: is the scan right?",
        schema.len()
    );
    assert_eq!(
        told(),
        schema,
        "docs/security.md against src/store/migrations"
    );
}
