//! One `Report` value, and everything that renders it: terminal, JSON, SARIF, markdown, workflow
//! commands.
//!
//! Renderers are pure functions of the report and a few options; they print nothing themselves.
//! Everything they quote may come from strangers and is made harmless on the way.

mod fixes;
pub mod github;
mod imports;
pub mod json;
mod line_hash;
pub mod markdown;
pub(crate) mod page;
pub(crate) mod paint;
pub mod profile;
pub(crate) mod quote;
#[cfg(test)]
pub(crate) mod sample;
pub mod sarif;
pub mod sheet;
pub mod terminal;
#[cfg(test)]
mod tests;
mod value;
pub(crate) mod visible;
pub(crate) mod words;

pub use fixes::{FixRecord, FixReport, FixStatus, shown_diff};
pub use imports::{ImportSummary, Places};
pub use line_hash::line_hashes;
pub use profile::ProfileReport;
pub use value::{FileCounts, Notice, Phase, Reach, Report, ReportedChange, Skipped};
pub use words::findings_line;
