//! The page of a rule: what `explain` prints and what SARIF carries as help.

use crate::finding::FixSafety;
use crate::rules::{ExampleKind, RuleInfo, RuleLanguage};

use super::{quote, visible, words};

/// A line of an example, ready for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExampleLine {
    /// Whether the rule reports on this line.
    pub(crate) marked: bool,
    /// The code without its marker comment, hidden characters made visible.
    pub(crate) text: String,
}

/// What a comment of an example announces.
enum Marker {
    /// `ruleid:`: the rule reports on this line, or on the next where the comment stands alone.
    Reports,
    /// `ok:`, or a rule id of another rule: nothing to show.
    Silent,
}

/// Turns the markers of an example (`// ruleid: C-LEN-014`, on the line or on the line before) into
/// marked lines; `ok:` markers disappear.
pub(crate) fn example_lines(code: &str) -> Vec<ExampleLine> {
    let shown = visible::code(code);
    let mut lines = Vec::new();
    let mut mark_next = false;
    for line in shown.lines() {
        let (text, marker) = match split_marker(line) {
            Some((text, marker)) => (text, Some(marker)),
            None => (line, None),
        };
        let reports = matches!(marker, Some(Marker::Reports));
        if marker.is_some() && text.trim().is_empty() {
            mark_next |= reports;
            continue;
        }
        lines.push(ExampleLine {
            marked: reports || mark_next,
            text: text.trim_end().to_owned(),
        });
        mark_next = false;
    }
    lines
}

/// Splits a line into code and its marker comment, if it ends in one.
fn split_marker(line: &str) -> Option<(&str, Marker)> {
    ["//", "/*", "#", ";", "<!--"].iter().find_map(|opener| {
        let at = line.find(opener)?;
        let (code, comment) = line.split_at(at);
        let comment = comment.get(opener.len()..)?.trim_start();
        let word = comment.split(':').next()?;
        let marker = match word {
            "ruleid" => Marker::Reports,
            "ok" | "todoruleid" | "todook" => Marker::Silent,
            _ => return None,
        };
        comment.contains(':').then_some((code, marker))
    })
}

/// The address of a page about the rule, for SARIF's `helpUri`: its own page under `base` where
/// there is one, else its first web reference, else its primary CWE.
pub(crate) fn uri(rule: &RuleInfo, base: Option<&str>) -> Option<String> {
    if let Some(base) = base.filter(|_| rule.builtin) {
        return Some(format!(
            "{}/{}",
            base.trim_end_matches('/'),
            words::name(rule)
        ));
    }
    let is_web = |reference: &&String| {
        reference.starts_with("https://") && reference.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if let Some(reference) = rule.references.iter().find(is_web) {
        return Some(reference.clone());
    }
    rule.cwe
        .iter()
        .find_map(|cwe| cwe_number(cwe))
        .map(|number| format!("https://cwe.mitre.org/data/definitions/{number}.html"))
}

/// The number of `CWE-787`, which may be followed by a title (`CWE-787: Out-of-bounds Write`).
pub(crate) fn cwe_number(cwe: &str) -> Option<u32> {
    let rest = cwe.strip_prefix("CWE-").or(cwe.strip_prefix("cwe-"))?;
    let digits = rest
        .find(|character: char| !character.is_ascii_digit())
        .map_or(rest, |end| rest.get(..end).unwrap_or_default());
    digits.parse().ok()
}

/// The short form `CWE-787` of each CWE entry; entries that name no number stay away.
pub(crate) fn cwe_ids(rule: &RuleInfo) -> Vec<String> {
    rule.cwe
        .iter()
        .filter_map(|cwe| cwe_number(cwe))
        .map(|number| format!("CWE-{number}"))
        .collect()
}

/// The word after a fence.
fn fence_language(rule: &RuleInfo) -> &'static str {
    match rule.languages.first() {
        Some(RuleLanguage::C) => "c",
        Some(RuleLanguage::Rust) => "rust",
        _ => "text",
    }
}

/// The classification of a rule in one line: severity, precision, status, standards
/// by number, version of the rule.
pub(crate) fn classification(rule: &RuleInfo) -> String {
    let mut parts = vec![
        rule.severity.as_str().to_owned(),
        format!("precision {}", rule.precision.as_str()),
        rule.status.as_str().to_owned(),
    ];
    let cwe = cwe_ids(rule);
    if !cwe.is_empty() {
        parts.push(cwe.join(", "));
    }
    if !rule.cert_c.is_empty() {
        parts.push(format!("CERT C {}", rule.cert_c.join(", ")));
    }
    if !rule.misra_c_2012.is_empty() {
        parts.push(format!("MISRA C:2012 {}", rule.misra_c_2012.join(", ")));
    }
    if !rule.version.is_empty() {
        parts.push(format!("version {}", rule.version));
    }
    visible::line(&parts.join(" · ")).into_owned()
}

/// What `check --fix` does about findings of the rule; empty where it has no edit.
pub(crate) fn edit(rule: &RuleInfo) -> &'static str {
    match rule.fix_safety {
        Some(FixSafety::Safe) => "Safe: scrubin check --fix applies it.",
        Some(FixSafety::Suggested) => "Suggested: scrubin check --fix shows it and asks.",
        None => "",
    }
}

