//! Findings about deviations.

use super::apply::{
    Applied, Origin, Refusal, Site, Slot, approved_ahead, has_reason, has_run, is_expired, is_gone,
};
use super::comment::DeviationSyntaxError;
use super::rules::{EXPIRED, MALFORMED, NOT_PERMITTED, UNKNOWN_RULE, UNUSED, WITHOUT_REASON};
use super::{Deviation, DeviationState};
use crate::config::Scope;
use crate::finding::{Finding, Location, Position, Precision};
use crate::triage::run::Item;
use crate::triage::{FileFindings, Settings, scope};

/// A finding about a deviation, with what triage has to know of it.
pub(in crate::triage) struct Defect {
    pub(in crate::triage) finding: Finding,
    /// The file the comment is in; `None` for an entry of `deviations.toml`.
    pub(in crate::triage) file: Option<usize>,
    pub(in crate::triage) in_scope: bool,
    pub(in crate::triage) on_changed_line: bool,
}

/// The findings about all deviations of a run. `items` carry their scope already: a deviation that
/// fails to excuse a finding in scope is in scope itself, wherever it stands.
pub(in crate::triage) fn defects(
    applied: &Applied,
    files: &[FileFindings],
    items: &[Vec<Item>],
    settings: &Settings,
) -> Vec<Defect> {
    let mut defects = Vec::new();
    for site in &applied.sites {
        let (in_scope, on_changed_line) = place(site, files, items, settings);
        for (code, message, location) in complaints(site, files, settings) {
            // A rule the configuration turned off makes no finding.
            let Some(rule) = settings
                .deviation_rules
                .iter()
                .find(|rule| rule.id.as_str() == code)
            else {
                continue;
            };
            let file = match site.origin {
                Origin::Comment { file, .. } => Some(file),
                Origin::Entry(_) | Origin::Declaration => None,
            };
            let function = file
                .and_then(|file| files.get(file))
                .and_then(|file| file.function_at(location.start.line))
                .map(|function| function.name.clone());
            let finding = Finding {
                rule: rule.id.clone(),
                severity: rule.severity,
                precision: Precision::High,
                status: rule.status,
                message,
                location,
                related: Vec::new(),
                trace: Vec::new(),
                function,
                lines: site.lines.clone(),
                fix: None,
                tokens: tokens(site, files),
                origin: None,
            };
            defects.push(Defect {
                finding,
                file,
                in_scope,
                on_changed_line,
            });
        }
    }
    defects
}

/// Code, message and place of everything wrong with a deviation.
fn complaints(
    site: &Site,
    files: &[FileFindings],
    settings: &Settings,
) -> Vec<(&'static str, String, Location)> {
    let here = || site.location.clone();
    let deviation = match &site.deviation {
        Ok(deviation) => deviation,
        Err(error) => {
            let message = format!("this deviation cannot be read: {error}");
            return vec![(MALFORMED, message, place_of_error(site, files, error))];
        }
    };
    let mut complaints = Vec::new();
    for slot in &site.slots {
        if !slot.name.is_empty() && slot.rule.is_none() {
            complaints.push((UNKNOWN_RULE, unknown_rule(slot, settings), here()));
        }
    }
    // What was superseded excuses nothing, whatever else is wrong with it.
    if deviation.register.superseded_by.is_some() {
        return complaints;
    }
    let rules = quoted(site.slots.iter());
    let mut excuses = true;
    if !has_reason(deviation) {
        let message = format!("this deviation{rules} gives no reason and excuses nothing");
        complaints.push((WITHOUT_REASON, message, here()));
        excuses = false;
    }
    if let Some(day) = deviation.until
        && is_expired(deviation, settings)
    {
        let message = format!("this deviation{rules} was good until {day} and excuses nothing now");
        complaints.push((EXPIRED, message, here()));
        excuses = false;
    }
    if let Some(day) = approved_ahead(deviation, settings) {
        let message = format!(
            "this deviation{rules} excuses nothing: it is approved on {day}, a day that has not come"
        );
        complaints.push((NOT_PERMITTED, message, here()));
        excuses = false;
    }
    if excuses && site.unpermitted > 0 {
        for refusal in &site.refusals {
            let why = refused_because(*refusal, site, deviation);
            let what = match (refusal, site.unpermitted) {
                (Refusal::Alone | Refusal::OwnApproval, 1) => "the error it stands for",
                (Refusal::Alone | Refusal::OwnApproval, _) => "the errors it stands for",
                (_, 1) => "the finding it stands for",
                _ => "findings it stands for",
            };
            let message = format!("this deviation{rules} does not excuse {what}: {why}");
            complaints.push((NOT_PERMITTED, message, here()));
        }
    }
    let unused: Vec<&Slot> = site
        .slots
        .iter()
        .filter(|slot| slot.hits == 0 && has_run(site, slot, files, settings))
        .collect();
    if excuses && !unused.is_empty() {
        let rules = quoted(unused.into_iter());
        let why = match is_gone(site, settings) {
            true => ": the file it names is no longer there",
            false => "",
        };
        let message = format!("this deviation{rules} has nothing to excuse{why}");
        complaints.push((UNUSED, message, here()));
    }
    complaints
}

