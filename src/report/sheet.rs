//! A document for a quality system: headings, sentences, facts and tables, rendered as a page, markdown,
//! CSV or text. What it quotes may come from strangers and is made harmless on the way.

use serde_json::json;

use super::paint::Paint;
use super::{quote, visible};

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its title, plain text.
    pub title: String,
    /// The paper it is for.
    pub paper: Paper,
    /// What follows.
    pub parts: Vec<Part>,
}

/// The paper that a document is printed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Paper {
    /// Upright, as many sheets as it takes.
    #[default]
    Upright,
    /// Across, for tables of many columns.
    Across,
    /// One sheet, upright.
    OneSheet,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A heading of the second level.
    Heading(String),
    /// A paragraph; code stands in backquotes.
    Text(String),
    /// Names and what they are.
    Facts(Vec<(String, String)>),
    /// Rows.
    Table(Table),
    /// A place for the signature of each of these roles.
    Signatures(Vec<String>),
}

/// Rows under columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What the table holds, for those who cannot see it as one.
    pub caption: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells; code stands in backquotes. The first cell names the row.
    pub rows: Vec<Vec<String>>,
}

impl Part {
    /// The part for programs; signatures are for paper.
    fn json(&self) -> Option<serde_json::Value> {
        match self {
            Self::Heading(text) => Some(json!({"heading": text})),
            Self::Text(text) => Some(json!({"text": text})),
            Self::Facts(facts) => Some(json!({"facts": object(facts.iter().cloned())})),
            Self::Table(table) => {
                let row = |row: &Vec<String>| {
                    object(table.columns.iter().cloned().zip(row.iter().cloned()))
                };
                let rows: Vec<serde_json::Value> = table.rows.iter().map(row).collect();
                Some(json!({"table": table.caption, "columns": table.columns, "rows": rows}))
            }
            Self::Signatures(_) => None,
        }
    }
}

fn object(pairs: impl Iterator<Item = (String, String)>) -> serde_json::Value {
    let pairs = pairs.map(|(name, value)| (name, serde_json::Value::String(value)));
    serde_json::Value::Object(pairs.collect())
}

impl Table {
    /// A table without rows.
    pub fn new(caption: &str, columns: &[&str]) -> Self {
        Self {
            caption: caption.to_owned(),
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows
            .push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    /// The table as comma-separated values (RFC 4180, lines end in a line feed), columns in the first line.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        csv_line(&mut out, &names);
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            csv_line(&mut out, &cells);
        }
        out
    }

    /// `class` is a class with its attribute, or nothing.
    fn html(&self, out: &mut String, class: &str) {
        out.push_str(&format!(
            "<table{class}>\n<caption>{}</caption>\n<thead>\n<tr>",
            inline(&self.caption)
        ));
        for column in &self.columns {
            out.push_str(&format!("<th scope=\"col\">{}</th>", inline(column)));
        }
        out.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (index, cell) in row.iter().enumerate() {
                out.push_str(&match index {
                    0 => format!("<th scope=\"row\">{}</th>", inline(cell)),
                    _ => format!("<td>{}</td>", inline(cell)),
                });
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
    }

    fn markdown(&self, out: &mut String) {
        let names: Vec<String> = self.columns.iter().map(|name| quote::cell(name)).collect();
        let rule = vec!["---"; names.len()].join(" | ");
        out.push_str(&format!("| {} |\n| {rule} |\n", names.join(" | ")));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| quote::cell(cell)).collect();
            out.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }

    /// Columns as wide as their widest cell; the last one runs on.
    fn terminal(&self, out: &mut String, paint: Paint) {
        let shown: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| plain(cell)).collect())
            .collect();
        let width = |column: usize| {
            let cells = shown.iter().filter_map(|row| row.get(column));
            let names = self.columns.get(column).into_iter();
            cells
                .chain(names)
                .map(|text| text.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let line = |cells: &[String]| {
            let mut text = String::from(" ");
            for (cell, width) in cells.iter().zip(&widths) {
                text.push_str(&format!(" {cell:<width$} "));
            }
            text.trim_end().to_owned()
        };
        out.push_str(&format!("{}\n", paint.dim(&line(&self.columns))));
        for row in &shown {
            out.push_str(&format!("{}\n", line(row)));
        }
    }
}

