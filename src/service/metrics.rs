//! Numbers for operators, in the text form of Prometheus. Never by person, never by repository.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::store::Depth;

/// Bounds of durations, in seconds.
const SECONDS: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: String,
}

/// The rule of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Rule {
    rule: String,
}

/// What the service counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    /// What the database has to be asked for.
    queue: Mutex<Registry>,
    webhooks: Family<Outcome, Counter<u64, AtomicU64>>,
    jobs: Family<Outcome, Counter<u64, AtomicU64>>,
    reviews: Family<Outcome, Counter<u64, AtomicU64>>,
    shortfalls: Family<Outcome, Counter<u64, AtomicU64>>,
    findings: Family<Rule, Counter<u64, AtomicU64>>,
    failures: Family<Outcome, Counter<u64, AtomicU64>>,
    looks: Family<Outcome, Counter<u64, AtomicU64>>,
    missed: Family<Outcome, Counter<u64, AtomicU64>>,
    seconds: Histogram,
    waited: Histogram,
    database_up: Gauge<i64, AtomicI64>,
    queued: Gauge<i64, AtomicI64>,
    leased: Gauge<i64, AtomicI64>,
    dead: Gauge<i64, AtomicI64>,
    oldest: Gauge<i64, AtomicI64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("scrubin");
        // What is worth an alarm as soon as it happens is there before: a rate begins at a first number.
        let (looks, missed, shortfalls) = (Family::default(), Family::default(), Family::default());
        for word in ["whole", "partly", "failed", "late"] {
            let _: &Counter<u64, AtomicU64> = &looks.get_or_create(&outcome(word));
        }
        for word in ["asked", "refused", "later"] {
            let _: &Counter<u64, AtomicU64> = &missed.get_or_create(&outcome(word));
        }
        for word in ["anchors", "patch-id", "deleted"] {
            let _: &Counter<u64, AtomicU64> = &shortfalls.get_or_create(&outcome(word));
        }
        let metrics = Self {
            webhooks: Family::default(),
            jobs: Family::default(),
            reviews: Family::default(),
            shortfalls,
            findings: Family::default(),
            failures: Family::default(),
            looks,
            missed,
            seconds: Histogram::new(SECONDS),
            waited: Histogram::new(SECONDS),
            database_up: Gauge::default(),
            queued: Gauge::default(),
            leased: Gauge::default(),
            dead: Gauge::default(),
            oldest: Gauge::default(),
            registry: Mutex::default(),
            queue: Mutex::default(),
        };
        registry.register(
            "webhooks",
            "Deliveries by outcome",
            metrics.webhooks.clone(),
        );
        registry.register("jobs", "Jobs by outcome", metrics.jobs.clone());
        registry.register(
            "reviews",
            "Reviews by what the gate said",
            metrics.reviews.clone(),
        );
        registry.register(
            "shortfalls",
            "Parts of reviews that could not be found out",
            metrics.shortfalls.clone(),
        );
        registry.register(
            "findings",
            "Findings shown in pull requests",
            metrics.findings.clone(),
        );
        registry.register(
            "github_failures",
            "Requests to GitHub that failed, by what helps",
            metrics.failures.clone(),
        );
        registry.register(
            "looks",
            "Looks for deliveries that were missed, by how they ended",
            metrics.looks.clone(),
        );
        registry.register(
            "missed",
            "Deliveries that were missed, by what became of them",
            metrics.missed.clone(),
        );
        registry.register_with_unit(
            "job",
            "Time a job took",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register_with_unit(
            "job_wait",
            "Time from the request to the start of its job",
            Unit::Seconds,
            metrics.waited.clone(),
        );
        registry.register(
            "database_up",
            "Whether the database answered just now",
            metrics.database_up.clone(),
        );
        let mut queue = Registry::with_prefix("scrubin_queue");
        queue.register("queued", "Jobs that wait", metrics.queued.clone());
        queue.register("leased", "Jobs under way", metrics.leased.clone());
        queue.register("dead", "Jobs that were given up", metrics.dead.clone());
        queue.register_with_unit(
            "oldest",
            "Age of the oldest job that waits",
            Unit::Seconds,
            metrics.oldest.clone(),
        );
        Self {
            registry: Mutex::new(registry),
            queue: Mutex::new(queue),
            ..metrics
        }
    }
}

