//! The report as markdown, for job summaries and pull requests.
//!
//! Everything quoted is escaped: code under review must not be able to mention people, link issues
//! or smuggle HTML into a comment that carries our name.

use crate::finding::{Severity, SourceLine};
use crate::triage::Triaged;

use super::{Report, quote, words};

/// Size limit of a comment or check summary on GitHub, in characters. The cut counts bytes, which
/// are never fewer.
pub const COMMENT_LIMIT: usize = 65_536;

/// Rows of gaps that are listed; the others are counted.
const GAPS_SHOWN: usize = 20;

/// Bytes kept free for the sentence that counts what was cut.
const RESERVE: usize = 200;

/// What to render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// Greatest size of the text in bytes.
    pub limit: usize,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self {
            limit: COMMENT_LIMIT,
        }
    }
}

/// Renders a summary, a table of the reported findings, and a folded section for each of them.
///
/// What would exceed the limit is left out in whole rows and sections, blocking findings last, and
/// counted at the end.
pub fn render(report: &Report, options: MarkdownOptions) -> String {
    let mut findings: Vec<&Triaged> = words::reported(report).collect();
    findings.sort_by_key(|triaged| (!triaged.blocks, std::cmp::Reverse(triaged.finding.severity)));

    let mut body = Body {
        text: String::new(),
        room: options.limit.saturating_sub(RESERVE),
    };
    body.push(&head(report));
    let mut cut = Cut::default();
    if !findings.is_empty() {
        let header = "| | Where | Finding | Rule |\n| --- | --- | --- | --- |\n";
        let rows: Vec<String> = findings
            .iter()
            .map(|triaged| row(report, triaged))
            .collect();
        cut.rows = body.push_section(header, &rows, "\n");
    }
    cut.gaps = gaps(report, &mut body);
    remarks(report, &mut body);
    for triaged in &findings {
        if !body.push(&details(report, triaged)) {
            cut.details += 1;
        }
    }
    body.text.push_str(&cut.sentence());
    // A limit smaller than the reserve leaves room for nothing.
    if body.text.len() > options.limit {
        return String::new();
    }
    body.text
}

/// A text that refuses what does not fit.
struct Body {
    text: String,
    /// Bytes the text may reach.
    room: usize,
}

