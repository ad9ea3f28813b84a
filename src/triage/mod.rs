//! A verdict for every finding; the gate. Marks, never drops. Pure: the day is an argument.
//!
//! `run` takes the findings of all files of a change and gives back every one of them with its
//! fingerprint and its verdict, together with findings about the deviations it met. The order of
//! the verdicts is explained in `run.rs`.

mod baseline;
mod changed_lines;
mod deviation;
mod differential;
mod fingerprint;
mod gate;
mod input;
mod run;
#[cfg(test)]
mod samples;
mod scope;
mod verdict;

pub use crate::finding::hex;
pub use baseline::{Baseline, BaselineEntry, BaselineError};
pub use changed_lines::{ChangedLines, LineRange};
pub use deviation::{
    Category, Comment, Deviation, DeviationFile, DeviationScope, DeviationState,
    DeviationSyntaxError, DeviationUse, FileDeviation, Kind, Permit, Recategorised, Register,
    SyntaxProblem, active_rules, find_comments, find_comments_in_plain_text, is_same, is_sentence,
    parse_deviation_comment, rules,
};
pub use fingerprint::{VERSION as FINGERPRINT_VERSION, fingerprints, key};
pub use gate::is_shown;
pub use input::{FileFindings, FunctionSpan, Settings};
pub use run::{Outcome, needs_base, needs_base_for_moves, run};
pub use verdict::{BaselineState, Fingerprint, Triaged, Verdict};
