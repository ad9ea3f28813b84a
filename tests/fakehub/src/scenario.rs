//! A scenario: what the program sets up before it serves.
//!
//! ```json
//! {
//!   "repositories": [{
//!     "name": "acme/pump", "private": false, "code_security": true,
//!     "roles": {"alice": "write"},
//!     "commits": [
//!       {"branch": "main", "files": {"pump.c": "int a;\n"}},
//!       {"branch": "fix", "from": "main", "files": {"pump.c": "int b;\n"}, "deleted": []}
//!     ],
//!     "pulls": [{"head": "fix", "base": "main", "draft": false}]
//!   }],
//!   "tokens": {"actions": {"kind": "actions", "permissions": {"contents": "write"}}},
//!   "faults": [{"method": "POST", "path": "/repos/**", "kind": "bad-gateway-after-storing", "times": 1}]
//! }
//! ```
//!
//! Kinds of tokens: `actions`, `fork`, `app` with `slug`, `user` with `login`. `permissions` are added
//! to those of the kind; `"none"` takes one away.

use std::time::Duration;

use fakehub::{Access, Edit, Fault, FaultKind, Hub, Permission, TokenSpec};
use serde_json::{Map, Value, json};

/// One repository with one pull request and a token of each kind.
pub(crate) fn example() -> Value {
    json!({
        "repositories": [{
            "name": "acme/pump",
            "commits": [
                {"branch": "main", "files": {"pump.c": "int rate;\nint dose;\n"}},
                {"branch": "fix", "from": "main", "files": {"pump.c": "int rate;\nint limit;\nint dose;\n"}},
            ],
            "pulls": [{"head": "fix", "base": "main"}],
        }],
        "tokens": {
            "actions": {"kind": "actions"},
            "fork": {"kind": "fork"},
            "app": {"kind": "app", "slug": "scrubin"},
            "user": {"kind": "user", "login": "alice"},
        },
    })
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key]
        .as_str()
        .ok_or(format!("`{key}` is missing or no text in {value}"))
}

fn each<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

/// Sets everything up and returns what the caller needs to know.
pub(crate) fn build(hub: &Hub, scenario: &Value) -> Result<Value, String> {
    let mut pulls = Vec::new();
    for repository in each(scenario, "repositories") {
        let name = text(repository, "name")?;
        match repository["fork_of"].as_str() {
            Some(original) => hub.add_fork(original, name),
            None => hub.add_repository(name),
        }
        for (login, role) in repository["roles"].as_object().into_iter().flatten() {
            hub.set_role(name, login, role.as_str().unwrap_or("read"));
        }
        for commit in each(repository, "commits") {
            add_commit(hub, name, commit)?;
        }
        if repository["private"] == true {
            hub.set_private(name, repository["code_security"] == true);
        }
        for pull in each(repository, "pulls") {
            let from = pull["head_repository"].as_str().unwrap_or(name);
            let number = hub.open_pull_from(name, from, text(pull, "head")?, text(pull, "base")?);
            if pull["draft"] == true {
                hub.set_draft(name, number, true);
            }
            let head = hub.tip(name, &format!("refs/pull/{number}/head"));
            pulls.push(json!({"repository": name, "number": number, "head_sha": head}));
        }
    }
    let mut tokens = Map::new();
    for (name, description) in scenario["tokens"].as_object().into_iter().flatten() {
        tokens.insert(name.clone(), json!(hub.add_token(token(description)?)));
    }
    for description in each(scenario, "faults") {
        hub.fault(fault(description)?);
    }
    Ok(json!({
        "url": hub.url(),
        "graphql_url": hub.graphql_url(),
        "enterprise_api_url": hub.enterprise_api_url(),
        "enterprise_graphql_url": hub.enterprise_graphql_url(),
        "tokens": tokens,
        "pulls": pulls,
    }))
}

fn add_commit(hub: &Hub, name: &str, commit: &Value) -> Result<(), String> {
    let branch = text(commit, "branch")?;
    if let Some(from) = commit["from"].as_str() {
        hub.create_branch(name, branch, from);
    }
    let mut edits = Vec::new();
    for (path, content) in commit["files"].as_object().into_iter().flatten() {
        let content = content
            .as_str()
            .ok_or(format!("the content of {path} is no text"))?;
        edits.push(Edit::write(path, content));
    }
    for path in each(commit, "deleted").filter_map(Value::as_str) {
        edits.push(Edit::delete(path));
    }
    hub.commit(
        name,
        branch,
        commit["message"].as_str().unwrap_or("change"),
        &edits,
    );
    Ok(())
}

fn token(description: &Value) -> Result<TokenSpec, String> {
    let mut spec = match text(description, "kind")? {
        "actions" => TokenSpec::actions(),
        "fork" => TokenSpec::fork(),
        "app" => TokenSpec::app(text(description, "slug")?),
        "user" => TokenSpec::user(text(description, "login")?),
        other => return Err(format!("unknown kind of token {other}")),
    };
    for (key, access) in description["permissions"].as_object().into_iter().flatten() {
        let permission = Permission::ALL.into_iter().find(|one| one.key() == key);
        let permission = permission.ok_or(format!("unknown permission {key}"))?;
        spec = match access.as_str() {
            Some("read") => spec.with(permission, Access::Read),
            Some("write") => spec.with(permission, Access::Write),
            Some("none") => spec.without(permission),
            _ => return Err(format!("{key} is read, write or none")),
        };
    }
    if let Some(requests) = description["expires_after"].as_u64() {
        spec = spec.expiring_after(requests);
    }
    Ok(spec)
}

fn fault(description: &Value) -> Result<Fault, String> {
    let number = |key: &str, default: u64| description[key].as_u64().unwrap_or(default);
    let kind = match text(description, "kind")? {
        "bad-gateway-after-storing" => FaultKind::BadGatewayAfterStoring,
        "bad-gateway-before-storing" => FaultKind::BadGatewayBeforeStoring,
        "hang" => FaultKind::Hang,
        "reset" => FaultKind::Reset,
        "hang-after-storing" => FaultKind::HangAfterStoring,
        "truncated-json" => FaultKind::TruncatedJson,
        "dropped-body" => FaultKind::DroppedBody,
        "slow-body" => FaultKind::SlowBody {
            pieces: usize::try_from(number("pieces", 10)).unwrap_or(10),
            pause: Duration::from_millis(number("pause_ms", 100)),
        },
        "secondary-limit" => FaultKind::SecondaryLimit {
            status: u16::try_from(number("status", 403)).unwrap_or(403),
            retry_after: description["retry_after"].as_u64(),
        },
        "primary-limit" => FaultKind::PrimaryLimit {
            reset_in: i64::try_from(number("reset_in", 60)).unwrap_or(60),
        },
        "unprocessable-line" => FaultKind::UnprocessableLine {
            path: text(description, "file")?.to_owned(),
            line: number("line", 0),
        },
        "token-expired" => FaultKind::TokenExpired,
        "permission-missing" => FaultKind::PermissionMissing,
        other => return Err(format!("unknown kind of fault {other}")),
    };
    let made = Fault::new(
        description["method"].as_str().unwrap_or("*"),
        description["path"].as_str().unwrap_or("**"),
        kind,
    );
    let count = |key, default| u32::try_from(number(key, default)).unwrap_or(u32::MAX);
    let made = made.times(count("times", 1)).after(count("after", 0));
    Ok(match description["containing"].as_str() {
        Some(part) => made.containing(part),
        None => made,
    })
}
