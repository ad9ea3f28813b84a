//! Parameters that belong together: a pointer to bytes, and how many there are.

use super::tables::PACKETS;
use crate::flow::ir::{Function, Local, Type, TypeId, Unit};

/// A pointer to bytes and the parameter that says how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Index of the pointer.
    pub pointer: u32,
    /// Index of the number.
    pub length: u32,
    /// The pointee is `const`.
    pub is_const: bool,
    /// It is declared as plain `char`: usually a text that ends in a zero.
    pub is_text: bool,
    /// The pointer is named as a place to write to, or the number as a capacity.
    pub is_output: bool,
}

/// Pointers to bytes with the parameter that says how many.
pub(super) fn of(unit: &Unit, text: &[u8], function: &Function) -> Vec<Pair> {
    let mut out: Vec<Pair> = Vec::new();
    let count = function.parameters.len();
    let info = |index: usize| {
        function
            .parameters
            .get(index)
            .and_then(|id| function.local(*id))
    };
    for index in 0..count {
        let Some(pointer) = info(index) else { continue };
        let Some(to) = unit.types.pointee(pointer.ty) else {
            continue;
        };
        let is_bytes = matches!(unit.types.get(to), Type::Void)
            || unit.types.int(to).is_some_and(|(bits, _)| bits == 8);
        let is_record = record_name(unit, to).is_some_and(super::names::is_overlay_name)
            && !is_descriptor(unit, to);
        if !is_bytes && !is_record {
            continue;
        }
        let name = unit.names.text(pointer.name);
        if matches!(unit.types.get(to), Type::Void) && super::names::is_context_name(name) {
            continue;
        }
        let mut best = None;
        for other in [index + 1, index + 2, index.wrapping_sub(1)] {
            let Some(length) = info(other) else { continue };
            let is_int = unit.types.int(length.ty).is_some_and(|(bits, _)| bits >= 8)
                || matches!(unit.types.get(length.ty), Type::Unknown | Type::Named(_));
            let text = unit.names.text(length.name);
            if !is_int || !super::names::is_length_name(text) {
                continue;
            }
            if matches!(unit.types.get(to), Type::Void) && counts_things(name, text) {
                continue;
            }
            // A number behind a typed pointer may count elements, or the bytes behind the next one.
            if is_record
                && (!super::names::is_byte_length_name(text)
                    || other == index + 1
                        && info(index + 2).is_some_and(|next| is_byte_pointer(unit, next.ty))
                        && info(index + 3).is_none_or(|next| {
                            unit.types.int(next.ty).is_none()
                                || !super::names::is_length_name(unit.names.text(next.name))
                        }))
            {
                continue;
            }
            if other != index + 1 && !share_a_word(name, text) {
                continue;
            }
            best = Some((other, text));
            break;
        }
        let Some((other, length_name)) = best else {
            continue;
        };
        // `copy(dst, src, size)`: the size is that of what is written, as in `strlcpy`.
        let written_before = index.checked_sub(1).filter(|_| {
            other == index + 1
                && is_source_name(name)
                && is_room_name(length_name)
                && !share_a_word(name, length_name)
        });
        let index = match written_before {
            Some(before) if info(before).is_some_and(|before| is_target(unit, text, before)) => {
                before
            }
            _ => index,
        };
        let (Some(pointer), Some(name)) = (
            info(index),
            info(index).map(|info| unit.names.text(info.name)),
        ) else {
            continue;
        };
        if out.iter().any(|pair| pair.length == other as u32) && other != index + 1 {
            continue;
        }
        let written = before(text, pointer.span.start);
        let is_const = written.contains("const");
        let is_text = has_word(&written, "char")
            && !has_word(&written, "unsigned")
            && !has_word(&written, "signed");
        let words = super::names::words(name);
        let is_output = !is_const
            && (written_before == Some(index)
                || is_output_name(&words)
                || super::names::words(length_name).iter().any(|word| {
                    matches!(
                        word.as_str(),
                        "max" | "cap" | "capacity" | "outlen" | "room" | "space"
                    )
                }));
        out.push(Pair {
            pointer: index as u32,
            length: other as u32,
            is_const,
            is_text,
            is_output,
        });
    }
    out
}

fn is_output_name(words: &[String]) -> bool {
    words.iter().any(|word| {
        matches!(
            word.as_str(),
            "out" | "dst" | "dest" | "result" | "resp" | "response" | "reply" | "tx" | "output"
        )
    })
}

/// A pointer to bytes that are no constants, named as a place to write to.
fn is_target(unit: &Unit, text: &[u8], pointer: &Local) -> bool {
    let words = super::names::words(unit.names.text(pointer.name));
    is_byte_pointer(unit, pointer.ty)
        && !before(text, pointer.span.start).contains("const")
        && (is_output_name(&words)
            || words
                .iter()
                .any(|word| matches!(word.as_str(), "to" | "target" | "destination")))
}

fn is_source_name(name: &str) -> bool {
    super::names::words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "src" | "source" | "from" | "in" | "input"))
}

/// How much room there is, more than how much there is to read.
fn is_room_name(name: &str) -> bool {
    super::names::words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "size" | "sz" | "bufsize" | "max" | "room"))
}

/// `n_args` beside `args`: how many things there are, whose size nobody knows.
fn counts_things(pointer: &str, length: &str) -> bool {
    let things = super::names::words(pointer);
    let words = super::names::words(length);
    words
        .iter()
        .any(|word| matches!(word.as_str(), "n" | "num" | "nr" | "count" | "cnt"))
        && words
            .iter()
            .any(|word| word.ends_with('s') && word != "bytes" && things.contains(word))
}

fn is_byte_pointer(unit: &Unit, ty: TypeId) -> bool {
    unit.types.pointee(ty).is_some_and(|to| {
        matches!(unit.types.get(to), Type::Void)
            || unit.types.int(to).is_some_and(|(bits, _)| bits == 8)
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|part| part == word)
}

/// Whether a type is a packet descriptor: its own length field counts.
fn is_descriptor(unit: &Unit, ty: TypeId) -> bool {
    record_name(unit, ty).is_some_and(|name| PACKETS.iter().any(|kind| kind.names.contains(&name)))
}

/// Whether a type is a pointer to a packet descriptor.
pub(super) fn is_packet(unit: &Unit, ty: TypeId) -> bool {
    matches!(unit.types.get(ty), Type::Pointer { to, .. } if is_descriptor(unit, *to))
}

fn record_name(unit: &Unit, ty: TypeId) -> Option<&str> {
    let symbol = match unit.types.get(ty) {
        Type::Named(symbol) => *symbol,
        Type::Record(record) => unit.types.record(*record)?.name?,
        _ => return None,
    };
    Some(unit.names.text(symbol))
}

pub(super) fn share_a_word(one: &str, two: &str) -> bool {
    let left = super::names::words(one);
    let right = super::names::words(two);
    left.iter()
        .any(|word| word.len() > 1 && right.contains(word))
}

/// The text of a parameter before its declarator.
fn before(text: &[u8], start: u32) -> String {
    let end = start as usize;
    let mut from = end;
    while from > 0
        && end - from < 80
        && text
            .get(from - 1)
            .is_some_and(|byte| !matches!(byte, b'(' | b',' | b'{' | b';'))
    {
        from -= 1;
    }
    String::from_utf8_lossy(text.get(from..end).unwrap_or_default()).into_owned()
}
