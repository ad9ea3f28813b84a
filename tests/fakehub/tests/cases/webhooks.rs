//! What an App is told: the events, their bodies and headers.

use std::collections::BTreeSet;

use fakehub::{
    DeliveryMode, FakeHub, Permission, TokenSpec, WebhookTarget, described_events,
    reviewer_permissions, signature,
};
use serde_json::json;

use crate::client::{Client, REPO, Scene};
use crate::receiver::Receiver;

const SECRET: &str = "a secret of the webhook";

/// A scene whose App is told of everything.
pub(crate) fn told() -> (Scene, Receiver, u64) {
    let scene = Scene::new();
    let receiver = Receiver::start();
    scene.hub.add_app("reviewer");
    scene
        .hub
        .set_webhook(WebhookTarget::new(&receiver.url, SECRET));
    let permissions = reviewer_permissions();
    let id = scene
        .hub
        .add_installation("reviewer", "acme", &[REPO], permissions);
    scene.hub.wait_idle();
    (scene, receiver, id)
}

/// A client with a token of the installation.
pub(crate) fn installed(hub: &FakeHub, installation: u64) -> Client {
    let app = Client::new(&hub.url(), Some(&hub.app_jwt("reviewer")));
    let path = format!("/app/installations/{installation}/access_tokens");
    let made = app.post(&path, json!({})).expect(201);
    Client::new(&hub.url(), made.body["token"].as_str())
}

#[test]
fn a_delivery_has_the_headers_and_the_signature_of_github() {
    let (scene, receiver, id) = told();
    let taken = &receiver.taken()[0];
    assert_eq!(taken.what(), "installation created");
    assert_eq!(taken.header("content-type"), "application/json");
    assert!(taken.header("user-agent").starts_with("GitHub-Hookshot/"));
    assert_eq!(taken.header("x-github-delivery").len(), 36);
    assert_eq!(
        taken.header("x-hub-signature-256"),
        signature(SECRET, &taken.body)
    );
    let app = scene.hub.add_app("reviewer").id.to_string();
    assert_eq!(taken.header("x-github-hook-installation-target-id"), app);
    assert_eq!(
        taken.header("x-github-hook-installation-target-type"),
        "integration"
    );
    assert!(!taken.header("x-github-hook-id").is_empty());
    let body = taken.json();
    assert_eq!(body["installation"]["id"], json!(id));
    assert_eq!(body["repositories"][0]["full_name"], REPO);
    scene.hub.assert_clean();
}

#[test]
fn the_life_of_a_pull_request_is_told_in_order() {
    let (scene, receiver, id) = told();
    let before = scene.hub.tip(REPO, "fix");
    let after = scene.push(|all| all[20] = "changed 21".to_owned());
    scene.hub.set_draft(REPO, scene.number, true);
    scene.hub.set_draft(REPO, scene.number, true);
    scene.hub.set_draft(REPO, scene.number, false);
    scene.hub.set_title(REPO, scene.number, "Another title");
    scene.hub.close(REPO, scene.number);
    scene.hub.reopen(REPO, scene.number);
    scene.hub.create_branch(REPO, "release", "main");
    scene.hub.change_base(REPO, scene.number, "release");
    scene.hub.merge(REPO, scene.number);
    scene.hub.wait_idle();
    let pulls: Vec<_> = receiver
        .taken()
        .into_iter()
        .filter(|one| one.header("x-github-event") == "pull_request")
        .collect();
    let actions: Vec<String> = pulls.iter().map(|one| one.what()).collect();
    let expected = [
        "synchronize",
        "converted_to_draft",
        "ready_for_review",
        "edited",
        "closed",
        "reopened",
        "edited",
        "closed",
    ];
    let expected: Vec<String> = expected
        .iter()
        .map(|action| format!("pull_request {action}"))
        .collect();
    assert_eq!(actions, expected);
    let pushed = pulls[0].json();
    assert_eq!(pushed["before"], json!(before));
    assert_eq!(pushed["after"], json!(after));
    let pull = &pushed["pull_request"];
    assert_eq!(pull["head"]["sha"], json!(after));
    assert_eq!(pull["head"]["repo"]["full_name"], REPO);
    assert_eq!(pull["base"]["ref"], "main");
    assert_eq!(pull["changed_files"], 2);
    assert_eq!(pull["user"]["login"], "author");
    let repository = &pushed["repository"];
    assert_eq!(repository["full_name"], REPO);
    assert_eq!(repository["default_branch"], "main");
    assert_eq!(repository["archived"], false);
    assert_eq!(repository["clone_url"], scene.hub.clone_url(REPO));
    assert_eq!(pushed["installation"]["id"], json!(id));
    assert_eq!(pushed["sender"]["login"], "author");
    assert_eq!(pulls[3].json()["changes"]["title"]["from"], "Change of fix");
    assert_eq!(pulls[6].json()["changes"]["base"]["ref"]["from"], "main");
    assert_eq!(pulls[4].json()["pull_request"]["merged"], false);
    let merged = pulls[7].json();
    assert_eq!(merged["pull_request"]["merged"], true);
    assert_eq!(merged["pull_request"]["state"], "closed");
    scene.hub.assert_clean();
}

