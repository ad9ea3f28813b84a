//! Deliveries: kept with request and answer, sent at once, held back or lost.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::app::{hex, random};
use crate::hub::Hub;
use crate::state::State;

/// How long GitHub shows a delivery and lets it be sent again, in seconds: three days.
pub(crate) const KEPT: i64 = 3 * 24 * 3_600;

/// Where an App takes webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTarget {
    /// `http://HOST:PORT/PATH`.
    pub url: String,
    /// The key of `X-Hub-Signature-256`.
    pub secret: String,
    /// The events it subscribed to; `None` = all the fake sends. Those of installations come always.
    pub events: Option<BTreeSet<String>>,
}

impl WebhookTarget {
    /// A target of all events.
    pub fn new(url: &str, secret: &str) -> Self {
        Self {
            url: url.to_owned(),
            secret: secret.to_owned(),
            events: None,
        }
    }

    /// Subscribes to these events alone.
    pub fn only(mut self, events: &[&str]) -> Self {
        self.events = Some(events.iter().map(|event| (*event).to_owned()).collect());
        self
    }
}

/// What becomes of a new delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeliveryMode {
    /// It is sent, in the order things happened.
    #[default]
    Automatic,
    /// It is kept until [`Hub::deliver`] or [`Hub::release_deliveries`].
    Hold,
    /// GitHub loses it: nothing is sent and its API does not show it.
    Drop,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It is to be sent.
    Waiting,
    /// It is kept back.
    Held,
    /// It is lost.
    Dropped,
    /// It is on its way.
    Sending,
    /// There was an answer in time.
    Answered {
        /// HTTP status.
        status: u16,
        /// Lower-case names.
        headers: Vec<(String, String)>,
        /// As text.
        body: String,
        /// From the connection to the last byte.
        duration: Duration,
    },
    /// There was none.
    Failed {
        /// GitHub's words, such as `timed out`.
        why: String,
        /// GitHub's number for it.
        status: u16,
        /// Until it was given up.
        duration: Duration,
    },
}

/// One attempt to tell an App something.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The attempt's number in the API.
    pub id: u64,
    /// `X-GitHub-Delivery`; attempts of the same delivery have the same.
    pub guid: String,
    /// `X-GitHub-Event`.
    pub event: String,
    /// The body's `action`.
    pub action: Option<String>,
    /// The installation it is for.
    pub installation: Option<u64>,
    /// The id of the repository it is about.
    pub repository: Option<u64>,
    /// Whether it repeats an earlier attempt.
    pub redelivery: bool,
    /// Slug of the App.
    pub app: String,
    /// The hub's time when it was made or last sent, in seconds since 1970.
    pub at: i64,
    /// Headers as sent; empty before.
    pub headers: Vec<(String, String)>,
    /// JSON as sent.
    pub body: String,
    /// How it ended.
    pub outcome: Outcome,
}

impl Delivery {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether the App took it: any status of 200 to 299.
    pub fn accepted(&self) -> bool {
        matches!(self.status(), Some(200..=299))
    }

    fn again(&self, id: u64, at: i64) -> Self {
        Self {
            id,
            at,
            redelivery: true,
            headers: Vec::new(),
            outcome: Outcome::Waiting,
            ..self.clone()
        }
    }
}

/// The webhook of a hub and all its deliveries, oldest first.
#[derive(Debug)]
pub(crate) struct Hook {
    pub(crate) id: u64,
    pub(crate) target: Option<WebhookTarget>,
    pub(crate) mode: DeliveryMode,
    pub(crate) deliveries: Vec<Delivery>,
    /// Most deliveries on their way at once.
    pub(crate) senders: usize,
    /// Whether connections are used again.
    pub(crate) keeps_connections: bool,
    pub(crate) wake: std::sync::Arc<tokio::sync::Notify>,
}

impl Hook {
    pub(crate) fn new(id: u64) -> Self {
        Self {
            id,
            target: None,
            mode: DeliveryMode::Automatic,
            deliveries: Vec::new(),
            senders: 1,
            keeps_connections: false,
            wake: std::sync::Arc::default(),
        }
    }

    /// Whether anybody wants to hear of this event.
    pub(crate) fn wants(&self, event: &str) -> bool {
        let always = event.starts_with("installation");
        self.target.as_ref().is_some_and(|target| {
            let events = target.events.as_ref();
            always || events.is_none_or(|events| events.contains(event))
        })
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Delivery> {
        self.deliveries.iter().find(|one| one.id == id)
    }

    pub(crate) fn find_mut(&mut self, id: u64) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|one| one.id == id)
    }

    /// The oldest delivery to be sent, unless enough are on their way.
    pub(crate) fn next(&mut self) -> Option<&mut Delivery> {
        let sending = self
            .deliveries
            .iter()
            .filter(|one| one.outcome == Outcome::Sending)
            .count();
        if sending >= self.senders {
            return None;
        }
        self.deliveries
            .iter_mut()
            .find(|one| one.outcome == Outcome::Waiting)
    }

    /// Loses what is to be sent: the webhook was removed meanwhile.
    pub(crate) fn lose_waiting(&mut self) {
        let all = self.deliveries.iter_mut();
        for one in all.filter(|one| one.outcome == Outcome::Waiting) {
            one.outcome = Outcome::Dropped;
        }
    }

    fn idle(&self) -> bool {
        let open = |one: &Delivery| matches!(one.outcome, Outcome::Waiting | Outcome::Sending);
        !self.deliveries.iter().any(open)
    }
}

