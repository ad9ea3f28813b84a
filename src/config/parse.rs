//! Text → [`Config`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, Problem};
use super::glob::Glob;
use super::keys::{KEYS, is_placeholder, names_after, root_only};
use super::nearest;
use super::profile::Profile;
use super::rule_names::{NamedRules, RuleNames, RuleOverride};
use super::settings::{
    Baseline, C, Check, Deviations, Hook, ImportSettings, Limits, Paths, Record, RuleSettings,
    Training,
};
use crate::finding::{RepoPath, RuleId};

/// The settings of a project. `Config::default()` is what applies without a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Folders with the project's own rules, relative to the repository root.
    pub rule_folders: Vec<String>,
    /// What is reported and what blocks.
    pub check: Check,
    /// Settings of single rules by code or slug.
    pub rules: BTreeMap<Spanned<String>, RuleSettings>,
    /// What is reviewed.
    pub paths: Paths,
    /// Counted bounds.
    pub limits: Limits,
    /// The C target.
    pub c: C,
    /// What is made of the findings of other tools, by tool.
    pub import: BTreeMap<String, ImportSettings>,
    /// The git hook.
    pub hook: Hook,
    /// Where reasoned exceptions are kept.
    pub deviations: Deviations,
    /// Where the findings accepted at adoption are kept.
    pub baseline: Baseline,
    /// What review records say of the product, and where they are.
    pub record: Record,
    /// The local history of findings, and what is learned from it.
    pub training: Training,
    /// What the device protects, how it is reached, what its software is.
    pub profile: Option<Profile>,
    /// The keys that the text states, of those without a placeholder.
    #[serde(skip)]
    stated: BTreeSet<&'static str>,
    /// The text the settings came from, for naming places in later errors.
    #[serde(skip)]
    origin: Origin,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Origin {
    path: String,
    text: String,
}

impl Origin {
    fn new(text: &str, path: &str) -> Self {
        Self {
            path: path.to_owned(),
            // An editor's byte order mark is no part of the text.
            text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        }
    }

    /// What the TOML reader refused.
    fn refusal(&self, error: &toml::de::Error) -> ConfigError {
        self.error(error.span(), Problem::Value(error.message().to_owned()))
    }

    fn error(&self, span: Option<Range<usize>>, problem: Problem) -> ConfigError {
        let offset = span.map_or(0, |span| span.start);
        ConfigError {
            place: Box::new(Place::at(&self.path, &self.text, offset)),
            problem,
        }
    }
}

