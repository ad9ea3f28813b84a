//! `check --fix` and `--diff`: where edits may go, the questions, and what is printed of them.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _};

use super::args::{CheckArguments, EditArguments, ReportFormat};
use super::failure::Failure;
use super::output;
use super::source::Reviewed;
use crate::change::Source;
use crate::fix::{self, Answer, Mode, Offer, Suggested, WorkTree};
use crate::report::{FixStatus, Notice, Report};
use crate::review::Inputs;

/// Where edits may be written; `None` where none are wanted.
///
/// # Errors
/// There is no work tree, or it is not what was reviewed.
pub(super) fn place(
    reviewed: &Reviewed,
    arguments: &EditArguments,
    limit: u64,
) -> Result<Option<WorkTree>, Failure> {
    if !arguments.are_wanted() {
        return Ok(None);
    }
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(error).doing("read the current folder"))?;
    let root = match &reviewed.repository {
        Some(repository) => Some(repository.work_tree()?.to_path_buf()),
        None => None,
    };
    if reviewed.change.source == Source::Range
        && let (Some(repository), Some(head)) = (&reviewed.repository, &reviewed.change.head)
        && repository.head() != Some(head.as_str())
    {
        return Err(Failure::message(format!(
            "`--fix` cannot repair commit {head}: the work tree has another one checked out"
        ))
        .with_help(format!(
            "`git switch --detach {head}` first, or review a range that ends at HEAD"
        )));
    }
    Ok(Some(WorkTree { root, here, limit }))
}

/// Applies the edits, or finds out what they would do.
pub(super) fn apply(
    inputs: &Inputs<'_>,
    report: &mut Report,
    tree: &WorkTree,
    arguments: &EditArguments,
) -> Result<(), Failure> {
    let is_person_there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let suggested = if arguments.fix_suggested {
        Suggested::All
    } else if arguments.fix && !arguments.diff && is_person_there {
        Suggested::Ask
    } else {
        Suggested::Leave
    };
    let mode = Mode {
        is_dry_run: arguments.diff,
        suggested,
    };
    fix::run(inputs, report, tree, mode, &mut ask)
        .map_err(|error| Failure::new(error).doing("apply the edits"))?;
    let text = report.fixes.as_ref().map(|fixes| fixes.sentence());
    report.notices.extend(text.map(|text| Notice { text }));
    Ok(())
}

/// Asks a person at the terminal about one edit.
fn ask(offer: &Offer) -> Answer {
    let place = &offer.finding.location;
    output::message(&format!(
        "\n{}:{}: {}: {}\n{}",
        output::harmless(&place.path.to_string()),
        place.start.line,
        offer.finding.rule,
        output::harmless(&offer.finding.message),
        output::shown_diff(&offer.diff, output::colored_messages()),
    ));
    loop {
        output::prompt("Apply this edit [y,n,a,q,?]? ");
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::Quit,
            Ok(_) => {}
        }
        match line.trim() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "a" | "all" => return Answer::All,
            "q" | "quit" => return Answer::Quit,
            _ => output::message(
                "y - apply this edit\nn - do not\na - apply this one and all that follow\nq - neither this one nor any that follows; what was applied stays\n? - this help",
            ),
        }
    }
}

/// Whether the diff takes the place of the report.
pub(super) fn replaces_report(arguments: &CheckArguments) -> bool {
    arguments.edits.diff && arguments.output.is_none() && arguments.format == ReportFormat::Terminal
}

/// Prints the diff of a dry run, where stdout is not the report's.
pub(super) fn print(report: &Report, arguments: &CheckArguments) -> Result<(), Failure> {
    let Some(fixes) = report.fixes.as_ref().filter(|fixes| fixes.is_dry_run) else {
        return Ok(());
    };
    if arguments.output.is_none() && arguments.format != ReportFormat::Terminal {
        return Ok(());
    }
    if std::io::stdout().is_terminal() {
        // A person reads it: what is hidden in the code is shown, not obeyed.
        output::text(&output::shown_diff(&fixes.diff, output::color()))?;
    } else {
        output::bytes(&fixes.diff)?;
    }
    if replaces_report(arguments) {
        for record in &fixes.records {
            if let (FixStatus::Refused, Some(reason)) = (record.status, &record.reason) {
                output::message(&format!(
                    "note: {}:{}: {} refused: {}",
                    output::harmless(&record.location.path.to_string()),
                    record.location.start.line,
                    record.rule,
                    output::harmless(reason)
                ));
            }
        }
        let text = fixes.sentence();
        let findings = crate::report::findings_line(report);
        output::message(&format!("{text}; {findings}"));
    }
    Ok(())
}

/// Says what is left to do with files that were written.
pub(super) fn help(report: &Report, reviewed: &Reviewed) {
    let Some(fixes) = report.fixes.as_ref().filter(|fixes| !fixes.is_dry_run) else {
        return;
    };
    if fixes.files == 0 || reviewed.repository.is_none() {
        return;
    }
    let paths: BTreeSet<String> = fixes
        .records
        .iter()
        .filter(|record| record.status == FixStatus::Applied)
        .map(|record| record.location.path.to_string())
        .collect();
    let quoted: Vec<String> = paths.iter().take(8).map(|path| shell_word(path)).collect();
    let what = match quoted.len() == paths.len() {
        true => format!(" -- {}", quoted.join(" ")),
        false => String::new(),
    };
    output::message(&format!(
        "help: the edits are in the work tree alone, nothing was staged; look at them with `git diff`, take them with `git add -p{what}` (from the root of the repository)"
    ));
}

/// A path as one word of a shell.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./+@%".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", output::harmless(path).replace('\'', "'\\''"))
    }
}
