//! The examples of rules as their tests.

mod engine;
mod fingerprints;
mod fixes;
mod mutants;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::flow_rules::{FlowRules, no_headers, target};
use super::host_code::HostCode;
use super::ruleset::Ruleset;
use super::surroundings::Alone;
use crate::config::C;
use crate::evidence::validation::{Case, CaseGroup, TableDigest};
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

/// An example that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ExampleRun {
    /// The rule whose example it is.
    pub rule: RuleId,
    /// Its readable name.
    pub slug: String,
    /// Bad or good.
    pub kind: ExampleKind,
    /// 1-based number among the rule's examples.
    pub number: usize,
    /// What the example asks for.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Whether that is the same.
    pub holds: bool,
}

/// Runs the examples of every rule and gives their number and those that do not hold.
pub fn check_examples(ruleset: &Ruleset) -> (usize, Vec<ExampleFailure>) {
    let runs = run_examples(ruleset);
    let failures = runs
        .iter()
        .filter(|run| !run.holds)
        .map(|run| ExampleFailure {
            rule: run.rule.clone(),
            slug: run.slug.clone(),
            kind: run.kind,
            number: run.number,
            problem: run.problem(),
        })
        .collect();
    (runs.len(), failures)
}

/// Runs the examples of every rule: bad ones must be reported on exactly the marked lines, good ones
/// must be silent under all rules of their language; of the rules of low precision, which forbid constructs
/// that other code may well ship with, under the rule itself alone.
fn run_examples(ruleset: &Ruleset) -> Vec<ExampleRun> {
    let mut bench = Bench::new(&ruleset.rules);
    let mut runs = Vec::new();
    for rule in &ruleset.rules {
        let Some(info) = rule.info().map(Arc::clone) else {
            runs.push(ExampleRun {
                rule: rule.head().id.clone(),
                slug: rule.head().slug.clone(),
                kind: ExampleKind::Bad,
                number: 1,
                expected: "a rule that can be read".to_owned(),
                actual: "it cannot be decoded".to_owned(),
                holds: false,
            });
            continue;
        };
        for (index, example) in info.examples.iter().enumerate() {
            let judged = check(&mut bench, rule, &info, example);
            runs.push(ExampleRun {
                rule: info.id.clone(),
                slug: info.slug.clone(),
                kind: example.kind,
                number: index + 1,
                expected: judged.expected,
                actual: judged.actual,
                holds: judged.holds,
            });
        }
        let is_shown = info.examples.iter().any(|example| example.fixed.is_some());
        if info.builtin && info.fix_safety.is_some() && !is_shown {
            runs.push(ExampleRun {
                rule: info.id.clone(),
                slug: info.slug.clone(),
                kind: ExampleKind::Bad,
                number: 1,
                expected: "a `fixed` beside a `bad`, as the rule has an edit".to_owned(),
                actual: "none".to_owned(),
                holds: false,
            });
        }
    }
    runs
}

impl ExampleRun {
    /// `bad-1`.
    fn name(&self) -> String {
        let kind = match self.kind {
            ExampleKind::Bad => "bad",
            ExampleKind::Good => "good",
        };
        format!("{kind}-{}", self.number)
    }

    /// What the example shows.
    fn tells(&self) -> &'static str {
        match self.kind {
            ExampleKind::Bad => "has the defect",
            ExampleKind::Good => "has not",
        }
    }

    /// What is wrong, in one phrase.
    fn problem(&self) -> String {
        format!("expected {}, came {}", self.expected, self.actual)
    }
}

/// Every case that needs no other process: tables, examples of these rules, broken cases, engine and
/// fingerprints.
pub fn known_answers(ruleset: &Ruleset) -> Vec<Case> {
    let mut cases = tables::cases();
    cases.extend(known_answers_of_rules(ruleset));
    cases.extend(engine::cases());
    cases.extend(fingerprints::cases());
    cases
}

/// The examples of rules, and their broken cases.
pub fn known_answers_of_rules(ruleset: &Ruleset) -> Vec<Case> {
    let mut cases: Vec<Case> = run_examples(ruleset)
        .into_iter()
        .map(|run| Case {
            id: format!("rule/{}/{}", run.rule, run.name()),
            group: CaseGroup::Rule,
            requirements: vec!["R-01".to_owned()],
            what: format!("{} on code that {}", run.slug, run.tells()),
            expected: run.expected,
            actual: run.actual,
            holds: run.holds,
        })
        .collect();
    cases.extend(mutants::cases(ruleset));
    cases
}

/// The cases of the tables alone, for a program whose rules cannot be read.
pub fn integrity() -> Vec<Case> {
    tables::cases()
}

/// The tables in this program.
pub fn table_digests() -> Vec<TableDigest> {
    tables::digests()
}

/// Rules that are ready for texts which stand nowhere.
pub(super) struct Bench {
    engine: Engine,
    flow: FlowRules,
    host_code: HostCode,
    parser: Parser,
}

