//! Globals that several threads of the file use.

use crate::finding::Span;
use crate::flow::interpret::machine::Machine;
use crate::flow::ir::{
    Base, Callee, Function, GlobalId, Operand, Projection, StatementKind, Symbol,
};
use crate::flow::models::Effect;

/// How a function uses a global.
#[derive(Debug, Clone, Copy)]
struct Use {
    global: GlobalId,
    is_write: bool,
    span: Span,
}

impl Machine<'_> {
    /// Functions that run as threads, use the same global without a lock, and write it.
    pub(crate) fn check_threads(&mut self) {
        let started = self.started_threads();
        if started.is_empty() {
            return;
        }
        let unit = self.unit;
        let mut uses: Vec<(usize, Use)> = Vec::new();
        for (index, (name, _)) in started.iter().enumerate() {
            let Some(function) = self.by_name.get(name).and_then(|at| self.function(*at)) else {
                continue;
            };
            self.unlocked_uses(function, &mut |found| uses.push((index, found)));
        }
        for (index, found) in &uses {
            if !found.is_write {
                continue;
            }
            let times = started.get(*index).map_or(0, |entry| entry.1);
            let other = uses
                .iter()
                .find(|(other, use_)| use_.global == found.global && (other != index || times > 1));
            let Some(global) = unit.global(found.global).filter(|_| other.is_some()) else {
                continue;
            };
            let name = unit.names.text(global.name).to_owned();
            self.report(
                "unsynchronised-access",
                found.span,
                vec![("$X", name.clone())],
                Vec::new(),
                None,
                format!("another thread uses `{name}` at the same time"),
            );
        }
    }

    /// Functions of the file that are started as threads, and how often.
    fn started_threads(&self) -> Vec<(Symbol, u32)> {
        let mut started: Vec<(Symbol, u32)> = Vec::new();
        for function in &self.unit.functions {
            for (at, block) in function.blocks.iter().enumerate() {
                for statement in &block.statements {
                    let StatementKind::Call {
                        callee: Callee::Function(name),
                        arguments,
                        ..
                    } = &statement.kind
                    else {
                        continue;
                    };
                    let Some(index) = self.model(*name).and_then(|model| {
                        model.effects.iter().find_map(|effect| match effect {
                            Effect::StartsThread { function, .. } => Some(usize::from(*function)),
                            _ => None,
                        })
                    }) else {
                        continue;
                    };
                    let Some(Operand::Function(thread)) = arguments.get(index) else {
                        continue;
                    };
                    // In a loop it is started many times.
                    let is_in_loop = function.blocks.iter().skip(at).any(|block| {
                        block
                            .terminator
                            .successors()
                            .iter()
                            .any(|to| to.0 as usize <= at)
                    });
                    let times = 1 + u32::from(is_in_loop);
                    match started.iter_mut().find(|entry| entry.0 == *thread) {
                        Some(entry) => entry.1 += times,
                        None => started.push((*thread, times)),
                    }
                }
            }
        }
        started
    }

    /// Uses of plain globals in a function that takes no lock at all.
    fn unlocked_uses(&self, function: &Function, found: &mut impl FnMut(Use)) {
        let takes_lock = function.blocks.iter().any(|block| {
            block.statements.iter().any(|statement| {
                matches!(&statement.kind, StatementKind::Call { callee: Callee::Function(name), .. }
                if self.model(*name).is_some_and(|model| model.effects.iter().any(|effect| {
                    matches!(
                        effect,
                        Effect::Locks { .. }
                            | Effect::LocksOrTimesOut { .. }
                            | Effect::TriesLock { .. }
                    )
                })))
            })
        });
        if takes_lock {
            return;
        }
        for block in &function.blocks {
            for statement in &block.statements {
                let written = match &statement.kind {
                    StatementKind::Assign { target, .. } => Some(target),
                    StatementKind::Call { target, .. } => target.as_ref(),
                    _ => None,
                };
                crate::flow::interpret::visit_statement(
                    &statement.kind,
                    &mut |place, is_address| {
                        let Base::Global(id) = place.base else {
                            return;
                        };
                        let is_plain = !place
                            .path
                            .iter()
                            .any(|step| matches!(step, Projection::Deref));
                        if !is_plain
                            || is_address
                            || self.unit.global(id).is_none_or(|global| global.is_const)
                        {
                            return;
                        }
                        found(Use {
                            global: id,
                            is_write: written.is_some_and(|target| std::ptr::eq(target, place)),
                            span: statement.span,
                        });
                    },
                );
            }
        }
    }
}
