//! Numbers and slices of the caller that a function could refuse, and does not.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, LocalKind, Operand, Place, Projection, Rvalue, StatementKind, Type,
};
use super::Report;
use super::body::{At, Body, Definition};

/// `rust-slice-by-parameter`, `rust-unchecked-length-arithmetic`, `rust-copy-length-mismatch`,
/// `rust-slice-by-wire-length`, `rust-panic-on-input`, `rust-wrapping-arithmetic`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Call {
                callee, arguments, ..
            } => {
                let name = body.callee_name(callee);
                match (name, arguments.as_slice()) {
                    ("index_range" | "index_range_inclusive", [base, start, end]) => {
                        if !body.is_named(body.function.result, "Result") || body.documents_panic()
                        {
                            continue;
                        }
                        for bound in [end, start] {
                            if is_int_parameter(body, bound)
                                && !body.is_mentioned(bound, at.block)
                                && !callers_bound(body, bound, base)
                            {
                                Report::new(body, "rust-slice-by-parameter", span)
                                    .operand("$VALUE", bound)
                                    .operand("$BUF", base)
                                    .step(span, "bounds a slice; this function could refuse it, and does not")
                                    .push(out);
                                break;
                            }
                        }
                    }
                    ("copy_from_slice" | "clone_from_slice", [target, source])
                        if matches!(callee, Callee::Method(_)) =>
                    {
                        fixed_target(body, at, target, source, span, out);
                    }
                    ("split_at" | "split_at_mut", [base, count]) => {
                        let open = slice_parameter(body, base).is_some();
                        let is_bad = (body.number(count).is_some_and(|n| n > 0) && open)
                            || body.source(count).is_some();
                        if is_bad
                            && !is_length_known(body, base, at)
                            && !body.is_mentioned(count, at.block)
                            && !body.is_clamped(count)
                        {
                            Report::new(body, "rust-slice-by-wire-length", span)
                                .operand("$VALUE", count)
                                .operand("$BUF", base)
                                .step(span, "panics when the slice is shorter")
                                .push(out);
                        }
                    }
                    ("unwrap" | "expect", [receiver, ..]) => {
                        missing(body, at, receiver, span, out);
                    }
                    _ => {}
                }
            }
            StatementKind::Assign {
                target,
                value: Rvalue::Binary(BinaryOp::Sub, left, right),
            } => {
                if let Some(Definition::Value(Rvalue::Len(of))) = body.origin(left)
                    && matches!(body.unit.types.int(target.ty), Some((_, false)))
                    && is_open(body, of)
                    && !is_length_known(body, &Operand::Copy(of.clone()), at)
                    && !body.is_mentioned(left, at.block)
                    && body.number(right) != Some(0)
                    && (body.is_constant(right) || body.source(right).is_some())
                    && !is_same_buffer(body, of, right)
                    && !callers_pass_enough(body, of, right)
                {
                    Report::new(body, "rust-unchecked-length-arithmetic", span)
                        .operand("$VALUE", left)
                        .step(span, "reduced; nothing says that it is large enough")
                        .push(out);
                }
            }
            StatementKind::Assign {
                target,
                value: Rvalue::Binary(BinaryOp::Add, left, right),
            } => sequence(body, at, (target, left, right), span, out),
            _ => {}
        }
    }
}

/// A number parameter, itself or cast.
fn is_int_parameter(body: &Body<'_>, operand: &Operand) -> bool {
    let mut operand = operand;
    for _ in 0..4 {
        let Operand::Copy(place) = operand else {
            return false;
        };
        let (Base::Local(local), true) = (place.base, place.path.is_empty()) else {
            return false;
        };
        if body.is_parameter(local) {
            return body.unit.types.int(place.ty).is_some_and(|int| int.0 > 1);
        }
        match body.definition(local) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                operand = inner;
            }
            _ => return false,
        }
    }
    false
}

