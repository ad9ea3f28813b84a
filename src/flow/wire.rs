//! `uninitialised-to-wire`: a local record that is sent or stored with bytes that nobody wrote.
//!
//! Speaks only where the whole story is in the function: a record filled field by field and handed out
//! by address to nobody but the call that sends it. Fields count as written wherever the function
//! writes them.

use std::collections::{BTreeMap, BTreeSet};

use super::defect::{Defect, Note};
use super::guards::words;
use super::ir::{
    Base, Callee, Function, LocalId, LocalKind, Operand, Origin, Place, Projection, Record, Rvalue,
    StatementKind, Symbol, Unit,
};
use crate::finding::Span;

/// The analysis' name.
pub(super) const NAME: &str = "uninitialised-to-wire";

/// What a function does to one of its records.
#[derive(Debug, Default)]
struct Filled {
    fields: BTreeSet<Symbol>,
    /// Written as a whole, or handed to somebody who may have.
    is_whole: bool,
    /// The call that sends it, once fields were written.
    sent: Option<(Symbol, Span)>,
}

/// Reports records with holes at the call that sends them.
pub(super) fn check(unit: &Unit, defects: &mut Vec<Defect>) {
    for function in unit.functions.iter().filter(|one| !one.has_gap) {
        of_function(unit, function, defects);
    }
}

