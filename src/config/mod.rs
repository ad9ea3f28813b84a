//! `scrubin.toml`: text to settings. Pure; reading the file is the caller's work.
//!
//! Everything has a default, so no file is needed. Unknown keys and wrong values are refused with
//! the file, line and column and the nearest word that would have been right: a misspelt key that
//! is skipped in silence would leave a gate weaker than its owner believes. `docs/configuration.md`
//! describes every key; a test compares it with `KEYS`.

/// Name of a configuration file, at the root of a repository and in any folder below it.
pub const FILE_NAME: &str = "scrubin.toml";

mod configs;
mod error;
mod glob;
mod keys;
mod parse;
mod policy;
mod policy_change;
pub mod profile;
mod rule_names;
mod settings;
mod spelling;

pub use configs::{Compared, Configs};
pub(crate) use error::did_you_mean;
pub use error::{ConfigError, Place, Problem};
pub use glob::{Glob, GlobError, Globs};
pub use keys::KEYS;
pub use parse::Config;
pub use policy::{Explained, Kind, Lowered, Policy, PolicyOptions, Ruling, Terms};
pub use policy_change::{PolicyChange, changes};
pub use rule_names::{NamedRules, RuleNames, RuleOverride};
pub use settings::{
    Baseline, C, CharSign, Check, DataModel, DeviationRecords, Deviations, FailOn, Hook,
    HookFailure, ImportSettings, Limits, Macros, Paths, Record, RuleSettings, Scope, SelfDeviation,
    Switch, Training,
};
pub(crate) use spelling::nearest;
