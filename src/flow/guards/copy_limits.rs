//! What keeps the length of a copy small though nothing near it compares it: an array it was counted
//! in, memory that was made for it, an address that has few bytes by design.

use super::bound::Upper;
use super::facts::{Direction, FactKind};
use super::file_facts::Analysed;
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::values::{Value, ValueId, Values};
use crate::finding::Span;
use crate::flow::ir::{BinaryOp, Type};

/// Bytes of an array.
pub(super) fn capacity_of(region: Region) -> Option<u64> {
    match region {
        Region::Fixed(capacity) => capacity,
        _ => None,
    }
}

/// Which analysis a length belongs to: the bytes received say it and nothing limits it, or a caller or
/// an object gives it.
pub(super) fn analysis_of(view: &View<'_>, length: ValueId, copy: Span) -> &'static str {
    if is_said_by_bytes(view, length) && !has_limit(view, length, copy) {
        "unbounded-copy-length"
    } else {
        "given-copy-length"
    }
}

/// Whether a length stands in bytes whose sender is somebody else: not in an object that is only named
/// like a message, nor in one that keeps its own buffer.
fn is_said_by_bytes(view: &View<'_>, length: ValueId) -> bool {
    let values = view.values();
    view.is_sent(length)
        && !values
            .sources(length)
            .iter()
            .any(|leaf| match values.get(*leaf) {
                Value::Load { location, .. } => match view.region(location) {
                    Region::Bare(_) | Region::Held(_) => true,
                    Region::Pair(index) => is_pair_of_records(view, index),
                    _ => false,
                },
                // What a call put into a variable was looked at there.
                Value::Out { .. } => true,
                _ => false,
            })
}

/// Whether a pair's pointer is one to records: how many there are, or how large the one is, and no bytes.
fn is_pair_of_records(view: &View<'_>, index: usize) -> bool {
    let types = &view.unit.types;
    view.pairs
        .get(index)
        .and_then(|pair| view.function.parameters.get(pair.pointer as usize))
        .and_then(|id| view.function.local(*id))
        .and_then(|local| types.pointee(local.ty))
        .is_some_and(|to| matches!(types.get(to), Type::Record(_) | Type::Named(_)))
}

/// Whether some comparison before the copy orders the length, or what it came from, with a constant or
/// a capacity, and is not known to leave a lower bound alone.
fn has_limit(view: &View<'_>, length: ValueId, copy: Span) -> bool {
    let values = view.values();
    let leaves = values.sources(length);
    let is_limit = |id: ValueId| {
        values.is_constant(id) && !matches!(values.constant(id), Some(0 | 1))
            || view.is_capacity(values.strip(id))
    };
    let place = view
        .numbered
        .events
        .iter()
        .enumerate()
        .find(|(_, event)| event.span == copy)
        .map(|(index, event)| (event.block, index as u32));
    // `if (n < 2) return;` leaves a least length at the copy, and no largest one.
    let is_floor = |left: ValueId, right: ValueId| {
        place.is_some_and(|(block, index)| {
            view.facts.at(view.graph, block, index).any(|fact| {
                matches!(&fact.kind, FactKind::Compare { left: one, right: two, .. }
                    if *one == left && *two == right)
                    && !fact.bounds(values, &leaves, Direction::Upper)
            })
        })
    };
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } if event.span.start < copy.start => {
            match values.get(*value) {
                Value::Binary(
                    BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge,
                    left,
                    right,
                ) => {
                    (super::facts::mentions(values, left, &leaves) && is_limit(right)
                        || super::facts::mentions(values, right, &leaves) && is_limit(left))
                        && !is_floor(left, right)
                }
                // Exactly what something else says.
                Value::Binary(BinaryOp::Eq | BinaryOp::Ne, left, right) => {
                    super::facts::mentions(values, left, &leaves) && !values.is_constant(right)
                        || super::facts::mentions(values, right, &leaves)
                            && !values.is_constant(left)
                }
                _ => false,
            }
        }
        _ => false,
    })
}

/// Whether the destination came from a call that was given the length: it was made for it.
pub(super) fn is_made_for(view: &View<'_>, length: ValueId, destination: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(length, &mut leaves);
    if leaves.is_empty() {
        return false;
    }
    origins(values, destination).iter().any(|origin| {
        let given = match values.get(*origin) {
            Value::Call(_) | Value::Pure { .. } => values
                .calls
                .get(origin)
                .map(|(_, arguments)| arguments.as_slice()),
            Value::Out { event, .. } => match view.numbered.events.get(event as usize) {
                Some(Event {
                    kind: EventKind::Call { arguments, .. },
                    ..
                }) => Some(arguments.as_slice()),
                _ => None,
            },
            _ => None,
        };
        given.is_some_and(|arguments| {
            arguments.iter().any(|argument| {
                !view.is_pointer(*argument) && super::facts::mentions(values, *argument, &leaves)
            })
        })
    })
}

/// The values that an address was read from, outermost last.
fn origins(values: &Values, address: ValueId) -> Vec<ValueId> {
    let mut out = Vec::new();
    let mut at = values.root(address);
    for _ in 0..4 {
        out.push(at);
        match values.get(at) {
            Value::Load { location, .. } => at = values.root(location),
            _ => break,
        }
    }
    out
}

