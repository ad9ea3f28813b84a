//! Comments follow their lines, or become outdated.

use fakehub::{DiffComment, Edit};
use serde_json::{Value, json};

use crate::client::{REPO, Scene, changed, lines, text};

fn comment(scene: &Scene, line: u64) -> u64 {
    let head = scene.hub.tip(REPO, "fix");
    let body =
        json!({"path": "pump.c", "line": line, "side": "RIGHT", "body": "x", "commit_id": head});
    scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(201)
        .id()
}

fn look(scene: &Scene, id: u64) -> DiffComment {
    let all = scene.hub.diff_comments(REPO, scene.number);
    all.into_iter().find(|one| one.id == id).unwrap()
}

#[test]
fn a_line_that_moves_takes_its_comment_along() {
    let scene = Scene::new();
    let id = comment(&scene, 20);
    let head = scene.push(|lines| lines.insert(18, "inserted".to_owned()));
    let moved = look(&scene, id);
    assert_eq!(
        (moved.line, moved.original_line, moved.outdated),
        (Some(21), Some(20), false)
    );
    assert_eq!(moved.commit, head);
    let shown = scene
        .client
        .get(&format!("/repos/{REPO}/pulls/comments/{id}"))
        .expect(200);
    assert_eq!(
        (&shown.body["line"], &shown.body["original_line"]),
        (&json!(21), &json!(20))
    );
    scene.hub.assert_clean();
}

#[test]
fn a_line_that_changes_leaves_its_comment_outdated() {
    let scene = Scene::new();
    let id = comment(&scene, 20);
    scene.push(|lines| lines[19] = "changed again".to_owned());
    let shown = scene
        .client
        .get(&format!("/repos/{REPO}/pulls/comments/{id}"))
        .expect(200);
    assert_eq!(shown.body["line"], Value::Null);
    assert_eq!(shown.body["position"], Value::Null);
    assert_eq!(shown.body["original_line"], 20);
    assert!(look(&scene, id).outdated);
    scene.hub.assert_clean();
}

#[test]
fn a_line_that_leaves_the_diff_leaves_its_comment_outdated() {
    let scene = Scene::new();
    let id = comment(&scene, 18);
    scene.push(|lines| lines[19] = "line 20".to_owned());
    assert!(look(&scene, id).outdated);
}

#[test]
fn a_range_moves_whole() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let body = json!({"path": "pump.c", "start_line": 19, "line": 21, "side": "RIGHT", "body": "x", "commit_id": head});
    let id = scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(201)
        .id();
    scene.push(|lines| lines.insert(0, "top".to_owned()));
    assert_eq!(
        (look(&scene, id).start_line, look(&scene, id).line),
        (Some(20), Some(22))
    );
    scene.push(|lines| lines[18] = "first line of the range".to_owned());
    assert!(look(&scene, id).outdated);
}

#[test]
fn a_force_push_and_a_rebase_are_followed() {
    let scene = Scene::new();
    let id = comment(&scene, 20);
    let main = scene.hub.tip(REPO, "main");
    scene.hub.commit_on(
        REPO,
        "fix",
        Some(&main),
        "all anew",
        &changed(|lines| lines.insert(5, "x".to_owned())),
    );
    assert_eq!(look(&scene, id).line, Some(21));
    let mut base = lines(60);
    base.insert(0, "a new first line".to_owned());
    scene
        .hub
        .commit_files(REPO, "main", &[("pump.c", &text(&base))]);
    let tip = scene.hub.rebase(REPO, scene.number);
    assert_eq!(scene.hub.tip(REPO, "fix"), tip);
    assert_eq!(
        (look(&scene, id).line, look(&scene, id).commit),
        (Some(22), tip)
    );
    scene.hub.assert_clean();
}

#[test]
fn a_comment_on_the_left_follows_the_base() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let body =
        json!({"path": "pump.c", "line": 20, "side": "LEFT", "body": "x", "commit_id": head});
    let id = scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(201)
        .id();
    let mut base = lines(60);
    base.insert(0, "a new first line".to_owned());
    scene
        .hub
        .commit_files(REPO, "main", &[("pump.c", &text(&base))]);
    assert_eq!(look(&scene, id).line, Some(20));
    scene.hub.rebase(REPO, scene.number);
    assert_eq!(look(&scene, id).line, Some(21));
}