impl Config {
    /// Reads the text of a `scrubin.toml`; `path` is its name for messages. An empty text gives the
    /// defaults.
    ///
    /// # Errors
    /// The text is not TOML, has a key nobody knows, or a value that does not fit. The error names
    /// the place and, for keys, the nearest one that exists.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        let origin = Origin::new(text, path);
        let refuse = |error: toml::de::Error| origin.refusal(&error);
        let table = DeTable::parse(&origin.text).map_err(refuse)?;
        refuse_unknown_keys(&origin, table.get_ref(), "", "the top level")?;
        refuse_bad_patterns(&origin, table.get_ref())?;
        let mut config: Self = toml::from_str(&origin.text).map_err(refuse)?;
        config.refuse_odd_values(&origin, table.get_ref())?;
        if let Some(profile) = &config.profile {
            let table = table.get_ref().get("profile");
            let table = table.and_then(|profile| profile.get_ref().as_table());
            refuse_odd_profile(&origin, table, profile)?;
        }
        config.stated = KEYS
            .into_iter()
            .filter(|key| states(table.get_ref(), key))
            .collect();
        config.origin = origin;
        Ok(config)
    }

    /// Reads the text of a `scrubin.toml` of a folder below the root; `path` is its path in the
    /// repository. Its path patterns count from its folder.
    ///
    /// # Errors
    /// As [`Config::parse`], and a key that holds for the whole repository.
    pub fn parse_nested(text: &str, path: &RepoPath) -> Result<Self, ConfigError> {
        let mut config = Self::parse(text, &path.to_string())?;
        if let Some(key) = config.stated.iter().find(|key| root_only(key)) {
            let message = format!(
                "`{key}` holds for the whole repository; state it in the scrubin.toml at the root"
            );
            let span = DeTable::parse(&config.origin.text).ok().and_then(|table| {
                let steps: Vec<&str> = key.split('.').collect();
                value_span(table.get_ref(), &steps)
            });
            return Err(config.origin.error(span, Problem::Value(message)));
        }
        let folder = path.parent();
        let failed = |config: &Self, error: super::GlobError| {
            config.origin.error(None, Problem::Value(error.to_string()))
        };
        let paths = &config.paths;
        let moved = [
            &paths.exclude,
            &paths.vendor,
            &paths.vendor_record,
            &paths.test,
        ]
        .map(|globs| globs.under(&folder));
        let [exclude, vendor, vendor_record, test] = moved;
        config.paths = Paths {
            exclude: exclude.map_err(|error| failed(&config, error))?,
            vendor: vendor.map_err(|error| failed(&config, error))?,
            vendor_record: vendor_record.map_err(|error| failed(&config, error))?,
            test: test.map_err(|error| failed(&config, error))?,
        };
        if let Some(profile) = &config.profile {
            let moved = profile
                .under(&folder)
                .map_err(|error| failed(&config, error))?;
            config.profile = Some(moved);
        }
        Ok(config)
    }

    /// Reads the answers of an interview: the tables of `[profile]` without that name.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn parse_answers(text: &str, path: &str) -> Result<Profile, ConfigError> {
        let origin = Origin::new(text, path);
        let refuse = |error: toml::de::Error| origin.refusal(&error);
        let table = DeTable::parse(&origin.text).map_err(refuse)?;
        refuse_unknown_keys(&origin, table.get_ref(), "profile.", "the answers")?;
        let profile: Profile = toml::from_str(&origin.text).map_err(refuse)?;
        refuse_odd_profile(&origin, Some(table.get_ref()), &profile)?;
        Ok(profile)
    }

    /// Settings of a folder: what this file states, the rest as the file of the folder above says.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let states = |key: &str| self.stated.contains(key);
        let mut merged = below.clone();
        if states("check.precision") {
            merged.check.precision = self.check.precision;
        }
        if states("check.severity") {
            merged.check.severity = self.check.severity;
        }
        if states("check.fail-on") {
            merged.check.fail_on = self.check.fail_on;
        }
        if states("paths.exclude") {
            merged.paths.exclude = self.paths.exclude.clone();
        }
        if states("paths.vendor") {
            merged.paths.vendor = self.paths.vendor.clone();
        }
        if states("paths.vendor-record") {
            merged.paths.vendor_record = self.paths.vendor_record.clone();
        }
        if states("paths.test") {
            merged.paths.test = self.paths.test.clone();
        }
        merged.profile = match (&self.profile, &below.profile) {
            (Some(own), Some(below)) => Some(own.over(below)),
            (own, below) => own.clone().or_else(|| below.clone()),
        };
        merged
    }

    /// The file the settings came from, as the caller named it; empty for the defaults.
    pub fn path(&self) -> &str {
        &self.origin.path
    }

    /// The text the settings came from, without a byte order mark; empty for the defaults.
    pub fn text(&self) -> &str {
        &self.origin.text
    }

    /// What this file says of rules, by rule.
    ///
    /// # Errors
    /// A rule nobody knows.
    pub fn named_rules(&self, names: &RuleNames) -> Result<NamedRules, ConfigError> {
        let mut named = NamedRules::default();
        if self.stated.contains("check.disable") {
            let mut disabled = BTreeMap::new();
            for name in &self.check.disable {
                let (id, _) = self.find(names, name)?;
                disabled.insert(id, self.place(name));
            }
            named.disabled = Some(disabled);
        }
        for (name, settings) in &self.rules {
            let (id, _) = self.find(names, name)?;
            let reason = settings
                .reason
                .clone()
                .filter(|reason| !reason.trim().is_empty());
            let change = RuleOverride {
                severity: settings.severity,
                enabled: settings.enabled,
                reason,
                place: self.place(name),
            };
            named.rules.insert(id, change);
        }
        Ok(named)
    }

    /// Where a name stands.
    fn place(&self, name: &Spanned<String>) -> Box<Place> {
        let origin = &self.origin;
        Box::new(Place::at(&origin.path, &origin.text, name.span().start))
    }

    /// The rules of `[check] only`; empty means all.
    ///
    /// # Errors
    /// A rule nobody knows.
    pub fn only_rules(&self, names: &RuleNames) -> Result<BTreeSet<RuleId>, ConfigError> {
        self.check
            .only
            .iter()
            .map(|name| Ok(self.find(names, name)?.0))
            .collect()
    }

    fn find(
        &self,
        names: &RuleNames,
        name: &Spanned<String>,
    ) -> Result<(RuleId, crate::finding::Severity), ConfigError> {
        names.find(name.get_ref()).ok_or_else(|| {
            let problem = Problem::UnknownRule {
                name: name.get_ref().clone(),
                nearest: names.nearest(name.get_ref()).map(str::to_owned),
            };
            self.origin.error(Some(name.span()), problem)
        })
    }

    /// Values whose type is right and which still cannot be meant.
    fn refuse_odd_values(&self, origin: &Origin, table: &DeTable<'_>) -> Result<(), ConfigError> {
        let files = [
            ("deviations", &self.deviations.file),
            ("baseline", &self.baseline.file),
        ];
        for (name, file) in files {
            if !is_inside_repository(file) {
                let message = format!("`{file}` is no path inside the repository");
                return Err(
                    origin.error(value_span(table, &[name, "file"]), Problem::Value(message))
                );
            }
        }
        if let Some(folder) = self
            .rule_folders
            .iter()
            .find(|at| !is_inside_repository(at))
        {
            let message = format!("`{folder}` is no path inside the repository");
            let span = value_span(table, &["rule-folders"]);
            return Err(origin.error(span, Problem::Value(message)));
        }
        self.refuse_odd_record(origin, table)?;
        let macros = &self.c.macros;
        let lists = [
            ("empty", &macros.empty),
            ("identity", &macros.identity),
            ("loop", &macros.loops),
            ("statement", &macros.statement),
        ];
        for (key, list) in lists {
            if let Some(name) = list.iter().find(|name| !is_identifier(name)) {
                let message = format!("`{name}` is no macro name: write the name alone");
                let span = value_span(table, &["c", "macros", key]);
                return Err(origin.error(span, Problem::Value(message)));
            }
        }
        Ok(())
    }
}

