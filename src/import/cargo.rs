//! The messages of `cargo check|build|clippy --message-format=json`: one JSON object a line.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::place::normal_path;
use super::{
    ForeignPlace, ForeignResult, ForeignRule, ImportError, Imported, Mention, PLACES, RESULTS,
    Region, Tool, rule_id,
};
use crate::finding::Severity;

#[derive(Debug, Deserialize)]
struct Line {
    reason: String,
    #[serde(default)]
    manifest_path: String,
    #[serde(default)]
    message: Option<serde_json::Value>,
    #[serde(default)]
    success: Option<bool>,
}

/// What a build that failed means for a report.
const FAILED: &str = "the code does not compile, and what hangs on it was not looked at";

/// What a list of messages without cargo's last one means.
const CUT: &str =
    "cargo's last message, `build-finished`, is missing: it was stopped, or the file is cut off";

#[derive(Debug, Deserialize)]
struct Diagnostic {
    message: String,
    #[serde(default)]
    level: String,
    #[serde(default)]
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

#[derive(Debug, Deserialize)]
struct Span {
    file_name: String,
    line_start: u32,
    line_end: u32,
    column_start: u32,
    column_end: u32,
    #[serde(default)]
    is_primary: bool,
    #[serde(default)]
    label: Option<String>,
}

/// Whether a text is a list of such messages.
pub(super) fn is_messages(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.contains("\"reason\"") && first.trim_end().ends_with('}')
}

/// Reads messages. Those of clippy and those of the compiler are two tools.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Imported>, ImportError> {
    let mut tools: BTreeMap<&'static str, Imported> = BTreeMap::new();
    let mut version = String::new();
    let mut success = None;
    let mut is_broken = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        // What a build script or a wrapper prints between the messages is theirs.
        if !line.starts_with('{') {
            continue;
        }
        let wrong = |error: serde_json::Error| {
            let told = error.to_string();
            let what = told.split(" at line ").next().unwrap_or(&told).to_owned();
            ImportError::new(file, format!("it is no message of cargo: {what}"))
                .at(&format!("line {}", number + 1))
                .with_help("write it by `cargo clippy --message-format=json > FILE`")
        };
        let line: Line = serde_json::from_str(line).map_err(wrong)?;
        if line.reason == "build-finished" {
            // Lists of several builds may stand one behind the other.
            success = Some(line.success == Some(true) && success != Some(false));
        }
        let Some(message) = line.message.filter(|_| line.reason == "compiler-message") else {
            continue;
        };
        let diagnostic: Diagnostic = serde_json::from_value(message).map_err(wrong)?;
        // Sums (`2 warnings emitted`) are about no place and no rule.
        if diagnostic.spans.is_empty() && diagnostic.code.is_none() {
            continue;
        }
        let code = diagnostic.code.as_ref().map_or("error", |code| &code.code);
        // `E0308`, or an error of the parser, which has no code; lints have names.
        is_broken |=
            diagnostic.level == "error" && (diagnostic.code.is_none() || code.starts_with('E'));
        let (tool, name) = match code.strip_prefix("clippy::") {
            Some(name) => ("clippy", name.to_owned()),
            None => ("rustc", code.to_owned()),
        };
        if version.is_empty() {
            version = version_of(&diagnostic).unwrap_or_default();
        }
        let imported = tools.entry(tool).or_insert_with(|| Imported {
            file: file.to_owned(),
            tool: Arc::new(Tool {
                name: tool.to_owned(),
                version: String::new(),
            }),
            rules: Vec::new(),
            results: Vec::new(),
            unfinished: None,
        });
        if imported.results.len() >= RESULTS {
            return Err(ImportError::new(
                file,
                format!("more than {RESULTS} messages of {tool}"),
            ));
        }
        let result = result(
            file,
            (tool, &name),
            diagnostic,
            &line.manifest_path,
            imported,
        )?;
        // The library and its tests are compiled each for itself: the same message comes twice.
        if !imported.results.contains(&result) {
            imported.results.push(result);
        }
    }
    let mut found: Vec<Imported> = tools.into_values().collect();
    if found.is_empty() {
        found.push(Imported {
            file: file.to_owned(),
            tool: Arc::new(Tool {
                name: "clippy".to_owned(),
                version: String::new(),
            }),
            rules: Vec::new(),
            results: Vec::new(),
            unfinished: None,
        });
    }
    for one in &mut found {
        one.unfinished = match success {
            Some(true) => None,
            // A lint that is denied fails the build too; it is a finding, and all of its crate was read.
            Some(false) => is_broken.then(|| FAILED.to_owned()),
            None => Some(CUT.to_owned()),
        };
        one.tool = Arc::new(Tool {
            name: one.tool.name.clone(),
            version: version.clone(),
        });
    }
    Ok(found)
}

