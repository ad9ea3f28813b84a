//! Values taken out of `ManuallyDrop` fields of `self` on a way that still drops `self`.

use super::super::defect::Defect;
use super::super::ir::{
    Base, Callee, LocalId, Operand, Projection, Rvalue, StatementKind, Terminator,
};
use super::Report;
use super::body::{At, Body, Definition};
use crate::finding::Span;
use crate::syntax::{Field, Kind};

/// `rust-taken-then-dropped`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    let Some(own) = owned_self(body) else {
        return;
    };
    for (at, statement) in body.statements() {
        let StatementKind::Call {
            callee: Callee::Function(path),
            arguments,
            ..
        } = &statement.kind
        else {
            continue;
        };
        let [argument] = arguments.as_slice() else {
            continue;
        };
        if !body.name(*path).ends_with("ManuallyDrop::take") {
            continue;
        }
        let Some(field) = field_of(body, argument, own) else {
            continue;
        };
        if !drop_uses(body, field) {
            continue;
        }
        let Some(end) = leaves_with(body, own, at) else {
            continue;
        };
        Report::new(body, "rust-taken-then-dropped", statement.span)
            .text("$FIELD", field)
            .step(statement.span, "takes the value out")
            .step(
                end,
                "`self` is dropped here, and its `Drop` takes the value once more",
            )
            .push(out);
        return;
    }
}

/// `self` of a method that consumes it.
fn owned_self(body: &Body<'_>) -> Option<LocalId> {
    let first = *body.function.parameters.first()?;
    let local = body.function.local(first)?;
    let is_owned = !body.unit.types.is_pointer(local.ty);
    let text = body.text(local.span).trim();
    (body.name(local.name) == "self" && is_owned && matches!(text, "self" | "mut self"))
        .then_some(first)
}

/// The name of the field in `&mut self.field`.
fn field_of<'a>(body: &Body<'a>, argument: &Operand, own: LocalId) -> Option<&'a str> {
    let Some(Definition::Value(Rvalue::AddressOf(place))) = body.definition_of(argument) else {
        return None;
    };
    match place.path.as_slice() {
        [Projection::Field(name)] if place.base == Base::Local(own) => Some(body.name(*name)),
        _ => None,
    }
}

/// Whether the file's `Drop` of the type drops or takes that field.
fn drop_uses(body: &Body<'_>, field: &str) -> bool {
    let tree = &body.file.tree;
    let text = |node| std::str::from_utf8(tree.text(node, body.file.text)).unwrap_or_default();
    let name_of = |node| {
        let ty = tree.child(node, Field::TYPE)?;
        Some(text(tree.child(ty, Field::TYPE).unwrap_or(ty)))
    };
    let Some(function) = body.file.functions.get(body.function.syntax as usize) else {
        return false;
    };
    let Some(own) = tree
        .ancestors(function.node)
        .find(|&above| tree.kind(above) == Kind::IMPL_ITEM)
        .and_then(name_of)
    else {
        return false;
    };
    let wanted = [
        format!("ManuallyDrop::take(&mut self.{field})"),
        format!("ManuallyDrop::drop(&mut self.{field})"),
    ];
    tree.subtree(tree.root()).any(|node| {
        tree.kind(node) == Kind::IMPL_ITEM
            && tree
                .child(node, Field::TRAIT)
                .is_some_and(|of| text(of) == "Drop")
            && name_of(node) == Some(own)
            && wanted.iter().any(|call| text(node).contains(call))
    })
}

/// Where the function returns, on a way from `at` on which `self` is not given away or forgotten.
fn leaves_with(body: &Body<'_>, own: LocalId, at: At) -> Option<Span> {
    let gives_away = |kind: &StatementKind| {
        let is_own = |operand: &Operand| matches!(operand, Operand::Copy(place) if place.path.is_empty() && place.base == Base::Local(own));
        match kind {
            StatementKind::Call { arguments, .. } => arguments.iter().any(is_own),
            StatementKind::Assign { value, .. } => match value {
                Rvalue::Use(value) => is_own(value),
                Rvalue::Aggregate(parts) => parts.iter().any(|(_, part)| is_own(part)),
                _ => false,
            },
            _ => false,
        }
    };
    // Forgotten or wrapped before it was taken from.
    let graph = body.graph();
    let is_gone = body.statements().any(|(other, statement)| {
        let is_before = match other.block == at.block {
            true => other.index < at.index,
            false => graph.dominates(other.block, at.block),
        };
        is_before && gives_away(&statement.kind)
    });
    if is_gone {
        return None;
    }
    let mut seen = vec![false; body.function.blocks.len()];
    let mut stack = vec![(at.block, at.index + 1)];
    while let Some((block, first)) = stack.pop() {
        let Some(found) = body.function.block(block) else {
            continue;
        };
        body.spend(found.statements.len());
        let rest = found.statements.iter().skip(first);
        if rest
            .into_iter()
            .any(|statement| gives_away(&statement.kind))
        {
            continue;
        }
        if let Terminator::Return(_) = found.terminator {
            return Some(found.span);
        }
        for next in found.terminator.successors() {
            if let Some(flag) = seen.get_mut(next.0 as usize)
                && !*flag
            {
                *flag = true;
                stack.push((next, 0));
            }
        }
    }
    None
}
