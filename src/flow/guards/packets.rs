//! Packets of a network stack that were given back, and are used or given back once more.

use super::file_facts::Analysed;
use super::lexicon::Lexicon;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId, Values};
use crate::flow::Defect;
use crate::flow::ir::{BlockId, Function, Symbol, Terminator, Unit};

/// Reports `packet-used-after-release`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let Some(packet) = released(view, event) else {
            continue;
        };
        if told.contains(&packet) || is_held(view, packet) {
            continue;
        }
        let Some((later, is_release)) = used_again(view, event, index, packet) else {
            continue;
        };
        // A way that an assertion rules out.
        if view.numbered.events.iter().skip(index).any(|other| {
            other.block == event.block && matches!(other.kind, EventKind::Assert { .. })
        }) {
            continue;
        }
        let name = super::nullable::holder(view, packet)
            .or_else(|| super::spans::object_name(view, packet));
        let Some(name) = name else { continue };
        told.push(packet);
        let what = if is_release { "released again" } else { "used" };
        out.push(view.defect(
            "packet-used-after-release",
            later.span,
            vec![("$P", name.clone())],
            None,
            vec![note(event.span, format!("here `{name}` is given back"))],
            format!("`{name}` is {what}"),
        ));
    }
}

/// The packet that a call gives back.
fn released(view: &View<'_>, event: &Event) -> Option<ValueId> {
    let EventKind::Call {
        callee: Some(callee),
        arguments,
        ..
    } = &event.kind
    else {
        return None;
    };
    let values = view.values();
    let packet_at = |at: usize| {
        let packet = values.strip(*arguments.get(at)?);
        is_packet(view, packet).then_some(packet)
    };
    if let Some(packet) = packet_at(0)
        && is_release(view.unit, view.lexicon, *callee)
    {
        return Some(packet);
    }
    view.file
        .released(*callee)
        .iter()
        .find_map(|at| packet_at(*at as usize))
}

fn is_release(unit: &Unit, lexicon: &Lexicon, callee: Symbol) -> bool {
    lexicon.is(Some(callee), flag::FREE) || super::names::is_giving_back(unit.names.text(callee))
}

/// A pointer to a packet that is no part of another object.
fn is_packet(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let ty = match values.get(value) {
        Value::Parameter(index) => view
            .function
            .parameters
            .get(index as usize)
            .and_then(|id| view.function.local(*id))
            .map(|local| local.ty),
        Value::Call(_) => Some(values.ty(value)),
        _ => None,
    };
    ty.is_some_and(|ty| super::pairs::is_packet(view.unit, ty))
}

/// Whether somebody else may own the packet, too.
fn is_held(view: &View<'_>, packet: ValueId) -> bool {
    let values = view.values();
    view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call { callee: Some(callee), arguments, .. }
        if arguments.iter().any(|argument| values.strip(*argument) == packet)
            && super::names::words(view.name(*callee)).iter().any(|word| {
                matches!(word.as_str(), "hold" | "ref" | "retain" | "clone" | "dup" | "write")
            }))
    })
}

/// The first use behind a release that every way, or the only way on, leads to; whether it is a release.
fn used_again<'v>(
    view: &'v View<'_>,
    release: &Event,
    index: usize,
    packet: ValueId,
) -> Option<(&'v Event, bool)> {
    let values = view.values();
    view.numbered
        .events
        .iter()
        .enumerate()
        .filter(|(later, event)| {
            if event.block == release.block {
                *later > index
            } else {
                view.graph.dominates(release.block, event.block)
                    || leads_straight(view, release.block, event.block)
            }
        })
        .find_map(|(_, event)| match &event.kind {
            EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                (values.root(*location) == packet).then_some((event, false))
            }
            EventKind::Call { .. } => {
                (released(view, event) == Some(packet)).then_some((event, true))
            }
            _ => None,
        })
}

fn leads_straight(view: &View<'_>, from: u32, to: u32) -> bool {
    let mut at = from;
    for _ in 0..8 {
        if at == to {
            return true;
        }
        match view
            .function
            .block(BlockId(at))
            .map(|body| &body.terminator)
        {
            Some(Terminator::Goto(next)) => at = next.0,
            _ => return false,
        }
    }
    false
}

/// The parameters that a function gives back on every way.
pub(super) fn given_back(
    unit: &Unit,
    analysed: &Analysed,
    function: &Function,
    lexicon: &Lexicon,
) -> Vec<u32> {
    let has_packet = function.parameters.iter().any(|id| {
        function
            .local(*id)
            .is_some_and(|local| super::pairs::is_packet(unit, local.ty))
    });
    if !has_packet {
        return Vec::new();
    }
    let values: &Values = &analysed.numbered.values;
    let ends: Vec<u32> = analysed
        .graph
        .order
        .iter()
        .copied()
        .filter(|block| {
            function
                .block(BlockId(*block))
                .is_some_and(|body| matches!(body.terminator, Terminator::Return(_)))
        })
        .collect();
    let mut out = Vec::new();
    for event in &analysed.numbered.events {
        let EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } = &event.kind
        else {
            continue;
        };
        if is_release(unit, lexicon, *callee)
            && let Some(first) = arguments.first()
            && let Value::Parameter(index) = values.get(values.strip(*first))
            && ends
                .iter()
                .all(|end| analysed.graph.dominates(event.block, *end))
            && !out.contains(&index)
        {
            out.push(index);
        }
    }
    out
}
