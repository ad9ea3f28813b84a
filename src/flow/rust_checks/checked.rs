//! Functions that check a buffer's length on behalf of accessors.

use super::super::defect::Defect;
use super::super::ir::{Callee, Operand, Projection, Rvalue, StatementKind};
use super::Report;
use super::body::{Body, Definition};
use super::slices::each_place;

/// `rust-read-before-length` of length checks and checked constructors.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    length_checks(body, out);
    weak_constructor(body, out);
}

/// `fn check_len` reads the buffer through an accessor before any length was compared.
fn length_checks(body: &Body<'_>, out: &mut Vec<Defect>) {
    let name = body.function_name();
    if !matches!(name, "check_len" | "check_length" | "validate_len") {
        return;
    }
    for (at, statement) in body.statements() {
        let StatementKind::Call {
            callee: Callee::Method(method),
            arguments,
            ..
        } = &statement.kind
        else {
            continue;
        };
        if arguments.len() != 1 || !reads_bytes(body, *method, 1) {
            continue;
        }
        let has_fact = body.facts(at.block).iter().any(|fact| {
            fact.right_number.is_some_and(|n| n > 0) || fact.left_number.is_some_and(|n| n > 0)
        });
        if has_fact || !body.facts(at.block).is_empty() {
            return;
        }
        Report::new(body, "rust-read-before-length", statement.span)
            .text("$CALL", body.name(*method))
            .step(
                statement.span,
                "reads the buffer that this function is about to check",
            )
            .push(out);
        return;
    }
}

/// Whether a method of the file reads the buffer at an offset, and tests nothing itself.
fn reads_bytes(body: &Body<'_>, method: super::super::ir::Symbol, depth: u32) -> bool {
    let Some(function) = body.unit.function(method) else {
        return false;
    };
    function.parameters.len() == 1
        && function.blocks.iter().any(|block| {
            block.statements.iter().any(|statement| {
                // One accessor more in between.
                if depth > 0
                    && let StatementKind::Call {
                        callee: Callee::Method(inner),
                        arguments,
                        ..
                    } = &statement.kind
                    && arguments.len() == 1
                    && *inner != method
                    && reads_bytes(body, *inner, depth - 1)
                {
                    return true;
                }
                let mut found = matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), .. }
                    if body.name(*name).starts_with("index_range"));
                each_place(&statement.kind, &mut |place| {
                    found |= place
                        .path
                        .iter()
                        .any(|step| matches!(step, Projection::Index(_)));
                });
                found
            })
        })
}

/// `new_checked` asks only whether there is anything, though accessors read at offsets.
fn weak_constructor(body: &Body<'_>, out: &mut Vec<Defect>) {
    if !matches!(
        body.function_name(),
        "new_checked" | "check_len" | "check_length" | "try_new" | "parse_checked"
    ) {
        return;
    }
    let mut only = None;
    for (_, statement) in body.statements() {
        match &statement.kind {
            StatementKind::Assign {
                value: Rvalue::Binary(op, left, right),
                ..
            } if op.is_comparison() => {
                let is_length = |operand: &Operand| {
                    matches!(
                        body.origin(operand),
                        Some(Definition::Value(Rvalue::Len(_)))
                    )
                };
                if !is_length(left) || body.number(right) != Some(0) {
                    return;
                }
                only = Some(statement.span);
            }
            // Another function may do the rest.
            StatementKind::Call {
                callee: Callee::Method(name),
                ..
            } if !matches!(body.name(*name), "as_ref" | "as_mut" | "len") => return,
            StatementKind::Call {
                callee: Callee::Function(_),
                ..
            } => return,
            _ => {}
        }
    }
    let Some(span) = only else { return };
    let Some((method, offset)) = farthest_accessor(body) else {
        return;
    };
    Report::new(body, "rust-read-before-length", span)
        .text("$CALL", method)
        .text("$OFFSET", offset.to_string())
        .step(span, "the only test of the length")
        .push(out);
}

/// The accessor of the same type that reads farthest from the start, and how far.
fn farthest_accessor<'a>(body: &Body<'a>) -> Option<(&'a str, i128)> {
    let own = implementation(body, body.function.syntax)?;
    let mut best: Option<(&str, i128)> = None;
    for function in &body.unit.functions {
        let is_accessor = function.parameters.len() == 1
            && function.blocks.len() <= 8
            && implementation(body, function.syntax).is_some_and(|other| other == own);
        if !is_accessor {
            continue;
        }
        let mut farthest = 0;
        for statement in function.blocks.iter().flat_map(|block| &block.statements) {
            if let StatementKind::Call {
                callee: Callee::Function(name),
                arguments,
                ..
            } = &statement.kind
                && body.name(*name).starts_with("index_range")
                && let [_, _, Operand::Constant(end)] = arguments.as_slice()
            {
                farthest = farthest.max(end.value.unwrap_or(0));
            }
            each_place(&statement.kind, &mut |place| {
                for step in &place.path {
                    if let Projection::Index(Operand::Constant(index)) = step {
                        farthest = farthest.max(index.value.unwrap_or(0).saturating_add(1));
                    }
                }
            });
        }
        if farthest > 1 && best.is_none_or(|(_, known)| farthest > known) {
            best = Some((body.name(function.name), farthest));
        }
    }
    best
}

/// The `impl` around a function by the text of its type, and the module it stands in.
fn implementation(body: &Body<'_>, syntax: u32) -> Option<(Vec<u8>, Option<u32>)> {
    use crate::syntax::{Field, Kind};
    let tree = &body.file.tree;
    let node = body.file.functions.get(syntax as usize)?.node;
    let above = tree
        .ancestors(node)
        .find(|&above| tree.kind(above) == Kind::IMPL_ITEM)?;
    let ty = tree.child(above, Field::TYPE)?;
    let name = tree.child(ty, Field::TYPE).unwrap_or(ty);
    let module = tree
        .ancestors(above)
        .find(|&outer| tree.kind(outer) == Kind::MOD_ITEM)
        .map(|module| module.0);
    Some((tree.text(name, body.file.text).to_vec(), module))
}
