//! Types as far as one file tells them.

use std::rc::Rc;

/// A type. Lifetimes are left out, and so is what a file does not say ([`Ty::Unknown`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ty {
    /// Nothing is known.
    Unknown,
    /// An integer.
    Int(Int),
    /// An integer literal's type that nothing has settled yet.
    Integer,
    /// A floating-point number and its bits; 0 where only a literal says it.
    Float(u8),
    Bool,
    Char,
    Str,
    Never,
    Reference(bool, Rc<Self>),
    /// A raw pointer; whether one may write through it.
    Pointer(bool, Rc<Self>),
    /// An array with its length, if that is a number.
    Array(Rc<Self>, Option<u64>),
    Slice(Rc<Self>),
    Tuple(Rc<[Self]>),
    /// A type by the last part of its path, with its arguments.
    Named(Rc<str>, Rc<[Self]>),
    /// A function pointer; whether calling it is unsafe.
    Function(bool),
    Range(Rc<Self>),
}

/// An integer's width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Int {
    /// Bits; of `usize` and `isize` those of the widest target, 64.
    pub(super) bits: u8,
    pub(super) is_signed: bool,
    /// Whether the target decides the width.
    pub(super) is_size: bool,
}

impl Int {
    /// The type of lengths and indices.
    pub(super) const USIZE: Self = Self {
        bits: 64,
        is_signed: false,
        is_size: true,
    };
    /// What an integer literal is where nothing says otherwise.
    pub(super) const I32: Self = Self {
        bits: 32,
        is_signed: true,
        is_size: false,
    };

    /// The least bits it has on any target.
    pub(super) fn least_bits(self) -> u8 {
        match self.is_size {
            true => 16,
            false => self.bits,
        }
    }
}

impl Ty {
    /// The type of a primitive's name.
    pub(super) fn primitive(name: &str) -> Option<Self> {
        let int = |bits, is_signed, is_size| {
            Some(Self::Int(Int {
                bits,
                is_signed,
                is_size,
            }))
        };
        match name {
            "u8" => int(8, false, false),
            "u16" => int(16, false, false),
            "u32" => int(32, false, false),
            "u64" => int(64, false, false),
            "u128" => int(128, false, false),
            "usize" => int(64, false, true),
            "i8" => int(8, true, false),
            "i16" => int(16, true, false),
            "i32" => int(32, true, false),
            "i64" => int(64, true, false),
            "i128" => int(128, true, false),
            "isize" => int(64, true, true),
            "f16" => Some(Self::Float(16)),
            "f32" => Some(Self::Float(32)),
            "f64" => Some(Self::Float(64)),
            "f128" => Some(Self::Float(128)),
            "bool" => Some(Self::Bool),
            "char" => Some(Self::Char),
            "str" => Some(Self::Str),
            _ => None,
        }
    }

    pub(super) fn named(name: &str, arguments: Vec<Self>) -> Self {
        Self::Named(name.into(), arguments.into())
    }

    pub(super) fn unit() -> Self {
        Self::Tuple(Rc::from([]))
    }

    pub(super) fn usize() -> Self {
        Self::Int(Int::USIZE)
    }

    /// What is behind references and owning pointers.
    pub(super) fn peeled(&self) -> &Self {
        let mut ty = self;
        for _ in 0..8 {
            ty = match ty {
                Self::Reference(_, to) => to,
                Self::Named(name, arguments)
                    if matches!(&**name, "Box" | "Rc" | "Arc" | "Ref" | "RefMut") =>
                {
                    match arguments.first() {
                        Some(to) => to,
                        None => break,
                    }
                }
                _ => break,
            };
        }
        ty
    }

    pub(super) fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// The integer type behind references; a literal's is `i32`.
    pub(super) fn int(&self) -> Option<Int> {
        match self.peeled() {
            Self::Int(int) => Some(*int),
            Self::Integer => Some(Int::I32),
            _ => None,
        }
    }

    pub(super) fn is_float(&self) -> bool {
        matches!(self.peeled(), Self::Float(_))
    }

    /// The name behind references.
    pub(super) fn name(&self) -> Option<&str> {
        match self.peeled() {
            Self::Named(name, _) => Some(name),
            _ => None,
        }
    }

    /// The argument at that place of a named type behind references.
    pub(super) fn argument(&self, index: usize) -> Self {
        match self.peeled() {
            Self::Named(_, arguments) => arguments.get(index).cloned().unwrap_or(Self::Unknown),
            _ => Self::Unknown,
        }
    }

    /// The element of an array, a slice or a list behind references.
    pub(super) fn element(&self) -> Self {
        match self.peeled() {
            Self::Array(of, _) | Self::Slice(of) => (**of).clone(),
            Self::Range(of) => (**of).clone(),
            Self::Named(name, _)
                if matches!(
                    &**name,
                    "Vec" | "VecDeque" | "ArrayVec" | "SmallVec" | "Deque" | "Iterator"
                ) =>
            {
                self.argument(0)
            }
            _ => Self::Unknown,
        }
    }

    /// The least alignment of a primitive or of what is made of them, in bytes.
    pub(super) fn alignment(&self) -> Option<u8> {
        match self {
            Self::Int(int) if int.is_size => None,
            Self::Int(int) => Some((int.bits / 8).min(8)),
            Self::Float(bits) if *bits > 0 => Some(bits / 8),
            Self::Bool => Some(1),
            Self::Char => Some(4),
            Self::Array(of, _) | Self::Slice(of) => of.alignment(),
            _ => None,
        }
    }

    /// The size of a primitive or an array of them, in bytes.
    pub(super) fn size(&self) -> Option<u64> {
        match self {
            Self::Int(int) if int.is_size => None,
            Self::Int(int) => Some(u64::from(int.bits / 8)),
            Self::Float(bits) if *bits > 0 => Some(u64::from(bits / 8)),
            Self::Bool => Some(1),
            Self::Char => Some(4),
            Self::Array(of, Some(len)) => of.size()?.checked_mul(*len),
            Self::Tuple(parts) if parts.is_empty() => Some(0),
            _ => None,
        }
    }
}

/// Values that an expression may have, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span128 {
    pub(super) low: i128,
    pub(super) high: i128,
}

impl Span128 {
    pub(super) fn exact(value: i128) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// All values of an integer type, of a size type those of the widest target. `u128` ends at the
    /// largest `i128`, which is outside of every other type all the same.
    pub(super) fn of(int: Int) -> Self {
        let bits = u32::from(int.bits.min(127));
        if int.is_signed {
            let half = 1_i128 << (u32::from(int.bits.min(127)) - 1);
            return match int.bits {
                128 => Self {
                    low: i128::MIN,
                    high: i128::MAX,
                },
                _ => Self {
                    low: -half,
                    high: half - 1,
                },
            };
        }
        Self {
            low: 0,
            high: match bits {
                127 => i128::MAX,
                bits => (1_i128 << bits) - 1,
            },
        }
    }

    /// The value, if there is only one.
    pub(super) fn value(self) -> Option<i128> {
        (self.low == self.high).then_some(self.low)
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    pub(super) fn contains(self, value: i128) -> bool {
        self.low <= value && value <= self.high
    }
}
