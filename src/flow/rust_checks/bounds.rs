//! Bounds that are tested wrongly, or only hold if nothing wraps.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Operand, Place, Projection, Rvalue, StatementKind, Terminator, Type,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::slices::each_place;

/// `rust-off-by-one-bound`, `rust-bound-sum-wraps`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        each_place(&statement.kind, &mut |place| {
            off_by_one(body, at, place, out);
        });
        if let StatementKind::Assign {
            value: Rvalue::Binary(op, left, right),
            ..
        } = &statement.kind
        {
            bound_wraps(body, at, (*op, left, right), statement.span, out);
        }
    }
}

/// `if i > a.len() { return }` and then `a[i]`.
fn off_by_one(body: &Body<'_>, at: At, place: &Place, out: &mut Vec<Defect>) {
    let mut before = Place {
        base: place.base,
        path: Vec::new(),
        ty: place.ty,
        span: place.span,
    };
    for step in &place.path {
        if let Projection::Index(index) = step
            && let Operand::Copy(_) = index
            && !body.is_constant(index)
        {
            let key = body.key(index);
            let base = body.place_key(&before);
            let mut equal = false;
            let mut below = false;
            for block in body.graph().up(at.block) {
                for (op, small, large) in tests_of(body, block, at) {
                    if body.key(small) != key {
                        // `index + 4 <= len`
                        below |= matches!(op, BinaryOp::Lt | BinaryOp::Le)
                            && is_beyond(body, small, key);
                        continue;
                    }
                    let is_length = match body.origin(large) {
                        Some(Definition::Value(Rvalue::Len(of))) => body.place_key(of) == base,
                        _ => false,
                    };
                    match op {
                        BinaryOp::Le if is_length => equal = true,
                        BinaryOp::Lt | BinaryOp::Eq | BinaryOp::Ne => below = true,
                        _ => {}
                    }
                }
            }
            if equal && !below {
                Report::new(body, "rust-off-by-one-bound", place.span)
                    .operand("$VALUE", index)
                    .step(
                        place.span,
                        "the test before lets the length itself through, one past the last element",
                    )
                    .push(out);
            }
        }
        before.path.push(step.clone());
    }
}

/// `index + 4` of the index of that key.
fn is_beyond(body: &Body<'_>, sum: &Operand, key: u64) -> bool {
    let Some(Definition::Value(Rvalue::Binary(BinaryOp::Add, left, right))) =
        body.definition_of(sum)
    else {
        return false;
    };
    let adds = |one: &Operand, other: &Operand| {
        body.key(one) == key && body.minimum(other).is_some_and(|more| more >= 1)
    };
    adds(left, right) || adds(right, left)
}

/// The ordered comparisons that hold at `at` because of the branch that ends `block`.
fn tests_of<'b>(
    body: &Body<'b>,
    block: super::super::ir::BlockId,
    at: At,
) -> Vec<(BinaryOp, &'b Operand, &'b Operand)> {
    let Some(Terminator::Branch {
        condition,
        then,
        otherwise,
    }) = body.function.block(block).map(|block| &block.terminator)
    else {
        return Vec::new();
    };
    let Some(Definition::Value(Rvalue::Binary(op, left, right))) = body.definition_of(condition)
    else {
        return Vec::new();
    };
    let graph = body.graph();
    let holds = |target: super::super::ir::BlockId| {
        graph.dominates(target, at.block)
            && graph
                .predecessors
                .get(target.0 as usize)
                .is_some_and(|list| list.len() == 1)
    };
    let op = match (holds(*then), holds(*otherwise)) {
        (true, false) => Some(*op),
        (false, true) => op.negated(),
        _ => None,
    };
    match op {
        Some(op @ (BinaryOp::Gt | BinaryOp::Ge)) => op
            .swapped()
            .map(|op| (op, right, left))
            .into_iter()
            .collect(),
        Some(op) => vec![(op, left, right)],
        None => Vec::new(),
    }
}

/// `if offset + len > SIZE` with numbers of the caller or the wire: the sum may wrap.
fn bound_wraps(
    body: &Body<'_>,
    at: At,
    (op, left, right): (BinaryOp, &Operand, &Operand),
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let (small, large) = match op {
        BinaryOp::Lt | BinaryOp::Le => (left, right),
        BinaryOp::Gt | BinaryOp::Ge => (right, left),
        _ => return,
    };
    // `a + b > LIMIT` and `a + b <= LIMIT`.
    for sum in [small, large] {
        let Some(Definition::Value(Rvalue::Binary(BinaryOp::Add, a, b))) = body.definition_of(sum)
        else {
            continue;
        };
        let Some((bits @ (8 | 16 | 32), false)) = body.unit.types.int(body.type_of(sum)) else {
            continue;
        };
        let limit = (1_i128 << bits) - 1;
        let most = body
            .maximum(a)
            .zip(body.maximum(b))
            .and_then(|(a, b)| a.checked_add(b));
        if most.is_some_and(|most| most <= limit) || body.is_constant(a) || body.is_constant(b) {
            continue;
        }
        // Wide enough by its own type: a length in memory plus a wire number of 16 bits.
        let outside = |operand: &Operand| {
            let is_wide_source = body.message_source(operand).is_some()
                && body.maximum(operand).is_none_or(|most| most >= limit);
            is_wide_source || is_number_parameter(body, operand, bits)
        };
        if !(outside(a) || outside(b))
            || body.is_bounded_above(a, at.block)
            || body.is_bounded_above(b, at.block)
        {
            continue;
        }
        let _ = right;
        Report::new(body, "rust-bound-sum-wraps", span)
            .operand("$VALUE", sum)
            .from(body.message_source(a).or_else(|| body.message_source(b)))
            .step(span, "the sum may wrap, and then the test lets it through")
            .push(out);
        return;
    }
}

/// A parameter of exactly that width, in a function that can refuse it.
fn is_number_parameter(body: &Body<'_>, operand: &Operand, bits: u8) -> bool {
    if !body.is_named(body.function.result, "Result") {
        return false;
    }
    let mut operand = operand;
    for _ in 0..4 {
        let Operand::Copy(place) = operand else {
            return false;
        };
        let (Base::Local(local), true) = (place.base, place.path.is_empty()) else {
            return false;
        };
        if body.is_parameter(local) {
            return matches!(body.unit.types.int(place.ty), Some((own, false)) if own >= bits)
                && !matches!(body.unit.types.get(place.ty), Type::Bool);
        }
        match body.definition(local) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                operand = inner;
            }
            _ => return false,
        }
    }
    false
}
