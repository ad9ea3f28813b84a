//! The list of rules with what a profile does to them.

use super::explain::PageOptions;
use super::rule_json;
use crate::finding::Severity;
use crate::report::paint::Paint;
use crate::report::{quote, visible, words};
use crate::rules::RuleInfo;

/// A rule and what holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiled<'r> {
    /// The rule.
    pub rule: &'r RuleInfo,
    /// The severity that counts; `None` = it does not run.
    pub effective: Option<Severity>,
    /// Why it is that; empty where it is the rule's own.
    pub because: Vec<String>,
    /// Whether its precision is enough to be shown by `check`.
    pub is_shown: bool,
}

impl Profiled<'_> {
    fn is_changed(&self) -> bool {
        self.effective != Some(self.rule.severity)
    }

    fn word(&self) -> &'static str {
        self.effective.map_or("off", Severity::as_str)
    }
}

/// Renders a table for a terminal: code, name, own severity, severity that counts, why.
pub fn terminal(heading: &str, rules: &[Profiled<'_>], options: PageOptions) -> String {
    let paint = Paint { on: options.color };
    let mut out = format!("{}\n\n", visible::line(heading));
    let name = |one: &Profiled<'_>| visible::line(&one.rule.slug).into_owned();
    let code = |one: &Profiled<'_>| visible::line(one.rule.id.as_str()).into_owned();
    let widest = |cells: &dyn Fn(&Profiled<'_>) -> String, title: &str| {
        let longest = rules.iter().map(|one| cells(one).chars().count()).max();
        longest.unwrap_or_default().max(title.len())
    };
    let (codes, names) = (widest(&code, "RULE"), widest(&name, "NAME"));
    let title = format!(
        "{:codes$}  {:names$}  DEFAULT  HERE     BECAUSE",
        "RULE", "NAME"
    );
    out.push_str(&format!("{}\n", paint.bold(&title)));
    for one in rules {
        let word = format!("{:<7}", one.word());
        let word = match one.effective {
            Some(Severity::Error) => paint.red(&word),
            Some(Severity::Warning) => paint.yellow(&word),
            _ => word,
        };
        let because: Vec<_> = one.because.iter().map(|why| visible::line(why)).collect();
        let row = format!(
            "{:codes$}  {:names$}  {:<7}  {word}  {}",
            code(one),
            name(one),
            one.rule.severity.as_str(),
            because.join("; ")
        );
        out.push_str(&format!("{}\n", row.trim_end()));
    }
    out.push_str(&format!("\n{}\n", sum(rules)));
    out
}

/// Renders `{"rules": [...]}` with `profile-severity` and `because`; ends with a line feed.
pub fn json(rules: &[Profiled<'_>]) -> String {
    rule_json::profiled(rules)
}

/// Renders a table in markdown; ends with a line feed.
pub fn markdown(heading: &str, rules: &[Profiled<'_>]) -> String {
    let mut out = format!(
        "{}\n\n| Rule | Name | Default | Here | Because |\n| --- | --- | --- | --- | --- |\n",
        quote::text(heading)
    );
    for one in rules {
        let word = one.word();
        let word = if one.is_changed() {
            format!("**{word}**")
        } else {
            word.to_owned()
        };
        out.push_str(&format!(
            "| {} | {} | {} | {word} | {} |\n",
            quote::code_cell(one.rule.id.as_str()),
            quote::cell(&one.rule.slug),
            one.rule.severity.as_str(),
            quote::cell(&one.because.join("; "))
        ));
    }
    out.push_str(&format!("\n{}\n", sum(rules)));
    out
}

/// `252 rules: 31 raised, 2 lowered, 1 off`.
fn sum(rules: &[Profiled<'_>]) -> String {
    let number = |wanted: &dyn Fn(&Profiled<'_>) -> bool| {
        words::thousands(rules.iter().filter(|one| wanted(one)).count() as u64)
    };
    format!(
        "{}: {} raised, {} lowered, {} off",
        words::count(rules.len() as u64, "rule"),
        number(&|one| one.effective > Some(one.rule.severity)),
        number(&|one| one.effective.is_some() && one.effective < Some(one.rule.severity)),
        number(&|one| one.effective.is_none()),
    )
}
