//! Bytes of others that are searched for a terminator nobody promised.

use super::numbering::{Event, EventKind};
use super::roles::{Region, View};
use super::spans::argument;
use super::tables::flag;
use super::values::ValueId;
use crate::flow::Defect;
use crate::flow::ir::Type;

/// Reports `string-call-on-wire-buffer`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee, arguments, ..
        } = &event.kind
        else {
            continue;
        };
        if view.lexicon.is(*callee, flag::SCAN) {
            scan(
                view,
                event,
                index as u32,
                callee.map_or("", |name| view.name(name)),
                arguments,
                out,
            );
        }
    }
}

fn scan(
    view: &View<'_>,
    event: &Event,
    index: u32,
    name: &str,
    arguments: &[ValueId],
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let Some(&subject) = arguments.first() else {
        return;
    };
    let region = view.region(subject);
    let is_bytes = match region {
        Region::Packet(_) => true,
        Region::Pair(at) => view.pairs.get(at).is_some_and(|pair| {
            let is_own = super::pairs::share_a_word(
                view.parameter_name(pair.pointer).unwrap_or_default(),
                view.parameter_name(pair.length).unwrap_or_default(),
            ) || view
                .parameter_name(pair.length)
                .is_some_and(super::names::is_byte_length_name);
            // `char *` with a length usually is a string.
            !pair.is_output && pair.is_const && !pair.is_text && is_own && {
                let ty = view
                    .function
                    .parameters
                    .get(pair.pointer as usize)
                    .and_then(|id| view.function.local(*id))
                    .map(|local| local.ty);
                ty.and_then(|ty| view.unit.types.pointee(ty))
                    .is_some_and(|to| {
                        matches!(
                            view.unit.types.get(to),
                            Type::Int {
                                bits: 8,
                                signed: false
                            } | Type::Void
                        )
                    })
            }
        }),
        _ => false,
    };
    if !is_bytes {
        return;
    }
    let ends = view
        .numbered
        .events
        .iter()
        .take(index as usize)
        .any(|before| match &before.kind {
            EventKind::Write {
                location, value, ..
            } => values.constant(*value) == Some(0) && view.region(*location) == region,
            EventKind::Call {
                callee, arguments, ..
            } => {
                let text = callee.map_or("", |name| view.name(name));
                matches!(text, "memchr" | "strnlen")
                    && arguments.iter().any(|argument| {
                        view.is_pointer(*argument) && view.region(*argument) == region
                    })
            }
            _ => false,
        });
    if ends {
        return;
    }
    let buffer = view.words(argument(view, event, subject, 0));
    out.push(view.defect(
        "string-call-on-wire-buffer",
        event.span,
        vec![("$CALL", name.to_owned()), ("$BUF", buffer.clone())],
        Some(subject),
        Vec::new(),
        format!("`{name}` runs to a terminator; nothing makes sure that `{buffer}` has one"),
    ));
}
