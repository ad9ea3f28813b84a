//! Direct calls between the functions of a file.

use rustc_hash::FxHashMap;

use crate::finding::Span;
use crate::flow::ir::{Callee, StatementKind, Symbol, Unit};

/// A call of one function of the file by another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// The called function, as an index of the unit's.
    pub to: usize,
    /// The call's bytes.
    pub span: Span,
    /// Where in the caller: block and statement.
    pub at: (usize, usize),
}

/// Who calls whom.
#[derive(Debug)]
pub(super) struct CallGraph {
    calls: Vec<Vec<Call>>,
    by_name: FxHashMap<Symbol, usize>,
}

impl CallGraph {
    /// The graph of a file. A name that two functions have (arms of an `#if`) is nobody's.
    pub(super) fn new(unit: &Unit) -> Self {
        let mut by_name: FxHashMap<Symbol, Option<usize>> = FxHashMap::default();
        for (index, function) in unit.functions.iter().enumerate() {
            let entry = by_name.entry(function.name).or_insert(Some(index));
            if *entry != Some(index) {
                *entry = None;
            }
        }
        let by_name: FxHashMap<Symbol, usize> = unit
            .functions
            .iter()
            .filter_map(|function| Some((function.name, by_name.get(&function.name).copied()??)))
            .collect();
        let calls = unit
            .functions
            .iter()
            .map(|function| {
                let mut found = Vec::new();
                for (block, body) in function.blocks.iter().enumerate() {
                    for (index, statement) in body.statements.iter().enumerate() {
                        if let StatementKind::Call {
                            callee: Callee::Function(name),
                            ..
                        } = &statement.kind
                            && let Some(&to) = by_name.get(name)
                        {
                            found.push(Call {
                                to,
                                span: statement.span,
                                at: (block, index),
                            });
                        }
                    }
                }
                found
            })
            .collect();
        Self { calls, by_name }
    }

    /// What a function calls, in the order of its blocks.
    pub(super) fn of(&self, function: usize) -> &[Call] {
        self.calls.get(function).map_or(&[], Vec::as_slice)
    }

    /// The function of a name.
    pub(super) fn find(&self, name: Symbol) -> Option<usize> {
        self.by_name.get(&name).copied()
    }

    /// Number of functions.
    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }
}
