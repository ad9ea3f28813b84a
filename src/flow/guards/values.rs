//! Values of one function, each once: two expressions that must be equal share an id.

use rustc_hash::FxHashMap;

use crate::finding::Span;
use crate::flow::ir::{Base, BinaryOp, LocalId, Symbol, TextId, TypeId, UnaryOp};

/// Index of a value in its function's [`Values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ValueId(pub u32);

/// How a constant was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Written {
    /// A number.
    Number,
    /// A name: macro, enumerator, `const`.
    Name(Symbol),
    /// `sizeof object`.
    SizeofObject(Base),
    /// `sizeof(type)` or of a part of an object.
    Sizeof(TypeId),
}

/// What a value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Value {
    /// Nothing is known; each is different.
    Unknown(u32),
    /// A number, or a name that stands for one.
    Constant {
        /// The number.
        value: Option<i128>,
        /// How it was written; only kept where the number is unknown or a `sizeof`.
        written: Written,
    },
    /// A parameter as it came in.
    Parameter(u32),
    /// A variable before its first assignment.
    Uninit(LocalId),
    /// Joined at the start of a block; inputs are in [`Values::inputs`].
    Phi {
        /// The block.
        block: u32,
        /// Distinguishes the joins of a block.
        slot: u32,
    },
    /// Read from memory.
    Load {
        /// Its address.
        location: ValueId,
        /// What was written there before: 0 nothing known, else a number of its own.
        version: u32,
    },
    /// Result of a call, by event.
    Call(u32),
    /// What a call left behind a pointer argument.
    Out {
        /// The call's event.
        event: u32,
        /// The argument.
        argument: u32,
    },
    /// Result of a call that gives the same for the same arguments.
    Pure {
        /// Who is called.
        callee: Symbol,
        /// First argument.
        first: Option<ValueId>,
        /// Second argument.
        second: Option<ValueId>,
    },
    /// Smaller of two.
    Min(ValueId, ValueId),
    /// Address of a variable.
    Address(Base),
    /// Address of a field behind an address.
    Field(ValueId, Symbol),
    /// Address of an element behind an address.
    Element {
        /// Address of the first.
        base: ValueId,
        /// Which.
        index: ValueId,
        /// Bytes of one; 0 where unknown.
        scale: u32,
    },
    /// A string literal's address.
    Text(TextId),
    /// A function's address.
    Function(Symbol),
    /// Operator.
    Unary(UnaryOp, ValueId),
    /// Operator.
    Binary(BinaryOp, ValueId, ValueId),
    /// Difference of addresses, in elements.
    Difference(ValueId, ValueId),
    /// A conversion that may change the value.
    Cast {
        /// What.
        value: ValueId,
        /// To what.
        to: TypeId,
    },
}

/// The values of a function.
#[derive(Debug, Default)]
pub(super) struct Values {
    items: Vec<Value>,
    types: Vec<TypeId>,
    spans: Vec<Span>,
    by_value: FxHashMap<Value, ValueId>,
    /// Inputs of joins: value and the block it comes from.
    pub inputs: FxHashMap<ValueId, Vec<(u32, ValueId)>>,
    /// Callee and arguments of calls whose result is a value.
    pub calls: FxHashMap<ValueId, (Option<Symbol>, smallvec::SmallVec<[ValueId; 4]>)>,
    /// What a variable held before a call wrote to it.
    pub before: FxHashMap<ValueId, ValueId>,
    unique: u32,
}

impl Values {
    /// The id of a value.
    pub(super) fn intern(&mut self, value: Value, ty: TypeId, span: Span) -> ValueId {
        if let Some(&id) = self.by_value.get(&value) {
            return id;
        }
        let id = ValueId(self.items.len() as u32);
        self.items.push(value);
        self.types.push(ty);
        self.spans.push(span);
        self.by_value.insert(value, id);
        id
    }

    /// A number that nobody else has.
    pub(super) fn fresh(&mut self) -> u32 {
        self.unique += 1;
        self.unique
    }

    /// A value of which nothing is known.
    pub(super) fn unknown(&mut self, ty: TypeId, span: Span) -> ValueId {
        let unique = self.fresh();
        self.intern(Value::Unknown(unique), ty, span)
    }

    /// A number.
    pub(super) fn number(&mut self, value: i128, ty: TypeId, span: Span) -> ValueId {
        self.intern(
            Value::Constant {
                value: Some(value),
                written: Written::Number,
            },
            ty,
            span,
        )
    }

