//! Conditions that never change their outcome, and parts of conditions that say nothing new.

use crate::finding::Span;
use crate::flow::interpret::machine::Machine;
use crate::flow::interpret::value::FAR;
use crate::flow::ir::{
    Base, BinaryOp, Block, BlockId, Function, LocalKind, Operand, Origin, Place, Rvalue,
    StatementKind, Terminator, Type, Types,
};

/// Longest chain of `&&` or `||` that is compared part by part.
const MAX_PARTS: usize = 12;

/// `place op constant`, as a branch tests it.
struct Part<'f> {
    place: &'f Place,
    op: BinaryOp,
    constant: i128,
    is_literal: bool,
    span: Span,
}

impl Machine<'_> {
    /// Looks at the conditions of all functions, and at how they came out.
    pub(crate) fn check_outcomes(&mut self) {
        let unit = self.unit;
        for (index, function) in unit.functions.iter().enumerate() {
            let predecessors = predecessors(function);
            self.check_chains(function, &predecessors);
            if !function.has_gap {
                self.check_constant(index, function, &predecessors);
                self.check_endless(index, function);
            }
        }
    }

    fn check_chains(&mut self, function: &Function, predecessors: &[u32]) {
        for block in &function.blocks {
            for is_and in [true, false] {
                self.check_chain(function, block, is_and, predecessors);
            }
        }
    }

    /// Compares the part that a block tests with those after it in the same condition.
    fn check_chain(
        &mut self,
        function: &Function,
        first: &Block,
        is_and: bool,
        predecessors: &[u32],
    ) {
        let types = &self.unit.types;
        let Some(one) = part(types, function, first) else {
            return;
        };
        let mut block = first;
        for distance in 0..MAX_PARTS {
            let Terminator::Branch {
                then, otherwise, ..
            } = block.terminator
            else {
                return;
            };
            let (next, out) = if is_and {
                (then, otherwise)
            } else {
                (otherwise, then)
            };
            if predecessors.get(next.0 as usize) != Some(&1) {
                return;
            }
            let Some(after) = function.block(next) else {
                return;
            };
            if !is_pure(function, after) {
                return;
            }
            let Terminator::Branch {
                then, otherwise, ..
            } = after.terminator
            else {
                return;
            };
            let shares = out == if is_and { otherwise } else { then };
            if !shares {
                return;
            }
            if let Some(two) = part(types, function, after)
                && same_place(one.place, two.place)
            {
                self.compare_parts(&one, &two, is_and, distance == 0);
            }
            block = after;
        }
    }

    fn compare_parts(&mut self, one: &Part<'_>, two: &Part<'_>, is_and: bool, is_adjacent: bool) {
        let between = self
            .text
            .get(one.span.end as usize..two.span.start as usize)
            .unwrap_or(&[]);
        let is_one_condition = !between
            .iter()
            .any(|byte| matches!(byte, b'{' | b';' | b'}'))
            && between
                .windows(2)
                .any(|pair| pair == if is_and { b"&&" } else { b"||" });
        // `n >= 2 && s[1] == '.' && n > 2`: the first part guards what stands between.
        let may_guard = !is_adjacent && between.iter().any(|byte| b"[]*>/%(".contains(byte));
        let (x, y) = if is_and {
            (one.op, two.op)
        } else {
            match (one.op.negated(), two.op.negated()) {
                (Some(x), Some(y)) => (x, y),
                _ => return,
            }
        };
        // In `a || b` the second is asked where the first is false: both negated, it is `&&`.
        let a = values(x, one.constant);
        let b = values(y, two.constant);
        let text = self.quote(Span::new(one.span.start, two.span.end));
        let span = if is_one_condition {
            Span::new(one.span.start, two.span.end)
        } else {
            two.span
        };
        // With the default of a setting the code may not be there at all.
        if !(one.is_literal && two.is_literal) && names_setting(&text) {
            return;
        }
        if disjoint(x, one.constant, y, two.constant, a, b) {
            if is_and {
                let sink = format!("`{text}` holds for no value");
                self.report(
                    "contradicting-conditions",
                    span,
                    vec![("$X", text)],
                    Vec::new(),
                    None,
                    sink,
                );
            } else if is_one_condition {
                let sink = format!("`{text}` holds for every value");
                self.report(
                    "tautological-condition",
                    span,
                    vec![("$X", text)],
                    Vec::new(),
                    None,
                    sink,
                );
            }
            return;
        }
        if !(one.is_literal && two.is_literal) {
            return;
        }
        let redundant = if implies(x, one.constant, y, two.constant, a, b) {
            Some(two)
        } else if is_one_condition && !may_guard && implies(y, two.constant, x, one.constant, b, a)
        {
            Some(one)
        } else {
            None
        };
        if let Some(part) = redundant {
            let part_text = self.quote(part.span);
            let sink = format!("`{part_text}` says nothing that the rest does not");
            self.report(
                "redundant-condition",
                part.span,
                vec![("$X", part_text)],
                Vec::new(),
                None,
                sink,
            );
        }
    }

    /// Conditions on local variables that came out the same way on all paths, where that leaves
    /// code that is never reached.
    fn check_constant(&mut self, index: usize, function: &Function, predecessors: &[u32]) {
        for (at, block) in function.blocks.iter().enumerate() {
            let id = BlockId(u32::try_from(at).unwrap_or(u32::MAX));
            let Some(outcome) = self.outcomes.get(&(index, id)).copied() else {
                continue;
            };
            if outcome.was_true == outcome.was_false || self.was_given_up.contains(&index) {
                continue;
            }
            let Terminator::Branch {
                condition,
                then,
                otherwise,
            } = &block.terminator
            else {
                continue;
            };
            let dead = if outcome.was_true { *otherwise } else { *then };
            if predecessors.get(dead.0 as usize) != Some(&1)
                || !tests_variable(function, block, condition)
                || self.is_macro_text(block.span)
            {
                continue;
            }
            let Some(first) = function
                .block(dead)
                .and_then(|dead| dead.statements.first())
            else {
                continue;
            };
            let text = self.quote(block.span);
            if text.is_empty() || text.contains("sizeof") {
                continue;
            }
            let value = if outcome.was_true { "true" } else { "false" };
            let span = first.span;
            self.report(
                "unreachable-code",
                span,
                vec![
                    ("$X", text.clone()),
                    ("$VALUE", value.to_owned()),
                    ("$REASON", format!("`{text}` is always {value}")),
                ],
                vec![crate::flow::defect::Note {
                    span: block.span,
                    message: format!("always {value} here"),
                }],
                None,
                "never reached".to_owned(),
            );
        }
    }

    /// Whether a span is the text of a call, whose inside the author did not write here.
    fn is_macro_text(&self, span: Span) -> bool {
        let text = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or(&[]);
        text.last() == Some(&b')') && text.first().is_some_and(u8::is_ascii_uppercase)
    }

    /// Loops that nothing ends and nothing outside sees.
    fn check_endless(&mut self, index: usize, function: &Function) {
        let Some(prepared) = self.prepared(index) else {
            return;
        };
        if self.was_given_up.contains(&index) {
            return;
        }
        for head in 0..function.blocks.len() {
            let id = BlockId(u32::try_from(head).unwrap_or(u32::MAX));
            if !prepared.order.is_head(id) {
                continue;
            }
            let inside: Vec<BlockId> = (0..function.blocks.len())
                .map(|at| BlockId(u32::try_from(at).unwrap_or(u32::MAX)))
                .filter(|at| prepared.order.is_inside(id, *at))
                .collect();
            let mut changes = None;
            let mut is_closed = true;
            for &at in &inside {
                let Some(block) = function.block(at) else {
                    continue;
                };
                for statement in &block.statements {
                    match &statement.kind {
                        StatementKind::Assign { target, value } => {
                            if !is_local_effect(function, target, value) {
                                is_closed = false;
                            } else if is_variable(function, target) {
                                changes = Some(statement.span);
                            }
                        }
                        StatementKind::Enter(_) | StatementKind::Leave(_) => {}
                        StatementKind::Call { .. }
                        | StatementKind::Assert { .. }
                        | StatementKind::Clobber(_) => is_closed = false,
                    }
                }
                let leaves = |to: &BlockId| !prepared.order.is_inside(id, *to);
                match &block.terminator {
                    Terminator::Return(_) | Terminator::Unreachable => is_closed = false,
                    Terminator::Branch {
                        then, otherwise, ..
                    } if leaves(then) || leaves(otherwise) => {
                        let outcome = self.outcomes.get(&(index, at)).copied().unwrap_or_default();
                        if (leaves(then) && outcome.was_true)
                            || (leaves(otherwise) && outcome.was_false)
                            || !(outcome.was_true || outcome.was_false)
                        {
                            is_closed = false;
                        }
                    }
                    other => {
                        if other.successors().iter().any(leaves)
                            && !matches!(other, Terminator::Branch { .. })
                        {
                            is_closed = false;
                        }
                    }
                }
            }
            let Some(changes) = changes.filter(|_| is_closed) else {
                continue;
            };
            let text = self.quote(changes);
            self.report(
                "endless-loop",
                changes,
                vec![("$X", text.clone())],
                Vec::new(),
                None,
                format!("`{text}` is done for ever, and nothing else"),
            );
        }
    }
}

