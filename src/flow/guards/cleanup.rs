//! Memory that was given back while a pointer to it stays behind.

use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;

/// Reports `freed-out-parameter`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee, arguments, ..
        } = &event.kind
        else {
            continue;
        };
        if !view.lexicon.is(*callee, flag::FREE) {
            continue;
        }
        let Some(&freed) = arguments.first() else {
            continue;
        };
        out_parameter(view, event, index, freed, out);
    }
}

/// `free(*out)` and then a return, with `*out` as it was: the caller frees it again.
fn out_parameter(
    view: &View<'_>,
    event: &Event,
    index: usize,
    freed: ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    // The place behind the parameter from which, or into which, the pointer came.
    let holder = match values.get(values.strip(freed)) {
        Value::Load { location, .. } => Some(location),
        _ => view
            .numbered
            .events
            .iter()
            .take(index)
            .rev()
            .find_map(|before| match &before.kind {
                EventKind::Write {
                    location, value, ..
                } if values.strip(*value) == values.strip(freed)
                    && view.graph.dominates(before.block, event.block) =>
                {
                    Some(*location)
                }
                _ => None,
            }),
    };
    let Some(holder) = holder else { return };
    if !matches!(values.get(holder), Value::Parameter(_)) {
        return;
    }
    // It must have been filled here: a destructor's `free(*p)` is its owner's business.
    let is_filled = view
        .numbered
        .events
        .iter()
        .take(index)
        .any(|before| match &before.kind {
            EventKind::Write { location, .. } => {
                *location == holder && view.graph.dominates(before.block, event.block)
            }
            _ => false,
        });
    let is_reset = view
        .numbered
        .events
        .iter()
        .skip(index + 1)
        .any(|later| match &later.kind {
            EventKind::Write { location, .. } => *location == holder,
            _ => false,
        });
    if !is_filled || is_reset {
        return;
    }
    let name = object_name(view, holder).unwrap_or_default();
    out.push(view.defect(
        "freed-out-parameter",
        event.span,
        vec![("$P", format!("*{name}"))],
        None,
        Vec::new(),
        format!("`*{name}` is freed, and the caller still finds it there"),
    ));
}
