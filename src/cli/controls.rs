//! `scrubin controls`: the map of controls, and the plans and summaries made from it.

use std::path::Path;

use serde_json::json;

use super::args::{ChoiceArguments, ControlsCommand, ProjectArguments, SheetFormat};
use super::failure::Failure;
use super::{Outcome, output, rules};
use crate::config::nearest;
use crate::evidence;
use crate::evidence::controls::{
    Choice, Controls, Counts, MAP, compliance_summary, enforcement_plan, listing, recategorisation,
};
use crate::report::sheet::{Part, Sheet};
use crate::review;
use crate::rules::RuleInfo;
use crate::training::clauses::Clauses;

/// The version of this program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(super) fn controls(command: ControlsCommand) -> Result<Outcome, Failure> {
    let infos = review::builtin()?.told();
    let map = Controls::read(MAP, &infos, VERSION).map_err(Failure::new)?;
    match command {
        ControlsCommand::List { choice, format } => list(&map, &choice, None, format),
        ControlsCommand::Show {
            name,
            choice,
            format,
        } => show(&map, &infos, &name, &choice, format),
        ControlsCommand::Plan { project, format } => {
            plan(&map, &project, format, |map, project| {
                enforcement_plan(map, &project.rows(), VERSION)
            })
        }
        ControlsCommand::Recategorisation { project, format } => {
            plan(&map, &project, format, |_, project| {
                recategorisation(&project.rows(), &project.heading, VERSION)
            })
        }
        ControlsCommand::Summary {
            findings,
            project,
            format,
        } => {
            let counts = findings.as_deref().map(counts).transpose()?;
            plan(&map, &project, format, |map, project| {
                compliance_summary(map, &project.rows(), counts.as_ref(), VERSION)
            })
        }
    }
}

/// The clauses of every rule, for its page.
pub(super) fn clauses(infos: &[RuleInfo]) -> Result<Clauses, Failure> {
    let map = Controls::read(MAP, infos, VERSION).map_err(Failure::new)?;
    Ok(map.clauses(infos))
}

fn list(
    map: &Controls,
    arguments: &ChoiceArguments,
    control: Option<String>,
    format: SheetFormat,
) -> Result<Outcome, Failure> {
    let standards = || map.sources.iter().map(|source| source.id.as_str());
    let areas = || map.areas.iter().map(|area| area.area.as_str());
    let activities = || map.activities.iter().map(|one| one.activity.as_str());
    known(
        "standard",
        arguments.standard.as_deref(),
        &standards().collect::<Vec<_>>(),
    )?;
    known(
        "area",
        arguments.area.as_deref(),
        &areas().collect::<Vec<_>>(),
    )?;
    known(
        "activity",
        arguments.activity.as_deref(),
        &activities().collect::<Vec<_>>(),
    )?;
    let choice = Choice {
        standard: arguments.standard.clone(),
        area: arguments.area.clone(),
        activity: arguments.activity.clone(),
        control,
        planned: arguments.planned,
    };
    let chosen = map.chosen(&choice);
    if chosen.rows.is_empty() {
        let failure = Failure::message("no row of the map is about that");
        return Err(match chosen.planned {
            0 => failure.with_help("`scrubin controls list` shows all rows"),
            planned => failure.with_help(format!(
                "{planned} rows are, whose output is not there yet: --planned shows them"
            )),
        });
    }
    if format == SheetFormat::Json {
        let rows: Vec<_> = chosen
            .rows
            .iter()
            .map(|(part, row)| json!({"of": part, "row": row}))
            .collect();
        let value = json!({
            "version": 1,
            "map": {"version": map.version, "date": map.date, "sources": map.sources},
            "rows": rows,
            "planned-left-out": chosen.planned,
            "not-checked": map.not_checked,
        });
        output::text(&format!("{value}\n"))?;
        return Ok(Outcome::Passed);
    }
    write(&listing(map, &chosen), format)
}

/// Refuses a name that nobody knows.
fn known(what: &str, given: Option<&str>, names: &[&str]) -> Result<(), Failure> {
    let Some(given) = given.filter(|given| !names.contains(given)) else {
        return Ok(());
    };
    let failure = Failure::message(format!("no {what} is called `{given}`"));
    Err(match nearest(given, names.iter().copied()) {
        Some(near) => failure.with_help(format!("did you mean `{near}`?")),
        None => failure.with_help(format!("there are {}", names.join(", "))),
    })
}

