//! The repository itself, its branches, their rules, and what people may do.

use serde_json::{Value, json};

use crate::call::Call;
use crate::render::{self, repo_url};
use crate::reply::{Answer, Reply};
use crate::state::Protection;
use crate::token::{Access, Caller, Permission};

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let mut shown = render::repository(call.state, &call.links, repo);
    if let Some(Caller::User(login)) = call.caller.as_ref().map(|token| &token.caller) {
        shown["permissions"] = levels(repo.role(login));
    }
    shown["network_count"] = json!(0);
    shown["subscribers_count"] = json!(0);
    if let Some(parent) = repo.fork_of.as_ref().and_then(|name| call.state.repo(name)) {
        shown["parent"] = render::repository(call.state, &call.links, parent);
        shown["source"] = shown["parent"].clone();
    }
    Ok(Reply::ok(shown))
}

/// What a role allows, in the words of the API's older levels.
pub(crate) fn levels(role: &str) -> Value {
    let rank = ["none", "read", "triage", "write", "maintain", "admin"];
    let at = |role: &str| rank.iter().position(|one| *one == role);
    let has = |level: &str| at(role) >= at(level);
    json!({
        "pull": has("read"),
        "triage": has("triage"),
        "push": has("write"),
        "maintain": has("maintain"),
        "admin": has("admin"),
    })
}

pub(crate) fn permission(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let login = call.param("username");
    if !call.state.users.contains_key(login) {
        return Err(Reply::not_found());
    }
    let role = repo.role(login);
    // The older field knows four levels.
    let permission = match role {
        "maintain" => "write",
        "triage" => "read",
        other => other,
    };
    let mut user = render::user(call.state, &call.links, login);
    user["permissions"] = levels(role);
    user["role_name"] = json!(role);
    Ok(Reply::ok(
        json!({"permission": permission, "role_name": role, "user": user}),
    ))
}

pub(crate) fn branch(call: &mut Call<'_>) -> Answer {
    let name = call.param("branch");
    let repo = call.repo()?;
    let sha = repo
        .git
        .branch(name)
        .ok_or_else(|| Reply::error(404, "Branch not found"))?;
    let url = format!("{}/branches/{name}", repo_url(&call.links, repo));
    let rules = repo.protections.get(name);
    Ok(Reply::ok(json!({
        "name": name,
        "commit": render::commit(&call.links, repo, &sha),
        "_links": {"self": url, "html": format!("{}/{}/tree/{name}", call.links.web, repo.full_name)},
        "protected": rules.is_some(),
        "protection": {
            "enabled": rules.is_some(),
            "required_status_checks": status_checks(&url, rules),
        },
        "protection_url": format!("{url}/protection"),
    })))
}

fn status_checks(url: &str, rules: Option<&Protection>) -> Value {
    let names = rules
        .map(|rules| rules.required_checks.clone())
        .unwrap_or_default();
    let checks: Vec<Value> = names
        .iter()
        .map(|name| json!({"context": name, "app_id": rules.and_then(|rules| rules.checks_by)}))
        .collect();
    json!({
        "url": format!("{url}/protection/required_status_checks"),
        "contexts_url": format!("{url}/protection/required_status_checks/contexts"),
        "strict": false,
        "enforcement_level": if names.is_empty() { "off" } else { "non_admins" },
        "contexts": names,
        "checks": checks,
    })
}

pub(crate) fn protection(call: &mut Call<'_>) -> Answer {
    let name = call.param("branch");
    let repo = call.repo()?;
    if repo.git.branch(name).is_none() {
        return Err(Reply::error(404, "Branch not found"));
    }
    let Some(rules) = repo.protections.get(name) else {
        return Err(Reply::error(404, "Branch not protected"));
    };
    let url = format!("{}/branches/{name}", repo_url(&call.links, repo));
    let mut shown = json!({
        "url": format!("{url}/protection"),
        "enforce_admins": {
            "url": format!("{url}/protection/enforce_admins"),
            "enabled": rules.enforce_admins,
        },
        "allow_force_pushes": {"enabled": false},
        "allow_deletions": {"enabled": false},
        "required_linear_history": {"enabled": false},
        "required_conversation_resolution": {"enabled": false},
    });
    if !rules.required_checks.is_empty() {
        shown["required_status_checks"] = status_checks(&url, Some(rules));
    }
    if rules.approvals > 0 {
        shown["required_pull_request_reviews"] = json!({
            "url": format!("{url}/protection/required_pull_request_reviews"),
            "dismiss_stale_reviews": false,
            "require_code_owner_reviews": rules.code_owners,
            "required_approving_review_count": rules.approvals,
            "require_last_push_approval": false,
        });
    }
    Ok(Reply::ok(shown))
}

/// The ruleset that every protected branch has. Who may pass it by is shown to those who administer.
pub(crate) fn ruleset(call: &mut Call<'_>) -> Answer {
    let caller = call.caller.as_ref();
    let sees_all =
        caller.is_some_and(|token| token.allows(Permission::Administration, Access::Read));
    let number = call.id("ruleset_id")?;
    let repo = call.repo()?;
    if number != repo.id || repo.protections.is_empty() {
        return Err(Reply::not_found());
    }
    let mut shown = json!({
        "id": repo.id,
        "name": "protected",
        "target": "branch",
        "source_type": "Repository",
        "source": repo.full_name,
        "enforcement": "active",
    });
    if sees_all {
        let actors = repo
            .protections
            .values()
            .flat_map(|rules| &rules.bypass_actors)
            .map(|(kind, mode)| json!({"actor_id": 1, "actor_type": kind, "bypass_mode": mode}));
        shown["bypass_actors"] = actors.collect();
    }
    Ok(Reply::ok(shown))
}

pub(crate) fn rules(call: &mut Call<'_>) -> Answer {
    let repo = call.repo()?;
    let mut all: Vec<Value> = Vec::new();
    let mut add = |kind: &str, parameters: Value| {
        let mut rule = json!({
            "type": kind,
            "ruleset_source_type": "Repository",
            "ruleset_source": repo.full_name,
            "ruleset_id": repo.id,
        });
        if !parameters.is_null() {
            rule["parameters"] = parameters;
        }
        all.push(rule);
    };
    if let Some(rules) = repo.protections.get(call.param("branch")) {
        add("deletion", Value::Null);
        add("non_fast_forward", Value::Null);
        if !rules.required_checks.is_empty() {
            let checks: Vec<Value> = rules
                .required_checks
                .iter()
                .map(|name| match rules.checks_by {
                    Some(app) => json!({"context": name, "integration_id": app}),
                    None => json!({"context": name}),
                })
                .collect();
            add(
                "required_status_checks",
                json!({
                    "required_status_checks": checks,
                    "strict_required_status_checks_policy": false,
                }),
            );
        }
        if rules.approvals > 0 {
            add(
                "pull_request",
                json!({
                    "dismiss_stale_reviews_on_push": false,
                    "require_code_owner_review": rules.code_owners,
                    "require_last_push_approval": false,
                    "required_approving_review_count": rules.approvals,
                    "required_review_thread_resolution": false,
                }),
            );
        }
        if rules.merge_queue {
            add(
                "merge_queue",
                json!({
                    "check_response_timeout_minutes": 60,
                    "grouping_strategy": "ALLGREEN",
                    "max_entries_to_build": 5,
                    "max_entries_to_merge": 5,
                    "merge_method": "MERGE",
                    "min_entries_to_merge": 1,
                    "min_entries_to_merge_wait_minutes": 5,
                }),
            );
        }
    }
    call.paged(all.len(), |range| all[range].to_vec().into())
}
