//! Tables: for readers, for spreadsheets (CSV) and for programs (JSON), all from one value. Pure.

use serde_json::{Value, json};

use super::moment;
use crate::report::sheet::Table;
use crate::report::visible;
use crate::report::words::thousands;
use crate::store::Millis;

/// Longest text of a cell for readers, in characters; the exports have all of it.
const SHOWN: usize = 300;

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// A path of these pages.
    Own(String),
    /// A web address.
    Away(String),
}

impl Link {
    /// The attribute's value; `base` is the path below which these pages lie.
    pub(super) fn href(&self, base: &str) -> String {
        match self {
            Self::Own(path) => format!("{base}{path}"),
            Self::Away(url) => url.clone(),
        }
    }
}

/// A text that strangers wrote, with what is hidden in it made visible, cut where it is too long to look at.
pub(super) fn shown(text: &str) -> String {
    let text = visible::line(text);
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}

/// A cell: what it is, how readers see it, where it leads.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    value: Value,
    shown: String,
    link: Option<Link>,
    is_marked: bool,
}

impl Cell {
    /// Any text.
    pub(super) fn text(text: &str) -> Self {
        Self {
            value: Value::String(visible::line(text).into_owned()),
            shown: shown(text),
            link: None,
            is_marked: false,
        }
    }

    /// A number of things.
    pub(super) fn count(number: i64) -> Self {
        Self {
            value: json!(number),
            shown: match u64::try_from(number) {
                Ok(number) => thousands(number),
                Err(_) => number.to_string(),
            },
            link: None,
            is_marked: false,
        }
    }

    /// A rate to two places; a dash where there is none.
    pub(super) fn rate(rate: Option<f64>) -> Self {
        Self {
            value: json!(rate),
            shown: rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.2}")),
            link: None,
            is_marked: false,
        }
    }

    /// A share in percent; a dash where there is none.
    pub(super) fn percent(share: Option<i64>) -> Self {
        Self {
            value: json!(share),
            shown: share.map_or_else(|| "-".to_owned(), |share| format!("{share} %")),
            link: None,
            is_marked: false,
        }
    }

    /// A moment.
    pub(super) fn moment(at: Millis) -> Self {
        Self {
            value: Value::String(moment::iso(at)),
            shown: moment::shown(at),
            link: None,
            is_marked: false,
        }
    }

    /// Seconds, in words for readers.
    pub(super) fn span(seconds: Option<i64>) -> Self {
        Self {
            value: json!(seconds),
            shown: seconds.map_or_else(|| "-".to_owned(), moment::span),
            link: None,
            is_marked: false,
        }
    }

    /// The cell with a link.
    #[must_use]
    pub(super) fn to(self, link: Link) -> Self {
        Self {
            link: Some(link),
            ..self
        }
    }

    /// The cell with a link, where there is one.
    #[must_use]
    pub(super) fn maybe_to(self, link: Option<Link>) -> Self {
        Self { link, ..self }
    }

    /// The cell with other words for readers.
    #[must_use]
    pub(super) fn reading(self, words: &str) -> Self {
        Self {
            shown: shown(words),
            ..self
        }
    }

    /// The cell, made to stand out. Its words say why.
    #[must_use]
    pub(super) fn marked(self) -> Self {
        Self {
            is_marked: true,
            ..self
        }
    }

    /// What readers see.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Where it leads.
    pub(super) fn link(&self) -> Option<&Link> {
        self.link.as_ref()
    }

    /// Whether it stands out.
    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// What a spreadsheet gets.
    fn csv(&self) -> String {
        match &self.value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name in exports, which stays.
    pub(super) key: String,
    /// What readers see.
    pub(super) name: String,
    /// What its cells hold.
    kind: Kind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A few words.
    Text,
    /// Sentences.
    Long,
    /// Numbers.
    Number,
}

impl Column {
    /// The class of its cells in the style.
    pub(super) fn class(&self) -> &'static str {
        match self.kind {
            Kind::Text => "t",
            Kind::Long => "long",
            Kind::Number => "n",
        }
    }
}

/// A column of texts.
pub(super) fn texts(key: &str, name: &str) -> Column {
    Column {
        key: key.to_owned(),
        name: name.to_owned(),
        kind: Kind::Text,
    }
}

/// A column of sentences.
pub(super) fn sentences(key: &str, name: &str) -> Column {
    Column {
        kind: Kind::Long,
        ..texts(key, name)
    }
}

/// A column of numbers.
pub(super) fn numbers(key: &str, name: &str) -> Column {
    Column {
        kind: Kind::Number,
        ..texts(key, name)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// Its name in addresses, which stays.
    pub(super) name: String,
    /// What it holds.
    pub(super) caption: String,
    /// What stands in its place while it has no rows.
    pub(super) empty: &'static str,
    /// Columns; the first one names the row.
    pub(super) columns: Vec<Column>,
    /// Rows of as many cells.
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that there are and that are not listed.
    pub(super) more: i64,
}

impl Grid {
    /// The table as CSV. Texts that a spreadsheet would run are guarded.
    pub(super) fn csv(&self) -> String {
        let keys: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.key.as_str())
            .collect();
        let mut table = Table::new(&self.caption, &keys);
        table.rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(Cell::csv).collect())
            .collect();
        table.csv()
    }

    /// The table as JSON: its rows as objects by column.
    pub(super) fn json(&self) -> Value {
        let row = |row: &Vec<Cell>| {
            let cells = self.columns.iter().zip(row);
            let cells = cells.map(|(column, cell)| (column.key.clone(), cell.value.clone()));
            Value::Object(cells.collect())
        };
        let rows: Vec<Value> = self.rows.iter().map(row).collect();
        json!({"table": self.name, "caption": self.caption, "rows": rows, "not_listed": self.more})
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn grid() -> Grid {
        Grid {
            name: "pulls".to_owned(),
            caption: "Pull requests".to_owned(),
            empty: "none",
            columns: vec![
                texts("title", "Title"),
                numbers("open", "Open"),
                numbers("rate", "Rate"),
                texts("at", "At"),
            ],
            rows: vec![vec![
                Cell::text("=cmd|' /C calc'!A0\u{202e}"),
                Cell::count(1_234),
                Cell::rate(None),
                Cell::moment(0),
            ]],
            more: 3,
        }
    }

    #[test]
    fn spreadsheets_run_nothing_and_see_what_is_hidden() {
        assert_eq!(
            grid().csv(),
            "title,open,rate,at\n\"'=cmd|' /C calc'!A0\\u{202e}\",1234,,\n"
        );
    }

    #[test]
    fn programs_get_numbers_as_numbers_and_the_count_of_what_is_left_out() {
        let value = grid().json();
        let row = value.get("rows").unwrap().get(0).unwrap();
        assert_eq!(row.get("open").unwrap(), 1_234);
        assert!(row.get("rate").unwrap().is_null());
        assert_eq!(value.get("not_listed").unwrap(), 3);
    }

    #[test]
    fn long_texts_are_cut_for_readers_alone() {
        let long = "é".repeat(100_000);
        let cell = Cell::text(&long);
        assert_eq!(cell.shown().chars().count(), SHOWN + 1);
        assert_eq!(cell.csv().chars().count(), 100_000);
        assert_eq!(Cell::count(1_234).shown(), "1,234");
        assert_eq!(Cell::count(-1).shown(), "-1");
    }
}
