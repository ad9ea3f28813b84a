//! Objects that an interrupt and other code use.
//!
//! One core is assumed, and that handlers of one object do not interrupt each other: what runs in an
//! interrupt counts as one side, all other code as the other.

use std::collections::BTreeMap;

use super::graph::CallGraph;
use super::names;
use super::roots::Interrupts;
use super::sections::{self, Sections};
use crate::finding::Span;
use crate::flow::defect::{Defect, Note};
use crate::flow::interpret::visit_statement;
use crate::flow::ir::{
    Base, Callee, Function, GlobalId, Operand, Place, Projection, Statement, StatementKind, Symbol,
    Terminator, Type, TypeId, Unit,
};
use crate::syntax::SourceFile;

/// An object or a field of one.
type Key = (GlobalId, Vec<Symbol>);

/// One access.
#[derive(Debug, Clone)]
struct Use {
    function: usize,
    is_write: bool,
    /// A write of what was read in the same statement.
    is_update: bool,
    /// Interrupts are kept out.
    is_guarded: bool,
    ty: TypeId,
    span: Span,
}

/// Reports `isr-shared-not-volatile` and `isr-shared-unprotected`.
pub(super) fn check(
    unit: &Unit,
    file: &SourceFile<'_>,
    graph: &CallGraph,
    interrupts: &Interrupts,
    out: &mut Vec<Defect>,
) {
    let mut uses: BTreeMap<Key, Vec<Use>> = BTreeMap::new();
    let mut handed_out = vec![false; unit.globals.len()];
    // Only what some handler touches matters: the rest need not be looked at closely.
    let mut in_handlers = vec![false; unit.globals.len()];
    for (index, function) in unit.functions.iter().enumerate() {
        if interrupts.reach(index) {
            touch(function, &mut in_handlers);
        }
    }
    if !in_handlers.contains(&true) {
        return;
    }
    let sections = sections::of_file(unit, file, graph);
    for (index, function) in unit.functions.iter().enumerate() {
        let empty = Sections::default();
        let own = sections.get(index).unwrap_or(&empty);
        collect(
            (unit, file.text),
            (index, function, own),
            &in_handlers,
            &mut uses,
            &mut handed_out,
        );
    }
    let uses_by_key = uses;
    for (key, uses) in &uses_by_key {
        let Some(global) = unit.global(key.0) else {
            continue;
        };
        // What others may do through its address is not known.
        if handed_out.get(key.0.0 as usize) == Some(&true) || global.is_const {
            continue;
        }
        not_volatile(unit, file, interrupts, (key, uses), out);
        unprotected(unit, interrupts, (key, uses), &uses_by_key, out);
    }
}

/// Marks the globals that a function names.
fn touch(function: &Function, found: &mut [bool]) {
    let mut mark = |place: &Place| {
        if let Base::Global(id) = place.base
            && let Some(slot) = found.get_mut(id.0 as usize)
        {
            *slot = true;
        }
    };
    for block in &function.blocks {
        for statement in &block.statements {
            visit_statement(&statement.kind, &mut |place, _| mark(place));
        }
        if let Some(Operand::Copy(place)) = decided_by(&block.terminator) {
            mark(place);
        }
    }
}

/// What the end of a block reads.
fn decided_by(terminator: &Terminator) -> Option<&Operand> {
    match terminator {
        Terminator::Branch { condition, .. } => Some(condition),
        Terminator::Switch { value, .. } => Some(value),
        Terminator::Return(value) => value.as_ref(),
        _ => None,
    }
}

/// The object that a place is, without pointers and elements in between.
fn key_of(place: &Place) -> Option<Key> {
    let Base::Global(id) = place.base else {
        return None;
    };
    let mut fields = Vec::new();
    for step in &place.path {
        match step {
            Projection::Field(name) => fields.push(*name),
            Projection::Deref | Projection::Index(_) => return None,
        }
    }
    Some((id, fields))
}

