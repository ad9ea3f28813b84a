//! One query over one function: the fixed point over its blocks, then what got where.

use std::collections::{BTreeMap, BTreeSet};

use super::matches::{Matches, covers};
use super::path::Path;
use super::state::{MAX_ENTRIES, State, Value};
use super::steps::{Steps, Taint};
use super::transfer::Transfer;
use super::{Leak, Query};
use crate::flow::ir::{Base, Function, Unit};

/// Times that a block is passed, on average; a function that needs more is given up.
const MAX_PASSES: usize = 40;

/// What was found in one function.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) leaks: Vec<Leak>,
    pub(super) is_cut: bool,
}

pub(super) fn function(unit: &Unit, function: &Function, text: &[u8], query: &Query) -> Found {
    let mut found = Found::default();
    let Some(matches) = Matches::new(unit, function, text, query) else {
        return found;
    };
    let mut transfer = Transfer {
        unit,
        function,
        text,
        matches: &matches,
        options: query.options,
        steps: Steps::default(),
        aliases: BTreeMap::new(),
        at: function.span,
        is_top: true,
        is_result: false,
        carried: vec![(Taint::default(), Vec::new()); matches.carries.len()],
        hits: None,
    };
    let Some(states) = fixed_point(&mut transfer) else {
        found.is_cut = true;
        return found;
    };
    transfer.hits = Some(BTreeMap::new());
    for (block, state) in states.into_iter().enumerate() {
        if let Some(mut state) = state {
            transfer.block(block, &mut state);
        }
    }
    for (sink, taint) in transfer.hits.take().unwrap_or_default() {
        let Some(at) = query.sinks.get(sink) else {
            continue;
        };
        for (source, step) in taint.0 {
            found.leaks.push(Leak {
                query: 0,
                sink,
                source: source as usize,
                trace: transfer.steps.told(step, at.span),
            });
        }
    }
    found
}

/// The state at the start of every block that is reached.
fn fixed_point(transfer: &mut Transfer<'_>) -> Option<Vec<Option<State>>> {
    let blocks = transfer.function.blocks.len();
    let mut states: Vec<Option<State>> = vec![None; blocks];
    *states.first_mut()? = Some(at_entry(transfer));
    let mut waiting = BTreeSet::from([0_usize]);
    let mut passes = 0;
    while let Some(block) = waiting.pop_first() {
        passes += 1;
        if passes > MAX_PASSES.saturating_mul(blocks) {
            return None;
        }
        let Some(Some(mut state)) = states.get(block).cloned() else {
            continue;
        };
        transfer.block(block, &mut state);
        if state.len() > MAX_ENTRIES {
            return None;
        }
        let Some(ended) = transfer.function.blocks.get(block) else {
            continue;
        };
        for next in ended.terminator.successors() {
            let next = next.0 as usize;
            let Some(slot) = states.get_mut(next) else {
                continue;
            };
            let has_grown = match slot {
                Some(known) => known.join(&state),
                None => {
                    *slot = Some(state.clone());
                    true
                }
            };
            if has_grown {
                waiting.insert(next);
            }
        }
    }
    Some(states)
}

/// What parameters hold: those that a source matches hold its value.
fn at_entry(transfer: &mut Transfer<'_>) -> State {
    let mut state = State::default();
    for &parameter in &transfer.function.parameters {
        let Some(local) = transfer.function.local(parameter) else {
            continue;
        };
        let mut taint = Taint::default();
        for (number, source) in &transfer.matches.sources {
            // The declarator may hold more than the name: `*buf`.
            if covers(source, local.span) || local.span.contains(source.span) {
                let step = transfer.steps.source(source.span);
                taint.add(*number, step);
            }
        }
        if !taint.is_clean() {
            state.set(&Path::of(Base::Local(parameter)), &Value::of(taint));
        }
    }
    state
}
