//! The page of one rule: what it finds, why that matters on a device, how to repair it, and code
//! that shows both.

use crate::report::page::{self, ExampleLine};
use crate::report::paint::Paint;
use crate::report::{quote, visible, words};
use crate::rules::{ExampleKind, RuleInfo, RuleLanguage};

use super::clauses::Clauses;
use super::highlight::{self, Kind};
use super::rule_json;

/// How to render for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOptions {
    /// Whether to write ANSI colour sequences.
    pub color: bool,
    /// Columns of the terminal; less than 40 counts as 40, more than 100 as 100, which is as long
    /// as a line of prose reads well.
    pub width: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

/// The word for the language of a rule's examples.
pub(super) fn language(rule: &RuleInfo) -> &'static str {
    match rule.languages.first() {
        Some(RuleLanguage::C) => "c",
        Some(RuleLanguage::Rust) => "rust",
        _ => "text",
    }
}

/// What stands above the clauses of standards.
pub(super) const EVIDENCE: &str = "What its findings are evidence for, or help with";

/// Columns that texts are set in.
const INDENT: &str = "  ";

/// The rules of the same lesson but `rule` itself, by id.
pub(super) fn related<'a>(rule: &RuleInfo, all: &[&'a RuleInfo]) -> Vec<&'a RuleInfo> {
    if rule.lesson.is_empty() {
        return Vec::new();
    }
    let mut related: Vec<&RuleInfo> = all
        .iter()
        .copied()
        .filter(|other| other.lesson == rule.lesson && other.id != rule.id)
        .collect();
    related.sort_by(|a, b| a.id.cmp(&b.id));
    related
}

/// `C-LEN-014 source-sized-copy`, or the id alone.
fn title(rule: &RuleInfo) -> String {
    let text = format!("{} {}", rule.id, visible::line(&rule.slug));
    text.trim_end().to_owned()
}

/// The explaining texts of a rule under their headings, those that it has.
pub(super) fn texts(rule: &RuleInfo) -> Vec<(&'static str, &str)> {
    [
        ("Why it matters", rule.why.as_str()),
        ("How to fix it", rule.how_to_fix.as_str()),
        ("Edit", page::edit(rule)),
        ("When it is wrong", rule.false_positive.as_str()),
    ]
    .into_iter()
    .filter(|(_, text)| !text.trim().is_empty())
    .collect()
}

/// Renders the page for a terminal; ends with a line feed. `all` are the rules among which those of
/// the same lesson are looked for.
pub fn terminal(
    rule: &RuleInfo,
    all: &[&RuleInfo],
    clauses: &Clauses,
    options: PageOptions,
) -> String {
    let mut page = Page::new(options);
    let heading = page.paint.bold(&title(rule));
    page.out.push_str(&format!("{heading}\n"));
    page.out
        .push_str(&format!("{}\n\n", page::classification(rule)));
    page.text(&words::full_sentence(&rule.message));
    for (heading, text) in texts(rule) {
        page.section(heading, text);
    }
    for (kind, heading) in [
        (ExampleKind::Bad, "Reported"),
        (ExampleKind::Good, "Not reported"),
    ] {
        for example in rule.examples.iter().filter(|example| example.kind == kind) {
            let place = example
                .path
                .as_ref()
                .map(|path| format!(" in {}", visible::line(path)))
                .unwrap_or_default();
            if let Some(base) = &example.base {
                page.heading(&format!("Before the change{place}"));
                page.code(&page::example_lines(base), language(rule));
            }
            page.heading(&format!("{heading}{place}"));
            page.code(&page::example_lines(&example.code), language(rule));
            if let Some(fixed) = &example.fixed {
                page.heading(&format!("After the edit{place}"));
                page.code(&page::example_lines(fixed), language(rule));
            }
        }
    }
    if !rule.lesson.is_empty() {
        page.heading(&format!("Lesson {}", visible::line(&rule.lesson)));
        let related = related(rule, all);
        if related.is_empty() {
            page.text("No other rule shares this lesson.");
        }
        for other in related {
            page.out.push_str(&format!("{INDENT}{}\n", title(other)));
        }
    }
    if !rule.incidents.is_empty() {
        page.heading("It happened");
        page.text(&rule.incidents.join(", "));
    }
    if !clauses.of(rule).is_empty() {
        page.heading(EVIDENCE);
        for clause in clauses.of(rule) {
            page.text(&format!("{}: {}", clause.standard, clause.controls));
        }
    }
    if !rule.references.is_empty() {
        page.heading("More");
        for reference in &rule.references {
            page.out
                .push_str(&format!("{INDENT}{}\n", visible::line(reference)));
        }
    }
    if !rule.aliases.is_empty() {
        page.heading("Former names");
        page.text(&rule.aliases.join(", "));
    }
    page.out
}