/// How many edges lead to each block.
fn predecessors(function: &Function) -> Vec<u32> {
    let mut count = vec![0_u32; function.blocks.len()];
    for block in &function.blocks {
        for to in block.terminator.successors() {
            if let Some(count) = count.get_mut(to.0 as usize) {
                *count += 1;
            }
        }
    }
    count
}

/// The comparison with a constant that ends a block.
fn part<'f>(types: &Types, function: &'f Function, block: &'f Block) -> Option<Part<'f>> {
    let Terminator::Branch {
        condition: Operand::Copy(condition),
        ..
    } = &block.terminator
    else {
        return None;
    };
    let (op, left, right) = block.statements.iter().rev().find_map(|statement| {
        let StatementKind::Assign {
            target,
            value: Rvalue::Binary(op, left, right),
        } = &statement.kind
        else {
            return None;
        };
        (target.base == condition.base && target.path.is_empty() && op.is_comparison())
            .then_some((*op, left, right))
    })?;
    let (place, op, constant) = match (left, right) {
        (Operand::Copy(place), Operand::Constant(constant)) => (place, op, constant),
        (Operand::Constant(constant), Operand::Copy(place)) => (place, op.swapped()?, constant),
        _ => return None,
    };
    // Between two whole numbers there may be none, between two others there are many.
    let is_real = |ty| matches!(types.get(ty), Type::Float { .. });
    let compared = place.ty;
    let place = source(function, block, place)?;
    if [compared, place.ty, constant.ty].into_iter().any(is_real) {
        return None;
    }
    let is_stable = place
        .path
        .iter()
        .all(|step| !matches!(step, crate::flow::ir::Projection::Index(_)));
    if !is_stable {
        return None;
    }
    Some(Part {
        place,
        op,
        constant: constant.value?,
        is_literal: matches!(constant.origin, Origin::Literal | Origin::Folded),
        span: block.span,
    })
}

