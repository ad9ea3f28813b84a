//! Slices and elements whose bounds come from data.

use super::super::defect::Defect;
use super::super::ir::{
    Base, BinaryOp, Callee, Operand, Place, Projection, Rvalue, StatementKind, Type,
};
use super::Report;
use super::body::{At, Body, Definition};
use super::sources::Source;

/// `rust-slice-by-wire-length`, `rust-reversed-range`, `rust-index-by-wire-value`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    for (at, statement) in body.statements() {
        if let StatementKind::Call {
            callee: Callee::Function(name),
            arguments,
            ..
        } = &statement.kind
            && body.name(*name).starts_with("index_range")
            && let [base, start, end] = arguments.as_slice()
        {
            range(body, at, (base, start, end), statement.span, out);
        }
        each_place(&statement.kind, &mut |place| {
            element(body, at, place, out);
        });
    }
}

/// Calls `see` for every place a statement reads or writes.
pub(super) fn each_place(kind: &StatementKind, see: &mut impl FnMut(&Place)) {
    let mut operand = |operand: &Operand| {
        if let Operand::Copy(place) = operand {
            see(place);
        }
    };
    match kind {
        StatementKind::Assign { target, value } => {
            match value {
                Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => {
                    operand(value);
                }
                Rvalue::Binary(_, left, right) | Rvalue::PointerSub(left, right) => {
                    operand(left);
                    operand(right);
                }
                Rvalue::PointerAdd { pointer, count, .. } => {
                    operand(pointer);
                    operand(count);
                }
                Rvalue::Aggregate(parts) => parts.iter().for_each(|(_, part)| operand(part)),
                Rvalue::AddressOf(place) | Rvalue::Len(place) | Rvalue::Discriminant(place) => {
                    see(place);
                }
            }
            see(target);
        }
        StatementKind::Call { arguments, .. } => arguments.iter().for_each(operand),
        StatementKind::Clobber(places) => places.iter().for_each(see),
        _ => {}
    }
}

fn range(
    body: &Body<'_>,
    at: At,
    (base, start, end): (&Operand, &Operand, &Operand),
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let is_len = |operand: &Operand| {
        matches!(
            body.definition_of(operand),
            Some(Definition::Value(Rvalue::Len(_)))
        )
    };
    let capacity = match body.unit.types.get(body.type_of(base)) {
        Type::Array { len, .. } => *len,
        _ => None,
    };
    let fits = |operand: &Operand| {
        capacity.is_some_and(|capacity| {
            body.maximum(operand)
                .is_some_and(|maximum| maximum <= i128::from(capacity))
        })
    };
    for bound in [end, start] {
        if is_len(bound) || body.is_constant(bound) || body.is_clamped(bound) || fits(bound) {
            continue;
        }
        let Some(source) = body.source(bound) else {
            continue;
        };
        if body.is_bounded_above(bound, at.block)
            || body.is_tested_on_some_way(bound)
            || is_length_of_base(body, base, bound)
            || is_own_length(body, base, &source)
            || was_sliced(body, at, base, bound)
            || is_of_checked(body, base, bound)
        {
            continue;
        }
        Report::new(body, "rust-slice-by-wire-length", span)
            .operand("$VALUE", bound)
            .operand("$BUF", base)
            .from(Some(source))
            .step(
                span,
                "it bounds a slice; nothing compared it with the length",
            )
            .push(out);
        return;
    }
    // `b[2..n]`: `n` may be smaller than 2.
    let low = body.number(start).filter(|low| *low > 0);
    if let Some(low) = low
        && !is_len(end)
        && !body.is_constant(end)
        && let Some(source) = body.source(end)
        && !is_sum(body, end)
        && !body.is_bounded_below(end, at.block)
    {
        Report::new(body, "rust-reversed-range", span)
            .operand("$VALUE", end)
            .text("$START", low.to_string())
            .operand("$BUF", base)
            .from(Some(source))
            .step(
                span,
                format!("the range starts at {low}; nothing says that its end is not below that"),
            )
            .push(out);
    }
}

/// Whether the same object was cut at the same place before: it would have panicked there.
fn was_sliced(body: &Body<'_>, at: At, base: &Operand, bound: &Operand) -> bool {
    let (object, place) = (body.key(base), body.key(bound));
    let graph = body.graph();
    let mut cuts = Vec::new();
    for (other, statement) in body.statements() {
        let is_before = match other.block == at.block {
            true => other.index < at.index,
            false => graph.dominates(other.block, at.block),
        };
        if is_before
            && let StatementKind::Call {
                callee: Callee::Function(name),
                arguments,
                ..
            } = &statement.kind
            && body.name(*name).starts_with("index_range")
            && let [base, start, end] = arguments.as_slice()
            && body.key(base) == object
            && (body.key(start) == place || body.key(end) == place)
        {
            cuts.push(other);
        }
    }
    let Some(cut) = cuts.first() else {
        return false;
    };
    // Not where the object or the number is another one by now.
    let root = |operand: &Operand| match operand {
        Operand::Copy(place) => Some(place.base),
        _ => None,
    };
    let changed = [root(base), root(bound)];
    !body.statements().any(|(other, statement)| {
        let is_between = match (other.block == cut.block, other.block == at.block) {
            (true, true) => other.index > cut.index && other.index < at.index,
            (true, false) => other.index > cut.index,
            (false, true) => other.index < at.index,
            (false, false) => {
                graph.dominates(cut.block, other.block) && graph.dominates(other.block, at.block)
            }
        };
        is_between
            && matches!(&statement.kind, StatementKind::Assign { target, .. }
                if changed.contains(&Some(target.base)))
    })
}

