//! Taint rules: what the patterns matched goes to the flow engine as a question, what got from a
//! source to a sink comes back as findings.

use super::flow_rules::steps;
use crate::finding::{Finding, Span};
use crate::flow::taint::{Carry, Leak, Match, Options, Query, Subject};
use crate::matching::{Place, TaintMatch, TaintMatches, describe};
use crate::rules::{SideEffect, TaintOptions};

/// The matches of a rule as the flow engine takes them.
pub(super) fn query(matches: &TaintMatches) -> Query {
    let all = |list: &[TaintMatch]| list.iter().map(as_match).collect();
    Query {
        sources: all(&matches.sources),
        sinks: all(&matches.sinks),
        sanitizers: all(&matches.sanitizers),
        propagators: matches
            .propagators
            .iter()
            .map(|&(from, to, by_side_effect)| Carry {
                from,
                to,
                by_side_effect,
            })
            .collect(),
        options: options(matches.options),
    }
}

fn as_match(of: &TaintMatch) -> Match {
    Match {
        span: of.span,
        exact: of.exact,
        of: match of.effect {
            SideEffect::No => Subject::Value,
            SideEffect::Also => Subject::Both,
            SideEffect::Only => Subject::Object,
        },
    }
}

fn options(given: TaintOptions) -> Options {
    Options {
        assume_safe_functions: given.assume_safe_functions,
        assume_safe_indexes: given.assume_safe_indexes,
        assume_safe_comparisons: given.assume_safe_comparisons,
        assume_safe_booleans: given.assume_safe_booleans,
        assume_safe_numbers: given.assume_safe_numbers,
        only_propagate_through_assignments: given.only_propagate_through_assignments,
    }
}

/// One finding for each sink that some source gets to. `leaks` are those of all queries; the query of
/// that index was made of these matches.
pub(super) fn findings(
    matches: &TaintMatches,
    index: usize,
    leaks: &[Leak],
    place: Place<'_>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for leak in leaks.iter().filter(|leak| leak.query == index) {
        let (Some(source), Some(sink)) = (
            matches.sources.get(leak.source),
            matches.sinks.get(leak.sink),
        ) else {
            continue;
        };
        if matches.options.unify_mvars && !agree(source, sink, place.text) {
            continue;
        }
        if findings
            .last()
            .is_some_and(|known| known.location.span == sink.span)
        {
            continue;
        }
        // What the sink binds counts; the source fills in what is left.
        let bound = |meta: usize| {
            let all = sink.bound.iter().chain(&source.bound);
            let mut of_meta = all.filter(|(id, _)| *id == meta);
            let (_, span) = of_meta.next()?;
            Some(String::from_utf8_lossy(span.of(place.text)).into_owned())
        };
        let mut finding = describe(&matches.rule, place, sink.span, &matches.metas, &bound);
        finding.trace = steps(place, &leak.trace);
        findings.push(finding);
    }
    findings
}