impl Config {
    /// Places without a name, trailers that no commit message can have.
    fn refuse_odd_record(&self, origin: &Origin, table: &DeTable<'_>) -> Result<(), ConfigError> {
        let record = &self.record;
        let refuse = |key: &str, message: String| {
            origin.error(value_span(table, &["record", key]), Problem::Value(message))
        };
        for (key, file) in [("log", &record.log), ("signers", &record.signers)] {
            if file.as_ref().is_some_and(|file| file.trim().is_empty()) {
                return Err(refuse(key, "the name of a file is expected".to_owned()));
            }
        }
        let is_trailer = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        for (key, list) in [
            ("reviewer-trailers", &record.reviewer_trailers),
            ("approver-trailers", &record.approver_trailers),
        ] {
            if let Some(name) = list.iter().find(|name| !is_trailer(name)) {
                let message =
                    format!("`{name}` is no trailer: write `Reviewed-by`, without the colon");
                return Err(refuse(key, message));
            }
        }
        Ok(())
    }
}

/// Compares the keys of a table and those below it with the known ones.
fn refuse_unknown_keys(
    origin: &Origin,
    table: &DeTable<'_>,
    prefix: &str,
    shown: &str,
) -> Result<(), ConfigError> {
    let known = names_after(prefix);
    // A table of a value's type has no known names below it: serde says what is wrong with it.
    if known.is_empty() {
        return Ok(());
    }
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let step = if let [only] = known.as_slice()
            && is_placeholder(only)
        {
            only
        } else if known.contains(&name) {
            name
        } else {
            let problem = Problem::UnknownKey {
                key: name.to_owned(),
                table: shown.to_owned(),
                nearest: nearest(name, known).map(str::to_owned),
            };
            return Err(origin.error(Some(key.span()), problem));
        };
        if let DeValue::Table(below) = value.get_ref() {
            let path = format!("{prefix}{step}.");
            // The depth is bounded by that of the known keys, not by the input.
            refuse_unknown_keys(
                origin,
                below,
                &path,
                &format!("[{}]", path.trim_end_matches('.')),
            )?;
        }
    }
    Ok(())
}