impl Sheet {
    /// A document without parts.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            paper: Paper::Upright,
            parts: Vec::new(),
        }
    }

    /// Prints it on other paper.
    #[must_use]
    pub fn on(self, paper: Paper) -> Self {
        Self { paper, ..self }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: &str) {
        self.parts.push(Part::Heading(text.to_owned()));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) {
        self.parts.push(Part::Text(text.to_owned()));
    }

    /// Adds names and what they are.
    pub fn facts(&mut self, facts: &[(&str, &str)]) {
        let facts = facts.iter();
        self.parts.push(Part::Facts(
            facts
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        ));
    }

    /// Adds a table; one without rows is left out.
    pub fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.parts.push(Part::Table(table));
        }
    }

    /// Adds a place for signatures.
    pub fn signatures(&mut self, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.parts.push(Part::Signatures(roles));
    }

    /// What stands below the title of a page, as HTML.
    pub fn body_html(&self) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Heading(text) => out.push_str(&format!("<h2>{}</h2>\n", inline(text))),
                Part::Text(text) => out.push_str(&format!("<p>{}</p>\n", inline(text))),
                Part::Facts(facts) => {
                    out.push_str("<dl>\n");
                    for (name, value) in facts {
                        let (name, value) = (inline(name), inline(value));
                        out.push_str(&format!("<dt>{name}</dt><dd>{value}</dd>\n"));
                    }
                    out.push_str("</dl>\n");
                }
                Part::Table(table) => table.html(&mut out, ""),
                Part::Signatures(roles) => {
                    signatures(roles).html(&mut out, " class=\"signatures\"");
                }
            }
        }
        out
    }

    /// The document as markdown; ends with a line feed.
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", quote::text(&self.title));
        for part in &self.parts {
            out.push('\n');
            match part {
                Part::Heading(text) => out.push_str(&format!("## {}\n", quote::text(text))),
                Part::Text(text) => out.push_str(&format!("{}\n", quote::text(text))),
                Part::Facts(facts) => {
                    out.push_str("| | |\n| --- | --- |\n");
                    for (name, value) in facts {
                        let (name, value) = (quote::cell(name), quote::cell(value));
                        out.push_str(&format!("| {name} | {value} |\n"));
                    }
                }
                Part::Table(table) => table.markdown(&mut out),
                Part::Signatures(roles) => signatures(roles).markdown(&mut out),
            }
        }
        out
    }

    /// The document for programs: title, and its parts with their kind; rows are objects by column.
    pub fn json(&self) -> serde_json::Value {
        let parts: Vec<serde_json::Value> = self.parts.iter().filter_map(Part::json).collect();
        json!({"version": 1, "title": self.title, "parts": parts})
    }

    /// The document for a terminal; ends with a line feed. Signatures are for paper and left out.
    pub fn terminal(&self, color: bool) -> String {
        let paint = Paint { on: color };
        let mut out = format!("{}\n", paint.bold(&plain(&self.title)));
        for (index, part) in self.parts.iter().enumerate() {
            let is_for_paper = matches!(self.parts.get(index + 1), Some(Part::Signatures(_)));
            match part {
                Part::Heading(_) if is_for_paper => {}
                Part::Heading(text) => {
                    out.push_str(&format!("\n{}\n", paint.bold(&plain(text))));
                }
                Part::Text(text) => out.push_str(&format!("{}\n", plain(text))),
                Part::Facts(facts) => {
                    let width = facts.iter().map(|(name, _)| name.chars().count()).max();
                    let width = width.unwrap_or(0);
                    for (name, value) in facts {
                        out.push_str(&format!("  {name:<width$}  {}\n", plain(value)));
                    }
                }
                Part::Table(table) => table.terminal(&mut out, paint),
                Part::Signatures(_) => {}
            }
        }
        out
    }
}

