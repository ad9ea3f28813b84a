//! Which deviation excuses which finding.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::comment::{DeviationSyntaxError, parse_deviation_comment};
use super::person::is_same;
use super::rules::resolve;
use super::{Category, Deviation, DeviationFile, DeviationScope, DeviationState, DeviationUse};
use crate::config::{Glob, Globs};
use crate::finding::{Finding, Location, RepoPath, RuleId, Severity, SourceLine};
use crate::triage::run::Item;
use crate::triage::{FileFindings, Settings};

/// Where a deviation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// In the comment of that number of the file of that number.
    Comment { file: usize, comment: usize },
    /// In the entry of that number of `deviations.toml`.
    Entry(usize),
    /// In a permit or category of `deviations.toml`, which excuses nothing itself.
    Declaration,
}

/// Why a deviation does not excuse a finding that it speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// Nobody else than the author agreed, and the profile asks for a second person.
    Alone,
    /// Author and approver are one person, and it is an error.
    OwnApproval,
    /// The rule is mandatory.
    Mandatory,
    /// Its permit is not for this rule or file.
    OutsidePermit,
    /// The project wants a record in the register.
    NoRecord,
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
    /// Fingerprints of those for which it gives the reason.
    pub(super) gives: Vec<String>,
    /// How many of them it may not excuse.
    pub(super) unpermitted: usize,
    /// Why.
    pub(super) refusals: BTreeSet<Refusal>,
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
    pub(in crate::triage) fn uses(&self, file: Option<&DeviationFile>) -> Vec<DeviationUse> {
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
                    fingerprints: site.gives.clone(),
                    scope: scope_of(site.origin, file),
                })
            })
            .collect()
    }
}

/// What an entry of the file holds for.
fn scope_of(origin: Origin, file: Option<&DeviationFile>) -> Option<DeviationScope> {
    let Origin::Entry(number) = origin else {
        return None;
    };
    let entry = file?.entries.get(number)?;
    Some(DeviationScope {
        paths: entry
            .paths
            .patterns()
            .iter()
            .map(|pattern| pattern.as_str().to_owned())
            .collect(),
        fingerprint: entry.fingerprint.clone(),
    })
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
    let limits = Limits::new(settings);
    for site in &mut sites {
        let Ok(deviation) = site.deviation.clone() else {
            continue;
        };
        let excuses = refused(&deviation, settings).is_none();
        let only_file = match site.origin {
            Origin::Comment { file, .. } => Some(file),
            Origin::Entry(_) | Origin::Declaration => None,
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
                let refusal = if alone && item.finding.severity == Severity::Error {
                    Some(Refusal::Alone)
                } else {
                    limits.refusal(&deviation, &file.path, &item.finding)
                };
                if let Some(refusal) = refusal {
                    site.unpermitted += 1;
                    site.refusals.insert(refusal);
                    continue;
                }
                if excuses && item.excuse.is_none() {
                    let reason = deviation.reason.clone().unwrap_or_default();
                    item.excuse = Some((reason, deviation.ticket.clone()));
                    site.gives.push(item.fingerprint.value());
                }
            }
        }
        site.state = Some(state(site, &deviation, files, settings));
    }
    sites.extend(declaration_sites(settings));
    Applied { sites }
}

/// What no deviation gets past, and how far permits reach.
struct Limits<'s> {
    mandatory: BTreeSet<RuleId>,
    permits: BTreeMap<&'s str, (BTreeSet<RuleId>, &'s Globs)>,
    wants_records: bool,
}

impl<'s> Limits<'s> {
    fn new(settings: &'s Settings) -> Self {
        let resolved = |rules: &[String]| -> BTreeSet<RuleId> {
            rules
                .iter()
                .filter_map(|name| resolve(&settings.names, name))
                .collect()
        };
        let file = settings.deviations.as_ref();
        Self {
            mandatory: file
                .into_iter()
                .flat_map(|file| &file.categories)
                .filter(|one| one.category == Category::Mandatory)
                .flat_map(|one| resolved(&one.rules))
                .collect(),
            permits: file
                .into_iter()
                .flat_map(|file| &file.permits)
                .map(|permit| (permit.id.as_str(), (resolved(&permit.rules), &permit.paths)))
                .collect(),
            wants_records: settings.wants_records,
        }
    }

    /// Why a deviation may not excuse a finding; `None` = it may.
    fn refusal(
        &self,
        deviation: &Deviation,
        path: &RepoPath,
        finding: &Finding,
    ) -> Option<Refusal> {
        let register = &deviation.register;
        if self.mandatory.contains(&finding.rule) {
            return Some(Refusal::Mandatory);
        }
        if self.wants_records && register.id.is_none() {
            return Some(Refusal::NoRecord);
        }
        let permit = register.permit.as_deref();
        if let Some((rules, paths)) = permit.and_then(|id| self.permits.get(id)) {
            let reaches = paths.patterns().is_empty() || paths.is_match(path);
            if !reaches || !rules.contains(&finding.rule) {
                return Some(Refusal::OutsidePermit);
            }
        }
        let names = (&register.author, &deviation.approved_by);
        match names {
            (Some(author), Some(approver))
                if finding.severity == Severity::Error && is_same(author, approver) =>
            {
                Some(Refusal::OwnApproval)
            }
            _ => None,
        }
    }
}

