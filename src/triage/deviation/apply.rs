//! Which deviation excuses which finding.

use super::comment::{DeviationSyntaxError, parse_deviation_comment};
use super::rules::resolve;
use super::{Deviation, DeviationState, DeviationUse};
use crate::finding::{Finding, Location, RuleId, Severity, SourceLine};
use crate::triage::run::Item;
use crate::triage::{FileFindings, Settings};

/// Where a deviation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the comment of that number of the file of that number.
    Comment { file: usize, comment: usize },
    /// In the entry of that number of `deviations.toml`.
    Entry(usize),
}

/// One rule of a deviation.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// As written; empty where every rule is meant.
    pub(super) name: String,
    /// The rule, if there is one of that name.
    pub(super) rule: Option<RuleId>,
    /// Findings it speaks for.
    pub(super) hits: u32,
}

impl Slot {
    fn is_any(&self) -> bool {
        self.name.is_empty()
    }

    fn fits(&self, finding: &Finding) -> bool {
        self.is_any() || self.rule.as_ref() == Some(&finding.rule)
    }
}

/// A deviation, read and compared with the findings.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) origin: Origin,
    pub(super) location: Location,
    pub(super) lines: Vec<SourceLine>,
    /// The deviation, or why it cannot be read.
    pub(super) deviation: Result<Deviation, DeviationSyntaxError>,
    pub(super) slots: Vec<Slot>,
    /// Findings it speaks for, as file and number in the file.
    pub(super) hits: Vec<(usize, usize)>,
    /// How many of them it does not excuse for want of a second person.
    pub(super) unpermitted: usize,
    /// Not set where the deviation cannot be read.
    pub(super) state: Option<DeviationState>,
}

/// All deviations of a run after they were compared with the findings.
#[derive(Debug, Clone, Default)]
pub(in crate::triage) struct Applied {
    pub(super) sites: Vec<Site>,
}

impl Applied {
    /// Every deviation that could be read, in the order of `files`, then of `deviations.toml`.
    pub(in crate::triage) fn uses(&self) -> Vec<DeviationUse> {
        self.sites
            .iter()
            .filter_map(|site| {
                let state = site.state?;
                let excused = match state {
                    DeviationState::Used => {
                        let excused = site.hits.len().saturating_sub(site.unpermitted);
                        u32::try_from(excused).unwrap_or(u32::MAX)
                    }
                    _ => 0,
                };
                Some(DeviationUse {
                    location: site.location.clone(),
                    deviation: site.deviation.clone().ok()?,
                    state,
                    excused,
                })
            })
            .collect()
    }
}

/// Reads all deviations and marks the findings they excuse. Where several speak for one finding,
/// all of them count as used and the first gives the reason; comments come before
/// `deviations.toml`, being nearer to the code.
pub(in crate::triage) fn apply(
    files: &[FileFindings],
    items: &mut [Vec<Item>],
    settings: &Settings,
) -> Applied {
    let mut sites = comment_sites(files, settings);
    sites.extend(entry_sites(settings));
    for site in &mut sites {
        let Ok(deviation) = site.deviation.clone() else {
            continue;
        };
        let excuses = refused(&deviation, settings).is_none();
        let only_file = match site.origin {
            Origin::Comment { file, .. } => Some(file),
            Origin::Entry(_) => None,
        };
        let in_reach = items
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| only_file.is_none_or(|file| file == *index));
        for (index, items) in in_reach {
            let Some(file) = files.get(index) else {
                continue;
            };
            let demands = settings
                .policy
                .ruling(&file.path)
                .is_some_and(|ruling| ruling.terms.effects.second_person);
            let alone = demands && !has_second_person(site.origin, &deviation);
            for (number, item) in items.iter_mut().enumerate() {
                if !speaks_for(site, file, item, settings) {
                    continue;
                }
                site.hits.push((index, number));
                for slot in site
                    .slots
                    .iter_mut()
                    .filter(|slot| slot.fits(&item.finding))
                {
                    slot.hits += 1;
                }
                if alone && item.finding.severity == Severity::Error {
                    site.unpermitted += 1;
                    continue;
                }
                if excuses && item.excuse.is_none() {
                    let reason = deviation.reason.clone().unwrap_or_default();
                    item.excuse = Some((reason, deviation.ticket.clone()));
                }
            }
        }
        site.state = Some(state(site, &deviation, files, settings));
    }
    Applied { sites }
}

/// Whether somebody else than the author agreed. A comment proves nothing of the kind: whoever writes
/// the code writes it.
fn has_second_person(origin: Origin, deviation: &Deviation) -> bool {
    let is_named = |name: &String| !name.trim().is_empty();
    matches!(origin, Origin::Entry(_)) && deviation.approved_by.as_ref().is_some_and(is_named)
}

