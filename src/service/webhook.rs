//! `POST /webhook`: verified, stored, answered. In this order.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::Semaphore;

use super::event::{self, Headers};
use super::signature;
use super::state::Service;
use crate::store::Accepted;

/// Largest body; GitHub sends none that is larger.
const BODY_LIMIT: usize = 25 << 20;

/// Bytes of bodies that are held at once; whoever sends more waits.
const HELD: usize = 64 << 20;

/// How long a body may take to arrive. GitHub itself gives up after ten seconds.
const ARRIVAL: Duration = Duration::from_secs(10);

/// Bodies up to this size have a limit of their own, so that large ones, perhaps slow and of nobody we
/// know, do not hold them up.
const SMALL: usize = 1 << 20;

/// The limits of bodies that are held at once, in KiB: small ones, large ones.
static HOLD: [Semaphore; 2] = [
    Semaphore::const_new(HELD >> 11),
    Semaphore::const_new(HELD >> 11),
];

/// A delivery whose signature holds. Nothing of it was parsed before that was known.
pub(super) struct Signed {
    event: String,
    delivery: String,
    body: Bytes,
}

fn refuse(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

impl FromRequest<Arc<Service>> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Response> {
        let signed = Self::read(request, service).await;
        if signed.is_err() {
            service.metrics.webhook("refused");
        }
        signed
    }
}

impl Signed {
    async fn read(request: Request, service: &Service) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let length: Option<usize> =
            header(headers, CONTENT_LENGTH.as_str()).and_then(|text| text.parse().ok());
        let length = length.ok_or_else(|| refuse(StatusCode::LENGTH_REQUIRED, "no length\n"))?;
        if length > BODY_LIMIT {
            return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "too large\n"));
        }
        let signature = header(headers, "x-hub-signature-256").map(str::to_owned);
        if signature.is_none() {
            return Err(refuse(StatusCode::UNAUTHORIZED, "no signature\n"));
        }
        let word = |name: &str| {
            header(headers, name)
                .filter(|text| (1..=100).contains(&text.len()))
                .map(str::to_owned)
        };
        let (Some(event), Some(delivery)) = (word("x-github-event"), word("x-github-delivery"))
        else {
            return Err(refuse(StatusCode::BAD_REQUEST, "no event or delivery id\n"));
        };
        let share = u32::try_from(length >> 10).unwrap_or(u32::MAX).max(1);
        let [small, large] = &HOLD;
        let hold = if length <= SMALL { small } else { large };
        let held = tokio::time::timeout(ARRIVAL, hold.acquire_many(share)).await;
        let Ok(Ok(_held)) = held else {
            return Err(refuse(StatusCode::SERVICE_UNAVAILABLE, "busy\n"));
        };
        let arrived = tokio::time::timeout(ARRIVAL, axum::body::to_bytes(body, length)).await;
        let body = match arrived {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(refuse(StatusCode::BAD_REQUEST, "the body was cut off\n")),
            Err(_) => {
                return Err(refuse(
                    StatusCode::REQUEST_TIMEOUT,
                    "the body was too slow\n",
                ));
            }
        };
        if !signature::is_signed(&service.settings.secrets, signature.as_deref(), &body) {
            return Err(refuse(
                StatusCode::UNAUTHORIZED,
                "the signature does not hold\n",
            ));
        }
        Ok(Self {
            event,
            delivery,
            body,
        })
    }
}

/// Takes a delivery.
pub(super) async fn receive(State(service): State<Arc<Service>>, signed: Signed) -> Response {
    let Signed {
        event,
        delivery,
        body,
    } = signed;
    let headers = Headers {
        event: &event,
        delivery: &delivery,
    };
    let read = event::effects(headers, &body, service.settings.app.id());
    drop(body);
    let (taken, effects) = match read {
        Ok(read) => read,
        Err(error) => {
            service.metrics.webhook("unreadable");
            tracing::warn!(delivery, event, error = %error, "a delivery cannot be read");
            return (StatusCode::BAD_REQUEST, "the body is not understood\n").into_response();
        }
    };
    let now = service.now();
    match service.store.accept(&taken, &effects, now).await {
        Ok(accepted) => {
            let word = match (accepted, effects.is_empty()) {
                (Accepted::Seen, _) => "seen",
                (Accepted::New, true) => "ignored",
                (Accepted::New, false) => "accepted",
            };
            service.metrics.webhook(word);
            tracing::info!(
                delivery,
                event,
                action = taken.action,
                installation = taken.installation,
                repository = taken.repository,
                pull = taken.pull,
                outcome = word,
                "delivery"
            );
            (StatusCode::ACCEPTED, format!("{word}\n")).into_response()
        }
        Err(error) => {
            // Not 202: GitHub then lists it as failed, and the next sweep asks for it again.
            service.metrics.webhook("failed");
            tracing::error!(delivery, event, error = %error, "a delivery cannot be stored");
            (StatusCode::SERVICE_UNAVAILABLE, "it cannot be stored now\n").into_response()
        }
    }
}
