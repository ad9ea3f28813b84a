//! One result of a SARIF run.

use serde_json::Value;

use super::{Described, Run, list, message_text, object, text_of, wrong};
use crate::finding::Severity;
use crate::import::place::{is_absolute, normal_path, path_of_uri};
use crate::import::{
    ForeignPlace, ForeignResult, ForeignRule, ImportError, Imported, Mention, PLACES, Region,
    rule_id, weakness,
};

/// Base ids that lead to others; deeper ones are a circle.
const BASES: usize = 8;

impl Run<'_> {
    /// Reads a result and adds it.
    pub(super) fn result(
        &self,
        result: &Value,
        at: &str,
        imported: &mut Imported,
    ) -> Result<(), ImportError> {
        object(self.file, result, at)?;
        let described = self.described(result);
        let mut name = text_of(result.get("ruleId"));
        if name.is_empty() {
            name = text_of(result.get("rule").and_then(|rule| rule.get("id")));
        }
        if name.is_empty() {
            name = described.map_or_else(String::new, |one| one.rule.name.clone());
        }
        if name.is_empty() {
            "unnamed".clone_into(&mut name);
        }
        let rule = rule_id(&self.tool.name, &name).ok_or_else(|| {
            ImportError::new(self.file, format!("`{name}` cannot be a rule id")).at(at)
        })?;
        let number = self.rule_number(&name, described, result, imported);
        let message = self.message(result.get("message"), described);
        let locations_at = format!("{at}/locations");
        let mut locations = Vec::new();
        for (index, one) in list(self.file, result.get("locations"), &locations_at)?
            .iter()
            .take(PLACES)
            .enumerate()
        {
            let place = self.place(one, &format!("{locations_at}/{index}"))?;
            locations.extend(place.map(|place| Mention {
                place,
                message: message_text(one.get("message")),
            }));
        }
        let mut related = self.mentions(
            result.get("relatedLocations"),
            &format!("{at}/relatedLocations"),
        )?;
        let mut trace = self.trace(result, at)?;
        // The first location is the place. cppcheck lists the way there, the place being the last.
        let is_way = self.tool.name == "cppcheck" && locations.len() > 1;
        let place = if is_way { locations.pop() } else { None };
        let mut rest = locations.into_iter();
        let place = match place {
            Some(place) => Some(place),
            None => rest.next(),
        };
        let further = rest.map(|mut one| {
            if one.message.is_empty() {
                one.message = if is_way {
                    "on the way there".to_owned()
                } else {
                    "the same, here".to_owned()
                };
            }
            one
        });
        if is_way && trace.is_empty() {
            trace.extend(further);
        } else {
            related.extend(further);
        }
        imported.results.push(ForeignResult {
            rule,
            described: number,
            severity: severity(result, described),
            message: if message.is_empty() {
                format!("{name}, which {} does not explain", self.tool.name)
            } else {
                message
            },
            place: place.map(|one| one.place),
            related,
            trace,
            suppressed: self.suppressed(result),
            is_passed: is_passed(result),
        });
        Ok(())
    }

    /// The rule as the tool describes it: by index, or by id.
    fn described(&self, result: &Value) -> Option<&Described> {
        let reference = result.get("rule");
        let number = |value: Option<&Value>| {
            let number = value.and_then(Value::as_i64)?;
            usize::try_from(number).ok()
        };
        let component = reference
            .and_then(|rule| rule.get("toolComponent"))
            .and_then(|one| number(one.get("index")))
            .map_or(0, |index| index + 1);
        let index = number(result.get("ruleIndex"))
            .or_else(|| number(reference.and_then(|rule| rule.get("index"))));
        let by_index = index.and_then(|index| self.components.get(component)?.get(index));
        if by_index.is_some() {
            return by_index;
        }
        let id = text_of(
            result
                .get("ruleId")
                .or_else(|| reference.and_then(|rule| rule.get("id"))),
        );
        let mut all = self.components.iter().flatten();
        // A rule id may go on with `/` and a part of it.
        all.clone().find(|one| one.rule.name == id).or_else(|| {
            all.find(|one| {
                let rest = id.strip_prefix(&one.rule.name);
                !one.rule.name.is_empty() && rest.is_some_and(|rest| rest.starts_with('/'))
            })
        })
    }

    /// The number of the rule among those of the import, which it joins with its first result.
    fn rule_number(
        &self,
        name: &str,
        described: Option<&Described>,
        result: &Value,
        imported: &mut Imported,
    ) -> usize {
        if let Some(known) = imported.rules.iter().position(|rule| rule.name == name) {
            return known;
        }
        let mut rule = described.map_or_else(ForeignRule::default, |one| one.rule.clone());
        name.clone_into(&mut rule.name);
        for taxon in result
            .get("taxa")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            weakness::add_taxon(&mut rule.cwe, taxon);
        }
        imported.rules.push(rule);
        imported.rules.len() - 1
    }

    /// The text of a message: its own, or that of the rule with that id; arguments put in.
    fn message(&self, message: Option<&Value>, described: Option<&Described>) -> String {
        let mut text = message_text(message);
        let id = message
            .and_then(|one| one.get("id"))
            .and_then(Value::as_str);
        if let (true, Some(id)) = (text.is_empty(), id) {
            let of_rule = described.and_then(|one| one.messages.get(id));
            let of_tool = || self.global.and_then(|strings| strings.get(id));
            text = message_text(of_rule.or_else(of_tool));
        }
        let arguments = message.and_then(|one| one.get("arguments"));
        for (number, argument) in arguments
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .take(20)
        {
            let argument = argument.as_str().unwrap_or_default();
            text = text.replace(&format!("{{{number}}}"), argument);
        }
        without_links(&text)
    }

    /// The places of a list of locations.
    fn mentions(&self, value: Option<&Value>, at: &str) -> Result<Vec<Mention>, ImportError> {
        let all = list(self.file, value, at)?;
        let mut found = Vec::new();
        for (number, one) in all.iter().take(PLACES).enumerate() {
            if let Some(place) = self.place(one, &format!("{at}/{number}"))? {
                let message = without_links(&message_text(one.get("message")));
                found.push(Mention { place, message });
            }
        }
        cut(all.len(), &mut found);
        Ok(found)
    }

    /// The first thread of the first code flow.
    fn trace(&self, result: &Value, at: &str) -> Result<Vec<Mention>, ImportError> {
        let at = format!("{at}/codeFlows/0/threadFlows/0/locations");
        let first = |value: Option<&Value>, key: &str| {
            let list = value?.get(key)?.as_array()?;
            list.first().cloned()
        };
        let flow = first(Some(result), "codeFlows");
        let thread = first(flow.as_ref(), "threadFlows");
        let steps = thread.as_ref().and_then(|thread| thread.get("locations"));
        let all = list(self.file, steps, &at)?;
        let mut found = Vec::new();
        for (number, step) in all.iter().take(PLACES).enumerate() {
            let Some(location) = step.get("location") else {
                continue;
            };
            if let Some(place) = self.place(location, &format!("{at}/{number}/location"))? {
                let message = without_links(&message_text(location.get("message")));
                found.push(Mention { place, message });
            }
        }
        cut(all.len(), &mut found);
        Ok(found)
    }

    /// Where a location is; `None` where it is in no file.
    fn place(&self, location: &Value, at: &str) -> Result<Option<ForeignPlace>, ImportError> {
        let Some(physical) = location.get("physicalLocation") else {
            return Ok(None);
        };
        let Some(mut artifact) = physical.get("artifactLocation") else {
            return Ok(None);
        };
        // An index stands for the whole entry of the run's list of files.
        let listed = artifact
            .get("index")
            .and_then(Value::as_u64)
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.run.get("artifacts")?.get(index)?.get("location"));
        if artifact.get("uri").is_none()
            && let Some(listed) = listed
        {
            artifact = listed;
        }
        let Some(uri) = artifact.get("uri") else {
            return Ok(None);
        };
        let uri_at = format!("{at}/physicalLocation/artifactLocation/uri");
        let uri = uri
            .as_str()
            .ok_or_else(|| wrong(self.file, &uri_at, "a text", uri))?;
        let Some(mut path) = path_of_uri(uri) else {
            return Ok(None);
        };
        let relative = path.clone();
        let mut base = artifact.get("uriBaseId").and_then(Value::as_str);
        for _ in 0..BASES {
            let Some(id) = base.filter(|_| !is_absolute(&path)) else {
                break;
            };
            let entry = self
                .run
                .get("originalUriBaseIds")
                .and_then(|bases| bases.get(id));
            let Some(entry) = entry else { break };
            let above = entry.get("uri").and_then(Value::as_str);
            if let Some(above) = above
                .and_then(path_of_uri)
                .filter(|above| !above.is_empty())
            {
                path = format!("{}/{path}", above.trim_end_matches(['/', '\\']));
            }
            base = entry.get("uriBaseId").and_then(Value::as_str);
        }
        // Where the files were there need not be where they are here: the path below the base is
        // tried as well.
        let mut paths: Vec<String> = [path, relative]
            .into_iter()
            .map(|path| normal_path(&path).unwrap_or(path))
            .collect();
        paths.dedup();
        let region = physical.get("region");
        Ok(Some(ForeignPlace {
            paths,
            region: self.region(region, &format!("{at}/physicalLocation/region"))?,
        }))
    }

    fn region(&self, region: Option<&Value>, at: &str) -> Result<Region, ImportError> {
        let Some(region) = region.filter(|region| !region.is_null()) else {
            return Ok(Region::default());
        };
        object(self.file, region, at)?;
        let number = |key: &str| -> Result<Option<u32>, ImportError> {
            match region.get(key) {
                None | Some(Value::Null) => Ok(None),
                // -1 and 0 are written for "unknown".
                Some(Value::Number(number)) => Ok(number
                    .as_u64()
                    .and_then(|number| u32::try_from(number).ok())),
                Some(other) => Err(wrong(self.file, &format!("{at}/{key}"), "a number", other)),
            }
        };
        let positive = |key: &str| Ok::<_, ImportError>(number(key)?.filter(|number| *number > 0));
        Ok(Region {
            line: positive("startLine")?,
            column: positive("startColumn")?,
            end_line: positive("endLine")?,
            end_column: positive("endColumn")?,
            is_utf16: self.is_utf16,
            offset: number("byteOffset")?,
            length: number("byteLength")?,
        })
    }

    /// Why the result is suppressed, if it is: no suppression of it was rejected or is under review.
    fn suppressed(&self, result: &Value) -> Option<String> {
        let all = result.get("suppressions")?.as_array()?;
        let first = all.first()?;
        let is_open = |one: &Value| {
            let status = one.get("status").or_else(|| one.get("state"));
            matches!(
                status.and_then(Value::as_str),
                Some("rejected" | "underReview")
            )
        };
        if all.iter().any(is_open) {
            return None;
        }
        let reason = text_of(first.get("justification"));
        let kind = match first.get("kind").and_then(Value::as_str) {
            Some("external") => "outside of the code",
            _ => "in the code",
        };
        Some(if reason.is_empty() {
            format!("suppressed for {} {kind}, without a reason", self.tool.name)
        } else {
            format!("{reason} (suppressed for {} {kind})", self.tool.name)
        })
    }
}