#[test]
fn a_renamed_file_leaves_its_comments_outdated() {
    let scene = Scene::new();
    let id = comment(&scene, 20);
    scene
        .hub
        .commit(REPO, "fix", "rename", &[Edit::rename("pump.c", "motor.c")]);
    assert!(look(&scene, id).outdated);
    let files = scene.client.get(&scene.pull("/files")).expect(200);
    let moved = files
        .list()
        .iter()
        .find(|file| file["status"] == "renamed")
        .unwrap();
    assert_eq!(
        (&moved["filename"], &moved["previous_filename"]),
        (&json!("motor.c"), &json!("pump.c"))
    );
    scene.hub.assert_clean();
}

#[test]
fn another_base_changes_what_is_part_of_the_diff() {
    let scene = Scene::new();
    let id = comment(&scene, 20);
    scene.hub.create_branch(REPO, "release", "fix");
    scene.push(|lines| lines[4] = "five".to_owned());
    scene.hub.change_base(REPO, scene.number, "release");
    assert!(look(&scene, id).outdated);
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["base"]["ref"], "release");
    assert_eq!(pull.body["changed_files"], 1);
    scene.hub.change_base(REPO, scene.number, "main");
    assert_eq!(look(&scene, id).line, Some(20));
    scene.hub.assert_clean();
}

#[test]
fn a_closed_pull_request_catches_up_when_reopened() {
    let scene = Scene::new();
    let before = scene.hub.tip(REPO, "fix");
    scene.hub.close(REPO, scene.number);
    let after = scene.push(|lines| lines[1] = "two".to_owned());
    let head =
        |scene: &Scene| scene.client.get(&scene.pull("")).expect(200).body["head"]["sha"].clone();
    assert_eq!(head(&scene), json!(before));
    scene.hub.reopen(REPO, scene.number);
    assert_eq!(head(&scene), json!(after));
    scene.hub.assert_clean();
}

#[test]
fn the_base_commit_of_a_pull_request_stays_when_only_the_base_moves() {
    let scene = Scene::new();
    let frozen = scene.hub.tip(REPO, "main");
    scene
        .hub
        .commit_files(REPO, "main", &[("other.c", "int x;\n")]);
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["base"]["sha"], json!(frozen));
    scene.push(|lines| lines[1] = "two".to_owned());
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["base"]["sha"], json!(scene.hub.tip(REPO, "main")));
}

#[test]
fn a_pull_request_from_a_fork_follows_the_fork() {
    let scene = Scene::new();
    scene.hub.add_fork(REPO, "guest/pump");
    scene
        .hub
        .commit_files("guest/pump", "main", &[("guest.c", "int a;\n")]);
    let number = scene.hub.open_pull_from(REPO, "guest/pump", "main", "main");
    let tip = scene
        .hub
        .commit_files("guest/pump", "main", &[("guest.c", "int a;\nint b;\n")]);
    let pull = scene
        .client
        .get(&format!("/repos/{REPO}/pulls/{number}"))
        .expect(200);
    assert_eq!(pull.body["head"]["sha"], json!(tip));
    assert_eq!(pull.body["head"]["repo"]["full_name"], "guest/pump");
    assert_eq!(pull.body["head"]["repo"]["fork"], true);
    assert_eq!(
        scene.hub.tip(REPO, &format!("refs/pull/{number}/head")),
        tip
    );
    scene.hub.assert_clean();
}

#[test]
fn branches_are_renamed_with_what_hangs_on_them() {
    let scene = Scene::new();
    scene.hub.rename_branch(REPO, "main", "trunk");
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["base"]["ref"], "trunk");
    assert_eq!(
        scene.client.get(&format!("/repos/{REPO}")).expect(200).body["default_branch"],
        "trunk"
    );
}

#[test]
fn a_merge_group_and_a_merge_have_their_commits() {
    let scene = Scene::new();
    let group = scene.hub.merge_group(REPO, scene.number);
    let parents = scene
        .client
        .get(&format!("/repos/{REPO}/git/commits/{}", group.head_sha))
        .expect(200);
    assert_eq!(parents.body["parents"][0]["sha"], json!(group.base_sha));
    assert_eq!(scene.hub.tip(REPO, &group.head_ref), group.head_sha);
    let event = scene
        .hub
        .merge_group_event(REPO, &group, "checks_requested");
    assert_eq!(event["merge_group"]["head_sha"], json!(group.head_sha));
    let merged = scene.hub.merge(REPO, scene.number);
    assert_eq!(scene.hub.tip(REPO, "main"), merged);
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(
        (&pull.body["merged"], &pull.body["state"]),
        (&json!(true), &json!("closed"))
    );
    scene.hub.assert_clean();
}
