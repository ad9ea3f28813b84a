//! Arguments, commands, exit codes; the only place that prints or exits.
//!
//! Reports go to stdout, messages to stderr. Exit codes: 0 nothing at or above the threshold,
//! 1 findings, 2 the tool could not do its work.

mod args;
mod baseline;
mod check;
mod controls;
mod demo;
mod deviations;
mod doctor;
mod edits;
mod failure;
mod hook;
mod import;
mod index;
mod init;
mod install;
mod output;
mod pages;
mod quality;
mod record;
mod release;
#[cfg(feature = "github")]
mod review;
mod rules;
mod selftest;
#[cfg(feature = "service")]
mod serve;
mod source;
mod training;
mod watchdog;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Arguments, Command};
use failure::Failure;

/// What a command that did its work says of the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Exit code 0.
    Passed,
    /// Exit code 1.
    Findings,
    /// Exit code 2 although a report was written: something in the change was not reviewed.
    Incomplete,
}

impl Outcome {
    fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Findings => 1,
            Self::Incomplete => 2,
        }
    }
}

/// Runs the command that the process was started with; gives its exit code.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    // A defect is caught file by file and shown as a gap; the default message would come between.
    std::panic::set_hook(Box::new(|_| {}));
    let result = dispatch(arguments.command);
    match result {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            output::message(&failure.to_string());
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::check(&arguments),
        Command::Import(arguments) => import::import(*arguments),
        #[cfg(feature = "github")]
        Command::Review(arguments) => review::review(&arguments),
        #[cfg(not(feature = "github"))]
        Command::Review(_) => Err(Failure::message(
            "this scrubin was built without `review`, which talks to GitHub",
        )
        .with_help(
            "take a released binary, or build with `cargo install scrubin --features github`",
        )),
        #[cfg(feature = "service")]
        Command::Serve(arguments) => serve::serve(&arguments),
        #[cfg(not(feature = "service"))]
        Command::Serve(_) => Err(Failure::message(
            "this scrubin was built without `serve`, the GitHub App service",
        )
        .with_help(
            "take a released binary, or build with `cargo install scrubin --features service`",
        )),
        Command::Init(arguments) => init::init(&arguments),
        Command::Doctor(arguments) => doctor::doctor(&arguments),
        Command::Hook(command) => match command {
            args::HookCommand::PreCommit(_) => hook::pre_commit(),
            args::HookCommand::PrePush(_) => hook::pre_push(),
            args::HookCommand::Install { git_config } => install::install(git_config),
            args::HookCommand::Uninstall => install::uninstall(),
            args::HookCommand::Status => install::status(),
        },
        Command::Demo => demo::demo(),
        Command::Index(arguments) => index::index(&arguments),
        Command::Explain { rule, format } => pages::explain(&rule, format),
        Command::Rules(command) => rules::rules(command),
        Command::Baseline(args::BaselineCommand::Write { check }) => baseline::write(&check),
        Command::Deviations(args::DeviationsCommand::List {
            format,
            filters,
            paths,
        }) => deviations::list(format, &filters, &paths),
        Command::Deviations(args::DeviationsCommand::Report {
            format,
            output,
            filters,
            paths,
        }) => deviations::report(format, &filters, output.as_deref(), &paths),
        Command::Record(command) => record::record(command),
        Command::Report(args::ReportCommand::Release(arguments)) => release::report(&arguments),
        Command::Controls(command) => controls::controls(command),
        Command::Learn(arguments) => training::learn(&arguments),
        Command::Training(command) => training::training(command),
        Command::Quality(command) => quality::quality(command),
        Command::Selftest(arguments) => selftest::selftest(&arguments),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "scrubin", &mut text);
            output::bytes(&text)?;
            Ok(Outcome::Passed)
        }
        Command::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut text)
                .map_err(|error| Failure::new(error).doing("render the manual page"))?;
            output::bytes(&text)?;
            Ok(Outcome::Passed)
        }
    }
}
