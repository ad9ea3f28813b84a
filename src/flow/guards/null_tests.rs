//! Tests of pointers for NULL: which there are, and what they say of a pointer.

use rustc_hash::FxHashSet;

use super::facts::{Fact, FactKind};
use super::nullable::holder;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::spans::object_name;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::ir::{
    Base, BinaryOp, Callee, Function, GlobalId, Place, Projection, Rvalue, StatementKind, Symbol,
    Terminator, Unit,
};

/// How many bytes before a test are looked at for the call that it is an argument of.
const AROUND: usize = 200;

/// How far down calls are followed for what they write.
const CALLS: u32 = 3;

/// Whether a fact says something of the pointer.
pub(super) fn tells(view: &View<'_>, fact: &Fact, pointer: ValueId) -> bool {
    match &fact.kind {
        FactKind::Compare { difference, .. } => {
            let values = view.values();
            difference.factor(pointer) != 0
                // `&p->member == NULL`, as a macro writes it.
                || difference.terms.iter().any(|(term, _)| {
                    matches!(values.get(*term), Value::Field(..)) && values.root(*term) == pointer
                })
        }
        FactKind::Asked { call } => view
            .values()
            .calls
            .get(call)
            .is_some_and(|(_, arguments)| arguments.contains(&pointer)),
    }
}

/// Whether a fact compares the pointer itself with NULL.
pub(super) fn is_null_test(fact: &Fact, pointer: ValueId) -> bool {
    match &fact.kind {
        FactKind::Compare { op, difference, .. } => {
            matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && difference.constant == 0
                && matches!(difference.terms.as_slice(), [(term, _)] if *term == pointer)
        }
        FactKind::Asked { .. } => false,
    }
}

/// Whether an assertion spoke of the pointer before.
pub(super) fn is_claimed_before(
    view: &View<'_>,
    pointer: ValueId,
    event: &Event,
    index: u32,
) -> bool {
    view.facts.claims.iter().any(|fact| {
        tells(view, fact, pointer)
            && if fact.block == event.block {
                fact.after <= index
            } else {
                view.graph.dominates(fact.block, event.block)
            }
    })
}

/// Whether a use stands in an assertion itself, and goes where that goes.
pub(super) fn is_in_assertion(view: &View<'_>, event: &Event) -> bool {
    view.numbered.events.iter().any(|other| {
        matches!(other.kind, EventKind::Assert { .. })
            && other.span.start <= event.span.start
            && event.span.end <= other.span.end
    })
}

/// Whether an assertion somewhere in the function compares the pointer with NULL.
pub(super) fn is_claimed(view: &View<'_>, pointer: ValueId) -> bool {
    view.facts
        .claims
        .iter()
        .any(|fact| is_null_test(fact, pointer))
}

/// Whether the words of a test name what the pointer is called.
pub(super) fn names_it(view: &View<'_>, test: Span, pointer: ValueId) -> bool {
    let name = object_name(view, pointer).or_else(|| holder(view, pointer));
    let Some(name) = name else { return true };
    let last = name.rsplit(['.', '>']).next().unwrap_or_default();
    let text = view
        .text
        .get(test.start as usize..test.end as usize)
        .unwrap_or_default();
    let aliases = view.numbered.events.iter().any(|event| match &event.kind {
        EventKind::Assign { local, value } => {
            view.values().strip(*value) == pointer
                && view
                    .function
                    .local(*local)
                    .is_some_and(|local| holds_word(text, view.name(local.name).as_bytes()))
        }
        _ => false,
    });
    aliases || holds_word(text, last.as_bytes())
}

/// Whether a test is written as `NAME(…)`, or stands in one: a macro made it.
pub(super) fn is_invocation(view: &View<'_>, test: Span) -> bool {
    let start = test.start as usize;
    let around = view
        .text
        .get(start.saturating_sub(60)..test.end as usize)
        .unwrap_or_default();
    let inside = test.end as usize - start.min(test.end as usize);
    let text = String::from_utf8_lossy(around).into_owned();
    // What stands before the first bracket of the test, or before the one that is open around it.
    let is_name = |before: &str| {
        let word: String = before
            .trim_end()
            .chars()
            .rev()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        let word: String = word.chars().rev().collect();
        word.len() > 1 && !matches!(word.as_str(), "if" | "while" | "for" | "return" | "switch")
    };
    let test_text = view.words_of(test);
    let before = text
        .get(..text.len().saturating_sub(inside))
        .unwrap_or_default()
        .trim_end();
    test_text.split_once('(').is_some_and(|(name, _)| {
        !name.is_empty() && is_name(name) && !name.contains(['!', '=', ' '])
    }) || before.strip_suffix('(').is_some_and(is_name)
}

