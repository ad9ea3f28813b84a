//! The list of rules.

use std::collections::BTreeMap;

use crate::finding::Severity;
use crate::report::paint::Paint;
use crate::report::{page, quote, visible, words};
use crate::rules::RuleInfo;

use super::explain::PageOptions;
use super::rule_json;

/// Columns of the terminal's table.
const COLUMNS: usize = 7;

/// The column that is coloured.
const SEVERITY: usize = 3;

/// Renders a table for a terminal: code, name, languages, severity, precision, status, CWE. Ends
/// with a line that counts the rules.
pub fn terminal(rules: &[&RuleInfo], options: PageOptions) -> String {
    let paint = Paint { on: options.color };
    let header = [
        "RULE",
        "NAME",
        "FOR",
        "SEVERITY",
        "PRECISION",
        "STATUS",
        "CWE",
    ];
    let rows: Vec<[String; COLUMNS]> = rules.iter().map(|rule| row(rule)).collect();
    let mut widths = header.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut out = String::new();
    let plain = |_: usize, cell: String| cell;
    let titles = join(&header.map(str::to_owned), &widths, plain);
    out.push_str(&format!("{}\n", paint.bold(&titles)));
    for (row, rule) in rows.iter().zip(rules) {
        let severity = |column: usize, cell: String| match (column, rule.severity) {
            (SEVERITY, Severity::Error) => paint.red(&cell),
            (SEVERITY, Severity::Warning) => paint.yellow(&cell),
            _ => cell,
        };
        out.push_str(&format!("{}\n", join(row, &widths, severity)));
    }
    let mut languages: BTreeMap<&str, u64> = BTreeMap::new();
    for language in rules.iter().flat_map(|rule| &rule.languages) {
        *languages.entry(language.as_str()).or_default() += 1;
    }
    let languages: Vec<String> = languages
        .into_iter()
        .map(|(language, number)| format!("{number} for {language}"))
        .collect();
    out.push_str(&format!("\n{}", words::count(rules.len() as u64, "rule")));
    if !languages.is_empty() {
        out.push_str(&format!(": {}", languages.join(", ")));
    }
    out.push_str("; `scrubin explain RULE` says more\n");
    out
}

/// Renders `{"rules": [...]}`; ends with a line feed. The names of the fields are a contract.
pub fn json(rules: &[&RuleInfo]) -> String {
    rule_json::many(rules)
}

/// Renders a table in markdown; ends with a line feed.
pub fn markdown(rules: &[&RuleInfo]) -> String {
    let mut out = String::from(
        "| Rule | Name | For | Severity | Precision | Status | CWE | Effect |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for rule in rules {
        let [id, name, languages, severity, precision, status, cwe] = row(rule);
        out.push_str(&format!(
            "| {} | {} | {} | {severity} | {precision} | {status} | {cwe} | {} |\n",
            quote::code_cell(&id),
            quote::cell(&name),
            quote::cell(&languages),
            quote::cell(&rule.message),
        ));
    }
    out
}

fn row(rule: &RuleInfo) -> [String; COLUMNS] {
    let languages: Vec<&str> = rule.languages.iter().map(|l| l.as_str()).collect();
    [
        rule.id.to_string(),
        visible::line(&rule.slug).into_owned(),
        languages.join(", "),
        rule.severity.as_str().to_owned(),
        rule.precision.as_str().to_owned(),
        rule.status.as_str().to_owned(),
        page::cwe_ids(rule).join(", "),
    ]
}

/// Cells side by side, padded to their columns and then coloured; the last one is not padded.
fn join(
    cells: &[String; COLUMNS],
    widths: &[usize; COLUMNS],
    color: impl Fn(usize, String) -> String,
) -> String {
    let last = cells
        .iter()
        .rposition(|cell| !cell.is_empty())
        .unwrap_or_default();
    let shown: Vec<String> = cells
        .iter()
        .zip(widths)
        .enumerate()
        .take(last + 1)
        .map(|(column, (cell, width))| {
            let pad = if column == last {
                0
            } else {
                width.saturating_sub(cell.chars().count())
            };
            color(column, format!("{cell}{}", " ".repeat(pad)))
        })
        .collect();
    shown.join("  ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_table() {
        let (one, two) = (sample::rule(), sample::user_rule());
        insta::assert_snapshot!(terminal(&[&one, &two], PageOptions::default()), @r"
        RULE            NAME               FOR      SEVERITY  PRECISION  STATUS  CWE
        C-LEN-014       source-sized-copy  c        error     high       stable  CWE-806, CWE-787
        acme.no-printf                     c, rust  warning   medium     stable

        2 rules: 2 for c, 1 for rust; `scrubin explain RULE` says more
        ");
        insta::assert_snapshot!(markdown(&[&one, &two]));
    }

    #[test]
    fn a_name_is_not_coloured_for_what_it_says() {
        let mut rule = sample::rule();
        rule.slug = "ignored-error".to_owned();
        let options = PageOptions {
            color: true,
            ..PageOptions::default()
        };
        let text = terminal(&[&rule], options);
        assert!(text.contains("ignored-error  c"), "{text}");
        assert!(text.contains("\x1b[1;91merror"), "{text}");
    }

    #[test]
    fn the_fields_of_the_contract() {
        let rule = sample::rule();
        let value: serde_json::Value = serde_json::from_str(&json(&[&rule])).unwrap();
        let rule = value["rules"].as_array().unwrap().first().unwrap();
        for key in [
            "id",
            "slug",
            "languages",
            "severity",
            "precision",
            "status",
            "cwe",
            "why",
            "how-to-fix",
            "lesson",
            "examples",
        ] {
            assert!(!rule[key].is_null(), "{key}");
        }
        assert_eq!(rule["languages"][0], "c");
        assert!(rule["examples"][1]["good"].is_string());
        assert_eq!(json(&[]), "{\n  \"rules\": []\n}\n");
    }
}
