//! Reviews and the threads they begin.

use serde_json::{Value, json};

use fakehub::TokenSpec;

use crate::client::{Answer, Client, REPO, Scene};

fn post(scene: &Scene, body: Value) -> Answer {
    scene.client.post(&scene.pull("/reviews"), body)
}

#[test]
fn a_review_holds_its_comments() {
    let scene = Scene::new();
    let comments = json!([
        {"path": "pump.c", "line": 20, "body": "one"},
        {"path": "new.c", "line": 1, "body": "two"},
    ]);
    let review = post(
        &scene,
        json!({"event": "COMMENT", "body": "summary", "comments": comments}),
    )
    .expect(200);
    assert_eq!(review.body["state"], "COMMENTED");
    let path = scene.pull(&format!("/reviews/{}/comments", review.id()));
    let bodies: Vec<_> = scene
        .client
        .get(&path)
        .list()
        .iter()
        .map(|one| one["body"].clone())
        .collect();
    assert_eq!(bodies, ["one", "two"]);
    assert_eq!(scene.client.get(&scene.pull("/comments")).list().len(), 2);
    let updated = scene.client.call(
        "PUT",
        &scene.pull(&format!("/reviews/{}", review.id())),
        Some(&json!({"body": "new summary"})),
    );
    assert_eq!(updated.expect(200).body["body"], "new summary");
    let pull = scene.client.get(&scene.pull("")).expect(200);
    assert_eq!(pull.body["review_comments"], 2);
    scene.hub.assert_clean();
}

#[test]
fn a_pending_review_is_seen_by_its_author_alone() {
    let scene = Scene::new();
    let comments = json!([{"path": "pump.c", "line": 20, "body": "one"}]);
    let review = post(&scene, json!({"comments": comments})).expect(200);
    assert_eq!(review.body["state"], "PENDING");
    assert!(scene.client.get(&scene.pull("/comments")).list().is_empty());
    let again = post(&scene, json!({})).expect(422);
    assert!(
        again
            .text
            .contains("User can only have one pending review per pull request")
    );
    let other = scene.hub.add_token(TokenSpec::user("alice"));
    let other = Client::new(&scene.hub.url(), Some(&other));
    assert!(other.get(&scene.pull("/reviews")).list().is_empty());
    let submit = scene.pull(&format!("/reviews/{}/events", review.id()));
    scene
        .client
        .post(&submit, json!({"event": "COMMENT", "body": "now"}))
        .expect(200);
    assert_eq!(other.get(&scene.pull("/reviews")).list().len(), 1);
    assert_eq!(scene.client.get(&scene.pull("/comments")).list().len(), 1);
    let second = post(&scene, json!({})).expect(200).id();
    let path = scene.pull(&format!("/reviews/{second}"));
    scene.client.call("DELETE", &path, None).expect(200);
    scene.client.get(&path).expect(404);
    scene.hub.assert_clean();
}

#[test]
fn only_verdicts_are_dismissed() {
    let scene = Scene::new();
    let dismiss = |id: u64| {
        let path = scene.pull(&format!("/reviews/{id}/dismissals"));
        scene
            .client
            .call("PUT", &path, Some(&json!({"message": "clean now"})))
    };
    let comment = post(&scene, json!({"event": "COMMENT", "body": "x"}))
        .expect(200)
        .id();
    let answer = dismiss(comment).expect(422);
    assert!(
        answer
            .text
            .contains("Can not dismiss a commented pull request review")
    );
    let request = post(&scene, json!({"event": "REQUEST_CHANGES", "body": "x"}))
        .expect(200)
        .id();
    assert_eq!(dismiss(request).expect(200).body["state"], "DISMISSED");
    scene.hub.assert_clean();
}

#[test]
fn nobody_approves_their_own_pull_request() {
    let scene = Scene::with(TokenSpec::user("author"));
    let answer = post(&scene, json!({"event": "APPROVE"})).expect(422);
    assert!(
        answer
            .text
            .contains("Can not approve your own pull request")
    );
    scene.hub.review(REPO, scene.number, "bob", "APPROVED", "");
    let reviews = scene.client.get(&scene.pull("/reviews")).expect(200);
    assert_eq!(reviews.list()[0]["state"], "APPROVED");
    scene.hub.assert_clean();
}

#[test]
fn a_review_is_of_a_commit_of_the_pull_request() {
    let scene = Scene::new();
    let earlier = scene.hub.tip(REPO, "fix");
    scene.push(|lines| lines[1] = "two".to_owned());
    let at = |commit: &str| {
        post(
            &scene,
            json!({"commit_id": commit, "event": "COMMENT", "body": "x"}),
        )
    };
    assert_eq!(at(&earlier).expect(200).body["commit_id"], json!(earlier));
    at(&scene.hub.tip(REPO, "main")).expect(422);
    at(&"0".repeat(40)).expect(422);
    scene.hub.assert_clean();
}

#[test]
fn a_review_says_something() {
    let scene = Scene::new();
    post(&scene, json!({"event": "COMMENT"})).expect(422);
    post(&scene, json!({"event": "REQUEST_CHANGES"})).expect(422);
}

#[test]
fn answers_join_the_thread() {
    let scene = Scene::new();
    let id = scene
        .hub
        .comment_on_line(REPO, scene.number, "alice", ("pump.c", 20), "why?");
    let reply = scene.pull(&format!("/comments/{id}/replies"));
    let made = scene
        .client
        .post(&reply, json!({"body": "because"}))
        .expect(201);
    assert_eq!(made.body["in_reply_to_id"], json!(id));
    let other = json!({"body": "and", "in_reply_to": id, "commit_id": "x", "path": "pump.c"});
    scene
        .client
        .post(&scene.pull("/comments"), other)
        .expect(201);
    scene.hub.reply(REPO, id, "alice", "thanks");
    let roots: Vec<_> = scene
        .hub
        .diff_comments(REPO, scene.number)
        .iter()
        .map(|one| one.in_reply_to)
        .collect();
    assert_eq!(roots, [None, Some(id), Some(id), Some(id)]);
    scene
        .client
        .post(&scene.pull("/comments/1/replies"), json!({"body": "x"}))
        .expect(404);
    // The thread lives on when its first comment goes.
    scene.hub.delete_comment(REPO, id);
    let left = scene.hub.diff_comments(REPO, scene.number);
    assert_eq!(
        left.iter().filter(|one| one.in_reply_to.is_none()).count(),
        1
    );
    scene.hub.assert_clean();
}

#[test]
fn comments_are_edited_and_deleted_by_their_author() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let body = json!({"path": "pump.c", "line": 20, "body": "x", "commit_id": head});
    let id = scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(201)
        .id();
    let path = format!("/repos/{REPO}/pulls/comments/{id}");
    let edited = scene
        .client
        .call("PATCH", &path, Some(&json!({"body": "fixed"})))
        .expect(200);
    assert_eq!(edited.body["body"], "fixed");
    scene.client.call("DELETE", &path, None).expect(204);
    scene.client.get(&path).expect(404);
    let other = scene
        .hub
        .comment_on_line(REPO, scene.number, "alice", ("pump.c", 20), "hers");
    let path = format!("/repos/{REPO}/pulls/comments/{other}");
    scene.client.call("DELETE", &path, None).expect(403);
    scene.hub.assert_clean();
}
