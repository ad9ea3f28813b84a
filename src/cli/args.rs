//! The command line as clap reads it. Names are part of the machine contract: never renamed.

mod controls;
mod deviations;
mod learn;
mod quality;
mod record;
mod report;
mod selftest;
mod serve;
mod training;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use deviations::{
    DeviationFilters, DeviationsCommand, DeviationsFormat, RegisterFormat,
};
pub(super) use record::{
    ChecklistFormat, ClassArgument, EntryArgument, RecordArguments, RecordCommand, RecordFormat,
    ReviewRecordArguments, SignersArgument, SigningArguments,
};

pub(super) use controls::{ChoiceArguments, ControlsCommand, ProjectArguments, SheetFormat};
pub(super) use learn::LearnArguments;
pub(super) use quality::{QualityCommand, QualityFormat, QualityInput};
pub(super) use report::{ReleaseArguments, ReleaseFormat, ReportCommand};
pub(super) use selftest::{Probe, SelftestArguments};
#[cfg_attr(
    not(feature = "service"),
    expect(
        unused_imports,
        reason = "listed, so that the help names it; served with the feature alone"
    )
)]
pub(super) use serve::{EraseArguments, QueueFormat, ServeArguments, ServeCommand};
pub(super) use training::{
    KeyArguments, MatrixArguments, TeamFormat, TeamReportArguments, TrainingCommand,
};

/// Secure-code reviewer for C and Rust firmware.
#[derive(Debug, Parser)]
#[command(
    name = "scrubin",
    version,
    about = "Secure-code reviewer for C and Rust firmware: in the git hook, on the pull request, offline",
    after_help = "Exit codes: 0 nothing at or above the threshold · 1 findings · 2 could not do its work"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Review a change: the staged one, a range of commits, or everything
    Check(Box<CheckArguments>),
    /// Review a change together with what other tools found: SARIF and the like
    #[command(mut_arg("paths", |arg| arg.value_name("FILE").required(true).help(
        "Reports of other tools: SARIF 2.1.0, `clang-tidy --export-fixes`, `cargo clippy --message-format=json`"
    )))]
    Import(Box<CheckArguments>),
    /// Review a pull request in a CI environment: comments, summary, gate
    Review(Box<ReviewArguments>),
    /// Ask about the device, and write its profile into scrubin.toml
    Init(InitArguments),
    /// Is the gate really in place? Exit code 1 if it can be walked around
    Doctor(DoctorArguments),
    /// Serve as a GitHub App: review every pull request of an organisation, with pages for people
    Serve(Box<ServeArguments>),
    /// Install, remove and run the git hooks
    #[command(subcommand)]
    Hook(HookCommand),
    /// Review a sample firmware change, from nothing; leaves nothing behind
    Demo,
    /// Show the page of a rule (what, why, how to fix, examples) or a lesson
    Explain {
        /// Code or slug of a rule, or key of a lesson
        rule: String,
        #[arg(long, value_enum, default_value_t = ExplainFormat::Terminal)]
        format: ExplainFormat,
    },
    /// List, show, test and export rules
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Build or refresh the repository index, which says what functions in other files do
    Index(IndexArguments),
    /// Accept today's findings as known
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Reasoned exceptions from rules
    #[command(subcommand)]
    Deviations(DeviationsCommand),
    /// Signed records of reviews: make a key, show, verify, sign off
    #[command(subcommand)]
    Record(RecordCommand),
    /// Reports for people outside of the team: a release
    #[command(subcommand)]
    Report(ReportCommand),
    /// Which output is evidence for which clause of which standard; plans and summaries made from it
    #[command(subcommand)]
    Controls(ControlsCommand),
    /// Learn from your own past finding, or from a sample: spot the line, choose the guard, write the repair
    Learn(LearnArguments),
    /// The local history of findings: show, export, join, delete
    #[command(subcommand)]
    Training(TrainingCommand),
    /// Inputs for the quality system: candidates for corrective action, the management review
    #[command(subcommand)]
    Quality(QualityCommand),
    /// Run every known-answer case on this machine, and write the report of it
    Selftest(SelftestArguments),
    /// Print the completions of a shell
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Options of `check`.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct CheckArguments {
    /// Review the staged change (default inside a repository)
    #[arg(long, group = "source")]
    pub(super) staged: bool,
    /// Review the commits A..B (A...B: from their merge base)
    #[arg(long, value_name = "A..B", group = "source")]
    pub(super) range: Option<String>,
    /// Review HEAD against its merge base with REV
    #[arg(long, value_name = "REV", group = "source")]
    pub(super) base: Option<String>,
    /// Review the whole tree, or the given files and folders, also outside git
    #[arg(long, group = "source")]
    pub(super) all: bool,
    /// How the report is written
    #[arg(long, value_enum, default_value_t = ReportFormat::Terminal)]
    pub(super) format: ReportFormat,
    /// Write the report there; stdout stays empty
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Which findings are reported
    #[arg(long, value_enum)]
    pub(super) scope: Option<ScopeArgument>,
    /// Lowest severity that gives exit code 1
    #[arg(long, value_enum)]
    pub(super) fail_on: Option<FailOnArgument>,
    /// Further rules in Semgrep's syntax (may be repeated)
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// Run only the rules given with --rules
    #[arg(long)]
    pub(super) no_builtin_rules: bool,
    /// Run only this rule, by code or slug (may be repeated)
    #[arg(long, value_name = "RULE")]
    pub(super) only: Vec<String>,
    /// Lowest precision that is reported
    #[arg(long, value_enum)]
    pub(super) precision: Option<PrecisionArgument>,
    /// Use this configuration instead of the repository's scrubin.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Threads; results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Give up with exit code 2 after this many seconds; 0 = never
    #[arg(long, value_name = "SECONDS")]
    pub(super) watchdog: Option<u32>,
    /// Add files, functions and the time of each phase to the report
    #[arg(long)]
    pub(super) stats: bool,
    /// JSON: list findings outside the change and below the threshold as well
    #[arg(long)]
    pub(super) all_verdicts: bool,
    #[command(flatten)]
    pub(super) record: RecordArguments,
    /// What is done with the edits of findings
    #[command(flatten)]
    pub(super) edits: EditArguments,
    /// What other tools found
    #[command(flatten)]
    pub(super) imports: ImportArguments,
    /// Only these files and folders
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
}

