//! Pull requests from the event to the completed check.

use std::time::{Duration, Instant};

use fakehub::{DeliveryMode, FakeHub, WebhookTarget, reviewer_permissions};

use super::Options;
use crate::program::{Program, SECRET, usage};

/// Installations that share the service.
const INSTALLATIONS: usize = 20;

/// Files of a pull request, and their lines.
const FILES: usize = 10;
const LINES: usize = 300;

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

pub(super) fn run(options: &Options) -> Result<(), String> {
    let count = options.count.unwrap_or(100);
    let hub = FakeHub::start();
    let app = hub.add_app("scrubin");
    let mut pulls = Vec::new();
    hub.set_delivery_mode(DeliveryMode::Drop);
    for index in 0..INSTALLATIONS {
        let (owner, name) = (format!("maker{index}"), format!("maker{index}/pump"));
        hub.add_repository(&name);
        hub.commit_files(&name, "main", &[("README.md", "firmware\n")]);
        hub.add_installation("scrubin", &owner, &[&name], reviewer_permissions());
    }
    let program = Program::start(&options.setting("pace-ms = 0\nworkers = 4\n"), &hub, &app)?;
    hub.set_webhook(WebhookTarget::new(
        &format!("http://{}/webhook", program.address),
        SECRET,
    ));
    hub.set_delivery_mode(DeliveryMode::Hold);
    for index in 0..count {
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
        pulls.push((name.clone(), hub.tip(&name, &branch)));
    }
    let (_, before) = program.usage();
    let (_, own_before) = usage("self");
    let began = Instant::now();
    hub.set_senders(4);
    hub.release_deliveries();
    let until = began + Duration::from_secs(600);
    loop {
        let mut done = 0;
        for index in 0..INSTALLATIONS.min(count) {
            let name = format!("maker{index}/pump");
            let runs = hub.check_runs(&name);
            done += pulls
                .iter()
                .filter(|(of, head)| {
                    *of == name
                        && runs
                            .iter()
                            .any(|run| run.head_sha == *head && run.status == "completed")
                })
                .count();
        }
        if done == count {
            break;
        }
        if Instant::now() > until {
            return Err(format!(
                "only {done} of {count} pull requests were reviewed"
            ));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let seconds = began.elapsed().as_secs_f64();
    let (peak, after) = program.usage();
    let (_, own_after) = usage("self");
    let comments: usize = pulls
        .iter()
        .zip(0..)
        .map(|((name, _), index)| {
            hub.diff_comments(name, index / INSTALLATIONS as u64 + 1)
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
    hub.assert_clean();
    Ok(())
}
