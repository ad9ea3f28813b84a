//! One request from the wire to the answer: outage, fault script, admission, rate limit, route, contract,
//! handler, contract, log.

use std::sync::MutexGuard;

use serde_json::Value;

use crate::admission::{VERSIONS, authenticate, by_name, elsewhere, permit};
use crate::anchor::{self, Refusal};
use crate::call::{Call, Links};
use crate::contract;
use crate::fault::{self, FaultKind};
use crate::graphql;
use crate::hub::Hub;
use crate::log::{Credential, Exchange};
use crate::oauth;
use crate::outage::{self, Outage};
use crate::pages;
use crate::reply::{Body, Reply};
use crate::route;
use crate::server::{Incoming, Wire};
use crate::smart_http;
use crate::state::State;
use crate::token::Token;

/// A request with its path brought to the form without `/api`.
pub(crate) struct Asked<'a> {
    pub(crate) incoming: &'a Incoming,
    pub(crate) path: String,
    pub(crate) enterprise: bool,
    pub(crate) links: Links,
}

pub(crate) fn answer(hub: &Hub, incoming: &Incoming) -> Wire {
    let asked = asked(hub, incoming);
    let body = String::from_utf8_lossy(&incoming.body).into_owned();
    let outage = hub.state().trouble.outage;
    if let Some(outage) = outage {
        let (status, wire) = match outage {
            Outage::Unavailable => (503, Wire::Whole(outage::unavailable())),
            Outage::Reset => (0, Wire::Reset),
        };
        note(&mut hub.state(), &asked, body, None, status, Some("outage"));
        return wire;
    }
    let kind = loop {
        let taken = fault::take(
            &mut hub.state().faults,
            &incoming.method,
            &asked.path,
            &body,
        );
        match taken {
            Some(FaultKind::Hook(hook)) => hook(hub),
            other => break other,
        }
    };
    let name = kind.as_ref().map(FaultKind::name);
    let mut state = hub.state();
    let token = match authenticate(&mut state, incoming) {
        Ok(token) => token,
        Err(reply) => {
            note(&mut state, &asked, body, None, reply.status, name);
            return Wire::Whole(reply);
        }
    };
    let instead = kind
        .as_ref()
        .and_then(|kind| instead(&mut state, &asked, token.as_deref(), kind));
    let (reply, mut state) = match instead {
        Some(reply) => (reply, state),
        None => carry_out(hub, state, &asked, token.as_deref()),
    };
    let reply = with_common_headers(&mut state, token.as_deref(), &asked, reply);
    let status = match kind {
        Some(FaultKind::BadGatewayAfterStoring) => 502,
        Some(FaultKind::Hang | FaultKind::HangAfterStoring | FaultKind::Reset) => 0,
        _ => reply.status,
    };
    note(&mut state, &asked, body, token.as_deref(), status, name);
    match kind {
        Some(FaultKind::BadGatewayAfterStoring) => Wire::Whole(bad_gateway()),
        Some(FaultKind::Hang | FaultKind::HangAfterStoring) => Wire::Never,
        Some(FaultKind::Reset) => Wire::Reset,
        Some(FaultKind::TruncatedJson) => Wire::Truncated(reply),
        Some(FaultKind::DroppedBody) => Wire::Dropped(reply),
        Some(FaultKind::SlowBody { pieces, pause }) => Wire::Slow(reply, pieces, pause),
        _ => Wire::Whole(reply),
    }
}

fn asked<'a>(hub: &Hub, incoming: &'a Incoming) -> Asked<'a> {
    let (path, enterprise) = match incoming.path.strip_prefix("/api/v3") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => (rest, true),
        _ if incoming.path == "/api/graphql" => ("/graphql", true),
        _ => (incoming.path.as_str(), false),
    };
    let public = hub.state().public_url.clone();
    let web = match (public, incoming.header("host")) {
        (Some(url), _) => url,
        (None, Some(host)) => format!("{}://{host}", hub.scheme()),
        (None, None) => hub.url(),
    };
    let api = if enterprise {
        format!("{web}/api/v3")
    } else {
        web.clone()
    };
    Asked {
        incoming,
        path: path.to_owned(),
        enterprise,
        links: Links { api, web },
    }
}