/// Renders the page as markdown; ends with a line feed.
pub fn markdown(rule: &RuleInfo, all: &[&RuleInfo], clauses: &Clauses) -> String {
    let mut out = markdown_without_relatives(rule);
    if !clauses.of(rule).is_empty() {
        out.push_str(&format!("\n## {EVIDENCE}\n\n"));
        for clause in clauses.of(rule) {
            let (standard, controls) =
                (quote::text(&clause.standard), quote::text(&clause.controls));
            out.push_str(&format!("- {standard}: {controls}\n"));
        }
    }
    let related = related(rule, all);
    if !related.is_empty() {
        out.push_str("\nRules of the same lesson:\n\n");
        for other in related {
            out.push_str(&format!("- {}\n", quote::text(&title(other))));
        }
    }
    out
}

/// The page as markdown without the rules of its lesson; ends with a line feed.
pub(super) fn markdown_without_relatives(rule: &RuleInfo) -> String {
    let mut out = format!(
        "# {}\n\n{}",
        quote::text(&title(rule)),
        page::markdown(rule)
    );
    if !rule.aliases.is_empty() {
        let names: Vec<String> = rule.aliases.iter().map(|name| quote::code(name)).collect();
        out.push_str(&format!("\nFormer names: {}.\n", names.join(", ")));
    }
    out
}

/// Renders the page as JSON, `{"rules": [RULE]}` with the keys `related` and `evidence-for` added; ends with a line
/// feed.
pub fn json(rule: &RuleInfo, all: &[&RuleInfo], clauses: &Clauses) -> String {
    rule_json::one(rule, &related(rule, all), clauses.of(rule))
}

/// A page being written.
pub(super) struct Page {
    pub(super) out: String,
    pub(super) paint: Paint,
    width: usize,
}

impl Page {
    /// An empty page.
    pub(super) fn new(options: PageOptions) -> Self {
        Self {
            out: String::new(),
            paint: Paint { on: options.color },
            width: options.width.clamp(40, 100),
        }
    }

    pub(super) fn heading(&mut self, heading: &str) {
        let heading = self.paint.bold(heading);
        self.out.push_str(&format!("\n{heading}\n"));
    }

    /// A heading and its text; nothing if there is none.
    fn section(&mut self, heading: &str, text: &str) {
        if !text.trim().is_empty() {
            self.heading(heading);
            self.text(text);
        }
    }

    /// Prose, wrapped; blank lines and list items begin a new line.
    pub(super) fn text(&mut self, text: &str) {
        let mut paragraph = String::new();
        for line in text.lines() {
            let is_item = line.trim_start().starts_with(['-', '*']);
            if line.trim().is_empty() || is_item {
                self.paragraph(&paragraph);
                paragraph.clear();
            }
            paragraph.push(' ');
            paragraph.push_str(line);
        }
        self.paragraph(&paragraph);
    }

    fn paragraph(&mut self, text: &str) {
        let shown = visible::line(text);
        for line in words::wrap(&shown, self.width - INDENT.len()).lines() {
            self.out.push_str(&format!("{INDENT}{line}\n"));
        }
    }