fn refused_because(refusal: Refusal, site: &Site, deviation: &Deviation) -> String {
    let permit = || deviation.register.permit.as_deref().unwrap_or_default();
    match (refusal, site.origin) {
        (Refusal::Alone, Origin::Comment { .. }) => {
            "at level high that takes an entry of deviations.toml with `approved-by`".to_owned()
        }
        (Refusal::Alone, _) => "at level high that takes `approved-by`, a second person".to_owned(),
        (Refusal::OwnApproval, _) => {
            "its author approved it, and an error takes a second person".to_owned()
        }
        (Refusal::Mandatory, _) => "the project made the rule mandatory".to_owned(),
        (Refusal::OutsidePermit, _) => {
            format!("the permit `{}` is not for that rule or file", permit())
        }
        (Refusal::NoRecord, _) => {
            "this project wants a record: an entry of deviations.toml with an `id`".to_owned()
        }
    }
}

/// ` from `A` and `B``; nothing where every rule is meant.
fn quoted<'s>(slots: impl Iterator<Item = &'s Slot>) -> String {
    let names: Vec<String> = slots
        .filter(|slot| !slot.name.is_empty())
        .map(|slot| format!("`{}`", slot.name))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    format!(" from {}", names.join(" and "))
}

fn unknown_rule(slot: &Slot, settings: &Settings) -> String {
    let name = &slot.name;
    if settings.names.find(name).is_some() {
        return format!("`{name}` is a rule about deviations and cannot be excused by one");
    }
    let hint = crate::config::did_you_mean(settings.names.nearest(name));
    format!("there is no rule `{name}`, so this deviation excuses nothing for it{hint}")
}

/// The byte of the error inside the comment.
fn place_of_error(site: &Site, files: &[FileFindings], error: &DeviationSyntaxError) -> Location {
    let mut location = site.location.clone();
    let Some(before) = comment_text(site, files).and_then(|text| text.get(..error.offset)) else {
        return location;
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let start = location.start;
    location.start = match before.rsplit_once('\n') {
        None => Position {
            line: start.line,
            column: start.column.saturating_add(count(before.chars().count())),
        },
        Some((lines, last)) => Position {
            line: start
                .line
                .saturating_add(count(lines.matches('\n').count() + 1)),
            column: count(last.chars().count() + 1),
        },
    };
    location.span.start = location
        .span
        .start
        .saturating_add(count(before.len()))
        .min(location.span.end);
    location
}

fn comment_text<'f>(site: &Site, files: &'f [FileFindings]) -> Option<&'f str> {
    let Origin::Comment { file, comment } = site.origin else {
        return None;
    };
    let comment = files.get(file)?.comments.get(comment)?;
    Some(&comment.text)
}

/// What the fingerprint sees: the words of the comment, or of the entry.
fn tokens(site: &Site, files: &[FileFindings]) -> String {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (comment_text(site, files), &site.deviation) {
        (Some(text), _) => words(text),
        (None, Ok(deviation)) => words(&format!(
            "{} {}",
            deviation.rules.join(" "),
            deviation.reason.as_deref().unwrap_or_default()
        )),
        (None, Err(_)) => String::new(),
    }
}

/// Whether the findings about the deviation are in scope, and whether it stands on a changed line.
///
/// A comment whose own line or whose covered line was changed was touched by the change: the author
/// wrote it, or repaired the code it excused.
fn place(
    site: &Site,
    files: &[FileFindings],
    items: &[Vec<Item>],
    settings: &Settings,
) -> (bool, bool) {
    let (first, last) = (site.location.start.line, site.location.end.line);
    let fails_in_scope = site.hits.iter().any(|(file, number)| {
        items
            .get(*file)
            .and_then(|items| items.get(*number))
            .is_some_and(|item| item.in_scope && item.excuse.is_none())
    });
    let (file, covers): (Option<&FileFindings>, &[u32]) = match site.origin {
        Origin::Comment { file, comment } => {
            let file = files.get(file);
            let comment = file.and_then(|file| file.comments.get(comment));
            (file, comment.map_or(&[], |comment| &comment.covers))
        }
        Origin::Entry(_) | Origin::Declaration => {
            let path = &site.location.path;
            (files.iter().find(|file| file.path == *path), &[])
        }
    };
    // Time takes the permission away, or the change took away what it was for: whoever reviews commits is told.
    let is_ahead = |deviation: &Deviation| approved_ahead(deviation, settings).is_some();
    let has_lapsed = match site.state {
        Some(DeviationState::Expired | DeviationState::Unused) => true,
        Some(DeviationState::NotPermitted) => site.deviation.as_ref().is_ok_and(is_ahead),
        _ => false,
    };
    let lapsed = has_lapsed && matches!(site.origin, Origin::Entry(_)) && settings.register_closes;
    let Some(file) = file else {
        let in_scope = fails_in_scope || lapsed || settings.scope == Scope::All;
        return (in_scope, false);
    };
    let on_changed_line = file.is_new_file || file.changed.touches(first, last);
    let touched = on_changed_line || covers.iter().any(|&line| file.changed.is_added(line));
    let in_scope = scope::contains(settings.scope, file, first, last, touched);
    (in_scope || fails_in_scope || lapsed, on_changed_line)
}
