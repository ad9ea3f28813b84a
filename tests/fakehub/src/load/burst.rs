//! Many deliveries at a fixed rate, whatever the answers take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fakehub::{Burst, BurstDelivery, Example, FakeHub, reviewer_permissions};
use serde_json::json;

use super::Options;
use crate::program::{Program, SECRET};

/// How many of a hundred deliveries repeat an earlier one, and how many are forged.
const DUPLICATES: u64 = 20;
const FORGED: u64 = 5;

/// Connections at once.
const SENDERS: usize = 48;

/// What came of one.
struct Answer {
    took: Duration,
    status: u16,
    is_forged: bool,
}

/// GitHub's examples, if any, and as many events of pull requests that are pushed to again and again;
/// none of these exists.
fn mixed(options: &Options, installation: u64, repository: u64) -> Result<Vec<Example>, String> {
    let mut all = match &options.examples {
        Some(folder) => fakehub::examples(folder).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    let pulls = (0..all.len().max(50)).map(|number| Example {
        event: "pull_request".to_owned(),
        body: json!({
            "action": "synchronize",
            "installation": {"id": installation},
            "repository": {"id": repository, "full_name": "acme/pump", "default_branch": "main"},
            "pull_request": {"number": 1_000 + number % 50},
        }),
    });
    all.extend(pulls);
    Ok(all)
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

pub(super) fn run(options: &Options) -> Result<(), String> {
    let count = options.count.unwrap_or(10_000);
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    hub.add_repository("acme/pump");
    hub.commit_files("acme/pump", "main", &[("a.c", "int a;\n")]);
    let installation =
        hub.add_installation("scrubin", "acme", &["acme/pump"], reviewer_permissions());
    let program = Program::start(&options.setting("pace-ms = 0\n"), &hub, &app)?;
    let examples = mixed(options, installation, hub.repository_id("acme/pump"))?;
    let burst = Burst::new(count, SECRET).mixed(DUPLICATES, FORGED);
    let all = Arc::new(burst.build(&examples));
    let url = format!("http://{}/webhook", program.address);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let rate = options.rate;
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (all, next, url) = (Arc::clone(&all), Arc::clone(&next), url.clone());
            std::thread::spawn(move || {
                let config = ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    .timeout_global(Some(Duration::from_secs(10)))
                    .build();
                let agent = ureq::Agent::new_with_config(config);
                let mut answers = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(one) = all.get(index) else {
                        return answers;
                    };
                    let due = began + Duration::from_secs_f64(index as f64 / rate as f64);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    let status = send(&agent, &url, one);
                    // From when it was due: a queue of senders would hide slow answers.
                    answers.push(Answer {
                        took: due.elapsed(),
                        status,
                        is_forged: one.forged,
                    });
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for sender in senders {
        answers.extend(sender.join().map_err(|_| "a sender failed")?);
    }
    let seconds = began.elapsed().as_secs_f64();
    let valid: Vec<&Answer> = answers.iter().filter(|one| !one.is_forged).collect();
    let mut times: Vec<Duration> = valid.iter().map(|one| one.took).collect();
    times.sort();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    let good = valid.iter().filter(|one| one.status == 202).count();
    let forged = answers.len() - valid.len();
    let refused = answers
        .iter()
        .filter(|one| one.is_forged && one.status == 401)
        .count();
    let distinct: std::collections::BTreeSet<&str> = all
        .iter()
        .filter(|one| !one.forged)
        .map(|one| one.guid.as_str())
        .collect();
    let taken = program.number("scrubin_webhooks_total{outcome=\"accepted\"}")?
        + program.number("scrubin_webhooks_total{outcome=\"ignored\"}")?;
    let seen = program.number("scrubin_webhooks_total{outcome=\"seen\"}")?;
    let until = Instant::now() + Duration::from_secs(120);
    while program.number("scrubin_queue_queued")? + program.number("scrubin_queue_leased")? > 0
        && Instant::now() < until
    {
        std::thread::sleep(Duration::from_millis(200));
    }
    let left = program.number("scrubin_queue_queued")?;
    let (peak, processor) = program.usage();
    println!("| what | value |\n| --- | --- |");
    println!(
        "| deliveries sent | {count} in {seconds:.1} s ({:.0}/s) |",
        count as f64 / seconds
    );
    println!("| valid, answered 202 | {good} of {} |", valid.len());
    println!(
        "| answer, median / 99 % / slowest | {:.0} / {:.0} / {:.0} ms |",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!(
        "| taken once, of distinct ones | {taken} of {} ({seen} repeats seen) |",
        distinct.len()
    );
    println!("| forged, refused | {refused} of {forged} |");
    println!("| jobs left two minutes later | {left} |");
    println!("| peak memory | {peak} MiB |");
    println!("| processor time | {processor:.1} s |");
    Ok(())
}
