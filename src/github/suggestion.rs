//! Fixes as GitHub's suggestion blocks: whole lines that replace whole lines.
//!
//! One click commits them, so only a fix that is safe becomes one, and only where every byte of the
//! lines is known: no line cut off, no invalid UTF-8, no character that cannot be seen.

use super::submission::Suggestion;
use crate::finding::Finding;
use crate::report::visible;

/// Whether a text can be committed as it is shown: apart from tabs and line feeds nothing hidden.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars()
        .all(|c| matches!(c, '\t' | '\n') || (c != '\u{fffd}' && !visible::is_hidden(c)))
}

/// The lines that the fix of a finding makes of those it touches; `None` where they are not known
/// exactly, or where nothing would change.
pub(super) fn of(finding: &Finding) -> Option<Suggestion> {
    let fix = finding.fix.as_ref()?;
    let place = &fix.location;
    if place.path != finding.location.path {
        return None;
    }
    let (first, last) = (place.start.line, place.end.line);
    let mut old = Vec::new();
    for number in first..=last.min(first.checked_add(100)?) {
        let line = finding.lines.iter().find(|line| line.number == number)?;
        old.push(line.text.as_str());
    }
    let old_text = old.join("\n");
    if !is_plain(&old_text) || !is_plain(&fix.replacement) {
        return None;
    }
    let head = split(old.first()?, place.start.column)?.0;
    let tail = split(old.last()?, place.end.column)?.1;
    let text = format!("{head}{}{tail}", fix.replacement);
    (text != old_text).then_some(Suggestion {
        first_line: first,
        last_line: last,
        text,
    })
}

/// Splits a line before the 1-based column, which counts Unicode scalars.
fn split(line: &str, column: u32) -> Option<(&str, &str)> {
    let before = column.checked_sub(1)? as usize;
    let at = line
        .char_indices()
        .map(|(at, _)| at)
        .chain([line.len()])
        .nth(before)?;
    line.split_at_checked(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Fix, FixSafety};
    use crate::report::sample::{finding, place};

    fn check(code: &str, from: u32, to: u32, replacement: &str) -> Option<String> {
        let mut one = finding("a.c", 4, code, 1, 9);
        one.fix = Some(Fix {
            location: place("a.c", 4, from, to),
            replacement: replacement.to_owned(),
            safety: FixSafety::Safe,
        });
        of(&one).map(|suggestion| {
            assert_eq!((suggestion.first_line, suggestion.last_line), (4, 4));
            suggestion.text
        })
    }

    #[test]
    fn the_rest_of_the_line_stays() {
        assert_eq!(
            check("\tmemcpy(d, s, sizeof(s)); // é", 22, 23, "d").as_deref(),
            Some("\tmemcpy(d, s, sizeof(d)); // é")
        );
        assert_eq!(check("é = x;", 5, 6, "y").as_deref(), Some("é = y;"));
        assert_eq!(check("f();", 1, 1, "g();\n").as_deref(), Some("g();\nf();"));
    }

    /// One click in a pull request and `check --fix` write the same bytes.
    #[test]
    fn a_suggestion_is_what_the_edit_makes_of_its_lines() {
        use crate::change::edit::{Edit, apply};
        use crate::finding::RepoPath;
        use crate::matching::Engine;
        use crate::syntax::{Language, Limits, MacroTable, Parser};

        let text = "void show(const char *name)\n{\n\tprintf(name); /* \u{e9} */\n}\n";
        let rules = crate::review::builtin().expect("built-in rules").rules;
        let mut parser = Parser::new(Limits::default());
        let macros = MacroTable::new();
        let file = parser
            .parse(Language::C, text.as_bytes(), &macros)
            .expect("a text");
        let scan = Engine::new(rules).scan(&RepoPath::from("a.c"), &file);
        let is_format = |one: &&Finding| one.rule.as_str() == "C-STR-002";
        let found = scan.findings.iter().find(is_format).expect("a finding");
        let fix = found.fix.as_ref().expect("an edit");
        assert_eq!(fix.safety, FixSafety::Safe);
        let edit = Edit {
            span: fix.location.span,
            text: fix.replacement.clone().into_bytes(),
        };
        let fixed = apply(text.as_bytes(), &[edit]).expect("an edit that fits");
        let fixed = String::from_utf8(fixed).expect("a text");
        let suggestion = of(found).expect("a suggestion");
        assert_eq!((suggestion.first_line, suggestion.last_line), (3, 3));
        assert_eq!(fixed.lines().nth(2), Some(suggestion.text.as_str()));
    }

    #[test]
    fn what_is_not_exact_is_no_suggestion() {
        assert_eq!(check("f(x);", 3, 4, "x"), None, "changes nothing");
        assert_eq!(check("f(x);", 3, 40, "y"), None, "past the end");
        assert_eq!(check("f(\u{fffd});", 3, 4, "y"), None, "not UTF-8");
        assert_eq!(check("f(\u{202e});", 3, 4, "y"), None, "hidden");
        assert_eq!(check("f(x);", 3, 4, "a\rb"), None, "carriage return");
        assert_eq!(check("f(x);", 0, 4, "y"), None, "no column");
        let mut other = finding("a.c", 4, "f(x);", 1, 5);
        other.fix = Some(Fix {
            location: place("b.c", 4, 1, 2),
            replacement: "g".to_owned(),
            safety: FixSafety::Safe,
        });
        assert_eq!(of(&other), None, "another file");
        other.fix.as_mut().unwrap().location = place("a.c", 5, 1, 2);
        assert_eq!(of(&other), None, "a line that is not known");
    }
}