fn of_function(unit: &Unit, function: &Function, defects: &mut Vec<Defect>) {
    let is_record = |id: LocalId| {
        function.local(id).is_some_and(|local| {
            local.kind == LocalKind::Variable
                && !local.has_init
                && unit.types.as_record(local.ty).is_some_and(|record| {
                    // The address of a peer stays in the device.
                    let name = record.name.map_or("", |name| unit.names.text(name));
                    !record.is_union && record.size.is_some() && !name.starts_with("sockaddr")
                })
        })
    };
    let mut filled: BTreeMap<LocalId, Filled> = BTreeMap::new();
    // Temporaries that hold the address of a record.
    let mut addresses: BTreeMap<LocalId, LocalId> = BTreeMap::new();
    let whole = |place: &Place| match (place.base, place.path.is_empty()) {
        (Base::Local(id), true) => Some(id),
        _ => None,
    };
    for statement in function.blocks.iter().flat_map(|block| &block.statements) {
        match &statement.kind {
            StatementKind::Assign { target, value } => {
                write(&is_record, target, &mut filled);
                match value {
                    Rvalue::AddressOf(place) => match (whole(place), whole(target)) {
                        (Some(object), Some(holder)) if is_record(object) => {
                            let is_temporary = function
                                .local(holder)
                                .is_some_and(|local| local.kind == LocalKind::Temporary);
                            if is_temporary {
                                addresses.insert(holder, object);
                            } else {
                                filled.entry(object).or_default().is_whole = true;
                            }
                        }
                        // A part of it is handed out: taken as written.
                        (None, _) => write(&is_record, place, &mut filled),
                        (Some(object), None) if is_record(object) => {
                            filled.entry(object).or_default().is_whole = true;
                        }
                        _ => {}
                    },
                    Rvalue::Use(Operand::Copy(place))
                    | Rvalue::Cast {
                        value: Operand::Copy(place),
                        ..
                    } => {
                        if let Some(object) =
                            whole(place).and_then(|from| addresses.get(&from)).copied()
                        {
                            match whole(target) {
                                Some(holder)
                                    if function.local(holder).is_some_and(|local| {
                                        local.kind == LocalKind::Temporary
                                    }) =>
                                {
                                    addresses.insert(holder, object);
                                }
                                _ => filled.entry(object).or_default().is_whole = true,
                            }
                        }
                    }
                    _ => {}
                }
            }
            StatementKind::Call {
                callee,
                arguments,
                target,
                ..
            } => {
                if let Some(target) = target {
                    write(&is_record, target, &mut filled);
                }
                for (at, argument) in arguments.iter().enumerate() {
                    let Operand::Copy(place) = argument else {
                        continue;
                    };
                    let Some(object) = whole(place).and_then(|from| addresses.get(&from)).copied()
                    else {
                        continue;
                    };
                    let entry = filled.entry(object).or_default();
                    match callee {
                        Callee::Function(name)
                            if sends(unit.names.text(*name))
                                && is_size_of(unit, function, object, arguments.get(at + 1..)) =>
                        {
                            // What nobody filled is an answer to be filled.
                            if !entry.fields.is_empty() {
                                entry.sent.get_or_insert((*name, statement.span));
                            } else {
                                entry.is_whole = true;
                            }
                        }
                        _ => entry.is_whole = true,
                    }
                }
            }
            StatementKind::Clobber(places) => {
                for place in places {
                    if let Base::Local(id) = place.base
                        && is_record(id)
                    {
                        filled.entry(id).or_default().is_whole = true;
                    }
                }
            }
            _ => {}
        }
    }
    for (id, entry) in filled {
        let (false, false, Some((name, span))) =
            (entry.is_whole, entry.fields.is_empty(), &entry.sent)
        else {
            continue;
        };
        let Some(local) = function.local(id) else {
            continue;
        };
        let Some(what) = unit
            .types
            .as_record(local.ty)
            .and_then(|record| hole(unit, record, &entry.fields))
        else {
            continue;
        };
        let object = unit.names.text(local.name).to_owned();
        let call = unit.names.text(*name).to_owned();
        defects.push(Defect {
            analysis: NAME,
            span: *span,
            names: vec![
                ("$X", object.clone()),
                ("$CALL", call.clone()),
                ("$WHAT", what.clone()),
            ],
            trace: vec![
                Note {
                    span: local.span,
                    message: format!("`{object}` is made here, with what the stack held before"),
                },
                Note {
                    span: *span,
                    message: format!("`{call}` takes all of it, {what} included"),
                },
            ],
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}

/// Notes a write to a record or to a part of one.
fn write(
    is_record: &impl Fn(LocalId) -> bool,
    place: &Place,
    filled: &mut BTreeMap<LocalId, Filled>,
) {
    let Base::Local(id) = place.base else { return };
    if !is_record(id) {
        return;
    }
    let entry = filled.entry(id).or_default();
    match place.path.first() {
        Some(Projection::Field(name)) => {
            entry.fields.insert(*name);
        }
        _ => entry.is_whole = true,
    }
}

/// Whether one of the arguments is the size of the object.
fn is_size_of(
    unit: &Unit,
    function: &Function,
    object: LocalId,
    arguments: Option<&[Operand]>,
) -> bool {
    let ty = function.local(object).map(|local| local.ty);
    let size = ty.and_then(|ty| unit.types.size(ty));
    arguments
        .into_iter()
        .flatten()
        .any(|argument| match argument {
            Operand::Constant(constant) => {
                matches!(constant.origin, Origin::SizeofPlace(Base::Local(id)) if id == object)
                    || matches!(constant.origin, Origin::Sizeof(of) if Some(of) == ty)
                    || constant.value.is_some() && constant.value == size.map(i128::from)
            }
            _ => false,
        })
}

/// The first bytes of a record that are in no written field, in words.
fn hole(unit: &Unit, record: &Record, written: &BTreeSet<Symbol>) -> Option<String> {
    if let Some(field) = record
        .fields
        .iter()
        .find(|field| !written.contains(&field.name))
    {
        let name = unit.names.text(field.name);
        return (!name.is_empty()).then(|| format!("field `{name}`"));
    }
    if record.fields.iter().any(|field| field.bits.is_some()) {
        return None;
    }
    let used = record.fields.iter().try_fold(0_u64, |sum, field| {
        sum.checked_add(unit.types.size(field.ty)?)
    })?;
    let padding = record.size?.checked_sub(used).filter(|bytes| *bytes > 0)?;
    let plural = if padding == 1 { "byte" } else { "bytes" };
    Some(format!("{padding} {plural} of padding"))
}

/// Whether a call puts bytes where others read them.
fn sends(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "send",
        "sendto",
        "transmit",
        "tx",
        "write",
        "fwrite",
        "notify",
        "publish",
        "indicate",
        "broadcast",
    ]) && !has(&[
        "queue", "task", "mailbox", "mbox", "msgq", "event", "thread", "msg", "reg", "register",
    ]) || has(&["nvs", "eeprom", "settings"]) && has(&["set", "save", "store", "write"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::flow::lower_c;
    use crate::syntax::{Language, Limits, MacroTable, Parser};

    fn told(body: &str) -> Vec<String> {
        let text = format!(
            "struct r {{ unsigned char id; unsigned int value; unsigned char tail[3]; }};
             struct full {{ unsigned int a; unsigned int b; }};
             void f(void) {{ {body} }}\n"
        );
        let mut parser = Parser::new(Limits::default());
        let file = parser
            .parse(Language::C, text.as_bytes(), &MacroTable::new())
            .unwrap();
        let unit = lower_c::lower(&file, Default::default(), &Default::default());
        let mut out = Vec::new();
        check(&unit, &mut out);
        out.iter().map(|one| one.names[2].1.clone()).collect()
    }

    #[test]
    fn fields_and_padding_that_nobody_wrote() {
        let missing = "struct r r; r.id = 1; r.value = 2; uart_write(0, &r, sizeof r);";
        assert_eq!(told(missing), ["field `tail`"]);
        let padding = "struct r r; r.id = 1; r.value = 2; r.tail[0] = 0; send(3, (void *)&r, sizeof(struct r), 0);";
        assert_eq!(told(padding), ["4 bytes of padding"]);
    }

    #[test]
    fn what_is_written_as_a_whole_has_no_holes() {
        for body in [
            "struct full r; r.a = 1; r.b = 2; uart_write(0, &r, sizeof r);",
            "struct r r = {0}; r.id = 1; uart_write(0, &r, sizeof r);",
            "struct r r; memset(&r, 0, sizeof r); r.id = 1; uart_write(0, &r, sizeof r);",
            "struct r r; r = other(); r.id = 1; uart_write(0, &r, sizeof r);",
            "struct r r; r.id = 1; queue_send(0, &r, sizeof r);",
            "struct r r; r.id = 1; uart_write(0, &r, 1);",
            "struct r r; struct r *p = &r; r.id = 1; uart_write(0, &r, sizeof r);",
        ] {
            assert_eq!(told(body), [""; 0], "{body}");
        }
    }
}
