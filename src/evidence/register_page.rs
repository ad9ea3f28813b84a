//! The register of deviations for people: one record after the other, as MISRA Compliance:2020 asks for
//! them, and as a table.

use std::collections::BTreeMap;

use super::register::{PermitRow, Register, Row};
use super::sheets::{self, or_none};
use crate::report::sheet::{Sheet, Table};

/// The register as a document: numbers, records, permits, categories.
pub fn register_page(register: &Register) -> Sheet {
    let mut sheet = Sheet::new("Register of deviations");
    sheet.text(&format!(
        "As of {}. Evidence for how findings were decided; whether a product conforms to a guideline is for people to say.",
        register.day
    ));
    summary(&mut sheet, register);
    sheet.heading(&format!("Deviations ({})", register.deviations.len()));
    if register.deviations.is_empty() {
        sheet.text("There are none.");
    }
    for row in &register.deviations {
        record(&mut sheet, row);
    }
    sheet.heading(&format!("Permits ({})", register.permits.len()));
    if register.permits.is_empty() {
        sheet.text("There are none.");
    }
    for permit in &register.permits {
        sheet.heading(&format!("Permit {}", permit.id));
        sheets::facts(&mut sheet, permit_facts(permit));
    }
    sheet.heading("Re-categorised rules");
    let rows = register
        .categories
        .iter()
        .map(|one| {
            vec![
                one.rules.join(", "),
                one.category.to_owned(),
                one.reason.clone(),
            ]
        })
        .collect();
    sheets::table(
        &mut sheet,
        "Re-categorised rules",
        &["rules", "category", "reason"],
        rows,
        "Every rule has the category that follows from its severity: errors are required, the others advisory.",
    );
    sheet
}

