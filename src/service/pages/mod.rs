//! The dashboard: how reviews are doing, for the whole of what a person may see and for each repository.
//!
//! Every page is a [`document::Document`], made from the database for one visitor; the same value gives the
//! HTML, and CSV and JSON of every table on it. Pages need no script, and load nothing from elsewhere.
//! What a person may see is what GitHub shows them of the App's repositories (`session`, `sign_in`).

mod ask;
mod chart;
mod decisions;
mod deviations;
mod document;
mod failure;
mod figures;
mod grid;
mod help;
mod kept;
mod learn;
mod listed;
mod moment;
mod overview;
mod pull;
mod queue;
mod record;
mod repository;
mod routes;
mod sections;
mod session;
mod sign_in;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
mod weaknesses;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName,
    LOCATION, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use ask::{Ask, Format};
use document::{Document, Frame};
use failure::PageError;
use grid::Grid;
use kept::Kept;
use learn::Library;
use session::Visitor;

use crate::evidence::{SigningKey, VerifyingKey};
use crate::github::event::Addresses;
use crate::github::{ApiError, Client, Clock};
use crate::service::Service;
use crate::service::config::OAuth;
use crate::store::{Millis, Store};
use crate::training::history::short_hash;
use crate::training::html::STYLE;
use crate::training::team::TeamReport;

/// How long a page may take.
const LONGEST: Duration = Duration::from_secs(60);

/// How these pages look beside what all pages of scrubin have in common.
const OWN_STYLE: &str = include_str!("templates/own.css");

/// Nothing is loaded or run but our own style; nobody frames the pages, no form leads elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
     frame-ancestors 'none'; base-uri 'none'";

/// What the pages are made from.
#[derive(Debug, Clone)]
pub struct Pages {
    /// The database.
    pub store: Store,
    /// Where people reach the pages, without a slash at its end.
    pub public_url: String,
    /// Where GitHub answers.
    pub addresses: Addresses,
    /// Sign-in of people; without it every page is closed.
    pub oauth: Option<OAuth>,
    /// A connection to GitHub; only its [`Client::with_token`] is used.
    pub client: Arc<Client>,
    /// Time.
    pub clock: Clock,
    /// The keys whose signatures on review records are believed.
    pub keys: Vec<VerifyingKey>,
}

/// The pages, with what they share.
struct Site {
    store: Store,
    public_url: String,
    addresses: Addresses,
    oauth: Option<OAuth>,
    client: Arc<Client>,
    clock: Clock,
    keys: Vec<VerifyingKey>,
    /// Stands for the text of the style.
    style: String,
    /// The built-in rules and lessons, read when somebody first asks for one.
    library: OnceLock<Result<Library, String>>,
    /// Reports of weaknesses, by the lines they were made from.
    weaknesses: Kept<(TeamReport, Option<Grid>)>,
}

type Shared = Arc<Site>;

impl Service {
    /// The pages of this service.
    ///
    /// # Errors
    /// The App's key cannot sign.
    pub fn pages(&self) -> Result<Router, ApiError> {
        let keys = self.record_key.iter().map(SigningKey::verifying);
        Ok(router(Pages {
            store: self.store.clone(),
            public_url: self.settings.public_url.clone(),
            addresses: self.settings.addresses.clone(),
            oauth: self.settings.oauth.clone(),
            client: Arc::new(self.app()?),
            clock: self.clock.clone(),
            keys: keys.collect(),
        }))
    }
}

/// The pages as a router; everything else is answered by its 404 page.
pub fn router(pages: Pages) -> Router {
    let site = Arc::new(Site {
        store: pages.store,
        public_url: pages.public_url,
        addresses: pages.addresses,
        oauth: pages.oauth,
        client: pages.client,
        clock: pages.clock,
        keys: pages.keys,
        style: short_hash(format!("{STYLE}{OWN_STYLE}").as_bytes()),
        library: OnceLock::new(),
        weaknesses: Kept::default(),
    });
    routes::all()
        .layer(axum::middleware::map_response_with_state(
            Arc::clone(&site),
            guarded,
        ))
        .with_state(site)
}

