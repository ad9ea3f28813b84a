//! Panics that a message decides.

use super::super::defect::Defect;
use super::super::ir::{Base, Callee, Operand, Place, Projection, Rvalue, StatementKind};
use super::Report;
use super::body::{At, Body, Definition};
use super::lengths::is_receiver;
use crate::finding::Span;

/// `rust-panic-on-input`, `rust-capacity-unwrapped`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        match &statement.kind {
            StatementKind::Call {
                callee: Callee::Macro(name),
                ..
            } if matches!(
                body.name(*name),
                "panic" | "unreachable" | "todo" | "unimplemented"
            ) =>
            {
                reachable_panic(body, at, body.name(*name), statement.span, out);
                if body.name(*name) == "panic" {
                    fruitless_search(body, at, statement.span, out);
                }
            }
            StatementKind::Assert { condition, name } if !body.name(*name).starts_with("debug") => {
                assertion(body, condition, body.name(*name), statement.span, out);
            }
            StatementKind::Call {
                callee: Callee::Method(name),
                arguments,
                ..
            } if matches!(body.name(*name), "unwrap" | "expect") => {
                if let Some(receiver) = arguments.first() {
                    capacity(body, at, receiver, statement.span, out);
                }
            }
            _ => {}
        }
    }
}

/// A search that panics when it finds nothing, in a file whose functions report errors.
fn fruitless_search(body: &Body<'_>, at: At, span: Span, out: &mut Vec<Defect>) {
    let result = body.function.result;
    if body.can_fail()
        || result == super::super::ir::TypeId::VOID
        || body.documents_panic()
        || !leaves_loop(body, at)
    {
        return;
    }
    let name = body.function_name();
    let caller = body.unit.functions.iter().any(|function| {
        body.is_named(function.result, "Result")
            && function.blocks.iter().any(|block| {
                block.statements.iter().any(|statement| {
                    matches!(&statement.kind, StatementKind::Call { callee, .. }
                        if body.callee_name(callee) == name)
                })
            })
    });
    if !caller {
        return;
    }
    Report::new(body, "rust-panic-on-input", span)
        .text("$MACRO", "panic")
        .step(
            span,
            "the search found nothing; its callers could report that",
        )
        .push(out);
}

/// Whether the block is where a loop ends that came to no result.
fn leaves_loop(body: &Body<'_>, at: At) -> bool {
    let graph = body.graph();
    let Some(head) = graph.up(at.block).nth(1) else {
        return false;
    };
    // A loop's head dominates a block that leads to it.
    let is_head = graph
        .predecessors
        .get(head.0 as usize)
        .is_some_and(|list| list.iter().any(|from| graph.dominates(head, *from)));
    is_head
        && matches!(
            body.function.block(head).map(|block| &block.terminator),
            Some(super::super::ir::Terminator::Branch { otherwise, .. }) if *otherwise == at.block
        )
}

/// `todo!()` or `panic!()` in a function that takes messages apart and can fail.
fn reachable_panic(body: &Body<'_>, at: At, name: &str, span: Span, out: &mut Vec<Defect>) {
    if body.documents_panic() {
        return;
    }
    if is_decided_by_bytes(body, at) {
        Report::new(body, "rust-panic-on-input", span)
            .text("$MACRO", name)
            .step(span, "reached by a value that the sender chooses")
            .push(out);
        return;
    }
    if name == "unreachable" || !is_receiver(body.function_name()) || !body.can_fail() {
        return;
    }
    // In an arm that a variant or number of a parameter decides.
    let decided = body.graph().up(at.block).skip(1).any(|block| {
        let Some(super::super::ir::Terminator::Branch { condition, .. }) =
            body.function.block(block).map(|block| &block.terminator)
        else {
            return false;
        };
        match body.definition_of(condition) {
            Some(Definition::Value(Rvalue::Binary(_, left, _))) => match body.definition_of(left) {
                Some(Definition::Value(Rvalue::Discriminant(place))) => is_of_message(body, place),
                _ => matches!(left, Operand::Copy(place) if is_of_message(body, place)),
            },
            _ => false,
        }
    });
    if !decided {
        return;
    }
    Report::new(body, "rust-panic-on-input", span)
        .text("$MACRO", name)
        .step(span, "reached by a value that the sender chooses")
        .push(out);
}

