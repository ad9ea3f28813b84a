//! Unsafe code whose duty nothing in the function fulfils.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, BlockId, Callee, LocalId, LocalKind, Operand, Place, Projection, Rvalue,
    StatementKind, Type,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::slices::each_place;
use super::sources::is_length_name;
use crate::finding::Span;

/// `rust-unproved-unchecked-index`, `rust-pointer-add-from-input`, `rust-raw-parts-address`,
/// `rust-drop-before-reset`, `rust-uninitialised-use`, `rust-uninitialised-use`,
/// `rust-aliased-unchecked-borrows`, `rust-off-by-one-bound`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        let span = statement.span;
        if let StatementKind::Call {
            callee, arguments, ..
        } = &statement.kind
        {
            call(body, at, (callee, arguments), span, out);
        }
        if let StatementKind::Assign {
            value: Rvalue::Binary(op, left, right),
            ..
        } = &statement.kind
        {
            inclusive_end(body, at, (*op, left, right), span, out);
        }
    }
}

fn call(
    body: &Body<'_>,
    at: At,
    (callee, arguments): (&Callee, &[Operand]),
    span: Span,
    out: &mut Vec<Defect>,
) {
    match (body.callee_name(callee), arguments) {
        ("get_unchecked" | "get_unchecked_mut", [base, index])
            if !body.function.is_unsafe && !body.function.is_private && is_open(body, index) =>
        {
            if body.is_mentioned(index, at.block)
                || is_from_search(body, index)
                || base_knows(body, base, index)
            {
                return;
            }
            Report::new(body, "rust-unproved-unchecked-index", span)
                .operand("$VALUE", index)
                .step(span, "no bounds check, and no comparison in this function")
                .push(out);
        }
        ("swap" | "copy" | "copy_nonoverlapping", [first, second, ..]) => {
            aliased(body, first, second, span, out);
        }
        ("add" | "offset", [pointer, count])
            if matches!(callee, Callee::Method(_)) && !body.function.is_unsafe =>
        {
            pointer_offset(body, at, pointer, count, span, out);
        }
        ("from_raw_parts" | "from_raw_parts_mut", [pointer, _]) => {
            raw_address(body, at, pointer, span, out);
        }
        ("drop_in_place", [_]) => drop_in_place(body, at, span, out),
        ("assume_init" | "assume_init_ref" | "assume_init_mut" | "assume_init_read", [value]) => {
            if let Operand::Copy(place) = value {
                assume_init(body, at, place, span, out);
            }
        }
        ("set_len", [Operand::Copy(vector), _]) => set_len(body, at, vector, span, out),
        _ => {}
    }
}

/// A variable index: not a constant, not cut to a limit.
fn is_open(body: &Body<'_>, index: &Operand) -> bool {
    !body.is_constant(index)
        && !body.is_clamped(index)
        && !body.is_named(body.type_of(index), "Range")
        && matches!(index, Operand::Copy(_))
}

/// A parameter or a field of an object of this call.
fn is_from_search(body: &Body<'_>, index: &Operand) -> bool {
    let Operand::Copy(place) = index else {
        return true;
    };
    let Base::Local(local) = place.base else {
        return true;
    };
    // Counters of loops were compared; results of the object's own functions are its business.
    let mut local = local;
    for _ in 0..6 {
        if body.is_parameter(local) {
            return false;
        }
        match body.definition(local) {
            Some(Definition::Value(
                Rvalue::Use(Operand::Copy(inner))
                | Rvalue::Cast {
                    value: Operand::Copy(inner),
                    ..
                },
            )) => {
                if inner.path.iter().any(|step| is_index_field(body, step)) {
                    return false;
                }
                match inner.base {
                    Base::Local(next) => local = next,
                    Base::Global(_) => return true,
                }
            }
            _ => return !place.path.iter().any(|step| is_index_field(body, step)),
        }
    }
    true
}

fn is_index_field(body: &Body<'_>, step: &Projection) -> bool {
    matches!(step, Projection::Field(name) if matches!(body.name(*name), "index" | "idx" | "pos" | "slot" | "id" | "channel"))
}

