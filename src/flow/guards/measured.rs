//! Functions that look at the length that a record has, before anything else is made of it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Direction, FactKind};
use super::file_facts::Analysed;
use super::numbering::EventKind;
use super::roles::View;
use super::values::{Value, ValueId, Values};
use crate::flow::ir::{
    Base, Callee, Function, Operand, Place, Rvalue, StatementKind, Symbol, TypeId, Unit,
};
use crate::flow::summary::Question;

/// Notes the parameters whose object holds a length that the function compares.
pub(super) fn note(
    unit: &Unit,
    analysed: &Analysed,
    function: &Function,
    out: &mut FxHashSet<(Symbol, u32)>,
) {
    let values = &analysed.numbered.values;
    for condition in analysed.numbered.conditions.iter().flatten() {
        let mut kinds = Vec::new();
        super::facts::decompose(values, *condition, true, &mut kinds, 0);
        for kind in kinds {
            let FactKind::Compare { difference, .. } = &kind else {
                continue;
            };
            // The length itself, and not what a loop is told by it.
            for (term, _) in &difference.terms {
                if let Value::Load { location, .. } = values.get(values.strip(*term))
                    && let Value::Field(_, name) = values.get(location)
                    && super::names::is_length_name(unit.names.text(name))
                    && let Value::Parameter(index) = values.get(values.root(location))
                {
                    out.insert((function.name, index));
                }
            }
        }
    }
}

/// Notes fields that are named as lengths: whether all that is written there, constants left out, was compared
/// with a limit before.
pub(super) fn note_capped(unit: &Unit, analysed: &Analysed, out: &mut FxHashMap<Symbol, bool>) {
    let values = &analysed.numbered.values;
    let field = |location: ValueId| match values.get(location) {
        Value::Field(_, name) if super::names::is_length_name(unit.names.text(name)) => Some(name),
        _ => None,
    };
    for (index, event) in analysed.numbered.events.iter().enumerate() {
        match &event.kind {
            EventKind::Write {
                location, value, ..
            } => {
                let Some(name) = field(*location) else {
                    continue;
                };
                // A constant neither is a limit nor breaks one.
                if values.is_constant(*value) {
                    continue;
                }
                let leaves = values.sources(*value);
                let is_capped = analysed
                    .facts
                    .at(&analysed.graph, event.block, index as u32)
                    .any(|fact| {
                        matches!(&fact.kind, FactKind::Compare { difference, .. }
                                if difference.constant != 0 || difference.terms.len() > 1)
                            && fact.bounds(values, &leaves, Direction::Upper)
                    })
                    || !leaves.is_empty()
                        && leaves
                            .iter()
                            .all(|leaf| matches!(values.get(*leaf), Value::Min(..)));
                *out.entry(name).or_insert(true) &= is_capped;
            }
            // Who is given its address may write anything.
            EventKind::Call { arguments, .. } => {
                for name in arguments.iter().filter_map(|id| field(*id)) {
                    out.insert(name, false);
                }
            }
            _ => {}
        }
    }
}

/// Whether a record that a walk was taken for is left to functions that compare the length there:
/// one of them gets it, and nothing else of it is read here.
pub(super) fn is_left_to_callees(
    view: &View<'_>,
    cursor: ValueId,
    target: &Place,
    record: TypeId,
) -> bool {
    let Base::Local(first) = target.base else {
        return false;
    };
    let mut locals = vec![first];
    let statements = || {
        view.function
            .blocks
            .iter()
            .flat_map(|body| &body.statements)
    };
    for statement in statements() {
        if let StatementKind::Assign {
            target,
            value: Rvalue::Use(Operand::Copy(place)),
        } = &statement.kind
            && place.path.is_empty()
            && target.path.is_empty()
            && let (Base::Local(from), Base::Local(to)) = (place.base, target.base)
            && locals.contains(&from)
        {
            locals.push(to);
        }
    }
    let is_measured = statements().any(|statement| {
        let StatementKind::Call {
            callee: Callee::Function(name),
            arguments,
            ..
        } = &statement.kind
        else {
            return false;
        };
        arguments.iter().enumerate().any(|(at, argument)| {
            matches!(argument, Operand::Copy(place) if place.path.is_empty()
                && matches!(place.base, Base::Local(local) if locals.contains(&local)))
                && u32::try_from(at).is_ok_and(|at| {
                    view.file.measures(*name, at)
                        || view.ask(*name, Question::Measures(at)).is_some()
                })
        })
    });
    let values = view.values();
    let copies = copies_of(values, cursor);
    is_measured
        && !view.numbered.events.iter().any(|event| match &event.kind {
            EventKind::Read {
                location,
                record: of,
                ..
            }
            | EventKind::Write {
                location,
                record: of,
                ..
            } => *of == record && copies.contains(&values.root(*location)),
            _ => false,
        })
}

/// The value and what it is joined into.
fn copies_of(values: &Values, pointer: ValueId) -> Vec<ValueId> {
    let mut out = vec![values.strip(pointer)];
    let mut next = 0;
    while let Some(&one) = out.get(next) {
        next += 1;
        if next > 16 {
            break;
        }
        let mut joined: Vec<ValueId> = values
            .inputs
            .iter()
            .filter(|(_, list)| list.iter().any(|(_, input)| values.strip(*input) == one))
            .map(|(phi, _)| *phi)
            .filter(|phi| !out.contains(phi))
            .collect();
        joined.sort_unstable();
        out.extend(joined);
    }
    out
}
