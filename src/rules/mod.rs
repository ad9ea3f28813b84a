//! Rule files: text → validated rules; the registry that answers "which rule is this?".
//!
//! One YAML file in Semgrep's syntax is one rule, one page and its own tests.

mod info;

pub use info::{Example, ExampleKind, RuleInfo, RuleLanguage};
