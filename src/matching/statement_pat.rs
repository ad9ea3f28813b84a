//! Statements of a pattern's text → [`Pat`].

use super::pattern::{BasePat, CasePat, LayerPat, Pat, TypePat, VarPat};
use super::to_pat::{Converter, Result};
use crate::syntax::{Field, Kind, Language, NodeId};

impl Converter<'_> {
    /// Statements of a list, declarations of several names split.
    pub(super) fn statements(&mut self, nodes: &[NodeId]) -> Result<Vec<Pat>> {
        let mut found = Vec::with_capacity(nodes.len());
        let mut attributes: Vec<Pat> = Vec::new();
        for &node in nodes {
            match self.kind(node) {
                Kind::EXPRESSION_STATEMENT | Kind::EMPTY_STATEMENT
                    if self.file.tree.is_leaf(node) => {}
                Kind::ATTRIBUTE_ITEM => {
                    self.names_may_be_elsewhere();
                    attributes.push(self.pat(node)?);
                }
                Kind::DECLARATION | Kind::FIELD_DECLARATION
                    if self.file.language == Language::C =>
                {
                    self.declaration(node, &mut found)?;
                }
                _ => {
                    let statement = self.statement(node)?;
                    found.push(if attributes.is_empty() {
                        statement
                    } else {
                        Pat::Attributed(std::mem::take(&mut attributes), Box::new(statement))
                    });
                }
            }
        }
        Ok(found)
    }

    /// One statement; never a C declaration with several names.
    pub(super) fn statement(&mut self, node: NodeId) -> Result<Pat> {
        let tree = &self.file.tree;
        let kind = tree.kind(node);
        Ok(match kind {
            Kind::EXPRESSION_STATEMENT => {
                let Some(inner) = tree.children(node).next() else {
                    return Ok(Pat::Node(kind, Vec::new()));
                };
                if self.file.language == Language::Rust && is_rust_statement(self.kind(inner)) {
                    return self.statement(inner);
                }
                let operators = self.operators();
                match self.pat(inner)? {
                    dots @ (Pat::Dots | Pat::MetaDots(_)) => dots,
                    // `$_ * $P;` can only be a declaration.
                    Pat::Binary(operator, left, right)
                        if operator == "*"
                            && matches!(*left, Pat::Any | Pat::Meta(_) | Pat::Name(_))
                            && self.file.language == Language::C =>
                    {
                        self.forget_operators(operators);
                        let base = match *left {
                            Pat::Any => BasePat::Any,
                            Pat::Meta(id) => BasePat::Meta(id),
                            Pat::Name(name) => BasePat::Named(name),
                            other => BasePat::Node(Box::new(other)),
                        };
                        let of_type = TypePat {
                            base,
                            layers: vec![LayerPat::Pointer],
                            qualifiers: Vec::new(),
                        };
                        Pat::Var(Box::new(VarPat {
                            attributes: Vec::new(),
                            of_type,
                            name: *right,
                            value: None,
                        }))
                    }
                    other => Pat::ExprStmt(Box::new(other)),
                }
            }
            Kind::COMPOUND_STATEMENT | Kind::BLOCK => {
                let children = self.children(node);
                Pat::Block(self.statements(&children)?)
            }
            Kind::IF_STATEMENT | Kind::IF_EXPRESSION => {
                let (Some(condition), Some(then)) = (
                    self.child(node, Field::CONDITION),
                    self.child(node, Field::CONSEQUENCE),
                ) else {
                    return self.generic(node);
                };
                let condition = self.pat(condition)?;
                let then = self.statement(then)?;
                let otherwise = match self.child(node, Field::ALTERNATIVE) {
                    Some(clause) => match tree.children(clause).next() {
                        Some(inner) => Some(Box::new(self.statement(inner)?)),
                        None => None,
                    },
                    None => None,
                };
                Pat::If(Box::new(condition), Box::new(then), otherwise)
            }
            Kind::RETURN_STATEMENT | Kind::RETURN_EXPRESSION => {
                Pat::Return(match tree.children(node).next() {
                    Some(value) => Some(Box::new(self.pat(value)?)),
                    None => None,
                })
            }
            Kind::SWITCH_STATEMENT => self.switch(node)?,
            Kind::FOR_STATEMENT => self.for_loop(node)?,
            Kind::FUNCTION_DEFINITION => self.c_function(node)?,
            Kind::DECLARATION | Kind::FIELD_DECLARATION if self.file.language == Language::C => {
                let mut found = Vec::new();
                self.declaration(node, &mut found)?;
                match found.pop() {
                    Some(statement) => statement,
                    None => return self.generic(node),
                }
            }
            Kind::LET_DECLARATION => self.let_declaration(node)?,
            Kind::FUNCTION_ITEM => self.rust_function(node)?,
            Kind::WHILE_STATEMENT
            | Kind::DO_STATEMENT
            | Kind::LABELED_STATEMENT
            | Kind::CASE_STATEMENT
            | Kind::ELSE_CLAUSE => self.generic(node)?,
            _ if self.file.language == Language::Rust && !is_rust_statement(kind) => {
                match self.pat(node)? {
                    dots @ (Pat::Dots | Pat::MetaDots(_)) => dots,
                    other => Pat::ExprStmt(Box::new(other)),
                }
            }
            _ => self.pat(node)?,
        })
    }

    /// A node whose children are statements or expressions.
    pub(super) fn generic(&mut self, node: NodeId) -> Result<Pat> {
        let children = self.children(node);
        let parts = children
            .iter()
            .map(|&child| {
                if is_c_statement(self.kind(child)) {
                    self.statement(child)
                } else {
                    self.pat(child)
                }
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Pat::Node(self.kind(node), parts))
    }

    pub(super) fn switch(&mut self, node: NodeId) -> Result<Pat> {
        let (Some(condition), Some(body)) = (
            self.child(node, Field::CONDITION),
            self.child(node, Field::BODY),
        ) else {
            return self.generic(node);
        };
        let condition = self.pat(condition)?;
        let mut cases: Vec<CasePat> = Vec::new();
        let mut labels: Vec<Option<Pat>> = Vec::new();
        for child in self.children(body) {
            if self.kind(child) != Kind::CASE_STATEMENT {
                continue;
            }
            let value = self.child(child, Field::VALUE);
            labels.push(match value {
                Some(value) => Some(self.pat(value)?),
                None => None,
            });
            let statements: Vec<NodeId> = self
                .children(child)
                .into_iter()
                .filter(|&part| Some(part) != value)
                .collect();
            if statements.is_empty() {
                continue;
            }
            let body = self.statements(&statements)?;
            cases.push(CasePat {
                labels: std::mem::take(&mut labels),
                body,
            });
        }
        if !labels.is_empty() {
            cases.push(CasePat {
                labels,
                body: Vec::new(),
            });
        }
        Ok(Pat::Switch(Box::new(condition), cases))
    }

    pub(super) fn for_loop(&mut self, node: NodeId) -> Result<Pat> {
        let Some(body) = self.child(node, Field::BODY) else {
            return self.generic(node);
        };
        let mut header = Vec::with_capacity(3);
        for field in [Field::INITIALIZER, Field::CONDITION, Field::UPDATE] {
            header.push(match self.child(node, field) {
                Some(part) if self.kind(part) == Kind::DECLARATION => Some(self.statement(part)?),
                Some(part) => Some(self.pat(part)?),
                None => None,
            });
        }
        Ok(Pat::For(header, Box::new(self.statement(body)?)))
    }
}

