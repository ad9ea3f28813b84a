//! Reads and copies before the length is known.

use super::super::defect::Defect;
use super::super::ir::{Base, Callee, LocalKind, Operand, Projection, Rvalue, StatementKind, Type};
use super::Report;
use super::body::{At, Body, Definition};
use super::slices::each_place;

/// `rust-fixed-offset-before-length`, `rust-chunk-too-short`, `rust-copy-length-mismatch`,
/// `rust-unproved-constructor-length`, `rust-length-check-reads-first`.
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
        match (name, arguments.as_slice()) {
            (
                "from_bytes" | "from_slice" | "clone_from_slice" | "copy_from_slice" | "try_into"
                | "from_be_slice" | "from_le_slice",
                arguments,
            ) => {
                let Some(slice) = arguments.last() else {
                    continue;
                };
                if chunk(body, name, slice, statement.span, out) {
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
            _ => {}
        }
    }
    length_checks(body, out);
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
        "dispatch",
        "on",
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
            if !matches!(parameter.kind, LocalKind::Parameter(_))
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
            Report::new(body, "rust-fixed-offset-before-length", place.span)
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

/// Whether the length of a slice, or the slice, was tested on every way here.
fn is_length_tested(body: &Body<'_>, slice: &Operand, at: At) -> bool {
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
    name: &str,
    slice: &Operand,
    span: crate::finding::Span,
    out: &mut Vec<Defect>,
) -> bool {
    if name == "try_into" {
        return false;
    }
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
    if body.number(count) == Some(1) {
        return false;
    }
    Report::new(body, "rust-chunk-too-short", span)
        .operand("$CHUNK", slice)
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
    Report::new(body, "rust-unproved-constructor-length", span)
        .operand("$SLICE", slice)
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

/// `fn check_len` reads the buffer through an accessor before any length was compared.
fn length_checks(body: &Body<'_>, out: &mut Vec<Defect>) {
    let name = body.function_name();
    if !matches!(
        name,
        "check_len" | "check_length" | "new_checked" | "validate_len"
    ) {
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
        if arguments.len() != 1 || !reads_bytes(body, *method) {
            continue;
        }
        let has_fact = body.facts(at.block).iter().any(|fact| {
            fact.right_number.is_some_and(|n| n > 0) || fact.left_number.is_some_and(|n| n > 0)
        });
        if has_fact || !body.facts(at.block).is_empty() {
            return;
        }
        Report::new(body, "rust-length-check-reads-first", statement.span)
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
fn reads_bytes(body: &Body<'_>, method: super::super::ir::Symbol) -> bool {
    let Some(function) = body.unit.function(method) else {
        return false;
    };
    function.parameters.len() == 1
        && function.blocks.iter().any(|block| {
            block.statements.iter().any(|statement| {
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
