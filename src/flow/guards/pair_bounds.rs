//! Tests of an index against the number of elements that a caller gave, one element too many.

use super::numbering::EventKind;
use super::roles::{Region, View};
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports `inclusive-bound-exit` where the array is a parameter and its length another.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    let mut told: Vec<ValueId> = Vec::new();
    for event in &view.numbered.events {
        let EventKind::Compute { value, .. } = &event.kind else {
            continue;
        };
        let (index, limit) = match values.get(*value) {
            Value::Binary(BinaryOp::Gt | BinaryOp::Le, left, right) => (left, right),
            Value::Binary(BinaryOp::Lt | BinaryOp::Ge, left, right) => (right, left),
            _ => continue,
        };
        let (index, limit) = (values.strip(index), values.strip(limit));
        let Some(length) = length_parameter(view, limit) else {
            continue;
        };
        if values.is_constant(index)
            || view.is_pointer(index)
            || told.contains(&limit)
            || has_strict(view, limit)
        {
            continue;
        }
        let access = view.numbered.events.iter().find(|other| {
            let (EventKind::Read { location, .. } | EventKind::Write { location, .. }) =
                &other.kind
            else {
                return false;
            };
            match values.get(*location) {
                Value::Element {
                    base,
                    index: selected,
                    ..
                } => {
                    other.span.start > event.span.start
                        && values.strip(selected) == index
                        && belongs(view, base, length)
                        && !is_text(view, base)
                }
                _ => false,
            }
        });
        let Some(access) = access else { continue };
        told.push(limit);
        let (EventKind::Read { location, .. } | EventKind::Write { location, .. }) = &access.kind
        else {
            continue;
        };
        let array = object_name(view, *location)
            .or_else(|| array_name(view, length))
            .unwrap_or_default();
        let text = view.words(access.span);
        let selected = text
            .rsplit_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .map_or_else(|| "the index".to_owned(), |(inner, _)| inner.to_owned());
        let count = view.parameter_name(length).unwrap_or_default();
        out.push(view.defect(
            "inclusive-bound-exit",
            event.span,
            vec![("$INDEX", selected.clone()), ("$ARRAY", array.clone())],
            None,
            vec![note(
                access.span,
                format!("`{selected}` selects an element of `{array}`"),
            )],
            format!("this lets `{selected}` be `{count}`, and `{array}` has `{count}` elements"),
        ));
    }
}

/// The parameter that a limit is, or that it is read through (`*len`).
fn length_parameter(view: &View<'_>, limit: ValueId) -> Option<u32> {
    let values = view.values();
    let index = match values.get(limit) {
        Value::Parameter(index) => index,
        Value::Load { location, .. } => match values.get(location) {
            Value::Parameter(index) => index,
            _ => return None,
        },
        _ => return None,
    };
    super::names::is_length_name(view.parameter_name(index)?).then_some(index)
}

/// Whether the same limit is also compared so that the last element stays inside.
fn has_strict(view: &View<'_>, limit: ValueId) -> bool {
    let values = view.values();
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Compute { value, .. } => match values.get(*value) {
            Value::Binary(BinaryOp::Ge | BinaryOp::Lt, _, right) => values.strip(right) == limit,
            Value::Binary(BinaryOp::Le | BinaryOp::Gt, left, _) => values.strip(left) == limit,
            Value::Binary(BinaryOp::Eq | BinaryOp::Ne, left, right) => {
                !values.is_constant(right)
                    && !values.is_constant(left)
                    && (values.strip(left) == limit || values.strip(right) == limit)
            }
            _ => false,
        },
        _ => false,
    })
}

/// Whether the bytes are those whose number the parameter says.
fn belongs(view: &View<'_>, base: ValueId, length: u32) -> bool {
    match view.region(base) {
        Region::Pair(index) => view
            .pairs
            .get(index)
            .is_some_and(|pair| pair.length == length),
        // `buf, size_t *len`
        Region::Bare(pointer) => pointer + 1 == length,
        _ => false,
    }
}

/// A text has a zero behind its last character.
fn is_text(view: &View<'_>, base: ValueId) -> bool {
    let ty = view.values().ty(view.values().root(base));
    view.unit
        .types
        .pointee(ty)
        .is_some_and(|to| view.unit.types.int(to) == Some((8, true)))
}

fn array_name(view: &View<'_>, length: u32) -> Option<String> {
    view.parameter_name(length.checked_sub(1)?)
        .map(str::to_owned)
}
