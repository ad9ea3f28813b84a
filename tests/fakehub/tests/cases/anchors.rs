//! Where a comment may stand. The hunks of `pump.c` are lines 17 to 23 and 37 to 43.

use serde_json::{Value, json};

use crate::client::{REPO, Scene};

fn review(scene: &Scene, comments: Value) -> crate::client::Answer {
    let body = json!({"event": "COMMENT", "body": "review", "comments": comments});
    scene.client.post(&scene.pull("/reviews"), body)
}

fn at(line: u64) -> Value {
    json!({"path": "pump.c", "line": line, "side": "RIGHT", "body": "here"})
}

#[test]
fn a_changed_line_and_a_context_line_are_taken() {
    let scene = Scene::new();
    let made = review(
        &scene,
        json!([at(20), at(17), at(43), {"path": "new.c", "line": 3, "body": "x"}]),
    );
    made.expect(200);
    let places: Vec<_> = scene
        .hub
        .diff_comments(REPO, scene.number)
        .into_iter()
        .map(|one| one.line)
        .collect();
    assert_eq!(places, [Some(20), Some(17), Some(43), Some(3)]);
    scene.hub.assert_clean();
}

#[test]
fn one_line_outside_the_diff_refuses_the_whole_review() {
    let scene = Scene::new();
    let answer = review(&scene, json!([at(20), at(30)])).expect(422);
    assert_eq!(answer.message(), "Unprocessable Entity");
    assert_eq!(
        answer.body["errors"],
        json!([
            "Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank"
        ])
    );
    assert!(scene.hub.diff_comments(REPO, scene.number).is_empty());
    assert!(scene.hub.reviews(REPO, scene.number).is_empty());
    scene.hub.assert_clean();
}

#[test]
fn a_file_outside_the_diff_is_refused() {
    let scene = Scene::new();
    let answer = review(&scene, json!([{"path": "other.c", "line": 1, "body": "x"}])).expect(422);
    assert!(
        answer
            .text
            .contains("Pull request review thread path is invalid"),
        "{}",
        answer.text
    );
}

#[test]
fn a_range_stays_in_one_hunk_and_goes_forward() {
    let scene = Scene::new();
    let range = |start: u64, line: u64| json!([{"path": "pump.c", "start_line": start, "line": line, "side": "RIGHT", "body": "x"}]);
    review(&scene, range(18, 22)).expect(200);
    let far = review(&scene, range(22, 38)).expect(422);
    assert!(
        far.text
            .contains("start line must be part of the same hunk as the line."),
        "{}",
        far.text
    );
    let back = review(&scene, range(22, 20)).expect(422);
    assert!(
        back.text.contains("start line must precede the end line."),
        "{}",
        back.text
    );
    let same = review(&scene, range(20, 20)).expect(422);
    assert!(
        same.text.contains("start line must precede the end line."),
        "{}",
        same.text
    );
    let neither = review(&scene, range(28, 30)).expect(422);
    assert_eq!(
        neither.body["errors"][0],
        "Pull request review thread line must be part of the diff, Pull request review thread start line must be part of the same hunk as the line., and Pull request review thread diff hunk can't be blank"
    );
    let made = &scene.hub.diff_comments(REPO, scene.number)[0];
    assert_eq!((made.start_line, made.line), (Some(18), Some(22)));
}

#[test]
fn the_left_side_counts_lines_of_the_base() {
    let scene = Scene::new();
    // A line is added above, so that both sides differ.
    scene.push(|lines| lines.insert(19, "added".to_owned()));
    let left = json!([{"path": "pump.c", "line": 20, "side": "LEFT", "body": "the old line"}]);
    let id = review(&scene, left).expect(200).id();
    let shown = scene
        .client
        .get(&scene.pull(&format!("/reviews/{id}/comments")))
        .expect(200);
    let hunk = shown.list()[0]["diff_hunk"].as_str().unwrap().to_owned();
    assert!(hunk.ends_with("-line 20"), "{hunk}");
    // A file that is new has no left side.
    let new = json!([{"path": "new.c", "line": 1, "side": "LEFT", "body": "x"}]);
    review(&scene, new).expect(422);
    scene.hub.assert_clean();
}

#[test]
fn a_single_comment_is_refused_in_its_own_words() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let body =
        json!({"path": "pump.c", "line": 30, "side": "RIGHT", "body": "x", "commit_id": head});
    let answer = scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(422);
    assert_eq!(answer.message(), "Validation Failed");
    assert_eq!(
        answer.body["errors"],
        json!([
            {
                "resource": "PullRequestReviewComment",
                "code": "custom",
                "field": "pull_request_review_thread.line",
                "message": "pull_request_review_thread.line must be part of the diff",
            },
            {
                "resource": "PullRequestReviewComment",
                "code": "missing_field",
                "field": "pull_request_review_thread.diff_hunk",
            },
        ])
    );
    scene.hub.assert_clean();
}

#[test]
fn a_whole_file_is_commented_alone_but_not_in_a_review() {
    let scene = Scene::new();
    let head = scene.hub.tip(REPO, "fix");
    let body = json!({"path": "pump.c", "subject_type": "file", "body": "x", "commit_id": head});
    let made = scene
        .client
        .post(&scene.pull("/comments"), body)
        .expect(201);
    assert_eq!(made.body["subject_type"], "file");
    assert_eq!(made.body["line"], Value::Null);
    scene.hub.assert_clean();
    let in_review = json!([{"path": "pump.c", "subject_type": "file", "body": "x"}]);
    let answer = review(&scene, in_review).expect(422);
    assert!(answer.message().contains("subject_type"), "{}", answer.text);
    assert_eq!(scene.hub.take_violations().len(), 1);
}

#[test]
fn a_position_names_a_line_too() {
    let scene = Scene::new();
    // Position 1 is the line below the first `@@`; 5 is the added line 20.
    let made = review(
        &scene,
        json!([{"path": "pump.c", "position": 5, "body": "x"}]),
    )
    .expect(200);
    assert!(made.id() > 0);
    let comment = &scene.hub.diff_comments(REPO, scene.number)[0];
    assert_eq!((comment.side, comment.line), ("RIGHT", Some(20)));
}

#[test]
fn the_diff_is_taken_against_the_merge_base() {
    let scene = Scene::new();
    let mut other = crate::client::lines(60);
    other[49] = "changed on main".to_owned();
    scene
        .hub
        .commit_files(REPO, "main", &[("pump.c", &crate::client::text(&other))]);
    review(&scene, json!([at(50)])).expect(422);
    let files = scene.client.get(&scene.pull("/files")).expect(200);
    let names: Vec<_> = files
        .list()
        .iter()
        .map(|file| file["filename"].clone())
        .collect();
    assert_eq!(names, ["new.c", "pump.c"]);
    assert!(!files.text.contains("changed on main"));
    scene.hub.assert_clean();
}
