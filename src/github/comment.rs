//! The text of a comment: what happens here, how it gets here, the fix, the rule.
//!
//! Everything quoted was written by strangers and is escaped by `report::quote`. The first comment
//! of a rule in a pull request says why it matters; later ones are short.

use super::anchor::Anchor;
use super::marker::{Form, Marker};
use super::submission::{Item, Place, RuleText};
use crate::finding::Severity;
use crate::report::{quote, words};

/// Bytes of a body. GitHub takes 65,536 characters for a comment and 65,535 for a check summary;
/// bytes are never fewer than characters.
pub const BODY_LIMIT: usize = 60_000;

/// Steps of a path that are shown.
const STEPS_SHOWN: usize = 12;

/// Bytes of one quoted text.
const QUOTE_LIMIT: usize = 1_200;

/// Renders the comment on a finding.
///
/// `anchor` is where it stands; a suggestion is offered only where that is exactly the lines the
/// suggestion replaces. `None` is a comment on the file as a whole, which names the line itself.
pub fn render(item: &Item, rule: Option<&RuleText>, form: Form, anchor: Option<Anchor>) -> String {
    let empty = RuleText::default();
    let rule_text = rule.unwrap_or(&empty);
    let mut out = String::new();
    if let Some(fingerprint) = item.identity() {
        let marker = Marker::Finding {
            fingerprint,
            rule: item.rule.clone(),
            form,
        };
        out.push_str(&marker.line());
    }
    effect(&mut out, item, rule_text, form, anchor);
    path_to_it(&mut out, item);
    fix(&mut out, item, rule_text, form, anchor);
    out.push_str(&rule_line(item, rule_text));
    cut(&out, BODY_LIMIT)
}

/// What happens here, in device terms.
fn effect(out: &mut String, item: &Item, rule: &RuleText, form: Form, anchor: Option<Anchor>) {
    let blocking = if item.blocks { "blocking " } else { "" };
    out.push_str(&format!(
        "**{blocking}{}**: {}",
        severity_word(item.severity),
        quoted(&words::full_sentence(&item.message))
    ));
    if form == Form::Long {
        let why = words::sentences(&rule.why, 2);
        if !why.is_empty() {
            out.push_str(&format!(" {}", quoted(&words::full_sentence(&why))));
        }
    }
    out.push_str("\n\n");
    if anchor.is_none() {
        let lines = if item.last_line > item.first_line {
            format!("Lines {} to {}", item.first_line, item.last_line)
        } else {
            format!("Line {}", item.first_line)
        };
        out.push_str(&format!(
            "{lines} of this file; the diff does not show them.\n\n"
        ));
    }
    if let Some(proposed) = &item.proposed {
        out.push_str(&format!(
            "**Proposed deviation:** {} It counts once a second person who may write here approves this pull request.\n\n",
            quoted(&words::full_sentence(&proposed.reason))
        ));
    }
}

/// Source → sink, and the places beside it, in a fold.
fn path_to_it(out: &mut String, item: &Item) {
    if item.trace.is_empty() && item.related.is_empty() {
        return;
    }
    let summary = if item.trace.is_empty() {
        "Related places".to_owned()
    } else {
        format!(
            "How it gets here: {}",
            words::count(item.trace.len() as u64, "step")
        )
    };
    out.push_str(&format!("<details><summary>{summary}</summary>\n\n"));
    for (number, step) in item.trace.iter().take(STEPS_SHOWN).enumerate() {
        out.push_str(&format!("{}. {}\n", number + 1, place(step)));
    }
    if item.trace.len() > STEPS_SHOWN {
        out.push_str(&format!(
            "\n{} more in the report of the job.\n",
            words::count((item.trace.len() - STEPS_SHOWN) as u64, "step")
        ));
    }
    if !item.trace.is_empty() && !item.related.is_empty() {
        out.push('\n');
    }
    for related in item.related.iter().take(STEPS_SHOWN) {
        out.push_str(&format!("- {}\n", place(related)));
    }
    out.push_str("\n</details>\n\n");
}

fn place(place: &Place) -> String {
    let at = quote::code(&format!("{}:{}", place.path, place.line));
    format!("{at} {}", quoted(&place.message))
}

