//! SARIF 2.1.0, as tools write it: what the standard leaves out is filled in, what a tool leaves out is
//! made do without. What breaks the form is an error that names the JSON pointer.

mod result;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ForeignRule, ImportError, Imported, RESULTS, Tool, weakness};

/// Longest text that is kept of a message or a description, in characters.
const TEXT: usize = 4_000;

/// Reads a log.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Imported>, ImportError> {
    let log: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let told = error.to_string();
        let what = told.split(" at line ").next().unwrap_or(&told);
        ImportError::new(file, format!("it is no JSON: {what}"))
            .at(&place)
            .with_help(
                "a report that ends early comes from a tool that was stopped; let it run again",
            )
    })?;
    let Some(runs) = log.get("runs") else {
        return Err(other_format(file, &log));
    };
    let version = log
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or("2.1.0");
    if !version.starts_with("2.1") {
        return Err(
            ImportError::new(file, format!("SARIF {version} is not supported"))
                .at("/version")
                .with_help("write SARIF 2.1.0"),
        );
    }
    let runs = list(file, Some(runs), "/runs")?;
    if runs.is_empty() {
        return Err(ImportError::new(file, "it holds no run of any tool")
            .at("/runs")
            .with_help("a tool that ran and found nothing writes a run without results"));
    }
    let mut imported = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        imported.push(read_run(file, run, &format!("/runs/{number}"))?);
    }
    Ok(imported)
}

/// What a JSON file is that is no SARIF.
fn other_format(file: &str, log: &Value) -> ImportError {
    let error = ImportError::new(file, "it is no SARIF: there is no `runs`");
    let has = |key: &str| log.get(key).is_some();
    if has("vulnerabilities") && has("lockfile") {
        error.with_help("of cargo-audit take `cargo audit --format sarif` (0.22 and newer)")
    } else if has("results") && has("paths") {
        error.with_help("of Semgrep take `semgrep scan --sarif --output FILE`")
    } else if log.is_array() {
        error.with_help("of gcc take `-fdiagnostics-format=sarif-file` (13 and newer)")
    } else {
        error.with_help("let the tool write SARIF 2.1.0")
    }
}

/// The list at a place; a missing one and `null` are empty.
fn list<'v>(file: &str, value: Option<&'v Value>, at: &str) -> Result<&'v [Value], ImportError> {
    match value {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(other) => Err(wrong(file, at, "a list", other)),
    }
}

/// The object at a place.
fn object<'v>(
    file: &str,
    value: &'v Value,
    at: &str,
) -> Result<&'v Map<String, Value>, ImportError> {
    value
        .as_object()
        .ok_or_else(|| wrong(file, at, "an object", value))
}

fn wrong(file: &str, at: &str, expected: &str, found: &Value) -> ImportError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    ImportError::new(file, format!("{expected} is expected, not {found}")).at(at)
}

/// A text of bounded length.
fn text_of(value: Option<&Value>) -> String {
    let text = value.and_then(Value::as_str).unwrap_or_default().trim();
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The text of a message object, or a plain text in its place.
fn message_text(value: Option<&Value>) -> String {
    let inner = |key: &str| text_of(value.and_then(|value| value.get(key)));
    let text = inner("text");
    if !text.is_empty() {
        return text;
    }
    match value {
        Some(Value::String(_)) => text_of(value),
        _ => inner("markdown"),
    }
}

/// A rule as a component of the tool describes it.
#[derive(Debug, Clone, Default)]
struct Described {
    rule: ForeignRule,
    level: Option<String>,
    /// `messageStrings` of the rule.
    messages: Value,
}

/// What is known of a run while its results are read.
struct Run<'v> {
    file: &'v str,
    run: &'v Map<String, Value>,
    tool: Arc<Tool>,
    /// Rules of the driver and of each extension.
    components: Vec<Vec<Described>>,
    /// `globalMessageStrings` of the driver.
    global: Option<&'v Value>,
    is_utf16: bool,
}

