//! What an App is told of checks and of what is said.

use serde_json::json;

use crate::client::{Client, REPO};
use crate::webhooks::{installed, told};

#[test]
fn a_push_asks_for_a_check_suite_and_runs_belong_to_it() {
    let (scene, receiver, id) = told();
    let head = scene.push(|_| {});
    scene.hub.wait_idle();
    let suites = scene.hub.deliveries_of("check_suite", "requested");
    let suite = suites[0].json()["check_suite"].clone();
    assert_eq!(suite["head_sha"], json!(head));
    assert_eq!(suite["head_branch"], "fix");
    assert_eq!(suite["pull_requests"][0]["number"], json!(scene.number));
    let client = installed(&scene.hub, id);
    let path = format!("/repos/{REPO}/check-runs");
    let actions =
        json!([{"label": "Explain", "description": "what it is", "identifier": "explain"}]);
    let body =
        json!({"name": "review", "head_sha": head, "status": "in_progress", "actions": actions});
    let run = client.post(&path, body).expect(201);
    assert_eq!(run.body["check_suite"]["id"], suite["id"]);
    let done = json!({"conclusion": "success"});
    let one = format!("{path}/{}", run.id());
    client.call("PATCH", &one, Some(&done)).expect(200);
    let of_suite = format!("/repos/{REPO}/check-suites/{}", suite["id"]);
    let shown = client.get(&of_suite).expect(200);
    assert_eq!(shown.body["conclusion"], "success");
    let runs = client.get(&format!("{of_suite}/check-runs")).expect(200);
    assert_eq!(runs.body["total_count"], 1);
    let all = client.get(&format!("/repos/{REPO}/commits/{head}/check-suites"));
    assert_eq!(all.expect(200).body["total_count"], 1);
    scene.hub.rerequest_check_run(REPO, run.id(), "alice");
    scene.hub.request_action(REPO, run.id(), "explain", "alice");
    scene
        .hub
        .rerequest_check_suite(REPO, "reviewer", &head, "alice");
    scene.hub.wait_idle();
    let whats = receiver.whats();
    let checks: Vec<&str> = whats
        .iter()
        .map(String::as_str)
        .filter(|what| what.starts_with("check_"))
        .collect();
    assert_eq!(
        checks,
        [
            "check_suite requested",
            "check_run created",
            "check_run completed",
            "check_suite completed",
            "check_run rerequested",
            "check_run requested_action",
            "check_suite rerequested",
        ]
    );
    let asked = scene.hub.deliveries_of("check_run", "requested_action")[0].json();
    assert_eq!(asked["requested_action"]["identifier"], "explain");
    assert_eq!(asked["check_run"]["id"], json!(run.id()));
    assert_eq!(asked["check_run"]["check_suite"]["head_branch"], "fix");
    assert_eq!(asked["sender"]["login"], "alice");
    scene.hub.assert_clean();
}

#[test]
fn another_apps_requests_are_not_told() {
    let (scene, _receiver, _) = told();
    let head = scene.hub.tip(REPO, "fix");
    let path = format!("/repos/{REPO}/check-runs");
    let body = json!({"name": "build", "head_sha": head, "conclusion": "success"});
    let run = scene.client.post(&path, body).expect(201);
    scene.hub.rerequest_check_run(REPO, run.id(), "alice");
    scene.hub.wait_idle();
    assert_eq!(scene.hub.deliveries_of("check_run", "completed").len(), 1);
    assert!(
        scene
            .hub
            .deliveries_of("check_run", "rerequested")
            .is_empty()
    );
}

#[test]
fn comments_and_threads_are_told() {
    let (scene, receiver, id) = told();
    let number = scene.number;
    let client = installed(&scene.hub, id);
    let body = json!({"event": "COMMENT", "body": "two", "comments": [
        {"path": "pump.c", "line": 20, "body": "first"},
        {"path": "pump.c", "line": 40, "body": "second"},
    ]});
    client.post(&scene.pull("/reviews"), body).expect(200);
    let first = scene.hub.diff_comments(REPO, number)[0].id;
    let reply = scene.hub.reply(REPO, first, "alice", "why?");
    scene.hub.edit_comment(REPO, reply, "why so?");
    scene.hub.resolve(REPO, first, "alice");
    scene.hub.unresolve(REPO, first);
    scene.hub.delete_comment(REPO, reply);
    let talk = scene.hub.comment(REPO, number, "alice", "hello");
    scene.hub.edit_comment(REPO, talk, "hello all");
    scene.hub.delete_comment(REPO, talk);
    scene.hub.wait_idle();
    let whats = receiver.whats();
    assert_eq!(
        whats[1..],
        [
            "pull_request_review submitted",
            "pull_request_review_comment created",
            "pull_request_review_comment created",
            "pull_request_review_comment created",
            "pull_request_review_comment edited",
            "pull_request_review_thread resolved",
            "pull_request_review_thread unresolved",
            "pull_request_review_comment deleted",
            "issue_comment created",
            "issue_comment edited",
            "issue_comment deleted",
        ]
    );
    let answer = receiver.taken()[4].json();
    assert_eq!(answer["comment"]["in_reply_to_id"], json!(first));
    assert_eq!(answer["comment"]["user"]["login"], "alice");
    assert_eq!(answer["pull_request"]["number"], json!(number));
    let own = receiver.taken()[2].json();
    assert_eq!(own["sender"]["login"], "reviewer[bot]");
    assert_eq!(own["sender"]["type"], "Bot");
    let edited = receiver.taken()[5].json();
    assert_eq!(edited["changes"]["body"]["from"], "why?");
    let talk = receiver.taken()[9].json();
    assert!(talk["issue"]["pull_request"].is_object());
    scene.hub.assert_clean();
}

#[test]
fn people_have_pages_to_look_at() {
    let (scene, _receiver, id) = told();
    let client = installed(&scene.hub, id);
    let head = scene.hub.tip(REPO, "fix");
    let output = json!({"title": "1 finding", "summary": "a <b>bold</b> claim"});
    let body =
        json!({"name": "review", "head_sha": head, "conclusion": "failure", "output": output});
    let run = client
        .post(&format!("/repos/{REPO}/check-runs"), body)
        .expect(201);
    scene
        .hub
        .comment_on_line(REPO, scene.number, "alice", ("pump.c", 20), "why <20>?");
    let plain = Client::new(&scene.hub.url(), None);
    let page = plain
        .get(&format!("/{REPO}/pull/{}", scene.number))
        .expect(200);
    assert!(page.text.contains("why &lt;20&gt;?"), "{}", page.text);
    assert!(page.text.contains("on pump.c, line 20"), "{}", page.text);
    let link = format!("<a href=\"/{REPO}/runs/{}\">", run.id());
    assert!(page.text.contains(&link), "{}", page.text);
    let check = plain.get(&format!("/{REPO}/runs/{}", run.id())).expect(200);
    assert!(check.text.contains("a &lt;b&gt;bold&lt;/b&gt; claim"));
    plain.get(&format!("/{REPO}/pull/99")).expect(404);
}
