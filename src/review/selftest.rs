//! The examples of rules as their tests.

mod fixes;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::flow_rules::{FlowRules, no_headers, target};
use super::host_code::HostCode;
use super::ruleset::Ruleset;
use super::surroundings::Alone;
use crate::config::C;
use crate::finding::{Finding, Precision, RepoPath, RuleId};
use crate::matching::{ActiveRule, Engine};
use crate::rules::{Example, ExampleKind, RuleInfo, RuleLanguage};
use crate::syntax::{Language, Limits, MacroTable, Parser};

/// An example that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFailure {
    /// The rule whose example it is.
    pub rule: RuleId,
    /// Its readable name.
    pub slug: String,
    /// Bad or good.
    pub kind: ExampleKind,
    /// 1-based number among the rule's examples.
    pub number: usize,
    /// What was expected and what came.
    pub problem: String,
}

/// Runs the examples of every rule: bad ones must be reported on exactly the marked lines, good ones
/// must be silent under all rules of their language; of the rules of low precision, which forbid constructs
/// that other code may well ship with, under the rule itself alone. Gives the number of examples and
/// those that do not hold.
pub fn check_examples(ruleset: &Ruleset) -> (usize, Vec<ExampleFailure>) {
    let engine = Engine::new(ruleset.rules.clone());
    // All analyses, whatever their rules' precision.
    let flow = FlowRules::new(
        &ruleset.rules,
        target(&C::default()),
        Precision::Low,
        &BTreeSet::new(),
    );
    let host_code = HostCode::new(&ruleset.rules);
    let mut parser = Parser::new(Limits::default());
    let mut failures = Vec::new();
    let mut count = 0;
    for rule in &ruleset.rules {
        let Some(info) = rule.info().map(Arc::clone) else {
            continue;
        };
        for (index, example) in info.examples.iter().enumerate() {
            count += 1;
            if let Some(problem) = check(
                (&engine, &flow, &host_code),
                &mut parser,
                rule,
                &info,
                example,
            ) {
                failures.push(ExampleFailure {
                    rule: info.id.clone(),
                    slug: info.slug.clone(),
                    kind: example.kind,
                    number: index + 1,
                    problem,
                });
            }
        }
        let is_shown = info.examples.iter().any(|example| example.fixed.is_some());
        if info.builtin && info.fix_safety.is_some() && !is_shown {
            failures.push(ExampleFailure {
                rule: info.id.clone(),
                slug: info.slug.clone(),
                kind: ExampleKind::Bad,
                number: 1,
                problem: "a rule with an edit needs a `fixed` beside a `bad`".to_owned(),
            });
        }
    }
    (count, failures)
}

/// What runs over an example.
pub(super) type Rules<'r> = (&'r Engine, &'r FlowRules, &'r HostCode);

fn check(
    rules: Rules<'_>,
    parser: &mut Parser,
    rule: &ActiveRule,
    info: &RuleInfo,
    example: &Example,
) -> Option<String> {
    let path = RepoPath::from(path_of(info, example).as_str());
    let code = example.code.as_str();
    let findings = match findings(rules, parser, &path, (code, example.base.as_deref())) {
        Ok(findings) => findings,
        Err(problem) => return Some(problem),
    };
    if let Some(fixed) = &example.fixed {
        let problem = fixes::check(rule, (code, &findings), fixed, &mut |text| {
            self::findings(rules, parser, &path, (text, example.base.as_deref()))
        });
        if problem.is_some() {
            return problem;
        }
    }
    match example.kind {
        ExampleKind::Bad => {
            let expected = marked(&example.code, "ruleid:", &rule.head().id);
            if expected.is_empty() {
                return Some("a bad example needs a `ruleid:` marker".to_owned());
            }
            let found: BTreeSet<u32> = findings
                .iter()
                .filter(|finding| finding.rule == rule.head().id)
                .map(|finding| finding.location.start.line)
                .collect();
            (found != expected)
                .then(|| format!("expected on lines {expected:?}, reported on lines {found:?}"))
        }
        ExampleKind::Good => {
            if !marked(&example.code, "ruleid:", &rule.head().id).is_empty() {
                return Some("a good example must not have a `ruleid:` marker".to_owned());
            }
            let heard: Vec<String> = findings
                .iter()
                .filter(|finding| {
                    finding.precision > Precision::Low || finding.rule == rule.head().id
                })
                .map(|finding| format!("{} on line {}", finding.rule, finding.location.start.line))
                .collect();
            (!heard.is_empty()).then(|| format!("must be silent, reported {}", heard.join(", ")))
        }
    }
}

