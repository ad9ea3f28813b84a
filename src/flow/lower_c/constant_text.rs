//! Constant macro bodies, evaluated without a tree: most are, and parsing one costs more than
//! lowering a function.

use super::arithmetic::{fold, wrap};
use super::literal;
use super::scan::is_word;
use super::scope::Binding;
use super::unit::Lowerer;
use crate::flow::ir::{BinaryOp, TypeId};

/// Longest text that is tried.
const LONGEST: usize = 200;

/// Open brackets and signs that are followed.
const DEPTH: u32 = 32;

/// A number on the way.
#[derive(Debug, Clone, Copy)]
struct Number {
    value: i128,
    ty: TypeId,
}

/// Operators by how tightly they bind.
const LEVELS: &[&[(&[u8], BinaryOp)]] = &[
    &[(b"|", BinaryOp::Or)],
    &[(b"^", BinaryOp::Xor)],
    &[(b"&", BinaryOp::And)],
    &[(b"==", BinaryOp::Eq), (b"!=", BinaryOp::Ne)],
    &[
        (b"<=", BinaryOp::Le),
        (b">=", BinaryOp::Ge),
        (b"<", BinaryOp::Lt),
        (b">", BinaryOp::Gt),
    ],
    &[(b"<<", BinaryOp::Shl), (b">>", BinaryOp::Shr)],
    &[(b"+", BinaryOp::Add), (b"-", BinaryOp::Sub)],
    &[
        (b"*", BinaryOp::Mul),
        (b"/", BinaryOp::Div),
        (b"%", BinaryOp::Rem),
    ],
];

impl<'a> Lowerer<'a> {
    /// The value of a body of numbers, macros, casts and operators; `None` for anything else.
    pub(super) fn constant_text(&mut self, body: &'a [u8]) -> Option<(i128, TypeId)> {
        if body.len() > LONGEST || body.iter().any(|byte| b"\"'{};,#?.".contains(byte)) {
            return None;
        }
        let mut reader = Reader {
            text: body,
            depth: 0,
        };
        let number = self.level(&mut reader, 0)?;
        reader.skip();
        reader.text.is_empty().then_some((number.value, number.ty))
    }

    fn level(&mut self, reader: &mut Reader<'a>, level: usize) -> Option<Number> {
        let Some(operators) = LEVELS.get(level) else {
            return self.operand(reader);
        };
        let mut left = self.level(reader, level + 1)?;
        while let Some(op) = reader.operator(operators) {
            let right = self.level(reader, level + 1)?;
            left = self.folded_pair(op, left, right)?;
        }
        Some(left)
    }

    fn folded_pair(&self, op: BinaryOp, left: Number, right: Number) -> Option<Number> {
        let is_shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
        let common = match is_shift {
            true => self.promoted(left.ty),
            false => self.common(left.ty, right.ty),
        };
        let (bits, signed) = self.unit.types.int(common)?;
        let (a, b) = match is_shift {
            true => (left.value, right.value),
            false => (
                wrap(left.value, bits, signed),
                wrap(right.value, bits, signed),
            ),
        };
        let value = fold(op, a, b)?;
        Some(match op.is_comparison() {
            true => Number {
                value,
                ty: self.int,
            },
            false => Number {
                value: wrap(value, bits, signed),
                ty: common,
            },
        })
    }

    fn operand(&mut self, reader: &mut Reader<'a>) -> Option<Number> {
        reader.depth += 1;
        if reader.depth > DEPTH {
            return None;
        }
        let found = self.operand_here(reader);
        reader.depth -= 1;
        found
    }

    fn operand_here(&mut self, reader: &mut Reader<'a>) -> Option<Number> {
        reader.skip();
        let (&first, rest) = reader.text.split_first()?;
        match first {
            b'(' => {
                reader.text = rest;
                if let Some(ty) = self.cast_of(reader) {
                    let (bits, signed) = self.unit.types.int(ty)?;
                    let number = self.operand(reader)?;
                    return Some(Number {
                        value: wrap(number.value, bits, signed),
                        ty,
                    });
                }
                let number = self.level(reader, 0)?;
                reader.skip();
                reader.text = reader.text.strip_prefix(b")")?;
                Some(number)
            }
            b'-' | b'~' | b'+' => {
                reader.text = rest;
                let number = self.operand(reader)?;
                let ty = self.promoted(number.ty);
                let (bits, signed) = self.unit.types.int(ty)?;
                let value = match first {
                    b'-' => -number.value,
                    b'~' => !number.value,
                    _ => number.value,
                };
                Some(Number {
                    value: wrap(value, bits, signed),
                    ty,
                })
            }
            b'0'..=b'9' => {
                let number = literal::number(reader.word(), self.unit.target)?;
                self.unit.types.int(number.ty)?;
                Some(Number {
                    value: number.value?,
                    ty: number.ty,
                })
            }
            byte if is_word(byte) => {
                let word = reader.word();
                reader.skip();
                if reader.text.first() == Some(&b'(') {
                    return None;
                }
                let name = self.intern(word);
                match self.meaning(word, name)? {
                    Binding::Constant(Some(value), ty) => Some(Number { value, ty }),
                    Binding::Enumerator(Some(value)) => Some(Number {
                        value,
                        ty: self.int,
                    }),
                    _ => None,
                }
                .filter(|number| self.unit.types.int(number.ty).is_some())
            }
            _ => None,
        }
    }

    /// The type in `(uint8_t)`, whose `(` was read; leaves the text alone where it is none.
    fn cast_of(&mut self, reader: &mut Reader<'a>) -> Option<TypeId> {
        let mut inside = Reader {
            text: reader.text,
            depth: 0,
        };
        inside.skip();
        let word = inside.word();
        if word.is_empty() || word.first().is_some_and(u8::is_ascii_digit) {
            return None;
        }
        inside.skip();
        let rest = inside.text.strip_prefix(b")")?;
        let ty = self.named_type(word)?;
        reader.text = rest;
        Some(ty)
    }
}

struct Reader<'a> {
    text: &'a [u8],
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Skips blanks and comments.
    fn skip(&mut self) {
        loop {
            self.text = self.text.trim_ascii_start();
            if self.text.starts_with(b"//") {
                self.text = &[];
            } else if self.text.starts_with(b"/*") {
                let end = memchr::memmem::find(self.text, b"*/");
                let rest = end.and_then(|end| self.text.get(end + 2..));
                self.text = rest.unwrap_or_default();
            } else {
                return;
            }
        }
    }

    fn word(&mut self) -> &'a [u8] {
        let length = self.text.iter().take_while(|byte| is_word(**byte)).count();
        let (word, rest) = self.text.split_at_checked(length).unwrap_or_default();
        self.text = rest;
        word
    }

    fn operator(&mut self, operators: &[(&[u8], BinaryOp)]) -> Option<BinaryOp> {
        self.skip();
        for (sign, op) in operators {
            let Some(rest) = self.text.strip_prefix(*sign) else {
                continue;
            };
            // `&&` is not `&`, `<<` is not `<`.
            let next = rest.first();
            let longer = match *op {
                BinaryOp::And => next == Some(&b'&'),
                BinaryOp::Or => next == Some(&b'|'),
                BinaryOp::Lt => next == Some(&b'<'),
                BinaryOp::Gt => next == Some(&b'>'),
                _ => false,
            };
            if !longer {
                self.text = rest;
                return Some(*op);
            }
        }
        None
    }
}
