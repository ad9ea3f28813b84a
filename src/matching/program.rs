//! A compiled rule: plain data that the build script can write down.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::generic::GenericPattern;
use super::literal::literals;
use super::matcher::Options;
use super::pattern::{MetaId, Pattern};
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
    /// Names a file must hold for a match: one of each list.
    pub clauses: Vec<Vec<String>>,
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
    Regex(Regex),
    /// Any of these.
    Either(Vec<Node>),
    /// All of these.
    All(Box<All>),
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
    Regex(MetaId, Regex),
    /// Its code matches.
    Pattern(MetaId, Node),
    /// A comparison of several; text, base, strip.
    Comparison(super::comparison::Comparison),
    /// An analyser says yes.
    Analysis(MetaId, Analyzer),
}

/// A regular expression, compiled at its first use.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Regex {
    text: String,
    /// Texts that every match holds.
    literals: Vec<String>,
    /// Groups that bind metavariables: group number, metavariable.
    pub(super) groups: Vec<(u16, MetaId)>,
    #[serde(skip)]
    compiled: OnceLock<Option<fancy_regex::Regex>>,
}

impl Clone for Regex {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            literals: self.literals.clone(),
            groups: self.groups.clone(),
            compiled: OnceLock::new(),
        }
    }
}

impl Regex {
    /// Checks the expression and takes it up. `multi_line`: `^` and `$` match at line ends.
    ///
    /// # Errors
    /// The reason why it is none.
    pub fn new(text: &str, multi_line: bool) -> Result<Self, String> {
        let text = if multi_line {
            format!("(?m){text}")
        } else {
            text.to_owned()
        };
        let compiled = build(&text)?;
        let lock = OnceLock::new();
        let _ = lock.set(Some(compiled));
        Ok(Self {
            literals: literals(&text),
            text,
            groups: Vec::new(),
            compiled: lock,
        })
    }

    /// Whether the text may hold a match. Costs a few plain searches, where compiling the
    /// expression costs as much as parsing a small file.
    pub(super) fn may_match(&self, text: &str) -> bool {
        let holds = |one: &String| memchr::memmem::find(text.as_bytes(), one.as_bytes()).is_some();
        self.literals.iter().all(holds)
    }

    /// The expression; `None` only if a bundle holds one this build cannot compile, which the build
    /// script rules out.
    pub(super) fn get(&self) -> Option<&fancy_regex::Regex> {
        self.compiled
            .get_or_init(|| build(&self.text).ok())
            .as_ref()
    }

    /// Names of its groups, `None` for those with a number alone; group 0 first.
    pub(super) fn group_names(&self) -> Vec<Option<String>> {
        match self.get() {
            Some(regex) => regex
                .capture_names()
                .map(|name| name.map(str::to_owned))
                .collect(),
            None => Vec::new(),
        }
    }
}

/// Limits on the work of one expression: counted, not timed.
fn build(text: &str) -> Result<fancy_regex::Regex, String> {
    fancy_regex::RegexBuilder::new(&ascii(text))
        .backtrack_limit(1_000_000)
        .build()
        .map_err(|error| error.to_string())
}

/// `\w`, `\d` and `\s` as ASCII, which is what they mean to Semgrep (PCRE without UCP). The Unicode
/// classes would also cost most of a hook's time to compile.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let Some(escaped) = rest.next() else {
                    out.push(c);
                    break;
                };
                let class = match escaped.to_ascii_lowercase() {
                    'w' => "0-9A-Za-z_",
                    'd' => "0-9",
                    's' => " \\t\\n\\r\\x0B\\x0C",
                    _ => "",
                };
                let negated = escaped.is_ascii_uppercase();
                if class.is_empty() || (in_class && negated) {
                    out.extend([c, escaped]);
                } else if in_class {
                    out.push_str(class);
                } else {
                    let sign = if negated { "^" } else { "" };
                    out.extend(["[", sign, class, "]"]);
                }
            }
            '[' if !in_class => {
                in_class = true;
                out.push(c);
                // A bracket right after the opening one is a plain character.
                if rest.peek() == Some(&'^') {
                    out.extend(rest.next());
                }
                if rest.peek() == Some(&']') {
                    out.extend(rest.next());
                }
            }
            '[' if rest.peek() == Some(&':') => {
                // `[:alpha:]`: up to its own end.
                out.push(c);
                while let Some(inner) = rest.next() {
                    out.push(inner);
                    if inner == ':' && rest.peek() == Some(&']') {
                        out.extend(rest.next());
                        break;
                    }
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::ascii;

    #[test]
    fn perl_classes_become_ascii_wherever_they_stand() {
        assert_eq!(ascii(r"^\w+\D"), "^[0-9A-Za-z_]+[^0-9]");
        assert_eq!(ascii(r"[\w.\]-]\\w"), r"[0-9A-Za-z_.\]-]\\w");
        assert_eq!(ascii(r"[^]\d][[:alpha:]\d]"), "[^]0-9][[:alpha:]0-9]");
        assert_eq!(ascii(r"[\W]\b"), r"[\W]\b");
    }
}
