//! The log of a process, as operators read it.

use std::process::{Command, Stdio};
use std::time::Duration;

use fakehub::{Fault, FaultKind, WebhookTarget};
use serde_json::Value;

use crate::Test;
use crate::postgres::signal;
use crate::process::free_address;
use crate::stage::{Database, FILE, REPO, SECRET, Scene, file, unsafe_copy};

pub(crate) const TESTS: &[Test] = &[("every_line_of_a_job_says_what_it_is_about", about)];

fn about(database: &Database) {
    let scene = Scene::new(database);
    let address = free_address();
    let configuration = scene.configuration(&address);
    let place = scene.folder.path().join("log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .args(["serve", "--config"])
        .arg(configuration)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&place).unwrap())
        .spawn()
        .unwrap();
    let log = || std::fs::read_to_string(&place).unwrap();
    let patience = Duration::from_secs(60);
    assert!(
        scene
            .hub
            .wait_until(patience, |_| log().contains("listening at"))
    );
    scene.hub.set_webhook(WebhookTarget::new(
        &format!("http://{address}/webhook"),
        SECRET,
    ));
    // Fails once where the head is known, and is done then.
    for _ in 0..4 {
        let fault = FaultKind::BadGatewayBeforeStoring;
        scene
            .hub
            .fault(Fault::new("GET", "/repos/*/*/compare/*", fault));
    }
    let number = scene.pull("fix", &[(FILE, &file(&[unsafe_copy("a")]))]);
    let is_done = |_: &fakehub::Hub| scene.conclusion("fix").is_some();
    assert!(scene.hub.wait_until(patience, is_done), "{}", log());
    signal(child.id(), "TERM");
    assert!(child.wait().unwrap().success());
    let text = log();
    let lines: Vec<Value> = text
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let head = scene.hub.tip(REPO, "fix");
    let id = scene.hub.repository_id(REPO);
    let key = format!("{}/{id}/pull/{number}", scene.installation);
    let of_job: Vec<&Value> = lines
        .iter()
        .filter(|line| line["job"] == key.as_str())
        .collect();
    let said = |words: &str| {
        of_job
            .iter()
            .filter(|line| line["message"] == words)
            .count()
    };
    assert!(said("a job was not done") >= 1, "{text}");
    assert_eq!(said("review"), 1, "{text}");
    assert!(said("job") >= 2, "{text}");
    let deliveries: Vec<String> = scene
        .hub
        .deliveries()
        .into_iter()
        .map(|one| one.guid)
        .collect();
    for line in of_job {
        assert_eq!(line["installation"], scene.installation, "{line}");
        assert_eq!(line["repository"], id, "{line}");
        assert_eq!(line["pull"], number, "{line}");
        assert_eq!(line["head"], head.as_str(), "{line}");
        let delivery = line["delivery"].as_str().unwrap();
        assert!(
            deliveries.iter().any(|one| one == delivery) || delivery == "sweep",
            "{line}"
        );
    }
    // What belongs to no pull request names none.
    let sweep = lines
        .iter()
        .find(|line| line["message"] == "looked through an installation");
    if let Some(sweep) = sweep {
        assert_eq!(sweep["installation"], scene.installation, "{sweep}");
        assert!(sweep.get("pull").is_none(), "{sweep}");
    }
}
