//! A page as a value: what stands on it in its order. One value makes the HTML and the exports, so that no
//! table is without its exports. Pure.

use askama::Template;
use serde_json::{Value, json};

use super::chart::Chart;
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, shown};
use crate::report::visible;

/// The pages that every page leads to.
const MENU: &[(&str, &str)] = &[
    ("Overview", "/"),
    ("Decisions", "/decisions"),
    ("Queue", "/queue"),
    ("Rules", "/rules"),
    ("Lessons", "/lessons"),
    ("Help", "/help"),
];

/// A part of a page.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    /// A heading of the second level.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A paragraph that must be seen.
    Notice(String),
    /// Names and what they are.
    Facts(Vec<(String, Cell)>),
    /// Where one may go.
    Links(Vec<Named>),
    /// A picture; its table follows.
    Chart(Chart),
    /// A table.
    Grid(Grid),
    /// HTML that another renderer of this program made, escaped.
    Ours(String),
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// The words.
    pub(super) text: String,
    /// Where it leads.
    pub(super) link: Link,
}

impl Named {
    /// A link to a path of these pages.
    pub(super) fn own(text: &str, path: &str) -> Self {
        Self {
            text: shown(text),
            link: Link::Own(path.to_owned()),
        }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    /// Its title.
    pub(super) title: String,
    /// Its own path.
    pub(super) path: String,
    /// What of its address follows the path and tells which part of a list it shows, ready for more; may be empty.
    pub(super) query: String,
    /// The path and query of the page with older entries, for programs; people follow a link.
    pub(super) older: Option<String>,
    /// The pages above it.
    pub(super) crumbs: Vec<Named>,
    /// What stands on it.
    pub(super) blocks: Vec<Block>,
}

/// Who looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// Login on GitHub.
    pub(super) login: String,
    /// What a form has to carry so that it is known to be of these pages.
    pub(super) csrf: String,
}

/// What is the same on every page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    /// The path below which the pages lie, without a slash at its end.
    pub(super) base: &'a str,
    /// Stands for the text of the style, so that browsers fetch a new one.
    pub(super) style: &'a str,
    /// When the page is made, for readers.
    pub(super) made: &'a str,
    /// Who looks; none while nobody is signed in.
    pub(super) person: Option<&'a Person>,
}

#[derive(Template)]
#[template(path = "document.html")]
struct View<'a> {
    page: &'a Document,
    base: &'a str,
    style: &'a str,
    made: &'a str,
    version: &'static str,
    menu: &'static [(&'static str, &'static str)],
    person: Option<&'a Person>,
}

impl Document {
    /// An empty page.
    pub(super) fn new(title: &str, path: &str) -> Self {
        Self {
            title: shown(title),
            path: path.to_owned(),
            query: String::new(),
            older: None,
            crumbs: Vec::new(),
            blocks: Vec::new(),
        }
    }

    /// Says which page is above.
    #[must_use]
    pub(super) fn below(mut self, text: &str, path: &str) -> Self {
        self.crumbs.push(Named::own(text, path));
        self
    }

    /// Adds a heading.
    pub(super) fn heading(&mut self, text: &str) {
        self.blocks.push(Block::Heading(shown(text)));
    }

    /// Adds a paragraph.
    pub(super) fn text(&mut self, text: &str) {
        self.blocks
            .push(Block::Text(visible::line(text).into_owned()));
    }

    /// Adds a paragraph that must be seen.
    pub(super) fn notice(&mut self, text: &str) {
        self.blocks
            .push(Block::Notice(visible::line(text).into_owned()));
    }

    /// Adds names and what they are.
    pub(super) fn facts<const N: usize>(&mut self, facts: [(&str, Cell); N]) {
        let facts = facts.map(|(name, cell)| (name.to_owned(), cell));
        self.blocks.push(Block::Facts(facts.into()));
    }

    /// Adds links.
    pub(super) fn links<const N: usize>(&mut self, links: [(&str, Link); N]) {
        let links = links.map(|(text, link)| Named {
            text: text.to_owned(),
            link,
        });
        self.blocks.push(Block::Links(links.into()));
    }

    /// Adds a table.
    pub(super) fn grid(&mut self, grid: Grid) {
        self.blocks.push(Block::Grid(grid));
    }

    /// The tables on it.
    pub(super) fn grids(&self) -> impl Iterator<Item = &Grid> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Grid(grid) => Some(grid),
            _ => None,
        })
    }

    /// The page for readers.
    ///
    /// # Errors
    /// The template does not render.
    pub(super) fn html(&self, frame: Frame<'_>) -> Result<String, PageError> {
        let view = View {
            page: self,
            base: frame.base,
            style: frame.style,
            made: frame.made,
            version: env!("CARGO_PKG_VERSION"),
            menu: MENU,
            person: frame.person,
        };
        view.render()
            .map_err(|error| PageError::Broken(format!("a template does not render: {error}")))
    }

    /// A table as CSV: the one of this name, or the only one.
    ///
    /// # Errors
    /// There is no such table, or no single one.
    pub(super) fn csv(&self, table: Option<&str>) -> Result<String, PageError> {
        match self.chosen(table)?.as_slice() {
            [one] => Ok(one.csv()),
            _ => Err(PageError::Bad(format!(
                "name one table, as in ?table=NAME&format=csv: {}",
                self.names()
            ))),
        }
    }

    /// The table of this name, or all of them, as JSON.
    ///
    /// # Errors
    /// There is no such table.
    pub(super) fn json(&self, table: Option<&str>) -> Result<Value, PageError> {
        let tables: Vec<Value> = self.chosen(table)?.iter().map(|grid| grid.json()).collect();
        let mut value =
            json!({"version": 1, "page": self.path, "title": self.title, "tables": tables});
        if let (Some(object), Some(older)) = (value.as_object_mut(), &self.older) {
            object.insert("older".to_owned(), json!(older));
        }
        Ok(value)
    }

    fn chosen(&self, table: Option<&str>) -> Result<Vec<&Grid>, PageError> {
        let Some(name) = table else {
            return Ok(self.grids().collect());
        };
        match self.grids().find(|grid| grid.name == name) {
            Some(grid) => Ok(vec![grid]),
            None => Err(PageError::Bad(format!(
                "this page has no table of that name; it has: {}",
                self.names()
            ))),
        }
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.grids().map(|grid| grid.name.as_str()).collect();
        match names.is_empty() {
            true => "none".to_owned(),
            false => names.join(", "),
        }
    }
}
