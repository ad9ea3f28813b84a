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
}

/// Every analysis, by name. A test compares the list with the built-in rules, both ways.
pub const ANALYSES: &[AnalysisInfo] = &[AnalysisInfo {
    name: "large-stack-frame",
    languages: &[Language::C],
    about: "automatic objects of a function that together need more stack than a task has",
}];

/// The analysis of that name.
pub fn find(name: &str) -> Option<&'static AnalysisInfo> {
    ANALYSES.iter().find(|analysis| analysis.name == name)
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
            assert!(find(analysis.name).is_some() && !analysis.languages.is_empty());
        }
    }
}
