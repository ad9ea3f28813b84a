//! Reads and copies before the length is known.

use super::super::defect::Defect;
use super::super::ir::{Base, Callee, LocalKind, Operand, Projection, Rvalue, StatementKind, Type};
use super::Report;
use super::body::{At, Body, Definition};
use super::slices::each_place;

/// `rust-read-before-length`, `rust-copy-length-mismatch`, `rust-copy-length-mismatch`,
/// `rust-copy-length-mismatch`, `rust-read-before-length`.
pub(super) fn check(body: &Body<'_>, out: &mut Vec<Defect>) {
    fixed_offsets(body, out);
    for (at, statement) in body.statements() {
        let StatementKind::Call {
            callee, arguments, ..
        } = &statement.kind
        else {
            continue;
        };
        let name = body.callee_name(callee);
        if !matches!(
            name,
            "from_bytes"
                | "from_slice"
                | "clone_from_slice"
                | "copy_from_slice"
                | "from_be_slice"
                | "from_le_slice"
        ) {
            continue;
        }
        let Some(slice) = arguments.last() else {
            continue;
        };
        if chunk(body, at, (name, arguments), slice, statement.span, out) {
            continue;
        }
        match (name, callee) {
            ("copy_from_slice" | "clone_from_slice", Callee::Method(_)) => {
                copy(body, at, arguments, statement.span, out);
            }
            ("from_slice" | "clone_from_slice", Callee::Function(_)) => {
                constructor(body, at, callee, slice, statement.span, out);
            }
            _ => {}
        }
    }
}

/// Whether a function takes messages apart, by its name.
pub(super) fn is_receiver(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "parse",
        "decode",
        "deserialize",
        "handle",
        "process",
        "recv",
        "receive",
        "rx",
        "input",
        "try_from",
        "from_bytes",
        "unpack",
        "on_rx",
        "on_data",
        "on_packet",
        "on_frame",
        "on_receive",
    ];
    WORDS.iter().any(|word| {
        name == *word
            || name
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with('_'))
            || name
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with('_'))
            || name.contains(&format!("_{word}_"))
    })
}

/// `fn parse(data: &[u8])` reads `data[3]` with no test of `data.len()` before.
fn fixed_offsets(body: &Body<'_>, out: &mut Vec<Defect>) {
    if !is_receiver(body.function_name()) || body.function.is_unsafe {
        return;
    }
    let mut reported = Vec::new();
    for (at, statement) in body.statements() {
        each_place(&statement.kind, &mut |place| {
            let Some(Projection::Index(index)) = place
                .path
                .iter()
                .rev()
                .find(|step| !matches!(step, Projection::Deref))
            else {
                return;
            };
            if place
                .path
                .iter()
                .any(|step| matches!(step, Projection::Field(_)))
            {
                return;
            }
            let (Some(offset), Base::Local(local)) = (body.number(index), place.base) else {
                return;
            };
            let Some(parameter) = body.function.local(local) else {
                return;
            };
            let is_slice = body
                .unit
                .types
                .pointee(parameter.ty)
                .is_some_and(|to| matches!(body.unit.types.get(to), Type::Slice { .. }));
            // What is written to is no message.
            let is_output = body.text(parameter.span).contains("mut ");
            if !matches!(parameter.kind, LocalKind::Parameter(_))
                || is_output
                || !is_slice
                || !body.is_bytes(parameter.ty)
                || reported.contains(&local)
            {
                return;
            }
            let whole = Operand::Copy(super::super::ir::Place {
                base: place.base,
                path: Vec::new(),
                ty: parameter.ty,
                span: place.span,
            });
            if is_length_tested(body, &whole, at) {
                return;
            }
            reported.push(local);
            Report::new(body, "rust-read-before-length", place.span)
                .text("$BUF", body.name(parameter.name))
                .text("$OFFSET", offset.to_string())
                .step(
                    place.span,
                    "read at a fixed offset; no test of the length comes before",
                )
                .push(out);
        });
    }
}

/// `target` is `base[..source.len()]` for the source of that key.
fn is_cut_to(body: &Body<'_>, target: &Operand, source: u64) -> bool {
    let Some(Definition::Call(callee, [_, _, end])) = body.definition_of(target) else {
        return false;
    };
    body.callee_name(callee).starts_with("index_range")
        && matches!(body.origin(end), Some(Definition::Value(Rvalue::Len(of)))
            if body.place_key(of) == source)
}

/// Whether the length of a slice, or the slice, was tested on every way here.
pub(super) fn is_length_tested(body: &Body<'_>, slice: &Operand, at: At) -> bool {
    let Operand::Copy(place) = slice else {
        return true;
    };
    let own = body.place_key(place);
    let lengths = length_keys(body, own);
    body.facts(at.block).iter().any(|fact| {
        let hit = |keys: &[u64]| keys.iter().any(|key| *key == own || lengths.contains(key));
        hit(&fact.left) || hit(&fact.right)
    })
}

