//! Numbers read from text where neither `errno` nor the end of the text is looked at.

use super::file_facts::{Analysed, is_tested};
use super::numbering::EventKind;
use super::roles::View;
use crate::flow::Defect;
use crate::flow::ir::ResultUse;

/// Conversions that say only by `errno` and by the end pointer that the text was no number, or one
/// too large. C11 7.22.1.
const CONVERSIONS: &[&str] = &[
    "strtod", "strtof", "strtol", "strtold", "strtoll", "strtoul", "strtoull",
];

/// Reports `errno-not-read`.
pub(super) fn check(view: &View<'_>, analysed: &Analysed, out: &mut Vec<Defect>) {
    for event in &view.numbered.events {
        let EventKind::Call {
            callee: Some(callee),
            arguments,
            result,
            usage: ResultUse::Used,
        } = &event.kind
        else {
            continue;
        };
        let name = view.name(*callee);
        if CONVERSIONS.binary_search(&name).is_err()
            || view.unit.function(*callee).is_some()
            || !arguments
                .get(1)
                .is_some_and(|end| view.values().constant(view.values().strip(*end)) == Some(0))
        {
            continue;
        }
        // A result that is compared is judged by what it is, whatever the text was.
        let reads_errno =
            memchr::memmem::find(view.function.span.of(view.text), b"errno").is_some();
        if reads_errno || is_tested(analysed, *result) {
            continue;
        }
        out.push(view.defect(
            "errno-not-read",
            event.span,
            vec![("$CALL", name.to_owned())],
            None,
            Vec::new(),
            "the number is used; that it was none, or too large, nobody asks".to_owned(),
        ));
    }
}
