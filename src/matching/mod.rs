//! The pattern engine: Semgrep-syntax patterns over the flat tree.

mod active;
mod analyzer;
mod assemble;
mod binding;
mod bundle;
mod comparison;
mod compile;
mod conditions;
mod constants;
mod control;
mod definition_pat;
mod definitions;
mod engine;
mod env;
mod evaluate;
mod features;
mod generic;
mod index;
mod literals;
mod matcher;
mod needs;
mod nested;
mod occurrences;
mod operators;
mod pattern;
mod prepare;
mod program;
mod regex;
mod rust;
mod search;
mod statement_pat;
mod statements;
mod template;
#[cfg(test)]
mod tests;
mod to_pat;
mod typed;
mod types;
mod view;

pub use active::{ActiveRule, Head};
pub use assemble::{CompileError, compile};
pub use bundle::{BundleError, read as read_bundle, write as write_bundle};
pub use compile::{Compiler, MetaNames, PatternError};
pub use engine::{Engine, Scan};
pub use matcher::Options;
pub use program::Program;
