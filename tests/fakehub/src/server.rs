//! The HTTP side: takes requests in, puts answers on the wire, in pieces or never when a fault says so.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::serve::ListenerExt as _;
use tokio_rustls::rustls;
use tokio_stream::StreamExt as _;

use crate::hub::Hub;
use crate::pipeline;
use crate::reply::{Body as ReplyBody, Reply};
use crate::tls::TlsListener;

/// GitHub takes 25 MB payloads; SARIF uploads and packs are larger than most.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// A request with its body read.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

/// How an answer goes out.
pub(crate) enum Wire {
    Whole(Reply),
    /// No answer.
    Never,
    /// The connection ends without an answer.
    Reset,
    /// The JSON ends half-way, as a well-formed HTTP message.
    Truncated(Reply),
    /// The connection closes half-way.
    Dropped(Reply),
    Slow(Reply, usize, Duration),
}

pub(crate) async fn serve(
    listener: std::net::TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    hub: Hub,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the runtime takes a socket");
    // Answers are small and awaited: no waiting for more to send.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    let app = Router::new().fallback(handle).with_state(hub);
    let served = match tls {
        Some(config) => axum::serve(TlsListener::new(listener, config), app).await,
        None => axum::serve(listener, app).await,
    };
    served.expect("serving does not end");
}

async fn handle(State(hub): State<Hub>, request: Request) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Ok(response(Reply::error(413, "Payload too large")));
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let incoming = Incoming {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers,
        body: bytes.to_vec(),
    };
    let delay = hub.state().trouble.delay;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let worker = hub.clone();
    let answered = tokio::task::spawn_blocking(move || pipeline::answer(&worker, &incoming)).await;
    hub.settled();
    Ok(match answered {
        Ok(Wire::Whole(reply)) => response(reply),
        Ok(Wire::Never) => std::future::pending().await,
        // Ends the task of the connection, and with it the connection; nothing is printed.
        Ok(Wire::Reset) => std::panic::resume_unwind(Box::new("reset by the test")),
        Ok(Wire::Truncated(mut reply)) => {
            let bytes = body_bytes(&reply.body).1;
            let half = bytes[..bytes.len() / 2].to_vec();
            reply.body = ReplyBody::Bytes("application/json; charset=utf-8".to_owned(), half);
            response(reply)
        }
        Ok(Wire::Dropped(reply)) => dropped(reply),
        Ok(Wire::Slow(reply, pieces, pause)) => slow(reply, pieces, pause),
        Err(panic) => {
            let message = format!("fakehub failed: {panic}");
            hub.state().violations.push(message.clone());
            response(Reply::error(500, &message))
        }
    })
}

fn body_bytes(body: &ReplyBody) -> (Option<String>, Vec<u8>) {
    match body {
        ReplyBody::Empty => (None, Vec::new()),
        ReplyBody::Json(value) => (
            Some("application/json; charset=utf-8".to_owned()),
            value.to_string().into_bytes(),
        ),
        ReplyBody::Bytes(media_type, bytes) => (Some(media_type.clone()), bytes.clone()),
    }
}

fn with_body(reply: &Reply, length: Option<usize>, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status code");
    let headers = response.headers_mut();
    let own = [
        ("content-type", body_bytes(&reply.body).0),
        ("content-length", length.map(|n| n.to_string())),
    ];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    for (name, value) in reply.headers.iter().cloned().chain(own) {
        let name = HeaderName::try_from(name).expect("a header name");
        // NOTE: append, since Set-Cookie and Link may come twice.
        headers.append(name, HeaderValue::try_from(value).expect("a header value"));
    }
    response
}

fn response(reply: Reply) -> Response<Body> {
    let bytes = body_bytes(&reply.body).1;
    with_body(&reply, None, Body::from(bytes))
}

fn dropped(reply: Reply) -> Response<Body> {
    let bytes = body_bytes(&reply.body).1;
    let half = bytes[..bytes.len() / 2].to_vec();
    let pieces = [
        Ok(half),
        Err(std::io::Error::other("dropped by the fault script")),
    ];
    let stream = tokio_stream::iter(pieces).throttle(Duration::from_millis(20));
    with_body(&reply, Some(bytes.len()), Body::from_stream(stream))
}

fn slow(reply: Reply, pieces: usize, pause: Duration) -> Response<Body> {
    let bytes = body_bytes(&reply.body).1;
    let size = bytes.len().div_ceil(pieces.max(1)).max(1);
    let parts: Vec<_> = bytes
        .chunks(size)
        .map(|part| Ok::<_, Infallible>(part.to_vec()))
        .collect();
    let stream = tokio_stream::iter(parts).throttle(pause);
    with_body(&reply, Some(bytes.len()), Body::from_stream(stream))
}
