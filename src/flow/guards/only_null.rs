//! Pointer variables that are NULL from their declaration on, and are gone through all the same.

use super::roles::View;
use super::story::note;
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{
    Base, Callee, LocalId, LocalKind, Operand, Place, Projection, Rvalue, StatementKind, Terminator,
};

/// Reports `null-only-pointer`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let only_null = set_to_null(view);
    for (index, local) in view.function.locals.iter().enumerate() {
        if !only_null.get(index).copied().unwrap_or(false) {
            continue;
        }
        if local.kind != LocalKind::Variable
            || local.is_volatile
            || !view.unit.types.is_pointer(local.ty)
        {
            continue;
        }
        let name = view.name(local.name);
        let id = LocalId(index as u32);
        let Some((set, used)) = uses(view, id) else {
            continue;
        };
        if name.is_empty() || is_written_elsewhere(view, name) {
            continue;
        }
        out.push(view.defect(
            "null-only-pointer",
            used,
            vec![("$P", name.to_owned())],
            None,
            vec![note(set, format!("`{name}` is NULL from here on"))],
            format!("`{name}` is used; nothing gave it another value"),
        ));
    }
}

/// The variables that an assignment sets to NULL, and none to anything else.
fn set_to_null(view: &View<'_>) -> Vec<bool> {
    let mut null = vec![false; view.function.locals.len()];
    let mut other = null.clone();
    let statements = view
        .function
        .blocks
        .iter()
        .flat_map(|body| &body.statements);
    for statement in statements {
        let (target, is_null) = match &statement.kind {
            StatementKind::Assign { target, value } => (Some(target), is_null(value)),
            StatementKind::Call { target, .. } => (target.as_ref(), false),
            _ => (None, false),
        };
        if let Some(target) = target
            && target.path.is_empty()
            && let Base::Local(id) = target.base
        {
            let list = if is_null { &mut null } else { &mut other };
            if let Some(flag) = list.get_mut(id.0 as usize) {
                *flag = true;
            }
        }
    }
    for (flag, other) in null.iter_mut().zip(other) {
        *flag &= !other;
    }
    null
}

/// Where a variable gets NULL and where it is gone through, if it gets nothing else and nothing asks
/// about it.
fn uses(view: &View<'_>, id: LocalId) -> Option<(Span, Span)> {
    let mut set = None;
    let mut used = None;
    for &block in &view.graph.order {
        let body = view.function.block(crate::flow::ir::BlockId(block))?;
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Assign { target, value } => {
                    if is_whole(target, id) {
                        if !is_null(value) {
                            return None;
                        }
                        set.get_or_insert(statement.span);
                        continue;
                    }
                    note_use(target, id, &mut used);
                    in_value(value, id, &mut used)?;
                }
                StatementKind::Call {
                    callee,
                    arguments,
                    target,
                    ..
                } => {
                    if target.as_ref().is_some_and(|target| is_whole(target, id)) {
                        return None;
                    }
                    if let Some(target) = target {
                        note_use(target, id, &mut used);
                    }
                    if let Callee::Pointer(operand) = callee {
                        in_operand(operand, id, &mut used);
                    }
                    // What was not declared may be a macro that gives it a value.
                    let is_known = match callee {
                        Callee::Function(name) => {
                            view.unit.prototypes.contains_key(name)
                                || view.unit.function(*name).is_some()
                        }
                        _ => true,
                    };
                    for argument in arguments {
                        if !is_known && is_whole_operand(argument, id) {
                            return None;
                        }
                        in_operand(argument, id, &mut used);
                    }
                }
                StatementKind::Clobber(_) => return None,
                _ => {}
            }
        }
        match &body.terminator {
            // Who asks about it goes another way.
            Terminator::Branch { condition, .. } if is_whole_operand(condition, id) => return None,
            Terminator::Branch {
                condition: operand, ..
            }
            | Terminator::Switch { value: operand, .. }
            | Terminator::Return(Some(operand)) => in_operand(operand, id, &mut used),
            _ => {}
        }
    }
    Some((set?, used?))
}

/// Notes what a value reads through the variable; `None` where it asks about it, or its address is
/// taken.
fn in_value(value: &Rvalue, id: LocalId, used: &mut Option<Span>) -> Option<()> {
    match value {
        Rvalue::Use(operand) | Rvalue::Cast { value: operand, .. } => in_operand(operand, id, used),
        Rvalue::Unary(_, operand) => {
            if is_whole_operand(operand, id) {
                return None;
            }
            in_operand(operand, id, used);
        }
        Rvalue::Binary(_, left, right) | Rvalue::PointerSub(left, right) => {
            if is_whole_operand(left, id) || is_whole_operand(right, id) {
                return None;
            }
            in_operand(left, id, used);
            in_operand(right, id, used);
        }
        Rvalue::AddressOf(place) if is_whole(place, id) => return None,
        Rvalue::PointerAdd { pointer, count, .. } => {
            in_operand(pointer, id, used);
            in_operand(count, id, used);
        }
        Rvalue::Aggregate(parts) => {
            for (_, part) in parts {
                in_operand(part, id, used);
            }
        }
        _ => {}
    }
    Some(())
}

fn in_operand(operand: &Operand, id: LocalId, used: &mut Option<Span>) {
    if let Operand::Copy(place) = operand {
        note_use(place, id, used);
    }
}

/// Notes a place behind the variable.
fn note_use(place: &Place, id: LocalId, used: &mut Option<Span>) {
    if place.base == Base::Local(id) && matches!(place.path.first(), Some(Projection::Deref)) {
        used.get_or_insert(place.span);
    }
}

fn is_whole(place: &Place, id: LocalId) -> bool {
    place.base == Base::Local(id) && place.path.is_empty()
}

fn is_whole_operand(operand: &Operand, id: LocalId) -> bool {
    matches!(operand, Operand::Copy(place) if is_whole(place, id))
}

fn is_null(value: &Rvalue) -> bool {
    matches!(
        value,
        Rvalue::Use(Operand::Constant(constant))
        | Rvalue::Cast { value: Operand::Constant(constant), .. }
            if constant.value == Some(0)
    )
}

/// Whether the words of the function give the variable something, or its address away: in an arm of
/// an `#if` that was not chosen, or in what a macro makes of it.
fn is_written_elsewhere(view: &View<'_>, name: &str) -> bool {
    let span = view.function.span;
    let text = view
        .text
        .get(span.start as usize..span.end as usize)
        .unwrap_or_default();
    let is_word =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, name.as_bytes()).any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + name.len()..).unwrap_or_default();
        if is_word(before.last()) || is_word(behind.first()) || before.ends_with(b"->") {
            return false;
        }
        if before.trim_ascii_end().ends_with(b"&") {
            return true;
        }
        let Some(value) = behind
            .trim_ascii_start()
            .strip_prefix(b"=")
            .filter(|rest| !rest.starts_with(b"="))
        else {
            return false;
        };
        let end = memchr::memchr2(b';', b',', value).unwrap_or(value.len());
        let value = value.get(..end).unwrap_or_default().trim_ascii();
        value != b"0"
            && !value.ends_with(b"NULL")
            && !value.ends_with(b"nullptr")
            && !value.ends_with(b"NULL)")
            && !value.ends_with(b")0")
    })
}
