//! YAML text → rules.

use serde_saphyr::Spanned;

use super::error::RuleError;
use super::format::{
    Block, Body, ExampleYaml, Loose, MetadataYaml, MetavariablePatternYaml, OneOrMany, Operator,
    OptionsYaml, RuleFile, RuleYaml,
};
use super::info::{Example, ExampleKind, RuleInfo, RuleLanguage};
use super::rule::{
    Analyzer, At, Condition, Conjunction, FixRegex, Formula, PathFilter, Rule, RuleOptions, Text,
};
use crate::finding::{FixSafety, Precision, RuleId, RuleStatus, Severity};

/// What a rule file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rules that run for at least one language we have.
    pub rules: Vec<Rule>,
    /// Ids of rules for other languages alone, with those languages.
    pub foreign: Vec<(String, Vec<String>)>,
}

/// Nesting of operators that a rule may have.
const MAX_NESTING: u32 = 32;

/// Reads a rule file. `name` is what errors call it; `builtin` rules ship with scrubin.
///
/// # Errors
/// The first thing wrong: YAML, an unknown key, an operator or option that is not supported, a
/// value that is none.
pub fn load(name: &str, source: &str, builtin: bool) -> Result<Loaded, RuleError> {
    let file: RuleFile =
        serde_saphyr::from_str(source).map_err(|error| yaml(name, source, &error))?;
    let reader = Reader {
        name,
        source,
        builtin,
    };
    let mut loaded = Loaded::default();
    for spanned in file.rules {
        let at = place(&spanned);
        let rule = spanned.value;
        let languages: Vec<RuleLanguage> = rule
            .languages
            .value
            .iter()
            .filter_map(|word| language(word))
            .collect();
        if languages.is_empty() {
            loaded.foreign.push((rule.id.value, rule.languages.value));
            continue;
        }
        loaded.rules.push(reader.rule(rule, at, languages)?);
    }
    Ok(loaded)
}

/// Words of `languages` that mean a language we have.
fn language(word: &str) -> Option<RuleLanguage> {
    match word.to_ascii_lowercase().as_str() {
        "c" => Some(RuleLanguage::C),
        "rust" | "rs" => Some(RuleLanguage::Rust),
        "generic" | "spacegrep" | "aliengrep" => Some(RuleLanguage::Generic),
        "regex" | "none" => Some(RuleLanguage::Regex),
        _ => None,
    }
}

fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn place<T>(spanned: &Spanned<T>) -> At {
    At {
        line: number(spanned.referenced.line()),
        column: number(spanned.referenced.column()),
    }
}

fn text(spanned: &Spanned<String>) -> Text {
    Text {
        text: spanned.value.clone(),
        at: place(spanned),
    }
}

/// A YAML error as ours: the parser's own first line, our snippet.
fn yaml(name: &str, source: &str, error: &serde_saphyr::Error) -> RuleError {
    let bare = error.without_snippet();
    let message = bare.to_string();
    let message = message
        .lines()
        .next()
        .unwrap_or("not valid YAML")
        .to_owned();
    let wrapped = match error.location() {
        Some(location) => {
            let at = At {
                line: number(location.line()),
                column: number(location.column()),
            };
            RuleError::new(name, source, at, message.clone())
        }
        None => RuleError::of_file(name, message.clone()),
    };
    if message.contains("unknown field") || message.contains("unknown variant") {
        wrapped.with_help(
            "scrubin refuses what it does not understand, so that no rule runs half; \
             docs/semgrep.md lists every key it knows",
        )
    } else {
        wrapped
    }
}

struct Reader<'r> {
    name: &'r str,
    source: &'r str,
    builtin: bool,
}

