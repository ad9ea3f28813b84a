//! Loops that take several bytes in each round, as many rounds as a length gives when it is rounded
//! up: where it is no multiple, the last round goes past what the caller has.

use super::facts::FactKind;
use super::graph::Loop;
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::BinaryOp;

/// Reports `rounded-up-walk`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for found in &view.graph.loops {
        let Some((length, by)) = rounds(view, found) else {
            continue;
        };
        if looks_at(view, found, length) {
            continue;
        }
        if let Some(defect) = last_byte(view, found, length, by) {
            out.push(defect);
        }
    }
}

/// The length, and by how much it is divided, where a loop counts to or from `(length + by - 1) / by`.
fn rounds(view: &View<'_>, found: &Loop) -> Option<(ValueId, i128)> {
    let values = view.values();
    let condition = view
        .numbered
        .conditions
        .get(found.head as usize)
        .copied()
        .flatten()?;
    let mut kinds = Vec::new();
    super::facts::decompose(values, condition, true, &mut kinds, 0);
    let [FactKind::Compare { difference, .. }] = kinds.as_slice() else {
        return None;
    };
    let counter = difference.terms.iter().find_map(|(term, _)| {
        matches!(values.get(*term), Value::Phi { block, .. } if block == found.head)
            .then_some(*term)
    })?;
    let list = values.inputs.get(&counter)?;
    let step = list.iter().find_map(|(from, input)| {
        let next = Linear::of(values, *input);
        (found.contains(*from) && next.terms.as_slice() == [(counter, 1)]).then_some(next.constant)
    })?;
    match step {
        // `for (i = 0; i < n; i++)`
        1 => difference
            .terms
            .iter()
            .find_map(|(term, _)| rounded_up(view, *term)),
        // `for (i = n; i != 0; i--)`, `while (n--)`
        -1 if difference.terms.len() == 1 => list
            .iter()
            .filter(|(from, _)| !found.contains(*from))
            .find_map(|(_, input)| rounded_up(view, *input)),
        _ => None,
    }
}

/// The parameter that `(n + 1) >> 1` or `(n + 3) / 4` rounds up.
fn rounded_up(view: &View<'_>, value: ValueId) -> Option<(ValueId, i128)> {
    let values = view.values();
    let (sum, by) = match values.get(values.strip(value)) {
        Value::Binary(BinaryOp::Shr, sum, bits) => {
            let bits = values
                .constant(bits)
                .filter(|bits| (1..=3).contains(bits))?;
            (sum, 1_i128 << bits)
        }
        Value::Binary(BinaryOp::Div, sum, by) => {
            let by = values.constant(by)?;
            (sum, by)
        }
        _ => return None,
    };
    let sum = Linear::of(values, sum);
    let [(length, 1)] = sum.terms.as_slice() else {
        return None;
    };
    let is_length = matches!(values.get(*length), Value::Parameter(_));
    (is_length && (2..=8).contains(&by) && sum.constant == by - 1).then_some((*length, by))
}

/// Whether something in the loop asks how many bytes are left.
fn looks_at(view: &View<'_>, found: &Loop, length: ValueId) -> bool {
    let values = view.values();
    found.blocks.iter().any(|block| {
        *block != found.head
            && view
                .numbered
                .conditions
                .get(*block as usize)
                .copied()
                .flatten()
                .is_some_and(|condition| {
                    let sources = values.sources(condition);
                    sources.contains(&length) || sources.iter().any(|leaf| {
                        matches!(values.get(*leaf), Value::Phi { block, .. } if block == found.head)
                            && !view.is_pointer(*leaf)
                    })
                })
    })
}

/// The access that takes the last byte of a round, through a pointer of the caller that moves on by a whole
/// round.
fn last_byte(view: &View<'_>, found: &Loop, length: ValueId, by: i128) -> Option<Defect> {
    let values = view.values();
    for event in &view.numbered.events {
        if !found.contains(event.block) {
            continue;
        }
        let (location, ty, is_read) = match &event.kind {
            EventKind::Read { location, ty, .. } => (*location, *ty, true),
            EventKind::Write { location, ty, .. } => (*location, *ty, false),
            _ => continue,
        };
        let Some(bytes) = view.unit.types.size(ty).map(i128::from) else {
            continue;
        };
        let at = Linear::of(values, location);
        let is_last = at.constant.saturating_add(bytes) == by && at.constant >= 0;
        let [(cursor, 1)] = at.terms.as_slice() else {
            continue;
        };
        // A test of its own decides whether this byte is taken.
        if !is_last || !is_every_round(view, found, event.block) {
            continue;
        }
        let Some(parameter) = cursor_of(view, found, *cursor, by) else {
            continue;
        };
        return Some(report(view, event.span, (parameter, length), by, is_read));
    }
    None
}

fn is_every_round(view: &View<'_>, found: &Loop, block: u32) -> bool {
    found
        .tails
        .iter()
        .all(|tail| view.graph.dominates(block, *tail))
}

/// The parameter that a pointer of the loop starts at, where it moves on by so many bytes each round.
fn cursor_of(view: &View<'_>, found: &Loop, cursor: ValueId, by: i128) -> Option<ValueId> {
    let values = view.values();
    if !matches!(values.get(cursor), Value::Phi { block, .. } if block == found.head) {
        return None;
    }
    let mut start = None;
    for (from, input) in values.inputs.get(&cursor)? {
        let next = Linear::of(values, *input);
        if found.contains(*from) {
            if next.terms.as_slice() != [(cursor, 1)] || next.constant != by {
                return None;
            }
        } else if let ([(first, 1)], 0) = (next.terms.as_slice(), next.constant)
            && matches!(values.get(*first), Value::Parameter(_))
            && is_of_bytes(view, *first)
        {
            start = Some(*first);
        } else {
            return None;
        }
    }
    start
}

/// A pointer to bytes or to nothing in particular: what it points to need not be a whole number of rounds.
fn is_of_bytes(view: &View<'_>, parameter: ValueId) -> bool {
    let Some(to) = view.unit.types.pointee(view.values().ty(parameter)) else {
        return false;
    };
    view.unit.types.size(to).is_none_or(|size| size == 1)
}

fn report(
    view: &View<'_>,
    span: Span,
    (buffer, length): (ValueId, ValueId),
    by: i128,
    is_read: bool,
) -> Defect {
    let name = |id: ValueId| object_name(view, id).unwrap_or_else(|| "the bytes".to_owned());
    let (buffer, length) = (name(buffer), parameter_words(view, length));
    let what = if is_read { "read" } else { "written" };
    view.defect(
        "rounded-up-walk",
        span,
        vec![
            ("$BUF", buffer.clone()),
            ("$LEN", length.clone()),
            ("$STEP", by.to_string()),
            ("$WHAT", what.to_owned()),
        ],
        None,
        vec![note(
            span,
            format!("each round takes {by} bytes of `{buffer}`"),
        )],
        format!(
            "there are as many rounds as `{length}` rounded up gives: the last one goes past `{buffer}`"
        ),
    )
}

fn parameter_words(view: &View<'_>, length: ValueId) -> String {
    match view.values().get(length) {
        Value::Parameter(index) => view.parameter_name(index).unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}
