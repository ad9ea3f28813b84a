//! Where in a file a pattern may match: candidates by name and by kind.

use super::env::{Env, Envs};
use super::evaluate::Found;
use super::matcher::Matcher;
use super::pattern::{Pat, Root};
use super::view::{self, Item};
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, NodeId};

impl Matcher<'_> {
    /// All matches, of `within` and what lies in it where given.
    pub(super) fn find_all(&self, root: &Root, within: Option<NodeId>) -> Vec<Found> {
        let empty = Env::default();
        let mut found = Vec::new();
        let inside =
            |node: NodeId| within.is_none_or(|outer| self.file.tree.is_within(node, outer));
        match root {
            Root::Expr(pat) => self.each_expression(pat, within, &mut |node| {
                if inside(node) {
                    self.push_expression(pat, node, &empty, &mut found);
                }
            }),
            Root::Stmt(pat) => self.each_statement(pat, &mut |item| {
                if inside(item.node) {
                    self.push_statement(pat, item, &empty, &mut found);
                }
            }),
            Root::Stmts(pats) => {
                for list in self.index.lists(self.file) {
                    for start in 0..list.items.len() {
                        let items = list.items.get(start..).unwrap_or_default();
                        if items.first().is_some_and(|item| inside(item.node)) {
                            self.push_statements(pats, items, &empty, &mut found);
                        }
                        if self.is_exhausted() {
                            return found;
                        }
                    }
                }
            }
        }
        found
    }

    /// Matches whose bytes hold `span`, starting from the bindings of `env`.
    pub(super) fn find_enclosing(&self, root: &Root, span: Span, env: &Env) -> Vec<Found> {
        let mut found = Vec::new();
        match root {
            Root::Expr(pat) => {
                for node in self.covering(span) {
                    if self.kind(node) != Kind::PARENTHESIZED_EXPRESSION
                        && is_expression(self.kind(node))
                    {
                        self.push_expression(pat, node, env, &mut found);
                    }
                    self.push_declared(pat, node, span, env, &mut found);
                }
            }
            Root::Stmt(pat) => {
                for node in self.covering(span) {
                    for item in self.items_of(node) {
                        self.push_statement(pat, item, env, &mut found);
                    }
                }
            }
            Root::Stmts(pats) => {
                // What encloses the span starts in a list that does.
                for node in self.covering(span) {
                    let Some(list) = self.index.list_at(self.file, node) else {
                        continue;
                    };
                    for (start, &item) in list.items.iter().enumerate() {
                        if self.file.tree.span(item.node).start > span.start {
                            break;
                        }
                        let items = list.items.get(start..).unwrap_or_default();
                        self.push_statements(pats, items, env, &mut found);
                    }
                }
            }
        }
        found.retain(|each| each.span.contains(span));
        found
    }

    /// Whether the pattern matches exactly the bytes of `span` under the bindings of `env`.
    pub(super) fn matches_exactly(&self, root: &Root, span: Span, env: &Env) -> bool {
        let mut found = Vec::new();
        match root {
            Root::Expr(pat) => {
                for node in self.covering(span) {
                    if self.file.tree.span(node) == span {
                        self.push_expression(pat, node, env, &mut found);
                    }
                    self.push_declared(pat, node, span, env, &mut found);
                }
            }
            Root::Stmt(pat) => {
                for node in self.covering(span) {
                    for item in self.items_of(node) {
                        if self.item_span(item) == span {
                            self.push_statement(pat, item, env, &mut found);
                        }
                    }
                }
            }
            Root::Stmts(pats) => {
                for node in self.covering(span) {
                    let Some(list) = self.index.list_at(self.file, node) else {
                        continue;
                    };
                    let starts = list
                        .items
                        .iter()
                        .position(|&item| self.item_span(item).start == span.start);
                    if let Some(start) = starts {
                        let items = list.items.get(start..).unwrap_or_default();
                        self.push_statements(pats, items, env, &mut found);
                    }
                }
            }
        }
        found.iter().any(|each| each.span == span)
    }

    fn push_expression(&self, pat: &Pat, node: NodeId, env: &Env, found: &mut Vec<Found>) {
        for env in self.expr_root(pat, node, env) {
            let span = match self.kind(node) {
                // `int x = f();` matched as an assignment is the declarator alone; the finding is
                // the declaration.
                Kind::INIT_DECLARATOR => match self.file.tree.parent(node) {
                    Some(declaration) => self.item_span(Item {
                        node: declaration,
                        declarator: Some(node),
                    }),
                    None => self.file.tree.span(node),
                },
                _ => self.file.tree.span(node),
            };
            found.push(Found {
                span,
                node: Some(node),
                env,
            });
        }
    }

    /// Matches of the initialised declarators of a declaration whose bytes are outside of them.
    fn push_declared(
        &self,
        pat: &Pat,
        node: NodeId,
        span: Span,
        env: &Env,
        found: &mut Vec<Found>,
    ) {
        if self.kind(node) != Kind::DECLARATION || !matches!(pat, Pat::Assign(..)) {
            return;
        }
        for item in self.items_of(node) {
            if let Some(declarator) = item.declarator
                && self.kind(declarator) == Kind::INIT_DECLARATOR
                && !self.file.tree.span(declarator).contains(span)
            {
                self.push_expression(pat, declarator, env, found);
            }
        }
    }

    fn push_statement(&self, pat: &Pat, item: Item, env: &Env, found: &mut Vec<Found>) {
        let span = self.item_span(item);
        for env in self.statement(pat, item, env) {
            found.push(Found {
                span,
                node: Some(item.node),
                env,
            });
        }
    }

    fn push_statements(&self, pats: &[Pat], items: &[Item], env: &Env, found: &mut Vec<Found>) {
        let Some(&first) = items.first() else { return };
        let mut fresh = env.clone();
        fresh.reached = 0;
        let envs: Envs = self.statements(pats, items, &fresh, true, true);
        let start = self.item_span(first).start;
        for mut env in envs {
            let end = env.reached.max(start);
            env.reached = 0;
            let each = Found {
                span: Span::new(start, end),
                node: None,
                env,
            };
            if !found.contains(&each) {
                found.push(each);
            }
        }
    }

    /// The statements that a node is: several for a declaration of several names.
    fn items_of(&self, node: NodeId) -> Vec<Item> {
        let tree = &self.file.tree;
        match tree.kind(node) {
            Kind::DECLARATION | Kind::FIELD_DECLARATION => {
                let items: Vec<Item> = tree
                    .children(node)
                    .filter(|&part| tree.field(part) == Field::DECLARATOR)
                    .map(|declarator| Item {
                        node,
                        declarator: Some(declarator),
                    })
                    .collect();
                if items.is_empty() {
                    vec![Item::whole(node)]
                } else {
                    items
                }
            }
            _ => vec![Item::whole(node)],
        }
    }

    /// Nodes whose bytes hold `span`, outermost first.
    fn covering(&self, span: Span) -> Vec<NodeId> {
        let tree = &self.file.tree;
        let mut found = vec![tree.root()];
        let mut node = tree.root();
        while let Some(child) = tree.children(node).find(|&child| {
            let inner = tree.span(child);
            inner.contains(span) && inner.end > inner.start
        }) {
            found.push(child);
            node = child;
        }
        found
    }

    /// Calls `visit` for every expression that the pattern may match.
    fn each_expression(&self, pat: &Pat, within: Option<NodeId>, visit: &mut dyn FnMut(NodeId)) {
        let mut of_kinds = |kinds: &[Kind]| {
            for &kind in kinds {
                for &node in self.index.of_kind(self.file, kind) {
                    visit(node);
                }
            }
        };
        match pat {
            Pat::Call(function, _) => match function.as_ref() {
                Pat::Name(name) if name == "sizeof" => of_kinds(&[Kind::SIZEOF_EXPRESSION]),
                _ => match anchor(function) {
                    Some(name) => {
                        self.each_named(name, &mut |node| {
                            if let Some(call) = self.call_of(node) {
                                visit(call);
                            }
                        });
                    }
                    None => of_kinds(&[Kind::CALL_EXPRESSION]),
                },
            },
            Pat::Assign(..) => of_kinds(&[Kind::ASSIGNMENT_EXPRESSION, Kind::INIT_DECLARATOR]),
            Pat::Binary(..) => of_kinds(&[Kind::BINARY_EXPRESSION]),
            Pat::Field(..) => of_kinds(&[Kind::FIELD_EXPRESSION]),
            Pat::Deref(_) => of_kinds(&[Kind::POINTER_EXPRESSION]),
            Pat::Macro(..) => of_kinds(&[Kind::MACRO_INVOCATION]),
            Pat::Path(_) => of_kinds(&[Kind::SCOPED_IDENTIFIER, Kind::SCOPED_TYPE_IDENTIFIER]),
            Pat::Number(..) => of_kinds(&[Kind::NUMBER_LITERAL, Kind::INTEGER_LITERAL]),
            Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => {
                of_kinds(&[Kind::STRING_LITERAL, Kind::RAW_STRING_LITERAL]);
            }
            Pat::Leaf(kind, _) | Pat::Node(kind, _) if kind.0 < 320 => of_kinds(&[*kind]),
            Pat::Name(name) => self.each_named(name, &mut |node| {
                if self.is_used_as_expression(node) {
                    visit(node);
                }
            }),
            _ => {
                let tree = &self.file.tree;
                let outer = within.unwrap_or(tree.root());
                for node in tree.subtree(outer) {
                    let kind = tree.kind(node);
                    if is_expression(kind) && kind != Kind::PARENTHESIZED_EXPRESSION {
                        visit(node);
                    }
                }
            }
        }
    }

    /// Calls `visit` for every place where the name stands.
    fn each_named(&self, name: &str, visit: &mut dyn FnMut(NodeId)) {
        match self.names.get(name.as_bytes()) {
            Some(id) => self.index.named(id).iter().copied().for_each(visit),
            // Names the grammar has kinds of its own for (`NULL`, `self`).
            None => {
                let tree = &self.file.tree;
                for node in tree.subtree(tree.root()) {
                    if view::is_name(tree.kind(node)) && self.text(node) == name.as_bytes() {
                        visit(node);
                    }
                }
            }
        }
    }

    /// The call whose function (or method, or last path segment) the name is.
    fn call_of(&self, mut node: NodeId) -> Option<NodeId> {
        let tree = &self.file.tree;
        for _ in 0..8 {
            let parent = tree.parent(node)?;
            match tree.kind(parent) {
                Kind::CALL_EXPRESSION => {
                    return (tree.field(node) == Field::FUNCTION).then_some(parent);
                }
                Kind::PARENTHESIZED_EXPRESSION
                | Kind::SCOPED_IDENTIFIER
                | Kind::FIELD_EXPRESSION
                | Kind::GENERIC_FUNCTION
                | Kind::CAST_EXPRESSION
                | Kind::POINTER_EXPRESSION => node = parent,
                _ => return None,
            }
        }
        None
    }

    /// Whether the leaf is an expression, not a name that something is declared by.
    fn is_used_as_expression(&self, node: NodeId) -> bool {
        let tree = &self.file.tree;
        if self.file.language == Language::Rust {
            return true;
        }
        if !matches!(
            tree.kind(node),
            Kind::IDENTIFIER | Kind::NULL | Kind::TRUE | Kind::FALSE
        ) {
            return false;
        }
        let Some(parent) = tree.parent(node) else {
            return false;
        };
        let declares = matches!(
            tree.kind(parent),
            Kind::POINTER_DECLARATOR
                | Kind::ARRAY_DECLARATOR
                | Kind::FUNCTION_DECLARATOR
                | Kind::INIT_DECLARATOR
                | Kind::PARENTHESIZED_DECLARATOR
                | Kind::DECLARATION
                | Kind::PARAMETER_DECLARATION
                | Kind::ENUMERATOR
                | Kind::PREPROC_DEF
                | Kind::PREPROC_FUNCTION_DEF
                | Kind::PREPROC_PARAMS
                | Kind::PREPROC_IFDEF
                | Kind::PREPROC_DEFINED
        );
        !declares || tree.field(node) == Field::VALUE || tree.field(node) == Field::SIZE
    }

    /// Calls `visit` for every statement that the pattern may match.
    fn each_statement(&self, pat: &Pat, visit: &mut dyn FnMut(Item)) {
        let kinds: &[Kind] = match pat {
            Pat::If(..) => &[Kind::IF_STATEMENT, Kind::IF_EXPRESSION],
            Pat::Return(_) => &[Kind::RETURN_STATEMENT, Kind::RETURN_EXPRESSION],
            Pat::Switch(..) => &[Kind::SWITCH_STATEMENT],
            Pat::For(..) => &[Kind::FOR_STATEMENT],
            Pat::Var(_) => &[Kind::DECLARATION, Kind::FIELD_DECLARATION],
            Pat::Function(_) => &[Kind::FUNCTION_DEFINITION, Kind::FUNCTION_ITEM],
            Pat::Let(_) => &[Kind::LET_DECLARATION],
            Pat::Block(_) => &[Kind::COMPOUND_STATEMENT, Kind::BLOCK],
            Pat::ExprStmt(_) if self.file.language == Language::C => &[
                Kind::EXPRESSION_STATEMENT,
                Kind::DECLARATION,
                Kind::RETURN_STATEMENT,
            ],
            Pat::Node(kind, _) | Pat::Leaf(kind, _) => std::slice::from_ref(kind),
            _ => {
                for list in self.index.lists(self.file) {
                    for &item in &list.items {
                        visit(item);
                    }
                }
                return;
            }
        };
        let tree = &self.file.tree;
        for &kind in kinds {
            for &node in self.index.of_kind(self.file, kind) {
                let in_for = tree
                    .parent(node)
                    .is_some_and(|parent| tree.kind(parent) == Kind::FOR_STATEMENT)
                    && tree.field(node) == Field::INITIALIZER;
                if in_for && kind == Kind::DECLARATION {
                    continue;
                }
                for item in self.items_of(node) {
                    visit(item);
                }
            }
        }
    }
}

