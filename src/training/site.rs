//! All rules and lessons as a static site that works from `file://`: no server, no network, search by
//! a script over a list in the page.

use imara_diff::{Algorithm, Diff, InternedInput};

use super::areas;
use super::clauses::Clauses;
use super::explain;
use super::html::{STYLE, escape, listing, markdown, page, page_alone, prose};
use super::lesson::{Lesson, SECTIONS};
use super::measured::Measured;
use crate::report::page::{cwe_number, example_lines};
use crate::report::words;
use crate::rules::{Example, ExampleKind, RuleInfo};

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path below the folder of the site, with `/`.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The search: hides rows whose text lacks a word.
const SCRIPT: &str = "\
const field = document.getElementById('search');
const rows = [...document.querySelectorAll('tr[data-text]')];
const count = document.getElementById('count');
function find() {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const fits = words.every(word => row.dataset.text.includes(word));
    row.hidden = !fits;
    if (fits) shown += 1;
  }
  count.textContent = `${shown} of ${rows.length}`;
}
field.addEventListener('input', find);
find();
";

/// Everything a site is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'s> {
    /// The rules.
    pub rules: &'s [&'s RuleInfo],
    /// The lessons.
    pub lessons: &'s [Lesson],
    /// How often they were right.
    pub measured: &'s Measured,
    /// What their findings are evidence for.
    pub clauses: &'s Clauses,
}

