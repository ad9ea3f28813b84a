//! What people are told about a rule.

use serde::{Deserialize, Serialize};

use crate::finding::{FixSafety, Precision, RuleId, RuleStatus, Severity};

/// A language a rule file may name and scrubin has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleLanguage {
    /// C, headers included.
    C,
    /// Rust.
    Rust,
    /// Any text, matched token by token.
    Generic,
    /// Any text, matched by regular expressions alone.
    Regex,
}

impl RuleLanguage {
    /// The word rule files use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Rust => "rust",
            Self::Generic => "generic",
            Self::Regex => "regex",
        }
    }
}

/// Whether an example shows the defect or the repaired code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExampleKind {
    /// The rule reports on the marked lines.
    Bad,
    /// All rules of the language stay silent.
    Good,
}

/// One example of a rule: its test, part of its page, its quiz.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Bad or good.
    pub kind: ExampleKind,
    /// The code with its `ruleid:` / `ok:` markers.
    pub code: String,
    /// File name the example pretends to have, where it matters (`Cargo.toml`).
    pub path: Option<String>,
    /// The code before the change, for rules that compare with it.
    pub base: Option<String>,
    /// The code after the rule's edits, of a bad example of a rule that has one.
    pub fixed: Option<String>,
}

/// Everything about a rule but how it matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// Permanent code, or the id of a user's rule.
    pub id: RuleId,
    /// Readable name; empty for users' rules without one.
    pub slug: String,
    /// Former slugs that still work.
    pub aliases: Vec<String>,
    /// The languages it runs for.
    pub languages: Vec<RuleLanguage>,
    /// Harm if true.
    pub severity: Severity,
    /// Chance to be true.
    pub precision: Precision,
    /// Whether it may block.
    pub status: RuleStatus,
    /// Semantic version of the rule; empty for users' rules without one.
    pub version: String,
    /// The effect in one sentence, with metavariables.
    pub message: String,
    /// CWE ids (`CWE-787`), the primary one first.
    pub cwe: Vec<String>,
    /// CERT C rule numbers.
    pub cert_c: Vec<String>,
    /// MISRA C:2012 rule and directive numbers.
    pub misra_c_2012: Vec<String>,
    /// Lesson key, shared by the rules of one weakness.
    pub lesson: String,
    /// Why it matters, in device terms.
    pub why: String,
    /// What to do about it.
    pub how_to_fix: String,
    /// When it is wrong, and how a reader tells.
    pub false_positive: String,
    /// Public incidents of this weakness, by their ids (`CVE-2021-12345`).
    pub incidents: Vec<String>,
    /// Its tests, page and quiz.
    pub examples: Vec<Example>,
    /// Pages that say more.
    pub references: Vec<String>,
    /// How safe the rule's edit is, where it has one.
    pub fix_safety: Option<FixSafety>,
    /// Whether it rests on code that is not there ("never checked", "never freed"): then it stays
    /// silent in a function that was not understood as a whole.
    pub argues_from_absence: bool,
    /// Whether one function has one finding with the same message: the first, as the others follow
    /// from it.
    pub once_per_function: bool,
    /// The analysis that finds it; `None` for a rule of patterns.
    pub analysis: Option<String>,
    /// Rules that say less about the same place: their findings there are left out.
    pub supersedes: Vec<RuleId>,
    /// Whether it ships with scrubin.
    pub builtin: bool,
}

impl RuleInfo {
    /// Whether `name` is the rule's id, slug or a former slug.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.as_str() == name
            || (!self.slug.is_empty() && self.slug == name)
            || self.aliases.iter().any(|alias| alias == name)
    }
}
