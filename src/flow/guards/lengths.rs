//! Lengths by their names, wherever they come from, and what happens to those that nothing in the
//! function ever compares.

use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, TypeId};

/// `len - HEADER` used as a size where the function never compares `len`. Reports
/// `unsigned-underflow-length`.
pub(super) fn reduced(
    view: &View<'_>,
    event: &Event,
    value: ValueId,
    ty: TypeId,
    (left, right): (ValueId, ValueId),
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if view.unit.types.int(ty).is_some_and(|(_, signed)| signed)
        || !has_length_role(view, left)
        || is_compared(view, left)
        || is_own_measure(view, left, right)
    {
        return false;
    }
    // One number, as it is: a sum has its own limits.
    let sum = Linear::of(values, left);
    if !matches!(sum.terms.as_slice(), [(_, 1)]) || sum.constant > 0 {
        return false;
    }
    if !is_size(view, value) {
        return false;
    }
    super::differences::report(view, event, value, (left, right), left, out);
    true
}

/// `buf[len - 1]` where `len` may be 0: the byte before the buffer. Reports
/// `unsigned-underflow-length`.
pub(super) fn last_of(
    view: &View<'_>,
    event: &Event,
    index: u32,
    location: ValueId,
    told: &mut Vec<ValueId>,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let Value::Element {
        base,
        index: element,
        ..
    } = values.get(location)
    else {
        return;
    };
    let value = values.strip(element);
    let Value::Binary(BinaryOp::Sub, left, right) = values.get(value) else {
        return;
    };
    let sum = Linear::of(values, left);
    let [(length, 1)] = sum.terms.as_slice() else {
        return;
    };
    if sum.constant != 0
        || values.constant(right) != Some(1)
        || told.contains(&value)
        || view.function.is_private
        || !is_length_of_pair(view, *length, base)
        || super::lower::of_value(view, left, event.block, index).covers(1)
    {
        return;
    }
    // A loop over the bytes, or any look at the length, is a look.
    let leaves = [*length];
    let is_looked_at = view
        .numbered
        .conditions
        .iter()
        .flatten()
        .any(|condition| super::facts::mentions(values, *condition, &leaves));
    if is_looked_at {
        return;
    }
    told.push(value);
    super::differences::report(view, event, value, (left, right), left, out);
}

/// Whether a number says how many bytes there are behind a pointer.
fn is_length_of_pair(view: &View<'_>, length: ValueId, base: ValueId) -> bool {
    let values = view.values();
    match values.get(length) {
        Value::Pure {
            callee,
            first: Some(first),
            ..
        } => {
            view.name(callee) == "strlen"
                && values.strip(first) == values.strip(base)
                && matches!(values.get(values.root(first)), Value::Parameter(_))
        }
        _ => view.is_length_of(length, view.region(base)),
    }
}

/// Whether a number is a length by its name, or by that of what gives it.
pub(super) fn has_length_role(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let id = values.strip(id);
    match values.get(id) {
        Value::Parameter(index) => view
            .parameter_name(index)
            .is_some_and(super::names::is_byte_length_name),
        Value::Load { location, .. } => {
            matches!(values.get(location), Value::Field(_, name)
                if super::names::is_byte_length_name(view.name(name)))
        }
        Value::Call(_) | Value::Pure { .. } | Value::Out { .. } | Value::Phi { .. } => {
            super::nullable::holder(view, id)
                .as_deref()
                .is_some_and(super::names::is_byte_length_name)
                || values
                    .calls
                    .get(&id)
                    .and_then(|(callee, _)| *callee)
                    .is_some_and(|name| super::names::is_byte_length_name(view.name(name)))
        }
        _ => false,
    }
}

