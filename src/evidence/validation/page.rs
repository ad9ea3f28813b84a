//! A report of a self-test for people and for programs.

use serde_json::json;

use super::{Case, CaseGroup, ValidationReport};
use crate::evidence::sheet_page;
use crate::report::sheet::{Paper, Sheet, Table};
use crate::report::visible;

/// What the result is called.
fn verdict(report: &ValidationReport) -> &'static str {
    if report.passes() { "pass" } else { "fail" }
}

fn or_none(texts: &[String]) -> String {
    match texts {
        [] => "none".to_owned(),
        texts => texts.join(", "),
    }
}

/// The report as a document.
fn sheet(report: &ValidationReport) -> Sheet {
    let tool = &report.tool;
    let mut sheet = Sheet::new(&format!(
        "Self-test of scrubin {}: {}",
        tool.version,
        verdict(report)
    ))
    .on(Paper::Across);
    let failed = report.failures().count();
    sheet.text(&format!(
        "{} known-answer cases were run with the program on this machine; {failed} do not hold. The report is evidence \
         for the validation of the tool; whether it suffices for its intended use is decided by people \
         (docs/validation).",
        report.cases.len()
    ));
    sheet.heading("What was tested");
    sheet.facts(&[
        ("tool", &format!("scrubin {}", tool.version)),
        ("SHA-256 of the program", &tool.binary_sha256),
        (
            "rules",
            &format!("{}, digest {}", tool.rules, tool.ruleset_digest),
        ),
        ("further rule files", &or_none(&tool.further_rules)),
        ("grammars", &or_none(&tool.grammars)),
        ("built with", &or_none(&tool.features)),
    ]);
    sheet.heading("Where and when");
    let platform = &report.platform;
    sheet.facts(&[
        (
            "system",
            &format!("{}, {}", platform.system, platform.processor),
        ),
        ("threads", &platform.threads.to_string()),
        ("git", platform.git.as_deref().unwrap_or("none found")),
        ("began", &report.started),
        ("ended", &report.ended),
    ]);
    sheet.heading("Totals");
    let mut totals = Table::new(
        "Cases by group",
        &["group", "cases", "do not hold", "what they show"],
    );
    for (group, (all, failed)) in report.totals() {
        totals.push([
            group.as_str(),
            &all.to_string(),
            &failed.to_string(),
            group.about(),
        ]);
    }
    sheet.table(totals);
    sheet.heading("Tables in the program");
    let mut tables = Table::new(
        "Tables in the program",
        &["table", "bytes", "SHA-256 at the build", "now"],
    );
    for table in &report.tables {
        let found = match table.is_intact() {
            true => "the same",
            false => table.found.as_str(),
        };
        tables.push([&table.name, &table.bytes.to_string(), &table.built, found]);
    }
    sheet.table(tables);
    if failed > 0 {
        sheet.heading("Cases that do not hold");
        sheet.table(cases(report, "Cases that do not hold", |case| !case.holds));
    }
    for group in CaseGroup::ALL {
        let title = format!("Cases: {}", group.as_str());
        let table = group_cases(report, group, &title);
        if !table.rows.is_empty() {
            sheet.heading(&title);
            sheet.text(&format!("{}.", group.about()));
            sheet.table(table);
        }
    }
    sheet.heading("Reviewed by");
    sheet.signatures(&["Tester", "Owner of the tool", "Quality"]);
    sheet
}

/// Cases of a group. Those of rules tell the same of every one, which stands above them.
fn group_cases(report: &ValidationReport, group: CaseGroup, title: &str) -> Table {
    if !matches!(group, CaseGroup::Rule | CaseGroup::Mutant) {
        return cases(report, title, |case| case.group == group);
    }
    let mut table = Table::new(title, &["case", "expected", "came", "holds"]);
    for case in report.cases.iter().filter(|case| case.group == group) {
        table.push([&case.id, &case.expected, &case.actual, holds(case)]);
    }
    table
}