/// The index is a field of the object itself, kept in range by its methods.
fn base_knows(body: &Body<'_>, base: &Operand, index: &Operand) -> bool {
    let (Operand::Copy(base), Operand::Copy(index)) = (base, index) else {
        return false;
    };
    let root = |place: &Place| body.root(place);
    let is_self = |local: Option<LocalId>| {
        local
            .and_then(|local| body.function.local(local))
            .is_some_and(|local| body.name(local.name) == "self")
    };
    is_self(root(base)) && is_self(root(index))
}

/// Two unchecked mutable borrows of one object in one argument list.
fn aliased(body: &Body<'_>, first: &Operand, second: &Operand, span: Span, out: &mut Vec<Defect>) {
    let borrowed = |operand: &Operand| match body.definition_of(operand) {
        Some(Definition::Call(callee, [base, _]))
            if body.callee_name(callee) == "get_unchecked_mut" =>
        {
            Some(body.key(base))
        }
        _ => None,
    };
    let (Some(a), Some(b)) = (borrowed(first), borrowed(second)) else {
        return;
    };
    if a != b {
        return;
    }
    Report::new(body, "rust-aliased-unchecked-borrows", span)
        .operand("$A", first)
        .step(span, "two mutable references into one object at a time")
        .push(out);
}

fn pointer_offset(
    body: &Body<'_>,
    at: At,
    pointer: &Operand,
    count: &Operand,
    span: Span,
    out: &mut Vec<Defect>,
) {
    let Operand::Copy(base) = pointer else { return };
    let is_pointer = body.unit.types.is_pointer(base.ty);
    let Operand::Copy(place) = count else { return };
    let is_parameter = place.path.is_empty() && is_plain_parameter(body, place);
    let is_outside = body.source(count).is_some();
    if !is_pointer
        || !(is_parameter || is_outside)
        || body.is_mentioned(count, at.block)
        || body.is_clamped(count)
    {
        return;
    }
    Report::new(body, "rust-pointer-add-from-input", span)
        .operand("$PTR", pointer)
        .operand("$VALUE", count)
        .from(body.source(count))
        .step(
            span,
            "moves the pointer; nothing compared it with the object's size",
        )
        .push(out);
}

/// A parameter itself, through casts and copies.
fn is_plain_parameter(body: &Body<'_>, place: &Place) -> bool {
    let mut place = place;
    for _ in 0..6 {
        let (Base::Local(local), true) = (place.base, place.path.is_empty()) else {
            return false;
        };
        if body.is_parameter(local) {
            return true;
        }
        match body.definition(local) {
            Some(Definition::Value(
                Rvalue::Use(Operand::Copy(inner))
                | Rvalue::Cast {
                    value: Operand::Copy(inner),
                    ..
                },
            )) => place = inner,
            _ => return false,
        }
    }
    false
}

/// `from_raw_parts(address as *const u8, n)` with an address that may be 0.
fn raw_address(body: &Body<'_>, at: At, pointer: &Operand, span: Span, out: &mut Vec<Defect>) {
    let Some(Definition::Value(Rvalue::Cast { value, .. })) = body.definition_of(pointer) else {
        return;
    };
    let Operand::Copy(address) = value else {
        return;
    };
    let is_parameter = address.path.is_empty()
        && matches!(address.base, Base::Local(local) if body.is_parameter(local))
        && body.unit.types.int(address.ty).is_some();
    if !is_parameter || body.function.is_unsafe || body.is_bounded_below(value, at.block) {
        return;
    }
    Report::new(body, "rust-raw-parts-address", span)
        .operand("$VALUE", value)
        .step(
            span,
            "a slice may not start at address 0; nothing excludes it",
        )
        .push(out);
}

