//! The mapping in words, for documentation, lists and rationales.

use super::effects::{RuleFacts, is_named};
use super::mapping::{Act, ROWS, Row};
use super::select::Selector;
use crate::finding::{RuleId, Severity};

/// A rule whose severity differs between two settings; `None` = it does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// The rule.
    pub rule: RuleId,
    /// The folder it holds for; empty = the whole repository.
    pub folder: String,
    /// The severity before.
    pub from: Option<Severity>,
    /// The severity after.
    pub to: Option<Severity>,
}

impl Switch {
    /// Whether the rule weighs less than before.
    pub fn is_lowered(&self) -> bool {
        self.to < self.from
    }
}

/// Names of single rules in the table that no rule has, as the table writes them, sorted. Their rows
/// apply as soon as there is such a rule.
pub fn unshipped_names(rules: &[RuleFacts]) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = ROWS
        .iter()
        .flat_map(|row| row.acts)
        .flat_map(|act| act.names())
        .filter(|name| matches!(Selector::parse(name), Some(Selector::Rule { .. })))
        .filter(|name| !rules.iter().any(|rule| is_named(&[name], rule)))
        .copied()
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Act {
    /// The names of rules in it.
    pub fn names(&self) -> &'static [&'static str] {
        match self {
            Self::Raise(names, _)
            | Self::Set(names, _)
            | Self::WarningsToErrors(names)
            | Self::Show(names)
            | Self::WrapsSilently(names)
            | Self::SoupListBut(names)
            | Self::Only(names) => names,
            Self::MediumErrorsBlock | Self::SecondPerson | Self::Checklist => &[],
        }
    }

    /// In words, rules in backquotes.
    pub fn words(&self) -> String {
        let names: Vec<String> = self
            .names()
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        let names = names.join(", ");
        match self {
            Self::Raise(_, to) => format!("at least {}: {names}", to.as_str()),
            Self::Set(_, to) => format!("{}: {names}", to.as_str()),
            Self::WarningsToErrors(_) => format!("warnings become errors: {names}"),
            Self::Show(_) => format!("shown whatever the precision asked for: {names}"),
            Self::MediumErrorsBlock => {
                "errors of medium precision are shown and block in the hook as well".to_owned()
            }
            Self::SecondPerson => {
                "no comment excuses an error; an entry of `deviations.toml` does with `approved-by`"
                    .to_owned()
            }
            Self::Checklist => "the review prints the checklist for IEC 62304, 5.5.4".to_owned(),
            Self::WrapsSilently(_) => {
                format!("the message says that the release build wraps silently: {names}")
            }
            Self::SoupListBut(_) => format!(
                "new findings are counted for the SOUP risk list and do not block, but those of {names}"
            ),
            Self::Only(_) => format!("no rule speaks but {names}"),
        }
    }
}

impl Row {
    /// The facts in words.
    pub fn facts(&self) -> String {
        let words: Vec<&str> = self.when.iter().map(|fact| fact.words()).collect();
        words.join(" + ")
    }

    /// The row of the table in `docs/profile.md`.
    pub fn markdown(&self) -> String {
        let acts: Vec<String> = self.acts.iter().map(Act::words).collect();
        let acts = if acts.is_empty() {
            "nothing changes".to_owned()
        } else {
            acts.join("; ")
        };
        format!("| {} | {acts} | {} |", self.facts(), self.besides)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_name_of_the_table_can_be_read() {
        for name in ROWS.iter().flat_map(|row| row.acts).flat_map(Act::names) {
            let selector = Selector::parse(name).unwrap_or_else(|| panic!("{name}"));
            if let Selector::Rule { code, .. } = selector {
                assert!(RuleId::parse(code).unwrap().is_code(), "{name}");
            }
        }
    }

    #[test]
    fn the_page_shows_the_table() {
        let page = include_str!("../../../docs/profile.md");
        let shown: Vec<&str> = page
            .lines()
            .skip_while(|line| *line != "| fact | effect on rules | beyond severities |")
            .skip(2)
            .take_while(|line| line.starts_with('|'))
            .collect();
        let rows: Vec<String> = ROWS.iter().map(Row::markdown).collect();
        assert_eq!(shown, rows, "paste:\n{}", rows.join("\n"));
    }
}
