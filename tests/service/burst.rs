//! Many deliveries at once: GitHub's own examples mixed with pushes, some twice, some forged.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fakehub::{Burst, pushes, volley};

use crate::process::{Process, free_address};
use crate::stage::{Database, REPO, SECRET, Scene, runtime, store_of};
use crate::{Test, soak};

pub(crate) const TESTS: &[Test] = &[("a_burst_is_taken_once_and_worked_off", burst)];

/// Deliveries a second.
const RATE: usize = 300;

/// Most memory, in MiB: what a release may have, and twice that without optimisation, where tasks and
/// stacks are several times as large.
const MOST_MIB: u64 = if cfg!(debug_assertions) { 400 } else { 200 };

fn burst(database: &Database) {
    let scene = Scene::new(database);
    let repository = scene.hub.repository_id(REPO);
    // Its limit of requests an hour is tested elsewhere.
    scene
        .hub
        .set_installation_limit(scene.installation, 10_000_000, 3_600);
    let address = free_address();
    let process = Process::start(&scene.configuration(&address));
    let count = if soak() { 10_000 } else { 500 };
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(crate::examples::FILE);
    let mut examples = match place.exists() {
        true => fakehub::examples(&place).unwrap(),
        false => Vec::new(),
    };
    let pushed = pushes(scene.installation, repository, REPO, examples.len());
    examples.extend(pushed);
    let all = Arc::new(Burst::new(count, SECRET).mixed(20, 5).build(&examples));
    let report = volley(&format!("http://{address}/webhook"), &all, RATE);
    let ((valid, taken), (forged, refused)) = (report.valid(), report.forged());
    assert_eq!(valid, taken, "{:#?}", worst(&report));
    assert_eq!(forged, refused);
    assert!(forged > 0 && report.distinct < valid);
    let slowest = report.within(0.99);
    // Speed is that of a release.
    if soak() && !cfg!(debug_assertions) {
        assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    }
    // Each once, by what the service counted.
    let new = ["accepted", "ignored"].map(|word| counted(&process, word));
    assert_eq!(new[0] + new[1], i64::try_from(report.distinct).unwrap());
    let seen = i64::try_from(valid - report.distinct).unwrap();
    assert_eq!(counted(&process, "seen"), seen);
    assert_eq!(counted(&process, "refused"), i64::try_from(forged).unwrap());
    process.drain();
    let peak = process.peak_mib();
    assert!(peak > 0 && peak <= MOST_MIB, "{peak} MiB");
    if soak() {
        println!(
            "{count} deliveries in {:.1} s: {taken} of {valid} taken, {} distinct, {refused} of {forged} forged ones \
             refused, 99 % within {slowest:?}, slowest {:?}, {peak} MiB",
            report.seconds,
            report.distinct,
            report.within(1.0)
        );
    }
    process.end();
    // And by what it has.
    let runtime = runtime();
    let store = store_of(&runtime, &scene.database);
    for one in all.iter() {
        let known = runtime.block_on(store.knows_delivery(&one.guid)).unwrap();
        assert_eq!(known, !one.forged, "{}: {}", one.event, one.guid);
    }
    scene.hub.assert_clean();
}

fn counted(process: &Process, word: &str) -> i64 {
    process.number(&format!("scrubin_webhooks_total{{outcome=\"{word}\"}}"))
}

/// What was not answered well, for the message of a failure.
fn worst(report: &fakehub::VolleyReport) -> Vec<&fakehub::VolleyAnswer> {
    let bad = report
        .answers
        .iter()
        .filter(|one| !one.is_forged && one.status != 202);
    bad.take(5).collect()
}
