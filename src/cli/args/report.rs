//! Arguments about reports for people outside of the team.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::SignersArgument;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReportCommand {
    /// What is known of a release: findings with their evaluation, what was reviewed since the release before, who let
    /// what in, deviations, rulesets; exit code 1 where a log does not hold or a commit has no record
    Release(ReleaseArguments),
}

/// Options of `report release`.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct ReleaseArguments {
    /// The tag, or any other commit
    #[arg(value_name = "TAG")]
    pub(in crate::cli) tag: String,
    /// The release before; not given: the newest tag before it
    #[arg(long, value_name = "TAG")]
    pub(in crate::cli) since: Option<String>,
    /// Logs of review records (may be repeated); not given: `record.log` of scrubin.toml
    #[arg(long = "record", value_name = "FILE")]
    pub(in crate::cli) records: Vec<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) signers: SignersArgument,
    #[arg(long, value_enum, default_value_t = ReleaseFormat::Markdown)]
    pub(in crate::cli) format: ReleaseFormat,
    /// Write it there; stdout stays empty
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// How the report of a release is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReleaseFormat {
    /// For people
    Markdown,
    /// A page that stands alone, and prints
    Html,
    /// For programs
    Json,
    /// For spreadsheets: the findings alone
    Csv,
}
