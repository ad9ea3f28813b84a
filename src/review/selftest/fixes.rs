//! What the edits of a rule make of its examples.

use crate::change::edit::{Edit, apply, clash};
use crate::finding::Finding;
use crate::matching::ActiveRule;

/// Applies the edits of the rule's findings and compares with the text that the example gives; that
/// text must parse, be silent under the rule and bring no finding of another one. `run` finds what
/// all rules say of a text.
pub(super) fn check(
    rule: &ActiveRule,
    (code, findings): (&str, &[Finding]),
    fixed: &str,
    run: &mut dyn FnMut(&str) -> Result<Vec<Finding>, String>,
) -> Option<String> {
    let id = &rule.head().id;
    let mut edits: Vec<Edit> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.rule == *id) {
        let Some(fix) = &finding.fix else { continue };
        let span = fix.location.span;
        if !edits.iter().any(|edit| clash(edit.span, span)) {
            let text = fix.replacement.clone().into_bytes();
            edits.push(Edit { span, text });
        }
    }
    edits.sort_by_key(|edit| edit.span);
    if edits.is_empty() {
        return Some("no finding of the rule has an edit here".to_owned());
    }
    let made = apply(code.as_bytes(), &edits).unwrap_or_default();
    let made = String::from_utf8_lossy(&made);
    let (made_lines, fixed_lines) = (without_markers(&made), without_markers(fixed));
    if made_lines != fixed_lines {
        let line = made_lines
            .iter()
            .zip(&fixed_lines)
            .find(|(made, fixed)| made != fixed);
        return Some(match line {
            Some((made, fixed)) => format!("the edit makes `{made}`, not `{fixed}`"),
            None => "the edit makes another number of lines".to_owned(),
        });
    }
    let after = match run(&made) {
        Ok(after) => after,
        Err(problem) => return Some(format!("after the edit: {problem}")),
    };
    let left = after.iter().filter(|finding| finding.rule == *id).count();
    if left > 0 {
        return Some(format!("after the edit the rule reports {left} still"));
    }
    let count = |findings: &[Finding], one: &Finding| {
        let same = |other: &&Finding| other.rule == one.rule;
        findings.iter().filter(same).count()
    };
    let new = after
        .iter()
        .find(|one| count(&after, one) > count(findings, one));
    new.map(|one| format!("the edit brings a finding of {}", one.rule))
}

/// The lines of an example without the comments that mark findings.
fn without_markers(code: &str) -> Vec<&str> {
    let marker = |line: &str| {
        ["//", "#", "/*"].iter().find_map(|comment| {
            let at = line.rfind(comment)?;
            let told = line.get(at + comment.len()..)?.trim_start();
            (told.starts_with("ruleid:") || told.starts_with("ok:")).then_some(at)
        })
    };
    let mut lines = Vec::new();
    for line in code.trim_end().lines() {
        match marker(line) {
            None => lines.push(line.trim_end()),
            Some(at) => {
                let before = line.get(..at).unwrap_or_default().trim_end();
                if !before.is_empty() {
                    lines.push(before);
                }
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use crate::review::Ruleset;
    use crate::review::selftest::check_examples;

    /// The problems of a rule with that edit and that `fixed` text.
    fn problems(fix: &str, fixed: &str) -> Vec<String> {
        let rule = format!(
            "rules:\n- id: own\n  languages: [c]\n  severity: ERROR\n  message: m\n  pattern: bad($X)\n  fix: {fix}\n  metadata:\n    examples:\n    - bad: |\n        void f(int a)\n        {{\n            bad(a); // ruleid: own\n        }}\n      fixed: |\n        void f(int a)\n        {{\n            {fixed}\n        }}\n"
        );
        let mut rules = Ruleset::default();
        let loaded = rules.add_texts(&[("own.yaml".to_owned(), rule)], false);
        assert!(loaded.is_ok(), "{loaded:?}");
        let failures = check_examples(&rules).1;
        failures.into_iter().map(|one| one.problem).collect()
    }

    #[test]
    fn the_text_after_the_edit_is_part_of_the_example() {
        assert_eq!(problems("good($X)", "good(a);"), Vec::<String>::new());
        let told = |fix: &str, fixed: &str| problems(fix, fixed).join("");
        assert!(told("good($X, 1)", "good(a);").contains("makes `    good(a, 1);`"));
        assert!(told("bad(0)", "bad(0);").contains("reports 1 still"));
        assert!(told("good($X", "good(a;").contains("does not parse"));
    }
}