fn collect(
    (unit, text): (&Unit, &[u8]),
    (index, function, sections): (usize, &Function, &Sections),
    wanted: &[bool],
    uses: &mut BTreeMap<Key, Vec<Use>>,
    handed_out: &mut [bool],
) {
    for (at, block) in function.blocks.iter().enumerate() {
        // Reads of this block that a later statement of the same expression may write back.
        let mut read_here: Vec<(Key, Span)> = Vec::new();
        for (number, statement) in block.statements.iter().enumerate() {
            let written = match &statement.kind {
                StatementKind::Assign { target, .. } => Some(target),
                StatementKind::Call { target, .. } => target.as_ref(),
                _ => None,
            };
            let mut found: Vec<(Key, bool, TypeId)> = Vec::new();
            visit_statement(&statement.kind, &mut |place, is_address| {
                let Base::Global(id) = place.base else { return };
                if wanted.get(id.0 as usize) != Some(&true) {
                    return;
                }
                if is_address && !is_array(unit, place.ty) {
                    if let Some(slot) = handed_out.get_mut(id.0 as usize) {
                        *slot = true;
                    }
                    return;
                }
                if is_address {
                    return;
                }
                if let Some(key) = key_of(place) {
                    let is_write = written.is_some_and(|target| std::ptr::eq(target, place));
                    found.push((key, is_write, place.ty));
                }
            });
            let is_guarded = !found.is_empty()
                && covers((unit, text), sections, function, (at, number), statement);
            // `n = n + 1` is one statement that names its target first.
            found.sort_by_key(|(_, is_write, _)| *is_write);
            for (key, is_write, ty) in found {
                let is_update = is_write
                    && read_here
                        .iter()
                        .any(|(other, span)| *other == key && statement.span.contains(*span));
                if !is_write {
                    read_here.push((key.clone(), statement.span));
                }
                uses.entry(key).or_default().push(Use {
                    function: index,
                    is_write,
                    is_update,
                    is_guarded,
                    ty,
                    span: statement.span,
                });
            }
        }
        if let Some(Operand::Copy(place)) = decided_by(&block.terminator)
            && let Some(key) = key_of(place)
            && wanted.get(key.0.0 as usize) == Some(&true)
        {
            let end = block.statements.len();
            uses.entry(key).or_default().push(Use {
                function: index,
                is_write: false,
                is_update: false,
                is_guarded: sections.covers((unit, text), function, (at, end), place.span),
                ty: place.ty,
                span: place.span,
            });
        }
    }
}

fn covers(
    of: (&Unit, &[u8]),
    sections: &Sections,
    function: &Function,
    at: (usize, usize),
    statement: &Statement,
) -> bool {
    sections.covers(of, function, at, statement.span)
        // `irq = irq_disable()` and the like.
        || matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), .. }
            if names::enters_section(of.0.names.text(*name)))
}

fn is_array(unit: &Unit, ty: TypeId) -> bool {
    matches!(unit.types.get(ty), Type::Array { .. })
}

/// A plain variable that a handler sets, other code reads, and the compiler may keep a copy of.
fn not_volatile(
    unit: &Unit,
    file: &SourceFile<'_>,
    interrupts: &Interrupts,
    ((id, fields), uses): (&Key, &[Use]),
    out: &mut Vec<Defect>,
) {
    let Some(global) = unit.global(*id) else {
        return;
    };
    let is_scalar = matches!(
        unit.types.get(global.ty),
        Type::Int { .. } | Type::Bool | Type::Float { .. }
    );
    if !fields.is_empty()
        || !is_scalar
        || global.is_volatile
        || global.is_extern
        || global.function.is_some()
        || says_volatile_or_atomic(file, global.span)
    {
        return;
    }
    let set = uses
        .iter()
        .find(|one| one.is_write && interrupts.reach(one.function));
    let read = uses.iter().find(|one| {
        !one.is_write
            && !one.is_guarded
            && !interrupts.reach(one.function)
            && !names::is_set_up(interrupts.name(one.function))
    });
    let (Some(set), Some(read)) = (set, read) else {
        return;
    };
    let handler = interrupts.handler_of(set.function).unwrap_or_default();
    let name = unit.names.text(global.name);
    let mut trace = interrupts.path_to(set.function);
    trace.push(Note {
        span: set.span,
        message: format!("the interrupt sets `{name}` here"),
    });
    trace.push(Note {
        span: read.span,
        message: format!("`{name}` is read here, where the compiler may use an older reading"),
    });
    out.push(Defect {
        analysis: "isr-shared-not-volatile",
        span: global.span,
        names: vec![("$X", name.to_owned()), ("$ISR", handler.to_owned())],
        trace,
        related: Vec::new(),
        far: Vec::new(),
    });
}

