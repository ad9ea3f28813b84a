//! Steps of a walk that keep within the bytes by the way they were made: a call that was told how
//! many there are worked them out, or they are what is left.

use super::graph::Loop;
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::View;
use super::tables::flag;
use super::values::{Value, ValueId};
use super::walkers::Step;

/// Whether the step is no number of the packet as it stands there.
pub(super) fn is_worked_out(view: &View<'_>, step: &Step) -> bool {
    step.terms.iter().any(|term| {
        // Two ends of one buffer: how much a descriptor holds.
        view.is_pointer(*term)
            || is_rest(view, *term, step.cursor, 0)
            || is_of_told_call(view, *term)
    })
}

/// `size - at`, or the smaller of that and something else.
fn is_rest(view: &View<'_>, term: ValueId, cursor: ValueId, depth: u32) -> bool {
    let values = view.values();
    let term = values.strip(term);
    // On one of the ways all that is left.
    if term == cursor || depth > 3 {
        return term == cursor && depth > 0;
    }
    if let Value::Min(one, two) = values.get(term) {
        return is_rest(view, one, cursor, depth + 1) || is_rest(view, two, cursor, depth + 1);
    }
    let sum = Linear::of(values, term);
    sum.factor(cursor) == -1
        || values.inputs.get(&term).is_some_and(|list| {
            list.iter()
                .any(|(_, input)| is_rest(view, *input, cursor, depth + 1))
        })
}

/// Whether the step is the result or the output of a call that was told a number beside the bytes: it
/// looks for itself. What only turns bytes into a number does not.
fn is_of_told_call(view: &View<'_>, term: ValueId) -> bool {
    let values = view.values();
    values.sources(term).iter().any(|leaf| {
        let (callee, arguments, output) = match values.get(*leaf) {
            Value::Call(_) | Value::Pure { .. } => match values.calls.get(leaf) {
                Some((callee, arguments)) => (*callee, arguments.as_slice(), None),
                None => return false,
            },
            Value::Out { event, argument } => {
                match view
                    .numbered
                    .events
                    .get(event as usize)
                    .map(|event| &event.kind)
                {
                    Some(EventKind::Call {
                        callee, arguments, ..
                    }) => (*callee, arguments.as_slice(), Some(argument as usize)),
                    _ => return false,
                }
            }
            _ => return false,
        };
        if view.lexicon.is(callee, flag::DECODER) || !has_bytes(view, arguments) {
            return false;
        }
        arguments.iter().enumerate().any(|(at, argument)| {
            if Some(at) == output {
                // A number that goes in as what is left and comes out as what was taken.
                return values
                    .before
                    .get(leaf)
                    .is_some_and(|before| is_number(view, *before));
            }
            is_number(view, *argument) || is_number_in_place(view, *argument)
        })
    })
}

fn has_bytes(view: &View<'_>, arguments: &[ValueId]) -> bool {
    arguments.iter().any(|argument| view.is_pointer(*argument))
}

/// A number that is known only at run time.
fn is_number(view: &View<'_>, id: ValueId) -> bool {
    let values = view.values();
    !view.is_pointer(id)
        && !values.is_constant(id)
        && !matches!(values.get(id), Value::Uninit(_) | Value::Unknown(_))
}

/// `&left`: the address of a variable that holds a number.
fn is_number_in_place(view: &View<'_>, id: ValueId) -> bool {
    match view.values().get(view.values().strip(id)) {
        Value::Address(base) => view
            .unit
            .types
            .int(view.base_type(base))
            .is_some_and(|(bits, _)| bits > 1),
        _ => false,
    }
}

/// Adds the reads of the same places in the loop: a call between a test and the step, which gets the
/// record to look at, does not make it another length.
pub(super) fn add_same_places(view: &View<'_>, found: &Loop, leaves: &mut Vec<ValueId>) {
    let values = view.values();
    let places: Vec<ValueId> = leaves
        .iter()
        .filter_map(|leaf| match values.get(*leaf) {
            Value::Load { location, .. } => Some(location),
            _ => None,
        })
        .collect();
    for event in &view.numbered.events {
        let EventKind::Read {
            location, value, ..
        } = &event.kind
        else {
            continue;
        };
        if found.contains(event.block) && places.contains(location) && !leaves.contains(value) {
            leaves.push(*value);
        }
    }
}
