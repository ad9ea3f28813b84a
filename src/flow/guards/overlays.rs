//! Options of a walk that are taken for a larger record before their own length was compared.

use super::facts::FactKind;
use super::graph::Loop;
use super::numbering::EventKind;
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId, Written};
use crate::flow::Defect;
use crate::flow::ir::{
    Base, BinaryOp, Function, LocalId, Operand, Rvalue, StatementKind, Type, TypeId,
};

/// Reports `option-cast-before-length`, once for each record and walk.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for found in &view.graph.loops {
        if was_asked_before(view, found) {
            continue;
        }
        let mut told: Vec<TypeId> = Vec::new();
        for cursor in cursors(view, found) {
            casts(view, found, cursor, &mut told, out);
        }
    }
}

/// Whether a call before the loop got the bytes that it walks over and their number, and its result was
/// asked, if only in some configurations: it may have walked before.
fn was_asked_before(view: &View<'_>, found: &Loop) -> bool {
    let values = view.values();
    let starts: Vec<ValueId> = cursors(view, found)
        .into_iter()
        .flat_map(|cursor| values.inputs.get(&cursor).into_iter().flatten())
        .filter(|(from, _)| !found.contains(*from))
        .map(|(_, input)| values.strip(*input))
        .collect();
    view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Call {
            callee: Some(callee),
            arguments,
            result,
            ..
        } => {
            is_validator(view.name(*callee))
                && view.graph.rank_before(event.block, found.head)
                && arguments
                    .iter()
                    .any(|id| starts.contains(&values.strip(*id)))
                && arguments
                    .iter()
                    .any(|id| !view.is_pointer(*id) && !values.is_constant(*id))
                && is_decided_before(view, *result, event.block, found.head)
        }
        _ => false,
    })
}

/// Whether a branch that the loop lies behind asks for the result of a call. Where only some
/// configurations make the call, the branch need not be on every way either.
fn is_decided_before(view: &View<'_>, result: ValueId, call: u32, head: u32) -> bool {
    let is_optional = !view.graph.dominates(call, head);
    (0_u32..)
        .zip(&view.numbered.conditions)
        .any(|(block, condition)| {
            (view.graph.dominates(block, head)
                || is_optional && view.graph.rank_before(block, head))
                && condition
                    .is_some_and(|condition| view.values().sources(condition).contains(&result))
        })
}

fn is_validator(name: &str) -> bool {
    let words = super::names::words(name);
    // A right checksum or signature says nothing of the lengths inside.
    let is_of_sum = words.iter().any(|word| {
        word.contains("crc")
            || word.ends_with("sum")
            || word.starts_with("sign")
            || matches!(
                word.as_str(),
                "cmac" | "digest" | "hash" | "hmac" | "mac" | "md" | "sha" | "sig"
            )
    });
    !is_of_sum
        && words.iter().any(|word| {
            word.starts_with("valid")
                || matches!(word.as_str(), "check" | "verify" | "sane" | "sanity")
        })
}

/// Pointers into received bytes that a loop moves on.
fn cursors(view: &View<'_>, found: &Loop) -> Vec<ValueId> {
    let values = view.values();
    let mut out: Vec<ValueId> = values
        .inputs
        .keys()
        .copied()
        .filter(|phi| {
            matches!(values.get(*phi), Value::Phi { block, .. } if block == found.head)
                && view.is_pointer(*phi)
                && view.is_received(view.region(*phi))
        })
        .collect();
    out.sort_unstable();
    out
}

/// Whether the loop puts what the cursor becomes into that variable.
fn holds(view: &View<'_>, found: &Loop, cursor: ValueId, local: LocalId) -> bool {
    let values = view.values();
    view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Assign { local: other, value }
        if *other == local
            && found.contains(event.block)
            && values.inputs.get(&cursor).is_some_and(|list| {
                list.iter().any(|(_, input)| values.strip(*input) == values.strip(*value))
            }))
    })
}

/// What the variable may stand at: the cursor, and what the loop puts there in each round.
fn held(view: &View<'_>, found: &Loop, cursor: ValueId, local: LocalId) -> Vec<ValueId> {
    let values = view.values();
    let mut out = vec![cursor];
    for event in &view.numbered.events {
        if let EventKind::Assign {
            local: other,
            value,
        } = &event.kind
            && *other == local
            && found.contains(event.block)
        {
            out.push(values.root(*value));
        }
    }
    out
}

fn is_record_pointer(view: &View<'_>, ty: TypeId) -> bool {
    view.unit
        .types
        .pointee(ty)
        .is_some_and(|to| matches!(view.unit.types.get(to), Type::Record(_) | Type::Named(_)))
}

