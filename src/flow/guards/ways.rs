//! Where ways meet: a variable that has no value, or is NULL, on one of them, and is used at once.
//!
//! Only what follows the meeting point without another question counts: there nothing can tell the
//! ways apart any more.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::FactKind;
use super::graph::NONE;
use super::null_tests::is_null_test;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{Base, BinaryOp, BlockId, LocalId, LocalKind, Terminator};
use crate::flow::{Defect, Note};

/// How many meeting points behind each other are looked through.
const DEPTH: u32 = 3;

/// Most ways into one meeting point that are looked at one by one.
const WAYS: usize = 64;

/// Most meeting points of a function whose uses are looked for.
const MET: usize = 64;

/// Blocks that claim they are not reached, or call something that, by its name, does not come back. Filled
/// at the first question.
pub(super) type Stops = OnceCell<FxHashSet<u32>>;

/// Reports `unset-on-one-way` where ways meet.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    let stops = Stops::new();
    let mut met: Vec<(ValueId, u32, LocalId, u32)> = values
        .inputs
        .keys()
        .filter_map(|phi| {
            let Value::Phi { block, .. } = values.get(*phi) else {
                return None;
            };
            let (local, from) = unset_input(view, &stops, *phi, 0)?;
            Some((*phi, block, local, from))
        })
        .collect();
    met.sort_unstable();
    let mut told: Vec<LocalId> = Vec::new();
    let given = given_away(view);
    for (phi, block, local, from) in met
        .into_iter()
        .filter(|(_, _, local, _)| !given.contains(local))
        .take(MET)
    {
        if told.contains(&local) {
            continue;
        }
        let Some(used) = used_at(view, phi, block) else {
            continue;
        };
        let Some(way) = view.function.block(BlockId(from)).map(|body| body.span) else {
            continue;
        };
        told.push(local);
        let why = |name: &str| {
            let why = format!("the way from here gives `{name}` no value");
            (note(way, why), format!("`{name}` is used"))
        };
        out.extend(unset_on_one_way(view, local, used, why));
    }
}

/// The report of a variable without a value, by the step that says why and the last words.
pub(super) fn unset_on_one_way(
    view: &View<'_>,
    local: LocalId,
    used: Span,
    why: impl FnOnce(&str) -> (Note, String),
) -> Option<Defect> {
    let name = view.name(view.function.local(local)?.name);
    let (step, last) = why(name);
    let metas = vec![("$X", name.to_owned())];
    Some(view.defect("unset-on-one-way", used, metas, None, vec![step], last))
}

/// The variables whose address some call gets: it may give them their value.
pub(super) fn given_away(view: &View<'_>) -> FxHashSet<LocalId> {
    let values = view.values();
    let mut out = FxHashSet::default();
    for event in &view.numbered.events {
        let EventKind::Call { arguments, .. } = &event.kind else {
            continue;
        };
        for argument in arguments {
            if let Value::Address(Base::Local(local)) = values.get(values.root(*argument)) {
                out.insert(local);
            }
        }
    }
    out
}

/// The values that are joined at the start of each block, in their order.
pub(super) fn joined(view: &View<'_>) -> FxHashMap<u32, Vec<ValueId>> {
    let values = view.values();
    let mut all: Vec<ValueId> = values.inputs.keys().copied().collect();
    all.sort_unstable();
    let mut out: FxHashMap<u32, Vec<ValueId>> = FxHashMap::default();
    for phi in all {
        if let Value::Phi { block, .. } = values.get(phi) {
            out.entry(block).or_default().push(phi);
        }
    }
    out
}

/// The variable that has no value on one way into a join, and the block that way comes from.
fn unset_input(view: &View<'_>, stops: &Stops, phi: ValueId, depth: u32) -> Option<(LocalId, u32)> {
    let values = view.values();
    let Value::Phi { block, .. } = values.get(phi) else {
        return None;
    };
    let list = values.inputs.get(&phi).filter(|list| list.len() <= WAYS)?;
    list.iter().find_map(|(from, input)| {
        if *from == NONE
            || view.graph.is_back_edge(*from, block)
            || !matches!(values.get(*input), Value::Uninit(_) | Value::Phi { .. })
            || may_be_exhausted(view, *from)
            || may_not_come_back(view, stops, *from)
        {
            return None;
        }
        match values.get(*input) {
            Value::Uninit(local) => {
                let info = view.function.local(local)?;
                let is_plain = info.kind == LocalKind::Variable
                    && !info.has_init
                    && !info.is_volatile
                    && (view.unit.types.int(info.ty).is_some()
                        || view.unit.types.is_pointer(info.ty));
                is_plain.then_some((local, *from))
            }
            // Nothing may be asked between the inner join and this one.
            Value::Phi { block: inner, .. }
                if depth < DEPTH
                    && leads_straight(view, inner, *from)
                    && matches!(
                        view.function
                            .block(BlockId(*from))
                            .map(|body| &body.terminator),
                        Some(Terminator::Goto(_))
                    ) =>
            {
                unset_input(view, stops, *input, depth + 1)
            }
            _ => None,
        }
    })
}

