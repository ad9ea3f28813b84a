//! Whether a request may be carried out: version, token, suspension; where a renamed repository is;
//! permission.

use serde_json::json;

use crate::oauth;
use crate::pipeline::Asked;
use crate::reply::{ARCHIVED, Body, Reply};
use crate::rest::apps::SUSPENDED;
use crate::route::Need;
use crate::server::Incoming;
use crate::smart_http;
use crate::state::State;
use crate::token::{Access, Caller, Token};

/// The API versions GitHub knows.
pub(crate) const VERSIONS: &[&str] = &["2022-11-28", "2026-03-10"];

/// The key of the caller's token in the state. A JWT is no token; handlers that want one look at it.
pub(crate) fn authenticate(
    state: &mut State,
    incoming: &Incoming,
) -> Result<Option<String>, Reply> {
    if incoming.header("user-agent").is_none_or(str::is_empty) {
        return Err(Reply::error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ));
    }
    if let Some(version) = incoming.header("x-github-api-version")
        && !VERSIONS.contains(&version)
    {
        return Err(Reply::error(
            400,
            &format!("\"{version}\" is not a valid API version"),
        ));
    }
    let Some(secret) = smart_http::secret(incoming.header("authorization")) else {
        return Ok(None);
    };
    if !state.tokens.contains_key(&secret)
        && secret.split('.').count() == 3
        && !secret.starts_with("gh")
    {
        return Ok(None);
    }
    let now = state.now();
    let token = state
        .tokens
        .get_mut(&secret)
        .ok_or_else(Reply::bad_credentials)?;
    token.dead |= token.requests == Some(0) || token.expires_at.is_some_and(|end| end <= now);
    if token.dead {
        return Err(Reply::bad_credentials());
    }
    token.requests = token.requests.map(|left| left - 1);
    let installation = token
        .installation
        .and_then(|id| state.installations.get(&id));
    if installation.is_some_and(|one| one.suspended_at.is_some()) {
        return Err(Reply::error(403, SUSPENDED));
    }
    if let (Some(app), Caller::User(login)) = (token.through.clone(), &token.caller) {
        let login = login.clone();
        let seen = oauth::visible(state, &app, &login);
        if let Some(token) = state.tokens.get_mut(&secret) {
            token.repositories = Some(seen);
        }
    }
    if let Some(budget) = state.budget(&secret) {
        budget.refresh(now);
    }
    Ok(Some(secret))
}

/// A path with the repository's name where it has the id: `/repositories/ID/...`, to which GitHub
/// redirects from earlier names.
pub(crate) fn by_name(state: &State, path: &str) -> String {
    let named = || {
        let rest = path.strip_prefix("/repositories/")?;
        let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let repo = state.repo_by_id(id.parse().ok()?)?;
        let end = if rest.is_empty() { "" } else { "/" };
        Some(format!("/repos/{}{end}{rest}", repo.full_name))
    };
    named().unwrap_or_else(|| path.to_owned())
}

/// The answer for a name that no repository has: where it is now, if it was renamed.
pub(crate) fn elsewhere(state: &State, asked: &Asked<'_>, name: &str) -> Reply {
    let now = state.new_name(name);
    let Some(repo) = now.and_then(|now| state.repo(&now)) else {
        return Reply::not_found();
    };
    let rest = asked.path.splitn(5, '/').nth(4);
    let mut to = format!("{}/repositories/{}", asked.links.api, repo.id);
    for (mark, part) in [('/', rest), ('?', Some(asked.incoming.query.as_str()))] {
        if let Some(part) = part.filter(|part| !part.is_empty()) {
            to.push(mark);
            to.push_str(part);
        }
    }
    // What changes something must keep its method and its body on the way.
    let (status, message) = match asked.incoming.method.as_str() {
        "GET" | "HEAD" => (301, "Moved Permanently"),
        _ => (307, "Temporary Redirect"),
    };
    let mut reply = Reply::error(status, message).header("location", &to);
    if let Body::Json(body) = &mut reply.body {
        body["url"] = json!(to);
    }
    reply
}

/// Whether the caller may do what the route does, in GitHub's order: hidden things are not found.
pub(crate) fn permit(
    state: &State,
    need: Need,
    caller: Option<&Token>,
    repo: Option<&String>,
) -> Result<(), Reply> {
    let repo = match repo {
        None => None,
        Some(name) => Some(state.repo(name).ok_or_else(Reply::not_found)?),
    };
    if let Need::Nothing | Need::Jwt = need {
        return Ok(());
    }
    let public = repo.is_none_or(|repo| !repo.private);
    let Some(token) = caller else {
        return match need {
            Need::Read(_) if public && repo.is_some() => Ok(()),
            Need::Read(_) if repo.is_some() => Err(Reply::not_found()),
            _ => Err(Reply::error(401, "Requires authentication")),
        };
    };
    let reaches = repo.is_none_or(|repo| token.reaches(&repo.full_name));
    if !reaches && !public {
        return Err(Reply::not_found());
    }
    let (permissions, access) = match need {
        Need::Read(permission) => (vec![permission], Access::Read),
        Need::Write(permissions) => (permissions.to_vec(), Access::Write),
        Need::App(permission) if token.app().is_some() => (vec![permission], Access::Write),
        Need::App(_) => return Err(Reply::error(403, "You must authenticate via a GitHub App.")),
        Need::User | Need::Nothing | Need::Jwt => return Ok(()),
    };
    if reaches && permissions.iter().any(|one| token.allows(*one, access)) {
        let archived = repo.is_some_and(|repo| repo.archived);
        return match access {
            Access::Write if archived => Err(Reply::error(403, ARCHIVED)),
            _ => Ok(()),
        };
    }
    let accepted: Vec<String> = permissions
        .iter()
        .map(|one| format!("{}={}", one.key(), access.as_str()))
        .collect();
    Err(Reply::error(403, token.refusal())
        .header("x-accepted-github-permissions", accepted.join("; ")))
}
