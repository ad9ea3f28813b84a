//! The way to GitHub: one request at a time, with time-outs, limits and pacing.
//!
//! octocrab carries the requests (TLS, address, authorization); its own retry is not compiled in,
//! because it repeats writes whose outcome is unknown. Here reads are repeated, writes are not,
//! unless GitHub refused them for their rate alone and so did not carry them out.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_ext::{BodyExt as _, Limited};
use octocrab::Octocrab;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use self::answer::{explain, limits_of, message_of, next_page, parse};
use super::clock::Clock;
use super::error::ApiError;
use super::event::Addresses;
use super::limits::{PACE, wait};
use super::proxy;
use super::secret::Token;

/// Largest answer that is read, in bytes. A page of 100 files with their patches has a few MB.
const ANSWER_LIMIT: usize = 32 << 20;

/// How often a read is sent in all.
const READS: u32 = 4;

/// Most pages of a list: 100 entries each, more than any pull request may have (3,000 files).
const PAGES: usize = 100;

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Where GitHub answers.
    pub addresses: Addresses,
    /// The right to ask.
    pub token: Token,
    /// Shortest pause between two writes.
    pub pace: Duration,
    /// Most time to wait for rate limits in all.
    pub max_wait: Duration,
    /// Most time for one exchange.
    pub timeout: Duration,
    /// Time.
    pub clock: Clock,
}

impl ClientOptions {
    /// The usual times: a second between writes, a quarter of an hour for limits, half a minute for
    /// an exchange.
    pub fn new(addresses: Addresses, token: Token) -> Self {
        Self {
            addresses,
            token,
            pace: PACE,
            max_wait: Duration::from_secs(15 * 60),
            timeout: Duration::from_secs(30),
            clock: Clock::real(),
        }
    }
}

/// Whether a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Read,
    Write,
}

/// A connection to one GitHub.
#[derive(Clone)]
pub struct Client {
    wire: Arc<Wire>,
    options: ClientOptions,
    authorization: HeaderValue,
    pace: Pace,
    fence: Option<Fence>,
}

/// Until when a client may write, in milliseconds since 1970 (UTC). Whoever works under a lease moves it
/// on with the lease: a process that was frozen in between then writes nothing after it.
#[derive(Debug, Clone, Default)]
pub struct Fence(Arc<AtomicU64>);

impl Fence {
    /// Sets the time.
    pub fn set(&self, until: Duration) {
        let millis = u64::try_from(until.as_millis()).unwrap_or(u64::MAX);
        self.0.store(millis, Ordering::Release);
    }

    fn is_over(&self, now: Duration) -> bool {
        now.as_millis() >= u128::from(self.0.load(Ordering::Acquire))
    }
}

/// What carries requests, the same for every token.
struct Wire {
    rest: Octocrab,
    graphql: Octocrab,
    graphql_path: String,
    /// GitHub's own site, made when it is asked first.
    #[cfg(feature = "service")]
    site: std::sync::OnceLock<Octocrab>,
}

/// When the last write was sent and how long limits last: shared by clients whose requests GitHub counts
/// together, which are those of one installation.
#[derive(Debug, Clone, Default)]
pub struct Pace(Arc<Mutex<Times>>);

/// What happened when.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// When the last write was sent.
    last_write: Option<Duration>,
    /// How long limits were waited for in all.
    waited: Duration,
    /// Until when a limit lasts that is not waited for.
    limited_until: Duration,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// An answer with a success status.
struct Answer {
    headers: HeaderMap,
    bytes: Vec<u8>,
}

/// The address as a base for requests, refused where the token would travel in the clear.
fn base(url: &str) -> Result<Uri, ApiError> {
    let bad = || ApiError::Address {
        url: url.to_owned(),
    };
    let uri: Uri = url.parse().map_err(|_| bad())?;
    let host = uri.host().ok_or_else(bad)?;
    if uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'))
    {
        return Err(bad());
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback => Ok(uri),
        _ => Err(ApiError::Insecure {
            url: url.to_owned(),
        }),
    }
}

/// The header of a token, kept out of debug forms.
fn authorization(token: &Token) -> Result<HeaderValue, ApiError> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|error| {
            ApiError::Setup {
                message: error.to_string(),
            }
        })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Status, headers and body of an answer.
