//! GitHub: pull request → comments, reconciled by fingerprint. The only user of octocrab and tokio.
//!
//! The first half is pure: events, comment texts, anchors, the plan, reconciling. The second half
//! is the shell: `client` (one request at a time, limits, pacing), `api` (the calls we make),
//! `publish` (what is done in which order, and what happens when it fails), `checkout` (git).
//! A finding is never lost: it has a rung of the ladder in `plan`, and the log has all of them.

pub mod analyse;
pub mod anchor;
pub mod api;
#[cfg(feature = "service")]
pub mod app;
pub mod approval;
pub mod base;
pub mod checkout;
#[cfg(feature = "service")]
pub mod checks;
mod client;
mod clock;
pub mod comment;
mod error;
pub mod event;
pub mod limits;
pub mod marker;
#[cfg(feature = "service")]
pub mod oauth;
pub(crate) mod parts;
pub mod plan;
mod proxy;
pub mod publish;
pub mod reconcile;
pub mod rules;
mod secret;
pub mod settle;
pub mod submission;
mod suggestion;
pub mod summary;
pub mod unseen;

pub use client::{Client, ClientOptions, Fence, Pace};
pub use clock::Clock;
pub use error::{ApiError, ErrorClass};
pub use secret::{Token, redact};

/// Runs a future on a runtime of its own, on this thread.
///
/// # Errors
/// The system gives no runtime.
pub fn block_on<F: Future>(future: F) -> std::io::Result<F::Output> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(future))
}
