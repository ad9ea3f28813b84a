//! `deviations.toml`: permissions that belong to no single line, the permits they use, and what may not be
//! deviated from at all.

mod entry;
mod permit;
mod reader;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Deviation, Permit, Recategorised};
use crate::config::{ConfigError, Globs};
use crate::finding::{Location, RepoPath, SourceLine};
use crate::triage::Fingerprint;
use reader::Reader;

/// Tables of the file.
const TABLES: [&str; 3] = ["deviation", "permit", "category"];

/// The content of a `deviations.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviationFile {
    /// Its path in the repository.
    pub path: RepoPath,
    /// Its entries in the order of the file.
    pub entries: Vec<FileDeviation>,
    /// Approved use-cases that entries cite, in the order of the file.
    pub permits: Vec<Permit>,
    /// Rules whose category the project changed, in the order of the file.
    pub categories: Vec<Recategorised>,
}

/// One `[[deviation]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDeviation {
    /// Rules, reason, date, ticket, what the register holds. Rules may be empty, then every rule is meant.
    pub deviation: Deviation,
    /// The files it holds for; empty means all.
    pub paths: Globs,
    /// The one finding it holds for: a key, or `KEY:ORDINAL`.
    pub fingerprint: Option<String>,
    /// Where the entry stands.
    pub location: Location,
    /// Its first line, for showing.
    pub lines: Vec<SourceLine>,
}

impl FileDeviation {
    /// Whether the path and fingerprint fit; the rule is compared by the caller.
    pub(super) fn speaks_for(&self, path: &RepoPath, fingerprint: &Fingerprint) -> bool {
        let path_fits = self.paths.patterns().is_empty() || self.paths.is_match(path);
        let print_fits = self
            .fingerprint
            .as_ref()
            .is_none_or(|wanted| *wanted == fingerprint.key || *wanted == fingerprint.value());
        path_fits && print_fits
    }
}

impl DeviationFile {
    /// Reads the text of a `deviations.toml`; `path` is its path in the repository.
    ///
    /// # Errors
    /// No TOML, an unknown key, a value that does not fit, an entry that names neither rule nor
    /// path nor fingerprint, a record or permit that lacks something, an id that is used twice or missing.
    /// An entry without a reason or past its date is no error here: triage makes a finding of it.
    pub fn parse(text: &str, path: &RepoPath) -> Result<Self, ConfigError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let reader = Reader {
            text,
            path,
            name: path.to_string(),
        };
        let table = DeTable::parse(text).map_err(|error| {
            reader.error(
                &error.span().unwrap_or_default(),
                error.message().to_owned(),
            )
        })?;
        for key in table.get_ref().keys() {
            if !TABLES.contains(&key.get_ref().as_ref()) {
                return Err(reader.unknown_key(key, "the top level", TABLES));
            }
        }
        let listed = |name: &str| list(&reader, table.get_ref(), name);
        let mut permits = Vec::new();
        for value in listed("permit")? {
            permits.push(permit::permit(&reader, value)?);
        }
        let mut categories = Vec::new();
        for value in listed("category")? {
            categories.push(permit::category(&reader, value)?);
        }
        let mut entries = Vec::new();
        for value in listed("deviation")? {
            entries.push(entry::entry(&reader, value, &permits)?);
        }
        refuse_odd_ids(&reader, &entries, &permits)?;
        Ok(Self {
            path: path.clone(),
            entries,
            permits,
            categories,
        })
    }
}

/// The tables of that name.
fn list<'t, 'v>(
    reader: &Reader<'_>,
    table: &'t DeTable<'v>,
    name: &str,
) -> Result<Vec<&'t Spanned<DeValue<'v>>>, ConfigError> {
    let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == name) else {
        return Ok(Vec::new());
    };
    match value.get_ref().as_array() {
        Some(list) => Ok(list.iter().collect()),
        None => {
            let message = format!("write each {name} under `[[{name}]]`");
            Err(reader.error(&key.span(), message))
        }
    }
}

/// Ids that two entries have, and entries that were superseded by none.
fn refuse_odd_ids(
    reader: &Reader<'_>,
    entries: &[FileDeviation],
    permits: &[Permit],
) -> Result<(), ConfigError> {
    let place = |location: &Location| {
        let start = usize::try_from(location.span.start).unwrap_or(usize::MAX);
        start..start
    };
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    let of_entries = entries.iter().filter_map(|entry| {
        let id = entry.deviation.register.id.as_deref()?;
        Some((id, &entry.location))
    });
    let of_permits = permits
        .iter()
        .map(|permit| (permit.id.as_str(), &permit.location));
    for (id, location) in of_permits.chain(of_entries) {
        if let Some(line) = known.insert(id, location.start.line) {
            let message = format!("the id `{id}` is that of line {line} already");
            return Err(reader.error(&place(location), message));
        }
    }
    for entry in entries {
        let register = &entry.deviation.register;
        let Some(by) = &register.superseded_by else {
            continue;
        };
        if register.id.as_ref() == Some(by) || !known.contains_key(by.as_str()) {
            let message = format!("it is superseded by `{by}`, and there is no such other entry");
            return Err(reader.error(&place(&entry.location), message));
        }
    }
    Ok(())
}