fn casts(
    view: &View<'_>,
    found: &Loop,
    cursor: ValueId,
    told: &mut Vec<TypeId>,
    out: &mut Vec<Defect>,
) {
    for &block in &view.graph.order {
        if !view.graph.dominates(found.head, block) {
            continue;
        }
        let Some(body) = view.function.block(crate::flow::ir::BlockId(block)) else {
            continue;
        };
        for statement in &body.statements {
            let StatementKind::Assign {
                target,
                value:
                    Rvalue::Cast {
                        value: Operand::Copy(place),
                        to,
                        is_explicit: true,
                    },
            } = &statement.kind
            else {
                continue;
            };
            let Base::Local(local) = place.base else {
                continue;
            };
            let own = type_of(view.function, local);
            if !place.path.is_empty()
                || *to == own
                || told.contains(to)
                || !is_record_pointer(view, own)
                || !holds(view, found, cursor, local)
                || !is_record_pointer(view, *to)
                || fits(view, own, *to)
                || held(view, found, cursor, local)
                    .into_iter()
                    .any(|at| is_compared(view, at, block, *to))
                || view.unit.types.pointee(*to).is_some_and(|record| {
                    super::measured::is_left_to_callees(view, cursor, target, record)
                })
            {
                continue;
            }
            let name = view
                .function
                .local(local)
                .map_or("", |local| view.name(local.name))
                .to_owned();
            let record = view.pointee_name(*to).unwrap_or("a record").to_owned();
            told.push(*to);
            out.push(view.defect(
                "option-cast-before-length",
                statement.span,
                vec![("$OPT", name.clone()), ("$TYPE", record.clone())],
                None,
                vec![note(
                    view.values().span(cursor),
                    format!("`{name}` walks over received bytes"),
                )],
                format!(
                    "`{name}` is taken for a `{record}`; nothing compares the length it has with the size of that"
                ),
            ));
        }
    }
}

fn type_of(function: &Function, local: LocalId) -> TypeId {
    function
        .local(local)
        .map_or(TypeId::UNKNOWN, |local| local.ty)
}

/// Whether the record is known to be no larger than what the walk already reads.
fn fits(view: &View<'_>, from: TypeId, to: TypeId) -> bool {
    let size = |ty| {
        view.unit
            .types
            .pointee(ty)
            .and_then(|to| view.unit.types.size(to))
    };
    match (size(from), size(to)) {
        (Some(own), Some(other)) => other <= own,
        _ => false,
    }
}

/// Whether a comparison on every way to a block asks for the length of what the cursor is at.
fn is_compared(view: &View<'_>, cursor: ValueId, block: u32, record: TypeId) -> bool {
    let values = view.values();
    let record = view.unit.types.pointee(record);
    let size = record.and_then(|record| view.unit.types.size(record));
    view.facts
        .at(view.graph, block, u32::MAX)
        .any(|fact| match &fact.kind {
            FactKind::Compare {
                op,
                left,
                right,
                difference,
            } => {
                if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                    // `opt->len == 4`: a length all the same.
                    return left != right
                        && difference.constant != 0
                        && difference
                            .terms
                            .iter()
                            .any(|(term, _)| is_length_at(view, *term, cursor));
                }
                left != right
                    && (difference
                        .terms
                        .iter()
                        .any(|(term, _)| depends(view, *term, cursor))
                        // `(uint8_t *)opt + sizeof(struct big) <= end`
                        || difference.factor(cursor) != 0
                            && (size.is_some_and(|size| {
                                difference.constant.unsigned_abs() >= u128::from(size)
                            }) || difference.terms.iter().any(|(term, _)| {
                                matches!(values.get(*term), Value::Constant { written: Written::Sizeof(of), .. }
                                    if Some(of) == record)
                            })))
            }
            FactKind::Asked { call } => values
                .calls
                .get(call)
                .is_some_and(|(_, arguments)| arguments.contains(&cursor)),
        })
}

/// Whether a number was read through the cursor, or given by a call that got it.
fn depends(view: &View<'_>, term: ValueId, cursor: ValueId) -> bool {
    let values = view.values();
    let mut leaves = Vec::new();
    values.leaves(term, &mut leaves);
    leaves
        .iter()
        .any(|leaf| match values.get(*leaf) {
            Value::Load { location, .. } => values.root(location) == cursor,
            Value::Pure { .. } | Value::Call(_) => {
                values.calls.get(leaf).is_some_and(|(_, arguments)| {
                    arguments.iter().any(|argument| {
                        values.root(*argument) == cursor
                            || matches!(values.get(values.strip(*argument)), Value::Load { location, .. }
                                if values.root(location) == cursor)
                    })
                })
            }
            _ => false,
        })
}

fn is_length_at(view: &View<'_>, term: ValueId, cursor: ValueId) -> bool {
    let values = view.values();
    match values.get(values.strip(term)) {
        Value::Load { location, .. } => {
            values.root(location) == cursor
                && matches!(values.get(location), Value::Field(_, name)
                    if super::names::is_length_name(view.name(name)))
        }
        Value::Pure { callee, .. } => {
            super::names::is_length_name(view.name(callee)) && depends(view, term, cursor)
        }
        _ => false,
    }
}
