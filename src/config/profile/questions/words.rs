//! Answers in words → values, and back.

use std::collections::BTreeMap;

use crate::config::glob::{Glob, Globs};
use crate::config::profile::{Cia, DataItem, Impact, Level, Links, SafetyClass, Store};

pub(super) fn globs(text: &str) -> Result<Globs, String> {
    let patterns = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let patterns = patterns
        .map(Glob::parse)
        .collect::<Result<Vec<Glob>, _>>()
        .map_err(|error| error.to_string())?;
    Globs::new(patterns).map_err(|error| error.to_string())
}

pub(super) fn parse_level(text: &str) -> Result<Option<Level>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = Level::ALL.into_iter().find(|level| level.as_str() == text);
    match found {
        Some(level) => Ok(Some(level)),
        None => Err(format!(
            "`{text}` is no level: write baseline, moderate or high"
        )),
    }
}

pub(super) fn parse_classes(text: &str) -> Result<BTreeMap<String, SafetyClass>, String> {
    let mut classes = BTreeMap::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        // A class alone is meant for everything.
        let (pattern, word) = part.rsplit_once('=').unwrap_or(("**", part));
        let (pattern, word) = (pattern.trim(), word.trim());
        let class = SafetyClass::ALL
            .into_iter()
            .find(|class| class.as_str().eq_ignore_ascii_case(word));
        let Some(class) = class else {
            return Err(format!("`{word}` is no safety class: write A, B or C"));
        };
        Glob::parse(pattern).map_err(|error| error.to_string())?;
        classes.insert(pattern.to_owned(), class);
    }
    Ok(classes)
}

pub(super) fn parse_harm(text: &str, before: Option<&Cia>) -> Result<Cia, String> {
    let impact = |word: &str| {
        let found = Impact::ALL
            .into_iter()
            .find(|impact| impact.as_str() == word.trim());
        found.ok_or_else(|| format!("`{}` is none of low, moderate, high", word.trim()))
    };
    let parts: Vec<&str> = text
        .split(['/', ' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    let [first, second, third] = match parts.as_slice() {
        [one] => [*one; 3],
        [first, second, third] => [*first, *second, *third],
        _ => return Err("write three words, as `high/high/low`, or one for all".to_owned()),
    };
    Ok(Cia {
        confidentiality: Some(impact(first)?),
        integrity: Some(impact(second)?),
        availability: Some(impact(third)?),
        harm: before.and_then(|cia| cia.harm.clone()),
    })
}

pub(super) fn parse_data(text: &str) -> Result<Vec<DataItem>, String> {
    let items = text
        .split(';')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    items
        .map(|item| {
            let mut parts = item.split(':').map(str::trim);
            let mut next = || parts.next().unwrap_or_default();
            let (kind, ops, store, link) = (next(), next(), next(), next());
            let ops: Vec<String> = ops.split_whitespace().map(str::to_owned).collect();
            let known = ["created", "changed", "sent", "stored"];
            if let Some(odd) = ops.iter().find(|op| !known.contains(&op.as_str())) {
                return Err(format!("`{odd}` is none of {}", known.join(", ")));
            }
            let store = match store {
                "" => Store::Unknown,
                word => Store::ALL
                    .into_iter()
                    .find(|store| store.as_str() == word)
                    .ok_or_else(|| {
                        format!("`{word}` is none of none, temporary, permanent, unknown")
                    })?,
            };
            if !link.is_empty() && !Links::NAMES.contains(&link) {
                return Err(format!("`{link}` is none of {}", Links::NAMES.join(", ")));
            }
            Ok(DataItem {
                kind: kind.to_owned(),
                ops,
                store,
                link: link.to_owned(),
            })
        })
        .collect()
}

pub(super) fn data_words(items: &[DataItem]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| {
            let (ops, store) = (item.ops.join(" "), item.store.as_str());
            format!("{}: {ops}: {store}: {}", item.kind, item.link)
                .trim_end_matches([':', ' '])
                .to_owned()
        })
        .collect();
    items.join("; ")
}
