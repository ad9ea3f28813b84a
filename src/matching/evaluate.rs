//! A rule's formula over one file, with Semgrep's set semantics.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::env::{Bound, Env};
use super::matcher::Matcher;
use super::needs::Need;
use super::pattern::{MetaId, Pattern};
use super::program::{All, Node, Op, Test};
use super::readable::Readable;
use super::regex::Regex;
use super::texts::TextsHeld;
use crate::finding::Span;
use crate::syntax::NodeId;

/// One match of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) span: Span,
    pub(super) node: Option<NodeId>,
    pub(super) env: Env,
}

/// Most matches of one pattern in one file that are followed; more make the file a gap.
const MAX_FOUND: usize = 20_000;

/// Evaluates the formula of one rule in one file.
pub(super) struct Evaluator<'e> {
    /// `None` for text files.
    pub(super) matcher: Option<&'e Matcher<'e>>,
    /// The whole text.
    pub(super) text: &'e [u8],
    /// The same for expressions, made at the first use.
    pub(super) readable: &'e OnceCell<Readable>,
    /// What a `metavariable-pattern` looks at; the whole file otherwise.
    pub(super) context: Option<Bound>,
    /// What each part of the rule needs, by its number.
    pub(super) needs: &'e [Need],
    /// The texts that the file holds.
    pub(super) texts: &'e TextsHeld,
    /// Results of parts that are asked for again and again.
    kept: RefCell<FxHashMap<u32, Rc<Vec<Found>>>>,
    /// Whether each part is possible, by its number; asked for at several levels of the formula.
    possible: RefCell<SmallVec<[Option<bool>; 96]>>,
    /// Whether a limit was reached.
    pub(super) cut: std::cell::Cell<bool>,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(
        matcher: Option<&'e Matcher<'e>>,
        (needs, texts): (&'e [Need], &'e TextsHeld),
        text: &'e [u8],
        readable: &'e OnceCell<Readable>,
        context: Option<Bound>,
    ) -> Self {
        Self {
            matcher,
            needs,
            texts,
            text,
            readable,
            context,
            kept: RefCell::default(),
            possible: RefCell::new(SmallVec::from_elem(None, needs.len())),
            cut: std::cell::Cell::new(false),
        }
    }

    /// All matches of a part that is asked for again and again.
    fn all_kept(&self, node: &'e Node) -> Rc<Vec<Found>> {
        if let Some(found) = self.kept.borrow().get(&node.id) {
            return Rc::clone(found);
        }
        let found = Rc::new(self.all(node));
        self.kept.borrow_mut().insert(node.id, Rc::clone(&found));
        found
    }

    /// All matches of a part.
    pub(super) fn all(&self, node: &'e Node) -> Vec<Found> {
        if !self.is_possible(node) {
            return Vec::new();
        }
        let mut found = match &node.op {
            Op::Pattern(pattern) => self.pattern(pattern, self.need(node)),
            Op::Generic(pattern) => {
                let (text, offset) = self.scope();
                pattern
                    .find(text, offset)
                    .into_iter()
                    .map(|(span, env)| Found {
                        span,
                        node: None,
                        env,
                    })
                    .collect()
            }
            Op::Regex(regex) => self.regex(regex),
            Op::Either(nodes) => nodes.iter().flat_map(|node| self.all(node)).collect(),
            Op::All(all) => self.conjunction(all),
        };
        if found.len() > MAX_FOUND {
            found.truncate(MAX_FOUND);
            self.cut.set(true);
        }
        found
    }

    /// The text under consideration and where it starts.
    fn scope(&self) -> (&'e [u8], u32) {
        match self.context {
            Some(bound) => (bound.span.of(self.text), bound.span.start),
            None => (self.text, 0),
        }
    }

    fn pattern(&self, pattern: &Pattern, need: &Need) -> Vec<Found> {
        let Some(matcher) = self.matcher else {
            return Vec::new();
        };
        let within = self.context.and_then(|bound| bound.node);
        if self.context.is_some() && within.is_none() {
            return Vec::new();
        }
        let mut found = matcher.find_all(&pattern.root, need, within);
        found.dedup();
        found
    }

    /// The whole text as expressions see it.
    pub(super) fn readable(&self) -> &'e Readable {
        self.readable.get_or_init(|| Readable::new(self.text))
    }

    fn regex(&self, regex: &Regex) -> Vec<Found> {
        let (bytes, _) = self.scope();
        // What a whole file holds is mostly known from one search for all expressions; compiling one
        // costs more than another search.
        if (self.context.is_some() || !regex.is_compiled()) && regex.is_ruled_out(bytes) {
            return Vec::new();
        }
        let readable = self.readable();
        let (text, start) = match self.context {
            Some(bound) => readable.at(bound.span),
            None => (readable.text(), 0),
        };
        if regex.is_missed(text) {
            return Vec::new();
        }
        let Some(compiled) = regex.get() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let bytes = text.as_bytes();
        let span_of = |from: usize, to: usize| readable.place(start + from, start + to);
        let whole_of =
            |from: usize, to: usize| span_of(from, if regex.to_end { text.len() } else { to });
        // What goes on to the end is one match.
        let most = if regex.to_end { 1 } else { usize::MAX };
        if regex.groups.is_empty() {
            for matched in compiled.find_iter(bytes).take(most) {
                match matched {
                    Ok(matched) => {
                        let span = whole_of(matched.start(), matched.end());
                        found.push(Found {
                            span,
                            node: None,
                            env: Env::default(),
                        });
                    }
                    Err(_) => {
                        self.cut.set(true);
                        break;
                    }
                }
            }
            return found;
        }
        for captures in compiled.captures_iter(bytes).take(most) {
            let Ok(captures) = captures else {
                self.cut.set(true);
                break;
            };
            let Some(whole) = captures.get(0) else {
                continue;
            };
            let mut env = Env::default();
            for (group, id) in &regex.groups {
                if let Some(matched) = captures.get(usize::from(*group)) {
                    env.set(
                        *id,
                        Bound {
                            span: span_of(matched.start(), matched.end()),
                            node: None,
                        },
                    );
                }
            }
            found.push(Found {
                span: whole_of(whole.start(), whole.end()),
                node: None,
                env,
            });
        }
        found
    }

    fn need(&self, node: &'e Node) -> &'e Need {
        static NONE: OnceLock<Need> = OnceLock::new();
        match self.needs.get(node.id as usize) {
            Some(need) => need,
            None => NONE.get_or_init(Need::default),
        }
    }

    /// Whether the file, or what is under consideration of it, holds what a match of the part
    /// needs. Most parts of most rules end here.
    fn is_possible(&self, node: &'e Node) -> bool {
        let at = node.id as usize;
        if let Some(known) = self.possible.borrow().get(at).copied().flatten() {
            return known;
        }
        let is_possible = self.is_possible_now(node);
        if let Some(slot) = self.possible.borrow_mut().get_mut(at) {
            *slot = Some(is_possible);
        }
        is_possible
    }

    fn is_possible_now(&self, node: &'e Node) -> bool {
        match &node.op {
            Op::Pattern(_) => {
                let Some(matcher) = self.matcher else {
                    return true;
                };
                let need = self.need(node);
                match self.context.and_then(|bound| bound.node) {
                    Some(outer) => matcher.holds(need, outer),
                    None => need.in_file.iter().all(|&id| matcher.index.has(id)),
                }
            }
            Op::Generic(_) => true,
            Op::Regex(_) => {
                let any = &self.need(node).any;
                any.is_empty() || any.iter().any(|&id| self.texts.has(id))
            }
            Op::Either(nodes) => nodes.iter().any(|node| self.is_possible(node)),
            Op::All(all) => all
                .positives
                .iter()
                .chain(&all.insides)
                .all(|node| self.is_possible(node)),
        }
    }

    /// Bindings of matches of `node` that enclose `span` and agree with `env`, merged into it.
    fn enclosing(&self, node: &'e Node, span: Span, env: &Env) -> Vec<Env> {
        if !self.is_possible(node) {
            return Vec::new();
        }
        match &node.op {
            Op::Pattern(pattern) if self.context.is_none() => match self.matcher {
                Some(matcher) => {
                    let mut envs = Vec::new();
                    for found in matcher.find_enclosing(&pattern.root, self.need(node), span, env) {
                        if !envs.contains(&found.env) {
                            envs.push(found.env);
                        }
                    }
                    envs
                }
                None => Vec::new(),
            },
            Op::Either(nodes) => {
                let mut envs: Vec<Env> = Vec::new();
                for node in nodes {
                    for found in self.enclosing(node, span, env) {
                        if !envs.contains(&found) {
                            envs.push(found);
                        }
                    }
                }
                envs
            }
            _ => self
                .all_kept(node)
                .iter()
                .filter(|found| found.span.contains(span) && self.agree(env, &found.env))
                .map(|found| env.merged(&found.env))
                .collect(),
        }
    }

    /// Whether `node` matches exactly `span` and agrees with `env`.
    fn equals(&self, node: &'e Node, span: Span, env: &Env) -> bool {
        if !self.is_possible(node) {
            return false;
        }
        match &node.op {
            Op::Pattern(pattern) => match self.matcher {
                Some(matcher) => matcher.matches_exactly(&pattern.root, span, env),
                None => false,
            },
            Op::Either(nodes) => nodes.iter().any(|node| self.equals(node, span, env)),
            _ => self
                .all_kept(node)
                .iter()
                .any(|found| found.span == span && self.agree(env, &found.env)),
        }
    }

    pub(super) fn agree(&self, a: &Env, b: &Env) -> bool {
        match self.matcher {
            Some(matcher) => a.agrees(b, matcher.file),
            None => a.iter().all(|(id, bound)| {
                b.get(id)
                    .is_none_or(|other| bound.span.of(self.text) == other.span.of(self.text))
            }),
        }
    }

    fn conjunction(&self, all: &'e All) -> Vec<Found> {
        let filters = self
            .matcher
            .filter(|matcher| !matcher.is_exhaustive)
            .map(|matcher| &matcher.filters);
        let outer = filters.map_or(0, |filters| filters.borrow().len());
        if let Some(filters) = filters {
            filters
                .borrow_mut()
                .extend(all.conditions.iter().filter_map(|test| match test {
                    Test::Regex(id, regex) => Some((*id, regex.as_ref())),
                    _ => None,
                }));
        }
        let found = self.candidates(all);
        // What follows binds nothing new that the conditions speak of.
        let own = filters.map(std::cell::RefCell::take).unwrap_or_default();
        let found = self.selected(all, found);
        if let Some(filters) = filters {
            let mut own = own;
            own.truncate(outer);
            filters.replace(own);
        }
        found
    }

    /// Matches of what has to match and to be around, before anything is ruled out.
    fn candidates(&self, all: &'e All) -> Vec<Found> {
        let (selectors, positives): (Vec<&Node>, Vec<&Node>) = all
            .positives
            .iter()
            .partition(|node| only_metavariable(node).is_some());
        let mut insides: Vec<&Node> = all.insides.iter().collect();
        let mut found: Vec<Found> = match positives.split_first() {
            Some((first, rest)) => {
                let mut found = self.all(first);
                for node in rest {
                    if found.is_empty() {
                        return found;
                    }
                    found = self.intersect(&found, &self.all(node));
                }
                found
            }
            None => match self.context {
                Some(bound) => {
                    vec![Found {
                        span: bound.span,
                        node: bound.node,
                        env: Env::default(),
                    }]
                }
                None if !insides.is_empty() => self.all(insides.remove(0)),
                None => match selectors.first() {
                    Some(node) => self.all(node),
                    None => return Vec::new(),
                },
            },
        };
        for node in selectors {
            let Some(id) = only_metavariable(node) else {
                continue;
            };
            found.retain_mut(|each| {
                let bound = Bound {
                    span: each.span,
                    node: each.node,
                };
                match (self.matcher, each.env.get(id)) {
                    (_, None) => {
                        each.env.set(id, bound);
                        true
                    }
                    (Some(matcher), Some(old)) => super::env::same_code(matcher.file, old, bound),
                    (None, Some(old)) => old.span.of(self.text) == bound.span.of(self.text),
                }
            });
        }
        for node in insides {
            found = found
                .into_iter()
                .flat_map(|each| {
                    let Found {
                        span,
                        node: at,
                        env,
                    } = each;
                    self.enclosing(node, span, &env)
                        .into_iter()
                        .map(move |env| Found {
                            span,
                            node: at,
                            env,
                        })
                })
                .collect();
            if found.is_empty() {
                return found;
            }
        }
        found
    }

    /// The matches that nothing rules out, moved to what the rule focuses on.
    fn selected(&self, all: &'e All, mut found: Vec<Found>) -> Vec<Found> {
        for node in &all.nots {
            found.retain(|each| !self.equals(node, each.span, &each.env));
        }
        for node in &all.not_insides {
            found.retain(|each| self.enclosing(node, each.span, &each.env).is_empty());
        }
        for regex in &all.not_regexes {
            if found.is_empty() {
                break;
            }
            let matched = self.regex(regex);
            found.retain(|each| {
                !matched
                    .iter()
                    .any(|m| m.span.contains(each.span) || each.span.contains(m.span))
            });
        }
        for test in &all.conditions {
            found.retain_mut(|each| self.holds(test, &mut each.env));
        }
        for names in &all.focus {
            found = self.focused(found, names);
        }
        found
    }

    /// Pairs where one encloses the other; the smaller is kept.
    fn intersect(&self, left: &[Found], right: &[Found]) -> Vec<Found> {
        let mut kept = Vec::new();
        for a in left {
            for b in right {
                let (small, large) = if b.span.contains(a.span) {
                    (a, b)
                } else if a.span.contains(b.span) {
                    (b, a)
                } else {
                    continue;
                };
                if self.agree(&small.env, &large.env) {
                    let env = small.env.merged(&large.env);
                    let found = Found {
                        span: small.span,
                        node: small.node,
                        env,
                    };
                    if !kept.contains(&found) {
                        kept.push(found);
                    }
                }
            }
            if kept.len() > MAX_FOUND {
                self.cut.set(true);
                break;
            }
        }
        kept
    }

    /// The matches moved to what the metavariables are bound to.
    fn focused(&self, found: Vec<Found>, names: &[MetaId]) -> Vec<Found> {
        found
            .into_iter()
            .flat_map(|each| {
                names
                    .iter()
                    .filter_map(|id| each.env.get(*id))
                    .map(|bound| Found {
                        span: bound.span,
                        node: bound.node,
                        env: each.env.clone(),
                    })
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// The metavariable of a pattern that is nothing else.
fn only_metavariable(node: &Node) -> Option<MetaId> {
    match &node.op {
        Op::Pattern(pattern) => match pattern.root {
            super::pattern::Root::Expr(super::pattern::Pat::Meta(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}
