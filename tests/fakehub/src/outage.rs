//! Trouble of the whole service, for as long as a test wants: down, slow, secondary rate limit.

use std::time::Duration;

use crate::hub::Hub;
use crate::reply::Reply;
use crate::state::State;

/// How the service is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// Every request is answered 503 with GitHub's page.
    Unavailable,
    /// Every connection ends without an answer.
    Reset,
}

/// What is wrong at the moment.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) outage: Option<Outage>,
    pub(crate) delay: Duration,
    /// Until this time of the hub the secondary rate limit refuses API requests.
    secondary_until: i64,
}

/// The page that answers while nothing works.
pub(crate) fn unavailable() -> Reply {
    let page = "<html><head><title>Unicorn! &middot; GitHub</title></head></html>";
    let mut reply = Reply::bytes("text/html; charset=utf-8", page.as_bytes().to_vec());
    reply.status = 503;
    reply
}

/// The secondary rate limit, with the seconds to wait when GitHub names them.
pub(crate) fn secondary_limit(status: u16, retry_after: Option<u64>) -> Reply {
    let reply = Reply::error(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    );
    match retry_after {
        Some(seconds) => reply.header("retry-after", seconds),
        None => reply,
    }
}

/// The refusal of the secondary limit, while it holds.
pub(crate) fn limited(state: &State) -> Option<Reply> {
    let left = u64::try_from(state.trouble.secondary_until - state.now()).unwrap_or(0);
    (left > 0).then(|| secondary_limit(403, Some(left)))
}

impl Hub {
    /// Takes the service down, API, sign-in and git, or up again. Webhooks are still sent: hold them
    /// with [`Hub::set_delivery_mode`] when they should not be.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.state().trouble.outage = outage;
    }

    /// Lets every answer wait this long.
    pub fn set_delay(&self, delay: Duration) {
        self.state().trouble.delay = delay;
    }

    /// Refuses every API request for this many seconds of the hub's clock, with `retry-after`.
    pub fn limit_secondary(&self, seconds: i64) {
        let mut state = self.state();
        state.trouble.secondary_until = state.now() + seconds;
    }
}
