//! What holds where: the configuration at the root, those of folders below it, and their profiles,
//! joined to one answer for every file.
//!
//! For a file the nearest `scrubin.toml` on its path counts; what it does not state comes from the
//! next one above. The profile decides the severities of rules, `[rules]` wins over it, and whatever
//! ends below what the profile or the rule itself asks for has a reason and is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{ConfigError, Problem};
use super::glob::{Glob, Globs};
use super::profile::{
    Act, Effects, Fact, Leveled, Profile, ROWS, Raised, RuleFacts, SafetyClass, effects,
};
use super::rule_names::{NamedRules, RuleNames};
use super::settings::{FailOn, Paths};
use super::{Config, GlobError};
use crate::finding::{Finding, Precision, RepoPath, RuleId, Severity};

mod explain;

pub use explain::Explained;

/// What arguments and the command say beside the files.
#[derive(Debug, Clone, Copy, Default)]
pub struct PolicyOptions {
    /// The precision an argument asks for; wins over files and profile.
    pub precision: Option<Precision>,
    /// What closes the gate by an argument; wins over files.
    pub fail_on: Option<FailOn>,
    /// The precision of the command where nobody asks for another.
    pub usual_precision: Option<Precision>,
}

/// What holds for the files of one class under one configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Findings below this precision are not shown.
    pub precision: Option<Precision>,
    /// Findings below this severity are not shown.
    pub severity: Option<Severity>,
    /// What closes the gate.
    pub fail_on: Option<FailOn>,
    /// Rules whose severity is not their own.
    pub severities: BTreeMap<RuleId, Severity>,
    /// Rules that do not run.
    pub off: BTreeSet<RuleId>,
    /// What the profile does.
    pub effects: Effects,
}

impl Terms {
    /// Whether the precision of a finding, or of a rule, is enough to be shown.
    pub fn shows(&self, rule: &RuleId, severity: Severity, precision: Precision) -> bool {
        let threshold = self.precision.unwrap_or(Precision::High);
        precision >= threshold
            || self.effects.shown.contains(rule)
            || (self.effects.medium_errors
                && severity == Severity::Error
                && precision >= Precision::Medium)
    }

    /// The severity of a rule.
    pub fn severity_of(&self, rule: &RuleFacts) -> Option<Severity> {
        if self.off.contains(&rule.id) {
            return None;
        }
        let changed = self.severities.get(&rule.id).copied();
        Some(changed.unwrap_or(rule.severity))
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Software of the device.
    Device,
    /// Tests, host tools, code of the production line.
    OffDevice,
    /// Software of others.
    Soup,
}

/// What holds for one file.
#[derive(Debug, Clone, Copy)]
pub struct Ruling<'p> {
    /// Severities and thresholds.
    pub terms: &'p Terms,
    /// What the file is.
    pub kind: Kind,
    /// The safety class of its software; `None` without a profile.
    pub class: Option<SafetyClass>,
    is_test: bool,
}

impl Ruling<'_> {
    /// Whether findings of the file never close the gate (`paths.test`).
    pub fn is_test(&self) -> bool {
        self.is_test
    }

    /// Whether the rule says nothing of files of this kind.
    pub fn is_silent(&self, rule: &RuleId) -> bool {
        self.kind == Kind::OffDevice && !speaks(Fact::OffDevice, rule)
    }

    /// Whether a finding of the rule belongs to the list of risks in software of others.
    pub fn is_for_soup_list(&self, rule: &RuleId) -> bool {
        self.kind == Kind::Soup && !speaks(Fact::Soup, rule)
    }

    /// Gives a finding its severity and, where the profile knows more, its words; `false` where its
    /// rule does not run.
    pub fn settle(&self, finding: &mut Finding) -> bool {
        if self.terms.off.contains(&finding.rule) {
            return false;
        }
        if let Some(severity) = self.terms.severities.get(&finding.rule) {
            finding.severity = *severity;
        }
        if self.terms.effects.wrapping.contains(&finding.rule) {
            let message = finding.message.trim_end_matches('.');
            finding.message = format!("{message}; the release build wraps silently");
        }
        true
    }
}

/// Whether the table lets the rule speak in folders of that kind. Rules about deviations and rules
/// of the project's own are no business of the table.
fn speaks(kind: Fact, rule: &RuleId) -> bool {
    if rule.as_str().starts_with("X-DEV-") {
        return true;
    }
    ROWS.iter()
        .filter(|row| row.when == [kind])
        .flat_map(|row| row.acts)
        .any(|act| match act {
            Act::SoupListBut(names) | Act::Only(names) => super::profile::fits_any(names, rule),
            _ => false,
        })
}