/// The answer of a fault that lets nothing be carried out.
fn instead(
    state: &mut State,
    asked: &Asked<'_>,
    token: Option<&str>,
    kind: &FaultKind,
) -> Option<Reply> {
    Some(match kind {
        FaultKind::BadGatewayBeforeStoring => bad_gateway(),
        // Never seen: the connection hangs or ends.
        FaultKind::Hang | FaultKind::Reset => Reply::no_content(),
        FaultKind::SecondaryLimit {
            status,
            retry_after,
        } => outage::secondary_limit(*status, *retry_after),
        FaultKind::PrimaryLimit { reset_in } => {
            let reset = state.now() + reset_in;
            if let Some(budget) = token.and_then(|key| state.budget(key)) {
                budget.remaining = 0;
                budget.reset = reset;
            }
            primary_limit()
        }
        FaultKind::UnprocessableLine { .. } => {
            let refusals = [Refusal::Line];
            match asked.path.ends_with("/reviews") {
                true => anchor::review_refusal(&refusals),
                false => anchor::comment_refusal(&refusals),
            }
        }
        FaultKind::TokenExpired => {
            if let Some(token) = token.and_then(|key| state.tokens.get_mut(key)) {
                token.dead = true;
            }
            Reply::bad_credentials()
        }
        FaultKind::PermissionMissing => Reply::error(403, "Resource not accessible by integration"),
        FaultKind::Pack(bytes) => {
            Reply::bytes("application/x-git-upload-pack-result", bytes.clone())
        }
        FaultKind::Status(status, message) => Reply::error(*status, message),
        _ => return None,
    })
}

fn bad_gateway() -> Reply {
    let page = "<html><head><title>502 Bad Gateway</title></head></html>";
    let mut reply = Reply::bytes("text/html", page.as_bytes().to_vec());
    reply.status = 502;
    reply
}

fn primary_limit() -> Reply {
    Reply::error(403, "API rate limit exceeded for this token.")
}

/// Carries a request out; the state is let go while git works.
fn carry_out<'hub>(
    hub: &'hub Hub,
    mut state: MutexGuard<'hub, State>,
    asked: &Asked<'_>,
    token: Option<&str>,
) -> (Reply, MutexGuard<'hub, State>) {
    if smart_http::is_git(&asked.path) {
        let admitted = smart_http::admit(&state, asked, token);
        drop(state);
        let reply = match admitted {
            Ok(admitted) => smart_http::carry_out(hub, asked, &admitted),
            Err(reply) => reply,
        };
        return (reply, hub.state());
    }
    let reply = of_api(&mut state, asked, token);
    (reply, state)
}

fn of_api(state: &mut State, asked: &Asked<'_>, token: Option<&str>) -> Reply {
    if oauth::is_oauth(&asked.path) {
        return oauth::answer(state, asked);
    }
    if let Some(page) = pages::find(state, &asked.incoming.method, &asked.path) {
        return page;
    }
    if asked.path != "/rate_limit" {
        if let Some(reply) = outage::limited(state) {
            return reply;
        }
        if let Some(budget) = token.and_then(|key| state.budget(key)) {
            if budget.remaining == 0 {
                return primary_limit();
            }
            budget.remaining -= 1;
        }
    }
    let budget = token.and_then(|key| state.budget(key)).cloned();
    let mut caller = token.and_then(|key| state.tokens.get(key)).cloned();
    if let (Some(caller), Some(budget)) = (&mut caller, budget) {
        caller.budget = budget;
    }
    if asked.path == "/graphql" {
        return graphql::answer(state, &asked.links, caller, &asked.incoming.body);
    }
    rest(state, asked, caller).unwrap_or_else(|reply| reply)
}

