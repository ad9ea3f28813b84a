//! The analyses there are: what a rule file may name.

use crate::syntax::Language;

/// An analysis that a rule may name with `analysis: {name: NAME}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalysisInfo {
    /// The name, in lower case with hyphens.
    pub name: &'static str,
    /// The languages it reads.
    pub languages: &'static [Language],
    /// What it finds, in one line.
    pub about: &'static str,
    /// What runs it.
    pub(super) part: Part,
}

/// The parts of the engine that run analyses; each runs all of its own at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Sums of locals.
    Frames,
    /// The abstract interpreter.
    Interpreter,
    /// Typed guards.
    Guards,
    /// Analyses of Rust.
    Rust,
}

const fn c(part: Part, name: &'static str, about: &'static str) -> AnalysisInfo {
    AnalysisInfo {
        name,
        languages: &[Language::C],
        about,
        part,
    }
}

const fn rust(part: Part, name: &'static str, about: &'static str) -> AnalysisInfo {
    AnalysisInfo {
        name,
        languages: &[Language::Rust],
        about,
        part,
    }
}

/// Every analysis, by name. A test compares the list with the built-in rules, both ways.
pub const ANALYSES: &[AnalysisInfo] = &[c(
    Part::Frames,
    "large-stack-frame",
    "automatic objects of a function that together need more stack than a task has",
)];

/// The analysis of that name.
pub fn find(name: &str) -> Option<&'static AnalysisInfo> {
    ANALYSES
        .binary_search_by_key(&name, |analysis| analysis.name)
        .ok()
        .and_then(|index| ANALYSES.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        for pair in ANALYSES.windows(2) {
            if let [one, next] = pair {
                assert!(one.name < next.name, "{} {}", one.name, next.name);
            }
        }
        for analysis in ANALYSES {
            assert_eq!(find(analysis.name), Some(analysis));
            assert!(!analysis.languages.is_empty() && !analysis.about.is_empty());
        }
    }
}
