//! Limits that are a difference without sign: where more is taken off than there is, the limit is huge and
//! lets everything through. `if (n > len - HEADER) return` is no guard for a `len` below the header.

use super::bound::Upper;
use super::facts::{Direction, mentions};
use super::file_facts::{Analysed, callers_bound};
use super::linear::Linear;
use super::lower;
use super::numbering::EventKind;
use super::roles::{Region, View};
use super::story::note;
use super::values::{Value, ValueId, Written};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};

/// Reports `limit-wraps`.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let values = view.values();
    for &block in &view.graph.order {
        let Some(body) = view.function.block(BlockId(block)) else {
            continue;
        };
        let Terminator::Branch {
            then, otherwise, ..
        } = &body.terminator
        else {
            continue;
        };
        // A loop that counts to the last but one is none.
        if view.graph.loop_at(block).is_some() {
            continue;
        }
        let conditions = &view.numbered.conditions;
        let Some(condition) = conditions.get(block as usize).copied().flatten() else {
            continue;
        };
        let Value::Binary(op, left, right) = values.get(condition) else {
            continue;
        };
        // What is larger where the number does not fit: `n > len - K`, `len - K < n`.
        let (number, limit, fits) = match op {
            BinaryOp::Gt | BinaryOp::Ge if is_difference(view, right) => (left, right, otherwise.0),
            BinaryOp::Lt | BinaryOp::Le if is_difference(view, left) => (right, left, otherwise.0),
            BinaryOp::Lt | BinaryOp::Le if is_difference(view, right) => (left, right, then.0),
            BinaryOp::Gt | BinaryOp::Ge if is_difference(view, left) => (right, left, then.0),
            _ => continue,
        };
        let Some(given) = wraps(view, all, block, number, limit) else {
            continue;
        };
        let Some(used) = used_behind(view, fits, number) else {
            continue;
        };
        out.push(report(view, body.span, (limit, given), used));
    }
}

/// A subtraction whose type has no sign.
fn is_difference(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let id = values.strip(id);
    if !matches!(values.get(id), Value::Binary(BinaryOp::Sub, ..)) {
        return false;
    }
    match view.unit.types.int(values.ty(id)) {
        Some((bits, signed)) => !signed && bits >= 16,
        // A size makes the whole one.
        None => Linear::of(values, id).terms.iter().any(|(term, _)| {
            matches!(
                values.get(*term),
                Value::Constant {
                    written: Written::Sizeof(_) | Written::SizeofObject(_),
                    ..
                }
            )
        }),
    }
}

/// What the difference is taken from, where nothing makes sure that it is large enough.
fn wraps(
    view: &View<'_>,
    all: &[Analysed],
    block: u32,
    number: ValueId,
    limit: ValueId,
) -> Option<ValueId> {
    let values = view.values();
    let Value::Binary(_, left, right) = values.get(values.strip(limit)) else {
        return None;
    };
    let sum = Linear::of(values, limit);
    let mut from = sum
        .terms
        .iter()
        .filter(|(term, factor)| *factor > 0 && !values.is_constant(*term));
    let (Some(&(from, 1)), None) = (from.next(), from.next()) else {
        return None;
    };
    let taken: Vec<ValueId> = sum
        .terms
        .iter()
        .filter(|(_, factor)| *factor < 0)
        .map(|(term, _)| *term)
        .collect();
    let constant = taken.iter().all(|term| values.is_constant(*term));
    if taken.is_empty() && sum.constant >= 0 || mentions(values, number, &[from]) {
        return None;
    }
    if !is_given(view, all, from)
        || super::by_design::is_difference(view, left, right)
        || taken
            .iter()
            .any(|term| is_of_same_object(view, from, *term))
    {
        return None;
    }
    let known = lower::of_value(view, from, block, u32::MAX);
    if known.relation {
        return None;
    }
    if constant {
        // What an object says of itself is what this program made it.
        let is_from_outside = matches!(values.get(from), Value::Parameter(_)) || view.is_sent(from);
        // One is left for a terminator, and an empty buffer is nobody's.
        if !is_from_outside || taken.is_empty() && sum.constant == -1 {
            return None;
        }
        let number = taken.iter().try_fold(-sum.constant, |sum, term| {
            values.constant(*term).map(|one| sum + one)
        });
        let is_enough = match number {
            Some(number) => known.covers(number),
            None => known.bytes.is_some(),
        };
        return (!is_enough && !is_compared_elsewhere(view, from, block)).then_some(from);
    }
    // What is taken off came from outside as well, and nothing limits it.
    let is_open = taken.iter().any(|term| {
        !values.is_constant(*term)
            && (view.is_sent(*term) || is_parameter(view, *term))
            && !Upper::new(view, *term, block, u32::MAX, Region::Other).has_any()
            && !is_compared_elsewhere(view, *term, block)
    });
    is_open.then_some(from)
}

