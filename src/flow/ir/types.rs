//! Types with sizes by the target's data model.

use rustc_hash::FxHashMap;

use super::Symbol;

/// Index of a type in [`Types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// Index of a record in [`Types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u32);

impl TypeId {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self(0);
    /// `void`, `()`.
    pub const VOID: Self = Self(1);
    /// `_Bool`, `bool`: 0 or 1, one byte.
    pub const BOOL: Self = Self(2);
    /// Signed 8 bits. The fixed-width integers follow, signed and unsigned in turn.
    pub const I8: Self = Self(3);
    /// Unsigned 8 bits.
    pub const U8: Self = Self(4);
    /// Signed 16 bits.
    pub const I16: Self = Self(5);
    /// Unsigned 16 bits.
    pub const U16: Self = Self(6);
    /// Signed 32 bits.
    pub const I32: Self = Self(7);
    /// Unsigned 32 bits.
    pub const U32: Self = Self(8);
    /// Signed 64 bits.
    pub const I64: Self = Self(9);
    /// Unsigned 64 bits.
    pub const U64: Self = Self(10);
    /// 32-bit floating point.
    pub const F32: Self = Self(11);
    /// 64-bit floating point.
    pub const F64: Self = Self(12);

    /// The integer type of that width, if it is 8, 16, 32 or 64 bits.
    pub fn int(bits: u8, signed: bool) -> Self {
        match (bits, signed) {
            (8, true) => Self::I8,
            (8, false) => Self::U8,
            (16, true) => Self::I16,
            (16, false) => Self::U16,
            (32, true) => Self::I32,
            (32, false) => Self::U32,
            (64, true) => Self::I64,
            (64, false) => Self::U64,
            _ => Self::UNKNOWN,
        }
    }
}

/// How an address is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointerKind {
    /// C pointers, `*const T`, `*mut T`: may be NULL.
    Raw,
    /// `&T`, `&mut T`, `Box<T>`: never NULL.
    Reference,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// Nothing is known.
    Unknown,
    /// No value.
    Void,
    /// 0 or 1.
    Bool,
    /// Integer of so many bits (1 to 128; bit-fields have their own widths).
    Int {
        /// Width.
        bits: u8,
        /// Two's complement if set.
        signed: bool,
    },
    /// Floating point of so many bits.
    Float {
        /// Width.
        bits: u8,
    },
    /// An address.
    Pointer {
        /// What is there.
        to: TypeId,
        /// Whether it may be NULL.
        kind: PointerKind,
    },
    /// Elements behind a fat reference (`[T]`, `str`): their number is known only at run time.
    Slice {
        /// Element.
        of: TypeId,
    },
    /// Elements in place; `None` where their number could not be evaluated.
    Array {
        /// Element.
        of: TypeId,
        /// Number of elements.
        len: Option<u64>,
    },
    /// `struct`, `union`, tuple, Rust enum.
    Record(RecordId),
    /// What a function pointer points to.
    Function(Box<Signature>),
    /// A named type whose definition was not seen (`struct pbuf`, `Vec`).
    Named(Symbol),
}

/// Parameters and result of a function type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Types of the parameters; `None` for `f()` in C, which says nothing.
    pub parameters: Option<Vec<TypeId>>,
    /// Type of the result.
    pub result: TypeId,
    /// Whether it ends in `...`.
    pub is_variadic: bool,
}

/// A `struct`, `union`, tuple or Rust enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its tag or typedef name, if it has one.
    pub name: Option<Symbol>,
    /// Fields share their bytes.
    pub is_union: bool,
    /// A Rust enum: `fields` are the payloads, named `VARIANT.index`.
    pub is_enum: bool,
    /// In the order of declaration.
    pub fields: Vec<Field>,
    /// Bytes with padding; `None` if a field's size is unknown, or the layout is the compiler's
    /// (Rust without `repr(C)`).
    pub size: Option<u64>,
    /// Bytes.
    pub align: u64,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name; anonymous members are spliced into the record around them.
    pub name: Symbol,
    /// Its type.
    pub ty: TypeId,
    /// Bytes from the start of the record; `None` behind a field of unknown size.
    pub offset: Option<u64>,
    /// Width of a bit-field.
    pub bits: Option<u8>,
    /// `volatile`, or an array of such: each read may give another value.
    pub is_volatile: bool,
}

/// Widths of the target. Default: ILP32, `char` signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Bits of `int`.
    pub int_bits: u8,
    /// Bits of `long`.
    pub long_bits: u8,
    /// Bits of pointers, `size_t` and `usize`.
    pub pointer_bits: u8,
    /// Whether `char` is signed.
    pub char_is_signed: bool,
}

impl Default for Target {
    fn default() -> Self {
        Self {
            int_bits: 32,
            long_bits: 32,
            pointer_bits: 32,
            char_is_signed: true,
        }
    }
}