impl Body {
    /// Appends the piece if it fits as a whole; says whether it did.
    fn push(&mut self, piece: &str) -> bool {
        let fits = self.text.len() + piece.len() <= self.room;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Appends a header, as many rows as fit, and a footer; returns how many rows were left out.
    fn push_section(&mut self, header: &str, rows: &[String], footer: &str) -> usize {
        let fixed = header.len() + footer.len();
        let first = rows.first().map_or(0, String::len);
        if self.text.len() + fixed + first > self.room {
            return rows.len();
        }
        self.text.push_str(header);
        let mut shown = 0;
        for row in rows {
            if self.text.len() + row.len() + footer.len() > self.room {
                break;
            }
            self.text.push_str(row);
            shown += 1;
        }
        self.text.push_str(footer);
        rows.len() - shown
    }
}

/// What did not fit.
#[derive(Default)]
struct Cut {
    rows: usize,
    details: usize,
    gaps: usize,
}

impl Cut {
    fn sentence(&self) -> String {
        let parts: Vec<String> = [
            (self.rows, "finding"),
            (self.details.saturating_sub(self.rows), "explanation"),
            (self.gaps, "gap"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| words::count(number as u64, noun))
        .collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("\n_Not shown for want of room: {}._\n", parts.join(", "))
        }
    }
}

/// Title and summary.
fn head(report: &Report) -> String {
    let mut out = format!(
        "### scrubin: {}\n\n{}, {}.",
        words::findings_line(report),
        words::files_line(report),
        words::functions_line(report)
    );
    let unreported = words::unreported_line(report);
    if !unreported.is_empty() {
        out.push_str(&format!(" Not shown: {unreported}."));
    }
    out.push('\n');
    if report.incomplete {
        out.push_str("\n**A changed file could not be analysed; the review is incomplete.**\n");
    }
    out.push('\n');
    out
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn row(report: &Report, triaged: &Triaged) -> String {
    let finding = &triaged.finding;
    let place = format!("{}:{}", finding.location.path, finding.location.start.line);
    let slug = report
        .rules
        .get(&finding.rule)
        .map_or("", |rule| rule.slug.as_str());
    let severity = severity_word(finding.severity);
    let severity = if triaged.blocks {
        format!("**{severity}**")
    } else {
        severity.to_owned()
    };
    format!(
        "| {severity} | {} | {} | {} {} |\n",
        quote::code_cell(&place),
        quote::cell(&finding.message),
        quote::code_cell(finding.rule.as_str()),
        quote::cell(slug)
    )
}

/// The folded section of a finding.
fn details(report: &Report, triaged: &Triaged) -> String {
    let finding = &triaged.finding;
    let place = format!("{}:{}", finding.location.path, finding.location.start.line);
    let mut out = format!(
        "<details>\n<summary>{} at {}</summary>\n\n",
        html(finding.rule.as_str()),
        html(&place)
    );
    out.push_str(&format!(
        "{}\n\n",
        quote::text(&words::full_sentence(&finding.message))
    ));
    if !finding.lines.is_empty() {
        out.push_str(&quote::fence(language(triaged), &numbered(&finding.lines)));
        out.push('\n');
    }
    let rule = report.rules.get(&finding.rule);
    if let Some(rule) = rule {
        for (lead, text) in [("Why", &rule.why), ("Fix", &rule.how_to_fix)] {
            if !text.trim().is_empty() {
                out.push_str(&format!("**{lead}:** {}\n\n", quote::text(text.trim())));
            }
        }
    }
    if let Some(fix) = &finding.fix {
        out.push_str("Suggested text:\n\n");
        out.push_str(&quote::fence(language(triaged), &fix.replacement));
        out.push('\n');
    }
    for (number, step) in finding.trace.iter().enumerate() {
        out.push_str(&format!(
            "{}. {} {}\n",
            number + 1,
            quote::code(&format!(
                "{}:{}",
                step.location.path, step.location.start.line
            )),
            quote::text(&step.message)
        ));
    }
    if !finding.trace.is_empty() {
        out.push('\n');
    }
    for related in &finding.related {
        out.push_str(&format!(
            "- {} {}\n",
            quote::code(&format!(
                "{}:{}",
                related.location.path, related.location.start.line
            )),
            quote::text(&related.message)
        ));
    }
    if !finding.related.is_empty() {
        out.push('\n');
    }
    let mut facts = vec![quote::code(finding.rule.as_str())];
    if let Some(rule) = rule {
        if !rule.slug.is_empty() {
            facts.push(quote::text(&rule.slug));
        }
        facts.extend(super::page::cwe_ids(rule));
    }
    facts.push(match &finding.origin {
        None => quote::code(&format!("scrubin explain {}", finding.rule)),
        Some(origin) => quote::text(&format!("reported by {}", origin.titled())),
    });
    out.push_str(&format!("{}\n\n</details>\n", facts.join(" · ")));
    out
}

/// Code lines with their numbers.
fn numbered(lines: &[SourceLine]) -> String {
    /// Characters of a line that are shown; generated code has lines of a megabyte.
    const LINE_LIMIT: usize = 300;
    let width = lines
        .iter()
        .map(|line| line.number.to_string().len())
        .max()
        .unwrap_or(1);
    lines
        .iter()
        .map(|line| {
            let mut text: String = line.text.chars().take(LINE_LIMIT).collect();
            if text.len() < line.text.len() {
                text.push('…');
            }
            format!("{:>width$}  {text}\n", line.number)
        })
        .collect()
}

/// The word after a fence, from the file name.
fn language(triaged: &Triaged) -> &'static str {
    match triaged.finding.location.path.extension() {
        b"rs" => "rust",
        b"c" | b"h" => "c",
        b"toml" => "toml",
        _ => "text",
    }
}

/// Text inside a `<code>` element, where GitHub looks for no mentions and references.
fn html(raw: &str) -> String {
    let mut out = String::from("<code>");
    for character in super::visible::line(raw).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Markdown is read inside <summary> as well.
            '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '$' | '!' => {
                out.push_str(&format!("&#{};", u32::from(character)));
            }
            plain => out.push(plain),
        }
    }
    out.push_str("</code>");
    out
}

