//! Which values an integer variable may have: that of its one `let`, those of the range that a loop counts
//! through, and what the tests on the way to a use leave of them.

use super::infer::Types;
use super::items::last_name;
use super::scopes::{Binding, Origin};
use super::ty::Span128;
use crate::syntax::{Field, Kind, NodeId};

/// Most uses of a variable that are looked at for what changes it.
const MAX_USES: usize = 200;

/// Variables within tests of variables that are followed.
const MAX_NESTED: usize = 3;

/// Tests that are looked at in one file; more than any that a person wrote.
pub(super) const MAX_TESTS: u32 = 400_000;

impl Types<'_, '_> {
    /// Values of a variable that is given one value and never another, or that counts through a range;
    /// narrowed by the tests on the way here.
    pub(super) fn variable_range(&self, name: &str, node: NodeId, depth: u32) -> Option<Span128> {
        let tree = &self.file.tree;
        let binding = self.scopes.find(name, node)?;
        let is_changed = self.is_changed(name, binding);
        let own = match binding.origin {
            Origin::Value(value) if binding.path.is_empty() && !is_changed => {
                // The pattern of a `let`, not of a `match`.
                let is_let = tree
                    .parent(value)
                    .is_some_and(|above| tree.kind(above) == Kind::LET_DECLARATION);
                match is_let {
                    true => self.range_at(value, depth),
                    false => None,
                }
            }
            Origin::Elements(value) if binding.path.is_empty() && !is_changed => {
                self.counted_range(value, depth)
            }
            _ => None,
        };
        let own = match (own, self.whole(node)) {
            (Some(own), Some(all)) if own.is_within(all) => Some(own),
            (_, all) => all,
        };
        // The bound of a test may be a variable with tests of its own, and so on.
        if is_changed || self.ranging.borrow().len() >= MAX_NESTED {
            return own;
        }
        self.ranging.borrow_mut().push(binding.from);
        let narrowed = self.narrowed(name, binding, node, own, depth);
        self.ranging.borrow_mut().pop();
        narrowed
    }

    /// `for i in 2..LIMIT`
    fn counted_range(&self, value: NodeId, depth: u32) -> Option<Span128> {
        let tree = &self.file.tree;
        let value = match tree.kind(value) {
            Kind::PARENTHESIZED_EXPRESSION => tree.children(value).next()?,
            _ => value,
        };
        if tree.kind(value) != Kind::RANGE_EXPRESSION {
            return None;
        }
        let is_dots = |part: NodeId| matches!(self.text(part), ".." | "..=");
        let dots = tree.children(value).find(|&part| is_dots(part))?;
        let start = tree.children(value).find(|&part| part < dots)?;
        let end = tree.children(value).find(|&part| part > dots)?;
        let (start, end) = (self.range_at(start, depth)?, self.range_at(end, depth)?);
        let last = match self.text(dots) {
            "..=" => end.high,
            _ => end.high.checked_sub(1)?,
        };
        (start.low <= last).then_some(Span128 {
            low: start.low,
            high: last,
        })
    }

    /// Whether a variable gets another value, or is lent to somebody who may give it one.
    fn is_changed(&self, name: &str, binding: &Binding) -> bool {
        let tree = &self.file.tree;
        let uses = self.scopes.uses(name, binding.from, binding.to);
        uses.len() > MAX_USES
            || uses.iter().any(|&one| {
                let Some(above) = tree.parent(one) else {
                    return true;
                };
                match tree.kind(above) {
                    Kind::ASSIGNMENT_EXPRESSION | Kind::COMPOUND_ASSIGNMENT_EXPR => {
                        tree.child(above, Field::LEFT) == Some(one)
                    }
                    Kind::REFERENCE_EXPRESSION => self.text(above).starts_with("&mut"),
                    _ => false,
                }
            })
    }

    /// What tests leave of the values of a variable that does not change: the conditions of the branches
    /// and loops around, and of those before that leave.
    fn narrowed(
        &self,
        name: &str,
        binding: &Binding,
        node: NodeId,
        own: Option<Span128>,
        depth: u32,
    ) -> Option<Span128> {
        let tree = &self.file.tree;
        let mut values = own?;
        let mut below = node;
        for above in tree.ancestors(node).take(40) {
            if above < binding.from && tree.end(above) > binding.to {
                break;
            }
            match tree.kind(above) {
                Kind::FUNCTION_ITEM | Kind::CLOSURE_EXPRESSION => break,
                Kind::IF_EXPRESSION | Kind::WHILE_EXPRESSION => {
                    let condition = tree.child(above, Field::CONDITION);
                    let inside = [Field::CONSEQUENCE, Field::BODY];
                    let holds = inside
                        .iter()
                        .any(|&field| tree.child(above, field) == Some(below));
                    let fails = tree.child(above, Field::ALTERNATIVE) == Some(below);
                    if let Some(condition) = condition.filter(|_| holds || fails) {
                        values = self.under(condition, holds, name, values, depth);
                    }
                }
                Kind::BINARY_EXPRESSION if tree.child(above, Field::RIGHT) == Some(below) => {
                    let sign = tree
                        .child(above, Field::OPERATOR)
                        .map(|sign| self.text(sign));
                    let left = tree.child(above, Field::LEFT);
                    if let (Some(sign @ ("&&" | "||")), Some(left)) = (sign, left) {
                        values = self.under(left, sign == "&&", name, values, depth);
                    }
                }
                Kind::BLOCK => {
                    for statement in tree.children(above) {
                        if statement >= below {
                            break;
                        }
                        if statement < binding.from {
                            continue;
                        }
                        if let Some((condition, holds)) = self.left_by(statement) {
                            values = self.under(condition, holds, name, values, depth);
                        }
                    }
                }
                _ => {}
            }
            below = above;
        }
        Some(values)
    }