type Whole = (u16, HeaderMap, Vec<u8>);

/// Sends a request and reads its answer, up to so many bytes.
async fn sent(
    client: &Octocrab,
    request: Request<impl Into<octocrab::OctoBody>>,
    most: usize,
) -> Result<Whole, String> {
    let response = client
        .execute(request)
        .await
        .map_err(|error| explain(&error))?;
    let (parts, body) = response.into_parts();
    let bytes = Limited::new(body, most)
        .collect()
        .await
        .map_err(|error| explain(error.as_ref()))?
        .to_bytes();
    Ok((parts.status.as_u16(), parts.headers, bytes.to_vec()))
}

/// What GitHub wants to know of a client.
const AGENT: &str = concat!("scrubin/", env!("CARGO_PKG_VERSION"));

fn octocrab(base: Uri, options: &ClientOptions) -> Result<Octocrab, ApiError> {
    if let Some(proxy) = proxy::proxy_of(&base) {
        return proxy::octocrab(base, &proxy, AGENT);
    }
    let setup = |error: octocrab::Error| ApiError::Setup {
        message: options.token.redact(&explain(&error)),
    };
    Octocrab::builder()
        .base_uri(base)
        .map_err(setup)?
        .add_header(USER_AGENT, AGENT.to_owned())
        .set_connect_timeout(Some(options.timeout.min(Duration::from_secs(10))))
        .set_read_timeout(Some(options.timeout))
        .set_write_timeout(Some(options.timeout))
        .build()
        .map_err(setup)
}

impl Client {
    /// Makes a client; it connects when it is used. Needs a running tokio runtime.
    ///
    /// # Errors
    /// An address that is none or not safe; no root certificates on this system.
    pub fn new(options: ClientOptions) -> Result<Self, ApiError> {
        let api = base(&options.addresses.api)?;
        let graphql = &options.addresses.graphql;
        // octocrab puts the path of its base before every path.
        let (graphql_base, graphql_path) = graphql
            .rsplit_once('/')
            .map_or((graphql.as_str(), ""), |(base, path)| (base, path));
        let graphql_base = base(graphql_base)?;
        let wire = Wire {
            rest: octocrab(api, &options)?,
            graphql: octocrab(graphql_base, &options)?,
            graphql_path: format!("/{graphql_path}"),
            #[cfg(feature = "service")]
            site: std::sync::OnceLock::new(),
        };
        Ok(Self {
            wire: Arc::new(wire),
            authorization: authorization(&options.token)?,
            options,
            pace: Pace::default(),
            fence: None,
        })
    }

    /// A client of the same GitHub over the same connections, with another token. `pace` is that of the
    /// other clients whose requests count with its own.
    ///
    /// # Errors
    /// A token that no header can hold.
    pub fn with_token(&self, token: Token, pace: Pace) -> Result<Self, ApiError> {
        Ok(Self {
            wire: Arc::clone(&self.wire),
            authorization: authorization(&token)?,
            options: ClientOptions {
                token,
                ..self.options.clone()
            },
            pace,
            fence: None,
        })
    }

    /// Whether the fence still lets it write.
    ///
    /// # Errors
    /// [`ApiError::TimeOver`]: somebody else has the work now.
    #[cfg(feature = "service")]
    pub fn ensure_time(&self, what: &str) -> Result<(), ApiError> {
        let now = self.options.clock.now();
        match self.fence.as_ref().is_some_and(|fence| fence.is_over(now)) {
            true => Err(ApiError::TimeOver {
                what: what.to_owned(),
            }),
            false => Ok(()),
        }
    }

    /// This client, which writes only while the fence allows it.
    #[must_use]
    pub fn behind(mut self, fence: Fence) -> Self {
        self.fence = Some(fence);
        self
    }

    /// Where this GitHub answers.
    pub fn addresses(&self) -> &Addresses {
        &self.options.addresses
    }

    /// The token, for git.
    pub fn token(&self) -> &Token {
        &self.options.token
    }

    /// The clock it waits by.
    pub fn clock(&self) -> &Clock {
        &self.options.clock
    }