/// All files of the site, sorted by path.
pub fn site(source: Source<'_>) -> Vec<File> {
    let mut rules = source.rules.to_vec();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let file = |path: String, text: String| File { path, text };
    let mut files = vec![
        file("style.css".to_owned(), STYLE.to_owned()),
        file("search.js".to_owned(), SCRIPT.to_owned()),
        file("index.html".to_owned(), index(&rules, source.measured)),
        file("lessons.html".to_owned(), lessons(&rules, source.lessons)),
    ];
    for rule in &rules {
        let lesson = source
            .lessons
            .iter()
            .find(|one| one.head.key == rule.lesson);
        let text = rule_page(rule, &rules, lesson, source);
        files.push(file(format!("rules/{}.html", rule.id), text));
    }
    for lesson in source.lessons {
        let text = lesson_page(lesson, &rules);
        files.push(file(format!("lessons/{}.html", lesson.head.key), text));
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The page of one rule as a file that stands alone: its style inside, no links to other pages.
pub fn alone(rule: &RuleInfo, measured: &Measured, clauses: &Clauses) -> String {
    let (title, body) = rule_body(rule, &[], None, (measured, clauses));
    page_alone(&title, &body)
}

/// A lesson as a file that stands alone.
pub fn lesson_alone(lesson: &Lesson) -> String {
    page_alone(&escape(&lesson.head.title), &lesson_body(lesson, &[]))
}

/// A search field over rows that carry `data-text`.
fn search(what: &str) -> String {
    format!(
        "<p class=\"search\"><label for=\"search\">Search {what}</label>\n\
         <input type=\"search\" id=\"search\" autocomplete=\"off\">\n<span id=\"count\" role=\"status\"></span></p>\n"
    )
}

fn index(rules: &[&RuleInfo], measured: &Measured) -> String {
    let mut body = search("by code, name, CWE, lesson or words of the effect");
    body.push_str(
        "<table>\n<thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Severity</th><th scope=\"col\">Precision</th>\
         <th scope=\"col\">Right</th><th scope=\"col\">Effect</th></tr></thead>\n<tbody>\n",
    );
    for rule in rules {
        let about = areas::parts(rule).map_or("", |(_, area)| areas::about(area));
        let text = [
            rule.id.as_str(),
            &rule.slug,
            &rule.message,
            &rule.cwe.join(" "),
            &rule.lesson,
            about,
        ]
        .join(" ")
        .to_lowercase();
        body.push_str(&format!(
            "<tr data-text=\"{}\"><td><a href=\"rules/{id}.html\">{id}</a> {}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&text),
            escape(&rule.slug),
            rule.severity.as_str(),
            rule.precision.as_str(),
            measured.cell(rule.id.as_str()),
            inline(&rule.message),
            id = escape(rule.id.as_str()),
        ));
    }
    body.push_str("</tbody>\n</table>\n<script src=\"search.js\"></script>\n");
    page("Rules", "", &body)
}

fn lessons(rules: &[&RuleInfo], lessons: &[Lesson]) -> String {
    let mut body = search("lessons");
    body.push_str(
        "<table>\n<thead><tr><th scope=\"col\">Lesson</th><th scope=\"col\">Minutes</th><th scope=\"col\">Rules</th></tr></thead>\n<tbody>\n",
    );
    for lesson in lessons {
        let head = &lesson.head;
        let of_lesson = rules.iter().filter(|rule| rule.lesson == head.key).count();
        let text = format!("{} {} {}", head.key, head.title, head.cwe.join(" ")).to_lowercase();
        body.push_str(&format!(
            "<tr data-text=\"{}\"><td><a href=\"lessons/{key}.html\">{}</a> {key}</td><td>{}</td><td>{of_lesson}</td></tr>\n",
            escape(&text),
            escape(&head.title),
            head.minutes,
            key = escape(&head.key),
        ));
    }
    body.push_str("</tbody>\n</table>\n<script src=\"search.js\"></script>\n");
    page("Lessons", "", &body)
}

/// One line of prose as HTML: `code` in backquotes, no paragraph around it.
pub(crate) fn inline(text: &str) -> String {
    let html = prose(text);
    let html = html.trim();
    html.strip_prefix("<p>")
        .and_then(|html| html.strip_suffix("</p>"))
        .unwrap_or(html)
        .to_owned()
}

fn rule_page(
    rule: &RuleInfo,
    all: &[&RuleInfo],
    lesson: Option<&Lesson>,
    source: Source<'_>,
) -> String {
    let (title, body) = rule_body(rule, all, lesson, (source.measured, source.clauses));
    page(&title, "../", &body)
}

/// Title and body of the page of a rule, as HTML. Links lead to `CODE.html` beside it and to
/// `../lessons/KEY.html`.
pub(crate) fn rule_body(
    rule: &RuleInfo,
    all: &[&RuleInfo],
    lesson: Option<&Lesson>,
    (measured, clauses): (&Measured, &Clauses),
) -> (String, String) {
    let mut body = format!(
        "<p>{}</p>\n<dl>\n",
        inline(&words::full_sentence(&rule.message))
    );
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            body.push_str(&format!("<dt>{name}</dt><dd>{value}</dd>\n"));
        }
    };
    fact("Severity", rule.severity.as_str().to_owned());
    fact("Precision", rule.precision.as_str().to_owned());
    fact("Status", rule.status.as_str().to_owned());
    let cwe: Vec<String> = rule
        .cwe
        .iter()
        .filter_map(|cwe| cwe_number(cwe))
        .map(|number| {
            format!(
                "<a href=\"https://cwe.mitre.org/data/definitions/{number}.html\">CWE-{number}</a>"
            )
        })
        .collect();
    fact("Weakness", cwe.join(", "));
    fact("CERT C", escape(&rule.cert_c.join(", ")));
    fact("MISRA C:2012", escape(&rule.misra_c_2012.join(", ")));
    fact("Version", escape(&rule.version));
    fact("Measured", measured.sentence(rule.id.as_str()));
    if let Some(lesson) = lesson {
        fact(
            "Lesson",
            format!(
                "<a href=\"../lessons/{}.html\">{}</a>",
                escape(&lesson.head.key),
                escape(&lesson.head.title)
            ),
        );
    }
    body.push_str("</dl>\n");
    for (title, text) in explain::texts(rule) {
        body.push_str(&format!("<h2>{title}</h2>\n{}", prose(text)));
    }
    body.push_str("<h2>Examples</h2>\n<p>Each of them is a test of the rule.</p>\n");
    let of_kind = |kind| {
        rule.examples
            .iter()
            .filter(move |example| example.kind == kind)
    };
    for example in of_kind(ExampleKind::Bad) {
        body.push_str(&example_part(rule, example, None));
    }
    for example in of_kind(ExampleKind::Good) {
        body.push_str(&example_part(rule, example, nearest(rule, example)));
    }
    let related = explain::related(rule, all);
    if !related.is_empty() {
        body.push_str("<h2>Rules of the same lesson</h2>\n<ul>\n");
        for other in related {
            body.push_str(&format!(
                "<li><a href=\"{id}.html\">{id}</a> {}</li>\n",
                escape(&other.slug),
                id = escape(other.id.as_str())
            ));
        }
        body.push_str("</ul>\n");
    }
    if !clauses.of(rule).is_empty() {
        body.push_str(&format!("<h2>{}</h2>\n<dl>\n", explain::EVIDENCE));
        for clause in clauses.of(rule) {
            body.push_str(&format!(
                "<dt>{}</dt><dd>{}</dd>\n",
                escape(&clause.standard),
                escape(&clause.controls)
            ));
        }
        body.push_str("</dl>\n");
    }
    if !rule.references.is_empty() {
        body.push_str("<h2>More</h2>\n<ul>\n");
        for reference in &rule.references {
            body.push_str(&format!("<li>{}</li>\n", reference_link(reference)));
        }
        body.push_str("</ul>\n");
    }
    let title = format!("{} {}", escape(rule.id.as_str()), escape(&rule.slug));
    (title.trim_end().to_owned(), body)
}

