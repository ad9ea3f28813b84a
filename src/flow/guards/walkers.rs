//! Loops that step through received bytes by a length they read there.

use super::facts::{Direction, FactKind};
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

/// Reports `tlv-walk-unchecked` and `tlv-zero-advance`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for found in &view.graph.loops {
        walk(view, found, out);
    }
}

struct Step {
    cursor: ValueId,
    /// The block that goes round.
    tail: u32,
    /// Terms that are not constant, and their sum's constant.
    terms: Vec<ValueId>,
    constant: i128,
    is_down: bool,
    new: ValueId,
}

fn walk(view: &View<'_>, found: &Loop, out: &mut Vec<Defect>) {
    let values = view.values();
    let mut steps: Vec<Step> = Vec::new();
    let mut phis: Vec<(ValueId, &Vec<(u32, ValueId)>)> = values
        .inputs
        .iter()
        .filter(|(phi, _)| matches!(values.get(**phi), Value::Phi { block, .. } if block == found.head))
        .map(|(phi, list)| (*phi, list))
        .collect();
    phis.sort_by_key(|(phi, _)| *phi);
    for (phi, list) in phis {
        for &(tail, input) in list {
            if !found.contains(tail) {
                continue;
            }
            let linear = Linear::of(values, input);
            if linear.factor(phi) != 1 {
                continue;
            }
            let rest: Vec<(ValueId, i64)> = linear
                .terms
                .iter()
                .copied()
                .filter(|(term, _)| *term != phi)
                .collect();
            if rest.is_empty() || !rest.iter().all(|(term, _)| view.is_sent(*term)) {
                continue;
            }
            steps.push(Step {
                cursor: phi,
                tail,
                is_down: rest.iter().all(|(_, factor)| *factor < 0),
                terms: rest.into_iter().map(|(term, _)| term).collect(),
                constant: linear.constant,
                new: input,
            });
        }
    }
    // The smallest remaining count goes first: it says what is wrong best.
    steps.sort_by_key(|step| (!step.is_down, step.cursor));
    for step in steps {
        if step_is_checked(view, found, &step) {
            continue;
        }
        let Some(reason) = harm(view, found, &step) else {
            continue;
        };
        let span = span_of_step(view, &step);
        let text = view.words(step.terms.first().map_or(span, |term| values.span(*term)));
        let buffer = step
            .terms
            .first()
            .and_then(|term| match values.get(*term) {
                Value::Load { location, .. } => object_name(view, location),
                _ => None,
            })
            .unwrap_or_else(|| "the data".to_owned());
        out.push(view.defect(
            "tlv-walk-unchecked",
            span,
            vec![("$BUF", buffer), ("$STEP", text.clone())],
            step.terms.first().copied(),
            vec![note(reason.0, reason.1)],
            format!("the walk advances by `{text}`; nothing compares it with what is left"),
        ));
        return;
    }
}

/// Where the cursor is advanced.
fn span_of_step(view: &View<'_>, step: &Step) -> Span {
    view.numbered
        .events
        .iter()
        .rev()
        .find_map(|event| match &event.kind {
            EventKind::Assign { value, .. } | EventKind::Write { value, .. }
                if *value == step.new =>
            {
                Some(event.span)
            }
            _ => None,
        })
        .unwrap_or_else(|| view.values().span(step.new))
}

/// Whether the step was compared with what is left (or with anything that is no constant).
fn step_is_checked(view: &View<'_>, found: &Loop, step: &Step) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    for term in &step.terms {
        values.leaves(*term, &mut leaves);
    }
    // What is compared may be the new cursor, or something made of the step.
    let inside = |block: u32| found.contains(block);
    view.facts
        .at(view.graph, step.tail, u32::MAX)
        .filter(|fact| inside(fact.block))
        .any(|fact| match &fact.kind {
            FactKind::Compare { .. } => {
                fact.bounds(values, &leaves, Direction::Upper)
                    && fact.others(values, &leaves).any(|other| !values.is_constant(other))
            }
            FactKind::Asked { .. } => view.counts(fact) && fact.bounds(values, &leaves, Direction::Upper),
        })
        || leaves.iter().any(|leaf| matches!(values.get(*leaf), Value::Min(..)))
        || step.terms.iter().any(|term| matches!(values.get(values.strip(*term)), Value::Min(..)))
}

/// What goes wrong when the step is too long.
fn harm(view: &View<'_>, found: &Loop, step: &Step) -> Option<(Span, &'static str)> {
    let values = view.values();
    if step.is_down && !is_signed(view, step.cursor) {
        return Some((
            values.span(step.cursor),
            "what is left has no sign: a step that is too long makes it huge",
        ));
    }
    // A loop that ends only where cursor and end meet exactly.
    let mut ends = None;
    for fact in view.facts.list.iter().chain(&view.facts.edges) {
        if let FactKind::Compare { op, difference, .. } = &fact.kind
            && difference.factor(step.cursor) != 0
        {
            if matches!(op, BinaryOp::Ne) && difference.terms.len() > 1 && found.contains(fact.block) {
                ends = Some(fact.span);
            } else if matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge) {
                ends = None;
                break;
            }
        }
    }
    if let Some(span) = ends {
        return Some((span, "the loop ends only if the walk meets the end exactly"));
    }
    // The bytes of the step are handed on.
    for event in &view.numbered.events {
        if !found.contains(event.block) {
            continue;
        }
        if let EventKind::Call {
            callee, arguments, ..
        } = &event.kind
        {
            if view.lexicon.is(*callee, super::tables::flag::LOG) {
                continue;
            }
            let has_bytes = arguments.iter().any(|argument| {
                view.is_pointer(*argument)
                    && (super::facts::mentions(values, *argument, &[step.cursor])
                        || view.is_received(view.region(*argument)))
            });
            let has_length = arguments.iter().any(|argument| {
                !view.is_pointer(*argument)
                    && Linear::of(values, *argument)
                        .terms
                        .iter()
                        .any(|(term, _)| step.terms.contains(term))
            });
            if has_bytes && has_length {
                return Some((event.span, "so many bytes are handed on from here"));
            }
        }
    }
    let _ = step.constant;
    None
}

fn is_signed(view: &View<'_>, value: ValueId) -> bool {
    view.unit
        .types
        .int(view.values().ty(value))
        .is_some_and(|(_, signed)| signed)
}
