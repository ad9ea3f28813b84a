//! GitHub's own descriptions of its REST API and its webhooks, cut to what is served here: checks
//! requests (strictly), answers and deliveries, and completes them with the fields nobody reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Statuses GitHub may answer anywhere without its description saying so.
const UNDESCRIBED: &[u16] = &[401, 403, 404, 406, 413, 415, 429, 500, 502, 503, 504];

/// One of GitHub's descriptions; references in it point into itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Rest,
    Webhooks,
}

impl Source {
    fn document(self) -> &'static Value {
        static REST: OnceLock<Value> = OnceLock::new();
        static WEBHOOKS: OnceLock<Value> = OnceLock::new();
        let (known, text) = match self {
            Self::Rest => (&REST, include_str!("../openapi/github.json")),
            Self::Webhooks => (&WEBHOOKS, include_str!("../openapi/webhooks.json")),
        };
        known.get_or_init(|| serde_json::from_str(text).expect("the cut is JSON"))
    }

    fn resolve(self, mut value: &'static Value) -> &'static Value {
        while let Some(reference) = value["$ref"].as_str() {
            value = self
                .document()
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or(&Value::Null);
        }
        value
    }
}

/// The operations of the description, as `GET /path`.
pub(crate) fn operations() -> Vec<String> {
    let paths = Source::Rest.document()["paths"]
        .as_object()
        .expect("an object");
    let one = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().expect("an object").clone();
        let path = path.clone();
        methods
            .into_iter()
            .map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
    };
    paths.iter().flat_map(one).collect()
}

fn operation(method: &str, template: &str) -> &'static Value {
    &Source::Rest.document()["paths"][template][method.to_lowercase()]
}

/// What is wrong with a request; empty when nothing is.
pub(crate) fn request_faults(
    method: &str,
    template: &str,
    query: &BTreeMap<String, String>,
    body: Option<&Value>,
) -> Vec<String> {
    let operation = operation(method, template);
    let mut faults = Vec::new();
    let mut known = BTreeMap::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = Source::Rest.resolve(parameter);
        if parameter["in"] == "query" {
            let name = parameter["name"].as_str().unwrap_or_default();
            known.insert(name, &parameter["schema"]);
        }
    }
    for (name, text) in query {
        let Some(schema) = known.get(name.as_str()) else {
            faults.push(format!("unknown query parameter `{name}`"));
            continue;
        };
        let schema = Source::Rest.resolve(schema);
        let value = match schema["type"].as_str() {
            Some("integer" | "boolean") => serde_json::from_str(text).unwrap_or(json!(text)),
            _ => json!(text),
        };
        let key = format!("{method} {template}?{name}");
        faults.extend(
            errors(Source::Rest, &key, schema, false, &value)
                .iter()
                .map(|e| format!("query `{name}`: {e}")),
        );
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    match body {
        Some(body) if !schema.is_null() => {
            let key = format!("{method} {template}");
            faults.extend(errors(Source::Rest, &key, schema, true, body));
        }
        Some(_) => faults.push("this operation takes no body".to_owned()),
        None if operation["requestBody"]["required"] == true => {
            faults.push("the body is missing or no JSON".to_owned());
        }
        None => {}
    }
    faults
}

fn response_schema(method: &str, template: &str, status: u16) -> Option<&'static Value> {
    let response = &operation(method, template)["responses"][status.to_string()];
    if response.is_null() {
        return None;
    }
    Some(&Source::Rest.resolve(response)["content"]["application/json"]["schema"])
}

/// What is wrong with an answer; empty when nothing is.
pub(crate) fn response_faults(
    method: &str,
    template: &str,
    status: u16,
    body: Option<&Value>,
) -> Vec<String> {
    let Some(schema) = response_schema(method, template, status) else {
        if UNDESCRIBED.contains(&status) || (status == 422 && method != "GET") {
            return Vec::new();
        }
        return vec![format!("status {status} is not described")];
    };
    match body {
        Some(body) if !schema.is_null() => errors(
            Source::Rest,
            &format!("{method} {template} -> {status}"),
            schema,
            false,
            body,
        ),
        None if !schema.is_null() => vec!["the body is missing".to_owned()],
        _ => Vec::new(),
    }
}

/// Adds the required fields an answer lacks, with neutral values of the right type: `null` where
/// GitHub allows it, else empty text, 0, `false`, the first of an enum, a URL under `api`.
pub(crate) fn complete(method: &str, template: &str, status: u16, api: &str, body: &mut Value) {
    if let Some(schema) = response_schema(method, template, status) {
        fill(Source::Rest, schema, body, api);
    }
}

/// The webhooks of the description, as `check-run-created`.
pub(crate) fn events() -> Vec<String> {
    let events = Source::Webhooks.document()["webhooks"].as_object();
    events.expect("an object").keys().cloned().collect()
}

/// The name an event with an action has in GitHub's description.
fn event_name(event: &str, action: Option<&str>) -> String {
    let name = match action {
        Some(action) => format!("{event}-{action}"),
        None => event.to_owned(),
    };
    name.replace('_', "-")
}

/// Adds what the body of a delivery lacks, as [`complete`] does for an answer.
pub(crate) fn complete_event(event: &str, action: Option<&str>, api: &str, body: &mut Value) {
    let schema = &Source::Webhooks.document()["webhooks"][event_name(event, action)];
    fill(Source::Webhooks, schema, body, api);
}

/// What is wrong with the body of a delivery; empty when nothing is.
pub(crate) fn event_faults(event: &str, action: Option<&str>, body: &Value) -> Vec<String> {
    let name = event_name(event, action);
    let schema = &Source::Webhooks.document()["webhooks"][&name];
    if schema.is_null() {
        return vec!["the event is not described".to_owned()];
    }
    errors(Source::Webhooks, &name, schema, false, body)
}

