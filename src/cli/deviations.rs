//! `scrubin deviations`: every deviation of the tree, as a list or as a register.

use std::path::PathBuf;

use super::args::{CheckArguments, DeviationFilters, DeviationsFormat, RegisterFormat};
use super::failure::Failure;
use super::{Outcome, check, output, source};
use crate::config::nearest;
use crate::evidence::{self, Filter, Register, Row};
use crate::report::visible;
use crate::rules::RuleInfo;
use crate::triage::{DeviationState, Kind};

/// Lists deviations; always exit code 0.
pub(super) fn list(
    format: DeviationsFormat,
    filters: &DeviationFilters,
    paths: &[PathBuf],
) -> Result<Outcome, Failure> {
    let (register, total) = read(filters, paths)?;
    let text = match format {
        DeviationsFormat::Json => json(&register)?,
        DeviationsFormat::Csv => evidence::register_table(&register).csv(),
        DeviationsFormat::Terminal => terminal(&register, total),
    };
    output::text(&text)?;
    Ok(Outcome::Passed)
}

/// Writes the register; exit code 1 where a deviation is over, without use, or not permitted.
pub(super) fn report(
    format: RegisterFormat,
    filters: &DeviationFilters,
    file: Option<&std::path::Path>,
    paths: &[PathBuf],
) -> Result<Outcome, Failure> {
    let (register, _) = read(filters, paths)?;
    let text = match format {
        RegisterFormat::Json => json(&register)?,
        RegisterFormat::Csv => evidence::register_table(&register).csv(),
        RegisterFormat::Markdown => evidence::register_page(&register).markdown(),
        RegisterFormat::Html => evidence::sheet_page(&evidence::register_page(&register)),
    };
    output::report(&text, file)?;
    Ok(if register.is_broken() {
        Outcome::Findings
    } else {
        Outcome::Passed
    })
}

/// The register of the tree, and how many deviations there are without the filters.
fn read(filters: &DeviationFilters, paths: &[PathBuf]) -> Result<(Register, usize), Failure> {
    let arguments = CheckArguments {
        all: true,
        paths: paths.to_vec(),
        ..CheckArguments::default()
    };
    let open = source::open(&arguments)?;
    let configs = open.configs(None)?;
    let infos = check::ruleset(&open, &configs.root, &arguments)?.told();
    let filter = filter(filters, &infos)?;
    let (report, _) = check::review(&open, &configs, &arguments)?;
    let file = open.deviations(&configs.root)?;
    let today = chrono::Utc::now().date_naive();
    let register = evidence::register(&report, file.as_ref(), &infos, today);
    let total = register.deviations.len();
    if let Some(permit) = &filter.permit
        && !register.permits.iter().any(|one| one.id == *permit)
    {
        let names = register.permits.iter().map(|one| one.id.as_str());
        let failure = Failure::message(format!("no permit is called `{permit}`"));
        return Err(match nearest(permit, names) {
            Some(near) => failure.with_help(format!("did you mean `{near}`?")),
            None => failure.with_help(format!(
                "`[[permit]]` in {} makes one",
                configs.root.deviations.file
            )),
        });
    }
    Ok((register.only(&filter), total))
}

fn filter(filters: &DeviationFilters, infos: &[RuleInfo]) -> Result<Filter, Failure> {
    let mut rule = Vec::new();
    if let Some(name) = &filters.rule {
        let Some(info) = infos.iter().find(|info| info.is_called(name)) else {
            let failure = Failure::message(format!("no rule is called `{name}`"));
            return Err(failure.with_help("`scrubin rules list` names all rules"));
        };
        rule.push(info.id.to_string());
        rule.push(info.slug.clone());
        rule.extend(info.aliases.iter().cloned());
    }
    let word = |name: &String| {
        let state = DeviationState::ALL
            .into_iter()
            .find(|state| state.as_str() == name);
        state.ok_or_else(|| {
            let words = DeviationState::ALL.map(|state| format!("`{}`", state.as_str()));
            Failure::message(format!("`{name}` is no state of a deviation"))
                .with_help(format!("it is one of {}", words.join(", ")))
        })
    };
    let kind = filters
        .kind
        .as_ref()
        .map(|name| {
            Kind::from_word(name).ok_or_else(|| {
                let words = Kind::ALL.map(|kind| format!("`{}`", kind.as_str()));
                Failure::message(format!("`{name}` is no kind of a deviation"))
                    .with_help(format!("it is one of {}", words.join(", ")))
            })
        })
        .transpose()?;
    Ok(Filter {
        open: filters.open,
        states: filters.state.iter().map(word).collect::<Result<_, _>>()?,
        kind,
        expiring: filters.expiring,
        rule,
        permit: filters.permit.clone(),
    })
}

fn json(register: &Register) -> Result<String, Failure> {
    let text = serde_json::to_string(register).map_err(Failure::new)?;
    Ok(format!("{text}\n"))
}

fn terminal(register: &Register, total: usize) -> String {
    let mut text: String = register.deviations.iter().map(line).collect();
    let shown = register.deviations.len();
    if shown == total {
        text.push_str(&format!("{total} deviations\n"));
    } else {
        text.push_str(&format!("{shown} of {total} deviations\n"));
    }
    text
}

/// One deviation in one line.
fn line(row: &Row) -> String {
    let mut text = format!("{}:{} ", row.path, row.line);
    if let Some(id) = &row.id {
        text.push_str(&format!("{id} "));
    }
    text.push_str(&format!("{} ({})", row.rules.join(", "), row.state));
    for (word, value) in [
        ("until", &row.until),
        ("permit", &row.permit),
        ("approved by", &row.approved_by),
    ] {
        if let Some(value) = value {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    if let Some(ticket) = &row.ticket {
        text.push_str(&format!(" [{ticket}]"));
    }
    let reason = row.reason.as_deref().unwrap_or("no reason");
    text.push_str(&format!(": {reason}"));
    // Its author's words: no escape of theirs reaches the terminal.
    format!("{}\n", visible::line(&text))
}
