//! Functions: blocks, statements, places, operands.

use super::{Symbol, TypeId};
use crate::finding::Span;

macro_rules! index {
    ($(#[$doc:meta] $name:ident;)*) => {$(
        #[$doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
    )*};
}

index! {
    /// Index of a block in its function; the entry is 0.
    BlockId;
    /// Index of a local in its function.
    LocalId;
    /// Index of a global in its unit.
    GlobalId;
    /// Index of a string literal in its unit.
    TextId;
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// Its name; in Rust without the path of its `impl`.
    pub name: Symbol,
    /// Index in [`crate::syntax::SourceFile::functions`].
    pub syntax: u32,
    /// The definition's bytes.
    pub span: Span,
    /// Its parameters, in order (`self` included).
    pub parameters: Vec<LocalId>,
    /// Type of the result.
    pub result: TypeId,
    /// Parameters, variables and temporaries.
    pub locals: Vec<Local>,
    /// Blocks; the entry first.
    pub blocks: Vec<Block>,
    /// `static` in C, not `pub` in Rust: all callers may be in this file.
    pub is_private: bool,
    /// Ends in `...`.
    pub is_variadic: bool,
    /// A part of it was not understood; analyses that argue from absence stay silent.
    pub has_gap: bool,
    /// Rust: `unsafe fn`.
    pub is_unsafe: bool,
}

impl Function {
    /// A local.
    pub fn local(&self, id: LocalId) -> Option<&Local> {
        self.locals.get(id.0 as usize)
    }

    /// A block.
    pub fn block(&self, id: BlockId) -> Option<&Block> {
        self.blocks.get(id.0 as usize)
    }
}

/// A function that was declared only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prototype {
    /// Types of the parameters; `None` for `f()` in C.
    pub parameters: Option<Vec<TypeId>>,
    /// Type of the result.
    pub result: TypeId,
    /// Ends in `...`.
    pub is_variadic: bool,
    /// Where it was declared, if in this file.
    pub span: Option<Span>,
}

/// What a local is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalKind {
    /// Parameter of that index.
    Parameter(u32),
    /// A declared variable.
    Variable,
    /// Made by lowering; assigned exactly once.
    Temporary,
}

/// A parameter, variable or temporary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// Its name; empty for a temporary.
    pub name: Symbol,
    /// Its type.
    pub ty: TypeId,
    /// What it is.
    pub kind: LocalKind,
    /// The declarator's bytes; of a temporary, the expression's.
    pub span: Span,
    /// `volatile`: each read gives another value.
    pub is_volatile: bool,
    /// Declared with an initialiser.
    pub has_init: bool,
}

/// An object with static storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: TypeId,
    /// The declarator's bytes.
    pub span: Span,
    /// Never written.
    pub is_const: bool,
    /// `volatile`, or an atomic.
    pub is_volatile: bool,
    /// Seen by this file alone.
    pub is_private: bool,
    /// `extern` without a definition in this file.
    pub is_extern: bool,
    /// `static` inside this function.
    pub function: Option<Symbol>,
    /// Its first value.
    pub init: Init,
}

/// First value of a global.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// All bytes zero (C without initialiser).
    Zero,
    /// Not understood, or elsewhere.
    Unknown,
    /// A value.
    Value(Operand),
    /// Elements or fields by index, the rest zero.
    List(Vec<(u64, Init)>),
}

/// A straight run of statements.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// In order.
    pub statements: Vec<Statement>,
    /// Where it goes on.
    pub terminator: Terminator,
    /// Bytes of what ends the block (the condition of a branch).
    pub span: Span,
}

/// How a block ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Terminator {
    /// Goes on there.
    Goto(BlockId),
    /// Two ways. The condition is true if it is not zero, not NULL.
    Branch {
        /// A temporary holding a comparison, or any value.
        condition: Operand,
        /// Where a true condition leads.
        then: BlockId,
        /// Where a false one leads.
        otherwise: BlockId,
    },
    /// Many ways.
    Switch {
        /// What is compared.
        value: Operand,
        /// First and last value of an arm (inclusive, equal for one value), and the arm.
        cases: Vec<(i128, i128, BlockId)>,
        /// Where all other values lead.
        otherwise: BlockId,
        /// Whether the source has that arm.
        has_default: bool,
    },
    /// Leaves the function.
    Return(Option<Operand>),
    /// Never reached: after a call that does not return, a panic.
    Unreachable,
}

