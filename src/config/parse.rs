//! Text → [`Config`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Place, Problem};
use super::glob::Glob;
use super::keys::names_after;
use super::nearest;
use super::rule_names::{RuleNames, RuleOverride};
use super::settings::{
    Baseline, C, Check, Deviations, Hook, ImportSettings, Limits, Paths, RuleSettings,
};
use crate::finding::RuleId;

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
        let origin = Origin {
            path: path.to_owned(),
            // An editor's byte order mark is no part of the text.
            text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        };
        let refuse = |error: toml::de::Error| {
            origin.error(error.span(), Problem::Value(error.message().to_owned()))
        };
        let table = DeTable::parse(&origin.text).map_err(refuse)?;
        refuse_unknown_keys(&origin, table.get_ref(), "", "the top level")?;
        refuse_bad_patterns(&origin, table.get_ref())?;
        let mut config: Self = toml::from_str(&origin.text).map_err(refuse)?;
        config.refuse_odd_values(&origin, table.get_ref())?;
        config.origin = origin;
        Ok(config)
    }

    /// What the configuration says of rules, by rule: `[check] disable` and `[rules]` together,
    /// the latter winning.
    ///
    /// # Errors
    /// A rule nobody knows, or a severity lowered without a reason.
    pub fn rule_overrides(
        &self,
        names: &RuleNames,
    ) -> Result<BTreeMap<RuleId, RuleOverride>, ConfigError> {
        let mut overrides = BTreeMap::new();
        for name in &self.check.disable {
            let (id, _) = self.find(names, name)?;
            let disabled = RuleOverride {
                severity: None,
                enabled: false,
                reason: None,
            };
            overrides.insert(id, disabled);
        }
        for (name, settings) in &self.rules {
            let (id, own) = self.find(names, name)?;
            let reason = settings
                .reason
                .clone()
                .filter(|reason| !reason.trim().is_empty());
            if let Some(to) = settings.severity
                && to < own
                && reason.is_none()
            {
                let problem = Problem::LoweredWithoutReason {
                    name: name.get_ref().clone(),
                    from: own,
                    to,
                };
                return Err(self.origin.error(Some(name.span()), problem));
            }
            let disabled = overrides.get(&id).is_some_and(|before| !before.enabled);
            let entry = RuleOverride {
                severity: settings.severity,
                enabled: settings.enabled.unwrap_or(!disabled),
                reason,
            };
            overrides.insert(id, entry);
        }
        Ok(overrides)
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
        let step = if let [any @ ("RULE" | "TOOL")] = known.as_slice() {
            any
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
    let lists = table
        .get("paths")
        .and_then(|paths| paths.get_ref().as_table())
        .into_iter()
        .flat_map(|paths| paths.values())
        .filter_map(|list| list.get_ref().as_array());
    for pattern in lists.flat_map(|list| list.iter()) {
        if let Some(text) = pattern.get_ref().as_str()
            && let Err(error) = Glob::parse(text)
        {
            return Err(origin.error(Some(pattern.span()), Problem::Value(error.to_string())));
        }
    }
    Ok(())
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
