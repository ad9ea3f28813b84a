//! Results that are compared with what the function never gives for a failure, and failures that
//! nobody looks at although the function has them and other callers look.

use super::file_facts::Analysed;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::summarise::sentinels;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{ResultUse, Symbol};
use crate::flow::summary::{Question, Sentinel, fails, is_habit, never_tells};

/// How a library function says that it failed. Sources: POSIX.1-2017, C11, the API references of
/// FreeRTOS and STM32 HAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// NULL.
    Null,
    /// -1; everything else, 0 too, is a good result.
    MinusOne,
    /// A positive number; never a negative one.
    Positive,
    /// `(void *)-1`, never NULL.
    MinusOnePointer,
    /// 0 for a failure, 1 for a success.
    False,
}

/// Sorted by name.
const LIBRARY: &[(&str, Failure)] = &[
    ("HAL_ADC_Start", Failure::Positive),
    ("HAL_CAN_AddTxMessage", Failure::Positive),
    ("HAL_CAN_Start", Failure::Positive),
    ("HAL_FLASH_Program", Failure::Positive),
    ("HAL_FLASH_Unlock", Failure::Positive),
    ("HAL_I2C_Master_Receive", Failure::Positive),
    ("HAL_I2C_Master_Transmit", Failure::Positive),
    ("HAL_I2C_Mem_Read", Failure::Positive),
    ("HAL_I2C_Mem_Write", Failure::Positive),
    ("HAL_SPI_Receive", Failure::Positive),
    ("HAL_SPI_Transmit", Failure::Positive),
    ("HAL_SPI_TransmitReceive", Failure::Positive),
    ("HAL_UART_Receive", Failure::Positive),
    ("HAL_UART_Transmit", Failure::Positive),
    ("accept", Failure::MinusOne),
    ("calloc", Failure::Null),
    ("fdopen", Failure::Null),
    ("fopen", Failure::Null),
    ("getenv", Failure::Null),
    ("k_calloc", Failure::Null),
    ("k_malloc", Failure::Null),
    ("malloc", Failure::Null),
    ("mmap", Failure::MinusOnePointer),
    ("open", Failure::MinusOne),
    ("opendir", Failure::Null),
    ("posix_memalign", Failure::Positive),
    ("pthread_cond_init", Failure::Positive),
    ("pthread_cond_timedwait", Failure::Positive),
    ("pthread_cond_wait", Failure::Positive),
    ("pthread_create", Failure::Positive),
    ("pthread_join", Failure::Positive),
    ("pthread_mutex_init", Failure::Positive),
    ("pthread_mutex_lock", Failure::Positive),
    ("pthread_mutex_timedlock", Failure::Positive),
    ("pthread_mutex_trylock", Failure::Positive),
    ("pthread_mutex_unlock", Failure::Positive),
    ("pthread_rwlock_rdlock", Failure::Positive),
    ("pthread_rwlock_wrlock", Failure::Positive),
    ("pvPortMalloc", Failure::Null),
    ("realloc", Failure::Null),
    ("socket", Failure::MinusOne),
    ("strdup", Failure::Null),
    ("xQueueReceive", Failure::False),
    ("xQueueSend", Failure::False),
    ("xQueueSendFromISR", Failure::False),
    ("xSemaphoreGive", Failure::False),
    ("xSemaphoreTake", Failure::False),
];

/// Reports `wrong-sentinel` and `failure-ignored`.
pub(super) fn check(view: &View<'_>, analysed: &Analysed, out: &mut Vec<Defect>) {
    for event in &view.numbered.events {
        let EventKind::Call {
            callee: Some(callee),
            result,
            usage,
            ..
        } = &event.kind
        else {
            continue;
        };
        match usage {
            ResultUse::Used => wrong_sentinel(view, analysed, event, *callee, *result, out),
            ResultUse::Dropped => ignored(view, event, *callee, out),
            ResultUse::Discarded => {}
        }
    }
}

