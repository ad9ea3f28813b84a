//! Firmware images: started without a verdict, changed after it, accepted whatever their version, and
//! headers that are believed.

use super::file_facts::Analysed;
use super::names;
use super::numbering::{Event, EventKind};
use super::roles::View;
use super::story::note;
use super::values::{Value, ValueId};
use crate::flow::Defect;
use crate::flow::ir::{Base, Callee, StatementKind, Unit};

/// A call by name.
struct Call<'v> {
    index: u32,
    event: &'v Event,
    name: &'v str,
    arguments: &'v [ValueId],
}

/// Reports `boot-without-verify`, `verify-then-reload`, `no-rollback-check` and
/// `image-header-unbounded`.
pub(super) fn check(view: &View<'_>, all: &[Analysed], out: &mut Vec<Defect>) {
    let calls: Vec<Call<'_>> = view
        .numbered
        .events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| match &event.kind {
            EventKind::Call {
                callee: Some(callee),
                arguments,
                ..
            } => Some(Call {
                index: index as u32,
                event,
                name: view.name(*callee),
                arguments,
            }),
            _ => None,
        })
        .collect();
    let own = view.name(view.function.name);
    // Who starts images by its name leaves the verdict to its callers.
    if !starts_image(own) {
        for call in calls.iter().filter(|call| starts_image(call.name)) {
            started(view, all, &calls, call, out);
        }
    }
    for call in calls.iter().filter(|call| verifies(call.name)) {
        reloaded(view, &calls, call, out);
    }
    for call in &calls {
        header(view, &calls, call, out);
    }
}

/// An image that is started or scheduled.
fn started(
    view: &View<'_>,
    all: &[Analysed],
    calls: &[Call<'_>],
    sink: &Call<'_>,
    out: &mut Vec<Defect>,
) {
    let verdict = calls
        .iter()
        .find(|call| verifies(call.name) && comes_before(view, call, sink));
    let is_verified = verdict.is_some() || is_told_verified(view, sink);
    let by_callers = callers_of(view, all);
    let callers_verify = by_callers
        .iter()
        .any(|caller| calls_of(view.unit, *caller).any(verifies));
    if !is_verified {
        if callers_verify {
            return;
        }
        let elsewhere = calls.iter().find(|call| verifies(call.name));
        let steps = elsewhere.into_iter().map(|call| {
            note(
                call.event.span,
                format!("`{}` is not on every way to the start", call.name),
            )
        });
        out.push(view.defect(
            "boot-without-verify",
            sink.event.span,
            vec![("$CALL", sink.name.to_owned())],
            None,
            steps.collect(),
            format!("`{}` takes the image, verified or not", sink.name),
        ));
        return;
    }
    let looks_at_version = |function: usize| {
        let span = view.unit.functions.get(function).map(|one| one.span);
        span.is_some_and(|span| names_version(span.of(view.text)))
    };
    if names_version(view.function.span.of(view.text))
        || by_callers.iter().any(|caller| looks_at_version(*caller))
    {
        return;
    }
    out.push(
        view.defect(
            "no-rollback-check",
            sink.event.span,
            vec![("$CALL", sink.name.to_owned())],
            None,
            verdict
                .into_iter()
                .map(|call| note(call.event.span, "the image is verified here".to_owned()))
                .collect(),
            "it is taken, however old it is".to_owned(),
        ),
    );
}

/// Functions of the file that call this one.
fn callers_of(view: &View<'_>, all: &[Analysed]) -> Vec<usize> {
    let sites = view.file.sites(view.function.name);
    let mut callers: Vec<usize> = sites
        .iter()
        .filter_map(|site| all.get(site.caller).map(|caller| caller.function))
        .collect();
    callers.sort_unstable();
    callers.dedup();
    callers
}

fn calls_of(unit: &Unit, function: usize) -> impl Iterator<Item = &str> {
    let blocks = unit.functions.get(function).into_iter();
    let statements = blocks
        .flat_map(|one| &one.blocks)
        .flat_map(|block| &block.statements);
    statements.filter_map(|statement| match &statement.kind {
        StatementKind::Call {
            callee: Callee::Function(name),
            ..
        } => Some(unit.names.text(*name)),
        _ => None,
    })
}

fn comes_before(view: &View<'_>, first: &Call<'_>, then: &Call<'_>) -> bool {
    match first.event.block == then.event.block {
        true => first.index < then.index,
        false => view.graph.dominates(first.event.block, then.event.block),
    }
}

/// Whether a flag or a field that says so was tested on the way.
fn is_told_verified(view: &View<'_>, sink: &Call<'_>) -> bool {
    let values = view.values();
    view.facts
        .at(view.graph, sink.event.block, sink.index)
        .any(|fact| {
            verifies(&view.words(fact.span)) || {
                let super::facts::FactKind::Compare { difference, .. } = &fact.kind else {
                    return false;
                };
                difference.terms.iter().any(|(term, _)| {
                    super::nullable::holder(view, *term).is_some_and(|name| verifies(&name))
                        || values
                            .calls
                            .get(term)
                            .and_then(|(callee, _)| *callee)
                            .is_some_and(|name| verifies(view.name(name)))
                })
            }
        })
}

/// The buffer that was verified is filled again, and used.
fn reloaded(view: &View<'_>, calls: &[Call<'_>], verdict: &Call<'_>, out: &mut Vec<Defect>) {
    let values = view.values();
    let objects: Vec<ValueId> = verdict
        .arguments
        .iter()
        .filter(|one| view.is_pointer(**one))
        .map(|one| values.root(*one))
        .filter(|root| matches!(values.get(*root), Value::Address(_) | Value::Parameter(_)))
        .collect();
    for refill in calls.iter().filter(|call| {
        call.index > verdict.index && fills(call.name) && comes_before(view, verdict, call)
    }) {
        // Where it goes: the buffer that a number of bytes stands behind. A handle has none.
        let behind = refill.arguments.iter().skip(1);
        let again = refill
            .arguments
            .iter()
            .zip(behind)
            .filter(|(_, size)| !view.is_pointer(**size))
            .map(|(one, _)| values.root(*one))
            .find(|root| objects.contains(root) && is_bytes(view, *root));
        let Some(again) = again else { continue };
        let is_verified_again = calls.iter().any(|call| {
            call.index > refill.index
                && verifies(call.name)
                && call.arguments.iter().any(|one| values.root(*one) == again)
        });
        let used = calls.iter().find(|call| {
            call.index > refill.index && call.arguments.iter().any(|one| values.root(*one) == again)
        });
        let (false, Some(used)) = (is_verified_again, used) else {
            continue;
        };
        let name =
            super::spans::object_name(view, again).unwrap_or_else(|| view.words(refill.event.span));
        out.push(view.defect(
            "verify-then-reload",
            refill.event.span,
            vec![("$BUF", name.clone()), ("$CALL", verdict.name.to_owned())],
            None,
            vec![note(
                verdict.event.span,
                format!("`{name}` is verified here"),
            )],
            format!(
                "it is filled again, and `{}` gets what nobody verified",
                used.name
            ),
        ));
        return;
    }
}

