//! Comments in the conversation.

use serde_json::json;

use crate::client::{REPO, Scene};

#[test]
fn comments_are_made_read_edited_and_deleted() {
    let scene = Scene::new();
    let list = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    let made = scene
        .client
        .post(&list, json!({"body": "summary"}))
        .expect(201);
    assert_eq!(made.body["user"]["login"], "github-actions[bot]");
    assert_eq!(made.body["user"]["type"], "Bot");
    let one = format!("/repos/{REPO}/issues/comments/{}", made.id());
    scene
        .client
        .call("PATCH", &one, Some(&json!({"body": "edited"})))
        .expect(200);
    assert_eq!(scene.client.get(&one).expect(200).body["body"], "edited");
    assert_eq!(scene.hub.comments(REPO, scene.number)[0].body, "edited");
    scene.client.call("DELETE", &one, None).expect(204);
    scene.client.get(&one).expect(404);
    scene
        .client
        .call("PATCH", &one, Some(&json!({"body": "late"})))
        .expect(404);
    scene.hub.assert_clean();
}

#[test]
fn an_empty_comment_is_refused() {
    let scene = Scene::new();
    let list = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    scene.client.post(&list, json!({"body": "  "})).expect(422);
}

#[test]
fn other_peoples_comments_are_not_to_be_changed() {
    let scene = Scene::new();
    let id = scene.hub.comment(REPO, scene.number, "alice", "mine");
    let one = format!("/repos/{REPO}/issues/comments/{id}");
    scene
        .client
        .call("PATCH", &one, Some(&json!({"body": "x"})))
        .expect(403);
    scene.client.call("DELETE", &one, None).expect(403);
    assert_eq!(scene.hub.comments(REPO, scene.number)[0].body, "mine");
    scene.hub.edit_comment(REPO, id, "changed by alice");
    assert_eq!(
        scene.client.get(&one).expect(200).body["body"],
        "changed by alice"
    );
}
