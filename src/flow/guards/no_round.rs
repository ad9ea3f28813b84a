//! Variables that only a loop sets, and that are used behind it: it may not have run once.

use super::Analysed;
use super::facts::FactKind;
use super::graph::{Loop, NONE};
use super::linear::Linear;
use super::numbering::EventKind;
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, BlockId, LocalId, LocalKind, Terminator};

/// Reports `unset-on-one-way` for loops.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let joined = super::ways::joined(view);
    let given = super::ways::given_away(view);
    for found in &view.graph.loops {
        let Some((count, test)) = may_not_run(view, found) else {
            continue;
        };
        if is_ruled_out(view, all, count) {
            continue;
        }
        let at_head = joined.get(&found.head).map_or(&[][..], Vec::as_slice);
        for (phi, local) in unset(view, at_head) {
            if given.contains(&local) {
                continue;
            }
            let Some(used) = used_behind(view, found, phi) else {
                continue;
            };
            let number = view.parameter_name(count).unwrap_or_default();
            let why = |name: &str| {
                let why = format!("the loop does not run once if `{number}` says so");
                (note(test, why), format!("`{name}` has no value then"))
            };
            out.extend(super::ways::unset_on_one_way(view, local, used, why));
        }
    }
}

/// The parameter by which a loop may end before its first round, and the test.
fn may_not_run(view: &View<'_>, found: &Loop) -> Option<(u32, Span)> {
    let values = view.values();
    let body = view.function.block(BlockId(found.head))?;
    let Terminator::Branch {
        then, otherwise, ..
    } = &body.terminator
    else {
        return None;
    };
    let goes_in = found.contains(then.0);
    if goes_in == found.contains(otherwise.0) {
        return None;
    }
    let condition = (*view.numbered.conditions.get(found.head as usize)?)?;
    let mut kinds = Vec::new();
    super::facts::decompose(values, condition, goes_in, &mut kinds, 0);
    let [
        FactKind::Compare {
            op, left, right, ..
        },
    ] = kinds.as_slice()
    else {
        return None;
    };
    // What the sides are before the first round.
    let difference = if left == right {
        // A number that is asked as it is.
        Linear::of(values, entered(view, found, *left))
    } else {
        Linear::difference(
            values,
            entered(view, found, *left),
            entered(view, found, *right),
        )
    };
    let &[(term, factor)] = difference.terms.as_slice() else {
        return None;
    };
    let Value::Parameter(index) = values.get(term) else {
        return None;
    };
    // `0 < n`, `n != 0`, `n > 0`: no round for 0.
    let runs_for_zero = match op {
        BinaryOp::Ne => difference.constant != 0,
        BinaryOp::Lt => difference.constant < 0,
        BinaryOp::Le => difference.constant <= 0,
        BinaryOp::Gt => difference.constant > 0,
        BinaryOp::Ge => difference.constant >= 0,
        _ => return None,
    };
    if runs_for_zero || factor.abs() != 1 || !is_number(view, index) {
        return None;
    }
    let is_asked = view
        .facts
        .at(view.graph, found.head, 0)
        .chain(view.facts.claims.iter())
        .any(|fact| match &fact.kind {
            FactKind::Compare { difference, .. } => difference.factor(term) != 0,
            FactKind::Asked { call } => values
                .calls
                .get(call)
                .is_some_and(|(_, arguments)| arguments.contains(&term)),
        });
    (!is_asked).then_some((index, body.span))
}

/// What a value at the head of a loop is when the loop is entered.
fn entered(view: &View<'_>, found: &Loop, id: ValueId) -> ValueId {
    let values = view.values();
    let id = values.strip(id);
    match values.get(id) {
        Value::Phi { block, .. } if block == found.head => values
            .inputs
            .get(&id)
            .and_then(|list| list.iter().find(|(from, _)| *from == NONE))
            .map_or(id, |(_, input)| values.strip(*input)),
        _ => id,
    }
}

fn is_number(view: &View<'_>, parameter: u32) -> bool {
    view.function
        .parameters
        .get(parameter as usize)
        .and_then(|id| view.function.local(*id))
        .is_some_and(|local| view.unit.types.int(local.ty).is_some())
}

/// The variables that have no value when the loop is entered, with what they are at its head.
fn unset(view: &View<'_>, at_head: &[ValueId]) -> Vec<(ValueId, LocalId)> {
    let values = view.values();
    at_head
        .iter()
        .filter_map(|phi| {
            let list = values.inputs.get(phi)?;
            let (_, before) = list.iter().find(|(from, _)| *from == NONE)?;
            let Value::Uninit(local) = values.get(*before) else {
                return None;
            };
            let info = view.function.local(local)?;
            let is_plain = info.kind == LocalKind::Variable
                && !info.has_init
                && (view.unit.types.int(info.ty).is_some() || view.unit.types.is_pointer(info.ty));
            is_plain.then_some((*phi, local))
        })
        .collect()
}

/// Where a value of the head of a loop is returned or asked about behind it.
fn used_behind(view: &View<'_>, found: &Loop, phi: ValueId) -> Option<Span> {
    let values = view.values();
    let is_it = |id: ValueId| {
        let id = values.strip(id);
        id == phi
            || matches!(values.get(id), Value::Phi { .. })
                && values.inputs.get(&id).is_some_and(|list| {
                    list.iter()
                        .any(|(from, input)| *from != NONE && values.strip(*input) == phi)
                })
    };
    let is_behind = |block: u32| !found.contains(block);
    let returned = view.numbered.events.iter().find(|event| {
        is_behind(event.block)
            && matches!(&event.kind, EventKind::Return(Some(value)) if is_it(*value))
    });
    if let Some(event) = returned {
        return Some(event.span);
    }
    let (block, _) = view
        .numbered
        .conditions
        .iter()
        .enumerate()
        .filter_map(|(block, condition)| Some((block as u32, (*condition)?)))
        .find(|(block, condition)| {
            let sides = match values.get(*condition) {
                Value::Binary(op, left, right) if op.is_comparison() => [left, right],
                _ => [*condition; 2],
            };
            is_behind(*block) && view.graph.is_reachable(*block) && sides.into_iter().any(is_it)
        })?;
    view.function.block(BlockId(block)).map(|body| body.span)
}

/// Whether every call of a private function passes a number that is not 0, or that was compared.
fn is_ruled_out(view: &View<'_>, all: &[Analysed], parameter: u32) -> bool {
    if !view.function.is_private {
        return false;
    }
    let sites = view.file.sites(view.function.name);
    !sites.is_empty()
        && sites.iter().all(|site| {
            let Some(caller) = all.get(site.caller) else {
                return false;
            };
            let values = &caller.numbered.values;
            let given = caller
                .numbered
                .events
                .get(site.event as usize)
                .and_then(|event| match &event.kind {
                    EventKind::Call { arguments, .. } => {
                        Some((event.block, *arguments.get(parameter as usize)?))
                    }
                    _ => None,
                });
            let Some((block, given)) = given else {
                return false;
            };
            let given = values.strip(given);
            values.constant(given).is_some_and(|number| number != 0)
                || values.is_constant(given) && values.constant(given).is_none()
                || caller
                    .facts
                    .at(&caller.graph, block, site.event)
                    .any(|fact| match &fact.kind {
                        FactKind::Compare { difference, .. } => {
                            matches!(difference.terms.as_slice(), [(term, _)] if *term == given)
                        }
                        FactKind::Asked { .. } => false,
                    })
        })
}
