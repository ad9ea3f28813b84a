//! One `[[deviation]]`.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeValue;

use super::FileDeviation;
use super::reader::Reader;
use crate::config::{ConfigError, Globs};
use crate::triage::deviation::{Deviation, Kind, Permit, Register, is_sentence};

const KEYS: [&str; 21] = [
    "rule",
    "rules",
    "path",
    "fingerprint",
    "reason",
    "until",
    "ticket",
    "approved-by",
    "id",
    "kind",
    "external",
    "use-case",
    "risk",
    "mitigation",
    "verification",
    "risk-file",
    "permit",
    "author",
    "created",
    "approved",
    "superseded-by",
];

/// Reads an entry.
pub(super) fn entry(
    reader: &Reader<'_>,
    entry: &Spanned<DeValue<'_>>,
    permits: &[Permit],
) -> Result<FileDeviation, ConfigError> {
    let Some(table) = entry.get_ref().as_table() else {
        let message = "write each deviation under `[[deviation]]`".to_owned();
        return Err(reader.error(&entry.span(), message));
    };
    let mut deviation = Deviation::default();
    let mut paths = Vec::new();
    let mut fingerprint = None;
    let mut permit_span = entry.span();
    let mut reason_span = entry.span();
    for (key, value) in table {
        let register = &mut deviation.register;
        match key.get_ref().as_ref() {
            "rule" | "rules" => deviation.rules.extend(reader.texts(key.get_ref(), value)?),
            "path" => paths.extend(reader.globs(value)?),
            "fingerprint" => fingerprint = Some(reader.fingerprint(value)?),
            "reason" => {
                reason_span = value.span();
                deviation.reason = Some(reader.text("reason", value)?);
            }
            "ticket" => deviation.ticket = Some(reader.text("ticket", value)?),
            "approved-by" => deviation.approved_by = Some(reader.text("approved-by", value)?),
            "until" => deviation.until = Some(reader.day(value)?),
            "id" => register.id = Some(reader.words("id", value)?),
            "kind" => {
                let word = reader.text("kind", value)?;
                register.kind = Kind::from_word(&word).ok_or_else(|| {
                    let words = Kind::ALL.map(|kind| format!("`{}`", kind.as_str()));
                    let message = format!("`{word}` is no kind: write {}", words.join(", "));
                    reader.error(&value.span(), message)
                })?;
            }
            "external" => register.external = reader.texts("external", value)?,
            "use-case" => register.use_case = Some(reader.words("use-case", value)?),
            "risk" => register.risk = Some(reader.words("risk", value)?),
            "mitigation" => register.mitigation = Some(reader.words("mitigation", value)?),
            "verification" => register.verification = Some(reader.words("verification", value)?),
            "risk-file" => register.risk_file = Some(reader.words("risk-file", value)?),
            "permit" => {
                permit_span = value.span();
                register.permit = Some(reader.words("permit", value)?);
            }
            "author" => register.author = Some(reader.words("author", value)?),
            "created" => register.created = Some(reader.day(value)?),
            "approved" => register.approved = Some(reader.day(value)?),
            "superseded-by" => register.superseded_by = Some(reader.words("superseded-by", value)?),
            _ => return Err(reader.unknown_key(key, "[[deviation]]", KEYS)),
        }
    }
    let is_own_approval = deviation.approved_by.is_some();
    if let Some(id) = deviation.register.permit.clone() {
        let permit = permits.iter().find(|permit| permit.id == id);
        let permit = permit.ok_or_else(|| {
            let message = format!("there is no permit `{id}` in this file");
            reader.error(&permit_span, message)
        })?;
        inherit(&mut deviation, permit);
    }
    if deviation.rules.is_empty() && paths.is_empty() && fingerprint.is_none() {
        let message = "a deviation names a `rule`, a `path` or a `fingerprint`".to_owned();
        return Err(reader.error(&entry.span(), message));
    }
    if deviation.register.id.is_some() {
        let spans = Spans {
            entry: entry.span(),
            reason: reason_span,
            is_own_approval,
        };
        complete(reader, &deviation, &spans)?;
    }
    let (location, lines) = reader.place(&entry.span());
    Ok(FileDeviation {
        deviation,
        paths: Globs::new(paths).map_err(|error| reader.error(&entry.span(), error.to_string()))?,
        fingerprint,
        location,
        lines,
    })
}

