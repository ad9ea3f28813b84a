//! The state of one lowering.

use rustc_hash::{FxHashMap, FxHashSet};

use super::builder::Body;
use super::headers::Headers;
use super::layout::Deferred;
use super::lookup::FileMacros;
use super::macro_body::Definition;
use super::prelude::prelude;
use super::scope::Binding;
use super::source::{At, Source};
use crate::finding::Span;
use crate::flow::ir::{
    Constant, Global, GlobalId, Init, Operand, Origin, RecordId, Signature, Symbol, Target, TextId,
    TypeId, Unit,
};
use crate::syntax::{Language, NodeId, Parser, SourceFile, Tree};

/// Nesting of statements and expressions that is followed.
pub(super) const DEPTH: u32 = 220;

pub(super) struct Lowerer<'a> {
    pub(super) file_tree: &'a Tree,
    pub(super) sources: Vec<Source<'a>>,
    /// Statements of the file that are macro calls in the text, with the macro's name.
    pub(super) macro_loops: FxHashMap<NodeId, Span>,
    /// Macros of the file.
    pub(super) macros: &'a FileMacros,
    /// What the file includes.
    pub(super) headers: &'a Headers<'a>,
    /// The C library.
    pub(super) prelude: &'a Headers<'a>,
    /// Macros that names are bound to.
    pub(super) expandable: Vec<&'a Definition>,
    /// For bodies of macros and declarations of headers.
    pub(super) parser: Option<Parser>,
    /// Casts the parser took for calls, which stand for their arguments.
    pub(super) casts: Vec<At>,
    /// Declarations of headers being read.
    pub(super) reading: u32,
    pub(super) unit: Unit,
    /// Texts of identifiers seen.
    symbols: FxHashMap<&'a [u8], Symbol>,
    /// Ordinary identifiers: variables, functions, typedefs, enumerators.
    pub(super) names: FxHashMap<Symbol, Binding>,
    /// `struct`, `union` and `enum` tags.
    pub(super) tags: FxHashMap<Symbol, TypeId>,
    /// Records of headers without their fields.
    pub(super) deferred: FxHashMap<RecordId, Deferred<'a>>,
    /// Tags the file defines somewhere.
    pub(super) defined_tags: FxHashSet<&'a [u8]>,
    /// What the innermost scopes shadow.
    pub(super) undo: Vec<super::scope::Shadowed>,
    /// Types of functions by name.
    pub(super) signatures: FxHashMap<Symbol, Signature>,
    /// Functions that do not return.
    pub(super) noreturn: FxHashSet<Symbol>,
    /// Definitions of functions in the file, those of all arms of an `#if`.
    pub(super) bodies: FxHashMap<Symbol, Vec<At>>,
    /// Functions and macros whose bodies were looked at for whether they come back; true for no.
    pub(super) endings: FxHashMap<Symbol, bool>,
    /// Functions whose ends are looked for within one another.
    pub(super) ending_depth: u32,
    /// Of macros named as assertions, by their place among the expandable ones: whether they leave
    /// the function.
    pub(super) leaving: FxHashMap<u32, bool>,
    /// The function at hand.
    pub(super) body: Body,
    /// Statements and expressions around the one at hand.
    pub(super) depth: u32,
    /// Constants are wanted, not how they are made: everything folds.
    pub(super) folding: bool,
    /// Declarations of an arm of `#if` that was not chosen are read.
    pub(super) is_secondary: bool,
    /// `#pragma pack(n)`.
    pub(super) pack: Option<u64>,
    /// Names of `#if` conditions that count as not defined.
    pub(super) absent: FxHashSet<&'a [u8]>,
    /// Names that `#if` conditions of the file need to be other than 0.
    pub(super) needed: FxHashSet<&'a [u8]>,
    /// `int`, the type of comparisons.
    pub(super) int: TypeId,
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(
        file: &'a SourceFile<'a>,
        target: Target,
        headers: &'a Headers<'a>,
        macros: &'a FileMacros,
    ) -> Self {
        let asked = super::variants::Asked::new(&file.tree, file.text);
        Self {
            file_tree: &file.tree,
            sources: vec![Source {
                tree: &file.tree,
                text: file.text,
                span: None,
                expansion: None,
            }],
            macro_loops: file
                .macro_loops
                .iter()
                .map(|found| (found.node, found.name))
                .collect(),
            macros,
            headers,
            prelude: prelude(),
            expandable: Vec::new(),
            parser: None,
            casts: Vec::new(),
            reading: 0,
            unit: Unit::new(Language::C, target),
            symbols: FxHashMap::default(),
            names: FxHashMap::default(),
            tags: FxHashMap::default(),
            deferred: FxHashMap::default(),
            defined_tags: FxHashSet::default(),
            undo: Vec::new(),
            signatures: FxHashMap::default(),
            noreturn: FxHashSet::default(),
            bodies: FxHashMap::default(),
            endings: FxHashMap::default(),
            ending_depth: 0,
            leaving: FxHashMap::default(),
            body: Body::default(),
            depth: 0,
            folding: false,
            is_secondary: false,
            pack: None,
            absent: asked.absent,
            needed: asked.needed,
            int: TypeId::int(target.int_bits, true),
        }
    }

    pub(super) fn finish(self) -> Unit {
        self.unit
    }

    /// The symbol of a node's text.
    pub(super) fn intern(&mut self, text: &'a [u8]) -> Symbol {
        if let Some(&symbol) = self.symbols.get(text) {
            return symbol;
        }
        let symbol = self.intern_new(text);
        self.symbols.insert(text, symbol);
        symbol
    }

    /// The symbol of a text that is not kept.
    pub(super) fn intern_new(&mut self, text: &[u8]) -> Symbol {
        match std::str::from_utf8(text) {
            Ok(text) => self.unit.names.intern(text),
            Err(_) => self.unit.names.intern(&String::from_utf8_lossy(text)),
        }
    }

    /// A string literal's id.
    pub(super) fn add_text(&mut self, text: Vec<u8>) -> TextId {
        let id = TextId(u32::try_from(self.unit.texts.len()).unwrap_or(u32::MAX));
        self.unit.texts.push(text);
        id
    }

    pub(super) fn add_global(&mut self, global: Global) -> GlobalId {
        let id = GlobalId(u32::try_from(self.unit.globals.len()).unwrap_or(u32::MAX));
        self.unit.globals.push(global);
        id
    }

    /// A global that is only known by name.
    pub(super) fn unseen_global(&mut self, name: Symbol, ty: TypeId, span: Span) -> GlobalId {
        let id = self.add_global(Global {
            name,
            ty,
            span,
            is_const: false,
            is_volatile: false,
            is_private: false,
            is_extern: true,
            function: None,
            init: Init::Unknown,
        });
        self.names.insert(name, Binding::Global(id));
        id
    }

    /// A number.
    pub(super) fn number(value: i128, ty: TypeId) -> Operand {
        Operand::Constant(Constant {
            value: Some(value),
            ty,
            origin: Origin::Literal,
        })
    }
}
