//! Reads of a walk that go past what its loop makes sure of: the loop asks for one byte more, the
//! body reads the length of an option, too.

use super::facts::{Fact, FactKind};
use super::graph::Loop;
use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use super::walkers::{Step, steps};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, Symbol};

/// Pointers and indexes that loops move on by what was read there.
pub(super) fn cursors(view: &View<'_>) -> Vec<ValueId> {
    let mut out: Vec<ValueId> = Vec::new();
    for found in &view.graph.loops {
        for step in steps(view, found) {
            if !step.is_down && is_read_there(view, &step) {
                out.push(step.cursor);
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether what a walk advances by was read where it stands.
fn is_read_there(view: &View<'_>, step: &Step) -> bool {
    let values = view.values();
    step.terms.iter().any(|term| {
        values
            .sources(*term)
            .iter()
            .any(|leaf| match values.get(*leaf) {
                Value::Load { location, .. } => depends(view, location, step.cursor),
                Value::Pure { .. } | Value::Call(_) => {
                    values.calls.get(leaf).is_some_and(|(callee, arguments)| {
                        callee.is_some_and(|callee| {
                            view.lexicon.flags(callee) & super::tables::flag::DECODER != 0
                                || view.file.decodes(callee).is_some()
                        }) && arguments
                            .iter()
                            .any(|argument| depends(view, *argument, step.cursor))
                    })
                }
                _ => false,
            })
    })
}

/// Whether an address is some bytes behind a cursor.
fn depends(view: &View<'_>, location: ValueId, cursor: ValueId) -> bool {
    let values = view.values();
    let mut at = location;
    for _ in 0..6 {
        match values.get(at) {
            Value::Field(base, _) | Value::Cast { value: base, .. } => at = base,
            _ => break,
        }
    }
    at == cursor || Linear::of(values, at).factor(cursor) != 0
}

/// Reports `read-past-tested-end` for pointers that move in step with a count of what is left.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for found in &view.graph.loops {
        let all = steps(view, found);
        for up in &all {
            if up.is_down || !view.is_pointer(up.cursor) || !is_read_there(view, up) {
                continue;
            }
            // What is left goes down by what the pointer goes up.
            let Some(left) = all.iter().find(|step| {
                step.is_down && step.terms == up.terms && step.constant == -up.constant
            }) else {
                continue;
            };
            if is_validated(view, found, up.cursor) {
                continue;
            }
            if let Some(defect) = too_far(view, found, up.cursor, left.cursor) {
                out.push(defect);
                break;
            }
        }
    }
}

/// Whether a call was asked, before the walk, about the object that it walks over.
fn is_validated(view: &View<'_>, found: &Loop, cursor: ValueId) -> bool {
    let values = view.values();
    let starts: Vec<ValueId> = values
        .inputs
        .get(&cursor)
        .into_iter()
        .flatten()
        .filter(|(from, _)| !found.contains(*from))
        .map(|(_, input)| values.root(*input))
        .collect();
    view.facts
        .at(view.graph, found.head, 0)
        .any(|fact| match &fact.kind {
            FactKind::Asked { call } => values.calls.get(call).is_some_and(|(_, arguments)| {
                arguments
                    .iter()
                    .any(|argument| starts.contains(&values.root(*argument)))
            }),
            FactKind::Compare { difference, .. } => difference.terms.iter().any(|(term, _)| {
                values.calls.get(term).is_some_and(|(_, arguments)| {
                    arguments
                        .iter()
                        .any(|argument| starts.contains(&values.root(*argument)))
                })
            }),
        })
}

/// The first read behind the cursor that what is left was not asked for.
fn too_far(view: &View<'_>, found: &Loop, cursor: ValueId, left: ValueId) -> Option<Defect> {
    let mut fields: Vec<Symbol> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        if !found.contains(event.block) {
            continue;
        }
        let Some(need) = need(view, event, cursor, &mut fields) else {
            continue;
        };
        let Some((room, guard)) = room(view, event.block, index as u32, left) else {
            continue;
        };
        if need <= room {
            continue;
        }
        let buffer = object_name(view, cursor).unwrap_or_else(|| "the data".to_owned());
        let count = object_name(view, left).unwrap_or_else(|| view.words(guard));
        return Some(view.defect(
            "read-past-tested-end",
            event.span,
            vec![
                ("$BUF", buffer.clone()),
                ("$NEED", need.to_string()),
                ("$ROOM", room.to_string()),
            ],
            None,
            vec![note(guard, format!("this makes sure of {room} more"))],
            format!("byte {need} behind `{buffer}` is read; nothing compares `{count}` with that"),
        ));
    }
    None
}

/// How many bytes behind the cursor an event reads. Where the layout of a record was not seen, its
/// second field is at least one byte on.
fn need(view: &View<'_>, event: &Event, cursor: ValueId, fields: &mut Vec<Symbol>) -> Option<i128> {
    let values = view.values();
    let EventKind::Read {
        location,
        ty,
        record,
        ..
    } = &event.kind
    else {
        return None;
    };
    let bytes = view.unit.types.size(*ty).map_or(1, i128::from);
    if let Value::Field(base, name) = values.get(*location) {
        if values.strip(base) != cursor {
            return None;
        }
        let known = view
            .unit
            .types
            .field(*record, name)
            .and_then(|field| field.offset);
        if let Some(offset) = known {
            return Some(i128::from(offset).saturating_add(bytes));
        }
        if !fields.contains(&name) {
            fields.push(name);
        }
        return Some(fields.iter().position(|own| *own == name)? as i128 + 1);
    }
    let at = Linear::of(values, *location);
    match at.terms.as_slice() {
        [(term, 1)] if *term == cursor && at.constant >= 0 => {
            Some(at.constant.saturating_add(bytes))
        }
        _ => None,
    }
}

/// How much is known to be left at an event. `None` where it was compared with something that is
/// no number, or not at all.
fn room(view: &View<'_>, block: u32, event: u32, left: ValueId) -> Option<(i128, Span)> {
    let mut best: Option<(i128, Span)> = None;
    for fact in view.facts.at(view.graph, block, event) {
        match least(fact, left) {
            Some(Ok(bytes)) if best.is_none_or(|(before, _)| before < bytes) => {
                best = Some((bytes, fact.span));
            }
            Some(Err(())) => return None,
            _ => {}
        }
    }
    best.filter(|(bytes, _)| *bytes > 0)
}

/// What a fact says the value is at least; an error where that is no number.
fn least(fact: &Fact, value: ValueId) -> Option<Result<i128, ()>> {
    let FactKind::Compare { op, difference, .. } = &fact.kind else {
        return None;
    };
    let factor = difference.factor(value);
    if factor == 0 {
        return None;
    }
    if difference.terms.len() > 1 || factor.abs() != 1 {
        return Some(Err(()));
    }
    let rest = if factor > 0 {
        difference.constant.saturating_neg()
    } else {
        difference.constant
    };
    match op {
        BinaryOp::Gt if factor > 0 => Some(Ok(rest + 1)),
        BinaryOp::Lt if factor < 0 => Some(Ok(rest + 1)),
        BinaryOp::Ge if factor > 0 => Some(Ok(rest)),
        BinaryOp::Le if factor < 0 => Some(Ok(rest)),
        BinaryOp::Ne if rest == 0 => Some(Ok(1)),
        BinaryOp::Eq => Some(Err(())),
        _ => None,
    }
}
