//! What a place may hold, and what is known of symbols and objects whatever the path.

use std::rc::Rc;

use crate::finding::Span;
use crate::flow::ir::{GlobalId, LocalId, Symbol, TextId, TypeId};

use super::linear::{Linear, Sym};

/// Index of an object in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Obj(pub(crate) u32);

/// What a place holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    /// A number; 0 is NULL as well.
    Int(Linear),
    /// Bytes after the start of an object; never NULL.
    Addr(Obj, Linear),
    /// Bytes after the address that the symbol stands for.
    Ptr(Sym, Linear),
    /// Address of a function.
    Function(Symbol),
    /// A floating-point number that is known exactly.
    Real(f64),
    /// Nothing was written here.
    Undef,
    /// Anything; also what is never read again.
    Any,
}

impl Value {
    pub(crate) fn number(value: i128) -> Self {
        Self::Int(Linear::constant(value))
    }

    pub(crate) fn symbol(sym: Sym) -> Self {
        Self::Int(Linear::symbol(sym))
    }

    pub(crate) fn pointer(sym: Sym) -> Self {
        Self::Ptr(sym, Linear::constant(0))
    }

    pub(crate) fn as_constant(&self) -> Option<i128> {
        match self {
            Self::Int(form) => form.as_constant(),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        self.as_constant() == Some(0)
    }

    pub(crate) fn is_address(&self) -> bool {
        matches!(self, Self::Addr(..) | Self::Ptr(..) | Self::Function(_))
    }
}

/// Smallest and largest value, and whether some path is known to reach each end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lo: i128,
    pub(crate) hi: i128,
    /// Some path reaches `lo`.
    pub(crate) lo_reached: bool,
    /// Some path reaches `hi`.
    pub(crate) hi_reached: bool,
}

/// Stands for "no bound"; far from every 64-bit value, and safe to add up.
pub(crate) const FAR: i128 = 1 << 96;

impl Range {
    pub(crate) const FULL: Self = Self {
        lo: -FAR,
        hi: FAR,
        lo_reached: false,
        hi_reached: false,
    };

    pub(crate) fn exactly(value: i128) -> Self {
        Self {
            lo: value,
            hi: value,
            lo_reached: true,
            hi_reached: true,
        }
    }

    pub(crate) fn between(lo: i128, hi: i128) -> Self {
        Self {
            lo,
            hi,
            lo_reached: false,
            hi_reached: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lo > self.hi
    }

    pub(crate) fn within(&self, lo: i128, hi: i128) -> bool {
        lo <= self.lo && self.hi <= hi
    }

    pub(crate) fn contains(&self, value: i128) -> bool {
        self.lo <= value && value <= self.hi
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let (lo, lo_reached) = match self.lo.cmp(&other.lo) {
            std::cmp::Ordering::Less => (self.lo, self.lo_reached),
            std::cmp::Ordering::Equal => (self.lo, self.lo_reached || other.lo_reached),
            std::cmp::Ordering::Greater => (other.lo, other.lo_reached),
        };
        let (hi, hi_reached) = match self.hi.cmp(&other.hi) {
            std::cmp::Ordering::Greater => (self.hi, self.hi_reached),
            std::cmp::Ordering::Equal => (self.hi, self.hi_reached || other.hi_reached),
            std::cmp::Ordering::Less => (other.hi, other.hi_reached),
        };
        Self {
            lo,
            hi,
            lo_reached,
            hi_reached,
        }
    }
}

/// One of the things a pointer symbol may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Alternative {
    /// NULL, because of what stands there.
    Null(Span),
    /// Address in an object.
    Object(Obj, Linear),
    /// A function.
    Function(Symbol),
    /// Nothing was written on some path.
    Undef(Span),
    /// Something else.
    Other,
}

/// Where a symbol comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Origin {
    /// Parameter of the function that is looked at.
    Parameter(LocalId),
    /// First read of memory that nothing is known of.
    Memory,
    /// Result of a call.
    Call(Symbol),
    /// Comes from outside: input, the environment, a random number.
    Outside(Symbol),
    /// Where paths meet; a path without a value may be among them.
    Join,
    /// Where a loop starts again.
    Loop,
    /// A loop's counter: it goes up or down by one each round, and the loop has one way out.
    Counter,
    /// An operation on others.
    Operation,
    /// Is 1 if the comparison is true, else 0.
    Comparison(Rc<Comparison>),
}

