//! A validated rule → a compiled one.

use super::comparison::Comparison;
use super::compile::{Compiler, MetaNames};
use super::generic::GenericPattern;
use super::matcher::Options;
use super::needs;
use super::pattern::MetaId;
use super::program::{All, Form, Node, Op, Program, Test};
use super::regex::Regex;
use super::taint::TaintForm;
use super::template;
use crate::rules::{
    At, Condition, Conjunction, Formula, Rule, RuleLanguage, RuleOptions, Search, Text,
};
use crate::syntax::Language;

/// Why a rule cannot run, with its place in the rule file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// Where.
    pub at: At,
    /// What is wrong.
    pub message: String,
}

/// Compiles the patterns and expressions of a rule.
///
/// # Errors
/// The first pattern, expression or metavariable that is none.
pub fn compile(compiler: &mut Compiler, rule: &Rule) -> Result<Program, CompileError> {
    let mut metas = MetaNames::default();
    let mut forms = Vec::with_capacity(rule.info.languages.len());
    for &language in &rule.info.languages {
        let mut work = Work {
            compiler,
            metas: &mut metas,
            language,
            nodes: 0,
            options: rule.options,
        };
        match &rule.search {
            Search::Patterns(formula) => {
                let formula = work.node(formula)?;
                forms.push(form(language, formula, None));
            }
            Search::Taint(taint) => {
                let (formula, taint) = work.taint(taint)?;
                forms.push(form(language, formula, Some(taint)));
            }
            // What an analysis finds needs no form: its defects name the rule's metavariables
            // themselves.
            Search::Analysis(_) => {}
        }
    }
    let fix_regex = match &rule.fix_regex {
        Some(fix) => Some((
            Regex::edit(&fix.regex.text).map_err(|message| no_regex(&fix.regex, &message))?,
            fix.replacement.clone(),
            fix.count,
        )),
        None => None,
    };
    Ok(Program {
        metas: metas.into_names(),
        forms,
        paths: rule.paths.clone(),
        options: options(rule.options),
        fix: fix(rule)?,
        fix_regex,
    })
}

/// A formula with what a file must hold for a match of it.
fn form(language: RuleLanguage, formula: Node, taint: Option<TaintForm>) -> Form {
    let mut clauses = Vec::new();
    match (&taint, &formula.op) {
        // There must be a source and a sink.
        (Some(taint), Op::Either(parts)) => taint.clauses(parts, &mut clauses),
        _ => needs::clauses(&formula, &mut clauses),
    }
    clauses.sort_unstable();
    clauses.dedup();
    Form {
        language,
        formula,
        clauses,
        taint,
    }
}

/// The template of the fix. In text that is no code of C or Rust a dollar may mean what it says.
fn fix(rule: &Rule) -> Result<Option<String>, CompileError> {
    let Some(fix) = &rule.fix else {
        return Ok(None);
    };
    let is_code =
        |language: &RuleLanguage| matches!(language, RuleLanguage::C | RuleLanguage::Rust);
    // An analysis binds names of its own; its findings carry no template.
    let name = match &rule.search {
        Search::Patterns(formula) => template::unbound(&fix.text, &[formula]),
        Search::Taint(taint) => {
            let parts = taint.sources.iter().chain(&taint.sinks);
            let formulas: Vec<&Formula> = parts.map(|part| &part.formula).collect();
            template::unbound(&fix.text, &formulas)
        }
        Search::Analysis(_) => None,
    };
    if rule.info.languages.iter().any(is_code)
        && let Some(name) = name
    {
        return Err(CompileError {
            at: fix.at,
            message: format!("`fix` names `{name}`, which is bound by no pattern of this rule"),
        });
    }
    Ok(Some(fix.text.clone()))
}

fn options(given: RuleOptions) -> Options {
    let default = Options::default();
    Options {
        ac_matching: given.ac_matching.unwrap_or(default.ac_matching),
        commutative_boolop: given
            .commutative_boolop
            .unwrap_or(default.commutative_boolop),
        symmetric_eq: given.symmetric_eq.unwrap_or(default.symmetric_eq),
        vardef_assign: given.vardef_assign.unwrap_or(default.vardef_assign),
        go_deeper_stmt: given.go_deeper_stmt.unwrap_or(default.go_deeper_stmt),
        go_deeper_expr: given.go_deeper_expr.unwrap_or(default.go_deeper_expr),
        implicit_deep_exprstmt: given
            .implicit_deep_exprstmt
            .unwrap_or(default.implicit_deep_exprstmt),
        constant_propagation: given
            .constant_propagation
            .unwrap_or(default.constant_propagation),
    }
}

fn searched(text: &Text) -> Result<Regex, CompileError> {
    Regex::searched(&text.text).map_err(|message| no_regex(text, &message))
}

fn no_regex(text: &Text, message: &str) -> CompileError {
    CompileError {
        at: text.at,
        message: format!("`{}` is no regular expression: {message}", text.text),
    }
}

