//! The App, its installations and their tokens; accounts; the service itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::call::Call;
use crate::render::{self, time};
use crate::reply::{Answer, Reply};
use crate::state::Installation;
use crate::token::{Access, Caller, Permission, Permissions, Token, TokenSpec};

/// The slug of the App that signed the JWT of the request.
fn app(call: &Call<'_>) -> Result<String, Reply> {
    let refused = |why: &str| Reply::error(401, why);
    let secret = call.authorization.split(' ').nth(1).unwrap_or_default();
    let parts: Vec<&str> = secret.split('.').collect();
    let undecodable = || refused("A JSON web token could not be decoded");
    let [head, claims, signature] = parts[..] else {
        return Err(undecodable());
    };
    let part = |text: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let (Some(head), Some(claims)) = (part(head), part(claims)) else {
        return Err(undecodable());
    };
    if head["alg"] != "RS256" || signature.is_empty() {
        return Err(undecodable());
    }
    let now = call.state.now();
    let (issued, expires) = (
        claims["iat"].as_i64().unwrap_or(i64::MAX),
        claims["exp"].as_i64().unwrap_or(0),
    );
    if issued > now + 30 {
        return Err(refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    if expires <= now {
        return Err(refused(
            "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        ));
    }
    if expires > now + 660 || expires - issued > 720 {
        return Err(refused(
            "'Expiration time' claim ('exp') is too far in the future",
        ));
    }
    let issuer = claims["iss"]
        .as_str()
        .map_or(claims["iss"].to_string(), str::to_owned);
    let known = call
        .state
        .installations
        .values()
        .any(|one| one.app == issuer);
    known
        .then_some(issuer)
        .ok_or_else(|| Reply::error(404, "Integration not found"))
}

fn permissions(granted: &Permissions) -> Value {
    granted
        .iter()
        .map(|(name, access)| (name.key().to_owned(), json!(access.as_str())))
        .collect()
}

fn show_installation(call: &Call<'_>, id: u64, installation: &Installation) -> Value {
    let url = format!("{}/app/installations/{id}", call.links.api);
    json!({
        "id": id,
        "account": render::user(call.state, &call.links, &installation.account),
        "repository_selection": "selected",
        "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/installation/repositories", call.links.api),
        "html_url": format!("{}/settings/installations/{id}", call.links.web),
        "app_id": 1,
        "app_slug": installation.app,
        "target_id": 1,
        "target_type": "Organization",
        "permissions": permissions(&installation.permissions),
        "events": ["pull_request"],
    })
}

fn installation(call: &Call<'_>) -> Result<(u64, Installation), Reply> {
    let (app, id) = (app(call)?, call.id("installation_id")?);
    let found = call
        .state
        .installations
        .get(&id)
        .filter(|one| one.app == app);
    Ok((id, found.ok_or_else(Reply::not_found)?.clone()))
}

pub(crate) fn get(call: &mut Call<'_>) -> Answer {
    let slug = app(call)?;
    let owner = call
        .state
        .installations
        .values()
        .find(|one| one.app == slug);
    let owner = owner.map(|one| one.account.clone()).unwrap_or_default();
    Ok(Reply::ok(json!({
        "id": 1,
        "slug": slug,
        "node_id": "A_1",
        "owner": render::user(call.state, &call.links, &owner),
        "name": slug,
        "description": null,
        "external_url": call.links.web,
        "html_url": format!("{}/apps/{slug}", call.links.web),
        "permissions": {},
        "events": [],
    })))
}

pub(crate) fn installations(call: &mut Call<'_>) -> Answer {
    let app = app(call)?;
    let all: Vec<_> = call
        .state
        .installations
        .iter()
        .filter(|(_, one)| one.app == app)
        .collect();
    call.paged(all.len(), |range| {
        all[range]
            .iter()
            .map(|(id, one)| show_installation(call, **id, one))
            .collect()
    })
}

pub(crate) fn get_installation(call: &mut Call<'_>) -> Answer {
    let (id, installation) = installation(call)?;
    Ok(Reply::ok(show_installation(call, id, &installation)))
}

pub(crate) fn installation_of_repo(call: &mut Call<'_>) -> Answer {
    let (app, name) = (app(call)?, call.full_name().to_lowercase());
    let mut all = call.state.installations.iter();
    let found = all.find(|(_, one)| one.app == app && one.repositories.contains(&name));
    let (id, installation) = found.ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(show_installation(call, *id, installation)))
}

pub(crate) fn create_token(call: &mut Call<'_>) -> Answer {
    let (_, installation) = installation(call)?;
    let mut spec = TokenSpec::new(Caller::App(installation.app.clone()));
    spec.permissions = installation.permissions.clone();
    spec.repositories = Some(installation.repositories.clone());
    if let Some(wanted) = call.body["permissions"].as_object() {
        spec.permissions = Permissions::new();
        for (name, access) in wanted {
            let granted = Permission::parse(name).zip(access.as_str().and_then(Access::parse));
            let granted = granted.filter(|(name, access)| {
                installation
                    .permissions
                    .get(name)
                    .is_some_and(|have| have >= access)
            });
            let (name, access) = granted.ok_or_else(|| {
                Reply::error(
                    422,
                    "The permissions requested are not granted to this installation.",
                )
            })?;
            spec.permissions.insert(name, access);
        }
        spec.permissions.insert(Permission::Metadata, Access::Read);
    }
    let by_name = call.body["repositories"].as_array().cloned();
    let by_id = call.body["repository_ids"].as_array().cloned();
    if by_name.is_some() || by_id.is_some() {
        let names = by_name.unwrap_or_default().into_iter().map(|name| {
            format!(
                "{}/{}",
                installation.account,
                name.as_str().unwrap_or_default()
            )
            .to_lowercase()
        });
        let ids = by_id.unwrap_or_default();
        let by_id = call
            .state
            .repos
            .iter()
            .filter(|(_, repo)| ids.contains(&json!(repo.id)));
        let wanted: std::collections::BTreeSet<String> =
            names.chain(by_id.map(|(name, _)| name.clone())).collect();
        if !wanted.is_subset(&installation.repositories) {
            return Err(Reply::error(
                422,
                "There is at least one repository that does not exist or is not accessible to the parent installation.",
            ));
        }
        spec.repositories = Some(wanted);
    }
    let now = call.state.now();
    let id = call.state.id();
    let login = format!("{}[bot]", installation.app);
    call.state.user(&login);
    // The form of 2026: long, with a JWT inside.
    let secret = format!(
        "ghs_{id}_eyJmYWtlaHViIjp0cnVlfQ.{:0<440}.{}",
        "c2Vzc2lvbg",
        id * 7919
    );
    let granted = spec.permissions.clone();
    let names = spec.repositories.clone().unwrap_or_default();
    call.state
        .tokens
        .insert(secret.clone(), Token::new(spec, now));
    let repositories: Vec<Value> = names
        .iter()
        .filter_map(|name| call.state.repo(name))
        .map(|repo| render::repository(call.state, &call.links, repo))
        .collect();
    Ok(Reply::created(json!({
        "token": secret,
        "expires_at": time(now + 3_600),
        "permissions": permissions(&granted),
        "repository_selection": "selected",
        "repositories": repositories,
    })))
}

pub(crate) fn repositories(call: &mut Call<'_>) -> Answer {
    let token = call.caller.clone().filter(|token| token.app().is_some());
    let token = token.ok_or_else(|| Reply::error(403, "You must authenticate with an installation access token in order to list repositories for an installation."))?;
    let all: Vec<_> = call
        .state
        .repos
        .values()
        .filter(|repo| token.reaches(&repo.full_name))
        .collect();
    call.paged(all.len(), |range| {
        let shown: Vec<Value> = all[range]
            .iter()
            .map(|repo| render::repository(call.state, &call.links, repo))
            .collect();
        json!({"total_count": all.len(), "repositories": shown})
    })
}

pub(crate) fn user(call: &mut Call<'_>) -> Answer {
    let token = call.caller.as_ref();
    match token.map(|token| &token.caller) {
        Some(Caller::User(login)) => Ok(Reply::ok(render::user(call.state, &call.links, login))),
        // Installation tokens have no user behind them.
        _ => Err(Reply::error(403, "Resource not accessible by integration")),
    }
}

pub(crate) fn user_by_name(call: &mut Call<'_>) -> Answer {
    let login = call.param("username");
    if !call.state.users.contains_key(login) {
        return Err(Reply::not_found());
    }
    Ok(Reply::ok(render::user(call.state, &call.links, login)))
}

pub(crate) fn meta(call: &mut Call<'_>) -> Answer {
    let mut shown = json!({"verifiable_password_authentication": false});
    if call.links.api.ends_with("/api/v3") {
        shown["installed_version"] = json!("3.19.0");
    }
    Ok(Reply::ok(shown))
}

pub(crate) fn rate_limit(call: &mut Call<'_>) -> Answer {
    let now = call.state.now();
    let (limit, remaining, reset) = match &call.caller {
        Some(token) => (token.limit, token.remaining, token.reset),
        None => (60, 60, now + 3_600),
    };
    let one =
        json!({"limit": limit, "remaining": remaining, "used": limit - remaining, "reset": reset});
    Ok(Reply::ok(
        json!({"resources": {"core": one, "search": one, "graphql": one}, "rate": one}),
    ))
}
