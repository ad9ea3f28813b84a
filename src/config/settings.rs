//! The tables of `scrubin.toml` with their defaults.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;
use toml::Spanned;

use super::glob::Globs;
use super::profile::SafetyClass;
use crate::finding::{Precision, Severity};

/// Which findings of the reviewed files are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those the change brought in, wherever they show (differential analysis).
    #[default]
    New,
    /// Those on added or modified lines.
    Added,
    /// Those in a function with added or modified lines.
    Function,
    /// Those in a changed file.
    File,
    /// All.
    All,
}

impl Scope {
    /// Every scope, narrowest first.
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::Added,
        Self::Function,
        Self::File,
        Self::All,
    ];

    /// The word used in the configuration, arguments and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Added => "added",
            Self::Function => "function",
            Self::File => "file",
            Self::All => "all",
        }
    }

    /// Whether it reports all that another scope reports.
    pub fn holds(self, other: Self) -> bool {
        match self {
            Self::All => true,
            Self::File => other != Self::All,
            Self::Function => matches!(other, Self::Function | Self::Added),
            Self::New | Self::Added => self == other,
        }
    }

    /// The scope of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// From which severity on a reported finding closes the gate (exit code 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Errors and warnings.
    Warning,
    /// Nothing does.
    Never,
}

impl FailOn {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Never];

    /// The word used in the configuration, arguments and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Never => "never",
        }
    }

    /// The value of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == word)
    }

    /// Whether a reported finding of this severity closes the gate. Notes never do.
    pub fn blocks(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Never => false,
        }
    }
}

/// `[check]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// Rules below this precision are counted, not shown. `None`: the command decides (high in the
    /// hook and `check`, medium in `review`).
    pub precision: Option<Precision>,
    /// Rules below this severity are counted, not shown.
    pub severity: Severity,
    /// What closes the gate.
    pub fail_on: FailOn,
    /// Which findings are reported. `None`: `new`, or `all` with `--all`.
    pub scope: Option<Scope>,
    /// Codes or slugs of the only rules to run; empty: all.
    pub only: Vec<Spanned<String>>,
    /// Codes or slugs of rules not to run.
    pub disable: Vec<Spanned<String>>,
    /// Threads. `None`: one per core.
    pub jobs: Option<NonZeroUsize>,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            precision: None,
            severity: Severity::Info,
            fail_on: FailOn::default(),
            scope: None,
            only: Vec::new(),
            disable: Vec::new(),
            jobs: None,
        }
    }
}

/// `[rules."CODE or slug"]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuleSettings {
    /// Replaces the rule's severity. Lowering it needs a reason.
    pub severity: Option<Severity>,
    /// Whether the rule runs; wins over `check.disable`.
    pub enabled: Option<bool>,
    /// Why.
    pub reason: Option<String>,
}

/// `[paths]`: patterns as in `.gitignore`, relative to the repository root.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Paths {
    /// Not reviewed; counted as left out.
    pub exclude: Globs,
    /// Code of others: not reviewed; counted as left out under its own reason.
    pub vendor: Globs,
    /// Files that say which code of others there is; where none is named, the usual ones count.
    pub vendor_record: Globs,
    /// Test code: reviewed and shown, never closes the gate.
    pub test: Globs,
}

/// `[limits]`: counted bounds, so that the result never depends on load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// Largest file in bytes that is analysed.
    pub file_bytes: usize,
    /// Deepest nesting of the syntax tree that is analysed.
    pub depth: usize,
    /// Parser steps per file (one is about 100 parser operations).
    pub parser_steps: u64,
    /// Seconds of wall time after which the command line gives up; 0 = never, `None` = the command
    /// decides. The only limit that is timed, and it ends the run instead of changing its result.
    pub watchdog_seconds: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 1 << 20,
            depth: 2_000,
            parser_steps: 25_000,
            watchdog_seconds: None,
        }
    }
}

/// Widths of C's integer types and pointers on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataModel {
    /// 16-bit `int` and pointers, 32-bit `long` (AVR, MSP430).
    Ip16,
    /// 16-bit `int`, 32-bit `long` and pointers.
    Lp32,
    /// 32-bit `int`, `long` and pointers (Arm Cortex-M, RV32).
    #[default]
    Ilp32,
    /// 32-bit `int`, 64-bit `long` and pointers (64-bit Linux).
    Lp64,
    /// 32-bit `int` and `long`, 64-bit pointers (64-bit Windows).
    Llp64,
}

impl DataModel {
    /// Bits of `int`.
    pub fn int_bits(self) -> u32 {
        match self {
            Self::Ip16 | Self::Lp32 => 16,
            Self::Ilp32 | Self::Lp64 | Self::Llp64 => 32,
        }
    }

    /// Bits of `long`.
    pub fn long_bits(self) -> u32 {
        match self {
            Self::Lp64 => 64,
            Self::Ip16 | Self::Lp32 | Self::Ilp32 | Self::Llp64 => 32,
        }
    }

    /// Bits of a data pointer and of `size_t`.
    pub fn pointer_bits(self) -> u32 {
        match self {
            Self::Ip16 => 16,
            Self::Lp32 | Self::Ilp32 => 32,
            Self::Lp64 | Self::Llp64 => 64,
        }
    }
}

