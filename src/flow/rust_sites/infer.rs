//! The type of an expression, as far as the file tells it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::items::{Items, last_name, owner, text};
use super::methods;
use super::reader::{Reader, literal};
use super::scopes::Scopes;
use super::ty::Ty;
use super::variable_range::MAX_TESTS;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// Deepest nesting of questions: an expression asks its parts, a name its value.
const MAX_DEPTH: u32 = 60;
/// Most questions for each node of a file.
const MAX_ASKED: usize = 30;

/// A file with what is known of its expressions.
pub(super) struct Types<'f, 's> {
    pub(super) file: &'f SourceFile<'s>,
    pub(super) items: &'f Items,
    pub(super) scopes: &'f Scopes<'s>,
    known: RefCell<FxHashMap<NodeId, Ty>>,
    depth: Cell<u32>,
    /// Variables whose type is being settled by their uses.
    pub(super) settling: RefCell<Vec<(NodeId, String)>>,
    /// Variables whose values are being looked for, the outer ones first.
    pub(super) ranging: RefCell<Vec<NodeId>>,
    /// Tests that may still be looked at in this file.
    pub(super) fuel: Cell<u32>,
    /// Questions asked so far.
    asked: Cell<usize>,
}

impl<'f, 's> Types<'f, 's> {
    pub(super) fn new(file: &'f SourceFile<'s>, items: &'f Items, scopes: &'f Scopes<'s>) -> Self {
        Self {
            file,
            items,
            scopes,
            known: RefCell::default(),
            depth: Cell::default(),
            settling: RefCell::default(),
            ranging: RefCell::default(),
            fuel: Cell::new(MAX_TESTS),
            asked: Cell::default(),
        }
    }

