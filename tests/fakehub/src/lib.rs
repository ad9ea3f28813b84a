//! A stateful fake GitHub for tests, over real bare git repositories.
//!
//! It answers the REST operations of `openapi/operations.txt` under `/` and `/api/v3`, GraphQL under
//! `/graphql` and `/api/graphql`, and git's own protocol, with GitHub's rules: where a comment may
//! stand, when it becomes outdated, what a token may do, how large things may be. Every request and
//! answer is held against GitHub's own description; [`Hub::assert_clean`] ends a test with that.
//!
//! ```
//! let hub = fakehub::FakeHub::start();
//! hub.add_repository("acme/pump");
//! hub.commit_files("acme/pump", "main", &[("pump.c", "int a;\n")]);
//! hub.create_branch("acme/pump", "fix", "main");
//! hub.commit_files("acme/pump", "fix", &[("pump.c", "int a;\nint b;\n")]);
//! let number = hub.open_pull("acme/pump", "fix", "main");
//! let token = hub.add_token(fakehub::TokenSpec::actions());
//! // Point the client at `hub.url()` with `token`, then look:
//! assert!(hub.diff_comments("acme/pump", number).is_empty());
//! hub.assert_clean();
//! # let _ = token;
//! ```
//!
//! The way of a request: `server` → `pipeline` → `admission` → `route` → `rest`, `graphql` or
//! `smart_http` → `state`, with `contract` at both ends; what changes there is told by `webhook`.

mod admission;
mod anchor;
mod app;
mod burst;
mod buttons;
mod call;
mod contract;
mod diff;
mod event;
mod fault;
mod git;
mod graphql;
mod hub;
mod inspect;
mod install;
mod log;
mod oauth;
mod outage;
mod pages;
mod people;
mod pipeline;
mod port;
mod proxy;
mod push;
mod render;
mod reply;
mod repositories;
mod rest;
mod route;
mod server;
mod smart_http;
mod state;
mod suite;
mod tls;
mod token;
mod url;
#[allow(
    clippy::disallowed_methods,
    reason = "sends at a rate, which takes waiting"
)]
mod volley;
mod webhook;

pub use app::AppCredentials;
pub use burst::{Burst, BurstDelivery, Example, examples};
pub use diff::{DIFF_FILES, DIFF_LINES, LISTED_FILES, PATCH_BYTES, Side};
pub use fault::{Fault, FaultKind, Hook};
pub use git::Edit;
pub use hub::{FakeHub, Hub};
pub use inspect::{CheckRunView, ConversationComment, DiffComment, ReviewView, StatusView};
pub use install::reviewer_permissions;
pub use log::{Credential, Exchange, GraphqlOperation};
pub use outage::Outage;
pub use people::MergeGroup;
pub use port::free_port;
pub use proxy::Proxy;
pub use rest::BODY_CHARACTERS;
pub use state::{Protection, SarifUpload};
pub use token::{Access, Caller, Permission, Permissions, TokenSpec};
pub use volley::{VolleyAnswer, VolleyReport, pushes, volley};
pub use webhook::{Delivery, DeliveryMode, Outcome, WebhookTarget, signature};

/// The operations of GitHub's description, cut, as `GET /path`.
pub fn described_operations() -> Vec<String> {
    contract::operations()
}

/// The webhooks of GitHub's description, cut, as `check-run-created`.
pub fn described_events() -> Vec<String> {
    contract::events()
}

/// The operations the fake serves, in the same form.
pub fn served_operations() -> Vec<String> {
    let name = |route: &route::Route| format!("{} {}", route.method, route.template);
    route::ROUTES.iter().map(name).collect()
}
