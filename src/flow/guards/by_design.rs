//! Differences of which the right side cannot be larger, by how both sides were made.

use super::facts::mentions;
use super::numbering::EventKind;
use super::roles::View;
use super::values::{Value, ValueId, Written};
use crate::flow::ir::BinaryOp;

/// Whether a difference does not wrap by how its sides were made:
/// - how far a pointer went within what the left side counts;
/// - what a call worked out that was given the left side;
/// - the size of a part of the record whose size the left side is;
/// - the length of a literal; a step by what the number is a multiple of;
/// - what was compared with the same field of another object.
pub(super) fn is_difference(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    if matches!(values.get(values.strip(right)), Value::Difference(..)) {
        return true;
    }
    if let Value::Pure {
        callee,
        first: Some(first),
        ..
    } = values.get(values.strip(left))
        && view.name(callee).to_ascii_lowercase().ends_with("strlen")
        && matches!(values.get(values.strip(first)), Value::Text(_))
    {
        return true;
    }
    is_part_of_record(view, left, right)
        || is_worked_out_from(view, left, right)
        || is_multiple(view, left, right)
        || is_compared_elsewhere(view, left, right)
}

/// `node_size - sizeof(list_node)`: the caller says how large a record is that holds the other.
fn is_part_of_record(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    let is_size = matches!(
        values.get(values.strip(right)),
        Value::Constant {
            written: Written::Sizeof(_) | Written::SizeofObject(_),
            ..
        }
    );
    let Value::Parameter(index) = values.get(values.strip(left)) else {
        return false;
    };
    is_size
        && view.parameter_name(index).is_some_and(|name| {
            let words = super::names::words(name);
            let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
            has(&["size"])
                && has(&[
                    "node", "elem", "element", "item", "entry", "obj", "object", "struct", "type",
                    "record", "slot",
                ])
        })
}

/// `skip = check(len, …); len - skip`: whoever was given the number bounds what it gives by it. That
/// holds for what it leaves behind a pointer, too.
fn is_worked_out_from(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(left, &mut leaves);
    let Value::Out { event, .. } = values.get(values.strip(right)) else {
        return false;
    };
    view.numbered
        .events
        .get(event as usize)
        .is_some_and(|event| {
            matches!(&event.kind, EventKind::Call { arguments, .. }
            if arguments.iter().any(|argument| {
                view.unit.types.int(values.ty(*argument)).is_some()
                    && mentions(values, *argument, &leaves)
            }))
        })
}

/// `n -= n % 4; while (n) { …; n -= 4; }`
fn is_multiple(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    let Some(step) = values.constant(right).filter(|step| *step > 1) else {
        return false;
    };
    let sources = values.sources(left);
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(BinaryOp::Rem, of, by) => {
                values.constant(by) == Some(step) && mentions(values, of, &sources)
            }
            _ => false,
        },
        _ => false,
    })
}

/// `if (copy->left < n) return; own->left -= n;` where the copy was made of the other.
fn is_compared_elsewhere(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    let field = |id: ValueId| match values.get(values.strip(id)) {
        Value::Load { location, .. } => match values.get(location) {
            Value::Field(_, name) => Some(name),
            _ => None,
        },
        _ => None,
    };
    let Some(name) = field(left) else {
        return false;
    };
    if values.is_constant(right) {
        return false;
    }
    let right = values.strip(right);
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, one, two)
                if op.is_comparison() && !matches!(op, BinaryOp::Eq | BinaryOp::Ne) =>
            {
                field(one) == Some(name) && values.strip(two) == right
                    || field(two) == Some(name) && values.strip(one) == right
            }
            _ => false,
        },
        _ => false,
    })
}
