//! Lengths that wrap: differences below zero, sums and products past the type's end.

use super::bound::Upper;
use super::facts::{Direction, FactKind, mentions};
use super::file_facts::{Analysed, callers_bound};
use super::linear::Linear;
use super::lower;
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, TypeId};

/// Reports `unsigned-underflow-length`, `add-wrap-in-bound`, `alloc-size-wrap`.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        match &event.kind {
            EventKind::Compute { value, ty } => {
                if let Value::Binary(BinaryOp::Sub, left, right) = view.values().get(*value)
                    && !told.contains(value)
                    && underflow(
                        view,
                        all,
                        event,
                        index as u32,
                        *value,
                        *ty,
                        (left, right),
                        out,
                    )
                {
                    told.push(*value);
                }
            }
            EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                super::lengths::last_of(view, event, index as u32, *location, &mut told, out);
            }
            EventKind::Call {
                callee, arguments, ..
            } if view.lexicon.is(*callee, flag::ALLOC) => {
                super::sizes::allocation(view, event, index as u32, arguments, out);
            }
            _ => {}
        }
    }
    super::sizes::sums(view, out);
}

#[expect(clippy::too_many_arguments, reason = "one difference and its place")]
fn underflow(
    view: &View<'_>,
    all: &[Analysed],
    event: &Event,
    index: u32,
    value: ValueId,
    ty: TypeId,
    (left, right): (ValueId, ValueId),
    out: &mut Vec<Defect>,
) -> bool {
    let values = view.values();
    if values.is_constant(left) {
        return super::differences::capacity_minus(
            view,
            event,
            index,
            value,
            ty,
            (left, right),
            out,
        );
    }
    if let Value::Difference(end, start) = values.get(values.strip(left)) {
        return super::differences::search_minus(view, event, value, (end, start), right, out);
    }
    if super::names::is_output_name(view.name(view.function.name)) && !view.is_sent(left) {
        return false;
    }
    if super::by_design::is_difference(view, left, right) {
        return false;
    }
    let left_sent = is_received_number(view, left);
    let right_sent = view.is_sent(right);
    if !(left_sent || right_sent && is_length(view, left))
        || !values.is_constant(right) && !right_sent
    {
        return super::lengths::reduced(view, event, value, ty, (left, right), out);
    }
    // `while (n--)`, `while (--n)`: the loop's own test stands beside it.
    if values.constant(right) == Some(1)
        && values.sources(left).iter().any(|leaf| {
            matches!(values.get(*leaf), Value::Phi { block, .. } if view.graph.loop_at(block).is_some_and(|found| found.contains(event.block)))
        })
    {
        return false;
    }
    let Some(usage) = usage(view, value, ty) else {
        return false;
    };
    // Only a length as it is: what was computed from one has its own bounds.
    let sum = Linear::of(values, left);
    let [(term, 1)] = sum.terms.as_slice() else {
        return false;
    };
    if !is_plain(view, *term) || is_looked_at(view, value) {
        return false;
    }
    // `a - b` where b is a part of a: `n - n % 4`, `n - (n & 3)`.
    if mentions_part(view, left, right) {
        return false;
    }
    let known = lower::of_value(view, left, event.block, index);
    let mut too_small = None;
    if let Some(number) = values.constant(right) {
        let own = Linear::of(values, left);
        // The guard may be on the base of a sum: `x + 4 - 2`.
        if own.constant >= number && own.terms.iter().all(|(_, factor)| *factor > 0) {
            return false;
        }
        if known.covers(number) {
            return false;
        }
        too_small = known.guard.zip(known.bytes);
    } else {
        if known.relation
            || values.constant(right).is_none()
                && values.is_constant(right)
                && known.bytes.is_some()
        {
            return false;
        }
        let mut leaves = Vec::new();
        values.leaves(right, &mut leaves);
        let upper: Vec<Span> = view
            .bounds(&leaves, Direction::Upper, event.block, index)
            .filter(|fact| match &fact.kind {
                FactKind::Compare { .. } => {
                    fact.others(values, &leaves).next().is_some() || known.bytes.is_some()
                }
                FactKind::Asked { .. } => true,
            })
            .map(|fact| fact.span)
            .collect();
        if !upper.is_empty() || matches!(values.get(values.strip(right)), Value::Min(..)) {
            return false;
        }
    }
    // Computed early, tested before it is used.
    if view.numbered.events.iter().any(|other| matches!(&other.kind, EventKind::Assign { value: kept, .. } if values.strip(*kept) == value))
        && tested_later(view, left)
    {
        return false;
    }
    // The step of a walk that an earlier walk checked.
    if right_sent
        && view.graph.innermost(event.block).is_some()
        && super::walkers::has_checked(view)
    {
        return false;
    }
    // A join whose every way was tested, and callers that test.
    if Upper::new(view, right, event.block, index, Region::Other).input && right_sent {
        return false;
    }
    for leaf in values.sources(left) {
        if let Value::Parameter(parameter) = values.get(leaf)
            && callers_bound(
                view.unit,
                all,
                view.file,
                view.function,
                parameter,
                Direction::Lower,
            ) == Some(true)
        {
            return false;
        }
    }
    let (one, two) = operand_words(view, value, event, left, right);
    let mut steps = Vec::new();
    if let Some((span, bytes)) = too_small {
        steps.push(note(span, format!("this only makes sure of {bytes}")));
    }
    if let Some(span) = usage.filter(|span| *span != event.span) {
        steps.push(note(
            event.span,
            format!("`{one}` minus `{two}` wraps where `{two}` is larger"),
        ));
        let mut defect = view.defect(
            "unsigned-underflow-length",
            event.span,
            vec![("$A", one.clone()), ("$B", two.clone())],
            Some(left),
            steps,
            format!("nothing tests that `{one}` is at least `{two}`"),
        );
        defect
            .related
            .push(note(span, "the difference is used here"));
        out.push(defect);
    } else {
        out.push(view.defect(
            "unsigned-underflow-length",
            event.span,
            vec![("$A", one.clone()), ("$B", two.clone())],
            Some(left),
            steps,
            format!("nothing tests that `{one}` is at least `{two}`"),
        ));
    }
    true
}

