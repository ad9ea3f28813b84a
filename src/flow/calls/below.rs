//! Calls that wait or allocate, in a handler or in what it calls.

use super::names;
use super::roots::Interrupts;
use crate::flow::defect::{Defect, Note};
use crate::flow::ir::{Callee, StatementKind, Unit};

/// Reports `blocking-below-isr` and `alloc-below-isr`.
pub(super) fn check(unit: &Unit, interrupts: &Interrupts, out: &mut Vec<Defect>) {
    for (index, function) in unit.functions.iter().enumerate() {
        let Some(handler) = interrupts.handler_of(index) else {
            continue;
        };
        for statement in function.blocks.iter().flat_map(|block| &block.statements) {
            let StatementKind::Call {
                callee: Callee::Function(name),
                ..
            } = &statement.kind
            else {
                continue;
            };
            let text = unit.names.text(*name);
            let Some(analysis) = names::below_handler(text) else {
                continue;
            };
            // What the file defines itself under such a name is judged by its own body.
            if unit.function(*name).is_some() {
                continue;
            }
            let mut trace = interrupts.path_to(index);
            trace.push(Note {
                span: statement.span,
                message: format!("`{text}` runs in the interrupt"),
            });
            out.push(Defect {
                analysis,
                span: statement.span,
                names: vec![("$FUNC", text.to_owned()), ("$ISR", handler.to_owned())],
                trace,
                related: Vec::new(),
                far: Vec::new(),
            });
        }
    }
}
