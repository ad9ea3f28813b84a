//! A rule as the pattern engine takes it: its text parts are still text.

use serde::{Deserialize, Serialize};

use super::info::RuleInfo;
use super::taint::Taint;

/// 1-based line and column in the rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct At {
    /// 1-based line.
    pub line: u32,
    /// 1-based column.
    pub column: u32,
}

/// A text of the rule file with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub at: At,
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Formula {
    /// Code.
    Pattern(Text),
    /// A regular expression over the text of the file.
    Regex(Text),
    /// Any of these.
    Either(Vec<Formula>),
    /// All of these.
    All(Box<Conjunction>),
}

/// How a rule finds what it reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// By patterns over the text and its syntax.
    Patterns(Formula),
    /// By the analysis of that name over the meaning of each function.
    Analysis(Text),
    /// By the values that get from a source to a sink.
    Taint(Box<Taint>),
}

impl Search {
    /// The name of the analysis, if it is one.
    pub fn analysis(&self) -> Option<&str> {
        match self {
            Self::Patterns(_) | Self::Taint(_) => None,
            Self::Analysis(name) => Some(&name.text),
        }
    }
}

/// The parts of `patterns:`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conjunction {
    /// `pattern`, `pattern-either`, `patterns`, `pattern-regex`.
    pub positives: Vec<Formula>,
    /// `pattern-inside`.
    pub insides: Vec<Formula>,
    /// `pattern-not`.
    pub nots: Vec<Formula>,
    /// `pattern-not-inside`.
    pub not_insides: Vec<Formula>,
    /// `pattern-not-regex`.
    pub not_regexes: Vec<Text>,
    /// `metavariable-*`.
    pub conditions: Vec<Condition>,
    /// `focus-metavariable`: each entry is a list of alternatives' names.
    pub focus: Vec<Vec<Text>>,
}

/// A filter on what a metavariable is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The bound text matches from its start.
    Regex {
        /// The metavariable, with `$`.
        metavariable: Text,
        /// The regular expression.
        regex: Text,
    },
    /// The bound code matches a formula.
    Pattern {
        /// The metavariable, with `$`.
        metavariable: Text,
        /// Another language to read the bound text in.
        language: Option<Text>,
        /// What it must match.
        formula: Formula,
    },
    /// A comparison of bound values is true.
    Comparison {
        /// Python-like expression.
        comparison: Text,
        /// Base of bound numbers.
        base: Option<u32>,
        /// Whether quotes are stripped from bound strings.
        strip: bool,
    },
    /// An analyser says yes.
    Analysis {
        /// The metavariable, with `$`.
        metavariable: Text,
        /// Which analyser.
        analyzer: Analyzer,
    },
}

/// Analysers of `metavariable-analysis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Analyzer {
    /// The string looks random.
    Entropy,
    /// The regular expression can take exponential time.
    Redos,
}

/// Files a rule runs on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PathFilter {
    /// If not empty, one of these globs must match.
    pub include: Vec<String>,
    /// None of these globs may match.
    pub exclude: Vec<String>,
}

/// Semgrep's `options` with an effect here; `None` is Semgrep's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleOptions {
    /// `ac_matching`
    pub ac_matching: Option<bool>,
    /// `commutative_boolop`
    pub commutative_boolop: Option<bool>,
    /// `symmetric_eq`
    pub symmetric_eq: Option<bool>,
    /// `vardef_assign`
    pub vardef_assign: Option<bool>,
    /// `go_deeper_stmt`
    pub go_deeper_stmt: Option<bool>,
    /// `go_deeper_expr`
    pub go_deeper_expr: Option<bool>,
    /// `implicit_deep_exprstmt`
    pub implicit_deep_exprstmt: Option<bool>,
    /// `constant_propagation`
    pub constant_propagation: Option<bool>,
    /// `generic_ellipsis_max_span`: lines an ellipsis may span in generic mode.
    pub generic_ellipsis_max_span: Option<u32>,
}

/// `fix-regex`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixRegex {
    /// What to replace in the matched text.
    pub regex: Text,
    /// With `\1` for groups.
    pub replacement: String,
    /// At most how many times; `None` is every time.
    pub count: Option<u32>,
}

/// A validated rule, patterns not yet compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What people are told.
    pub info: RuleInfo,
    /// Where the rule begins in its file.
    pub at: At,
    /// What it looks for.
    pub search: Search,
    /// On which files.
    pub paths: PathFilter,
    /// With which options.
    pub options: RuleOptions,
    /// Replacement text with metavariables.
    pub fix: Option<Text>,
    /// Replacement by regular expression.
    pub fix_regex: Option<FixRegex>,
}