/// The variable behind a temporary of the block, through conversions.
fn source<'f>(function: &'f Function, block: &'f Block, place: &'f Place) -> Option<&'f Place> {
    let mut place = place;
    for _ in 0..4 {
        let Base::Local(local) = place.base else {
            return Some(place);
        };
        if function.local(local)?.kind != LocalKind::Temporary || !place.path.is_empty() {
            return Some(place);
        }
        let inner = block
            .statements
            .iter()
            .find_map(|statement| match &statement.kind {
                StatementKind::Assign {
                    target,
                    value:
                        Rvalue::Cast {
                            value: Operand::Copy(inner),
                            ..
                        }
                        | Rvalue::Use(Operand::Copy(inner)),
                } if target.base == place.base => Some(inner),
                _ => None,
            })?;
        place = inner;
    }
    None
}

fn same_place(a: &Place, b: &Place) -> bool {
    a.base == b.base && a.path == b.path
}

/// Whether a block only computes temporaries.
fn is_pure(function: &Function, block: &Block) -> bool {
    block.statements.iter().all(|statement| {
        matches!(&statement.kind, StatementKind::Assign { target, .. }
            if matches!(target.base, Base::Local(local)
                if target.path.is_empty()
                    && function.local(local).is_some_and(|local| local.kind == LocalKind::Temporary)))
    })
}

