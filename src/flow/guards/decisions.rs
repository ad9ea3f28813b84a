//! Branches over what others sent: values that no arm names, and commands that nobody had to log in
//! for.

use super::bound::intrinsic;
use super::names;
use super::numbering::EventKind;
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId};
use crate::finding::Span;
use crate::flow::Defect;
use crate::flow::ir::{BlockId, Terminator};

/// Reports `no-default-on-input` and `command-without-auth`.
pub(super) fn check(view: &View<'_>, out: &mut Vec<Defect>) {
    for (at, body) in view.function.blocks.iter().enumerate() {
        let Terminator::Switch {
            cases,
            otherwise,
            has_default,
            ..
        } = &body.terminator
        else {
            continue;
        };
        let at = at as u32;
        let condition = view.numbered.conditions.get(at as usize).copied().flatten();
        let Some(value) = condition else { continue };
        if !has_default && view.is_sent(value) {
            no_default(view, (at, body.span), value, (cases, *otherwise), out);
        }
        if view.is_sent(value) || is_command(view, body.span) {
            commands(view, cases, *otherwise, body.span, out);
        }
    }
}

/// A `switch` on a received number whose other values run on into what follows the handled ones.
fn no_default(
    view: &View<'_>,
    (at, span): (u32, Span),
    value: ValueId,
    (cases, otherwise): (&[(i128, i128, BlockId)], BlockId),
    out: &mut Vec<Defect>,
) {
    let values = view.values();
    // All handled values leave on their own: what follows the `switch` is its default.
    let joins = view.graph.predecessors(otherwise.0);
    if joins.iter().all(|from| *from == at) || cases.len() < 2 {
        return;
    }
    // Every value there can be has its case.
    let covers = |most: i128| {
        (0..=most.min(256)).all(|number| {
            cases
                .iter()
                .any(|(low, high, _)| *low <= number && number <= *high)
        })
    };
    if intrinsic(view, value, 0).is_some_and(|most| most < 256 && covers(most)) {
        return;
    }
    // A test before may have refused the others.
    let leaves = values.sources(value);
    let is_tested = view
        .facts
        .at(view.graph, at, u32::MAX)
        .any(|fact| match &fact.kind {
            super::facts::FactKind::Compare { difference, .. } => difference
                .terms
                .iter()
                .any(|(term, _)| super::facts::mentions(values, *term, &leaves)),
            super::facts::FactKind::Asked { call } => {
                values.calls.get(call).is_some_and(|(_, arguments)| {
                    arguments
                        .iter()
                        .any(|one| super::facts::mentions(values, *one, &leaves))
                })
            }
        });
    if is_tested {
        return;
    }
    let words = view.words(span);
    out.push(view.defect(
        "no-default-on-input",
        span,
        vec![("$VALUE", words.clone())],
        Some(value),
        Vec::new(),
        format!("a value of `{words}` that no case names goes on like a handled one"),
    ));
}

/// Whether what is switched over is a command by its name.
fn is_command(view: &View<'_>, span: Span) -> bool {
    names::words(&view.words(span)).iter().any(|word| {
        matches!(
            word.as_str(),
            "cmd" | "command" | "opcode" | "request" | "req" | "msgtype" | "function"
        )
    })
}

/// Cases that act on the device, where nothing in the function asks who is there.
fn commands(
    view: &View<'_>,
    cases: &[(i128, i128, BlockId)],
    otherwise: BlockId,
    switched: Span,
    out: &mut Vec<Defect>,
) {
    if asks_who(&view.function.span, view.text) {
        return;
    }
    let words = view.words(switched);
    let mut told: Vec<Span> = Vec::new();
    for event in &view.numbered.events {
        let EventKind::Call {
            callee: Some(callee),
            ..
        } = &event.kind
        else {
            continue;
        };
        let is_in_case = cases
            .iter()
            .any(|(_, _, to)| *to != otherwise && view.graph.dominates(to.0, event.block));
        let name = view.name(*callee);
        if !is_in_case || !acts_on_device(name) || told.contains(&event.span) {
            continue;
        }
        told.push(event.span);
        out.push(view.defect(
            "command-without-auth",
            event.span,
            vec![("$CALL", name.to_owned()), ("$CMD", words.clone())],
            None,
            vec![note(switched, format!("`{words}` selects what is done"))],
            format!("`{name}` runs, and nothing in this function asked who sent the command"),
        ));
    }
}

/// Whether a function's text has anything to say of who may do what.
fn asks_who(span: &Span, text: &[u8]) -> bool {
    let lower = span.of(text).to_ascii_lowercase();
    [
        &b"auth"[..],
        b"session",
        b"privilege",
        b"permission",
        b"permit",
        b"unlocked",
        b"bonded",
        b"paired",
        b"encrypt",
        b"verif",
        b"signature",
        b"login",
        b"role",
        b"access_level",
        b"credential",
        b"allowed",
        b"secure",
        b"hmac",
    ]
    .iter()
    .any(|word| memchr::memmem::find(&lower, word).is_some())
}

/// Whether a function changes what the device does to a patient, what it is, or what it keeps secret.
fn acts_on_device(name: &str) -> bool {
    let words = names::words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "set", "write", "start", "stop", "deliver", "enable", "disable", "erase", "reset",
        "update", "program", "unlock", "change", "clear", "open", "close", "run", "load",
    ]) && has(&[
        "dose",
        "rate",
        "therapy",
        "pump",
        "bolus",
        "infusion",
        "stim",
        "stimulation",
        "shock",
        "alarm",
        "limit",
        "limits",
        "calibration",
        "calib",
        "key",
        "flash",
        "firmware",
        "image",
        "memory",
        "eeprom",
        "pin",
        "password",
        "factory",
        "motor",
        "heater",
        "valve",
        "basal",
    ])
}

impl View<'_> {
    /// Whether a value is a call's result, or was read from memory, or came in as it is.
    pub(super) fn is_plain(&self, id: ValueId) -> bool {
        matches!(
            self.values().get(id),
            Value::Parameter(_)
                | Value::Load { .. }
                | Value::Call(_)
                | Value::Pure { .. }
                | Value::Out { .. }
        )
    }
}