/// The table that people sign in.
fn signatures(roles: &[String]) -> Table {
    let mut table = Table::new("Signatures", &["role", "name", "date", "signature"]);
    for role in roles {
        table.push([role, "", "", ""]);
    }
    table
}

/// A text on one line without its backquotes.
fn plain(text: &str) -> String {
    visible::line(text).replace('`', "")
}

/// A text as HTML, what stands in backquotes as code. A lone backquote stays one.
fn inline(text: &str) -> String {
    let escaped = quote::html(text);
    let pieces: Vec<&str> = escaped.split('`').collect();
    let mut out = String::with_capacity(escaped.len() + 16);
    for (index, piece) in pieces.iter().enumerate() {
        let is_code = index % 2 == 1 && index + 1 < pieces.len();
        match is_code {
            true => out.push_str(&format!("<code>{piece}</code>")),
            false if index % 2 == 1 => out.push_str(&format!("`{piece}")),
            false => out.push_str(piece),
        }
    }
    out
}

fn csv_line(out: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    out.push_str(&cells.join(","));
    out.push('\n');
}

/// A cell of CSV. Spreadsheets run what begins like a formula, so such a text gets an apostrophe in front
/// (OWASP, CSV injection).
fn csv_cell(text: &str) -> String {
    let shown = visible::line(text);
    let is_formula =
        shown.len() > 1 && shown.starts_with(['=', '+', '-', '@']) && shown.parse::<f64>().is_err();
    let guard = if is_formula { "'" } else { "" };
    if shown.contains([',', '"', '\'']) || is_formula {
        format!("\"{guard}{}\"", shown.replace('"', "\"\""))
    } else {
        shown.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::new("A <b> sheet");
        sheet.heading("Part `one`");
        sheet.text("run `a|b` & see ` alone");
        sheet.facts(&[("version", "0.1.0"), ("digest", "`ab`")]);
        let mut table = Table::new("cases", &["case", "came"]);
        table.push(["a|b", "=1+1"]);
        table.push(["\"x\", y", "-5"]);
        sheet.table(table);
        sheet.table(Table::new("none", &["a"]));
        sheet.signatures(&["Author"]);
        sheet
    }

    #[test]
    fn a_page_has_heads_of_rows_and_obeys_no_markup() {
        let html = sheet().body_html();
        assert!(html.contains("<h2>Part <code>one</code></h2>"), "{html}");
        assert!(
            html.contains("<code>a|b</code> &amp; see ` alone"),
            "{html}"
        );
        assert!(html.contains("<th scope=\"row\">a|b</th><td>=1+1</td>"));
        assert!(html.contains("<caption>cases</caption>") && !html.contains("none"));
        assert!(html.contains("<th scope=\"row\">Author</th>"));
    }

    #[test]
    fn markdown_keeps_its_tables_whole() {
        let text = sheet().markdown();
        assert!(text.starts_with("# A \\<b\\> sheet\n"), "{text}");
        let row = text
            .lines()
            .find(|line| line.contains("=1+1"))
            .unwrap_or_default();
        assert_eq!(row.replace("\\|", "").matches('|').count(), 3, "{text}");
    }

    #[test]
    fn a_spreadsheet_gets_no_formula_and_numbers_stay_numbers() {
        let sheet = sheet();
        let tables = sheet.parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some(table.csv()),
            _ => None,
        });
        let csv: String = tables.collect();
        assert_eq!(csv, "case,came\na|b,\"'=1+1\"\n\"\"\"x\"\", y\",-5\n");
    }

    #[test]
    fn programs_get_rows_by_column() {
        let value = sheet().json();
        let table = value.get("parts").and_then(|parts| {
            parts
                .as_array()?
                .iter()
                .find(|part| part.get("table").is_some())
        });
        let cell = table.and_then(|table| table.get("rows")?.get(0)?.get("came")?.as_str());
        assert_eq!(cell, Some("=1+1"));
    }

    #[test]
    fn a_terminal_gets_columns() {
        let text = sheet().terminal(false);
        assert!(text.contains("  a|b     =1+1\n"), "{text}");
        assert!(!text.contains("Author"));
    }
}
