//! Patterns against nodes: expressions, types and everything that is no statement.
//!
//! Follows Semgrep's matching: every function returns all ways in which the pattern matches.

use std::cell::RefCell;

use smallvec::SmallVec;

use super::env::{Bound, Env, Envs, add, one};
use super::index::{FileIndex, NameTable};
use super::needs::Need;
use super::pattern::{MetaId, Pat};
use super::regex::Regex;
use super::view;
use crate::finding::Span;
use crate::syntax::{Field, Kind, Language, NodeId, SourceFile};

/// Semgrep's `options` that change what matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Options {
    /// `&&`, `||` and the bit operators match regardless of how they are grouped.
    pub ac_matching: bool,
    /// `&&` and `||` match in any order.
    pub commutative_boolop: bool,
    /// `==` and `!=` match in any order.
    pub symmetric_eq: bool,
    /// Assignments match declarations with an initial value.
    pub vardef_assign: bool,
    /// `...` between statements reaches into nested blocks.
    pub go_deeper_stmt: bool,
    /// `<... e ...>` reaches into sub-expressions.
    pub go_deeper_expr: bool,
    /// `f();` also matches `x = f();`.
    pub implicit_deep_exprstmt: bool,
    /// A variable that only ever holds one literal matches as that literal.
    pub constant_propagation: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ac_matching: true,
            commutative_boolop: false,
            symmetric_eq: false,
            vardef_assign: true,
            go_deeper_stmt: true,
            go_deeper_expr: true,
            implicit_deep_exprstmt: true,
            constant_propagation: true,
        }
    }
}

/// Deepest nesting of patterns and nodes that is followed; the tree itself is cut at 2,000.
const MAX_DEPTH: u32 = 400;

/// Matches the patterns of one rule in one file.
pub(super) struct Matcher<'m> {
    pub(super) file: &'m SourceFile<'m>,
    pub(super) index: &'m FileIndex,
    pub(super) names: &'m NameTable,
    pub(super) options: Options,
    /// Whether nothing is ruled out before it is tried.
    pub(super) is_exhaustive: bool,
    /// What the rule asks of metavariables; a binding that fails is not followed.
    pub(super) filters: RefCell<Vec<(MetaId, &'m Regex)>>,
    /// Steps left; counted, so that the same input gives the same result.
    pub(super) budget: std::cell::Cell<u64>,
    pub(super) depth: std::cell::Cell<u32>,
    /// Whether a match of several statements began at file level of a file with bodies left out.
    pub(super) spans_functions: std::cell::Cell<bool>,
}

/// Ways to match one list that are followed; more make the file a gap.
const MOST_WAYS: usize = 20_000;

/// Steps one pattern may take in one file before it is given up.
pub(super) const STEP_LIMIT: u64 = 20_000_000;

impl<'m> Matcher<'m> {
    pub(super) fn new(
        file: &'m SourceFile<'m>,
        index: &'m FileIndex,
        names: &'m NameTable,
        options: Options,
    ) -> Self {
        Self {
            file,
            index,
            names,
            options,
            is_exhaustive: false,
            filters: RefCell::default(),
            budget: std::cell::Cell::new(STEP_LIMIT),
            depth: std::cell::Cell::new(0),
            spans_functions: std::cell::Cell::new(false),
        }
    }

    /// Whether the file holds what `need` asks of it, and the subtree what lies in the match.
    pub(super) fn holds(&self, need: &Need, outer: NodeId) -> bool {
        let end = self.file.tree.end(outer);
        let inside = need.inside();
        let rest = need.in_file.get(inside.len()..).unwrap_or_default();
        inside
            .iter()
            .all(|&id| self.index.has_within(id, outer, end))
            && rest.iter().all(|&id| self.index.has(id))
    }

    /// Whether the step limit was reached: matches may be missing.
    pub(super) fn is_exhausted(&self) -> bool {
        self.budget.get() == 0
    }