/// Whether the branch right before decides by a byte or number of a message.
fn is_decided_by_bytes(body: &Body<'_>, at: At) -> bool {
    use super::super::ir::Terminator;
    let last = body.graph().up(at.block).skip(1).find_map(|block| {
        let terminator = &body.function.block(block)?.terminator;
        (terminator.successors().len() > 1).then_some(terminator)
    });
    match last {
        Some(Terminator::Switch { value, .. }) => is_received_number(body, value),
        Some(Terminator::Branch { condition, .. }) => match body.definition_of(condition) {
            Some(Definition::Value(Rvalue::Binary(op, left, right))) if op.is_comparison() => {
                is_received_number(body, left) || is_received_number(body, right)
            }
            _ => false,
        },
        _ => false,
    }
}

/// A number of a message, as the sender wrote it: what is left of one behind a mask has few values,
/// and the arms may name all of them.
fn is_received_number(body: &Body<'_>, operand: &Operand) -> bool {
    if is_reduced(body, operand) {
        return false;
    }
    let Operand::Copy(place) = operand else {
        return false;
    };
    if let Base::Local(local) = place.base
        && place.path.is_empty()
        && body.is_parameter(local)
    {
        let name = body.function.local(local).map_or("", |l| body.name(l.name));
        return is_receiver(body.function_name())
            && matches!(
                name,
                "op" | "opcode" | "cmd" | "command" | "msg_type" | "code"
            )
            && body.unit.types.int(place.ty).is_some();
    }
    let Some(source) = body.message_source(operand) else {
        return false;
    };
    let root = source.of.or_else(|| body.root(place));
    !super::sources::sends(body.function_name())
        && (root.is_some_and(|root| body.is_named_input(root)) || is_receiver(body.function_name()))
}

/// `x & 3`, `x >> 6`, `x % 4`, by way of variables and casts.
fn is_reduced(body: &Body<'_>, operand: &Operand) -> bool {
    use super::super::ir::BinaryOp;
    let mut operand = operand;
    for _ in 0..6 {
        operand = match body.definition_of(operand) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                inner
            }
            Some(Definition::Value(Rvalue::Binary(op, ..))) => {
                return matches!(
                    op,
                    BinaryOp::And | BinaryOp::Shr | BinaryOp::Rem | BinaryOp::Div
                );
            }
            _ => return false,
        };
    }
    false
}

/// A value read from a parameter, or by an accessor of one.
fn is_of_message(body: &Body<'_>, place: &Place) -> bool {
    let mut place = place.clone();
    for _ in 0..6 {
        let Base::Local(local) = place.base else {
            return false;
        };
        if body.is_parameter(local) {
            return body
                .function
                .local(local)
                .is_some_and(|l| body.name(l.name) != "self");
        }
        place = match body.definition(local) {
            // An accessor: `packet.option_type()`.
            Some(Definition::Call(_, [Operand::Copy(inner)])) => inner.clone(),
            Some(Definition::Value(
                Rvalue::Use(Operand::Copy(inner)) | Rvalue::AddressOf(inner),
            )) => inner.clone(),
            _ => return false,
        };
    }
    false
}

/// `assert_eq!(request.level, ..)` in a function that can fail.
fn assertion(body: &Body<'_>, condition: &Operand, name: &str, span: Span, out: &mut Vec<Defect>) {
    let Some(Definition::Value(Rvalue::Binary(_, left, right))) = body.definition_of(condition)
    else {
        return;
    };
    let can_refuse = body.can_fail();
    let Some(field) = [left, right].into_iter().find(|operand| {
        can_refuse && is_field_of_message(body, operand) || is_claim_of_bytes(body, operand)
    }) else {
        return;
    };
    Report::new(body, "rust-panic-on-input", span)
        .text("$MACRO", name)
        .operand("$VALUE", field)
        .step(span, "a field of the message decides whether this panics")
        .push(out);
}

/// `frame.len()` or `frame[0]` of a message in an assertion: the sender may send less, or another one.
/// Bytes that are called by no such name may be the caller's own, so there the function must be one
/// that takes messages, or could refuse them.
fn is_claim_of_bytes(body: &Body<'_>, operand: &Operand) -> bool {
    let Operand::Copy(place) = operand else {
        return false;
    };
    let root = match body.origin(operand) {
        Some(Definition::Value(Rvalue::Len(of))) => body.root(of),
        _ if place
            .path
            .iter()
            .any(|step| matches!(step, Projection::Index(_))) =>
        {
            body.root(place)
        }
        _ => body.message_source(operand).and_then(|_| body.root(place)),
    };
    let Some(root) = root else { return false };
    body.is_received_bytes(root)
        && !body.documents_panic()
        && !super::sources::sends(body.function_name())
        && (body.is_named_message(root) || is_receiver(body.function_name()))
}

