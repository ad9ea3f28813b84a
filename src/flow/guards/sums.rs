//! Sums that a length is part of, and what the function compares them with: `filled + len > cap`
//! limits a copy as well as `len > cap` does, `at + len > received` does not.

use super::numbering::EventKind;
use super::roles::View;
use super::values::{Value, ValueId};
use crate::flow::ir::BinaryOp;

/// Whether some comparison of the function looks at a sum or difference that the length is part of,
/// such as `filled + len > cap` or `len - done > rest`: what it leaves over is not worked out here.
pub(super) fn is_tested_in_sum(view: &View<'_>, length: ValueId) -> bool {
    let values = view.values();
    let leaves = values.sources(length);
    let is_sum_of_it = |side: ValueId| {
        matches!(
            values.get(values.strip(side)),
            Value::Binary(BinaryOp::Add | BinaryOp::Sub, ..)
        ) && (super::facts::mentions(values, side, &leaves)
            // `key_len + (val ? val_len + 1 : 0)`
            || values.sources(side).iter().any(|leaf| leaves.contains(leaf)))
    };
    orders(view).any(|(left, right)| is_sum_of_it(left) || is_sum_of_it(right))
}

/// The same where the size of the destination is known: a sum that is compared with the bytes
/// received limits nothing there, nor does a test of the place that the length was read from.
pub(super) fn is_room_tested_in_sum(
    view: &View<'_>,
    length: ValueId,
    is_small_enough: impl Fn(ValueId) -> bool,
) -> bool {
    let values = view.values();
    let leaves = values.sources(length);
    let is_sum_of_it = |side: ValueId| {
        matches!(
            values.get(values.strip(side)),
            Value::Binary(BinaryOp::Add | BinaryOp::Sub, ..)
        ) && (super::facts::mentions(values, side, &leaves)
            || chosen(view, side).iter().any(|leaf| leaves.contains(leaf)))
    };
    // What was received counts where it is known to be no more than the destination holds.
    let is_received = |leaf: &ValueId| is_received_length(view, *leaf) && !is_small_enough(*leaf);
    let is_limit = |side: ValueId| {
        !chosen(view, side).iter().any(is_received)
            && !matches!(values.get(values.strip(side)), Value::Difference(end, start)
                if view.is_received(view.region(end)) || view.is_received(view.region(start)))
    };
    // `received - len < 2` is about what is left there; what is left of the length itself is not.
    let is_about_it = |side: ValueId| {
        is_sum_of_it(side)
            && (matches!(
                values.get(values.strip(side)),
                Value::Binary(BinaryOp::Add, ..)
            ) || !chosen(view, side)
                .iter()
                .any(|leaf| is_received(leaf) && !leaves.contains(leaf)))
    };
    orders(view).any(|(left, right)| {
        is_about_it(left) && is_limit(right) || is_about_it(right) && is_limit(left)
    })
}

/// Whether the function compares addresses in an array of that size: `out + n > buf + sizeof buf`.
pub(super) fn is_end_tested(view: &View<'_>, capacity: Option<u64>) -> bool {
    let is_there = |side: ValueId| {
        view.is_pointer(side) && view.region(side) == super::roles::Region::Fixed(capacity)
    };
    capacity.is_some()
        && orders(view).any(|(left, right)| {
            (is_there(left) || is_there(right)) && view.is_pointer(left) && view.is_pointer(right)
        })
}

/// Whether a length was kept by a loop that compared it with a limit first: `if (n > MAX) return;
/// kept = n;` in one round, a copy of `kept` bytes behind the loop.
pub(super) fn is_kept_after_test(view: &View<'_>, length: ValueId) -> bool {
    let values = view.values();
    let own = values.strip(length);
    if !matches!(values.get(own), Value::Phi { .. }) {
        return false;
    }
    let sources = values.sources(own);
    let is_source = |side: ValueId| {
        let side = values.strip(side);
        side != own && sources.contains(&side)
    };
    let is_room = |side: ValueId| {
        let side = values.strip(side);
        values.is_constant(side) || view.is_capacity(side)
    };
    orders(view)
        .any(|(left, right)| is_source(left) && is_room(right) || is_source(right) && is_room(left))
}

/// Both sides of every comparison of the function that asks which is more.
fn orders(view: &View<'_>) -> impl Iterator<Item = (ValueId, ValueId)> {
    let values = view.values();
    view.numbered
        .events
        .iter()
        .filter_map(move |event| match &event.kind {
            EventKind::Compute { value, .. } => match values.get(*value) {
                Value::Binary(op, left, right)
                    if op.is_comparison() && !matches!(op, BinaryOp::Eq | BinaryOp::Ne) =>
                {
                    Some((left, right))
                }
                _ => None,
            },
            _ => None,
        })
}

/// What a number was computed from, seen through `c ? a : b` and not through rounds of a loop.
fn chosen(view: &View<'_>, id: ValueId) -> Vec<ValueId> {
    let values = view.values();
    let mut out = Vec::new();
    values.leaves(id, &mut out);
    let mut next = 0;
    while let Some(&leaf) = out.get(next) {
        next += 1;
        if next > 48 {
            break;
        }
        if let Value::Phi { block, .. } = values.get(leaf)
            && view.graph.loop_at(block).is_none()
            && let Some(list) = values.inputs.get(&leaf)
        {
            for &(_, input) in list {
                values.leaves(input, &mut out);
            }
        }
    }
    out
}

/// Whether a number says how many bytes were received.
fn is_received_length(view: &View<'_>, id: ValueId) -> bool {
    let is_of_pair = |index: u32| {
        view.pairs
            .iter()
            .any(|pair| pair.length == index && !pair.is_output)
    };
    matches!(view.values().get(id), Value::Parameter(index) if is_of_pair(index))
        || view.is_packet_length(id, None)
}