/// Queues an attempt as the mode says.
pub(crate) fn queue(state: &mut State, mut delivery: Delivery) {
    delivery.outcome = match state.hook.mode {
        DeliveryMode::Automatic => Outcome::Waiting,
        DeliveryMode::Hold => Outcome::Held,
        DeliveryMode::Drop => Outcome::Dropped,
    };
    state.hook.deliveries.push(delivery);
    state.hook.wake.notify_one();
}

/// A name for a delivery, in the form of a UUID.
pub(crate) fn guid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    let parts = [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ];
    parts.join("-")
}

/// Queues another attempt of a delivery, whatever the mode, and returns its id.
pub(crate) fn send_again(state: &mut State, id: u64) -> Option<u64> {
    let (next, now) = (state.id(), state.now());
    let attempt = state.hook.find(id)?.again(next, now);
    state.hook.deliveries.push(attempt);
    state.hook.wake.notify_one();
    Some(next)
}

impl Hub {
    /// Sets where the App takes webhooks. All Apps of a hub have the one webhook.
    pub fn set_webhook(&self, target: WebhookTarget) {
        self.state().hook.target = Some(target);
    }

    /// Gives the webhook another secret: what is sent from now on is signed with it.
    pub fn set_webhook_secret(&self, secret: &str) {
        let mut state = self.state();
        let target = state.hook.target.as_mut().expect("a webhook is set");
        secret.clone_into(&mut target.secret);
    }

    /// Ends the webhook: from now on nothing is sent and nothing is kept to be sent.
    pub fn remove_webhook(&self) {
        self.state().hook.target = None;
    }

    /// Sets what becomes of new deliveries.
    pub fn set_delivery_mode(&self, mode: DeliveryMode) {
        self.state().hook.mode = mode;
    }

    /// Sets how many deliveries may be on their way at once; 1 keeps them in order.
    pub fn set_senders(&self, count: usize) {
        let mut state = self.state();
        state.hook.senders = count.max(1);
        state.hook.wake.notify_one();
    }

    /// Uses connections again, which is cheaper, and fails where the other side was restarted.
    pub fn keep_connections(&self) {
        self.state().hook.keeps_connections = true;
    }

    /// Every attempt so far, oldest first, lost ones included.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().hook.deliveries.clone()
    }

    /// The attempts so far of one event and action; an action of `""` is any.
    pub fn deliveries_of(&self, event: &str, action: &str) -> Vec<Delivery> {
        let state = self.state();
        let all = state.hook.deliveries.iter();
        all.filter(|one| one.event == event)
            .filter(|one| action.is_empty() || one.action.as_deref() == Some(action))
            .cloned()
            .collect()
    }

    /// Forgets the attempts that ended.
    pub fn clear_deliveries(&self) {
        let open = |one: &Delivery| matches!(one.outcome, Outcome::Waiting | Outcome::Sending);
        self.state().hook.deliveries.retain(open);
    }

    /// Sends a delivery that was held or lost, and returns it with its answer. One that was sent
    /// before is sent again, as a duplicate: same id, same guid, no redelivery for the API.
    pub fn deliver(&self, id: u64) -> Delivery {
        {
            let mut state = self.state();
            let found = state.hook.find_mut(id);
            found.unwrap_or_else(|| panic!("no delivery {id}")).outcome = Outcome::Waiting;
            state.hook.wake.notify_one();
        }
        self.await_delivery(id)
    }

    /// Sends a delivery again as the API's redelivery does: another attempt with the same guid.
    pub fn deliver_again(&self, id: u64) -> Delivery {
        let attempt = send_again(&mut self.state(), id);
        self.await_delivery(attempt.unwrap_or_else(|| panic!("no delivery {id}")))
    }

    /// Sends all that is held, oldest first, and goes on automatically.
    pub fn release_deliveries(&self) {
        let mut state = self.state();
        state.hook.mode = DeliveryMode::Automatic;
        let held = state.hook.deliveries.iter_mut();
        for delivery in held.filter(|one| one.outcome == Outcome::Held) {
            delivery.outcome = Outcome::Waiting;
        }
        state.hook.wake.notify_one();
    }

    fn await_delivery(&self, id: u64) -> Delivery {
        self.wait_for(|state| {
            let found = state.hook.find(id)?;
            let open = matches!(found.outcome, Outcome::Waiting | Outcome::Sending);
            (!open).then(|| found.clone())
        })
    }

    /// Waits until nothing is to be sent any more; what is held does not count.
    pub fn wait_idle(&self) {
        self.wait_for(|state| state.hook.idle().then_some(()));
    }
}

#[cfg(test)]
mod tests {
    use super::guid;

    #[test]
    fn a_guid_has_the_form_of_a_random_uuid() {
        let one = guid();
        assert_eq!(one.len(), 36);
        assert_eq!(&one[14..15], "4");
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"), "{one}");
        assert_ne!(one, guid());
    }
}
