//! The arguments of `scrubin serve`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Every key of the file can be set by SCRUBIN_SERVE_SECTION_KEY in the environment; secrets are \
    read from files that keys name. docs/service.md has a configuration to copy."
)]
pub(in crate::cli) struct ServeArguments {
    /// The configuration of the service
    #[arg(
        long,
        value_name = "FILE",
        default_value = "scrubin-service.toml",
        env = "SCRUBIN_SERVE_CONFIG",
        global = true
    )]
    pub(in crate::cli) config: PathBuf,
    /// Try the configuration: read the secrets, open the database, speak to GitHub as the App; then end
    #[arg(long)]
    pub(in crate::cli) check_config: bool,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<ServeCommand>,
}

/// What can be done beside serving.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ServeCommand {
    /// List the jobs that wait, run or were given up (with SQLite: while the service does not run)
    Queue {
        /// Try one that was given up again, by its key; `all` = every one
        #[arg(long, value_name = "KEY")]
        retry: Option<String>,
        #[arg(long, value_enum, default_value_t = QueueFormat::Text)]
        format: QueueFormat,
    },
    /// Ask a running service whether it is ready; for health checks of containers
    Health,
    /// Copy a SQLite database to a new file, also while the service runs
    Backup {
        /// The copy
        file: PathBuf,
    },
    /// Delete everything the service keeps of a repository or an installation, from database and cache (with
    /// SQLite: while the service does not run)
    Erase(EraseArguments),
}

/// Arguments of `serve erase`.
#[derive(Debug, Args)]
pub(in crate::cli) struct EraseArguments {
    /// A repository, by its name on GitHub
    #[arg(
        long,
        value_name = "OWNER/NAME",
        required_unless_present = "installation",
        conflicts_with = "installation"
    )]
    pub(in crate::cli) repository: Option<String>,
    /// An installation with all its repositories, by its number on GitHub
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) installation: Option<i64>,
    /// Leave review records, their checkpoints and decisions, where they have to be kept as evidence
    #[arg(long)]
    pub(in crate::cli) keep_evidence: bool,
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
    /// How what was deleted is listed
    #[arg(long, value_enum, default_value_t = QueueFormat::Text)]
    pub(in crate::cli) format: QueueFormat,
}

/// How jobs, and what was deleted, are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum QueueFormat {
    /// One line each
    Text,
    /// One JSON object
    Json,
}
