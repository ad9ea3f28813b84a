//! Loops that put a byte first and ask behind it whether there was room: where the test lets the count be
//! the size, the next round writes one byte past the buffer.

use super::facts::FactKind;
use super::graph::Loop;
use super::linear::Linear;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, Terminator};

/// A variable of a loop and what each round adds to it.
struct Moving {
    phi: ValueId,
    start: Linear,
    added: Linear,
}

/// Reports `inclusive-bound-exit` for tests behind the write.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let joined = super::ways::joined(view);
    for found in &view.graph.loops {
        let at_head = joined.get(&found.head).map_or(&[][..], Vec::as_slice);
        let moving = moving(view, found, at_head);
        for counter in moving
            .iter()
            .filter(|one| one.start.is_constant() && one.start.constant == 0)
        {
            let Some((block, span, limit)) = late_exit(view, found, counter) else {
                continue;
            };
            let Some((event, buffer)) = write(view, found, &moving, counter, block) else {
                continue;
            };
            if is_asked_before(view, found, event, limit) {
                continue;
            }
            out.push(report(view, span, event, (buffer, limit)));
            return;
        }
    }
}

/// What the loop's variables start at and what comes round.
fn moving(view: &View<'_>, found: &Loop, at_head: &[ValueId]) -> Vec<Moving> {
    let values = view.values();
    let mut out: Vec<Moving> = Vec::new();
    for &phi in at_head {
        let Some(list) = values.inputs.get(&phi) else {
            continue;
        };
        let mut start = None;
        let mut added: Option<Linear> = None;
        let mut is_one = true;
        for (from, input) in list {
            let mut sum = Linear::of(values, *input);
            if !found.contains(*from) {
                start = Some(sum);
                continue;
            }
            is_one &= sum.factor(phi) == 1;
            sum.terms.retain(|(term, _)| *term != phi);
            is_one &= added.as_ref().is_none_or(|before| *before == sum);
            added = Some(sum);
        }
        if let (true, Some(start), Some(added)) = (is_one, start, added)
            && !(added.is_constant() && added.constant == 0)
        {
            out.push(Moving { phi, start, added });
        }
    }
    out
}

/// A test in the loop that goes on while what the counter has become is no more than a parameter.
fn late_exit(view: &View<'_>, found: &Loop, counter: &Moving) -> Option<(u32, Span, ValueId)> {
    let values = view.values();
    for &block in &found.blocks {
        let Some(body) = view.function.block(BlockId(block)) else {
            continue;
        };
        let Terminator::Branch {
            then, otherwise, ..
        } = &body.terminator
        else {
            continue;
        };
        let stays = match (found.contains(then.0), found.contains(otherwise.0)) {
            (true, false) => true,
            (false, true) => false,
            _ => continue,
        };
        let conditions = &view.numbered.conditions;
        let Some(condition) = conditions.get(block as usize).copied().flatten() else {
            continue;
        };
        let mut kinds = Vec::new();
        super::facts::decompose(values, condition, stays, &mut kinds, 0);
        let [FactKind::Compare { op, difference, .. }] = kinds.as_slice() else {
            continue;
        };
        let sign = match op {
            BinaryOp::Le => 1,
            BinaryOp::Ge => -1,
            _ => continue,
        };
        let limit = difference.terms.iter().find_map(|(term, factor)| {
            (matches!(values.get(*term), Value::Parameter(_)) && *factor == -sign).then_some(*term)
        });
        let Some(limit) = limit else { continue };
        let is_new = difference.factor(counter.phi) == sign
            && difference.terms.len() == counter.added.terms.len() + 2
            && counter
                .added
                .terms
                .iter()
                .all(|(term, factor)| difference.factor(*term) == factor.saturating_mul(sign))
            && difference.constant == counter.added.constant.saturating_mul(i128::from(sign));
        if is_new {
            return Some((block, body.span, limit));
        }
    }
    None
}

/// A write to where the counter stands, on every way to the test: through a pointer that moves in step with
/// it, or by the counter as an index.
fn write<'v>(
    view: &'v View<'_>,
    found: &Loop,
    moving: &[Moving],
    counter: &Moving,
    test: u32,
) -> Option<(&'v Event, ValueId)> {
    let values = view.values();
    let is_parameter = |id: ValueId| matches!(values.get(id), Value::Parameter(_));
    let buffer_at = |location: ValueId| -> Option<ValueId> {
        let at = Linear::of(values, location);
        match at.terms.as_slice() {
            [(pointer, 1)] if at.constant == 0 => moving
                .iter()
                .find(|one| one.phi == *pointer && one.added == counter.added)
                .and_then(|one| match one.start.terms.as_slice() {
                    [(start, 1)] if one.start.constant == 0 && is_parameter(*start) => Some(*start),
                    _ => None,
                }),
            [(one, 1), (two, 1)] if at.constant == 0 => {
                let base = if *one == counter.phi {
                    *two
                } else if *two == counter.phi {
                    *one
                } else {
                    return None;
                };
                (is_parameter(base) && view.is_pointer(base)).then_some(base)
            }
            _ => None,
        }
    };
    view.numbered.events.iter().find_map(|event| {
        if !found.contains(event.block) || !view.graph.dominates(event.block, test) {
            return None;
        }
        let buffer = match &event.kind {
            EventKind::Write { location, .. } => buffer_at(*location),
            EventKind::Call {
                callee, arguments, ..
            } if !view.lexicon.is(*callee, super::tables::flag::LOG) => arguments
                .iter()
                .filter(|id| view.is_pointer(**id))
                .find_map(|id| buffer_at(*id)),
            _ => None,
        }?;
        let is_const = view
            .pairs
            .iter()
            .any(|pair| pair.is_const && values.get(buffer) == Value::Parameter(pair.pointer));
        (!is_const).then_some((event, buffer))
    })
}

/// Whether another test of the limit stands before the write in each round.
fn is_asked_before(view: &View<'_>, found: &Loop, event: &Event, limit: ValueId) -> bool {
    view.facts
        .at(view.graph, event.block, 0)
        .any(|fact| match &fact.kind {
            FactKind::Compare { difference, .. } => {
                found.contains(fact.block) && difference.factor(limit) != 0
            }
            FactKind::Asked { .. } => false,
        })
}

fn report(
    view: &View<'_>,
    test: Span,
    event: &Event,
    (buffer, limit): (ValueId, ValueId),
) -> Defect {
    let name = |id: ValueId| match view.values().get(id) {
        Value::Parameter(index) => view.parameter_name(index).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let (buffer, limit) = (name(buffer), name(limit));
    view.defect(
        "inclusive-bound-exit",
        test,
        vec![
            ("$INDEX", "the place of the next write".to_owned()),
            ("$ARRAY", buffer.clone()),
        ],
        None,
        vec![note(
            event.span,
            format!("each round writes to `{buffer}` first"),
        )],
        format!(
            "this lets so many bytes be there as `{limit}` says, and the next round writes one more"
        ),
    )
}
