//! A review on GitHub leaves a record that names the people.

use std::process::Command;

use crate::scene::{REPO, Scene, file, safe_copy, unsafe_copy};

/// Runs `scrubin record` in the folder of the scene.
fn record(scene: &Scene, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_scrubin"))
        .current_dir(scene.folder.path())
        .arg("record")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_record_names_pull_request_reviewers_and_approver() {
    let scene = Scene::new(&file(&[unsafe_copy("dose")]));
    scene.hub.set_role(REPO, "bob", "write");
    let place = |name: &str| scene.folder.path().join(name).display().to_string();
    let (key, log) = (place("gate"), place("log.jsonl"));
    record(&scene, &["key", &key]);
    let run = |action: &str| {
        let variables = [
            ("GITHUB_HEAD_REF", "dose"),
            ("SCRUBIN_RECORD_KEY", key.as_str()),
        ];
        scene.run_with(action, &variables, &["--record", &log])
    };
    let first = run("opened");
    assert_eq!(first.code, 1, "{first:#?}");
    scene
        .hub
        .review(REPO, scene.number, "eve", "COMMENTED", "hm");
    scene.push(&file(&[safe_copy("dose")]));
    scene
        .hub
        .review(REPO, scene.number, "bob", "APPROVED", "fine");
    let second = run("synchronize");
    assert_eq!(second.code, 0, "{second:#?}");

    let signers = place("gate.pub");
    let shown = record(
        &scene,
        &[
            "show",
            &log,
            "--all",
            "--signers",
            &signers,
            "--format",
            "json",
        ],
    );
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let records = shown["records"].as_array().unwrap();
    assert_eq!(records[0]["gate"]["result"], "fail");
    assert_eq!(records[0]["people"]["approver"], serde_json::Value::Null);
    assert_eq!(records[0]["people"]["said_by"], "github");
    let people = &records[1]["people"];
    assert_eq!(people["reviewers"], serde_json::json!(["bob", "eve"]));
    assert_eq!(people["approver"], "bob");
    assert_eq!(people["author_is_not_approver"], true);
    let change = &records[1]["change"];
    assert_eq!(change["pull_request"], scene.number);
    assert_eq!(change["branch"], "dose");
    assert_eq!(records[1]["gate"]["result"], "pass");
    assert_eq!(records[1]["fixed"][0]["rule"], "C-LEN-014");
    assert!(record(&scene, &["verify", &log, "--signers", &signers]).contains("0 problems"));
}

#[test]
fn a_gate_whose_record_cannot_be_written_is_not_passed() {
    let scene = Scene::new(&file(&[safe_copy("dose")]));
    let key = scene.folder.path().join("gate").display().to_string();
    record(&scene, &["key", &key]);
    let variables = [("SCRUBIN_RECORD_KEY", key.as_str())];
    let run = scene.run_with("opened", &variables, &["--record", "/nowhere/log.jsonl"]);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("/nowhere/log.jsonl"), "{}", run.stderr);
    assert!(!run.outputs.contains_key("gate"), "{run:#?}");
}