/// What all rules find in a text; a text that is not understood as a whole is an error.
pub(super) fn findings(
    (engine, flow, host_code): Rules<'_>,
    parser: &mut Parser,
    path: &RepoPath,
    (code, base): (&str, Option<&str>),
) -> Result<Vec<Finding>, String> {
    let text = code.as_bytes();
    let Some(language) = language_of(path) else {
        return Ok(engine.scan_text(path, text).findings);
    };
    let problem = |error: crate::syntax::ParseError| error.to_string();
    let macros = MacroTable::new();
    let file = parser.parse(language, text, &macros).map_err(problem)?;
    let gaps: Vec<u32> = file.gaps.iter().map(|gap| gap.lines.0).collect();
    let scan = engine.scan(path, &file);
    let mut found = scan.findings;
    let of_flow = flow.scan(
        path,
        &file,
        None,
        (None, &scan.taint),
        (crate::flow::Summary::No, None),
        &no_headers,
    );
    found.extend(of_flow.findings);
    if let Some(base) = base {
        let base = parser
            .parse(language, base.as_bytes(), &macros)
            .map_err(problem)?;
        found.extend(flow.compare(path, (&base, &file), &no_headers));
    }
    host_code.leave_out(path, &file, &mut found, &Alone);
    parser.recycle(file);
    if !gaps.is_empty() {
        return Err(format!("does not parse: line {gaps:?}"));
    }
    Ok(found)
}

/// Lines that the markers of a rule stand for: a marker alone on its line speaks for the next line
/// that is no marker, one behind code for its own.
fn marked(code: &str, marker: &str, id: &RuleId) -> BTreeSet<u32> {
    let lines: Vec<&str> = code.lines().collect();
    let is_marker = |line: &str| line.contains("ruleid:") || line.contains("ok:");
    let mut found = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(at) = line.find(marker) else {
            continue;
        };
        let named = line.get(at + marker.len()..).unwrap_or_default();
        let names = named.split(',').map(|name| {
            name.split_whitespace()
                .next()
                .unwrap_or_default()
                .trim_end_matches("*/")
        });
        if !names.into_iter().any(|name| name == id.as_str()) {
            continue;
        }
        let before = line.get(..at).unwrap_or_default().trim();
        let alone = ["//", "#", "/*", "--", ";", "<!--"].contains(&before);
        let mut target = index;
        if alone {
            target += 1;
            while lines.get(target).is_some_and(|next| is_marker(next)) {
                target += 1;
            }
        }
        found.insert(u32::try_from(target + 1).unwrap_or(u32::MAX));
    }
    found
}

/// The file name an example pretends to have.
fn path_of(info: &RuleInfo, example: &Example) -> String {
    if let Some(path) = &example.path {
        return path.clone();
    }
    let name = if info.languages.contains(&RuleLanguage::C) {
        "example.c"
    } else if info.languages.contains(&RuleLanguage::Rust) {
        "example.rs"
    } else {
        "example.txt"
    };
    name.to_owned()
}

fn language_of(path: &RepoPath) -> Option<Language> {
    match path.extension() {
        b"c" | b"h" => Some(Language::C),
        b"rs" => Some(Language::Rust),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use super::*;
    use crate::review::ruleset::builtin;

    /// What rules out files, subtrees and bindings before they are tried must not change a finding.
    #[test]
    fn shortcuts_change_nothing() {
        let rules = builtin().expect("built-in rules").rules;
        let quick = Engine::new(rules.clone());
        let exhaustive = Engine::new(rules.clone()).exhaustive();
        let mut parser = Parser::new(Limits::default());
        let mut texts: std::collections::BTreeMap<&str, Vec<String>> = Default::default();
        for rule in &rules {
            let info = rule.info().expect("a readable rule");
            for example in &info.examples {
                let path = path_of(info, example);
                let extension = if path.ends_with(".rs") { "rs" } else { "c" };
                texts
                    .entry(extension)
                    .or_default()
                    .push(example.code.clone());
            }
        }
        let mut compared = 0;
        for (extension, codes) in texts {
            // Several examples in a file, so that names and kinds of one stand beside another.
            for codes in codes.chunks(6) {
                let path = RepoPath::from(format!("src/example.{extension}").as_str());
                let language = language_of(&path).expect("a language");
                let code = codes.join("\n");
                let file = parser
                    .parse(language, code.as_bytes(), &MacroTable::new())
                    .expect("an example");
                let (a, b) = (quick.scan(&path, &file), exhaustive.scan(&path, &file));
                assert_eq!(a.findings, b.findings, "{code}");
                compared += b.findings.len();
                parser.recycle(file);
            }
        }
        assert!(compared > 300, "only {compared} findings were compared");
    }
}
