//! Rule files: text → validated rules; the registry that answers "which rule is this?".
//!
//! One YAML file in Semgrep's syntax is one rule, one page and its own tests.

mod error;
mod format;
mod info;
mod load;
mod metadata;
mod operators;
mod rule;
mod taint;

pub use error::RuleError;
pub use info::{Example, ExampleKind, RuleInfo, RuleLanguage};
pub use load::{Loaded, load};
pub use rule::{
    Analyzer, At, Condition, Conjunction, FixRegex, Formula, PathFilter, Rule, RuleOptions, Search,
    Text,
};
pub use taint::{Propagator, SideEffect, Taint, TaintOptions, TaintPart};
