//! Which functions of a file run in an interrupt: the handlers, and what they call.

use rustc_hash::FxHashMap;

use super::graph::CallGraph;
use super::names;
use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::ir::{
    Base, Callee, Function, Init, LocalId, Operand, Rvalue, StatementKind, Symbol, Unit,
};
use crate::syntax::SourceFile;

/// How a function gets to run in an interrupt.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// The handler at the start.
    root: usize,
    /// The call that leads here, and its caller; none for a handler itself.
    from: Option<(usize, Span)>,
}

/// The functions of a file that run in an interrupt.
#[derive(Debug)]
pub(super) struct Interrupts {
    ways: Vec<Option<Way>>,
    names: Vec<String>,
}

impl Interrupts {
    /// Handlers by name, attribute, registration and vector table, and all they call.
    pub(super) fn new(
        unit: &Unit,
        file: &SourceFile<'_>,
        graph: &CallGraph,
        isr_names: &[String],
    ) -> Self {
        let names: Vec<String> = unit
            .functions
            .iter()
            .map(|function| said(unit, file, function))
            .collect();
        let mut is_root = vec![false; unit.functions.len()];
        let has_attributes = memchr::memmem::find(file.text, b"interrupt").is_some()
            || memchr::memmem::find(file.text, b"__irq").is_some();
        for ((function, name), slot) in unit.functions.iter().zip(&names).zip(&mut is_root) {
            let by_name = names::is_handler(name)
                || isr_names.iter().any(|pattern| names::fits(pattern, name));
            *slot = by_name && !is_of_a_thread(unit, function)
                || has_attributes && has_attribute(file, function);
        }
        for symbol in registered(unit).into_iter().chain(in_vector_tables(unit)) {
            if let Some(slot) = graph.find(symbol).and_then(|at| is_root.get_mut(at)) {
                *slot = true;
            }
        }
        let serves_both: Vec<bool> = unit.functions.iter().map(|one| asks(unit, one)).collect();
        let mut ways: Vec<Option<Way>> = vec![None; unit.functions.len()];
        let mut queue = std::collections::VecDeque::new();
        for (root, _) in is_root.iter().enumerate().filter(|(_, is_one)| **is_one) {
            if serves_both.get(root) == Some(&true) {
                continue;
            }
            if let Some(slot) = ways.get_mut(root) {
                *slot = Some(Way { root, from: None });
                queue.push_back(root);
            }
        }
        while let Some(at) = queue.pop_front() {
            let Some(root) = ways.get(at).copied().flatten().map(|way| way.root) else {
                continue;
            };
            for call in graph.of(at) {
                if serves_both.get(call.to) == Some(&true) {
                    continue;
                }
                if let Some(slot @ None) = ways.get_mut(call.to) {
                    *slot = Some(Way {
                        root,
                        from: Some((at, call.span)),
                    });
                    queue.push_back(call.to);
                }
            }
        }
        Self { ways, names }
    }

    /// Whether no function of the file does.
    pub(super) fn is_empty(&self) -> bool {
        self.ways.iter().all(Option::is_none)
    }

    /// Whether a function does.
    pub(super) fn reach(&self, function: usize) -> bool {
        self.ways.get(function).is_some_and(Option::is_some)
    }

    /// The name of a function as a person would say it.
    pub(super) fn name(&self, function: usize) -> &str {
        self.names.get(function).map_or("", String::as_str)
    }

    /// The handler that a function runs for.
    pub(super) fn handler_of(&self, function: usize) -> Option<&str> {
        let way = self.ways.get(function).copied().flatten()?;
        Some(self.name(way.root))
    }

    /// The calls from the handler to a function.
    pub(super) fn path_to(&self, function: usize) -> Vec<Note> {
        let mut path = Vec::new();
        let mut at = function;
        while let Some(Some(Way {
            from: Some((caller, span)),
            ..
        })) = self.ways.get(at)
        {
            path.push(Note {
                span: *span,
                message: format!("`{}` calls `{}`", self.name(*caller), self.name(at)),
            });
            at = *caller;
        }
        path.reverse();
        path
    }
}

