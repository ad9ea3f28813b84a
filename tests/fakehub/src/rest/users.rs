//! Accounts, and what people who signed in through an App see of it.

use serde_json::{Value, json};

use crate::call::Call;
use crate::oauth;
use crate::render;
use crate::reply::{Answer, Reply};
use crate::rest::apps::show_installation;
use crate::rest::repository::levels;
use crate::token::Caller;

/// The caller when it is a person who signed in through an App: the App's slug and the login.
fn signed_in(call: &Call<'_>) -> Result<(String, String), Reply> {
    let token = call.caller.as_ref();
    match token.map(|token| (&token.through, &token.caller)) {
        Some((Some(app), Caller::User(login))) => Ok((app.clone(), login.clone())),
        _ => Err(Reply::error(
            403,
            "You must authenticate with an access token authorized to a GitHub App in order to list installations",
        )),
    }
}

/// The installations of the App in which the person sees a repository.
pub(crate) fn installations_of_user(call: &mut Call<'_>) -> Answer {
    let (app, login) = signed_in(call)?;
    let visible = oauth::visible(call.state, &app, &login);
    let all: Vec<_> = call
        .state
        .installations
        .iter()
        .filter(|(_, one)| one.app == app)
        .filter(|(_, one)| one.account == login || !one.repositories.is_disjoint(&visible))
        .collect();
    call.paged(all.len(), |range| {
        let shown: Vec<Value> = all[range]
            .iter()
            .map(|(id, one)| show_installation(call.state, &call.links, **id, one))
            .collect();
        json!({"total_count": all.len(), "installations": shown})
    })
}

/// The repositories of an installation that the person sees, with what the person may do there.
pub(crate) fn repositories_of_user(call: &mut Call<'_>) -> Answer {
    let (app, login) = signed_in(call)?;
    let id = call.id("installation_id")?;
    let visible = oauth::visible(call.state, &app, &login);
    let installation = call.state.installations.get(&id);
    let installation = installation.filter(|one| one.app == app);
    let installation = installation.ok_or_else(Reply::not_found)?;
    let names: Vec<&String> = installation.repositories.intersection(&visible).collect();
    if names.is_empty() && installation.account != login {
        return Err(Reply::not_found());
    }
    call.paged(names.len(), |range| {
        let known = names[range].iter().filter_map(|name| call.state.repo(name));
        let shown: Vec<Value> = known
            .map(|repo| {
                let mut shown = render::repository(call.state, &call.links, repo);
                shown["permissions"] = levels(repo.role(&login));
                shown
            })
            .collect();
        json!({
            "total_count": names.len(),
            "repository_selection": installation.selection(),
            "repositories": shown,
        })
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
