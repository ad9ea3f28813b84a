//! Sums and products that wrap: in a test, and in the size of an allocation.

use super::bound::{Upper, intrinsic};
use super::facts::{Direction, FactKind, mentions};
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, TypeId};

/// `n + x > limit` where the sum can wrap.
pub(super) fn sums(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    let mut told: Vec<Span> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Compute { value, .. } = &event.kind else {
            continue;
        };
        let Value::Binary(op, left, right) = values.get(*value) else {
            continue;
        };
        if !matches!(
            op,
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
        ) {
            continue;
        }
        for side in [left, right] {
            let other = if side == left { right } else { left };
            let (sum, width) = match values.get(side) {
                Value::Cast { value, to } => (value, view.unit.types.int(to)),
                _ => (side, view.unit.types.int(values.ty(side))),
            };
            let Value::Binary(BinaryOp::Add, one, two) = values.get(sum) else {
                continue;
            };
            // Neither does the end of an object that is there, nor a length that was worked out for
            // that limit.
            if [one, two].into_iter().any(|id| {
                view.is_pointer(values.strip(id))
                    || is_worked_out_for(view, id, other)
                    || is_own_header_length(view, id)
            }) {
                continue;
            }
            // Of what the headers do not say, the part that is known says how wide the sum is at least.
            let is_known = width.is_some();
            let width = width.or_else(|| {
                [one, two]
                    .into_iter()
                    .filter_map(|id| view.unit.types.int(values.ty(id)))
                    .find(|(bits, signed)| *bits >= 32 && !*signed)
            });
            let Some((bits, false)) = width else { continue };
            let Some((_, most)) = view.unit.types.int_range(TypeId::int(bits, false)) else {
                continue;
            };
            let largest = |id| intrinsic(view, id, 0);
            // A part that was converted to the sum's type is no larger than its own type lets it be.
            // Nor is one that a test before limits.
            let by_type = |id| {
                let tested = Upper::new(view, id, event.block, index as u32, Region::Other);
                let tested = tested.largest().filter(|largest| *largest >= 0);
                largest_by_type(view, id, 0).into_iter().chain(tested).min()
            };
            if let (Some(one), Some(two)) = (by_type(one), by_type(two))
                && one.saturating_add(two) <= most
            {
                continue;
            }
            // `a + b < a` is how a wrap is found.
            if [one, two]
                .into_iter()
                .any(|id| values.strip(id) == values.strip(other))
                || is_tested_for_wrap(view, sum, (one, two))
                || is_walked_from(view, other, (one, two))
            {
                continue;
            }
            // Place and length, both from whoever calls: `if (pos + len > SIZE) return`.
            let is_parameter = |id: ValueId| {
                matches!(values.get(values.strip(id)), Value::Parameter(_))
                    && !Upper::new(view, id, event.block, index as u32, Region::Other).has_any()
            };
            let is_exit = matches!(op, BinaryOp::Gt | BinaryOp::Ge) == (side == left)
                && view.numbered.conditions.contains(&Some(*value));
            // A private function that nobody calls by name stands in a table.
            let is_public = !view.function.is_private
                || view.file.is_pointed_to(view.function.name)
                || view.file.sites(view.function.name).is_empty();
            let both_given = is_exit
                && is_public
                && (is_parameter(one) && is_parameter(two)
                    || is_parameter(one) && is_place(view, two)
                    || is_parameter(two) && is_place(view, one));
            let Some(sent) = [one, two].into_iter().find(|id| {
                !values.is_constant(*id)
                    && (is_known && view.is_sent(*id) || both_given)
                    && largest(*id).is_none_or(|largest| largest.saturating_add(1) >= most)
            }) else {
                continue;
            };
            if Upper::new(view, sent, event.block, index as u32, Region::Other).has_any()
                || values.is_constant(other) && values.constant(other) == Some(0)
                || told.contains(&event.span)
                || excludes_largest(view, sent, event.block, index as u32)
            {
                continue;
            }
            told.push(event.span);
            let text = view.words(values.span(sum));
            out.push(view.defect(
                "add-wrap-in-bound",
                event.span,
                vec![
                    ("$SUM", text.clone()),
                    ("$N", view.words(values.span(sent))),
                ],
                Some(sent),
                Vec::new(),
                format!("`{text}` can wrap, and then passes this test"),
            ));
        }
    }
}

/// The largest value of a number, by what it was computed from and by the unsigned types that it had on the
/// way: `(uint64_t)at` of a `uint32_t` is below 2^32. A negative one becomes huge where it is converted.
fn largest_by_type(view: &View<'_>, id: ValueId, depth: u32) -> Option<i128> {
    const DEEPEST: u32 = 8;
    let values = view.values();
    let own = intrinsic(view, id, 0);
    let of_type = view
        .unit
        .types
        .int(values.ty(id))
        .filter(|(_, is_signed)| !is_signed)
        .and_then(|_| view.unit.types.int_range(values.ty(id)))
        .map(|(_, most)| most);
    let of_parts = match values.get(id) {
        _ if depth >= DEEPEST => None,
        Value::Cast { value, .. } => largest_by_type(view, value, depth + 1),
        Value::Binary(BinaryOp::Add, one, two) => largest_by_type(view, one, depth + 1)
            .zip(largest_by_type(view, two, depth + 1))
            .map(|(one, two)| one.saturating_add(two)),
        _ => None,
    };
    [own, of_type, of_parts].into_iter().flatten().min()
}