/// Checks path patterns one by one: serde would only name the list they stand in.
fn refuse_bad_patterns(origin: &Origin, table: &DeTable<'_>) -> Result<(), ConfigError> {
    fn below<'t>(table: Option<&'t DeTable<'t>>, name: &str) -> Option<&'t DeTable<'t>> {
        table?.get(name)?.get_ref().as_table()
    }
    let components = below(below(Some(table), "training"), "components");
    let tables = [below(Some(table), "paths"), components];
    let lists = tables.into_iter().flatten().flat_map(|one| one.values());
    refuse_bad_lists(origin, lists)
}

fn refuse_bad_lists<'t>(
    origin: &Origin,
    lists: impl Iterator<Item = &'t Spanned<DeValue<'t>>>,
) -> Result<(), ConfigError> {
    let lists = lists.filter_map(|list| list.get_ref().as_array());
    for pattern in lists.flat_map(|list| list.iter()) {
        if let Some(text) = pattern.get_ref().as_str()
            && let Err(error) = Glob::parse(text)
        {
            return Err(origin.error(Some(pattern.span()), Problem::Value(error.to_string())));
        }
    }
    Ok(())
}

/// What cannot be meant in a profile: bad path patterns, a level lowered without a reason, a link
/// that is none.
fn refuse_odd_profile(
    origin: &Origin,
    table: Option<&DeTable<'_>>,
    profile: &Profile,
) -> Result<(), ConfigError> {
    let software = table
        .and_then(|table| table.get("software"))
        .and_then(|software| software.get_ref().as_table());
    if let Some(software) = software {
        let lists = ["soup", "test", "host-tools", "factory"];
        refuse_bad_lists(
            origin,
            lists.into_iter().filter_map(|key| software.get(key)),
        )?;
        let classes = software.get("classes");
        let classes = classes.and_then(|classes| classes.get_ref().as_table());
        for pattern in classes.into_iter().flat_map(|classes| classes.keys()) {
            if let Err(error) = Glob::parse(pattern.get_ref()) {
                return Err(origin.error(Some(pattern.span()), Problem::Value(error.to_string())));
            }
        }
    }
    let links = super::profile::Links::NAMES;
    if let Some(item) = profile
        .data
        .iter()
        .flatten()
        .find(|item| !item.link.is_empty() && !links.contains(&item.link.as_str()))
    {
        let message = format!(
            "`{}` is no link: write {}",
            item.link,
            links.map(|name| format!("`{name}`")).join(", ")
        );
        let span = table.and_then(|table| value_span(table, &["data"]));
        return Err(origin.error(span, Problem::Value(message)));
    }
    let leveled = profile.leveled();
    if leveled.is_lowered() && leveled.chosen_because.is_none() {
        let problem = Problem::LevelWithoutReason {
            from: leveled.computed,
            to: leveled.level,
            because: leveled.because,
        };
        let span = table.and_then(|table| value_span(table, &["level"]));
        return Err(origin.error(span, problem));
    }
    Ok(())
}

/// Whether a text states the key. A key with a placeholder is none to ask for.
fn states(table: &DeTable<'_>, key: &str) -> bool {
    let steps: Vec<&str> = key.split('.').collect();
    !steps.iter().any(|step| is_placeholder(step)) && holds(table, &steps)
}

fn holds(table: &DeTable<'_>, keys: &[&str]) -> bool {
    let Some((first, rest)) = keys.split_first() else {
        return true;
    };
    let value = table
        .iter()
        .find(|(key, _)| key.get_ref().as_ref() == *first);
    match value.map(|(_, value)| value.get_ref()) {
        None => false,
        Some(DeValue::Table(below)) => holds(below, rest),
        Some(_) => rest.is_empty(),
    }
}

/// Bytes of the value under nested keys.
fn value_span(table: &DeTable<'_>, keys: &[&str]) -> Option<Range<usize>> {
    let (first, rest) = keys.split_first()?;
    let value = table
        .iter()
        .find(|(key, _)| key.get_ref().as_ref() == *first)
        .map(|(_, value)| value)?;
    match (rest.is_empty(), value.get_ref()) {
        (false, DeValue::Table(below)) => value_span(below, rest),
        _ => Some(value.span()),
    }
}

/// Whether a path is relative and stays inside the repository.
fn is_inside_repository(path: &str) -> bool {
    !path.trim().is_empty()
        && !path.starts_with(['/', '\\'])
        && !path.contains(':')
        && !path.split(['/', '\\']).any(|part| part == "..")
}

fn is_identifier(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name
            .bytes()
            .all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
