//! Signing people in through an App: the page where one chooses, the code, the tokens.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::{App, hex, random};
use crate::hub::Hub;
use crate::pipeline::Asked;
use crate::reply::Reply;
use crate::state::State;
use crate::token::{Access, Caller, Permission, Token, TokenSpec};
use crate::url::{encode, query};

const AUTHORIZE: &str = "/login/oauth/authorize";
const ACCESS_TOKEN: &str = "/login/oauth/access_token";

/// Seconds a code can be redeemed.
const CODE_LIFETIME: i64 = 600;
/// Seconds a person's token is good for: eight hours.
const TOKEN_LIFETIME: i64 = 28_800;
/// Seconds its refresh token is good for: half a year.
const REFRESH_LIFETIME: i64 = 15_897_600;

/// What was given out and not redeemed yet.
#[derive(Debug, Default)]
pub(crate) struct SignIns {
    codes: BTreeMap<String, Grant>,
    /// Refresh token → slug of the App, login, end.
    refresh: BTreeMap<String, (String, String, i64)>,
}

/// A code, and what must fit when it is redeemed.
#[derive(Debug, Clone)]
struct Grant {
    app: String,
    login: String,
    redirect_uri: String,
    challenge: Option<String>,
    expires_at: i64,
}

pub(crate) fn is_oauth(path: &str) -> bool {
    matches!(path, AUTHORIZE | ACCESS_TOKEN)
}

pub(crate) fn answer(state: &mut State, asked: &Asked<'_>) -> Reply {
    let incoming = asked.incoming;
    let body = String::from_utf8_lossy(&incoming.body);
    match (incoming.method.as_str(), asked.path.as_str()) {
        ("GET", AUTHORIZE) => ask(state, &query(&incoming.query)),
        ("POST", AUTHORIZE) => chosen(state, &query(&body)),
        ("POST", ACCESS_TOKEN) => {
            let mut fields = query(&incoming.query);
            fields.extend(match serde_json::from_str::<Value>(&body) {
                Ok(Value::Object(fields)) => fields
                    .into_iter()
                    .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
                    .collect(),
                _ => query(&body),
            });
            let told = redeem(state, &fields).unwrap_or_else(|refusal| refusal.told());
            in_form(told, incoming.header("accept").unwrap_or_default())
        }
        _ => Reply::not_found(),
    }
}

type Fields = BTreeMap<String, String>;

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

/// A page of plain HTML; title and content are escaped by the caller.
pub(crate) fn page(status: u16, title: &str, content: &str) -> Reply {
    let text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body><main><h1>{title}</h1>\n{content}</main></body></html>\n"
    );
    let mut reply = Reply::bytes("text/html; charset=utf-8", text.into_bytes());
    reply.status = status;
    reply
}

/// Text that stands in HTML as itself.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The App of a request and where it goes back to, or the page that says what does not fit.
fn destination<'a>(state: &'a State, fields: &Fields) -> Result<(&'a App, String), Reply> {
    let wanted = field(fields, "client_id");
    let app = state.apps.values().find(|app| app.client_id == wanted);
    let app = app.ok_or_else(|| page(404, "Not Found", "<p>There is no such application.</p>"))?;
    let asked = field(fields, "redirect_uri");
    let first = app.callbacks.iter().next().map_or("", String::as_str);
    let to = if asked.is_empty() { first } else { asked };
    let known = app.callbacks.is_empty() || app.callbacks.contains(to);
    if to.is_empty() || !known {
        return Err(page(
            404,
            "Be careful!",
            "<p>The <code>redirect_uri</code> is not associated with this application.</p>",
        ));
    }
    let method = field(fields, "code_challenge_method");
    if fields.contains_key("code_challenge") && method != "S256" {
        let why = "<p>The <code>code_challenge_method</code> must be <code>S256</code>.</p>";
        return Err(page(422, "Invalid request", why));
    }
    Ok((app, to.to_owned()))
}

