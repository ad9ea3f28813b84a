//! `[[permit]]` and `[[category]]`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reader::Reader;
use crate::config::{ConfigError, Globs};
use crate::triage::deviation::person::is_same;
use crate::triage::deviation::{Category, Permit, Recategorised, is_sentence};

const PERMIT_KEYS: [&str; 14] = [
    "id",
    "rule",
    "rules",
    "path",
    "use-case",
    "conditions",
    "reason",
    "risk",
    "mitigation",
    "verification",
    "author",
    "approved-by",
    "approved",
    "until",
];

const CATEGORY_KEYS: [&str; 4] = ["rule", "rules", "category", "reason"];

/// Reads a permit: all that makes it one has to be there.
pub(super) fn permit(
    reader: &Reader<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Permit, ConfigError> {
    let table = table(reader, value, "permit")?;
    let mut rules = Vec::new();
    let mut paths = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if !PERMIT_KEYS.contains(&name) {
            return Err(reader.unknown_key(key, "[[permit]]", PERMIT_KEYS));
        }
        match name {
            "rule" | "rules" => rules.extend(reader.texts(name, value)?),
            "path" => paths.extend(reader.globs(value)?),
            _ => {}
        }
    }
    let find = |name: &str| {
        let mut pairs = table.iter();
        pairs
            .find(|(key, _)| key.get_ref() == name)
            .map(|(_, value)| value)
    };
    let lacks = |name: &str| reader.error(&value.span(), format!("a permit needs `{name}`"));
    let words = |name: &str| match find(name) {
        Some(text) => reader.words(name, text),
        None => Err(lacks(name)),
    };
    let optional = |name: &str| find(name).map(|text| reader.words(name, text)).transpose();
    let day = |name: &str| find(name).map(|text| reader.day(text)).transpose();
    if rules.is_empty() {
        return Err(lacks("rule"));
    }
    let reason = words("reason")?;
    if !is_sentence(&reason) {
        let message = format!(
            "`{reason}` is no reason that another person can judge: write at least one sentence"
        );
        let span = find("reason")
            .map(Spanned::span)
            .unwrap_or_else(|| value.span());
        return Err(reader.error(&span, message));
    }
    let (author, approved_by) = (words("author")?, words("approved-by")?);
    if is_same(&author, &approved_by) {
        let message = format!("`{author}` cannot approve a permit of their own");
        return Err(reader.error(&value.span(), message));
    }
    let (location, lines) = reader.place(&value.span());
    Ok(Permit {
        id: words("id")?,
        rules,
        paths: Globs::new(paths).map_err(|error| reader.error(&value.span(), error.to_string()))?,
        use_case: words("use-case")?,
        conditions: match find("conditions") {
            Some(list) => reader.texts("conditions", list)?,
            None => Vec::new(),
        },
        reason,
        risk: optional("risk")?,
        mitigation: optional("mitigation")?,
        verification: optional("verification")?,
        author,
        approved_by,
        approved: day("approved")?.ok_or_else(|| lacks("approved"))?,
        until: day("until")?,
        location,
        lines,
    })
}

/// Reads what a project says of the category of rules.
pub(super) fn category(
    reader: &Reader<'_>,
    value: &Spanned<DeValue<'_>>,
) -> Result<Recategorised, ConfigError> {
    let table = table(reader, value, "category")?;
    let mut rules = Vec::new();
    let mut category = None;
    let mut reason = None;
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "rule" | "rules" => rules.extend(reader.texts(key.get_ref(), value)?),
            "category" => {
                let word = reader.text("category", value)?;
                // Lowering is no matter of this file: a severity is lowered in scrubin.toml, with a
                // reason that every report shows.
                category = match word.as_str() {
                    "mandatory" => Some(Category::Mandatory),
                    "required" => Some(Category::Required),
                    _ => {
                        let message = format!(
                            "`{word}` is no category that a rule is raised to: write `mandatory` or `required`"
                        );
                        return Err(reader.error(&value.span(), message));
                    }
                };
            }
            "reason" => reason = Some(reader.words("reason", value)?),
            _ => return Err(reader.unknown_key(key, "[[category]]", CATEGORY_KEYS)),
        }
    }
    let lacks = |name: &str| reader.error(&value.span(), format!("a category needs `{name}`"));
    if rules.is_empty() {
        return Err(lacks("rule"));
    }
    let (location, lines) = reader.place(&value.span());
    Ok(Recategorised {
        rules,
        category: category.ok_or_else(|| lacks("category"))?,
        reason: reason.ok_or_else(|| lacks("reason"))?,
        location,
        lines,
    })
}

fn table<'t, 'v>(
    reader: &Reader<'_>,
    value: &'t Spanned<DeValue<'v>>,
    name: &str,
) -> Result<&'t DeTable<'v>, ConfigError> {
    value.get_ref().as_table().ok_or_else(|| {
        let message = format!("write each {name} under `[[{name}]]`");
        reader.error(&value.span(), message)
    })
}
