//! Which comparisons hold where: the guards.

use super::super::ir::{Base, BinaryOp, BlockId, Callee, Operand, Rvalue, Terminator};
use super::body::{Body, Definition, TRANSPARENT};

/// Two values of which one is known to be smaller, equal or different.
#[derive(Clone)]
pub(super) struct Fact {
    /// `Lt`, `Le`, `Eq` or `Ne`.
    pub(super) op: BinaryOp,
    pub(super) left: Vec<u64>,
    pub(super) right: Vec<u64>,
    /// Value of the right side, where it is a number.
    pub(super) right_number: Option<i128>,
    /// Value of the left side, where it is a number.
    pub(super) left_number: Option<i128>,
}

impl Body<'_> {
    /// The comparisons that hold where the block begins.
    pub(super) fn facts(&self, block: BlockId) -> Vec<&Fact> {
        let table = self.facts.get_or_init(|| self.all_facts());
        let graph = self.graph();
        let mut found = Vec::new();
        // Nothing is known any more once the work is spent.
        if self.is_exhausted() {
            return found;
        }
        for at in graph.up(block) {
            self.spend(1);
            let Some(predecessors) = graph.predecessors.get(at.0 as usize) else {
                continue;
            };
            // Several ways in: each test on the way is a test, though which one held is not known.
            for from in predecessors.iter().take(6) {
                let Some(Some([when_true, when_false])) = table.get(from.0 as usize) else {
                    continue;
                };
                let Some(Terminator::Branch {
                    then, otherwise, ..
                }) = self.function.block(*from).map(|block| &block.terminator)
                else {
                    continue;
                };
                if *then == at && *otherwise != at {
                    found.extend(when_true.iter());
                } else if *otherwise == at && *then != at {
                    found.extend(when_false.iter());
                }
            }
        }
        found
    }

    fn all_facts(&self) -> Vec<Option<[Vec<Fact>; 2]>> {
        (0..)
            .zip(&self.function.blocks)
            .map(|(id, block)| {
                let Terminator::Branch { condition, .. } = &block.terminator else {
                    return None;
                };
                self.graph().is_reachable(BlockId(id)).then(|| {
                    let yes = self.branch_facts(condition, false);
                    let no = self.branch_facts(condition, true);
                    [yes, no]
                })
            })
            .collect()
    }

    fn branch_facts(&self, condition: &Operand, is_negated: bool) -> Vec<Fact> {
        match self.definition_of(condition) {
            Some(Definition::Value(Rvalue::Binary(op, left, right))) if op.is_comparison() => {
                let op = match is_negated {
                    true => op.negated().unwrap_or(*op),
                    false => *op,
                };
                // The variant of a call's result tells of the call's arguments.
                if let Some(Definition::Value(Rvalue::Discriminant(place))) =
                    self.definition_of(left)
                {
                    return self.call_facts(&Operand::Copy(place.clone()), true);
                }
                let (op, left, right) = match op {
                    BinaryOp::Gt => (BinaryOp::Lt, right, left),
                    BinaryOp::Ge => (BinaryOp::Le, right, left),
                    other => (other, left, right),
                };
                vec![Fact {
                    op,
                    left: self.parts(left),
                    right: self.parts(right),
                    left_number: self.number(left),
                    right_number: self.number(right),
                }]
            }
            Some(Definition::Value(Rvalue::Use(inner) | Rvalue::Unary(_, inner))) => {
                self.branch_facts(inner, is_negated)
            }
            _ => self.call_facts(condition, false),
        }
    }

    /// A test by a function: whatever was handed to it was looked at.
    /// A result that may be an error tells something only where the function's name says that it
    /// looks (`by_variant`); any other may fail for its own reasons.
    fn call_facts(&self, result: &Operand, by_variant: bool) -> Vec<Fact> {
        let mut parts = Vec::new();
        let mut at = result.clone();
        for _ in 0..4 {
            let Some(Definition::Call(callee, arguments)) = self.definition_of(&at) else {
                break;
            };
            let name = self.callee_name(callee);
            if matches!(name, "next" | "read" | "recv" | "lock") {
                break;
            }
            let looks = !by_variant || looks_at_arguments(name);
            let of_file = match callee {
                Callee::Function(symbol) | Callee::Method(symbol) => Some(*symbol),
                Callee::Macro(_) | Callee::Pointer(_) => None,
            };
            // What `ok_or` gives tells that there is a value, not which.
            let skipped = usize::from(TRANSPARENT.contains(&name));
            for (index, argument) in arguments.iter().enumerate().take(6).skip(skipped) {
                // Bytes are handed out to be looked at; a number may be used for anything, unless the
                // function stands in this file and compares it.
                if !looks
                    && self.unit.types.int(self.type_of(argument)).is_some()
                    && !of_file.is_some_and(|name| self.callee_compares(name, index))
                {
                    continue;
                }
                parts.extend(self.parts(argument));
                if let Some(Definition::Value(Rvalue::Aggregate(inner))) =
                    self.definition_of(argument)
                {
                    for (_, inner) in inner.iter().take(4) {
                        parts.extend(self.parts(inner));
                    }
                }
            }
            match arguments.first() {
                Some(receiver) => at = receiver.clone(),
                None => break,
            }
        }
        if parts.is_empty() {
            return Vec::new();
        }
        vec![Fact {
            op: BinaryOp::Eq,
            left: parts,
            right: Vec::new(),
            left_number: None,
            right_number: None,
        }]
    }

    /// Whether something keeps the value from being too large where the block begins.
    pub(super) fn is_bounded_above(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block).iter().any(|fact| match fact.op {
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Eq => {
                overlaps(&fact.left, &parts)
                    || (fact.op == BinaryOp::Eq && overlaps(&fact.right, &parts))
            }
            _ => false,
        })
    }

    /// Whether a variable that several assignments fill is compared anywhere: each way may have
    /// its own test.
    pub(super) fn is_tested_on_some_way(&self, operand: &Operand) -> bool {
        let mut place = match operand {
            Operand::Copy(place) => place,
            _ => return false,
        };
        for _ in 0..4 {
            let Base::Local(local) = place.base else {
                return false;
            };
            if self.definitions(local).len() > 1 {
                break;
            }
            match self.definition(local) {
                Some(Definition::Value(
                    Rvalue::Use(Operand::Copy(inner))
                    | Rvalue::Cast {
                        value: Operand::Copy(inner),
                        ..
                    },
                )) => place = inner,
                _ => return false,
            }
        }
        let key = [self.place_key(place)];
        let table = self.facts.get_or_init(|| self.all_facts());
        table
            .iter()
            .flatten()
            .flatten()
            .flatten()
            .any(|fact| overlaps(&fact.left, &key) || overlaps(&fact.right, &key))
    }

    /// Whether something keeps the value from being too small where the block begins.
    pub(super) fn is_bounded_below(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block).iter().any(|fact| match fact.op {
            BinaryOp::Lt | BinaryOp::Le => {
                overlaps(&fact.right, &parts) && fact.left_number.is_none_or(|low| low >= 0)
            }
            BinaryOp::Eq => overlaps(&fact.left, &parts) || overlaps(&fact.right, &parts),
            BinaryOp::Ne => {
                (overlaps(&fact.left, &parts) && fact.right_number == Some(0))
                    || (overlaps(&fact.right, &parts) && fact.left_number == Some(0))
            }
            _ => false,
        })
    }

    /// Whether any comparison or test on the way looked at the value.
    pub(super) fn is_mentioned(&self, operand: &Operand, block: BlockId) -> bool {
        let parts = self.parts(operand);
        self.facts(block)
            .iter()
            .any(|fact| overlaps(&fact.left, &parts) || overlaps(&fact.right, &parts))
    }
}

/// Whether a function's name says that it tests what it is given.
fn looks_at_arguments(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "check", "valid", "ensure", "verify", "get", "checked", "try", "split", "first", "last",
        "find", "position", "is", "contains", "require", "assert", "parse", "new", "from", "ok",
        "bounds", "strip", "slice", "filter", "then", "in", "lookup",
    ];
    name.split('_').any(|part| {
        WORDS
            .iter()
            .any(|word| part == *word || (word.len() > 4 && part.starts_with(word)))
    })
}

/// Whether two lists of keys share one.
pub(super) fn overlaps(left: &[u64], right: &[u64]) -> bool {
    left.iter().any(|key| right.contains(key))
}