    /// What a value is made of.
    pub(super) fn get(&self, id: ValueId) -> Value {
        self.items
            .get(id.0 as usize)
            .copied()
            .unwrap_or(Value::Unknown(0))
    }

    /// Its type where it was first seen; for addresses, the type of the variable that held it.
    pub(super) fn ty(&self, id: ValueId) -> TypeId {
        self.types
            .get(id.0 as usize)
            .copied()
            .unwrap_or(TypeId::UNKNOWN)
    }

    /// Takes the type of the variable that keeps a value whose own type was not seen.
    pub(super) fn hint(&mut self, id: ValueId, ty: TypeId) {
        if let Some(own) = self.types.get_mut(id.0 as usize)
            && *own == TypeId::UNKNOWN
        {
            *own = ty;
        }
    }

    /// Where it was first seen.
    pub(super) fn span(&self, id: ValueId) -> Span {
        self.spans
            .get(id.0 as usize)
            .copied()
            .unwrap_or(Span { start: 0, end: 0 })
    }

    /// The number, if it is one.
    pub(super) fn constant(&self, id: ValueId) -> Option<i128> {
        match self.get(id) {
            Value::Constant { value, .. } => value,
            _ => None,
        }
    }

    /// Whether it is a constant, even one whose number is unknown.
    pub(super) fn is_constant(&self, id: ValueId) -> bool {
        match self.get(id) {
            Value::Constant { .. } => true,
            Value::Cast { value, .. } | Value::Unary(_, value) => self.is_constant(value),
            Value::Binary(_, left, right) => self.is_constant(left) && self.is_constant(right),
            _ => false,
        }
    }

    /// Behind conversions.
    pub(super) fn strip(&self, mut id: ValueId) -> ValueId {
        while let Value::Cast { value, .. } = self.get(id) {
            id = value;
        }
        id
    }

    /// The address or value that a location starts from: behind fields, elements, conversions.
    pub(super) fn root(&self, mut id: ValueId) -> ValueId {
        loop {
            id = match self.get(id) {
                Value::Field(base, _) | Value::Element { base, .. } => base,
                Value::Cast { value, .. } => value,
                _ => return id,
            };
        }
    }

    /// Like [`Self::leaves`], seen through joins: what a value may come from in the end.
    pub(super) fn sources(&self, id: ValueId) -> Vec<ValueId> {
        let mut out = Vec::new();
        self.leaves(id, &mut out);
        let mut next = 0;
        while let Some(&leaf) = out.get(next) {
            next += 1;
            if next > 48 {
                break;
            }
            if let Some(list) = self.inputs.get(&leaf) {
                for &(_, input) in list {
                    self.leaves(input, &mut out);
                }
            }
        }
        out
    }

    /// Puts the values a call, a load, a parameter or a join gave into `out`: what the value was
    /// computed from. Bounded by `budget` nodes.
    pub(super) fn leaves(&self, id: ValueId, out: &mut Vec<ValueId>) {
        let mut stack = smallvec::SmallVec::<[ValueId; 16]>::new();
        stack.push(id);
        let mut budget = 64_u32;
        while let Some(id) = stack.pop() {
            budget = budget.saturating_sub(1);
            if budget == 0 {
                return;
            }
            match self.get(id) {
                Value::Unary(_, value) | Value::Cast { value, .. } => stack.push(value),
                Value::Binary(_, left, right)
                | Value::Difference(left, right)
                | Value::Min(left, right) => {
                    stack.push(left);
                    stack.push(right);
                }
                Value::Element { base, index, .. } => {
                    stack.push(base);
                    stack.push(index);
                }
                Value::Field(base, _) => stack.push(base),
                Value::Pure { first, .. } => {
                    if !out.contains(&id) {
                        out.push(id);
                    }
                    // `ntohs(x)` is x for our purposes; `get_le16(p)` is not p.
                    if let Some(first) = first
                        && matches!(
                            self.get(self.strip(first)),
                            Value::Load { .. } | Value::Binary(..) | Value::Phi { .. }
                        )
                    {
                        stack.push(first);
                    }
                }
                Value::Parameter(_)
                | Value::Uninit(_)
                | Value::Phi { .. }
                | Value::Load { .. }
                | Value::Call(_)
                | Value::Out { .. }
                | Value::Unknown(_) => {
                    if !out.contains(&id) {
                        out.push(id);
                    }
                }
                Value::Constant { .. }
                | Value::Address(_)
                | Value::Text(_)
                | Value::Function(_) => {}
            }
        }
    }
}