/// Whether any comparison of the function looks at the number, at what it came from, or at what
/// became of it; a comparison with 0 does not.
pub(super) fn is_compared(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let leaves = values.sources(id);
    let is_zero = |id: ValueId| values.constant(id) == Some(0);
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, left, right) if op.is_comparison() => {
                super::facts::mentions(values, left, &leaves) && !is_zero(right)
                    || super::facts::mentions(values, right, &leaves) && !is_zero(left)
            }
            _ => false,
        },
        EventKind::Call {
            callee,
            arguments,
            result,
            ..
        } => {
            matches!(values.get(*result), Value::Min(..))
                && super::facts::mentions(values, *result, &leaves)
                || view.lexicon.is(*callee, flag::CHECK)
                    && arguments
                        .iter()
                        .any(|argument| super::facts::mentions(values, *argument, &leaves))
        }
        _ => false,
    })
}

/// What belongs together by design: capacity and fill level of one object, a counter and its
/// earlier reading, what a call was given and what it left, a field that is kept up to date.
fn is_own_measure(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    if values.constant(right) == Some(1) {
        return true;
    }
    // A number that only this function knows, taken from a field: the field follows what the
    // function did before.
    if matches!(values.get(values.strip(left)), Value::Load { .. })
        && !values.is_constant(right)
        && !view.is_sent(right)
    {
        return true;
    }
    let field = |id: ValueId| match values.get(values.strip(id)) {
        Value::Load { location, .. } => match values.get(location) {
            Value::Field(object, name) => Some((object, name)),
            _ => None,
        },
        _ => None,
    };
    if let (Some((one, name)), Some((two, other))) = (field(left), field(right))
        && (one == two || name == other)
    {
        return true;
    }
    let mut leaves = Vec::new();
    values.leaves(left, &mut leaves);
    values
        .sources(right)
        .iter()
        .any(|leaf| match values.get(*leaf) {
            Value::Call(_) | Value::Pure { .. } => {
                values.calls.get(leaf).is_some_and(|(_, arguments)| {
                    arguments
                        .iter()
                        .any(|argument| super::facts::mentions(values, *argument, &leaves))
                })
            }
            _ => leaves.contains(leaf),
        })
}

/// Whether a difference is handed on beside a pointer, selects an element, or is kept as a length.
fn is_size(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let is = |id: ValueId| {
        values.strip(id) == value || super::facts::mentions(values, id, &[value]) || {
            let sum = Linear::of(values, id);
            let own = Linear::of(values, value);
            !own.terms.is_empty()
                && own
                    .terms
                    .iter()
                    .all(|(term, factor)| sum.factor(*term) == *factor)
                && matches!(
                    values.get(values.strip(id)),
                    Value::Binary(BinaryOp::Sub, ..)
                )
        }
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Call {
            callee, arguments, ..
        } => {
            !view.lexicon.is(*callee, flag::LOG)
                && arguments.iter().any(|id| is(*id))
                && arguments.iter().any(|id| view.is_pointer(*id))
        }
        EventKind::Read { location, .. } => {
            matches!(values.get(*location), Value::Element { index, .. } if is(index))
        }
        EventKind::Write {
            location,
            value: stored,
            ..
        } => {
            matches!(values.get(*location), Value::Element { index, .. } if is(index))
                || is(*stored)
                    && matches!(values.get(*location), Value::Field(_, name)
                        if super::names::is_byte_length_name(view.name(name)))
        }
        EventKind::Assign {
            local,
            value: stored,
        } => {
            is(*stored)
                && view
                    .function
                    .local(*local)
                    .is_some_and(|local| super::names::is_byte_length_name(view.name(local.name)))
        }
        _ => false,
    })
}

/// Whether a number came through a pointer, from a call or from a caller: not made up here.
pub(super) fn is_given(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(id, &mut leaves);
    leaves.iter().any(|leaf| match values.get(*leaf) {
        Value::Load { location, .. } => matches!(
            values.get(values.root(location)),
            Value::Parameter(_)
                | Value::Load { .. }
                | Value::Call(_)
                | Value::Pure { .. }
                | Value::Phi { .. }
        ),
        Value::Parameter(_) | Value::Call(_) | Value::Out { .. } => true,
        _ => false,
    })
}
