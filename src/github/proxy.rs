//! The way through a company's HTTP proxy, as curl's variables name it (`HTTPS_PROXY`, `ALL_PROXY`,
//! `NO_PROXY`).
//!
//! octocrab's own client knows no proxies, so that this one is put together of the same parts. The
//! proxy sees which host is talked to and nothing else: it is asked for a tunnel (`CONNECT`), and
//! TLS goes on to GitHub.

use std::sync::Arc;

use http::header::{HeaderName, USER_AGENT};
use http::{HeaderValue, Uri};
use hyper_client::client::legacy::Client;
use hyper_client::client::legacy::connect::HttpConnector;
use hyper_client::client::legacy::connect::proxy::Tunnel;
use hyper_client::client::proxy::matcher::{Intercept, Matcher};
use hyper_client::rt::TokioExecutor;
use hyper_rustls::HttpsConnectorBuilder;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use tower_http::follow_redirect::FollowRedirectLayer;

use super::error::ApiError;

/// The proxy that requests to an address go through; none for this machine itself.
pub(super) fn proxy_of(base: &Uri) -> Option<Intercept> {
    through(&Matcher::from_env(), base)
}

fn through(matcher: &Matcher, base: &Uri) -> Option<Intercept> {
    // Plain http is for this machine alone, which no proxy reaches.
    let is_https = base.scheme_str() == Some("https");
    matcher.intercept(base).filter(|_| is_https)
}

/// A client that goes through a proxy.
///
/// # Errors
/// A kind of proxy that is not supported; no root certificates on this system.
pub(super) fn octocrab(
    base: Uri,
    proxy: &Intercept,
    user_agent: &'static str,
) -> Result<Octocrab, ApiError> {
    let setup = |message: String| ApiError::Setup { message };
    // Its user and password are no part of this address.
    let address = proxy.uri().clone();
    if address.scheme_str() != Some("http") {
        let kind = address.scheme_str().unwrap_or_default();
        return Err(setup(format!(
            "a proxy of the kind `{kind}` is not supported, only `http`"
        )));
    }
    let mut tunnel = Tunnel::new(address, HttpConnector::new());
    if let Some(secret) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(secret.clone());
    }
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(rustls::crypto::aws_lc_rs::default_provider())
        .map_err(|error| setup(error.to_string()))?
        .https_only()
        .enable_http1()
        .wrap_connector(tunnel);
    let client: Client<_, OctoBody> = Client::builder(TokioExecutor::new()).build(connector);
    let agent: (HeaderName, HeaderValue) = (USER_AGENT, HeaderValue::from_static(user_agent));
    let built = OctocrabBuilder::new_empty()
        .with_service(client)
        .with_layer(&FollowRedirectLayer::new())
        .with_layer(&ExtraHeadersLayer::new(Arc::new(vec![agent])))
        .with_layer(&BaseUriLayer::new(base))
        .with_auth(AuthState::None)
        .build();
    match built {
        Ok(octocrab) => Ok(octocrab),
        Err(never) => match never {},
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher() -> Matcher {
        Matcher::builder()
            .all("http://ada:secret@proxy.acme.example:3128")
            .no("intern.acme.example, 10.0.0.0/8")
            .build()
    }

    #[test]
    fn the_variables_decide() {
        let goes = |address: &'static str| {
            let found = through(&matcher(), &Uri::from_static(address));
            found.map(|proxy| proxy.uri().to_string())
        };
        let proxy = Some("http://proxy.acme.example:3128/".to_owned());
        assert_eq!(goes("https://api.github.com"), proxy);
        assert_eq!(goes("https://git.intern.acme.example/api/v3"), None);
        assert_eq!(goes("https://10.1.2.3/api/v3"), None);
        assert_eq!(goes("http://127.0.0.1:8080"), None);
    }

    #[test]
    fn other_kinds_of_proxies_are_refused_without_their_password() {
        let matcher = Matcher::builder()
            .https("socks5h://ada:secret@proxy.acme.example:1080")
            .build();
        let base = Uri::from_static("https://api.github.com");
        let proxy = through(&matcher, &base).unwrap();
        let error = octocrab(base, &proxy, "scrubin").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("socks5") && !text.contains("secret"),
            "{text}"
        );
    }
}
