//! What the documents of this module have in common: how they are filled.

use crate::report::sheet::{Part, Sheet, Table};

/// What a value that nobody gave is shown as.
pub(super) const NONE: &str = "not stated";

pub(super) fn or_none(value: Option<&str>) -> String {
    value.unwrap_or(NONE).to_owned()
}

/// Adds names and what they are.
pub(super) fn facts(sheet: &mut Sheet, facts: Vec<(&'static str, String)>) {
    let facts = facts.into_iter();
    let facts = facts.map(|(name, value)| (name.to_owned(), value));
    sheet.parts.push(Part::Facts(facts.collect()));
}

/// Adds a table; where it has no rows, a sentence that says so, if there is one.
pub(super) fn table(
    sheet: &mut Sheet,
    caption: &str,
    columns: &[&str],
    rows: Vec<Vec<String>>,
    empty: &str,
) {
    if rows.is_empty() {
        if !empty.is_empty() {
            sheet.text(empty);
        }
        return;
    }
    let mut table = Table::new(caption, columns);
    table.rows = rows;
    sheet.table(table);
}
