//! What is wrong with a `scrubin.toml` (or a `deviations.toml`), and where.

use std::fmt;

use crate::finding::Severity;

/// A place in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the caller named it.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// 1-based column in Unicode scalars.
    pub column: u32,
    /// The whole line, for showing with a caret under `column`.
    pub text: String,
}

impl Place {
    /// The place of the byte `offset` in `text`. An offset past the end means the end.
    pub(crate) fn at(path: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            path: path.to_owned(),
            line: count(before.matches('\n').count() + 1),
            column: count(before.get(line_start..).unwrap_or("").chars().count() + 1),
            text: text
                .get(line_start..)
                .and_then(|rest| rest.lines().next())
                .unwrap_or("")
                .to_owned(),
        }
    }

    /// The line with a caret under the column, two lines without a final newline.
    pub fn snippet(&self) -> String {
        let blank: String = self
            .text
            .chars()
            .take(self.column.saturating_sub(1) as usize)
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        format!("{}\n{blank}^", self.text)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A configuration that cannot be used. The caller ends with exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    /// Where.
    pub place: Box<Place>,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Not TOML, a value of the wrong type, or a word that is none of the known ones.
    #[error("{0}")]
    Value(String),
    /// A key nobody knows.
    #[error("unknown key `{key}` in {table}{}", did_you_mean(nearest.as_deref()))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// `[check]`, or `the top level`.
        table: String,
        /// The nearest key that exists there.
        nearest: Option<String>,
    },
    /// A rule nobody knows.
    #[error("unknown rule `{name}`{}", did_you_mean(nearest.as_deref()))]
    UnknownRule {
        /// The name as written.
        name: String,
        /// The nearest code or slug.
        nearest: Option<String>,
    },
    /// A severity lowered without saying why.
    #[error(
        "`{name}` is lowered from {}{} to {} without a reason: add `reason = \"...\"`",
        from.as_str(), asked_for(because), to.as_str()
    )]
    LoweredWithoutReason {
        /// The rule.
        name: String,
        /// The rule's own severity, or that of the profile.
        from: Severity,
        /// The facts of the profile that ask for it; empty if it is the rule's own.
        because: Vec<&'static str>,
        /// The severity asked for.
        to: Severity,
    },
    /// A rule turned off without saying why, that the profile makes more of than it is by itself.
    #[error(
        "`{name}` is turned off without a reason{}: write `rules.\"{name}\".enabled = false` with a `reason`",
        asked_for(because)
    )]
    DisabledWithoutReason {
        /// The rule.
        name: String,
        /// The facts of the profile that ask for it.
        because: Vec<&'static str>,
    },
    /// A level below the computed one without saying why.
    #[error(
        "the level is lowered from {} ({because}) to {} without a reason: add `level-reason = \"...\"`",
        from.as_str(), to.as_str()
    )]
    LevelWithoutReason {
        /// The computed level.
        from: super::profile::Level,
        /// The level asked for.
        to: super::profile::Level,
        /// Why the facts give the computed one.
        because: String,
    },
}

/// The facts behind a severity, in brackets.
fn asked_for(because: &[&'static str]) -> String {
    if because.is_empty() {
        String::new()
    } else {
        format!(" (the profile: {})", because.join("; "))
    }
}

/// The end of a message that names the nearest word.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_scalars_from_one() {
        let text = "a = 1\nß = \"x\"\r\n";
        assert_eq!(Place::at("f", text, 0).to_string(), "f:1:1");
        let second = Place::at("f", text, text.find('=').map_or(0, |at| at + 7));
        assert_eq!((second.line, second.column), (2, 3));
        assert_eq!(second.text, "ß = \"x\"");
        assert_eq!(second.snippet(), "ß = \"x\"\n  ^");
        assert_eq!(Place::at("f", "", 9).to_string(), "f:1:1");
        assert_eq!(Place::at("f", "a\n", 2).to_string(), "f:2:1");
    }
}