/// Options of `check` and `review` about the findings of other tools.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ImportArguments {
    /// Add the findings of another tool's report (SARIF and the like; may be repeated)
    #[arg(long = "import", value_name = "FILE")]
    pub(super) import_files: Vec<PathBuf>,
    /// A report of the tool on the text before the change: tells which findings are new (may be
    /// repeated)
    #[arg(long = "import-base", value_name = "FILE")]
    pub(super) import_base: Vec<PathBuf>,
    /// Folder that the paths in the reports count from, in the words of the machine that wrote them
    #[arg(long = "import-root", value_name = "DIR")]
    pub(super) import_root: Option<String>,
}

/// Options of `check` about edits.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct EditArguments {
    /// Apply the safe edits of reported findings to the work tree; on a terminal, ask for each
    /// suggested one
    #[arg(long)]
    pub(super) fix: bool,
    /// Apply suggested edits as well, without asking
    #[arg(long)]
    pub(super) fix_suggested: bool,
    /// Write nothing: print what --fix would do as a unified diff
    #[arg(long)]
    pub(super) diff: bool,
}

impl EditArguments {
    /// Whether any of them is given.
    pub(super) fn are_wanted(&self) -> bool {
        self.fix || self.fix_suggested || self.diff
    }
}

/// Options of `review`. Without them everything comes from the environment of GitHub Actions.
#[derive(Debug, Clone, Default, Args)]
#[cfg_attr(
    not(feature = "github"),
    allow(
        dead_code,
        reason = "listed in the help; the command says how to get it"
    )
)]
pub(super) struct ReviewArguments {
    /// Review, and write what is to be posted into --out; needs no right to write
    #[arg(long, requires = "out", conflicts_with = "post")]
    pub(super) analyse_only: bool,
    /// File that --analyse-only writes
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Post what another job wrote with --analyse-only; trusts nothing of it, needs no checkout
    #[arg(long, value_name = "FILE")]
    pub(super) post: Option<PathBuf>,
    /// Repository [GITHUB_REPOSITORY]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Option<String>,
    /// Review this pull request instead of the one of the event
    #[arg(long, value_name = "NUMBER")]
    pub(super) pr: Option<u64>,
    /// Compare with this commit instead of the merge base
    #[arg(long, value_name = "REV")]
    pub(super) base: Option<String>,
    /// File with the event [GITHUB_EVENT_PATH]
    #[arg(long, value_name = "FILE")]
    pub(super) event: Option<PathBuf>,
    /// Name of the event [GITHUB_EVENT_NAME]
    #[arg(long, value_name = "NAME")]
    pub(super) event_name: Option<String>,
    /// REST address [GITHUB_API_URL]
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// GraphQL address [GITHUB_GRAPHQL_URL]
    #[arg(long, value_name = "URL")]
    pub(super) graphql_url: Option<String>,
    /// Address for people [GITHUB_SERVER_URL]
    #[arg(long, value_name = "URL")]
    pub(super) server_url: Option<String>,
    /// File with the token [GITHUB_TOKEN, GH_TOKEN]; never give one as an argument
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
    /// Most comments that stand in the code at a time; the rest is in one table
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) max_comments: usize,
    /// What a draft gets: all, the summary and the gate without comments in the code, or no review
    #[arg(long, value_enum, default_value_t = DraftsArgument::Light)]
    pub(super) drafts: DraftsArgument,
    /// Request changes while the gate is closed, and lift that once it opens
    #[arg(long)]
    pub(super) request_changes: bool,
    /// Write no comments: job summary, annotations and log alone
    #[arg(long)]
    pub(super) no_comments: bool,
    /// Write a SARIF file as well
    #[arg(long, value_name = "FILE")]
    pub(super) sarif: Option<PathBuf>,
    /// Hand the SARIF log to code scanning; a refusal does not close the gate
    #[arg(long)]
    pub(super) upload_sarif: bool,
    /// What an event that is not reviewed ends with
    #[arg(long, value_enum, default_value_t = UnsupportedArgument::Fail)]
    pub(super) unsupported: UnsupportedArgument,
    /// Which findings are reported
    #[arg(long, value_enum)]
    pub(super) scope: Option<ScopeArgument>,
    /// Lowest severity that gives exit code 1
    #[arg(long, value_enum)]
    pub(super) fail_on: Option<FailOnArgument>,
    /// Lowest precision that is reported (default medium)
    #[arg(long, value_enum)]
    pub(super) precision: Option<PrecisionArgument>,
    /// Further rules in Semgrep's syntax (may be repeated)
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub(super) rules: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) record: ReviewRecordArguments,
    /// What other tools found
    #[command(flatten)]
    pub(super) imports: ImportArguments,
    /// Milliseconds between two writes; GitHub asks for 1,000, a server without limits for none
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    pub(super) pace: u64,
    /// Seconds to wait for rate limits in all
    #[arg(long, value_name = "S", default_value_t = 900)]
    pub(super) max_wait: u64,
    /// Seconds for one exchange with GitHub
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub(super) timeout: u64,
}

