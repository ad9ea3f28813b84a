//! Locks that a function takes and still holds where it ends.
//!
//! Many functions end with a lock held, and mean to: one half of a pair, a wait for a condition, a
//! mutex that an interrupt releases. So a path that ends with a lock held counts only
//!
//! - where every way to that end takes the lock: what is taken under a condition is released under
//!   the same one, and that the two are the same is not always to be seen;
//! - where the function releases the lock on another way, or the file never does;
//! - where no function of the file releases it without having taken it.

use rustc_hash::FxHashSet;

use crate::finding::Span;
use crate::flow::interpret::machine::{Frame, Machine};
use crate::flow::interpret::state::{Held, Lock, State};
use crate::flow::ir::{BlockId, Callee, Function, StatementKind};
use crate::flow::models::{Effect, lock as kinds};

/// A call that takes or releases a lock.
pub(super) struct LockCall {
    block: usize,
    pub(super) text: String,
    kind: u8,
    pub(super) is_release: bool,
    span: Span,
}

impl Machine<'_> {
    /// The end of a path of a function that anybody may call.
    pub(crate) fn check_held(&mut self, frame: &Frame, state: &State, end: BlockId, span: Span) {
        if frame.depth > 0 || !state.locks.iter().any(|lock| lock.held == Held::Yes) {
            return;
        }
        let Some(function) = self.function(frame.function) else {
            return;
        };
        let name = self.unit.names.text(function.name);
        if name == "main" || takes_by_name(name) {
            return;
        }
        let calls = self.lock_calls(function);
        let held: Vec<Lock> = state
            .locks
            .iter()
            .filter(|lock| lock.held == Held::Yes)
            .copied()
            .collect();
        for lock in held {
            let Some(taken) = calls
                .iter()
                .find(|call| !call.is_release && call.span == lock.span)
            else {
                continue;
            };
            let same = |call: &&LockCall| call.text == taken.text;
            let takes: Vec<usize> = calls
                .iter()
                .filter(same)
                .filter(|call| !call.is_release)
                .map(|call| call.block)
                .collect();
            if reaches(function, 0, &takes, |block| block == end.0 as usize)
                || self.is_handed_over(&taken.text)
            {
                continue;
            }
            // Who got the lock itself may have released it: a wait for a condition, say.
            let is_lent = self.borrowers(function, &taken.text).into_iter().any(|at| {
                reaches(function, taken.block, &[], |block| block == at)
                    && reaches(function, at, &[], |block| block == end.0 as usize)
            });
            if is_lent {
                continue;
            }
            let gives: Vec<usize> = calls
                .iter()
                .filter(same)
                .filter(|call| call.is_release)
                .map(|call| call.block)
                .collect();
            let is_released = reaches(function, taken.block, &[], |block| gives.contains(&block));
            let is_lock = matches!(taken.kind, kinds::MUTEX | kinds::RECURSIVE | kinds::SPIN);
            let is_never = is_lock
                && self.is_never(lock.key, |effect| matches!(effect, Effect::Unlocks { .. }));
            if !is_released && !is_never {
                continue;
            }
            // A path that ends with `return` is told there, any other one where it began.
            let place = if is_released && span.end > span.start + 1 {
                span
            } else {
                lock.span
            };
            let text = taken.text.clone();
            let note = crate::flow::defect::Note {
                span: lock.span,
                message: "taken here".to_owned(),
            };
            self.report(
                "lock-not-released",
                place,
                vec![("$X", text.clone())],
                vec![note],
                Some(state),
                format!("`{text}` is still held when the function ends on this path"),
            );
        }
    }

    /// Blocks with a call that gets a lock of that name and is none that takes or releases it.
    fn borrowers(&self, function: &Function, text: &str) -> Vec<usize> {
        let gets = |statement: &crate::flow::ir::Statement| {
            let StatementKind::Call {
                callee: Callee::Function(name),
                arguments,
                ..
            } = &statement.kind
            else {
                return false;
            };
            let is_known = self.model(*name).is_some();
            !is_known
                && arguments.iter().any(|argument| match argument {
                    crate::flow::ir::Operand::Copy(place) => self.lock_text(place.span) == text,
                    _ => false,
                })
        };
        let blocks = function.blocks.iter().enumerate();
        blocks
            .filter(|(_, block)| block.statements.iter().any(gets))
            .map(|(at, _)| at)
            .collect()
    }

    /// Calls of a function that take and release locks.
    pub(super) fn lock_calls(&self, function: &Function) -> Vec<LockCall> {
        let mut calls = Vec::new();
        for (block, body) in function.blocks.iter().enumerate() {
            for statement in &body.statements {
                let StatementKind::Call {
                    callee: Callee::Function(name),
                    arguments,
                    ..
                } = &statement.kind
                else {
                    continue;
                };
                let effects = self.model(*name).map_or(&[][..], |model| model.effects);
                for effect in effects {
                    let (index, kind, is_release) = match *effect {
                        Effect::Locks { lock, kind, .. }
                        | Effect::LocksOrTimesOut { lock, kind, .. }
                        | Effect::TriesLock { lock, kind, .. } => (lock, kind, false),
                        Effect::Unlocks { lock, kind } => (lock, kind, true),
                        _ => continue,
                    };
                    let argument = argument_span(arguments, index, statement.span);
                    calls.push(LockCall {
                        block,
                        text: self.lock_text(argument),
                        kind,
                        is_release,
                        span: statement.span,
                    });
                }
            }
        }
        calls
    }

    /// Whether some function of the file releases a lock of that name without having taken it.
    pub(super) fn is_handed_over(&mut self, text: &str) -> bool {
        if self.handed_over.is_none() {
            let unit = self.unit;
            let mut names: FxHashSet<String> = FxHashSet::default();
            for function in &unit.functions {
                let calls = self.lock_calls(function);
                for release in calls.iter().filter(|call| call.is_release) {
                    let takes = || {
                        calls
                            .iter()
                            .filter(|call| !call.is_release && call.text == release.text)
                    };
                    let is_after_take = takes().any(|take| {
                        take.block == release.block && take.span.start < release.span.start
                    });
                    let avoided: Vec<usize> = takes()
                        .map(|take| take.block)
                        .filter(|block| *block != release.block)
                        .collect();
                    if !is_after_take
                        && reaches(function, 0, &avoided, |block| block == release.block)
                    {
                        names.insert(last_word(&release.text).to_owned());
                    }
                }
            }
            self.handed_over = Some(names);
        }
        self.handed_over
            .as_ref()
            .is_some_and(|names| names.contains(last_word(text)))
    }

    /// A lock as its call names it: `dev->lock` of `&dev->lock` or `&(dev->lock)`.
    pub(super) fn lock_text(&self, argument: Span) -> String {
        let text = self.quote(argument);
        let kept = |letter: &char| !matches!(letter, '&' | '(' | ')' | ' ' | '*');
        text.chars().filter(kept).collect()
    }
}

