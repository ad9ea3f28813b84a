//! The words of the source for values and addresses.

use super::numbering::{Event, EventKind};
use super::roles::View;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{Base, BlockId, LocalKind, Operand, StatementKind};

/// The bytes of a call's argument.
pub(super) fn argument(view: &View<'_>, event: &Event, value: ValueId, position: usize) -> Span {
    let EventKind::Call { arguments, .. } = &event.kind else {
        return event.span;
    };
    let at = arguments
        .iter()
        .position(|argument| *argument == value)
        .unwrap_or(position);
    let operand = view
        .function
        .block(BlockId(event.block))
        .and_then(|block| block.statements.get(event.statement as usize))
        .and_then(|statement| match &statement.kind {
            StatementKind::Call { arguments, .. } => arguments.get(at),
            _ => None,
        });
    let span = match operand {
        Some(Operand::Copy(place)) => {
            let temporary = match place.base {
                Base::Local(id) if place.path.is_empty() => view
                    .function
                    .local(id)
                    .filter(|local| local.kind == LocalKind::Temporary),
                _ => None,
            };
            temporary.map_or(place.span, |local| local.span)
        }
        _ => event.span,
    };
    // Of a macro's arguments all have the bytes of its call.
    if span == event.span {
        written_argument(view.text, span, (at, arguments.len())).unwrap_or(span)
    } else {
        span
    }
}

/// The bytes of an argument in `NAME(a, b, c)`, if there are so many.
fn written_argument(text: &[u8], call: Span, (at, count): (usize, usize)) -> Option<Span> {
    let bytes = text.get(call.start as usize..call.end as usize)?;
    let open = memchr::memchr(b'(', bytes)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if open == 0 || !bytes.get(..open)?.trim_ascii_end().iter().all(is_name) {
        return None;
    }
    let (mut depth, mut from) = (0_u32, open + 1);
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for (index, byte) in bytes.iter().enumerate().skip(open + 1) {
        match byte {
            b'"' | b'\'' => return None,
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                parts.push((from, index));
                break;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push((from, index));
                from = index + 1;
            }
            _ => {}
        }
    }
    let &(from, to) = parts.get(at).filter(|_| parts.len() == count)?;
    let part = bytes.get(from..to)?;
    let blank = part.len() - part.trim_ascii_start().len();
    let start = call.start.checked_add(u32::try_from(from + blank).ok()?)?;
    let length = u32::try_from(part.trim_ascii().len()).ok()?;
    (length > 0).then(|| Span {
        start,
        end: start.saturating_add(length),
    })
}

/// What a reader calls the object an address points into.
pub(super) fn object_name(view: &View<'_>, location: ValueId) -> Option<String> {
    let values = view.values();
    let mut fields: Vec<String> = Vec::new();
    let mut at = location;
    for _ in 0..16 {
        match values.get(at) {
            Value::Cast { value, .. } => at = value,
            Value::Element { base, .. } => at = base,
            Value::Field(base, name) => {
                fields.push(view.name(name).to_owned());
                at = base;
            }
            Value::Address(base) => {
                let name = match base {
                    Base::Local(id) => view.function.local(id).map(|local| local.name),
                    Base::Global(id) => view.unit.global(id).map(|global| global.name),
                }?;
                fields.push(view.name(name).to_owned());
                fields.reverse();
                return Some(fields.join("."));
            }
            Value::Parameter(index) => {
                let mut out = view.parameter_name(index)?.to_owned();
                fields.reverse();
                if !fields.is_empty() {
                    out.push_str("->");
                    out.push_str(&fields.join("."));
                }
                return Some(out);
            }
            Value::Load { location, .. } => {
                if !fields.is_empty() {
                    let mut out = object_name(view, location)?;
                    fields.reverse();
                    out.push_str("->");
                    out.push_str(&fields.join("."));
                    return Some(out);
                }
                at = location;
            }
            Value::Phi { .. } => {
                let first = values.inputs.get(&at)?.first()?.1;
                if values.root(first) == at || first == at {
                    return None;
                }
                at = first;
            }
            _ => break,
        }
    }
    fields.reverse();
    (!fields.is_empty()).then(|| fields.join("."))
}