/// A rule that weighs less than it would without the configuration, or a level that does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lowered {
    /// The rule; empty where the level is meant.
    pub rule: String,
    /// The folder it holds for; empty = the whole repository.
    pub folder: String,
    /// The severity (or level) before, in a word.
    pub from: &'static str,
    /// The one that counts; `off` = the rule does not run.
    pub to: &'static str,
    /// Why, as the configuration says; empty where nobody says.
    pub reason: String,
}

/// What one `scrubin.toml` says, joined with those above.
#[derive(Debug, Clone)]
pub(super) struct Zone {
    pub(super) folder: RepoPath,
    pub(super) paths: Paths,
    pub(super) profile: Option<Profile>,
    pub(super) leveled: Option<Leveled>,
    classes: Vec<(Globs, usize, SafetyClass)>,
    pub(super) terms: BTreeMap<Option<SafetyClass>, Terms>,
    named: NamedRules,
    lowered: Vec<Lowered>,
}

/// What holds where. Without any zone nothing differs from the defaults.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// Sorted by folder, the root first.
    pub(super) zones: Vec<Zone>,
}

impl Policy {
    /// Joins the configuration of the root with those of folders below it (path of the file,
    /// settings).
    ///
    /// # Errors
    /// A rule nobody knows; a severity lowered, or a rule of the profile turned off, without a reason.
    pub fn new(
        root: &Config,
        nested: &[(RepoPath, Config)],
        names: &RuleNames,
        rules: &[RuleFacts],
        options: PolicyOptions,
    ) -> Result<Self, ConfigError> {
        let top = RepoPath::from("");
        let named = root.named_rules(names)?;
        let mut joined = vec![(top.clone(), root.clone(), named.clone())];
        let mut zones = vec![Zone::new(top, root, named, rules, options)?];
        let mut nested: Vec<&(RepoPath, Config)> = nested.iter().collect();
        nested.sort_by_key(|(path, _)| path.parent());
        for (path, config) in nested {
            let folder = path.parent();
            // Sorted, so that the nearest one above comes last.
            let above = joined
                .iter()
                .rev()
                .find(|(other, _, _)| is_within(&folder, other));
            let Some((_, below, named_below)) = above else {
                continue;
            };
            let named = config.named_rules(names)?.over(named_below.clone());
            let merged = config.over(below);
            zones.push(Zone::new(
                folder.clone(),
                &merged,
                named.clone(),
                rules,
                options,
            )?);
            joined.push((folder, merged, named));
        }
        Ok(Self { zones })
    }

