//! What kind of lock a handle stands for: by the call that made it, else by its name.

use rustc_hash::FxHashMap;

use crate::finding::Span;
use crate::flow::interpret::machine::Machine;
use crate::flow::interpret::state::{Lock, LockKey};
use crate::flow::ir::{Callee, Operand, Rvalue, StatementKind};
use crate::flow::models::{Effect, lock as kinds};

use super::lock_exits::{last_word, words_of};

impl Machine<'_> {
    /// The kind of the lock in an argument. A semaphore of FreeRTOS is a mutex where the file makes it
    /// as one, or where it is called one and the file does not say.
    pub(super) fn kind_of(&mut self, kind: u8, argument: Span) -> u8 {
        if kind != kinds::SEMAPHORE {
            return kind;
        }
        let text = self.lock_text(argument);
        let name = last_word(&text);
        let made = self.made_locks().get(name).copied();
        made.unwrap_or(match is_mutex_name(name) {
            true => kinds::MUTEX,
            false => kinds::SEMAPHORE,
        })
    }

    /// The handles that calls of the file make, by their last names. What is made as two kinds is
    /// a semaphore, of which the least is said.
    fn made_locks(&mut self) -> &FxHashMap<String, u8> {
        if self.lock_kinds.is_none() {
            let mut kinds_by_name: FxHashMap<String, u8> = FxHashMap::default();
            for (name, kind) in self.making_calls() {
                kinds_by_name
                    .entry(name)
                    .and_modify(|known| {
                        if *known != kind {
                            *known = kinds::SEMAPHORE;
                        }
                    })
                    .or_insert(kind);
            }
            self.lock_kinds = Some(kinds_by_name);
        }
        self.lock_kinds.get_or_insert_default()
    }

    fn making_calls(&self) -> Vec<(String, u8)> {
        let mut made = Vec::new();
        let statements = self
            .unit
            .functions
            .iter()
            .flat_map(|function| &function.blocks)
            .flat_map(|block| &block.statements);
        let mut fresh = None;
        for statement in statements {
            match &statement.kind {
                StatementKind::Call {
                    callee: Callee::Function(name),
                    target: Some(target),
                    ..
                } => {
                    let effects = self.model(*name).map_or(&[][..], |model| model.effects);
                    let kind = effects.iter().find_map(|effect| match effect {
                        Effect::MakesLock(kind) => Some(*kind),
                        _ => None,
                    });
                    fresh = kind.map(|kind| (target.base, kind));
                    if let Some(kind) = kind {
                        made.push((last_word(&self.lock_text(target.span)).to_owned(), kind));
                    }
                }
                // The result, on its way into the handle.
                StatementKind::Assign { target, value } => {
                    let Some((of, kind)) = fresh else { continue };
                    if let Rvalue::Use(Operand::Copy(from))
                    | Rvalue::Cast {
                        value: Operand::Copy(from),
                        ..
                    } = value
                        && from.base == of
                    {
                        made.push((last_word(&self.lock_text(target.span)).to_owned(), kind));
                        fresh = Some((target.base, kind));
                    }
                }
                _ => {}
            }
        }
        made
    }

    /// Whether a semaphore keeps others out, as opposed to telling them something: no function of
    /// the file gives it without having taken it.
    pub(super) fn is_guard(&mut self, argument: Span) -> bool {
        let text = self.lock_text(argument);
        !self.is_handed_over(&text)
    }

    /// Whether a lock that is held is one that others wait for: the file releases it as well, and
    /// only where it was taken. What an interrupt or another task gives is a message.
    pub(super) fn keeps_others_out(&mut self, lock: &Lock) -> bool {
        let Some(text) = self.lock_texts.get(&lock.key).cloned() else {
            return true;
        };
        let name = last_word(&text);
        let unit = self.unit;
        let is_given = unit.functions.iter().any(|function| {
            self.lock_calls(function)
                .iter()
                .any(|call| call.is_release && last_word(&call.text) == name)
        });
        is_given && !self.is_handed_over(&text)
    }

    /// Whether nothing but the locking calls of this file knows of a lock: nobody else releases it.
    pub(super) fn is_only_locked_here(&mut self, key: LockKey, argument: Span) -> bool {
        let is_private = self.global_of(key).is_some_and(|name| {
            self.unit
                .globals
                .iter()
                .any(|global| global.name == name && global.is_private)
        });
        let text = self.lock_text(argument);
        is_private && self.is_never(key, |_| false) && !self.is_handed_over(&text)
    }
}

/// `bus_mutex`, `xI2cMtx`, `state_lock`.
fn is_mutex_name(name: &str) -> bool {
    words_of(name).iter().any(|word| {
        word.contains("mutex") || matches!(word.as_str(), "mtx" | "lock" | "guard" | "mux")
    })
}

#[cfg(test)]
mod tests {
    use super::is_mutex_name;

    #[test]
    fn mutexes_are_called_so() {
        for name in ["bus_mutex", "xMutex", "i2c_mtx", "stateLock"] {
            assert!(is_mutex_name(name), "{name}");
        }
        for name in ["rx_done", "xSemaphore", "clock_sem", "blocked"] {
            assert!(!is_mutex_name(name), "{name}");
        }
    }
}
