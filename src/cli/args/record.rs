//! Arguments about review records.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::ListFormat;

/// Options of `check` about the record it leaves.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct RecordArguments {
    /// Add a signed record of this review to the log FILE (not given: `record.log` of scrubin.toml), which is made
    /// where there is none; for the whole change and all rules, as a gate runs
    // A part of the change, some of the rules, a gate that never closes, or a tree with edits in it is no
    // review of the commit, and its record would pass for one.
    #[arg(long = "record", value_name = "FILE", num_args = 0..=1, requires = "key",
        conflicts_with_all = ["paths", "only", "no_builtin_rules", "fail_on", "fix", "fix_suggested", "diff"])]
    pub(in crate::cli) file: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub(in crate::cli) signing: SigningArguments,
    /// Who reviewed the change, where neither trailers nor GitHub say it (may be repeated)
    #[arg(long = "record-reviewer", value_name = "NAME", requires = "file")]
    pub(in crate::cli) reviewers: Vec<String>,
    /// Who approved it
    #[arg(long = "record-approver", value_name = "NAME", requires = "file")]
    pub(in crate::cli) approver: Option<String>,
    /// Branch of the change; not given: what GitHub's or GitLab's environment or the checkout says
    #[arg(long = "record-branch", value_name = "NAME", requires = "file")]
    pub(in crate::cli) branch: Option<String>,
    /// Number of the pull or merge request; not given: what GitLab's environment says
    #[arg(long = "record-pull-request", value_name = "N", requires = "file")]
    pub(in crate::cli) pull_request: Option<u64>,
}

/// Options of `review` about the record it leaves.
#[derive(Debug, Clone, Default, Args)]
#[cfg_attr(
    not(feature = "github"),
    allow(
        dead_code,
        reason = "listed in the help; the command says how to get it"
    )
)]
pub(in crate::cli) struct ReviewRecordArguments {
    /// Add a signed record of this review to the log FILE (not given: `record.log` of scrubin.toml), with reviewers and
    /// approver as GitHub knows them
    // A gate that never closes is none, and what another job found is not this program's review.
    #[arg(long = "record", value_name = "FILE", num_args = 0..=1, requires = "key",
        conflicts_with_all = ["fail_on", "post"])]
    pub(in crate::cli) file: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub(in crate::cli) signing: SigningArguments,
}

/// Options of every command that signs a record.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct SigningArguments {
    /// Private ed25519 key that signs the record, as `ssh-keygen` or `scrubin record key` writes it
    #[arg(
        long = "record-key",
        id = "key",
        value_name = "FILE",
        env = "SCRUBIN_RECORD_KEY"
    )]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Add the record to the git note of its commit as well (refs/notes/scrubin)
    #[arg(long = "record-note")]
    pub(in crate::cli) note: bool,
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
        /// The log; not given: `record.log` of scrubin.toml
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The record with this id, number, or commit (a unique start will do); without it, the last review
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// All records
        #[arg(long, conflicts_with = "id")]
        all: bool,
        /// The records in the git note of this commit instead of those of a log
        #[arg(long, value_name = "REV", conflicts_with_all = ["file", "id", "all"])]
        note: Option<String>,
        #[command(flatten)]
        signers: SignersArgument,
        #[arg(long, value_enum, default_value_t = RecordFormat::Markdown)]
        format: RecordFormat,
    },
    /// Verify signatures, chain and form of logs, and find what a branch took in without a record
    Verify {
        /// The logs; not given: `record.log` of scrubin.toml
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        signers: SignersArgument,
        /// List what the branch B took in after A without a record
        #[arg(long, value_name = "A..B")]
        range: Option<String>,
        /// SHA-256 that the last record must have, where it was kept elsewhere
        #[arg(long, value_name = "SHA256")]
        last: Option<String>,
        #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
        format: ListFormat,
    },
    /// Print what no tool checks, as the device profile asks for it
    Checklist {
        /// Safety class of the software; not given: `record.safety-class`, else the strictest of the profile
        #[arg(long, value_enum)]
        class: Option<ClassArgument>,
        #[arg(long, value_enum, default_value_t = ChecklistFormat::Terminal)]
        format: ChecklistFormat,
    },
    /// Answer the checklist of a review, and add the answers to its log, signed
    SignOff {
        /// The log; not given: `record.log` of scrubin.toml
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The review, by id, number or commit; without it, the last one
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Who looked: a person's name
        #[arg(long, value_name = "NAME")]
        reviewer: String,
        /// Points that hold, by name, or `all` for every one that is not said to be without application
        #[arg(long, value_name = "POINT,...", value_delimiter = ',')]
        items: Vec<String>,
        /// A point that has no place in this change, and why (may be repeated)
        #[arg(long, value_name = "POINT=WHY")]
        not_applicable: Vec<String>,
        /// A remark
        #[arg(long, value_name = "TEXT")]
        remark: Option<String>,
        #[command(flatten)]
        signing: SigningArguments,
    },
    /// Record that a person let a change in although its gate was closed
    Override {
        /// The log; not given: `record.log` of scrubin.toml
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The review whose gate was closed, by id, number or commit; without it, the last one
        #[arg(long, value_name = "ID")]
        id: Option<String>,
        /// Why, in a sentence
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who decided; not the author of the change
        #[arg(long, value_name = "NAME")]
        approver: String,
        /// Ticket or risk-file entry
        #[arg(long, value_name = "ID")]
        ticket: Option<String>,
        #[command(flatten)]
        signing: SigningArguments,
    },
    /// Print the JSON schema of a review's record, of a sign-off, or of an override
    Schema {
        #[arg(value_enum, value_name = "ENTRY", default_value_t = EntryArgument::Review)]
        of: EntryArgument,
    },
}

/// How the checklist is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ChecklistFormat {
    Terminal,
    Json,
    Markdown,
    /// A page to print, fill in and sign
    Html,
    Csv,
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

/// Whose signatures count.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct SignersArgument {
    /// Public keys of those who may sign: lines as in authorized_keys or allowed_signers, or PEM (not given:
    /// `record.signers` of scrubin.toml, else FILE.pub of SCRUBIN_RECORD_KEY)
    #[arg(long = "signers", value_name = "FILE")]
    pub(in crate::cli) signers: Option<PathBuf>,
}

/// Software safety class of IEC 62304.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(in crate::cli) enum ClassArgument {
    A,
    B,
    C,
}

/// What a line of a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum EntryArgument {
    Review,
    SignOff,
    Override,
}