/// Whether every caller of a private function passes a bound that it tested, or chose itself.
fn callers_bound(body: &Body<'_>, bound: &Operand, base: &Operand) -> bool {
    let Some(parameter) = body.plain_parameter(bound) else {
        return false;
    };
    // The slice, where it is a parameter too: a function that got both may have compared them.
    let base = match body.root_parameter(base) {
        Some(local) => body
            .function
            .parameters
            .iter()
            .position(|one| *one == local),
        None => None,
    };
    body.callers_rule_out(parameter, &|caller, at, argument, arguments| {
        let sliced = base.and_then(|index| arguments.get(index));
        caller.is_constant(argument)
            || caller.is_bounded_above(argument, at.block)
            || !caller.is_foreign(argument)
            || caller.is_checked_by_sibling(argument, at)
            || sliced.is_some_and(|sliced| {
                caller.is_checked_by_sibling(sliced, at)
                    || super::lengths::is_length_compared(caller, sliced, at)
                    || is_length_of(caller, argument, sliced)
            })
    })
}

/// `f(data, data.len())`
fn is_length_of(caller: &Body<'_>, length: &Operand, slice: &Operand) -> bool {
    let (Some(Definition::Value(Rvalue::Len(of))), Operand::Copy(slice)) =
        (caller.origin(length), slice)
    else {
        return false;
    };
    caller.root(of).is_some() && caller.root(of) == caller.root(slice)
}

/// Whether every caller of a private function passes a slice that it tested, or that is long enough.
fn callers_pass_enough(body: &Body<'_>, slice: &Place, least: &Operand) -> bool {
    let Some(parameter) = body.plain_parameter(&Operand::Copy(slice.clone())) else {
        return false;
    };
    let least = body.number(least);
    body.callers_rule_out(parameter, &|caller, at, argument, _| {
        let has = caller.most_elements(argument);
        has.zip(least).is_some_and(|(has, least)| has >= least)
            && is_of_known_length(caller, argument)
            || is_length_known(caller, argument, at)
    })
}

/// An array, or a reference to one, as opposed to a part of at most that length.
fn is_of_known_length(caller: &Body<'_>, slice: &Operand) -> bool {
    let mut operand = slice.clone();
    for _ in 0..4 {
        let Operand::Copy(place) = &operand else {
            return matches!(operand, Operand::Text(_));
        };
        if matches!(
            caller.unit.types.get(caller.behind_pointers(place.ty)),
            Type::Array { .. }
        ) {
            return true;
        }
        operand = match caller.definition_of_place(place) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                inner.clone()
            }
            Some(Definition::Value(Rvalue::AddressOf(inner))) => Operand::Copy(inner.clone()),
            Some(Definition::Value(Rvalue::Aggregate(_))) => return true,
            Some(Definition::Call(callee, _)) => {
                return matches!(
                    caller.callee_name(callee),
                    "to_le_bytes" | "to_be_bytes" | "to_ne_bytes" | "chunks_exact"
                );
            }
            _ => return false,
        };
    }
    false
}

/// A whole slice parameter of unknown length.
fn slice_parameter(body: &Body<'_>, operand: &Operand) -> Option<super::super::ir::LocalId> {
    let Operand::Copy(place) = operand else {
        return None;
    };
    let Base::Local(local) = place.base else {
        return None;
    };
    let declared = body.function.local(local)?;
    let is_slice = matches!(
        body.unit.types.get(body.behind_pointers(declared.ty)),
        Type::Slice { .. }
    ) && body.unit.types.is_pointer(declared.ty);
    let is_whole = place
        .path
        .iter()
        .all(|step| matches!(step, Projection::Deref));
    (is_whole && is_slice && matches!(declared.kind, LocalKind::Parameter(_))).then_some(local)
}

/// A slice parameter of bytes that others sent, by its type and its name. A list of samples or names
/// that a caller keeps is none.
fn is_received_slice(body: &Body<'_>, operand: &Operand) -> bool {
    slice_parameter(body, operand).is_some_and(|local| {
        body.is_received_bytes(local) && !super::sources::sends(body.function_name())
    })
}

fn is_open(body: &Body<'_>, place: &Place) -> bool {
    slice_parameter(body, &Operand::Copy(place.clone())).is_some()
}

/// Whether any test on the way looked at the slice or its length.
fn is_length_known(body: &Body<'_>, slice: &Operand, at: At) -> bool {
    super::lengths::is_length_tested(body, slice, at)
}

