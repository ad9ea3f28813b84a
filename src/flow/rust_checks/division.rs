//! Divisors that may be zero.

use super::super::defect::Defect;
use super::super::ir::{Base, BinaryOp, Operand, Projection, Rvalue, StatementKind};
use super::Report;
use super::body::{At, Body, Definition};

/// `rust-division-by-data`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        let StatementKind::Assign {
            value: Rvalue::Binary(BinaryOp::Div | BinaryOp::Rem, _, right),
            target,
        } = &statement.kind
        else {
            continue;
        };
        if body.unit.types.int(target.ty).is_none()
            && body.unit.types.int(body.type_of(right)).is_none()
        {
            // Floating point, or another type's operator.
            let is_bound = is_bound_by_pattern(body, right);
            if !is_bound {
                continue;
            }
        }
        if body.is_constant(right) || is_not_zero(body, at, right) {
            continue;
        }
        let source = body.message_source(right);
        let is_bound = is_bound_by_pattern(body, right);
        if source.is_none() && !is_bound && !is_checked_input(body, right) {
            continue;
        }
        // A private function's parameter is what its callers pass.
        if let (None, false, Some(parameter)) = (&source, is_bound, body.plain_parameter(right))
            && body.callers_rule_out(parameter, &|caller, at, argument, _| {
                caller.is_constant(argument)
                    || is_not_zero(caller, at, argument)
                    || !caller.is_foreign(argument)
            })
        {
            continue;
        }
        Report::new(body, "rust-division-by-data", statement.span)
            .operand("$VALUE", right)
            .from(source)
            .step(statement.span, "divides; nothing excluded zero")
            .push(out);
    }
}

/// A field of an enum or struct of a message that a pattern took apart.
fn is_bound_by_pattern(body: &Body<'_>, operand: &Operand) -> bool {
    let Operand::Copy(place) = operand else {
        return false;
    };
    let (Base::Local(local), true) = (place.base, place.path.is_empty()) else {
        return false;
    };
    let Some(Definition::Value(Rvalue::Use(Operand::Copy(from)))) = body.definition(local) else {
        return false;
    };
    let Base::Local(root) = from.base else {
        return false;
    };
    from.path.iter().any(|step| match step {
        Projection::Field(name) => body.name(*name).contains('.') && !body.is_payload(step),
        _ => false,
    }) && body.is_parameter(root)
        && body
            .function
            .local(root)
            .is_some_and(|root| body.name(root.name) != "self")
}

/// A plain parameter of a function that can say no.
fn is_checked_input(body: &Body<'_>, operand: &Operand) -> bool {
    let Some((bits, _)) = body.unit.types.int(body.type_of(operand)) else {
        return false;
    };
    let Operand::Copy(place) = operand else {
        return false;
    };
    let is_parameter = place.path.is_empty()
        && matches!(place.base, Base::Local(local) if body.is_parameter(local));
    bits > 1
        && is_parameter
        && !body.documents_panic()
        && body.is_named(body.function.result, "Result")
}

fn is_not_zero(body: &Body<'_>, at: At, operand: &Operand) -> bool {
    if body.is_mentioned(operand, at.block) {
        return true;
    }
    match body.origin(operand) {
        Some(Definition::Call(callee, _)) => matches!(
            body.callee_name(callee),
            "max" | "clamp" | "get" | "next_power_of_two"
        ),
        Some(Definition::Value(Rvalue::Binary(op, left, right))) => {
            matches!(op, BinaryOp::Add | BinaryOp::Or | BinaryOp::Shl)
                && (body.number(left).is_some_and(|n| n > 0)
                    || body.number(right).is_some_and(|n| n > 0))
        }
        _ => false,
    }
}