    /// The condition that a statement leaves behind, and whether it holds there: `if c { return }`,
    /// `assert!(c)`.
    fn left_by(&self, statement: NodeId) -> Option<(NodeId, bool)> {
        let tree = &self.file.tree;
        let inner = match tree.kind(statement) {
            Kind::EXPRESSION_STATEMENT => tree.children(statement).next()?,
            _ => statement,
        };
        if tree.kind(inner) != Kind::IF_EXPRESSION
            || tree.child(inner, Field::ALTERNATIVE).is_some()
        {
            return None;
        }
        let body = tree.child(inner, Field::CONSEQUENCE)?;
        let last = tree.children(body).last()?;
        let last = match tree.kind(last) {
            Kind::EXPRESSION_STATEMENT => tree.children(last).next()?,
            _ => last,
        };
        let leaves = match tree.kind(last) {
            Kind::RETURN_EXPRESSION | Kind::BREAK_EXPRESSION | Kind::CONTINUE_EXPRESSION => true,
            Kind::MACRO_INVOCATION => tree.child(last, Field::MACRO).is_some_and(|name| {
                matches!(
                    last_name(self.file, name),
                    "panic" | "unreachable" | "todo" | "unimplemented"
                )
            }),
            _ => false,
        };
        leaves.then_some((tree.child(inner, Field::CONDITION)?, false))
    }

    /// The values of a variable under a condition that holds, or that does not.
    fn under(
        &self,
        condition: NodeId,
        holds: bool,
        name: &str,
        values: Span128,
        depth: u32,
    ) -> Span128 {
        let tree = &self.file.tree;
        let Some(depth) = depth.checked_sub(1) else {
            return values;
        };
        match self.fuel.get().checked_sub(1) {
            Some(left) => self.fuel.set(left),
            None => return values,
        }
        let parts = || {
            Some((
                tree.child(condition, Field::LEFT)?,
                self.text(tree.child(condition, Field::OPERATOR)?),
                tree.child(condition, Field::RIGHT)?,
            ))
        };
        match tree.kind(condition) {
            Kind::PARENTHESIZED_EXPRESSION => match tree.children(condition).next() {
                Some(inner) => self.under(inner, holds, name, values, depth),
                None => values,
            },
            Kind::UNARY_EXPRESSION if self.text(condition).starts_with('!') => {
                match tree.children(condition).last() {
                    Some(inner) => self.under(inner, !holds, name, values, depth),
                    None => values,
                }
            }
            Kind::BINARY_EXPRESSION => {
                let Some((left, sign, right)) = parts() else {
                    return values;
                };
                match (sign, holds) {
                    ("&&", true) | ("||", false) => {
                        let values = self.under(left, holds, name, values, depth);
                        self.under(right, holds, name, values, depth)
                    }
                    _ => self.compared((left, sign, right), holds, name, values, depth),
                }
            }
            _ => values,
        }
    }

    fn compared(
        &self,
        (left, sign, right): (NodeId, &str, NodeId),
        holds: bool,
        name: &str,
        values: Span128,
        depth: u32,
    ) -> Span128 {
        // The variable on the left.
        let (sign, other) = match (self.is_name(left, name), self.is_name(right, name)) {
            (true, false) => (sign, right),
            (false, true) => match sign {
                "<" => (">", left),
                "<=" => (">=", left),
                ">" => ("<", left),
                ">=" => ("<=", left),
                sign => (sign, left),
            },
            _ => return values,
        };
        let sign = match (sign, holds) {
            (sign, true) => sign,
            ("<", false) => ">=",
            ("<=", false) => ">",
            (">", false) => "<=",
            (">=", false) => "<",
            ("==", false) => "!=",
            ("!=", false) => "==",
            (sign, false) => sign,
        };
        let Some(other) = self.range_at(other, depth) else {
            return values;
        };
        let narrowed = match sign {
            "<" => Span128 {
                high: values.high.min(other.high.saturating_sub(1)),
                ..values
            },
            "<=" => Span128 {
                high: values.high.min(other.high),
                ..values
            },
            ">" => Span128 {
                low: values.low.max(other.low.saturating_add(1)),
                ..values
            },
            ">=" => Span128 {
                low: values.low.max(other.low),
                ..values
            },
            "==" => Span128 {
                low: values.low.max(other.low),
                high: values.high.min(other.high),
            },
            "!=" if other.value() == Some(values.low) => Span128 {
                low: values.low.saturating_add(1),
                ..values
            },
            "!=" if other.value() == Some(values.high) => Span128 {
                high: values.high.saturating_sub(1),
                ..values
            },
            _ => values,
        };
        // A test that never holds says nothing.
        match narrowed.low <= narrowed.high {
            true => narrowed,
            false => values,
        }
    }

    fn is_name(&self, node: NodeId, name: &str) -> bool {
        self.file.tree.kind(node) == Kind::IDENTIFIER && self.text(node) == name
    }
}
