//! GitHub's own examples of webhooks: each is answered without an error.

use std::path::Path;

use libtest_mimic::Trial;
use scrubin::service::signature::Secret;
use serde_json::Value;

use crate::stage::{Database, SECRET, Stage};
use crate::{missing, trial};

/// Where npm puts them (`tests/package.json`).
pub(crate) const FILE: &str =
    "tests/node_modules/@octokit/webhooks-examples/api.github.com/index.json";

pub(crate) fn trials(in_ci: bool) -> Vec<Trial> {
    let title = "examples::every_example_of_github_is_answered".to_owned();
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if !place.exists() {
        let why = "the npm package @octokit/webhooks-examples is not there (`npm ci` in tests)";
        return vec![missing(title, why, in_ci)];
    }
    vec![trial(title, move || every_example(&place))]
}

fn every_example(place: &Path) {
    let all: Value = serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap();
    let stage = Stage::new(&Database::sqlite());
    let address = stage.address();
    let secret = Secret::new(SECRET).unwrap();
    let mut sent = 0;
    for event in all.as_array().unwrap() {
        let name = event["name"].as_str().unwrap();
        for example in event["examples"].as_array().unwrap() {
            let body = example.to_string();
            let status = crate::stage::post(
                &address,
                &[
                    ("X-GitHub-Event", name),
                    ("X-GitHub-Delivery", &format!("example-{sent}")),
                    ("X-Hub-Signature-256", &secret.sign(body.as_bytes())),
                ],
                body.as_bytes(),
            );
            assert!((200..300).contains(&status), "{name}: {status}\n{body}");
            sent += 1;
        }
    }
    assert!(sent > 300, "only {sent} examples");
    for (headers, body, wanted) in [
        (vec![], &b"{}"[..], 401),
        (vec![("X-Hub-Signature-256", "sha256=00")], b"{}", 400),
    ] {
        assert_eq!(crate::stage::post(&address, &headers, body), wanted);
    }
    let forged = Secret::new("another").unwrap().sign(b"{}");
    let headers = [
        ("X-GitHub-Event", "ping"),
        ("X-GitHub-Delivery", "f"),
        ("X-Hub-Signature-256", forged.as_str()),
    ];
    assert_eq!(crate::stage::post(&address, &headers, b"{}"), 401);
    let signed = secret.sign(b"{");
    let headers = [
        ("X-GitHub-Event", "pull_request"),
        ("X-GitHub-Delivery", "g"),
        ("X-Hub-Signature-256", signed.as_str()),
    ];
    assert_eq!(crate::stage::post(&address, &headers, b"{"), 400);
}
