//! Functions that call themselves, directly or through each other.

use std::collections::BTreeMap;

use super::super::defect::{Defect, Note};
use super::super::ir::{Base, Callee, Operand, Projection, StatementKind, Symbol, Unit};
use crate::finding::Span;
use crate::syntax::{Field, Kind, SourceFile};

/// A function by the type of its `impl` and its name.
type Name = (Option<u32>, Symbol);

/// `rust-recursion`.
pub(super) fn check(file: &SourceFile<'_>, unit: &Unit, tests: &[Span], out: &mut Vec<Defect>) {
    let owners: Vec<Option<u32>> = unit
        .functions
        .iter()
        .map(|function| owner(file, function.syntax))
        .collect();
    let mut by_name: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, function) in unit.functions.iter().enumerate() {
        let owner = owners.get(index).copied().flatten();
        by_name
            .entry((owner, function.name))
            .or_default()
            .push(index);
    }
    let calls: Vec<Vec<(usize, Span)>> = unit
        .functions
        .iter()
        .enumerate()
        .map(|(index, function)| {
            let own = owners.get(index).copied().flatten();
            let mut found = Vec::new();
            for statement in function.blocks.iter().flat_map(|block| &block.statements) {
                let StatementKind::Call {
                    callee,
                    arguments,
                    target,
                    ..
                } = &statement.kind
                else {
                    continue;
                };
                let name = match callee {
                    Callee::Method(name) if is_self(unit, function, arguments) => {
                        own.map(|own| (Some(own), *name))
                    }
                    Callee::Function(path) => {
                        let text = unit.names.text(*path);
                        match text.rsplit_once("::") {
                            None => Some((None, *path)),
                            Some(("Self", name)) => unit
                                .names
                                .find(name)
                                .and_then(|name| own.map(|own| (Some(own), name))),
                            Some(_) => None,
                        }
                    }
                    _ => None,
                };
                // Of several functions of one name (`cfg` arms), each may be meant.
                for &meant in name
                    .and_then(|name| by_name.get(&name))
                    .into_iter()
                    .flatten()
                    .take(3)
                {
                    // A call of an `async fn` makes a future; it runs where that is awaited.
                    let is_future = unit
                        .functions
                        .get(meant)
                        .is_some_and(|function| is_async(file, function.syntax));
                    if !is_future || is_awaited(unit, function, target.as_ref()) {
                        found.push((meant, statement.span));
                    }
                }
            }
            found
        })
        .collect();
    let mut reported = Vec::new();
    for (index, function) in unit.functions.iter().enumerate() {
        if tests.iter().any(|span| span.contains(function.span)) {
            continue;
        }
        if is_trait_impl(file, function.syntax) && !is_blanket(file, function.syntax) {
            continue;
        }
        if is_constant_or_shadowed(file, function.syntax) {
            continue;
        }
        let Some((span, back)) = cycle(&calls, index) else {
            continue;
        };
        // One report for one ring.
        if reported
            .iter()
            .any(|&other| leads(&calls, index, other) && leads(&calls, other, index))
        {
            continue;
        }
        reported.push(index);
        let mut trace = vec![Note {
            span,
            message: "calls on".to_owned(),
        }];
        if back != span {
            trace.push(Note {
                span: back,
                message: "and from there it comes back".to_owned(),
            });
        }
        out.push(Defect {
            analysis: "rust-recursion",
            span,
            names: vec![("$F", unit.names.text(function.name).to_owned())],
            trace,
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}

/// Whether calls lead from one function to another.
fn leads(calls: &[Vec<(usize, Span)>], from: usize, to: usize) -> bool {
    let mut seen = vec![from];
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        for &(next, _) in calls.get(at).into_iter().flatten() {
            if next == to {
                return true;
            }
            if seen.len() < 200 && !seen.contains(&next) {
                seen.push(next);
                stack.push(next);
            }
        }
    }
    false
}

/// The call of `start` that leads back to it, and the call that closes the ring.
fn cycle(calls: &[Vec<(usize, Span)>], start: usize) -> Option<(Span, Span)> {
    for &(first, span) in calls.get(start)? {
        if first == start {
            return Some((span, span));
        }
        let mut seen = vec![start, first];
        let mut stack = vec![(first, 0_u32)];
        while let Some((at, depth)) = stack.pop() {
            for &(next, back) in calls.get(at)? {
                if next == start {
                    return Some((span, back));
                }
                if depth < 4 && seen.len() < 200 && !seen.contains(&next) {
                    seen.push(next);
                    stack.push((next, depth + 1));
                }
            }
        }
    }
    None
}

fn is_self(unit: &Unit, function: &super::super::ir::Function, arguments: &[Operand]) -> bool {
    let Some(Operand::Copy(place)) = arguments.first() else {
        return false;
    };
    let Base::Local(local) = place.base else {
        return false;
    };
    place
        .path
        .iter()
        .all(|step| matches!(step, Projection::Deref))
        // `(*self).eq(..)` is a method of another type.
        && place.span.end.saturating_sub(place.span.start) == 4
        && function
            .local(local)
            .is_some_and(|local| unit.names.text(local.name) == "self")
}

/// The node of the `impl` around a function.
fn implementation(file: &SourceFile<'_>, syntax: u32) -> Option<crate::syntax::NodeId> {
    let function = file.functions.get(syntax as usize)?;
    file.tree.ancestors(function.node).find(|&above| {
        matches!(
            file.tree.kind(above),
            Kind::IMPL_ITEM | Kind::TRAIT_ITEM | Kind::FOREIGN_MOD_ITEM
        )
    })
}

/// A number for the type of the `impl`: where its name stands first in the file's text.
fn owner(file: &SourceFile<'_>, syntax: u32) -> Option<u32> {
    let implementation = implementation(file, syntax)?;
    let ty = file
        .tree
        .child(implementation, Field::TYPE)
        .or_else(|| file.tree.child(implementation, Field::NAME))?;
    let name = match file.tree.kind(ty) {
        Kind::GENERIC_TYPE => file.tree.child(ty, Field::TYPE).unwrap_or(ty),
        _ => ty,
    };
    let text = file.tree.text(name, file.text);
    memchr::memmem::find(file.text, text).and_then(|at| u32::try_from(at).ok())
}

/// In an `impl Trait for Type`, a method of that name may be the type's own.
fn is_trait_impl(file: &SourceFile<'_>, syntax: u32) -> bool {
    implementation(file, syntax)
        .is_some_and(|implementation| file.tree.child(implementation, Field::TRAIT).is_some())
}

/// A `const fn`, or one that declares another of its name inside.
fn is_constant_or_shadowed(file: &SourceFile<'_>, syntax: u32) -> bool {
    let Some(function) = file.functions.get(syntax as usize) else {
        return true;
    };
    let text = function.span.of(file.text);
    let needle = format!("fn {}", function.name);
    let declared = memchr::memmem::find_iter(text, needle.as_bytes()).count();
    let head = Span::new(function.span.start, file.tree.span(function.body).start).of(file.text);
    declared > 1 || memchr::memmem::find(head, b"const fn").is_some()
}

fn is_async(file: &SourceFile<'_>, syntax: u32) -> bool {
    file.functions.get(syntax as usize).is_some_and(|function| {
        let head =
            Span::new(function.span.start, file.tree.span(function.body).start).of(file.text);
        memchr::memmem::find(head, b"async fn").is_some()
            || memchr::memmem::find(head, b"async unsafe fn").is_some()
    })
}

/// Whether a future is awaited in the function that made it, itself or boxed.
fn is_awaited(
    unit: &Unit,
    function: &super::super::ir::Function,
    future: Option<&super::super::ir::Place>,
) -> bool {
    let Some(future) = future else { return false };
    let mut held = vec![future.base];
    for statement in function.blocks.iter().flat_map(|block| &block.statements) {
        let holds = |operand: &Operand| matches!(operand, Operand::Copy(place) if held.contains(&place.base));
        match &statement.kind {
            StatementKind::Call {
                callee,
                arguments,
                target,
                ..
            } if arguments.iter().any(holds) => {
                let name = match callee {
                    Callee::Function(name) | Callee::Method(name) | Callee::Macro(name) => {
                        unit.names.text(*name)
                    }
                    Callee::Pointer(_) => "",
                };
                match name.rsplit("::").next().unwrap_or(name) {
                    "await" | "block_on" => return true,
                    // `Box::pin(self.walk(child)).await`, `select(a(), b()).await`.
                    "spawn" | "must_spawn" => {}
                    _ => held.extend(target.as_ref().map(|target| target.base)),
                }
            }
            StatementKind::Assign { target, value } => {
                let is_held = match value {
                    super::super::ir::Rvalue::Use(value) => holds(value),
                    super::super::ir::Rvalue::AddressOf(place) => held.contains(&place.base),
                    super::super::ir::Rvalue::Aggregate(parts) => {
                        parts.iter().any(|(_, part)| holds(part))
                    }
                    _ => false,
                };
                if is_held {
                    held.push(target.base);
                }
            }
            _ => {}
        }
    }
    false
}

/// `impl Trait for &mut T` with `&self`, where nothing else can be meant.
fn is_blanket(file: &SourceFile<'_>, syntax: u32) -> bool {
    let by_reference = file.functions.get(syntax as usize).is_some_and(|function| {
        let head =
            Span::new(function.span.start, file.tree.span(function.body).start).of(file.text);
        memchr::memmem::find(head, b"&self").is_some()
            || memchr::memmem::find(head, b"&mut self").is_some()
    });
    by_reference
        && implementation(file, syntax)
            .and_then(|implementation| file.tree.child(implementation, Field::TYPE))
            .is_some_and(|ty| file.tree.kind(ty) == Kind::REFERENCE_TYPE)
}