/// Whether a call that gave a number was told the limit that a sum with it is compared with.
fn is_worked_out_for(view: &View<'_>, id: ValueId, limit: ValueId) -> bool {
    let values = view.values();
    let limit = values.strip(limit);
    !values.is_constant(limit)
        && values
            .calls
            .get(&values.strip(id))
            .is_some_and(|(_, arguments)| {
                arguments
                    .iter()
                    .any(|argument| values.strip(*argument) == limit)
            })
}

/// Whether a number is the length of a header that an object of the caller keeps: worked out before,
/// from the few bits that it has in the packet.
fn is_own_header_length(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(id, &mut leaves);
    !leaves.is_empty()
        && leaves.iter().all(|leaf| {
            let Value::Load { location, .. } = values.get(*leaf) else {
                return false;
            };
            let Value::Field(_, name) = values.get(location) else {
                return false;
            };
            let name = view.name(name);
            let is_header = super::names::words(name)
                .iter()
                .any(|word| matches!(word.as_str(), "header" | "hdr" | "ipheader"));
            is_header
                && super::names::is_byte_length_name(name)
                && !matches!(view.region(location), Region::Packet(_) | Region::Pair(_))
        })
}

/// Whether a number is a place that an object keeps: a field that is called so.
fn is_place(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    let Value::Load { location, .. } = values.get(values.strip(id)) else {
        return false;
    };
    let Value::Field(_, name) = values.get(location) else {
        return false;
    };
    super::names::words(view.name(name)).iter().any(|word| {
        matches!(
            word.as_str(),
            "pos" | "offs" | "offset" | "off" | "position"
        )
    })
}

/// Whether some comparison asks if the sum is smaller than one of its parts.
fn is_tested_for_wrap(view: &View<'_>, sum: ValueId, (one, two): (ValueId, ValueId)) -> bool {
    let values = view.values();
    let is_part = |id: ValueId| {
        values.strip(id) == values.strip(one) || values.strip(id) == values.strip(two)
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, left, right) if op.is_comparison() => {
                values.strip(left) == sum && is_part(right)
                    || values.strip(right) == sum && is_part(left)
            }
            _ => false,
        },
        _ => false,
    })
}

/// `for (i = at; i < at + n; i++)`: a sum that wrapped ends the loop at once.
fn is_walked_from(view: &View<'_>, other: ValueId, (one, two): (ValueId, ValueId)) -> bool {
    let values = view.values();
    values.inputs.get(&values.strip(other)).is_some_and(|list| {
        list.iter().any(|(_, input)| {
            let input = values.strip(*input);
            input == values.strip(one) || input == values.strip(two)
        })
    })
}

/// `n == SIZE_MAX` was ruled out before.
fn excludes_largest(view: &View<'_>, sent: ValueId, block: u32, event: u32) -> bool {
    view.facts
        .at(view.graph, block, event)
        .any(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                *op == BinaryOp::Ne
                    && difference.factor(view.values().strip(sent)) != 0
                    && (difference.terms.len() > 1 || difference.constant != 0)
            }
            FactKind::Asked { .. } => false,
        })
}

/// `malloc(a * b)`, `malloc(n + sizeof …)` with nothing that limits the factors.
pub(super) fn allocation(
    view: &View<'_>,
    event: &Event,
    index: u32,
    arguments: &[ValueId],
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    // With each value the most that the conversions of it leave.
    let mut stack: Vec<(ValueId, i128)> = arguments.iter().map(|id| (*id, i128::MAX)).collect();
    let mut budget = 16;
    // A product wraps far sooner than a sum.
    let mut best: Option<(BinaryOp, ValueId, ValueId)> = None;
    while let Some((id, room)) = stack.pop() {
        budget -= 1;
        if budget == 0 {
            break;
        }
        match values.get(id) {
            Value::Cast { value, to } => {
                let fits = view.unit.types.int_range(to).map_or(room, |(_, high)| high);
                stack.push((value, room.min(fits)));
            }
            Value::Binary(op @ (BinaryOp::Mul | BinaryOp::Add), left, right) => {
                stack.push((left, room));
                stack.push((right, room));
                let range = |id| most_by_itself(view, id, 0);
                if let (Some(one), Some(two)) = (range(left), range(right)) {
                    let fits = match op {
                        BinaryOp::Mul => one.checked_mul(two),
                        _ => one.checked_add(two),
                    };
                    if fits.is_some_and(|most| most < 1 << 31 && most <= room) {
                        continue;
                    }
                }
                let is_narrowed = view
                    .unit
                    .types
                    .int_range(values.ty(id))
                    .is_some_and(|(_, high)| high / 2 > room);
                let is_shrunk = match op {
                    _ if is_narrowed => false,
                    BinaryOp::Mul => {
                        is_shrunk_for(values, left, right) || is_shrunk_for(values, right, left)
                    }
                    // A half and a constant.
                    _ => {
                        divisor(values, left).is_some() && values.is_constant(right)
                            || divisor(values, right).is_some() && values.is_constant(left)
                    }
                };
                if is_shrunk {
                    continue;
                }
                let open: Vec<ValueId> = [left, right]
                    .into_iter()
                    .filter(|id| !values.is_constant(*id))
                    .filter(|id| is_from_outside(view, *id))
                    .filter(|id| range(*id).is_none_or(|most| most >= 1 << 16))
                    .filter(|id| {
                        !Upper::new(view, *id, event.block, index, Region::Other).has_any()
                            && !divided(view, event.block, *id)
                    })
                    .collect();
                let Some(&first) = open.first() else { continue };
                if best.is_none_or(|(before, ..)| before != BinaryOp::Mul) {
                    best = Some((op, id, first));
                }
            }
            _ => {}
        }
    }
    let Some((_, size, number)) = best else {
        return;
    };
    let span = values.span(size);
    let text = view.words(span);
    out.push(view.defect(
        "alloc-size-wrap",
        span,
        vec![
            ("$SIZE", text.clone()),
            ("$N", view.words(values.span(number))),
        ],
        Some(number),
        Vec::new(),
        format!("`{text}` can wrap; the memory is then smaller than what is put there"),
    ));
}

