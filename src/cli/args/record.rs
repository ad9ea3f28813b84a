//! Arguments about review records.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

/// Options of commands that leave a record.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct RecordArguments {
    /// Add a signed record of this review to the log FILE, which is made where there is none; for the whole change
    /// and all rules, as a gate runs
    // A part of the change, some of the rules, a gate that never closes, or a tree with edits in it is no
    // review of the commit, and its record would pass for one.
    #[arg(long = "record", value_name = "FILE", requires = "key",
        conflicts_with_all = ["paths", "only", "no_builtin_rules", "fail_on", "fix", "fix_suggested", "diff"])]
    pub(in crate::cli) file: Option<PathBuf>,
    /// Private ed25519 key that signs the record, as `ssh-keygen` or `scrubin record key` writes it
    #[arg(
        long = "record-key",
        id = "key",
        value_name = "FILE",
        env = "SCRUBIN_RECORD_KEY"
    )]
    pub(in crate::cli) key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RecordCommand {
    /// Make a key that signs records: FILE, and FILE.pub for those who verify
    Key {
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show the records of a log, or one of them
    Show {
        /// The log
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The record with this id, number, or commit (a unique start will do); without it, the last
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// All records
        #[arg(long, conflicts_with = "id")]
        all: bool,
        /// Public keys of those who may sign (default: FILE.pub of SCRUBIN_RECORD_KEY)
        #[arg(long, value_name = "FILE")]
        signers: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = RecordFormat::Markdown)]
        format: RecordFormat,
    },
    /// Verify signatures, chain and form of logs, and find what a branch took in without a record
    Verify {
        /// The logs
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Public keys of those who may sign: lines as in authorized_keys or allowed_signers, or PEM
        #[arg(long, value_name = "FILE")]
        signers: Option<PathBuf>,
        /// List what the branch B took in after A without a record
        #[arg(long, value_name = "A..B")]
        range: Option<String>,
        /// SHA-256 that the last record must have, where it was kept elsewhere
        #[arg(long, value_name = "SHA256")]
        last: Option<String>,
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Print the JSON schema of a record
    Schema,
}

/// How records are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RecordFormat {
    /// For people
    Markdown,
    /// A page that stands alone
    Html,
    /// For programs
    Json,
}
