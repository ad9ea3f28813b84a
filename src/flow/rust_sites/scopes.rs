//! Which variable a name stands for: the bindings of a file with the nodes they are valid for.

use rustc_hash::FxHashMap;
use std::rc::Rc;

use super::items::text;
use crate::syntax::{Field, Kind, NodeId, SourceFile};

/// Most bindings of one file that are kept; a name beyond is unknown.
const MAX_BINDINGS: usize = 100_000;

/// Where a binding's type comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// A type as written.
    Written(NodeId),
    /// The value it is given.
    Value(NodeId),
    /// The elements of a value.
    Elements(NodeId),
    /// `self`.
    Own,
    /// Nothing that is written.
    Nothing,
}

/// One step from a value to a part of it that a pattern names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// What `Some`, `Ok` or `Err` holds, or the payload of another variant.
    Payload(Rc<str>, usize),
    /// A part of a tuple.
    Part(usize),
    /// A field of a record of that name.
    Field(Rc<str>, Rc<str>),
    /// `&pattern`.
    Behind,
    /// An element of a slice pattern.
    Element,
    /// Nothing that is followed.
    Lost,
}

/// A variable.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    /// First node that may name it.
    pub(super) from: NodeId,
    /// One past the last.
    pub(super) to: NodeId,
    pub(super) origin: Origin,
    pub(super) path: Vec<Step>,
}

/// The variables of a file by name, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Scopes<'s> {
    named: FxHashMap<&'s str, Vec<Binding>>,
    /// Names as they stand in expressions and patterns.
    uses: FxHashMap<&'s str, Vec<NodeId>>,
    count: usize,
}

impl<'s> Scopes<'s> {
    /// Finds all bindings.
    pub(super) fn of(file: &SourceFile<'s>) -> Self {
        let mut scopes = Self::default();
        let tree = &file.tree;
        for node in tree.subtree(tree.root()) {
            if tree.kind(node) == Kind::IDENTIFIER {
                scopes.uses.entry(text(file, node)).or_default().push(node);
            }
            scopes.visit(file, node);
        }
        scopes
    }

    /// Where the name stands between two nodes.
    pub(super) fn uses(&self, name: &str, from: NodeId, to: NodeId) -> &[NodeId] {
        let all = self.uses.get(name).map_or(&[][..], Vec::as_slice);
        let start = all.partition_point(|&node| node < from);
        let end = all.partition_point(|&node| node < to);
        all.get(start..end).unwrap_or_default()
    }

    /// The binding that a name at `at` stands for.
    pub(super) fn find(&self, name: &str, at: NodeId) -> Option<&Binding> {
        let all = self.named.get(name)?;
        let before = all.partition_point(|binding| binding.from <= at);
        // Bounded: a name declared often in one scope is looked for among the nearest.
        all.get(..before)?
            .iter()
            .rev()
            .take(200)
            .find(|binding| at < binding.to)
    }

    fn visit(&mut self, file: &SourceFile<'s>, node: NodeId) {
        let tree = &file.tree;
        let child = |field| tree.child(node, field);
        match tree.kind(node) {
            Kind::FUNCTION_ITEM => {
                if let (Some(list), Some(body)) = (child(Field::PARAMETERS), child(Field::BODY)) {
                    self.parameters(file, list, body);
                }
            }
            Kind::CLOSURE_EXPRESSION => {
                if let (Some(list), Some(body)) = (child(Field::PARAMETERS), child(Field::BODY)) {
                    self.parameters(file, list, body);
                }
            }
            Kind::LET_DECLARATION => {
                let Some(pattern) = child(Field::PATTERN) else {
                    return;
                };
                let Some(block) = tree.parent(node) else {
                    return;
                };
                let origin = match (child(Field::TYPE), child(Field::VALUE)) {
                    (Some(ty), _) => Origin::Written(ty),
                    (None, Some(value)) => Origin::Value(value),
                    (None, None) => Origin::Nothing,
                };
                let scope = (tree.end(node), tree.end(block));
                self.pattern(file, pattern, origin, &mut Vec::new(), scope);
            }
            Kind::LET_CONDITION => {
                let (Some(pattern), Some(value)) = (child(Field::PATTERN), child(Field::VALUE))
                else {
                    return;
                };
                // Up to the end of the `if`'s first block or of the loop.
                let around = tree.ancestors(node).find(|&above| {
                    matches!(
                        tree.kind(above),
                        Kind::IF_EXPRESSION | Kind::WHILE_EXPRESSION | Kind::MATCH_ARM
                    )
                });
                let end = around.map_or(tree.end(node), |around| {
                    tree.child(around, Field::CONSEQUENCE)
                        .map_or(tree.end(around), |block| tree.end(block))
                });
                let scope = (tree.end(node), end);
                self.pattern(file, pattern, Origin::Value(value), &mut Vec::new(), scope);
            }
            Kind::FOR_EXPRESSION => {
                if let (Some(pattern), Some(value), Some(body)) = (
                    child(Field::PATTERN),
                    child(Field::VALUE),
                    child(Field::BODY),
                ) {
                    let scope = (body, tree.end(body));
                    let origin = Origin::Elements(value);
                    self.pattern(file, pattern, origin, &mut Vec::new(), scope);
                }
            }
            Kind::MATCH_ARM => {
                let value = tree
                    .parent(node)
                    .and_then(|block| tree.parent(block))
                    .and_then(|expression| tree.child(expression, Field::VALUE));
                if let (Some(pattern), Some(value)) = (child(Field::PATTERN), value) {
                    let scope = (pattern, tree.end(node));
                    self.pattern(file, pattern, Origin::Value(value), &mut Vec::new(), scope);
                }
            }
            _ => {}
        }
    }