/// `drop_in_place(part)`, and only then the length or slot that keeps it from a second drop.
fn drop_in_place(body: &Body<'_>, at: At, span: Span, out: &mut Vec<Defect>) {
    let graph = body.graph();
    let is_count = |place: &Place| {
        matches!(place.path.last(), Some(Projection::Field(name))
            if is_length_name(body.name(*name)) || matches!(body.name(*name), "head" | "tail" | "end" | "filled"))
    };
    // The receiver of a call on the way to the dropped part, `self.data.borrow_mut()[i]`.
    let slot = |place: &Place| {
        place
            .path
            .iter()
            .any(|step| matches!(step, Projection::Index(_)))
    };
    let mut later = None;
    for (other, statement) in body.statements() {
        let StatementKind::Assign { target, .. } = &statement.kind else {
            continue;
        };
        let is_before = match other.block == at.block {
            true => other.index < at.index,
            false => graph.dominates(other.block, at.block),
        };
        if is_before && is_count(target) {
            return;
        }
        let is_after = match other.block == at.block {
            true => other.index > at.index,
            false => reaches(body, at.block, other.block) && !reaches(body, other.block, at.block),
        };
        if is_after && later.is_none() && (is_count(target) || slot(target)) {
            later = Some(statement.span);
        }
    }
    let Some(later) = later else { return };
    Report::new(body, "rust-drop-before-reset", span)
        .step(
            span,
            "dropped here; a panic in a destructor leaves the function here",
        )
        .step(
            later,
            "only now the owner forgets it, so it would be dropped again",
        )
        .push(out);
}

fn reaches(body: &Body<'_>, from: BlockId, to: BlockId) -> bool {
    let mut seen = vec![false; body.function.blocks.len()];
    let mut stack = vec![from];
    while let Some(block) = stack.pop() {
        let Some(found) = body.function.block(block) else {
            continue;
        };
        for next in found.terminator.successors() {
            if next == to {
                return true;
            }
            if let Some(flag) = seen.get_mut(next.0 as usize)
                && !*flag
            {
                *flag = true;
                stack.push(next);
            }
        }
    }
    false
}

