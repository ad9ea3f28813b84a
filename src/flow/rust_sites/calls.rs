//! Calls whose effect is easily overlooked: memory left uninitialised, values never dropped, bytes in
//! the host's order, results that say how much was done.

use super::Sites;
use super::items::last_name;
use super::panics::method_of;
use super::ty::Ty;
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// `rust-uninitialised-vector`, `rust-forgotten-value`, `rust-native-byte-order`,
/// `rust-partial-transfer-ignored`, `rust-result-discarded`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::CALL_EXPRESSION => {
            set_length(sites, node, out);
            forget(sites, node, out);
            transfer(sites, node, out);
        }
        Kind::LET_DECLARATION => discarded(sites, node, out),
        Kind::IDENTIFIER | Kind::FIELD_IDENTIFIER
            if matches!(sites.text(node), "to_ne_bytes" | "from_ne_bytes") =>
        {
            let above = sites.file().tree.parent(node);
            if above.is_none_or(|above| sites.kind(above) != Kind::FUNCTION_ITEM) {
                sites.report("rust-native-byte-order", node, &[], out);
            }
        }
        _ => {}
    }
}

/// `let mut v = Vec::with_capacity(n); unsafe { v.set_len(n) }`.
fn set_length(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let Some((vector, "set_len")) = method_of(sites, node) else {
        return;
    };
    let argument = sites
        .child(node, Field::ARGUMENTS)
        .and_then(|list| tree.children(list).next());
    if argument.is_none_or(|argument| sites.text(argument) == "0") {
        return;
    }
    // The statement, and the one before it, in the same block or before the `unsafe` block.
    let mut at = node;
    let before = loop {
        let Some(above) = tree.parent(at) else {
            return;
        };
        match tree.kind(above) {
            Kind::BLOCK => {
                let is_first = tree.children(above).next() == Some(at);
                let is_unsafe = tree
                    .parent(above)
                    .is_some_and(|around| tree.kind(around) == Kind::UNSAFE_BLOCK);
                match (is_first, is_unsafe) {
                    (true, true) => at = above,
                    (true, false) => return,
                    (false, _) => break super::items::previous(sites.file(), at),
                }
            }
            Kind::UNSAFE_BLOCK | Kind::EXPRESSION_STATEMENT => at = above,
            _ => return,
        }
    };
    let Some(before) = before else {
        return;
    };
    let name = sites.text(vector);
    if !is_fresh(sites, before, name) || holds_anything(sites, &sites.types.of(vector).element()) {
        return;
    }
    sites.report("rust-uninitialised-vector", before, &[("$LIST", name)], out);
}

/// Whether the statement makes the vector, or room in it.
fn is_fresh(sites: &Sites<'_, '_>, statement: NodeId, name: &str) -> bool {
    let tree = &sites.file().tree;
    let makes = |value: NodeId| {
        tree.kind(value) == Kind::CALL_EXPRESSION
            && sites.child(value, Field::FUNCTION).is_some_and(|function| {
                matches!(
                    last_name(sites.file(), function),
                    "with_capacity" | "new" | "default"
                )
            })
    };
    match tree.kind(statement) {
        Kind::LET_DECLARATION => {
            let pattern = sites
                .child(statement, Field::PATTERN)
                .map(|one| sites.text(one));
            pattern.map(|text| text.trim_start_matches("mut ").trim()) == Some(name)
                && sites.child(statement, Field::VALUE).is_some_and(makes)
        }
        Kind::EXPRESSION_STATEMENT => match tree.children(statement).next() {
            Some(inner) if tree.kind(inner) == Kind::ASSIGNMENT_EXPRESSION => {
                sites.child(inner, Field::LEFT).map(|left| sites.text(left)) == Some(name)
                    && sites.child(inner, Field::RIGHT).is_some_and(makes)
            }
            Some(inner) => matches!(
                method_of(sites, inner),
                Some((of, "reserve" | "reserve_exact")) if sites.text(of) == name
            ),
            None => false,
        },
        _ => false,
    }
}

