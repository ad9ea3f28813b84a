//! `scrubin review` end to end: the real binary, real git repositories, a fake GitHub that holds every
//! exchange against GitHub's own description.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "review/deviations.rs"]
mod deviations;
#[path = "review/events.rs"]
mod events;
#[path = "review/faults.rs"]
mod faults;
#[path = "review/forks.rs"]
mod forks;
#[path = "review/imports.rs"]
mod imports;
#[path = "review/living.rs"]
mod living;
#[path = "review/paces.rs"]
mod paces;
#[path = "review/proxies.rs"]
mod proxies;
#[path = "review/records.rs"]
mod records;
#[path = "review/scene.rs"]
mod scene;
#[path = "review/sequences.rs"]
mod sequences;