/// Whether the test is part of an argument of a call of something that was not seen: `CHECK(p && q, …)` may be
/// a macro that leaves the function.
pub(super) fn is_argument(view: &View<'_>, test: Span, block: u32) -> bool {
    view.numbered.events.iter().any(|event| {
        event.block == block
            && event.span.contains(test)
            && matches!(&event.kind, EventKind::Call { callee: Some(callee), .. }
                if !view.lexicon.is(Some(*callee), flag::LOG)
                    && view.unit.function(*callee).is_none())
    })
}

/// Whether a name stands in a text, not as part of another.
fn holds_word(text: &[u8], word: &[u8]) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    memchr::memmem::find_iter(text, word).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        !is_part(before) && !is_part(text.get(at + word.len()))
    })
}

/// Whether the test is one that a macro makes of what it is given: it makes it of everything, and
/// says nothing of this pointer. With `may_branch`, a macro does that is named for a test.
pub(super) fn is_inside_macro(
    view: &View<'_>,
    test: Span,
    pointer: ValueId,
    may_branch: bool,
) -> bool {
    let Some(name) = object_name(view, pointer).or_else(|| holder(view, pointer)) else {
        return false;
    };
    let text = view.words_of(test);
    if text.contains("NULL") || text.contains("nullptr") {
        return false;
    }
    let goes_another_way = |word: &str| {
        let lower = word.to_ascii_lowercase();
        ["likely", "check", "require", "verify", "ensure"]
            .iter()
            .any(|known| lower.contains(known))
    };
    // Only a macro tests what it is given as a whole: `HEAP_OF(p)`.
    if let Some(word) = given_to(view, test) {
        return !(may_branch && goes_another_way(&word));
    }
    let last = name.rsplit(['.', '>']).next().unwrap_or_default();
    // The name of the macro may begin with that of the pointer.
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let found = text.match_indices(last).find(|(at, word)| {
        let (before, behind) = (text.get(..*at), text.get(at + word.len()..));
        !is_word(before.and_then(|text| text.chars().next_back()))
            && !is_word(behind.and_then(|text| text.chars().next()))
    });
    let Some((at, _)) = found else {
        return false;
    };
    // The nearest bracket that is open before the name, and what stands before that.
    let before = text.get(..at).unwrap_or_default();
    let mut depth = 0_i32;
    for (index, c) in before.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 0 => depth -= 1,
            '(' => {
                let word: String = before
                    .get(..index)
                    .unwrap_or_default()
                    .trim_end()
                    .chars()
                    .rev()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                let word: String = word.chars().rev().collect();
                let lower = word.to_ascii_lowercase();
                if !word.is_empty() {
                    let is_keyword =
                        matches!(lower.as_str(), "if" | "while" | "for" | "return" | "switch");
                    return !(is_keyword || may_branch && goes_another_way(&word));
                }
            }
            _ => {}
        }
    }
    false
}

/// What stands before the bracket of a list of arguments that a test is one of, as it is.
pub(super) fn given_to(view: &View<'_>, test: Span) -> Option<String> {
    let start = test.start as usize;
    let mut before = view
        .text
        .get(start.saturating_sub(AROUND)..start)?
        .trim_ascii_end();
    let mut behind = view.text.get(test.end as usize..)?.trim_ascii_start();
    loop {
        let is_first = before.last() == Some(&b'(');
        if !is_first && before.last() != Some(&b',') || !matches!(behind.first(), Some(b')' | b','))
        {
            return None;
        }
        let mut depth = 0_i32;
        let open = before.iter().rposition(|byte| {
            match byte {
                b')' => depth += 1,
                b'(' => depth -= 1,
                // The arguments of a call are no statements.
                b';' | b'{' | b'}' => depth = -2,
                _ => {}
            }
            depth < 0
        })?;
        if depth < -1 {
            return None;
        }
        before = before.get(..open)?.trim_ascii_end();
        let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
        let length = before.iter().rev().take_while(is_word).count();
        let word = before.get(before.len() - length..)?;
        if !word.is_empty() {
            let is_keyword = matches!(
                word,
                b"if" | b"while" | b"for" | b"return" | b"switch" | b"sizeof"
            );
            return (!is_keyword).then(|| String::from_utf8_lossy(word).into_owned());
        }
        // `((p))`
        if !is_first || behind.first() != Some(&b')') {
            return None;
        }
        behind = behind.get(1..)?.trim_ascii_start();
    }
}