/// Rows of a rule, or of a clause.
fn show(
    map: &Controls,
    infos: &[RuleInfo],
    name: &str,
    arguments: &ChoiceArguments,
    format: SheetFormat,
) -> Result<Outcome, Failure> {
    if let Some(info) = infos.iter().find(|info| info.is_called(name)) {
        let area = info.id.as_str().split('-').nth(1).map(str::to_owned);
        let choice = ChoiceArguments {
            area: area.or_else(|| arguments.area.clone()),
            ..arguments.clone()
        };
        return list(map, &choice, None, format);
    }
    let is_clause = |(_, row): (&str, &crate::evidence::controls::Row)| row.control == name;
    if map.rows().any(is_clause) {
        return list(map, arguments, Some(name.to_owned()), format);
    }
    let names = infos
        .iter()
        .flat_map(|info| [info.id.as_str(), info.slug.as_str()])
        .chain(map.rows().map(|(_, row)| row.control.as_str()));
    let failure = Failure::message(format!("neither a rule nor a clause is called `{name}`"));
    Err(match nearest(name, names) {
        Some(near) => failure.with_help(format!("did you mean `{near}`?")),
        None => failure.with_help("`scrubin controls list` names all clauses"),
    })
}

/// The findings of a release.
fn counts(file: &Path) -> Result<Counts, Failure> {
    let doing = format!("count the findings of `{}`", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| Failure::new(error).doing(&doing))?;
    Counts::read(&text).map_err(|error| {
        Failure::new(error)
            .doing(&doing)
            .with_help("`scrubin check --all --format json --output report.json` writes it")
    })
}

/// Writes a document about the rules of a project.
fn plan(
    map: &Controls,
    arguments: &ProjectArguments,
    format: SheetFormat,
    make: impl FnOnce(&Controls, &rules::ProjectRules) -> Sheet,
) -> Result<Outcome, Failure> {
    let project =
        rules::ProjectRules::read(&[], arguments.at.as_deref(), arguments.config.as_deref())?;
    write(&make(map, &project), format)
}

/// Writes a document to stdout.
pub(super) fn write(sheet: &Sheet, format: SheetFormat) -> Result<Outcome, Failure> {
    let text = match format {
        SheetFormat::Terminal => sheet.terminal(output::color()),
        SheetFormat::Markdown => sheet.markdown(),
        SheetFormat::Html => evidence::sheet_page(sheet),
        SheetFormat::Csv => sheet
            .parts
            .iter()
            .find_map(|part| match part {
                Part::Table(table) => Some(table.csv()),
                _ => None,
            })
            .unwrap_or_default(),
        SheetFormat::Json => format!("{}\n", sheet.json()),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Arguments;
    use super::*;

    /// What is wrong with a command that a row names; words that are no options are names or values.
    fn wrong(text: &str) -> Option<String> {
        let mut command = &Arguments::command();
        let mut words = text.split_whitespace().skip(1).peekable();
        while let Some(next) = words.peek().and_then(|word| command.find_subcommand(word)) {
            command = Box::leak(Box::new(next.clone()));
            words.next();
        }
        if command.has_subcommands() {
            return Some(format!("`{text}` is no command"));
        }
        let is_option = |word: &str| {
            let name = word.trim_start_matches('-');
            command
                .get_arguments()
                .any(|one| one.get_long() == Some(name))
        };
        words
            .filter(|word| word.starts_with("--"))
            .find(|word| !is_option(word))
            .map(|word| format!("`{text}`: no option {word}"))
    }

    #[test]
    fn the_map_is_right_and_names_commands_that_exist() {
        let infos = review::builtin()
            .map(|rules| rules.told())
            .unwrap_or_default();
        let map = Controls::read(MAP, &infos, VERSION);
        assert!(
            map.is_ok(),
            "{}",
            map.err().map(|error| error.to_string()).unwrap_or_default()
        );
        let Ok(map) = map else { return };
        let named = map
            .rows()
            .filter(|(_, row)| !row.is_planned())
            .flat_map(|(_, row)| row.what.split('`').skip(1).step_by(2))
            .filter(|text| text.starts_with("scrubin "));
        let wrong: Vec<String> = named.filter_map(wrong).collect();
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn a_command_that_does_not_exist_is_seen() {
        assert!(wrong("scrubin record verify --range A..B").is_none());
        assert!(wrong("scrubin record burn").is_some());
        assert!(wrong("scrubin selftest --no-such").is_some());
    }
}
