//! Trouble of the whole service, and rate limits that installations share.

use std::time::{Duration, Instant};

use fakehub::{Fault, FaultKind, Outage};
use serde_json::json;

use crate::client::{Client, REPO, Scene};
use crate::webhooks::{installed, told};

#[test]
fn while_the_service_is_down_everything_is_refused() {
    let scene = Scene::new();
    let repo = format!("/repos/{REPO}");
    let refs = format!(
        "{}/info/refs?service=git-upload-pack",
        scene.hub.clone_url(REPO)
    );
    scene.hub.set_outage(Some(Outage::Unavailable));
    let page = scene.client.get(&repo).expect(503);
    assert!(page.header("content-type").starts_with("text/html"));
    scene.client.get(&refs).expect(503);
    scene
        .client
        .post(&scene.pull("/reviews"), json!({}))
        .expect(503);
    scene.client.get("/login/oauth/authorize").expect(503);
    scene.hub.set_outage(Some(Outage::Reset));
    assert!(scene.client.try_call("GET", &repo, None).is_err());
    assert!(scene.client.try_call("GET", &refs, None).is_err());
    scene.hub.set_outage(None);
    scene.client.get(&repo).expect(200);
    let log = scene.hub.log();
    let faults: Vec<_> = log.iter().filter_map(|one| one.fault).collect();
    assert_eq!(faults, ["outage"; 6]);
    scene.hub.assert_clean();
}

#[test]
fn one_connection_can_be_reset() {
    let scene = Scene::new();
    let path = format!("/repos/{REPO}");
    let reset = Fault::new("GET", &path, FaultKind::Reset);
    scene.hub.fault(reset);
    assert!(scene.client.try_call("GET", &path, None).is_err());
    scene.client.get(&path).expect(200);
    assert_eq!(scene.hub.log()[0].status, 0);
}

#[test]
fn a_slow_service_answers_late() {
    let scene = Scene::new();
    scene.hub.set_delay(Duration::from_millis(300));
    let started = Instant::now();
    scene.client.get(&format!("/repos/{REPO}")).expect(200);
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn the_secondary_limit_ends_with_its_time() {
    let scene = Scene::new();
    let path = format!("/repos/{REPO}");
    scene.hub.set_clock(1_800_000_000);
    scene.hub.limit_secondary(90);
    let refused = scene.client.get(&path).expect(403);
    assert_eq!(refused.header("retry-after"), "90");
    assert!(refused.message().contains("secondary rate limit"));
    scene.hub.advance_clock(60);
    assert_eq!(
        scene.client.get(&path).expect(403).header("retry-after"),
        "30"
    );
    scene.hub.advance_clock(30);
    scene.client.get(&path).expect(200);
}

#[test]
fn the_tokens_of_an_installation_share_a_limit() {
    let (scene, _receiver, id) = told();
    scene.hub.set_clock(scene.hub.now());
    let path = format!("/repos/{REPO}");
    let (one, other) = (installed(&scene.hub, id), installed(&scene.hub, id));
    scene.hub.set_installation_limit(id, 2, 600);
    one.get(&path).expect(200);
    let last = other.get(&path).expect(200);
    assert_eq!(last.header("x-ratelimit-remaining"), "0");
    let refused = one.get(&path).expect(403);
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let reset: i64 = refused.header("x-ratelimit-reset").parse().unwrap();
    assert_eq!(reset, scene.hub.now() + 600);
    scene.client.get(&path).expect(200);
    // A new token does not help; time does.
    installed(&scene.hub, id).get(&path).expect(403);
    scene.hub.advance_clock(600);
    let anew = other.get(&path).expect(200);
    assert_eq!(anew.header("x-ratelimit-remaining"), "4999");
    scene.hub.assert_clean();
}

/// A service that was away learns from the API what it missed.
#[test]
fn after_an_outage_of_the_receiver_the_missed_deliveries_are_listed() {
    let (scene, receiver, _) = told();
    receiver.answer(503);
    scene.hub.close(REPO, scene.number);
    scene.hub.reopen(REPO, scene.number);
    scene.hub.wait_idle();
    receiver.answer(202);
    scene.hub.set_clock(scene.hub.now() + 3_600);
    let app = Client::new(&scene.hub.url(), Some(&scene.hub.app_jwt("reviewer")));
    let missed = app
        .get("/app/hook/deliveries?status=failure&per_page=100")
        .expect(200);
    for one in missed.list() {
        let attempts = format!("/app/hook/deliveries/{}/attempts", one["id"]);
        app.call("POST", &attempts, None).expect(202);
    }
    scene.hub.wait_idle();
    let redelivered: Vec<_> = scene
        .hub
        .deliveries()
        .into_iter()
        .filter(|one| one.redelivery)
        .collect();
    assert_eq!(redelivered.len(), 2);
    assert!(redelivered.iter().all(fakehub::Delivery::accepted));
    scene.hub.assert_clean();
}

#[test]
fn a_test_waits_for_what_a_client_does() {
    let scene = Scene::new();
    let path = format!("/repos/{REPO}/issues/{}/comments", scene.number);
    let spoken = |hub: &fakehub::Hub| !hub.comments(REPO, scene.number).is_empty();
    assert!(!scene.hub.wait_until(Duration::from_millis(20), spoken));
    let later = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| scene.hub.wait_until(Duration::from_secs(20), spoken));
        scene
            .client
            .post(&path, json!({"body": "hello"}))
            .expect(201);
        waiting.join().unwrap()
    });
    assert!(later);
}
