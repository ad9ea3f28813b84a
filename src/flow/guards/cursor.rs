//! Reads at a cursor whose distance from the end was tested, but for fewer bytes.

use super::facts::{Fact, FactKind};
use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, Type};

/// Reports `read-past-tested-end`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<Span> = Vec::new();
    let walks = super::walk_reads::cursors(view);
    for (index, event) in view.numbered.events.iter().enumerate() {
        let Some((location, bytes)) = read(view, event) else {
            continue;
        };
        let at = Linear::of(view.values(), location);
        let is_walk = at.terms.iter().any(|(term, _)| walks.contains(term));
        if !is_walk && !view.is_received(view.region(location)) || is_text(view, location) {
            continue;
        }
        let need = at.constant.saturating_add(bytes);
        if at.terms.is_empty() {
            continue;
        }
        let cursor = variable_part(view, &at);
        if cursor.is_empty() {
            continue;
        }
        let mut best: Option<(i128, Span, Terms)> = None;
        let mut is_unknown = false;
        for fact in view.facts.at(view.graph, event.block, index as u32) {
            match room(view, fact, &cursor) {
                Room::Bytes(bytes, end) => {
                    if best.as_ref().is_none_or(|(before, ..)| *before < bytes) {
                        best = Some((bytes, fact.span, end));
                    }
                }
                Room::Unknown => is_unknown = true,
                Room::Nothing => {}
            }
        }
        let Some((mut room, guard, end)) = best else {
            continue;
        };
        if is_unknown || room >= need || told.contains(&guard) {
            continue;
        }
        // `p < end`, one on, `p != end`: one more is there.
        let mut excluded: Vec<i128> = view
            .facts
            .at(view.graph, event.block, index as u32)
            .filter_map(|fact| is_not_left(fact, &cursor, &end))
            .collect();
        excluded.sort_unstable();
        for left in excluded {
            if left == room {
                room += 1;
            }
        }
        if room >= need || room < 1 {
            continue;
        }
        if is_stride(view, &at, need) {
            continue;
        }
        told.push(guard);
        let buffer = object_name(view, location).unwrap_or_else(|| "the data".to_owned());
        out.push(view.defect(
            "read-past-tested-end",
            event.span,
            vec![
                ("$BUF", buffer.clone()),
                ("$NEED", need.to_string()),
                ("$ROOM", room.to_string()),
            ],
            None,
            vec![note(guard, format!("this makes sure of {room} more"))],
            format!("`{buffer}` is read up to byte {need} from there"),
        ));
    }
}

/// A loop that steps by as many bytes as it reads works on whole groups.
fn is_stride(view: &View<'_>, at: &Linear, need: i128) -> bool {
    let values = view.values();
    at.terms.iter().any(|(term, _)| {
        values.inputs.get(term).is_some_and(|list| {
            list.iter().any(|(_, input)| {
                let step = Linear::of(values, *input);
                step.factor(*term) == 1 && step.terms.len() == 1 && step.constant >= need
            })
        })
    })
}

/// The variable part of a location: a cursor, or an index behind a pointer.
fn variable_part(view: &View<'_>, at: &Linear) -> Terms {
    at.terms
        .iter()
        .copied()
        .filter(|(term, _)| !view.is_pointer(*term) || at.terms.len() == 1)
        .collect()
}

/// How many bytes before that end a fact says are not what is left. Another end says nothing of it.
fn is_not_left(fact: &Fact, cursor: &[(ValueId, i64)], end: &[(ValueId, i64)]) -> Option<i128> {
    let FactKind::Compare {
        op: BinaryOp::Ne,
        difference,
        ..
    } = &fact.kind
    else {
        return None;
    };
    // Cursor and end are different either way round.
    [1_i64, -1].into_iter().find_map(|sign| {
        let is_same = cursor
            .iter()
            .all(|(term, factor)| difference.factor(*term) == factor.saturating_mul(sign))
            && rest(difference, cursor, sign).as_slice() == end;
        is_same.then(|| difference.constant.saturating_mul(i128::from(sign)))
    })
}

/// What a difference has besides the cursor: the end, taken off.
fn rest(difference: &Linear, cursor: &[(ValueId, i64)], sign: i64) -> Terms {
    difference
        .terms
        .iter()
        .filter(|(term, _)| !cursor.iter().any(|(own, _)| own == term))
        .map(|(term, factor)| (*term, factor.saturating_mul(sign)))
        .collect()
}

fn read(view: &View<'_>, event: &Event) -> Option<(ValueId, i128)> {
    match &event.kind {
        EventKind::Read { location, ty, .. } => {
            let bytes = view.unit.types.size(*ty).map_or(1, i128::from);
            matches!(
                view.values().get(*location),
                Value::Element { .. } | Value::Phi { .. }
            )
            .then_some((*location, bytes))
        }
        EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } if view.lexicon.flags(*callee) & flag::DECODER != 0 => {
            let location = arguments.iter().copied().find(|id| view.is_pointer(*id))?;
            Some((location, 1))
        }
        EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } => {
            let (parameter, bytes) = view.file.reads(*callee)?;
            Some((arguments.get(parameter as usize).copied()?, bytes))
        }
        _ => None,
    }
}

/// Whether the bytes are text, which may end in a zero instead.
fn is_text(view: &View<'_>, location: ValueId) -> bool {
    let mut root = view.values().root(location);
    for _ in 0..4 {
        match view
            .values()
            .inputs
            .get(&root)
            .and_then(|list| list.first())
        {
            Some((_, input)) => root = view.values().root(*input),
            None => break,
        }
    }
    let ty = view.values().ty(root);
    view.unit.types.pointee(ty).is_some_and(|to| {
        matches!(
            view.unit.types.get(to),
            Type::Int {
                bits: 8,
                signed: true
            }
        )
    })
}

/// Values and their factors, sorted by value.
type Terms = Vec<(ValueId, i64)>;

enum Room {
    /// So many, before that end.
    Bytes(i128, Terms),
    Unknown,
    Nothing,
}

/// How many bytes a fact says are left behind a cursor.
fn room(view: &View<'_>, fact: &Fact, cursor: &[(ValueId, i64)]) -> Room {
    let values = view.values();
    let FactKind::Compare { op, difference, .. } = &fact.kind else {
        return Room::Nothing;
    };
    let sign = match op {
        BinaryOp::Lt | BinaryOp::Le => 1,
        BinaryOp::Gt | BinaryOp::Ge => -1,
        _ => return Room::Nothing,
    };
    let mut matched = 0;
    let mut has_end = false;
    for (term, factor) in &difference.terms {
        match cursor.iter().find(|(own, _)| own == term) {
            Some((_, own)) if *own == factor.saturating_mul(sign) => matched += 1,
            Some(_) => return Room::Nothing,
            None => {
                if matches!(values.get(*term), Value::Constant { .. })
                    && factor.saturating_mul(sign) > 0
                {
                    // `cursor + HEADER <= end`: so many bytes, but their number is not known.
                    return Room::Unknown;
                }
                has_end = true;
            }
        }
    }
    if matched != cursor.len() || !has_end {
        return if matched > 0 && has_end {
            Room::Unknown
        } else {
            Room::Nothing
        };
    }
    // `cursor - end + c < 0`: end - cursor >= c + 1.
    let strict = i128::from(matches!(op, BinaryOp::Lt | BinaryOp::Gt));
    Room::Bytes(
        difference
            .constant
            .saturating_mul(i128::from(sign))
            .saturating_add(strict),
        rest(difference, cursor, sign),
    )
}