    pub(super) fn text(&self, node: NodeId) -> &'s str {
        text(self.file, node)
    }

    pub(super) fn reader(&self) -> Reader<'f, 's> {
        Reader {
            file: self.file,
            items: self.items,
        }
    }

    /// A type as written at a place where `Self` may stand.
    pub(super) fn written(&self, node: NodeId) -> Ty {
        let own = match self.text(node).contains("Self") {
            true => owner(self.file, node),
            false => None,
        };
        self.reader().ty(node, own.as_deref())
    }

    /// The type of an expression.
    pub(super) fn of(&self, node: NodeId) -> Ty {
        if let Some(ty) = self.known.borrow().get(&node) {
            return ty.clone();
        }
        let most = self.file.tree.len().saturating_mul(MAX_ASKED);
        if self.depth.get() >= MAX_DEPTH || self.asked.get() > most {
            return Ty::Unknown;
        }
        self.asked.set(self.asked.get() + 1);
        self.depth.set(self.depth.get() + 1);
        // Unknown while it is being found: a variable may be set from itself.
        self.known.borrow_mut().insert(node, Ty::Unknown);
        let ty = self.find(node);
        // What was found while a variable counts as a literal holds for that question alone.
        if self.settling.borrow().is_empty() {
            self.known.borrow_mut().insert(node, ty.clone());
        } else {
            self.known.borrow_mut().remove(&node);
        }
        self.depth.set(self.depth.get() - 1);
        ty
    }

    fn find(&self, node: NodeId) -> Ty {
        let tree = &self.file.tree;
        let child = |field| tree.child(node, field);
        let of_child = |field| child(field).map_or(Ty::Unknown, |inner| self.of(inner));
        match tree.kind(node) {
            Kind::INTEGER_LITERAL => match literal(self.text(node)) {
                Some((_, suffix)) => Ty::primitive(suffix).unwrap_or(Ty::Integer),
                None => Ty::Integer,
            },
            Kind::FLOAT_LITERAL => {
                let text = self.text(node);
                match ["f16", "f32", "f64", "f128"]
                    .iter()
                    .find(|s| text.ends_with(**s))
                {
                    Some(suffix) => Ty::primitive(suffix).unwrap_or(Ty::Float(0)),
                    None => Ty::Float(0),
                }
            }
            Kind::NEGATIVE_LITERAL => tree
                .children(node)
                .last()
                .map_or(Ty::Unknown, |inner| self.of(inner)),
            Kind::BOOLEAN_LITERAL => Ty::Bool,
            Kind::CHAR_LITERAL => match self.text(node).starts_with('b') {
                true => Ty::primitive("u8").unwrap_or(Ty::Unknown),
                false => Ty::Char,
            },
            Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL => {
                match self.text(node).starts_with('b') {
                    true => {
                        let byte = Ty::primitive("u8").unwrap_or(Ty::Unknown);
                        Ty::Reference(false, Ty::Slice(byte.into()).into())
                    }
                    false => Ty::Reference(false, Ty::Str.into()),
                }
            }
            Kind::IDENTIFIER | Kind::SELF_VALUE => self.name(node),
            Kind::SCOPED_IDENTIFIER => self.path(node),
            Kind::PARENTHESIZED_EXPRESSION => tree
                .children(node)
                .next()
                .map_or(Ty::Unknown, |inner| self.of(inner)),
            Kind::TYPE_CAST_EXPRESSION => {
                child(Field::TYPE).map_or(Ty::Unknown, |ty| self.written(ty))
            }
            Kind::REFERENCE_EXPRESSION => {
                let is_mut = tree
                    .children(node)
                    .any(|part| tree.kind(part) == Kind::MUTABLE_SPECIFIER);
                let inner = of_child(Field::VALUE);
                match is_raw_reference(self.text(node)) {
                    true => Ty::Pointer(is_mut, inner.into()),
                    false => Ty::Reference(is_mut, inner.into()),
                }
            }
            Kind::UNARY_EXPRESSION => {
                let Some(inner) = tree.children(node).last() else {
                    return Ty::Unknown;
                };
                let ty = self.of(inner);
                match (self.text(node).as_bytes().first(), &ty) {
                    (Some(b'*'), Ty::Reference(_, to) | Ty::Pointer(_, to)) => (**to).clone(),
                    (Some(b'*'), Ty::Named(..)) => match ty.peeled() {
                        same if *same == ty => Ty::Unknown,
                        to => to.clone(),
                    },
                    (Some(b'*'), _) => ty,
                    _ => ty.peeled().clone(),
                }
            }
            Kind::BINARY_EXPRESSION => self.binary(node),
            Kind::FIELD_EXPRESSION => {
                let (Some(value), Some(field)) = (child(Field::VALUE), child(Field::FIELD)) else {
                    return Ty::Unknown;
                };
                self.field(&self.of(value), self.text(field))
            }
            Kind::INDEX_EXPRESSION => {
                let mut parts = tree.children(node);
                let (Some(base), Some(index)) = (parts.next(), parts.next()) else {
                    return Ty::Unknown;
                };
                let base = self.of(base);
                match (tree.kind(index), self.of(index)) {
                    (Kind::RANGE_EXPRESSION, _) | (_, Ty::Range(_)) => match base.peeled() {
                        Ty::Str => Ty::Str,
                        Ty::Named(name, _) if &**name == "String" => Ty::Str,
                        _ => Ty::Slice(base.element().into()),
                    },
                    _ => base.element(),
                }
            }
            Kind::CALL_EXPRESSION => self.call(node),
            Kind::TRY_EXPRESSION => tree
                .children(node)
                .next()
                .map_or(Ty::Unknown, |inner| self.of(inner).argument(0)),
            Kind::AWAIT_EXPRESSION => tree
                .children(node)
                .next()
                .map_or(Ty::Unknown, |inner| self.of(inner)),
            Kind::BLOCK => self.tail(node),
            Kind::UNSAFE_BLOCK | Kind::CONST_BLOCK => tree
                .children(node)
                .find(|&part| tree.kind(part) == Kind::BLOCK)
                .map_or(Ty::Unknown, |block| self.tail(block)),
            Kind::IF_EXPRESSION => match of_child(Field::CONSEQUENCE) {
                Ty::Unknown | Ty::Integer | Ty::Never => child(Field::ALTERNATIVE)
                    .and_then(|other| tree.children(other).next())
                    .map_or(Ty::Unknown, |other| self.of(other)),
                ty => ty,
            },
            Kind::MATCH_EXPRESSION => {
                let arms = child(Field::BODY)
                    .into_iter()
                    .flat_map(|body| tree.children(body));
                let mut found = Ty::Unknown;
                for arm in arms.take(12) {
                    let value = tree.child(arm, Field::VALUE);
                    let ty = value.map_or(Ty::Unknown, |value| self.of(value));
                    if !matches!(ty, Ty::Unknown | Ty::Never) {
                        found = ty;
                    }
                    if !matches!(found, Ty::Unknown | Ty::Integer | Ty::Never) {
                        break;
                    }
                }
                found
            }
            Kind::TUPLE_EXPRESSION => {
                let parts: Vec<Ty> = tree.children(node).map(|part| self.of(part)).collect();
                Ty::Tuple(parts.into())
            }
            Kind::UNIT_EXPRESSION => Ty::unit(),
            Kind::ARRAY_EXPRESSION => self.array(node),
            Kind::STRUCT_EXPRESSION => {
                child(Field::NAME).map_or(Ty::Unknown, |ty| self.written(ty))
            }
            Kind::RANGE_EXPRESSION => {
                let of = tree
                    .children(node)
                    .filter(|&part| !matches!(self.text(part), ".." | "..="))
                    .map(|part| self.of(part));
                let mut best = Ty::Integer;
                for ty in of {
                    if ty != Ty::Integer {
                        best = ty;
                    }
                }
                Ty::Range(best.into())
            }
            Kind::MACRO_INVOCATION => self.macro_call(node),
            Kind::RETURN_EXPRESSION | Kind::BREAK_EXPRESSION | Kind::CONTINUE_EXPRESSION => {
                Ty::Never
            }
            Kind::GENERIC_FUNCTION => of_child(Field::FUNCTION),
            _ => Ty::Unknown,
        }
    }

    /// The value at the end of a block.
    fn tail(&self, block: NodeId) -> Ty {
        let tree = &self.file.tree;
        match tree.children(block).last() {
            Some(last) => match tree.kind(last) {
                Kind::EXPRESSION_STATEMENT => Ty::Unknown,
                Kind::LET_DECLARATION => Ty::unit(),
                _ => self.of(last),
            },
            None => Ty::unit(),
        }
    }

    fn array(&self, node: NodeId) -> Ty {
        let tree = &self.file.tree;
        let length = tree.child(node, Field::LENGTH);
        let elements: Vec<NodeId> = tree
            .children(node)
            .filter(|&part| tree.kind(part) != Kind::ATTRIBUTE_ITEM && Some(part) != length)
            .collect();
        let count = match length {
            Some(length) => self
                .reader()
                .constant(length)
                .and_then(|value| u64::try_from(value).ok()),
            None => u64::try_from(elements.len()).ok(),
        };
        let of = elements.iter().take(8).map(|&one| self.of(one));
        let of = of.fold(Ty::Integer, |best, ty| match best {
            Ty::Integer => ty,
            best => best,
        });
        Ty::Array(of.into(), count)
    }

    fn macro_call(&self, node: NodeId) -> Ty {
        let tree = &self.file.tree;
        let name = tree.child(node, Field::MACRO);
        let name = name.map_or("", |name| last_name(self.file, name));
        match name {
            "vec" => {
                let first = tree
                    .children(node)
                    .find(|&part| tree.kind(part) == Kind::TOKEN_TREE)
                    .and_then(|tokens| tree.children(tokens).nth(1));
                let of = match first.map(|first| tree.kind(first)) {
                    Some(Kind::INTEGER_LITERAL | Kind::FLOAT_LITERAL | Kind::STRING_LITERAL) => {
                        first.map_or(Ty::Unknown, |first| self.of(first))
                    }
                    _ => Ty::Unknown,
                };
                Ty::named("Vec", vec![of])
            }
            "format" => Ty::named("String", Vec::new()),
            "panic" | "todo" | "unreachable" | "unimplemented" => Ty::Never,
            "matches" | "cfg" => Ty::Bool,
            "line" | "column" => Ty::primitive("u32").unwrap_or(Ty::Unknown),
            _ => Ty::Unknown,
        }
    }

    fn binary(&self, node: NodeId) -> Ty {
        let tree = &self.file.tree;
        let (Some(left), Some(sign), Some(right)) = (
            tree.child(node, Field::LEFT),
            tree.child(node, Field::OPERATOR),
            tree.child(node, Field::RIGHT),
        ) else {
            return Ty::Unknown;
        };
        match self.text(sign) {
            "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||" => Ty::Bool,
            "<<" | ">>" => self.of(left).peeled().clone(),
            _ => {
                let left = self.of(left).peeled().clone();
                if !matches!(left, Ty::Integer | Ty::Unknown | Ty::Float(0)) {
                    return left;
                }
                let right = self.of(right).peeled().clone();
                match (&left, &right) {
                    // `a + b` with a type of one's own may give anything.
                    (Ty::Unknown, Ty::Int(_) | Ty::Float(_)) => right,
                    (Ty::Unknown, _) => Ty::Unknown,
                    (Ty::Integer, Ty::Unknown) => Ty::Unknown,
                    (_, Ty::Int(_) | Ty::Float(_)) => right,
                    _ => left,
                }
            }
        }
    }

    /// A field of a value.
    pub(super) fn field(&self, of: &Ty, name: &str) -> Ty {
        match of.peeled() {
            Ty::Tuple(parts) => name
                .parse::<usize>()
                .ok()
                .and_then(|index| parts.get(index).cloned())
                .unwrap_or(Ty::Unknown),
            Ty::Named(record, arguments) => {
                let record = self.items.records.get(record);
                let field = record.and_then(|record| {
                    let mut fields = record.fields.iter();
                    fields.find(|(known, _)| &**known == name)
                });
                match field {
                    // The parameters of a generic record are not followed.
                    Some((_, Ty::Named(inner, _))) if !arguments.is_empty() && inner.len() == 1 => {
                        Ty::Unknown
                    }
                    Some((_, ty)) => ty.clone(),
                    None => Ty::Unknown,
                }
            }
            Ty::Range(of) if matches!(name, "start" | "end") => (**of).clone(),
            _ => Ty::Unknown,
        }
    }

    /// Head of the function a call expression names, if the file has it.
    pub(super) fn callee(&self, call: NodeId) -> Option<&'f super::items::Head> {
        let tree = &self.file.tree;
        let mut function = tree.child(call, Field::FUNCTION)?;
        if tree.kind(function) == Kind::GENERIC_FUNCTION {
            function = tree.child(function, Field::FUNCTION)?;
        }
        match tree.kind(function) {
            Kind::FIELD_EXPRESSION => {
                let name = self.text(tree.child(function, Field::FIELD)?);
                let receiver = self.of(tree.child(function, Field::VALUE)?);
                match receiver.name() {
                    Some(of) => self.items.methods.get(&(Rc::from(of), Rc::from(name))),
                    None if receiver.is_known() => None,
                    // A name of several types tells nothing unless they agree.
                    None => only(self.items.method_names.get(name)?),
                }
            }
            Kind::IDENTIFIER => {
                let name = self.text(function);
                if self.scopes.find(name, function).is_some() {
                    return None;
                }
                self.items.function(self.file, name, function)
            }
            Kind::SCOPED_IDENTIFIER => {
                let name = last_name(self.file, function);
                let of = qualifier(self.text(function));
                let own = owner(self.file, function);
                let of = match (of, &own) {
                    ("Self", Some(own)) => own,
                    _ => of,
                };
                self.items
                    .methods
                    .get(&(Rc::from(of), Rc::from(name)))
                    .or_else(|| {
                        let is_path = of.starts_with(|c: char| c.is_ascii_lowercase());
                        let known = self.items.functions.get(name).filter(|_| is_path)?;
                        only(known)
                    })
            }
            _ => None,
        }
    }

    fn call(&self, node: NodeId) -> Ty {
        let tree = &self.file.tree;
        let (Some(function), Some(list)) = (
            tree.child(node, Field::FUNCTION),
            tree.child(node, Field::ARGUMENTS),
        ) else {
            return Ty::Unknown;
        };
        let arguments: Vec<NodeId> = tree.children(list).collect();
        let (function, generics) = match tree.kind(function) {
            Kind::GENERIC_FUNCTION => (
                tree.child(function, Field::FUNCTION).unwrap_or(function),
                tree.child(function, Field::TYPE_ARGUMENTS),
            ),
            _ => (function, None),
        };
        let generics: Vec<Ty> = generics
            .into_iter()
            .flat_map(|list| tree.children(list))
            .filter(|&one| tree.kind(one) != Kind::LIFETIME)
            .map(|one| self.written(one))
            .collect();
        if let Some(head) = self.callee(node) {
            return given(&head.result, &head.parameters, &generics);
        }
        match tree.kind(function) {
            Kind::FIELD_EXPRESSION => {
                let (Some(value), Some(name)) = (
                    tree.child(function, Field::VALUE),
                    tree.child(function, Field::FIELD),
                ) else {
                    return Ty::Unknown;
                };
                let argument = || arguments.first().map_or(Ty::Unknown, |&one| self.of(one));
                methods::result(&self.of(value), self.text(name), &argument, &generics)
            }
            Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER => {
                let name = last_name(self.file, function);
                let first = arguments.first().map_or(Ty::Unknown, |&one| self.of(one));
                let of = self.qualifier_type(function);
                methods::path_result(&of, name, &first, &generics, |name| {
                    self.items.records.contains_key(name)
                })
            }
            _ => Ty::Unknown,
        }
    }

    /// The type in front of a path's last name: `Vec::<u8>` of `Vec::<u8>::new`.
    fn qualifier_type(&self, path: NodeId) -> Ty {
        let tree = &self.file.tree;
        match tree.child(path, Field::PATH) {
            Some(of) => {
                let name = last_name(self.file, of);
                Ty::primitive(name).unwrap_or_else(|| match tree.kind(of) {
                    Kind::IDENTIFIER | Kind::SCOPED_IDENTIFIER if name != "Self" => {
                        Ty::named(name, Vec::new())
                    }
                    _ => self.written(of),
                })
            }
            None => Ty::Unknown,
        }
    }
}