/// The page where one of the hub's people is chosen.
fn ask(state: &State, fields: &Fields) -> Reply {
    let (app, _) = match destination(state, fields) {
        Ok(found) => found,
        Err(page) => return page,
    };
    let hidden: String = fields
        .iter()
        .map(|(name, value)| {
            let (name, value) = (escaped(name), escaped(value));
            format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n")
        })
        .collect();
    let people = state
        .users
        .keys()
        .filter(|login| !login.ends_with("[bot]") && !state.organizations.contains(login.as_str()));
    let buttons: String = people
        .map(|login| {
            let login = escaped(login);
            format!(
                "<p><button name=\"choose\" value=\"{login}\">Authorize as {login}</button></p>\n"
            )
        })
        .collect();
    let form = format!(
        "<form method=\"post\" action=\"{AUTHORIZE}\">\n{hidden}{buttons}\
         <p><button name=\"cancel\" value=\"1\">Cancel</button></p></form>\n"
    );
    page(200, &format!("Authorize {}", escaped(&app.slug)), &form)
}

/// What follows the choice: back to the service, with a code or with a refusal.
fn chosen(state: &mut State, fields: &Fields) -> Reply {
    let (app, to) = match destination(state, fields) {
        Ok((app, to)) => (app.slug.clone(), to),
        Err(page) => return page,
    };
    let login = field(fields, "choose").to_owned();
    let mut answer = if login.is_empty() {
        vec![
            ("error", "access_denied".to_owned()),
            (
                "error_description",
                "The user has denied your application access.".to_owned(),
            ),
        ]
    } else if state.users.contains_key(&login) {
        let code = hex(&random::<10>());
        let grant = Grant {
            app,
            login,
            redirect_uri: to.clone(),
            challenge: fields.get("code_challenge").cloned(),
            expires_at: state.now() + CODE_LIFETIME,
        };
        state.sign_ins.codes.insert(code.clone(), grant);
        vec![("code", code)]
    } else {
        return page(404, "Not Found", "<p>There is nobody of this name.</p>");
    };
    if let Some(known) = fields.get("state") {
        answer.push(("state", known.clone()));
    }
    let pairs: Vec<String> = answer
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    let mark = if to.contains('?') { '&' } else { '?' };
    let mut reply = page(302, "You are being redirected", "");
    reply = reply.header("location", format!("{to}{mark}{}", pairs.join("&")));
    reply
}

/// Why no token is given: GitHub's word and sentence, told with status 200.
struct Refusal(&'static str, &'static str);

impl Refusal {
    fn told(&self) -> Value {
        json!({
            "error": self.0,
            "error_description": self.1,
            "error_uri": "https://docs.github.com/apps/troubleshooting",
        })
    }
}

const BAD_CODE: Refusal = Refusal(
    "bad_verification_code",
    "The code passed is incorrect or expired.",
);

/// A code or a refresh token against tokens.
fn redeem(state: &mut State, fields: &Fields) -> Result<Value, Refusal> {
    let mut known = state.apps.values();
    let app = known.find(|app| app.client_id == field(fields, "client_id"));
    let app = app.filter(|app| app.client_secret == field(fields, "client_secret"));
    let app = app.map(|app| app.slug.clone()).ok_or(Refusal(
        "incorrect_client_credentials",
        "The client_id and/or client_secret passed are incorrect.",
    ))?;
    let now = state.now();
    if field(fields, "grant_type") == "refresh_token" {
        let known = state
            .sign_ins
            .refresh
            .remove(field(fields, "refresh_token"));
        let (_, login, _) = known
            .filter(|(of, _, end)| *of == app && *end > now)
            .ok_or(Refusal(
                "bad_refresh_token",
                "The refresh token passed is incorrect or expired.",
            ))?;
        return Ok(issue(state, &app, &login));
    }
    // Good once, whatever comes of it.
    let grant = state.sign_ins.codes.remove(field(fields, "code"));
    let grant = grant.filter(|grant| grant.app == app && grant.expires_at > now);
    let grant = grant.ok_or(BAD_CODE)?;
    let to = fields.get("redirect_uri");
    if to.is_some_and(|to| *to != grant.redirect_uri) {
        return Err(Refusal(
            "redirect_uri_mismatch",
            "The redirect_uri MUST match the registered callback URL for this application.",
        ));
    }
    if let Some(challenge) = grant.challenge {
        let verifier = field(fields, "code_verifier");
        let made = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        if made != challenge {
            return Err(BAD_CODE);
        }
    }
    Ok(issue(state, &app, &grant.login))
}