fn is_bytes(view: &View<'_>, root: ValueId) -> bool {
    match view.values().get(root) {
        Value::Address(base @ Base::Local(_) | base @ Base::Global(_)) => {
            let ty = view.base_type(base);
            view.unit.types.element(ty).is_some() || view.unit.types.as_record(ty).is_some()
        }
        Value::Parameter(_) => view
            .unit
            .types
            .pointee(view.values().ty(root))
            .is_some_and(|to| view.unit.types.int(to).is_some_and(|int| int.0 == 8)),
        _ => false,
    }
}

/// A size or a place from an image's header that nothing compares.
fn header(view: &View<'_>, calls: &[Call<'_>], sink: &Call<'_>, out: &mut Vec<Defect>) {
    if !works_on_storage(view, sink) {
        return;
    }
    let values = view.values();
    for &argument in sink.arguments {
        let mut leaves = Vec::new();
        values.leaves(argument, &mut leaves);
        for leaf in leaves {
            let Value::Load { location, .. } = values.get(leaf) else {
                continue;
            };
            let Value::Field(object, field) = values.get(location) else {
                continue;
            };
            if !is_extent(view.name(field))
                || !is_header_of_image(view, object)
                || super::lengths::is_compared(view, leaf)
                || super::sums::is_tested_in_sum(view, leaf)
            {
                continue;
            }
            // A header that a caller hands in may have been looked at there; so may one that a
            // function was asked about.
            let root = values.root(object);
            let is_own = matches!(values.get(root), Value::Address(Base::Local(_)));
            let was_asked = calls.iter().any(|call| {
                call.index < sink.index
                    && looks_at(call.name)
                    && call.arguments.iter().any(|one| values.root(*one) == root)
            });
            if !is_own || was_asked {
                continue;
            }
            let name = super::spans::object_name(view, location)
                .unwrap_or_else(|| view.name(field).to_owned());
            out.push(view.defect(
                "image-header-unbounded",
                sink.event.span,
                vec![("$FIELD", name.clone()), ("$CALL", sink.name.to_owned())],
                Some(leaf),
                Vec::new(),
                format!("`{name}` is what the image says, and nothing compares it with the slot"),
            ));
            return;
        }
    }
}