    /// What holds for a file; `None` without any configuration.
    pub fn ruling(&self, path: &RepoPath) -> Option<Ruling<'_>> {
        self.zone(path)?.ruling(path)
    }

    /// The nearest zone around a file or folder.
    pub(super) fn zone(&self, path: &RepoPath) -> Option<&Zone> {
        self.zones
            .iter()
            .rev()
            .find(|zone| is_within(path, &zone.folder))
    }

    /// Whether the file is not reviewed by the configuration.
    pub fn is_excluded(&self, path: &RepoPath) -> bool {
        self.zone(path)
            .is_some_and(|zone| zone.paths.exclude.is_match(path))
    }

    /// Whether the file is code of others that is not reviewed.
    pub fn is_vendor(&self, path: &RepoPath) -> bool {
        self.zone(path)
            .is_some_and(|zone| zone.paths.vendor.is_match(path))
    }

    /// Whether the file is one that says which code of others there is; `None` where the configuration
    /// names no such files.
    pub fn is_vendor_record(&self, path: &RepoPath) -> Option<bool> {
        let named = |zone: &&Zone| !zone.paths.vendor_record.patterns().is_empty();
        let mut zones = self.zones.iter().filter(named).peekable();
        zones.peek()?;
        Some(zones.any(|zone| zone.paths.vendor_record.is_match(path)))
    }

    /// The severity of a rule in files at the root of the repository, `own` being that of the rule; `None` where
    /// it does not run there.
    pub fn severity_at_root(&self, rule: &RuleId, own: Severity) -> Option<Severity> {
        let Some(ruling) = self.ruling(&RepoPath::from("")) else {
            return Some(own);
        };
        let terms = ruling.terms;
        (!terms.off.contains(rule)).then(|| terms.severities.get(rule).copied().unwrap_or(own))
    }

    /// Whether the rule runs anywhere.
    pub fn runs(&self, id: &RuleId) -> bool {
        self.zones.is_empty() || self.zones.iter().any(|zone| zone.named.enabled(id))
    }

    /// Rules that are shown somewhere although their precision is below `threshold`.
    pub fn shown_below(&self, threshold: Precision, rules: &[RuleFacts]) -> BTreeSet<RuleId> {
        let terms = || self.zones.iter().flat_map(|zone| zone.terms.values());
        rules
            .iter()
            .filter(|rule| rule.precision < threshold)
            .filter(|rule| {
                terms().any(|terms| {
                    terms
                        .severity_of(rule)
                        .is_some_and(|severity| terms.shows(&rule.id, severity, rule.precision))
                })
            })
            .map(|rule| rule.id.clone())
            .collect()
    }

    /// What the configuration at the root says of rules.
    pub fn root_rules(&self) -> NamedRules {
        self.zones
            .first()
            .map(|zone| zone.named.clone())
            .unwrap_or_default()
    }

    /// What the configurations around a file say of rules, and the folder of the nearest.
    pub fn named_rules(&self, path: &RepoPath) -> Option<(&RepoPath, &NamedRules)> {
        self.zone(path).map(|zone| (&zone.folder, &zone.named))
    }

    /// Everything that weighs less than it would by itself or by the profile, sorted.
    pub fn lowered(&self) -> Vec<Lowered> {
        let mut all: Vec<Lowered> = Vec::new();
        for zone in &self.zones {
            for one in &zone.lowered {
                // What a folder takes over from above is told once, there.
                let told = Lowered {
                    folder: String::new(),
                    ..one.clone()
                };
                if !all.iter().any(|other| {
                    let other = Lowered {
                        folder: String::new(),
                        ..other.clone()
                    };
                    other == told
                }) {
                    all.push(one.clone());
                }
            }
        }
        all.sort();
        all
    }

    /// The level of the profile that counts at a file or folder; without one, at the root.
    pub fn level_at(&self, path: Option<&RepoPath>) -> Option<&Leveled> {
        match path {
            Some(path) => self.zone(path)?.leveled.as_ref(),
            None => self.level(),
        }
    }

    /// The level of the profile that counts at the root.
    pub fn level(&self) -> Option<&Leveled> {
        self.zones.first()?.leveled.as_ref()
    }

    /// Whether some profile asks for a second person to excuse an error.
    pub fn wants_second_person(&self) -> bool {
        self.zones
            .iter()
            .flat_map(|zone| zone.terms.values())
            .any(|terms| terms.effects.second_person)
    }

    /// The zones with their terms, for lists: folder, class, terms.
    pub fn all_terms(&self) -> impl Iterator<Item = (&RepoPath, Option<SafetyClass>, &Terms)> {
        self.zones.iter().flat_map(|zone| {
            zone.terms
                .iter()
                .map(|(class, terms)| (&zone.folder, *class, terms))
        })
    }
}

impl Zone {
    fn new(
        folder: RepoPath,
        config: &Config,
        named: NamedRules,
        rules: &[RuleFacts],
        options: PolicyOptions,
    ) -> Result<Self, ConfigError> {
        let base = Terms {
            precision: Some(
                options
                    .precision
                    .or(config.check.precision)
                    .or(options.usual_precision)
                    .unwrap_or(Precision::High),
            ),
            severity: Some(config.check.severity),
            fail_on: Some(options.fail_on.unwrap_or(config.check.fail_on)),
            off: rules
                .iter()
                .filter(|rule| !named.enabled(&rule.id))
                .map(|rule| rule.id.clone())
                .collect(),
            ..Terms::default()
        };
        let mut zone = Self {
            folder,
            paths: config.paths.clone(),
            leveled: config.profile.as_ref().map(Profile::leveled),
            classes: config
                .profile
                .as_ref()
                .map_or(Ok(Vec::new()), classes)
                .map_err(|error| config.failed(error.to_string()))?,
            profile: config.profile.clone(),
            terms: BTreeMap::new(),
            named,
            lowered: Vec::new(),
        };
        let mut classes = vec![None];
        if zone.profile.is_some() {
            // Files that no pattern fits are of class C.
            classes = zone
                .classes
                .iter()
                .map(|(_, _, class)| Some(*class))
                .collect();
            classes.push(Some(SafetyClass::C));
        }
        let mut lowered: BTreeMap<&RuleId, (Severity, Option<Severity>)> = BTreeMap::new();
        for class in classes {
            if zone.terms.contains_key(&class) {
                continue;
            }
            let mut terms = base.clone();
            if let (Some(profile), Some(class)) = (&zone.profile, class) {
                terms.effects = effects(profile, class, rules);
                if options.precision.is_some() {
                    // Who asks for a precision by an argument gets that.
                    terms.effects.medium_errors = false;
                    terms.effects.shown.clear();
                }
            }
            for rule in rules {
                let raised = terms.effects.severities.get(&rule.id);
                let asked = raised.map_or(rule.severity, |raised| raised.to);
                let counts = zone.named.severity(&rule.id).unwrap_or(asked);
                if counts != rule.severity {
                    terms.severities.insert(rule.id.clone(), counts);
                }
                let ends = (!terms.off.contains(&rule.id)).then_some(counts);
                if ends < Some(asked) {
                    zone.demand_reason(rule, raised, asked, ends)?;
                    let entry = lowered.entry(&rule.id).or_insert((asked, ends));
                    entry.0 = entry.0.max(asked);
                }
            }
            zone.terms.insert(class, terms);
        }
        for (rule, (from, to)) in lowered {
            let change = zone.named.rules.get(rule);
            let reason = change.and_then(|change| change.reason.clone());
            // A rule turned off by a project without a profile is its own affair, as before.
            if to.is_none() && zone.profile.is_none() && reason.is_none() {
                continue;
            }
            zone.lowered.push(Lowered {
                rule: rule.to_string(),
                folder: zone.folder.to_string(),
                from: from.as_str(),
                to: to.map_or("off", Severity::as_str),
                reason: reason.unwrap_or_default(),
            });
        }
        if let Some(leveled) = zone.leveled.as_ref().filter(|leveled| leveled.is_lowered()) {
            zone.lowered.push(Lowered {
                rule: String::new(),
                folder: zone.folder.to_string(),
                from: leveled.computed.as_str(),
                to: leveled.level.as_str(),
                reason: leveled.chosen_because.clone().unwrap_or_default(),
            });
        }
        Ok(zone)
    }