/// The types of a unit, each once.
#[derive(Debug, Clone)]
pub struct Types {
    target: Target,
    types: Vec<Type>,
    by_type: FxHashMap<Type, TypeId>,
    records: Vec<Record>,
}

impl Types {
    /// The types with fixed ids.
    pub fn new(target: Target) -> Self {
        let mut new = Self {
            target,
            types: Vec::new(),
            by_type: FxHashMap::default(),
            records: Vec::new(),
        };
        for ty in [Type::Unknown, Type::Void, Type::Bool] {
            new.intern(ty);
        }
        for bits in [8, 16, 32, 64] {
            new.intern(Type::Int { bits, signed: true });
            new.intern(Type::Int {
                bits,
                signed: false,
            });
        }
        new.intern(Type::Float { bits: 32 });
        new.intern(Type::Float { bits: 64 });
        new
    }

    /// The id of a type, made where it is new.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(&id) = self.by_type.get(&ty) {
            return id;
        }
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(ty.clone());
        self.by_type.insert(ty, id);
        id
    }

    /// A raw pointer to a type.
    pub fn pointer_to(&mut self, to: TypeId) -> TypeId {
        self.intern(Type::Pointer {
            to,
            kind: PointerKind::Raw,
        })
    }

    /// Adds a record; records with equal fields stay different types.
    pub fn add_record(&mut self, record: Record) -> RecordId {
        let id = RecordId(u32::try_from(self.records.len()).unwrap_or(u32::MAX));
        self.records.push(record);
        id
    }

    /// The type; `Unknown` for an id of another unit.
    pub fn get(&self, id: TypeId) -> &Type {
        self.types.get(id.0 as usize).unwrap_or(&Type::Unknown)
    }

    /// A record.
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.get(id.0 as usize)
    }

    /// A record, to fill in after its forward declaration.
    pub fn record_mut(&mut self, id: RecordId) -> Option<&mut Record> {
        self.records.get_mut(id.0 as usize)
    }

    /// The record behind a type id.
    pub fn as_record(&self, id: TypeId) -> Option<&Record> {
        match self.get(id) {
            Type::Record(record) => self.record(*record),
            _ => None,
        }
    }

    /// A field by name.
    pub fn field(&self, id: TypeId, name: Symbol) -> Option<&Field> {
        self.as_record(id)?
            .fields
            .iter()
            .find(|field| field.name == name)
    }

    /// What a pointer points to.
    pub fn pointee(&self, id: TypeId) -> Option<TypeId> {
        match self.get(id) {
            Type::Pointer { to, .. } => Some(*to),
            _ => None,
        }
    }

    /// The element of an array or slice.
    pub fn element(&self, id: TypeId) -> Option<TypeId> {
        match self.get(id) {
            Type::Array { of, .. } | Type::Slice { of } => Some(*of),
            _ => None,
        }
    }

    /// Bytes of a value; `None` where unknown.
    pub fn size(&self, id: TypeId) -> Option<u64> {
        match self.get(id) {
            Type::Bool => Some(1),
            Type::Int { bits, .. } | Type::Float { bits } => Some(u64::from(bits.div_ceil(8))),
            Type::Pointer { .. } => Some(u64::from(self.target.pointer_bits / 8)),
            Type::Array { of, len } => self.size(*of)?.checked_mul((*len)?),
            Type::Record(record) => self.record(*record)?.size,
            Type::Unknown
            | Type::Void
            | Type::Slice { .. }
            | Type::Function(_)
            | Type::Named(_) => None,
        }
    }

    /// Alignment in bytes; 1 where unknown.
    pub fn align(&self, id: TypeId) -> u64 {
        match self.get(id) {
            Type::Array { of, .. } | Type::Slice { of } => self.align(*of),
            Type::Record(record) => self.record(*record).map_or(1, |record| record.align),
            _ => self.size(id).unwrap_or(1).max(1),
        }
    }

    /// Width and signedness of an integer or `bool`.
    pub fn int(&self, id: TypeId) -> Option<(u8, bool)> {
        match self.get(id) {
            Type::Int { bits, signed } => Some((*bits, *signed)),
            Type::Bool => Some((1, false)),
            _ => None,
        }
    }

    /// Smallest and largest value of an integer type.
    pub fn int_range(&self, id: TypeId) -> Option<(i128, i128)> {
        let (bits, signed) = self.int(id)?;
        if bits == 0 || bits > 100 {
            return None;
        }
        Some(if signed {
            (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
        } else {
            (0, (1_i128 << bits) - 1)
        })
    }

    /// Whether values are addresses.
    pub fn is_pointer(&self, id: TypeId) -> bool {
        matches!(self.get(id), Type::Pointer { .. })
    }

    /// `size_t`, `usize`.
    pub fn size_type(&self) -> TypeId {
        TypeId::int(self.target.pointer_bits, false)
    }

    /// The target's widths.
    pub fn target(&self) -> Target {
        self.target
    }
}