/// A link where it is one of the web, else its text.
fn reference_link(reference: &str) -> String {
    let text = escape(reference);
    if reference.starts_with("https://") {
        format!("<a href=\"{text}\">{text}</a>")
    } else {
        text
    }
}

fn example_part(rule: &RuleInfo, example: &Example, nearest: Option<&Example>) -> String {
    let title = match (example.kind, nearest) {
        (ExampleKind::Bad, _) => "Reported",
        (ExampleKind::Good, _) => "Not reported",
    };
    let place = example
        .path
        .as_ref()
        .map(|path| format!(" in <code>{}</code>", escape(path)))
        .unwrap_or_default();
    let mut out = String::new();
    let language = explain::language(rule);
    if let Some(base) = &example.base {
        let lines = example_lines(base);
        let lines: Vec<(&str, &str)> = lines.iter().map(|line| ("", line.text.as_str())).collect();
        out.push_str(&format!(
            "<h3>Before the change{place}</h3>\n{}",
            listing(&lines, language)
        ));
    }
    let lines = example_lines(&example.code);
    let differs = nearest
        .map(|bad| differing(bad, example))
        .unwrap_or_default();
    let shown: Vec<(&str, &str)> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let class = match (line.marked, differs.get(index)) {
                (true, _) => "bad",
                (false, Some(true)) => "good",
                _ => "",
            };
            (class, line.text.as_str())
        })
        .collect();
    out.push_str(&format!(
        "<h3>{title}{place}</h3>\n{}",
        listing(&shown, language)
    ));
    out
}

/// The bad example that a good one is compared with: the one that shares most lines with it, of equally
/// near ones the one that stands next to it. `None` where they have less than half in common: marks on
/// most lines say nothing.
fn nearest<'r>(rule: &'r RuleInfo, good: &Example) -> Option<&'r Example> {
    let place = rule
        .examples
        .iter()
        .position(|example| std::ptr::eq(example, good))?;
    let of_bad = rule
        .examples
        .iter()
        .enumerate()
        .filter(|(_, example)| example.kind == ExampleKind::Bad);
    let (changed, _, bad) = of_bad
        .map(|(at, bad)| {
            let (removed, added) = changes(bad, good);
            let changed = removed + added.iter().filter(|one| **one).count();
            (changed, at.abs_diff(place), bad)
        })
        .min_by_key(|(changed, distance, _)| (*changed, *distance))?;
    let lines = example_lines(&bad.code).len() + example_lines(&good.code).len();
    (2 * changed <= lines).then_some(bad)
}

/// For each line of the good example, whether the bad one has it not.
fn differing(bad: &Example, good: &Example) -> Vec<bool> {
    changes(bad, good).1
}

/// How many lines of the bad example the good one has not, and for each line of the good one whether the
/// bad one has it not.
fn changes(bad: &Example, good: &Example) -> (usize, Vec<bool>) {
    let text = |example: &Example| -> String {
        example_lines(&example.code)
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect()
    };
    let (before, after) = (text(bad), text(good));
    let input = InternedInput::new(before.as_str(), after.as_str());
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let count = |lines: usize| 0..u32::try_from(lines).unwrap_or(u32::MAX);
    let removed = count(input.before.len())
        .filter(|line| diff.is_removed(*line))
        .count();
    let added = count(input.after.len()).map(|line| diff.is_added(line));
    (removed, added.collect())
}

fn lesson_page(lesson: &Lesson, rules: &[&RuleInfo]) -> String {
    page(
        &escape(&lesson.head.title),
        "../",
        &lesson_body(lesson, rules),
    )
}

