//! Sends deliveries at a fixed rate, whatever the answers take, and keeps the answers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::burst::{BurstDelivery, Example};

/// Connections at once.
const SENDERS: usize = 48;

/// How long GitHub waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Numbers of the pull requests of [`pushes`] begin here, beyond any that exists.
const FIRST: usize = 1_000;

/// How many pull requests [`pushes`] are about.
const PULLS: usize = 50;

/// What came of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VolleyAnswer {
    /// From when it was due: a queue of senders would hide slow answers.
    pub took: Duration,
    /// HTTP status; 0 = there was no answer in time.
    pub status: u16,
    /// Its signature was made with another secret.
    pub is_forged: bool,
}

/// What came of all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct VolleyReport {
    /// One for each delivery.
    pub answers: Vec<VolleyAnswer>,
    /// From the first one due to the last answer.
    pub seconds: f64,
    /// How many deliveries with a valid signature have an id of their own.
    pub distinct: usize,
}

impl VolleyReport {
    /// How many had a valid signature, and how many of those were answered with 202.
    pub fn valid(&self) -> (usize, usize) {
        self.counted(false, 202)
    }

    /// How many were forged, and how many of those were answered with 401.
    pub fn forged(&self) -> (usize, usize) {
        self.counted(true, 401)
    }

    fn counted(&self, is_forged: bool, status: u16) -> (usize, usize) {
        let kind: Vec<&VolleyAnswer> = self
            .answers
            .iter()
            .filter(|one| one.is_forged == is_forged)
            .collect();
        let good = kind.iter().filter(|one| one.status == status).count();
        (kind.len(), good)
    }

    /// The time within which this share of the valid ones (0 to 1) was answered.
    pub fn within(&self, share: f64) -> Duration {
        let valid = self.answers.iter().filter(|one| !one.is_forged);
        let mut times: Vec<Duration> = valid.map(|one| one.took).collect();
        times.sort();
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default()
    }
}

/// Events of pull requests that are pushed to again and again; none of these exists.
pub fn pushes(installation: u64, repository: u64, full_name: &str, count: usize) -> Vec<Example> {
    let one = |number: usize| Example {
        event: "pull_request".to_owned(),
        body: json!({
            "action": "synchronize",
            "installation": {"id": installation},
            "repository": {"id": repository, "full_name": full_name, "default_branch": "main"},
            "pull_request": {"number": FIRST + number % PULLS},
        }),
    };
    (0..count.max(PULLS)).map(one).collect()
}

/// Sends deliveries in their order to an address, so many a second.
///
/// # Panics
/// When a sender does.
pub fn volley(url: &str, deliveries: &Arc<Vec<BurstDelivery>>, rate: usize) -> VolleyReport {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (all, next) = (Arc::clone(deliveries), Arc::clone(&next));
            let url = url.to_owned();
            std::thread::spawn(move || {
                let config = ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    .timeout_global(Some(PATIENCE))
                    .build();
                let agent = ureq::Agent::new_with_config(config);
                let mut answers = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(one) = all.get(index) else {
                        return answers;
                    };
                    let due = began + Duration::from_secs_f64(index as f64 / rate.max(1) as f64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let status = send(&agent, &url, one);
                    answers.push(VolleyAnswer {
                        took: due.elapsed(),
                        status,
                        is_forged: one.forged,
                    });
                }
            })
        })
        .collect();
    let answers = senders
        .into_iter()
        .flat_map(|sender| sender.join().expect("a sender does not panic"))
        .collect();
    let valid = deliveries.iter().filter(|one| !one.forged);
    let distinct: BTreeSet<&str> = valid.map(|one| one.guid.as_str()).collect();
    VolleyReport {
        answers,
        seconds: began.elapsed().as_secs_f64(),
        distinct: distinct.len(),
    }
}

fn send(agent: &ureq::Agent, url: &str, one: &BurstDelivery) -> u16 {
    let mut request = agent.post(url);
    for (name, value) in &one.headers {
        request = request.header(name, value);
    }
    match request.send(&one.body) {
        Ok(response) => response.status().as_u16(),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_valid_ones_is_counted() {
        let one = |took, status, is_forged| VolleyAnswer {
            took: Duration::from_millis(took),
            status,
            is_forged,
        };
        let report = VolleyReport {
            answers: vec![
                one(30, 202, false),
                one(10, 202, false),
                one(20, 503, false),
                one(900, 401, true),
                one(900, 202, true),
            ],
            seconds: 1.0,
            distinct: 3,
        };
        assert_eq!((report.valid(), report.forged()), ((3, 2), (2, 1)));
        assert_eq!(report.within(0.5), Duration::from_millis(20));
        assert_eq!(report.within(1.0), Duration::from_millis(30));
    }
}