fn rest(state: &mut State, asked: &Asked<'_>, caller: Option<Token>) -> Result<Reply, Reply> {
    let incoming = asked.incoming;
    let path = by_name(state, &asked.path);
    let (route, params) = route::find(&incoming.method, &path).ok_or_else(Reply::not_found)?;
    let query = crate::url::query(&incoming.query);
    let body: Option<Value> = match incoming.body.as_slice() {
        [] => None,
        bytes => Some(
            serde_json::from_slice(bytes)
                .map_err(|_| Reply::error(400, "Problems parsing JSON"))?,
        ),
    };
    let full_name = format!(
        "{}/{}",
        params.get("owner").map_or("", String::as_str),
        params.get("repo").map_or("", String::as_str)
    );
    let named = params.contains_key("owner").then_some(&full_name);
    if let Some(name) = named.filter(|name| state.repo(name).is_none()) {
        return Err(elsewhere(state, asked, name));
    }
    permit(state, route.need, caller.as_ref(), named)?;
    let faults = contract::request_faults(route.method, route.template, &query, body.as_ref());
    if !faults.is_empty() {
        let name = format!("{} {}", route.method, route.template);
        state.violations.extend(
            faults
                .iter()
                .map(|fault| format!("request {name}: {fault}")),
        );
        return Err(Reply::error(
            422,
            &format!("Invalid request.\n\n{}", faults.join("\n")),
        ));
    }
    let mut call = Call {
        state,
        links: asked.links.clone(),
        params,
        query,
        body: body.unwrap_or(Value::Null),
        accept: incoming.header("accept").unwrap_or_default().to_owned(),
        authorization: incoming
            .header("authorization")
            .unwrap_or_default()
            .to_owned(),
        caller,
        url: format!("{}{}", asked.links.api, asked.path),
    };
    let mut reply = (route.handler)(&mut call).unwrap_or_else(|reply| reply);
    let body = match &mut reply.body {
        Body::Json(body) => {
            contract::complete(
                route.method,
                route.template,
                reply.status,
                &asked.links.api,
                body,
            );
            Some(&*body)
        }
        Body::Empty => None,
        Body::Bytes(..) => return Ok(reply),
    };
    for fault in contract::response_faults(route.method, route.template, reply.status, body) {
        let name = format!("{} {} -> {}", route.method, route.template, reply.status);
        state.violations.push(format!("response {name}: {fault}"));
    }
    Ok(reply)
}

fn with_common_headers(
    state: &mut State,
    token: Option<&str>,
    asked: &Asked<'_>,
    reply: Reply,
) -> Reply {
    if smart_http::is_git(&asked.path) || oauth::is_oauth(&asked.path) {
        return reply;
    }
    let now = state.now();
    let (limit, remaining, reset) = match token.and_then(|key| state.budget(key)) {
        Some(budget) => (budget.limit, budget.remaining, budget.reset),
        None => (60, 60, now + 3_600),
    };
    let resource = if asked.path == "/graphql" {
        "graphql"
    } else {
        "core"
    };
    let version = asked
        .incoming
        .header("x-github-api-version")
        .unwrap_or(VERSIONS[0]);
    reply
        .header("x-ratelimit-limit", limit)
        .header("x-ratelimit-remaining", remaining)
        .header("x-ratelimit-used", limit - remaining)
        .header("x-ratelimit-reset", reset)
        .header("x-ratelimit-resource", resource)
        .header("x-github-api-version-selected", version)
        .header(
            "x-github-request-id",
            format!("FAKE:{:06X}", state.log.len()),
        )
}

fn note(
    state: &mut State,
    asked: &Asked<'_>,
    body: String,
    token: Option<&str>,
    status: u16,
    fault: Option<&'static str>,
) {
    let headers = asked
        .incoming
        .headers
        .iter()
        .filter(|(name, _)| name != "authorization");
    let headers = headers.cloned().collect();
    let used = token.and_then(|key| state.tokens.get(key));
    let caller = used.map(Token::login);
    let credential = used.map(|token| Credential::of(asked.incoming, token));
    state.log.push(Exchange {
        method: asked.incoming.method.clone(),
        path: asked.path.clone(),
        query: asked.incoming.query.clone(),
        headers,
        body,
        caller: caller.unwrap_or_default(),
        credential,
        enterprise: asked.enterprise,
        status,
        fault,
    });
}
