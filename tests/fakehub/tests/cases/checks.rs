//! Check runs, statuses, code scanning.

use base64::Engine as _;
use serde_json::{Value, json};

use fakehub::{Access, Permission, TokenSpec};

use crate::client::{REPO, Scene};

fn annotations(count: usize) -> Value {
    let one = |line: usize| {
        json!({
            "path": "pump.c",
            "start_line": line + 1,
            "end_line": line + 1,
            "annotation_level": "warning",
            "message": "m",
        })
    };
    (0..count).map(one).collect()
}

fn create(scene: &Scene, output: Value) -> crate::client::Answer {
    let head = scene.hub.tip(REPO, "fix");
    let body =
        json!({"name": "scrubin", "head_sha": head, "status": "in_progress", "output": output});
    scene
        .client
        .post(&format!("/repos/{REPO}/check-runs"), body)
}

#[test]
fn annotations_come_fifty_at_a_time_and_add_up() {
    let scene = Scene::new();
    let output =
        |count: usize| json!({"title": "t", "summary": "s", "annotations": annotations(count)});
    let id = create(&scene, output(50)).expect(201).id();
    let path = format!("/repos/{REPO}/check-runs/{id}");
    let more = json!({"conclusion": "failure", "output": output(20)});
    let done = scene.client.call("PATCH", &path, Some(&more)).expect(200);
    assert_eq!(done.body["status"], "completed");
    assert_eq!(done.body["output"]["annotations_count"], 70);
    assert_eq!(scene.hub.check_runs(REPO)[0].annotations.len(), 70);
    let listed = scene
        .client
        .get(&format!("{path}/annotations?per_page=100"))
        .expect(200);
    assert_eq!(listed.list().len(), 70);
    scene.hub.assert_clean();
    let many = create(&scene, output(51)).expect(422);
    assert!(
        many.message().starts_with("Invalid request.\n\n"),
        "{}",
        many.text
    );
    assert!(scene.hub.take_violations()[0].contains("51"));
}

#[test]
fn annotations_have_sizes() {
    let scene = Scene::new();
    let with = |field: &str, value: Value| {
        let mut all = annotations(1);
        all[0][field] = value;
        json!({"title": "t", "summary": "s", "annotations": all})
    };
    create(&scene, with("title", json!("x".repeat(256)))).expect(422);
    create(&scene, with("message", json!("x".repeat(64 * 1024 + 1)))).expect(422);
    create(
        &scene,
        with("raw_details", json!("x".repeat(64 * 1024 + 1))),
    )
    .expect(422);
    create(&scene, with("end_line", json!(0))).expect(422);
    create(&scene, with("title", json!("x".repeat(255)))).expect(201);
    scene.hub.assert_clean();
    create(&scene, json!({"title": "t", "summary": "x".repeat(65_536)})).expect(422);
    assert_eq!(scene.hub.take_violations().len(), 1);
}

#[test]
fn only_apps_make_check_runs() {
    let scene = Scene::with(TokenSpec::user("alice"));
    let answer = create(&scene, json!({"title": "t", "summary": "s"})).expect(403);
    assert_eq!(answer.message(), "You must authenticate via a GitHub App.");
}

#[test]
fn only_its_own_app_changes_a_check_run() {
    let scene = Scene::new();
    let id = create(&scene, json!({"title": "t", "summary": "s"}))
        .expect(201)
        .id();
    let other = scene.hub.add_token(TokenSpec::app("scrubin"));
    let client = crate::client::Client::new(&scene.hub.url(), Some(&other));
    let body = json!({"conclusion": "success"});
    client
        .call(
            "PATCH",
            &format!("/repos/{REPO}/check-runs/{id}"),
            Some(&body),
        )
        .expect(403);
}

