//! Objects that a function gives back on its ways out, but for one.

use super::facts::FactKind;
use super::graph::Graph;
use super::numbering::EventKind;
use super::roles::View;
use super::story::note;
use super::tables::flag;
use super::values::Value;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, Type};

/// Reports `not-released-on-exit` and `packet-not-released`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    // A result tells the caller what became of the object; nothing does where there is none.
    if !matches!(
        view.unit.types.get(view.function.result),
        Type::Void | Type::Unknown
    ) || super::names::is_giving_back(view.name(view.function.name))
    {
        return;
    }
    for index in 0..view.function.parameters.len() as u32 {
        parameter(view, index, out);
    }
}

fn parameter(view: &View<'_>, index: u32, out: &mut Vec<Defect>) {
    let values = view.values();
    let is_it =
        |id: &super::values::ValueId| values.get(values.strip(*id)) == Value::Parameter(index);
    let mut released: Vec<(u32, crate::finding::Span)> = Vec::new();
    let mut handed: Vec<u32> = Vec::new();
    for event in &view.numbered.events {
        match &event.kind {
            EventKind::Call {
                callee, arguments, ..
            } if arguments.iter().any(is_it) => {
                let is_release = callee.is_some_and(|name| {
                    view.lexicon.is(Some(name), flag::FREE)
                        || super::names::is_giving_back(view.name(name))
                });
                if is_release {
                    released.push((event.block, event.span));
                } else if !view
                    .lexicon
                    .is(*callee, flag::LOG | flag::PURE | flag::READER)
                    && view.lexicon.copy(*callee).is_none()
                {
                    handed.push(event.block);
                }
            }
            // Kept somewhere.
            EventKind::Write { value, .. } if is_it(value) => handed.push(event.block),
            _ => {}
        }
    }
    let Some(&(_, example)) = released.first() else {
        return;
    };
    for event in &view.numbered.events {
        let EventKind::Return(None) = &event.kind else {
            continue;
        };
        let reached_by = |block: &u32| reaches(view, *block, event.block);
        if event.span.end <= event.span.start
            || !view.words(event.span).starts_with("return")
            || released.iter().any(|(block, _)| reached_by(block))
            || handed.iter().any(reached_by)
            || is_absent(view, index, event.block)
        {
            continue;
        }
        let name = view.parameter_name(index).unwrap_or_default().to_owned();
        // Received packets are the receiver's.
        let analysis = if is_packet(view, index) && !is_in_macro(view, event.span) {
            "packet-not-released"
        } else {
            "not-released-on-exit"
        };
        let mut defect = view.defect(
            analysis,
            event.span,
            vec![("$P", name.clone())],
            None,
            Vec::new(),
            format!("on this way out, nothing gives `{name}` back"),
        );
        defect
            .related
            .push(note(example, "other ways out release it, as here"));
        out.push(defect);
        return;
    }
}

/// Whether a parameter is a packet of a network stack.
fn is_packet(view: &View<'_>, index: u32) -> bool {
    view.function
        .parameters
        .get(index as usize)
        .and_then(|id| view.function.local(*id))
        .is_some_and(|local| super::pairs::is_packet(view.unit, local.ty))
}

/// Whether a way out is an argument of a macro that tests what the caller promised.
fn is_in_macro(view: &View<'_>, exit: crate::finding::Span) -> bool {
    view.text
        .get(..exit.start as usize)
        .unwrap_or_default()
        .trim_ascii_end()
        .ends_with(b",")
}

/// Whether a comparison on the way says that the pointer is NULL.
fn is_absent(view: &View<'_>, index: u32, block: u32) -> bool {
    let values = view.values();
    view.facts
        .at(view.graph, block, u32::MAX)
        .any(|fact| match &fact.kind {
            FactKind::Compare { op, difference, .. } => {
                *op == BinaryOp::Eq
                    && difference
                        .terms
                        .iter()
                        .any(|(term, _)| values.get(*term) == Value::Parameter(index))
            }
            FactKind::Asked { .. } => false,
        })
        // `if (a == NULL || p == NULL) return;`
        || view.facts.edges.iter().any(|fact| {
            fact.block == block
                && matches!(&fact.kind, FactKind::Compare { op: BinaryOp::Eq, difference, .. }
                    if difference.terms.iter().any(|(term, _)| values.get(*term) == Value::Parameter(index)))
        })
}

/// Whether a way leads from one block to another.
pub(super) fn reaches(view: &View<'_>, from: u32, to: u32) -> bool {
    let graph: &Graph = view.graph;
    let mut seen = vec![false; view.function.blocks.len()];
    let mut stack = vec![to];
    while let Some(block) = stack.pop() {
        if block == from {
            return true;
        }
        match seen.get_mut(block as usize) {
            Some(slot) if !*slot => *slot = true,
            _ => continue,
        }
        stack.extend_from_slice(graph.predecessors(block));
    }
    false
}
