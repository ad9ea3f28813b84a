//! The GitHub App service: it takes webhooks, reviews every pull request of an organisation, answers
//! in the discussion, and shows how the organisation is doing.
//!
//! A delivery is verified, stored with the job that follows from it in one transaction, and only then
//! answered. Workers take jobs from the database, one at a time for each pull request, review with the
//! code of `check` and publish with the code of `review`. Whatever is killed in between is done again
//! by the next worker, and finds what was already posted. Nothing of a pull request is ever run.

mod analysis;
pub mod asked;
mod check;
pub mod command;
pub mod config;
mod decide;
mod erase;
pub mod event;
mod group;
mod housekeeping;
mod keep;
pub mod logs;
pub mod metrics;
mod mirror;
mod missed;
mod outcome;
mod packet;
pub mod pages;
mod pull;
mod scene;
mod server;
mod short;
pub mod signature;
mod state;
mod sweep;
mod verdict;
mod webhook;
mod worker;

pub use erase::erase_cached;
pub use housekeeping::KeepError;
pub use missed::Missed;
pub use server::Server;
pub use state::{Service, StartError};
pub use worker::{JobError, Step};
