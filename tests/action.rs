//! The GitHub Action and `scrubin doctor`: the scripts under `hooks/` as a runner starts them, the
//! workflow files of the documentation, and the doctor on real repositories and the fake GitHub.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

#[path = "action/doctor.rs"]
mod doctor;
#[path = "action/documents.rs"]
mod documents;
#[cfg(feature = "github")]
#[path = "action/hub.rs"]
mod hub;
#[path = "action/install.rs"]
mod install;
#[path = "action/release.rs"]
mod release;
#[path = "action/review.rs"]
mod review;
#[path = "action/runner.rs"]
mod runner;
