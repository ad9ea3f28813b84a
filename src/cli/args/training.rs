//! Arguments about the local history, lessons and the competence matrix.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum TrainingCommand {
    /// What the local history holds; with --mine, what it holds of you
    Show {
        /// Your own runs, passed lessons and follow-ups
        #[arg(long)]
        mine: bool,
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Write the history into FILE, for joining it with others
    Export {
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only what tells of you, your learning data among it
        #[arg(long)]
        mine: bool,
    },
    /// Take in the histories of other clones and of CI jobs; nothing counts twice
    #[command(visible_alias = "import")]
    Merge {
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Delete your own learning data, or the whole history
    #[command(visible_alias = "forget", group(clap::ArgGroup::new("what").required(true)))]
    Delete {
        /// Your learning data; your runs stay without a name, so that the team's numbers do
        #[arg(long, group = "what")]
        mine: bool,
        /// The whole history of this repository
        #[arg(long, group = "what")]
        all: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// What the reviews of a team found: weaknesses by lesson and component, trend, what to talk about next
    Report(TeamReportArguments),
    /// Who passed which lesson when: a competence matrix, to print, sign and verify
    Matrix(MatrixArguments),
    /// Write the names behind the pseudonyms into FILE (TOML), from the authors of this repository; keep it to
    /// yourself
    People {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// The key of pseudonyms: one for all clones of a team makes their histories fit together
    Key(KeyArguments),
}

/// Options of `training key`; without any it says where the key is.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeyArguments {
    /// Write the key of this repository into FILE, which must not be there
    #[arg(long, value_name = "FILE", conflicts_with = "take")]
    pub(in crate::cli) write: Option<PathBuf>,
    /// Make the key in FILE that of this repository
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) take: Option<PathBuf>,
}

/// Options of `training report`.
#[derive(Debug, Args)]
#[command(
    after_help = "Components in which fewer than five people work are shown together; no number is that of a person."
)]
pub(in crate::cli) struct TeamReportArguments {
    /// Exported histories, instead of that of this repository
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = TeamFormat::Terminal)]
    pub(in crate::cli) format: TeamFormat,
    /// Write the report there; stdout stays empty
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// First day (default: that of the month eleven months before the last)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) since: Option<NaiveDate>,
    /// Last day (default: today, UTC)
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(in crate::cli) until: Option<NaiveDate>,
    /// Step of the trend
    #[arg(long, value_enum, default_value_t = PeriodArgument::Month)]
    pub(in crate::cli) by: PeriodArgument,
    /// Write a sheet (HTML) for twenty minutes with the team on the most important weakness: code of this
    /// repository without its names, or the lesson's sample
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) brown_bag: Option<PathBuf>,
    /// Lesson of the sheet
    #[arg(long, value_name = "LESSON", requires = "brown_bag")]
    pub(in crate::cli) topic: Option<String>,
}

/// How a report on a team is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TeamFormat {
    /// For people
    Terminal,
    /// A page with charts, for printing too
    Html,
    /// For spreadsheets
    Csv,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PeriodArgument {
    Month,
    Quarter,
}

impl From<PeriodArgument> for crate::training::team::Period {
    fn from(period: PeriodArgument) -> Self {
        match period {
            PeriodArgument::Month => Self::Month,
            PeriodArgument::Quarter => Self::Quarter,
        }
    }
}

/// Options of `training matrix`.
#[derive(Debug, Args)]
pub(in crate::cli) struct MatrixArguments {
    /// Exported histories, instead of that of this repository
    #[arg(value_name = "FILE", conflicts_with = "verify")]
    pub(in crate::cli) files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = TeamFormat::Terminal)]
    pub(in crate::cli) format: TeamFormat,
    /// Write it there; stdout stays empty
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Names of people: lines of PSEUDONYM = "NAME", as `training people` writes them
    #[arg(long, value_name = "FILE", conflicts_with = "verify")]
    pub(in crate::cli) people: Option<PathBuf>,
    /// Who answers for it (default: training.owner)
    #[arg(long, value_name = "NAME", conflicts_with = "verify")]
    pub(in crate::cli) owner: Option<String>,
    /// Sign it with this private ed25519 key and write the signed form
    #[arg(long, value_name = "FILE", conflicts_with_all = ["verify", "format"])]
    pub(in crate::cli) sign_key: Option<PathBuf>,
    /// Verify a signed matrix, and show what was signed
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) verify: Option<PathBuf>,
    /// Public keys of those who may sign (default: FILE.pub of SCRUBIN_RECORD_KEY)
    #[arg(long, value_name = "FILE", requires = "verify")]
    pub(in crate::cli) signers: Option<PathBuf>,
}
