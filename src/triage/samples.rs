//! Findings and files for the tests of this module.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use super::{ChangedLines, FileFindings};
use crate::finding::{
    Finding, Location, Position, Precision, RepoPath, RuleId, RuleStatus, Severity, Span,
};

/// A finding on one line; 100 bytes a line.
pub(super) fn finding(
    rule: &str,
    path: &str,
    line: u32,
    function: Option<&str>,
    tokens: &str,
) -> Finding {
    Finding {
        rule: RuleId::parse(rule).unwrap(),
        severity: Severity::Error,
        precision: Precision::High,
        status: RuleStatus::Stable,
        message: "`d` is filled with the size of `s`".to_owned(),
        location: Location {
            path: RepoPath::from(path),
            span: Span::new(line * 100, line * 100 + 10),
            start: Position { line, column: 1 },
            end: Position { line, column: 11 },
        },
        related: Vec::new(),
        trace: Vec::new(),
        function: function.map(str::to_owned),
        lines: Vec::new(),
        fix: None,
        tokens: tokens.to_owned(),
        origin: None,
    }
}

/// A file with these findings in the head, on which all of their rules ran.
pub(super) fn file(path: &str, head: Vec<Finding>) -> FileFindings {
    let ran = head.iter().map(|finding| finding.rule.clone()).collect();
    FileFindings {
        path: RepoPath::from(path),
        base_path: None,
        head,
        base: None,
        changed: ChangedLines::none(),
        functions: Vec::new(),
        comments: Vec::new(),
        is_new_file: false,
        ran: Arc::new(ran),
    }
}