/// The page in markdown, without a title: why, how to fix, examples, references.
pub(crate) fn markdown(rule: &RuleInfo) -> String {
    let mut out = String::new();
    paragraph(&mut out, "", &words::full_sentence(&rule.message));
    paragraph(&mut out, "**Why it matters.** ", &rule.why);
    paragraph(&mut out, "**How to fix it.** ", &rule.how_to_fix);
    paragraph(&mut out, "**Edit.** ", edit(rule));
    paragraph(&mut out, "**When it is wrong.** ", &rule.false_positive);
    for (kind, title) in [
        (ExampleKind::Bad, "Reported"),
        (ExampleKind::Good, "Not reported"),
    ] {
        for example in rule.examples.iter().filter(|example| example.kind == kind) {
            let place = example
                .path
                .as_deref()
                .map(|path| format!(" ({})", quote::code(path)))
                .unwrap_or_default();
            if let Some(base) = &example.base {
                out.push_str(&format!("**Before the change{place}:**\n\n"));
                out.push_str(&quote::fence(fence_language(rule), base.trim_end()));
                out.push('\n');
            }
            out.push_str(&format!("**{title}{place}:**\n\n"));
            let code: Vec<String> = example_lines(&example.code)
                .into_iter()
                .map(|line| {
                    if line.marked {
                        format!("{}  <-- reported", line.text)
                    } else {
                        line.text
                    }
                })
                .collect();
            out.push_str(&quote::fence(fence_language(rule), &code.join("\n")));
            out.push('\n');
            if let Some(fixed) = &example.fixed {
                out.push_str(&format!("**After the edit{place}:**\n\n"));
                out.push_str(&quote::fence(fence_language(rule), fixed.trim_end()));
                out.push('\n');
            }
        }
    }
    out.push_str(&format!(
        "Classification: {}.",
        quote::text(&classification(rule))
    ));
    if !rule.lesson.is_empty() {
        out.push_str(&format!(" Lesson {}.", quote::code(&rule.lesson)));
    }
    if !rule.incidents.is_empty() {
        let ids: Vec<String> = rule.incidents.iter().map(|id| quote::text(id)).collect();
        out.push_str(&format!(" It happened: {}.", ids.join(", ")));
    }
    out.push('\n');
    if !rule.references.is_empty() {
        out.push('\n');
        for reference in &rule.references {
            out.push_str(&format!("- {}\n", quote::link(reference)));
        }
    }
    out
}

/// Paragraphs of a text (blank lines part them), the first one with a lead; nothing if empty.
fn paragraph(out: &mut String, lead: &str, text: &str) {
    let mut lead = lead;
    for part in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        out.push_str(lead);
        out.push_str(&quote::text(part));
        out.push_str("\n\n");
        lead = "";
    }
}

/// The page as plain text, for viewers that show no markdown.
pub(crate) fn plain(rule: &RuleInfo) -> String {
    let mut out = words::full_sentence(&visible::line(&rule.message));
    for (lead, text) in [
        ("Why it matters: ", &rule.why),
        ("How to fix it: ", &rule.how_to_fix),
    ] {
        let joined: Vec<&str> = text.split_whitespace().collect();
        if !joined.is_empty() {
            out.push_str("\n\n");
            out.push_str(lead);
            out.push_str(&words::full_sentence(&visible::line(&joined.join(" "))));
        }
    }
    out.push_str(&format!("\n\nClassification: {}.", classification(rule)));
    out
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn check(code: &str, expect: &[(bool, &str)]) {
        let lines: Vec<(bool, String)> = example_lines(code)
            .into_iter()
            .map(|line| (line.marked, line.text))
            .collect();
        let expect: Vec<(bool, String)> = expect
            .iter()
            .map(|(marked, text)| (*marked, (*text).to_owned()))
            .collect();
        assert_eq!(lines, expect);
    }

    #[test]
    fn markers_become_marks() {
        check(
            "a();\n  b(); // ruleid: C-LEN-014\n// ruleid: C-LEN-014, C-LEN-015\nc();\n/* ok: C-LEN-014 */\nd();\n",
            &[
                (false, "a();"),
                (true, "  b();"),
                (true, "c();"),
                (false, "d();"),
            ],
        );
        check(
            "[dependencies]\nx = \"*\" # ruleid: X-DEP-001\n",
            &[(false, "[dependencies]"), (true, "x = \"*\"")],
        );
    }

    #[test]
    fn ordinary_comments_stay() {
        check(
            "a(); // ok then\nb(); // see: here\n#define X 1\n",
            &[
                (false, "a(); // ok then"),
                (false, "b(); // see: here"),
                (false, "#define X 1"),
            ],
        );
    }

    #[test]
    fn pages_of_rules() {
        insta::assert_snapshot!(markdown(&sample::rule()));
        insta::assert_snapshot!(markdown(&sample::user_rule()), @r"
        no printf in interrupt handlers.

        Classification: warning · precision medium · stable.
        ");
        insta::assert_snapshot!(plain(&sample::user_rule()), @r"
        no printf in interrupt handlers.

        Classification: warning · precision medium · stable.
        ");
    }

    #[test]
    fn addresses_fall_back() {
        let mut rule = sample::rule();
        assert_eq!(
            uri(&rule, Some("https://x.example/rules/")).as_deref(),
            Some("https://x.example/rules/source-sized-copy")
        );
        rule.references.clear();
        assert_eq!(
            uri(&rule, None).as_deref(),
            Some("https://cwe.mitre.org/data/definitions/806.html")
        );
        assert_eq!(uri(&sample::user_rule(), Some("https://x.example")), None);
    }

    #[test]
    fn cwe_with_a_title_is_understood() {
        assert_eq!(cwe_number("CWE-787: Out-of-bounds Write"), Some(787));
        assert_eq!(cwe_number("CWE-"), None);
        assert_eq!(cwe_number("787"), None);
    }
}