/// `memcpy(d->name, s->name, s->name_len)`: the number counts what is in an array that is no larger
/// than the destination.
pub(super) fn is_counted_in_array(
    view: &View<'_>,
    length: ValueId,
    source: Option<ValueId>,
    capacity: Option<u64>,
) -> bool {
    let values = view.values();
    let Some(source) = source else { return false };
    let (Region::Fixed(Some(size)), Some(capacity)) = (view.region(source), capacity) else {
        return false;
    };
    let Value::Load { location, .. } = values.get(values.strip(length)) else {
        return false;
    };
    size <= capacity && size > 1 && values.root(location) == values.root(source)
}

/// Whether a length is a small number, or one of objects whose size was not seen.
pub(super) fn is_few(view: &View<'_>, length: ValueId) -> bool {
    let values = view.values();
    let is_small = |id| super::bound::intrinsic(view, id, 0).is_some_and(|most| most <= 31);
    let is_size = |id| values.is_constant(id) && values.constant(id).is_none();
    is_small(length)
        || matches!(values.get(values.strip(length)), Value::Binary(BinaryOp::Mul, one, two)
            if is_size(two) && is_small(one) || is_size(one) && is_small(two))
}

/// Whether a length is a field that this file never sets to anything that it did not compare before:
/// what is kept there is no larger than its limit.
pub(super) fn is_capped_field(view: &View<'_>, length: ValueId) -> bool {
    let values = view.values();
    let Value::Load { location, .. } = values.get(values.strip(length)) else {
        return false;
    };
    matches!(values.get(location), Value::Field(_, name) if view.file.is_capped(name))
        && !view.is_sent(length)
}

/// Whether a length is that of a hardware address which no packet gave: a field or parameter that is
/// named so, or a parameter that all callers in the file fill with such a one.
pub(super) fn is_length_of_address(view: &View<'_>, all: &[Analysed], length: ValueId) -> bool {
    let values = view.values();
    let sources = values.sources(length);
    !sources.is_empty()
        && sources.iter().all(|leaf| match values.get(*leaf) {
            Value::Load { location, .. } => is_address_field(view, values, location),
            Value::Parameter(index) => is_given_address_lengths(view, all, index),
            Value::Phi { .. } => true,
            _ => false,
        })
        && sources
            .iter()
            .any(|leaf| !matches!(values.get(*leaf), Value::Phi { .. }))
}

fn is_address_field(view: &View<'_>, values: &Values, location: ValueId) -> bool {
    matches!(values.get(location), Value::Field(_, name)
        if super::names::is_address_length_name(view.name(name)))
}

fn is_given_address_lengths(view: &View<'_>, all: &[Analysed], parameter: u32) -> bool {
    if !view.function.is_private || view.file.is_pointed_to(view.function.name) {
        return false;
    }
    let sites = view.file.sites(view.function.name);
    !sites.is_empty()
        && sites.iter().all(|site| {
            let Some(caller) = all.get(site.caller) else {
                return false;
            };
            let Some(event) = caller.numbered.events.get(site.event as usize) else {
                return false;
            };
            let EventKind::Call { arguments, .. } = &event.kind else {
                return false;
            };
            let values = &caller.numbered.values;
            arguments.get(parameter as usize).is_some_and(|given| {
                values.constant(*given).is_some()
                    || matches!(values.get(values.strip(*given)), Value::Load { location, .. }
                        if is_address_field(view, values, location))
            })
        })
}

/// An array of this function whose size is a variable's: it was made for what goes there.
pub(super) fn is_sized_by_variable(view: &View<'_>, destination: ValueId) -> bool {
    let Value::Address(crate::flow::ir::Base::Local(id)) =
        view.values().get(view.values().root(destination))
    else {
        return false;
    };
    let Some(local) = view.function.local(id) else {
        return false;
    };
    let rest = view
        .text
        .get(local.span.start as usize..)
        .unwrap_or_default();
    let Some(open) = rest.iter().take(120).position(|byte| *byte == b'[') else {
        return false;
    };
    let Some(close) = rest.iter().take(240).position(|byte| *byte == b']') else {
        return false;
    };
    rest.get(open + 1..close)
        .is_some_and(|size| size.iter().any(u8::is_ascii_lowercase) && !size.starts_with(b"sizeof"))
}

/// Whether the function compares a sum that the length is part of with something that may be the
/// size of the destination.
pub(super) fn is_limited_in_sum(
    view: &View<'_>,
    block: u32,
    event: u32,
    length: ValueId,
    capacity: Option<u64>,
) -> bool {
    if capacity.is_none() {
        return super::sums::is_tested_in_sum(view, length);
    }
    super::sums::is_kept_after_test(view, length)
        || super::sums::is_end_tested(view, capacity)
        || super::sums::is_room_tested_in_sum(view, length, |received| {
            Upper::new(view, received, block, event, Region::Other).fits(capacity)
        })
}

/// Whether a length was read from a packet by this function itself, wide enough to matter.
pub(super) fn is_wire_length(view: &View<'_>, length: ValueId) -> bool {
    view.is_sent(length) && super::bound::intrinsic(view, length, 0).is_none_or(|most| most >= 255)
}