/// A person's token, good for what both the person and the App may see.
fn issue(state: &mut State, app: &str, login: &str) -> Value {
    let spec = Permission::ALL.into_iter().fold(
        TokenSpec::new(Caller::User(login.to_owned())),
        |spec, one| spec.with(one, Access::Read),
    );
    let now = state.now();
    let mut token = Token::new(spec, now);
    token.through = Some(app.to_owned());
    token.expires_at = Some(now + TOKEN_LIFETIME);
    let secret = format!("ghu_{}", hex(&random::<18>()));
    state.tokens.insert(secret.clone(), token);
    let refresh = format!("ghr_{}", hex(&random::<38>()));
    let kept = (app.to_owned(), login.to_owned(), now + REFRESH_LIFETIME);
    state.sign_ins.refresh.insert(refresh.clone(), kept);
    json!({
        "access_token": secret,
        "expires_in": TOKEN_LIFETIME,
        "refresh_token": refresh,
        "refresh_token_expires_in": REFRESH_LIFETIME,
        "scope": "",
        "token_type": "bearer",
    })
}

/// JSON when asked for, else a form, as GitHub does.
fn in_form(told: Value, accept: &str) -> Reply {
    if accept.contains("json") {
        return Reply::ok(told);
    }
    let pairs: Vec<String> = told
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let text = value.as_str().map_or(value.to_string(), str::to_owned);
            format!("{name}={}", encode(&text))
        })
        .collect();
    Reply::bytes(
        "application/x-www-form-urlencoded; charset=utf-8",
        pairs.join("&").into_bytes(),
    )
}

/// The repositories that a person sees through an App: those of its installations that are public or
/// in which the person has a role.
pub(crate) fn visible(state: &State, app: &str, login: &str) -> BTreeSet<String> {
    let installations = state.installations.values();
    let installations = installations.filter(|one| one.app == app && one.suspended_at.is_none());
    installations
        .flat_map(|one| &one.repositories)
        .filter(|name| state.repo(name).is_some_and(|repo| repo.shown_to(login)))
        .cloned()
        .collect()
}

impl Hub {
    /// Registers where an App sends people back to; without any every address is taken.
    pub fn set_callbacks(&self, app: &str, urls: &[&str]) {
        let mut state = self.state();
        let app = state.apps.get_mut(app).expect("the App is registered");
        app.callbacks = urls.iter().map(|url| (*url).to_owned()).collect();
    }

    /// Adds a person.
    pub fn add_person(&self, login: &str) {
        self.state().user(login);
    }

    /// What a person does on the page at the address a service sent them to: chooses `login`, or with
    /// `None` cancels. Returns the address they are sent back to.
    ///
    /// # Panics
    /// When the page refuses the request.
    pub fn authorize(&self, url: &str, login: Option<&str>) -> String {
        let (_, given) = url.split_once('?').expect("an address with a query");
        let mut fields = query(given);
        fields.insert("choose".to_owned(), login.unwrap_or_default().to_owned());
        let reply = chosen(&mut self.state(), &fields);
        let to = reply.headers.iter().find(|(name, _)| name == "location");
        to.unwrap_or_else(|| panic!("the page refuses {url}"))
            .1
            .clone()
    }
}