#[test]
fn the_latest_check_run_of_a_name_counts() {
    let scene = Scene::new();
    create(&scene, json!({"title": "t", "summary": "s"})).expect(201);
    let last = create(&scene, json!({"title": "t", "summary": "s"}))
        .expect(201)
        .id();
    let path = format!("/repos/{REPO}/commits/fix/check-runs?check_name=scrubin");
    let latest = scene.client.get(&path).expect(200);
    assert_eq!(latest.body["total_count"], 1);
    assert_eq!(latest.body["check_runs"][0]["id"], json!(last));
    assert_eq!(
        latest.body["check_runs"][0]["pull_requests"][0]["number"],
        json!(scene.number)
    );
    let all = scene.client.get(&format!("{path}&filter=all")).expect(200);
    assert_eq!(all.body["total_count"], 2);
    scene.hub.assert_clean();
}

#[test]
fn an_unknown_commit_has_no_check_run() {
    let scene = Scene::new();
    let body = json!({"name": "x", "head_sha": "0".repeat(40)});
    let answer = scene
        .client
        .post(&format!("/repos/{REPO}/check-runs"), body)
        .expect(422);
    assert!(answer.message().starts_with("No commit found for SHA:"));
}

#[test]
fn statuses_combine() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let path = format!("/repos/{REPO}/statuses/{head}");
    let combined = |scene: &Scene| {
        scene
            .client
            .get(&format!("/repos/{REPO}/commits/{head}/status"))
            .expect(200)
            .body["state"]
            .clone()
    };
    assert_eq!(combined(&scene), "pending");
    scene
        .client
        .post(&path, json!({"state": "failure", "context": "a"}))
        .expect(201);
    assert_eq!(combined(&scene), "failure");
    scene
        .client
        .post(&path, json!({"state": "success", "context": "a"}))
        .expect(201);
    assert_eq!(combined(&scene), "success");
    let list = scene
        .client
        .get(&format!("/repos/{REPO}/commits/{head}/statuses"))
        .expect(200);
    assert_eq!(list.list().len(), 2);
    assert_eq!(scene.hub.statuses(REPO).len(), 2);
    scene.hub.assert_clean();
}

fn packed(sarif: &Value) -> String {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(sarif.to_string().as_bytes()).unwrap();
    base64::engine::general_purpose::STANDARD.encode(gzip.finish().unwrap())
}

#[test]
fn sarif_is_taken_where_code_security_is_bought() {
    let scene = Scene::with(TokenSpec::actions().with(Permission::SecurityEvents, Access::Write));
    let sarif = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "scrubin"}}, "results": []}]});
    let body = json!({
        "commit_sha": scene.hub.tip(REPO, "fix"),
        "ref": format!("refs/pull/{}/head", scene.number),
        "sarif": packed(&sarif),
    });
    let path = format!("/repos/{REPO}/code-scanning/sarifs");
    let receipt = scene.client.post(&path, body.clone()).expect(202);
    let id = receipt.body["id"].as_str().unwrap().to_owned();
    let status = scene.client.get(&format!("{path}/{id}")).expect(200);
    assert_eq!(status.body["processing_status"], "complete");
    assert_eq!(scene.hub.sarif_uploads(REPO)[0].sarif, sarif);
    scene.hub.set_private(REPO, false);
    let refused = scene.client.post(&path, body).expect(403);
    assert_eq!(
        refused.message(),
        "Code Security must be enabled for this repository to use code scanning."
    );
    scene.hub.assert_clean();
}

#[test]
fn sarif_must_be_packed_and_whole() {
    let scene = Scene::with(TokenSpec::actions().with(Permission::SecurityEvents, Access::Write));
    let path = format!("/repos/{REPO}/code-scanning/sarifs");
    for (sarif, why) in [
        ("!".to_owned(), "not base64"),
        (
            base64::engine::general_purpose::STANDARD.encode("{}"),
            "not gzip",
        ),
        (packed(&json!({"version": "1.0.0", "runs": []})), "limit"),
    ] {
        let body = json!({"commit_sha": scene.hub.tip(REPO, "fix"), "ref": "refs/heads/fix", "sarif": sarif});
        let answer = scene.client.post(&path, body).expect(400);
        assert!(answer.message().contains(why), "{}", answer.text);
    }
}
