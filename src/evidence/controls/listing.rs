//! The rows of the map, those that somebody asked for.

use super::{ALL_AREAS, Controls, Row};
use crate::report::sheet::{Paper, Sheet, Table};

/// Which rows are asked for; nothing asks for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Of this standard, by its id.
    pub standard: Option<String>,
    /// Of this rule area; rows of every area are among them.
    pub area: Option<String>,
    /// Of this activity.
    pub activity: Option<String>,
    /// With this number.
    pub control: Option<String>,
    /// Rows whose output is not there yet as well.
    pub planned: bool,
}

/// The rows that were asked for, with the area or activity of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen<'c> {
    /// Area, `all` or activity; and the row.
    pub rows: Vec<(&'c str, &'c Row)>,
    /// Rows that were asked for and left out since their output is not there yet.
    pub planned: usize,
}

impl Controls {
    /// The rows that were asked for, in the order of the map.
    pub fn chosen(&self, choice: &Choice) -> Chosen<'_> {
        let is_in = |part: &str, row: &Row| {
            choice
                .standard
                .as_ref()
                .is_none_or(|one| *one == row.standard)
                && choice
                    .control
                    .as_ref()
                    .is_none_or(|one| *one == row.control)
                && choice.activity.as_ref().is_none_or(|one| one == part)
                && choice
                    .area
                    .as_ref()
                    .is_none_or(|one| one == part || part == ALL_AREAS)
        };
        let asked: Vec<(&str, &Row)> = self.rows().filter(|(part, row)| is_in(part, row)).collect();
        let planned = asked.iter().filter(|(_, row)| row.is_planned()).count();
        let rows = asked
            .into_iter()
            .filter(|(_, row)| choice.planned || !row.is_planned())
            .collect();
        Chosen {
            rows,
            planned: if choice.planned { 0 } else { planned },
        }
    }
}

/// Rows as a document.
pub fn listing(controls: &Controls, chosen: &Chosen<'_>) -> Sheet {
    let mut sheet = Sheet::new(&format!(
        "Controls: evidence by clause, map {}",
        controls.version
    ))
    .on(Paper::Across);
    sheet.text(&format!(
        "{} rows of {}. Each says which output of scrubin is evidence for which clause, or helps with it. scrubin gives \
         evidence; what conforms to a standard is for people to say. Compare the numbers with your own copies of the \
         standards.",
        chosen.rows.len(),
        controls.date
    ));
    if chosen.planned > 0 {
        sheet.text(&format!(
            "{} rows are left out: their output is not there yet (`--planned` shows them).",
            chosen.planned
        ));
    }
    sheet.table(table(chosen));
    let used = |id: &str| chosen.rows.iter().any(|(_, row)| row.standard == id);
    let mut sources = Table::new(
        "Sources of the numbers",
        &["standard", "title", "edition", "compared with"],
    );
    for source in controls.sources.iter().filter(|source| used(&source.id)) {
        sources.push([&source.id, &source.title, &source.edition, &source.checked]);
    }
    if !sources.rows.is_empty() {
        sheet.heading("Sources");
        sheet.table(sources);
    }
    sheet
}

/// The rows as a table.
fn table(chosen: &Chosen<'_>) -> Table {
    let mut table = Table::new(
        "Evidence by clause",
        &["standard", "control", "of", "relation", "since", "output"],
    );
    for (part, row) in &chosen.rows {
        table.push([
            &row.standard,
            &row.control,
            part,
            row.relation.as_str(),
            &row.since,
            &row.what,
        ]);
    }
    table
}
