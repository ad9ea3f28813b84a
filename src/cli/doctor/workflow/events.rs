//! Whether the review runs whenever the change becomes another one. Pure.

use serde_json::Value;

use super::super::check::{Check, State};
use super::place::Place;
use super::text;

/// What GitHub takes where a workflow names no types.
const USUAL: [&str; 3] = ["opened", "synchronize", "reopened"];

/// What is to be written.
const ALL: &str = "types: [opened, synchronize, reopened, ready_for_review, edited]";

/// The check on the types of `pull_request`; none where no place runs on it.
pub(super) fn check(places: &[Place<'_>]) -> Option<Check> {
    const NAME: &str = "events";
    let mut worst: Option<(State, String)> = None;
    let mut seen = false;
    for place in places {
        let Some(event) = place.workflow.event("pull_request") else {
            continue;
        };
        seen = true;
        let Some(found) = judge(place, &event) else {
            continue;
        };
        if worst.is_none() || found.0 == State::Open {
            let is_open = found.0 == State::Open;
            let says = format!("{}: {}", place.workflow.path, found.1);
            worst = Some((found.0, says));
            if is_open {
                break;
            }
        }
    }
    match worst {
        Some((state, says)) => Some(Check::new(
            NAME,
            state,
            says,
            format!("write `{ALL}` under `pull_request`"),
        )),
        None => seen.then(|| Check::good(NAME, "every change of a pull request is reviewed")),
    }
}

fn judge(place: &Place<'_>, event: &Value) -> Option<(State, String)> {
    let types = match event.get("types") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => USUAL.to_vec(),
    };
    let has = |name: &str| types.contains(&name);
    if !has("edited") && !has_one_base(event) {
        let says = "it does not run on `edited`: a pull request that is opened against a branch which has \
                    its code already, and is then turned to another one, keeps its green check";
        return Some((State::Open, says.to_owned()));
    }
    let drafts = drafts(place);
    if drafts == Drafts::Skip && !has("ready_for_review") {
        let says = "it leaves drafts out and does not run on `ready_for_review`: what was opened as a \
                    draft is never reviewed, and its check is green";
        return Some((State::Open, says.to_owned()));
    }
    let missing: Vec<&str> = USUAL.into_iter().filter(|name| !has(name)).collect();
    if !missing.is_empty() {
        return Some((
            State::Weak,
            format!(
                "it does not run on `{}`: the merge then waits for a check that does not come",
                missing.join("`, `")
            ),
        ));
    }
    if drafts == Drafts::Light && !has("ready_for_review") {
        let says = "it does not run on `ready_for_review`: the comments that a draft does not get come \
                    with the next push only";
        return Some((State::Weak, says.to_owned()));
    }
    None
}

/// Whether pull requests against one branch alone are reviewed, so that a check of another base
/// cannot be there.
fn has_one_base(event: &Value) -> bool {
    let branches = match event.get("branches") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    matches!(branches.as_slice(), [one] if !one.contains(['*', '?', '+', '[', '!']))
}

/// What drafts get at a place.
#[derive(PartialEq, Eq)]
enum Drafts {
    Full,
    Light,
    Skip,
}

fn drafts(place: &Place<'_>) -> Drafts {
    let with = place.step.get("with");
    let input = with.map(|with| text(with, "drafts")).unwrap_or_default();
    let run = text(place.step, "run");
    let is = |word: &str| {
        input == word
            || run.contains(&format!("--drafts {word}"))
            || run.contains(&format!("--drafts={word}"))
    };
    if is("skip") {
        Drafts::Skip
    } else if is("full") || run.contains("scrubin check") {
        Drafts::Full
    } else {
        Drafts::Light
    }
}
