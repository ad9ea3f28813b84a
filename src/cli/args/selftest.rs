//! Arguments of the self-test.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ListFormat;

/// Options of `selftest`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit codes: 0 every case holds · 1 a case does not hold, or a report is not what was signed · 2 could not do its \
                  work\nThe report is for the validation of the tool: docs/validation"
)]
pub(in crate::cli) struct SelftestArguments {
    /// Further rules in Semgrep's syntax, whose examples are run as well (may be repeated)
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(in crate::cli) rules: Vec<PathBuf>,
    /// Run the cases of this rule alone, by code or slug, and list them; no report can be made of it
    #[arg(long, value_name = "RULE", conflicts_with_all = ["report", "traceability", "verify", "rules"])]
    pub(in crate::cli) rule: Option<String>,
    /// How the result is shown
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(in crate::cli) format: ListFormat,
    /// Write the report there: .html, .md or .json by the end of its name
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Sign the report with this ed25519 key, as `ssh-keygen` or `scrubin record key` writes it; the signature
    /// covers all cases and the page, and lies beside it as FILE.dsse
    #[arg(long, value_name = "KEY", requires = "report")]
    pub(in crate::cli) sign_key: Option<PathBuf>,
    /// Run nothing: verify a signed report (FILE.dsse, or FILE beside it)
    #[arg(long, value_name = "FILE", requires = "signers",
        conflicts_with_all = ["rules", "report", "traceability"])]
    pub(in crate::cli) verify: Option<PathBuf>,
    /// Public keys of those who may sign: lines as in authorized_keys or allowed_signers, or PEM
    #[arg(long, value_name = "FILE", requires = "verify")]
    pub(in crate::cli) signers: Option<PathBuf>,
    /// Print which case shows which requirement, as docs/validation/traceability.md has it
    #[arg(long, conflicts_with_all = ["rules", "report"])]
    pub(in crate::cli) traceability: bool,
    /// What the self-test starts in a process of its own
    #[arg(long, value_enum, hide = true)]
    pub(in crate::cli) probe: Option<Probe>,
}

/// A failure that the self-test brings about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Probe {
    /// A review that meets a defect of scrubin in each staged file
    Crash,
    /// A review that does not end, under a watchdog of one second
    Hang,
}
