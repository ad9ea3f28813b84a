//! Commit statuses.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::Call;
use crate::render::{self, repo_url, time};
use crate::reply::{Answer, Reply};
use crate::rest::checks::sha_of;
use crate::state::{Repo, Status};

fn show_status(call: &Call<'_>, repo: &Repo, status: &Status) -> Value {
    json!({
        "url": format!("{}/statuses/{}", repo_url(&call.links, repo), status.sha),
        "id": status.id,
        "node_id": format!("SC_{}", status.id),
        "state": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "created_at": time(status.created_at),
        "updated_at": time(status.created_at),
        "creator": render::user(call.state, &call.links, &status.author),
    })
}

pub(crate) fn create_status(call: &mut Call<'_>) -> Answer {
    let sha = sha_of(call, "sha")?;
    let description = call.text("description");
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > 140)
    {
        return Err(Reply::invalid(
            "Status",
            "description",
            "custom",
            "description is too long (maximum is 140 characters)",
        ));
    }
    let made = Status {
        id: call.state.id(),
        sha,
        author: call.login(),
        state: call.text("state").unwrap_or_default(),
        context: call.text("context").unwrap_or("default".to_owned()),
        description,
        target_url: call.text("target_url"),
        created_at: call.state.now(),
    };
    call.repo_mut()?.statuses.push(made.clone());
    Ok(Reply::created(show_status(call, call.repo()?, &made)))
}

pub(crate) fn statuses(call: &mut Call<'_>) -> Answer {
    let sha = sha_of(call, "ref")?;
    let repo = call.repo()?;
    let all: Vec<&Status> = repo
        .statuses
        .iter()
        .rev()
        .filter(|one| one.sha == sha)
        .collect();
    call.paged(all.len(), |range| {
        all[range]
            .iter()
            .map(|one| show_status(call, repo, one))
            .collect()
    })
}

pub(crate) fn combined_status(call: &mut Call<'_>) -> Answer {
    let sha = sha_of(call, "ref")?;
    let repo = call.repo()?;
    let latest: BTreeMap<&str, &Status> = repo
        .statuses
        .iter()
        .filter(|one| one.sha == sha)
        .map(|one| (one.context.as_str(), one))
        .collect();
    let any = |state: &str| latest.values().any(|one| one.state == state);
    let state = if any("failure") || any("error") {
        "failure"
    } else if latest.is_empty() || any("pending") {
        "pending"
    } else {
        "success"
    };
    let shown: Vec<Value> = latest
        .values()
        .map(|one| show_status(call, repo, one))
        .collect();
    Ok(Reply::ok(json!({
        "state": state,
        "sha": sha,
        "total_count": shown.len(),
        "statuses": shown,
        "repository": render::repository(call.state, &call.links, repo),
        "url": format!("{}/commits/{sha}/status", repo_url(&call.links, repo)),
    })))
}
