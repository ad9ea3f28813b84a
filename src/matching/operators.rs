//! Binary operators: chains of one operator match regardless of how they are grouped.

use super::env::{Env, Envs, add, one};
use super::matcher::Matcher;
use super::pattern::Pat;
use super::view;
use crate::syntax::{Field, Kind, NodeId};

/// Most operands of a chain that are grouped in every way.
const MOST_OPERANDS: usize = 32;

impl Matcher<'_> {
    pub(super) fn binary(
        &self,
        whole: &Pat,
        operator: &str,
        left: &Pat,
        right: &Pat,
        node: NodeId,
        env: &Env,
    ) -> Envs {
        let tree = &self.file.tree;
        if tree.kind(node) != Kind::BINARY_EXPRESSION {
            return Envs::new();
        }
        let (Some(a), Some(op), Some(b)) = (
            tree.child(node, Field::LEFT),
            tree.child(node, Field::OPERATOR),
            tree.child(node, Field::RIGHT),
        ) else {
            return Envs::new();
        };
        if tree.text(op, self.file.text) != operator.as_bytes() {
            return Envs::new();
        }
        let associative = matches!(operator, "&&" | "||" | "|" | "&" | "^" | "+" | "*");
        if *right == Pat::Dots && !associative {
            return self.first_match(|| self.expr(left, a, env), || self.expr(whole, a, env));
        }
        if self.options.ac_matching && matches!(operator, "&&" | "||" | "|" | "&" | "^") {
            let commutative = matches!(operator, "|" | "&" | "^")
                || (self.options.commutative_boolop && matches!(operator, "&&" | "||"));
            return self.associative(operator, whole, node, commutative, env);
        }
        let mut envs = self.both((left, a), (right, b), env);
        if self.options.symmetric_eq && matches!(operator, "==" | "!=") {
            add(&mut envs, self.both((left, b), (right, a), env));
        }
        envs
    }

    /// Operands of a chain of one operator, in order; `None` where there are too many to be tried in
    /// every grouping.
    fn operands(&self, operator: &str, node: NodeId) -> Option<Vec<NodeId>> {
        let tree = &self.file.tree;
        let mut found = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            let node = view::strip(tree, node);
            let is_chained = self.kind(node) == Kind::BINARY_EXPRESSION
                && self
                    .child(node, Field::OPERATOR)
                    .is_some_and(|op| self.text(op) == operator.as_bytes());
            match (
                self.child(node, Field::LEFT),
                self.child(node, Field::RIGHT),
            ) {
                (Some(left), Some(right)) if is_chained => open.extend([right, left]),
                _ => found.push(node),
            }
            if found.len() + open.len() > MOST_OPERANDS {
                return None;
            }
        }
        Some(found)
    }

    pub(super) fn associative(
        &self,
        operator: &str,
        whole: &Pat,
        node: NodeId,
        commutative: bool,
        env: &Env,
    ) -> Envs {
        let mut pats = Vec::new();
        operand_pats(operator, whole, &mut pats);
        let Some(nodes) = self.operands(operator, node) else {
            // Matched as it is grouped, which is what a pattern of two operands asks.
            let (Some(a), Some(b), Pat::Binary(_, left, right)) = (
                self.child(node, Field::LEFT),
                self.child(node, Field::RIGHT),
                whole,
            ) else {
                return Envs::new();
            };
            return self.both((left, a), (right, b), env);
        };
        if commutative {
            self.unordered(&pats, &nodes, env)
        } else {
            self.ordered(&pats, &nodes, env)
        }
    }

    /// Associative only: a metavariable may take several operands in a row.
    pub(super) fn ordered(&self, pats: &[&Pat], nodes: &[NodeId], env: &Env) -> Envs {
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
                for skip in 0..=nodes.len() {
                    add(
                        &mut envs,
                        self.ordered(rest, nodes.get(skip..).unwrap_or_default(), env),
                    );
                }
            }
            Pat::Meta(_) | Pat::Any => {
                for taken in 1..=nodes.len() {
                    let (some, left) = nodes.split_at(taken);
                    let bound = match first {
                        Pat::Meta(id) => self.bind(env, *id, self.bound_run(some)),
                        _ => one(env.clone()),
                    };
                    for found in bound {
                        add(&mut envs, self.ordered(rest, left, &found));
                    }
                }
            }
            _ => {
                if let Some((&node, left)) = nodes.split_first() {
                    for found in self.expr(first, node, env) {
                        add(&mut envs, self.ordered(rest, left, &found));
                    }
                }
            }
        }
        envs
    }

    /// Associative and commutative: every operand pattern takes a different operand; more operands
    /// than patterns are fine.
    pub(super) fn unordered(&self, pats: &[&Pat], nodes: &[NodeId], env: &Env) -> Envs {
        let Some((first, rest)) = pats.split_first() else {
            return one(env.clone());
        };
        if **first == Pat::Dots {
            return self.unordered(rest, nodes, env);
        }
        let mut envs = Envs::new();
        for (at, &node) in nodes.iter().enumerate() {
            if self.is_too_many(&envs) {
                break;
            }
            let found = self.expr(first, node, env);
            if found.is_empty() {
                continue;
            }
            let mut left = nodes.to_vec();
            left.remove(at);
            for each in found {
                add(&mut envs, self.unordered(rest, &left, &each));
            }
        }
        envs
    }
}

/// Operand patterns of a chain of one operator, in order.
fn operand_pats<'p>(operator: &str, pat: &'p Pat, found: &mut Vec<&'p Pat>) {
    match pat {
        Pat::Binary(op, left, right) if op == operator => {
            operand_pats(operator, left, found);
            operand_pats(operator, right, found);
        }
        _ => found.push(pat),
    }
}
