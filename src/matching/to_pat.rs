//! The syntax tree of a pattern's text → [`Pat`].

use super::compile::{MetaNames, PatternError};
use super::pattern::{BasePat, CasePat, FunctionPat, LayerPat, LetPat, Pat, Root, TypePat, VarPat};
use super::prepare::{DEEP, DOTS, META, META_DOTS, PREFIX, TYPED};
use super::view::{self, Layer};
use crate::syntax::{Field, Kind, Language, NodeId, SourceFile};

type Result<T> = std::result::Result<T, PatternError>;

/// Reads one parsed pattern.
pub(super) struct Converter<'c> {
    file: &'c SourceFile<'c>,
    metas: &'c mut MetaNames,
    typed: &'c [Pat],
    names: Vec<String>,
}

impl<'c> Converter<'c> {
    pub(super) fn new(
        file: &'c SourceFile<'c>,
        metas: &'c mut MetaNames,
        typed: &'c [Pat],
    ) -> Self {
        Self {
            file,
            metas,
            typed,
            names: Vec::new(),
        }
    }

    /// Identifiers that every match contains.
    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }

    fn text(&self, node: NodeId) -> &'c str {
        std::str::from_utf8(self.file.tree.text(node, self.file.text)).unwrap_or_default()
    }

    fn kind(&self, node: NodeId) -> Kind {
        self.file.tree.kind(node)
    }

    fn child(&self, node: NodeId, field: Field) -> Option<NodeId> {
        self.file.tree.child(node, field)
    }

    /// What the whole pattern is. `offset` is where its text starts in the frame; `None` where this
    /// frame does not hold the pattern in a form patterns can have.
    pub(super) fn root(
        &mut self,
        in_body: bool,
        offset: usize,
        after: &str,
        statement: bool,
    ) -> Result<Option<Root>> {
        let tree = &self.file.tree;
        let end = self.file.text.len() - after.len();
        let inside = |node: NodeId| {
            let span = tree.span(node);
            span.start as usize >= offset && span.end as usize <= end + 1 && span.end > span.start
        };
        if after == "); }" || after == "; }" {
            // The frames for types: the type is the innermost node that covers the pattern.
            let covering = tree.subtree(tree.root()).find(|&node| {
                let span = tree.span(node);
                span.start as usize == offset && span.end as usize == end
            });
            return Ok(match covering {
                Some(node) => Some(Root::Expr(self.pat(node)?)),
                None => None,
            });
        }
        let list = if in_body {
            tree.subtree(tree.root()).find(|&node| {
                matches!(
                    tree.kind(node),
                    Kind::COMPOUND_STATEMENT | Kind::BLOCK | Kind::MATCH_BLOCK
                ) && tree.children(node).any(inside)
            })
        } else if offset > 0 {
            tree.subtree(tree.root())
                .find(|&node| tree.kind(node) == Kind::DECLARATION_LIST)
        } else {
            Some(tree.root())
        };
        let Some(list) = list else { return Ok(None) };
        let children: Vec<NodeId> = tree.children(list).filter(|&node| inside(node)).collect();
        if let [only] = children.as_slice()
            && !statement
        {
            match self.kind(*only) {
                Kind::EXPRESSION_STATEMENT => {
                    if let Some(inner) = tree.children(*only).next() {
                        return Ok(Some(Root::Expr(self.pat(inner)?)));
                    }
                }
                kind if self.file.language == Language::Rust && !is_rust_statement(kind) => {
                    return Ok(Some(Root::Expr(self.pat(*only)?)));
                }
                _ => {}
            }
        }
        let mut statements = self.statements(&children)?;
        Ok(match statements.len() {
            0 => None,
            1 => statements.pop().map(Root::Stmt),
            _ => Some(Root::Stmts(statements)),
        })
    }

    /// The type of the first parameter of the first function declarator.
    pub(super) fn type_of_first_parameter(&mut self) -> Result<Option<TypePat>> {
        let tree = &self.file.tree;
        let parameter = tree
            .subtree(tree.root())
            .find(|&node| tree.kind(node) == Kind::PARAMETER_DECLARATION);
        match parameter {
            Some(parameter) => {
                let declarator = self.child(parameter, Field::DECLARATOR);
                self.c_type(parameter, declarator).map(Some)
            }
            None => Ok(None),
        }
    }

    /// A name with a prefix of ours, as what it stands for.
    fn placeholder(&mut self, text: &str) -> Result<Option<Pat>> {
        if !text.starts_with(PREFIX) {
            return Ok(None);
        }
        Ok(if text == DOTS {
            Some(Pat::Dots)
        } else if let Some(name) = text.strip_prefix(META) {
            Some(if name == "_" {
                Pat::Any
            } else {
                Pat::Meta(self.metas.intern(&format!("${name}"))?)
            })
        } else if let Some(name) = text.strip_prefix(META_DOTS) {
            Some(if name == "_" {
                Pat::Dots
            } else {
                Pat::MetaDots(self.metas.intern(&format!("$...{name}"))?)
            })
        } else if let Some(index) = text.strip_prefix(TYPED) {
            index
                .parse::<usize>()
                .ok()
                .and_then(|index| self.typed.get(index))
                .cloned()
        } else {
            None
        })
    }

    fn pats(&mut self, nodes: &[NodeId]) -> Result<Vec<Pat>> {
        nodes.iter().map(|&node| self.pat(node)).collect()
    }

    fn children(&self, node: NodeId) -> Vec<NodeId> {
        self.file.tree.children(node).collect()
    }

    /// An expression or any node that is no statement.
    pub(super) fn pat(&mut self, node: NodeId) -> Result<Pat> {
        let tree = &self.file.tree;
        let node = view::strip(tree, node);
        let kind = tree.kind(node);
        let text = self.text(node);
        if tree.is_leaf(node) && (view::is_name(kind) || kind == Kind::METAVARIABLE) {
            if let Some(pat) = self.placeholder(text)? {
                return Ok(pat);
            }
            if view::is_indexed_name(kind) {
                self.names.push(text.to_owned());
            }
            return Ok(Pat::Name(text.to_owned()));
        }
        match kind {
            Kind::NUMBER_LITERAL | Kind::INTEGER_LITERAL => {
                return Ok(Pat::Number(view::number(text.as_bytes()), text.to_owned()));
            }
            Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL => return self.string(node),
            Kind::CALL_EXPRESSION | Kind::SIZEOF_EXPRESSION => {
                if let Some(call) = view::call(tree, node) {
                    if let Some(function) = call.function
                        && self.text(function) == DEEP
                        && let Some(&inner) = call.arguments.first()
                    {
                        return Ok(Pat::Deep(Box::new(self.pat(inner)?)));
                    }
                    let function = match call.function {
                        Some(function) => self.pat(function)?,
                        None => Pat::Name("sizeof".to_owned()),
                    };
                    return Ok(Pat::Call(Box::new(function), self.pats(&call.arguments)?));
                }
            }
            Kind::ASSIGNMENT_EXPRESSION => {
                if let Some((left, right)) = view::assignment(tree, node, self.file.text) {
                    let (left, right) = (self.pat(left)?, self.pat(right)?);
                    return Ok(Pat::Assign(Box::new(left), Box::new(right)));
                }
            }
            Kind::BINARY_EXPRESSION => {
                if let (Some(left), Some(operator), Some(right)) = (
                    self.child(node, Field::LEFT),
                    self.child(node, Field::OPERATOR),
                    self.child(node, Field::RIGHT),
                ) {
                    let operator = self.text(operator).to_owned();
                    let (left, right) = (self.pat(left)?, self.pat(right)?);
                    return Ok(Pat::Binary(operator, Box::new(left), Box::new(right)));
                }
            }
            Kind::FIELD_EXPRESSION => {
                let object = self
                    .child(node, Field::ARGUMENT)
                    .or(self.child(node, Field::VALUE));
                if let (Some(object), Some(field)) = (object, self.child(node, Field::FIELD)) {
                    let arrow = self
                        .child(node, Field::OPERATOR)
                        .is_some_and(|operator| self.text(operator) == "->");
                    let mut object = self.pat(object)?;
                    if arrow {
                        object = Pat::Deref(Box::new(object));
                    }
                    return Ok(Pat::Field(Box::new(object), Box::new(self.pat(field)?)));
                }
            }
            Kind::POINTER_EXPRESSION => {
                if let (Some(operator), Some(argument)) = (
                    self.child(node, Field::OPERATOR),
                    self.child(node, Field::ARGUMENT),
                ) && self.text(operator) == "*"
                {
                    return Ok(Pat::Deref(Box::new(self.pat(argument)?)));
                }
            }
            Kind::MACRO_INVOCATION => {
                let name = self.child(node, Field::MACRO);
                let tokens = tree
                    .children(node)
                    .find(|&child| self.kind(child) == Kind::TOKEN_TREE);
                if let (Some(name), Some(tokens)) = (name, tokens) {
                    let name = self.pat(name)?;
                    if name == Pat::Dots {
                        return Ok(Pat::Dots);
                    }
                    let tokens = self.tokens(tokens)?;
                    return Ok(Pat::Macro(Box::new(name), tokens));
                }
            }
            Kind::TOKEN_TREE => return Ok(Pat::Group(self.tokens(node)?)),
            Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER => {
                let mut segments = Vec::new();
                self.path(node, &mut segments)?;
                return Ok(Pat::Path(segments));
            }
            Kind::TYPE_DESCRIPTOR => {
                // `($T)x`: the type is the metavariable's.
                if let [only] = self.children(node).as_slice() {
                    return self.pat(*only);
                }
            }
            Kind::PARAMETER_DECLARATION => return self.parameter(node),
            Kind::PARAMETER | Kind::FIELD_DECLARATION | Kind::FIELD_INITIALIZER => {
                if let Some(first) = tree.children(node).next()
                    && self.text(first) == DOTS
                {
                    return Ok(Pat::Dots);
                }
            }
            Kind::SHORTHAND_FIELD_INITIALIZER | Kind::ENUM_VARIANT | Kind::EXPRESSION_STATEMENT => {
                if let [only] = self.children(node).as_slice()
                    && let pat @ (Pat::Dots | Pat::MetaDots(_)) = self.pat(*only)?
                {
                    return Ok(pat);
                }
            }
            Kind::MATCH_ARM => {
                if let Some(pattern) = self.child(node, Field::PATTERN)
                    && self.text(pattern) == DOTS
                {
                    return Ok(Pat::Dots);
                }
            }
            Kind::COMPOUND_STATEMENT | Kind::BLOCK => {
                let children = self.children(node);
                return Ok(Pat::Block(self.statements(&children)?));
            }
            Kind::FUNCTION_ITEM | Kind::LET_DECLARATION => return self.statement(node),
            _ => {}
        }
        if tree.is_leaf(node) {
            return Ok(Pat::Leaf(kind, text.to_owned()));
        }
        let children = self.children(node);
        Ok(Pat::Node(kind, self.pats(&children)?))
    }

    fn string(&mut self, node: NodeId) -> Result<Pat> {
        let Some(content) = view::string_content(&self.file.tree, node, self.file.text) else {
            return Ok(Pat::Leaf(self.kind(node), self.text(node).to_owned()));
        };
        let content = std::str::from_utf8(content.of(self.file.text)).unwrap_or_default();
        if content == "..." {
            return Ok(Pat::AnyString);
        }
        let is_meta = content.strip_prefix('$').is_some_and(|name| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        });
        if is_meta {
            return Ok(if content == "$_" {
                Pat::AnyString
            } else {
                Pat::MetaString(self.metas.intern(content)?)
            });
        }
        Ok(Pat::Str(content.to_owned()))
    }

    fn path(&mut self, node: NodeId, segments: &mut Vec<Pat>) -> Result<()> {
        if matches!(
            self.kind(node),
            Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER
        ) {
            if let Some(path) = self.child(node, Field::PATH) {
                self.path(path, segments)?;
            }
            if let Some(name) = self.child(node, Field::NAME) {
                segments.push(self.pat(name)?);
            }
        } else {
            segments.push(self.pat(node)?);
        }
        Ok(())
    }

    /// Tokens of a macro call, its outer brackets left out.
    fn tokens(&mut self, group: NodeId) -> Result<Vec<Pat>> {
        let children = self.children(group);
        let inner = children
            .get(1..children.len().saturating_sub(1))
            .unwrap_or_default()
            .to_vec();
        self.pats(&inner)
    }

    /// Statements of a list, declarations of several names split.
    pub(super) fn statements(&mut self, nodes: &[NodeId]) -> Result<Vec<Pat>> {
        let mut found = Vec::with_capacity(nodes.len());
        let mut attributes: Vec<Pat> = Vec::new();
        for &node in nodes {
            match self.kind(node) {
                Kind::EXPRESSION_STATEMENT | Kind::EMPTY_STATEMENT
                    if self.file.tree.is_leaf(node) => {}
                Kind::ATTRIBUTE_ITEM => attributes.push(self.pat(node)?),
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
    fn statement(&mut self, node: NodeId) -> Result<Pat> {
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
                match self.pat(inner)? {
                    dots @ (Pat::Dots | Pat::MetaDots(_)) => dots,
                    // `$_ * $P;` can only be a declaration.
                    Pat::Binary(operator, left, right)
                        if operator == "*"
                            && matches!(*left, Pat::Any | Pat::Meta(_) | Pat::Name(_))
                            && self.file.language == Language::C =>
                    {
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
    fn generic(&mut self, node: NodeId) -> Result<Pat> {
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

    fn switch(&mut self, node: NodeId) -> Result<Pat> {
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

    fn for_loop(&mut self, node: NodeId) -> Result<Pat> {
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

    /// Storage classes and qualifiers of a declaration, function or parameter.
    fn attributes(&self, node: NodeId) -> Vec<String> {
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
    fn c_type(&mut self, declaration: NodeId, declarator: Option<NodeId>) -> Result<TypePat> {
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
                match self.placeholder(text)? {
                    Some(Pat::Meta(id)) => BasePat::Meta(id),
                    Some(_) => BasePat::Any,
                    None if self.child(base, Field::BODY).is_some() => {
                        BasePat::Node(Box::new(self.pat(base)?))
                    }
                    None if text.contains(PREFIX) => BasePat::Node(Box::new(self.pat(base)?)),
                    None => BasePat::Named(text.split_whitespace().collect::<Vec<_>>().join(" ")),
                }
            }
        };
        Ok(TypePat {
            base,
            layers,
            qualifiers,
        })
    }

    fn layer(&mut self, layer: Layer) -> Result<LayerPat> {
        Ok(match layer {
            Layer::Pointer => LayerPat::Pointer,
            Layer::Array(None) => LayerPat::Array(None),
            Layer::Array(Some(size)) => LayerPat::Array(Some(Box::new(self.pat(size)?))),
            Layer::Function(parameters) => {
                let parameters = self.children(parameters);
                LayerPat::Function(self.pats(&parameters)?)
            }
        })
    }

    /// One pattern for each name that a C declaration declares.
    fn declaration(&mut self, node: NodeId, found: &mut Vec<Pat>) -> Result<()> {
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

    fn parameter(&mut self, node: NodeId) -> Result<Pat> {
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

    fn c_function(&mut self, node: NodeId) -> Result<Pat> {
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
        let parameters = self.children(*parameters);
        let parameters = self.pats(&parameters)?;
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

    fn rust_function(&mut self, node: NodeId) -> Result<Pat> {
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

    fn let_declaration(&mut self, node: NodeId) -> Result<Pat> {
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

/// Rust nodes that are statements or items even though the grammar calls some of them expressions.
fn is_rust_statement(kind: Kind) -> bool {
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
