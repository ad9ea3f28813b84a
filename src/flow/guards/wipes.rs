//! Secrets that a function wipes on its ways out, but for one.

use super::numbering::{Event, EventKind};
use super::releases::reaches;
use super::roles::View;
use super::story::note;
use super::tables::flag;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{Base, LocalId, LocalKind, Type};

/// Reports `wipe-skipped-on-exit`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    let calls_wiper = view.numbered.events.iter().any(|event| {
        matches!(&event.kind, EventKind::Call { callee: Some(callee), .. }
            if is_wipe(view.name(*callee), ""))
    });
    for (index, local) in view.function.locals.iter().enumerate() {
        if local.kind != LocalKind::Variable
            || !matches!(
                view.unit.types.get(local.ty),
                Type::Array { .. } | Type::Record(_)
            )
        {
            continue;
        }
        if !calls_wiper && !is_secret(view.name(local.name)) {
            continue;
        }
        secret(view, LocalId(index as u32), view.name(local.name), out);
    }
}

fn secret(view: &View<'_>, id: LocalId, name: &str, out: &mut Vec<Defect>) {
    let values = view.values();
    let is_it =
        |argument: &ValueId| values.get(values.root(*argument)) == Value::Address(Base::Local(id));
    let is_whole =
        |argument: &ValueId| values.get(values.strip(*argument)) == Value::Address(Base::Local(id));
    let mut wiped: Vec<(usize, &Event)> = Vec::new();
    let mut cleared: Vec<(usize, &Event)> = Vec::new();
    let mut used: Vec<(usize, &Event)> = Vec::new();
    for (index, event) in view.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee: Some(callee),
            arguments,
            ..
        } = &event.kind
        else {
            continue;
        };
        if !arguments.iter().any(is_it) {
            continue;
        }
        let callee_name = view.name(*callee);
        let is_first = arguments.first().is_some_and(is_whole);
        if is_first && is_wipe(callee_name, name) {
            wiped.push((index, event));
            cleared.push((index, event));
        } else if is_clearing(callee_name) {
            cleared.push((index, event));
        } else if !view.lexicon.is(Some(*callee), flag::LOG | flag::PURE) {
            used.push((index, event));
        }
    }
    let comes_before = |one: &(usize, &Event), other: &(usize, &Event)| {
        if one.1.block == other.1.block {
            one.0 < other.0
        } else {
            view.graph.dominates(one.1.block, other.1.block)
        }
    };
    let leads_to = |one: &(usize, &Event), other: &(usize, &Event)| {
        if one.1.block == other.1.block {
            one.0 < other.0
        } else {
            reaches(view, one.1.block, other.1.block)
        }
    };
    // What is cleared before it holds anything, or is used again, is prepared, not wiped.
    wiped.retain(|wipe| {
        used.iter().any(|use_| comes_before(use_, wipe))
            && !used.iter().any(|use_| leads_to(wipe, use_))
    });
    let Some((_, example)) = wiped.first() else {
        return;
    };
    for (index, event) in view.numbered.events.iter().enumerate() {
        if !matches!(event.kind, EventKind::Return(_))
            || event.span.end <= event.span.start
            || !view.words(event.span).starts_with("return")
        {
            continue;
        }
        let exit = (index, event);
        // Where the call that fills it failed there is nothing in it yet.
        let filled = used.iter().filter(|use_| comes_before(use_, &exit)).count();
        let is_wiped = cleared.iter().any(|clear| leads_to(clear, &exit));
        // `return fail(key, sizeof key);`
        let is_handed_over = used.iter().any(|(_, use_)| event.span.contains(use_.span));
        if filled < 2 || is_wiped || is_handed_over {
            continue;
        }
        let mut defect = view.defect(
            "wipe-skipped-on-exit",
            event.span,
            vec![("$K", name.to_owned())],
            None,
            Vec::new(),
            format!("on this way out `{name}` stays on the stack"),
        );
        defect
            .related
            .push(note(example.span, "other ways out wipe it, as here"));
        out.push(defect);
        return;
    }
}

/// Whether a call clears what it is given for good: by its name, or by that of a secret.
fn is_wipe(callee: &str, object: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    let clears = [
        "zeroize",
        "zeroise",
        "memzero",
        "bzero",
        "cleanse",
        "wipe",
        "zeromem",
        "scrub",
        "forcezero",
        "burn_stack",
    ];
    if clears.iter().any(|word| lower.contains(word)) {
        return lower != "bzero" || is_secret(object);
    }
    lower == "memset" && is_secret(object)
}

/// Whether a call leaves nothing of what it is given, whatever it is called for that.
fn is_clearing(callee: &str) -> bool {
    let lower = callee.to_ascii_lowercase();
    [
        "memset", "zero", "clear", "free", "destroy", "reset", "cleanup", "final", "wipe",
        "release",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

fn is_secret(name: &str) -> bool {
    super::names::words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "key"
                | "keys"
                | "secret"
                | "password"
                | "passwd"
                | "passphrase"
                | "pin"
                | "seed"
                | "prk"
                | "okm"
                | "psk"
                | "kek"
                | "dek"
                | "ltk"
                | "irk"
                | "privkey"
                | "plaintext"
        )
    })
}
