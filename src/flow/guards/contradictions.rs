//! Tests that cannot fail, because an earlier one decided them.

use super::facts::FactKind;
use super::linear::Linear;
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId, Values};
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};

/// Reports `guard-cannot-fire` and `guard-made-vain`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    for &block in &view.graph.order {
        let Some(body) = view.function.block(BlockId(block)) else {
            continue;
        };
        let Terminator::Branch { .. } = &body.terminator else {
            continue;
        };
        let Some(condition) = view
            .numbered
            .conditions
            .get(block as usize)
            .copied()
            .flatten()
        else {
            continue;
        };
        let Value::Binary(op, left, right) = values.get(condition) else {
            continue;
        };
        if !matches!(
            op,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
        ) || values.is_constant(left)
            || values.is_constant(right)
        {
            continue;
        }
        // A conversion that cuts off is how a wrap is tested.
        if has_cast(view, left, 0) || has_cast(view, right, 0) {
            continue;
        }
        let asked = Linear::difference(values, left, right);
        if asked.terms.is_empty()
            && asked.constant == 0
            && decided(op, asked.constant)
            && !same_words(view, left, right, body.span)
        {
            let text = view.words(body.span);
            out.push(view.defect(
                "guard-made-vain",
                body.span,
                vec![("$TEST", text.clone())],
                Some(left),
                Vec::new(),
                format!("both sides of `{text}` are the same here, so it is never true"),
            ));
            continue;
        }
        if asked.terms.len() < 2 {
            continue;
        }
        for fact in view.facts.at(view.graph, block, u32::MAX) {
            let FactKind::Compare {
                op: known,
                difference,
                left: one,
                right: two,
            } = &fact.kind
            else {
                continue;
            };
            if fact.after > 0 || has_cast(view, *one, 0) || has_cast(view, *two, 0) {
                continue;
            }
            if values.is_constant(*one) || values.is_constant(*two) {
                continue;
            }
            if contradicts(values, *known, difference, op, &asked) {
                let text = view.words(body.span);
                let is_vain = is_plain(view, fact.span)
                    && [left, right].into_iter().any(|side| {
                        added_to(view, side).is_some_and(|own| {
                            own == values.strip(*one) || own == values.strip(*two)
                        })
                    });
                out.push(view.defect(
                    if is_vain {
                        "guard-made-vain"
                    } else {
                        "guard-cannot-fire"
                    },
                    body.span,
                    vec![("$TEST", text.clone())],
                    None,
                    vec![note(fact.span, "this is decided already")],
                    format!("so `{text}` is never true, and limits nothing"),
                ));
                break;
            }
        }
    }
}

/// Whether a value was cut off on its way: to fewer bits, or to a type whose bits are not known.
fn has_cast(view: &View<'_>, id: ValueId, depth: u32) -> bool {
    let values = view.values();
    let types = &view.unit.types;
    depth < 8
        && match values.get(id) {
            Value::Cast { value, to } => {
                let keeps_bits = match (types.int(values.ty(value)), types.int(to)) {
                    (Some((own, _)), Some((bits, _))) => bits >= own && bits > 8,
                    _ => false,
                };
                !keeps_bits || has_cast(view, value, depth + 1)
            }
            Value::Binary(_, left, right) => {
                has_cast(view, left, depth + 1) || has_cast(view, right, depth + 1)
            }
            Value::Phi { .. } => values.inputs.get(&id).is_some_and(|list| {
                list.iter()
                    .any(|(_, input)| matches!(values.get(*input), Value::Cast { .. }))
            }),
            _ => false,
        }
}

/// Whether a comparison is written without a sum: one that moves the same number to the other side only
/// says the same again.
fn is_plain(view: &View<'_>, span: crate::finding::Span) -> bool {
    let text = view.words(span).replace("->", ".");
    !text.contains(['+', '-']) && !text.contains("sizeof")
}

/// `len` of `len + sizeof(name)`: what a number of the build is added to.
fn added_to(view: &View<'_>, side: ValueId) -> Option<ValueId> {
    let values = view.values();
    match values.get(values.strip(side)) {
        Value::Binary(BinaryOp::Add, one, two) => {
            // Nothing is added where the build makes the number 0.
            let adds = |id| values.is_constant(id) && values.constant(id) != Some(0);
            match (adds(one), adds(two)) {
                (false, true) => Some(values.strip(one)),
                (true, false) => Some(values.strip(two)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether `constant op 0` is false.
fn decided(op: BinaryOp, constant: i128) -> bool {
    match op {
        BinaryOp::Lt => constant >= 0,
        BinaryOp::Le => constant > 0,
        BinaryOp::Gt => constant <= 0,
        BinaryOp::Ge => constant < 0,
        _ => false,
    }
}

/// Whether a comparison is written with nothing to decide: generated code, macros.
fn same_words(view: &View<'_>, left: ValueId, right: ValueId, span: crate::finding::Span) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(left, &mut leaves);
    values.leaves(right, &mut leaves);
    // Only what was stored just before is a mistake worth telling: one side is read from memory.
    let text = view.words(span);
    leaves.is_empty() || !(text.contains("->") || text.contains('*')) || !was_stored(view, span)
}

/// Whether memory that the comparison reads was written shortly before.
fn was_stored(view: &View<'_>, span: crate::finding::Span) -> bool {
    view.numbered.events.iter().any(|event| {
        matches!(event.kind, super::numbering::EventKind::Write { .. })
            && event.span.end < span.start
            && span.start - event.span.end < 120
    })
}

/// Upper end of `difference` by a fact: `difference <= limit`, with its sign.
fn normal(op: BinaryOp, difference: &Linear) -> Option<(Linear, i128)> {
    let (sign, limit) = match op {
        BinaryOp::Lt => (1, -1),
        BinaryOp::Le => (1, 0),
        BinaryOp::Gt => (-1, -1),
        BinaryOp::Ge => (-1, 0),
        _ => return None,
    };
    let mut terms = difference.clone();
    for (_, factor) in &mut terms.terms {
        *factor = factor.saturating_mul(sign);
    }
    let constant = terms.constant.saturating_mul(i128::from(sign));
    terms.constant = 0;
    Some((terms, limit - constant))
}

/// Whether `known` rules `asked` out: `x <= a` against `x + (something positive) >= b`, b > a.
fn contradicts(
    values: &Values,
    known: BinaryOp,
    one: &Linear,
    asked: BinaryOp,
    two: &Linear,
) -> bool {
    let Some((first, high)) = normal(known, one) else {
        return false;
    };
    let Some((second, low)) = normal(asked, two) else {
        return false;
    };
    // known: first <= high; asked: second <= low. Their sum must be positive to be impossible.
    let mut sum = low.saturating_add(high);
    let mut rest: Vec<(ValueId, i64)> = first.terms.to_vec();
    for &(term, factor) in &second.terms {
        match rest.iter_mut().find(|(other, _)| *other == term) {
            Some((_, own)) => *own = own.saturating_add(factor),
            None => rest.push((term, factor)),
        }
    }
    rest.retain(|(_, factor)| *factor != 0);
    for (term, factor) in &rest {
        // `0 < factor · sizeof T` moves to the other side.
        match values.get(*term) {
            Value::Constant { value: None, .. } if *factor > 0 => sum -= 1,
            _ => return false,
        }
    }
    sum < 0
}
