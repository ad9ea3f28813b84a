//! Declarations, functions and `let` of a pattern's text → [`Pat`].

use super::pattern::{BasePat, FunctionPat, LayerPat, LetPat, Pat, TypePat, VarPat};
use super::prepare::{DOTS, PREFIX};
use super::to_pat::{Converter, Result};
use super::view::{self, Layer};
use crate::syntax::{Field, Kind, NodeId};

impl Converter<'_> {
    /// Storage classes and qualifiers of a declaration, function or parameter.
    pub(super) fn attributes(&self, node: NodeId) -> Vec<String> {
        self.file
            .tree
            .children(node)
            .filter(|&child| {
                matches!(
                    self.kind(child),
                    Kind::STORAGE_CLASS_SPECIFIER
                        | Kind::TYPE_QUALIFIER
                        | Kind::FUNCTION_MODIFIERS
                        | Kind::VISIBILITY_MODIFIER
                )
            })
            .flat_map(|child| self.text(child).split_whitespace())
            .map(str::to_owned)
            .collect()
    }

    /// The type a declaration gives to `declarator`.
    pub(super) fn c_type(
        &mut self,
        declaration: NodeId,
        declarator: Option<NodeId>,
    ) -> Result<TypePat> {
        let layers = match declarator {
            Some(declarator) => view::declared(&self.file.tree, declarator).layers,
            None => Default::default(),
        };
        let layers = layers
            .iter()
            .map(|layer| self.layer(*layer))
            .collect::<Result<Vec<_>>>()?;
        let qualifiers = self
            .attributes(declaration)
            .into_iter()
            .filter(|word| is_qualifier(word))
            .collect();
        let base = match self.child(declaration, Field::TYPE) {
            None => BasePat::Any,
            Some(base) => {
                let text = self.text(base);
                let is_name = view::is_name(self.kind(base));
                match self.placeholder(text)? {
                    Some(Pat::Meta(id)) => BasePat::Meta(id),
                    Some(_) => BasePat::Any,
                    None if self.child(base, Field::BODY).is_some() => {
                        BasePat::Node(Box::new(self.pat(base)?))
                    }
                    None if text.contains(PREFIX) => BasePat::Node(Box::new(self.pat(base)?)),
                    None => {
                        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                        if is_name {
                            self.name(&words);
                        }
                        BasePat::Named(words)
                    }
                }
            }
        };
        Ok(TypePat {
            base,
            layers,
            qualifiers,
        })
    }

    pub(super) fn layer(&mut self, layer: Layer) -> Result<LayerPat> {
        Ok(match layer {
            Layer::Pointer => LayerPat::Pointer,
            Layer::Array(None) => LayerPat::Array(None),
            Layer::Array(Some(size)) => LayerPat::Array(Some(Box::new(self.pat(size)?))),
            Layer::Function(parameters) => LayerPat::Function(self.parameter_pats(parameters)?),
        })
    }

    /// One pattern for each name that a C declaration declares.
    pub(super) fn declaration(&mut self, node: NodeId, found: &mut Vec<Pat>) -> Result<()> {
        let declarators: Vec<NodeId> = self
            .file
            .tree
            .children(node)
            .filter(|&child| self.file.tree.field(child) == Field::DECLARATOR)
            .collect();
        if declarators.is_empty() {
            let base = self.child(node, Field::TYPE);
            found.push(match base {
                Some(base) if self.text(base) == DOTS => Pat::Dots,
                _ => self.generic(node)?,
            });
            return Ok(());
        }
        let attributes: Vec<String> = self
            .attributes(node)
            .into_iter()
            .filter(|word| !is_qualifier(word))
            .collect();
        for declarator in declarators {
            let declared = view::declared(&self.file.tree, declarator);
            let of_type = self.c_type(node, Some(declarator))?;
            let name = match declared.name {
                Some(name) => self.pat(name)?,
                None => Pat::Any,
            };
            let value = match declared.value {
                Some(value) => Some(self.pat(value)?),
                None => None,
            };
            found.push(Pat::Var(Box::new(VarPat {
                attributes: attributes.clone(),
                of_type,
                name,
                value,
            })));
        }
        Ok(())
    }

    pub(super) fn parameter(&mut self, node: NodeId) -> Result<Pat> {
        let declarator = self.child(node, Field::DECLARATOR);
        if declarator.is_none()
            && let Some(base) = self.child(node, Field::TYPE)
            && let Some(pat) = self.placeholder(self.text(base))?
        {
            return Ok(match pat {
                Pat::Meta(_) => Pat::Param(None, Some(Box::new(pat))),
                other => other,
            });
        }
        let of_type = self.c_type(node, declarator)?;
        let name = match declarator.and_then(|node| view::declared(&self.file.tree, node).name) {
            Some(name) => Some(Box::new(self.pat(name)?)),
            None => None,
        };
        Ok(Pat::Param(Some(Box::new(of_type)), name))
    }

    /// Parameters of a C list; `(void)` has none, as in the code.
    fn parameter_pats(&mut self, list: NodeId) -> Result<Vec<Pat>> {
        let parameters = self.children(list);
        match parameters.as_slice() {
            [only] if self.text(*only) == "void" => Ok(Vec::new()),
            _ => self.pats(&parameters),
        }
    }

    pub(super) fn c_function(&mut self, node: NodeId) -> Result<Pat> {
        let (Some(declarator), Some(body)) = (
            self.child(node, Field::DECLARATOR),
            self.child(node, Field::BODY),
        ) else {
            return self.generic(node);
        };
        let declared = view::declared(&self.file.tree, declarator);
        let Some((Layer::Function(parameters), rest)) = declared.layers.split_first() else {
            return self.generic(node);
        };
        let mut returns = self.c_type(node, None)?;
        returns.layers = rest
            .iter()
            .map(|layer| self.layer(*layer))
            .collect::<Result<Vec<_>>>()?;
        let name = match declared.name {
            Some(name) => self.pat(name)?,
            None => Pat::Any,
        };
        let parameters = self.parameter_pats(*parameters)?;
        let statements = self.children(body);
        let body = self.statements(&statements)?;
        let attributes = self.attributes(node);
        let attributes = attributes
            .into_iter()
            .filter(|word| !is_qualifier(word))
            .collect();
        let returns = Some(returns);
        Ok(Pat::Function(Box::new(FunctionPat {
            attributes,
            returns,
            name,
            parameters,
            body,
        })))
    }

    pub(super) fn rust_function(&mut self, node: NodeId) -> Result<Pat> {
        let (Some(name), Some(parameters), Some(body)) = (
            self.child(node, Field::NAME),
            self.child(node, Field::PARAMETERS),
            self.child(node, Field::BODY),
        ) else {
            let children = self.children(node);
            return Ok(Pat::Node(self.kind(node), self.pats(&children)?));
        };
        let returns = match self.child(node, Field::RETURN_TYPE) {
            Some(returns) => Some(TypePat {
                base: BasePat::Node(Box::new(self.pat(returns)?)),
                layers: Vec::new(),
                qualifiers: Vec::new(),
            }),
            None => None,
        };
        let name = self.pat(name)?;
        let parameters = self.children(parameters);
        let parameters = self.pats(&parameters)?;
        let statements = self.children(body);
        let body = self.statements(&statements)?;
        let attributes = self.attributes(node);
        Ok(Pat::Function(Box::new(FunctionPat {
            attributes,
            returns,
            name,
            parameters,
            body,
        })))
    }

    pub(super) fn let_declaration(&mut self, node: NodeId) -> Result<Pat> {
        let Some(pattern) = self.child(node, Field::PATTERN) else {
            let children = self.children(node);
            return Ok(Pat::Node(self.kind(node), self.pats(&children)?));
        };
        let mutable = self
            .file
            .tree
            .children(node)
            .any(|child| self.kind(child) == Kind::MUTABLE_SPECIFIER);
        let mut optional = |field: Field| match self.child(node, field) {
            Some(part) => self.pat(part).map(Some),
            None => Ok(None),
        };
        let (of_type, value) = (optional(Field::TYPE)?, optional(Field::VALUE)?);
        let otherwise = optional(Field::ALTERNATIVE)?;
        let pattern = self.pat(pattern)?;
        Ok(Pat::Let(Box::new(LetPat {
            pattern,
            mutable,
            of_type,
            value,
            otherwise,
        })))
    }
}

/// Whether the word qualifies a type rather than the declaration.
pub(super) fn is_qualifier(word: &str) -> bool {
    matches!(
        word,
        "const" | "volatile" | "restrict" | "_Atomic" | "__restrict__"
    )
}
