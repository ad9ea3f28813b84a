//! Memory of a size that somebody else chose.

use super::super::defect::Defect;
use super::super::ir::{Callee, Operand, ResultUse, StatementKind};
use super::Report;
use super::body::Body;

/// Elements that a sender may ask for without a limit: what a small heap can spare.
const SMALL: i128 = 4_096;

/// `rust-allocation-from-input`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        let StatementKind::Call {
            callee,
            arguments,
            result,
            ..
        } = &statement.kind
        else {
            continue;
        };
        let text = body.text(statement.span);
        let Some(size) = size(body, callee, arguments, *result, text) else {
            continue;
        };
        let Some(source) = body.message_source(size) else {
            continue;
        };
        if body.is_mentioned(size, at.block)
            || body.is_clamped(size)
            || body.maximum(size).is_some_and(|most| most <= SMALL)
        {
            continue;
        }
        Report::new(body, "rust-allocation-from-input", statement.span)
            .operand("$SIZE", size)
            .from(Some(source))
            .step(statement.span, "asks the heap for as much")
            .push(out);
    }
}

/// The number of elements that a call allocates.
fn size<'o>(
    body: &Body<'_>,
    callee: &Callee,
    arguments: &'o [Operand],
    result: ResultUse,
    text: &str,
) -> Option<&'o Operand> {
    match (body.callee_name(callee), callee, arguments) {
        ("with_capacity", Callee::Function(_), [size, ..]) => Some(size),
        // Containers of fixed capacity say whether it worked; of those somebody asks.
        ("reserve" | "reserve_exact" | "resize", Callee::Method(_), [_, size, ..])
            if result == ResultUse::Dropped =>
        {
            Some(size)
        }
        // `vec![0; n]`, not `vec![a, b]`.
        ("vec", Callee::Macro(_), [_, size]) if text.contains(';') => Some(size),
        _ => None,
    }
}
