//! News of an installation itself, for its App alone.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::keep;
use crate::render;
use crate::rest::apps;
use crate::state::State;

/// The short form of repositories in the events of installations.
fn brief<'a>(state: &State, names: impl IntoIterator<Item = &'a String>) -> Vec<Value> {
    let known = names.into_iter().filter_map(|name| state.repo(name));
    known
        .map(|repo| {
            json!({
                "id": repo.id,
                "node_id": format!("R_{}", repo.id),
                "name": repo.name(),
                "full_name": repo.full_name,
                "private": repo.private,
            })
        })
        .collect()
}

fn to_installation(state: &mut State, id: u64, event: &str, action: &str, fields: Value) {
    let links = state.links();
    let Some(installation) = state.installations.get(&id) else {
        return;
    };
    let mut body = Map::new();
    body.insert(
        "installation".to_owned(),
        apps::show_installation(state, &links, id, installation),
    );
    let account = &installation.account;
    body.insert("sender".to_owned(), render::user(state, &links, account));
    if state.organizations.contains(account) {
        let shown = render::organization(state, &links, account);
        body.insert("organization".to_owned(), shown);
    }
    body.extend(fields.as_object().cloned().unwrap_or_default());
    let to = (installation.app.clone(), id);
    keep(state, (event, action), to, None, Value::Object(body));
}

/// An event of `installation`.
pub(crate) fn installation(state: &mut State, id: u64, action: &str) {
    if !state.hook.wants("installation") {
        return;
    }
    let Some(installation) = state.installations.get(&id) else {
        return;
    };
    let fields = match action {
        "created" | "deleted" => json!({"repositories": brief(state, &installation.repositories)}),
        _ => json!({}),
    };
    to_installation(state, id, "installation", action, fields);
}

/// An event of `installation_repositories`: `added` or `removed`.
pub(crate) fn installation_repositories(
    state: &mut State,
    id: u64,
    names: &BTreeSet<String>,
    action: &str,
) {
    if !state.hook.wants("installation_repositories") {
        return;
    }
    let Some(selection) = state.installations.get(&id).map(|one| one.selection()) else {
        return;
    };
    let listed = brief(state, names);
    let (added, removed) = match action {
        "added" => (listed, Vec::new()),
        _ => (Vec::new(), listed),
    };
    let fields = json!({
        "repository_selection": selection,
        "repositories_added": added,
        "repositories_removed": removed,
        "requester": null,
    });
    to_installation(state, id, "installation_repositories", action, fields);
}