/// `volatile` or an atomic type in front of a declarator, where a macro hides it from the parser.
fn says_volatile_or_atomic(file: &SourceFile<'_>, declarator: Span) -> bool {
    let end = declarator.start as usize;
    let before = file
        .text
        .get(end.saturating_sub(80)..end)
        .unwrap_or_default();
    let from = memchr::memrchr3(b';', b'}', b'\n', before).map_or(0, |at| at + 1);
    let words =
        String::from_utf8_lossy(before.get(from..).unwrap_or_default()).to_ascii_lowercase();
    words.contains("volatile") || words.contains("atomic") || words.contains("__io")
}

/// Changes of other code that an interrupt can fall into the middle of.
fn unprotected(
    unit: &Unit,
    interrupts: &Interrupts,
    ((id, fields), uses): (&Key, &[Use]),
    all: &BTreeMap<Key, Vec<Use>>,
    out: &mut Vec<Defect>,
) {
    let Some(global) = unit.global(*id) else {
        return;
    };
    let by_handler = |is_write: bool| {
        uses.iter()
            .find(|one| one.is_write == is_write && interrupts.reach(one.function))
    };
    // Members, one by one.
    let part_by_handler = |is_write: bool| {
        all.iter()
            .filter(|((other, path), _)| other == id && path.starts_with(fields))
            .flat_map(|(_, uses)| uses)
            .find(|one| one.is_write == is_write && interrupts.reach(one.function))
    };
    let mut name = unit.names.text(global.name).to_owned();
    for field in fields {
        name.push('.');
        name.push_str(unit.names.text(*field));
    }
    let word = u64::from(unit.target.pointer_bits / 8);
    let mut told: Vec<Span> = Vec::new();
    for one in uses {
        if one.is_guarded
            || interrupts.reach(one.function)
            || names::is_set_up(interrupts.name(one.function))
            || told.contains(&one.span)
        {
            continue;
        }
        let is_wide = matches!(
            unit.types.get(one.ty),
            Type::Int { .. } | Type::Float { .. }
        ) && unit.types.size(one.ty).is_some_and(|size| size > word);
        let is_record = matches!(unit.types.get(one.ty), Type::Record(_))
            && unit.types.size(one.ty).is_none_or(|size| size > word);
        let (other, how, what) = if is_record && one.is_write {
            (
                part_by_handler(true).or_else(|| part_by_handler(false)),
                "written member by member",
                "uses it",
            )
        } else if is_record {
            (
                part_by_handler(true),
                "copied member by member",
                "changes it",
            )
        } else if one.is_update {
            (
                by_handler(true),
                "read, changed and written back",
                "changes it, too",
            )
        } else if is_wide && one.is_write {
            (
                by_handler(true).or_else(|| by_handler(false)),
                "written in two halves",
                "uses it",
            )
        } else if is_wide {
            (by_handler(true), "read in two halves", "changes it")
        } else {
            continue;
        };
        let Some(other) = other else { continue };
        told.push(one.span);
        let handler = interrupts.handler_of(other.function).unwrap_or_default();
        let mut trace = interrupts.path_to(other.function);
        trace.push(Note {
            span: other.span,
            message: format!("the interrupt uses `{name}` here"),
        });
        trace.push(Note {
            span: one.span,
            message: format!("`{name}` is {how}, and nothing keeps the interrupt out"),
        });
        out.push(Defect {
            analysis: "isr-shared-unprotected",
            span: one.span,
            names: vec![
                ("$X", name.clone()),
                ("$HOW", how.to_owned()),
                ("$ISR", handler.to_owned()),
                ("$WHAT", what.to_owned()),
            ],
            trace,
            related: Vec::new(),
            far: Vec::new(),
        });
    }
}