/// The body of the page of a lesson, as HTML. Links lead to `../rules/CODE.html`.
pub(crate) fn lesson_body(lesson: &Lesson, rules: &[&RuleInfo]) -> String {
    let head = &lesson.head;
    let mut body = format!(
        "<p>Lesson {}, version {}, {} minutes.</p>\n",
        escape(&head.key),
        escape(&head.version),
        head.minutes
    );
    for (title, text) in SECTIONS.iter().zip(&lesson.sections) {
        body.push_str(&format!("<h2>{title}</h2>\n"));
        if *title == "Choose" {
            body.push_str(&quiz(lesson));
        } else {
            body.push_str(&markdown(text));
        }
    }
    let mut links = String::new();
    for rule in rules.iter().filter(|rule| rule.lesson == head.key) {
        links.push_str(&format!(
            "<li><a href=\"../rules/{id}.html\">{id}</a> {}</li>\n",
            inline(&rule.message),
            id = escape(rule.id.as_str())
        ));
    }
    if !links.is_empty() {
        body.push_str(&format!("<h2>Rules</h2>\n<ul>\n{links}</ul>\n"));
    }
    body
}

/// The question; the answers open on demand, without a script.
fn quiz(lesson: &Lesson) -> String {
    let mut out = prose(&lesson.quiz.question);
    for option in &lesson.quiz.options {
        let class = if option.is_right { "right" } else { "wrong" };
        out.push_str(&format!(
            "<details><summary>{}</summary><p class=\"{class}\">{}</p></details>\n",
            inline(&option.text),
            inline(&option.why)
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_site_links_only_to_pages_it_has() {
        let (rule, user) = (sample::rule(), sample::user_rule());
        let files = site(Source {
            rules: &[&rule, &user],
            lessons: &[],
            measured: &Measured::default(),
            clauses: &Clauses::default(),
        });
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "index.html",
                "lessons.html",
                "rules/C-LEN-014.html",
                "rules/acme.no-printf.html",
                "search.js",
                "style.css"
            ]
        );
        for file in files.iter().filter(|file| file.path.ends_with(".html")) {
            for link in file.text.split("href=\"").skip(1) {
                let target = link.split('"').next().unwrap();
                if target.starts_with("https://") {
                    continue;
                }
                let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                let target = match target.strip_prefix("../") {
                    Some(rest) => rest.to_owned(),
                    None if folder.is_empty() => target.to_owned(),
                    None => format!("{folder}/{target}"),
                };
                assert!(paths.contains(&target.as_str()), "{}: {target}", file.path);
            }
        }
    }

    #[test]
    fn a_good_example_is_compared_with_the_bad_one_that_is_like_it() {
        let example = |kind, code: &str| Example {
            kind,
            code: code.to_owned(),
            ..sample::rule().examples[0].clone()
        };
        let (bad, good) = (ExampleKind::Bad, ExampleKind::Good);
        let mut rule = sample::rule();
        rule.examples = vec![
            example(bad, "int f(int n)\n{\n    a[n] = 1;\n    return 0;\n}\n"),
            example(bad, "x();\n"),
            example(
                good,
                "int f(int n)\n{\n    if (n < 4)\n        a[n] = 1;\n    return 0;\n}\n",
            ),
            example(bad, "int f(int n)\n{\n    a[n] = 1;\n    return 0;\n}\n"),
            example(good, "nothing\nof\nit\nis\nthe same\n"),
        ];
        let at = |index: usize| nearest(&rule, &rule.examples[index]);
        // Both are as near; the one below stands next to it.
        assert!(std::ptr::eq(at(2).unwrap(), &rule.examples[3]));
        assert!(at(4).is_none());
    }

    #[test]
    fn hostile_rules_make_no_markup() {
        let mut rule = sample::user_rule();
        for text in [
            &mut rule.message,
            &mut rule.why,
            &mut rule.slug,
            &mut rule.lesson,
        ] {
            *text = "<img src=x onerror=alert(1)>".to_owned();
        }
        rule.references = vec!["javascript:alert(1)".to_owned()];
        let files = site(Source {
            rules: &[&rule],
            lessons: &[],
            measured: &Measured::default(),
            clauses: &Clauses::default(),
        });
        assert!(files.iter().all(|file| !file.text.contains("<img") && !file.text.contains("href=\"javascript")));
    }
}
