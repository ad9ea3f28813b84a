//! How large things may be.

use fakehub::Edit;
use serde_json::json;

use crate::client::{Client, REPO, Scene};

fn big(scene: &Scene, files: usize, lines: usize) -> u64 {
    let edits: Vec<Edit> = (0..files)
        .map(|number| {
            let text: String = (0..lines)
                .map(|line| format!("int v{number}_{line};\n"))
                .collect();
            Edit::write(&format!("src/f{number:04}.c"), text)
        })
        .collect();
    scene.hub.create_branch(REPO, "big", "main");
    scene.hub.commit(REPO, "big", "many files", &edits);
    scene.hub.open_pull(REPO, "big", "main")
}

fn diff(scene: &Scene, number: u64) -> crate::client::Answer {
    let mut client = Client::new(&scene.hub.url(), scene.client.token.as_deref());
    client.accept = "application/vnd.github.v3.diff";
    client.get(&format!("/repos/{REPO}/pulls/{number}"))
}

#[test]
fn a_diff_is_given_as_text() {
    let scene = Scene::new();
    let answer = diff(&scene, scene.number).expect(200);
    assert!(
        answer.text.starts_with("diff --git a/new.c b/new.c\n"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("+changed 20\n"));
}

#[test]
fn more_than_300_files_have_no_diff_but_are_listed() {
    let scene = Scene::new();
    let number = big(&scene, 600, 2);
    let answer = diff(&scene, number).expect(406);
    assert!(
        answer
            .message()
            .starts_with("Sorry, the diff exceeded the maximum number of files (300).")
    );
    assert_eq!(answer.body["errors"][0]["code"], "too_large");
    let mut listed = 0;
    for page in 1..=6 {
        let files = scene.client.get(&format!(
            "/repos/{REPO}/pulls/{number}/files?per_page=100&page={page}"
        ));
        listed += files.expect(200).list().len();
    }
    assert_eq!(listed, 600);
    let compared = scene
        .client
        .get(&format!("/repos/{REPO}/compare/main...big"))
        .expect(200);
    assert_eq!(compared.body["files"].as_array().unwrap().len(), 300);
    scene.hub.assert_clean();
}

#[test]
fn more_than_20_000_lines_have_no_diff() {
    let scene = Scene::new();
    let number = big(&scene, 10, 2_100);
    let answer = diff(&scene, number).expect(406);
    assert_eq!(
        answer.message(),
        "Sorry, the diff exceeded the maximum number of lines (20000)"
    );
}

#[test]
fn no_more_than_3_000_files_are_listed() {
    let scene = Scene::new();
    let number = big(&scene, 3_010, 1);
    let pull = scene
        .client
        .get(&format!("/repos/{REPO}/pulls/{number}"))
        .expect(200);
    assert_eq!(pull.body["changed_files"], 3_010);
    let last = scene
        .client
        .get(&format!(
            "/repos/{REPO}/pulls/{number}/files?per_page=100&page=30"
        ))
        .expect(200);
    assert_eq!(last.list().len(), 100);
    assert!(!last.header("link").contains("rel=\"next\""));
    let beyond = scene.client.get(&format!(
        "/repos/{REPO}/pulls/{number}/files?per_page=100&page=31"
    ));
    assert!(beyond.list().is_empty());
}

#[test]
fn large_and_binary_files_have_no_patch() {
    let scene = Scene::new();
    let large = "int padding_of_a_large_file;\n".repeat(20_000);
    let edits = [
        Edit::write("large.c", large),
        Edit::write("image.bin", vec![0_u8, 1, 2, 0, 255]),
    ];
    scene.hub.create_branch(REPO, "large", "main");
    scene.hub.commit(REPO, "large", "large", &edits);
    let number = scene.hub.open_pull(REPO, "large", "main");
    let files = scene
        .client
        .get(&format!("/repos/{REPO}/pulls/{number}/files"))
        .expect(200);
    for file in files.list() {
        assert!(file.get("patch").is_none(), "{}", file["filename"]);
    }
    assert_eq!(files.list()[1]["additions"], 20_000);
    scene.hub.assert_clean();
}

#[test]
fn bodies_have_65_536_characters_at_most() {
    let scene = Scene::new();
    let comments = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    let fits = "é".repeat(65_536);
    let id = scene
        .client
        .post(&comments, json!({"body": fits}))
        .expect(201)
        .id();
    let long = format!("{fits}x");
    let answer = scene
        .client
        .post(&comments, json!({"body": long}))
        .expect(422);
    assert_eq!(
        answer.body["errors"],
        json!([{
            "resource": "IssueComment",
            "code": "unprocessable",
            "field": "data",
            "message": "Body is too long (maximum is 65536 characters)",
        }])
    );
    let edit = format!("/repos/{REPO}/issues/comments/{id}");
    scene
        .client
        .call("PATCH", &edit, Some(&json!({"body": long})))
        .expect(422);
    let review = json!({"event": "COMMENT", "body": long});
    scene
        .client
        .post(&scene.pull("/reviews"), review)
        .expect(422);
    let head = scene.hub.tip(REPO, "fix");
    let comment = json!({"path": "pump.c", "line": 20, "body": long, "commit_id": head});
    scene
        .client
        .post(&scene.pull("/comments"), comment)
        .expect(422);
    assert_eq!(scene.hub.comments(REPO, scene.number).len(), 1);
    scene.hub.assert_clean();
}

#[test]
fn a_diff_of_25_megabytes_is_served_in_pages() {
    let scene = Scene::new();
    // 60 files of about 430 KB: each has a patch, the whole has no diff.
    let line = "unsigned int calibration_value_of_the_pump_in_use = 0x7fffffff;\n";
    let edits: Vec<Edit> = (0..60)
        .map(|number| Edit::write(&format!("data/t{number:02}.c"), line.repeat(6_700)))
        .collect();
    scene.hub.create_branch(REPO, "huge", "main");
    scene.hub.commit(REPO, "huge", "tables", &edits);
    let number = scene.hub.open_pull(REPO, "huge", "main");
    diff(&scene, number).expect(406);
    let mut bytes = 0;
    for page in 1..=2 {
        let path = format!("/repos/{REPO}/pulls/{number}/files?per_page=30&page={page}");
        let files = scene.client.get(&path).expect(200);
        bytes += files
            .list()
            .iter()
            .map(|file| file["patch"].as_str().unwrap().len())
            .sum::<usize>();
    }
    assert!(bytes > 25_000_000, "{bytes}");
    scene.hub.assert_clean();
}
