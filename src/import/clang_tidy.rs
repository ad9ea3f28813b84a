//! The YAML of `clang-tidy --export-fixes`: diagnostics at byte offsets. The edits in it are left to
//! `clang-apply-replacements`, which knows when they fit together.

use std::sync::Arc;

use serde::Deserialize;

use super::place::{is_absolute, normal_path};
use super::{
    ForeignPlace, ForeignResult, ForeignRule, ImportError, Imported, Mention, PLACES, RESULTS,
    Region, Tool, rule_id,
};
use crate::finding::Severity;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Export {
    #[serde(default)]
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Diagnostic {
    #[serde(default)]
    diagnostic_name: String,
    diagnostic_message: Message,
    #[serde(default)]
    notes: Vec<Message>,
    #[serde(default)]
    level: String,
    #[serde(default)]
    build_directory: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    #[serde(default)]
    message: String,
    #[serde(default)]
    file_path: String,
    #[serde(default)]
    file_offset: u64,
    #[serde(default)]
    ranges: Vec<Range>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Range {
    #[serde(default)]
    file_path: String,
    #[serde(default)]
    file_offset: u64,
    #[serde(default)]
    length: u64,
}

/// Whether a text is such an export.
pub(super) fn is_export(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty() && *line != "---" && !line.starts_with('#'));
    lines
        .next()
        .is_some_and(|line| line.starts_with("MainSourceFile:") || line.starts_with("Diagnostics:"))
}

/// Reads an export.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Imported>, ImportError> {
    if !text.trim_end().ends_with("\n...") {
        return Err(
            ImportError::new(file, "the export ends early: its last line is not `...`").with_help(
                "a report that ends early comes from a tool that was stopped; let it run again",
            ),
        );
    }
    let export: Export = serde_saphyr::from_str(text).map_err(|error| {
        let told = error.to_string();
        let what = told.lines().next().unwrap_or_default().to_owned();
        ImportError::new(file, format!("it is no export of clang-tidy: {what}"))
            .with_help("write it by `clang-tidy --export-fixes=FILE`")
    })?;
    if export.diagnostics.len() > RESULTS {
        return Err(ImportError::new(
            file,
            format!("more than {RESULTS} diagnostics"),
        ));
    }
    let mut imported = Imported {
        file: file.to_owned(),
        tool: Arc::new(Tool {
            name: "clang-tidy".to_owned(),
            version: String::new(),
        }),
        rules: Vec::new(),
        results: Vec::new(),
        unfinished: None,
    };
    for (number, diagnostic) in export.diagnostics.into_iter().enumerate() {
        // One line of clang-tidy may be of several checks: `cert-err33-c,bugprone-...`.
        let name = diagnostic
            .diagnostic_name
            .split(',')
            .next()
            .unwrap_or_default();
        let name = if name.is_empty() { "unnamed" } else { name };
        let rule = rule_id("clang-tidy", name).ok_or_else(|| {
            ImportError::new(file, format!("`{name}` cannot be a rule id"))
                .at(&format!("/Diagnostics/{number}"))
        })?;
        let known = imported.rules.iter().position(|rule| rule.name == name);
        let described = known.unwrap_or_else(|| {
            imported.rules.push(ForeignRule {
                name: name.to_owned(),
                address: address(name),
                ..ForeignRule::default()
            });
            imported.rules.len() - 1
        });
        let folder = diagnostic.build_directory.as_str();
        let message = diagnostic.diagnostic_message;
        let mut notes: Vec<Mention> = diagnostic
            .notes
            .iter()
            .filter_map(|note| {
                let place = place(note, folder)?;
                let message = note.message.clone();
                Some(Mention { place, message })
            })
            .collect();
        let more = notes.len().saturating_sub(PLACES);
        notes.truncate(PLACES);
        if let (true, Some(last)) = (more > 0, notes.last_mut()) {
            last.message.push_str(&format!(" (and {more} more places)"));
        }
        // The analyzer tells the path; other checks name further places.
        let is_path = name.starts_with("clang-analyzer-");
        let (trace, related) = if is_path {
            (notes, Vec::new())
        } else {
            (Vec::new(), notes)
        };
        imported.results.push(ForeignResult {
            rule,
            described,
            severity: match diagnostic.level.as_str() {
                "Error" | "Fatal" => Severity::Error,
                "Remark" | "Note" | "Ignored" => Severity::Info,
                _ => Severity::Warning,
            },
            place: place(&message, folder),
            message: message.message,
            related,
            trace,
            suppressed: None,
            is_passed: false,
        });
    }
    Ok(vec![imported])
}

fn place(message: &Message, folder: &str) -> Option<ForeignPlace> {
    let path = message.file_path.as_str();
    if path.is_empty() {
        return None;
    }
    let mut paths = Vec::new();
    if !is_absolute(path) && !folder.is_empty() {
        paths.extend(normal_path(&format!("{folder}/{path}")));
    }
    paths.push(normal_path(path).unwrap_or_else(|| path.to_owned()));
    let offset = |value: u64| u32::try_from(value).ok();
    let range = message
        .ranges
        .iter()
        .find(|range| range.file_path == path && range.file_offset == message.file_offset);
    Some(ForeignPlace {
        paths,
        region: Region {
            offset: offset(message.file_offset),
            length: range.and_then(|range| offset(range.length)),
            ..Region::default()
        },
    })
}

/// The page of a check.
fn address(name: &str) -> String {
    let root = "https://clang.llvm.org/extra/clang-tidy/checks";
    match name.split_once('-') {
        Some(("clang", rest)) if rest.starts_with("analyzer-") => String::new(),
        Some((module, check)) => format!("{root}/{module}/{check}.html"),
        None => String::new(),
    }
}