fn read_run(file: &str, run: &Value, at: &str) -> Result<Imported, ImportError> {
    let run = object(file, run, at)?;
    let tool = run
        .get("tool")
        .ok_or_else(|| ImportError::new(file, "the run names no `tool`").at(at))?;
    let driver_at = format!("{at}/tool/driver");
    let driver = tool
        .get("driver")
        .ok_or_else(|| ImportError::new(file, "the tool has no `driver`").at(&driver_at))?;
    let driver = object(file, driver, &driver_at)?;
    let name = text_of(driver.get("name"));
    if name.is_empty() {
        return Err(ImportError::new(file, "the tool has no `name`").at(&driver_at));
    }
    let version = ["semanticVersion", "version", "dottedQuadFileVersion"]
        .iter()
        .map(|key| text_of(driver.get(*key)))
        .find(|version| !version.is_empty())
        .unwrap_or_default();
    let mut components = vec![rules(
        file,
        driver.get("rules"),
        &format!("{driver_at}/rules"),
    )?];
    let extensions_at = format!("{at}/tool/extensions");
    for (number, extension) in list(file, tool.get("extensions"), &extensions_at)?
        .iter()
        .enumerate()
    {
        let at = format!("{extensions_at}/{number}/rules");
        components.push(rules(file, extension.get("rules"), &at)?);
    }
    let mut run = Run {
        file,
        run,
        tool: Arc::new(Tool {
            name: short_name(&name),
            version,
        }),
        components,
        global: driver.get("globalMessageStrings"),
        is_utf16: run.get("columnKind").and_then(Value::as_str) != Some("unicodeCodePoints"),
    };
    // cppcheck and clang count bytes and say nothing of it; for ASCII all ways are one.
    if run.run.get("columnKind").is_none() {
        run.is_utf16 = false;
    }
    let results_at = format!("{at}/results");
    let results = list(file, run.run.get("results"), &results_at)?;
    if results.len() > RESULTS {
        return Err(
            ImportError::new(file, format!("more than {RESULTS} results in one run"))
                .at(&results_at)
                .with_help("let the tool read less at a time, or switch rules off"),
        );
    }
    let mut imported = Imported {
        file: file.to_owned(),
        tool: Arc::clone(&run.tool),
        rules: Vec::new(),
        results: Vec::with_capacity(results.len()),
        unfinished: unfinished(run.run),
    };
    for (number, result) in results.iter().enumerate() {
        let at = format!("{results_at}/{number}");
        run.result(result, &at, &mut imported)?;
    }
    Ok(imported)
}

/// What the first invocation that failed says of it.
fn unfinished(run: &Map<String, Value>) -> Option<String> {
    let invocations = run.get("invocations")?.as_array()?;
    let failed = invocations
        .iter()
        .find(|one| one.get("executionSuccessful") == Some(&Value::Bool(false)))?;
    let notifications = failed.get("toolExecutionNotifications");
    let told = notifications
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|one| message_text(one.get("message")))
        .find(|text| !text.is_empty());
    Some(told.unwrap_or_else(|| "it says that its run was not successful".to_owned()))
}

/// The short name of a tool.
fn short_name(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    // GCC calls itself by the language: `GNU C17`, `GNU C++20`.
    if lower.starts_with("gnu c") {
        return "gcc".to_owned();
    }
    match lower.as_str() {
        "semgrep oss" | "semgrep pro" => "semgrep".to_owned(),
        _ => lower.split_whitespace().collect::<Vec<_>>().join("-"),
    }
}

fn rules(file: &str, value: Option<&Value>, at: &str) -> Result<Vec<Described>, ImportError> {
    let mut found = Vec::new();
    for (number, rule) in list(file, value, at)?.iter().enumerate() {
        let at = format!("{at}/{number}");
        object(file, rule, &at)?;
        let properties = rule.get("properties");
        let mut cwe = Vec::new();
        let many = |key: &str| properties.and_then(|properties| properties.get(key));
        for key in ["tags", "cwe"] {
            match many(key) {
                Some(Value::Array(tags)) => {
                    let tags = tags.iter().filter_map(Value::as_str);
                    tags.for_each(|tag| weakness::add(&mut cwe, tag));
                }
                Some(Value::String(tag)) => weakness::add(&mut cwe, tag),
                _ => {}
            }
        }
        for relation in rule
            .get("relationships")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(target) = relation.get("target") {
                weakness::add_taxon(&mut cwe, target);
            }
        }
        let level = rule.get("defaultConfiguration");
        let level = level
            .and_then(|one| one.get("level"))
            .and_then(Value::as_str);
        found.push(Described {
            rule: ForeignRule {
                name: text_of(rule.get("id")),
                summary: message_text(rule.get("shortDescription")),
                description: message_text(rule.get("fullDescription")),
                help: message_text(rule.get("help")),
                address: text_of(rule.get("helpUri")),
                cwe,
            },
            level: level.map(str::to_owned),
            messages: rule.get("messageStrings").cloned().unwrap_or(Value::Null),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