/// The bytes of an argument.
pub(super) fn argument_span(
    arguments: &[crate::flow::ir::Operand],
    index: u8,
    otherwise: Span,
) -> Span {
    match arguments.get(usize::from(index)) {
        Some(crate::flow::ir::Operand::Copy(place)) => place.span,
        _ => otherwise,
    }
}

/// Whether control gets from a block to a wanted one without entering one of `avoided`.
fn reaches(
    function: &Function,
    from: usize,
    avoided: &[usize],
    is_wanted: impl Fn(usize) -> bool,
) -> bool {
    let mut seen = vec![false; function.blocks.len()];
    let mut work = vec![from];
    while let Some(at) = work.pop() {
        let Some(slot) = seen.get_mut(at) else {
            continue;
        };
        if std::mem::replace(slot, true) || avoided.contains(&at) {
            continue;
        }
        if is_wanted(at) {
            return true;
        }
        if let Some(block) = function.blocks.get(at) {
            let next = block.terminator.successors();
            work.extend(next.iter().map(|to| to.0 as usize));
        }
    }
    false
}

/// The last name in an expression: `lock` of `dev->bus.lock`.
pub(super) fn last_word(text: &str) -> &str {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.rsplit(|letter: char| !is_word(letter))
        .find(|word| !word.is_empty())
        .unwrap_or(text)
}

/// Whether a function says by its name that it ends with a lock held.
pub(super) fn takes_by_name(name: &str) -> bool {
    let words = words_of(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "lock", "acquire", "enter", "take", "begin", "hold", "protect", "disable", "suspend",
        "claim", "grab", "seize",
    ]) && !has(&["unlock", "release", "exit", "give", "end"])
}

/// Whether a function that nobody sees may release a lock, by its name.
pub(crate) fn releases_by_name(name: &str) -> bool {
    words_of(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "unlock"
                | "release"
                | "exit"
                | "give"
                | "end"
                | "leave"
                | "post"
                | "put"
                | "drop"
                | "finish"
        )
    })
}

/// The words of a name, in lower case: `take`, `spi`, `bus` of `take_spiBus`.
pub(super) fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || (letter.is_ascii_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if letter.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(letter.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
