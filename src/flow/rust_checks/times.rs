//! Differences of points in time.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, Operand, Projection, Rvalue, StatementKind, TypeId,
};
use super::Report;
use super::body::{At, Body, Definition};
use crate::finding::Span;

/// Types whose `-` panics below zero.
const TIMES: &[&str] = &[
    "Instant",
    "Duration",
    "SystemTime",
    "MicrosDurationU64",
    "Timestamp",
];

/// `rust-instant-difference`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        if let StatementKind::Assign {
            value: Rvalue::Binary(BinaryOp::Sub, left, right),
            ..
        } = &statement.kind
        {
            difference(body, at, left, right, statement.span, out);
        }
    }
}

fn difference(
    body: &Body<'_>,
    at: At,
    left: &Operand,
    right: &Operand,
    span: Span,
    out: &mut Vec<Defect>,
) {
    let is_operator =
        body.function_name() == "sub" && is_own_number(body, left) && is_own_number(body, right);
    // A span taken off a point in time; two points have an order that their names tell.
    let is_time = is_instant(body, left)
        && !matches!(body.function_name(), "sub" | "sub_assign")
        && (is_duration_call(body, right) || is_time_type(body, body.type_of(right)))
        && !is_instant(body, right);
    if !is_operator && !is_time {
        return;
    }
    if body.is_mentioned(left, at.block) || body.is_mentioned(right, at.block) {
        return;
    }
    Report::new(body, "rust-instant-difference", span)
        .operand("$A", left)
        .operand("$B", right)
        .step(
            span,
            "panics when the second is later; nothing compared them",
        )
        .push(out);
}

/// `self.0`, `rhs.0` of a time type that the file defines.
fn is_own_number(body: &Body<'_>, operand: &Operand) -> bool {
    let Operand::Copy(place) = operand else {
        return false;
    };
    let Base::Local(local) = place.base else {
        return false;
    };
    let ty = body
        .function
        .local(local)
        .map_or(TypeId::UNKNOWN, |local| local.ty);
    let first = body
        .function
        .parameters
        .first()
        .and_then(|parameter| body.function.local(*parameter))
        .map_or(TypeId::UNKNOWN, |local| local.ty);
    matches!(place.path.last(), Some(Projection::Field(_)))
        && body.is_parameter(local)
        && body.is_named(ty, "Instant")
        && body.is_named(first, "Instant")
        && !matches!(body.unit.types.int(place.ty), Some((_, true)))
}

fn is_time_type(body: &Body<'_>, ty: TypeId) -> bool {
    TIMES.iter().any(|name| body.is_named(ty, name))
}

/// A parameter, field or variable that is declared as an instant.
fn is_instant(body: &Body<'_>, operand: &Operand) -> bool {
    if body.is_named(body.type_of(operand), "Instant") {
        return true;
    }
    match body.origin(operand) {
        Some(Definition::Call(Callee::Function(path), [])) => {
            body.name(*path).ends_with("Instant::now")
        }
        _ => false,
    }
}

/// `Duration::from_millis(..)`.
fn is_duration_call(body: &Body<'_>, operand: &Operand) -> bool {
    match body.origin(operand) {
        Some(Definition::Call(Callee::Function(path), _)) => {
            body.name(*path).contains("Duration::from_")
        }
        _ => false,
    }
}