/// `request.level` where `request` is a parameter or was bound from one.
fn is_field_of_message(body: &Body<'_>, operand: &Operand) -> bool {
    const NAMES: &[&str] = &[
        "request", "req", "packet", "frame", "msg", "message", "header", "hdr", "pdu", "command",
        "cmd", "repr",
    ];
    let Operand::Copy(place) = operand else {
        return false;
    };
    let Base::Local(local) = place.base else {
        return false;
    };
    let Some(declared) = body.function.local(local) else {
        return false;
    };
    place
        .path
        .iter()
        .any(|step| matches!(step, Projection::Field(_)))
        && NAMES.contains(&body.name(declared.name))
}

/// `Vec::from_slice(x).unwrap()`, `v.resize_default(n).unwrap()`: the capacity may not do.
fn capacity(body: &Body<'_>, at: At, receiver: &Operand, span: Span, out: &mut Vec<Defect>) {
    let Some(Definition::Call(callee, arguments)) = body.definition_of(receiver) else {
        return;
    };
    let name = body.callee_name(callee);
    let amount = match (name, callee, arguments) {
        ("from_slice" | "try_from_slice", Callee::Function(path), [slice])
            if body.name(*path).contains("Vec") || body.name(*path).contains("String") =>
        {
            slice
        }
        ("extend_from_slice", Callee::Method(_), [_, slice]) => slice,
        ("resize_default" | "resize", Callee::Method(_), [_, amount, ..]) => amount,
        _ => return,
    };
    let is_open = match name {
        "resize_default" | "resize" => {
            body.source(amount).is_some() && !is_limited_by_name(body, at, amount)
        }
        _ => is_open_slice(body, amount) && !is_tested(body, at, amount),
    };
    if !is_open {
        return;
    }
    Report::new(body, "rust-capacity-unwrapped", span)
        .operand("$VALUE", amount)
        .text("$CALL", name)
        .step(
            span,
            "fails when it is more than the capacity, and the failure panics",
        )
        .push(out);
}

/// A whole slice parameter.
fn is_open_slice(body: &Body<'_>, operand: &Operand) -> bool {
    let Operand::Copy(place) = operand else {
        return false;
    };
    place
        .path
        .iter()
        .all(|step| matches!(step, Projection::Deref))
        && matches!(place.base, Base::Local(local) if body.is_parameter(local))
        && body.unit.types.pointee(place.ty).is_some_and(|to| {
            matches!(
                body.unit.types.get(to),
                super::super::ir::Type::Slice { .. }
            )
        })
}

fn is_tested(body: &Body<'_>, at: At, operand: &Operand) -> bool {
    let Operand::Copy(place) = operand else {
        return true;
    };
    let own = body.place_key(place);
    let lengths: Vec<u64> = body
        .statements()
        .filter_map(|(_, statement)| match &statement.kind {
            StatementKind::Assign {
                target,
                value: Rvalue::Len(of),
            } if body.place_key(of) == own => Some(body.place_key(target)),
            _ => None,
        })
        .collect();
    body.facts(at.block).iter().any(|fact| {
        [&fact.left, &fact.right]
            .into_iter()
            .flatten()
            .any(|key| lengths.contains(key) || *key == own)
    })
}

/// Compared with a named limit; a bare number is no capacity.
fn is_limited_by_name(body: &Body<'_>, at: At, operand: &Operand) -> bool {
    let parts = body.parts(operand);
    body.facts(at.block).iter().any(|fact| {
        super::facts::overlaps(&fact.left, &parts)
            && !(fact.right_number.is_some() && is_literal_bound(body, at, &parts))
    })
}

/// Whether the bound of a comparison was written as a number.
fn is_literal_bound(body: &Body<'_>, at: At, parts: &[u64]) -> bool {
    body.graph().up(at.block).any(|block| {
        let Some(super::super::ir::Terminator::Branch { condition, .. }) =
            body.function.block(block).map(|block| &block.terminator)
        else {
            return false;
        };
        matches!(body.definition_of(condition), Some(Definition::Value(Rvalue::Binary(_, left, Operand::Constant(constant))))
            if constant.origin == super::super::ir::Origin::Literal
                && super::facts::overlaps(&body.parts(left), parts))
    })
}