fn summary(sheet: &mut Sheet, register: &Register) {
    let mut by_state: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut by_rule: BTreeMap<&str, (&str, u32, u32)> = BTreeMap::new();
    for row in &register.deviations {
        let (number, excused) = by_state.entry(row.state).or_default();
        *number += 1;
        *excused += row.excused;
        let names = row.rules.iter().map(String::as_str);
        for name in names.chain(row.rules.is_empty().then_some("every rule")) {
            let (category, number, excused) = by_rule.entry(name).or_insert((row.category, 0, 0));
            *category = row.category;
            *number += 1;
            let of_rule = row
                .findings
                .iter()
                .filter(|one| row.rules.len() < 2 || one.rule == name);
            *excused += u32::try_from(of_rule.count()).unwrap_or(u32::MAX);
        }
    }
    sheet.heading("Numbers");
    let rows = by_state
        .into_iter()
        .map(|(state, (number, excused))| {
            vec![state.to_owned(), number.to_string(), excused.to_string()]
        })
        .collect();
    sheets::table(
        sheet,
        "Deviations by state",
        &["state", "deviations", "findings excused"],
        rows,
        "There is no deviation.",
    );
    if by_rule.is_empty() {
        return;
    }
    let rows = by_rule
        .into_iter()
        .map(|(rule, (category, number, excused))| {
            vec![
                rule.to_owned(),
                category.to_owned(),
                number.to_string(),
                excused.to_string(),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Deviations by rule",
        &["rule", "category", "deviations", "findings excused"],
        rows,
        "",
    );
}

fn record(sheet: &mut Sheet, row: &Row) {
    let place = format!("{}:{}", row.path, row.line);
    match &row.id {
        Some(id) => sheet.heading(&format!("{id} ({})", row.state)),
        None => sheet.heading(&format!("{place} ({})", row.state)),
    }
    let rules = if row.rules.is_empty() {
        "every rule".to_owned()
    } else {
        row.rules.join(", ")
    };
    let joined = |list: &[String]| {
        if list.is_empty() {
            sheets::NONE.to_owned()
        } else {
            list.join(", ")
        }
    };
    sheets::facts(
        sheet,
        vec![
            ("decision", row.kind.to_owned()),
            ("rules", rules),
            ("rules elsewhere", joined(&row.external)),
            ("category", row.category.to_owned()),
            ("stands in", place),
            ("scope", scope(row)),
            ("use-case", or_none(row.use_case.as_deref())),
            ("reason", or_none(row.reason.as_deref())),
            ("risk", or_none(row.risk.as_deref())),
            ("mitigation", or_none(row.mitigation.as_deref())),
            ("verification", or_none(row.verification.as_deref())),
            ("risk file", or_none(row.risk_file.as_deref())),
            ("ticket", or_none(row.ticket.as_deref())),
            ("permit", or_none(row.permit.as_deref())),
            ("asked for by", or_none(row.author.as_deref())),
            ("written", or_none(row.created.as_deref())),
            ("approved by", or_none(row.approved_by.as_deref())),
            ("approved", or_none(row.approved.as_deref())),
            ("holds until", end(row.until.as_deref(), row.days_left)),
            ("superseded by", or_none(row.superseded_by.as_deref())),
        ],
    );
    let rows = row
        .findings
        .iter()
        .map(|one| {
            vec![
                one.rule.clone(),
                format!("{}:{}", one.path, one.line),
                one.severity.to_owned(),
                one.cwe.join(" "),
            ]
        })
        .collect();
    sheets::table(
        sheet,
        "Findings that it excuses",
        &["excuses", "place", "severity", "CWE"],
        rows,
        "It excuses no finding of the tree.",
    );
    if row.kind == "false-positive" {
        sheet.text("A request for a test case of the rule: the code is right as it is.");
    }
}

/// What a deviation holds for.
fn scope(row: &Row) -> String {
    let mut parts = Vec::new();
    if !row.paths.is_empty() {
        parts.push(format!("files {}", row.paths.join(", ")));
    }
    if let Some(fingerprint) = &row.fingerprint {
        parts.push(format!("finding {fingerprint}"));
    }
    if parts.is_empty() {
        let is_comment = row.findings.iter().any(|one| one.path == row.path);
        parts.push(if is_comment {
            "the line of the comment".to_owned()
        } else {
            "wherever its rules report".to_owned()
        });
    }
    parts.join("; ")
}

fn end(until: Option<&str>, days_left: Option<i64>) -> String {
    match (until, days_left) {
        (Some(until), Some(left)) if left < 0 => format!("{until}, over for {} days", -left),
        (Some(until), Some(left)) => format!("{until}, {left} days left"),
        _ => "no end".to_owned(),
    }
}

fn permit_facts(permit: &PermitRow) -> Vec<(&'static str, String)> {
    let paths = if permit.paths.is_empty() {
        "all files".to_owned()
    } else {
        permit.paths.join(", ")
    };
    vec![
        ("use-case", permit.use_case.clone()),
        ("rules", permit.rules.join(", ")),
        ("files", paths),
        (
            "conditions",
            if permit.conditions.is_empty() {
                sheets::NONE.to_owned()
            } else {
                permit.conditions.join("; ")
            },
        ),
        ("reason", permit.reason.clone()),
        ("risk", or_none(permit.risk.as_deref())),
        ("mitigation", or_none(permit.mitigation.as_deref())),
        ("verification", or_none(permit.verification.as_deref())),
        ("asked for by", permit.author.clone()),
        ("approved by", permit.approved_by.clone()),
        ("approved", permit.approved.clone()),
        (
            "holds until",
            end(permit.until.as_deref(), permit.days_left),
        ),
        (
            "used by",
            format!("{} deviations, {} findings", permit.cited, permit.excused),
        ),
    ]
}

/// The deviations of a register as a table, one a row.
pub fn register_table(register: &Register) -> Table {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = register
        .deviations
        .iter()
        .map(|row| {
            vec![
                text(&row.id),
                row.state.to_owned(),
                row.kind.to_owned(),
                row.rules.join(" "),
                row.external.join("; "),
                row.category.to_owned(),
                format!("{}:{}", row.path, row.line),
                row.paths.join(" "),
                text(&row.fingerprint),
                text(&row.use_case),
                row.excused.to_string(),
                text(&row.reason),
                text(&row.risk),
                text(&row.mitigation),
                text(&row.verification),
                text(&row.risk_file),
                text(&row.ticket),
                text(&row.permit),
                text(&row.author),
                text(&row.approved_by),
                text(&row.created),
                text(&row.approved),
                text(&row.until),
                row.days_left
                    .map(|left| left.to_string())
                    .unwrap_or_default(),
                text(&row.superseded_by),
            ]
        })
        .collect();
    let mut table = Table::new(
        "deviations",
        &[
            "id",
            "state",
            "kind",
            "rules",
            "external",
            "category",
            "place",
            "paths",
            "fingerprint",
            "use-case",
            "excused",
            "reason",
            "risk",
            "mitigation",
            "verification",
            "risk-file",
            "ticket",
            "permit",
            "author",
            "approved-by",
            "created",
            "approved",
            "until",
            "days-left",
            "superseded-by",
        ],
    );
    table.rows = rows;
    table
}