/// The table of gaps; returns how many it does not list.
fn gaps(report: &Report, body: &mut Body) -> usize {
    if report.gaps.is_empty() {
        return 0;
    }
    let mut sorted: Vec<_> = report.gaps.iter().collect();
    sorted.sort_by_key(|gap| !gap.kind.is_failure());
    let rows: Vec<String> = sorted
        .iter()
        .take(GAPS_SHOWN)
        .map(|gap| {
            format!(
                "- {} ({}): {}\n",
                quote::code(&words::gap_place(gap)),
                gap.kind.as_str(),
                quote::text(&gap.detail)
            )
        })
        .collect();
    let header = format!(
        "{} not analysed:\n\n",
        words::count(report.gaps.len() as u64, "place")
    );
    let cut = body.push_section(&header, &rows, "\n");
    report.gaps.len() - (rows.len() - cut)
}

/// Skipped files and notices, one line each.
fn remarks(report: &Report, body: &mut Body) {
    let mut lines: Vec<String> = report
        .skipped
        .iter()
        .map(|skipped| {
            format!(
                "- {} skipped: {}\n",
                words::count(skipped.count, "file"),
                quote::text(&skipped.reason)
            )
        })
        .collect();
    lines.extend(
        report
            .remarks()
            .iter()
            .map(|remark| format!("- {}\n", quote::text(remark))),
    );
    if !lines.is_empty() {
        body.push(&format!("{}\n", lines.concat()));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests")]

    use pulldown_cmark::{Event, Tag, TagEnd};

    use super::super::{sample, visible};
    use super::*;
    use crate::triage::Verdict;

    fn many(number: u32) -> Report {
        let mut report = sample::full();
        report.findings = (1..=number)
            .map(|line| {
                let finding = sample::finding("src/a.c", line, "memcpy(a, b, sizeof b);", 1, 23);
                sample::triaged(finding, Verdict::Report)
            })
            .collect();
        report
    }

    #[test]
    fn a_full_report() {
        insta::assert_snapshot!(render(&sample::full(), MarkdownOptions::default()));
    }

    #[test]
    fn hostile_text_is_quoted() {
        let text = render(&sample::hostile(), MarkdownOptions::default());
        assert!(!text.chars().any(|c| c != '\n' && visible::is_hidden(c)));
        insta::assert_snapshot!(text);

        let mut in_code = false;
        let options = pulldown_cmark::Options::ENABLE_TABLES;
        for event in pulldown_cmark::Parser::new_ext(&text, options) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("a link"),
                Event::Text(words) if !in_code => {
                    assert!(!words.contains('@') && !words.contains("#1"), "{words}");
                }
                Event::Html(html) | Event::InlineHtml(html) => {
                    let ours = [
                        "<details>",
                        "</details>",
                        "<summary>",
                        "</summary>",
                        "<code>",
                    ];
                    let mut rest = html.into_string();
                    for tag in ours {
                        rest = rest.replace(tag, "");
                    }
                    rest = rest.replace("</code>", "");
                    assert!(!rest.contains('<'), "{rest}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn the_cut_is_at_a_line_and_counted() {
        for (findings, limit) in [(500, COMMENT_LIMIT), (500, 5_000), (50, 1_000), (3, 400)] {
            let text = render(&many(findings), MarkdownOptions { limit });
            assert!(text.len() <= limit, "{findings} {limit}: {}", text.len());
            assert!(text.ends_with('\n'));
            assert!(text.contains("Not shown for want of room"), "{text}");
            assert_eq!(
                text.matches("<details>").count(),
                text.matches("</details>").count()
            );
            assert_eq!(text.matches("```").count() % 2, 0);
        }
        let text = render(&many(500), MarkdownOptions { limit: 5_000 });
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| **error**"))
            .count();
        assert!(text.contains(&format!("{} findings", 500 - rows)), "{text}");
        assert_eq!(render(&many(3), MarkdownOptions { limit: 10 }), "");
    }
}
