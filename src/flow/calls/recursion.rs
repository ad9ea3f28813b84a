//! Call cycles: functions that call themselves, directly or through others of the file.

use super::graph::{Call, CallGraph};
use crate::flow::defect::{Defect, Note};
use crate::flow::ir::Unit;
use crate::syntax::{Kind, NodeId, SourceFile};

/// Most functions of a ring that the path names one by one.
const NAMED: usize = 8;

/// Reports `recursion`, once for each ring, at the call that begins it in the first of its functions.
pub(super) fn check(unit: &Unit, file: &SourceFile<'_>, graph: &CallGraph, out: &mut Vec<Defect>) {
    for ring in rings(graph) {
        if !are_of_one_build(unit, file, &ring) || super::depth::is_limited(unit, graph, &ring) {
            continue;
        }
        let Some(&start) = ring.iter().min() else {
            continue;
        };
        let Some(path) = shortest(graph, start, &ring) else {
            continue;
        };
        let (Some(first), Some(function)) = (path.first(), unit.functions.get(start)) else {
            continue;
        };
        let name = |index: usize| {
            let function = unit.functions.get(index);
            function.map_or("", |function| unit.names.text(function.name))
        };
        // A call that a macro makes may be of another build: several headers may define it.
        let is_written = |call: &Call| {
            let text = call.span.of(file.text);
            memchr::memmem::find(text, name(call.to).as_bytes()).is_some()
        };
        if !path.iter().all(is_written) {
            continue;
        }
        let trace = path
            .iter()
            .take(NAMED)
            .map(|call| Note {
                span: call.span,
                message: format!("`{}` is called here", name(call.to)),
            })
            .collect();
        let how = match path.as_slice() {
            [_] => "directly".to_owned(),
            calls => {
                let through: Vec<String> = calls
                    .iter()
                    .take(calls.len() - 1)
                    .take(3)
                    .map(|call| format!("`{}`", name(call.to)))
                    .collect();
                format!("through {}", through.join(", "))
            }
        };
        out.push(Defect {
            analysis: "recursion",
            span: first.span,
            names: vec![
                ("$F", unit.names.text(function.name).to_owned()),
                ("$HOW", how),
            ],
            trace,
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}

/// Whether the functions of a ring stand under the same conditions of the preprocessor: two functions
/// that are written by means of each other usually do so in arms of which a build has one.
fn are_of_one_build(unit: &Unit, file: &SourceFile<'_>, ring: &[usize]) -> bool {
    let conditions = |index: &usize| -> Vec<NodeId> {
        let function = unit.functions.get(*index);
        let syntax = function.and_then(|one| file.functions.get(one.syntax as usize));
        let above = syntax
            .into_iter()
            .flat_map(|one| file.tree.ancestors(one.node));
        above
            .filter(|&node| {
                matches!(
                    file.tree.kind(node),
                    Kind::PREPROC_IF
                        | Kind::PREPROC_IFDEF
                        | Kind::PREPROC_ELSE
                        | Kind::PREPROC_ELIF
                        | Kind::PREPROC_ELIFDEF
                )
            })
            .collect()
    };
    let mut all = ring.iter().map(conditions);
    let Some(first) = all.next() else {
        return true;
    };
    all.all(|other| other == first)
}

/// The shortest way of calls from a function back to itself within its ring.
fn shortest(graph: &CallGraph, start: usize, ring: &[usize]) -> Option<Vec<Call>> {
    let mut from: Vec<Option<(usize, Call)>> = vec![None; graph.len()];
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for &call in graph.of(at) {
            if call.to == start {
                let mut path = vec![call];
                let mut back = at;
                while let Some(Some((before, call))) = from.get(back).copied() {
                    path.push(call);
                    back = before;
                }
                path.reverse();
                return Some(path);
            }
            if ring.contains(&call.to)
                && let Some(slot) = from.get_mut(call.to)
                && slot.is_none()
            {
                *slot = Some((at, call));
                queue.push_back(call.to);
            }
        }
    }
    None
}

/// The strongly connected components with a cycle (Tarjan, iterative), in the order of their first
/// functions.
fn rings(graph: &CallGraph) -> Vec<Vec<usize>> {
    const NEW: usize = usize::MAX;
    let count = graph.len();
    let mut number = vec![NEW; count];
    let mut low = vec![NEW; count];
    let mut on_stack = vec![false; count];
    let mut stack: Vec<usize> = Vec::new();
    let mut next = 0;
    let mut found: Vec<Vec<usize>> = Vec::new();
    let get = |list: &[usize], index: usize| list.get(index).copied().unwrap_or(NEW);
    for root in 0..count {
        if get(&number, root) != NEW {
            continue;
        }
        let mut work: Vec<(usize, usize)> = vec![(root, 0)];
        while let Some((at, step)) = work.pop() {
            if step == 0 {
                set(&mut number, at, next);
                set(&mut low, at, next);
                next += 1;
                stack.push(at);
                set(&mut on_stack, at, true);
            }
            match graph.of(at).get(step) {
                Some(call) => {
                    work.push((at, step + 1));
                    if get(&number, call.to) == NEW {
                        work.push((call.to, 0));
                    } else if on_stack.get(call.to) == Some(&true) {
                        let least = get(&low, at).min(get(&number, call.to));
                        set(&mut low, at, least);
                    }
                }
                None => {
                    if get(&low, at) == get(&number, at) {
                        let mut ring = Vec::new();
                        while let Some(member) = stack.pop() {
                            set(&mut on_stack, member, false);
                            ring.push(member);
                            if member == at {
                                break;
                            }
                        }
                        let calls_itself = || graph.of(at).iter().any(|call| call.to == at);
                        if ring.len() > 1 || calls_itself() {
                            found.push(ring);
                        }
                    }
                    if let Some(&(above, _)) = work.last() {
                        let least = get(&low, above).min(get(&low, at));
                        set(&mut low, above, least);
                    }
                }
            }
        }
    }
    found.sort_by_key(|ring| ring.iter().min().copied());
    found
}

fn set<T>(list: &mut [T], index: usize, value: T) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}
