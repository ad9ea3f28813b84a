//! The program for shell tests.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::client::Client;

struct Program {
    child: Child,
    said: Value,
}

fn start(arguments: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fakehub"));
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let said = serde_json::from_str(&line).unwrap_or(Value::Null);
    Program { child, said }
}

impl Program {
    fn client(&self, token: &str) -> Client {
        Client::new(
            self.said["url"].as_str().unwrap(),
            self.said["tokens"][token].as_str(),
        )
    }

    /// Exit code and standard error.
    fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut text = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        (self.child.wait().unwrap().code(), text)
    }
}

#[test]
fn it_serves_an_example_and_ends_with_its_input() {
    let program = start(&[]);
    let pull = program
        .client("actions")
        .get("/repos/acme/pump/pulls/1")
        .expect(200);
    assert_eq!(
        pull.body["head"]["sha"],
        program.said["pulls"][0]["head_sha"]
    );
    assert_eq!(program.end(), (Some(0), String::new()));
}

#[test]
fn it_plays_a_scenario_and_tells_of_breaches() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("scenario.json");
    let log = folder.path().join("operations.jsonl");
    let scenario = json!({
        "repositories": [{
            "name": "acme/valve",
            "private": true,
            "roles": {"alice": "write"},
            "commits": [
                {"branch": "main", "files": {"a.c": "int a;\n", "b.c": "int b;\n"}},
                {"branch": "topic", "from": "main", "files": {"a.c": "int c;\n"}, "deleted": ["b.c"]},
            ],
            "pulls": [{"head": "topic", "base": "main", "draft": true}],
        }],
        "tokens": {"weak": {"kind": "actions", "permissions": {"checks": "none"}}},
        "faults": [{"method": "GET", "path": "/repos/*/*", "kind": "bad-gateway-before-storing"}],
    });
    std::fs::write(&file, scenario.to_string()).unwrap();
    let program = start(&[
        "--scenario",
        file.to_str().unwrap(),
        "--graphql-log",
        log.to_str().unwrap(),
    ]);
    let client = program.client("weak");
    client.get("/repos/acme/valve").expect(502);
    assert_eq!(
        client.get("/repos/acme/valve").expect(200).body["private"],
        true
    );
    assert_eq!(
        client.get("/repos/acme/valve/pulls/1").expect(200).body["draft"],
        true
    );
    client
        .get("/repos/acme/valve/commits/topic/check-runs")
        .expect(403);
    client.graphql("{ viewer { login } }", json!({}));
    client.get("/repos/acme/valve/pulls?limit=5").expect(422);
    let (code, text) = program.end();
    assert_eq!(code, Some(1));
    assert!(text.contains("unknown query parameter `limit`"), "{text}");
    assert!(std::fs::read_to_string(log).unwrap().contains("viewer"));
}

#[test]
fn wrong_arguments_and_scenarios_are_named() {
    let (code, text) = start(&["--what"]).end();
    assert_eq!(code, Some(2));
    assert!(
        text.contains("unknown argument --what") && text.contains("usage: fakehub"),
        "{text}"
    );
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("scenario.json");
    std::fs::write(
        &file,
        json!({"tokens": {"a": {"kind": "root"}}}).to_string(),
    )
    .unwrap();
    let (code, text) = start(&["--scenario", file.to_str().unwrap()]).end();
    assert_eq!(code, Some(2));
    assert!(text.contains("unknown kind of token root"), "{text}");
}