/// A function's name, with the vector where a macro heads it.
fn said(unit: &Unit, file: &SourceFile<'_>, function: &Function) -> String {
    match file.functions.get(function.syntax as usize) {
        Some(syntax) if !syntax.name.is_empty() => syntax.name.clone(),
        _ => unit.names.text(function.name).to_owned(),
    }
}

/// Network drivers of RIOT have an `isr` that a thread calls.
fn is_of_a_thread(unit: &Unit, function: &Function) -> bool {
    let first = function
        .parameters
        .first()
        .and_then(|id| function.local(*id));
    let pointee = first.and_then(|local| unit.types.pointee(local.ty));
    let name = pointee.and_then(|to| match unit.types.get(to) {
        crate::flow::ir::Type::Named(name) => Some(*name),
        crate::flow::ir::Type::Record(id) => unit.types.record(*id)?.name,
        _ => None,
    });
    name.is_some_and(|name| matches!(unit.names.text(name), "netdev_t" | "netdev"))
}

/// `__attribute__((interrupt))`, `__interrupt`, `__irq` in front of a function's body.
fn has_attribute(file: &SourceFile<'_>, function: &Function) -> bool {
    let Some(syntax) = file.functions.get(function.syntax as usize) else {
        return false;
    };
    let body = file.tree.span(syntax.body).start as usize;
    let start = syntax.span.start as usize;
    // Attributes in front may lie outside of the definition's bytes.
    let before = file
        .text
        .get(start.saturating_sub(120)..start)
        .unwrap_or_default();
    let from =
        memchr::memrchr3(b';', b'}', b'#', before).map_or(before.len(), |at| before.len() - at - 1);
    let head = file
        .text
        .get(start.saturating_sub(from)..body)
        .unwrap_or_default();
    let has = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    has(b"__attribute__") && (has(b"((interrupt") || has(b"(( interrupt") || has(b"interrupt("))
        || has(b"__interrupt")
        || has(b"__irq ")
        || has(b"[[gnu::interrupt")
}

/// Functions given to calls that register handlers.
fn registered(unit: &Unit) -> Vec<Symbol> {
    let mut found = Vec::new();
    for function in &unit.functions {
        let mut held: FxHashMap<LocalId, Symbol> = FxHashMap::default();
        for statement in function.blocks.iter().flat_map(|block| &block.statements) {
            match &statement.kind {
                StatementKind::Assign {
                    target,
                    value:
                        Rvalue::Use(Operand::Function(name))
                        | Rvalue::Cast {
                            value: Operand::Function(name),
                            ..
                        },
                } => {
                    if let (Base::Local(id), true) = (target.base, target.path.is_empty()) {
                        held.insert(id, *name);
                    }
                }
                StatementKind::Call {
                    callee: Callee::Function(name),
                    arguments,
                    ..
                } => {
                    let at = names::handler_argument(unit.names.text(*name));
                    match at.and_then(|at| arguments.get(at)) {
                        Some(Operand::Function(handler)) => found.push(*handler),
                        Some(Operand::Copy(place)) => {
                            if let Base::Local(id) = place.base {
                                found.extend(held.get(&id));
                            }
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Functions in tables of vectors, but for those of faults and of the start.
fn in_vector_tables(unit: &Unit) -> Vec<Symbol> {
    let mut found = Vec::new();
    for global in &unit.globals {
        let name = unit.names.text(global.name).to_ascii_lowercase();
        if !name.contains("vector") && !name.contains("isr_table") {
            continue;
        }
        let mut stack = vec![&global.init];
        while let Some(init) = stack.pop() {
            match init {
                Init::List(list) => stack.extend(list.iter().map(|(_, init)| init)),
                Init::Value(Operand::Function(handler)) => {
                    let name = unit.names.text(*handler).to_ascii_lowercase();
                    let is_other = [
                        "reset", "fault", "default", "nmi", "dummy", "start", "unused",
                    ]
                    .iter()
                    .any(|word| name.contains(word));
                    if !is_other {
                        found.push(*handler);
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// Whether a function asks where it runs.
fn asks(unit: &Unit, function: &Function) -> bool {
    let statements = function.blocks.iter().flat_map(|block| &block.statements);
    statements.into_iter().any(|statement| {
        matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), .. }
            if names::asks_for_interrupt(unit.names.text(*name)))
    })
}