/// Whether the length of a slice was compared with something, by a comparison in this very function.
pub(super) fn is_length_compared(body: &Body<'_>, slice: &Operand, at: At) -> bool {
    let Operand::Copy(place) = slice else {
        return false;
    };
    let own = body.place_key(place);
    let lengths = length_keys(body, own);
    body.facts(at.block).iter().any(|fact| {
        // What a call looked at has nothing on the other side.
        let hit = |keys: &[u64]| keys.iter().any(|key| lengths.contains(key));
        !fact.right.is_empty() && hit(&fact.left) || hit(&fact.right)
    })
}

/// Keys of values that are the length of the object of that key.
fn length_keys(body: &Body<'_>, own: u64) -> Vec<u64> {
    let mut keys = Vec::new();
    for (_, statement) in body.statements() {
        if let StatementKind::Assign {
            target,
            value: Rvalue::Len(place),
        } = &statement.kind
            && body.place_key(place) == own
        {
            keys.push(body.place_key(target));
        }
    }
    keys
}

/// The last element of `chunks(n)` may be short.
fn chunk(
    body: &Body<'_>,
    at: At,
    (name, arguments): (&str, &[Operand]),
    slice: &Operand,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) -> bool {
    let Operand::Copy(place) = slice else {
        return false;
    };
    let Some(root) = body.root(place) else {
        return false;
    };
    // `t = it.next()`, `it = data.chunks(4)`.
    let from_chunks = match body.definition(root) {
        Some(Definition::Call(callee, arguments)) => match body.callee_name(callee) {
            "chunks" | "chunks_mut" | "rchunks" => Some(arguments),
            _ => None,
        },
        _ => None,
    };
    let Some([_, count]) = from_chunks else {
        return false;
    };
    // `buf[..chunk.len()].copy_from_slice(chunk)` asks for no full chunk.
    let is_cut = arguments.len() == 2
        && arguments
            .first()
            .is_some_and(|target| is_cut_to(body, target, body.place_key(place)));
    if body.number(count) == Some(1) || is_cut || is_length_tested(body, slice, at) {
        return false;
    }
    Report::new(body, "rust-copy-length-mismatch", span)
        .operand("$VALUE", slice)
        .text("$CALL", name)
        .step(
            span,
            "the last chunk may be shorter; this needs the full length and panics",
        )
        .push(out);
    true
}

/// `dst.copy_from_slice(src)` of two slices whose lengths nothing relates.
fn copy(
    body: &Body<'_>,
    at: At,
    arguments: &[Operand],
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let [Operand::Copy(target), Operand::Copy(source)] = arguments else {
        return;
    };
    into_shorter(body, at, target, source, span, out);
    let (Some(to), Some(from)) = (open_slice(body, target), open_slice(body, source)) else {
        return;
    };
    if to == from {
        return;
    }
    let tested = |operand: &super::super::ir::Place| {
        is_length_tested(body, &Operand::Copy(operand.clone()), at)
    };
    if tested(target) || tested(source) {
        return;
    }
    Report::new(body, "rust-copy-length-mismatch", span)
        .operand("$DST", &Operand::Copy(target.clone()))
        .operand("$SRC", &Operand::Copy(source.clone()))
        .step(
            span,
            "panics unless both are equally long; nothing compared them",
        )
        .push(out);
}

/// `buf[..src.len()].copy_from_slice(src)` where nothing says that `buf` is that long.
fn into_shorter(
    body: &Body<'_>,
    at: At,
    target: &super::super::ir::Place,
    source: &super::super::ir::Place,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let key = body.place_key(source);
    let whole = Operand::Copy(target.clone());
    if !is_cut_to(body, &whole, key) {
        return;
    }
    let Some(Definition::Call(_, [Operand::Copy(base), start, _])) = body.definition_of(&whole)
    else {
        return;
    };
    if body.number(start) != Some(0) {
        return;
    }
    // A part that this function cut from received data: its length is the sender's.
    let is_received = match body.definition_of_place(source) {
        Some(Definition::Value(Rvalue::Use(inner))) => {
            match body.definition_of(inner) {
                Some(Definition::Call(callee, [base, _, end])) => {
                    body.callee_name(callee).starts_with("index_range")
                        && !is_own_length(body, base, end)
                }
                // `&buf[range]` with a range of unknown type.
                Some(Definition::Value(Rvalue::AddressOf(of))) => {
                    matches!(of.path.last(), Some(Projection::Index(index))
                        if body.type_of(index) == super::super::ir::TypeId::UNKNOWN)
                }
                _ => false,
            }
        }
        _ => false,
    };
    let base = Operand::Copy(base.clone());
    let has_length = matches!(
        body.unit.types.get(body.type_of(&base)),
        Type::Array { len: Some(_), .. }
    );
    if !is_received
        || has_length
        || is_length_tested(body, &base, at)
        || is_length_tested(body, &Operand::Copy(source.clone()), at)
    {
        return;
    }
    Report::new(body, "rust-copy-length-mismatch", span)
        .operand("$DST", &base)
        .operand("$SRC", &Operand::Copy(source.clone()))
        .step(
            span,
            "as long as the source; nothing says that the target has room",
        )
        .push(out);
}

