//! Packets of a network stack that were given back, and are used or given back once more.

use rustc_hash::{FxHashMap, FxHashSet};

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
    let events = &view.numbered.events;
    let given: Vec<Option<ValueId>> = events.iter().map(|event| released(view, event)).collect();
    if given.iter().all(Option::is_none) {
        return;
    }
    let packets = Packets::new(view, &given);
    let mut told: FxHashSet<ValueId> = FxHashSet::default();
    for (index, (event, packet)) in events.iter().zip(&given).enumerate() {
        let Some(packet) = *packet else {
            continue;
        };
        if told.contains(&packet) || packets.held.contains(&packet) {
            continue;
        }
        let Some((later, is_release)) = used_again(view, &packets, event, index, packet) else {
            continue;
        };
        // A way that an assertion rules out.
        if packets
            .asserted
            .get(&event.block)
            .is_some_and(|last| *last >= index)
        {
            continue;
        }
        let name = super::nullable::holder(view, packet)
            .or_else(|| super::spans::object_name(view, packet));
        let Some(name) = name else { continue };
        told.insert(packet);
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

/// What happens to the packets that a function gives back, collected in one pass.
#[derive(Debug, Default)]
struct Packets<'v> {
    /// Where each is read, written or given back, in the order of the events; whether it is given back.
    touched: FxHashMap<ValueId, Vec<(usize, &'v Event, bool)>>,
    /// Those that somebody else may own, too.
    held: FxHashSet<ValueId>,
    /// The last assertion of a block.
    asserted: FxHashMap<u32, usize>,
}

impl<'v> Packets<'v> {
    /// `given`: the packet that each event gives back.
    fn new(view: &View<'v>, given: &[Option<ValueId>]) -> Self {
        let values = view.values();
        let mut this = Self::default();
        for packet in given.iter().flatten() {
            this.touched.entry(*packet).or_default();
        }
        for (index, (event, packet)) in view.numbered.events.iter().zip(given).enumerate() {
            if let Some(list) = packet.and_then(|packet| this.touched.get_mut(&packet)) {
                list.push((index, event, true));
            }
            match &event.kind {
                EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                    if let Some(list) = this.touched.get_mut(&values.root(*location)) {
                        list.push((index, event, false));
                    }
                }
                EventKind::Call {
                    callee: Some(callee),
                    arguments,
                    ..
                } => {
                    let touched = &this.touched;
                    let mut own = arguments
                        .iter()
                        .map(|argument| values.strip(*argument))
                        .filter(|argument| touched.contains_key(argument))
                        .peekable();
                    if own.peek().is_some() && is_holding(view.name(*callee)) {
                        this.held.extend(own);
                    }
                }
                EventKind::Assert { .. } => {
                    this.asserted.insert(event.block, index);
                }
                _ => {}
            }
        }
        this
    }
}

/// Whether a call makes somebody else an owner of the packet, too.
fn is_holding(callee: &str) -> bool {
    super::names::words(callee).iter().any(|word| {
        matches!(
            word.as_str(),
            "hold" | "ref" | "retain" | "clone" | "dup" | "write"
        )
    })
}

/// The first use behind a release that every way, or the only way on, leads to; whether it is a release.
fn used_again<'v>(
    view: &View<'v>,
    packets: &Packets<'v>,
    release: &Event,
    index: usize,
    packet: ValueId,
) -> Option<(&'v Event, bool)> {
    packets
        .touched
        .get(&packet)?
        .iter()
        .find(|(later, event, _)| {
            if event.block == release.block {
                *later > index
            } else {
                view.graph.dominates(release.block, event.block)
                    || super::ways::leads_straight(view, release.block, event.block)
            }
        })
        .map(|(_, event, is_release)| (*event, *is_release))
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
