//! Webhooks: what GitHub tells an App, and how the deliveries fare.
//!
//! `news` says what happened, `delivery` keeps and shows each attempt, `send` puts it on the wire.

mod delivery;
pub(crate) mod news;
mod send;

pub use delivery::{Delivery, DeliveryMode, Outcome, WebhookTarget};
pub(crate) use delivery::{Hook, KEPT, send_again};
pub(crate) use send::dispatch;
pub use send::signature;