/// The most a number is by its type and form; a constant that was not seen is taken for a size of a header.
fn most_by_itself(view: &View<'_>, id: ValueId, depth: u32) -> Option<i128> {
    match view.values().get(id) {
        Value::Constant { value: None, .. } => Some(1 << 12),
        Value::Binary(op @ (BinaryOp::Mul | BinaryOp::Add), left, right) if depth < 8 => {
            let one = most_by_itself(view, left, depth + 1)?;
            let two = most_by_itself(view, right, depth + 1)?;
            match op {
                BinaryOp::Mul => one.checked_mul(two),
                _ => one.checked_add(two),
            }
        }
        _ => intrinsic(view, id, 0),
    }
}

/// `n / 32 * 4`: a number that was divided by at least what it is multiplied with.
fn is_shrunk_for(values: &super::values::Values, number: ValueId, factor: ValueId) -> bool {
    // Once itself.
    if values.constant(factor) == Some(1) {
        return true;
    }
    let mut number = values.strip(number);
    // `max(0, n / 32)`.
    if let Some(inputs) = values.inputs.get(&number) {
        let is_small = |input: ValueId| {
            let product = values
                .constant(input)
                .zip(values.constant(factor))
                .and_then(|(one, two)| one.checked_mul(two));
            product.is_some_and(|product| product < 1 << 31)
        };
        let mut others = inputs
            .iter()
            .map(|(_, input)| *input)
            .filter(|input| !is_small(*input));
        if let (Some(only), None) = (others.next(), others.next()) {
            number = values.strip(only);
        }
    }
    // Rounded up: one more.
    if let Value::Binary(BinaryOp::Add, left, right) = values.get(number)
        && values.constant(right) == Some(1)
    {
        number = left;
    }
    values
        .constant(factor)
        .zip(divisor(values, number))
        .is_some_and(|(factor, by)| (1..=by).contains(&factor))
}

/// By which constant a number was divided, if by more than one.
fn divisor(values: &super::values::Values, number: ValueId) -> Option<i128> {
    match values.get(values.strip(number)) {
        Value::Binary(BinaryOp::Div, _, by) => values.constant(by).filter(|by| *by > 1),
        _ => None,
    }
}

fn is_from_outside(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    view.is_sent(id)
        || values
            .sources(id)
            .iter()
            .any(|leaf| match values.get(*leaf) {
                Value::Parameter(_) => !view.function.is_private,
                _ => false,
            })
}

fn is_zero_test(values: &super::values::Values, right: ValueId) -> bool {
    values
        .constant(right)
        .is_some_and(|number| (0..=1).contains(&number))
}

/// Whether a dominating condition divides by or divides into the value (`a > MAX / b`).
fn divided(view: &View<'_>, block: u32, id: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(id, &mut leaves);
    // `if (n && size > MAX / n) return` leaves no fact, but is a test.
    let earlier = view.numbered.events.iter().any(|event| {
        view.graph.dominates(event.block, block) || view.graph.rank_before(event.block, block)
    } && match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, left, right) if op.is_comparison() => {
                [left, right].into_iter().any(|side| matches!(values.get(values.strip(side)), Value::Binary(BinaryOp::Div, ..)))
                    && (mentions(values, left, &leaves) || mentions(values, right, &leaves))
            }
            _ => false,
        },
        _ => false,
    });
    if earlier {
        return true;
    }
    view.facts
        .at(view.graph, block, u32::MAX)
        .any(|fact| match &fact.kind {
            FactKind::Compare { left, right, .. } => {
                mentions(values, *left, &leaves) && !is_zero_test(values, *right)
                    || mentions(values, *right, &leaves)
            }
            FactKind::Asked { .. } => fact.bounds(values, &leaves, Direction::Upper),
        })
}
