//! Long sleeps while a lock is held.

use crate::finding::Span;
use crate::flow::defect::Note;
use crate::flow::interpret::machine::{Machine, Run};
use crate::flow::interpret::state::{Held, Lock};
use crate::flow::interpret::value::Value;

/// Seconds from which on a sleep is long: as long as the shortest watchdogs and alarms allow.
const LONG: i128 = 1;

impl Machine<'_> {
    /// A sleep that certainly takes so long.
    pub(super) fn check_long_sleep(
        &mut self,
        run: &Run,
        time: Option<Value>,
        per_second: u32,
        function: &str,
        span: Span,
    ) {
        let Some(Value::Int(time)) = time else {
            return;
        };
        let least = run.state.range(&self.arena, &time).lo;
        if least < LONG * i128::from(per_second) {
            return;
        }
        let held: Vec<Lock> = run
            .state
            .locks
            .iter()
            .filter(|lock| lock.held == Held::Yes && !lock.key.is_section())
            .copied()
            .collect();
        let Some(lock) = held.into_iter().find(|lock| self.keeps_others_out(lock)) else {
            return;
        };
        let text = self.lock_texts.get(&lock.key).cloned();
        let text = text.unwrap_or_else(|| self.key_name(lock.key));
        self.report(
            "long-sleep-under-lock",
            span,
            vec![("$FUNC", function.to_owned()), ("$X", text.clone())],
            vec![Note {
                span: lock.span,
                message: format!("`{text}` is taken here"),
            }],
            Some(&run.state),
            format!("{function}() waits for a second or more while `{text}` is held"),
        );
    }
}