/// Whether metavariables of both stand for the same words.
fn agree(source: &TaintMatch, sink: &TaintMatch, text: &[u8]) -> bool {
    let words = |span: Span| {
        let text = String::from_utf8_lossy(span.of(text)).into_owned();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    source.bound.iter().all(|(id, span)| {
        let same = sink.bound.iter().find(|(other, _)| other == id);
        same.is_none_or(|(_, other)| words(*other) == words(*span))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use crate::config::C;
    use crate::finding::{Finding, Precision, RepoPath};
    use crate::matching::Engine;
    use crate::review::check_examples;
    use crate::review::flow_rules::{FlowRules, no_headers, target};
    use crate::review::ruleset::Ruleset;
    use crate::syntax::{Language, Limits, MacroTable, Parser};

    const COPY: &str = "rules:
  - id: acme.copy
    mode: taint
    languages: [c]
    severity: WARNING
    message: $LEN from $SOCKET sizes a copy to $DST
    pattern-sources:
      - pattern: read_len($SOCKET)
    pattern-sanitizers:
      - pattern: clamp(...)
    pattern-sinks:
      - patterns:
          - pattern: memcpy($DST, $SRC, $LEN)
          - focus-metavariable: $LEN
";

    fn ruleset(text: &str) -> Result<Ruleset, String> {
        let mut rules = Ruleset::default();
        let texts = [("acme.yaml".to_owned(), text.to_owned())];
        match rules.add_texts(&texts, false) {
            Ok(()) => Ok(rules),
            Err(error) => Err(error.to_string()),
        }
    }

    fn found(rules: &str, code: &str) -> Vec<Finding> {
        let rules = ruleset(rules).unwrap().rules;
        let flow = FlowRules::new(
            &rules,
            target(&C::default()),
            Precision::High,
            &std::collections::BTreeSet::new(),
        );
        let engine = Engine::new(rules);
        let path = RepoPath::from("a.c");
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::C, code.as_bytes(), &MacroTable::new())
            .unwrap();
        let scan = engine.scan(&path, &file);
        assert!(scan.findings.is_empty());
        flow.scan(
            &path,
            &file,
            None,
            (None, &scan.taint),
            (crate::flow::Summary::No, None),
            &no_headers,
        )
        .findings
    }

    #[test]
    fn a_finding_stands_at_the_sink_and_tells_the_way() {
        let code = "void f(int s)\n{\n    unsigned n = read_len(s);\n    memcpy(to, from, n);\n    memcpy(to, from, clamp(n));\n}\n";
        let findings = found(COPY, code);
        let told: Vec<(u32, u32, &str)> = findings
            .iter()
            .map(|one| {
                (
                    one.location.start.line,
                    one.location.start.column,
                    one.message.as_str(),
                )
            })
            .collect();
        assert_eq!(told, [(4, 22, "n from s sizes a copy to to")]);
        let way: Vec<(u32, &str)> = findings
            .iter()
            .flat_map(|one| &one.trace)
            .map(|step| (step.location.start.line, step.message.as_str()))
            .collect();
        assert_eq!(
            way,
            [
                (3, "the value comes from this source"),
                (3, "`n` takes it"),
                (4, "it gets to this sink")
            ]
        );
    }

    #[test]
    fn metavariables_of_source_and_sink_agree_where_the_rule_says_so() {
        let rule = COPY.replace("read_len($SOCKET)", "read_len($DST)");
        let code =
            "void f(void)\n{\n    memcpy(a, b, read_len(a));\n    memcpy(b, a, read_len(a));\n}\n";
        assert_eq!(found(&rule, code).len(), 2);
        let rule = rule.replace(
            "    pattern-sources:",
            "    options: {taint_unify_mvars: true}\n    pattern-sources:",
        );
        assert_eq!(found(&rule, code).len(), 1);
    }

    #[test]
    fn what_is_not_supported_is_refused_with_its_place() {
        let with = |from: &str, to: &str| ruleset(&COPY.replace(from, to)).unwrap_err();
        let error = with(
            "      - pattern: read_len($SOCKET)\n",
            "      - pattern: read_len($SOCKET)\n        label: WIRE\n",
        );
        assert_eq!(
            error,
            "`label` is not supported\n  --> acme.yaml:9:16\n   |\n 9 |         label: WIRE\n   |                ^\nhelp: scrubin has no taint labels; write one rule for each label"
        );
        for (from, to, said) in [
            ("mode: taint", "mode: join", "`mode: join` is not supported"),
            (
                "    mode: taint\n",
                "",
                "`pattern-sources` needs `mode: taint`",
            ),
            (
                "    mode: taint\n",
                "    mode: taint\n    pattern: f($X)\n",
                "has no `pattern` of its own",
            ),
            ("[c]", "[c, generic]", "no other text"),
            (
                "      - pattern: clamp(...)\n",
                "      - pattern: clamp(...)\n        by-side-effect: maybe\n",
                "`maybe` is no `by-side-effect`",
            ),
            (
                "      - pattern: clamp(...)\n",
                "      - pattern: clamp(...)\n        not-exact: true\n",
                "not-exact",
            ),
            (
                "      - pattern: clamp(...)\n",
                "      - exact: true\n",
                "exactly one of",
            ),
            ("pattern-sinks:", "pattern-propagators:", "acme.yaml:12"),
        ] {
            let error = with(from, to);
            assert!(error.contains(said), "{said}: {error}");
        }
        let no_sink = COPY.split("    pattern-sinks:").next().unwrap();
        assert!(
            ruleset(no_sink)
                .unwrap_err()
                .contains("needs `pattern-sinks`")
        );
    }

    #[test]
    fn examples_of_taint_rules_are_tested_too() {
        let examples = "    metadata:
      examples:
        - bad: |
            void f(int s) {
                unsigned n = read_len(s);
                memcpy(a, b, n);  // ruleid: acme.copy
            }
        - good: |
            void f(int s) {
                memcpy(a, b, clamp(read_len(s)));
            }
";
        let rules = ruleset(&format!("{COPY}{examples}")).unwrap();
        assert_eq!(check_examples(&rules), (2, Vec::new()));
        let wrong = examples.replace("clamp(read_len(s))", "read_len(s)");
        let rules = ruleset(&format!("{COPY}{wrong}")).unwrap();
        assert_eq!(check_examples(&rules).1.len(), 1);
    }
}
