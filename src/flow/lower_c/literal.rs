//! Numbers, characters and strings as they are written.

use super::source::At;
use super::unit::Lowerer;
use crate::flow::ir::{Constant, Operand, Origin, Rvalue, Target, TypeId};
use crate::syntax::Kind;

/// A number with its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// `None` for a fraction.
    pub(super) value: Option<i128>,
    pub(super) ty: TypeId,
}

/// Reads a number literal.
pub(super) fn number(text: &[u8], target: Target) -> Option<Number> {
    let (negative, text) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let sign = if negative { -1 } else { 1 };
    let (radix, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        [b'0', rest @ ..] if rest.first().is_some_and(u8::is_ascii_digit) => (8, rest),
        _ => (10, text),
    };
    let is_float = if radix == 16 {
        digits.iter().any(|byte| matches!(byte, b'.' | b'p' | b'P'))
    } else {
        digits.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
    };
    if is_float {
        return Some(float(text, sign));
    }
    let mut value: i128 = 0;
    let mut rest = digits;
    while let Some((&byte, behind)) = rest.split_first() {
        if byte != b'\'' {
            let Some(digit) = char::from(byte).to_digit(radix) else {
                break;
            };
            value = value
                .checked_mul(i128::from(radix))?
                .checked_add(i128::from(digit))?;
        }
        rest = behind;
    }
    let mut unsigned = false;
    let mut longs = 0;
    for byte in rest {
        match byte {
            b'u' | b'U' => unsigned = true,
            b'l' | b'L' => longs += 1,
            b'f' | b'F' => {
                return Some(Number {
                    value: Some(value * sign),
                    ty: TypeId::F32,
                });
            }
            _ => return None,
        }
    }
    let least = match longs {
        0 => target.int_bits,
        1 => target.long_bits,
        _ => 64,
    };
    let widths = [target.int_bits, target.long_bits, 64];
    for bits in widths.into_iter().filter(|bits| *bits >= least) {
        if !unsigned && value < 1_i128 << (bits - 1) {
            return Some(Number {
                value: Some(value * sign),
                ty: TypeId::int(bits, true),
            });
        }
        if (unsigned || radix != 10) && value < 1_i128 << bits {
            let value = (value * sign).rem_euclid(1_i128 << bits);
            return Some(Number {
                value: Some(value),
                ty: TypeId::int(bits, false),
            });
        }
    }
    let value = Some(value * sign);
    Some(Number {
        value,
        ty: TypeId::U64,
    })
}

fn float(text: &[u8], sign: i128) -> Number {
    let single = matches!(text.last(), Some(b'f' | b'F'));
    let digits = text
        .iter()
        .take_while(|byte| !matches!(byte, b'f' | b'F' | b'l' | b'L'));
    let digits: String = digits.map(|byte| char::from(*byte)).collect();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "only whole values within the range are taken"
    )]
    let value = digits
        .parse::<f64>()
        .ok()
        .filter(|value| value.fract() == 0.0 && value.abs() < 1e18)
        .map(|value| value as i128 * sign);
    Number {
        value,
        ty: if single { TypeId::F32 } else { TypeId::F64 },
    }
}

/// The bytes of a string or character literal between its quotes.
pub(super) fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some((&code, behind)) = rest.split_first() else {
            break;
        };
        rest = behind;
        match code {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'v' => out.push(11),
            b'f' => out.push(12),
            b'e' => out.push(27),
            b'x' => {
                let mut value = 0_u32;
                while let Some((digit, behind)) = digit_of(rest, 16) {
                    value = value.wrapping_mul(16).wrapping_add(digit);
                    rest = behind;
                }
                out.push(u8::try_from(value & 0xff).unwrap_or_default());
            }
            b'0'..=b'7' => {
                let mut value = u32::from(code - b'0');
                for _ in 0..2 {
                    let Some((digit, behind)) = digit_of(rest, 8) else {
                        break;
                    };
                    value = value * 8 + digit;
                    rest = behind;
                }
                out.push(u8::try_from(value & 0xff).unwrap_or_default());
            }
            // A line that goes on.
            b'\n' => {}
            other => out.push(other),
        }
    }
    out
}

