//! What only Rust has: macro calls as token lists, paths, attributes.

use smallvec::SmallVec;

use super::env::{Env, Envs, add, one};
use super::matcher::Matcher;
use super::pattern::Pat;
use super::view::{self, Item};
use crate::syntax::{Field, Kind, NodeId};

impl Matcher<'_> {
    pub(super) fn macro_call(&self, name: &Pat, tokens: &[Pat], node: NodeId, env: &Env) -> Envs {
        let tree = &self.file.tree;
        if self.kind(node) != Kind::MACRO_INVOCATION {
            return Envs::new();
        }
        let Some(called) = self.child(node, Field::MACRO) else {
            return Envs::new();
        };
        let Some(group) = tree
            .children(node)
            .find(|&child| self.kind(child) == Kind::TOKEN_TREE)
        else {
            return Envs::new();
        };
        // `defmt::info!` is `info!` to a pattern that names no path.
        let mut names = self.expr(name, called, env);
        if names.is_empty()
            && matches!(name, Pat::Name(_))
            && let Some(last) = self.child(called, Field::NAME)
        {
            names = self.expr(name, last, env);
        }
        let nodes = self.group_tokens(group);
        let mut envs = Envs::new();
        for found in names {
            add(&mut envs, self.token_list(tokens, &nodes, &found));
        }
        envs
    }

    /// Tokens between the brackets of a token tree.
    pub(super) fn group_tokens(&self, group: NodeId) -> SmallVec<[NodeId; 8]> {
        let all: SmallVec<[NodeId; 8]> = self.file.tree.children(group).collect();
        let inner = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
        SmallVec::from_slice(inner)
    }

    /// Tokens of a macro call: `...` takes any number, a metavariable one or more up to the next
    /// comma.
    pub(super) fn token_list(&self, pats: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
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
                // `derive(..., A, ...)` also matches `derive(A)`: no comma where nothing stands before it.
                if let Some((Pat::Leaf(_, comma), behind)) = rest.split_first()
                    && comma == ","
                {
                    add(&mut envs, self.token_list(behind, nodes, env));
                }
                // `f!(a, ...)` also matches `f!(a)`.
                for skip in 0..=nodes.len() {
                    add(
                        &mut envs,
                        self.token_list(rest, nodes.get(skip..).unwrap_or_default(), env),
                    );
                    if rest.is_empty() {
                        return one(env.clone());
                    }
                }
            }
            Pat::Any | Pat::Meta(_) => {
                for taken in 1..=nodes.len() {
                    if self.is_too_many(&envs) {
                        break;
                    }
                    let (some, left) = nodes.split_at(taken);
                    if some.iter().any(|&node| self.text(node) == b",") {
                        break;
                    }
                    let found = match first {
                        Pat::Meta(id) => self.bind(env, *id, self.run(some)),
                        _ => one(env.clone()),
                    };
                    for each in found {
                        add(&mut envs, self.token_list(rest, left, &each));
                    }
                }
            }
            _ => {
                if let Some((&node, left)) = nodes.split_first() {
                    for found in self.expr(first, node, env) {
                        add(&mut envs, self.token_list(rest, left, &found));
                    }
                }
                // `f!(a, ...)`: the comma before a final ellipsis may be missing.
                let is_comma = matches!(first, Pat::Leaf(_, text) if text == ",");
                if is_comma && nodes.is_empty() && matches!(rest, [Pat::Dots]) {
                    envs.push(env.clone());
                }
            }
        }
        envs
    }

    fn run(&self, nodes: &[NodeId]) -> super::env::Bound {
        let first = nodes.first().copied().unwrap_or(NodeId(0));
        let last = nodes.last().copied().unwrap_or(first);
        let span = crate::finding::Span::new(
            self.file.tree.span(first).start,
            self.file.tree.span(last).end,
        );
        super::env::Bound {
            span,
            node: if nodes.len() == 1 { Some(first) } else { None },
        }
    }

    /// A path of several segments: as written, or through the file's imports.
    pub(super) fn path(&self, segments: &[Pat], node: NodeId, env: &Env) -> Envs {
        let mut nodes: SmallVec<[NodeId; 4]> = SmallVec::new();
        let arguments = segments
            .iter()
            .any(|segment| matches!(segment, Pat::Node(Kind::TYPE_ARGUMENTS, _)));
        self.push_segments(node, arguments, &mut nodes);
        self.first_match(
            || self.list(segments, &nodes, env),
            || self.path_otherwise(segments, &nodes, env),
        )
    }

    /// A path that is not as written.
    fn path_otherwise(&self, segments: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
        self.first_match(
            || self.longer_path(segments, nodes, env),
            || self.imported_path(segments, nodes, env),
        )
    }

    /// `$M::f` stands for longer paths as well: the metavariable takes what is before the rest.
    fn longer_path(&self, segments: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
        let mut envs = Envs::new();
        if let Some((head @ (Pat::Any | Pat::Meta(_)), rest)) = segments.split_first()
            && nodes.len() > segments.len()
        {
            let (leading, tail) = nodes.split_at(nodes.len() - rest.len());
            let bound = match head {
                Pat::Meta(id) => self.bind(env, *id, self.run(leading)),
                _ => one(env.clone()),
            };
            for each in bound {
                add(&mut envs, self.list(rest, tail, &each));
            }
        }
        envs
    }

    /// A path whose first name an import brings in.
    fn imported_path(&self, segments: &[Pat], nodes: &[NodeId], env: &Env) -> Envs {
        let Some(&first) = nodes.first() else {
            return Envs::new();
        };
        if !view::is_name(self.kind(first)) {
            return Envs::new();
        }
        let name = self.text(first).to_vec();
        let mut envs = Envs::new();
        for import in self
            .index
            .imports(self.file)
            .iter()
            .filter(|import| import.name == name)
        {
            let mut full: SmallVec<[NodeId; 8]> = SmallVec::from_slice(&import.path);
            full.extend(nodes.iter().skip(1).copied());
            add(&mut envs, self.list(segments, &full, env));
        }
        envs
    }

    /// Segments of a path in order; a single name is one segment. Type arguments are segments of
    /// their own, where they are asked for.
    fn push_segments(&self, node: NodeId, arguments: bool, found: &mut SmallVec<[NodeId; 4]>) {
        let inner = match self.kind(node) {
            Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER => {
                if let Some(path) = self.child(node, Field::PATH) {
                    self.push_segments(path, arguments, found);
                }
                if let Some(name) = self.child(node, Field::NAME) {
                    found.push(name);
                }
                return;
            }
            Kind::GENERIC_FUNCTION => self.child(node, Field::FUNCTION),
            Kind::GENERIC_TYPE | Kind::GENERIC_TYPE_WITH_TURBOFISH => self.child(node, Field::TYPE),
            kind => {
                if view::is_name(kind) {
                    found.push(node);
                }
                return;
            }
        };
        if let Some(inner) = inner {
            self.push_segments(inner, arguments, found);
        }
        if arguments && let Some(list) = self.child(node, Field::TYPE_ARGUMENTS) {
            found.push(list);
        }
    }

    /// An item whose attributes include these.
    pub(super) fn attributed(
        &self,
        attributes: &[Pat],
        inner: &Pat,
        item: Item,
        env: &Env,
    ) -> Envs {
        let tree = &self.file.tree;
        let Some(parent) = tree.parent(item.node) else {
            return Envs::new();
        };
        let mut before: Vec<NodeId> = Vec::new();
        for sibling in tree.children(parent) {
            if sibling >= item.node {
                break;
            }
            if tree.kind(sibling) == Kind::ATTRIBUTE_ITEM {
                before.push(sibling);
            } else {
                before.clear();
            }
        }
        let mut envs = one(env.clone());
        for wanted in attributes {
            envs = envs
                .iter()
                .flat_map(|each| {
                    before
                        .iter()
                        .flat_map(|&actual| self.expr(wanted, actual, each))
                        .collect::<Envs>()
                })
                .collect();
        }
        let mut found = Envs::new();
        for each in envs {
            add(&mut found, self.statement(inner, item, &each));
        }
        found
    }
}