/// Rust nodes that are statements or items even though the grammar calls some of them expressions.
pub(super) fn is_rust_statement(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LET_DECLARATION
            | Kind::FUNCTION_ITEM
            | Kind::EXPRESSION_STATEMENT
            | Kind::STRUCT_ITEM
            | Kind::ENUM_ITEM
            | Kind::UNION_ITEM
            | Kind::IMPL_ITEM
            | Kind::TRAIT_ITEM
            | Kind::MOD_ITEM
            | Kind::CONST_ITEM
            | Kind::STATIC_ITEM
            | Kind::USE_DECLARATION
            | Kind::TYPE_ITEM
            | Kind::FOREIGN_MOD_ITEM
            | Kind::ATTRIBUTE_ITEM
            | Kind::INNER_ATTRIBUTE_ITEM
            | Kind::MACRO_DEFINITION
            | Kind::EXTERN_CRATE_DECLARATION
            | Kind::FUNCTION_SIGNATURE_ITEM
    )
}

/// C statements that can be the body of another statement.
fn is_c_statement(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::EXPRESSION_STATEMENT
            | Kind::COMPOUND_STATEMENT
            | Kind::IF_STATEMENT
            | Kind::FOR_STATEMENT
            | Kind::WHILE_STATEMENT
            | Kind::DO_STATEMENT
            | Kind::SWITCH_STATEMENT
            | Kind::RETURN_STATEMENT
            | Kind::GOTO_STATEMENT
            | Kind::BREAK_STATEMENT
            | Kind::CONTINUE_STATEMENT
            | Kind::LABELED_STATEMENT
            | Kind::DECLARATION
            | Kind::BLOCK
    )
}
