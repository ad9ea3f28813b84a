//! Arguments about deviations.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeviationsCommand {
    /// Every deviation of the tree with its reason, end and state
    List {
        #[arg(long, value_enum, default_value_t = DeviationsFormat::Terminal)]
        format: DeviationsFormat,
        #[command(flatten)]
        filters: DeviationFilters,
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// The register: a record for each deviation, the permits and the categories; exit code 1 where one is over, excuses
    /// nothing any more, or may not excuse what it stands for
    Report {
        #[arg(long, value_enum, default_value_t = RegisterFormat::Markdown)]
        format: RegisterFormat,
        /// Write it there; stdout stays empty
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        filters: DeviationFilters,
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

/// Which deviations are shown.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct DeviationFilters {
    /// Only those in force
    #[arg(long)]
    pub(in crate::cli) open: bool,
    /// Only those of this state: used, unused, unchecked, expired, superseded, not-permitted, without-reason,
    /// unknown-rule (may be repeated)
    #[arg(long, value_name = "STATE")]
    pub(in crate::cli) state: Vec<String>,
    /// Only those of this kind: deviation, false-positive, accepted-risk, deferred
    #[arg(long, value_name = "KIND")]
    pub(in crate::cli) kind: Option<String>,
    /// Only those that end within so many days, or have ended
    #[arg(long, value_name = "DAYS")]
    pub(in crate::cli) expiring: Option<u32>,
    /// Only those from this rule, by code or slug
    #[arg(long, value_name = "RULE")]
    pub(in crate::cli) rule: Option<String>,
    /// Only those that cite this permit
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) permit: Option<String>,
}

/// How a list of deviations is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DeviationsFormat {
    /// One a line
    Terminal,
    /// For programs
    Json,
    /// For spreadsheets
    Csv,
}

/// How the register is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RegisterFormat {
    /// For people
    Markdown,
    /// A page that stands alone, and prints
    Html,
    /// For programs
    Json,
    /// For spreadsheets: the deviations alone
    Csv,
}
