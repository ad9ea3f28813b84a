//! Whether a node can match a pattern at all, whatever is bound. Most pairs of pattern and node end
//! here, before anything is copied.
//!
//! Every answer of `false` is one of the matching itself; `true` promises nothing.

use super::matcher::Matcher;
use super::pattern::{BasePat, LayerPat, Pat, VarPat};
use super::view::{self, Item, Layer};
use crate::syntax::{Field, Kind, Language, NodeId};

impl Matcher<'_> {
    /// Whether an expression that is nested in what the whole pattern matches may match.
    pub(super) fn fits(&self, pat: &Pat, node: NodeId) -> bool {
        if matches!(
            pat,
            Pat::Dots | Pat::Any | Pat::Meta(_) | Pat::MetaDots(_) | Pat::Typed(..) | Pat::Deep(_)
        ) {
            return true;
        }
        let node = view::strip(&self.file.tree, node);
        if matches!(
            self.kind(node),
            Kind::CAST_EXPRESSION | Kind::TYPE_CAST_EXPRESSION
        ) && let Some(value) = self.child(node, Field::VALUE)
            && self.fits(pat, value)
        {
            return true;
        }
        self.fits_here(pat, node)
    }

    /// Whether exactly this expression may match.
    pub(super) fn fits_here(&self, pat: &Pat, node: NodeId) -> bool {
        let tree = &self.file.tree;
        let node = view::strip(tree, node);
        let kind = tree.kind(node);
        if self.has_other_kind(pat, node) {
            // A name may stand for the literal.
            return kind == Kind::IDENTIFIER
                && match pat {
                    Pat::Number(..) | Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => true,
                    Pat::Name(name) => matches!(name.as_str(), "NULL" | "true" | "false"),
                    _ => false,
                };
        }
        match pat {
            Pat::Leaf(wanted, text) => kind == *wanted && self.text(node) == text.as_bytes(),
            Pat::Call(function, arguments) => {
                let Some(view) = view::call(tree, node) else {
                    return false;
                };
                view.function
                    .is_none_or(|called| self.fits(function, called))
                    && self.fits_all(arguments, &view.arguments)
            }
            Pat::Assign(left, right) => match view::assignment(tree, node, self.file.text) {
                Some((a, b)) => self.fits(left, a) && self.fits(right, b),
                None => false,
            },
            Pat::Binary(operator, left, right) => {
                let parts = (
                    tree.child(node, Field::LEFT),
                    tree.child(node, Field::OPERATOR),
                    tree.child(node, Field::RIGHT),
                );
                let (Some(a), Some(op), Some(b)) = parts else {
                    return false;
                };
                if self.text(op) != operator.as_bytes() {
                    return false;
                }
                let regrouped = match operator.as_str() {
                    "&&" | "||" | "|" | "&" | "^" => self.options.ac_matching,
                    "==" | "!=" => self.options.symmetric_eq,
                    _ => false,
                };
                regrouped || **right == Pat::Dots || (self.fits(left, a) && self.fits(right, b))
            }
            Pat::Field(object, field) => {
                let target = self
                    .child(node, Field::ARGUMENT)
                    .or(self.child(node, Field::VALUE));
                let (Some(target), Some(name)) = (target, self.child(node, Field::FIELD)) else {
                    return false;
                };
                let arrow = self
                    .child(node, Field::OPERATOR)
                    .is_some_and(|op| self.text(op) == b"->");
                let object_fits = match object.as_ref() {
                    Pat::Field(_, between) if **between == Pat::Dots => true,
                    Pat::Any | Pat::Dots | Pat::Meta(_) => true,
                    Pat::Deref(inner) if arrow => self.fits(inner, target),
                    object => !arrow && self.fits(object, target),
                };
                object_fits && self.fits(field, name)
            }
            Pat::Deref(inner) => match self.dereferenced(node) {
                Some(argument) => self.fits(inner, argument),
                None => false,
            },
            Pat::Node(wanted, parts) => {
                kind == *wanted && {
                    let nodes = self.essential_children(node, parts);
                    self.fits_all(parts, &nodes)
                }
            }
            _ => true,
        }
    }

    /// Whether the nodes of a list may match: as many as there must be, and those before the first
    /// and behind the last ellipsis.
    fn fits_all(&self, pats: &[Pat], nodes: &[NodeId]) -> bool {
        let is_open = |pat: &Pat| matches!(pat, Pat::Dots | Pat::MetaDots(_));
        let fit = |(pat, node): (&Pat, &NodeId)| self.fits(pat, *node);
        let Some(first) = pats.iter().position(is_open) else {
            return pats.len() == nodes.len() && pats.iter().zip(nodes).all(fit);
        };
        let fixed = pats.iter().filter(|pat| !is_open(pat)).count();
        let behind = pats.iter().rev().take_while(|pat| !is_open(pat)).count();
        nodes.len() >= fixed
            && pats.iter().take(first).zip(nodes).all(fit)
            && pats
                .iter()
                .rev()
                .take(behind)
                .zip(nodes.iter().rev())
                .all(fit)
    }

    /// Whether the expression or one inside it may match.
    fn fits_within(&self, pat: &Pat, node: NodeId) -> bool {
        self.file
            .tree
            .subtree(node)
            .any(|inner| self.fits_here(pat, inner))
    }

    /// Whether the statement may match.
    pub(super) fn fits_statement(&self, pat: &Pat, item: Item) -> bool {
        let tree = &self.file.tree;
        let kind = tree.kind(item.node);
        if self.is_exhaustive {
            return true;
        }
        if self.is_ruled_out(pat, kind) {
            return false;
        }
        match pat {
            Pat::ExprStmt(inner) => self.fits_expression_statement(inner, item),
            Pat::If(condition, _, otherwise) => {
                let node = self.unwrapped(item.node);
                matches!(tree.kind(node), Kind::IF_STATEMENT | Kind::IF_EXPRESSION)
                    && (otherwise.is_none() || tree.child(node, Field::ALTERNATIVE).is_some())
                    && tree
                        .child(node, Field::CONDITION)
                        .is_some_and(|tested| self.fits(condition, tested))
            }
            Pat::Return(value) => {
                let node = self.unwrapped(item.node);
                match (value, tree.children(node).next()) {
                    (Some(pat), Some(actual)) => self.fits(pat, actual),
                    (Some(pat), None) => **pat == Pat::Dots,
                    (None, actual) => actual.is_none(),
                }
            }
            Pat::Switch(condition, _) => tree
                .child(item.node, Field::CONDITION)
                .is_some_and(|tested| self.fits(condition, tested)),
            Pat::Var(var) => item
                .declarator
                .is_some_and(|declarator| self.fits_variable(var, item.node, declarator)),
            _ => true,
        }
    }

    /// Whether a declarator of a declaration may match.
    fn fits_variable(&self, var: &VarPat, declaration: NodeId, declarator: NodeId) -> bool {
        let tree = &self.file.tree;
        let declared = view::declared(tree, declarator);
        let wanted = &var.of_type.layers;
        if declared.layers.len() < wanted.len() || !self.has_all(&var.attributes, declaration) {
            return false;
        }
        let is_layer = |(wanted, actual): (&LayerPat, &Layer)| match (wanted, actual) {
            (LayerPat::Pointer, Layer::Pointer) => true,
            (LayerPat::Array(wanted), Layer::Array(actual)) => wanted.is_some() == actual.is_some(),
            (LayerPat::Function(_), Layer::Function(_)) => true,
            _ => false,
        };
        let is_base = match &var.of_type.base {
            BasePat::Any | BasePat::Meta(_) => true,
            BasePat::Named(words) => {
                declared.layers.len() == wanted.len()
                    && tree
                        .child(declaration, Field::TYPE)
                        .is_some_and(|base| view::has_words(tree, base, self.file.text, words))
            }
            BasePat::Node(_) => declared.layers.len() == wanted.len(),
        };
        is_base
            && wanted.iter().zip(&declared.layers).all(is_layer)
            && match (&var.value, declared.value) {
                (None, None) => true,
                (Some(value), Some(actual)) => self.fits(value, actual),
                _ => false,
            }
            && declared.name.is_some_and(|name| self.fits(&var.name, name))
    }

    fn fits_expression_statement(&self, pat: &Pat, item: Item) -> bool {
        if matches!(pat, Pat::Any | Pat::Meta(_) | Pat::Deep(_)) {
            return true;
        }
        // Rust has more statements than these that an expression stands for.
        if self.file.language != Language::C {
            return true;
        }
        let tree = &self.file.tree;
        match item.declarator {
            Some(declarator) => {
                self.fits_here(pat, declarator)
                    || self
                        .child(declarator, Field::VALUE)
                        .is_some_and(|value| self.fits_within(pat, value))
            }
            None => tree
                .children(item.node)
                .next()
                .is_some_and(|inner| self.fits_within(pat, inner)),
        }
    }
}