/// The one head, or one of several that agree.
fn only(heads: &[super::items::Head]) -> Option<&super::items::Head> {
    let (first, rest) = heads.split_first()?;
    rest.iter()
        .all(|other| other.result == first.result && other.is_unsafe == first.is_unsafe)
        .then_some(first)
}

/// The last name but one of a path, without arguments.
pub(super) fn qualifier(path: &str) -> &str {
    let Some((before, _)) = path.rsplit_once("::") else {
        return "";
    };
    let before = before.trim_end_matches(':');
    let before = before.split_once("::<").map_or(before, |(name, _)| name);
    before.rsplit("::").next().unwrap_or_default()
}

/// `&raw const x`, `&raw mut x`.
pub(super) fn is_raw_reference(text: &str) -> bool {
    text.strip_prefix('&')
        .map(str::trim_start)
        .is_some_and(|rest| rest.starts_with("raw const ") || rest.starts_with("raw mut "))
}

/// The result of a function with its type parameters as they are written at the call.
fn given(result: &Ty, parameters: &[std::rc::Rc<str>], generics: &[Ty]) -> Ty {
    let of = |name: &str| parameters.iter().position(|one| &**one == name);
    match result {
        Ty::Named(name, arguments) if arguments.is_empty() => match of(name) {
            Some(index) => generics.get(index).cloned().unwrap_or(Ty::Unknown),
            None if name.len() == 1 => Ty::Unknown,
            None => result.clone(),
        },
        Ty::Named(name, arguments) => {
            let arguments = arguments.iter().map(|one| given(one, parameters, generics));
            Ty::named(name, arguments.collect())
        }
        Ty::Reference(is_mut, to) => Ty::Reference(*is_mut, given(to, parameters, generics).into()),
        _ => result.clone(),
    }
}
