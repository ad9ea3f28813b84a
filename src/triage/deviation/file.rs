//! `deviations.toml`: permissions that belong to no single line.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Deviation;
use super::comment::parse_day;
use crate::config::{ConfigError, Glob, Globs, Place, Problem, nearest};
use crate::finding::{Location, Position, RepoPath, SourceLine, Span};
use crate::triage::Fingerprint;

const KEYS: [&str; 8] = [
    "rule",
    "rules",
    "path",
    "fingerprint",
    "reason",
    "until",
    "ticket",
    "approved-by",
];

/// The content of a `deviations.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviationFile {
    /// Its path in the repository.
    pub path: RepoPath,
    /// Its entries in the order of the file.
    pub entries: Vec<FileDeviation>,
}

/// One `[[deviation]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDeviation {
    /// Rules, reason, date, ticket. Rules may be empty, then every rule is meant.
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
    /// No TOML, an unknown key, a value that does not fit, or an entry that names neither rule nor
    /// path nor fingerprint. An entry without a reason or past its date is no error here: triage
    /// makes a finding of it.
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
        let mut entries = Vec::new();
        for (key, value) in table.get_ref() {
            if key.get_ref() != "deviation" {
                return Err(reader.unknown_key(key, "the top level", ["deviation"]));
            }
            let Some(list) = value.get_ref().as_array() else {
                let message = "write each deviation under `[[deviation]]`".to_owned();
                return Err(reader.error(&key.span(), message));
            };
            for entry in list.iter() {
                entries.push(reader.entry(entry)?);
            }
        }
        Ok(Self {
            path: path.clone(),
            entries,
        })
    }
}

struct Reader<'t> {
    text: &'t str,
    path: &'t RepoPath,
    name: String,
}