fn fill(source: Source, schema: &'static Value, value: &mut Value, api: &str) {
    let schema = source.resolve(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        fill(source, part, value, api);
    }
    for choice in ["anyOf", "oneOf"] {
        let mut all = schema[choice].as_array().into_iter().flatten();
        if let Some(first) = all.find(|one| one["type"] != "null") {
            fill(source, first, value, api);
        }
    }
    match value {
        Value::Array(items) => {
            for item in items {
                fill(source, &schema["items"], item, api);
            }
        }
        Value::Object(fields) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap_or_default();
                if !fields.contains_key(name) {
                    let neutral = neutral(source, &schema["properties"][name], name, api);
                    fields.insert(name.to_owned(), neutral);
                }
            }
            for (name, field) in fields.iter_mut() {
                let property = &schema["properties"][name];
                if !property.is_null() {
                    fill(source, property, field, api);
                }
            }
        }
        _ => {}
    }
}

fn neutral(source: Source, schema: &'static Value, name: &str, api: &str) -> Value {
    let schema = source.resolve(schema);
    // OpenAPI 3.0 says `nullable`, 3.1 lists the type or a choice of it.
    let null = |schema: &Value| {
        let listed = schema["type"].as_array();
        schema["type"] == "null" || listed.is_some_and(|all| all.contains(&json!("null")))
    };
    let choices = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    if schema["nullable"] == true || null(schema) || choices.is_some_and(|all| all.iter().any(null))
    {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    for choice in ["allOf", "anyOf", "oneOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|all| all.first()) {
            return neutral(source, first, name, api);
        }
    }
    match schema["type"].as_str() {
        Some("string") => match schema["format"].as_str() {
            Some("date-time") => json!("2026-01-01T00:00:00Z"),
            Some("uri") => json!(format!("{api}/{name}")),
            Some("email") => json!("nobody@example.invalid"),
            _ if name.ends_with("url") => json!(format!("{api}/{name}")),
            _ => json!(""),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => {
            let mut object = Value::Object(Map::new());
            fill(source, schema, &mut object, api);
            object
        }
    }
}

fn errors(
    source: Source,
    key: &str,
    schema: &'static Value,
    strict: bool,
    value: &Value,
) -> Vec<String> {
    let validator = validator(source, key, schema, strict);
    // Nearly everything is as described, and that alone is found sooner.
    if validator.is_valid(value) {
        return Vec::new();
    }
    validator
        .iter_errors(value)
        .map(|error| {
            let place = error.instance_path().to_string();
            let mut text = error.to_string();
            // A message quotes the whole instance; the place says enough.
            if text.chars().count() > 300 {
                let tail: String = text.chars().skip(text.chars().count() - 120).collect();
                text = format!("...{tail}");
            }
            format!("at `{place}`: {text}")
        })
        .collect()
}

fn validator(source: Source, key: &str, schema: &'static Value, strict: bool) -> Arc<Validator> {
    static KNOWN: Mutex<BTreeMap<String, Arc<Validator>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(validator) = known.get(key) {
        return Arc::clone(validator);
    }
    let mut names = BTreeSet::new();
    let mut root = json_schema(schema, strict, &mut names);
    let mut definitions = Map::new();
    while let Some(name) = names.pop_first() {
        if definitions.contains_key(&name) {
            continue;
        }
        let component = &source.document()["components"]["schemas"][&name];
        let mut further = BTreeSet::new();
        definitions.insert(name, json_schema(component, strict, &mut further));
        names.extend(
            further
                .into_iter()
                .filter(|name| !definitions.contains_key(name)),
        );
    }
    root["$defs"] = Value::Object(definitions);
    let built = jsonschema::draft202012::options()
        .build(&root)
        .unwrap_or_else(|error| panic!("the schema of {key} does not compile: {error}"));
    let built = Arc::new(built);
    known.insert(key.to_owned(), Arc::clone(&built));
    built
}

/// OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, references point to `$defs`. Strict: an
/// object takes no properties but those named, as GitHub's servers refuse unknown keys.
fn json_schema(schema: &Value, strict: bool, names: &mut BTreeSet<String>) -> Value {
    let Value::Object(fields) = schema else {
        return schema.clone();
    };
    let mut made = Map::new();
    for (key, value) in fields {
        let value = match key.as_str() {
            "nullable" => continue,
            "$ref" => {
                let name = value.as_str().and_then(|text| text.rsplit('/').next());
                let name = name.unwrap_or_default();
                names.insert(name.to_owned());
                json!(format!("#/$defs/{name}"))
            }
            "properties" => value.as_object().map_or(Value::Null, |all| {
                let each = |(name, inner): (&String, &Value)| {
                    (name.clone(), json_schema(inner, strict, names))
                };
                Value::Object(all.iter().map(each).collect())
            }),
            "items" | "additionalProperties" | "not" => json_schema(value, strict, names),
            // Strictness inside a combination would refuse what its other parts allow.
            "allOf" | "anyOf" | "oneOf" => value.as_array().map_or(Value::Null, |all| {
                all.iter()
                    .map(|part| json_schema(part, false, names))
                    .collect()
            }),
            _ => value.clone(),
        };
        made.insert(key.clone(), value);
    }
    if strict && made.contains_key("properties") && !made.contains_key("additionalProperties") {
        made.insert("additionalProperties".to_owned(), json!(false));
    }
    if fields.get("nullable") == Some(&json!(true)) {
        return json!({"anyOf": [made, {"type": "null"}]});
    }
    Value::Object(made)
}
