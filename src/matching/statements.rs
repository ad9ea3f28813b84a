//! Patterns against statements, statement lists and definitions.

use super::env::{Bound, Env, Envs, add, one};
use super::matcher::Matcher;
use super::occurrences::Mentions;
use super::pattern::Pat;
use super::view::{self, Item};
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, NodeId};

/// Statements that `...` skips in what one step takes elsewhere.
const SKIPPED_PER_STEP: usize = 8;

/// Ways to match that a new one is compared with in what one step takes elsewhere.
pub(super) const COMPARED_PER_STEP: usize = 64;

impl Matcher<'_> {
    /// Bytes of a statement; of one declarator's share of a declaration.
    pub(super) fn item_span(&self, item: Item) -> Span {
        let span = self.file.tree.span(item.node);
        match item.declarator {
            Some(declarator) if !self.is_only_declarator(item.node) => {
                Span::new(span.start, self.file.tree.span(declarator).end)
            }
            _ => span,
        }
    }

    fn is_only_declarator(&self, declaration: NodeId) -> bool {
        let tree = &self.file.tree;
        tree.children(declaration)
            .filter(|&part| tree.field(part) == Field::DECLARATOR)
            .count()
            == 1
    }

    /// A statement pattern against a node that stands alone (the body of an `if`, say).
    pub(super) fn statement_node(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let declarator = match self.kind(node) {
            Kind::DECLARATION | Kind::FIELD_DECLARATION => self.child(node, Field::DECLARATOR),
            _ => None,
        };
        self.statement(pat, Item { node, declarator }, env)
    }

    /// Whether a statement of this kind can never match: most pairs of pattern and statement end
    /// here, before anything is copied. C alone; in Rust expressions are statements.
    pub(super) fn is_ruled_out(&self, pat: &Pat, kind: Kind) -> bool {
        if self.file.language != Language::C {
            return false;
        }
        match pat {
            Pat::ExprStmt(inner) => {
                !matches!(
                    kind,
                    Kind::EXPRESSION_STATEMENT
                        | Kind::DECLARATION
                        | Kind::FIELD_DECLARATION
                        | Kind::RETURN_STATEMENT
                ) && !matches!(**inner, Pat::Any | Pat::Meta(_) | Pat::Deep(_))
            }
            Pat::If(..) => kind != Kind::IF_STATEMENT,
            Pat::Return(_) => kind != Kind::RETURN_STATEMENT,
            Pat::Switch(..) => kind != Kind::SWITCH_STATEMENT,
            Pat::For(..) => kind != Kind::FOR_STATEMENT,
            Pat::Function(_) => kind != Kind::FUNCTION_DEFINITION,
            Pat::Var(_) => !matches!(kind, Kind::DECLARATION | Kind::FIELD_DECLARATION),
            _ => false,
        }
    }

    /// A pattern against one statement.
    pub(super) fn statement(&self, pat: &Pat, item: Item, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let node = item.node;
        let kind = tree.kind(node);
        if self.is_ruled_out(pat, kind) {
            return Envs::new();
        }
        match pat {
            Pat::Dots => one(env.clone()),
            Pat::ExprStmt(inner) => self.expression_statement(inner, item, env),
            Pat::Block(pats) => {
                if !matches!(kind, Kind::COMPOUND_STATEMENT | Kind::BLOCK) {
                    return Envs::new();
                }
                self.block_items(pats, &view::items(tree, node), env)
            }
            Pat::If(condition, then, otherwise) => {
                let node = self.unwrapped(node);
                if !matches!(self.kind(node), Kind::IF_STATEMENT | Kind::IF_EXPRESSION) {
                    return Envs::new();
                }
                let (Some(tested), Some(branch)) = (
                    self.child(node, Field::CONDITION),
                    self.child(node, Field::CONSEQUENCE),
                ) else {
                    return Envs::new();
                };
                let mut envs = Envs::new();
                for found in self.expr(condition, tested, env) {
                    for taken in self.body(then, branch, &found) {
                        match otherwise {
                            None => envs.push(taken),
                            Some(otherwise) => {
                                let inner = self
                                    .child(node, Field::ALTERNATIVE)
                                    .and_then(|clause| tree.children(clause).next());
                                if let Some(inner) = inner {
                                    add(&mut envs, self.body(otherwise, inner, &taken));
                                }
                            }
                        }
                    }
                }
                envs
            }
            Pat::Return(value) => {
                let node = self.unwrapped(node);
                if !matches!(
                    self.kind(node),
                    Kind::RETURN_STATEMENT | Kind::RETURN_EXPRESSION
                ) {
                    return Envs::new();
                }
                match (value, tree.children(node).next()) {
                    (None, None) => one(env.clone()),
                    (Some(pat), Some(actual)) => self.expr(pat, actual, env),
                    (Some(pat), None) if **pat == Pat::Dots => one(env.clone()),
                    _ => Envs::new(),
                }
            }
            Pat::Switch(condition, cases) => self.switch(condition, cases, node, env),
            Pat::For(header, body) => self.for_loop(header, body, node, env),
            Pat::Var(pat) => self.variable(pat, item, env),
            Pat::Function(pat) => self.function(pat, node, env),
            Pat::Let(pat) => self.let_declaration(pat, self.unwrapped(node), env),
            Pat::Attributed(attributes, inner) => self.attributed(attributes, inner, item, env),
            Pat::Node(wanted, parts) => {
                let node = if kind == *wanted {
                    node
                } else {
                    self.unwrapped(node)
                };
                if self.kind(node) != *wanted {
                    return Envs::new();
                }
                let nodes = self.essential_children(node, parts);
                self.parts(parts, &nodes, env)
            }
            _ => self.expr_root(pat, self.unwrapped(node), env),
        }
    }

    /// The expression of a Rust expression statement; any other node itself.
    pub(super) fn unwrapped(&self, node: NodeId) -> NodeId {
        if self.file.language == Language::Rust && self.kind(node) == Kind::EXPRESSION_STATEMENT {
            return self.file.tree.children(node).next().unwrap_or(node);
        }
        node
    }

    /// Children of a statement pairwise: expressions and bodies.
    fn parts(&self, pats: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
        let (Some((first, rest)), Some((&node, left))) = (pats.split_first(), nodes.split_first())
        else {
            return if (pats.is_empty() && nodes.is_empty()) || matches!(pats, [Pat::Dots]) {
                one(env.clone())
            } else {
                Envs::new()
            };
        };
        let is_body = matches!(
            first,
            Pat::Dots
                | Pat::ExprStmt(_)
                | Pat::Block(_)
                | Pat::If(..)
                | Pat::Return(_)
                | Pat::Switch(..)
                | Pat::For(..)
                | Pat::Var(_)
                | Pat::Let(_)
        );
        if *first == Pat::Dots && !rest.is_empty() && nodes.len() != pats.len() {
            return self.list(pats, nodes, env);
        }
        let found = if is_body {
            self.body(first, node, env)
        } else {
            self.expr(first, node, env)
        };
        let mut envs = Envs::new();
        for each in found {
            add(&mut envs, self.parts(rest, left, &each));
        }
        envs
    }

    /// A body: braces around a single statement make no difference.
    pub(super) fn body(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let is_block = matches!(self.kind(node), Kind::COMPOUND_STATEMENT | Kind::BLOCK);
        match pat {
            Pat::Block(_) if is_block => self.statement_node(pat, node, env),
            Pat::Block(pats) => match pats.as_slice() {
                [only] => self.statement_node(only, node, env),
                _ => Envs::new(),
            },
            Pat::Dots => one(env.clone()),
            _ if is_block => {
                let items = view::items(&self.file.tree, node);
                match items.as_slice() {
                    [only] => self.statement(pat, *only, env),
                    _ => self.statement_node(pat, node, env),
                }
            }
            _ => self.statement_node(pat, node, env),
        }
    }

    /// The statements of `{ ... }`: all of them, unless the pattern has an ellipsis.
    pub(super) fn block_items(&self, pats: &[Pat], items: &[Item], env: &Env) -> Envs {
        match pats {
            [Pat::Dots] => one(env.clone()),
            [Pat::Dots, inner, Pat::Dots] if !matches!(inner, Pat::MetaDots(_)) => {
                let mentions = self.mentions(inner, env);
                let mut envs = Envs::new();
                if !self.hold(items, &mentions) {
                    return envs;
                }
                for item in self.flattened_where(items, &mentions) {
                    if !self.fits_statement(inner, item) {
                        continue;
                    }
                    add(&mut envs, self.statement(inner, item, env));
                }
                envs
            }
            _ => self.statements(pats, items, env, false, true),
        }
    }

    /// A list of patterns against the start of a list of statements. `open_end`: statements may be
    /// left over. `deep`: an ellipsis reaches into nested blocks. `env.reached` tells how far the
    /// match went.
    pub(super) fn statements(
        &self,
        pats: &[Pat],
        items: &[Item],
        env: &Env,
        open_end: bool,
        deep: bool,
    ) -> Envs {
        let Some((first, rest)) = pats.split_first() else {
            return if open_end || items.is_empty() {
                one(env.clone())
            } else {
                Envs::new()
            };
        };
        match first {
            Pat::Dots => {
                if rest.is_empty() {
                    return one(self.reaching(env, items));
                }
                if !rest
                    .iter()
                    .all(|pat| self.hold(items, &self.mentions(pat, env)))
                {
                    return Envs::new();
                }
                let mut envs = self.after_dots(rest, items, env);
                if let [only] = rest
                    && deep
                    && self.options.go_deeper_stmt
                    && !matches!(only, Pat::Dots | Pat::MetaDots(_))
                {
                    // Nothing follows, so statements that cannot match need not be listed.
                    let mentions = self.mentions(only, env);
                    for item in self.flattened_where(items, &mentions) {
                        if !self.fits_statement(only, item) {
                            continue;
                        }
                        for found in self.statement(only, item, env) {
                            let found = self.reaching(&found, &[item]);
                            if !envs.contains(&found) {
                                envs.push(found);
                            }
                        }
                    }
                } else if deep && self.options.go_deeper_stmt {
                    let flat = self.flattened(items);
                    if flat.len() > items.len() {
                        for found in self.after_dots(rest, &flat, env) {
                            if !envs.contains(&found) {
                                envs.push(found);
                            }
                        }
                    }
                }
                envs
            }
            Pat::MetaDots(id) => {
                let mut envs = Envs::new();
                for taken in 0..=items.len() {
                    if self.is_too_many(&envs) {
                        break;
                    }
                    let (some, left) = items.split_at(taken);
                    let span = match (some.first(), some.last()) {
                        (Some(&a), Some(&b)) => {
                            Span::new(self.item_span(a).start, self.item_span(b).end)
                        }
                        _ => Span::default(),
                    };
                    for bound in self.bind(env, *id, Bound { span, node: None }) {
                        let bound = self.reaching(&bound, some);
                        add(&mut envs, self.statements(rest, left, &bound, false, false));
                    }
                }
                envs
            }
            _ => {
                let Some((&item, left)) = items.split_first() else {
                    return Envs::new();
                };
                if !self.fits_statement(first, item) {
                    return Envs::new();
                }
                let mut envs = Envs::new();
                for found in self.statement(first, item, env) {
                    let found = self.reaching(&found, &[item]);
                    add(
                        &mut envs,
                        self.statements(rest, left, &found, open_end, deep),
                    );
                }
                envs
            }
        }
    }

    /// What follows an ellipsis, starting at any statement.
    fn after_dots(&self, rest: &[Pat], items: &[Item], env: &Env) -> Envs {
        let mut envs = Envs::new();
        let first = match rest.first() {
            None | Some(Pat::Dots | Pat::MetaDots(_)) => Mentions::default(),
            Some(pat) => self.mentions(pat, env),
        };
        // Several of them in a pattern over a long list look at each pair, triple … of its statements.
        self.spend(items.len() / SKIPPED_PER_STEP);
        for skip in 0..=items.len() {
            let left = items.get(skip..).unwrap_or_default();
            if let Some(&item) = left.first()
                && !self.item_holds(item, &first)
            {
                continue;
            }
            for found in self.statements(rest, left, env, true, false) {
                self.spend(envs.len() / COMPARED_PER_STEP);
                if !envs.contains(&found) {
                    envs.push(found);
                }
            }
            if self.is_exhausted() || self.is_too_many(&envs) {
                break;
            }
        }
        envs
    }

    /// `env` with its end moved to the last of `items`.
    fn reaching(&self, env: &Env, items: &[Item]) -> Env {
        let mut env = env.clone();
        if let Some(&last) = items.last() {
            env.reached = env.reached.max(self.item_span(last).end);
        }
        env
    }

    fn expression_statement(&self, pat: &Pat, item: Item, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let node = item.node;
        let mut envs = Envs::new();
        match pat {
            Pat::Any => return one(env.clone()),
            Pat::Meta(id) => {
                add(
                    &mut envs,
                    self.bind(
                        env,
                        *id,
                        Bound {
                            span: self.item_span(item),
                            node: Some(node),
                        },
                    ),
                );
            }
            Pat::Deep(inner) => {
                for part in self.direct_expressions(item) {
                    add(&mut envs, self.deep(inner, view::strip(tree, part), env));
                }
                return envs;
            }
            _ => {}
        }
        if let Some(declarator) = item.declarator {
            let is_initialised = tree.kind(declarator) == Kind::INIT_DECLARATOR;
            if is_initialised && self.options.vardef_assign {
                add(
                    &mut envs,
                    self.first_match(
                        || self.expr_root(pat, declarator, env),
                        || match self.child(declarator, Field::VALUE) {
                            Some(value) => self.deep(pat, view::strip(tree, value), env),
                            None => Envs::new(),
                        },
                    ),
                );
            }
            return envs;
        }
        match tree.kind(node) {
            Kind::EXPRESSION_STATEMENT => {
                if let Some(inner) = tree.children(node).next()
                    && !view::is_static_assert(tree, inner, self.file.text)
                {
                    add(&mut envs, self.implicit_deep(pat, inner, env));
                }
            }
            // In Rust a `let` is no assignment, as in Semgrep; what it computes counts.
            Kind::LET_DECLARATION => {
                if let Some(value) = self.child(node, Field::VALUE) {
                    add(&mut envs, self.deep(pat, value, env));
                }
            }
            Kind::RETURN_STATEMENT | Kind::RETURN_EXPRESSION => {
                if let Some(value) = tree.children(node).next() {
                    add(&mut envs, self.deep(pat, view::strip(tree, value), env));
                }
            }
            kind if self.file.language == Language::Rust && is_rust_expression(kind) => {
                add(&mut envs, self.implicit_deep(pat, node, env));
            }
            _ => {}
        }
        envs
    }

    /// `f();` also stands for `x = f();` and `g(f());`.
    fn implicit_deep(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let node = view::strip(tree, node);
        if !self.options.implicit_deep_exprstmt {
            return self.expr_root(pat, node, env);
        }
        self.first_match(
            || self.expr_root(pat, node, env),
            || self.implicit_parts(pat, node, env),
        )
    }

    /// The parts of an expression that stand for it in a statement pattern.
    fn implicit_parts(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let mut envs = Envs::new();
        match tree.kind(node) {
            Kind::ASSIGNMENT_EXPRESSION | Kind::COMPOUND_ASSIGNMENT_EXPR => {
                if let Some(right) = self.child(node, Field::RIGHT) {
                    add(&mut envs, self.implicit_deep(pat, right, env));
                }
            }
            Kind::CALL_EXPRESSION => {
                if let Some(call) = view::call(tree, node) {
                    for part in call.function.iter().chain(&call.arguments) {
                        add(&mut envs, self.implicit_deep(pat, *part, env));
                    }
                }
            }
            Kind::CAST_EXPRESSION
            | Kind::TYPE_CAST_EXPRESSION
            | Kind::FIELD_EXPRESSION
            | Kind::AWAIT_EXPRESSION
            | Kind::TRY_EXPRESSION
            | Kind::INITIALIZER_LIST
            | Kind::ARRAY_EXPRESSION
            | Kind::TUPLE_EXPRESSION => {
                for part in tree.children(node) {
                    if tree.field(part) != Field::TYPE && tree.field(part) != Field::FIELD {
                        add(&mut envs, self.implicit_deep(pat, part, env));
                    }
                }
            }
            _ => {}
        }
        envs
    }

    /// Expressions of a statement that belong to no nested statement.
    fn direct_expressions(&self, item: Item) -> Vec<NodeId> {
        let tree = &self.file.tree;
        if let Some(declarator) = item.declarator {
            return self.child(declarator, Field::VALUE).into_iter().collect();
        }
        let node = self.unwrapped(item.node);
        match tree.kind(node) {
            Kind::EXPRESSION_STATEMENT | Kind::RETURN_STATEMENT | Kind::RETURN_EXPRESSION => {
                tree.children(node).collect()
            }
            Kind::IF_STATEMENT
            | Kind::WHILE_STATEMENT
            | Kind::DO_STATEMENT
            | Kind::SWITCH_STATEMENT
            | Kind::IF_EXPRESSION
            | Kind::WHILE_EXPRESSION => self.child(node, Field::CONDITION).into_iter().collect(),
            Kind::FOR_STATEMENT => [Field::INITIALIZER, Field::CONDITION, Field::UPDATE]
                .into_iter()
                .filter_map(|field| self.child(node, field))
                .collect(),
            Kind::LET_DECLARATION => self.child(node, Field::VALUE).into_iter().collect(),
            kind if self.file.language == Language::Rust && is_rust_expression(kind) => vec![node],
            _ => Vec::new(),
        }
    }
}

/// Rust expressions that stand in a block without a semicolon.
pub(super) fn is_rust_expression(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::LET_DECLARATION
            | Kind::FUNCTION_ITEM
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
            | Kind::MACRO_DEFINITION
            | Kind::EXPRESSION_STATEMENT
    )
}
