//! A compiled rule: plain data that the build script can write down.

use serde::{Deserialize, Serialize};

use super::features::Feature;
use super::generic::GenericPattern;
use super::matcher::Options;
use super::pattern::{MetaId, Pattern};
use super::regex::Regex;
use super::taint::TaintForm;
use crate::rules::{Analyzer, PathFilter, RuleLanguage};

/// A compiled rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Program {
    /// Names of its metavariables in the order of their numbers.
    pub metas: Vec<String>,
    /// What it looks for, per language.
    pub forms: Vec<Form>,
    /// On which files.
    pub paths: PathFilter,
    /// With which options.
    pub options: Options,
    /// Replacement text with metavariables.
    pub fix: Option<String>,
    /// Replacement by regular expression: expression, replacement, most replacements.
    pub fix_regex: Option<(Regex, String, Option<u32>)>,
}

/// A rule's formula in one language.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Form {
    /// The language.
    pub language: RuleLanguage,
    /// The formula.
    pub formula: Node,
    /// What a file must hold for a match: one feature of each list.
    pub clauses: Vec<Vec<Feature>>,
    /// Of a taint rule: what the alternatives that the formula consists of stand for.
    pub taint: Option<TaintForm>,
}

/// A part of a formula. `id` numbers the parts of one form, for results kept between uses.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Node {
    /// Number within the form.
    pub id: u32,
    /// What it is.
    pub op: Op,
}

/// What a part of a formula does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Op {
    /// Code.
    Pattern(Box<Pattern>),
    /// Text, token by token.
    Generic(GenericPattern),
    /// Text, by regular expression.
    Regex(Box<Regex>),
    /// Any of these.
    Either(Vec<Node>),
    /// All of these.
    All(Box<All>),
}

impl Node {
    /// Whether something in it takes matches away: a search that was cut may then have kept what it would
    /// have taken.
    pub(super) fn excludes(&self) -> bool {
        match &self.op {
            Op::Pattern(_) | Op::Generic(_) | Op::Regex(_) => false,
            Op::Either(parts) => parts.iter().any(Self::excludes),
            Op::All(all) => {
                !(all.nots.is_empty() && all.not_insides.is_empty() && all.not_regexes.is_empty())
                    || all.positives.iter().chain(&all.insides).any(Self::excludes)
            }
        }
    }
}

/// The parts of a conjunction.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct All {
    pub(super) positives: Vec<Node>,
    pub(super) insides: Vec<Node>,
    pub(super) nots: Vec<Node>,
    pub(super) not_insides: Vec<Node>,
    pub(super) not_regexes: Vec<Regex>,
    pub(super) conditions: Vec<Test>,
    pub(super) focus: Vec<Vec<MetaId>>,
}

/// A compiled condition on a metavariable.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Test {
    /// Its text matches from the start; further groups bind.
    Regex(MetaId, Box<Regex>),
    /// Its code matches.
    Pattern(MetaId, Node),
    /// A comparison of several; text, base, strip.
    Comparison(super::comparison::Comparison),
    /// An analyser says yes.
    Analysis(MetaId, Analyzer),
}