impl Terminator {
    /// Blocks it may lead to, in order.
    pub fn successors(&self) -> Vec<BlockId> {
        match self {
            Self::Goto(to) => vec![*to],
            Self::Branch {
                then, otherwise, ..
            } => vec![*then, *otherwise],
            Self::Switch {
                cases, otherwise, ..
            } => cases
                .iter()
                .map(|case| case.2)
                .chain([*otherwise])
                .collect(),
            Self::Return(_) | Self::Unreachable => Vec::new(),
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// The bytes it was written as.
    pub span: Span,
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// The local's storage begins, its contents undefined. Comes before an initialiser.
    Enter(LocalId),
    /// The local's scope ends (C: addresses of it dangle; Rust: it is dropped unless moved).
    Leave(LocalId),
    /// `target = value`.
    Assign {
        /// Where to.
        target: Place,
        /// What.
        value: Rvalue,
    },
    /// A call.
    Call {
        /// Who is called.
        callee: Callee,
        /// Arguments; a method's receiver first.
        arguments: Vec<Operand>,
        /// Where the result goes.
        target: Option<Place>,
        /// What becomes of the result.
        result: ResultUse,
    },
    /// `assert(condition)` and its like: no guard, but what it says is told.
    Assert {
        /// What was claimed.
        condition: Operand,
        /// The macro or function.
        name: Symbol,
    },
    /// Inline assembly or code that was not understood: whatever it names may change.
    Clobber(Vec<Place>),
}

/// Who is called.
#[derive(Debug, Clone, PartialEq)]
pub enum Callee {
    /// A function or function-like macro by name; in Rust the path as written without type
    /// arguments (`core::slice::from_raw_parts`), methods see below.
    Function(Symbol),
    /// A Rust method by name; the receiver is the first argument.
    Method(Symbol),
    /// A Rust macro by name, without `!`.
    Macro(Symbol),
    /// Through a pointer.
    Pointer(Operand),
}

/// What becomes of a call's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultUse {
    /// It is used.
    Used,
    /// `f();`
    Dropped,
    /// `(void)f();`, `let _ = f();`
    Discarded,
}

/// An object or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Where it starts.
    pub base: Base,
    /// The way from there.
    pub path: Vec<Projection>,
    /// Type of the whole place.
    pub ty: TypeId,
    /// The expression's bytes.
    pub span: Span,
}

/// Where a place starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// In a local.
    Local(LocalId),
    /// In a global.
    Global(GlobalId),
}

/// A step from an object to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Projection {
    /// What the pointer at hand points to. `p[i]` on a pointer is `Deref`, `Index(i)`.
    Deref,
    /// A field.
    Field(Symbol),
    /// An element. Rust: bounds are checked at run time.
    Index(Operand),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// Read from a place.
    Copy(Place),
    /// A number.
    Constant(Constant),
    /// Address of a string literal.
    Text(TextId),
    /// Address of a function.
    Function(Symbol),
    /// Could not be lowered; anything.
    Unknown(TypeId),
}

/// A number known, or at least named, in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Its value; `None` for a name whose definition was not seen. Floating-point constants with
    /// a whole value have it; others have `None`.
    pub value: Option<i128>,
    /// Its type.
    pub ty: TypeId,
    /// How it was written.
    pub origin: Origin,
}

/// How a constant was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// As a number or character.
    Literal,
    /// As a macro, enumerator or `const`.
    Named(Symbol),
    /// `sizeof place`: the object's base, if it is one.
    SizeofPlace(Base),
    /// `sizeof(type)`, or of an expression that is no object.
    Sizeof(TypeId),
    /// As an expression of constants.
    Folded,
}

/// What is assigned.
#[derive(Debug, Clone, PartialEq)]
pub enum Rvalue {
    /// The value itself.
    Use(Operand),
    /// Unary operator.
    Unary(UnaryOp, Operand),
    /// Binary operator on numbers, pointers compared included; the result has the target's type
    /// and wraps to its width. Operands were converted to a common type before (C's promotions
    /// are casts).
    Binary(BinaryOp, Operand, Operand),
    /// Conversion to a type.
    Cast {
        /// What.
        value: Operand,
        /// To what.
        to: TypeId,
        /// Whether the author wrote it.
        is_explicit: bool,
    },
    /// `&place`; an array that decays is one too.
    AddressOf(Place),
    /// `pointer + count` (or `-`), in elements of its pointee.
    PointerAdd {
        /// The pointer.
        pointer: Operand,
        /// Elements.
        count: Operand,
        /// Whether it is subtracted.
        is_negative: bool,
    },
    /// `a - b` of pointers, in elements.
    PointerSub(Operand, Operand),
    /// Number of elements of a slice or array (Rust's `len()`).
    Len(Place),
    /// Which variant an enum holds (Rust).
    Discriminant(Place),
    /// A record or array from its parts, by field or element index; parts left out are zero in C.
    Aggregate(Vec<(u64, Operand)>),
}

impl Rvalue {
    /// Index of a part of a record whose fields were not seen.
    pub const UNKNOWN_PART: u64 = u64::MAX;
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Negate,
    /// `~x`; Rust's `!x` on integers.
    BitNot,
    /// `!x`
    Not,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl BinaryOp {
    /// Whether it compares.
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Eq | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge
        )
    }

    /// The comparison that is true when this one is false.
    pub fn negated(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
            _ => return None,
        })
    }

    /// The comparison with its sides exchanged.
    pub fn swapped(self) -> Option<Self> {
        Some(match self {
            Self::Eq => Self::Eq,
            Self::Ne => Self::Ne,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            _ => return None,
        })
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Shl => "<<",
            Self::Shr => ">>",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}
