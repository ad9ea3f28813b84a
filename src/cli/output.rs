//! Everything that reaches a person or a file.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use super::args::{CheckArguments, ReportFormat};
use super::failure::Failure;
use crate::report::{self, Report, github, json, markdown, sarif, terminal, visible};
use crate::training::explain::PageOptions;

/// Writes a message to stderr. A stderr that is gone cannot be told so.
pub(super) fn message(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", without_commands(text));
}

/// Asks for a line: no line feed, so that the answer stands beside the question.
pub(super) fn prompt(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{}", without_commands(text));
    let _ = out.flush();
}

/// Asks at a terminal; elsewhere an argument has to say so.
pub(super) fn confirmed(question: &str) -> Result<bool, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::message(question).with_help("`--yes` says so where nobody can be asked")
        );
    }
    prompt(&format!("{question} [y/N] "));
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| Failure::new(error).doing("read the answer"))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// A text in which the runner of a CI job finds no commands. It reads them from stderr as well, and a
/// message may quote what a stranger wrote.
fn without_commands(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| {
            let line = visible::without_commands(line);
            if line.trim_start().starts_with("::") {
                line.replacen("::", ": :", 1)
            } else {
                line
            }
        })
        .collect()
}

/// Writes to stdout.
pub(super) fn text(text: &str) -> Result<(), Failure> {
    bytes(text.as_bytes())
}

/// Writes to stdout.
pub(super) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::new(error).doing("write to stdout"))
}

/// Whether colour may go to stdout: a terminal, no `NO_COLOR` (no-color.org), no dumb terminal.
pub(super) fn color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Whether colour may go to stderr, by the same rules.
pub(super) fn colored_messages() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal()
        && !set("NO_COLOR")
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// A text of strangers in which nothing is hidden.
pub(super) fn harmless(text: &str) -> String {
    visible::line(text).into_owned()
}

/// A diff for the eyes of a person.
pub(super) fn shown_diff(diff: &[u8], color: bool) -> String {
    report::shown_diff(diff, color)
}

/// Columns of the terminal; `COLUMNS`, else 100.
fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(100)
}

/// How pages are shown on stdout.
pub(super) fn page_options() -> PageOptions {
    PageOptions {
        color: color(),
        width: width(),
    }
}

/// Renders a report. Colour only where it goes to a terminal.
pub(super) fn render(report: &Report, arguments: &CheckArguments) -> String {
    let stats = arguments.stats;
    match arguments.format {
        ReportFormat::Terminal => {
            let color = arguments.output.is_none() && color();
            terminal::render(
                report,
                terminal::TerminalOptions {
                    color,
                    width: width(),
                    stats,
                },
            )
        }
        ReportFormat::Json => json::render(
            report,
            json::JsonOptions {
                stats,
                all_verdicts: arguments.all_verdicts,
            },
        ),
        ReportFormat::Sarif => sarif::render(report, &sarif::SarifOptions::default()),
        ReportFormat::Markdown => {
            markdown::render(report, report::markdown::MarkdownOptions::default())
        }
        ReportFormat::Github => github::render(report),
    }
}

/// Writes a report to where it was asked for.
pub(super) fn report(rendered: &str, output: Option<&Path>) -> Result<(), Failure> {
    match output {
        None => text(rendered),
        Some(path) => std::fs::write(path, rendered)
            .map_err(|error| Failure::new(error).doing(&format!("write `{}`", path.display()))),
    }
}

/// Tells a person at a terminal that long work has begun.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        message(text);
    }
}

#[cfg(test)]
mod tests {
    use super::without_commands;

    #[test]
    fn a_message_is_no_command_of_the_runner() {
        let quoted = "no field `a\n  ::stop-commands::x`\n##[error]b\nstd::io is fine\n";
        let expected = "no field `a\n  : :stop-commands::x`\n## [error]b\nstd::io is fine\n";
        assert_eq!(without_commands(quoted), expected);
    }
}