/// Values for which a comparison holds, as an interval; `!=` has none.
fn values(op: BinaryOp, constant: i128) -> Option<(i128, i128)> {
    match op {
        BinaryOp::Eq => Some((constant, constant)),
        BinaryOp::Lt => Some((-FAR, constant - 1)),
        BinaryOp::Le => Some((-FAR, constant)),
        BinaryOp::Gt => Some((constant + 1, FAR)),
        BinaryOp::Ge => Some((constant, FAR)),
        _ => None,
    }
}

type Interval = Option<(i128, i128)>;

fn disjoint(x: BinaryOp, c: i128, y: BinaryOp, d: i128, a: Interval, b: Interval) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.1 < b.0 || b.1 < a.0,
        (Some(a), None) => a == (d, d) && y == BinaryOp::Ne,
        (None, Some(b)) => b == (c, c) && x == BinaryOp::Ne,
        (None, None) => false,
    }
}

fn implies(x: BinaryOp, c: i128, y: BinaryOp, d: i128, a: Interval, b: Interval) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => b.0 <= a.0 && a.1 <= b.1,
        (Some(a), None) => y == BinaryOp::Ne && (d < a.0 || d > a.1),
        (None, None) => x == BinaryOp::Ne && y == BinaryOp::Ne && c == d,
        (None, Some(_)) => false,
    }
}

/// Whether a condition asks for the value of a variable of the function.
fn tests_variable(function: &Function, block: &Block, condition: &Operand) -> bool {
    let Operand::Copy(place) = condition else {
        return false;
    };
    let is_plain = |place: &Place| {
        place.path.is_empty()
            && matches!(place.base, Base::Local(local) if function.local(local).is_some_and(|local| {
                local.kind == LocalKind::Variable && !local.is_volatile && local.span.end > 0
            }))
    };
    if is_plain(place) {
        return true;
    }
    block.statements.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::Assign { target, value: Rvalue::Binary(op, left, right) }
            if target.base == place.base && op.is_comparison()
                && match (left, right) {
                    (Operand::Copy(side), Operand::Constant(_)) | (Operand::Constant(_), Operand::Copy(side)) => {
                        source(function, block, side).is_some_and(is_plain)
                    }
                    _ => false,
                })
    })
}

fn is_variable(function: &Function, place: &Place) -> bool {
    matches!(place.base, Base::Local(local) if function.local(local).is_some_and(|local| local.kind == LocalKind::Variable))
}

/// Whether an assignment is seen by nobody outside, and reads nothing that may change.
fn is_local_effect(function: &Function, target: &Place, value: &Rvalue) -> bool {
    let is_quiet = |place: &Place| {
        place.path.is_empty()
            && matches!(place.base, Base::Local(local) if function.local(local).is_some_and(|local| !local.is_volatile))
    };
    if !is_quiet(target) {
        return false;
    }
    let operand = |operand: &Operand| match operand {
        Operand::Copy(place) => is_quiet(place),
        Operand::Unknown(_) => false,
        _ => true,
    };
    match value {
        Rvalue::Use(value) | Rvalue::Unary(_, value) | Rvalue::Cast { value, .. } => operand(value),
        Rvalue::Binary(_, left, right) => operand(left) && operand(right),
        _ => false,
    }
}

/// Whether a text names a macro: a word with three capital letters or more.
fn names_setting(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| word.chars().filter(char::is_ascii_uppercase).count() >= 3)
}
