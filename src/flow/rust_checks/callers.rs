//! What the callers of a private function pass, and what the functions that a caller asks first look at.
//!
//! A function that is not `pub` has its callers in the file. What they all rule out cannot happen in it.

use std::cell::{Cell, OnceCell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::ir::{
    Base, BlockId, Callee, Function, LocalId, LocalKind, Operand, Place, Projection, Rvalue,
    StatementKind, Symbol, Type, TypeId,
};
use super::body::{At, Body, Definition};
use super::facts::overlaps;
use crate::finding::Span;
use crate::syntax::{Field, Kind};

/// Most calls of one function that are looked at; one with more is taken for a public one.
const MAX_CALLS: usize = 32;

/// Most calls of one file that are looked at.
const MAX_ASKED: usize = 20_000;

/// Callers of callers that are asked.
const MAX_DEPTH: u32 = 3;

/// What is known of the whole file.
#[derive(Default)]
pub(super) struct Known {
    /// Methods of the file that give numbers read from bytes.
    pub(super) accessors: FxHashSet<(TypeId, Symbol)>,
    calls: OnceCell<Calls>,
    /// Calls looked at so far.
    asked: Cell<usize>,
    /// Whether a function compares its parameter of that index.
    compares: RefCell<FxHashMap<(Symbol, usize), bool>>,
}

/// The calls of a file.
#[derive(Default)]
struct Calls {
    /// Function and place of each call, by the last part of the callee's name.
    by_name: FxHashMap<Symbol, Vec<(usize, At)>>,
    /// Functions that are handed around as values.
    taken: FxHashSet<Symbol>,
}

impl Known {
    pub(super) fn new(accessors: FxHashSet<(TypeId, Symbol)>) -> Self {
        Self {
            accessors,
            ..Self::default()
        }
    }
}

/// Says of an argument that it cannot be what is feared, where the caller makes the call.
pub(super) type IsSafe<'s> = dyn Fn(&Body<'_>, At, &Operand, &[Operand]) -> bool + 's;