    fn parameters(&mut self, file: &SourceFile<'s>, list: NodeId, body: NodeId) {
        let tree = &file.tree;
        let scope = (body, tree.end(body));
        for parameter in tree.children(list) {
            match tree.kind(parameter) {
                Kind::PARAMETER => {
                    let parts = (
                        tree.child(parameter, Field::PATTERN),
                        tree.child(parameter, Field::TYPE),
                    );
                    if let (Some(pattern), Some(ty)) = parts {
                        let origin = Origin::Written(ty);
                        self.pattern(file, pattern, origin, &mut Vec::new(), scope);
                    }
                }
                Kind::SELF_PARAMETER => {
                    self.add("self", scope, Origin::Own, Vec::new());
                }
                // A closure's parameter without a type.
                _ => self.pattern(file, parameter, Origin::Nothing, &mut Vec::new(), scope),
            }
        }
    }

    fn add(&mut self, name: &'s str, scope: (NodeId, NodeId), origin: Origin, path: Vec<Step>) {
        if self.count >= MAX_BINDINGS {
            return;
        }
        self.count += 1;
        let all = self.named.entry(name).or_default();
        let at = all.partition_point(|binding| binding.from <= scope.0);
        all.insert(
            at,
            Binding {
                from: scope.0,
                to: scope.1,
                origin,
                path,
            },
        );
    }

    fn pattern(
        &mut self,
        file: &SourceFile<'s>,
        node: NodeId,
        origin: Origin,
        path: &mut Vec<Step>,
        scope: (NodeId, NodeId),
    ) {
        if path.len() > 8 {
            return;
        }
        let tree = &file.tree;
        let mut go = |scopes: &mut Self, inner: NodeId, step: Option<Step>| {
            let before = path.len();
            path.extend(step);
            scopes.pattern(file, inner, origin, path, scope);
            path.truncate(before);
        };
        match tree.kind(node) {
            Kind::IDENTIFIER | Kind::SHORTHAND_FIELD_IDENTIFIER => {
                let name = text(file, node);
                // An upper-case name is a constant or a variant.
                if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
                    self.add(name, scope, origin, path.clone());
                }
            }
            Kind::MUT_PATTERN | Kind::REF_PATTERN | Kind::MATCH_PATTERN => {
                for inner in tree.children(node) {
                    if tree.field(inner) != Field::CONDITION
                        && tree.kind(inner) != Kind::MUTABLE_SPECIFIER
                    {
                        go(self, inner, None);
                    }
                }
            }
            Kind::OR_PATTERN => {
                // All alternatives bind the same names.
                if let Some(first) = tree.children(node).next() {
                    go(self, first, None);
                }
            }
            Kind::CAPTURED_PATTERN => {
                for inner in tree.children(node) {
                    go(self, inner, None);
                }
            }
            Kind::REFERENCE_PATTERN => {
                if let Some(inner) = tree.children(node).last() {
                    go(self, inner, Some(Step::Behind));
                }
            }
            Kind::TUPLE_PATTERN => {
                let mut is_certain = true;
                for (index, inner) in tree.children(node).enumerate() {
                    is_certain &= tree.kind(inner) != Kind::REMAINING_FIELD_PATTERN;
                    let step = match is_certain {
                        true => Step::Part(index),
                        false => Step::Lost,
                    };
                    go(self, inner, Some(step));
                }
            }
            Kind::SLICE_PATTERN => {
                for inner in tree.children(node) {
                    let step = match tree.kind(inner) {
                        Kind::CAPTURED_PATTERN => Step::Lost,
                        _ => Step::Element,
                    };
                    go(self, inner, Some(step));
                }
            }
            Kind::TUPLE_STRUCT_PATTERN => {
                let ty = tree.child(node, Field::TYPE);
                let name: Rc<str> = ty.map_or("", |ty| super::items::last_name(file, ty)).into();
                let parts = tree.children(node).filter(|&part| Some(part) != ty);
                for (index, inner) in parts.enumerate() {
                    go(self, inner, Some(Step::Payload(Rc::clone(&name), index)));
                }
            }
            Kind::STRUCT_PATTERN => {
                let ty = tree.child(node, Field::TYPE);
                let name: Rc<str> = ty.map_or("", |ty| super::items::last_name(file, ty)).into();
                for field in tree.children(node) {
                    if tree.kind(field) != Kind::FIELD_PATTERN {
                        continue;
                    }
                    let Some(key) = tree.child(field, Field::NAME) else {
                        continue;
                    };
                    let step = Step::Field(Rc::clone(&name), text(file, key).into());
                    let inner = tree.child(field, Field::PATTERN).unwrap_or(key);
                    go(self, inner, Some(step));
                }
            }
            _ => {}
        }
    }
}
