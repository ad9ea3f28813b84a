//! Repositories that are renamed, archived, deleted, empty or said to be large.

use std::process::Command;

use fakehub::FakeHub;
use serde_json::json;
use tempfile::TempDir;

use crate::client::{Client, REPO, Scene};

const NEW: &str = "acme/pump-two";

#[test]
fn an_earlier_name_leads_to_the_new_one() {
    let scene = Scene::new();
    let id = scene.hub.repository_id(REPO);
    scene.hub.rename_repository(REPO, NEW);
    // Without following: where it is, by its id.
    let plain = scene.client.bare();
    let moved = plain
        .get(&format!("/repos/{REPO}/pulls?state=all"))
        .expect(301);
    let at = format!("{}/repositories/{id}/pulls?state=all", scene.hub.url());
    assert_eq!(moved.header("location"), at);
    assert_eq!(moved.body["url"], at);
    assert_eq!(plain.get(&at).expect(200).list().len(), 1);
    let body = json!({"body": "hello"});
    let comments = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    let kept = plain.post(&comments, body).expect(307);
    let at = format!(
        "{}/repositories/{id}/issues/{}/comments",
        scene.hub.url(),
        scene.number
    );
    assert_eq!(kept.header("location"), at);
    scene.client.post(&at, json!({"body": "hello"})).expect(201);
    let shown = scene.client.get(&format!("/repositories/{id}")).expect(200);
    assert_eq!(shown.body["full_name"], NEW);
    let query = "query($o: String!, $n: String!) { repository(owner: $o, name: $n) { name } }";
    let told = scene
        .client
        .graphql(query, json!({"o": "acme", "n": "pump"}));
    assert_eq!(told["data"]["repository"]["name"], "pump-two", "{told}");
    // A new repository takes the name.
    scene.hub.add_repository(REPO);
    assert_ne!(plain.get(&format!("/repos/{REPO}")).expect(200).id(), id);
    scene.hub.assert_clean();
}

#[test]
fn git_follows_a_renamed_repository() {
    let scene = Scene::new();
    scene.hub.rename_repository(REPO, NEW);
    let folder = TempDir::new().unwrap();
    let done = Command::new("git")
        .args(["clone", "--quiet", &scene.hub.clone_url(REPO)])
        .arg(folder.path().join("clone"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    scene
        .hub
        .commit_files(NEW, "main", &[("other.c", "int x;\n")]);
}

#[test]
fn an_archived_repository_is_read_only() {
    let scene = Scene::new();
    scene.hub.set_archived(REPO, true);
    let shown = scene.client.get(&format!("/repos/{REPO}")).expect(200);
    assert_eq!(shown.body["archived"], true);
    let body = json!({"event": "COMMENT", "body": "x"});
    let refused = scene.client.post(&scene.pull("/reviews"), body).expect(403);
    assert_eq!(
        refused.message(),
        "Repository was archived so is read-only."
    );
    let head = scene.hub.tip(REPO, "fix");
    let run = json!({"name": "x", "head_sha": head});
    scene
        .client
        .post(&format!("/repos/{REPO}/check-runs"), run)
        .expect(403);
    scene.hub.set_archived(REPO, false);
    let body = json!({"event": "COMMENT", "body": "x"});
    scene.client.post(&scene.pull("/reviews"), body).expect(200);
    scene.hub.assert_clean();
}

#[test]
fn a_deleted_repository_is_not_found() {
    let scene = Scene::new();
    scene.hub.delete_repository(REPO);
    scene.client.get(&format!("/repos/{REPO}")).expect(404);
    scene.client.get(&scene.pull("")).expect(404);
    let url = format!(
        "{}/info/refs?service=git-upload-pack",
        scene.hub.clone_url(REPO)
    );
    scene.client.get(&url).expect(404);
    scene.hub.assert_clean();
}

#[test]
fn an_empty_repository_has_no_commits() {
    let hub = FakeHub::start();
    hub.add_repository(REPO);
    hub.set_size(REPO, 10 * 1024 * 1024);
    let client = Client::new(&hub.url(), None);
    let shown = client.get(&format!("/repos/{REPO}")).expect(200);
    assert_eq!(shown.body["size"], 10 * 1024 * 1024);
    assert_eq!(shown.body["default_branch"], "main");
    client
        .get(&format!("/repos/{REPO}/branches/main"))
        .expect(404);
    let commit = client
        .get(&format!("/repos/{REPO}/commits/main"))
        .expect(409);
    assert_eq!(commit.message(), "Git Repository is empty.");
    client
        .get(&format!("/repos/{REPO}/git/trees/main"))
        .expect(409);
    let folder = TempDir::new().unwrap();
    let done = Command::new("git")
        .args(["clone", "--quiet", "--bare", &hub.clone_url(REPO)])
        .arg(folder.path().join("clone"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    hub.assert_clean();
}