/// Whether any bits, or none, are a value of the type.
fn holds_anything(sites: &Sites<'_, '_>, ty: &Ty) -> bool {
    match ty {
        Ty::Tuple(parts) => parts.iter().all(|part| holds_anything(sites, part)),
        Ty::Array(of, _) => holds_anything(sites, of),
        Ty::Never => true,
        Ty::Named(name, arguments) => match (&**name, sites.types.items.records.get(name)) {
            ("MaybeUninit", _) => true,
            ("UnsafeCell" | "Cell" | "ManuallyDrop", _) => arguments
                .first()
                .is_some_and(|inner| holds_anything(sites, inner)),
            (_, Some(record)) if record.is_union => true,
            (_, Some(record)) if record.is_enum => {
                record.variants.as_ref().is_some_and(|all| all.len() < 2)
            }
            (_, Some(record)) => record.fields.iter().all(|(_, field)| match field {
                // Of itself, through a pointer or not.
                Ty::Named(inner, _) if inner == name => false,
                field => holds_anything(sites, field),
            }),
            _ => false,
        },
        _ => false,
    }
}

/// `mem::forget(value)` of something that has to be dropped.
fn forget(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let Some(function) = sites.child(node, Field::FUNCTION) else {
        return;
    };
    let text = sites.text(function);
    let renamed = &sites.types.items.renamed;
    let is_forget = match text.rsplit_once("::") {
        Some((path, "forget")) => {
            let path = renamed.get(path).map_or(path, |path| path);
            path == "mem" || path.ends_with("::mem")
        }
        Some(_) => false,
        None => {
            renamed
                .get(text)
                .is_some_and(|path| path.ends_with("mem::forget"))
                || (text == "forget" && sites.types.callee(node).is_none())
        }
    };
    let argument = sites
        .child(node, Field::ARGUMENTS)
        .and_then(|list| tree.children(list).next());
    let Some(argument) = argument else {
        return;
    };
    // A number, a reference or a pointer has nothing to drop.
    let ty = sites.types.of(argument);
    let is_plain = matches!(
        ty,
        Ty::Int(_)
            | Ty::Integer
            | Ty::Float(_)
            | Ty::Bool
            | Ty::Char
            | Ty::Reference(..)
            | Ty::Pointer(..)
    );
    if is_forget && !is_plain {
        sites.report(
            "rust-forgotten-value",
            node,
            &[("$VALUE", sites.text(argument))],
            out,
        );
    }
}

/// `port.read(&mut buf)?;`: how much was read is not looked at.
fn transfer(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let Some((receiver, name @ ("read" | "write" | "read_vectored" | "write_vectored"))) =
        method_of(sites, node)
    else {
        return;
    };
    let argument =
        sites
            .child(node, Field::ARGUMENTS)
            .and_then(|list| match tree.children(list).count() {
                1 => tree.children(list).next(),
                _ => None,
            });
    let is_bytes = |argument: NodeId| {
        let text = sites.text(argument);
        text.starts_with('&') || text.starts_with("b\"") || {
            let ty = sites.types.of(argument);
            matches!(ty.peeled(), Ty::Slice(_) | Ty::Array(..))
                && matches!(ty.element(), Ty::Int(int) if int.bits == 8)
        }
    };
    let is_result_of_own = sites.types.callee(node).is_some_and(|head| {
        // Only a result with a number says how much.
        !matches!(head.result.argument(0), Ty::Int(int) if int.is_size)
    });
    // One byte is transferred or not.
    let is_single = |argument: NodeId| match sites.types.of(argument).peeled() {
        Ty::Array(_, length) => *length == Some(1),
        _ => false,
    };
    if argument.is_none_or(|argument| !is_bytes(argument) || is_single(argument))
        || !knows_streams(sites)
        || is_result_of_own
        || matches!(sites.types.of(receiver), Ty::Pointer(..))
    {
        return;
    }
    if is_amount_ignored(sites, node) && !is_in_same_method(sites, node) {
        let names = [("$CALL", name)];
        sites.report("rust-partial-transfer-ignored", node, &names, out);
    }
}

/// Whether the file names the traits whose `read` and `write` say how much they did. Drivers have methods
/// of these names that do all or fail.
fn knows_streams(sites: &Sites<'_, '_>) -> bool {
    const TRAITS: &[&[u8]] = &[
        b"std::io",
        b"embedded_io",
        b"futures::io",
        b"tokio::io",
        b"io::Read",
        b"io::Write",
        b"core::io",
    ];
    let text = sites.file().text;
    TRAITS
        .iter()
        .any(|name| memchr::memmem::find(text, name).is_some())
}

/// `read_exact` that is made of `read` cannot call itself.
fn is_in_same_method(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    sites
        .function(node)
        .and_then(|function| sites.child(function, Field::NAME))
        .is_some_and(|name| {
            matches!(
                sites.text(name),
                "read_exact" | "write_all" | "read" | "write"
            )
        })
}

