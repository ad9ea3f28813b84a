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
}

/// How jobs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum QueueFormat {
    /// One line each
    Text,
    /// One JSON object
    Json,
}