    /// A text without the token.
    pub fn redact(&self, text: &str) -> String {
        self.options.token.redact(text)
    }

    /// Reads one value.
    pub(super) async fn get<R: DeserializeOwned>(&self, path: &str) -> Result<R, ApiError> {
        let answer = self.read(path).await?;
        parse(path, &answer.bytes)
    }

    /// Reads all pages of a list. `path` has no query.
    ///
    /// # Errors
    /// As any request; also a `next` link that leads nowhere.
    pub(super) async fn list<R: DeserializeOwned>(&self, path: &str) -> Result<Vec<R>, ApiError> {
        let mut all = Vec::new();
        let mut next = Some(format!("{path}?per_page=100"));
        let mut pages = 0;
        while let Some(page) = next.take() {
            let answer = self.read(&page).await?;
            all.extend(parse::<Vec<R>>(path, &answer.bytes)?);
            pages += 1;
            if pages < PAGES {
                next = next_page(&answer.headers);
            }
        }
        Ok(all)
    }

    /// Reads one page of a list; gives the path of the next one as well.
    #[cfg(feature = "service")]
    pub(super) async fn page<R: DeserializeOwned>(
        &self,
        path: &str,
    ) -> Result<(R, Option<String>), ApiError> {
        let answer = self.read(path).await?;
        Ok((parse(path, &answer.bytes)?, next_page(&answer.headers)))
    }

    /// Sends a write without a body, as [`Self::write`] does.
    #[cfg(feature = "service")]
    pub(super) async fn post(&self, path: &str) -> Result<(), ApiError> {
        self.send(&self.wire.rest, Method::POST, path, None, Effect::Write)
            .await?;
        Ok(())
    }

    /// Sends a write once, and again only where GitHub refused it for its rate.
    pub(super) async fn write<R: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<R, ApiError> {
        let what = format!("{method} {path}");
        let body = serde_json::to_value(body).map_err(|error| ApiError::Setup {
            message: error.to_string(),
        })?;
        let answer = self
            .send(&self.wire.rest, method, path, Some(&body), Effect::Write)
            .await?;
        parse(&what, &answer.bytes)
    }

    /// Runs a GraphQL operation; gives its `data`.
    pub(super) async fn graphql(
        &self,
        query: &str,
        variables: Value,
        is_write: bool,
    ) -> Result<Value, ApiError> {
        let effect = if is_write {
            Effect::Write
        } else {
            Effect::Read
        };
        let body = serde_json::json!({"query": query, "variables": variables});
        let answer = self
            .send(
                &self.wire.graphql,
                Method::POST,
                &self.wire.graphql_path,
                Some(&body),
                effect,
            )
            .await?;
        let what = "POST graphql".to_owned();
        let mut value: Value = parse(&what, &answer.bytes)?;
        let errors = value.get("errors").and_then(Value::as_array);
        if let Some(first) = errors.and_then(|errors| errors.first()) {
            let text = |key: &str| {
                let found = first.get(key).and_then(Value::as_str);
                self.redact(found.unwrap_or_default())
            };
            let message = text("message");
            return Err(match text("type").as_str() {
                "FORBIDDEN" | "INSUFFICIENT_SCOPES" => ApiError::Forbidden { what, message },
                "NOT_FOUND" => ApiError::NotFound { what },
                _ => ApiError::Refused {
                    what,
                    status: 200,
                    message,
                },
            });
        }
        Ok(value.get_mut("data").map(Value::take).unwrap_or_default())
    }

    async fn read(&self, path: &str) -> Result<Answer, ApiError> {
        self.send(&self.wire.rest, Method::GET, path, None, Effect::Read)
            .await
    }