    /// Counts one step; `false` once there are none left.
    pub(super) fn step(&self) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(1));
        left > 0
    }

    /// Counts several steps.
    pub(super) fn spend(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.budget.set(self.budget.get().saturating_sub(steps));
    }

    /// Whether there are more ways to match than are followed. The rule then counts as cut.
    pub(super) fn is_too_many(&self, envs: &Envs) -> bool {
        let is = envs.len() > MOST_WAYS;
        if is {
            self.budget.set(0);
        }
        is
    }

    /// Runs `inner` one level deeper, unless a limit is reached.
    fn deeper(&self, inner: impl FnOnce() -> Envs) -> Envs {
        let depth = self.depth.get();
        let left = self.budget.get();
        if left == 0 {
            return Envs::new();
        }
        if depth >= MAX_DEPTH {
            self.budget.set(0);
            return Envs::new();
        }
        self.budget.set(left - 1);
        self.depth.set(depth + 1);
        let envs = inner();
        self.depth.set(depth);
        envs
    }

    pub(super) fn kind(&self, node: NodeId) -> Kind {
        self.file.tree.kind(node)
    }

    pub(super) fn text(&self, node: NodeId) -> &'m [u8] {
        self.file.tree.text(node, self.file.text)
    }

    pub(super) fn child(&self, node: NodeId, field: Field) -> Option<NodeId> {
        self.file.tree.child(node, field)
    }

    pub(super) fn bound(&self, node: NodeId) -> Bound {
        Bound {
            span: self.file.tree.span(node),
            node: Some(node),
        }
    }

    /// A pattern against an expression that is nested in what the whole pattern matches.
    pub(super) fn expr(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let node = view::strip(&self.file.tree, node);
        match pat {
            Pat::Dots | Pat::Any => return one(env.clone()),
            Pat::Name(text)
                if self.file.tree.is_leaf(node)
                    && view::is_name(self.kind(node))
                    && self.text(node) == text.as_bytes() =>
            {
                return one(env.clone());
            }
            _ => {}
        }
        // A cast is looked through, unless it is the root.
        if matches!(
            self.kind(node),
            Kind::CAST_EXPRESSION | Kind::TYPE_CAST_EXPRESSION
        ) && let Some(value) = self.child(node, Field::VALUE)
        {
            let mut envs = self.expr(pat, value, env);
            add(&mut envs, self.expr_root(pat, node, env));
            return envs;
        }
        self.expr_root(pat, node, env)
    }

    /// A pattern against exactly this expression.
    pub(super) fn expr_root(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let node = view::strip(&self.file.tree, node);
        if self.has_other_kind(pat, node) {
            // A literal also matches a name that stands for it.
            return match pat {
                Pat::Number(..) | Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => {
                    match self.constant(node) {
                        Some(literal) => self.expr_root(pat, literal, env),
                        None => Envs::new(),
                    }
                }
                Pat::Name(name) if matches!(name.as_str(), "NULL" | "true" | "false") => {
                    match self.constant(node) {
                        Some(literal) => self.expr_root(pat, literal, env),
                        None => Envs::new(),
                    }
                }
                _ => Envs::new(),
            };
        }
        self.deeper(|| self.expr_inner(pat, node, env))
    }

    /// Whether the node is of a kind that the pattern never matches: most pairs of pattern and node
    /// end here, before anything is copied.
    pub(super) fn has_other_kind(&self, pat: &Pat, node: NodeId) -> bool {
        let kind = self.kind(node);
        match pat {
            Pat::Call(..) => !matches!(kind, Kind::CALL_EXPRESSION | Kind::SIZEOF_EXPRESSION),
            Pat::Assign(..) => !matches!(kind, Kind::ASSIGNMENT_EXPRESSION | Kind::INIT_DECLARATOR),
            Pat::Binary(..) => kind != Kind::BINARY_EXPRESSION,
            Pat::Field(..) => kind != Kind::FIELD_EXPRESSION,
            Pat::Deref(_) => kind != Kind::POINTER_EXPRESSION,
            Pat::Number(..) => !matches!(kind, Kind::NUMBER_LITERAL | Kind::INTEGER_LITERAL),
            Pat::AnyString | Pat::MetaString(_) | Pat::Str(_) => !matches!(
                kind,
                Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL | Kind::CONCATENATED_STRING
            ),
            Pat::Macro(..) => kind != Kind::MACRO_INVOCATION,
            Pat::Group(_) => kind != Kind::TOKEN_TREE,
            Pat::Leaf(wanted, _) | Pat::Node(wanted, _) if self.file.language == Language::C => {
                kind != *wanted
            }
            Pat::Name(text) => {
                self.file.tree.is_leaf(node)
                    && !(view::is_name(kind) && self.text(node) == text.as_bytes())
            }
            _ => false,
        }
    }

    fn expr_inner(&self, pat: &Pat, node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        let kind = tree.kind(node);
        let none = Envs::new;
        match pat {
            Pat::Dots | Pat::Any => one(env.clone()),
            Pat::Meta(id) | Pat::MetaDots(id) => self.bind(env, *id, self.bound(node)),
            Pat::Deep(inner) => self.deep(inner, node, env),
            Pat::Typed(id, of_type) => self.typed(*id, of_type, node, env),
            Pat::Name(text) => {
                if tree.is_leaf(node) {
                    if view::is_name(kind) && self.text(node) == text.as_bytes() {
                        return one(env.clone());
                    }
                } else if kind == Kind::SCOPED_IDENTIFIER || kind == Kind::SCOPED_TYPE_IDENTIFIER {
                    return none();
                } else if self.file.language == Language::C
                    && !matches!(kind, Kind::STRING_LITERAL | Kind::CHAR_LITERAL)
                    && self.text(node) == text.as_bytes()
                {
                    return one(env.clone());
                }
                none()
            }
            Pat::Leaf(wanted, text) => {
                if kind == *wanted && self.text(node) == text.as_bytes() {
                    one(env.clone())
                } else {
                    none()
                }
            }
            Pat::Number(value, text) => {
                let is_number = matches!(kind, Kind::NUMBER_LITERAL | Kind::INTEGER_LITERAL);
                let same = is_number
                    && (self.text(node) == text.as_bytes()
                        || (value.is_some() && view::number(self.text(node)) == *value));
                if same { one(env.clone()) } else { none() }
            }
            Pat::AnyString => {
                if self.is_string(node) {
                    one(env.clone())
                } else {
                    none()
                }
            }
            Pat::MetaString(id) => match view::string_content(tree, node, self.file.text) {
                Some(span) => self.bind(env, *id, Bound { span, node: None }),
                None => none(),
            },
            Pat::Str(content) => match view::string_content(tree, node, self.file.text) {
                Some(span) if span.of(self.file.text) == content.as_bytes() => one(env.clone()),
                _ => none(),
            },
            Pat::Call(function, arguments) => self.call(function, arguments, node, env),
            Pat::Assign(left, right) => {
                let declares = kind == Kind::INIT_DECLARATOR;
                if declares && !self.options.vardef_assign {
                    return none();
                }
                match view::assignment(tree, node, self.file.text) {
                    Some((a, b)) => self.both((left, a), (right, b), env),
                    None => none(),
                }
            }
            Pat::Binary(operator, left, right) => {
                self.binary(pat, operator, left, right, node, env)
            }
            Pat::Field(object, field) => self.field(object, field, node, env),
            Pat::Deref(inner) => match self.dereferenced(node) {
                Some(argument) => self.expr(inner, argument, env),
                None => none(),
            },
            Pat::Macro(name, tokens) => self.macro_call(name, tokens, node, env),
            Pat::Group(tokens) => {
                if kind != Kind::TOKEN_TREE {
                    return none();
                }
                let nodes = self.group_tokens(node);
                self.token_list(tokens, &nodes, env)
            }
            Pat::Path(segments) => self.path(segments, node, env),
            Pat::Node(wanted, parts) => {
                if kind != *wanted {
                    return none();
                }
                let nodes = self.essential_children(node, parts);
                self.list(parts, &nodes, env)
            }
            Pat::Param(of_type, name) => {
                self.parameter(of_type.as_deref(), name.as_deref(), node, env)
            }
            _ => self.statement_node(pat, node, env),
        }
    }

    pub(super) fn both(&self, a: (&Pat, NodeId), b: (&Pat, NodeId), env: &Env) -> Envs {
        let mut envs = Envs::new();
        for first in self.expr(a.0, a.1, env) {
            add(&mut envs, self.expr(b.0, b.1, &first));
        }
        envs
    }

    pub(super) fn is_string(&self, node: NodeId) -> bool {
        match self.kind(node) {
            Kind::STRING_LITERAL | Kind::RAW_STRING_LITERAL => true,
            // `"a" PRIu32 "b"` is one to Semgrep; with several macros between it is none.
            Kind::CONCATENATED_STRING => {
                let parts = self.file.tree.children(node);
                parts
                    .filter(|&part| self.kind(part) != Kind::STRING_LITERAL)
                    .count()
                    < 2
            }
            _ => false,
        }
    }

    /// `*e` and, through `Pat::Field`, the object of `e->f`.
    pub(super) fn dereferenced(&self, node: NodeId) -> Option<NodeId> {
        match self.kind(node) {
            Kind::POINTER_EXPRESSION => {
                let operator = self.child(node, Field::OPERATOR)?;
                (self.text(operator) == b"*")
                    .then(|| self.child(node, Field::ARGUMENT))
                    .flatten()
            }
            _ => None,
        }
    }

    fn field(&self, object: &Pat, field: &Pat, node: NodeId, env: &Env) -> Envs {
        if self.kind(node) != Kind::FIELD_EXPRESSION {
            return Envs::new();
        }
        let target = self
            .child(node, Field::ARGUMENT)
            .or(self.child(node, Field::VALUE));
        let (Some(target), Some(name)) = (target, self.child(node, Field::FIELD)) else {
            return Envs::new();
        };
        let arrow = self
            .child(node, Field::OPERATOR)
            .is_some_and(|op| self.text(op) == b"->");
        let objects = match object {
            // `a(). ... .f`: anything may be called or read in between.
            Pat::Field(first, between) if **between == Pat::Dots => {
                let mut objects = Envs::new();
                let mut receiver = Some(target);
                while let Some(each) = receiver {
                    add(&mut objects, self.expr(first, each, env));
                    receiver = self.receiver(each);
                }
                objects
            }
            Pat::Deref(inner) if arrow => self.expr(inner, target, env),
            // `$X.f` matches `p->f`: the object is then `*p`, which has no node of its own.
            Pat::Any | Pat::Dots if arrow => one(env.clone()),
            Pat::Meta(id) if arrow => self.bind(env, *id, self.bound(target)),
            _ if arrow => Envs::new(),
            _ => self.expr(object, target, env),
        };
        let mut envs = Envs::new();
        for found in objects {
            add(&mut envs, self.expr(field, name, &found));
        }
        envs
    }

    /// `a` of `a.f` and of `a.f(...)`.
    fn receiver(&self, node: NodeId) -> Option<NodeId> {
        match self.kind(node) {
            Kind::CALL_EXPRESSION => self.child(node, Field::FUNCTION),
            Kind::FIELD_EXPRESSION => self
                .child(node, Field::ARGUMENT)
                .or(self.child(node, Field::VALUE)),
            Kind::TRY_EXPRESSION | Kind::AWAIT_EXPRESSION | Kind::PARENTHESIZED_EXPRESSION => {
                self.file.tree.children(node).next()
            }
            _ => None,
        }
    }

    fn call(&self, function: &Pat, arguments: &[Pat], node: NodeId, env: &Env) -> Envs {
        let Some(view) = view::call(&self.file.tree, node) else {
            return Envs::new();
        };
        if view::is_static_assert(&self.file.tree, node, self.file.text) || self.is_qualified(node)
        {
            return Envs::new();
        }
        let functions = match view.function {
            Some(called) => self.expr(function, called, env),
            None => match function {
                Pat::Name(name) if name == "sizeof" => one(env.clone()),
                Pat::Any => one(env.clone()),
                _ => Envs::new(),
            },
        };
        let mut envs = Envs::new();
        for found in functions {
            add(&mut envs, self.list(arguments, &view.arguments, &found));
        }
        envs
    }

    /// Whether the call is C++'s `a::f()`, of which C's grammar sees `f()` alone.
    fn is_qualified(&self, call: NodeId) -> bool {
        let start = self.file.tree.span(call).start as usize;
        self.file.language == Language::C
            && self
                .file
                .text
                .get(..start)
                .is_some_and(|before| before.ends_with(b"::"))
    }

    /// A list of patterns against a list of nodes, `...` and `$...X` standing for any number.
    pub(super) fn list(&self, pats: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
        let Some((first, rest)) = pats.split_first() else {
            return if nodes.is_empty() {
                one(env.clone())
            } else {
                Envs::new()
            };
        };
        let mut envs = Envs::new();
        if !self.step() {
            return envs;
        }
        match first {
            Pat::Dots => {
                if rest.is_empty() {
                    return one(env.clone());
                }
                for skip in 0..=nodes.len() {
                    if self.is_too_many(&envs) {
                        break;
                    }
                    let left = nodes.get(skip..).unwrap_or_default();
                    add(&mut envs, self.list(rest, left, env));
                }
            }
            Pat::MetaDots(id) => {
                for taken in 0..=nodes.len() {
                    if self.is_too_many(&envs) {
                        break;
                    }
                    let (some, left) = nodes.split_at(taken);
                    for bound in self.bind(env, *id, self.bound_run(some)) {
                        add(&mut envs, self.list(rest, left, &bound));
                    }
                }
            }
            _ => {
                if let Some((&node, left)) = nodes.split_first() {
                    for found in self.expr(first, node, env) {
                        add(&mut envs, self.list(rest, left, &found));
                    }
                }
            }
        }
        envs
    }

    /// What `$...X` is bound to.
    pub(super) fn bound_run(&self, nodes: &[NodeId]) -> Bound {
        match (nodes.first(), nodes.last()) {
            (Some(&first), Some(&last)) => {
                let (start, end) = (
                    self.file.tree.span(first).start,
                    self.file.tree.span(last).end,
                );
                let node = if nodes.len() == 1 { Some(first) } else { None };
                Bound {
                    span: Span::new(start, end),
                    node,
                }
            }
            _ => Bound {
                span: Span::default(),
                node: None,
            },
        }
    }

    /// The children of a node, without those that a pattern need not name: visibility, type
    /// parameters, bounds and attributes count only where the pattern has them too.
    pub(super) fn essential_children(&self, node: NodeId, parts: &[Pat]) -> SmallVec<[NodeId; 8]> {
        let optional = |kind: Kind| {
            matches!(
                kind,
                Kind::VISIBILITY_MODIFIER
                    | Kind::TYPE_PARAMETERS
                    | Kind::WHERE_CLAUSE
                    | Kind::ATTRIBUTE_ITEM
            )
        };
        let named = |kind: Kind| {
            parts.iter().any(|part| {
                matches!(part, Pat::Node(wanted, _) | Pat::Leaf(wanted, _) if *wanted == kind)
            })
        };
        self.file
            .tree
            .children(node)
            .filter(|&child| {
                let kind = self.kind(child);
                !optional(kind) || named(kind)
            })
            .collect()
    }

    /// `<... e ...>`: here and in the sub-expressions. A match here that binds nothing new settles
    /// it; one that binds does not: the metavariable stands for every sub-expression in turn.
    pub(super) fn deep(&self, inner: &Pat, node: NodeId, env: &Env) -> Envs {
        let mut envs = self.expr_root(inner, node, env);
        let is_settled = envs.iter().any(|found| found == env);
        if is_settled || !self.options.go_deeper_expr {
            return envs;
        }
        for child in self.file.tree.children(node) {
            let is_name_of_field = self.file.tree.field(child) == Field::FIELD;
            if is_name_of_field
                || matches!(
                    self.kind(child),
                    Kind::COMPOUND_STATEMENT | Kind::TYPE_DESCRIPTOR
                )
            {
                continue;
            }
            let below = self.deeper(|| self.deep(inner, view::strip(&self.file.tree, child), env));
            for found in below {
                if !envs.contains(&found) {
                    envs.push(found);
                }
            }
        }
        envs
    }
}