/// `left op right` of fixed values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) op: crate::flow::ir::BinaryOp,
    pub(crate) left: Value,
    pub(crate) right: Value,
}

/// What is known of a symbol whatever the path.
#[derive(Debug, Clone)]
pub(crate) struct SymInfo {
    pub(crate) range: Range,
    pub(crate) origin: Origin,
    pub(crate) span: Span,
    /// May be no value at all, on the path through there.
    pub(crate) undef: Option<Span>,
    /// What the address may be; empty if nothing is known, or it is a number.
    pub(crate) alternatives: Rc<[Alternative]>,
    /// What it points to, where it is no known object.
    pub(crate) pointee: Option<Obj>,
    /// Its type, where known.
    pub(crate) ty: TypeId,
}

/// What an object is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ObjectKind {
    /// A local of a call.
    Local {
        /// Which call; 0 is the function looked at.
        frame: u32,
        /// Which local.
        local: LocalId,
    },
    /// A global.
    Global(GlobalId),
    /// Made by an allocator.
    Heap {
        /// The function that made it.
        by: Symbol,
        /// Index of the model's family of allocators.
        family: u8,
    },
    /// A string literal.
    Text(TextId),
    /// What the symbol points to.
    Pointee(Sym),
}

/// What is known of an object whatever the path.
#[derive(Debug, Clone)]
pub(crate) struct ObjectInfo {
    pub(crate) kind: ObjectKind,
    /// Bytes.
    pub(crate) size: Option<Linear>,
    pub(crate) ty: TypeId,
    pub(crate) name: Symbol,
    pub(crate) span: Span,
}

/// Symbols and objects, numbered as they are met.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    /// What nearly every symbol has for alternatives.
    none: Rc<[Alternative]>,
    syms: Vec<SymInfo>,
    objects: Vec<ObjectInfo>,
}

impl Arena {
    pub(crate) fn sym(&self, sym: Sym) -> Option<&SymInfo> {
        self.syms.get(sym.0 as usize)
    }

    pub(crate) fn sym_mut(&mut self, sym: Sym) -> Option<&mut SymInfo> {
        self.syms.get_mut(sym.0 as usize)
    }

    pub(crate) fn object(&self, object: Obj) -> Option<&ObjectInfo> {
        self.objects.get(object.0 as usize)
    }

    pub(crate) fn sym_count(&self) -> usize {
        self.syms.len()
    }

    pub(crate) fn add_sym(&mut self, info: SymInfo) -> Sym {
        self.syms.push(info);
        Sym(u32::try_from(self.syms.len() - 1).unwrap_or(u32::MAX))
    }

    pub(crate) fn add_object(&mut self, info: ObjectInfo) -> Obj {
        self.objects.push(info);
        Obj(u32::try_from(self.objects.len() - 1).unwrap_or(u32::MAX))
    }

    /// No alternatives, without an allocation.
    pub(crate) fn no_alternatives(&self) -> Rc<[Alternative]> {
        Rc::clone(&self.none)
    }

    pub(crate) fn new_number(&mut self, range: Range, origin: Origin, span: Span) -> Sym {
        let alternatives = self.no_alternatives();
        self.add_sym(SymInfo {
            range,
            origin,
            span,
            undef: None,
            alternatives,
            pointee: None,
            ty: TypeId::UNKNOWN,
        })
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.syms.clear();
        self.objects.clear();
    }
}

impl SymInfo {
    /// Whether a condition's own limit is one that is reached.
    pub(crate) fn reaches_limits(&self) -> bool {
        self.may_be_anything() || self.origin == Origin::Counter
    }

    /// Whether whoever calls or sends may choose any value, so that a check's own limit is one
    /// that is reached.
    pub(crate) fn may_be_anything(&self) -> bool {
        matches!(
            self.origin,
            Origin::Parameter(_) | Origin::Outside(_) | Origin::Memory | Origin::Call(_)
        )
    }
}