    /// Refuses what weighs less than asked for without a reason.
    fn demand_reason(
        &self,
        rule: &RuleFacts,
        raised: Option<&Raised>,
        asked: Severity,
        ends: Option<Severity>,
    ) -> Result<(), ConfigError> {
        let change = self.named.rules.get(&rule.id);
        if change.is_some_and(|change| change.reason.is_some()) {
            return Ok(());
        }
        let because = || raised.map_or(Vec::new(), |raised| raised.because.clone());
        match (ends, change) {
            (Some(to), Some(change)) => Err(ConfigError {
                place: change.place.clone(),
                problem: Problem::LoweredWithoutReason {
                    name: rule.id.to_string(),
                    from: asked,
                    because: because(),
                    to,
                },
            }),
            // Turning a rule off needs no reason as long as nothing asks for more than the rule
            // itself.
            (None, change) if asked > rule.severity => {
                let disabled = self.named.disabled.as_ref();
                let place = change
                    .map(|change| &change.place)
                    .or_else(|| disabled.and_then(|disabled| disabled.get(&rule.id)));
                let problem = Problem::DisabledWithoutReason {
                    name: rule.id.to_string(),
                    because: because(),
                };
                match place {
                    Some(place) => Err(ConfigError {
                        place: place.clone(),
                        problem,
                    }),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The class of the software a file belongs to: the pattern that says most decides, of equal ones
    /// the stricter class.
    pub(super) fn class(&self, path: &RepoPath) -> Option<SafetyClass> {
        self.profile.as_ref()?;
        let fitting = self
            .classes
            .iter()
            .filter(|(globs, _, _)| globs.is_match(path));
        let best = fitting.max_by_key(|(_, weight, class)| (*weight, *class));
        Some(best.map_or(SafetyClass::C, |(_, _, class)| *class))
    }

    fn ruling(&self, path: &RepoPath) -> Option<Ruling<'_>> {
        let class = self.class(path);
        Some(Ruling {
            terms: self.terms.get(&class)?,
            kind: self.kind(path),
            class,
            is_test: self.paths.test.is_match(path),
        })
    }

    fn kind(&self, path: &RepoPath) -> Kind {
        let Some(profile) = &self.profile else {
            return Kind::Device;
        };
        let software = &profile.software;
        let is_in = |globs: &Option<Globs>| globs.as_ref().is_some_and(|g| g.is_match(path));
        if is_in(&software.soup) {
            Kind::Soup
        } else if is_in(&software.test) || is_in(&software.host_tools) || is_in(&software.factory) {
            Kind::OffDevice
        } else {
            Kind::Device
        }
    }
}

impl Config {
    fn failed(&self, message: String) -> ConfigError {
        ConfigError {
            place: Box::new(super::Place::at(self.path(), "", 0)),
            problem: Problem::Value(message),
        }
    }
}

fn classes(profile: &Profile) -> Result<Vec<(Globs, usize, SafetyClass)>, GlobError> {
    let stated = profile.software.classes.iter().flatten();
    stated
        .map(|(pattern, class)| {
            let glob = Glob::parse(pattern)?;
            let weight = glob.weight();
            Ok((Globs::new(vec![glob])?, weight, *class))
        })
        .collect()
}

/// Whether a path lies in a folder, or is it.
fn is_within(path: &RepoPath, folder: &RepoPath) -> bool {
    let folder = folder.as_bytes();
    match path.as_bytes().strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.first() == Some(&b'/'),
        None => false,
    }
}

#[cfg(test)]
mod tests;