/// One name that a `use` declaration brings into the file.
#[derive(Debug, Clone)]
pub(super) struct Import {
    /// The name as the file writes it.
    pub(super) name: Vec<u8>,
    /// Segments of its full path.
    pub(super) path: Vec<NodeId>,
}

/// All imports of a file.
pub(super) fn imports(file: &crate::syntax::SourceFile<'_>) -> Vec<Import> {
    let tree = &file.tree;
    let mut found = Vec::new();
    for node in tree.subtree(tree.root()) {
        if tree.kind(node) == Kind::USE_DECLARATION
            && let Some(argument) = tree.child(node, Field::ARGUMENT)
        {
            push_imports(file, argument, &[], &mut found, 0);
        }
    }
    found
}

fn push_imports(
    file: &crate::syntax::SourceFile<'_>,
    node: NodeId,
    prefix: &[NodeId],
    found: &mut Vec<Import>,
    depth: u32,
) {
    let tree = &file.tree;
    if depth > 32 {
        return;
    }
    match tree.kind(node) {
        Kind::USE_LIST => {
            for child in tree.children(node) {
                push_imports(file, child, prefix, found, depth + 1);
            }
        }
        Kind::SCOPED_USE_LIST => {
            let mut path = prefix.to_vec();
            if let Some(head) = tree.child(node, Field::PATH) {
                push_path(file, head, &mut path);
            }
            if let Some(list) = tree.child(node, Field::LIST) {
                push_imports(file, list, &path, found, depth + 1);
            }
        }
        Kind::USE_AS_CLAUSE => {
            let mut path = prefix.to_vec();
            if let Some(head) = tree.child(node, Field::PATH) {
                push_path(file, head, &mut path);
            }
            if let Some(alias) = tree.child(node, Field::ALIAS) {
                found.push(Import {
                    name: tree.text(alias, file.text).to_vec(),
                    path,
                });
            }
        }
        _ => {
            let mut path = prefix.to_vec();
            push_path(file, node, &mut path);
            if let Some(&last) = path.last() {
                let name = if tree.kind(last) == Kind::SELF_VALUE {
                    path.pop();
                    path.last().copied()
                } else {
                    Some(last)
                };
                if let Some(name) = name {
                    found.push(Import {
                        name: tree.text(name, file.text).to_vec(),
                        path,
                    });
                }
            }
        }
    }
}

fn push_path(file: &crate::syntax::SourceFile<'_>, node: NodeId, path: &mut Vec<NodeId>) {
    let tree = &file.tree;
    if matches!(
        tree.kind(node),
        Kind::SCOPED_IDENTIFIER | Kind::SCOPED_TYPE_IDENTIFIER
    ) {
        if let Some(head) = tree.child(node, Field::PATH) {
            push_path(file, head, path);
        }
        if let Some(name) = tree.child(node, Field::NAME) {
            path.push(name);
        }
    } else if view::is_name(tree.kind(node)) {
        path.push(node);
    }
}