/// The fix: a block to commit where that is safe, else the text of the rule, else its words.
fn fix(out: &mut String, item: &Item, rule: &RuleText, form: Form, anchor: Option<Anchor>) {
    let sentences = if form == Form::Long { 3 } else { 1 };
    let words = words::sentences(&rule.how_to_fix, sentences);
    if !words.is_empty() {
        out.push_str(&format!(
            "**Fix:** {}\n\n",
            quoted(&words::full_sentence(&words))
        ));
    }
    let suggestion = item.suggestion.as_ref().filter(|suggestion| {
        anchor.is_some_and(|anchor| {
            anchor.is_exact
                && anchor.line == suggestion.last_line
                && anchor.start_line.unwrap_or(anchor.line) == suggestion.first_line
        })
    });
    match (suggestion, &item.replacement) {
        (Some(suggestion), _) => {
            // As it is: it will be committed. `suggestion::is_plain` saw to it.
            let ticks = "`".repeat(quote::longest_run(&suggestion.text).max(2) + 1);
            out.push_str(&format!(
                "{ticks}suggestion\n{}\n{ticks}\n\n",
                suggestion.text
            ));
        }
        (None, Some(replacement)) if !replacement.trim().is_empty() => {
            let language = if item.path.ends_with(".rs") {
                "rust"
            } else {
                "c"
            };
            out.push_str(&quote::fence(language, shortened(replacement, QUOTE_LIMIT)));
            out.push('\n');
        }
        _ => {}
    }
}

/// Code, slug, CWE, pages.
fn rule_line(item: &Item, rule: &RuleText) -> String {
    let mut facts = vec![quote::code(item.rule.as_str())];
    if !rule.slug.is_empty() {
        facts.push(quote::text(&rule.slug));
    }
    facts.extend(rule.cwe.iter().take(3).map(|number| {
        format!("[CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)")
    }));
    if let Some(page) = rule
        .page
        .as_deref()
        .filter(|page| !page.starts_with("https://cwe.mitre.org/"))
    {
        facts.push(quote::link(page));
    }
    facts.push(match &item.tool {
        None => quote::code(&format!("scrubin explain {}", item.rule)),
        Some(tool) => quote::text(&format!("reported by {tool}")),
    });
    format!("{}\n", facts.join(" · "))
}

/// The word people read for a severity.
pub(super) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Escaped running text, cut between words.
pub(super) fn quoted(raw: &str) -> String {
    quote::text(shortened(raw, QUOTE_LIMIT))
}

/// The text up to `limit` bytes.
pub(super) fn shortened(raw: &str, limit: usize) -> &str {
    if raw.len() <= limit {
        return raw;
    }
    let mut end = limit;
    while !raw.is_char_boundary(end) {
        end -= 1;
    }
    raw.get(..end).unwrap_or_default()
}

/// The reply that retires a comment whose finding is gone.
pub fn retirement(head: &str, reason: &str) -> String {
    let marker = Marker::Retired {
        head: head.to_owned(),
    };
    format!("{}{reason}\n", marker.line())
}

/// Cuts a body to `limit` bytes on a line boundary, closes what the cut left open, and says so.
pub fn cut(body: &str, limit: usize) -> String {
    const NOTE: &str = "\n_Cut here: GitHub takes no longer text. The job's log has all of it._\n";
    if body.len() <= limit {
        return body.to_owned();
    }
    let room = limit.saturating_sub(NOTE.len() + 64);
    let mut kept = String::new();
    let mut fence: Option<&str> = None;
    let mut folds = 0_usize;
    for line in body.split_inclusive('\n') {
        if kept.len() + line.len() > room {
            break;
        }
        kept.push_str(line);
        let ticks_end = line.find(|c| c != '`').unwrap_or(line.len());
        let ticks = line.get(..ticks_end).unwrap_or_default();
        match fence {
            Some(open) if line.trim_end() == open => fence = None,
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(_) => {}
            None => {
                folds += line.matches("<details>").count();
                folds = folds.saturating_sub(line.matches("</details>").count());
            }
        }
    }
    if let Some(open) = fence.filter(|open| open.len() <= 32) {
        kept.push_str(open);
        kept.push('\n');
    }
    if folds > 0 {
        kept.push_str("\n</details>\n");
    }
    kept.push_str(NOTE);
    kept
}

#[cfg(test)]
mod tests;