fn cases(report: &ValidationReport, caption: &str, is_in: impl Fn(&Case) -> bool) -> Table {
    let mut table = Table::new(
        caption,
        &["case", "shows", "what", "expected", "came", "holds"],
    );
    for case in report.cases.iter().filter(|case| is_in(case)) {
        table.push([
            &case.id,
            &case.requirements.join(", "),
            &case.what,
            &case.expected,
            &case.actual,
            holds(case),
        ]);
    }
    table
}

fn holds(case: &Case) -> &'static str {
    if case.holds { "yes" } else { "NO" }
}

/// Renders the report as a page that stands alone; ends with a line feed.
pub fn html(report: &ValidationReport) -> String {
    sheet_page(&sheet(report))
}

/// Renders the report as markdown; ends with a line feed.
pub fn markdown(report: &ValidationReport) -> String {
    sheet(report).markdown()
}

/// Renders the report as JSON; ends with a line feed. The keys of the first format are kept, those of the
/// report are added.
pub fn json(report: &ValidationReport) -> String {
    let totals: serde_json::Map<String, serde_json::Value> = report
        .totals()
        .into_iter()
        .map(|(group, (all, failed))| {
            let counts = json!({"cases": all, "failed": failed});
            (group.as_str().to_owned(), counts)
        })
        .collect();
    let failures: Vec<_> = report
        .failures()
        .map(|case| {
            json!({
                "id": case.id,
                "rule": rule_of(case),
                "expected": case.expected,
                "actual": case.actual,
            })
        })
        .collect();
    let value = json!({
        "version": 1,
        "scrubin": report.tool.version,
        "ruleset-digest": report.tool.ruleset_digest,
        "rules": report.tool.rules,
        "cases": report.cases.len(),
        "result": verdict(report),
        "totals": totals,
        "failures": failures,
        "report": report,
    });
    format!("{}\n", visible::json(value.to_string()))
}

/// The rule that a case is about, where it is about one.
fn rule_of(case: &Case) -> Option<&str> {
    matches!(case.group, CaseGroup::Rule | CaseGroup::Mutant)
        .then(|| case.id.split('/').nth(1))
        .flatten()
}

/// The cases one by one for a terminal; ends with a line feed.
pub fn listed(cases: &[Case]) -> String {
    cases
        .iter()
        .map(|case| {
            let came = match case.holds {
                true => "holds".to_owned(),
                false => format!("DOES NOT HOLD: {}", case.actual),
            };
            format!(
                "{}: {}: expected {}: {came}\n",
                case.id, case.what, case.expected
            )
        })
        .collect()
}

/// Renders the result for a terminal: version, rules, totals; ends with a line feed.
pub fn terminal(report: &ValidationReport) -> String {
    let mut out = format!(
        "scrubin {}\n{} rules, digest {}\n{} cases, {} do not hold\n",
        report.tool.version,
        report.tool.rules,
        report.tool.ruleset_digest,
        report.cases.len(),
        report.failures().count()
    );
    for (group, (all, failed)) in report.totals() {
        let failed = match failed {
            0 => String::new(),
            failed => format!(", {failed} do not hold"),
        };
        out.push_str(&format!("  {:<12} {all:>5}{failed}\n", group.as_str()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::samples::report;
    use super::*;

    #[test]
    fn every_format_names_what_failed_and_what_was_tested() {
        let report = report();
        // Markdown escapes what could be markup.
        let markdown = markdown(&report).replace('\\', "");
        for text in [html(&report), markdown, json(&report)] {
            for part in ["fail-closed/odd", "exit code 0", "0.1.0", "x86_64", "R-40"] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        let page = html(&report);
        assert!(!page.contains("<b>") && page.contains("<title>Self-test of scrubin 0.1.0: fail"));
        assert!(page.contains("Owner of the tool"));
        let text = terminal(&report);
        assert!(text.contains("2 cases, 1 do not hold\n"), "{text}");
        assert!(
            text.contains("fail-closed      1, 1 do not hold\n"),
            "{text}"
        );
    }
}