/// Whether a call between a test and an event may give a global pointer another value: a function of
/// this file that writes it, or one of another file that can. `from`: the block behind the test.
pub(super) fn is_rewritten(view: &View<'_>, pointer: ValueId, from: u32, index: usize) -> bool {
    let values = view.values();
    let Value::Load { location, .. } = values.get(pointer) else {
        return false;
    };
    let Value::Address(Base::Global(global)) = values.get(values.root(location)) else {
        return false;
    };
    let is_private = view.unit.global(global).is_some_and(|one| one.is_private);
    view.numbered.events.iter().take(index).any(|event| {
        let EventKind::Call { callee, .. } = &event.kind else {
            return false;
        };
        view.graph.dominates(from, event.block)
            && match callee.and_then(|name| view.unit.function(name)) {
                Some(callee) => writes(view.unit, callee, global, CALLS, &mut FxHashSet::default()),
                None => !is_private && !view.lexicon.is(*callee, flag::LOG),
            }
    })
}

/// Whether a function writes a global, itself or through what it calls in this file.
fn writes(
    unit: &Unit,
    function: &Function,
    global: GlobalId,
    depth: u32,
    seen: &mut FxHashSet<Symbol>,
) -> bool {
    let is_it = |place: &Place| {
        place.base == Base::Global(global) && !place.path.contains(&Projection::Deref)
    };
    let statements = || function.blocks.iter().flat_map(|body| &body.statements);
    statements().any(|statement| match &statement.kind {
        StatementKind::Assign {
            target,
            value: Rvalue::AddressOf(place),
        } => is_it(target) || is_it(place),
        StatementKind::Assign { target, .. } => is_it(target),
        StatementKind::Call { callee, target, .. } => {
            target.as_ref().is_some_and(is_it)
                || depth > 0
                    && matches!(callee, Callee::Function(name)
                    if seen.insert(*name) && unit.function(*name).is_some_and(|inner| {
                        inner.name != function.name && writes(unit, inner, global, depth - 1, seen)
                    }))
        }
        _ => false,
    })
}

/// Whether a test stands in a macro that promises what it tests.
pub(super) fn is_assumption(view: &View<'_>, test: Span) -> bool {
    let start = test.start as usize;
    let before = view
        .text
        .get(start.saturating_sub(40)..start)
        .unwrap_or_default();
    let line = memchr::memrchr3(b'\n', b';', b'{', before)
        .map_or(before, |at| before.get(at + 1..).unwrap_or_default());
    let lower = line.to_ascii_lowercase();
    memchr::memmem::find(&lower, b"assume").is_some()
        || memchr::memmem::find(&lower, b"assert").is_some()
}

/// A comparison with NULL that every way behind the event meets. An assertion is none: who asserts
/// goes no other way. `is_claimed`: one stood before.
pub(super) fn later_test(
    view: &View<'_>,
    event: &Event,
    pointer: ValueId,
    is_claimed: bool,
) -> Option<Span> {
    for (block, condition) in view.numbered.conditions.iter().enumerate() {
        let Some(condition) = condition else { continue };
        let block = block as u32;
        if !(view.graph.dominates(event.block, block)) || !view.graph.is_reachable(block) {
            continue;
        }
        let mut found = Vec::new();
        super::facts::decompose(view.values(), *condition, true, &mut found, 0);
        let tested = found.into_iter().any(|kind| {
            is_null_test(
                &Fact {
                    block,
                    edge_from: None,
                    after: 0,
                    kind,
                    span: event.span,
                },
                pointer,
            )
        });
        if tested {
            let body = view.function.block(crate::flow::ir::BlockId(block))?;
            // A `switch` over an address asks which of several it is.
            if !matches!(body.terminator, Terminator::Branch { .. }) {
                continue;
            }
            let span = body.span;
            // A macro may test and use in any order; what is compared may only hold the same.
            if span.start > event.span.end
                && names_it(view, span, pointer)
                && !is_inside_macro(view, span, pointer, !is_claimed)
            {
                return Some(span);
            }
        }
    }
    None
}

/// An assertion right behind a use, in the same straight piece of code, that the pointer is not NULL:
/// it comes too late to stop anything.
pub(super) fn late_assertion(
    view: &View<'_>,
    event: &Event,
    index: u32,
    pointer: ValueId,
) -> Option<Span> {
    let is_said = |fact: &&Fact| {
        is_null_test(fact, pointer)
            && matches!(
                &fact.kind,
                FactKind::Compare {
                    op: BinaryOp::Ne,
                    ..
                }
            )
    };
    let mut claims = view.facts.claims.iter().filter(is_said);
    let first = claims.next()?;
    (first.block == event.block
        && first.after > index
        && first.span.start > event.span.end
        && names_it(view, first.span, pointer)
        && !is_in_assertion(view, event))
    .then_some(first.span)
}
