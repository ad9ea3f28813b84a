//! The App, its installations and their tokens; the service itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::id_of;
use crate::call::{Call, Links};
use crate::render::{self, time};
use crate::reply::{Answer, Reply};
use crate::state::{Installation, State};
use crate::token::{Access, Caller, Permission, Permissions, Token, TokenSpec};

/// What GitHub says to a suspended installation and its tokens.
pub(crate) const SUSPENDED: &str = "This installation has been suspended";

/// Seconds an installation's token is good for.
const LIFETIME: i64 = 3_600;

fn refused(why: &str) -> Reply {
    Reply::error(401, why)
}

fn undecodable() -> Reply {
    refused("A JSON web token could not be decoded")
}

/// The slug of the App that signed the JWT of the request.
pub(crate) fn app(call: &Call<'_>) -> Result<String, Reply> {
    let secret = call.authorization.split(' ').nth(1).unwrap_or_default();
    let (signed, signature) = secret.rsplit_once('.').ok_or_else(undecodable)?;
    let (head, claims) = signed.split_once('.').ok_or_else(undecodable)?;
    let part = |text: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    };
    let (Some(head), Some(claims)) = (part(head), part(claims)) else {
        return Err(undecodable());
    };
    if head["alg"] != "RS256" {
        return Err(undecodable());
    }
    // The number or the client id, the number as text or not.
    let issuer = claims["iss"]
        .as_str()
        .map_or(claims["iss"].to_string(), str::to_owned);
    let mut known = call.state.apps.values();
    let app = known.find(|app| app.client_id == issuer || app.id.to_string() == issuer);
    let app = app.ok_or_else(|| Reply::error(404, "Integration not found"))?;
    if !app.verifies(signed, signature) {
        return Err(undecodable());
    }
    check_times(&claims, call.state.now())?;
    Ok(app.slug.clone())
}

/// The times GitHub wants: issued in the past, good for ten minutes at most, with a little drift.
fn check_times(claims: &Value, now: i64) -> Result<(), Reply> {
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
    Ok(())
}

fn permissions(granted: &Permissions) -> Value {
    granted
        .iter()
        .map(|(name, access)| (name.key().to_owned(), json!(access.as_str())))
        .collect()
}

/// An installation as GitHub shows it.
pub(crate) fn show_installation(
    state: &State,
    links: &Links,
    id: u64,
    installation: &Installation,
) -> Value {
    let url = format!("{}/app/installations/{id}", links.api);
    let account = &installation.account;
    let app = state.apps.get(&installation.app);
    json!({
        "id": id,
        "account": render::user(state, links, account),
        "repository_selection": installation.selection(),
        "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/installation/repositories", links.api),
        "html_url": format!("{}/settings/installations/{id}", links.web),
        "app_id": id_of(state, &installation.app),
        "app_slug": installation.app,
        "client_id": app.map(|app| app.client_id.as_str()).unwrap_or_default(),
        "target_id": state.users.get(account).copied().unwrap_or(1),
        "target_type": render::kind(state, account),
        "permissions": permissions(&installation.permissions),
        "events": events(state),
        "created_at": time(installation.created_at),
        "updated_at": time(installation.suspended_at.unwrap_or(installation.created_at)),
        "single_file_name": null,
        "suspended_at": installation.suspended_at.map(time),
        "suspended_by": installation.suspended_at.map(|_| render::user(state, links, account)),
    })
}

/// The events the Apps of the hub subscribed to.
fn events(state: &State) -> Value {
    let target = state.hook.target.as_ref();
    match target.and_then(|target| target.events.as_ref()) {
        Some(events) => json!(events),
        None => json!(["pull_request"]),
    }
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
    let all = call.state.installations.values();
    let count = all.filter(|one| one.app == slug).count();
    Ok(Reply::ok(json!({
        "id": id_of(call.state, &slug),
        "slug": slug,
        "node_id": format!("A_{}", id_of(call.state, &slug)),
        "client_id": call.state.apps[&slug].client_id,
        "installations_count": count,
        "owner": render::user(call.state, &call.links, &owner),
        "name": slug,
        "description": null,
        "external_url": call.links.web,
        "html_url": format!("{}/apps/{slug}", call.links.web),
        "permissions": {},
        "events": events(call.state),
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
            .map(|(id, one)| show_installation(call.state, &call.links, **id, one))
            .collect()
    })
}

pub(crate) fn get_installation(call: &mut Call<'_>) -> Answer {
    let (id, installation) = installation(call)?;
    Ok(Reply::ok(show_installation(
        call.state,
        &call.links,
        id,
        &installation,
    )))
}

pub(crate) fn installation_of_repo(call: &mut Call<'_>) -> Answer {
    let (app, name) = (app(call)?, call.full_name().to_lowercase());
    let mut all = call.state.installations.iter();
    let found = all.find(|(_, one)| one.app == app && one.repositories.contains(&name));
    let (id, installation) = found.ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(show_installation(
        call.state,
        &call.links,
        *id,
        installation,
    )))
}

/// The installation of an account.
pub(crate) fn installation_of_account(call: &mut Call<'_>) -> Answer {
    let (app, account) = (app(call)?, call.param("org"));
    let mut all = call.state.installations.iter();
    let found = all.find(|(_, one)| one.app == app && one.account.eq_ignore_ascii_case(account));
    let (id, installation) = found.ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(show_installation(
        call.state,
        &call.links,
        *id,
        installation,
    )))
}

pub(crate) fn create_token(call: &mut Call<'_>) -> Answer {
    let (installation_id, installation) = installation(call)?;
    if installation.suspended_at.is_some() {
        return Err(Reply::error(403, SUSPENDED));
    }
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
    let narrowed = by_name.is_some() || by_id.is_some();
    if narrowed {
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
    let mut token = Token::new(spec, now);
    token.installation = Some(installation_id);
    token.narrowed = narrowed;
    token.expires_at = Some(now + LIFETIME);
    call.state.tokens.insert(secret.clone(), token);
    let repositories: Vec<Value> = names
        .iter()
        .filter_map(|name| call.state.repo(name))
        .map(|repo| render::repository(call.state, &call.links, repo))
        .collect();
    Ok(Reply::created(json!({
        "token": secret,
        "expires_at": time(now + LIFETIME),
        "permissions": permissions(&granted),
        "repository_selection": if narrowed { "selected" } else { installation.selection() },
        "repositories": repositories,
    })))
}

/// The caller ends its own token.
pub(crate) fn revoke_token(call: &mut Call<'_>) -> Answer {
    let secret = crate::smart_http::secret(Some(&call.authorization)).unwrap_or_default();
    match call.state.tokens.get_mut(&secret) {
        Some(token) if token.app().is_some() => {
            token.dead = true;
            Ok(Reply::no_content())
        }
        _ => Err(Reply::error(401, "Requires authentication")),
    }
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
        Some(token) => {
            let budget = &token.budget;
            (budget.limit, budget.remaining, budget.reset)
        }
        None => (60, 60, now + 3_600),
    };
    let one =
        json!({"limit": limit, "remaining": remaining, "used": limit - remaining, "reset": reset});
    Ok(Reply::ok(
        json!({"resources": {"core": one, "search": one, "graphql": one}, "rate": one}),
    ))
}