    async fn send(
        &self,
        client: &Octocrab,
        method: Method,
        path: &str,
        body: Option<&Value>,
        effect: Effect,
    ) -> Result<Answer, ApiError> {
        let what = format!("{method} {}", path.split('?').next().unwrap_or(path));
        let mut faults = 0;
        let mut refusals = 0;
        loop {
            self.ensure_not_limited(&what)?;
            if effect == Effect::Write {
                self.keep_pace().await;
                let now = self.options.clock.now();
                if self.fence.as_ref().is_some_and(|fence| fence.is_over(now)) {
                    return Err(ApiError::TimeOver { what });
                }
            }
            let exchange = self.exchange(client, &method, path, body);
            let unknown = match self.in_time(exchange).await {
                Ok((status, headers, bytes)) => {
                    let message = message_of(&bytes);
                    let now = self.options.clock.now();
                    if let Some(wait) = wait(status, limits_of(&headers), &message, now, refusals) {
                        self.wait_for_limit(&what, wait).await?;
                        refusals += 1;
                        continue;
                    }
                    match self.judge(&what, status, &message, &bytes) {
                        Ok(()) => return Ok(Answer { headers, bytes }),
                        Err(unknown @ ApiError::Unknown { .. }) => unknown,
                        Err(error) => return Err(error),
                    }
                }
                Err(message) => ApiError::Unknown {
                    what: what.clone(),
                    message: self.redact(&message),
                },
            };
            faults += 1;
            if effect == Effect::Write || faults >= READS {
                return Err(unknown);
            }
            let pause = Duration::from_secs(1 << (faults - 1));
            self.options.clock.sleep(pause).await;
        }
    }

    /// One request and its whole answer.
    async fn exchange(
        &self,
        client: &Octocrab,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Whole, String> {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(http::header::ACCEPT, "application/vnd.github+json")
            .header(AUTHORIZATION, self.authorization.clone());
        let request = client
            .build_request(request, body)
            .map_err(|error| explain(&error))?;
        sent(client, request, ANSWER_LIMIT).await
    }

    /// An exchange, or why it came to nothing in its time.
    async fn in_time<T>(
        &self,
        exchange: impl Future<Output = Result<T, String>>,
    ) -> Result<T, String> {
        match tokio::time::timeout(self.options.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err("it took too long".to_owned()),
        }
    }

    /// Sorts an answer that is no refusal for its rate.
    fn judge(&self, what: &str, status: u16, message: &str, bytes: &[u8]) -> Result<(), ApiError> {
        let what = what.to_owned();
        let message = self.redact(message);
        match status {
            200..=299 => {
                let whole = bytes.is_empty() || serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
                if whole {
                    return Ok(());
                }
                Err(ApiError::Unknown {
                    what,
                    message: "the answer was cut off".to_owned(),
                })
            }
            401 => Err(ApiError::Unauthorized { what }),
            403 => Err(ApiError::Forbidden { what, message }),
            404 | 410 => Err(ApiError::NotFound { what }),
            408 | 500..=599 => Err(ApiError::Unknown {
                what,
                message: format!("{status} {message}"),
            }),
            _ => Err(ApiError::Refused {
                what,
                status,
                message,
            }),
        }
    }

    /// Waits until a second has passed since the last write.
    async fn keep_pace(&self) {
        let now = self.options.clock.now();
        let last = self.times().last_write;
        let due = last.map_or(now, |last| last + self.options.pace);
        if due > now {
            self.options.clock.sleep(due - now).await;
        }
        self.times().last_write = Some(self.options.clock.now());
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.pace.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While a limit lasts nothing is sent: GitHub shuts out who goes on asking.
    fn ensure_not_limited(&self, what: &str) -> Result<(), ApiError> {
        let left = self
            .times()
            .limited_until
            .saturating_sub(self.options.clock.now());
        if left.is_zero() {
            return Ok(());
        }
        Err(ApiError::RateLimited {
            what: what.to_owned(),
            wait: left,
            limit: self.options.max_wait,
        })
    }

    async fn wait_for_limit(&self, what: &str, wait: Duration) -> Result<(), ApiError> {
        {
            let mut times = self.times();
            if times.waited + wait > self.options.max_wait {
                times.limited_until = self.options.clock.now() + wait;
                return Err(ApiError::RateLimited {
                    what: what.to_owned(),
                    wait,
                    limit: self.options.max_wait,
                });
            }
            times.waited += wait;
        }
        self.options.clock.sleep(wait).await;
        Ok(())
    }
}

mod answer;
#[cfg(feature = "service")]
mod form;
#[cfg(feature = "service")]
mod pack;
#[cfg(test)]
mod tests;
