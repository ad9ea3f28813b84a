//! `scrubin explain` and `rules show`: the page of a rule.

use super::args::ExplainFormat;
use super::failure::Failure;
use super::{Outcome, controls, output};
use crate::config::nearest;
use crate::review;
use crate::rules::RuleInfo;
use crate::training::measured::Measured;
use crate::training::{explain as page, lesson as lessons, lesson_page, site};

/// Shows the page of the rule of that code or slug, or the lesson of that key.
pub(super) fn explain(name: &str, format: ExplainFormat) -> Result<Outcome, Failure> {
    if name.starts_with("L-") {
        return lesson(name, format);
    }
    let infos = review::builtin()?.told();
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
    let clauses = controls::clauses(&infos)?;
    let text = match format {
        ExplainFormat::Terminal => page::terminal(info, &related, &clauses, output::page_options()),
        ExplainFormat::Markdown => page::markdown(info, &related, &clauses),
        ExplainFormat::Json => page::json(info, &related, &clauses),
        ExplainFormat::Html => site::alone(info, &Measured::embedded(), &clauses),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Shows a lesson.
fn lesson(key: &str, format: ExplainFormat) -> Result<Outcome, Failure> {
    let all = lessons::builtin().map_err(Failure::new)?;
    let Some(lesson) = all.iter().find(|lesson| lesson.head.key == key) else {
        let failure = Failure::message(format!("no lesson is called `{key}`"));
        let keys = all.iter().map(|lesson| lesson.head.key.as_str());
        return Err(match nearest(key, keys) {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => failure.with_help("`scrubin explain RULE` names the lesson of a rule"),
        });
    };
    let text = match format {
        ExplainFormat::Terminal => lesson_page::terminal(lesson, output::page_options()),
        ExplainFormat::Markdown => lesson_page::markdown(lesson),
        ExplainFormat::Json => lesson_page::json(lesson),
        ExplainFormat::Html => site::lesson_alone(lesson),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}