/// Whether a way leads from the local's definition to `at` on which nothing else touches it.
fn untouched_way(body: &Body<'_>, local: LocalId, at: At) -> bool {
    let Some(start) = body.definitions(local).first().copied() else {
        return false;
    };
    let touches = |kind: &StatementKind| {
        let mut found = false;
        each_place(kind, &mut |place| {
            found |= place.base == Base::Local(local)
                || place.path.iter().any(|step| {
                    matches!(step, Projection::Index(Operand::Copy(index)) if index.base == Base::Local(local))
                });
        });
        found
    };
    let mut seen = vec![false; body.function.blocks.len()];
    let mut stack = vec![(start.block, start.index + 1)];
    while let Some((block, first)) = stack.pop() {
        let Some(found) = body.function.block(block) else {
            continue;
        };
        let mut is_blocked = false;
        for (index, statement) in found.statements.iter().enumerate().skip(first) {
            if block == at.block && index == at.index {
                return true;
            }
            if touches(&statement.kind) && !is_alias_of(body, &statement.kind, at) {
                is_blocked = true;
                break;
            }
        }
        if is_blocked {
            continue;
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
    false
}

/// The statement only takes the reference that the call at `at` gets.
fn is_alias_of(body: &Body<'_>, kind: &StatementKind, at: At) -> bool {
    let StatementKind::Assign {
        target,
        value: Rvalue::AddressOf(_) | Rvalue::Use(_) | Rvalue::Len(_),
    } = kind
    else {
        return false;
    };
    matches!(
        body.statement(at).map(|statement| &statement.kind),
        Some(StatementKind::Call { arguments, .. }) if arguments.iter().any(|argument| {
            matches!(argument, Operand::Copy(place) if place.base == target.base)
        })
    )
}

fn assume_init(body: &Body<'_>, at: At, place: &Place, span: Span, out: &mut Vec<Defect>) {
    let Some(local) = body.root(place) else {
        return;
    };
    let is_variable = body
        .function
        .local(local)
        .is_some_and(|local| local.kind == LocalKind::Variable);
    let uninit = |local: LocalId| match body.definitions(local) {
        [only] => match body.definition_at(*only) {
            Some(Definition::Call(callee, [])) => body.callee_name(callee) == "uninit",
            Some(Definition::Value(Rvalue::Use(inner))) => matches!(
                body.definition_of(inner),
                Some(Definition::Call(callee, [])) if body.callee_name(callee) == "uninit"
            ),
            _ => false,
        },
        _ => false,
    };
    // `root` follows a variable to the temporary it was made of.
    let owner = match (is_variable, uninit(local)) {
        (true, true) => local,
        (false, true) => match body.variable_of(local) {
            Some(variable) => variable,
            None => return,
        },
        _ => return,
    };
    if body.definitions(owner).len() != 1 || is_array(body, owner) {
        return;
    }
    if untouched_way(body, owner, at) {
        Report::new(body, "rust-uninitialised-use", span)
            .operand("$VALUE", &Operand::Copy(place.clone()))
            .step(
                span,
                "declared initialised on a way on which nothing wrote it",
            )
            .push(out);
    }
}

/// An array of `MaybeUninit` needs no value.
fn is_array(body: &Body<'_>, local: LocalId) -> bool {
    body.function
        .local(local)
        .is_some_and(|local| body.text(local.span).contains('['))
        || body.definitions(local).first().is_some_and(|at| {
            body.statement(*at)
                .is_some_and(|statement| body.text(statement.span).contains("[MaybeUninit"))
        })
}

/// `let mut v = Vec::with_capacity(n); v.set_len(n);`
fn set_len(body: &Body<'_>, at: At, vector: &Place, span: Span, out: &mut Vec<Defect>) {
    let (Base::Local(local), true) = (vector.base, vector.path.is_empty()) else {
        return;
    };
    let is_empty = match body.definition(local) {
        Some(Definition::Value(Rvalue::Use(inner))) => matches!(
            body.definition_of(inner),
            Some(Definition::Call(callee, _))
                if matches!(body.callee_name(callee), "with_capacity" | "new")
        ),
        _ => false,
    };
    if is_empty && untouched_way(body, local, at) {
        Report::new(body, "rust-uninitialised-use", span)
            .operand("$VALUE", &Operand::Copy(vector.clone()))
            .step(span, "the elements were never written")
            .push(out);
    }
}

/// `start <= p && end >= p`: the end of a range does not belong to it.
fn inclusive_end(
    body: &Body<'_>,
    at: At,
    (op, left, right): (BinaryOp, &Operand, &Operand),
    span: Span,
    out: &mut Vec<Defect>,
) {
    let (small, large) = match op {
        BinaryOp::Le => (left, right),
        BinaryOp::Ge => (right, left),
        _ => return,
    };
    let ends = |operand: &Operand, names: &[&str]| match body.definition_of(operand) {
        Some(Definition::Call(callee @ Callee::Method(_), [_])) => {
            names.contains(&body.callee_name(callee))
        }
        _ => match operand {
            Operand::Copy(place) => matches!(place.path.last(), Some(Projection::Field(name))
                if names.contains(&body.name(*name)) && body.is_named(range_type(body, place), "Range")),
            _ => false,
        },
    };
    if !ends(large, &["end", "top"]) {
        return;
    }
    // The same value was just compared with the start.
    let parts = body.parts(small);
    let from_start = body.graph().up(at.block).take(3).any(|block| {
        let Some(super::super::ir::Terminator::Branch { condition, .. }) =
            body.function.block(block).map(|block| &block.terminator)
        else {
            return false;
        };
        match body.definition_of(condition) {
            Some(Definition::Value(Rvalue::Binary(op, a, b))) => {
                let (low, value) = match op {
                    BinaryOp::Le => (a, b),
                    BinaryOp::Ge => (b, a),
                    _ => return false,
                };
                ends(low, &["start", "bottom", "base", "begin"])
                    && super::facts::overlaps(&body.parts(value), &parts)
            }
            _ => false,
        }
    });
    let is_address = !matches!(body.unit.types.get(body.type_of(small)), Type::Bool);
    if !from_start || !is_address {
        return;
    }
    Report::new(body, "rust-off-by-one-bound", span)
        .operand("$VALUE", small)
        .operand("$VALUE", large)
        .step(
            span,
            "the end lies one past the last element, and is let through",
        )
        .push(out);
}

/// Type of what the last field belongs to.
fn range_type(body: &Body<'_>, place: &Place) -> super::super::ir::TypeId {
    match (place.base, place.path.len()) {
        (Base::Local(local), 1) => body
            .function
            .local(local)
            .map_or(super::super::ir::TypeId::UNKNOWN, |local| local.ty),
        _ => super::super::ir::TypeId::UNKNOWN,
    }
}
