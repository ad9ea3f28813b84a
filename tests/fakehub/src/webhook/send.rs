//! Puts deliveries on the wire: signed, once, given up after ten seconds, never tried again.

use std::time::{Duration, Instant};

use aws_lc_rs::hmac;

use super::delivery::{Delivery, Outcome, WebhookTarget};
use crate::app::{hex, id_of};
use crate::hub::Hub;

/// How long GitHub waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most of an answer that is kept, in bytes.
const KEPT: u64 = 256 * 1024;

/// The value of `X-Hub-Signature-256` for a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex(hmac::sign(&key, body).as_ref()))
}

/// Sends what is queued, until the runtime ends.
pub(crate) async fn dispatch(hub: Hub) {
    let agent = |idle| {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(idle)
            .max_idle_connections_per_host(idle)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent()
    };
    // Each on a connection of its own: one kept from before a restart would fail for nothing.
    let (fresh, kept) = (agent(0), agent(8));
    let wake = std::sync::Arc::clone(&hub.state().hook.wake);
    loop {
        let Some((delivery, url)) = take(&hub) else {
            wake.notified().await;
            continue;
        };
        let agent = match hub.state().hook.keeps_connections {
            true => kept.clone(),
            false => fresh.clone(),
        };
        let (hub, wake) = (hub.clone(), std::sync::Arc::clone(&wake));
        tokio::task::spawn_blocking(move || {
            let outcome = send(&agent, &url, &delivery);
            let mut state = hub.state();
            if let Some(kept) = state.hook.find_mut(delivery.id) {
                kept.outcome = outcome;
            }
            drop(state);
            hub.settled();
            wake.notify_one();
        });
    }
}

/// The next delivery with its headers, marked as being sent, and where it goes.
fn take(hub: &Hub) -> Option<(Delivery, String)> {
    let mut state = hub.state();
    let now = state.now();
    let Some(target) = state.hook.target.clone() else {
        state.hook.lose_waiting();
        hub.settled();
        return None;
    };
    let waiting = state.hook.next()?;
    let (id, app) = (waiting.id, waiting.app.clone());
    let (hook_id, app_id) = (state.hook.id, id_of(&state, &app));
    let kept = state.hook.find_mut(id)?;
    kept.at = now;
    kept.outcome = Outcome::Sending;
    kept.headers = headers(kept, &target, hook_id, app_id);
    Some((kept.clone(), target.url))
}

/// The headers of GitHub's deliveries.
pub(crate) fn headers(
    delivery: &Delivery,
    target: &WebhookTarget,
    hook_id: u64,
    app_id: u64,
) -> Vec<(String, String)> {
    let body = delivery.body.as_bytes();
    [
        ("Accept", "*/*".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("User-Agent", "GitHub-Hookshot/fa4e0b5".to_owned()),
        ("X-GitHub-Delivery", delivery.guid.clone()),
        ("X-GitHub-Event", delivery.event.clone()),
        ("X-GitHub-Hook-ID", hook_id.to_string()),
        ("X-GitHub-Hook-Installation-Target-ID", app_id.to_string()),
        (
            "X-GitHub-Hook-Installation-Target-Type",
            "integration".to_owned(),
        ),
        ("X-Hub-Signature-256", signature(&target.secret, body)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

fn send(agent: &ureq::Agent, url: &str, delivery: &Delivery) -> Outcome {
    let started = Instant::now();
    match exchange(agent, url, delivery) {
        Ok((status, headers, body)) => Outcome::Answered {
            status,
            headers,
            body,
            duration: started.elapsed(),
        },
        Err(error) => {
            let (why, status) = match error {
                ureq::Error::Timeout(_) => ("timed out", 504),
                _ => ("failed to connect to host", 502),
            };
            Outcome::Failed {
                why: why.to_owned(),
                status,
                duration: started.elapsed(),
            }
        }
    }
}

type Answer = (u16, Vec<(String, String)>, String);

fn exchange(agent: &ureq::Agent, url: &str, delivery: &Delivery) -> Result<Answer, ureq::Error> {
    let mut request = ureq::http::Request::builder().method("POST").uri(url);
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let mut response = agent.run(request.body(delivery.body.as_str())?)?;
    let bytes = response
        .body_mut()
        .with_config()
        .limit(KEPT)
        .read_to_vec()?;
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    Ok((
        response.status().as_u16(),
        headers.collect(),
        String::from_utf8_lossy(&bytes).into_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::signature;

    /// The example in GitHub's documentation on validating deliveries.
    #[test]
    fn a_body_is_signed_as_github_documents() {
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }
}
