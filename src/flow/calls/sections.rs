//! Where in a function interrupts are kept out.

use super::graph::CallGraph;
use super::names;
use crate::finding::Span;
use crate::flow::ir::{Callee, Function, Statement, StatementKind, Unit};
use crate::syntax::SourceFile;

/// The sections of one function.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// By block: whether every way to it has entered a section and not left it.
    on_entry: Vec<bool>,
    /// Blocks of macros (`ATOMIC_BLOCK(..) { .. }`).
    blocks: Vec<Span>,
    /// The whole function: all its callers in the file call it from one.
    is_whole: bool,
}

/// The sections of every function of a file.
pub(super) fn of_file(unit: &Unit, file: &SourceFile<'_>, graph: &CallGraph) -> Vec<Sections> {
    let mut all: Vec<Sections> = unit
        .functions
        .iter()
        .map(|function| of_function(unit, file, function))
        .collect();
    // Two rounds: a helper of a helper.
    for _ in 0..2 {
        let mut open = vec![false; all.len()];
        let mut called = vec![false; all.len()];
        for (index, function) in unit.functions.iter().enumerate() {
            for call in graph.of(index) {
                let is_in = all
                    .get(index)
                    .is_some_and(|own| own.covers((unit, file.text), function, call.at, call.span));
                if let (Some(called), Some(open)) = (called.get_mut(call.to), open.get_mut(call.to))
                {
                    *called = true;
                    *open |= !is_in;
                }
            }
        }
        let functions = unit.functions.iter().zip(&mut all);
        for ((function, own), (called, open)) in functions.zip(called.iter().zip(&open)) {
            own.is_whole = function.is_private && *called && !*open;
        }
    }
    all
}

fn of_function(unit: &Unit, file: &SourceFile<'_>, function: &Function) -> Sections {
    let count = function.blocks.len();
    // Not reached yet: `None`.
    let mut state: Vec<Option<bool>> = vec![None; count];
    if let Some(entry) = state.first_mut() {
        *entry = Some(false);
    }
    let mut work = vec![0_usize];
    while let Some(at) = work.pop() {
        let (Some(block), Some(Some(before))) = (function.blocks.get(at), state.get(at).copied())
        else {
            continue;
        };
        let mut is_in = before;
        for statement in &block.statements {
            step(unit, file.text, statement, &mut is_in);
        }
        for next in block.terminator.successors() {
            let next = next.0 as usize;
            let Some(slot) = state.get_mut(next) else {
                continue;
            };
            let joined = slot.is_none_or(|known| known) && is_in;
            if *slot != Some(joined) {
                *slot = Some(joined);
                work.push(next);
            }
        }
    }
    let blocks = file
        .macro_loops
        .iter()
        .filter(|one| function.span.contains(one.name))
        .filter(|one| {
            let name = String::from_utf8_lossy(one.name.of(file.text)).to_ascii_lowercase();
            name.contains("atomic") || name.contains("critical")
        })
        .map(|one| file.tree.span(one.node))
        .collect();
    Sections {
        on_entry: state.into_iter().map(|one| one == Some(true)).collect(),
        blocks,
        is_whole: false,
    }
}

/// What a statement does to the section.
fn step(unit: &Unit, text: &[u8], statement: &Statement, is_in: &mut bool) {
    match &statement.kind {
        StatementKind::Call {
            callee: Callee::Function(name),
            ..
        } => {
            let name = unit.names.text(*name);
            if names::enters_section(name) {
                *is_in = true;
            } else if names::leaves_section(name) {
                *is_in = false;
            }
        }
        StatementKind::Clobber(_) => {
            let code = statement.span.of(text);
            if memchr::memmem::find(code, b"cpsid").is_some() {
                *is_in = true;
            } else if memchr::memmem::find(code, b"cpsie").is_some() {
                *is_in = false;
            }
        }
        _ => {}
    }
}

impl Sections {
    /// Whether interrupts are kept out at a statement.
    pub(super) fn covers(
        &self,
        (unit, text): (&Unit, &[u8]),
        function: &Function,
        (block, statement): (usize, usize),
        span: Span,
    ) -> bool {
        if self.is_whole || self.blocks.iter().any(|one| one.contains(span)) {
            return true;
        }
        let mut is_in = self.on_entry.get(block) == Some(&true);
        let statements = function
            .blocks
            .get(block)
            .map_or(&[][..], |b| &b.statements);
        for before in statements.iter().take(statement) {
            step(unit, text, before, &mut is_in);
        }
        is_in
    }
}
