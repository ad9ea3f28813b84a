//! The fake keeps GitHub's rules: each rule has a test, through HTTP, with a client that knows
//! nothing of the fake.

#[path = "cases/anchors.rs"]
mod anchors;
#[path = "cases/apps.rs"]
mod apps;
#[path = "cases/checks.rs"]
mod checks;
#[path = "cases/client.rs"]
mod client;
#[path = "cases/contract.rs"]
mod contract;
#[path = "cases/conversation.rs"]
mod conversation;
#[path = "cases/deliveries.rs"]
mod deliveries;
#[path = "cases/faults.rs"]
mod faults;
#[path = "cases/git.rs"]
mod git;
#[path = "cases/graphql.rs"]
mod graphql;
#[path = "cases/limits.rs"]
mod limits;
#[path = "cases/moves.rs"]
mod moves;
#[path = "cases/news.rs"]
mod news;
#[path = "cases/outages.rs"]
mod outages;
#[path = "cases/paging.rs"]
mod paging;
#[path = "cases/permissions.rs"]
mod permissions;
#[path = "cases/program.rs"]
mod program;
#[path = "cases/proxy.rs"]
mod proxy;
#[path = "cases/receiver.rs"]
mod receiver;
#[path = "cases/renames.rs"]
mod renames;
#[path = "cases/repository.rs"]
mod repository;
#[path = "cases/reviews.rs"]
mod reviews;
#[path = "cases/sequences.rs"]
mod sequences;
#[path = "cases/signin.rs"]
mod signin;
#[path = "cases/tls.rs"]
mod tls;
#[path = "cases/webhooks.rs"]
mod webhooks;