fn result(
    file: &str,
    (tool, name): (&str, &str),
    diagnostic: Diagnostic,
    manifest: &str,
    imported: &mut Imported,
) -> Result<ForeignResult, ImportError> {
    let rule = rule_id(tool, name)
        .ok_or_else(|| ImportError::new(file, format!("`{name}` cannot be a rule id")))?;
    let known = imported.rules.iter().position(|rule| rule.name == name);
    let help: Vec<&str> = diagnostic
        .children
        .iter()
        .filter(|child| child.level == "help" && address(&child.message).is_none())
        .map(|child| child.message.as_str())
        .collect();
    let described = known.unwrap_or_else(|| {
        let page = diagnostic
            .children
            .iter()
            .find_map(|child| address(&child.message));
        imported.rules.push(ForeignRule {
            name: name.to_owned(),
            help: help.join("; "),
            address: page.unwrap_or_default(),
            ..ForeignRule::default()
        });
        imported.rules.len() - 1
    });
    let primary = diagnostic
        .spans
        .iter()
        .find(|span| span.is_primary)
        .or_else(|| diagnostic.spans.first());
    let related = diagnostic
        .spans
        .iter()
        .filter(|span| !span.is_primary)
        .take(PLACES)
        .map(|span| Mention {
            place: place(span, manifest),
            message: span.label.clone().unwrap_or_else(|| "see here".to_owned()),
        })
        .collect();
    Ok(ForeignResult {
        rule,
        described,
        severity: match diagnostic.level.as_str() {
            "error" | "error: internal compiler error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => Severity::Info,
        },
        place: primary.map(|span| place(span, manifest)),
        message: diagnostic.message,
        related,
        trace: Vec::new(),
        suppressed: None,
        is_passed: false,
    })
}

/// Names count from the root of the workspace, which is the folder of the manifest or above it.
fn place(span: &Span, manifest: &str) -> ForeignPlace {
    let manifest = manifest.replace('\\', "/");
    let mut paths = Vec::new();
    let mut folder = manifest.as_str();
    while let Some((above, _)) = folder.rsplit_once('/') {
        folder = above;
        if !folder.is_empty() {
            paths.extend(normal_path(&format!("{folder}/{}", span.file_name)));
        }
    }
    paths.push(normal_path(&span.file_name).unwrap_or_else(|| span.file_name.clone()));
    ForeignPlace {
        paths,
        region: Region {
            line: Some(span.line_start),
            column: Some(span.column_start),
            end_line: Some(span.line_end),
            end_column: Some(span.column_end),
            ..Region::default()
        },
    }
}

/// The page that a help names.
fn address(help: &str) -> Option<String> {
    let at = help.find("https://")?;
    let address = help.get(at..)?.split_whitespace().next()?;
    Some(address.to_owned())
}

/// The version, which is part of the pages that clippy names.
fn version_of(diagnostic: &Diagnostic) -> Option<String> {
    diagnostic.children.iter().find_map(|child| {
        let (_, rest) = child.message.split_once("/rust-clippy/rust-")?;
        rest.split('/').next().map(str::to_owned)
    })
}
