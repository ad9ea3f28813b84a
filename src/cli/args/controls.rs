//! Arguments about the map of controls, and the plans made from it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ControlsCommand {
    /// Which output is evidence for which clause of which standard
    List {
        #[command(flatten)]
        choice: ChoiceArguments,
        #[arg(long, value_enum, default_value_t = SheetFormat::Terminal)]
        format: SheetFormat,
    },
    /// The clauses of a rule, or all that is said of one clause
    Show {
        /// Code or slug of a rule, or the number of a clause (`SI-10`, `5.5.4`)
        #[arg(value_name = "RULE_OR_CLAUSE")]
        name: String,
        #[command(flatten)]
        choice: ChoiceArguments,
        #[arg(long, value_enum, default_value_t = SheetFormat::Terminal)]
        format: SheetFormat,
    },
    /// Guideline enforcement plan: by what each rule is enforced, and which MISRA guidelines scrubin does not check
    Plan {
        #[command(flatten)]
        project: ProjectArguments,
        #[arg(long, value_enum, default_value_t = SheetFormat::Terminal)]
        format: SheetFormat,
    },
    /// Guideline re-categorisation plan: what this project made of the severity of each rule, and why
    Recategorisation {
        #[command(flatten)]
        project: ProjectArguments,
        #[arg(long, value_enum, default_value_t = SheetFormat::Terminal)]
        format: SheetFormat,
    },
    /// Guideline compliance summary of a release: enforcement, findings and deviations of each rule
    Summary {
        /// Report of the release: `scrubin check --all --format json`
        #[arg(long, value_name = "REPORT.json")]
        findings: Option<PathBuf>,
        #[command(flatten)]
        project: ProjectArguments,
        #[arg(long, value_enum, default_value_t = SheetFormat::Terminal)]
        format: SheetFormat,
    },
}

/// Which rows are asked for.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ChoiceArguments {
    /// Only rows of this standard (nist-800-53, ssdf, iec-62304, iec-81001-5-1, fda-premarket, iso-13485, mdr)
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) standard: Option<String>,
    /// Only rows of this rule area (LEN), those of every area among them
    #[arg(long, value_name = "AREA", conflicts_with = "activity")]
    pub(in crate::cli) area: Option<String>,
    /// Only rows of this activity (gate)
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) activity: Option<String>,
    /// Rows as well whose output is not there yet
    #[arg(long)]
    pub(in crate::cli) planned: bool,
}

/// The project that a plan is about.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ProjectArguments {
    /// Use this configuration instead of the repository's scrubin.toml
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// What holds for this file or folder, not for the whole repository
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) at: Option<PathBuf>,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SheetFormat {
    /// For people
    Terminal,
    /// For programs
    Json,
    /// The first table, for spreadsheets
    Csv,
    /// For wikis and repositories
    Markdown,
    /// A page that stands alone and prints
    Html,
}