/// The name that the called function of every match ends with.
fn anchor(function: &Pat) -> Option<&str> {
    match function {
        Pat::Name(name) => Some(name),
        Pat::Field(_, field) => anchor(field),
        Pat::Path(segments) => match segments.last() {
            // Through an import the last segment may be another name's; then there is no anchor.
            Some(Pat::Name(name)) if segments.len() > 1 => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// Nodes that an expression pattern may stand for.
pub(super) fn is_expression(kind: Kind) -> bool {
    view::is_name(kind)
        || matches!(
            kind,
            Kind::CALL_EXPRESSION
                | Kind::ASSIGNMENT_EXPRESSION
                | Kind::COMPOUND_ASSIGNMENT_EXPR
                | Kind::BINARY_EXPRESSION
                | Kind::UNARY_EXPRESSION
                | Kind::UPDATE_EXPRESSION
                | Kind::POINTER_EXPRESSION
                | Kind::REFERENCE_EXPRESSION
                | Kind::FIELD_EXPRESSION
                | Kind::SUBSCRIPT_EXPRESSION
                | Kind::INDEX_EXPRESSION
                | Kind::CAST_EXPRESSION
                | Kind::TYPE_CAST_EXPRESSION
                | Kind::SIZEOF_EXPRESSION
                | Kind::CONDITIONAL_EXPRESSION
                | Kind::COMMA_EXPRESSION
                | Kind::COMPOUND_LITERAL_EXPRESSION
                | Kind::INITIALIZER_LIST
                | Kind::NUMBER_LITERAL
                | Kind::INTEGER_LITERAL
                | Kind::FLOAT_LITERAL
                | Kind::STRING_LITERAL
                | Kind::RAW_STRING_LITERAL
                | Kind::CONCATENATED_STRING
                | Kind::CHAR_LITERAL
                | Kind::MACRO_INVOCATION
                | Kind::STRUCT_EXPRESSION
                | Kind::TUPLE_EXPRESSION
                | Kind::ARRAY_EXPRESSION
                | Kind::RANGE_EXPRESSION
                | Kind::TRY_EXPRESSION
                | Kind::AWAIT_EXPRESSION
                | Kind::CLOSURE_EXPRESSION
                | Kind::MATCH_EXPRESSION
                | Kind::SCOPED_IDENTIFIER
                | Kind::GENERIC_FUNCTION
                | Kind::INIT_DECLARATOR
                | Kind::IF_EXPRESSION
                | Kind::UNSAFE_BLOCK
                | Kind::BLOCK
                | Kind::LET_DECLARATION
                | Kind::PARENTHESIZED_EXPRESSION
        )
}
