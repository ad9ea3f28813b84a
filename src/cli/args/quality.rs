//! Arguments about what the history gives to the quality system.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use crate::evidence::quality::Quarter;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum QualityCommand {
    /// Candidates for corrective action: weaknesses that are found again and again, each with a check 90 days later
    Capa {
        #[command(flatten)]
        input: QualityInput,
        #[arg(long, value_enum, default_value_t = QualityFormat::Terminal)]
        format: QualityFormat,
    },
    /// The page of a quarter for the management review
    Review {
        /// The quarter, as 2026Q4; the one of today if not given
        #[arg(long, value_name = "QUARTER", value_parser = quarter)]
        quarter: Option<Quarter>,
        #[command(flatten)]
        input: QualityInput,
        #[arg(long, value_enum, default_value_t = QualityFormat::Terminal)]
        format: QualityFormat,
    },
}

/// What is read, and when a weakness counts.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct QualityInput {
    /// Findings of one lesson that make a candidate
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..))]
    pub(in crate::cli) threshold: u32,
    /// Days within which they come
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=3_650))]
    pub(in crate::cli) window: u32,
    /// What was decided on candidates (TOML: docs/quality.md)
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) actions: Option<PathBuf>,
    /// The day on which it is asked; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) today: Option<NaiveDate>,
    /// Histories that `scrubin training export` wrote, together, instead of the local one
    #[arg(value_name = "HISTORY")]
    pub(in crate::cli) files: Vec<PathBuf>,
}

fn quarter(text: &str) -> Result<Quarter, String> {
    Quarter::parse(text).ok_or_else(|| "write a quarter as 2026Q4".to_owned())
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum QualityFormat {
    /// For people
    Terminal,
    /// A page that stands alone and prints
    Html,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}
