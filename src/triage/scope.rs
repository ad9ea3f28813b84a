//! Whether a place belongs to what is reported.

use super::FileFindings;
use crate::config::Scope;
use crate::finding::Finding;

/// Last line (1-based) the finding covers. Its end is one past the last byte, which for a match
/// that ends with a newline is column 1 of a line it does not cover.
pub(super) fn last_line(finding: &Finding) -> u32 {
    let (start, end) = (finding.location.start, finding.location.end);
    if end.column <= 1 && end.line > start.line {
        end.line - 1
    } else {
        end.line.max(start.line)
    }
}

/// Whether a place on the lines `first..=last` of the file is in scope. `is_new` is the answer of
/// the differential analysis.
pub(super) fn contains(
    scope: Scope,
    file: &FileFindings,
    first: u32,
    last: u32,
    is_new: bool,
) -> bool {
    match scope {
        Scope::New => is_new,
        Scope::Added => file.changed.touches(first, last),
        Scope::Function => {
            file.changed.touches(first, last)
                || file.function_at(first).is_some_and(|function| {
                    file.changed
                        .touches(function.first_line, function.last_line)
                })
        }
        Scope::File | Scope::All => true,
    }
}
