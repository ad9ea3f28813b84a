//! Where in a file a pattern may match: candidates by name and by kind.

use smallvec::SmallVec;

use super::env::{Env, Envs};
use super::evaluate::Found;
use super::matcher::Matcher;
use super::needs::Need;
use super::occurrences::Mentions;
use super::pattern::{Pat, Root};
use super::statements::COMPARED_PER_STEP;
use super::view::{self, Item};
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, NodeId};

impl Matcher<'_> {
    /// All matches, of `within` and what lies in it where given.
    pub(super) fn find_all(&self, root: &Root, need: &Need, within: Option<NodeId>) -> Vec<Found> {
        let empty = Env::default();
        let mut found = Vec::new();
        let range = match within {
            Some(outer) => (outer, self.file.tree.end(outer)),
            None => (NodeId(0), NodeId(u32::MAX)),
        };
        match root {
            Root::Expr(pat) => self.each_expression(pat, need, range, &mut |node| {
                self.push_expression(pat, node, &empty, &mut found);
            }),
            Root::Stmt(pat) => self.each_statement(pat, need, range, &mut |item| {
                self.push_statement(pat, item, &empty, &mut found);
            }),
            Root::Stmts(pats) => {
                for list in self.index.lists(self.file) {
                    if !self.holds(need, list.node) {
                        continue;
                    }
                    let items = list.items(self.file);
                    for (start, item) in items.iter().enumerate() {
                        if range.0 <= item.node && item.node < range.1 {
                            let items = items.get(start..).unwrap_or_default();
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
    pub(super) fn find_enclosing(
        &self,
        root: &Root,
        need: &Need,
        span: Span,
        env: &Env,
    ) -> Vec<Found> {
        let mut found = Vec::new();
        let mentions = self.mentions_of(root, env);
        match root {
            Root::Expr(pat) => {
                for node in self.file.tree.covering(span) {
                    if !self.node_holds(node, &mentions) {
                        continue;
                    }
                    if self.kind(node) != Kind::PARENTHESIZED_EXPRESSION
                        && is_expression(self.kind(node))
                    {
                        self.push_expression(pat, node, env, &mut found);
                    }
                    self.push_declared(pat, node, span, env, &mut found);
                }
            }
            Root::Stmt(pat) => {
                for node in self.file.tree.covering(span) {
                    if self.is_ruled_out(pat, self.kind(node))
                        || !self.holds(need, node)
                        || !self.node_holds(node, &mentions)
                    {
                        continue;
                    }
                    for item in self.items_of(node) {
                        self.push_statement(pat, item, env, &mut found);
                    }
                }
            }
            Root::Stmts(pats) => {
                let first = match pats.first() {
                    None | Some(Pat::Dots | Pat::MetaDots(_)) => Mentions::default(),
                    Some(pat) => self.mentions(pat, env),
                };
                // What encloses the span starts in a list that does.
                for node in self.file.tree.covering(span) {
                    let Some(items) = self.index.items_at(self.file, node) else {
                        continue;
                    };
                    if !self.holds(need, node) || !self.node_holds(node, &mentions) {
                        continue;
                    }
                    for (start, &item) in items.iter().enumerate() {
                        if self.file.tree.span(item.node).start > span.start {
                            break;
                        }
                        if !self.item_holds(item, &first) {
                            continue;
                        }
                        let items = items.get(start..).unwrap_or_default();
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
                for node in self.file.tree.covering(span) {
                    if self.file.tree.span(node) == span {
                        self.push_expression(pat, node, env, &mut found);
                    }
                    self.push_declared(pat, node, span, env, &mut found);
                }
            }
            Root::Stmt(pat) => {
                for node in self.file.tree.covering(span) {
                    for item in self.items_of(node) {
                        if self.item_span(item) == span {
                            self.push_statement(pat, item, env, &mut found);
                        }
                    }
                }
            }
            Root::Stmts(pats) => {
                for node in self.file.tree.covering(span) {
                    let Some(items) = self.index.items_at(self.file, node) else {
                        continue;
                    };
                    let starts = items
                        .iter()
                        .position(|&item| self.item_span(item).start == span.start);
                    if let Some(start) = starts {
                        let items = items.get(start..).unwrap_or_default();
                        self.push_statements(pats, items, env, &mut found);
                    }
                }
            }
        }
        found.iter().any(|each| each.span == span)
    }

    fn push_expression(&self, pat: &Pat, node: NodeId, env: &Env, found: &mut Vec<Found>) {
        if !self.is_exhaustive && !self.fits_here(pat, node) {
            return;
        }
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
        if !self.fits_statement(pat, item) {
            return;
        }
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
        if let Some(pat) = pats.first()
            && !matches!(pat, Pat::Dots | Pat::MetaDots(_))
            && !self.fits_statement(pat, first)
        {
            return;
        }
        self.note_span(pats, first, env);
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
            self.spend(found.len() / COMPARED_PER_STEP);
            if !found.contains(&each) {
                found.push(each);
            }
        }
    }

    /// Notes a match that begins at file level and goes on, where bodies of functions were left out.
    fn note_span(&self, pats: &[Pat], first: Item, env: &Env) {
        let file = self.file;
        if file.left_out.is_empty() || self.spans_functions.get() {
            return;
        }
        let Some((begin, rest)) = pats.split_first() else {
            return;
        };
        // A scope of a declaration, `int x; ...`, holds the rest of the file whatever it is.
        let goes_on = rest.iter().any(|pat| *pat != Pat::Dots);
        let span = file.tree.span(first.node);
        let around = file.function_at(span.start);
        if goes_on && around.is_none_or(|function| function.node == first.node) {
            let is_begun = matches!(begin, Pat::Dots | Pat::MetaDots(_))
                || !self.statement(begin, first, env).is_empty();
            self.spans_functions.set(is_begun);
        }
    }

    /// The statements that a node is: several for a declaration of several names.
    fn items_of(&self, node: NodeId) -> SmallVec<[Item; 2]> {
        let tree = &self.file.tree;
        let mut items = SmallVec::new();
        if matches!(tree.kind(node), Kind::DECLARATION | Kind::FIELD_DECLARATION) {
            items.extend(
                tree.children(node)
                    .filter(|&part| tree.field(part) == Field::DECLARATOR)
                    .map(|declarator| Item {
                        node,
                        declarator: Some(declarator),
                    }),
            );
        }
        if items.is_empty() {
            items.push(Item::whole(node));
        }
        items
    }

    /// Calls `visit` for every expression of the range that the pattern may match.
    fn each_expression(
        &self,
        pat: &Pat,
        need: &Need,
        range: (NodeId, NodeId),
        visit: &mut dyn FnMut(NodeId),
    ) {
        let kinds: &[Kind] = match pat {
            Pat::Call(function, _) => match function.as_ref() {
                Pat::Name(name) if name == "sizeof" => &[Kind::SIZEOF_EXPRESSION],
                _ => &[Kind::CALL_EXPRESSION],
            },
            Pat::Assign(..) => &[Kind::ASSIGNMENT_EXPRESSION, Kind::INIT_DECLARATOR],
            Pat::Binary(..) => &[Kind::BINARY_EXPRESSION],
            Pat::Field(..) => &[Kind::FIELD_EXPRESSION],
            Pat::Deref(_) => &[Kind::POINTER_EXPRESSION],
            Pat::Macro(..) => &[Kind::MACRO_INVOCATION],
            Pat::Path(_) => &[Kind::SCOPED_IDENTIFIER, Kind::SCOPED_TYPE_IDENTIFIER],
            Pat::Number(..) => &[Kind::NUMBER_LITERAL, Kind::INTEGER_LITERAL],
            Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => {
                &[Kind::STRING_LITERAL, Kind::RAW_STRING_LITERAL]
            }
            Pat::Leaf(kind, _) | Pat::Node(kind, _) if kind.0 < 320 => std::slice::from_ref(kind),
            Pat::Name(name) => {
                self.each_named(name, range, &mut |node| {
                    if self.is_used_as_expression(node) {
                        visit(node);
                    }
                });
                return;
            }
            _ => {
                let tree = &self.file.tree;
                let (first, end) = (range.0, range.1.min(tree.end(tree.root())));
                for node in (first.0..end.0).map(NodeId) {
                    let kind = tree.kind(node);
                    if is_expression(kind) && kind != Kind::PARENTHESIZED_EXPRESSION {
                        visit(node);
                    }
                }
                return;
            }
        };
        self.each_of_kinds(kinds, need, range, visit);
    }

    /// Calls `visit` for the nodes of these kinds in the range that may hold what `need` asks for:
    /// all of them, or those around the rarest feature where that is less work.
    fn each_of_kinds(
        &self,
        kinds: &[Kind],
        need: &Need,
        (first, end): (NodeId, NodeId),
        visit: &mut dyn FnMut(NodeId),
    ) {
        let part = |nodes: &'_ [NodeId]| {
            let start = nodes.partition_point(|&node| node < first);
            let stop = nodes.partition_point(|&node| node < end);
            (start, stop)
        };
        let total: usize = kinds
            .iter()
            .map(|&kind| {
                let (start, stop) = part(self.index.of_kind(kind));
                stop - start
            })
            .sum();
        let rarest = need
            .inside()
            .iter()
            .map(|&feature| {
                let nodes = self.index.nodes(feature);
                let (start, stop) = part(nodes);
                nodes.get(start..stop).unwrap_or_default()
            })
            .min_by_key(|nodes| nodes.len());
        match rarest {
            Some(seeds) if seeds.len().saturating_mul(3) < total => {
                let tree = &self.file.tree;
                let mut around: Vec<NodeId> = Vec::with_capacity(seeds.len() * 2);
                for &seed in seeds {
                    let mut node = Some(seed);
                    while let Some(each) = node {
                        if each < first {
                            break;
                        }
                        if kinds.contains(&tree.kind(each)) {
                            around.push(each);
                        }
                        node = tree.parent(each);
                    }
                }
                around.sort_unstable();
                around.dedup();
                around.into_iter().for_each(visit);
            }
            _ => {
                for &kind in kinds {
                    let nodes = self.index.of_kind(kind);
                    let (start, stop) = part(nodes);
                    for &node in nodes.get(start..stop).unwrap_or_default() {
                        visit(node);
                    }
                }
            }
        }
    }

    /// Calls `visit` for every place of the range where the name stands.
    fn each_named(
        &self,
        name: &str,
        (first, end): (NodeId, NodeId),
        visit: &mut dyn FnMut(NodeId),
    ) {
        // A name that is in no table stands in no pattern of the engine.
        let Some(id) = self.names.get(name.as_bytes()) else {
            return;
        };
        for &node in self.index.nodes(id) {
            if first <= node && node < end {
                visit(node);
            }
        }
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

    /// Calls `visit` for every statement of the range that the pattern may match.
    fn each_statement(
        &self,
        pat: &Pat,
        need: &Need,
        range: (NodeId, NodeId),
        visit: &mut dyn FnMut(Item),
    ) {
        let kinds: &[Kind] = match pat {
            Pat::If(..) => &[Kind::IF_STATEMENT, Kind::IF_EXPRESSION],
            Pat::Return(_) => &[Kind::RETURN_STATEMENT, Kind::RETURN_EXPRESSION],
            Pat::Switch(..) => &[Kind::SWITCH_STATEMENT],
            Pat::For(..) => &[Kind::FOR_STATEMENT],
            Pat::Var(_) => &[Kind::DECLARATION, Kind::FIELD_DECLARATION],
            Pat::Function(_) => &[Kind::FUNCTION_DEFINITION, Kind::FUNCTION_ITEM],
            Pat::Let(_) => &[Kind::LET_DECLARATION],
            Pat::Block(_) => &[Kind::COMPOUND_STATEMENT, Kind::BLOCK],
            Pat::ExprStmt(inner)
                if self.file.language == Language::C
                    && !matches!(**inner, Pat::Any | Pat::Meta(_) | Pat::Deep(_)) =>
            {
                &[
                    Kind::EXPRESSION_STATEMENT,
                    Kind::DECLARATION,
                    Kind::RETURN_STATEMENT,
                ]
            }
            Pat::Node(kind, _) | Pat::Leaf(kind, _) => std::slice::from_ref(kind),
            _ => {
                for list in self.index.lists(self.file) {
                    for &item in list.items(self.file) {
                        if range.0 <= item.node && item.node < range.1 {
                            visit(item);
                        }
                    }
                }
                return;
            }
        };
        let tree = &self.file.tree;
        self.each_of_kinds(kinds, need, range, &mut |node| {
            let in_for = tree.kind(node) == Kind::DECLARATION
                && tree.field(node) == Field::INITIALIZER
                && tree
                    .parent(node)
                    .is_some_and(|parent| tree.kind(parent) == Kind::FOR_STATEMENT);
            if !in_for {
                for item in self.items_of(node) {
                    visit(item);
                }
            }
        });
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
                | Kind::RETURN_EXPRESSION
                | Kind::BREAK_EXPRESSION
                | Kind::CONTINUE_EXPRESSION
                | Kind::UNSAFE_BLOCK
                | Kind::BLOCK
                | Kind::LET_DECLARATION
                | Kind::PARENTHESIZED_EXPRESSION
        )
}
