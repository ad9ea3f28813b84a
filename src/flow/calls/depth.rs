//! How deep a ring of calls goes: a constant argument that ends it, or a parameter that counts the
//! depth and is compared with a constant.

use rustc_hash::FxHashSet;

use super::arguments::{Known, Run, explore};
use super::graph::CallGraph;
use crate::flow::ir::{BinaryOp, BlockId, Function, Operand, StatementKind, Terminator, Unit};

/// Most states of functions and their constant arguments that are followed.
const STATES: usize = 64;

/// Whether a constant limits how often the functions of a ring call each other.
pub(super) fn is_limited(unit: &Unit, graph: &CallGraph, ring: &[usize]) -> bool {
    let run = |index: usize, arguments: &[Known]| {
        unit.functions
            .get(index)
            .map(|function| explore(unit, graph, ring, function, arguments))
            .unwrap_or_default()
    };
    ends_by_constants(unit, ring, &run) || counts_depth(unit, graph, ring, &run)
}

/// Whether every call hands over constants with which the called function calls no further.
fn ends_by_constants(unit: &Unit, ring: &[usize], run: &impl Fn(usize, &[Known]) -> Run) -> bool {
    type State = (usize, Vec<Known>);
    let mut done: FxHashSet<State> = FxHashSet::default();
    // The way to the state at hand, each with what is still to be followed from it.
    let mut way: Vec<(State, Vec<State>)> = Vec::new();
    for &first in ring {
        let count = unit
            .functions
            .get(first)
            .map_or(0, |function| function.parameters.len());
        let mut next = Some((first, vec![Known::Any; count]));
        loop {
            if let Some(state) = next.take()
                && !done.contains(&state)
            {
                if way.iter().any(|(other, _)| *other == state) || done.len() + way.len() > STATES {
                    return false;
                }
                let steps = run(state.0, &state.1).steps.into_iter();
                let steps = steps
                    .map(|step| {
                        let constants = step.arguments.into_iter().map(|known| match known {
                            Known::Number(_) | Known::Text(_) => known,
                            _ => Known::Any,
                        });
                        (step.to, constants.collect())
                    })
                    .collect();
                way.push((state, steps));
            }
            let Some((_, open)) = way.last_mut() else {
                break;
            };
            next = open.pop();
            if next.is_none()
                && let Some((state, _)) = way.pop()
            {
                done.insert(state);
            }
        }
    }
    true
}

/// A call of the ring as the counter sees it.
struct Edge {
    from: usize,
    to: usize,
    by: Option<i128>,
    is_guarded: bool,
}

/// Whether a parameter that every call hands on grows, or shrinks from a small number, and is
/// compared with a constant on every way around.
fn counts_depth(
    unit: &Unit,
    graph: &CallGraph,
    ring: &[usize],
    run: &impl Fn(usize, &[Known]) -> Run,
) -> bool {
    let parameters = |index: usize| {
        let function = unit.functions.get(index);
        function.map_or(0, |function| function.parameters.len() as u32)
    };
    let runs: Vec<(usize, Run)> = ring
        .iter()
        .map(|&index| {
            let own: Vec<Known> = (0..parameters(index))
                .map(|at| Known::Moved(at, 0))
                .collect();
            (index, run(index, &own))
        })
        .collect();
    let Some(&start) = ring.first() else {
        return false;
    };
    (0..parameters(start)).any(|parameter| {
        let Some((edges, counters)) = edges_of(unit, &runs, start, parameter) else {
            return false;
        };
        let open = |keep: &dyn Fn(&Edge) -> bool| {
            let kept: Vec<&Edge> = edges.iter().filter(|edge| keep(edge)).collect();
            has_cycle(ring, &kept)
        };
        let is_growing = edges.iter().all(|edge| edge.by.is_some_and(|by| by >= 0));
        let is_divided = edges.iter().all(|edge| edge.by.is_none_or(|by| by == 0));
        let is_shrinking = edges.iter().all(|edge| edge.by.is_none_or(|by| by <= 0));
        !open(&|edge| edge.by == Some(0))
            && !open(&|edge| !edge.is_guarded)
            && (is_growing
                || is_divided
                || is_shrinking && is_small_at_first(unit, graph, ring, &counters))
    })
}

/// A function and which of its parameters counts the depth.
type Counter = (usize, u32);