/// The formulas of one form in the making.
pub(super) struct Work<'w> {
    compiler: &'w mut Compiler,
    metas: &'w mut MetaNames,
    language: RuleLanguage,
    /// Parts so far.
    pub(super) nodes: u32,
    options: RuleOptions,
}

impl Work<'_> {
    pub(super) fn node(&mut self, formula: &Formula) -> Result<Node, CompileError> {
        let id = self.nodes;
        self.nodes += 1;
        let op = match formula {
            Formula::Pattern(text) => self.pattern(text)?,
            Formula::Regex(text) => Op::Regex(Box::new(self.binding_regex(text, true)?)),
            Formula::Either(formulas) => Op::Either(self.nodes(formulas)?),
            Formula::All(all) => Op::All(Box::new(self.all(all)?)),
        };
        Ok(Node { id, op })
    }

    fn nodes(&mut self, formulas: &[Formula]) -> Result<Vec<Node>, CompileError> {
        formulas.iter().map(|formula| self.node(formula)).collect()
    }

    fn pattern(&mut self, text: &Text) -> Result<Op, CompileError> {
        let failed = |error: super::compile::PatternError| CompileError {
            at: text.at,
            message: format!("bad pattern: {error}"),
        };
        let language = match self.language {
            RuleLanguage::C => Language::C,
            RuleLanguage::Rust => Language::Rust,
            RuleLanguage::Generic => {
                let lines = self.options.generic_ellipsis_max_span;
                return GenericPattern::new(&text.text, lines, self.metas)
                    .map(Op::Generic)
                    .map_err(failed);
            }
            RuleLanguage::Regex => {
                return Err(CompileError {
                    at: text.at,
                    message: "language `regex` has no code patterns; use `pattern-regex`"
                        .to_owned(),
                });
            }
        };
        self.compiler
            .compile(&text.text, language, self.metas)
            .map(|pattern| Op::Pattern(Box::new(pattern)))
            .map_err(failed)
    }

    /// An expression whose groups bind `$1`, `$2`, ... and `$NAME`.
    fn binding_regex(&mut self, text: &Text, whole_text: bool) -> Result<Regex, CompileError> {
        let mut compiled = if whole_text {
            searched(text)?
        } else {
            Regex::anchored(&text.text).map_err(|message| no_regex(text, &message))?
        };
        for (number, name) in compiled.group_names().into_iter().enumerate().skip(1) {
            let name = match name {
                Some(name) => format!("${name}"),
                None => format!("${number}"),
            };
            let id = self.metas.intern(&name).map_err(|error| CompileError {
                at: text.at,
                message: error.to_string(),
            })?;
            compiled
                .groups
                .push((u16::try_from(number).unwrap_or(u16::MAX), id));
        }
        Ok(compiled)
    }

    fn all(&mut self, all: &Conjunction) -> Result<All, CompileError> {
        let mut compiled = All {
            positives: self.nodes(&all.positives)?,
            insides: self.nodes(&all.insides)?,
            nots: self.nodes(&all.nots)?,
            not_insides: self.nodes(&all.not_insides)?,
            not_regexes: all
                .not_regexes
                .iter()
                .map(searched)
                .collect::<Result<_, _>>()?,
            ..All::default()
        };
        for condition in &all.conditions {
            let test = self.condition(condition)?;
            compiled.conditions.push(test);
        }
        for names in &all.focus {
            let ids = names
                .iter()
                .map(|name| self.meta(name))
                .collect::<Result<Vec<_>, _>>()?;
            compiled.focus.push(ids);
        }
        Ok(compiled)
    }

    fn condition(&mut self, condition: &Condition) -> Result<Test, CompileError> {
        Ok(match condition {
            Condition::Regex {
                metavariable,
                regex,
            } => {
                let id = self.meta(metavariable)?;
                Test::Regex(id, Box::new(self.binding_regex(regex, false)?))
            }
            Condition::Pattern {
                metavariable,
                language,
                formula,
            } => {
                let id = self.meta(metavariable)?;
                let outer = self.language;
                if let Some(word) = language {
                    self.language = match word.text.as_str() {
                        "c" => RuleLanguage::C,
                        "rust" => RuleLanguage::Rust,
                        "generic" => RuleLanguage::Generic,
                        _ => RuleLanguage::Regex,
                    };
                }
                let node = self.node(formula);
                self.language = outer;
                Test::Pattern(id, node?)
            }
            Condition::Comparison {
                comparison,
                base,
                strip,
            } => {
                let compiled = Comparison::new(&comparison.text, *base, *strip, self.metas);
                Test::Comparison(compiled.map_err(|message| CompileError {
                    at: comparison.at,
                    message: format!("bad comparison: {message}"),
                })?)
            }
            Condition::Analysis {
                metavariable,
                analyzer,
            } => Test::Analysis(self.meta(metavariable)?, *analyzer),
        })
    }

    /// A metavariable that some pattern before this use binds.
    pub(super) fn meta(&mut self, name: &Text) -> Result<MetaId, CompileError> {
        self.metas.find(&name.text).ok_or_else(|| CompileError {
            at: name.at,
            message: format!("`{}` is bound by no pattern of this rule", name.text),
        })
    }
}
