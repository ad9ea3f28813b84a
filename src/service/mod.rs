//! The GitHub App service: it takes webhooks, reviews every pull request of an organisation, answers
//! in the discussion, and shows how the organisation is doing.
//!
//! A delivery is verified, stored with the job that follows from it in one transaction, and only then
//! answered. Workers take jobs from the database, one at a time for each pull request, review with the
//! code of `check` and publish with the code of `review`. Whatever is killed in between is done again
//! by the next worker, and finds what was already posted. Nothing of a pull request is ever run.

pub mod command;
pub mod config;
pub mod event;
pub mod pages;
pub mod signature;