/// What a text was expected to say, and what it says.
struct Judged {
    expected: String,
    actual: String,
    holds: bool,
    /// Whether the text was run at all. A broken case that was not shows nothing.
    is_judged: bool,
}

impl Judged {
    /// Whether the text was run, and does not say what was expected.
    fn fails(&self) -> bool {
        self.is_judged && !self.holds
    }

    /// A text that cannot be judged.
    fn unable(expected: &str, problem: impl Into<String>) -> Self {
        Self {
            expected: expected.to_owned(),
            actual: problem.into(),
            holds: false,
            is_judged: false,
        }
    }
}

fn check(bench: &mut Bench, rule: &ActiveRule, info: &RuleInfo, example: &Example) -> Judged {
    let path = RepoPath::from(path_of(info, example).as_str());
    let code = example.code.as_str();
    let base = example.base.as_deref();
    let marks = marked(code, "ruleid:", &info.id);
    let findings = match bench.findings(&path, (code, base)) {
        Ok(findings) => findings,
        Err(problem) => return Judged::unable("code that parses", problem),
    };
    if let Some(fixed) = &example.fixed
        && let Some(problem) = fixes::check(rule, (code, &findings), fixed, &mut |text| {
            bench.findings(&path, (text, base))
        })
    {
        return Judged::unable("the repaired text that the example shows", problem);
    }
    match example.kind {
        ExampleKind::Bad if marks.is_empty() => {
            Judged::unable("a `ruleid:` marker in a bad example", "none")
        }
        ExampleKind::Good if !marks.is_empty() => {
            Judged::unable("no `ruleid:` marker in a good example", "one")
        }
        ExampleKind::Bad => reported(&info.id, &marks, &findings),
        ExampleKind::Good => silent(&info.id, &findings),
    }
}

/// Whether the rule speaks on exactly these lines.
fn reported(id: &RuleId, marks: &BTreeSet<u32>, findings: &[Finding]) -> Judged {
    let found: BTreeSet<u32> = findings
        .iter()
        .filter(|finding| finding.rule == *id)
        .map(|finding| finding.location.start.line)
        .collect();
    Judged {
        expected: on_lines(marks),
        actual: on_lines(&found),
        holds: found == *marks,
        is_judged: true,
    }
}

/// Whether no rule speaks, but those of low precision that are not the rule itself.
fn silent(id: &RuleId, findings: &[Finding]) -> Judged {
    let heard: Vec<String> = findings
        .iter()
        .filter(|finding| finding.precision > Precision::Low || finding.rule == *id)
        .map(|finding| format!("{} on line {}", finding.rule, finding.location.start.line))
        .collect();
    Judged {
        expected: "no report".to_owned(),
        actual: match heard.is_empty() {
            true => "no report".to_owned(),
            false => heard.join(", "),
        },
        holds: heard.is_empty(),
        is_judged: true,
    }
}

fn on_lines(lines: &BTreeSet<u32>) -> String {
    let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
    match numbers.as_slice() {
        [] => "no report".to_owned(),
        [one] => format!("a report on line {one}"),
        several => format!("reports on lines {}", several.join(", ")),
    }
}

impl Bench {
    pub(super) fn new(rules: &[ActiveRule]) -> Self {
        Self {
            engine: Engine::new(rules.to_vec()),
            // All analyses, whatever their rules' precision.
            flow: FlowRules::new(
                rules,
                target(&C::default()),
                Precision::Low,
                &BTreeSet::new(),
            ),
            host_code: HostCode::new(rules),
            parser: Parser::new(Limits::default()),
        }
    }

    /// What all rules find in a text; a text that is not understood as a whole is an error.
    pub(super) fn findings(
        &mut self,
        path: &RepoPath,
        (code, base): (&str, Option<&str>),
    ) -> Result<Vec<Finding>, String> {
        let text = code.as_bytes();
        let Some(language) = language_of(path) else {
            return Ok(self.engine.scan_text(path, text).findings);
        };
        let problem = |error: crate::syntax::ParseError| error.to_string();
        let macros = MacroTable::new();
        let file = self
            .parser
            .parse(language, text, &macros)
            .map_err(problem)?;
        let gaps: Vec<u32> = file.gaps.iter().map(|gap| gap.lines.0).collect();
        let scan = self.engine.scan(path, &file);
        let mut found = scan.findings;
        let of_flow = self.flow.scan(
            path,
            &file,
            None,
            (None, &scan.taint),
            (crate::flow::Summary::No, None),
            &no_headers,
        );
        found.extend(of_flow.findings);
        if let Some(base) = base {
            let base = self
                .parser
                .parse(language, base.as_bytes(), &macros)
                .map_err(problem)?;
            found.extend(self.flow.compare(path, (&base, &file), &no_headers));
        }
        self.host_code.leave_out(path, &file, &mut found, &Alone);
        self.parser.recycle(file);
        if !gaps.is_empty() {
            return Err(format!("does not parse: line {gaps:?}"));
        }
        Ok(found)
    }
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