/// Whether somebody else than the author agreed. A comment proves nothing of the kind: whoever writes
/// the code writes it.
fn has_second_person(origin: Origin, deviation: &Deviation) -> bool {
    let is_named = |name: &String| !name.trim().is_empty();
    matches!(origin, Origin::Entry(_)) && deviation.approved_by.as_ref().is_some_and(is_named)
}

/// Why a deviation excuses nothing, whatever it stands beside.
pub(super) fn refused(deviation: &Deviation, settings: &Settings) -> Option<DeviationState> {
    if deviation.register.superseded_by.is_some() {
        Some(DeviationState::Superseded)
    } else if !has_reason(deviation) {
        Some(DeviationState::WithoutReason)
    } else if is_expired(deviation, settings) {
        Some(DeviationState::Expired)
    } else if approved_ahead(deviation, settings).is_some() {
        Some(DeviationState::NotPermitted)
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

/// The day of an approval that has not come yet, its own or that of its permit: nobody can have agreed then. A
/// day more is let pass, for somewhere on earth it is tomorrow already.
pub(super) fn approved_ahead(deviation: &Deviation, settings: &Settings) -> Option<NaiveDate> {
    let latest = settings.today.succ_opt()?;
    let id = deviation.register.permit.as_deref();
    let file = settings.deviations.as_ref();
    let permit = file.and_then(|file| file.permits.iter().find(|one| Some(one.id.as_str()) == id));
    let days = [
        deviation.register.approved,
        permit.map(|permit| permit.approved),
    ];
    days.into_iter().flatten().filter(|day| *day > latest).max()
}

/// Whether all that an entry names is gone with the change.
pub(super) fn is_gone(site: &Site, settings: &Settings) -> bool {
    let Origin::Entry(entry) = site.origin else {
        return false;
    };
    let patterns = patterns(entry, settings);
    !patterns.is_empty()
        && patterns
            .iter()
            .all(|pattern| is_gone_path(pattern, settings))
}

fn is_gone_path(pattern: &Glob, settings: &Settings) -> bool {
    let path = RepoPath::new(pattern.as_str().trim_start_matches('/').as_bytes());
    pattern.is_exact_path() && settings.gone.contains(&path)
}

fn patterns(entry: usize, settings: &Settings) -> &[Glob] {
    let file = settings.deviations.as_ref();
    let entry = file.and_then(|file| file.entries.get(entry));
    entry
        .map(|entry| entry.paths.patterns())
        .unwrap_or_default()
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
        Origin::Declaration => false,
        Origin::Comment { file, .. } => files.get(file).is_some_and(ran_on),
        Origin::Entry(entry) => {
            if settings.whole_tree {
                return files.iter().any(ran_on);
            }
            let patterns = patterns(entry, settings);
            // Part of the repository says something about entries for files of that part alone.
            !patterns.is_empty()
                && patterns.iter().all(|pattern| {
                    let path = pattern.as_str().trim_start_matches('/').as_bytes();
                    let has_run =
                        |file: &FileFindings| file.path.as_bytes() == path && ran_on(file);
                    is_gone_path(pattern, settings)
                        || pattern.is_exact_path() && files.iter().any(has_run)
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
        Origin::Declaration => false,
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
                gives: Vec::new(),
                unpermitted: 0,
                refusals: BTreeSet::new(),
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
            gives: Vec::new(),
            unpermitted: 0,
            refusals: BTreeSet::new(),
            state: None,
        })
        .collect()
}

/// Permits and categories, so that a rule they name and nobody knows is told.
fn declaration_sites(settings: &Settings) -> Vec<Site> {
    let site = |rules: &[String], location: &Location, lines: &[SourceLine]| {
        let deviation = Deviation {
            rules: rules.to_vec(),
            reason: Some("declared".to_owned()),
            ..Deviation::default()
        };
        Site {
            origin: Origin::Declaration,
            location: location.clone(),
            lines: lines.to_vec(),
            slots: slots(Some(&deviation), settings),
            deviation: Ok(deviation),
            hits: Vec::new(),
            gives: Vec::new(),
            unpermitted: 0,
            refusals: BTreeSet::new(),
            state: None,
        }
    };
    let Some(file) = &settings.deviations else {
        return Vec::new();
    };
    let permits = file.permits.iter();
    let categories = file.categories.iter();
    permits
        .map(|one| site(&one.rules, &one.location, &one.lines))
        .chain(categories.map(|one| site(&one.rules, &one.location, &one.lines)))
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