/// Everything that GitHub's description, as cut, lists is sent, and each body keeps to it.
#[test]
fn every_described_event_is_sent_and_keeps_to_githubs_description() {
    let (scene, _receiver, id) = told();
    let hub = &scene.hub;
    hub.add_organization("acme");
    hub.add_repository("acme/valve");
    hub.add_installation_of_all("reviewer", "zoo", reviewer_permissions());
    hub.add_repository("zoo/tank");
    hub.add_to_installation(id, &["acme/valve"]);
    hub.remove_from_installation(id, &["acme/valve"]);
    hub.suspend(id);
    hub.unsuspend(id);
    scene.push(|_| {});
    hub.create_branch(REPO, "other", "fix");
    let other = hub.open_pull(REPO, "other", "main");
    hub.set_description(REPO, other, "text");
    hub.set_draft(REPO, other, true);
    hub.set_draft(REPO, other, false);
    hub.close(REPO, other);
    hub.reopen(REPO, other);
    let group = hub.merge_group(REPO, other);
    hub.destroy_merge_group(REPO, &group, "merged");
    let talk = hub.comment(REPO, other, "alice", "hello");
    hub.edit_comment(REPO, talk, "hello all");
    hub.delete_comment(REPO, talk);
    let note = hub.comment_on_line(REPO, other, "alice", ("pump.c", 20), "note");
    hub.resolve(REPO, note, "alice");
    hub.unresolve(REPO, note);
    hub.edit_comment(REPO, note, "a note");
    hub.delete_comment(REPO, note);
    let review = hub.review(REPO, other, "alice", "APPROVED", "fine");
    let person = hub.add_token(TokenSpec::user("alice"));
    let person = Client::new(&hub.url(), Some(&person));
    let dismissals = format!("/repos/{REPO}/pulls/{other}/reviews/{review}/dismissals");
    let body = json!({"message": "stale"});
    person.call("PUT", &dismissals, Some(&body)).expect(200);
    let client = installed(hub, id);
    let head = hub.tip(REPO, "other");
    let actions = json!([{"label": "Explain", "description": "it", "identifier": "explain"}]);
    let body =
        json!({"name": "review", "head_sha": head, "conclusion": "success", "actions": actions});
    let run = client.post(&format!("/repos/{REPO}/check-runs"), body);
    let run = run.expect(201).id();
    hub.rerequest_check_run(REPO, run, "alice");
    hub.request_action(REPO, run, "explain", "alice");
    hub.rerequest_check_suite(REPO, "reviewer", &head, "alice");
    hub.set_private(REPO, true);
    hub.rename_repository(REPO, "acme/pump-two");
    hub.set_archived("acme/pump-two", true);
    hub.set_archived("acme/pump-two", false);
    hub.delete_repository("acme/pump-two");
    hub.uninstall(id);
    hub.wait_idle();
    let name = |event: &str, action: &str| format!("{event}-{action}").replace('_', "-");
    let sent: BTreeSet<String> = hub
        .deliveries()
        .iter()
        .map(|one| name(&one.event, one.action.as_deref().unwrap()))
        .collect();
    let described: BTreeSet<String> = described_events().into_iter().collect();
    assert_eq!(sent, described);
    assert!(hub.deliveries().iter().all(|one| one.status() == Some(202)));
    let with_org = hub.deliveries_of("pull_request", "opened")[0].json();
    assert_eq!(with_org["organization"]["login"], "acme");
    hub.assert_clean();
}