impl<'a> Body<'a> {
    fn calls(&self) -> &'a Calls {
        let known: &'a Known = self.known;
        known.calls.get_or_init(|| {
            let mut calls = Calls::default();
            for (index, function) in self.unit.functions.iter().enumerate() {
                for (block, body) in (0..).zip(&function.blocks) {
                    for (at, statement) in body.statements.iter().enumerate() {
                        let at = At {
                            block: BlockId(block),
                            index: at,
                        };
                        self.note(&statement.kind, (index, at), &mut calls);
                    }
                }
            }
            calls
        })
    }

    fn note(&self, kind: &StatementKind, place: (usize, At), calls: &mut Calls) {
        let mut taken = |operand: &Operand| {
            if let Operand::Function(name) = operand
                && let Some(last) = self.last_part(*name)
            {
                calls.taken.insert(last);
            }
        };
        match kind {
            StatementKind::Assign { value, .. } => match value {
                Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => {
                    taken(value);
                }
                Rvalue::Aggregate(parts) => parts.iter().for_each(|(_, part)| taken(part)),
                _ => {}
            },
            StatementKind::Call {
                callee, arguments, ..
            } => {
                arguments.iter().for_each(taken);
                let name = match callee {
                    Callee::Function(path) => self.last_part(*path),
                    Callee::Method(name) => Some(*name),
                    Callee::Macro(_) | Callee::Pointer(_) => None,
                };
                if let Some(name) = name {
                    calls.by_name.entry(name).or_default().push(place);
                }
            }
            _ => {}
        }
    }

    /// `f` of `Self::f`.
    fn last_part(&self, path: Symbol) -> Option<Symbol> {
        match self.name(path).rsplit_once("::") {
            None => Some(path),
            Some((_, last)) => self.unit.names.find(last),
        }
    }

    /// Whether all callers stand in the file: not `pub`, no trait's that is known elsewhere, no symbol.
    fn is_of_this_file(&self) -> bool {
        if !self.function.is_private {
            return false;
        }
        let tree = &self.file.tree;
        let Some(function) = self.file.functions.get(self.function.syntax as usize) else {
            return false;
        };
        let head =
            Span::new(function.span.start, tree.span(function.body).start).of(self.file.text);
        let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        if has(b"extern") || has(b"no_mangle") || has(b"export_name") {
            return false;
        }
        let around = tree
            .ancestors(function.node)
            .find(|&above| matches!(tree.kind(above), Kind::IMPL_ITEM | Kind::TRAIT_ITEM));
        let Some(around) = around else { return true };
        if tree.kind(around) == Kind::TRAIT_ITEM {
            return false;
        }
        // Of a trait: only where the file declares it, and is its one caller.
        let Some(of) = tree.child(around, Field::TRAIT) else {
            return true;
        };
        let name = tree.text(of, self.file.text);
        tree.subtree(tree.root()).any(|node| {
            tree.kind(node) == Kind::TRAIT_ITEM
                && tree
                    .child(node, Field::NAME)
                    .is_some_and(|own| tree.text(own, self.file.text) == name)
        })
    }

    /// Whether every caller of this function passes something safe for a parameter. Of a function that
    /// others may call, or nobody in the file, nothing is known.
    pub(super) fn callers_rule_out(&self, parameter: LocalId, is_safe: &IsSafe<'_>) -> bool {
        self.callers_rule_out_at(parameter, is_safe, MAX_DEPTH)
    }

    fn callers_rule_out_at(&self, parameter: LocalId, is_safe: &IsSafe<'_>, depth: u32) -> bool {
        let (Some(depth), true) = (depth.checked_sub(1), self.is_of_this_file()) else {
            return false;
        };
        let Some(LocalKind::Parameter(index)) = self.function.local(parameter).map(|one| one.kind)
        else {
            return false;
        };
        let calls = self.calls();
        let own = self.function.name;
        let Some(places) = calls.by_name.get(&own) else {
            return false;
        };
        if calls.taken.contains(&own) || places.len() > MAX_CALLS {
            return false;
        }
        let mut is_called = false;
        for (function, at) in places {
            let Some(function) = self.unit.functions.get(*function) else {
                return false;
            };
            let statement = function
                .block(at.block)
                .and_then(|block| block.statements.get(at.index));
            let Some(StatementKind::Call { arguments, .. }) = statement.map(|one| &one.kind) else {
                return false;
            };
            // Another type's method of that name.
            if arguments.len() != self.function.parameters.len()
                || std::ptr::eq(function, self.function)
            {
                continue;
            }
            let Some(argument) = arguments.get(index as usize) else {
                return false;
            };
            is_called = true;
            let asked = self.known.asked.get() + 1;
            self.known.asked.set(asked);
            if asked > MAX_ASKED {
                return false;
            }
            self.spend(function.blocks.len());
            let caller = Body::new(self.file, self.unit, function, self.known);
            let is_passed_on = || {
                caller
                    .plain_parameter(argument)
                    .is_some_and(|outer| caller.callers_rule_out_at(outer, is_safe, depth))
            };
            if !(is_safe(&caller, *at, argument, arguments) || is_passed_on()) {
                return false;
            }
        }
        is_called
    }

    /// The parameter that an operand is, through copies, references and casts.
    pub(super) fn plain_parameter(&self, operand: &Operand) -> Option<LocalId> {
        let Operand::Copy(place) = operand else {
            return None;
        };
        let mut place = place;
        for _ in 0..6 {
            let is_whole = place
                .path
                .iter()
                .all(|step| matches!(step, Projection::Deref));
            let (Base::Local(local), true) = (place.base, is_whole) else {
                return None;
            };
            if self.is_parameter(local) {
                return Some(local);
            }
            match self.definition(local)? {
                Definition::Value(
                    Rvalue::Use(Operand::Copy(inner))
                    | Rvalue::AddressOf(inner)
                    | Rvalue::Cast {
                        value: Operand::Copy(inner),
                        ..
                    },
                ) => place = inner,
                _ => return None,
            }
        }
        None
    }

    /// Whether a value is the caller's own choice, or comes from outside: a parameter, a field of one, a
    /// decoded number, or computed from such.
    pub(super) fn is_foreign(&self, operand: &Operand) -> bool {
        self.is_foreign_at(operand, 8)
    }

    fn is_foreign_at(&self, operand: &Operand, depth: u32) -> bool {
        let (Some(depth), Operand::Copy(place)) = (depth.checked_sub(1), operand) else {
            return false;
        };
        let Base::Local(local) = place.base else {
            return false;
        };
        if self.is_parameter(local) || self.source(operand).is_some() {
            return true;
        }
        self.definitions(local)
            .iter()
            .filter_map(|at| self.definition_at(*at))
            .any(|definition| match definition {
                Definition::Value(Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. }) => {
                    self.is_foreign_at(inner, depth)
                }
                Definition::Value(Rvalue::Binary(_, left, right)) => {
                    self.is_foreign_at(left, depth) || self.is_foreign_at(right, depth)
                }
                Definition::Value(Rvalue::Len(of)) => {
                    self.is_foreign_at(&Operand::Copy(of.clone()), depth)
                }
                _ => false,
            })
    }

    /// Whether the function of that name in the file compares what it gets as argument of that index, or
    /// the length of it, before it says that all is well.
    pub(super) fn callee_compares(&self, name: Symbol, index: usize) -> bool {
        let key = (name, index);
        if let Some(known) = self.known.compares.borrow().get(&key) {
            return *known;
        }
        // A function that calls itself proves nothing.
        self.known.compares.borrow_mut().insert(key, false);
        let mut meant = self.unit.functions.iter().filter(|one| one.name == name);
        let found = match (meant.next(), meant.next()) {
            (Some(function), None) => self.compares_parameter(function, index),
            _ => false,
        };
        self.known.compares.borrow_mut().insert(key, found);
        found
    }

    fn compares_parameter(&self, function: &Function, index: usize) -> bool {
        let body = Body::new(self.file, self.unit, function, self.known);
        if !body.can_fail() {
            return false;
        }
        let Some(parameter) = function.parameters.get(index) else {
            return false;
        };
        let mut keys = vec![body.place_key(&whole(function, *parameter))];
        for (_, statement) in body.statements() {
            if let StatementKind::Assign {
                target,
                value: Rvalue::Len(of),
            } = &statement.kind
                && matches!(of.base, Base::Local(local) if local == *parameter || body.root(of) == Some(*parameter))
            {
                keys.push(body.place_key(target));
            }
        }
        let is_compared = |operand: &Operand| overlaps(&body.parts(operand), &keys);
        body.statements().any(|(_, statement)| {
            matches!(&statement.kind, StatementKind::Assign { value: Rvalue::Binary(op, left, right), .. }
                if op.is_comparison() && (is_compared(left) || is_compared(right)))
        })
    }

    /// Whether a function of the file that got the object, and that can fail, looked at it on every way
    /// to `at`.
    pub(super) fn is_checked_by_sibling(&self, object: &Operand, at: At) -> bool {
        let Operand::Copy(place) = object else {
            return false;
        };
        let Some(root) = self.root(place) else {
            return false;
        };
        let graph = self.graph();
        let is_meant = |argument: &Operand| match argument {
            Operand::Copy(place) => {
                self.root(place) == Some(root)
                    || matches!(self.origin(argument), Some(Definition::Value(Rvalue::Len(of))) if self.root(of) == Some(root))
            }
            _ => false,
        };
        self.statements().any(|(other, statement)| {
            let is_before = match other.block == at.block {
                true => other.index < at.index,
                false => graph.dominates(other.block, at.block),
            };
            let StatementKind::Call {
                callee, arguments, ..
            } = &statement.kind
            else {
                return false;
            };
            let name = match callee {
                Callee::Function(path) => self.last_part(*path),
                Callee::Method(name) => Some(*name),
                _ => None,
            };
            let Some(name) = name.filter(|_| is_before) else {
                return false;
            };
            arguments
                .iter()
                .enumerate()
                .any(|(index, argument)| is_meant(argument) && self.callee_compares(name, index))
        })
    }

    /// Most elements that what is passed for a slice has, where its type or shape tells.
    pub(super) fn most_elements(&self, slice: &Operand) -> Option<i128> {
        let mut operand = slice.clone();
        for _ in 0..8 {
            match &operand {
                Operand::Text(text) => {
                    let text = self.unit.texts.get(text.0 as usize)?;
                    return i128::try_from(text.len()).ok();
                }
                Operand::Copy(place) => {
                    let ty = self.behind_pointers(place.ty);
                    if let Type::Array { len: Some(len), .. } = self.unit.types.get(ty) {
                        return Some(i128::from(*len));
                    }
                    operand = match self.definition_of_place(place)? {
                        Definition::Value(
                            Rvalue::Use(inner) | Rvalue::Cast { value: inner, .. },
                        ) => inner.clone(),
                        Definition::Value(Rvalue::AddressOf(inner)) => Operand::Copy(inner.clone()),
                        Definition::Call(callee, arguments) => {
                            match (self.callee_name(callee), arguments) {
                                (
                                    "chunks" | "chunks_mut" | "chunks_exact" | "windows",
                                    [_, count],
                                ) => {
                                    return self.maximum(count);
                                }
                                ("index_range", [base, start, end]) => {
                                    let low = self.number(start).unwrap_or(0);
                                    let by_end = self.maximum(end).map(|end| end - low);
                                    let by_base = self.most_elements(base).map(|most| most - low);
                                    return match (by_end, by_base) {
                                        (Some(a), Some(b)) => Some(a.min(b)),
                                        (one, other) => one.or(other),
                                    };
                                }
                                ("to_le_bytes" | "to_be_bytes" | "to_ne_bytes", [_]) => {
                                    return Some(16);
                                }
                                (
                                    "next" | "unwrap" | "as_slice" | "as_mut_slice" | "as_ref"
                                    | "as_mut" | "iter" | "into_iter" | "as_bytes",
                                    [inner, ..],
                                ) => inner.clone(),
                                _ => return None,
                            }
                        }
                        Definition::Value(Rvalue::Aggregate(parts)) => {
                            return i128::try_from(parts.len()).ok();
                        }
                        Definition::Value(_) => return None,
                    };
                }
                _ => return None,
            }
        }
        None
    }
}

fn whole(function: &Function, local: LocalId) -> Place {
    let declared = function.local(local);
    Place {
        base: Base::Local(local),
        path: Vec::new(),
        ty: declared.map_or(TypeId::UNKNOWN, |one| one.ty),
        span: declared.map_or_else(Default::default, |one| one.span),
    }
}