/// Adds what keeps browsers from doing anything with a page but showing it.
async fn guarded(State(site): State<Shared>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    let always: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if site.is_https() {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Sends the browser elsewhere; it asks there with GET.
fn redirect(to: &str) -> Result<Response, PageError> {
    let to = HeaderValue::from_str(to)
        .map_err(|error| PageError::Broken(format!("no address: {error}")))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response())
}

/// A file to keep. `name` holds letters, digits, `.`, `-` and `_` alone; others become `-`.
fn download(kind: &'static str, name: &str, text: impl Into<Body>) -> Response {
    let good = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let name: String = name
        .chars()
        .map(|c| if good(c) { c } else { '-' })
        .collect();
    let disposition = format!("attachment; filename=\"{name}\"");
    let mut response = ([(CONTENT_TYPE, kind)], text.into()).into_response();
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    response
}

impl Site {
    /// Milliseconds since 1970, UTC.
    fn now(&self) -> Millis {
        Millis::try_from(self.clock.now().as_millis()).unwrap_or(Millis::MAX)
    }

    fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The path below which the pages lie: what of `public_url` follows the host.
    fn base(&self) -> &str {
        let rest = self
            .public_url
            .split_once("://")
            .map_or("", |(_, rest)| rest);
        rest.find('/')
            .and_then(|slash| rest.get(slash..))
            .unwrap_or("")
            .trim_end_matches('/')
    }

    /// The built-in rules and lessons.
    fn library(&self) -> Result<&Library, PageError> {
        let library = self.library.get_or_init(Library::read);
        library
            .as_ref()
            .map_err(|message| PageError::Broken(message.clone()))
    }

    /// A page of a visitor, in the format that was asked for.
    fn page(
        &self,
        document: &Document,
        visitor: &Visitor,
        ask: &Ask,
    ) -> Result<Response, PageError> {
        let table = ask.parameter("table");
        match ask.format()? {
            Format::Html => self.html(document, Some(visitor), StatusCode::OK),
            Format::Csv => {
                let text = document.csv(table)?;
                let name = format!("scrubin{}-{}.csv", document.path, table.unwrap_or("table"));
                Ok(download("text/csv; charset=utf-8", &name, text))
            }
            Format::Json => {
                let value = document.json(table)?;
                let text = format!("{value:#}\n");
                Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
            }
        }
    }

    fn html(
        &self,
        document: &Document,
        visitor: Option<&Visitor>,
        status: StatusCode,
    ) -> Result<Response, PageError> {
        let made = moment::shown(self.now());
        let text = document.html(Frame {
            base: self.base(),
            style: &self.style,
            made: &made,
            person: visitor.map(|visitor| &visitor.person),
        })?;
        Ok((status, [(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response())
    }

    /// The answer to a request: its page, or one that says why not.
    async fn answer(&self, page: impl Future<Output = Result<Response, PageError>>) -> Response {
        let outcome = tokio::time::timeout(LONGEST, page).await;
        match outcome.unwrap_or(Err(PageError::Slow)) {
            Ok(response) => response,
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &PageError) -> Response {
        if error.is_ours() {
            tracing::error!(%error, "a page is not shown");
        }
        let shown = match error {
            PageError::Renew { next } => {
                redirect(&format!("{}{}", self.base(), failure::login_path(next)))
            }
            error => self.html(&error.document(), None, error.status()),
        };
        // A template that renders no error page leaves nothing but the status.
        shown.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }

    /// The style of all pages.
    fn stylesheet(&self) -> Response {
        let text = format!("{STYLE}{OWN_STYLE}");
        // Its address holds a hash of it.
        let headers = [
            (CONTENT_TYPE, "text/css; charset=utf-8"),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        (headers, text).into_response()
    }
}