fn is_parameter(view: &View<'_>, id: ValueId) -> bool {
    matches!(view.values().get(id), Value::Parameter(index)
        if view.parameter_name(index).is_some_and(super::names::is_length_name))
}

/// Whether a number is a length that a caller, an object or the bytes give.
fn is_given(view: &View<'_>, all: &[Analysed], id: ValueId) -> bool {
    let values = view.values();
    match values.get(id) {
        Value::Parameter(index) => {
            super::lengths::has_length_role(view, id)
                && callers_bound(
                    view.unit,
                    all,
                    view.file,
                    view.function,
                    index,
                    Direction::Lower,
                ) != Some(true)
                && !super::callers::all_look(view, all)
        }
        Value::Load { .. } | Value::Pure { .. } | Value::Call(_) => {
            view.is_sent(id) || super::lengths::has_length_role(view, id)
        }
        _ => view.is_sent(id),
    }
}

/// `ring->size - ring->used`: what one object keeps of itself.
fn is_of_same_object(view: &View<'_>, one: ValueId, two: ValueId) -> bool {
    let values = view.values();
    match (values.get(one), values.get(values.strip(two))) {
        (Value::Load { location: one, .. }, Value::Load { location: two, .. }) => {
            values.root(one) == values.root(two)
        }
        _ => false,
    }
}

/// Whether some other comparison of the function orders the number, or what it came from.
fn is_compared_elsewhere(view: &View<'_>, id: ValueId, block: u32) -> bool {
    let values = view.values();
    let leaves = values.sources(id);
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } if event.block != block => match values.get(*value) {
            Value::Binary(op, left, right)
                if op.is_comparison()
                    && values.constant(left) != Some(0)
                    && values.constant(right) != Some(0) =>
            {
                mentions(values, left, &leaves) || mentions(values, right, &leaves)
            }
            _ => false,
        },
        EventKind::Call {
            callee, arguments, ..
        } => {
            view.lexicon.is(*callee, super::tables::flag::CHECK)
                && arguments
                    .iter()
                    .any(|argument| mentions(values, *argument, &leaves))
        }
        _ => false,
    })
}

/// Where the number is a size or selects something, on the way on which it fits.
fn used_behind(view: &View<'_>, fits: u32, number: ValueId) -> Option<Span> {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(number, &mut leaves);
    view.numbered
        .events
        .iter()
        .find(|event| {
            view.graph.dominates(fits, event.block)
                && match &event.kind {
                    EventKind::Call {
                        callee, arguments, ..
                    } => {
                        !view.lexicon.is(*callee, super::tables::flag::LOG)
                            && arguments.iter().any(|id| view.is_pointer(*id))
                            && arguments.iter().any(|id| mentions(values, *id, &leaves))
                    }
                    EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                        matches!(values.get(*location), Value::Element { index, .. }
                            if mentions(values, index, &leaves))
                    }
                    _ => false,
                }
        })
        .map(|event| event.span)
}

fn report(view: &View<'_>, span: Span, (limit, given): (ValueId, ValueId), used: Span) -> Defect {
    let text = view.words(view.values().span(view.values().strip(limit)));
    let from = super::spans::object_name(view, given)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| view.words(view.values().span(given)));
    view.defect(
        "limit-wraps",
        span,
        vec![("$LIMIT", text.clone()), ("$FROM", from.clone())],
        Some(given),
        vec![note(used, "this relies on the test")],
        format!(
            "nothing tests that `{from}` is at least what is taken off it; else `{text}` is huge"
        ),
    )
}
