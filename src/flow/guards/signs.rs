//! Numbers with a sign or a fraction that become sizes and integers: negative lengths that pass a
//! test against a maximum, and floating-point numbers that no integer can hold.

use super::facts::{Direction, FactKind};
use super::file_facts::{Analysed, callers_bound};
use super::names;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::argument;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BinaryOp, Type, TypeId};

/// Reports `signed-length-upper-only` and `float-to-int-unranged`.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let mut told: Vec<ValueId> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let index = index as u32;
        match &event.kind {
            EventKind::Call {
                callee, arguments, ..
            } => {
                let size = match view.lexicon.copy(*callee) {
                    Some(copy) => arguments.get(copy.length as usize),
                    None if view.lexicon.is(*callee, flag::ALLOC) => arguments.first(),
                    None => None,
                };
                if let Some(&size) = size {
                    let span = argument(view, event, size, 0);
                    upper_only(view, all, (event, index), (size, span), &mut told, out);
                }
                if !view.lexicon.is(*callee, flag::LOG) {
                    for &one in arguments {
                        truncated(view, event, one, &mut told, out);
                    }
                }
            }
            EventKind::Read { location, .. } | EventKind::Write { location, .. } => {
                if let Value::Element { index: element, .. } = view.values().get(*location) {
                    let span = view.values().span(element);
                    upper_only(view, all, (event, index), (element, span), &mut told, out);
                }
                if let EventKind::Write { value, .. } = &event.kind {
                    truncated(view, event, *value, &mut told, out);
                }
            }
            EventKind::Assign { value, .. } => truncated(view, event, *value, &mut told, out),
            EventKind::Return(Some(value)) => truncated(view, event, *value, &mut told, out),
            _ => {}
        }
    }
}

/// A size or an index with a sign, compared with a maximum alone.
fn upper_only(
    view: &View<'_>,
    all: &[Analysed],
    (event, index): (&Event, u32),
    (size, span): (ValueId, Span),
    told: &mut Vec<ValueId>,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let value = values.strip(size);
    let signed = view.unit.types.int(values.ty(value));
    if !view.is_plain(value)
        || signed.is_none_or(|(bits, signed)| !signed || bits < 8)
        || told.contains(&value)
        || !is_said_signed(view, value)
    {
        return;
    }
    // A call that tells a length tells no negative one, and one that receives is another rule's.
    if values.calls.get(&value).is_some_and(|(callee, _)| {
        callee.is_none_or(|name| {
            view.lexicon.flags(name) != 0 || !names::is_length_name(view.name(name))
        })
    }) {
        return;
    }
    let mut has_upper = false;
    for fact in view.facts.at(view.graph, event.block, index) {
        let FactKind::Compare {
            op, left, right, ..
        } = &fact.kind
        else {
            // A function that was asked about it.
            if fact.bounds(values, &[value], Direction::Upper) {
                return;
            }
            continue;
        };
        let is_it = |side: ValueId| super::facts::mentions(values, side, &[value]);
        if !is_it(*left) && !is_it(*right) {
            continue;
        }
        // `n > sizeof buf` compares without a sign, and so does `(unsigned)n > MAX`.
        let is_unsigned = |side: ValueId| {
            let int = view.unit.types.int(values.ty(side));
            int.is_some_and(|(bits, signed)| !signed && bits >= 16)
                || matches!(values.get(side), Value::Cast { to, .. }
                    if view.unit.types.int(to).is_some_and(|(_, signed)| !signed))
        };
        if is_unsigned(*left) || is_unsigned(*right) || *op == BinaryOp::Ne {
            return;
        }
        if fact.bounds(values, &[value], Direction::Lower) {
            return;
        }
        // Only a number says that the other side has a sign too.
        has_upper |= fact.bounds(values, &[value], Direction::Upper)
            && [*left, *right]
                .iter()
                .any(|side| values.constant(*side).is_some_and(|limit| limit > 0));
    }
    if !has_upper {
        return;
    }
    if let Value::Parameter(argument) = values.get(value)
        && callers_bound(
            view.unit,
            all,
            view.file,
            view.function,
            argument,
            Direction::Lower,
        )
        .is_some()
    {
        return;
    }
    told.push(value);
    let name = view.words(span);
    out.push(view.defect(
        "signed-length-upper-only",
        event.span,
        vec![("$LEN", name.clone())],
        Some(value),
        Vec::new(),
        format!("`{name}` may be negative here, which is a huge size"),
    ));
}

/// Whether a number has a sign by its declaration: an enumeration is as wide as an `int`, and the
/// compiler chooses its sign.
fn is_said_signed(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    let int = view.unit.types.int(values.ty(value));
    if int.is_some_and(|(bits, _)| bits != view.unit.target.int_bits) {
        return true;
    }
    let Value::Parameter(index) = values.get(value) else {
        return false;
    };
    let local = view
        .function
        .parameters
        .get(index as usize)
        .and_then(|id| view.function.local(*id));
    let Some(end) = local.map(|local| local.span.start as usize) else {
        return false;
    };
    let before = view
        .text
        .get(end.saturating_sub(40)..end)
        .unwrap_or_default();
    let from = memchr::memrchr2(b',', b'(', before).map_or(0, |at| at + 1);
    before
        .get(from..)
        .unwrap_or_default()
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .any(|word| {
            matches!(
                word,
                b"int" | b"int32_t" | b"signed" | b"long" | b"ssize_t" | b"ptrdiff_t"
            )
        })
}

/// A floating-point number from outside that becomes an integer.
fn truncated(
    view: &View<'_>,
    event: &Event,
    value: ValueId,
    told: &mut Vec<ValueId>,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    let mut at = value;
    let mut inner = None;
    for _ in 0..6 {
        match values.get(at) {
            Value::Cast { value: from, to } => {
                if is_float(view, values.ty(from))
                    && view.unit.types.int(to).is_some_and(|int| int.0 > 1)
                {
                    inner = Some(from);
                }
                at = from;
            }
            _ => break,
        }
    }
    let Some(inner) = inner else { return };
    if told.contains(&inner)
        || !super::lengths::is_given(view, inner)
        || super::lengths::is_compared(view, inner)
        || is_limited_by_call(view, inner)
    {
        return;
    }
    told.push(inner);
    let span = values.span(inner);
    let name = match span.end > span.start {
        true => view.words(span),
        false => view.words(event.span),
    };
    out.push(view.defect(
        "float-to-int-unranged",
        event.span,
        vec![("$VALUE", name.clone())],
        Some(inner),
        Vec::new(),
        format!("`{name}` is cut to an integer, whatever it is"),
    ));
}

fn is_float(view: &View<'_>, ty: TypeId) -> bool {
    matches!(view.unit.types.get(ty), Type::Float { .. })
}

/// Whether a function that limits numbers had a hand in it.
fn is_limited_by_call(view: &View<'_>, value: ValueId) -> bool {
    let values = view.values();
    values.sources(value).iter().any(|leaf| {
        let Some((Some(callee), _)) = values.calls.get(leaf) else {
            return false;
        };
        let name = view.name(*callee);
        name.to_ascii_lowercase().contains("clamp")
            || names::words(name).iter().any(|word| {
                matches!(
                    word.as_str(),
                    "limit"
                        | "saturate"
                        | "constrain"
                        | "min"
                        | "max"
                        | "fmin"
                        | "fmax"
                        | "fminf"
                        | "fmaxf"
                        | "bound"
                        | "sat"
                        | "fmod"
                        | "fmodf"
                        | "sin"
                        | "cos"
                        | "isnan"
                        | "isfinite"
                        | "range"
                )
            })
    })
}