/// `let packet = Packet::new_checked(buf)?; let repr = Repr::parse(&packet)?; &buf[..repr.payload_len]`: the
/// length is what the checked packet says of the same bytes.
fn is_of_checked(body: &Body<'_>, base: &Operand, bound: &Operand) -> bool {
    let Operand::Copy(place) = base else {
        return false;
    };
    let Some(bytes) = body.root(place) else {
        return false;
    };
    let mut operand = bound.clone();
    for _ in 0..8 {
        let Operand::Copy(place) = &operand else {
            return false;
        };
        let Base::Local(local) = place.base else {
            return false;
        };
        operand = match body.definition(local) {
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. })) => {
                inner.clone()
            }
            Some(Definition::Value(Rvalue::AddressOf(inner))) => Operand::Copy(inner.clone()),
            Some(Definition::Call(callee, arguments)) => {
                let is_checked = body.callee_name(callee).ends_with("checked");
                let gets_bytes = arguments
                    .iter()
                    .any(|one| matches!(one, Operand::Copy(one) if body.root(one) == Some(bytes)));
                if is_checked && gets_bytes {
                    return true;
                }
                match arguments.first() {
                    Some(first) => first.clone(),
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    false
}

/// `msg.buf[..msg.len]`: the object keeps both in order.
fn is_own_length(body: &Body<'_>, base: &Operand, source: &Source) -> bool {
    let (Some(of), Operand::Copy(place)) = (source.of, base) else {
        return false;
    };
    place.base == Base::Local(of) || body.root(place) == Some(of)
}

/// `a + b`: not below its parts.
fn is_sum(body: &Body<'_>, operand: &Operand) -> bool {
    match body.origin(operand) {
        Some(Definition::Value(Rvalue::Binary(op, left, right))) => {
            matches!(op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::Shl)
                && (body.number(left).is_none_or(|n| n > 0)
                    && body.number(right).is_none_or(|n| n > 0))
        }
        Some(Definition::Call(callee, _)) => {
            matches!(
                body.callee_name(callee),
                "max" | "clamp" | "position" | "len"
            )
        }
        _ => false,
    }
}

/// The object was made with that many elements.
fn is_length_of_base(body: &Body<'_>, base: &Operand, bound: &Operand) -> bool {
    let Operand::Copy(place) = base else {
        return false;
    };
    let Some(root) = body.root(place) else {
        return false;
    };
    let key = body.key(bound);
    body.definitions(root).iter().any(|at| {
        matches!(
            body.definition_at(*at),
            Some(Definition::Call(_, arguments)) if arguments.iter().any(|a| body.key(a) == key)
        )
    })
}

fn element(body: &Body<'_>, at: At, place: &Place, out: &mut Vec<Defect>) {
    let mut ty = match place.base {
        Base::Local(local) => body.function.local(local).map(|local| local.ty),
        Base::Global(global) => body.unit.global(global).map(|global| global.ty),
    };
    for step in &place.path {
        let Some(known) = ty else { return };
        let types = &body.unit.types;
        match step {
            Projection::Deref => ty = types.pointee(known),
            Projection::Field(name) => ty = types.field(known, *name).map(|field| field.ty),
            Projection::Index(index) => {
                let length = match types.get(known) {
                    Type::Array { len, .. } => Some(*len),
                    Type::Slice { .. } => None,
                    // Maps and containers of unknown kind have their own rules.
                    _ => return,
                };
                ty = types.element(known);
                one_index(body, at, place, index, length.flatten(), out);
            }
        }
    }
}

fn one_index(
    body: &Body<'_>,
    at: At,
    place: &Place,
    index: &Operand,
    length: Option<u64>,
    out: &mut Vec<Defect>,
) {
    if body.is_constant(index) || body.is_clamped(index) {
        return;
    }
    if let (Some(length), Some(maximum)) = (length, body.maximum(index))
        && maximum < i128::from(length)
    {
        return;
    }
    let Some(source) = body.source(index) else {
        by_parameter(body, at, place, index, out);
        return;
    };
    if body.is_bounded_above(index, at.block) {
        return;
    }
    Report::new(body, "rust-index-by-wire-value", place.span)
        .operand("$VALUE", index)
        .from(Some(source))
        .step(
            place.span,
            "it selects an element; nothing tested its range",
        )
        .push(out);
}

/// `self.table[port as usize]` with a narrow parameter, in a function that could say no.
fn by_parameter(body: &Body<'_>, at: At, place: &Place, index: &Operand, out: &mut Vec<Defect>) {
    let Some(Definition::Value(Rvalue::Cast {
        value: Operand::Copy(inner),
        ..
    })) = body.definition_of(index)
    else {
        return;
    };
    let (Base::Local(local), true) = (inner.base, inner.path.is_empty()) else {
        return;
    };
    let is_narrow = matches!(
        body.unit
            .types
            .int(body.type_of(&Operand::Copy(inner.clone()))),
        Some((8 | 16, false))
    );
    if !is_narrow
        || !body.is_parameter(local)
        || !body.is_named(body.function.result, "Result")
        || body.documents_panic()
        || body.is_mentioned(index, at.block)
    {
        return;
    }
    Report::new(body, "rust-index-by-parameter", place.span)
        .operand("$VALUE", index)
        .step(
            place.span,
            "selects an element; this function could refuse it, and does not",
        )
        .push(out);
}