/// Whether the number that a transfer gives is dropped, on the way through what only looks at
/// whether it failed.
fn is_amount_ignored(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let mut at = node;
    while let Some(above) = tree.parent(at) {
        match tree.kind(above) {
            Kind::TRY_EXPRESSION | Kind::AWAIT_EXPRESSION | Kind::PARENTHESIZED_EXPRESSION => {}
            Kind::FIELD_EXPRESSION => {
                let name = sites
                    .child(above, Field::FIELD)
                    .map_or("", |name| sites.text(name));
                let keeps = matches!(
                    name,
                    "unwrap"
                        | "expect"
                        | "ok"
                        | "or"
                        | "or_else"
                        | "map_err"
                        | "is_ok"
                        | "is_err"
                        | "unwrap_or_default"
                );
                if !keeps {
                    return false;
                }
            }
            Kind::CALL_EXPRESSION if sites.child(above, Field::FUNCTION) == Some(at) => {}
            Kind::EXPRESSION_STATEMENT => return sites.text(above).ends_with(';'),
            Kind::MATCH_EXPRESSION => return is_any_success_taken(sites, above),
            Kind::LET_CONDITION => {
                return sites
                    .child(above, Field::PATTERN)
                    .is_some_and(|pattern| is_any_ok(sites.text(pattern)));
            }
            _ => return false,
        }
        at = above;
    }
    false
}

fn is_any_ok(pattern: &str) -> bool {
    let bare: String = pattern.split_whitespace().collect();
    matches!(bare.as_str(), "Ok(_)" | "Ok(..)")
}

/// `match port.write(b) { Ok(_) => .., Err(e) => .. }` without another look at the number.
fn is_any_success_taken(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let Some(body) = sites.child(node, Field::BODY) else {
        return false;
    };
    let mut takes_any = false;
    for arm in tree.children(body) {
        let pattern = sites
            .child(arm, Field::PATTERN)
            .map_or("", |one| sites.text(one));
        let value = sites
            .child(arm, Field::VALUE)
            .map_or("", |one| sites.text(one));
        if is_any_ok(pattern) {
            // What must not succeed at all needs no number.
            takes_any |= !(value.starts_with("panic!") || value.starts_with("unreachable!"));
        } else if pattern.starts_with("Ok") {
            return false;
        }
    }
    takes_any
}

/// Whether a comment stands right above.
fn is_explained(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let start = sites.file().tree.span(node).start as usize;
    let before = sites.file().text.get(..start).unwrap_or_default();
    let mut lines = before.rsplit(|byte| *byte == b'\n');
    lines.next();
    let above = lines.next().unwrap_or_default().trim_ascii();
    above
        .strip_prefix(b"//")
        .is_some_and(|text| text.iter().any(u8::is_ascii_alphabetic) && !text.starts_with(b"~"))
}

/// `let _ = x;` of a `Result`, or of what says that it must be used.
fn discarded(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let (Some(pattern), Some(value)) = (
        sites.child(node, Field::PATTERN),
        sites.child(node, Field::VALUE),
    ) else {
        return;
    };
    if sites.text(pattern) != "_" || sites.is_compile_time(node) {
        return;
    }
    let ty = match sites.child(node, Field::TYPE) {
        Some(ty) => sites.types.written(ty),
        None => sites.types.of(value),
    };
    let records = &sites.types.items.records;
    let is_marked = |ty: &Ty| {
        ty.name()
            .and_then(|name| records.get(name))
            .is_some_and(|record| record.must_use)
    };
    let is_result = match ty.name() {
        // What cannot fail is as good as what it holds.
        Some("Result") => {
            let error = ty.argument(1);
            !(error == Ty::Never || error.name() == Some("Infallible"))
                || is_marked(&ty.argument(0))
        }
        _ => is_marked(&ty),
    };
    let must_use = sites.types.callee(value).is_some_and(|head| head.must_use);
    // `let _ = regs.sr2().read();` reads a register for its side effect; a method of that name in this file
    // is another type's.
    let is_register = method_of(sites, value).is_some_and(|(receiver, name)| {
        name == "read"
            && sites.text(value).ends_with(".read()")
            && !sites.types.of(receiver).is_known()
    });
    if (is_result || must_use) && !is_register && !is_explained(sites, node) {
        sites.report(
            "rust-result-discarded",
            node,
            &[("$VALUE", sites.text(value))],
            out,
        );
    }
}
