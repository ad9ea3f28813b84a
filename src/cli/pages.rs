//! `scrubin explain` and `rules show`: the page of a rule.

use super::args::PageFormat;
use super::failure::Failure;
use super::{Outcome, output};
use crate::config::nearest;
use crate::review;
use crate::rules::RuleInfo;
use crate::training::explain as page;
use crate::triage;

/// Shows the page of the rule of that code or slug.
pub(super) fn explain(name: &str, format: PageFormat) -> Result<Outcome, Failure> {
    let ruleset = review::builtin()?;
    let mut infos: Vec<RuleInfo> = ruleset
        .rules
        .iter()
        .filter_map(|rule| rule.info())
        .map(|info| info.as_ref().clone())
        .collect();
    infos.extend(triage::rules());
    infos.extend(review::change_rules());
    if name.contains('/') && !infos.iter().any(|info| info.is_called(name)) {
        return Err(
            Failure::message(format!("`{name}` is a rule of another tool")).with_help(
                "its own documentation explains it; docs/import.md says how its findings are read",
            ),
        );
    }
    let Some(info) = infos.iter().find(|info| info.is_called(name)) else {
        let names = infos
            .iter()
            .flat_map(|info| [info.id.as_str(), info.slug.as_str()]);
        let failure = Failure::message(format!("no rule is called `{name}`"));
        return Err(match nearest(name, names) {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => failure.with_help("`scrubin rules list` names all rules"),
        });
    };
    let related: Vec<&RuleInfo> = infos
        .iter()
        .filter(|other| other.lesson == info.lesson && other.id != info.id)
        .collect();
    let text = match format {
        PageFormat::Terminal => page::terminal(info, &related, output::page_options()),
        PageFormat::Markdown => page::markdown(info, &related),
        PageFormat::Json => page::json(info, &related),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}
