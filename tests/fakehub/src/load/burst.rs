//! Many deliveries at a fixed rate, whatever the answers take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fakehub::{Burst, Example, FakeHub, pushes, reviewer_permissions, volley};

use super::Options;
use crate::program::{Program, SECRET};

/// How many of a hundred deliveries repeat an earlier one, and how many are forged.
const DUPLICATES: u64 = 20;
const FORGED: u64 = 5;

/// GitHub's examples, if any, and as many events of pull requests that are pushed to again and again.
fn mixed(options: &Options, installation: u64, repository: u64) -> Result<Vec<Example>, String> {
    let mut all = match &options.examples {
        Some(folder) => fakehub::examples(folder).map_err(|error| error.to_string())?,
        None => Vec::new(),
    };
    all.extend(pushes(installation, repository, "acme/pump", all.len()));
    Ok(all)
}

pub(super) fn run(options: &Options) -> Result<(), String> {
    let count = options.count.unwrap_or(10_000);
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    hub.add_repository("acme/pump");
    hub.commit_files("acme/pump", "main", &[("a.c", "int a;\n")]);
    let installation =
        hub.add_installation("scrubin", "acme", &["acme/pump"], reviewer_permissions());
    // What is measured is the service, not GitHub's limit of requests an hour.
    hub.set_installation_limit(installation, 10_000_000, 3_600);
    let program = Program::start(&options.setting("pace-ms = 0\n"), &hub, &app)?;
    let examples = mixed(options, installation, hub.repository_id("acme/pump"))?;
    let burst = Burst::new(count, SECRET).mixed(DUPLICATES, FORGED);
    let all = Arc::new(burst.build(&examples));
    let url = format!("http://{}/webhook", program.address);
    let report = volley(&url, &all, options.rate);
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
    let seconds = report.seconds;
    println!(
        "| deliveries sent | {count} in {seconds:.1} s ({:.0}/s) |",
        count as f64 / seconds
    );
    let ((valid, good), (forged, refused)) = (report.valid(), report.forged());
    println!("| valid, answered 202 | {good} of {valid} |");
    let at = |share: f64| report.within(share).as_secs_f64() * 1_000.0;
    println!(
        "| answer, median / 99 % / slowest | {:.0} / {:.0} / {:.0} ms |",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    println!(
        "| taken once, of distinct ones | {taken} of {} ({seen} repeats seen) |",
        report.distinct
    );
    println!("| forged, refused | {refused} of {forged} |");
    println!("| jobs left two minutes later | {left} |");
    println!("| peak memory | {peak} MiB |");
    println!("| processor time | {processor:.1} s |");
    Ok(())
}
