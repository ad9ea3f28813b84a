//! Numbers and characters as they are written.

use super::super::ir::{TypeId, Types};

/// Value and suffix of an integer literal; `None` where it is no integer or too large.
pub(super) fn integer(text: &str) -> (Option<i128>, Option<&str>) {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x', ..] => (16, text.get(2..).unwrap_or_default()),
        [b'0', b'o', ..] => (8, text.get(2..).unwrap_or_default()),
        [b'0', b'b', ..] => (2, text.get(2..).unwrap_or_default()),
        _ => (10, text),
    };
    // `i` and `u` are no digits in any radix; a float's suffix may follow decimal digits.
    let suffix = digits
        .find(|c: char| c == 'u' || c == 'i' || (radix == 10 && c == 'f'))
        .and_then(|at| digits.get(at..));
    let number = digits
        .strip_suffix(suffix.unwrap_or_default())
        .unwrap_or(digits);
    let mut value: Option<i128> = None;
    for c in number.chars().filter(|c| *c != '_') {
        let Some(digit) = c.to_digit(radix) else {
            return (None, suffix);
        };
        value = value
            .unwrap_or(0)
            .checked_mul(i128::from(radix))
            .and_then(|value| value.checked_add(i128::from(digit)));
        if value.is_none() {
            return (None, suffix);
        }
    }
    (value, suffix)
}

/// Value of `'c'` or `b'c'`.
pub(super) fn character(text: &str) -> Option<i128> {
    let inner = text
        .trim_start_matches('b')
        .strip_prefix('\'')?
        .strip_suffix('\'')?;
    let mut chars = inner.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some(i128::from(u32::from(first)));
    }
    Some(match chars.next()? {
        'n' => 10,
        'r' => 13,
        't' => 9,
        '0' => 0,
        'x' => i128::from(u32::from_str_radix(chars.as_str(), 16).ok()?),
        'u' => {
            let digits = chars.as_str().trim_matches(|c| c == '{' || c == '}');
            i128::from(u32::from_str_radix(digits, 16).ok()?)
        }
        other => i128::from(u32::from(other)),
    })
}

/// The type a primitive's name stands for.
pub(super) fn primitive(types: &Types, name: &str) -> Option<TypeId> {
    Some(match name {
        "u8" => TypeId::U8,
        "u16" => TypeId::U16,
        "u32" | "char" => TypeId::U32,
        "u64" => TypeId::U64,
        "i8" => TypeId::I8,
        "i16" => TypeId::I16,
        "i32" => TypeId::I32,
        "i64" => TypeId::I64,
        "usize" => types.size_type(),
        "isize" => TypeId::int(types.target().pointer_bits, true),
        "bool" => TypeId::BOOL,
        "f32" => TypeId::F32,
        "f64" => TypeId::F64,
        _ => return None,
    })
}