/// A result whose only test is one that the function's failures pass.
fn wrong_sentinel(
    view: &View<'_>,
    analysed: &Analysed,
    event: &Event,
    callee: Symbol,
    result: ValueId,
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    if !matches!(values.get(result), Value::Call(_) | Value::Pure { .. }) {
        return;
    }
    let asked = sentinels(view.function, analysed, result);
    // More than one comparison: one for each of several ends, most often.
    let [(sentinel, block)] = asked.as_slice() else {
        return;
    };
    if is_used_elsewhere(view, result) {
        return;
    }
    let Some(body) = view.function.block(crate::flow::ir::BlockId(*block)) else {
        return;
    };
    let name = view.name(callee);
    let mut related = Vec::new();
    let mut far = Vec::new();
    let what = if let Some(function) = view.unit.function(callee) {
        let Some((returns, span)) = view.file.returns(function.name) else {
            return;
        };
        let Some(what) = never_tells(returns, *sentinel) else {
            return;
        };
        related.push(note(span, format!("`{name}` {what}")));
        what
    } else if let Some(what) = of_library(name, *sentinel) {
        what.to_owned()
    } else {
        match view.ask(callee, Question::NeverTells(*sentinel)) {
            Some(answer) => {
                far = answer.notes;
                answer.what
            }
            None => return,
        }
    };
    let mut defect = view.defect(
        "wrong-sentinel",
        body.span,
        vec![("$CALL", name.to_owned()), ("$WHAT", what)],
        None,
        vec![note(event.span, format!("`{name}` gives the result"))],
        "this test does not tell its failure from its success".to_owned(),
    );
    defect.related = related;
    defect.far = far;
    out.push(defect);
}

/// Whether a result goes where others may look at it, or takes part in what is computed.
fn is_used_elsewhere(view: &View<'_>, result: ValueId) -> bool {
    let values = view.values();
    let is_phi_of_it = values
        .inputs
        .values()
        .any(|list| list.iter().any(|(_, input)| values.strip(*input) == result));
    is_phi_of_it
        || view.numbered.events.iter().any(|event| {
            matches!(&event.kind, EventKind::Return(Some(value))
                if super::facts::mentions(values, *value, &[result]))
        })
}

fn of_library(name: &str, sentinel: Sentinel) -> Option<&'static str> {
    let at = LIBRARY
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()?;
    let (_, failure) = LIBRARY.get(at)?;
    match (failure, sentinel) {
        (Failure::Null, Sentinel::Negative | Sentinel::Constant(-1)) => {
            Some("returns NULL where it fails")
        }
        (Failure::MinusOne, Sentinel::Zero) => Some("returns -1 where it fails, and 0 is a result"),
        (Failure::Positive, Sentinel::Negative | Sentinel::Constant(-1)) => {
            Some("returns a positive number where it fails, never a negative one")
        }
        (Failure::MinusOnePointer, Sentinel::Zero) => {
            Some("returns MAP_FAILED where it fails, not NULL")
        }
        (Failure::False, Sentinel::Negative | Sentinel::Constant(-1)) => {
            Some("returns 0 where it fails, never a negative number")
        }
        _ => None,
    }
}

/// A call whose failure nobody sees, of a function that fails in its own words and whose other
/// callers look.
fn ignored(view: &View<'_>, event: &Event, callee: Symbol, out: &mut Vec<Defect>) {
    if view.lexicon.flags(callee) & (flag::CALM | flag::LOG | flag::FREE) != 0 {
        return;
    }
    let habit = view.file.habit(callee);
    let name = view.name(callee).to_owned();
    let (tested, all);
    let mut related = Vec::new();
    let mut far = Vec::new();
    if view.unit.function(callee).is_some() {
        let Some((returns, span)) = view.file.returns(callee) else {
            return;
        };
        let others = habit.calls.saturating_sub(1);
        if !fails(returns) || !is_habit(habit.tested, others) {
            return;
        }
        let Some(example) = habit.example else { return };
        related.push(note(span, format!("`{name}` says here how it fails")));
        related.push(note(example, "here the result is tested"));
        (tested, all) = (habit.tested, others);
    } else {
        let question = Question::Peers {
            tested: habit.tested,
            calls: habit.calls.saturating_sub(1),
        };
        let Some(answer) = view.ask(callee, question) else {
            return;
        };
        (tested, all) = (answer.tested, answer.calls);
        far = answer.notes;
    }
    let mut defect = view.defect(
        "failure-ignored",
        event.span,
        vec![
            ("$CALL", name.clone()),
            ("$N", tested.to_string()),
            ("$ALL", all.to_string()),
        ],
        None,
        Vec::new(),
        format!("nothing looks at the result of `{name}`"),
    );
    defect.related = related;
    defect.far = far;
    out.push(defect);
}