/// Whether the record at an address is the header of an image, by the names of its type or object.
fn is_header_of_image(view: &View<'_>, object: ValueId) -> bool {
    let values = view.values();
    let of_type = match values.get(object) {
        Value::Address(base) => view.type_name(view.base_type(base)),
        _ => view.pointee_name(values.ty(object)),
    };
    let of_object = super::spans::object_name(view, object);
    let words: Vec<String> = of_type
        .into_iter()
        .map(str::to_owned)
        .chain(of_object)
        .flat_map(|name| names::words(&name))
        .collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "image", "img", "fw", "firmware", "boot", "ota", "dfu", "update", "mcuboot", "riotboot",
    ]) && has(&[
        "hdr",
        "header",
        "manifest",
        "trailer",
        "meta",
        "info",
        "desc",
        "descriptor",
    ])
}

/// Whether a field says how much there is, or where.
fn is_extent(name: &str) -> bool {
    names::is_byte_length_name(name)
        || names::words(name).iter().any(|word| {
            matches!(
                word.as_str(),
                "off" | "offset" | "entry" | "addr" | "address" | "start" | "sz" | "count"
            )
        })
}

/// Whether a call reads, writes, erases, hashes or copies as much as it is told.
fn works_on_storage(view: &View<'_>, call: &Call<'_>) -> bool {
    let copies = matches!(&call.event.kind, EventKind::Call { callee, .. }
        if view.lexicon.copy(*callee).is_some());
    copies
        || names::words(call.name).iter().any(|word| {
            matches!(
                word.as_str(),
                "flash"
                    | "erase"
                    | "read"
                    | "write"
                    | "copy"
                    | "hash"
                    | "sha"
                    | "crc"
                    | "jump"
                    | "load"
                    | "decrypt"
            )
        })
}

/// Whether a function starts an image, or decides that it is the next to start.
fn starts_image(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "__set_MSP",
        "boot_request_upgrade",
        "boot_request_upgrade_multi",
        "boot_set_next",
        "boot_set_pending",
        "boot_set_pending_multi",
        "cpu_jump_to_image",
        "esp_ota_set_boot_partition",
        "img_mgmt_state_set_pending",
        "nrf_bootloader_app_start",
        "riotboot_slot_jump",
    ];
    if NAMES.contains(&name) {
        return true;
    }
    let words = names::words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let is_image = has(&[
        "app",
        "application",
        "image",
        "img",
        "firmware",
        "fw",
        "slot",
        "bank",
    ]);
    // `boot_` in front is a library's name, but for the two words alone.
    has(&["jump"]) && is_image
        || words.len() == 2 && has(&["boot", "launch", "execute"]) && is_image
        || has(&["mark", "activate", "install"])
            && (is_image || has(&["update", "upgrade"]))
            && !has(&[
                "get", "read", "is", "status", "type", "info", "init", "size", "area",
            ])
            && !verifies(name)
}

/// Whether words speak of a verdict over a whole image.
fn verifies(name: &str) -> bool {
    // Validity that is switched on is a state of hardware.
    let lower = name.to_ascii_lowercase();
    if lower.contains("enable") || lower.contains("disable") {
        return false;
    }
    name == "esp_ota_end"
        || names::words(name).iter().any(|word| {
            matches!(
                word.as_str(),
                "verify"
                    | "verified"
                    | "verifies"
                    | "verification"
                    | "authenticate"
                    | "authenticated"
                    | "authentic"
                    | "signature"
                    | "sig"
                    | "signed"
                    | "ecdsa"
                    | "rsa"
                    | "hmac"
                    | "cmac"
                    | "validate"
                    | "validated"
                    | "valid"
                    | "trusted"
                    | "genuine"
            )
        })
        || lower.contains("ed25519")
}

fn looks_at(name: &str) -> bool {
    verifies(name)
        || names::words(name)
            .iter()
            .any(|word| matches!(word.as_str(), "check" | "is" | "parse" | "fits"))
}

/// Whether a call fills a buffer from outside or from storage.
fn fills(name: &str) -> bool {
    names::words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "read" | "recv" | "receive" | "load" | "fetch" | "recvfrom" | "download"
        )
    })
}

/// Whether a text speaks of versions or counters.
fn names_version(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    [
        &b"version"[..],
        b"rollback",
        b"downgrade",
        b"counter",
        b"monotonic",
        b"security_cnt",
        b"sec_cnt",
        b"seq",
        b"newer",
        b"older",
        b"ver",
    ]
    .iter()
    .any(|word| {
        memchr::memmem::find_iter(&lower, word).any(|at| {
            // `ver` of `verify` says nothing.
            *word != b"ver"
                || lower
                    .get(at + 3)
                    .is_none_or(|next| !next.is_ascii_alphabetic())
        })
    })
}
