//! Pages of rules and lessons: the built-in ones, as `scrubin explain` has them.

use std::collections::BTreeMap;

use super::document::{Block, Document};
use super::failure::PageError;
use super::grid::{Cell, Grid, Link, numbers, sentences, texts};
use crate::evidence::controls::{Controls, MAP};
use crate::review;
use crate::rules::RuleInfo;
use crate::training::clauses::Clauses;
use crate::training::lesson::{self, Lesson};
use crate::training::measured::Measured;
use crate::training::site;

/// Everything that can be looked up.
pub(super) struct Library {
    rules: Vec<RuleInfo>,
    lessons: Vec<Lesson>,
    measured: Measured,
    clauses: Clauses,
}

impl Library {
    /// Reads what is built in.
    pub(super) fn read() -> Result<Self, String> {
        let rules = review::builtin().map_err(|error| error.to_string())?.told();
        let controls = Controls::read(MAP, &rules, env!("CARGO_PKG_VERSION"))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            lessons: lesson::builtin().map_err(|error| error.to_string())?,
            measured: Measured::embedded(),
            clauses: controls.clauses(&rules),
            rules,
        })
    }

    /// Whether a rule of this code has a page.
    pub(super) fn has_rule(&self, code: &str) -> bool {
        self.rules.iter().any(|rule| rule.id.as_str() == code)
    }

    /// Whether a lesson of this key has a page.
    pub(super) fn has_lesson(&self, key: &str) -> bool {
        self.lessons.iter().any(|lesson| lesson.head.key == key)
    }

    /// Titles of the lessons, by key.
    pub(super) fn titles(&self) -> BTreeMap<String, String> {
        let heads = self.lessons.iter().map(|lesson| &lesson.head);
        heads
            .map(|head| (head.key.clone(), head.title.clone()))
            .collect()
    }
}

/// `/rules`.
pub(super) fn rules(library: &Library) -> Document {
    let mut page = Document::new("Rules", "/rules").below("Overview", "/");
    page.text("The built-in rules of the version that runs here. Rules of a repository of its own are explained there.");
    let mut sorted: Vec<&RuleInfo> = library.rules.iter().collect();
    sorted.sort_by(|a, b| a.id.cmp(&b.id));
    let rows = sorted
        .into_iter()
        .map(|rule| {
            vec![
                Cell::text(rule.id.as_str()).to(Link::Own(format!("/rules/{}", rule.id))),
                Cell::text(&rule.slug),
                Cell::text(rule.severity.as_str()),
                Cell::text(rule.precision.as_str()),
                Cell::text(&rule.message.replace('`', "")),
            ]
        })
        .collect();
    page.grid(Grid {
        name: "rules".to_owned(),
        caption: "Rules".to_owned(),
        empty: "",
        columns: vec![
            texts("rule", "Rule"),
            texts("slug", "Name"),
            texts("severity", "Severity"),
            texts("precision", "Precision"),
            sentences("message", "Effect"),
        ],
        rows,
        more: 0,
    });
    page
}

/// `/rules/CODE`; a slug, and a name that ends in `.html` as on the site of `scrubin rules site`, do as well.
///
/// # Errors
/// There is no such rule.
pub(super) fn rule(library: &Library, name: &str) -> Result<Document, PageError> {
    let name = name.strip_suffix(".html").unwrap_or(name);
    let mut rules = library.rules.iter();
    let rule = rules
        .find(|rule| rule.is_called(name))
        .ok_or(PageError::NotFound)?;
    let mut lessons = library.lessons.iter();
    let lesson = lessons.find(|lesson| lesson.head.key == rule.lesson);
    let all: Vec<&RuleInfo> = library.rules.iter().collect();
    let measures = (&library.measured, &library.clauses);
    let (_, body) = site::rule_body(rule, &all, lesson, measures);
    let title = format!("{} {}", rule.id, rule.slug);
    let mut page = Document::new(title.trim_end(), &format!("/rules/{}", rule.id))
        .below("Overview", "/")
        .below("Rules", "/rules");
    page.blocks.push(Block::Ours(body));
    Ok(page)
}

/// `/lessons`.
pub(super) fn lessons(library: &Library) -> Document {
    let mut page = Document::new("Lessons", "/lessons").below("Overview", "/");
    page.text("What people learn from findings. scrubin learn teaches the same at the terminal, with tasks of one's own.");
    let rows = library
        .lessons
        .iter()
        .map(|lesson| {
            let head = &lesson.head;
            let rules = library.rules.iter().filter(|rule| rule.lesson == head.key);
            vec![
                Cell::text(&head.key).to(Link::Own(format!("/lessons/{}", head.key))),
                Cell::text(&head.title),
                Cell::count(i64::from(head.minutes)),
                Cell::count(i64::try_from(rules.count()).unwrap_or(i64::MAX)),
            ]
        })
        .collect();
    page.grid(Grid {
        name: "lessons".to_owned(),
        caption: "Lessons".to_owned(),
        empty: "",
        columns: vec![
            texts("lesson", "Key"),
            sentences("title", "Title"),
            numbers("minutes", "Minutes"),
            numbers("rules", "Rules"),
        ],
        rows,
        more: 0,
    });
    page
}

/// `/lessons/KEY`.
///
/// # Errors
/// There is no such lesson.
pub(super) fn lesson(library: &Library, key: &str) -> Result<Document, PageError> {
    let key = key.strip_suffix(".html").unwrap_or(key);
    let mut lessons = library.lessons.iter();
    let lesson = lessons
        .find(|lesson| lesson.head.key == key)
        .ok_or(PageError::NotFound)?;
    let rules: Vec<&RuleInfo> = library.rules.iter().collect();
    let mut page = Document::new(&lesson.head.title, &format!("/lessons/{key}"))
        .below("Overview", "/")
        .below("Lessons", "/lessons");
    page.blocks
        .push(Block::Ours(site::lesson_body(lesson, &rules)));
    Ok(page)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn every_link_of_a_rule_or_lesson_leads_to_a_page() {
        let library = Library::read().unwrap();
        let mut pages: Vec<Document> = vec![rules(&library), lessons(&library)];
        for one in &library.rules {
            pages.push(rule(&library, one.id.as_str()).unwrap());
        }
        for one in &library.lessons {
            pages.push(lesson(&library, &one.head.key).unwrap());
        }
        let mut links = 0;
        for page in &pages {
            for block in &page.blocks {
                let Block::Ours(html) = block else { continue };
                for link in html.split("href=\"").skip(1) {
                    let target = link.split('"').next().unwrap();
                    if target.starts_with("https://") {
                        continue;
                    }
                    links += 1;
                    let folder = page.path.rsplit_once('/').unwrap().0;
                    let found = match target.strip_prefix("../") {
                        Some(rest) => format!("/{rest}"),
                        None => format!("{folder}/{target}"),
                    };
                    let (folder, name) = found.rsplit_once('/').unwrap();
                    let name = name.strip_suffix(".html").unwrap();
                    let made = match folder {
                        "/rules" => library.has_rule(name),
                        "/lessons" => library.has_lesson(name),
                        _ => false,
                    };
                    assert!(made, "{}: {target}", page.path);
                }
            }
        }
        assert!(links > 100, "{links}");
        assert!(rule(&library, "nothing-like-it").is_err());
        // As the links name them.
        assert!(rule(&library, "C-LEN-014.html").is_ok());
        assert!(lesson(&library, "L-LEN-BOUND.html").is_ok());
    }
}
