//! The words of the source for values and addresses.

use super::numbering::{Event, EventKind};
use super::roles::View;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{Base, BlockId, LocalKind, Operand, StatementKind};

/// The bytes of a call's argument.
pub(super) fn argument(view: &View<'_>, event: &Event, value: ValueId, position: usize) -> Span {
    let EventKind::Call { arguments, .. } = &event.kind else {
        return event.span;
    };
    let at = arguments
        .iter()
        .position(|argument| *argument == value)
        .unwrap_or(position);
    let operand = view
        .function
        .block(BlockId(event.block))
        .and_then(|block| block.statements.get(event.statement as usize))
        .and_then(|statement| match &statement.kind {
            StatementKind::Call { arguments, .. } => arguments.get(at),
            _ => None,
        });
    match operand {
        Some(Operand::Copy(place)) => {
            if place.path.is_empty()
                && let Base::Local(id) = place.base
                && let Some(local) = view.function.local(id)
                && local.kind == LocalKind::Temporary
            {
                return local.span;
            }
            place.span
        }
        _ => event.span,
    }
}

/// What a reader calls the object an address points into.
pub(super) fn object_name(view: &View<'_>, location: ValueId) -> Option<String> {
    let values = view.values();
    let mut fields: Vec<String> = Vec::new();
    let mut at = location;
    for _ in 0..16 {
        match values.get(at) {
            Value::Cast { value, .. } => at = value,
            Value::Element { base, .. } => at = base,
            Value::Field(base, name) => {
                fields.push(view.name(name).to_owned());
                at = base;
            }
            Value::Address(base) => {
                let name = match base {
                    Base::Local(id) => view.function.local(id).map(|local| local.name),
                    Base::Global(id) => view.unit.global(id).map(|global| global.name),
                }?;
                fields.push(view.name(name).to_owned());
                fields.reverse();
                return Some(fields.join("."));
            }
            Value::Parameter(index) => {
                let mut out = view.parameter_name(index)?.to_owned();
                fields.reverse();
                if !fields.is_empty() {
                    out.push_str("->");
                    out.push_str(&fields.join("."));
                }
                return Some(out);
            }
            Value::Load { location, .. } => {
                if !fields.is_empty() {
                    let mut out = object_name(view, location)?;
                    fields.reverse();
                    out.push_str("->");
                    out.push_str(&fields.join("."));
                    return Some(out);
                }
                at = location;
            }
            Value::Phi { .. } => {
                let first = values.inputs.get(&at)?.first()?.1;
                if values.root(first) == at || first == at {
                    return None;
                }
                at = first;
            }
            _ => break,
        }
    }
    fields.reverse();
    (!fields.is_empty()).then(|| fields.join("."))
}
