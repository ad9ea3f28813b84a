//! The pattern engine from rule text to lines, one case per behaviour.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

mod c_code;
mod operators;
mod rust_code;
mod texts;

use super::{ActiveRule, Compiler, Engine, compile};
use crate::finding::{Finding, RepoPath};
use crate::rules;
use crate::syntax::{Language, Limits, MacroTable, Parser};

/// A rule of this language: `body` is a whole YAML body when it has a `key:` line, else a pattern.
fn rule(language: &str, body: &str) -> String {
    let is_body = ["pattern", "options:", "metavariable", "paths:", "fix"]
        .iter()
        .any(|key| body.trim_start().starts_with(key));
    let mut text =
        format!("rules:\n- id: r\n  languages: [{language}]\n  severity: ERROR\n  message: m\n");
    if is_body {
        let indent = body
            .lines()
            .find(|line| !line.trim().is_empty())
            .map_or(0, |line| line.len() - line.trim_start().len());
        for line in body.lines() {
            text.push_str("  ");
            text.push_str(line.get(indent..).unwrap_or_default());
            text.push('\n');
        }
    } else {
        text.push_str("  pattern: |\n");
        for line in body.lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

fn engine(yaml: &str) -> Engine {
    let loaded =
        rules::load("r.yaml", yaml, false).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let mut compiler = Compiler::default();
    let active = loaded.rules.into_iter().map(|rule| {
        let program =
            compile(&mut compiler, &rule).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
        ActiveRule::new(rule.info, program)
    });
    Engine::new(active.collect())
}

fn findings(language: &str, body: &str, path: &str, code: &str) -> Vec<Finding> {
    let engine = engine(&rule(language, body));
    let path = RepoPath::from(path);
    let language = match language {
        "c" => Language::C,
        "rust" => Language::Rust,
        _ => return engine.scan_text(&path, code.as_bytes()).findings,
    };
    let mut parser = Parser::new(Limits::default());
    let file = parser
        .parse(language, code.as_bytes(), &MacroTable::default())
        .unwrap();
    engine.scan(&path, &file).findings
}

/// The rule (a pattern, or the YAML of its operators) must report on exactly these lines.
#[track_caller]
fn check(language: &str, body: &str, code: &str, expected: &[u32]) {
    let extension = if language == "rust" { "rs" } else { language };
    let found = findings(language, body, &format!("src/a.{extension}"), code);
    let mut lines: Vec<u32> = found.iter().map(|each| each.location.start.line).collect();
    lines.dedup();
    assert_eq!(lines, expected, "\n{body}\n--- in ---\n{code}");
}

/// The rule must be refused with a message that holds `part`.
#[track_caller]
fn refused(language: &str, body: &str, part: &str) {
    let yaml = rule(language, body);
    let message = match rules::load("r.yaml", &yaml, false) {
        Err(error) => error.to_string(),
        Ok(loaded) => {
            let mut compiler = Compiler::default();
            let failed = loaded
                .rules
                .iter()
                .find_map(|rule| compile(&mut compiler, rule).err());
            failed.expect("the rule is refused").to_string()
        }
    };
    assert!(message.contains(part), "`{message}` does not say `{part}`");
}
