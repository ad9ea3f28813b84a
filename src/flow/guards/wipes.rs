//! Secrets that a function wipes on its ways out, but for one.

use std::collections::BTreeMap;

use super::graph::NONE;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{Base, LocalId, LocalKind, Type};

/// Indexes of events by block, in their order.
type Places = BTreeMap<u32, Vec<usize>>;

/// Reports `wipe-skipped-on-exit`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let calls_wiper = view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call { callee: Some(callee), .. }
            if is_wipe(view.name(*callee), ""))
    });
    for (index, local) in view.function.locals.iter().enumerate() {
        if local.kind != LocalKind::Variable
            || !matches!(
                view.unit.types.get(local.ty),
                Type::Array { .. } | Type::Record(_)
            )
        {
            continue;
        }
        if !calls_wiper && !is_secret(view.name(local.name)) {
            continue;
        }
        secret(view, LocalId(index as u32), view.name(local.name), out);
    }
}

fn secret(view: &View<'_>, id: LocalId, name: &str, out: &mut Vec<Defect>) {
    let values = view.values();
    let is_it =
        |argument: &ValueId| values.get(values.root(*argument)) == Value::Address(Base::Local(id));
    let is_whole =
        |argument: &ValueId| values.get(values.strip(*argument)) == Value::Address(Base::Local(id));
    let mut wiped: Vec<(usize, &Event)> = Vec::new();
    let mut cleared = Places::new();
    let mut used = Places::new();
    let mut used_at: Vec<Span> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } = &event.kind
        else {
            continue;
        };
        if !arguments.iter().any(is_it) {
            continue;
        }
        let callee_name = view.name(*callee);
        let is_first = arguments.first().is_some_and(is_whole);
        if is_first && is_wipe(callee_name, name) {
            wiped.push((index, event));
            cleared.entry(event.block).or_default().push(index);
        } else if is_clearing(callee_name) {
            cleared.entry(event.block).or_default().push(index);
        } else if !view.lexicon.is(Some(*callee), flag::LOG | flag::PURE) {
            used.entry(event.block).or_default().push(index);
            used_at.push(event.span);
        }
    }
    if wiped.is_empty() || used.is_empty() {
        return;
    }
    let predecessors = &view.graph.predecessors;
    // What is cleared before it holds anything, or is used again, is prepared, not wiped.
    let uses_behind = spread(&used, predecessors);
    let example = wiped.iter().find(|(index, event)| {
        let is_used_again = used
            .get(&event.block)
            .and_then(|list| list.last())
            .is_some_and(|last| last > index)
            || is_from_another(&uses_behind, event.block);
        !is_used_again && before(view, &used, event.block, *index) > 0
    });
    let Some((_, example)) = example else {
        return;
    };
    let clears_before = spread(&cleared, &turned(predecessors));
    for (index, event) in view.numbered.events.iter().enumerate() {
        if !matches!(event.kind, EventKind::Return(_))
            || event.span.end <= event.span.start
            || !view.words(event.span).starts_with("return")
        {
            continue;
        }
        let is_wiped = cleared
            .get(&event.block)
            .and_then(|list| list.first())
            .is_some_and(|first| *first < index)
            || is_from_another(&clears_before, event.block);
        // Where the call that fills it failed there is nothing in it yet.
        if is_wiped || before(view, &used, event.block, index) < 2 {
            continue;
        }
        // `return fail(key, sizeof key);`
        if used_at.iter().any(|span| event.span.contains(*span)) {
            continue;
        }
        let mut defect = view.defect(
            "wipe-skipped-on-exit",
            event.span,
            vec![("$K", name.to_owned())],
            None,
            Vec::new(),
            format!("on this way out `{name}` stays on the stack"),
        );
        defect
            .related
            .push(note(example.span, "other ways out wipe it, as here"));
        out.push(defect);
        return;
    }
}

/// How many of the events come before a point on every way to it.
fn before(view: &View<'_>, places: &Places, block: u32, index: usize) -> usize {
    places
        .iter()
        .map(|(other, list)| {
            if *other == block {
                list.partition_point(|at| *at < index)
            } else if view.graph.dominates(*other, block) {
                list.len()
            } else {
                0
            }
        })
        .sum()
}

/// For each block, up to two of the blocks with an event from which a way along `next` leads to it.
/// Two are enough to know one that is not the block itself, and keep the work linear.
fn spread(places: &Places, next: &[Vec<u32>]) -> Vec<[u32; 2]> {
    let mut out = vec![[NONE; 2]; next.len()];
    let mut stack: Vec<(u32, u32)> = places.keys().map(|block| (*block, *block)).collect();
    while let Some((block, start)) = stack.pop() {
        let Some(slots) = out.get_mut(block as usize) else {
            continue;
        };
        if slots.contains(&start) {
            continue;
        }
        let Some(slot) = slots.iter_mut().find(|slot| **slot == NONE) else {
            continue;
        };
        *slot = start;
        let ways = next.get(block as usize).into_iter().flatten();
        stack.extend(ways.map(|to| (*to, start)));
    }
    out
}

fn is_from_another(found: &[[u32; 2]], block: u32) -> bool {
    found
        .get(block as usize)
        .is_some_and(|slots| slots.iter().any(|start| *start != NONE && *start != block))
}

/// The successors of each block, out of the predecessors.
fn turned(predecessors: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let mut out = vec![Vec::new(); predecessors.len()];
    for (block, list) in predecessors.iter().enumerate() {
        for from in list {
            if let Some(next) = out.get_mut(*from as usize) {
                next.push(block as u32);
            }
        }
    }
    out
}

/// Whether a call clears what it is given for good: by its name, or by that of a secret.
fn is_wipe(callee: &str, object: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    let clears = [
        "zeroize",
        "zeroise",
        "memzero",
        "bzero",
        "cleanse",
        "wipe",
        "zeromem",
        "scrub",
        "forcezero",
        "burn_stack",
    ];
    if clears.iter().any(|word| lower.contains(word)) {
        return lower != "bzero" || is_secret(object);
    }
    lower == "memset" && is_secret(object)
}

/// Whether a call leaves nothing of what it is given, whatever it is called for that.
fn is_clearing(callee: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    [
        "memset", "zero", "clear", "free", "destroy", "reset", "cleanup", "final", "wipe",
        "release",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

fn is_secret(name: &str) -> bool {
    super::names::words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "key"
                | "keys"
                | "secret"
                | "password"
                | "passwd"
                | "passphrase"
                | "pin"
                | "seed"
                | "prk"
                | "okm"
                | "psk"
                | "kek"
                | "dek"
                | "ltk"
                | "irk"
                | "privkey"
                | "plaintext"
        )
    })
}
