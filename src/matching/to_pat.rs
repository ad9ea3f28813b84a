//! The syntax tree of a pattern's text → [`Pat`].

use super::compile::{MetaNames, PatternError};
use super::features;
use super::pattern::{Pat, Pattern, Root, TypePat};
use super::prepare::{DEEP, DOTS, META, META_DOTS, PREFIX, TYPED};
use super::statement_pat::is_rust_statement;
use super::view;
use crate::syntax::{Field, Kind, Language, NodeId, SourceFile};

pub(super) type Result<T> = std::result::Result<T, PatternError>;

/// Reads one parsed pattern.
pub(super) struct Converter<'c> {
    pub(super) file: &'c SourceFile<'c>,
    metas: &'c mut MetaNames,
    typed: &'c [Pat],
    names: Vec<String>,
    kinds: Vec<Kind>,
    has_names_elsewhere: bool,
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
            kinds: Vec::new(),
            has_names_elsewhere: false,
        }
    }

    /// The pattern of this root with what every match contains.
    pub(super) fn pattern(self, root: Root, language: Language) -> Pattern {
        let (mut kinds, mut kinds_in_file) = features::kinds(&root, language);
        kinds.extend(self.kinds);
        for kinds in [&mut kinds, &mut kinds_in_file] {
            kinds.retain(|kind| *kind != Kind::ERROR && *kind != Kind::MISSING);
            kinds.sort_unstable();
            kinds.dedup();
        }
        let mut names = self.names;
        names.sort_unstable();
        names.dedup();
        Pattern {
            language,
            root,
            names,
            has_names_inside: !self.has_names_elsewhere,
            kinds,
            kinds_in_file,
        }
    }

    /// Notes that names of the pattern may stand outside of a match: in an import, or before it.
    pub(super) fn names_may_be_elsewhere(&mut self) {
        self.has_names_elsewhere = true;
    }

    /// Notes a name that every match contains.
    pub(super) fn name(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// How many operators are noted; [`Self::forget_operators`] goes back to there.
    pub(super) fn operators(&self) -> usize {
        self.kinds.len()
    }

    /// Drops operators that turned out to be none.
    pub(super) fn forget_operators(&mut self, from: usize) {
        self.kinds.truncate(from);
    }

    pub(super) fn text(&self, node: NodeId) -> &'c str {
        std::str::from_utf8(self.file.tree.text(node, self.file.text)).unwrap_or_default()
    }

    pub(super) fn kind(&self, node: NodeId) -> Kind {
        self.file.tree.kind(node)
    }

    pub(super) fn child(&self, node: NodeId, field: Field) -> Option<NodeId> {
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
    pub(super) fn placeholder(&mut self, text: &str) -> Result<Option<Pat>> {
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

    pub(super) fn pats(&mut self, nodes: &[NodeId]) -> Result<Vec<Pat>> {
        nodes.iter().map(|&node| self.pat(node)).collect()
    }

    pub(super) fn children(&self, node: NodeId) -> Vec<NodeId> {
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
            self.name(text);
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
                    self.kinds.push(self.kind(operator));
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
                self.names_may_be_elsewhere();
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
                self.names_may_be_elsewhere();
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
            Kind::FUNCTION_ITEM | Kind::LET_DECLARATION | Kind::IF_EXPRESSION => {
                return self.statement(node);
            }
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
        } else if matches!(
            self.kind(node),
            Kind::GENERIC_TYPE | Kind::GENERIC_TYPE_WITH_TURBOFISH
        ) && let Some(inner) = self.child(node, Field::TYPE)
        {
            self.path(inner, segments)?;
            if let Some(arguments) = self.child(node, Field::TYPE_ARGUMENTS) {
                segments.push(self.pat(arguments)?);
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
}
