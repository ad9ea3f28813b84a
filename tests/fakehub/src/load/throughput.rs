//! Pull requests from the event to the completed check.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use fakehub::{DeliveryMode, Exchange, FakeHub, WebhookTarget, reviewer_permissions};

use super::Options;
use crate::program::{Program, SECRET, usage};

/// Installations that share the service.
const INSTALLATIONS: usize = 20;

/// Files of a pull request, and their lines.
const FILES: usize = 10;
const LINES: usize = 300;

/// What an App of ours subscribes to (docs/service.md).
const EVENTS: [&str; 8] = [
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issue_comment",
    "merge_group",
    "check_run",
    "check_suite",
    "repository",
];

/// A file of firmware: short functions, one of them unsafe.
fn text(seed: usize) -> String {
    let mut text = String::from("#include <stdint.h>\n#include <string.h>\n\n");
    let mut lines = 3;
    for function in 0.. {
        if lines + 14 > LINES {
            break;
        }
        let size = if function == 7 {
            "sizeof(frame)"
        } else {
            "sizeof(data)"
        };
        text.push_str(&format!(
            "int handle_{seed}_{function}(const uint8_t *in, uint16_t len)\n{{\n    uint8_t data[32];\n    \
             static uint8_t frame[64];\n    uint32_t sum = 0;\n\n    if (in == 0 || len > sizeof(data)) {{\n        \
             return -1;\n    }}\n    memcpy(data, frame, {size});\n    for (uint16_t i = 0; i < len; i++) {{\n        \
             sum += (uint32_t)in[i] * {seed}u;\n    }}\n    return (int)(sum & 0xffu);\n}}\n\n"
        ));
        lines += 16;
    }
    text
}

/// How often what was asked; numbers and names in paths left out.
fn requests(log: &[Exchange]) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for exchange in log {
        let parts = exchange.path.split('/').map(|part| {
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            match part {
                "" => "",
                _ if is_number || part.len() == 40 || part.contains("...") => "N",
                _ if part.starts_with("maker") => "OWNER",
                _ => part,
            }
        });
        let path = parts.collect::<Vec<_>>().join("/");
        *all.entry(format!("{} {path}", exchange.method))
            .or_default() += 1;
    }
    all
}

/// Opens a pull request; gives its repository and its head.
fn open(hub: &FakeHub, index: usize) -> (String, String) {
    let name = format!("maker{}/pump", index % INSTALLATIONS);
    let branch = format!("change{index}");
    hub.create_branch(&name, &branch, "main");
    let files: Vec<(String, String)> = (0..FILES)
        .map(|file| (format!("src/m{file}.c"), text(index * FILES + file)))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    hub.commit_files(&name, &branch, &files);
    hub.open_pull(&name, &branch, "main");
    let head = hub.tip(&name, &branch);
    (name, head)
}

/// Waits until so many checks are completed. Looks seldom and cheaply: the fake's own time is measured too.
fn wait(hub: &FakeHub, count: usize) -> Result<(), String> {
    let until = Instant::now() + Duration::from_secs(600);
    while hub.checked_commits() < count {
        if Instant::now() > until {
            let done = hub.checked_commits();
            return Err(format!(
                "only {done} of {count} pull requests were reviewed"
            ));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

pub(super) fn run(options: &Options) -> Result<(), String> {
    let count = options.count.unwrap_or(100);
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    hub.set_delivery_mode(DeliveryMode::Drop);
    for index in 0..INSTALLATIONS {
        let (owner, name) = (format!("maker{index}"), format!("maker{index}/pump"));
        hub.add_repository(&name);
        hub.commit_files(&name, "main", &[("README.md", "firmware\n")]);
        hub.add_installation("scrubin", &owner, &[&name], reviewer_permissions());
    }
    let program = Program::start(&options.setting("pace-ms = 0\nworkers = 4\n"), &hub, &app)?;
    let target = WebhookTarget::new(&format!("http://{}/webhook", program.address), SECRET);
    hub.set_webhook(target.only(&EVENTS));
    // One each before, unmeasured: tokens are asked for once an hour, and the fake reads its descriptions once.
    hub.set_delivery_mode(DeliveryMode::Hold);
    let first: Vec<(String, String)> = (0..INSTALLATIONS).map(|index| open(&hub, index)).collect();
    hub.set_senders(4);
    hub.keep_connections();
    hub.release_deliveries();
    wait(&hub, first.len())?;
    hub.wait_idle();
    hub.set_delivery_mode(DeliveryMode::Hold);
    let all = INSTALLATIONS..INSTALLATIONS + count;
    let pulls: Vec<(String, String)> = all.map(|index| open(&hub, index)).collect();
    hub.clear_log();
    let sent = hub.deliveries().len() - count;
    let (_, before) = program.usage();
    let (_, own_before) = usage("self");
    let began = Instant::now();
    hub.release_deliveries();
    wait(&hub, first.len() + count)?;
    let seconds = began.elapsed().as_secs_f64();
    let (peak, after) = program.usage();
    let (_, own_after) = usage("self");
    let missing = pulls.iter().find(|(name, head)| {
        let runs = hub.check_runs(name);
        !runs
            .iter()
            .any(|run| run.head_sha == *head && run.status == "completed")
    });
    if let Some((name, head)) = missing {
        return Err(format!("commit {head} of {name} has no completed check"));
    }
    let comments: usize = pulls
        .iter()
        .zip(0..)
        .map(|((name, _), index)| {
            hub.diff_comments(name, index / INSTALLATIONS as u64 + 2)
                .len()
        })
        .sum();
    println!("| what | value |\n| --- | --- |");
    println!(
        "| pull requests | {count} of {FILES} files of {LINES} lines, {INSTALLATIONS} installations |"
    );
    println!(
        "| from event to completed check | {seconds:.1} s, {:.1}/s |",
        count as f64 / seconds
    );
    println!("| comments | {comments} |");
    println!(
        "| the service's processor time with git's | {:.1} s, {:.0} ms each |",
        after - before,
        (after - before) * 1_000.0 / count as f64
    );
    println!(
        "| the fake's own, with git's | {:.1} s, {:.0} ms each |",
        own_after - own_before,
        (own_after - own_before) * 1_000.0 / count as f64
    );
    println!("| peak memory | {peak} MiB |");
    println!("\n| requests of the service, deliveries to it | each |\n| --- | --- |");
    let mut all = requests(&hub.log());
    for delivery in hub.deliveries().split_off(sent) {
        *all.entry(format!("delivery of {}", delivery.event))
            .or_default() += 1;
    }
    for (what, number) in all {
        println!("| `{what}` | {:.2} |", number as f64 / count as f64);
    }
    hub.assert_clean();
    Ok(())
}
