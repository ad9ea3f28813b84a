//! Tests that cannot fail, because an earlier one decided them.

use super::facts::FactKind;
use super::linear::Linear;
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId, Values};
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};

/// Reports `guard-cannot-fire`.
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
        let asked = Linear::difference(values, left, right);
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
            if fact.block == block && fact.after > 0 {
                continue;
            }
            if values.is_constant(*one) || values.is_constant(*two) {
                continue;
            }
            if contradicts(values, *known, difference, op, &asked) {
                let text = view.words(body.span);
                out.push(view.defect(
                    "guard-cannot-fire",
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
