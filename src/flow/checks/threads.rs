//! Globals that several threads of the file use.

use super::lock_exits::takes_by_name;
use crate::finding::Span;
use crate::flow::defect::Note;
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

/// A function that is started as a thread.
#[derive(Debug, Clone, Copy)]
struct Thread {
    name: Symbol,
    /// How often it is started at one time, more than one counted as two.
    times: u32,
    /// The function that starts it.
    starter: usize,
    /// How many threads that function has waited for before.
    generation: u32,
}

impl Thread {
    fn started_in(&self, starter: usize, generation: u32) -> bool {
        self.starter == starter && self.generation == generation
    }

    /// Whether another one runs at the same time, as far as one function says so.
    fn runs_beside(&self, other: &Self) -> bool {
        self.started_in(other.starter, other.generation)
    }
}

/// Whether a call waits for the end of a thread.
fn is_join(name: &str) -> bool {
    matches!(
        name,
        "pthread_join" | "thrd_join" | "osThreadJoin" | "k_thread_join"
    )
}

impl Machine<'_> {
    /// Functions that run as threads at one time and use the same global without a lock, where one
    /// of them changes it by what it was: what the other one does in between is lost.
    pub(crate) fn check_threads(&mut self) {
        let started = self.started_threads();
        if started.is_empty() {
            return;
        }
        let unit = self.unit;
        let mut uses: Vec<(usize, Use)> = Vec::new();
        for (index, thread) in started.iter().enumerate() {
            let function = self.by_name.get(&thread.name);
            let Some(function) = function.and_then(|at| self.function(*at)) else {
                continue;
            };
            self.unlocked_uses(function, &mut |found| uses.push((index, found)));
        }
        let mut told: Vec<(usize, GlobalId)> = Vec::new();
        for (index, found) in &uses {
            let reads = |(of, other): &(usize, Use)| {
                let is_inside =
                    found.span.start <= other.span.start && other.span.end <= found.span.end;
                of == index && other.global == found.global && !other.is_write && is_inside
            };
            if !found.is_write || told.contains(&(*index, found.global)) || !uses.iter().any(reads)
            {
                continue;
            }
            let Some(thread) = started.get(*index) else {
                continue;
            };
            let other = uses.iter().find(|(of, other)| {
                let is_beside = match of == index {
                    true => thread.times > 1,
                    false => started
                        .get(*of)
                        .is_some_and(|other| other.runs_beside(thread)),
                };
                other.global == found.global && is_beside
            });
            let (Some((_, other)), Some(global)) = (other, unit.global(found.global)) else {
                continue;
            };
            told.push((*index, found.global));
            let name = unit.names.text(global.name).to_owned();
            self.report(
                "unsynchronised-access",
                found.span,
                vec![("$X", name.clone())],
                vec![Note {
                    span: other.span,
                    message: format!("another thread uses `{name}` here"),
                }],
                None,
                format!("`{name}` is read and written here, and no lock is held"),
            );
        }
    }

    /// Functions of the file that are started as threads, and how often.
    fn started_threads(&self) -> Vec<Thread> {
        let mut started: Vec<Thread> = Vec::new();
        for (starter, function) in self.unit.functions.iter().enumerate() {
            let mut generation = 0_u32;
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
                    if is_join(self.unit.names.text(*name)) {
                        generation += 1;
                        continue;
                    }
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
                    let known = started.iter_mut().find(|entry| {
                        entry.name == *thread && entry.started_in(starter, generation)
                    });
                    match known {
                        Some(entry) => entry.times += times,
                        None => started.push(Thread {
                            name: *thread,
                            times,
                            starter,
                            generation,
                        }),
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
                if takes_by_name(self.unit.names.text(*name))
                    || self.model(*name).is_some_and(|model| {
                        model.effects.iter().any(|effect| {
                            matches!(
                                effect,
                                Effect::Locks { .. }
                                    | Effect::LocksOrTimesOut { .. }
                                    | Effect::TriesLock { .. }
                            )
                        })
                    }))
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
                            || self
                                .unit
                                .global(id)
                                .is_none_or(|global| global.is_const || global.is_volatile)
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
