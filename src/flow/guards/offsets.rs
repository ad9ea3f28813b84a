//! Numbers of a packet that say where in it something stands, and are believed.

use super::bound::Upper;
use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::spans::object_name;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;

/// Reports `sent-offset-unchecked`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let index = index as u32;
        match &event.kind {
            EventKind::Read { location, .. } => {
                offset(view, event, index, *location, &mut told, out);
            }
            EventKind::Call {
                callee, arguments, ..
            } => {
                if view.lexicon.is(*callee, flag::LOG) {
                    continue;
                }
                let source = match (view.lexicon.copy(*callee), callee) {
                    (Some(copy), _) if !copy.source_knows => copy
                        .source
                        .and_then(|at| arguments.get(at as usize).copied()),
                    (None, Some(name)) if view.lexicon.flags(*name) & flag::DECODER != 0 => {
                        arguments.iter().copied().find(|id| view.is_pointer(*id))
                    }
                    _ => None,
                };
                if let Some(source) = source {
                    offset(view, event, index, source, &mut told, out);
                }
            }
            _ => {}
        }
    }
}

/// A read whose distance from the start others sent.
fn offset(
    view: &View<'_>,
    event: &Event,
    index: u32,
    location: ValueId,
    told: &mut Vec<ValueId>,
    out: &mut Vec<Defect>,
) {
    let region = view.region(location);
    if !view.is_received(region) || matches!(region, Region::Bare(_)) {
        return;
    }
    let values = view.values();
    let at = Linear::of(values, location);
    for &(term, _) in &at.terms {
        if view.is_pointer(term)
            || values.is_constant(term)
            || told.contains(&term)
            || !is_sent_itself(view, term)
            || is_limited(view, event, index, term, region)
        {
            continue;
        }
        told.push(term);
        let text = view.words(values.span(term));
        let buffer = object_name(view, location).unwrap_or_else(|| "the data".to_owned());
        out.push(view.defect(
            "sent-offset-unchecked",
            event.span,
            vec![("$OFFSET", text.clone()), ("$BUF", buffer.clone())],
            Some(term),
            Vec::new(),
            format!("`{buffer}` is read at a distance of `{text}`; nothing compares that with the bytes received"),
        ));
        return;
    }
}

/// A number read from the packet, not what a walk made of several.
fn is_sent_itself(view: &View<'_>, term: ValueId) -> bool {
    let values = view.values();
    let term = values.strip(term);
    !matches!(values.get(term), Value::Phi { .. }) && {
        let mut leaves = Vec::new();
        values.leaves(term, &mut leaves);
        leaves
            .iter()
            .any(|leaf| !matches!(values.get(*leaf), Value::Phi { .. }) && view.is_sent(*leaf))
    }
}

fn is_limited(view: &View<'_>, event: &Event, index: u32, term: ValueId, region: Region) -> bool {
    let upper = Upper::new(view, term, event.block, index, region);
    if upper.has_any() || upper.input || upper.destination_guard.is_some() {
        return true;
    }
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(term, &mut leaves);
    // Asked in a condition that leaves no fact, or equal to what is known.
    view.numbered
        .events
        .iter()
        .take(index as usize)
        .any(|before| {
            matches!(&before.kind, EventKind::Compute { value, .. }
            if matches!(values.get(*value), Value::Binary(op, left, right) if op.is_comparison()
                && !values.is_constant(right) && !values.is_constant(left)
                && (super::facts::mentions(values, left, &leaves)
                    || super::facts::mentions(values, right, &leaves))))
        })
}