#[test]
fn an_app_hears_what_it_may_and_subscribed_to() {
    let scene = Scene::new();
    let receiver = Receiver::start();
    let target = WebhookTarget::new(&receiver.url, SECRET).only(&["pull_request", "merge_group"]);
    scene.hub.set_webhook(target);
    let mut permissions = reviewer_permissions();
    permissions.remove(&Permission::MergeQueues);
    let id = scene
        .hub
        .add_installation("reviewer", "acme", &[REPO], permissions);
    scene.hub.merge_group(REPO, scene.number);
    scene.hub.comment(REPO, scene.number, "alice", "hello");
    scene.hub.suspend(id);
    scene.hub.close(REPO, scene.number);
    scene.hub.unsuspend(id);
    scene.hub.reopen(REPO, scene.number);
    scene.hub.add_repository("other/valve");
    scene
        .hub
        .commit_files("other/valve", "main", &[("a.c", "int a;\n")]);
    scene.hub.create_branch("other/valve", "fix", "main");
    scene.hub.open_pull("other/valve", "fix", "main");
    scene.hub.wait_idle();
    assert_eq!(
        receiver.whats(),
        [
            "installation created",
            "installation suspend",
            "installation unsuspend",
            "pull_request reopened",
        ]
    );
}

#[test]
fn a_fork_pushes_to_its_pull_request() {
    let (scene, receiver, _) = told();
    scene.hub.add_fork(REPO, "bob/pump");
    scene.hub.create_branch("bob/pump", "theirs", "main");
    let number = scene.hub.open_pull_from(REPO, "bob/pump", "theirs", "main");
    scene
        .hub
        .commit_files("bob/pump", "theirs", &[("pump.c", "int x;\n")]);
    scene.hub.wait_idle();
    let whats = receiver.whats();
    assert_eq!(
        whats[1..],
        ["pull_request opened", "pull_request synchronize"]
    );
    let opened = receiver.taken()[1].json();
    assert_eq!(opened["number"], json!(number));
    assert_eq!(
        opened["pull_request"]["head"]["repo"]["full_name"],
        "bob/pump"
    );
    assert_eq!(opened["pull_request"]["head"]["repo"]["fork"], true);
    assert_eq!(opened["sender"]["login"], "bob");
    scene.hub.assert_clean();
}

#[test]
fn an_app_installed_for_all_gets_what_comes_later() {
    let hub = FakeHub::start();
    let receiver = Receiver::start();
    hub.add_repository("acme/pump");
    hub.add_repository("other/tank");
    hub.set_webhook(WebhookTarget::new(&receiver.url, SECRET));
    let id = hub.add_installation_of_all("reviewer", "acme", reviewer_permissions());
    let client = installed(&hub, id);
    hub.add_repository("acme/valve");
    hub.set_private("acme/valve", true);
    hub.add_repository("other/pipe");
    hub.wait_idle();
    assert_eq!(
        receiver.whats(),
        [
            "installation created",
            "installation_repositories added",
            "repository created",
            "repository privatized",
        ]
    );
    let added = receiver.taken()[1].json();
    assert_eq!(added["repository_selection"], "all");
    assert_eq!(added["repositories_added"][0]["full_name"], "acme/valve");
    client.get("/repos/acme/valve/pulls").expect(200);
    let listed = client.get("/installation/repositories").expect(200);
    assert_eq!(listed.body["total_count"], 2);
    hub.assert_clean();
}

