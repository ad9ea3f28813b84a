//! Patterns against variables, functions and `let`.

use super::env::{Env, Envs, add, one};
use super::matcher::Matcher;
use super::pattern::{FunctionPat, LetPat, Pat, VarPat};
use super::view::{self, Item, Layer};
use crate::syntax::{Field, Kind, NodeId};

impl Matcher<'_> {
    pub(super) fn variable(&self, pat: &VarPat, item: Item, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let is_declaration = matches!(
            self.kind(item.node),
            Kind::DECLARATION | Kind::FIELD_DECLARATION
        );
        let (Some(declarator), true) = (item.declarator, is_declaration) else {
            return Envs::new();
        };
        if !self.has_all(&pat.attributes, item.node) {
            return Envs::new();
        }
        let declared = view::declared(tree, declarator);
        let Some(name) = declared.name else {
            return Envs::new();
        };
        // A prototype is no variable, unless the pattern says it is a function.
        let is_prototype = matches!(declared.layers.first(), Some(Layer::Function(_)));
        if is_prototype && pat.of_type.layers.is_empty() {
            return Envs::new();
        }
        let mut envs = Envs::new();
        for typed in self.c_type(&pat.of_type, item.node, &declared.layers, env) {
            for named in self.expr(&pat.name, name, &typed) {
                match (&pat.value, declared.value) {
                    (None, None) => envs.push(named),
                    (Some(value), Some(actual)) => add(&mut envs, self.expr(value, actual, &named)),
                    _ => {}
                }
            }
        }
        envs
    }

    pub(super) fn function(&self, pat: &FunctionPat, node: NodeId, env: &Env) -> Envs {
        match self.kind(node) {
            Kind::FUNCTION_DEFINITION => self.c_function(pat, node, env),
            Kind::FUNCTION_ITEM => self.rust_function(pat, node, env),
            _ => Envs::new(),
        }
    }

    pub(super) fn c_function(&self, pat: &FunctionPat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let (Some(declarator), Some(body)) = (
            self.child(node, Field::DECLARATOR),
            self.child(node, Field::BODY),
        ) else {
            return Envs::new();
        };
        let declared = view::declared(tree, declarator);
        let Some((Layer::Function(parameters), rest)) = declared.layers.split_first() else {
            return Envs::new();
        };
        let Some(name) = declared.name else {
            return Envs::new();
        };
        if !self.has_all(&pat.attributes, node) {
            return Envs::new();
        }
        let mut envs = Envs::new();
        for named in self.expr(&pat.name, name, env) {
            let returned = match &pat.returns {
                Some(returns) => self.c_type(returns, node, rest, &named),
                None => one(named),
            };
            for typed in returned {
                let nodes = self.parameters(*parameters);
                for found in self.list(&pat.parameters, &nodes, &typed) {
                    add(&mut envs, self.function_body(&pat.body, body, &found));
                }
            }
        }
        envs
    }

    pub(super) fn rust_function(&self, pat: &FunctionPat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let (Some(name), Some(parameters), Some(body)) = (
            self.child(node, Field::NAME),
            self.child(node, Field::PARAMETERS),
            self.child(node, Field::BODY),
        ) else {
            return Envs::new();
        };
        if !self.has_all(&pat.attributes, node) {
            return Envs::new();
        }
        let mut envs = Envs::new();
        for named in self.expr(&pat.name, name, env) {
            let returned = match (&pat.returns, self.child(node, Field::RETURN_TYPE)) {
                (None, _) => one(named),
                (Some(returns), Some(actual)) => match &returns.base {
                    super::pattern::BasePat::Node(inner) => self.expr(inner, actual, &named),
                    _ => one(named),
                },
                (Some(_), None) => Envs::new(),
            };
            for typed in returned {
                let nodes: Vec<NodeId> = tree
                    .children(parameters)
                    .filter(|&child| tree.kind(child) != Kind::ATTRIBUTE_ITEM)
                    .collect();
                for found in self.list(&pat.parameters, &nodes, &typed) {
                    add(&mut envs, self.function_body(&pat.body, body, &found));
                }
            }
        }
        envs
    }

    pub(super) fn function_body(&self, pats: &[Pat], body: NodeId, env: &Env) -> Envs {
        if matches!(pats, [Pat::Dots]) {
            return one(env.clone());
        }
        self.block_items(pats, &view::items(&self.file.tree, body), env)
    }

    pub(super) fn let_declaration(&self, pat: &LetPat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        if tree.kind(node) != Kind::LET_DECLARATION {
            return Envs::new();
        }
        let Some(pattern) = self.child(node, Field::PATTERN) else {
            return Envs::new();
        };
        let is_mutable = tree
            .children(node)
            .any(|child| tree.kind(child) == Kind::MUTABLE_SPECIFIER);
        if pat.mutable && !is_mutable {
            return Envs::new();
        }
        let optional = |pat: &Option<Pat>, field: Field, none_is_any: bool, env: &Env| match (
            pat,
            self.child(node, field),
        ) {
            (None, None) => one(env.clone()),
            (None, Some(_)) if none_is_any => one(env.clone()),
            (Some(pat), Some(actual)) => self.expr(pat, actual, env),
            _ => Envs::new(),
        };
        let mut envs = Envs::new();
        for named in self.expr(&pat.pattern, pattern, env) {
            for typed in optional(&pat.of_type, Field::TYPE, true, &named) {
                for valued in optional(&pat.value, Field::VALUE, false, &typed) {
                    add(
                        &mut envs,
                        optional(&pat.otherwise, Field::ALTERNATIVE, true, &valued),
                    );
                }
            }
        }
        envs
    }
}