/// How bad the result is, as the standard lays it down.
fn severity(result: &Value, described: Option<&Described>) -> Severity {
    let level = result.get("level").and_then(Value::as_str);
    let kind = result.get("kind").and_then(Value::as_str);
    let level = match (level, kind) {
        (Some(level), _) => level,
        (None, Some("open" | "review" | "informational" | "pass" | "notApplicable")) => "none",
        (None, _) => described
            .and_then(|one| one.level.as_deref())
            .unwrap_or("warning"),
    };
    match level {
        "error" => Severity::Error,
        "note" | "none" => Severity::Info,
        _ => Severity::Warning,
    }
}

/// Whether the tool says that all is well here, or that the result is one of former times.
fn is_passed(result: &Value) -> bool {
    let is = |key: &str, words: &[&str]| {
        let word = result.get(key).and_then(Value::as_str);
        word.is_some_and(|word| words.contains(&word))
    };
    is("kind", &["pass", "notApplicable"]) || is("baselineState", &["absent"])
}

/// Says how many places were left out.
fn cut(all: usize, found: &mut [Mention]) {
    let left = all.saturating_sub(PLACES);
    if let (true, Some(last)) = (left > 0, found.last_mut()) {
        last.message.push_str(&format!(" (and {left} more places)"));
    }
}

/// `[text](1)`, a link to a related place, becomes `text`.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let link = from.find("](").and_then(|middle| {
            let words = from.get(1..middle)?;
            let after = from.get(middle + 2..)?;
            let end = after.find(')')?;
            let target = after.get(..end)?;
            let is_place = !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_digit());
            (is_place && !words.contains('[')).then(|| (words, after.get(end + 1..).unwrap_or("")))
        });
        match link {
            Some((words, after)) => {
                out.push_str(words);
                rest = after;
            }
            None => {
                out.push('[');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}