/// Options of `init`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Guesses come from the repository, each with its evidence. What nobody knows counts as yes.\n\
                  An existing scrubin.toml keeps everything outside of [profile]. Running it again with the same\n\
                  answers gives the same files."
)]
pub(super) struct InitArguments {
    /// Ask nothing: accept the guesses, and count what nobody knows as yes
    #[arg(long)]
    pub(super) yes: bool,
    /// Take answers from this file (TOML, the tables of [profile] without that name); for the rest as --yes
    #[arg(long, value_name = "FILE")]
    pub(super) answers: Option<PathBuf>,
    /// Overwrite scrubin.toml as a whole, whatever it holds
    #[arg(long)]
    pub(super) force: bool,
    /// Write nothing; print scrubin.toml as it would be
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Where the rationale goes [docs/scrubin-profile.md]
    #[arg(long, value_name = "FILE")]
    pub(super) rationale: Option<PathBuf>,
    /// How the result is told
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(super) format: ListFormat,
}

/// Options of `index`.
#[derive(Debug, Clone, Args)]
pub(super) struct IndexArguments {
    /// Write nothing: exit code 1 unless the index is whole and holds every file as it is staged
    #[arg(long)]
    pub(super) check: bool,
    /// Add the number of functions, the size and the time
    #[arg(long)]
    pub(super) stats: bool,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(super) format: ListFormat,
    /// Use this configuration instead of the repository's scrubin.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Threads; the index does not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
}