/// `a.len() - a.iter().position(..)`, `a.len() - b.len()` of a part.
fn is_same_buffer(body: &Body<'_>, of: &Place, right: &Operand) -> bool {
    match body.origin(right) {
        Some(Definition::Value(Rvalue::Len(other))) => {
            body.root(other).is_some() && body.root(other) == body.root(of)
        }
        Some(Definition::Call(callee, _)) => {
            matches!(
                body.callee_name(callee),
                "position" | "min" | "find" | "len"
            )
        }
        _ => false,
    }
}

/// `self.address.copy_from_slice(data)`: a fixed array, and a slice of any length.
fn fixed_target(
    body: &Body<'_>,
    at: At,
    target: &Operand,
    source: &Operand,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let is_fixed = match target {
        Operand::Copy(place) => matches!(
            body.unit.types.get(place.ty),
            Type::Array { len: Some(_), .. }
        ),
        _ => false,
    };
    let is_cut = matches!(body.definition_of(target), Some(Definition::Call(callee, [_, start, end]))
        if body.callee_name(callee) == "index_range" && body.is_constant(start) && body.is_constant(end));
    if !(is_fixed || is_cut)
        || slice_parameter(body, source).is_none()
        || is_length_known(body, source, at)
        || body.function.is_unsafe
        || body.documents_panic()
    {
        return;
    }
    Report::new(body, "rust-copy-length-mismatch", span)
        .operand("$VALUE", source)
        .step(
            span,
            "panics unless the slice has exactly the target's length; nothing tested it",
        )
        .push(out);
}

/// `data.first().unwrap()`, `data.get(0..4).unwrap()`, `a.checked_sub(b).unwrap()` of data.
fn missing(
    body: &Body<'_>,
    at: At,
    receiver: &Operand,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let Some(Definition::Call(callee, arguments)) = body.definition_of(receiver) else {
        return;
    };
    let name = body.callee_name(callee);
    let Some(first) = arguments.first() else {
        return;
    };
    if body.can_fail()
        && matches!(callee, Callee::Method(_))
        && arguments.len() > 1
        && ["get_", "find_", "lookup", "resolve_", "search_"]
            .iter()
            .any(|word| name.starts_with(word))
        && !body.is_mentioned(receiver, at.block)
    {
        Report::new(body, "rust-lookup-unwrapped", span)
            .operand("$VALUE", receiver)
            .step(span, "whether there is an entry depends on the configuration, and the function could say that there is none")
            .push(out);
    }
    let is_part = matches!(
        name,
        "first" | "last" | "get" | "split_first" | "split_last" | "first_chunk" | "get_mut"
    ) && is_received_slice(body, first)
        && !is_length_known(body, first, at);
    let is_sum = name.starts_with("checked_")
        && (body.source(first).is_some()
            || arguments
                .get(1)
                .is_some_and(|other| body.source(other).is_some()));
    if !is_part && !is_sum {
        return;
    }
    Report::new(body, "rust-panic-on-input", span)
        .operand("$VALUE", first)
        .step(span, "the data decides whether there is anything to unwrap")
        .push(out);
}

/// `self.seq += 1` of a narrow counter.
fn sequence(
    body: &Body<'_>,
    at: At,
    (target, left, right): (&Place, &Operand, &Operand),
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let Some((8 | 16, false)) = body.unit.types.int(target.ty) else {
        return;
    };
    let Operand::Copy(place) = left else { return };
    let Some(Projection::Field(name)) = place.path.last() else {
        return;
    };
    let is_sequence = body.name(*name).split('_').any(|part| {
        matches!(
            part,
            "seq" | "sequence" | "ident" | "counter" | "nonce" | "token" | "tag" | "id" | "seqno"
        )
    });
    if !is_sequence || body.number(right) != Some(1) || body.is_mentioned(left, at.block) {
        return;
    }
    Report::new(body, "rust-wrapping-arithmetic", span)
        .operand("$VALUE", left)
        .step(
            span,
            "panics in a debug build as soon as it has counted to the end",
        )
        .push(out);
}