#[test]
fn a_pull_request_closes_with_its_branch_and_outlives_its_fork() {
    let (scene, receiver, _) = told();
    let hub = &scene.hub;
    hub.delete_branch(REPO, "fix");
    hub.add_fork(REPO, "bob/pump");
    hub.create_branch("bob/pump", "theirs", "main");
    hub.commit_files("bob/pump", "theirs", &[("pump.c", "int x;\n")]);
    let number = hub.open_pull_from(REPO, "bob/pump", "theirs", "main");
    hub.delete_repository("bob/pump");
    hub.set_title(REPO, number, "of a fork that is gone");
    hub.wait_idle();
    let whats = receiver.whats();
    assert_eq!(
        whats[1..],
        [
            "pull_request closed",
            "pull_request opened",
            "pull_request edited"
        ]
    );
    let edited = receiver.taken()[3].json();
    assert_eq!(edited["pull_request"]["head"]["repo"], json!(null));
    assert_eq!(edited["pull_request"]["head"]["label"], "bob:theirs");
    assert_eq!(edited["pull_request"]["state"], "open");
    let shown = scene.client.get(&format!("/repos/{REPO}/pulls/{number}"));
    let shown = shown.expect(200).body;
    assert_eq!(shown["head"]["repo"], json!(null));
    let closed = scene.client.get(&scene.pull("")).expect(200).body;
    assert_eq!(closed["state"], "closed");
    hub.assert_clean();
}

#[test]
fn what_is_held_is_sent_by_hand_twice_and_out_of_order() {
    let (scene, receiver, _) = told();
    scene.hub.set_delivery_mode(DeliveryMode::Hold);
    scene.hub.close(REPO, scene.number);
    scene.hub.reopen(REPO, scene.number);
    scene.hub.close(REPO, scene.number);
    scene.hub.wait_idle();
    assert_eq!(receiver.taken().len(), 1);
    let held: Vec<u64> = scene.hub.deliveries()[1..]
        .iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(scene.hub.deliver(held[1]).status(), Some(202));
    assert!(scene.hub.deliver(held[0]).accepted());
    scene.hub.deliver(held[0]);
    assert_eq!(
        receiver.whats()[1..],
        [
            "pull_request reopened",
            "pull_request closed",
            "pull_request closed"
        ]
    );
    let taken = receiver.taken();
    let guid = |at: usize| taken[at].header("x-github-delivery").to_owned();
    assert_eq!(guid(2), guid(3));
    assert_ne!(guid(1), guid(2));
    scene.hub.release_deliveries();
    scene.hub.wait_idle();
    assert_eq!(receiver.taken().len(), 5);
}

#[test]
fn a_draft_is_one_from_the_beginning() {
    let (scene, receiver, _) = told();
    scene.hub.create_branch(REPO, "idea", "fix");
    let number = scene.hub.open_draft(REPO, "idea", "main");
    scene.hub.set_draft(REPO, number, false);
    scene.hub.wait_idle();
    let pulls = scene.hub.deliveries_of("pull_request", "");
    let actions: Vec<_> = pulls
        .iter()
        .map(|one| one.action.as_deref().unwrap())
        .collect();
    assert_eq!(actions, ["opened", "ready_for_review"]);
    assert_eq!(pulls[0].json()["pull_request"]["draft"], true);
    assert_eq!(receiver.taken().len(), scene.hub.deliveries().len());
    scene.hub.assert_clean();
}