/// Options of `doctor`.
#[derive(Debug, Clone, Args)]
#[cfg_attr(
    not(feature = "github"),
    allow(dead_code, reason = "some are for the network alone")
)]
pub(super) struct DoctorArguments {
    /// How the checks are shown
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(super) format: ListFormat,
    /// Repository [GITHUB_REPOSITORY, the remote origin]
    #[arg(long, value_name = "OWNER/NAME")]
    pub(super) repo: Option<String>,
    /// Read workflows, owners and settings from this commit, not from the work tree
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,
    /// Branch whose rules count; the default branch if not given
    #[arg(long, value_name = "NAME")]
    pub(super) branch: Option<String>,
    /// REST address [GITHUB_API_URL]
    #[arg(long, value_name = "URL")]
    pub(super) api_url: Option<String>,
    /// File with the token [GITHUB_TOKEN, GH_TOKEN]; never give one as an argument
    #[arg(long, value_name = "FILE")]
    pub(super) token_file: Option<PathBuf>,
}

/// What a draft pull request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum DraftsArgument {
    /// As any other
    Full,
    /// Reviewed and gated, without new comments in the code until it is ready
    #[default]
    Light,
    /// Nothing until it is ready
    Skip,
}

/// What an event that is not reviewed ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum UnsupportedArgument {
    /// Exit code 2
    #[default]
    Fail,
    /// Exit code 0
    Pass,
}

#[derive(Debug, Subcommand)]
pub(super) enum HookCommand {
    /// Write pre-commit and pre-push hooks into the repository
    Install {
        /// Use hooks from git's configuration (git 2.54 and newer)
        #[arg(long)]
        git_config: bool,
    },
    /// Remove the hooks that scrubin wrote
    Uninstall,
    /// Say whether the hooks are in place; exit code 1 if not
    Status,
    /// What the pre-commit hook runs
    #[command(name = "pre-commit")]
    PreCommit(HookArguments),
    /// What the pre-push hook runs
    #[command(name = "pre-push")]
    PrePush(HookArguments),
}

/// What git and hook managers pass on; of no interest here.
#[derive(Debug, Args)]
pub(super) struct HookArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    #[allow(dead_code, reason = "taken so that hook managers may pass anything")]
    rest: Vec<OsString>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// All rules, one a line
    List {
        #[arg(long, value_enum, default_value_t = PageFormat::Terminal)]
        format: PageFormat,
        /// Further rules in Semgrep's syntax (may be repeated)
        #[arg(long, value_name = "FILE_OR_DIR")]
        rules: Vec<PathBuf>,
        /// Add the severity that scrubin.toml and its device profile give each rule, and why
        #[arg(long)]
        profile: bool,
        /// With --profile: what holds for this file or folder, not for the whole repository
        #[arg(long, value_name = "PATH", requires = "profile")]
        at: Option<PathBuf>,
        /// With --profile: use this configuration instead of the repository's scrubin.toml
        #[arg(long, value_name = "FILE", requires = "profile")]
        config: Option<PathBuf>,
    },
    /// The page of a rule
    Show {
        /// Code or slug of the rule
        rule: String,
        #[arg(long, value_enum, default_value_t = ExplainFormat::Terminal)]
        format: ExplainFormat,
    },
    /// Run the examples of the built-in rules, or of the rules in PATH instead
    Test {
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Write all rules and lessons as a static site, which works from the disk
    Site {
        /// Folder that takes it
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write the pattern rules for Semgrep, or the pages of all rules
    #[command(group(clap::ArgGroup::new("what").required(true)))]
    Export {
        /// Folder that takes the pattern rules, as Semgrep reads them
        #[arg(long, value_name = "DIR", group = "what")]
        semgrep: Option<PathBuf>,
        /// Folder that takes a markdown page for each rule, and indexes by area, CWE, CERT C and MISRA number, and lesson
        #[arg(long, value_name = "DIR", group = "what")]
        pages: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
    /// Write the findings of the whole tree into the baseline file
    Write {
        /// `--output` names another file than the configured one
        #[command(flatten)]
        check: Box<CheckArguments>,
    },
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people
    #[default]
    Terminal,
    /// For programs
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// For job summaries and comments
    Markdown,
    /// GitHub workflow commands
    Github,
}

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PageFormat {
    Terminal,
    Json,
    Markdown,
}

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    Terminal,
    Json,
    Markdown,
    Html,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    Terminal,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ScopeArgument {
    /// Findings the change brought in
    New,
    /// Findings on added lines
    Added,
    /// Findings in functions with added lines
    Function,
    /// Findings in changed files
    File,
    /// Everything
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnArgument {
    Error,
    Warning,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PrecisionArgument {
    High,
    Medium,
    Low,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