/// `slot.buf[1..slot.len]`: a length that the object keeps of itself.
fn is_own_length(body: &Body<'_>, base: &Operand, end: &Operand) -> bool {
    let (Operand::Copy(base), Some(Operand::Copy(end))) = (base, Some(end)) else {
        return false;
    };
    let has_field = |place: &super::super::ir::Place| {
        place
            .path
            .iter()
            .any(|step| matches!(step, Projection::Field(_)))
    };
    let mut base = base.clone();
    if !has_field(&base)
        && let Some(Definition::Value(Rvalue::AddressOf(inner) | Rvalue::Use(Operand::Copy(inner)))) =
            body.definition_of_place(&base)
    {
        base = inner.clone();
    }
    has_field(&base) && has_field(end) && base.base == end.base
}

/// The local behind a whole slice of unknown length: a parameter, or a name bound by a pattern.
fn open_slice(body: &Body<'_>, place: &super::super::ir::Place) -> Option<u64> {
    let Base::Local(local) = place.base else {
        return None;
    };
    if !place
        .path
        .iter()
        .all(|step| matches!(step, Projection::Deref))
    {
        return None;
    }
    let declared = body.function.local(local)?;
    let is_parameter = matches!(declared.kind, LocalKind::Parameter(_));
    let is_slice = body
        .unit
        .types
        .pointee(declared.ty)
        .is_some_and(|to| matches!(body.unit.types.get(to), Type::Slice { .. }));
    let is_bound = match body.definition(local) {
        Some(Definition::Value(Rvalue::Use(Operand::Copy(inner)))) => {
            inner
                .path
                .iter()
                .any(|step| matches!(step, Projection::Field(_)))
                && !inner.path.iter().any(|step| body.is_payload(step))
        }
        _ => false,
    };
    ((is_parameter && is_slice) || is_bound).then(|| body.place_key(place))
}

/// `GenericArray::from_slice(&request.nonce)`: panics unless the length fits.
fn constructor(
    body: &Body<'_>,
    at: At,
    callee: &Callee,
    slice: &Operand,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) {
    let Callee::Function(path) = callee else {
        return;
    };
    let path = body.name(*path);
    // Those whose `from_slice` panics; others give a `Result`.
    let panics = [
        "GenericArray",
        "Array",
        "Key",
        "Nonce",
        "Tag",
        "XNonce",
        "Block",
    ]
    .iter()
    .any(|name| {
        path.strip_suffix("::from_slice")
            .or_else(|| path.strip_suffix("::clone_from_slice"))
            .is_some_and(|owner| owner == *name || owner.ends_with(&format!("::{name}")))
    });
    let Operand::Copy(place) = slice else { return };
    let Some(source) = message_bytes(body, place) else {
        return;
    };
    if !panics || is_length_tested(body, slice, at) {
        return;
    }
    Report::new(body, "rust-copy-length-mismatch", span)
        .operand("$VALUE", slice)
        .text("$CALL", path)
        .step(source, "bytes of a length that the sender chose")
        .step(
            span,
            "panics unless the length is the type's; nothing tested it",
        )
        .push(out);
}

/// Bytes of a parameter, or of a field of one that is not `self`.
fn message_bytes(body: &Body<'_>, place: &super::super::ir::Place) -> Option<crate::finding::Span> {
    let mut place = place.clone();
    for _ in 0..4 {
        let Base::Local(local) = place.base else {
            return None;
        };
        if body.is_parameter(local) {
            let declared = body.function.local(local)?;
            let has_field = place
                .path
                .iter()
                .any(|step| matches!(step, Projection::Field(_)));
            let is_self = body.name(declared.name) == "self";
            let is_bytes = body
                .unit
                .types
                .pointee(declared.ty)
                .is_some_and(|to| matches!(body.unit.types.get(to), Type::Slice { .. }));
            return ((has_field && !is_self) || is_bytes).then_some(place.span);
        }
        match body.definition(local) {
            Some(Definition::Value(
                Rvalue::AddressOf(inner) | Rvalue::Use(Operand::Copy(inner)),
            )) => place = inner.clone(),
            _ => return None,
        }
    }
    None
}