impl Reader<'_> {
    fn error(&self, span: &Range<usize>, message: String) -> ConfigError {
        ConfigError {
            place: Box::new(Place::at(&self.name, self.text, span.start)),
            problem: Problem::Value(message),
        }
    }

    fn unknown_key<'k>(
        &self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        table: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> ConfigError {
        ConfigError {
            place: Box::new(Place::at(&self.name, self.text, key.span().start)),
            problem: Problem::UnknownKey {
                key: key.get_ref().to_string(),
                table: table.to_owned(),
                nearest: nearest(key.get_ref(), known).map(str::to_owned),
            },
        }
    }

    fn entry(&self, entry: &Spanned<DeValue<'_>>) -> Result<FileDeviation, ConfigError> {
        let Some(table) = entry.get_ref().as_table() else {
            let message = "write each deviation under `[[deviation]]`".to_owned();
            return Err(self.error(&entry.span(), message));
        };
        let mut deviation = Deviation::default();
        let mut paths = Vec::new();
        let mut fingerprint = None;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "rule" | "rules" => deviation.rules.extend(self.texts(key.get_ref(), value)?),
                "path" => {
                    for pattern in self.texts("path", value)? {
                        let glob = Glob::parse(&pattern)
                            .map_err(|error| self.error(&value.span(), error.to_string()))?;
                        paths.push(glob);
                    }
                }
                "fingerprint" => fingerprint = Some(self.fingerprint(value)?),
                "reason" => deviation.reason = Some(self.text("reason", value)?),
                "ticket" => deviation.ticket = Some(self.text("ticket", value)?),
                "approved-by" => deviation.approved_by = Some(self.text("approved-by", value)?),
                "until" => {
                    let written = match value.get_ref() {
                        DeValue::Datetime(moment) => moment.to_string(),
                        other => other.as_str().unwrap_or_default().to_owned(),
                    };
                    let day = parse_day(&written).ok_or_else(|| {
                        let message = format!("`{written}` is no date; write it as 2027-06-30");
                        self.error(&value.span(), message)
                    })?;
                    deviation.until = Some(day);
                }
                _ => return Err(self.unknown_key(key, "[[deviation]]", KEYS)),
            }
        }
        if deviation.rules.is_empty() && paths.is_empty() && fingerprint.is_none() {
            let message = "a deviation names a `rule`, a `path` or a `fingerprint`".to_owned();
            return Err(self.error(&entry.span(), message));
        }
        let (location, lines) = self.place(&entry.span());
        Ok(FileDeviation {
            deviation,
            paths: Globs::new(paths)
                .map_err(|error| self.error(&entry.span(), error.to_string()))?,
            fingerprint,
            location,
            lines,
        })
    }

    fn text(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, ConfigError> {
        value
            .get_ref()
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.error(&value.span(), format!("`{key}` is a text in quotes")))
    }

    /// One text, or a list of texts with one at least.
    fn texts(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, ConfigError> {
        let Some(list) = value.get_ref().as_array() else {
            return Ok(vec![self.text(key, value)?]);
        };
        if list.is_empty() {
            return Err(self.error(&value.span(), format!("`{key}` is empty")));
        }
        list.iter().map(|one| self.text(key, one)).collect()
    }

    fn fingerprint(&self, value: &Spanned<DeValue<'_>>) -> Result<String, ConfigError> {
        let text = self.text("fingerprint", value)?;
        let (key, ordinal) = text.split_once(':').unwrap_or((&text, "0"));
        let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_key || ordinal.parse::<u32>().is_err() {
            let message = format!("`{text}` is no fingerprint: 64 hex digits, `:` and a number");
            return Err(self.error(&value.span(), message));
        }
        Ok(text.to_ascii_lowercase())
    }

    fn place(&self, span: &Range<usize>) -> (Location, Vec<SourceLine>) {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let position = |at: usize| {
            let place = Place::at(&self.name, self.text, at);
            let position = Position {
                line: place.line,
                column: place.column,
            };
            (position, place.text)
        };
        let (start, text) = position(span.start);
        let location = Location {
            path: self.path.clone(),
            span: Span::new(offset(span.start), offset(span.end)),
            start,
            end: position(span.end).0,
        };
        let line = SourceLine {
            number: start.line,
            text,
        };
        (location, vec![line])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use chrono::NaiveDate;

    use super::*;

    fn parse(text: &str) -> Result<DeviationFile, String> {
        DeviationFile::parse(text, &RepoPath::from("deviations.toml"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn entries_are_read_with_their_places() {
        let key = "ab".repeat(32);
        let file = parse(&format!(
            "# permits\n[[deviation]]\nrule = \"C-LEN-001\"\npath = \"hal/**\"\nreason = \"MMIO\"\n\
             until = 2027-06-30\nticket = \"RISK-41\"\napproved-by = \"QA\"\n\n\
             [[deviation]]\nfingerprint = \"{key}:1\"\nuntil = \"2028-01-01\"\n\
             [[deviation]]\nrules = [\"a\", \"b\"]\npath = [\"x/\", \"y.c\"]\n"
        ))
        .unwrap();
        let first = &file.entries[0];
        assert_eq!(first.deviation.rules, ["C-LEN-001"]);
        assert_eq!(first.deviation.reason.as_deref(), Some("MMIO"));
        assert_eq!(first.deviation.until, NaiveDate::from_ymd_opt(2027, 6, 30));
        assert_eq!(first.deviation.ticket.as_deref(), Some("RISK-41"));
        assert_eq!(first.deviation.approved_by.as_deref(), Some("QA"));
        assert_eq!(first.location.start.line, 2);
        assert_eq!(first.lines[0].text, "[[deviation]]");
        let print = |key: &str, ordinal| Fingerprint {
            key: key.to_owned(),
            ordinal,
            moved_key: String::new(),
        };
        assert!(first.speaks_for(&RepoPath::from("hal/a.c"), &print("x", 0)));
        assert!(!first.speaks_for(&RepoPath::from("src/a.c"), &print("x", 0)));
        let second = &file.entries[1];
        assert!(second.speaks_for(&RepoPath::from("any"), &print(&key, 1)));
        assert!(!second.speaks_for(&RepoPath::from("any"), &print(&key, 0)));
        assert_eq!(second.deviation.until, NaiveDate::from_ymd_opt(2028, 1, 1));
        assert_eq!(file.entries[2].deviation.rules, ["a", "b"]);
        assert!(file.entries[2].speaks_for(&RepoPath::from("d/y.c"), &print("x", 0)));
        assert_eq!(parse("").unwrap().entries, []);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases = [
            (
                "[[deviation]]\nrul = \"x\"",
                ":2:1: unknown key `rul` in [[deviation]]; did you mean `rule`?",
            ),
            (
                "[[deviations]]\nrule = \"x\"",
                ":1:3: unknown key `deviations` in the top level; did you mean `deviation`?",
            ),
            (
                "[deviation]\nrule = \"x\"",
                ":1:2: write each deviation under `[[deviation]]`",
            ),
            (
                "[[deviation]]\nreason = \"x\"",
                ":1:1: a deviation names a `rule`, a `path` or a `fingerprint`",
            ),
            (
                "[[deviation]]\nrule = 1",
                ":2:8: `rule` is a text in quotes",
            ),
            ("[[deviation]]\nrule = []", ":2:8: `rule` is empty"),
            (
                "[[deviation]]\nrule = \"x\"\nuntil = 2027-06-30T10:00:00",
                ":3:9: `2027-06-30T10:00:00` is no date",
            ),
            (
                "[[deviation]]\nrule = \"x\"\nuntil = \"soon\"",
                ":3:9: `soon` is no date",
            ),
            (
                "[[deviation]]\nfingerprint = \"abc\"",
                ":2:15: `abc` is no fingerprint",
            ),
            (
                "[[deviation]]\npath = \"[\"",
                ":2:8: `[` is no path pattern",
            ),
            ("[[deviation]\n", ":1:"),
        ];
        for (text, message) in cases {
            let said = parse(text).unwrap_err();
            assert!(
                said.starts_with(&format!("deviations.toml{message}")),
                "{text}: {said}"
            );
        }
    }

    #[test]
    fn the_file_in_the_documentation_is_read() {
        let page = include_str!("../../../docs/deviations.md");
        let example = page
            .split("```toml\n[[deviation]]")
            .nth(1)
            .and_then(|rest| rest.split("```").next())
            .unwrap();
        let file = parse(&format!("[[deviation]]{example}")).unwrap();
        assert_eq!(file.entries.len(), 2);
    }
}
