//! C types, parameters and typed metavariables.

use smallvec::SmallVec;

use super::env::{Env, Envs, add, one};
use super::matcher::Matcher;
use super::pattern::{BasePat, LayerPat, Pat, TypePat};
use super::types::{self, Literal};
use super::view::{self, Layer};
use crate::syntax::{Field, Kind, NodeId};

impl Matcher<'_> {
    /// `(TYPE $X)`: the expression's type is looked up among the file's declarations.
    pub(super) fn typed(&self, id: Option<u8>, of_type: &TypePat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let matched = match types::literal(tree, node, self.file.text) {
            Some(Literal::Int) => literal_type(of_type, "int", env),
            Some(Literal::Float) => literal_type(of_type, "float", env),
            Some(Literal::Text) => {
                if matches!(of_type.layers.as_slice(), [LayerPat::Pointer])
                    && matches!(&of_type.base, BasePat::Named(base) if base == "char")
                {
                    one(env.clone())
                } else {
                    Envs::new()
                }
            }
            Some(Literal::Null) => {
                if of_type.layers.first() == Some(&LayerPat::Pointer) {
                    one(env.clone())
                } else {
                    Envs::new()
                }
            }
            None => self.typed_expression(of_type, node, env),
        };
        match id {
            None => matched,
            Some(id) => matched
                .into_iter()
                .flat_map(|found| self.bind(&found, id, self.bound(node)))
                .collect(),
        }
    }

    pub(super) fn typed_expression(&self, of_type: &TypePat, node: NodeId, env: &Env) -> Envs {
        match self.kind(node) {
            Kind::IDENTIFIER => {
                let at = self.file.tree.span(node).start;
                let declarations = self.index.declarations(self.file);
                match declarations.lookup(self.text(node), at) {
                    Some(declaration) => {
                        let layers = types::layers(&self.file.tree, declaration.declarator);
                        self.c_type(of_type, declaration.node, &layers, env)
                    }
                    None => Envs::new(),
                }
            }
            Kind::CAST_EXPRESSION => match self.child(node, Field::TYPE) {
                Some(descriptor) => {
                    let layers = match self.child(descriptor, Field::DECLARATOR) {
                        Some(declarator) => types::layers(&self.file.tree, declarator),
                        None => SmallVec::new(),
                    };
                    self.c_type(of_type, descriptor, &layers, env)
                }
                None => Envs::new(),
            },
            Kind::CALL_EXPRESSION => {
                let Some(function) = self.child(node, Field::FUNCTION) else {
                    return Envs::new();
                };
                if self.kind(function) != Kind::IDENTIFIER {
                    return Envs::new();
                }
                let declarations = self.index.declarations(self.file);
                let at = self.file.tree.span(node).start;
                match declarations.lookup(self.text(function), at) {
                    Some(declaration) => {
                        let layers = types::layers(&self.file.tree, declaration.declarator);
                        match layers.split_first() {
                            Some((Layer::Function(_), rest)) => {
                                self.c_type(of_type, declaration.node, rest, env)
                            }
                            _ => Envs::new(),
                        }
                    }
                    None => Envs::new(),
                }
            }
            _ => Envs::new(),
        }
    }

    /// A C type pattern against the type that `declaration` gives with `layers`.
    pub(super) fn c_type(
        &self,
        pat: &TypePat,
        declaration: NodeId,
        layers: &[Layer],
        env: &Env,
    ) -> Envs {
        if !pat.qualifiers.is_empty() && !self.has_all(&pat.qualifiers, declaration) {
            return Envs::new();
        }
        let mut envs = one(env.clone());
        let mut rest = layers;
        for layer in &pat.layers {
            let Some((actual, left)) = rest.split_first() else {
                return Envs::new();
            };
            rest = left;
            envs = envs
                .iter()
                .flat_map(|found| self.layer(layer, *actual, found))
                .collect();
            if envs.is_empty() {
                return envs;
            }
        }
        let base = self.child(declaration, Field::TYPE);
        match (&pat.base, base) {
            (BasePat::Any, _) => envs,
            (BasePat::Meta(id), Some(base)) => {
                let bound = self.bound(base);
                envs.iter()
                    .flat_map(|found| self.bind(found, *id, bound))
                    .collect()
            }
            (BasePat::Named(words), Some(base))
                if rest.is_empty()
                    && view::has_words(&self.file.tree, base, self.file.text, words) =>
            {
                envs
            }
            (BasePat::Node(node), Some(base)) if rest.is_empty() => envs
                .iter()
                .flat_map(|found| self.expr(node, base, found))
                .collect(),
            _ => Envs::new(),
        }
    }

    pub(super) fn layer(&self, pat: &LayerPat, actual: Layer, env: &Env) -> Envs {
        match (pat, actual) {
            (LayerPat::Pointer, Layer::Pointer) | (LayerPat::Array(None), Layer::Array(None)) => {
                one(env.clone())
            }
            (LayerPat::Array(Some(size)), Layer::Array(Some(node))) => self.expr(size, node, env),
            (LayerPat::Function(pats), Layer::Function(parameters)) => {
                let nodes = self.parameters(parameters);
                self.list(pats, &nodes, env)
            }
            _ => Envs::new(),
        }
    }

    /// Parameters of a list; `(void)` has none.
    pub(super) fn parameters(&self, list: NodeId) -> SmallVec<[NodeId; 8]> {
        let tree = &self.file.tree;
        let nodes: SmallVec<[NodeId; 8]> = tree.children(list).collect();
        if let [only] = nodes.as_slice()
            && tree.text(*only, self.file.text) == b"void"
        {
            return SmallVec::new();
        }
        nodes
    }

    pub(super) fn parameter(
        &self,
        of_type: Option<&TypePat>,
        name: Option<&Pat>,
        node: NodeId,
        env: &Env,
    ) -> Envs {
        if self.kind(node) != Kind::PARAMETER_DECLARATION {
            return Envs::new();
        }
        let declared = match self.child(node, Field::DECLARATOR) {
            Some(declarator) => view::declared(&self.file.tree, declarator),
            None => Default::default(),
        };
        let typed = match of_type {
            Some(of_type) => self.c_type(of_type, node, &declared.layers, env),
            None => one(env.clone()),
        };
        let mut envs = Envs::new();
        for found in typed {
            match (name, declared.name) {
                (None, _) => envs.push(found),
                (Some(name), Some(actual)) => add(&mut envs, self.expr(name, actual, &found)),
                (Some(Pat::Any), None) => envs.push(found),
                (Some(Pat::Meta(id)), None) if of_type.is_none() => {
                    add(&mut envs, self.bind(&found, *id, self.bound(node)));
                }
                _ => {}
            }
        }
        envs
    }

    /// Whether the declaration carries all these words as storage class, qualifier or modifier.
    pub(super) fn has_all(&self, words: &[String], declaration: NodeId) -> bool {
        let tree = &self.file.tree;
        words.iter().all(|word| {
            tree.children(declaration).any(|child| {
                matches!(
                    tree.kind(child),
                    Kind::STORAGE_CLASS_SPECIFIER
                        | Kind::TYPE_QUALIFIER
                        | Kind::FUNCTION_MODIFIERS
                        | Kind::VISIBILITY_MODIFIER
                ) && tree
                    .text(child, self.file.text)
                    .split(u8::is_ascii_whitespace)
                    .any(|actual| actual == word.as_bytes())
            })
        })
    }
}

/// A literal's type against a type pattern without layers.
fn literal_type(of_type: &TypePat, name: &str, env: &Env) -> Envs {
    let matches = of_type.layers.is_empty()
        && match &of_type.base {
            BasePat::Named(base) => base == name,
            BasePat::Any | BasePat::Meta(_) => true,
            BasePat::Node(_) => false,
        };
    if matches {
        one(env.clone())
    } else {
        Envs::new()
    }
}
