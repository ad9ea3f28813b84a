//! Bytes put one behind the other, and lengths of USB requests, without a limit.

use super::bound::Upper;
use super::facts::FactKind;
use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::spans::{argument, object_name};
use super::tables::{self, flag};
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports `append-without-bound`, `append-in-walk` and `usb-setup-unclamped`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        match &event.kind {
            EventKind::Write {
                location, value, ..
            } => append(view, event, index as u32, *location, *value, out),
            EventKind::Call {
                callee, arguments, ..
            } if !view.lexicon.is(*callee, flag::LOG | flag::CHECK) => {
                setup(view, event, index as u32, arguments, out);
            }
            _ => {}
        }
    }
}

/// `buf[s->n++] = c` where nothing limits `s->n`.
fn append(
    view: &View<'_>,
    event: &Event,
    index: u32,
    location: ValueId,
    value: ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let Value::Element {
        base,
        index: element,
        ..
    } = values.get(location)
    else {
        return;
    };
    // The place that keeps the index from call to call.
    let keeper = match values.get(values.strip(element)) {
        Value::Load { location, .. } => location,
        // What a loop or a join left there.
        _ => match view
            .numbered
            .events
            .iter()
            .find_map(|other| match &other.kind {
                EventKind::Write {
                    location, value, ..
                } if other.block == event.block
                    && Linear::of(values, *value).factor(values.strip(element)) == 1 =>
                {
                    Some(*location)
                }
                _ => None,
            }) {
            Some(location) => location,
            None => return,
        },
    };
    // Where the type was not seen, an array and its fill level in one object belong together.
    let owner = match values.get(base) {
        Value::Load { location, .. } => values.root(location),
        _ => values.root(base),
    };
    let is_kept = matches!(view.region(base), Region::Fixed(_) | Region::Object(_))
        || owner == values.root(keeper) && owner != base && keeper != owner;
    if !is_kept || values.is_constant(value) {
        return;
    }
    let grows = view.numbered.events.iter().any(|other| match &other.kind {
        EventKind::Write {
            location, value, ..
        } if *location == keeper => {
            let sum = Linear::of(values, *value);
            sum.factor(values.strip(element)) == 1 && sum.constant == 1 && sum.terms.len() == 1
        }
        _ => false,
    });
    // What this very function starts at a number, and no loop repeats, is counted by who wrote it.
    let is_started = view.numbered.events.iter().any(|other| {
        matches!(&other.kind, EventKind::Write { location, value, .. }
            if *location == keeper && values.constant(*value).is_some()
                && view.graph.dominates(other.block, event.block))
    });
    let is_own = matches!(
        values.get(values.root(keeper)),
        Value::Address(crate::flow::ir::Base::Local(_))
    );
    let is_walk = is_in_walk(view, event);
    if (is_started || is_own) && !is_walk {
        return;
    }
    if !grows || Upper::new(view, element, event.block, index, Region::Other).has_any() {
        return;
    }
    // A test anywhere in the function, of the index or of its keeper, may belong to it.
    let is_tested = view.numbered.events.iter().any(|other| match &other.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(op, left, right)
                if op.is_comparison() || op == BinaryOp::And || op == BinaryOp::Rem =>
            {
                [left, right]
                    .into_iter()
                    .any(|side| reads(view, side, keeper))
            }
            _ => false,
        },
        _ => false,
    });
    if is_tested {
        return;
    }
    let name = object_name(view, keeper).unwrap_or_default();
    let array = object_name(view, base).unwrap_or_default();
    out.push(view.defect(
        if is_walk {
            "append-in-walk"
        } else {
            "append-without-bound"
        },
        event.span,
        vec![("$INDEX", name.clone()), ("$ARRAY", array.clone())],
        None,
        Vec::new(),
        format!(
            "`{array}` gets one more element each time; nothing compares `{name}` with its size"
        ),
    ));
}

/// Whether the loop around walks with a pointer to where its end is: how often it goes round, the bytes
/// decide.
fn is_in_walk(view: &View<'_>, event: &Event) -> bool {
    let values = view.values();
    let mut loops = view
        .graph
        .loops
        .iter()
        .filter(|found| found.contains(event.block));
    loops.any(|found| {
        let condition = view.numbered.conditions.get(found.head as usize).copied();
        let mut kinds = Vec::new();
        if let Some(condition) = condition.flatten() {
            super::facts::decompose(values, condition, true, &mut kinds, 0);
        }
        kinds.iter().any(|kind| match kind {
            FactKind::Compare { difference, .. } => {
                let pointers = difference
                    .terms
                    .iter()
                    .filter(|(term, _)| view.is_pointer(*term));
                pointers.clone().count() >= 2
                    && pointers.clone().any(|(term, _)| {
                        matches!(values.get(*term), Value::Phi { block, .. } if block == found.head)
                    })
            }
            FactKind::Asked { .. } => false,
        })
    })
}

fn reads(view: &View<'_>, value: ValueId, keeper: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(value, &mut leaves);
    leaves
        .iter()
        .any(|leaf| matches!(values.get(*leaf), Value::Load { location, .. } if location == keeper))
        || view.numbered.events.iter().any(|event| {
            matches!(&event.kind, EventKind::Write { location, value: written, .. }
                if *location == keeper && *written == values.strip(value) && !values.is_constant(*written))
        })
}

/// An object of this file and a length of the host, side by side in a call.
fn setup(view: &View<'_>, event: &Event, index: u32, arguments: &[ValueId], out: &mut Vec<Defect>) {
    let values = view.values();
    for pair in arguments.windows(2) {
        let [object, length] = pair else { continue };
        let region = view.region(*object);
        if !view.is_pointer(*object) || !matches!(region, Region::Fixed(_) | Region::Object(_)) {
            continue;
        }
        let Value::Load { location, .. } = values.get(values.strip(*length)) else {
            continue;
        };
        let Value::Field(_, field) = values.get(location) else {
            continue;
        };
        // Value and index select something; they are no sizes.
        if view.name(field) != tables::SETUP_LENGTH {
            continue;
        }
        if Upper::new(view, *length, event.block, index, Region::Other).has_any()
            || is_equal(view, *length, event.block, index)
        {
            continue;
        }
        let text = view.words(argument(view, event, *length, 0));
        let name = object_name(view, *object).unwrap_or_default();
        out.push(view.defect(
            "usb-setup-unclamped",
            event.span,
            vec![("$LEN", text.clone()), ("$DST", name.clone())],
            Some(*length),
            Vec::new(),
            format!("the host chooses `{text}`; nothing compares it with the size of `{name}`"),
        ));
        return;
    }
}

fn is_equal(view: &View<'_>, value: ValueId, block: u32, event: u32) -> bool {
    let mut leaves = Vec::new();
    view.values().leaves(value, &mut leaves);
    view.facts.at(view.graph, block, event).any(|fact| {
        matches!(
            &fact.kind,
            super::facts::FactKind::Compare {
                op: BinaryOp::Eq,
                ..
            }
        ) && fact.bounds(view.values(), &leaves, super::facts::Direction::Upper)
    })
}