impl Reader<'_> {
    /// Built-in rules say what they mean: constants are propagated only where one asks for it.
    fn options(&self, yaml: Option<&OptionsYaml>) -> RuleOptions {
        let mut options = yaml.map(given).unwrap_or_default();
        if self.builtin {
            options.constant_propagation.get_or_insert(false);
        }
        options
    }

    fn error(&self, at: At, message: impl Into<String>) -> RuleError {
        RuleError::new(self.name, self.source, at, message)
    }

    fn rule(
        &self,
        rule: RuleYaml,
        at: At,
        languages: Vec<RuleLanguage>,
    ) -> Result<Rule, RuleError> {
        if let Some(mode) = &rule.mode
            && mode.value != "search"
        {
            let message = format!("`mode: {}` is not supported", mode.value);
            return Err(self.error(place(mode), message).with_help(
                "scrubin runs search rules; taint rules come with its flow analysis in a later release",
            ));
        }
        let taint = [
            &rule.pattern_sources,
            &rule.pattern_sinks,
            &rule.pattern_sanitizers,
            &rule.pattern_propagators,
        ];
        if let Some(taint) = taint.into_iter().flatten().next() {
            return Err(self
                .error(
                    place(taint),
                    "sources and sinks need `mode: taint`, which is not supported",
                )
                .with_help("use pattern operators, or leave the rule out"));
        }
        let id = RuleId::parse(&rule.id.value)
            .map_err(|error| self.error(place(&rule.id), error.to_string()))?;
        let severity = match rule.severity.value.to_ascii_uppercase().as_str() {
            "ERROR" | "HIGH" | "CRITICAL" => Severity::Error,
            "WARNING" | "MEDIUM" => Severity::Warning,
            "INFO" | "LOW" | "INVENTORY" | "EXPERIMENT" => Severity::Info,
            other => {
                let message = format!("`{other}` is no severity");
                return Err(self
                    .error(place(&rule.severity), message)
                    .with_help("use ERROR, WARNING or INFO"));
            }
        };
        let mut formulas = Vec::new();
        if let Some(pattern) = &rule.pattern {
            formulas.push(Formula::Pattern(text(pattern)));
        }
        if let Some(patterns) = rule.patterns {
            formulas.push(self.conjunction(&patterns.value, place(&patterns), 0)?);
        }
        if let Some(either) = rule.pattern_either {
            formulas.push(self.either(&either.value, 0)?);
        }
        if let Some(regex) = &rule.pattern_regex {
            formulas.push(Formula::Regex(text(regex)));
        }
        let formula = match (formulas.pop(), formulas.is_empty()) {
            (Some(formula), true) => formula,
            (None, _) => {
                return Err(self
                    .error(at, format!("rule `{id}` looks for nothing"))
                    .with_help("add `pattern`, `patterns`, `pattern-either` or `pattern-regex`"));
            }
            (Some(_), false) => {
                return Err(self
                    .error(at, format!("rule `{id}` has several top-level operators"))
                    .with_help("put them under one `patterns` or `pattern-either`"));
            }
        };
        let metadata_at = rule.metadata.as_ref().map_or(at, place);
        let metadata = rule
            .metadata
            .map(|spanned| spanned.value)
            .unwrap_or_default();
        let info = self.info(
            id,
            languages,
            severity,
            rule.message.value,
            metadata,
            metadata_at,
        )?;
        let fix_regex = rule.fix_regex.map(|spanned| FixRegex {
            regex: text(&spanned.value.regex),
            replacement: spanned.value.replacement,
            count: spanned.value.count,
        });
        let paths = rule.paths.unwrap_or_default();
        Ok(Rule {
            info,
            at,
            formula,
            paths: PathFilter {
                include: paths.include,
                exclude: paths.exclude,
            },
            options: self.options(rule.options.as_ref().map(|options| &options.value)),
            fix: rule.fix.as_ref().map(text),
            fix_regex,
        })
    }

    fn info(
        &self,
        id: RuleId,
        languages: Vec<RuleLanguage>,
        severity: Severity,
        message: String,
        metadata: MetadataYaml,
        at: At,
    ) -> Result<RuleInfo, RuleError> {
        let word = |value: Option<Loose>| -> String {
            value.map(Loose::into_texts).unwrap_or_default().join(", ")
        };
        let many = |value: Option<OneOrMany>| value.unwrap_or_default().0;
        let precision = match (metadata.precision, metadata.confidence) {
            (Some(precision), _) | (None, Some(precision)) => word(Some(precision)),
            (None, None) => "high".to_owned(),
        };
        let precision = match precision.to_ascii_lowercase().as_str() {
            "high" => Precision::High,
            "medium" => Precision::Medium,
            "low" => Precision::Low,
            // Users' metadata may say anything; a built-in rule may not.
            other if self.builtin => {
                return Err(self.error(at, format!("`{other}` is no precision")));
            }
            _ => Precision::High,
        };
        let status = match word(metadata.status).as_str() {
            "experimental" => RuleStatus::Experimental,
            "deprecated" => RuleStatus::Deprecated,
            "stable" => RuleStatus::Stable,
            other if self.builtin => {
                return Err(self.error(at, format!("`{other}` is no status")));
            }
            _ => RuleStatus::Stable,
        };
        let fix_safety = match word(metadata.fix_safety).as_str() {
            "safe" => Some(FixSafety::Safe),
            "suggested" => Some(FixSafety::Suggested),
            _ => None,
        };
        let argues_from_absence = match word(metadata.argues_from_absence).as_str() {
            "true" => true,
            "" | "false" => false,
            other if self.builtin => {
                let message = format!("`argues-from-absence: {other}` is neither true nor false");
                return Err(self.error(at, message));
            }
            _ => false,
        };
        let mut examples = Vec::new();
        for example in metadata.examples.unwrap_or_default() {
            let ExampleYaml { bad, good, path } = example;
            let kinds = [(ExampleKind::Bad, bad), (ExampleKind::Good, good)];
            for (kind, code) in kinds {
                if let Some(code) = code {
                    examples.push(Example {
                        kind,
                        code,
                        path: path.clone(),
                    });
                }
            }
        }
        let cwe = many(metadata.cwe)
            .into_iter()
            .map(|entry| cwe(&entry))
            .collect();
        let info = RuleInfo {
            id,
            slug: metadata.slug.unwrap_or_default(),
            aliases: many(metadata.aliases),
            languages,
            severity,
            precision,
            status,
            version: word(metadata.version),
            message: message.trim().to_owned(),
            cwe,
            cert_c: many(metadata.cert_c),
            misra_c_2012: many(metadata.misra_c_2012),
            lesson: word(metadata.lesson),
            why: word(metadata.why).trim().to_owned(),
            how_to_fix: word(metadata.how_to_fix).trim().to_owned(),
            examples,
            references: many(metadata.references),
            fix_safety,
            argues_from_absence,
            builtin: self.builtin,
        };
        if self.builtin {
            self.mandatory(&info, at)?;
        }
        Ok(info)
    }

    /// What a built-in rule must have (design of the rule file, section 3).
    fn mandatory(&self, info: &RuleInfo, at: At) -> Result<(), RuleError> {
        let count = |kind| {
            info.examples
                .iter()
                .filter(|example| example.kind == kind)
                .count()
        };
        let missing = if !info.id.is_code() {
            Some("a permanent code as its id")
        } else if info.slug.is_empty() {
            Some("metadata.slug")
        } else if info.version.is_empty() {
            Some("metadata.version")
        } else if info.cwe.is_empty() || info.cwe.len() > 3 {
            Some("one to three entries in metadata.cwe")
        } else if !info.lesson.starts_with("L-") {
            Some("metadata.lesson")
        } else if info.why.is_empty() {
            Some("metadata.why")
        } else if info.how_to_fix.is_empty() {
            Some("metadata.how-to-fix")
        } else if count(ExampleKind::Bad) < 2 || count(ExampleKind::Good) < 2 {
            Some("two bad and two good metadata.examples")
        } else {
            None
        };
        match missing {
            Some(what) => Err(self.error(at, format!("built-in rule `{}` needs {what}", info.id))),
            None => Ok(()),
        }
    }

    fn either(&self, operators: &[Spanned<Operator>], depth: u32) -> Result<Formula, RuleError> {
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

    fn conjunction(
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

    fn block(&self, block: &Block, at: At, depth: u32) -> Result<Formula, RuleError> {
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

/// The options as written.
fn given(yaml: &OptionsYaml) -> RuleOptions {
    RuleOptions {
        constant_propagation: yaml.constant_propagation,
        ac_matching: yaml.ac_matching,
        commutative_boolop: yaml.commutative_boolop,
        symmetric_eq: yaml.symmetric_eq,
        vardef_assign: yaml.vardef_assign,
        go_deeper_stmt: yaml.go_deeper_stmt,
        go_deeper_expr: yaml.go_deeper_expr,
        implicit_deep_exprstmt: yaml.implicit_deep_exprstmt,
        generic_ellipsis_max_span: yaml.generic_ellipsis_max_span,
    }
}

/// `CWE-787: Out-of-bounds Write` → `CWE-787`.
fn cwe(entry: &str) -> String {
    entry.split(':').next().unwrap_or(entry).trim().to_owned()
}
