//! YAML text → rules.

use serde_saphyr::Spanned;

use super::error::RuleError;
use super::format::{OptionsYaml, RuleFile, RuleYaml};
use super::info::RuleLanguage;
use super::rule::{At, FixRegex, Formula, PathFilter, Rule, RuleOptions, Search, Text};
use crate::finding::{RuleId, Severity};

/// What a rule file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rules that run for at least one language we have.
    pub rules: Vec<Rule>,
    /// Ids of rules for other languages alone, with those languages.
    pub foreign: Vec<(String, Vec<String>)>,
}

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
pub(super) fn language(word: &str) -> Option<RuleLanguage> {
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

pub(super) fn place<T>(spanned: &Spanned<T>) -> At {
    At {
        line: number(spanned.referenced.line()),
        column: number(spanned.referenced.column()),
    }
}

pub(super) fn text(spanned: &Spanned<String>) -> Text {
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

/// Reads one rule file; `operators.rs` and `metadata.rs` hold the parts of its work.
pub(super) struct Reader<'r> {
    name: &'r str,
    source: &'r str,
    pub(super) builtin: bool,
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

    pub(super) fn error(&self, at: At, message: impl Into<String>) -> RuleError {
        RuleError::new(self.name, self.source, at, message)
    }

    fn rule(
        &self,
        mut rule: RuleYaml,
        at: At,
        languages: Vec<RuleLanguage>,
    ) -> Result<Rule, RuleError> {
        let is_taint = self.is_taint(&rule)?;
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
        let search = if is_taint {
            self.no_text_languages(&rule, &languages, "taint rules follow values in")?;
            Search::Taint(Box::new(self.taint(&mut rule, at)?))
        } else {
            self.search(&mut rule, &id, at, &languages)?
        };
        let metadata_at = rule.metadata.as_ref().map_or(at, place);
        let metadata = rule
            .metadata
            .map(|spanned| spanned.value)
            .unwrap_or_default();
        let mut info = self.info(
            id,
            languages,
            severity,
            rule.message.value,
            metadata,
            metadata_at,
        )?;
        info.analysis = search.analysis().map(str::to_owned);
        let fix_regex = rule.fix_regex.map(|spanned| FixRegex {
            regex: text(&spanned.value.regex),
            replacement: spanned.value.replacement,
            count: spanned.value.count,
        });
        let paths = rule.paths.unwrap_or_default();
        Ok(Rule {
            info,
            at,
            search,
            paths: PathFilter {
                include: paths.include,
                exclude: paths.exclude,
            },
            options: self.options(rule.options.as_ref().map(|options| &options.value)),
            fix: rule.fix.as_ref().map(text),
            fix_regex,
        })
    }

    /// Refuses languages that have no functions, for rules that read those.
    fn no_text_languages(
        &self,
        rule: &RuleYaml,
        languages: &[RuleLanguage],
        what: &str,
    ) -> Result<(), RuleError> {
        let of_text =
            |&one: &RuleLanguage| matches!(one, RuleLanguage::Generic | RuleLanguage::Regex);
        if languages.iter().any(of_text) {
            let message = format!("{what} functions of C and Rust, no other text");
            return Err(self.error(place(&rule.languages), message));
        }
        Ok(())
    }

    /// What the rule looks for: exactly one of the pattern operators, or an analysis.
    fn search(
        &self,
        rule: &mut RuleYaml,
        id: &RuleId,
        at: At,
        languages: &[RuleLanguage],
    ) -> Result<Search, RuleError> {
        let mut formulas = Vec::new();
        if let Some(pattern) = &rule.pattern {
            formulas.push(Formula::Pattern(text(pattern)));
        }
        if let Some(patterns) = rule.patterns.take() {
            formulas.push(self.conjunction(&patterns.value, place(&patterns), 0)?);
        }
        if let Some(either) = rule.pattern_either.take() {
            formulas.push(self.either(&either.value, 0)?);
        }
        if let Some(regex) = &rule.pattern_regex {
            formulas.push(Formula::Regex(text(regex)));
        }
        if let Some(analysis) = &rule.analysis {
            if !formulas.is_empty() {
                let message = "a rule has an `analysis` or pattern operators, not both";
                return Err(self
                    .error(place(analysis), message)
                    .with_help("make two rules of it"));
            }
            if let Some(fix) = &rule.fix_regex {
                let message = "an analysis binds no text that `fix-regex` could change";
                return Err(self.error(place(fix), message));
            }
            self.no_text_languages(rule, languages, "analyses read")?;
            return Ok(Search::Analysis(text(&analysis.value.name)));
        }
        match (formulas.pop(), formulas.is_empty()) {
            (Some(formula), true) => Ok(Search::Patterns(formula)),
            (None, _) => Err(self
                .error(at, format!("rule `{id}` looks for nothing"))
                .with_help(
                    "add `pattern`, `patterns`, `pattern-either`, `pattern-regex` or `analysis`",
                )),
            (Some(_), false) => Err(self
                .error(at, format!("rule `{id}` has several top-level operators"))
                .with_help("put them under one `patterns` or `pattern-either`")),
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