/// Why a deviation excuses nothing, whatever it stands beside.
pub(super) fn refused(deviation: &Deviation, settings: &Settings) -> Option<DeviationState> {
    if !has_reason(deviation) {
        Some(DeviationState::WithoutReason)
    } else if is_expired(deviation, settings) {
        Some(DeviationState::Expired)
    } else {
        None
    }
}

/// Whether the deviation says why.
pub(super) fn has_reason(deviation: &Deviation) -> bool {
    deviation
        .reason
        .as_ref()
        .is_some_and(|reason| !reason.trim().is_empty())
}

/// Whether its last day has passed.
pub(super) fn is_expired(deviation: &Deviation, settings: &Settings) -> bool {
    deviation.until.is_some_and(|day| day < settings.today)
}

/// Whether the rule of the slot ran wherever the deviation holds, so that finding nothing means
/// there is nothing.
pub(super) fn has_run(
    site: &Site,
    slot: &Slot,
    files: &[FileFindings],
    settings: &Settings,
) -> bool {
    let ran_on = |file: &FileFindings| match &slot.rule {
        Some(rule) => file.ran.contains(rule),
        None => slot.is_any() && !file.ran.is_empty(),
    };
    match site.origin {
        Origin::Comment { file, .. } => files.get(file).is_some_and(ran_on),
        Origin::Entry(entry) => {
            if settings.whole_tree {
                return files.iter().any(ran_on);
            }
            let patterns = settings
                .deviations
                .as_ref()
                .and_then(|file| file.entries.get(entry))
                .map(|entry| entry.paths.patterns())
                .unwrap_or_default();
            // Part of the repository says something about entries for files of that part alone.
            !patterns.is_empty()
                && patterns.iter().all(|pattern| {
                    let path = pattern.as_str().trim_start_matches('/').as_bytes();
                    pattern.is_exact_path()
                        && files
                            .iter()
                            .any(|file| file.path.as_bytes() == path && ran_on(file))
                })
        }
    }
}

fn state(
    site: &Site,
    deviation: &Deviation,
    files: &[FileFindings],
    settings: &Settings,
) -> DeviationState {
    if let Some(refused) = refused(deviation, settings) {
        return refused;
    }
    if !site.hits.is_empty() {
        return if site.unpermitted == site.hits.len() {
            DeviationState::NotPermitted
        } else {
            DeviationState::Used
        };
    }
    let is_unknown = |slot: &Slot| !slot.is_any() && slot.rule.is_none();
    if site.slots.iter().all(is_unknown) {
        return DeviationState::UnknownRule;
    }
    let all_ran = site
        .slots
        .iter()
        .all(|slot| is_unknown(slot) || has_run(site, slot, files, settings));
    if all_ran {
        DeviationState::Unused
    } else {
        DeviationState::Unchecked
    }
}

fn speaks_for(site: &Site, file: &FileFindings, item: &Item, settings: &Settings) -> bool {
    if !site.slots.iter().any(|slot| slot.fits(&item.finding)) {
        return false;
    }
    match site.origin {
        Origin::Comment { comment, .. } => file
            .comments
            .get(comment)
            .is_some_and(|comment| comment.speaks_for(&item.finding)),
        Origin::Entry(entry) => settings
            .deviations
            .as_ref()
            .and_then(|file| file.entries.get(entry))
            .is_some_and(|entry| entry.speaks_for(&file.path, &item.fingerprint)),
    }
}

fn comment_sites(files: &[FileFindings], settings: &Settings) -> Vec<Site> {
    let mut sites = Vec::new();
    for (file, findings) in files.iter().enumerate() {
        for (number, comment) in findings.comments.iter().enumerate() {
            let deviation = match parse_deviation_comment(&comment.text) {
                Ok(Some(deviation)) => Ok(deviation),
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            sites.push(Site {
                origin: Origin::Comment {
                    file,
                    comment: number,
                },
                location: comment.location.clone(),
                lines: comment.lines.clone(),
                slots: slots(deviation.as_ref().ok(), settings),
                deviation,
                hits: Vec::new(),
                unpermitted: 0,
                state: None,
            });
        }
    }
    sites
}

fn entry_sites(settings: &Settings) -> Vec<Site> {
    let entries = settings.deviations.iter().flat_map(|file| &file.entries);
    entries
        .enumerate()
        .map(|(number, entry)| Site {
            origin: Origin::Entry(number),
            location: entry.location.clone(),
            lines: entry.lines.clone(),
            slots: slots(Some(&entry.deviation), settings),
            deviation: Ok(entry.deviation.clone()),
            hits: Vec::new(),
            unpermitted: 0,
            state: None,
        })
        .collect()
}

fn slots(deviation: Option<&Deviation>, settings: &Settings) -> Vec<Slot> {
    let Some(deviation) = deviation else {
        return Vec::new();
    };
    let slot = |name: &str| Slot {
        name: name.to_owned(),
        rule: resolve(&settings.names, name),
        hits: 0,
    };
    if deviation.rules.is_empty() {
        return vec![slot("")];
    }
    deviation.rules.iter().map(|name| slot(name)).collect()
}