/// A length of received bytes, or a number that others sent.
fn is_received_number(view: &View<'_>, value: ValueId) -> bool {
    view.is_sent(value) || is_length(view, value)
}

fn is_length(view: &View<'_>, value: ValueId) -> bool {
    view.values()
        .sources(value)
        .iter()
        .any(|leaf| match view.values().get(*leaf) {
            Value::Parameter(index) => {
                view.pairs.iter().any(|pair| {
                    pair.length == index
                        && !pair.is_output
                        && (super::names::is_input_name(view.name(view.function.name))
                            || pair.is_const && !view.function.is_private)
                }) || view
                    .parameter_name(index)
                    .is_some_and(super::names::is_byte_length_name)
                    && super::names::is_input_name(view.name(view.function.name))
            }
            _ => view.is_packet_length(*leaf, None),
        })
}

/// A value as it came: a parameter, a field, a decoded number, a variable of a loop; no register.
fn is_plain(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    match values.get(id) {
        Value::Load { location, .. } => {
            !matches!(values.get(values.root(location)), Value::Constant { .. })
        }
        Value::Parameter(_)
        | Value::Phi { .. }
        | Value::Pure { .. }
        | Value::Call(_)
        | Value::Out { .. } => true,
        // `(p[0] << 8) | p[1]`
        Value::Binary(BinaryOp::Or, ..) => true,
        _ => false,
    }
}