/// Whether a way comes from the last question of a chain that may leave nothing over: a `switch` with
/// no `default`, `if (a == 1) … else if (a == 2) …`.
fn may_be_exhausted(view: &View<'_>, from: u32) -> bool {
    let Some(body) = view.function.block(BlockId(from)) else {
        return true;
    };
    match &body.terminator {
        Terminator::Switch { .. } => true,
        Terminator::Branch { .. } => {
            let values = view.values();
            let Some(condition) = view
                .numbered
                .conditions
                .get(from as usize)
                .copied()
                .flatten()
            else {
                return true;
            };
            let mut kinds = Vec::new();
            super::facts::decompose(values, condition, true, &mut kinds, 0);
            let mut asked: Vec<ValueId> = Vec::new();
            for kind in &kinds {
                match kind {
                    FactKind::Compare { difference, .. } => {
                        asked.extend(difference.terms.iter().map(|(term, _)| *term));
                    }
                    FactKind::Asked { call } => asked.push(*call),
                }
            }
            // The same was asked before, or nobody knows what is asked.
            asked.is_empty()
                || view
                    .facts
                    .at(view.graph, from, NONE)
                    .any(|fact| match &fact.kind {
                        FactKind::Compare { difference, .. } => {
                            asked.iter().any(|term| difference.factor(*term) != 0)
                        }
                        FactKind::Asked { call } => asked.contains(call),
                    })
        }
        _ => false,
    }
}

/// Whether a way claims that it is not taken, or calls something that, by its name, does not come back.
fn may_not_come_back(view: &View<'_>, stops: &Stops, from: u32) -> bool {
    let found = stops.get_or_init(|| {
        let stopping = view
            .numbered
            .events
            .iter()
            .filter(|event| match &event.kind {
                EventKind::Assert { .. } => true,
                EventKind::Call {
                    callee: Some(callee),
                    ..
                } => super::names::may_stop(view.name(*callee)),
                _ => false,
            });
        stopping.map(|event| event.block).collect()
    });
    found.contains(&from)
}

/// Where a value is used before anything is asked behind its join.
fn used_at(view: &View<'_>, phi: ValueId, block: u32) -> Option<Span> {
    let values = view.values();
    let is_it = |id: &ValueId| values.strip(*id) == phi;
    let has_it = |id: &ValueId| {
        let mut leaves = Vec::new();
        values.leaves(*id, &mut leaves);
        leaves.contains(&phi)
    };
    let used = view.numbered.events.iter().find(|event| {
        leads_straight(view, block, event.block)
            && match &event.kind {
                EventKind::Return(Some(value)) => has_it(value),
                EventKind::Read { location, .. } => values.root(*location) == phi,
                EventKind::Write {
                    location, value, ..
                } => values.root(*location) == phi || is_it(value),
                EventKind::Call {
                    callee, arguments, ..
                } => {
                    arguments.iter().any(is_it)
                        && callee.is_some_and(|name| {
                            !view.name(name).to_ascii_lowercase().contains("unused")
                        })
                }
                _ => false,
            }
    });
    if let Some(event) = used {
        return Some(event.span);
    }
    view.numbered
        .conditions
        .iter()
        .enumerate()
        .find(|(at, condition)| {
            condition.is_some_and(|condition| has_it(&condition))
                && leads_straight(view, block, *at as u32)
        })
        .and_then(|(at, _)| view.function.block(BlockId(at as u32)))
        .map(|body| body.span)
}

/// The variable that holds what ways left behind.
pub(super) fn holder_of(view: &View<'_>, phi: ValueId) -> Option<String> {
    let values = view.values();
    values
        .inputs
        .get(&phi)?
        .iter()
        .filter(|(_, input)| !values.is_constant(*input))
        .find_map(|(_, input)| super::nullable::holder(view, values.strip(*input)))
        .filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

/// Whether the function itself sets the variable to NULL, and no macro does.
pub(super) fn is_set_to_null(view: &View<'_>, name: &str) -> bool {
    let span = view.function.span;
    let text = view
        .text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    memchr::memmem::find_iter(text, name.as_bytes()).any(|at| {
        let behind = text
            .get(at + name.len()..)
            .unwrap_or_default()
            .trim_ascii_start();
        let is_word = at > 0
            && text
                .get(at - 1)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let Some(value) = behind.strip_prefix(b"=") else {
            return false;
        };
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        let value = value.get(..end).unwrap_or_default();
        !is_word && (memchr::memmem::find(value, b"NULL").is_some() || value.trim_ascii() == b"0")
    })
}

/// Whether a block leads to another, or is it, without a condition between.
pub(super) fn leads_straight(view: &View<'_>, from: u32, to: u32) -> bool {
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

/// Whether a pointer that ways left behind is NULL on one of them, and where that is known.
pub(super) fn null_input(
    view: &View<'_>,
    stops: &Stops,
    event: &Event,
    pointer: ValueId,
) -> Option<(Span, bool)> {
    let values = view.values();
    let Value::Phi { block, .. } = values.get(pointer) else {
        return None;
    };
    if !leads_straight(view, block, event.block) {
        return None;
    }
    let list = values
        .inputs
        .get(&pointer)
        .filter(|list| list.len() <= WAYS)?;
    list.iter().find_map(|(from, input)| {
        if *from == NONE || view.graph.is_back_edge(*from, block) {
            return None;
        }
        let body = view.function.block(BlockId(*from))?;
        let input = values.strip(*input);
        let found = if values.constant(input) == Some(0) {
            (body.span, false)
        } else {
            let fact = view.facts.on_edge(view.graph, *from, block).find(|fact| {
                is_null_test(fact, input)
                    && matches!(
                        &fact.kind,
                        FactKind::Compare {
                            op: BinaryOp::Eq,
                            ..
                        }
                    )
            })?;
            (fact.span, true)
        };
        let is_taken = !may_be_exhausted(view, *from) && !may_not_come_back(view, stops, *from);
        is_taken.then_some(found)
    })
}
