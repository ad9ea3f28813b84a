//! The one run that every entry point calls: a change and settings in, a report out.
//!
//! Hook, command line, Action and service differ in where the change comes from and where the
//! report goes, in nothing else. This module reads the bytes of the change through the reader it is
//! given, spreads the files over threads and joins the parts below it. It prints nothing.

mod analyse;
mod cargo_package;
mod compare;
mod configs;
mod examiner;
mod flow_rules;
mod headers;
mod host_cfg;
mod host_code;
mod host_tools;
mod imported;
mod indexing;
mod inputs;
mod macros;
mod module_chain;
mod reach;
mod recorded;
mod removed;
mod ruleset;
mod run;
mod selftest;
mod sinks;
mod surroundings;
mod taint_rules;
mod touched;
mod trial;
mod vendored;
mod watch;
mod withheld;

pub use configs::{ConfigsError, Steering, around, differing_configs, is_config};
pub use examiner::Examiner;
pub use imported::Imports;
pub use indexing::{IndexError, IndexState, IndexStats, index_state, update_index};
pub use inputs::{Inputs, PrepareError, Prepared, Thresholds, known_rules};
pub use ruleset::{
    Ruleset, RulesetError, builtin, builtin_sources, is_rule_below, rule_texts, tracked_rule_texts,
};
pub use run::run;
pub use selftest::{
    ExampleFailure, check_examples, integrity, known_answers, known_answers_of_rules, table_digests,
};
pub use trial::{Trial, Tried, with_trial};
pub use vendored::change_rules;
pub use watch::{Watch, Watched};