/// The calls of a ring with what becomes of the counter, and which parameter that is in each function.
fn edges_of(
    unit: &Unit,
    runs: &[(usize, Run)],
    start: usize,
    parameter: u32,
) -> Option<(Vec<Edge>, Vec<Counter>)> {
    let mut counters = vec![(start, parameter)];
    let mut edges = Vec::new();
    let mut next = 0;
    while let Some(&(from, own)) = counters.get(next) {
        next += 1;
        let (_, run) = runs.iter().find(|(index, _)| *index == from)?;
        for step in &run.steps {
            let known = counters.iter().find(|(index, _)| *index == step.to);
            let moved = |known: Known| match known {
                Known::Moved(of, by) if of == own => Some(Some(by)),
                Known::Divided(of) if of == own => Some(None),
                _ => None,
            };
            let (at, by) = match known {
                Some(&(_, at)) => (at, moved(*step.arguments.get(at as usize)?)?),
                None => (0_u32..)
                    .zip(&step.arguments)
                    .find_map(|(at, known)| Some((at, moved(*known)?)))?,
            };
            if known.is_none() {
                counters.push((step.to, at));
            }
            let function = unit.functions.get(from)?;
            let is_guarded = run
                .tests
                .iter()
                .any(|&(block, of, op)| of == own && is_guard(function, block, op, step.block, by));
            edges.push(Edge {
                from,
                to: step.to,
                by,
                is_guarded,
            });
        }
    }
    Some((edges, counters))
}

/// Whether a call is only reached on the side of a test that ends where the counter goes.
fn is_guard(
    function: &Function,
    block: usize,
    op: BinaryOp,
    call: usize,
    by: Option<i128>,
) -> bool {
    let Some(Terminator::Branch {
        then, otherwise, ..
    }) = function.blocks.get(block).map(|body| &body.terminator)
    else {
        return false;
    };
    [(*then, Some(op)), (*otherwise, op.negated())]
        .into_iter()
        .any(|(side, holds)| {
            let ends = match holds {
                Some(BinaryOp::Ne) => true,
                Some(BinaryOp::Lt | BinaryOp::Le) => by.is_some_and(|by| by >= 0),
                Some(BinaryOp::Gt | BinaryOp::Ge) => by.is_none_or(|by| by <= 0),
                _ => false,
            };
            ends && then != otherwise && !is_reached(function, call, (block, side))
        })
}

/// Whether a block is reached without one of the ways between two others.
fn is_reached(function: &Function, wanted: usize, (from, to): (usize, BlockId)) -> bool {
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![0_usize];
    while let Some(at) = work.pop() {
        let Some(slot) = seen.get_mut(at) else {
            continue;
        };
        if std::mem::replace(slot, true) {
            continue;
        }
        if at == wanted {
            return true;
        }
        if let Some(body) = function.blocks.get(at) {
            let ways = body.terminator.successors().into_iter();
            work.extend(
                ways.filter(|next| at != from || *next != to)
                    .map(|next| next.0 as usize),
            );
        }
    }
    false
}

fn has_cycle(ring: &[usize], edges: &[&Edge]) -> bool {
    // Longer rings are nobody's way to limit a depth, and take long to look through.
    const LONGEST: usize = 64;
    if ring.len() > LONGEST {
        return true;
    }
    // Takes away what nothing of the rest leads to; a cycle stays.
    let mut left: Vec<usize> = ring.to_vec();
    loop {
        let before = left.len();
        let leads = |to: usize, left: &[usize]| {
            edges
                .iter()
                .any(|edge| edge.to == to && left.contains(&edge.from))
        };
        let kept = left
            .iter()
            .copied()
            .filter(|at| leads(*at, &left))
            .collect();
        left = kept;
        if left.len() == before {
            return !left.is_empty();
        }
    }
}

/// Whether a counter that goes down begins with a small number: by its name or type, or because
/// every call from outside the ring hands over a constant.
fn is_small_at_first(
    unit: &Unit,
    graph: &CallGraph,
    ring: &[usize],
    counters: &[(usize, u32)],
) -> bool {
    let is_named_so = counters.iter().any(|&(index, at)| {
        let local = unit.functions.get(index).and_then(|function| {
            let id = function.parameters.get(at as usize)?;
            function.local(*id)
        });
        local.is_some_and(|local| {
            let name = unit.names.text(local.name);
            unit.types.int(local.ty).is_some_and(|(bits, _)| bits <= 8)
                || crate::flow::guards::words(name).iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "depth"
                            | "level"
                            | "levels"
                            | "nesting"
                            | "ttl"
                            | "hops"
                            | "retries"
                            | "tries"
                    )
                })
        })
    });
    if is_named_so {
        return true;
    }
    let is_private = counters.iter().all(|(index, _)| {
        unit.functions
            .get(*index)
            .is_some_and(|function| function.is_private)
    });
    let mut calls = 0;
    let outside = unit.functions.iter().enumerate();
    let all_constant = outside
        .filter(|(caller, _)| !ring.contains(caller))
        .flat_map(|(caller, function)| {
            graph
                .of(caller)
                .iter()
                .filter(|call| ring.contains(&call.to))
                .map(move |call| (function, call))
        })
        .all(|(function, call)| {
            calls += 1;
            let statement = function
                .blocks
                .get(call.at.0)
                .and_then(|body| body.statements.get(call.at.1));
            let counter = counters.iter().find(|(index, _)| *index == call.to);
            match (statement.map(|statement| &statement.kind), counter) {
                (Some(StatementKind::Call { arguments, .. }), Some((_, at))) => {
                    matches!(arguments.get(*at as usize), Some(Operand::Constant(_)))
                }
                _ => false,
            }
        });
    is_private && all_constant && calls > 0
}
