//! What goes wrong where a walk over received bytes takes a step that is too long.

use super::facts::{Direction, Fact, FactKind};
use super::graph::Loop;
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::View;
use super::values::{Value, ValueId, Written};
use super::walkers::Step;
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, TypeId};

/// What goes wrong when the step is too long.
pub(super) fn harm(view: &View<'_>, found: &Loop, step: &Step) -> Option<(Span, &'static str)> {
    let values = view.values();
    if step.is_down && loses_sign(view, found, step.cursor) {
        return Some((
            values.span(step.cursor),
            "what is left is compared with a size: below zero it is huge",
        ));
    }
    if step.is_down && !is_signed(view, step.cursor) {
        // Where the type was not seen, it may have a sign.
        let ty = values.ty(step.cursor);
        if view.unit.types.int(ty).is_none()
            && (is_named_signed(view, ty) || !super::lengths::has_length_role(view, step.cursor))
        {
            return None;
        }
        return Some((
            values.span(step.cursor),
            "what is left has no sign: a step that is too long makes it huge",
        ));
    }
    // The bytes of the step are handed on.
    for event in &view.numbered.events {
        if !found.contains(event.block) {
            continue;
        }
        if let EventKind::Call {
            callee, arguments, ..
        } = &event.kind
        {
            if view.lexicon.is(*callee, super::tables::flag::LOG) {
                continue;
            }
            let has_bytes = arguments.iter().any(|argument| {
                view.is_pointer(*argument)
                    && (super::facts::mentions(values, *argument, &[step.cursor])
                        || view.is_received(view.region(*argument)))
            });
            let has_length = arguments.iter().any(|argument| {
                !view.is_pointer(*argument)
                    && Linear::of(values, *argument)
                        .terms
                        .iter()
                        .any(|(term, _)| step.terms.contains(term))
            });
            if has_bytes && has_length {
                return Some((event.span, "so many bytes are handed on from here"));
            }
        }
    }
    stored(view, found, step)
}

/// What is wrong where the walk itself asks again before it goes on.
pub(super) const KEPT: &str = "the bytes here and their number are kept for others";

/// Where a pointer into the walk and the length it read there are kept for others to use.
fn stored(view: &View<'_>, found: &Loop, step: &Step) -> Option<(Span, &'static str)> {
    let values = view.values();
    let mut leaves = Vec::new();
    for term in &step.terms {
        values.leaves(*term, &mut leaves);
    }
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Write { value, .. } = &event.kind else {
            continue;
        };
        let is_length = !view.is_pointer(*value)
            && Linear::of(values, *value)
                .terms
                .iter()
                .any(|(term, _)| step.terms.contains(term));
        if !is_length || !view.graph.dominates(found.head, event.block) {
            continue;
        }
        let has_bytes = view.numbered.events.iter().any(|other| {
            other.block == event.block
                && matches!(&other.kind, EventKind::Write { value, .. }
                    if (view.is_pointer(*value) || view.is_received(view.region(*value)))
                        && super::facts::mentions(values, *value, &[step.cursor]))
        });
        let is_compared = view
            .bounds(&leaves, Direction::Upper, event.block, index as u32)
            .any(|fact| {
                matches!(fact.kind, FactKind::Asked { .. })
                    || fact
                        .others(values, &leaves)
                        .any(|other| !values.is_constant(other))
            });
        if has_bytes && !is_compared {
            return Some((event.span, KEPT));
        }
    }
    None
}

/// A loop over received bytes that ends only where cursor and end meet exactly.
pub(super) fn exact_end(view: &View<'_>, found: &Loop, step: &Step) -> Option<Span> {
    let values = view.values();
    if !view.is_received(view.region(step.cursor)) || step.is_down {
        return None;
    }
    let mut end = None;
    for fact in view.facts.list.iter().chain(&view.facts.edges) {
        let FactKind::Compare { op, difference, .. } = &fact.kind else {
            continue;
        };
        let is_inside = found.contains(fact.block);
        let has_cursor = difference.factor(step.cursor) != 0;
        if !is_inside || difference.terms.len() < 2 {
            continue;
        }
        let has_step = step.terms.iter().any(|term| difference.factor(*term) != 0);
        match op {
            BinaryOp::Ne if has_cursor => end = Some(fact.span),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                if has_cursor
                    && fact.block != found.head
                    && !has_step
                    && is_loop_test(view, found, fact) =>
            {
                return None;
            }
            // The step is limited by what is left.
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
                if has_step
                    && difference.terms.iter().any(|(term, _)| {
                        !values.is_constant(*term) && !step.terms.contains(term)
                    }) =>
            {
                return None;
            }
            _ => {}
        }
    }
    end
}