    /// Code; the reported lines get an arrow.
    pub(super) fn code(&mut self, lines: &[ExampleLine], language: &str) {
        let code: String = lines
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect();
        for (line, parts) in lines.iter().zip(highlight::lines(&code, language)) {
            let text: String = parts
                .into_iter()
                .map(|(kind, text)| match kind {
                    Kind::Comment => self.paint.dim(text),
                    Kind::Keyword => self.paint.cyan(text),
                    Kind::Text | Kind::Number => self.paint.magenta(text),
                    Kind::Plain => text.to_owned(),
                })
                .collect();
            if line.marked {
                let arrow = self.paint.red("-->");
                self.out.push_str(&format!("{INDENT}{arrow} {text}\n"));
            } else {
                let text = format!("{INDENT}    {text}");
                self.out.push_str(&format!("{}\n", text.trim_end()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::finding::RuleId;
    use crate::report::sample;

    fn sibling() -> RuleInfo {
        RuleInfo {
            id: RuleId::parse("C-LEN-001").unwrap(),
            slug: "unbounded-copy-length".to_owned(),
            ..sample::rule()
        }
    }

    #[test]
    fn a_page_for_the_terminal() {
        let (rule, sibling, other) = (sample::rule(), sibling(), sample::user_rule());
        let text = terminal(
            &rule,
            &[&rule, &sibling, &other],
            &Clauses::default(),
            PageOptions::default(),
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_page_of_a_user_rule_has_no_empty_sections() {
        let rule = sample::user_rule();
        insta::assert_snapshot!(terminal(&rule, &[&rule], &Clauses::default(), PageOptions::default()), @r"
        acme.no-printf
        warning · precision medium · stable

          no printf in interrupt handlers.
        ");
    }

    #[test]
    fn a_page_in_markdown() {
        let (rule, sibling) = (sample::rule(), sibling());
        insta::assert_snapshot!(markdown(&rule, &[&sibling, &rule], &Clauses::default()));
    }

    #[test]
    fn a_page_in_json_names_its_relatives() {
        let (rule, sibling) = (sample::rule(), sibling());
        let text = json(&rule, &[&rule, &sibling], &Clauses::default());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["rules"][0]["id"], "C-LEN-014");
        assert_eq!(value["rules"][0]["related"][0], "C-LEN-001");
        assert!(value["rules"][0]["examples"][0]["bad"].is_string());
        assert!(value["rules"][0]["examples"][0].get("good").is_none());
    }

    #[test]
    fn colours_change_nothing_but_colours() {
        let rule = sample::rule();
        let options = PageOptions {
            color: true,
            ..PageOptions::default()
        };
        let colored = terminal(&rule, &[], &Clauses::default(), options);
        assert!(colored.contains("\x1b["));
        assert_eq!(
            anstream::adapter::strip_str(&colored).to_string(),
            terminal(&rule, &[], &Clauses::default(), PageOptions::default())
        );
    }

    #[test]
    fn hostile_rule_files_reach_no_terminal() {
        let mut rule = sample::user_rule();
        let evil = "\u{1b}]0;x\u{7}\u{202e}";
        rule.slug = evil.to_owned();
        rule.message = evil.to_owned();
        rule.why = format!("- {evil}\n- two\n\n{evil}");
        rule.lesson = evil.to_owned();
        rule.cwe = vec![evil.to_owned()];
        rule.cert_c = vec![evil.to_owned()];
        rule.references = vec![evil.to_owned()];
        rule.false_positive = evil.to_owned();
        rule.incidents = vec![evil.to_owned()];
        rule.aliases = vec![evil.to_owned()];
        rule.examples = sample::rule().examples;
        rule.examples[0].code = format!("{evil} // ruleid: x");
        rule.examples[0].path = Some(evil.to_owned());
        for text in [
            terminal(&rule, &[&rule], &Clauses::default(), PageOptions::default()),
            markdown(&rule, &[&rule], &Clauses::default()),
            json(&rule, &[&rule], &Clauses::default()),
        ] {
            assert!(
                !text.chars().any(|c| c != '\n' && visible::is_hidden(c)),
                "{text}"
            );
        }
    }

    #[test]
    fn clauses_stand_on_every_form_of_the_page() {
        let rule = sample::rule();
        let mut clauses = Clauses::default();
        let clause = super::super::clauses::Clause {
            standard: "Standard 7".to_owned(),
            controls: "4.2 (supports)".to_owned(),
        };
        clauses.insert(&rule, vec![clause]);
        for text in [
            terminal(&rule, &[], &clauses, PageOptions::default()),
            // Markdown escapes what could begin a list.
            markdown(&rule, &[], &clauses).replace('\\', ""),
            json(&rule, &[], &clauses),
        ] {
            assert!(
                text.contains("Standard 7") && text.contains("4.2"),
                "{text}"
            );
        }
    }
}