/// Whether plain `char` is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CharSign {
    /// As on x86 and AVR.
    Signed,
    /// As in the Arm and RISC-V procedure call standards.
    #[default]
    Unsigned,
}

/// `[c]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct C {
    /// Integer and pointer widths of the target.
    pub data_model: DataModel,
    /// Signedness of plain `char` on the target.
    pub char: CharSign,
    /// Names of interrupt handlers beside the usual ones; `*` stands for anything.
    pub isr_names: Vec<String>,
    /// What the project's macros expand to, where the parser needs to know.
    pub macros: Macros,
}

/// `[c.macros]`: names of macros by what they expand to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Macros {
    /// To nothing, or to an attribute or qualifier; with their arguments.
    pub empty: Vec<String>,
    /// To their one argument.
    pub identity: Vec<String>,
    /// To the head of a loop: `LIST_FOREACH(a, b) { ... }`.
    #[serde(rename = "loop")]
    pub loops: Vec<String>,
    /// To a whole statement, written without `;`.
    pub statement: Vec<String>,
}

/// What the hook does when it cannot review (exit code 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HookFailure {
    /// The commit or push is refused.
    #[default]
    Closed,
    /// It goes through with a warning.
    Open,
}

/// `[import.TOOL]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImportSettings {
    /// Whether its findings count at all; yes if not said.
    pub enabled: Option<bool>,
    /// How often its findings are right; medium if not said.
    pub precision: Option<Precision>,
    /// The severity of all its findings, instead of their own.
    pub severity: Option<Severity>,
    /// Why that is less than the tool says.
    pub reason: Option<String>,
    /// Rules of it that are left out, by the tool's own names; `*` at the end stands for any rest.
    pub disable: Vec<String>,
}

/// `[hook]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hook {
    /// What to do when the review could not be done.
    pub fail: HookFailure,
}

/// What a pull request needs for a deviation that it adds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelfDeviation {
    /// The approval of a second person who may write to the repository.
    #[default]
    Approve,
    /// Nothing: it counts at once.
    Allow,
}

/// Which deviations excuse anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviationRecords {
    /// Comments and entries of the file, with a record or without.
    #[default]
    Optional,
    /// Entries of the file with an id alone: deviation records.
    Required,
}

/// `[deviations]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviations {
    /// The file of deviations, relative to the repository root.
    pub file: String,
    /// What a pull request needs for a deviation that it adds itself.
    #[serde(rename = "self")]
    pub by_itself: SelfDeviation,
    /// Whether a deviation has to be a record of the register.
    pub records: DeviationRecords,
}

impl Default for Deviations {
    fn default() -> Self {
        Self {
            file: "deviations.toml".to_owned(),
            by_itself: SelfDeviation::default(),
            records: DeviationRecords::default(),
        }
    }
}

/// Whether something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

/// `[training]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Training {
    /// Whether reviews leave a line in the local history.
    pub history: Switch,
    /// Whether people are told apart, by pseudonym.
    pub individual: Switch,
    /// Who signs the competence matrix.
    pub owner: Option<String>,
    /// How many folders from the root make a component.
    pub folders: NonZeroUsize,
    /// Named components; the first in the order of names whose patterns match counts.
    pub components: BTreeMap<String, Globs>,
    /// How long a run and a person's learning data are kept.
    pub months: NonZeroU32,
    /// Most bytes of the history; the oldest runs go first.
    pub history_bytes: NonZeroUsize,
}

impl Default for Training {
    fn default() -> Self {
        let one = NonZeroUsize::MIN;
        Self {
            history: Switch::default(),
            individual: Switch::default(),
            owner: None,
            folders: one.saturating_add(1),
            components: BTreeMap::new(),
            months: NonZeroU32::MIN.saturating_add(23),
            history_bytes: one.saturating_add((32 << 20) - 1),
        }
    }
}

/// `[baseline]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Baseline {
    /// The baseline file, relative to the repository root.
    pub file: String,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            file: "scrubin-baseline.json".to_owned(),
        }
    }
}

/// `[record]`: what a review record says of the product, who counts as reviewer, and where records are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// Name of the project.
    pub project: Option<String>,
    /// The device; not stated: that of the profile.
    pub device: Option<String>,
    /// The software item (IEC 62304 3.25).
    pub item: Option<String>,
    /// Software safety class; not stated: the strictest one of the reviewed files by the profile.
    pub safety_class: Option<SafetyClass>,
    /// The log that takes records where `--record` names none, relative to the repository root.
    pub log: Option<String>,
    /// Public keys of those who may sign, relative to the repository root.
    pub signers: Option<String>,
    /// Trailers of commit messages that name reviewers.
    pub reviewer_trailers: Vec<String>,
    /// Trailers of commit messages that name who approved.
    pub approver_trailers: Vec<String>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            project: None,
            device: None,
            item: None,
            safety_class: None,
            log: None,
            signers: None,
            reviewer_trailers: vec!["Reviewed-by".to_owned()],
            approver_trailers: vec!["Approved-by".to_owned()],
        }
    }
}