fn digit_of(text: &[u8], radix: u32) -> Option<(u32, &[u8])> {
    let (&byte, behind) = text.split_first()?;
    Some((char::from(byte).to_digit(radix)?, behind))
}

/// The conversion behind `PRIu32` and its like.
fn conversion(name: &[u8]) -> Option<Vec<u8>> {
    let rest = name
        .strip_prefix(b"PRI")
        .or_else(|| name.strip_prefix(b"SCN"))?;
    let (&letter, width) = rest.split_first()?;
    let long: &[u8] = match width {
        b"64" | b"MAX" => b"ll",
        b"PTR" => b"l",
        b"8" if name.starts_with(b"SCN") => b"hh",
        b"16" if name.starts_with(b"SCN") => b"h",
        _ => b"",
    };
    Some([long, &[letter]].concat())
}

impl Lowerer<'_> {
    pub(super) fn literal(&mut self, at: At) -> (Rvalue, TypeId) {
        let target = self.unit.target;
        let number = match self.kind(at) {
            Kind::NUMBER_LITERAL => number(self.text(at), target),
            Kind::CHAR_LITERAL => Some(self.character(at)),
            Kind::TRUE => Some(Number {
                value: Some(1),
                ty: self.int,
            }),
            Kind::FALSE => Some(Number {
                value: Some(0),
                ty: self.int,
            }),
            Kind::NULL => Some(Number {
                value: Some(0),
                ty: self.unit.types.pointer_to(TypeId::VOID),
            }),
            _ => None,
        };
        let number = number.unwrap_or(Number {
            value: None,
            ty: self.int,
        });
        let constant = Constant {
            value: number.value,
            ty: number.ty,
            origin: Origin::Literal,
        };
        (Rvalue::Use(Operand::Constant(constant)), number.ty)
    }

    fn character(&self, at: At) -> Number {
        let text = self.text(at);
        let inner = text
            .iter()
            .position(|byte| *byte == b'\'')
            .and_then(|quote| text.get(quote + 1..text.len().saturating_sub(1)))
            .unwrap_or_default();
        let value = match unescape(inner).as_slice() {
            [byte] if self.unit.target.char_is_signed => {
                Some(i128::from(i8::from_ne_bytes([*byte])))
            }
            [byte] => Some(i128::from(*byte)),
            _ => None,
        };
        Number {
            value,
            ty: self.int,
        }
    }

    /// The bytes of a string; `None` where a part is a macro.
    pub(super) fn string(&mut self, at: At) -> Option<Vec<u8>> {
        if self.kind(at) == Kind::CONCATENATED_STRING {
            let mut out = Vec::new();
            for part in self.children(at) {
                let part = self.inner(part);
                match self.kind(part) {
                    Kind::STRING_LITERAL => out.extend(self.string(part)?),
                    _ => out.extend(conversion(self.text(part))?),
                }
            }
            return Some(out);
        }
        let text = self.text(at);
        let quote = text.iter().position(|byte| *byte == b'"')?;
        let inner = text.get(quote + 1..text.len().checked_sub(1)?)?;
        Some(unescape(inner))
    }

    /// Address of a string literal.
    pub(super) fn text_operand(&mut self, at: At) -> (Rvalue, TypeId) {
        let char = TypeId::int(8, self.unit.target.char_is_signed);
        let ty = self.unit.types.pointer_to(char);
        match self.string(at) {
            Some(bytes) => {
                let text = self.add_text(bytes);
                (Rvalue::Use(Operand::Text(text)), ty)
            }
            None => (Rvalue::Use(Operand::Unknown(ty)), ty),
        }
    }
}
