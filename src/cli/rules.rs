//! `scrubin rules`: list, show, test, export.

use std::path::{Path, PathBuf};

use super::args::{PageFormat, RulesCommand};
use super::failure::Failure;
use super::{Outcome, output, pages, selftest};
use crate::review::{self, Ruleset};
use crate::rules::RuleInfo;
use crate::training::listing;
use crate::triage;

pub(super) fn rules(command: RulesCommand) -> Result<Outcome, Failure> {
    match command {
        RulesCommand::List { format, rules } => list(format, &rules),
        RulesCommand::Show { rule, format } => pages::explain(&rule, format),
        RulesCommand::Test { paths } => test(&paths),
        RulesCommand::Export { semgrep } => export(&semgrep),
    }
}

fn list(format: PageFormat, further: &[PathBuf]) -> Result<Outcome, Failure> {
    let mut ruleset = review::builtin()?;
    if !further.is_empty() {
        ruleset.add(further, false)?;
    }
    let mut infos: Vec<RuleInfo> = ruleset
        .rules
        .iter()
        .filter_map(|rule| rule.info())
        .map(|info| info.as_ref().clone())
        .collect();
    infos.extend(triage::rules());
    infos.extend(review::change_rules());
    infos.sort_by(|a, b| a.id.cmp(&b.id));
    let shown: Vec<&RuleInfo> = infos.iter().collect();
    let text = match format {
        PageFormat::Terminal => listing::terminal(&shown, output::page_options()),
        PageFormat::Json => listing::json(&shown),
        PageFormat::Markdown => listing::markdown(&shown),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Runs the examples. A file that is no rule is an error (exit code 2).
fn test(paths: &[PathBuf]) -> Result<Outcome, Failure> {
    let ruleset = if paths.is_empty() {
        review::builtin()?
    } else {
        let mut ruleset = Ruleset::default();
        ruleset.add(paths, false)?;
        ruleset
    };
    let (count, failures) = review::check_examples(&ruleset);
    for failure in &failures {
        output::message(&selftest::line(failure));
    }
    output::text(&format!(
        "{} rules, {count} examples, {} do not hold\n",
        ruleset.rules.len(),
        failures.len()
    ))?;
    Ok(if failures.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Findings
    })
}

/// Writes the files of the built-in pattern rules: they are Semgrep's syntax as they are.
fn export(folder: &Path) -> Result<Outcome, Failure> {
    let mut count = 0;
    for (path, text) in review::builtin_sources()? {
        let place = folder.join(path.strip_prefix("rulesets/").unwrap_or(&path));
        let failed = |error: std::io::Error| {
            Failure::new(error).doing(&format!("write `{}`", place.display()))
        };
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        std::fs::write(&place, text).map_err(failed)?;
        count += 1;
    }
    output::text(&format!("{count} rules written to {}\n", folder.display()))?;
    Ok(Outcome::Passed)
}
