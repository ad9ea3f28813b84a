//! The intermediate representation: one form for C and Rust.
//!
//! A [`Unit`] is one file. A [`Function`] is a control-flow graph of [`Block`]s; a block is a list
//! of three-address [`Statement`]s over [`Place`]s and ends in one [`Terminator`]. `&&`, `||` and
//! `!` in conditions are control flow, so that each branch tests one comparison. Temporaries are
//! assigned exactly once, in the block that uses them or one that dominates it.

mod body;
mod print;
mod types;
pub mod validate;

pub use body::{
    Base, BinaryOp, Block, BlockId, Callee, Constant, Function, Global, GlobalId, Init, Local,
    LocalId, LocalKind, Operand, Origin, Place, Projection, Prototype, ResultUse, Rvalue,
    Statement, StatementKind, Terminator, TextId, UnaryOp,
};
pub use print::{print_function, print_unit};
pub use types::{Field, PointerKind, Record, RecordId, Signature, Target, Type, TypeId, Types};

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::syntax::Language;

/// A name, interned in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

/// The names of a unit.
#[derive(Debug, Clone, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    by_text: FxHashMap<Box<str>, Symbol>,
}

impl Names {
    /// The symbol of a name, made where it is new.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.by_text.get(text) {
            return symbol;
        }
        let symbol = Symbol(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.texts.push(text.into());
        self.by_text.insert(text.into(), symbol);
        symbol
    }

    /// The symbol of a name that was interned before.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.by_text.get(text).copied()
    }

    /// The name; empty for a symbol of another unit.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts
            .get(symbol.0 as usize)
            .map_or("", |text| text.as_ref())
    }
}

/// One file, lowered.
#[derive(Debug, Clone)]
pub struct Unit {
    /// What it was written in.
    pub language: Language,
    /// Widths of the target.
    pub target: Target,
    /// Interned names.
    pub names: Names,
    /// Types of the file and of what it includes.
    pub types: Types,
    /// Objects with static storage outside functions, and `static` ones inside.
    pub globals: Vec<Global>,
    /// Functions with a body, in the order of the file.
    pub functions: Vec<Function>,
    /// Functions that were declared only.
    pub prototypes: BTreeMap<Symbol, Prototype>,
    /// String literals, without the terminating zero.
    pub texts: Vec<Vec<u8>>,
}

impl Unit {
    /// A unit without contents.
    pub fn new(language: Language, target: Target) -> Self {
        Self {
            language,
            target,
            names: Names::default(),
            types: Types::new(target),
            globals: Vec::new(),
            functions: Vec::new(),
            prototypes: BTreeMap::new(),
            texts: Vec::new(),
        }
    }

    /// The function of that name, if this file has its body.
    pub fn function(&self, name: Symbol) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }

    /// A global.
    pub fn global(&self, id: GlobalId) -> Option<&Global> {
        self.globals.get(id.0 as usize)
    }
}