fn outcome(word: &str) -> Outcome {
    Outcome {
        outcome: word.to_owned(),
    }
}

impl Metrics {
    /// A delivery was answered.
    pub fn webhook(&self, word: &str) {
        self.webhooks.get_or_create(&outcome(word)).inc();
    }

    /// A job ended.
    pub fn job(&self, word: &str, took: Duration) {
        self.jobs.get_or_create(&outcome(word)).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A job began.
    pub fn began(&self, waited: Duration) {
        self.waited.observe(waited.as_secs_f64());
    }

    /// A review ended.
    pub fn review(&self, word: &str) {
        self.reviews.get_or_create(&outcome(word)).inc();
    }

    /// A part of a review could not be found out.
    pub fn shortfall(&self, word: &str) {
        self.shortfalls.get_or_create(&outcome(word)).inc();
    }

    /// A finding was shown.
    pub fn finding(&self, rule: &str) {
        let rule = Rule {
            rule: rule.to_owned(),
        };
        self.findings.get_or_create(&rule).inc();
    }

    /// A request to GitHub failed.
    pub fn failure(&self, word: &str) {
        self.failures.get_or_create(&outcome(word)).inc();
    }

    /// A look for deliveries that were missed ended.
    pub fn looked(&self, word: &str) {
        self.looks.get_or_create(&outcome(word)).inc();
    }

    /// A delivery was missed.
    pub fn missed(&self, word: &str) {
        self.missed.get_or_create(&outcome(word)).inc();
    }

    /// All of them as text; `now` in milliseconds since 1970, UTC. Without an answer of the database
    /// (`depth`) the numbers of the queue are left out: an old one would pass for a new one.
    pub fn text(&self, depth: Option<Depth>, now: i64) -> String {
        self.database_up.set(i64::from(depth.is_some()));
        let mut text = String::new();
        // A text in memory takes every write.
        let _ = encode_registry(&mut text, &locked(&self.registry));
        if let Some(depth) = depth {
            self.queued.set(depth.queued);
            self.leased.set(depth.leased);
            self.dead.set(depth.dead);
            let oldest = match depth.oldest_ms {
                0 => 0,
                since => now.saturating_sub(since).max(0) / 1_000,
            };
            self.oldest.set(oldest);
            let _ = encode_registry(&mut text, &locked(&self.queue));
        }
        let _ = encode_eof(&mut text);
        text
    }
}

fn locked(registry: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    registry
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_as_prometheus_reads_them() {
        let metrics = Metrics::default();
        metrics.webhook("accepted");
        metrics.webhook("accepted");
        metrics.finding("C-LEN-001");
        metrics.job("done", Duration::from_millis(300));
        let depth = Depth {
            queued: 3,
            oldest_ms: 1_000,
            ..Depth::default()
        };
        let text = metrics.text(Some(depth), 61_000);
        for line in [
            "scrubin_webhooks_total{outcome=\"accepted\"} 2",
            "scrubin_findings_total{rule=\"C-LEN-001\"} 1",
            "scrubin_job_seconds_count 1",
            "scrubin_queue_queued 3",
            "scrubin_queue_oldest_seconds 60",
            "# EOF",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
    }

    #[test]
    fn without_the_database_its_numbers_are_left_out() {
        let metrics = Metrics::default();
        metrics.webhook("failed");
        let _ = metrics.text(Some(Depth::default()), 0);
        let text = metrics.text(None, 0);
        assert!(text.contains("scrubin_database_up 0\n"), "{text}");
        assert!(
            text.contains("scrubin_webhooks_total{outcome=\"failed\"} 1\n"),
            "{text}"
        );
        assert!(!text.contains("scrubin_queue"), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn the_page_explains_every_number() {
        let page = include_str!("../../docs/service.md");
        let metrics = Metrics::default();
        // What never happened is not shown.
        for count in [
            Metrics::webhook,
            Metrics::review,
            Metrics::shortfall,
            Metrics::finding,
            Metrics::failure,
            Metrics::looked,
            Metrics::missed,
        ] {
            count(&metrics, "x");
        }
        metrics.job("done", Duration::ZERO);
        metrics.began(Duration::ZERO);
        let text = metrics.text(Some(Depth::default()), 0);
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        assert_eq!(names.len(), 15, "{text}");
        for name in names {
            assert!(
                page.contains(&format!("`{name}")),
                "docs/service.md lacks {name}"
            );
        }
    }
}
