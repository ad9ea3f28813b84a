//! What other tools found: their files to results. Pure.
//!
//! SARIF 2.1.0 of any tool, the YAML that `clang-tidy --export-fixes` writes, and the messages of
//! `cargo --message-format=json`. What a file says is kept as it is; where its paths lie, and which
//! text stands there, is known only to the review (`review`'s `imported`).

mod cargo;
mod clang_tidy;
mod place;
mod sarif;
mod text;
mod weakness;

use std::sync::Arc;

use crate::finding::{RuleId, Severity};

pub use place::{ForeignPlace, Region, is_absolute, normal_path};
pub use weakness::{family, weaknesses};

/// Largest file that is read, in bytes.
pub const FILE_BYTES: u64 = 256 * 1024 * 1024;

/// Most results of one file.
pub const RESULTS: usize = 200_000;

/// Most related places, and most steps of a path, that are kept of a result; the rest is counted.
pub(crate) const PLACES: usize = 50;

/// The tool that a result is from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tool {
    /// Short name, in lower case, as rules are prefixed with it: `cppcheck`, `clang-tidy`, `clippy`.
    pub name: String,
    /// Its version; empty where the file does not say.
    pub version: String,
}

impl Tool {
    /// `cppcheck 2.17.1`, or the name alone.
    pub fn titled(&self) -> String {
        if self.version.is_empty() {
            self.name.clone()
        } else {
            format!("{} {}", self.name, self.version)
        }
    }
}

/// A rule of another tool, as far as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignRule {
    /// Its own name for the rule (`nullPointer`).
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// More than that.
    pub description: String,
    /// What to do about it.
    pub help: String,
    /// A page about it.
    pub address: String,
    /// CWE ids (`CWE-476`), the primary one first.
    pub cwe: Vec<String>,
}

/// A place with a text about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where.
    pub place: ForeignPlace,
    /// Why it is named.
    pub message: String,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignResult {
    /// `TOOL/RULE`.
    pub rule: RuleId,
    /// Index in [`Imported::rules`].
    pub described: usize,
    /// As the tool or its rule says.
    pub severity: Severity,
    /// What the tool says.
    pub message: String,
    /// Where; `None` where it names no place in a file.
    pub place: Option<ForeignPlace>,
    /// Further places.
    pub related: Vec<Mention>,
    /// The path that leads there.
    pub trace: Vec<Mention>,
    /// Why somebody suppressed it, in the tool's own way.
    pub suppressed: Option<String>,
    /// Whether the tool itself calls it no finding (`kind: pass`).
    pub is_passed: bool,
}

/// What one run of a tool found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Name of the file, for messages.
    pub file: String,
    /// The tool.
    pub tool: Arc<Tool>,
    /// Its rules that have results.
    pub rules: Vec<ForeignRule>,
    /// Its results, in the order of the file.
    pub results: Vec<ForeignResult>,
    /// Why the tool did not come to its end, where the file says so: there may be more to find.
    pub unfinished: Option<String>,
}

/// A file that cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`{at}: {problem}")]
pub struct ImportError {
    /// The file.
    pub file: String,
    /// Line and column, or the JSON pointer, of the problem, with ` at ` before; empty for the whole
    /// file.
    pub at: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: Option<String>,
}

impl ImportError {
    fn new(file: &str, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            at: String::new(),
            problem: problem.into(),
            help: None,
        }
    }

    fn at(mut self, place: &str) -> Self {
        self.at = format!(" at {place}");
        self
    }

    fn with_help(mut self, help: &str) -> Self {
        self.help = Some(help.to_owned());
        self
    }
}

/// Reads a file, whatever of the known formats it is in; one entry for each run it holds.
///
/// # Errors
/// [`ImportError`].
pub fn read(file: &str, bytes: &[u8]) -> Result<Vec<Imported>, ImportError> {
    let text = text::decode(file, bytes)?;
    let start = text.trim_start();
    if start.is_empty() {
        return Err(ImportError::new(file, "it is empty")
            .with_help("did the tool write its report to another stream? cppcheck writes to stderr unless it is given --output-file"));
    }
    if start.starts_with('<') {
        return Err(ImportError::new(file, "it is XML").with_help(
            "of cppcheck take `--output-format=sarif` (2.16 and newer); other tools have converters to SARIF",
        ));
    }
    if start.starts_with('{') || start.starts_with('[') {
        if cargo::is_messages(start) {
            return cargo::read(file, &text);
        }
        return sarif::read(file, &text);
    }
    if clang_tidy::is_export(start) {
        return clang_tidy::read(file, &text);
    }
    Err(ImportError::new(file, "it is in no format that is known").with_help(
        "SARIF 2.1.0, the YAML of `clang-tidy --export-fixes=FILE`, or `cargo clippy --message-format=json`",
    ))
}

/// `TOOL/RULE`, with `-` in the place of characters that a rule id cannot have.
fn rule_id(tool: &str, rule: &str) -> Option<RuleId> {
    let clean = |text: &str| -> String {
        let good = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
        text.chars()
            .map(|c| if good(c) { c } else { '-' })
            .collect()
    };
    // clippy-sarif keeps the name of the tool in front.
    let rule = rule.strip_prefix(&format!("{tool}::")).unwrap_or(rule);
    RuleId::parse(&format!("{}/{}", clean(tool), clean(rule))).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_cannot_be_read_says_what_to_do() {
        let told = |bytes: &[u8]| {
            let error = read("r.sarif", bytes).unwrap_err();
            format!("{error} ({})", error.help.as_deref().unwrap_or_default())
        };
        assert!(told(b" \n").contains("`r.sarif`: it is empty"));
        assert!(told(b"<?xml version=\"1.0\"?>").contains("--output-format=sarif"));
        assert!(told(b"src/a.c:1:2: warning: x").contains("--export-fixes"));
        assert!(told(b"{\"version\": \"2.1.0\", ").contains("line 1"));
        assert!(told(b"\xff\xfe\x00").contains("UTF-16"));
    }

    #[test]
    fn ids_have_the_tool_in_front() {
        let id = |tool, rule| rule_id(tool, rule).unwrap().to_string();
        assert_eq!(id("cppcheck", "nullPointer"), "cppcheck/nullPointer");
        assert_eq!(id("gcc", "-Wformat=2"), "gcc/-Wformat-2");
        assert_eq!(id("my tool", "a b"), "my-tool/a-b");
    }
}