/// Whether the difference itself is compared: `d = a - b; if (d > LIMIT) …` sees the wrap.
fn is_looked_at(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let is = |id: ValueId| {
        let id = values.strip(id);
        id == value
            || values
                .inputs
                .get(&id)
                .is_some_and(|list| list.iter().any(|(_, input)| values.strip(*input) == value))
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute {
            value: compared, ..
        } => match values.get(*compared) {
            Value::Binary(BinaryOp::Gt | BinaryOp::Ge, left, right) => {
                is(left) && values.constant(right) != Some(0)
            }
            Value::Binary(BinaryOp::Lt | BinaryOp::Le, left, right) => {
                is(right) && !values.is_constant(left)
                    || is(left) && !in_loop_head(view, event.block)
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether any comparison in the function bounds the value from below.
fn tested_later(view: &View<'_>, left: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(left, &mut leaves);
    view.facts
        .list
        .iter()
        .chain(&view.facts.edges)
        .any(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                !matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                    && fact.bounds(values, &leaves, Direction::Lower)
                    && !(difference.terms.len() == 1 && difference.constant.abs() <= 1)
            }
            FactKind::Asked { .. } => {
                view.counts(fact) && fact.bounds(values, &leaves, Direction::Lower)
            }
        })
}

fn in_loop_head(view: &View<'_>, block: u32) -> bool {
    view.graph.loop_at(block).is_some()
}

fn mentions_part(view: &View<'_>, left: ValueId, right: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(left, &mut leaves);
    mentions(values, right, &leaves)
}

/// Where a difference is used as a size, a bound, an index or a length, without sign.
#[expect(clippy::option_option, reason = "used at once, or used at a place")]
fn usage(view: &View<'_>, value: ValueId, ty: TypeId) -> Option<Option<Span>> {
    let values = view.values();
    let types = &view.unit.types;
    // A length whose type was not seen has no sign either.
    let unsigned_here = types.int(ty).is_none_or(|(_, signed)| !signed);
    let without_sign = |id: ValueId| -> bool {
        unsigned_here
            || matches!(values.get(id), Value::Cast { to, value: inner } if values.strip(inner) == value && types.int(to).is_some_and(|(bits, signed)| !signed && bits > 1))
    };
    for event in &view.numbered.events {
        match &event.kind {
            EventKind::Call {
                callee, arguments, ..
            } => {
                if view.lexicon.is(*callee, flag::LOG) {
                    continue;
                }
                let has_pointer = arguments.iter().any(|argument| view.is_pointer(*argument));
                for &argument in arguments {
                    if values.strip(argument) == value
                        && has_pointer
                        && (without_sign(argument) || view.lexicon.copy(*callee).is_some())
                    {
                        return Some(Some(event.span));
                    }
                }
            }
            EventKind::Write {
                value: stored,
                location,
                ty: place,
                ..
            } => {
                let is_length = matches!(values.get(*location), Value::Field(_, name)
                    if super::names::is_byte_length_name(view.name(name)))
                    && types.int(*place).is_none_or(|(_, signed)| !signed);
                // `--x->n` in place counts something down.
                let in_place = matches!(values.get(value), Value::Binary(_, left, right)
                    if values.constant(right) == Some(1)
                        && matches!(values.get(values.strip(left)), Value::Load { location: from, .. } if from == *location));
                if values.strip(*stored) == value
                    && !in_place
                    && (without_sign(*stored) || is_length)
                {
                    return Some(Some(event.span));
                }
            }
            EventKind::Assign { value: stored, .. }
                if values.strip(*stored) == value
                    && without_sign(*stored)
                    && is_used_as_size(view, *stored) =>
            {
                return Some(Some(event.span));
            }
            _ => {}
        }
    }
    None
}

/// Whether a number bounds a loop or selects an element or is handed on.
fn is_used_as_size(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let wanted = values.strip(value);
    let is = |id: ValueId| {
        let mut leaves = Vec::new();
        values.leaves(id, &mut leaves);
        values.strip(id) == wanted
            || values
                .inputs
                .get(&values.strip(id))
                .is_some_and(|list| list.iter().any(|(_, input)| values.strip(*input) == wanted))
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Call {
            callee, arguments, ..
        } => {
            !view.lexicon.is(*callee, flag::LOG)
                && arguments.iter().any(|argument| is(*argument))
                && arguments.iter().any(|argument| view.is_pointer(*argument))
        }
        EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
            matches!(values.get(*location), Value::Element { index, .. } if is(index))
        }
        _ => false,
    }) || view.graph.loops.iter().any(|found| {
        view.numbered
            .conditions
            .get(found.head as usize)
            .copied()
            .flatten()
            .is_some_and(|condition| match values.get(condition) {
                Value::Binary(_, left, right) => is(left) || is(right),
                _ => false,
            })
    })
}

pub(super) fn operand_words(
    view: &View<'_>,
    value: ValueId,
    event: &Event,
    left: ValueId,
    right: ValueId,
) -> (String, String) {
    let text = view.words(event.span);
    if let Some((one, two)) = text.split_once(" - ") {
        return (
            one.trim_start_matches('(').to_owned(),
            two.trim_end_matches([';', ')']).to_owned(),
        );
    }
    if let Some((one, two)) = text.split_once(" -= ") {
        return (one.to_owned(), two.trim_end_matches(';').to_owned());
    }
    let _ = value;
    let one = view.words(view.values().span(left));
    let two = match view.values().constant(right) {
        Some(number) => number.to_string(),
        None => view.words(view.values().span(right)),
    };
    (one, two)
}
