//! The matrix for people, spreadsheets and programs.

use super::{Cell, Matrix, Person};
use crate::report::visible;
use crate::training::html::{escape, page_alone};
use crate::training::team::plain_cell;

/// People side by side in a table: what fits on a sheet of paper.
const SIDE_BY_SIDE: usize = 6;

/// Names of the columns of the CSV file, which stay.
const COLUMNS: [&str; 11] = [
    "person",
    "pseudonym",
    "lesson",
    "title",
    "state",
    "date",
    "version",
    "current_version",
    "read_again",
    "effective_after_90_days",
    "evidence",
];

fn effect(cell: &Cell) -> &'static str {
    match cell.effective {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    }
}

/// The matrix as CSV (RFC 4180): a row for each person and lesson, and one for each person without any.
pub fn csv(matrix: &Matrix) -> String {
    let mut rows = csv::Writer::from_writer(Vec::new());
    // Into memory, and every row has as many cells as the first: this cannot fail.
    let _ = rows.write_record(COLUMNS);
    for person in &matrix.people {
        let mut is_empty = true;
        for topic in &matrix.lessons {
            let Some(cell) = matrix.cell(&person.pseudonym, &topic.lesson) else {
                continue;
            };
            is_empty = false;
            let _ = rows.write_record([
                plain_cell(person.shown()).as_str(),
                &person.pseudonym,
                &plain_cell(&topic.lesson),
                &plain_cell(&topic.title),
                cell.state.as_str(),
                &cell.date,
                &plain_cell(&cell.version),
                topic.version.as_deref().unwrap_or_default(),
                if cell.read_again { "yes" } else { "no" },
                effect(cell),
                &plain_cell(&evidence(cell)),
            ]);
        }
        if is_empty {
            let mut row = vec![plain_cell(person.shown()), person.pseudonym.clone()];
            row.resize(COLUMNS.len(), String::new());
            let _ = rows.write_record(row);
        }
    }
    let bytes = rows.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What was answered, and the finding that led to it.
fn evidence(cell: &Cell) -> String {
    match &cell.trigger {
        Some(trigger) => format!("{}; after finding {trigger}", cell.evidence),
        None => cell.evidence.clone(),
    }
}

/// The matrix as JSON; ends with a line feed.
pub fn json(matrix: &Matrix) -> String {
    // Strings and lists alone: their serialization cannot fail.
    let text = serde_json::to_string_pretty(matrix).unwrap_or_default();
    format!("{text}\n")
}

/// The matrix for a terminal; ends with a line feed.
pub fn terminal(matrix: &Matrix) -> String {
    let mut out = format!("Competence on {}\n", matrix.made);
    for person in &matrix.people {
        out.push_str(&format!("{}\n", visible::line(person.shown())));
        let cells: Vec<&Cell> = matrix
            .cells
            .iter()
            .filter(|cell| cell.person == person.pseudonym)
            .collect();
        for cell in &cells {
            let again = if cell.read_again {
                ", to be read again"
            } else {
                ""
            };
            let effect = match cell.effective {
                Some(true) => ", not found again in 90 days",
                Some(false) => ", found again within 90 days",
                None => "",
            };
            let line = format!(
                "  {:<18} {} {} version {}{again}{effect}",
                cell.lesson,
                cell.date,
                cell.state.as_str(),
                cell.version
            );
            out.push_str(&format!("{}\n", visible::line(&line)));
        }
        if cells.is_empty() {
            out.push_str("  nothing yet\n");
        }
    }
    if matrix.people.is_empty() {
        out.push_str("nobody has passed a lesson yet\n");
    }
    out
}

/// The matrix as a page to print and sign. `seal` says who signed it and with which key, where it is signed.
pub fn html(matrix: &Matrix, seal: Option<&str>) -> String {
    let owner = matrix.owner.as_deref().unwrap_or("not named");
    let mut body = format!(
        "<p>People by lesson, on {}, as {} recorded it. Training owner: {}. Evidence for ISO 13485:2016 6.2.</p>\n",
        escape(&matrix.made),
        escape(&matrix.tool),
        escape(owner),
    );
    if let Some(seal) = seal {
        body.push_str(&format!("<p><strong>{}</strong></p>\n", escape(seal)));
    }
    if matrix.cells.is_empty() {
        body.push_str("<p>Nobody has passed a lesson yet.</p>\n");
    }
    for people in matrix
        .people
        .chunks(SIDE_BY_SIDE)
        .filter(|_| !matrix.cells.is_empty())
    {
        body.push_str(&table(matrix, people));
    }
    if !matrix.cells.is_empty() {
        body.push_str(
            "<p><em>Passed</em>: line, guard and repair right once. <em>Learned</em>: right twice, 30 days or more apart. \
             <em>Read again</em>: the lesson changed in meaning since. <em>Held</em>: the weakness was not found of this \
             person in the 90 days after.</p>\n<h2>Evidence</h2>\n",
        );
        body.push_str(&details(matrix));
    }
    if seal.is_none() {
        body.push_str(&format!(
            "<h2>Signed off</h2>\n<p>Name: {} <br><br>Date: ____________________ Signature: ______________________________</p>\n",
            escape(matrix.owner.as_deref().unwrap_or("______________________________"))
        ));
    }
    page_alone("Competence matrix", &body)
}

fn table(matrix: &Matrix, people: &[Person]) -> String {
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"People by lesson\"><table>\n<thead><tr><th scope=\"col\">Lesson</th>",
    );
    for person in people {
        out.push_str(&format!(
            "<th scope=\"col\">{}</th>",
            escape(person.shown())
        ));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for topic in &matrix.lessons {
        out.push_str(&format!(
            "<tr><th scope=\"row\">{}<br>{} {}</th>",
            escape(&topic.title),
            escape(&topic.lesson),
            escape(topic.version.as_deref().unwrap_or_default())
        ));
        for person in people {
            out.push_str("<td>");
            if let Some(cell) = matrix.cell(&person.pseudonym, &topic.lesson) {
                out.push_str(&format!(
                    "{}<br>{}",
                    cell.state.as_str(),
                    escape(&cell.date)
                ));
                if cell.read_again {
                    out.push_str(&format!("<br>read again ({})", escape(&cell.version)));
                }
                match cell.effective {
                    Some(true) => out.push_str("<br>held"),
                    Some(false) => out.push_str("<br>found again"),
                    None => {}
                }
            }
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}

fn details(matrix: &Matrix) -> String {
    let mut out = String::from(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Evidence\"><table>\n<thead><tr><th scope=\"col\">Person</th><th scope=\"col\">Lesson</th><th scope=\"col\">Version</th>\
         <th scope=\"col\">Date</th><th scope=\"col\">Evidence</th></tr></thead>\n<tbody>\n",
    );
    for person in &matrix.people {
        for cell in matrix
            .cells
            .iter()
            .filter(|cell| cell.person == person.pseudonym)
        {
            out.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                escape(person.shown()),
                escape(&cell.lesson),
                escape(&cell.version),
                escape(&cell.date),
                escape(&evidence(cell)),
            ));
        }
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}