/// `while (p != end)` where `p` already moved by a number that nothing compared with the end: a
/// walk that starts behind the end never meets it.
pub(super) fn late_start(view: &View<'_>, found: &Loop, step: &Step) -> Option<Span> {
    let values = view.values();
    if !view.is_received(view.region(step.cursor)) || step.is_down {
        return None;
    }
    let condition = view
        .numbered
        .conditions
        .get(found.head as usize)
        .copied()
        .flatten()?;
    let mut kinds = Vec::new();
    super::facts::decompose(values, condition, true, &mut kinds, 0);
    let [
        FactKind::Compare {
            op: BinaryOp::Ne | BinaryOp::Eq,
            difference,
            ..
        },
    ] = kinds.as_slice()
    else {
        return None;
    };
    if difference.factor(step.cursor) == 0 || difference.terms.len() < 2 {
        return None;
    }
    let moved = values
        .inputs
        .get(&step.cursor)?
        .iter()
        .any(|(from, input)| {
            !found.contains(*from) && {
                let mut ways = vec![*input];
                if let Some(list) = values.inputs.get(input) {
                    ways.extend(list.iter().map(|(_, input)| *input));
                }
                ways.into_iter().any(|way| {
                    let start = Linear::of(values, way);
                    start.terms.len() > 1
                        && start.terms.iter().any(|(term, _)| {
                            !view.is_pointer(*term)
                                && !values.is_constant(*term)
                                && !is_compared_anywhere(view, *term, found.head)
                        })
                })
            }
        });
    moved.then(|| {
        view.function
            .block(crate::flow::ir::BlockId(found.head))
            .map(|body| body.span)
    })?
}

/// Whether some comparison before a block orders what a value was computed from.
fn is_compared_anywhere(view: &View<'_>, value: ValueId, block: u32) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(value, &mut leaves);
    view.facts
        .at(view.graph, block, 0)
        .chain(&view.facts.edges)
        .any(|fact| {
            matches!(&fact.kind, FactKind::Compare { op, .. }
                if !matches!(op, BinaryOp::Eq | BinaryOp::Ne))
                && fact.bounds(values, &leaves, Direction::Upper)
        })
}

/// Whether a fact is what the head of the loop asks.
fn is_loop_test(view: &View<'_>, found: &Loop, fact: &Fact) -> bool {
    view.graph.predecessors(fact.block) == [found.head]
}

/// `while (left >= sizeof(header))`: a size has no sign, and takes it from what is compared with it.
fn loses_sign(view: &View<'_>, found: &Loop, cursor: ValueId) -> bool {
    let values = view.values();
    let condition = view.numbered.conditions.get(found.head as usize).copied();
    let mut kinds = Vec::new();
    if let Some(condition) = condition.flatten() {
        super::facts::decompose(values, condition, true, &mut kinds, 0);
    }
    kinds.iter().any(|kind| match kind {
        FactKind::Compare {
            left,
            right,
            difference,
            op,
        } => {
            !matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && difference.factor(cursor) != 0
                && [left, right].into_iter().any(|side| {
                    matches!(
                        values.get(values.strip(*side)),
                        Value::Constant {
                            written: Written::Sizeof(_) | Written::SizeofObject(_),
                            ..
                        }
                    )
                })
        }
        FactKind::Asked { .. } => false,
    })
}

/// A type that was not seen and is called like one with a sign: `INT`, `s16_t`, `ssize_t`.
fn is_named_signed(view: &View<'_>, ty: TypeId) -> bool {
    view.type_name(ty)
        .is_some_and(|name| matches!(name.as_bytes().first(), Some(b'i' | b'I' | b's' | b'S')))
}

fn is_signed(view: &View<'_>, value: ValueId) -> bool {
    view.unit
        .types
        .int(view.values().ty(value))
        .is_some_and(|(_, signed)| signed)
}
