//! One `Report` value, and everything that renders it: terminal, JSON, SARIF, markdown, workflow
//! commands.

mod value;

pub use value::{FileCounts, Notice, Phase, Report, ReportedChange, Skipped};