/// Takes from a permit what the entry does not say itself. It holds no longer than its permit.
fn inherit(deviation: &mut Deviation, permit: &Permit) {
    if deviation.rules.is_empty() {
        deviation.rules.clone_from(&permit.rules);
    }
    let has_reason = |reason: &String| !reason.trim().is_empty();
    if !deviation.reason.as_ref().is_some_and(has_reason) {
        deviation.reason = Some(permit.reason.clone());
    }
    if deviation.approved_by.is_none() {
        deviation.approved_by = Some(permit.approved_by.clone());
        deviation.register.approved = deviation.register.approved.or(Some(permit.approved));
    }
    let register = &mut deviation.register;
    for (own, of_permit) in [
        (&mut register.use_case, &Some(permit.use_case.clone())),
        (&mut register.risk, &permit.risk),
        (&mut register.mitigation, &permit.mitigation),
        (&mut register.verification, &permit.verification),
        (&mut register.author, &Some(permit.author.clone())),
    ] {
        if own.is_none() {
            own.clone_from(of_permit);
        }
    }
    deviation.until = match (deviation.until, permit.until) {
        (Some(own), Some(other)) => Some(own.min(other)),
        (own, other) => own.or(other),
    };
}

struct Spans {
    entry: Range<usize>,
    reason: Range<usize>,
    /// Whether the entry says itself who approved it.
    is_own_approval: bool,
}

/// Refuses a deviation record (an entry with an id) that lacks what such a record has to say.
fn complete(reader: &Reader<'_>, deviation: &Deviation, spans: &Spans) -> Result<(), ConfigError> {
    let register: &Register = &deviation.register;
    let id = register.id.as_deref().unwrap_or_default();
    let lacks = |key: &str, why: &str| {
        let message = format!("the deviation record `{id}` has no `{key}`: {why}");
        reader.error(&spans.entry, message)
    };
    let reason = deviation.reason.as_deref().unwrap_or_default();
    if reason.trim().is_empty() {
        return Err(lacks("reason", "say in a sentence why the code may stay"));
    }
    if !is_sentence(reason) {
        let message = format!(
            "`{reason}` is no reason that another person can judge: write at least one sentence"
        );
        return Err(reader.error(&spans.reason, message));
    }
    if register.risk.is_none() {
        return Err(lacks(
            "risk",
            "what can happen, and how likely and how bad it is",
        ));
    }
    if register.author.is_none() {
        return Err(lacks("author", "who asks for it"));
    }
    if deviation
        .approved_by
        .as_ref()
        .is_none_or(|name| name.trim().is_empty())
    {
        return Err(lacks("approved-by", "who agreed"));
    }
    let Some(approved) = register.approved else {
        return Err(lacks("approved", "the day somebody agreed"));
    };
    let odd = |earlier: &str, later: &str| {
        let message = format!("`{earlier}` lies after `{later}`");
        reader.error(&spans.entry, message)
    };
    // A permit was approved before anybody made use of it.
    if spans.is_own_approval && register.created.is_some_and(|created| created > approved) {
        return Err(odd("created", "approved"));
    }
    if deviation.until.is_some_and(|until| until < approved) {
        return Err(odd("approved", "until"));
    }
    match register.kind {
        Kind::Deferred if deviation.until.is_none() || deviation.ticket.is_none() => Err(lacks(
            if deviation.until.is_none() {
                "until"
            } else {
                "ticket"
            },
            "what is deferred has a day and a ticket",
        )),
        Kind::AcceptedRisk if register.risk_file.is_none() => Err(lacks(
            "risk-file",
            "an accepted risk stands in the risk file",
        )),
        _ => Ok(()),
    }
}
