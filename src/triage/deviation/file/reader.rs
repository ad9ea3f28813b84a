//! Typed values of a `deviations.toml`, with the place of whatever does not fit.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::DeValue;

use crate::config::{ConfigError, Glob, Place, Problem, nearest};
use crate::finding::{Location, Position, RepoPath, SourceLine, Span};
use crate::triage::deviation::comment::parse_day;

/// A text being read.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) path: &'t RepoPath,
    pub(super) name: String,
}

impl Reader<'_> {
    pub(super) fn error(&self, span: &Range<usize>, message: String) -> ConfigError {
        ConfigError {
            place: Box::new(Place::at(&self.name, self.text, span.start)),
            problem: Problem::Value(message),
        }
    }

    pub(super) fn unknown_key<'k>(
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

    /// A day, as TOML's date or as a text.
    pub(super) fn day(&self, value: &Spanned<DeValue<'_>>) -> Result<NaiveDate, ConfigError> {
        let written = match value.get_ref() {
            DeValue::Datetime(moment) => moment.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        parse_day(&written).ok_or_else(|| {
            let message = format!("`{written}` is no date; write it as 2027-06-30");
            self.error(&value.span(), message)
        })
    }

    /// Path patterns, one or a list.
    pub(super) fn globs(&self, value: &Spanned<DeValue<'_>>) -> Result<Vec<Glob>, ConfigError> {
        self.texts("path", value)?
            .iter()
            .map(|pattern| {
                Glob::parse(pattern).map_err(|error| self.error(&value.span(), error.to_string()))
            })
            .collect()
    }

    /// A text that is not blank.
    pub(super) fn words(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, ConfigError> {
        let text = self.text(key, value)?;
        if text.trim().is_empty() {
            return Err(self.error(&value.span(), format!("`{key}` is empty")));
        }
        Ok(text)
    }

    pub(super) fn text(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<String, ConfigError> {
        value
            .get_ref()
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.error(&value.span(), format!("`{key}` is a text in quotes")))
    }

    /// One text, or a list of texts with one at least.
    pub(super) fn texts(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<String>, ConfigError> {
        let Some(list) = value.get_ref().as_array() else {
            return Ok(vec![self.text(key, value)?]);
        };
        if list.is_empty() {
            return Err(self.error(&value.span(), format!("`{key}` is empty")));
        }
        list.iter().map(|one| self.text(key, one)).collect()
    }

    pub(super) fn fingerprint(&self, value: &Spanned<DeValue<'_>>) -> Result<String, ConfigError> {
        let text = self.text("fingerprint", value)?;
        let (key, ordinal) = text.split_once(':').unwrap_or((&text, "0"));
        let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_key || ordinal.parse::<u32>().is_err() {
            let message = format!("`{text}` is no fingerprint: 64 hex digits, `:` and a number");
            return Err(self.error(&value.span(), message));
        }
        Ok(text.to_ascii_lowercase())
    }

    pub(super) fn place(&self, span: &Range<usize>) -> (Location, Vec<SourceLine>) {
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
