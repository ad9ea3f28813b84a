//! The operators of a rule: YAML → [`Formula`].

use serde_saphyr::Spanned;

use super::error::RuleError;
use super::format::{Block, Body, MetavariablePatternYaml, Operator};
use super::load::{Reader, language, place, text};
use super::rule::{Analyzer, At, Condition, Conjunction, Formula, Text};

/// Nesting of operators that a rule may have.
const MAX_NESTING: u32 = 32;

impl Reader<'_> {
    pub(super) fn either(
        &self,
        operators: &[Spanned<Operator>],
        depth: u32,
    ) -> Result<Formula, RuleError> {
        let mut formulas = Vec::with_capacity(operators.len());
        for operator in operators {
            formulas.push(self.positive(operator, depth)?);
        }
        Ok(Formula::Either(formulas))
    }

    /// An operator that may stand under `pattern-either`.
    fn positive(&self, operator: &Spanned<Operator>, depth: u32) -> Result<Formula, RuleError> {
        let at = place(operator);
        if depth > MAX_NESTING {
            return Err(self.error(at, "operators are nested too deeply"));
        }
        match &operator.value {
            Operator::Pattern(pattern) => Ok(Formula::Pattern(text(pattern))),
            Operator::PatternRegex(regex) => Ok(Formula::Regex(text(regex))),
            Operator::Patterns(operators) => self.conjunction(operators, at, depth + 1),
            Operator::PatternEither(operators) => self.either(operators, depth + 1),
            Operator::PatternInside(body) => {
                let inside = self.body(body, depth + 1)?;
                let conjunction = Conjunction {
                    insides: vec![inside],
                    ..Conjunction::default()
                };
                Ok(Formula::All(Box::new(conjunction)))
            }
            _ => Err(self
                .error(at, "this operator cannot stand under `pattern-either`")
                .with_help("put it under `patterns` together with a positive pattern")),
        }
    }

    pub(super) fn conjunction(
        &self,
        operators: &[Spanned<Operator>],
        at: At,
        depth: u32,
    ) -> Result<Formula, RuleError> {
        let is_positive = |operator: &Spanned<Operator>| {
            matches!(
                operator.value,
                Operator::Pattern(_)
                    | Operator::PatternRegex(_)
                    | Operator::Patterns(_)
                    | Operator::PatternEither(_)
                    | Operator::PatternInside(_)
            )
        };
        // What `metavariable-pattern` looks at is given; anything else has to be found.
        if !operators.iter().any(is_positive) {
            return Err(self
                .error(at, "nothing here says what to look for")
                .with_help(
                    "add a `pattern`, `pattern-either`, `pattern-regex` or `pattern-inside`",
                ));
        }
        self.operators(operators, at, depth)
    }

    /// The parts of a conjunction, whether or not one of them says what to look for.
    fn operators(
        &self,
        operators: &[Spanned<Operator>],
        at: At,
        depth: u32,
    ) -> Result<Formula, RuleError> {
        if depth > MAX_NESTING {
            return Err(self.error(at, "operators are nested too deeply"));
        }
        let mut all = Conjunction::default();
        for operator in operators {
            match &operator.value {
                // What has to be around one or the other is never what is found.
                Operator::PatternEither(some)
                    if !some.is_empty()
                        && some
                            .iter()
                            .all(|one| matches!(one.value, Operator::PatternInside(_))) =>
                {
                    let mut around = Vec::new();
                    for one in some {
                        if let Operator::PatternInside(body) = &one.value {
                            around.push(self.body(body, depth + 1)?);
                        }
                    }
                    all.insides.push(Formula::Either(around));
                }
                Operator::Pattern(_)
                | Operator::PatternRegex(_)
                | Operator::Patterns(_)
                | Operator::PatternEither(_) => {
                    all.positives.push(self.positive(operator, depth + 1)?)
                }
                Operator::PatternInside(body) => all.insides.push(self.body(body, depth + 1)?),
                Operator::PatternNot(body) => all.nots.push(self.body(body, depth + 1)?),
                Operator::PatternNotInside(body) => {
                    all.not_insides.push(self.body(body, depth + 1)?);
                }
                Operator::PatternNotRegex(regex) => all.not_regexes.push(text(regex)),
                Operator::FocusMetavariable(names) => {
                    let at = place(names);
                    all.focus.push(
                        names
                            .value
                            .0
                            .iter()
                            .map(|name| Text {
                                text: name.clone(),
                                at,
                            })
                            .collect(),
                    );
                }
                Operator::MetavariableRegex(yaml) => all.conditions.push(Condition::Regex {
                    metavariable: text(&yaml.metavariable),
                    regex: text(&yaml.regex),
                }),
                Operator::MetavariablePattern(yaml) => {
                    all.conditions
                        .push(self.metavariable_pattern(yaml, place(operator), depth)?);
                }
                Operator::MetavariableComparison(yaml) => {
                    all.conditions.push(Condition::Comparison {
                        comparison: text(&yaml.comparison),
                        base: yaml.base,
                        strip: yaml.strip.unwrap_or(false),
                    });
                    if let Some(metavariable) = &yaml.metavariable
                        && !metavariable.value.starts_with('$')
                    {
                        return Err(
                            self.error(place(metavariable), "a metavariable begins with `$`")
                        );
                    }
                }
                Operator::MetavariableAnalysis(yaml) => {
                    let analyzer = match yaml.analyzer.value.as_str() {
                        "entropy" => Analyzer::Entropy,
                        "redos" => Analyzer::Redos,
                        other => {
                            return Err(self
                                .error(
                                    place(&yaml.analyzer),
                                    format!("analyser `{other}` is not supported"),
                                )
                                .with_help("use `entropy` or `redos`"));
                        }
                    };
                    all.conditions.push(Condition::Analysis {
                        metavariable: text(&yaml.metavariable),
                        analyzer,
                    });
                }
            }
        }
        Ok(Formula::All(Box::new(all)))
    }

    fn metavariable_pattern(
        &self,
        yaml: &MetavariablePatternYaml,
        at: At,
        depth: u32,
    ) -> Result<Condition, RuleError> {
        let block = Block {
            pattern: yaml.pattern.clone(),
            patterns: None,
            pattern_either: None,
            pattern_regex: yaml.pattern_regex.clone(),
        };
        let formula = match (&yaml.patterns, &yaml.pattern_either) {
            (Some(operators), None) => self.operators(operators, at, depth + 1)?,
            (None, Some(operators)) => self.either(operators, depth + 1)?,
            _ => self.block(&block, at, depth + 1)?,
        };
        let language = match &yaml.language {
            None => None,
            Some(word) => match language(&word.value) {
                Some(_) => Some(text(word)),
                None => {
                    let message = format!("language `{}` is not supported", word.value);
                    return Err(self
                        .error(place(word), message)
                        .with_help("use c, rust, generic or regex"));
                }
            },
        };
        Ok(Condition::Pattern {
            metavariable: text(&yaml.metavariable),
            language,
            formula,
        })
    }

    fn body(&self, body: &Spanned<Body>, depth: u32) -> Result<Formula, RuleError> {
        let at = place(body);
        match &body.value {
            Body::Text(text) => Ok(Formula::Pattern(Text {
                text: text.clone(),
                at,
            })),
            Body::Block(block) => self.block(block, at, depth),
        }
    }

    pub(super) fn block(&self, block: &Block, at: At, depth: u32) -> Result<Formula, RuleError> {
        match (&block.pattern, &block.patterns, &block.pattern_either, &block.pattern_regex) {
            (Some(pattern), None, None, None) => Ok(Formula::Pattern(text(pattern))),
            (None, Some(operators), None, None) => self.conjunction(operators, at, depth),
            (None, None, Some(operators), None) => self.either(operators, depth),
            (None, None, None, Some(regex)) => Ok(Formula::Regex(text(regex))),
            _ => Err(self
                .error(at, "exactly one of `pattern`, `patterns`, `pattern-either`, `pattern-regex` is needed here")),
        }
    }
}
